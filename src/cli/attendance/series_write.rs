//! `attendance series --write`: the table of a series, into a file on Drive.

use std::io::Write;
use std::process::ExitCode;

use serde::Serialize;

use super::put::{Order, Outcome, put};
use super::series::{self, SeriesArgs, SeriesTable};
use crate::attendance::{BEFORE_DAYS, Sheet, series_sheet};
use crate::cli::write_json;
use crate::config::{Config, Reader};
use crate::pipeline::attendance::target::Target;
use crate::recording::Source;
use crate::store;
use crate::untrusted::escape_untrusted;

#[derive(Serialize)]
struct Written<'a> {
    link: &'a str,
    number: u64,
    since: String,
    until: String,
    /// Who was there on a day or more.
    people: usize,
    /// If this run wrote it; else it was there.
    is_new: bool,
    /// If it holds other facts than Zoom tells now.
    has_changed: bool,
}

/// Writes the table, once.
///
/// # Errors
/// When the settings are wrong, Zoom does not know all meetings yet, or Google refuses.
pub(super) async fn run(
    args: &SeriesArgs,
    reader: &mut Reader,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let config = Config::read_with_zoom(reader)?;
    let series = series::read(args, reader).await?;
    if !series.is_whole && !args.count.partial {
        anyhow::bail!(
            "Zoom does not know all of these meetings yet, so nothing is written ({}); try again in some minutes, or \
             write what there is with --partial",
            series.notes.join("; ")
        );
    }
    let sheet = series_sheet(&series.table);
    let order = Order {
        source: Source::Zoom,
        target: Target::series(series.number, series.days, &series.topic),
        folder_id: args.folder.as_ref().unwrap_or(&config.google.folder_id).clone(),
        output: config.attendance.output,
        again: args.again,
    };
    let store = store::open(&config.database_url).await?;
    let outcome = put(&order, (&config.google, &config.relay), &store, &sheet).await;
    store.close().await;
    print(args, &series, &sheet, &outcome?, out)?;
    Ok(series.exit_code())
}

fn print(
    args: &SeriesArgs,
    series: &SeriesTable,
    sheet: &Sheet,
    outcome: &Outcome,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let people = sheet.counts.people;
    if args.json {
        let (since, until) = (series.days.0.to_string(), series.days.1.to_string());
        let Outcome { link, is_new, has_changed, .. } = outcome;
        let (is_new, has_changed) = (*is_new, *has_changed);
        return write_json(
            out,
            &Written { link, number: series.number, since, until, people, is_new, has_changed },
        );
    }
    let days = series.table.first().map_or(0, |head| head.len().saturating_sub(BEFORE_DAYS));
    writeln!(out, "{}", outcome.told())?;
    writeln!(out, "{people} there, {days} {}", if days == 1 { "day" } else { "days" })?;
    for note in &series.notes {
        writeln!(out, "note: {}", escape_untrusted(note))?;
    }
    Ok(())
}

//! `backfill view`: shows Zoom's recordings per user, and how many of them are archived. Begins nothing.

use std::io::Write;
use std::process::ExitCode;

use super::screen::Screen;
use super::{ScopeArgs, estimate, listing, start_log};
use crate::backfill;
use crate::backfill::Survey;
use crate::backfill::estimate::Tally;
use crate::cli::known_store;
use crate::cli::style::Style;
use crate::cli::table::Table;
use crate::cli::write_json;
use crate::config::{self, Reader};
use crate::jobs::amounts::{count, data_size};
use crate::store::Access;

/// Lists everything and prints it. Exits with 1 if a list could not be read.
///
/// # Errors
/// When the settings are wrong, Zoom cannot be reached, or the store fails.
pub(super) async fn run(
    what: &ScopeArgs,
    reader: &mut Reader,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let access = config::read_zoom_access(reader)?;
    let address = config::read_database_url(reader)?;
    let scope = what.scope(access.rules.clone())?;
    let mut screen = Screen::new(Style::here(reader), what.json, out);
    start_log(reader, &screen.bars())?;
    let store = known_store(&address, Access::Read).await?;
    let listing = async {
        let walk = backfill::walk(&access.zoom, access.retry_wait)?;
        listing::read(&walk, &scope, store.as_ref(), access.zoom.plan, &mut screen).await
    };
    let listed = listing.await;
    if let Some(store) = &store {
        store.close().await;
    }
    let survey = listed?;
    let out = screen.out();
    if what.json {
        write_json(out, &estimate::json(&scope, &survey, None))?;
    } else {
        estimate::write_heading(out, &scope, &survey)?;
        write_users(out, &survey)?;
        estimate::write_skipped(out, &survey)?;
        estimate::write_unseen(out, &survey)?;
        if store.is_none() {
            writeln!(out, "There is no database yet, so it is not known which recordings are archived.")?;
        }
    }
    let is_whole = survey.unseen == 0 && survey.unknown_users.is_empty();
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn write_users(out: &mut dyn Write, survey: &Survey) -> anyhow::Result<()> {
    let mut table =
        Table::new(&["USER", "STATUS", "RECORDINGS", "FILES", "BYTES", "KNOWN", "ARCHIVED", "TO BRING OVER"]);
    let mut row = |name: &str, status: &str, all: Tally, known: [u64; 3]| {
        let figures = [count(all.recordings), count(all.files), data_size(all.bytes)];
        let names = [name.to_owned(), status.to_owned()];
        table.row(names.into_iter().chain(figures).chain(known.map(count)));
    };
    for one in survey.users.iter().filter(|one| one.all.recordings > 0) {
        let known = [one.known, one.archived, one.bring.recordings];
        row(&one.user.email, one.status(), one.all, known);
    }
    let sum = |of: fn(&backfill::UserTally) -> u64| survey.users.iter().map(of).sum();
    let known = [sum(|one| one.known), sum(|one| one.archived), survey.bring.recordings];
    row("all", "", survey.all, known);
    table.write(out)?;
    let without = survey.users.iter().filter(|one| one.all.recordings == 0).count();
    if without > 0 {
        writeln!(out, "{} user(s) have no recordings in these days.", count(without as u64))?;
    }
    Ok(())
}

//! The demo's report: the files, the costs, and the verdict.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::evidence::{Evidence, File};
use super::measure::peak_memory;
use super::play::Played;
use super::script::Scale;
use super::{class, conference};
use crate::cli::table::plain;
use crate::jobs::amounts::{data_size, rate};
use crate::sandbox::zoom::Standing;

/// Digits of a SHA-256 that are shown.
const DIGITS: usize = 12;

/// Writes the whole report.
pub(super) fn write(
    out: &mut dyn Write,
    evidence: &Evidence,
    played: &Played,
    scale: Scale,
) -> io::Result<()> {
    write_drive(out, evidence)?;
    conference::write(out, &evidence.brought)?;
    class::write(out, &evidence.sheets)?;
    write_zoom(out, evidence)?;
    write_mishaps(out, evidence, played, scale)?;
    write_figures(out, evidence, played)
}

/// Writes the verdict.
pub(super) fn write_verdict(out: &mut dyn Write, broken: &[String]) -> io::Result<()> {
    if broken.is_empty() {
        return writeln!(out, "\nEvery promise was kept.");
    }
    writeln!(out, "\nBROKEN PROMISES: {}", broken.len())?;
    for line in broken {
        writeln!(out, "  ✗ {}", plain(line))?;
    }
    Ok(())
}

fn write_drive(out: &mut dyn Write, evidence: &Evidence) -> io::Result<()> {
    writeln!(out, "\nIn Drive now (size, SHA-256, and ✓ where it equals Zoom's bytes)")?;
    let mut folders: BTreeMap<&str, Vec<(&str, &File, usize)>> = BTreeMap::new();
    for file in evidence.meetings.iter().flat_map(|meeting| &meeting.files) {
        for (index, copy) in file.copies.iter().enumerate() {
            let (folder, name) = copy.path.rsplit_once('/').unwrap_or(("", &copy.path));
            folders.entry(folder).or_default().push((name, file, index));
        }
    }
    for (folder, mut files) in folders {
        writeln!(out, "  {}/", plain(folder))?;
        files.sort_by_key(|(name, ..)| *name);
        for (name, file, index) in files {
            let Some(copy) = file.copies.get(index) else { continue };
            let mark = if copy.sha256 == file.sha256 && copy.size == file.size { '✓' } else { '✗' };
            let digits: String = copy.sha256.chars().take(DIGITS).collect();
            writeln!(out, "    {mark} {:>10}  {digits}  {}", data_size(copy.size), plain(name))?;
        }
    }
    writeln!(out, "  Each recording's facts are in a meeting.json file beside its files")?;
    for told in evidence.meetings.iter().flat_map(|meeting| &meeting.told) {
        let name = told.path.rsplit('/').next().unwrap_or_default();
        writeln!(out, "    {}", plain(name))?;
    }
    for path in &evidence.strangers {
        writeln!(out, "    ✗ {}: not a copy of any file at Zoom", plain(path))?;
    }
    Ok(())
}

fn write_zoom(out: &mut dyn Write, evidence: &Evidence) -> io::Result<()> {
    writeln!(out, "\nSkipped")?;
    for meeting in &evidence.meetings {
        for file in &meeting.files {
            if let Some(reason) = &file.skipped {
                writeln!(out, "  {}, {}: {}", plain(&meeting.topic), plain(&file.label), plain(reason))?;
            }
        }
    }
    writeln!(out, "\nAt Zoom now")?;
    for meeting in &evidence.meetings {
        let proved = meeting.files.iter().filter(|file| file.is_archived()).count();
        let count = meeting.files.len();
        let where_it_is = match meeting.at_zoom {
            Standing::Trashed => {
                format!("in the trash, from where it can be restored; {proved} of {count} files proved")
            }
            Standing::Deleted => format!("deleted; {proved} of {count} files proved"),
            Standing::Present => format!("untouched; {proved} of {count} files proved. {}", meeting.note),
        };
        writeln!(out, "  {}: {}", plain(&meeting.topic), plain(&where_it_is))?;
    }
    Ok(())
}

fn write_mishaps(out: &mut dyn Write, evidence: &Evidence, played: &Played, scale: Scale) -> io::Result<()> {
    let mishaps = &evidence.mishaps;
    let again = |moved: u64| data_size(moved.saturating_sub(evidence.total()));
    writeln!(out, "\nPlanned faults, and recoveries")?;
    writeln!(out, "  Zoom cut the download of the big file after a quarter of it: {} time(s)", mishaps.cuts)?;
    writeln!(out, "  Drive answered 503 to a chunk: {} time(s)", mishaps.refusals)?;
    writeln!(
        out,
        "  the service was killed with {} of {} of the big file on Drive",
        data_size(played.killed_at),
        data_size(scale.big())
    )?;
    writeln!(
        out,
        "  recovered: Drive was asked {} times for an upload's position, Zoom {} times for the rest of a file (Range)",
        mishaps.positions_asked, mishaps.resumed
    )?;
    writeln!(
        out,
        "  read again from Zoom: {}; sent again to Drive: {}",
        again(evidence.sent),
        again(evidence.received)
    )?;
    writeln!(
        out,
        "  {} events were delivered again ({} deliveries in all): {} jobs, no file twice",
        evidence.repetitions,
        evidence.answers.len(),
        evidence.jobs
    )?;
    writeln!(out, "  a forged webhook was answered {}", evidence.forged)?;
    writeln!(out, "  rules of Zoom and Google broken by the service: {}", evidence.violations.len())
}

fn write_figures(out: &mut dyn Write, evidence: &Evidence, played: &Played) -> io::Result<()> {
    let unknown = || "unknown on this system".to_owned();
    let took = played.carried_in;
    writeln!(out, "\nFigures")?;
    writeln!(
        out,
        "  archived: {} in {:.1} s, {} (the kill included)",
        data_size(evidence.total()),
        took.as_secs_f64(),
        rate(evidence.total(), took)
    )?;
    writeln!(
        out,
        "  peak memory of this process: {} (Zoom and Google of the sandbox included)",
        peak_memory().map_or_else(unknown, data_size)
    )?;
    writeln!(
        out,
        "  on disk: {} of database; this process has written {}",
        data_size(evidence.disk.database),
        evidence.written.map_or_else(unknown, data_size)
    )?;
    if evidence.disk.strangers.is_empty() {
        writeln!(out, "  recording bytes on disk: 0")?;
    }
    Ok(())
}

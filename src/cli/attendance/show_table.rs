//! One meeting for a terminal.

use std::fmt::Write as _;
use std::io::Write;

use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::shown::Shown;
use crate::attendance::{Cell, JoinedAs, Report, Verdict, Window};
use crate::cli::table::{Table, plain};

/// Columns of a person's row, as in [`crate::attendance::HEAD`].
const NAME: usize = 0;
const STATUS: usize = 3;
const MINUTES: usize = 6;
const SHARE: usize = 7;
const REMARKS: usize = 11;

/// Writes the meeting, the counts and the people, and if wanted the joins.
pub(in crate::cli) fn write(out: &mut dyn Write, shown: &Shown<'_>, joins: bool) -> anyhow::Result<()> {
    let (report, zone) = (shown.report, shown.zone);
    writeln!(out, "{}", plain(&heading(shown)))?;
    writeln!(out, "{}", counts(report))?;
    let day = Zoned::new(report.actual.start, zone.clone()).date();
    let mut table = Table::new(&["NAME", "STATUS", "FIRST", "LAST", "MINUTES", "SHARE", "REMARKS"]);
    for ((row, stay), joined_as) in report.people.iter().zip(&report.stays).zip(&report.joined_as) {
        let moment = |of: fn(&Window) -> jiff::Timestamp| {
            stay.as_ref().map(|stay| clock(&Zoned::new(of(stay), zone.clone()), day)).unwrap_or_default()
        };
        table.row([
            text(row, NAME),
            text(row, STATUS),
            moment(|stay| stay.start),
            moment(|stay| stay.end),
            format!("{:>7.1}", number(row, MINUTES)),
            format!("{:>5}", percent(number(row, SHARE))),
            remarks(row, joined_as),
        ]);
    }
    if !report.people.is_empty() {
        table.write(out)?;
    }
    if joins {
        write_joins(out, report)?;
    }
    for note in shown.notes {
        writeln!(out, "Note: {}.", plain(note))?;
    }
    Ok(())
}

fn write_joins(out: &mut dyn Write, report: &Report) -> anyhow::Result<()> {
    writeln!(out)?;
    let mut table = Table::new(&["NAME", "FROM", "TO", "SECONDS", "WHERE"]);
    for row in &report.joins {
        let seconds = match &row[4] {
            Cell::Number(seconds) => format!("{seconds:>7}"),
            _ => String::new(),
        };
        table.row([text(row, 0), text(row, 2), text(row, 3), seconds, text(row, 5)]);
    }
    table.write(out)?;
    if report.joins_left_out > 0 {
        writeln!(out, "{} more joins are not listed.", report.joins_left_out)?;
    }
    Ok(())
}

fn heading(shown: &Shown<'_>) -> String {
    let (report, zone, name) = (shown.report, shown.zone, &shown.name);
    let topic = if shown.topic.is_empty() { String::new() } else { format!("{}, ", shown.topic) };
    let zone_name = zone.iana_name().unwrap_or("UTC");
    let mut heading = format!("{topic}{name}, {} ({zone_name})", span(report.actual, None, zone));
    if report.counted != report.actual {
        let day = Zoned::new(report.actual.start, zone.clone()).date();
        let _ = write!(heading, "; counted {}", span(report.counted, Some(day), zone));
    }
    heading
}

/// `2026-03-02 19:45 to 21:20`; without the day that is known already.
fn span(window: Window, known: Option<Date>, zone: &TimeZone) -> String {
    let (start, end) = (Zoned::new(window.start, zone.clone()), Zoned::new(window.end, zone.clone()));
    let shown = |at: &Zoned, day: Option<Date>| {
        let form = if day == Some(at.date()) { "%H:%M" } else { "%Y-%m-%d %H:%M" };
        at.strftime(form).to_string()
    };
    format!("{} to {}", shown(&start, known), shown(&end, Some(start.date())))
}

/// The remarks, which begin with how somebody came in if it was without an account: a table cuts long ones.
fn remarks(row: &[Cell], joined_as: &[JoinedAs]) -> String {
    let came = joined_as.first().filter(|how| **how != JoinedAs::SignedIn).map(ToString::to_string);
    let remarks = Some(text(row, REMARKS)).filter(|remarks| !remarks.is_empty());
    came.into_iter().chain(remarks).collect::<Vec<_>>().join("; ")
}

/// The time of day, with the day if it is another one.
fn clock(at: &Zoned, day: Date) -> String {
    let form = if at.date() == day { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
    at.strftime(form).to_string()
}

fn counts(report: &Report) -> String {
    let of = |verdict: Verdict| report.verdicts.get(&verdict).copied().unwrap_or_default();
    let listed: Vec<String> = report
        .verdicts
        .iter()
        .filter(|(verdict, count)| **verdict != Verdict::NotListed && **count > 0)
        .map(|(verdict, count)| format!("{count} {}", verdict.to_string().replace(',', " and")))
        .collect();
    let total = report.expected.unwrap_or(report.people.len());
    let who = match (report.expected, total) {
        (Some(_), _) => "expected",
        (None, 1) => "person",
        (None, _) => "people",
    };
    let listed = if listed.is_empty() { String::new() } else { format!(": {}", listed.join(", ")) };
    let mut counts = format!("{total} {who}{listed}.");
    if report.expected.is_some() && of(Verdict::NotListed) > 0 {
        let _ = write!(counts, " {} not listed.", of(Verdict::NotListed));
    }
    match report.ignored {
        0 => {}
        1 => counts.push_str(" 1 name ignored."),
        ignored => {
            let _ = write!(counts, " {ignored} names ignored.");
        }
    }
    counts
}

fn text(row: &[Cell], column: usize) -> String {
    match &row[column] {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Count(count) => count.to_string(),
    }
}

fn number(row: &[Cell], column: usize) -> f64 {
    match &row[column] {
        Cell::Number(number) => *number,
        _ => 0.0,
    }
}

/// `79.2%`, and `100%` without a decimal that says nothing.
pub(super) fn percent(share: f64) -> String {
    format!("{}%", (share * 1000.0).round() / 10.0)
}

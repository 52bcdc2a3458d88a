//! A series for a terminal, and as JSON.

use std::io::Write;

use serde::Serialize;
use serde_json::Value;

use super::series::SeriesTable;
use super::show_json::{exact, value};
use super::show_table::percent;
use crate::attendance::{BEFORE_DAYS, Cell};
use crate::cli::table::{Table, plain};

#[derive(Serialize)]
struct View<'a> {
    number: u64,
    topic: &'a str,
    zone: &'a str,
    since: String,
    until: String,
    days: Vec<Value>,
    people: Vec<PersonView>,
    instances: Vec<InstanceView<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct PersonView {
    name: Value,
    email: Value,
    id: Value,
    attended: Value,
    of: Value,
    share: Value,
    /// One for each of `days`: a number, `null` for who was not there, `"?"` where it is not known.
    minutes: Vec<Value>,
}

#[derive(Serialize)]
struct InstanceView<'a> {
    uuid: &'a str,
    start: String,
    is_known: bool,
}

/// Writes JSON.
pub(super) fn write_json(out: &mut dyn Write, series: &SeriesTable) -> anyhow::Result<()> {
    let (head, people) = parts(series);
    let view = View {
        number: series.number,
        topic: &series.topic,
        zone: series.zone.iana_name().unwrap_or("UTC"),
        since: series.days.0.to_string(),
        until: series.days.1.to_string(),
        days: head.iter().skip(BEFORE_DAYS).map(value).collect(),
        people: people.iter().map(|row| person(row)).collect(),
        instances: series
            .instances
            .iter()
            .map(|(instance, is_known)| InstanceView {
                uuid: instance.uuid.as_str(),
                start: exact(instance.start, &series.zone),
                is_known: *is_known,
            })
            .collect(),
        notes: &series.notes,
    };
    crate::cli::write_json(out, &view)
}

fn person(row: &[Cell]) -> PersonView {
    let at = |column: usize| value(&row[column]);
    let minutes = row.iter().skip(BEFORE_DAYS).map(|cell| match value(cell) {
        Value::String(text) if text.is_empty() => Value::Null,
        value => value,
    });
    PersonView {
        name: at(0),
        email: at(1),
        id: at(2),
        attended: at(3),
        of: at(4),
        share: at(5),
        minutes: minutes.collect(),
    }
}

/// Writes a table for a terminal: without addresses, and with short days.
pub(super) fn write_table(out: &mut dyn Write, series: &SeriesTable) -> anyhow::Result<()> {
    let (head, people) = parts(series);
    let topic = if series.topic.is_empty() { String::new() } else { format!("{}, ", series.topic) };
    let (since, until) = series.days;
    let zone = series.zone.iana_name().unwrap_or("UTC");
    let heading = format!("{topic}{}, {since} to {until} ({zone})", series.number);
    writeln!(out, "{}", plain(&heading))?;
    let is_one_year = since.year() == until.year();
    let days = head.iter().skip(BEFORE_DAYS).map(|day| {
        let day = text(day);
        if is_one_year { day.split_once('-').map_or(day.clone(), |(_, day)| day.to_owned()) } else { day }
    });
    let headings: Vec<String> =
        ["NAME", "ATTENDED", "SHARE"].map(str::to_owned).into_iter().chain(days).collect();
    let mut table = Table::new(&headings.iter().map(String::as_str).collect::<Vec<_>>());
    for row in people {
        let share = match &row[5] {
            Cell::Number(share) => percent(*share),
            other => text(other),
        };
        let attended = format!("{} of {}", text(&row[3]), text(&row[4]));
        let minutes = row.iter().skip(BEFORE_DAYS).map(|cell| match cell {
            Cell::Number(minutes) => format!("{minutes:>5.1}"),
            other => format!("{:>5}", text(other)),
        });
        table.row([text(&row[0]), attended, format!("{share:>5}")].into_iter().chain(minutes));
    }
    table.write(out)?;
    for note in &series.notes {
        writeln!(out, "Note: {}.", plain(note))?;
    }
    Ok(())
}

fn parts(series: &SeriesTable) -> (&[Cell], &[Vec<Cell>]) {
    series.table.split_first().map_or((&[], &[]), |(head, rows)| (head, rows))
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Count(count) => count.to_string(),
    }
}

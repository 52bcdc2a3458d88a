//! One meeting as JSON: times in RFC 3339 with their offset, numbers as numbers.

use std::collections::BTreeMap;
use std::io::Write;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::Serialize;
use serde_json::Value;

use super::shown::{Ids, Shown};
use crate::attendance::{Cell, JoinedAs, Window};
use crate::cli::write_json;

#[derive(Serialize)]
struct View<'a> {
    meeting: MeetingView<'a>,
    people: Vec<PersonView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    joins: Option<Vec<JoinView>>,
    expected: Option<usize>,
    statuses: BTreeMap<String, usize>,
    ignored: usize,
    notes: &'a [String],
}

#[derive(Serialize)]
struct MeetingView<'a> {
    #[serde(flatten)]
    ids: &'a Ids,
    topic: &'a str,
    host: &'a str,
    start: String,
    end: String,
    counted_start: String,
    counted_end: String,
    zone: &'a str,
    source: &'a str,
}

#[derive(Serialize)]
struct PersonView {
    name: Value,
    email: Value,
    id: Value,
    status: Value,
    first_join: Option<String>,
    last_leave: Option<String>,
    minutes: Value,
    share: Value,
    times_in: Value,
    breakout: Value,
    waited: Value,
    remarks: Value,
    /// Google Meet tells it, Zoom does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    joined_as: Vec<String>,
}

#[derive(Serialize)]
struct JoinView {
    name: Value,
    email: Value,
    from: Value,
    to: Value,
    seconds: Value,
    #[serde(rename = "where")]
    place: Value,
    /// The index in `people`.
    person: usize,
}

/// Writes the meeting.
pub(in crate::cli) fn write(out: &mut dyn Write, shown: &Shown<'_>, joins: bool) -> anyhow::Result<()> {
    let (report, zone) = (shown.report, shown.zone);
    let meeting = MeetingView {
        ids: &shown.ids,
        topic: &shown.topic,
        host: &shown.host,
        start: exact(report.actual.start, zone),
        end: exact(report.actual.end, zone),
        counted_start: exact(report.counted.start, zone),
        counted_end: exact(report.counted.end, zone),
        zone: zone.iana_name().unwrap_or("UTC"),
        source: &shown.source,
    };
    let people = report.people.iter().zip(&report.stays).zip(&report.joined_as);
    let people = people.map(|((row, stay), joined_as)| person(row, stay.as_ref(), joined_as, zone));
    let statuses = report.verdicts.iter().map(|(verdict, count)| (verdict.to_string(), *count));
    let view = View {
        meeting,
        people: people.collect(),
        joins: joins.then(|| report.joins.iter().map(|row| join(row)).collect()),
        expected: report.expected,
        statuses: statuses.collect(),
        ignored: report.ignored,
        notes: shown.notes,
    };
    write_json(out, &view)
}

fn person(row: &[Cell], stay: Option<&Window>, joined_as: &[JoinedAs], zone: &TimeZone) -> PersonView {
    let at = |column: usize| value(&row[column]);
    PersonView {
        name: at(0),
        email: at(1),
        id: at(2),
        status: at(3),
        first_join: stay.map(|stay| exact(stay.start, zone)),
        last_leave: stay.map(|stay| exact(stay.end, zone)),
        minutes: at(6),
        share: at(7),
        times_in: at(8),
        breakout: at(9),
        waited: at(10),
        remarks: at(11),
        joined_as: joined_as.iter().map(ToString::to_string).collect(),
    }
}

fn join(row: &[Cell]) -> JoinView {
    let at = |column: usize| match value(&row[column]) {
        Value::String(text) if text.is_empty() && matches!(column, 3 | 4) => Value::Null,
        value => value,
    };
    // A sheet's rows begin with 1, and its head is the first.
    let person = match row[6] {
        Cell::Count(row) => row.saturating_sub(2),
        _ => 0,
    };
    JoinView { name: at(0), email: at(1), from: at(2), to: at(3), seconds: at(4), place: at(5), person }
}

/// A cell as JSON.
pub(super) fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) => Value::from(text.as_str()),
        Cell::Number(number) => Value::from(*number),
        Cell::Count(count) => Value::from(*count),
    }
}

/// A moment by the clock of its zone.
pub(super) fn exact(at: Timestamp, zone: &TimeZone) -> String {
    Zoned::new(at, zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

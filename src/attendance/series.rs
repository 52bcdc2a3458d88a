//! Several meetings of one number: who came on which day.

use std::collections::HashSet;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::names::{name_key, shown};
use super::people::{Person, unite};
use super::report::{Cell, without_address};
use super::roster::Roster;
use super::row::{Meeting, Options, Row, Window};
use super::search::Matched;
use super::sheet::{Counts, Sheet, Tab};
use super::time::{minutes, share};
use super::verdict::{actual, attended, counted};

/// A meeting that begins this long before another one, or this long after its end, in seconds, belongs to it: a host who
/// ended by mistake has begun again.
const BEFORE: i64 = 30 * 60;
const AFTER: i64 = 120 * 60;

/// The column with shares.
const SHARE_COLUMN: usize = 5;

/// Columns before the days.
pub const BEFORE_DAYS: usize = 6;

/// One meeting of a series.
#[derive(Debug, Clone)]
pub struct Instance {
    /// What is known of it.
    pub meeting: Meeting,
    /// When it began.
    pub start: Timestamp,
    /// Its rows; nothing if Zoom does not have them any more.
    pub rows: Option<Vec<Row>>,
}

/// One day of a series, or one of several meetings on it that are far apart.
struct Column<'i> {
    head: String,
    instances: Vec<&'i Instance>,
    /// What the meetings last, from the first one on.
    window: Window,
}

impl Column<'_> {
    fn is_known(&self) -> bool {
        self.instances.iter().all(|instance| instance.rows.is_some())
    }
}

/// A table with one column for each day: its head, and a row for each person. A person counts as there on a day if their
/// share reaches `options.min_share`, or without one if they were there at all.
pub fn series(
    instances: &[Instance],
    roster: Option<&Roster>,
    options: &Options,
    zone: &TimeZone,
) -> Vec<Vec<Cell>> {
    let columns = columns(instances, zone);
    let rows: Vec<Row> =
        instances.iter().filter_map(|instance| instance.rows.as_ref()).flatten().cloned().collect();
    let people = unite(&rows);
    let (matched, mut others) = match roster {
        Some(roster) => roster.find(people, options.id_pattern.as_ref()),
        None => (Vec::new(), people),
    };
    others.sort_by_cached_key(|person| {
        (
            name_key(&person.rows[0].name),
            if options.hides_emails { String::new() } else { person.email().to_owned() },
            person.rows.clone(),
        )
    });
    let head = ["Name", "E-mail", "Id", "Attended", "Of", "Share"].map(|name| Cell::Text(name.to_owned()));
    let days = columns.iter().map(|column| Cell::Text(column.head.clone()));
    let mut table = vec![head.into_iter().chain(days).collect::<Vec<_>>()];
    let entries = roster.map_or(&[][..], |roster| &roster.entries);
    for (entry, matched) in entries.iter().zip(matched) {
        let email = entry.emails.first().cloned().unwrap_or_default();
        let person = match matched {
            Matched::Person(person) => Some(*person),
            Matched::Unclear(_) | Matched::Absent => None,
        };
        table.push(line(&entry.name, email, &entry.id, person.as_ref(), &columns, options));
    }
    for person in &others {
        table.push(line(&person.rows[0].name, String::new(), "", Some(person), &columns, options));
    }
    table
}

/// The spreadsheet of such a table.
pub fn series_sheet(table: &[Vec<Cell>]) -> Sheet {
    // Only who was there on a day has a number on it.
    let was_there =
        |row: &&Vec<Cell>| row.iter().skip(BEFORE_DAYS).any(|cell| matches!(cell, Cell::Number(_)));
    let people = table.iter().skip(1).filter(was_there).count();
    let tab = Tab { title: "Series", rows: table.to_vec(), has_head: true, share_column: Some(SHARE_COLUMN) };
    Sheet::new(vec![tab], Counts { people, ..Counts::default() })
}

/// Meetings by local day; those of one day that are close together share a column.
fn columns<'i>(instances: &'i [Instance], zone: &TimeZone) -> Vec<Column<'i>> {
    let mut sorted: Vec<&Instance> = instances.iter().collect();
    sorted.sort_by_key(|instance| instance.start);
    let mut columns: Vec<Column<'i>> = Vec::new();
    let day = |at: Timestamp| Zoned::new(at, zone.clone()).strftime("%Y-%m-%d").to_string();
    for instance in sorted {
        let span = span(instance);
        let (start, end) = (span.start.as_second(), span.end);
        match columns.last_mut() {
            Some(column)
                if column.head == day(instance.start)
                    && start >= column.window.start.as_second() - BEFORE
                    && start <= column.window.end.as_second() + AFTER =>
            {
                column.window.end = column.window.end.max(end);
                column.instances.push(instance);
            }
            _ => columns.push(Column { head: day(instance.start), instances: vec![instance], window: span }),
        }
    }
    let days: Vec<String> = columns.iter().map(|column| column.head.clone()).collect();
    for column in &mut columns {
        if days.iter().filter(|day| **day == column.head).count() > 1 {
            column.head =
                Zoned::new(column.window.start, zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
        }
    }
    columns
}

fn span(instance: &Instance) -> Window {
    match (&instance.meeting.actual, &instance.rows) {
        (Some(actual), _) => *actual,
        (None, Some(rows)) => actual(&instance.meeting, rows),
        (None, None) => Window { start: instance.start, end: instance.start },
    }
}

fn line(
    name: &str,
    email: String,
    id: &str,
    person: Option<&Person>,
    columns: &[Column<'_>],
    options: &Options,
) -> Vec<Cell> {
    let own = person.map(|person| person.email().to_owned()).filter(|email| !email.is_empty());
    let email = if options.hides_emails { String::new() } else { own.unwrap_or(email) };
    let (mut there, mut of) = (0, 0);
    let mut cells = Vec::new();
    for column in columns {
        if !column.is_known() {
            cells.push(Cell::Text("?".to_owned()));
            continue;
        }
        of += 1;
        let day = person.and_then(|person| on_day(person, column, options));
        let Some((seconds, share)) = day else {
            cells.push(Cell::Text(String::new()));
            continue;
        };
        there += usize::from(options.min_share.is_none_or(|least| share * 100.0 >= f64::from(least)));
        cells.push(Cell::Number(minutes(seconds)));
    }
    let counted = |count: usize| i64::try_from(count).unwrap_or(i64::MAX / 4_000);
    let figures = [Cell::Count(there), Cell::Count(of), Cell::Number(share(counted(there), counted(of)))];
    let text = |text: String| if options.hides_emails { without_address(&text) } else { text };
    let who = [text(shown(name)), email, text(id.to_owned())].map(Cell::Text);
    who.into_iter().chain(figures).chain(cells).collect()
}

/// Seconds in the meetings of a column, and the share of their counted time; nothing for who was in none of them.
fn on_day(person: &Person, column: &Column<'_>, options: &Options) -> Option<(i64, f64)> {
    let (mut total, mut inside, mut of, mut was_there) = (0, 0, 0, false);
    for instance in &column.instances {
        let rows = instance.rows.as_deref().unwrap_or_default();
        let theirs: HashSet<&Row> = rows.iter().collect();
        let rows_here: Vec<Row> = person.rows.iter().filter(|row| theirs.contains(row)).cloned().collect();
        let actual = span(instance);
        let window = counted(&instance.meeting, actual, options.window);
        of += window.seconds();
        if rows_here.is_empty() {
            continue;
        }
        let here = Person { rows: rows_here, unity: person.unity };
        let attended = attended(&here, "", actual, window, options);
        was_there |= attended.stay.is_some();
        total += attended.seconds;
        inside += attended.seconds_inside;
    }
    was_there.then(|| (total, share(inside, of)))
}

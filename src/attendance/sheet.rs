//! The spreadsheet of a meeting: three tabs of cells, a digest of them, and the first one as CSV. Pure.
//!
//! Equal facts give equal cells: nothing says when it was written. So a digest of the cells tells if the facts have
//! changed.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use sha2::{Digest, Sha256};

use super::report::{Cell, HEAD, JOINS_HEAD, Report, without_address};
use super::row::JoinedAs;
use super::verdict::Verdict;
use crate::recording::MeetingUuid;
use crate::untrusted::cell::cell as safe_cell;

/// Characters of a cell. A cell of a spreadsheet may hold 50,000; nobody reads them.
const CELL_CHARS_MAX: usize = 1_000;

/// The column of [`HEAD`] with shares.
const SHARE_COLUMN: usize = 7;

/// The column of [`HEAD`] that only people have who were in the meeting.
const FIRST_JOIN_COLUMN: usize = 4;

/// What is known of a meeting besides its report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Facts {
    pub topic: String,
    /// Zoom's number of the meeting, or Meet's code.
    pub number: String,
    /// The uuid of this instance, or the name of Meet's record.
    pub uuid: String,
    /// The host's address or id.
    pub host: String,
    /// The list that the rows are from.
    pub source: String,
    /// What readers should know of the whole.
    pub remarks: Vec<String>,
}

/// One tab.
#[derive(Debug, Clone, PartialEq)]
pub struct Tab {
    /// Its name.
    pub title: &'static str,
    /// Its rows, all of one length. The first is the head if `has_head`.
    pub rows: Vec<Vec<Cell>>,
    /// True if the first row names the columns.
    pub has_head: bool,
    /// The column, from 0, with numbers that are shown as percentages.
    pub share_column: Option<usize>,
}

/// The number of people, for summaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Who was in the meeting.
    pub people: usize,
    /// Who was expected; nothing without a roster.
    pub expected: Option<usize>,
    /// Who was expected and was not there.
    pub absent: usize,
}

/// The spreadsheet of a meeting or a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Attendance, Joins, Meeting; or Series alone.
    pub tabs: Vec<Tab>,
    /// The number of people.
    pub counts: Counts,
}

/// Makes the spreadsheet of a report.
pub fn sheet(report: &Report, facts: &Facts, zone: &TimeZone, hides_emails: bool) -> Sheet {
    let counts = counts(report);
    let mut tabs = vec![
        table("Attendance", &HEAD, &report.people, Some(SHARE_COLUMN)),
        table("Joins", &JOINS_HEAD, &report.joins, None),
        Tab {
            title: "Meeting",
            rows: meeting(report, facts, zone, counts),
            has_head: false,
            share_column: None,
        },
    ];
    if hides_emails {
        // The report has hidden the people's. Hosts and topics are no part of it.
        tabs[2].rows.iter_mut().flatten().for_each(hide_address);
    }
    Sheet::new(tabs, counts)
}

fn counts(report: &Report) -> Counts {
    let was_there =
        |line: &&Vec<Cell>| !matches!(&line[FIRST_JOIN_COLUMN], Cell::Text(join) if join.is_empty());
    Counts {
        people: report.people.iter().filter(was_there).count(),
        expected: report.expected,
        absent: report.verdicts.get(&Verdict::Absent).copied().unwrap_or(0),
    }
}

fn table(title: &'static str, head: &[&str], lines: &[Vec<Cell>], share_column: Option<usize>) -> Tab {
    let head = head.iter().map(|name| Cell::Text((*name).to_owned())).collect();
    let rows = std::iter::once(head).chain(lines.iter().cloned()).collect();
    Tab { title, rows, has_head: true, share_column }
}

/// The facts, one in a row: its name and its value.
fn meeting(report: &Report, facts: &Facts, zone: &TimeZone, counts: Counts) -> Vec<Vec<Cell>> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let exact = |at: Timestamp| {
        let local = Zoned::new(at, zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z");
        Cell::Text(local.to_string())
    };
    let present = report.verdicts.get(&Verdict::Present).copied().unwrap_or(0);
    let mut remarks = facts.remarks.clone();
    if report.joins_left_out > 0 {
        remarks.push(format!("{} joins are not listed", report.joins_left_out));
    }
    remarks.extend(strangers(report));
    let (number, uuid) = match MeetingUuid::of_conference(&facts.uuid) {
        None => ("Number", "UUID"),
        Some(_) => ("Code", "Record"),
    };
    let rows = [
        ("Topic", text(&facts.topic)),
        (number, text(&facts.number)),
        (uuid, text(&facts.uuid)),
        ("Host", text(&facts.host)),
        ("Start", exact(report.actual.start)),
        ("End", exact(report.actual.end)),
        ("Counted from", exact(report.counted.start)),
        ("Counted to", exact(report.counted.end)),
        ("Zone", text(zone.iana_name().unwrap_or("UTC"))),
        ("Source", text(&facts.source)),
        ("People", Cell::Count(counts.people)),
        ("Expected", counts.expected.map_or_else(|| text(""), Cell::Count)),
        ("Present", Cell::Count(present)),
        ("Absent", Cell::Count(counts.absent)),
        ("Joins", Cell::Count(report.joins.len() + report.joins_left_out)),
        ("Ignored names", Cell::Count(report.ignored)),
        ("Remarks", text(&remarks.join("; "))),
    ];
    rows.into_iter().map(|(name, value)| vec![text(name), value]).collect()
}

/// How many people came without an account, if any did and it is told.
fn strangers(report: &Report) -> Option<String> {
    let count = |how: JoinedAs| report.joined_as.iter().filter(|told| told.first() == Some(&how)).count();
    let counts = [JoinedAs::Anonymous, JoinedAs::Phone].map(|how| (how, count(how)));
    let told = counts.iter().filter(|(_, count)| *count > 0).map(|(how, count)| format!("{count} {how}"));
    Some(told.collect::<Vec<_>>().join(", ")).filter(|told| !told.is_empty())
}

fn hide_address(cell: &mut Cell) {
    if let Cell::Text(text) = cell {
        *text = without_address(text);
    }
}

fn cut(cell: &mut Cell) {
    if let Cell::Text(text) = cell
        && let Some((end, _)) = text.char_indices().nth(CELL_CHARS_MAX)
    {
        text.truncate(end);
    }
}

impl Sheet {
    /// The spreadsheet of these tabs, with cells that fit.
    pub(super) fn new(mut tabs: Vec<Tab>, counts: Counts) -> Self {
        tabs.iter_mut().flat_map(|tab| &mut tab.rows).flatten().for_each(cut);
        Self { tabs, counts }
    }

    /// SHA-256 over all cells, with their kinds and places.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let mut add = |kind: u8, content: &[u8]| {
            hash.update([kind]);
            hash.update((content.len() as u64).to_be_bytes());
            hash.update(content);
        };
        for tab in &self.tabs {
            add(b't', tab.title.as_bytes());
            for row in &tab.rows {
                add(b'r', &[]);
                for cell in row {
                    match cell {
                        Cell::Text(text) => add(b's', text.as_bytes()),
                        Cell::Number(number) => add(b'n', &number.to_be_bytes()),
                        Cell::Count(count) => add(b'c', &(*count as u64).to_be_bytes()),
                    }
                }
            }
        }
        hex::encode(hash.finalize())
    }

    /// The first tab as CSV with a header line. No cell of it is a formula in any spreadsheet.
    ///
    /// # Errors
    /// Never: it writes to memory.
    pub fn csv(&self) -> Result<String, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in &self.tabs[0].rows {
            writer.write_record(row.iter().map(|cell| match cell {
                Cell::Text(text) => safe_cell(text),
                Cell::Number(number) => number.to_string(),
                Cell::Count(count) => count.to_string(),
            }))?;
        }
        let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Meeting, Options, Row, Status, report};
    use super::*;

    fn made(name: &str, host: &str, hides_emails: bool) -> Sheet {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let row = Row {
            join: at("2026-03-02T18:00:00Z"),
            leave: Some(at("2026-03-02T18:30:00Z")),
            name: name.to_owned(),
            account: String::new(),
            email: "anna@example.org".to_owned(),
            registrant: String::new(),
            customer_key: String::new(),
            user_id: "1".to_owned(),
            room: None,
            status: Status::InMeeting,
            joined_as: None,
        };
        let meeting = Meeting { actual: None, scheduled: None, zone: TimeZone::get("Europe/Kyiv").unwrap() };
        let options = Options { hides_emails, ..Options::default() };
        let facts = Facts { topic: "Class".to_owned(), host: host.to_owned(), ..Facts::default() };
        let report = report(&[row], &meeting, None, &options, |_| false);
        sheet(&report, &facts, &meeting.zone, hides_emails)
    }

    #[test]
    fn equal_facts_have_one_digest() {
        let digest = |name: &str, host: &str| made(name, host, false).digest();
        assert_eq!(digest("Anna", "ann"), digest("Anna", "ann"));
        assert_ne!(digest("Anna", "ann"), digest("Anne", "ann"));
        assert_ne!(digest("Anna", "ann"), digest("Anna", "bob"));
    }

    #[test]
    fn every_tab_is_a_rectangle_of_cells_that_fit() {
        let sheet = made("Anna", &"x".repeat(5_000), false);
        for tab in &sheet.tabs {
            assert!(tab.rows.iter().all(|row| row.len() == tab.rows[0].len()), "{}", tab.title);
            let is_short = |cell: &Cell| !matches!(cell, Cell::Text(text) if text.chars().count() > 1_000);
            assert!(tab.rows.iter().flatten().all(is_short), "{}", tab.title);
        }
        assert_eq!(sheet.counts, Counts { people: 1, expected: None, absent: 0 });
        let from = Cell::Text("2026-03-02T20:00:00+02:00".to_owned());
        assert!(sheet.tabs[2].rows.contains(&vec![Cell::Text("Start".to_owned()), from]));
    }

    #[test]
    fn an_address_that_is_kept_out_is_in_no_cell() {
        let sheet = made("Anna (anna@example.org)", "host@example.org", true);
        let texts = sheet.tabs.iter().flat_map(|tab| tab.rows.iter().flatten());
        assert!(!texts.clone().any(|cell| matches!(cell, Cell::Text(text) if text.contains('@'))));
        assert!(texts.clone().any(|cell| *cell == Cell::Text("host".to_owned())));
        assert!(!sheet.csv().unwrap().contains('@'));
    }

    #[test]
    fn how_people_came_is_told_outside_the_list_of_people() {
        let row = |name: &str, account: &str, joined_as: Option<JoinedAs>| Row {
            join: "2026-03-02T18:00:00Z".parse().unwrap(),
            leave: "2026-03-02T19:00:00Z".parse().ok(),
            name: name.to_owned(),
            account: account.to_owned(),
            email: String::new(),
            registrant: String::new(),
            customer_key: String::new(),
            user_id: String::new(),
            room: None,
            status: Status::InMeeting,
            joined_as,
        };
        let (signed, anonymous) = (Some(JoinedAs::SignedIn), Some(JoinedAs::Anonymous));
        let told = [
            row("Ewa", "users/1", signed),
            row("Gosc", "", anonymous),
            row("+48 ... 21", "", Some(JoinedAs::Phone)),
            row("ewa", "", anonymous),
        ];
        let untold = told.clone().map(|row| Row { joined_as: None, ..row });
        let meeting = Meeting { actual: None, scheduled: None, zone: TimeZone::UTC };
        let facts = |uuid: &str| Facts { uuid: uuid.to_owned(), ..Facts::default() };
        let made = |rows: &[Row], uuid| {
            let report = report(rows, &meeting, None, &Options::default(), |_| false);
            sheet(&report, &facts(uuid), &TimeZone::UTC, false)
        };
        let (meet, zoom) = (made(&told, "conferenceRecords/b4"), made(&untold, "b4=="));
        assert_eq!(meet.tabs[0], zoom.tabs[0]);
        let cell = |sheet: &Sheet, tab: usize, row: usize, column: usize| {
            let Cell::Text(text) = &sheet.tabs[tab].rows[row][column] else { panic!() };
            text.clone()
        };
        let places: Vec<String> = (1..5).map(|row| cell(&meet, 1, row, 5)).collect();
        assert_eq!(
            places,
            ["meeting, by phone", "meeting", "meeting, not signed in", "meeting, not signed in"]
        );
        assert_eq!(cell(&meet, 2, 16, 1), "1 not signed in, 1 by phone");
        assert_eq!((cell(&meet, 2, 1, 0), cell(&zoom, 2, 1, 0)), ("Code".to_owned(), "Number".to_owned()));
    }

    #[test]
    fn no_cell_of_the_csv_is_a_formula() {
        let csv = made("=1+1", "", false).csv().unwrap();
        let line = csv.lines().nth(1).unwrap();
        assert!(line.starts_with("'=1+1,anna@example.org,,present,2026-03-02 20:00:00,"), "{line}");
        assert!(line.contains(",30,1,1,0,0,"), "{line}");
    }
}

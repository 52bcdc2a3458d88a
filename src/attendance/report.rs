//! The whole answer, as rows of cells.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::names::{name_key, shown};
use super::people::{Person, unite};
use super::roster::{Entry, Roster};
use super::row::{JoinedAs, Meeting, Options, Row, Status, Window};
use super::search::Matched;
use super::verdict::{Attended, Verdict, actual, attended, counted};

/// Maximum number of listed joins. Sheets holds ten million cells; a person cannot read more rows than this.
pub const JOINS_MAX: usize = 50_000;

/// The head of the list of people.
pub const HEAD: [&str; 12] = [
    "Name",
    "E-mail",
    "Id",
    "Status",
    "First join",
    "Last leave",
    "Minutes",
    "Share",
    "Times in",
    "Breakout",
    "Waited",
    "Remarks",
];

/// The head of the list of joins.
pub const JOINS_HEAD: [&str; 7] = ["Name", "E-mail", "From", "To", "Seconds", "Where", "Person"];

/// A cell: what people wrote is text, never a formula.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text as it is.
    Text(String),
    /// A number with its decimals.
    Number(f64),
    /// A whole number.
    Count(usize),
}

/// Who was there, and who was not.
#[derive(Debug, Clone)]
pub struct Report {
    /// One row for each person under [`HEAD`]: the roster in its order, then everybody else by name.
    pub people: Vec<Vec<Cell>>,
    /// One row for each join under [`JOINS_HEAD`], by time.
    pub joins: Vec<Vec<Cell>>,
    /// When each of the people came and went; `None` for those who were not in the meeting.
    pub stays: Vec<Option<Window>>,
    /// How each of the people joined, without repetitions; nothing where it is not told.
    pub joined_as: Vec<Vec<JoinedAs>>,
    /// Joins that are not listed, because there are more than 50,000.
    pub joins_left_out: usize,
    /// How many there are of each verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
    /// How many were expected; nothing without a roster.
    pub expected: Option<usize>,
    /// Display names that were left out by a pattern.
    pub ignored: usize,
    /// The meeting's span.
    pub actual: Window,
    /// The span that shares and verdicts are of.
    pub counted: Window,
}

/// A line of the list, before it is written.
struct Line {
    /// What others are sorted by.
    key: String,
    name: String,
    email: String,
    id: String,
    verdict: Verdict,
    attended: Option<Attended>,
    remark: String,
    rows: Vec<Row>,
}

/// Counts these rows. `is_ignored` tells display names that are no people, such as note-takers.
pub fn report(
    rows: &[Row],
    meeting: &Meeting,
    roster: Option<&Roster>,
    options: &Options,
    is_ignored: impl Fn(&str) -> bool,
) -> Report {
    let (ignored, rows): (Vec<Row>, Vec<Row>) = rows.iter().cloned().partition(|row| is_ignored(&row.name));
    let mut ignored: Vec<String> = ignored.iter().map(|row| name_key(&row.name)).collect();
    ignored.sort();
    ignored.dedup();
    let actual = actual(meeting, &rows);
    let window = counted(meeting, actual, options.window);
    let people = unite(&rows);
    let (matched, others) = match roster {
        Some(roster) => roster.find(people, options.id_pattern.as_ref()),
        None => (Vec::new(), people),
    };
    let entries = roster.map_or(&[][..], |roster| &roster.entries);
    let count = |person: &Person, name: &str| attended(person, name, actual, window, options);
    let expected = entries.iter().zip(matched).map(|(entry, matched)| listed(entry, matched, &count));
    let mut rest: Vec<Line> =
        others.into_iter().map(|person| other(person, roster.is_some(), &count)).collect();
    rest.sort_by(|one, other| {
        let order = |line: &Line| (line.key.clone(), line.email.clone());
        order(one).cmp(&order(other)).then_with(|| one.rows.cmp(&other.rows))
    });
    let mut lines: Vec<Line> = expected.chain(rest).collect();
    if options.hides_emails {
        lines.iter_mut().for_each(hide_emails);
    }
    let mut verdicts = BTreeMap::new();
    lines.iter().for_each(|line| *verdicts.entry(line.verdict).or_default() += 1);
    let (joins, joins_left_out) = joins(&lines, &meeting.zone);
    Report {
        people: lines.iter().map(|line| line.cells(&meeting.zone)).collect(),
        stays: lines.iter().map(Line::stay).collect(),
        joined_as: lines.iter().map(Line::joined_as).collect(),
        joins,
        joins_left_out,
        verdicts,
        expected: roster.map(|roster| roster.entries.len()),
        ignored: ignored.len(),
        actual,
        counted: window,
    }
}

fn listed(entry: &Entry, matched: Matched, count: &impl Fn(&Person, &str) -> Attended) -> Line {
    let email = entry.emails.first().cloned().unwrap_or_default();
    let line = |verdict, remark| Line {
        key: String::new(),
        name: shown(&entry.name),
        email,
        id: entry.id.clone(),
        verdict,
        attended: None,
        remark,
        rows: Vec::new(),
    };
    match matched {
        Matched::Absent => line(Verdict::Absent, String::new()),
        Matched::Unclear(why) => line(Verdict::Unclear, why),
        Matched::Person(person) => {
            let attended = count(&person, &entry.name);
            let line = line(attended.verdict, String::new());
            let email = if person.email().is_empty() { line.email } else { person.email().to_owned() };
            Line { email, attended: Some(attended), rows: person.rows, ..line }
        }
    }
}

fn other(person: Person, has_roster: bool, count: &impl Fn(&Person, &str) -> Attended) -> Line {
    let name = person.rows.first().map(|row| row.name.clone()).unwrap_or_default();
    let attended = count(&person, &name);
    Line {
        key: name_key(&name),
        email: person.email().to_owned(),
        id: String::new(),
        verdict: if has_roster { Verdict::NotListed } else { attended.verdict },
        attended: Some(attended),
        remark: String::new(),
        rows: person.rows,
        name: shown(&name),
    }
}

/// People also write addresses where their names belong: what looks like one goes, too.
fn hide_emails(line: &mut Line) {
    line.email.clear();
    for text in [&mut line.name, &mut line.id, &mut line.remark] {
        *text = without_address(text);
    }
    line.rows.iter_mut().for_each(|row| {
        row.email.clear();
        row.name = without_address(&row.name);
    });
    if let Some(attended) = &mut line.attended {
        attended.remarks.iter_mut().for_each(|remark| *remark = without_address(remark));
    }
}

/// An at sign, of other alphabets too: names are written as people wrote them.
const AT: [char; 3] = ['@', '\u{ff20}', '\u{fe6b}'];

/// The part of an address before its `@`: enough to know a person by, and no address.
pub fn without_address(text: &str) -> String {
    let is_address = |word: &str| {
        word.split_once(AT).is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
    };
    let words = text.split(' ').map(|word| match word.split_once(AT) {
        Some((local, _)) if is_address(word) => local,
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

impl Line {
    fn stay(&self) -> Option<Window> {
        let (start, end) = self.attended.as_ref()?.stay?;
        let at = |second| Timestamp::from_second(second).ok();
        Some(Window { start: at(start)?, end: at(end)? })
    }

    fn joined_as(&self) -> Vec<JoinedAs> {
        let told: BTreeSet<JoinedAs> = self.rows.iter().filter_map(|row| row.joined_as).collect();
        told.into_iter().collect()
    }

    fn cells(&self, zone: &TimeZone) -> Vec<Cell> {
        let text = |text: &str| Cell::Text(text.to_owned());
        let (none, remark) = (Attended::none(), [self.remark.clone()]);
        let attended = self.attended.as_ref().unwrap_or(&none);
        let moment = |second: Option<i64>| second.map(|second| local(second, zone)).unwrap_or_default();
        let remarks = if self.attended.is_some() { &attended.remarks[..] } else { &remark[..] };
        vec![
            text(&self.name),
            text(&self.email),
            text(&self.id),
            Cell::Text(self.verdict.to_string()),
            Cell::Text(moment(attended.stay.map(|stay| stay.0))),
            Cell::Text(moment(attended.stay.map(|stay| stay.1))),
            Cell::Number(attended.minutes),
            Cell::Number(attended.share),
            Cell::Count(attended.times_in),
            Cell::Number(attended.breakout),
            Cell::Number(attended.waited),
            Cell::Text(remarks.join("; ")),
        ]
    }
}

impl Attended {
    fn none() -> Self {
        Self {
            verdict: Verdict::Absent,
            stay: None,
            seconds: 0,
            minutes: 0.0,
            seconds_inside: 0,
            share: 0.0,
            times_in: 0,
            breakout: 0.0,
            waited: 0.0,
            remarks: Vec::new(),
        }
    }
}

/// Local time that sorts as text. No zone: the reader's clock on that day.
fn local(second: i64, zone: &TimeZone) -> String {
    zoned(second, zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn zoned(second: i64, zone: &TimeZone) -> Zoned {
    Zoned::new(Timestamp::from_second(second).unwrap_or_default(), zone.clone())
}

/// Every join by time, with the number of its person's row in a sheet whose head is row 1.
fn joins(lines: &[Line], zone: &TimeZone) -> (Vec<Vec<Cell>>, usize) {
    let mut all: Vec<(&Row, usize)> = lines
        .iter()
        .zip(2_usize..)
        .flat_map(|(line, number)| line.rows.iter().map(move |row| (row, number)))
        .collect();
    all.sort();
    let mut rooms: HashMap<&str, usize> = HashMap::new();
    let left_out = all.len().saturating_sub(JOINS_MAX);
    let written = all.into_iter().take(JOINS_MAX).map(|(row, person)| {
        let place = match (row.status, &row.room) {
            (Status::Waiting, _) => "waiting room".to_owned(),
            (Status::InMeeting, None) => match row.joined_as {
                None | Some(JoinedAs::SignedIn) => "meeting".to_owned(),
                Some(other) => format!("meeting, {other}"),
            },
            (Status::InMeeting, Some(room)) => {
                let next = rooms.len() + 1;
                format!("breakout {}", rooms.entry(room).or_insert(next))
            }
        };
        let exact = |at: Timestamp| zoned(at.as_second(), zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        let seconds = row.leave.map(|leave| leave.as_second() - row.join.as_second());
        vec![
            Cell::Text(shown(&row.name)),
            Cell::Text(row.email.clone()),
            Cell::Text(exact(row.join)),
            Cell::Text(row.leave.map(exact).unwrap_or_default()),
            seconds.map_or_else(|| Cell::Text(String::new()), |seconds| Cell::Number(seconds as f64)),
            Cell::Text(place),
            Cell::Count(person),
        ]
    });
    (written.collect(), left_out)
}

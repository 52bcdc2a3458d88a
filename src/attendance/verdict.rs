//! What a person's rows come to: minutes, share, and a verdict.

use std::collections::HashSet;
use std::fmt;

use super::names::{name_key, shown};
use super::people::{Match, Person};
use super::row::{Meeting, Options, Row, Status, Window, WindowChoice};
use super::time::{Span, minutes, most_at_once, seconds, seconds_within, share, stays, union};

/// What is said of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// There for long enough, and in time.
    Present,
    /// Joined after `late_after`.
    Late,
    /// Left before `leave_early`.
    LeftEarly,
    /// Both.
    LateAndLeftEarly,
    /// There for too small a share of the counted time.
    Short,
    /// Only ever in the waiting room.
    Waited,
    /// On the roster, and not there.
    Absent,
    /// On the roster, and somebody was there who could be meant.
    Unclear,
    /// There is a roster, and they are not on it.
    NotListed,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Present => "present",
            Self::Late => "late",
            Self::LeftEarly => "left early",
            Self::LateAndLeftEarly => "late, left early",
            Self::Short => "short",
            Self::Waited => "waited",
            Self::Absent => "absent",
            Self::Unclear => "unclear",
            Self::NotListed => "not listed",
        })
    }
}

/// What a person's rows come to.
#[derive(Debug, Clone)]
pub struct Attended {
    /// The verdict, unless a roster does not list them.
    pub verdict: Verdict,
    /// First join and last leave in the meeting, in seconds of UTC; nothing for who only waited.
    pub stay: Option<(i64, i64)>,
    /// Seconds in the meeting, breakout rooms included.
    pub seconds: i64,
    /// The same in minutes.
    pub minutes: f64,
    /// Seconds inside the counted window.
    pub seconds_inside: i64,
    /// The same over the window's length.
    pub share: f64,
    /// How often they came.
    pub times_in: usize,
    /// Minutes in breakout rooms.
    pub breakout: f64,
    /// Minutes in the waiting room.
    pub waited: f64,
    /// What the reader should know of these figures.
    pub remarks: Vec<String>,
}

/// The meeting's own span: as Zoom says, else from the first join to the last leave.
pub(super) fn actual(meeting: &Meeting, rows: &[Row]) -> Window {
    if let Some(actual) = meeting.actual {
        return actual;
    }
    let in_meeting = || rows.iter().filter(|row| row.status == Status::InMeeting);
    let start = in_meeting().map(|row| row.join).min().unwrap_or_default();
    let end = in_meeting().filter_map(|row| row.leave).max().unwrap_or(start);
    Window { start, end: end.max(start) }
}

/// The window that counts.
pub(super) fn counted(meeting: &Meeting, actual: Window, choice: WindowChoice) -> Window {
    let planned = meeting.scheduled.map(|scheduled| scheduled.intersection(&actual));
    match (choice, planned) {
        (WindowChoice::Between(from, to), _) => meeting.between(from, to, actual),
        (WindowChoice::Auto, Some(planned)) if 2 * planned.seconds() >= actual.seconds() => planned,
        (WindowChoice::Scheduled, Some(planned)) => planned,
        _ => actual,
    }
}

/// A person's rows, sorted out.
struct Times {
    in_meeting: Vec<Span>,
    breakout: Vec<Span>,
    waiting: Vec<Span>,
    ignored: usize,
    open: bool,
    count: usize,
}

impl Times {
    fn of(person: &Person, end: i64) -> Self {
        let mut times =
            Self { in_meeting: vec![], breakout: vec![], waiting: vec![], ignored: 0, open: false, count: 0 };
        let mut seen = HashSet::new();
        for row in &person.rows {
            let once = (&row.user_id, row.join, row.leave, row.status, &row.room);
            if !row.user_id.is_empty() && !seen.insert(once) {
                continue;
            }
            let join = row.join.as_second();
            let leave = row.leave.map_or(end.max(join), |leave| leave.as_second());
            if leave < join {
                times.ignored += 1;
                continue;
            }
            times.count += 1;
            match row.status {
                Status::Waiting => times.waiting.push((join, leave)),
                Status::InMeeting => {
                    times.open |= row.leave.is_none();
                    times.in_meeting.push((join, leave));
                    if row.room.is_some() {
                        times.breakout.push((join, leave));
                    }
                }
            }
        }
        times
    }
}

/// What this person's rows come to. `name` is the one under which they are listed.
pub(super) fn attended(
    person: &Person,
    name: &str,
    actual: Window,
    window: Window,
    options: &Options,
) -> Attended {
    let times = Times::of(person, actual.end.as_second());
    let united = union(times.in_meeting.iter().copied());
    let stay = united.first().zip(united.last()).map(|(first, last)| (first.0, last.1));
    let span = (window.start.as_second(), window.end.as_second());
    let seconds_inside = seconds_within(&united, span);
    let share = share(seconds_inside, window.seconds());
    let judged = judge(stay, share, seconds_inside, span, options);
    let (times_in, away) = stays(&united);
    let mut remarks = judged.remarks;
    if away > 0 {
        remarks.push(format!("away {} min", away / 60));
    }
    remarks.extend(remarks_on_rows(person, &times, name));
    Attended {
        verdict: judged.verdict,
        stay,
        seconds: seconds(&united),
        minutes: minutes(seconds(&united)),
        seconds_inside,
        share,
        times_in,
        breakout: minutes(seconds(&union(times.breakout))),
        waited: minutes(seconds(&union(times.waiting))),
        remarks,
    }
}

struct Judged {
    verdict: Verdict,
    remarks: Vec<String>,
}

fn judge(stay: Option<(i64, i64)>, share: f64, inside: i64, (from, to): Span, options: &Options) -> Judged {
    let Some((first, last)) = stay else { return Judged { verdict: Verdict::Waited, remarks: vec![] } };
    if last < from || first > to || (inside == 0 && (last == from || first == to) && first != last) {
        return Judged { verdict: Verdict::Short, remarks: vec!["outside the counted time".to_owned()] };
    }
    let mut remarks = Vec::new();
    let is_late = options.late_after.is_some_and(|after| first > from + after);
    let is_early = options.leave_early.is_some_and(|early| last < to - early);
    if is_late {
        remarks.push(format!("late {} min", (first - from) / 60));
    }
    if is_early {
        remarks.push(format!("left {} min early", (to - last) / 60));
    }
    let is_short = inside == 0 || options.min_share.is_some_and(|least| share * 100.0 < f64::from(least));
    let verdict = match (is_short, is_late, is_early) {
        (true, ..) => Verdict::Short,
        (false, true, true) => Verdict::LateAndLeftEarly,
        (false, true, false) => Verdict::Late,
        (false, false, true) => Verdict::LeftEarly,
        (false, false, false) => Verdict::Present,
    };
    Judged { verdict, remarks }
}

fn remarks_on_rows(person: &Person, times: &Times, name: &str) -> Vec<String> {
    let mut remarks = Vec::new();
    match most_at_once(&times.in_meeting) {
        0 | 1 => {}
        count if person.has_keys() => remarks.push(format!("{count} devices at once")),
        count => remarks.push(format!("{count} at once: devices or people")),
    }
    match person.unity {
        Match::AnyOf(count) => remarks.push(format!("could be any of {count} with this name")),
        Match::Name if times.count > 1 => remarks.push("matched by name".to_owned()),
        Match::Name | Match::Keys => {}
    }
    if times.open {
        remarks.push("no leave time".to_owned());
    }
    match times.ignored {
        0 => {}
        1 => remarks.push("1 row ignored".to_owned()),
        count => remarks.push(format!("{count} rows ignored")),
    }
    let mut known: HashSet<String> = HashSet::from([name_key(name)]);
    let others: Vec<String> = person
        .rows
        .iter()
        .filter(|row| known.insert(name_key(&row.name)))
        .map(|row| shown(&row.name))
        .collect();
    if !others.is_empty() {
        remarks.push(format!("also as {}", others.join(", ")));
    }
    remarks
}

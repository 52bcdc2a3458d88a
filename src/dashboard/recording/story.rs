//! What happened to a recording: the diary, Zoom's events and people's acts in one list, oldest first.

use jiff::tz::TimeZone;

use super::super::outside::Outside;
use super::super::when::When;
use crate::admin::audit::BEGUN;
use crate::jobs::diary::{DiaryKind, DiaryLine};
use crate::jobs::{BACKFILL_EVENT, FOUND_EVENT, MEET_EVENT, Millis, amounts};
use crate::store::{AuditRecord, StoredEvent, Story};

/// Lines that are shown at once; the earlier ones are folded away.
const SHOWN: usize = 12;

/// The entry and its cause are written within this time.
const SAME_MOMENT: Millis = 10_000;

/// The story, as the page shows it.
pub(in super::super) struct StoryView {
    pub(super) earlier: Vec<LineView>,
    pub(super) lines: Vec<LineView>,
    /// The service had no diary when this recording began.
    pub(super) is_cut: bool,
}

/// A line.
pub(super) struct LineView {
    pub(super) at: When,
    pub(super) words: String,
    /// Text from outside, after the words.
    pub(super) said: Outside,
    pub(super) is_trouble: bool,
}

/// A line before its time is formatted.
struct Moment {
    at: Millis,
    words: String,
    said: String,
    is_trouble: bool,
}

impl StoryView {
    pub(super) fn new(story: &Story, accepted_at: Millis, zone: &TimeZone) -> Self {
        let acts: Vec<&AuditRecord> =
            story.audit.iter().filter(|record| is_told(record, &story.audit)).collect();
        let is_in_trail = |line: &&DiaryLine| {
            let action = action_of(line.kind);
            let is_same = |record: &&AuditRecord| {
                Some(record.entry.action.as_str()) == action && (record.at - line.at).abs() < SAME_MOMENT
            };
            acts.iter().any(is_same)
        };
        let first = story.diary.iter().find(|line| line.kind == DiaryKind::Accepted);
        let is_first = |event: &&StoredEvent| {
            first.is_some_and(|first| {
                first.text == event.name && (event.received_at - first.at).abs() < SAME_MOMENT
            })
        };
        let mut moments: Vec<Moment> = Vec::new();
        moments.extend(story.diary.iter().filter(|line| !is_in_trail(line)).map(of_diary));
        moments.extend(story.events.iter().filter(|event| !is_first(event)).map(of_event));
        moments.extend(acts.into_iter().map(of_act));
        // Each list has the newest first: reversed, lines of one moment keep their order.
        moments.reverse();
        moments.sort_by_key(|moment| moment.at);
        let is_cut = first.is_none() && !moments.iter().any(|moment| moment.at <= accepted_at);
        let mut lines: Vec<LineView> = Vec::with_capacity(moments.len());
        let mut day = String::new();
        for moment in moments {
            let today = When::day(moment.at, zone).plain();
            let at = if today == day { When::clock(moment.at, zone) } else { When::minute(moment.at, zone) };
            day = today;
            let Moment { words, said, is_trouble, .. } = moment;
            lines.push(LineView { at, words, said: Outside::new(said), is_trouble });
        }
        let shown = lines.split_off(lines.len().saturating_sub(SHOWN));
        Self { earlier: lines, lines: shown, is_cut }
    }
}

/// Of an act's two lines the outcome is shown; the first one alone if there is no outcome.
fn is_told(record: &AuditRecord, all: &[AuditRecord]) -> bool {
    record.entry.outcome != BEGUN || !all.iter().any(|other| other.entry.begun == Some(record.id))
}

/// The action that the audit trail has for a person's act.
fn action_of(kind: DiaryKind) -> Option<&'static str> {
    match kind {
        DiaryKind::Retried => Some("retry"),
        DiaryKind::Cancelled => Some("cancel"),
        DiaryKind::Replayed => Some("replay"),
        _ => None,
    }
}

fn of_diary(line: &DiaryLine) -> Moment {
    let text = line.text.as_str();
    let with = |words: &str| (words.to_owned(), text.to_owned());
    let alone = |words: &str| (words.to_owned(), String::new());
    let (words, said) = match line.kind {
        DiaryKind::Accepted => match text {
            FOUND_EVENT => alone("found by asking Zoom for all recordings"),
            BACKFILL_EVENT => alone("brought by a backfill"),
            MEET_EVENT => alone("found at Google Meet"),
            _ => with("Zoom called:"),
        },
        DiaryKind::Listed if text == "1" => alone("listed: 1 file to copy"),
        DiaryKind::Listed => (format!("listed: {} files to copy", number(text)), String::new()),
        DiaryKind::Copied => alone("copied: the last byte is on Drive"),
        DiaryKind::Proved => alone("compared: each copy on Drive equals what was sent"),
        DiaryKind::Settled => alone("no more late files are awaited"),
        DiaryKind::PutAway => alone("moved to Zoom's trash, after the proof"),
        DiaryKind::DeletedByUs => alone("deleted at Zoom, after the proof"),
        DiaryKind::Kept => alone("the original stays where it is"),
        DiaryKind::Finished if text.is_empty() => alone("done"),
        DiaryKind::Finished => with("done:"),
        DiaryKind::Parked => with("needs you:"),
        DiaryKind::Retried => alone("retried by a person"),
        DiaryKind::Replayed => with("begun again by a person, from"),
        DiaryKind::Cancelled => alone("called off by a person"),
        DiaryKind::Trashed => alone("moved to Zoom's trash by a person, as Zoom reports"),
        DiaryKind::Deleted => alone("deleted by a person, as Zoom reports"),
        DiaryKind::Recovered => alone("recovered by a person, as Zoom reports"),
        DiaryKind::Failed => with("a try failed:"),
        DiaryKind::WentOn => went_on(text),
        DiaryKind::SentAgain => with("sent again from its beginning:"),
    };
    Moment { at: line.at, words, said, is_trouble: line.kind.is_trouble() || line.kind == DiaryKind::Parked }
}

/// `offset total name`, as the store writes it.
fn went_on(text: &str) -> (String, String) {
    let mut parts = text.splitn(3, ' ');
    let mut bytes = || parts.next().and_then(|part| part.parse().ok()).map(amounts::data_size);
    match (bytes(), bytes()) {
        (Some(from), Some(total)) => (
            format!("went on after an interruption, at {from} of {total}:"),
            parts.next().unwrap_or_default().to_owned(),
        ),
        _ => ("went on after an interruption".to_owned(), String::new()),
    }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_default()
}

fn of_event(event: &StoredEvent) -> Moment {
    let words = match event.name.as_str() {
        FOUND_EVENT | BACKFILL_EVENT | MEET_EVENT => "found again in a list:",
        _ => "Zoom called:",
    };
    Moment { at: event.received_at, words: words.to_owned(), said: event.name.clone(), is_trouble: false }
}

fn of_act(record: &AuditRecord) -> Moment {
    let entry = &record.entry;
    let outcome = if entry.outcome == BEGUN { "begun, no outcome is known" } else { entry.outcome.as_str() };
    Moment {
        at: record.at,
        words: String::new(),
        said: format!("{}: {}, {outcome}", entry.who, entry.action),
        is_trouble: false,
    }
}

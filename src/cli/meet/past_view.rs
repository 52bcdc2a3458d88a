//! How `meet past` prints meetings: as a table and as JSON.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::{Value, json};

use super::Session;
use super::details::Detailed;
use super::past::{Args, Past};
use super::view::{day, end_or_on, forgotten, iso, minute, seen_as};
use crate::cli::table::{Table, plain};
use crate::meet::{Event, MeetingCode, SpaceName};
use crate::meetings::start;

/// Stands for a title that only the people of a meeting may read.
pub(crate) const PRIVATE: &str = "(private)";

/// Stands for a title that nobody wrote.
pub(crate) const NO_TITLE: &str = "(no title)";

/// The title of an entry.
pub(crate) fn title(event: &Event, hides_private: bool) -> String {
    match (event.is_private && hides_private, event.title.as_str()) {
        (true, _) => PRIVATE.to_owned(),
        (false, "") => NO_TITLE.to_owned(),
        (false, title) => title.to_owned(),
    }
}

impl Past {
    /// The title, or the code or the room in its place.
    fn title(&self, meeting: &Detailed) -> String {
        let planned = meeting.event.as_ref().map(|event| title(event, self.is_company));
        let code = || meeting.code.as_ref().map(MeetingCode::to_string);
        let space = || meeting.sitting.space().map(SpaceName::to_string);
        planned.or_else(code).or_else(space).unwrap_or_default()
    }
}

pub(super) fn write_table(
    past: &Past,
    args: &Args,
    session: &Session,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let zone = &session.zone;
    let has_parts = past.meetings.iter().any(|meeting| meeting.sitting.parts.len() > 1);
    let mut columns = vec!["START", "END", "CODE"];
    if !args.brief {
        columns.extend(["TITLE", "PEOPLE", "RECORDED"]);
    }
    columns.extend(has_parts.then_some("PARTS"));
    columns.extend(["SEEN AS", "KEPT UNTIL"]);
    columns.extend(args.apart.then_some("CONFERENCE"));
    let mut table = Table::new(&columns).whole("CONFERENCE");
    for meeting in &past.meetings {
        let sitting = &meeting.sitting;
        let code = meeting.code.as_ref().map(ToString::to_string);
        let mut row = vec![
            minute(sitting.start(), zone),
            end_or_on(sitting.end(), sitting.start(), zone),
            code.or_else(|| sitting.space().map(ToString::to_string)).unwrap_or_default(),
        ];
        if !args.brief {
            let unknown = || "?".to_owned();
            row.push(past.title(meeting));
            row.push(meeting.people.map_or_else(unknown, |people| people.to_string()));
            row.push(meeting.recorded.map_or_else(unknown, |recorded| recorded.word().to_owned()));
        }
        row.extend(has_parts.then(|| sitting.parts.len().to_string()));
        row.push(seen_as(&sitting.seen_by()));
        let kept = forgotten(sitting.expires(), sitting.end());
        row.push(kept.map(|kept| day(kept, zone)).unwrap_or_default());
        row.extend(args.apart.then(|| sitting.parts[0].conference.name.to_string()));
        table.row(row);
    }
    if past.meetings.is_empty() {
        writeln!(out, "no conferences")?;
    } else {
        table.write(out)?;
        writeln!(out, "Times are those of {}.", start::name(zone))?;
    }
    if let Some(code) = &args.scope.code {
        // A code may be given to another room later. The id stays.
        let spaces: BTreeSet<&SpaceName> =
            past.meetings.iter().filter_map(|meeting| meeting.sitting.space()).collect();
        for space in spaces {
            writeln!(out, "{code} is the code of {space}.")?;
        }
    }
    for note in &past.notes {
        writeln!(out, "note: {}", plain(note))?;
    }
    past.asked.write_failures(out)
}

pub(super) fn write_json(past: &Past, session: &Session, out: &mut dyn Write) -> anyhow::Result<()> {
    let meetings: Vec<Value> =
        past.meetings.iter().map(|meeting| meeting_json(past, meeting, session)).collect();
    let all = past.asked.answers.len() + past.asked.failures.len();
    let answer = json!({
        "meetings": meetings,
        "asked": all,
        "failed": past.asked.failures_json(),
        "notes": past.notes,
    });
    crate::cli::write_json(out, &answer)
}

fn meeting_json(past: &Past, meeting: &Detailed, session: &Session) -> Value {
    let zone = &session.zone;
    let sitting = &meeting.sitting;
    let kept = forgotten(sitting.expires(), sitting.end());
    let parts: Vec<Value> = sitting
        .parts
        .iter()
        .map(|part| {
            let conference = &part.conference;
            let kept = forgotten(conference.expires, conference.end);
            json!({
                "conference": conference.name.as_str(),
                "start": iso(conference.start, zone),
                "end": conference.end.map(|end| iso(end, zone)),
                "kept_until": kept.map(|kept| iso(kept, zone)),
                "seen_as": part.seen_by,
            })
        })
        .collect();
    json!({
        "start": iso(sitting.start(), zone),
        "end": sitting.end().map(|end| iso(end, zone)),
        "is_on": sitting.end().is_none(),
        "space": sitting.space().map(SpaceName::as_str),
        "code": meeting.code.as_ref().map(MeetingCode::as_str),
        "title": meeting.event.as_ref().map(|event| title(event, past.is_company)),
        "organizer": meeting.organizer,
        "people": meeting.people,
        "recorded": meeting.recorded.map(super::details::Recorded::word),
        "seen_as": sitting.seen_by(),
        "kept_until": kept.map(|kept| iso(kept, zone)),
        "parts": parts,
    })
}

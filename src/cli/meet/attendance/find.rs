//! The meeting that somebody means: by the name of a record, or by the code of its room.

use std::io::Write;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::Args;
use crate::cli::CliError;
use crate::cli::meet::{MeetReference, Session};
use crate::cli::table::Table;
use crate::google::ask_all;
use crate::google::{AttendedError, MeetError};
use crate::meet::{
    Conference, ConferenceFilter, ConferenceName, MeetingCode, Room, SeenConference, Sitting, sittings, unite,
};

/// A meeting that begins before midnight may have parts on both days.
const AROUND_DAY: SignedDuration = SignedDuration::from_hours(24);

/// The meeting that is meant.
pub(super) struct Found {
    pub sitting: Sitting,
    /// The code by which it was named.
    pub code: Option<MeetingCode>,
    /// It is one part of a longer meeting, wanted alone.
    pub is_part: bool,
    /// What people should know of the choice.
    pub notes: Vec<String>,
    /// The users who could not be asked.
    failed: Vec<(String, MeetError)>,
    asked: usize,
}

impl Found {
    /// The name of the first record.
    pub(super) fn first(&self) -> &ConferenceName {
        // A sitting has at least one part.
        &self.sitting.parts[0].conference.name
    }

    /// The users who could not be asked, in words.
    pub(super) fn failures(&self) -> Option<String> {
        told(&self.failed, self.asked)
    }
}

/// What the users' lists have.
struct Lists {
    seen: Vec<SeenConference>,
    failed: Vec<(String, MeetError)>,
    asked: usize,
    notes: Vec<String>,
}

/// Finds it.
///
/// # Errors
/// When there is none, it has not ended, or somebody must choose.
pub(super) async fn find(args: &Args, session: &Session, out: &mut dyn Write) -> anyhow::Result<Found> {
    match &args.meeting {
        MeetReference::Record(name) => by_record(name, args, session).await,
        MeetReference::Code(code) => by_code(code, args, session, out).await,
    }
}

async fn by_record(name: &ConferenceName, args: &Args, session: &Session) -> anyhow::Result<Found> {
    let asking = args.who.asking(session).await?;
    let answers = ask_all(&asking.users, |user| async move {
        match session.meet.record(&user, name).await {
            Ok(conference) => Ok(Some(conference)),
            Err(MeetError::Gone(_) | MeetError::Denied { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    })
    .await?;
    let asked = asking.users.len();
    let own: Vec<(String, Vec<Conference>)> = answers
        .answers
        .into_iter()
        .filter_map(|(user, conference)| Some((user, vec![conference?])))
        .collect();
    let Some(space) = own.first().map(|(_, seen)| seen[0].space.clone()) else {
        let nobody = format!(
            "nobody who was asked sees {name}: it is another user's, or older than the 30 days for which Google keeps \
             conferences"
        );
        return Err(not_found(nobody, &answers.failures, asked));
    };
    let mut failed = answers.failures;
    let mut lists = own;
    // Who may read a conference may still not have it in the list.
    if let Some(space) = space {
        let filter = ConferenceFilter::of_room(Room::Space(space));
        let listed = ask_all(&asking.users, |user| {
            let filter = &filter;
            async move { session.meet.records(&user, filter).await }
        })
        .await?;
        lists.extend(listed.answers);
        failed = listed.failures;
    }
    let (sitting, is_part) = sitting_of(name, unite(lists), args.apart);
    Ok(Found { sitting, code: None, is_part, notes: asking.notes, failed, asked })
}

/// The meeting with this record, and if the record alone is only a part of it.
fn sitting_of(name: &ConferenceName, seen: Vec<SeenConference>, is_apart: bool) -> (Sitting, bool) {
    let has = |sitting: &Sitting| sitting.parts.iter().any(|part| part.conference.name == *name);
    let whole = sittings(seen, false).into_iter().find(has).unwrap_or(Sitting { parts: Vec::new() });
    if !is_apart || whole.parts.len() < 2 {
        return (whole, false);
    }
    let parts = whole.parts.into_iter().filter(|part| part.conference.name == *name).collect();
    (Sitting { parts }, true)
}

async fn by_code(
    code: &MeetingCode,
    args: &Args,
    session: &Session,
    out: &mut dyn Write,
) -> anyhow::Result<Found> {
    let lists = lists(code, args, session).await?;
    let zone = &session.zone;
    let is_meant = |sitting: &Sitting| {
        args.day.is_none_or(|day| Zoned::new(sitting.start(), zone.clone()).date() == day)
    };
    let all: Vec<Sitting> = sittings(lists.seen.clone(), args.apart).into_iter().filter(is_meant).collect();
    let has_any = !all.is_empty();
    let counted = |sitting: &Sitting| args.count.partial || sitting.end().is_some();
    let mut candidates: Vec<Sitting> = all.into_iter().filter(counted).collect();
    if candidates.is_empty() {
        if has_any {
            return Err(AttendedError::Running.into());
        }
        let on = args.day.map(|day| format!(" on {day}")).unwrap_or_default();
        let nobody = format!(
            "no meeting in the room {code}{on} is known to anybody who was asked: Google keeps conferences for 30 days"
        );
        return Err(not_found(nobody, &lists.failed, lists.asked));
    }
    if args.day.is_some() && candidates.len() > 1 {
        list(out, &candidates, zone)?;
        let told =
            format!("{} meetings in the room {code} on that day: give the record of one", candidates.len());
        return Err(CliError::Usage(told).into());
    }
    let sitting = candidates.remove(0);
    let mut notes = lists.notes;
    notes.extend(others(&sitting, &candidates, zone));
    let is_part = match &sitting.parts[..] {
        [one] if args.apart => sitting_of(&one.conference.name, lists.seen, true).1,
        _ => false,
    };
    let (failed, asked) = (lists.failed, lists.asked);
    Ok(Found { sitting, code: Some(code.clone()), is_part, notes, failed, asked })
}

/// The conferences in a room, on a day or at any time.
async fn lists(code: &MeetingCode, args: &Args, session: &Session) -> anyhow::Result<Lists> {
    let asking = args.who.asking(session).await?;
    let mut filter = ConferenceFilter::of_room(Room::Code(code.clone()));
    if let Some(day) = args.day {
        let begins = beginning(day, &session.zone)?;
        let ends = beginning(day.tomorrow()?, &session.zone)?;
        filter.since = begins.checked_sub(AROUND_DAY).ok();
        filter.until = ends.checked_add(AROUND_DAY).ok();
    }
    let answers = ask_all(&asking.users, |user| {
        let filter = &filter;
        async move { session.meet.records(&user, filter).await }
    })
    .await?;
    let (seen, failed) = (unite(answers.answers), answers.failures);
    Ok(Lists { seen, failed, asked: asking.users.len(), notes: asking.notes })
}

fn beginning(day: Date, zone: &TimeZone) -> anyhow::Result<Timestamp> {
    Ok(day.to_zoned(zone.clone())?.timestamp())
}

/// What is told of other meetings on the same day.
fn others(chosen: &Sitting, rest: &[Sitting], zone: &TimeZone) -> Option<String> {
    let day = |sitting: &Sitting| Zoned::new(sitting.start(), zone.clone()).date();
    let count = rest.iter().filter(|sitting| day(sitting) == day(chosen)).count();
    let plural = if count == 1 { "meeting" } else { "meetings" };
    (count > 0).then(|| format!("{count} more {plural} in this room that day: --day lists them"))
}

fn list(out: &mut dyn Write, meetings: &[Sitting], zone: &TimeZone) -> anyhow::Result<()> {
    let mut table = Table::new(&["START", "END", "RECORD"]);
    let clock = |at: Timestamp, form: &str| Zoned::new(at, zone.clone()).strftime(form).to_string();
    for meeting in meetings {
        let end = meeting.end().map_or_else(|| "on".to_owned(), |end| clock(end, "%H:%M"));
        let first = meeting.parts.first().map(|part| part.conference.name.to_string());
        table.row([clock(meeting.start(), "%Y-%m-%d %H:%M"), end, first.unwrap_or_default()]);
    }
    Ok(table.write(out)?)
}

/// Nothing is found; if somebody could not be asked, it may be theirs.
fn not_found(nobody: String, failed: &[(String, MeetError)], asked: usize) -> anyhow::Error {
    // A user who could not be asked at all is the reason.
    if let ([(_, error)], 1) = (failed, asked) {
        return error.clone().into();
    }
    match told(failed, asked) {
        Some(failures) => anyhow::anyhow!("{nobody}; {failures}"),
        None => anyhow::anyhow!(nobody),
    }
}

fn told(failed: &[(String, MeetError)], asked: usize) -> Option<String> {
    let each: Vec<String> = failed.iter().map(|(user, error)| format!("{user} ({error})")).collect();
    let plural = if asked == 1 { "user" } else { "users" };
    (!each.is_empty())
        .then(|| format!("{} of {asked} {plural} could not be asked: {}", each.len(), each.join(", ")))
}

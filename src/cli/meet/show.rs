//! `meet show`: one meeting with its people.

use std::io::Write;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::details::{self, Detailed};
use super::find::{self, FoundMeeting, MeetReference, People, Person};
use super::past_view::title;
use super::view::{day, end_or_on, forgotten, iso, minute, second};
use super::{Common, Session, WhoArgs};
use crate::cli::table::{Table, plain};
use crate::config::Reader;
use crate::meet::{self, MeetingCode, SpaceName};
use crate::meetings::start;

pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive meet show abc-mnop-xyz
  zoom2drive meet show conferenceRecords/b4a5c6d7 --user ewa@example.pl
  zoom2drive meet show https://meet.google.com/abc-mnop-xyz --json";

/// Arguments of `meet show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The meeting: a conference's name, or the code or link of a room for the last meeting in it
    #[arg(value_name = "RECORD|CODE")]
    pub meeting: MeetReference,
    /// Who asks, by address [default: the login, or GOOGLE_SUBJECT]
    #[arg(long, value_name = "USER", value_parser = super::scope::address)]
    pub user: Option<String>,
    #[command(flatten)]
    pub common: Common,
}

struct Shown<'a> {
    meeting: &'a Detailed,
    people: &'a People,
    others: usize,
    notes: Vec<String>,
    session: &'a Session,
}

/// Runs the command.
pub(super) async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let mut session = Session::open(reader, &args.common)?;
    let who = WhoArgs { user: args.user.iter().cloned().collect(), all_users: false };
    let user = who.asking(&session).await?.users.swap_remove(0);
    session.directory = session.directory.or_as(&user);
    let FoundMeeting { sitting, code, others } = find::find(&session, &user, &args.meeting).await?;
    let people = find::people(&session, &sitting).await?;
    let (meeting, mut notes) = details::name(&session, sitting, code).await?;
    notes.extend(people.notes.iter().cloned());
    let shown = Shown { meeting: &meeting, people: &people, others, notes, session: &session };
    session.print(out, || shown.json(), |out| shown.write(out))?;
    Ok(ExitCode::SUCCESS)
}

impl Shown<'_> {
    fn write(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let Detailed { sitting, code, event, organizer, .. } = self.meeting;
        let zone = &self.session.zone;
        let named = event.as_ref().map(|event| title(event, false));
        let code = code.as_ref().map(MeetingCode::to_string);
        let space = sitting.space().map(SpaceName::to_string);
        let heading = [named, code].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let heading = if heading.is_empty() { space.clone().unwrap_or_default() } else { heading };
        let time = format!(
            "{} to {}",
            minute(sitting.start(), zone),
            end_or_on(sitting.end(), sitting.start(), zone)
        );
        let time = if sitting.end().is_some() {
            time
        } else {
            format!("on since {}", minute(sitting.start(), zone))
        };
        writeln!(out, "{}, {time} ({})", plain(&heading), start::name(zone))?;
        let kept = forgotten(sitting.expires(), sitting.end()).map(|kept| day(kept, zone));
        for (name, value) in [("organizer", organizer.clone()), ("room", space), ("kept until", kept)] {
            if let Some(value) = value {
                writeln!(out, "{name:12}{}", plain(&value))?;
            }
        }
        for part in &sitting.parts {
            let meet::Conference { name, start, end, .. } = &part.conference;
            writeln!(
                out,
                "{:12}{name}, {} to {}",
                "conference",
                minute(*start, zone),
                end_or_on(*end, *start, zone)
            )?;
        }
        self.write_people(out)?;
        if self.others > 0 {
            let plural = if self.others == 1 { "meeting" } else { "meetings" };
            writeln!(out, "{} more {plural} in this room: `meet past --code` lists them.", self.others)?;
        }
        for note in &self.notes {
            writeln!(out, "note: {}", plain(note))?;
        }
        Ok(())
    }

    fn write_people(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let people = &self.people.people;
        writeln!(out)?;
        if people.is_empty() {
            writeln!(out, "nobody is listed")?;
            return Ok(());
        }
        let mut table = Table::new(&["NAME", "E-MAIL", "KIND", "FROM", "TO", "MINUTES"]);
        for person in people {
            let name = plain(&person.participant.display_name);
            let kind = person.participant.who.word().to_owned();
            let address = person.address.clone().unwrap_or_default();
            for (index, joined) in person.sessions.iter().enumerate() {
                // The person stands in the first row only.
                let first = |text: &str| if index == 0 { text.to_owned() } else { String::new() };
                let (from, to) = (joined.start, joined.end);
                table.row([
                    first(&name),
                    first(&address),
                    first(&kind),
                    self.time(from),
                    self.left(to),
                    minutes(joined),
                ]);
            }
            if person.sessions.is_empty() {
                let from = person.participant.earliest_start.map(|at| self.time(at)).unwrap_or_default();
                table.row([
                    name,
                    address,
                    kind,
                    from,
                    self.left(person.participant.latest_end),
                    String::new(),
                ]);
            }
        }
        table.write(out)?;
        writeln!(out, "{} {}", people.len(), if people.len() == 1 { "person" } else { "people" })?;
        Ok(())
    }

    fn time(&self, at: Timestamp) -> String {
        second(at, &self.session.zone)
    }

    fn left(&self, at: Option<Timestamp>) -> String {
        at.map_or_else(|| "still there".to_owned(), |at| self.time(at))
    }

    fn json(&self) -> Value {
        let Detailed { sitting, code, event, organizer, .. } = self.meeting;
        let zone = &self.session.zone;
        let kept = forgotten(sitting.expires(), sitting.end());
        let parts = sitting.parts.iter().map(|part| {
            let meet::Conference { name, start, end, .. } = &part.conference;
            json!({"conference": name.as_str(), "start": iso(*start, zone), "end": end.map(|end| iso(end, zone))})
        });
        json!({
            "start": iso(sitting.start(), zone),
            "end": sitting.end().map(|end| iso(end, zone)),
            "is_on": sitting.end().is_none(),
            "space": sitting.space().map(SpaceName::as_str),
            "code": code.as_ref().map(MeetingCode::as_str),
            "title": event.as_ref().map(|event| title(event, false)),
            "organizer": organizer,
            "kept_until": kept.map(|kept| iso(kept, zone)),
            "parts": parts.collect::<Vec<_>>(),
            "participants": self.people.people.iter().map(|person| self.person_json(person)).collect::<Vec<_>>(),
            "others_in_room": self.others,
            "notes": self.notes,
        })
    }

    fn person_json(&self, person: &Person) -> Value {
        let zone = &self.session.zone;
        let participant = &person.participant;
        let sessions = person.sessions.iter().map(|joined| {
            json!({
                "session": joined.name,
                "start": iso(joined.start, zone),
                "end": joined.end.map(|end| iso(end, zone)),
            })
        });
        json!({
            "participant": participant.name,
            "name": participant.display_name,
            "kind": participant.who.word(),
            "user": participant.user(),
            "email": person.address,
            "sessions": sessions.collect::<Vec<_>>(),
        })
    }
}

/// Minutes of one join with one decimal, from its whole seconds.
fn minutes(joined: &meet::Session) -> String {
    let seconds = joined.end.map(|end| (end.as_second() - joined.start.as_second()).max(0));
    let tenths = seconds.map(|seconds| (seconds + 3) / 6);
    tenths.map(|tenths| format!("{}.{}", tenths / 10, tenths % 10)).unwrap_or_default()
}

//! `meet upcoming`: what the calendars say.

use std::io::Write;
use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::past_view::title;
use super::view::{end, event_iso, minute, seen_as};
use super::{Common, Session, WhoArgs};
use crate::cli::table::{Table, plain};
use crate::config::Reader;
use crate::google::{Answers, ask_all};
use crate::meet::{self, Answer, Event, EventConference, EventTime, UpcomingEvent, UpcomingOptions};
use crate::meetings::start;

pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive meet upcoming
  zoom2drive meet upcoming --user ewa@example.pl --days 1 --all
  zoom2drive meet upcoming --all-users --declined --json

Exit codes: 0 all users were asked, 1 some could not be asked, 2 wrong usage or settings.";

/// Arguments of `meet upcoming`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub who: WhoArgs,
    /// How many days, from now on; 1 to 366
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,
    /// Also conferences of Zoom and of other products
    #[arg(long)]
    pub all: bool,
    /// Also entries that the user has declined
    #[arg(long)]
    pub declined: bool,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub(super) async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let session = Session::open(reader, &args.common)?;
    let asking = args.who.asking(&session).await?;
    let days = SignedDuration::from_hours(24 * i64::from(args.days));
    let (from, to) = (session.now, session.now.checked_add(days).unwrap_or(Timestamp::MAX));
    let asked =
        ask_all(&asking.users, async |user: String| session.calendar.events(&user, from, to).await).await?;
    let Answers { answers, failures } = asked;
    let users = answers.iter().map(|(user, _)| (user.clone(), ())).collect();
    let asked: Answers<()> = Answers { answers: users, failures };
    let options =
        UpcomingOptions { from, to, zone: session.zone.clone(), all: args.all, declined: args.declined };
    let shown = meet::upcoming(answers, &options);
    let hides_private = asking.is_company;
    if session.is_json {
        let events: Vec<Value> =
            shown.iter().map(|shown| event_json(shown, hides_private, &session)).collect();
        let all = asked.answers.len() + asked.failures.len();
        let answer =
            json!({"events": events, "asked": all, "failed": asked.failures_json(), "notes": asking.notes});
        crate::cli::write_json(out, &answer)?;
        return Ok(asked.exit_code());
    }
    write_table(&shown, args, hides_private, &session, out)?;
    for note in &asking.notes {
        writeln!(out, "note: {}", plain(note))?;
    }
    asked.write_failures(out)?;
    Ok(asked.exit_code())
}

fn write_table(
    shown: &[UpcomingEvent],
    args: &Args,
    hides_private: bool,
    session: &Session,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    if shown.is_empty() {
        writeln!(out, "nothing is planned")?;
        return Ok(());
    }
    let is_company = args.who.all_users || args.who.user.len() > 1;
    let has_state = shown.iter().any(|shown| !state(shown, session.now).is_empty());
    let mut columns = vec!["START", "END", "TITLE", "CODE"];
    columns.extend(has_state.then_some("STATE"));
    columns.push("GUESTS");
    columns.extend(is_company.then_some("CALENDAR"));
    let mut table = Table::new(&columns);
    for shown in shown {
        let event = &shown.event;
        let (from, to) = times(event, session);
        let mut row = vec![from, to, title_of(shown, hides_private), conference(event)];
        row.extend(has_state.then(|| state(shown, session.now)));
        row.push(if is_hidden(shown, hides_private) { String::new() } else { guests(event) });
        row.extend(
            is_company.then(|| seen_as(&shown.seen_by.iter().map(String::as_str).collect::<Vec<_>>())),
        );
        table.row(row);
    }
    table.write(out)?;
    writeln!(out, "Times are those of {}.", start::name(&session.zone))?;
    Ok(())
}

/// With delegation, private entries can be read. Their titles and guests are shown to nobody else.
fn is_hidden(shown: &UpcomingEvent, hides_private: bool) -> bool {
    hides_private && shown.is_private
}

fn title_of(shown: &UpcomingEvent, hides_private: bool) -> String {
    let event = Event { is_private: shown.is_private, ..shown.event.clone() };
    title(&event, hides_private)
}

fn times(event: &Event, session: &Session) -> (String, String) {
    match (event.start, event.end) {
        (EventTime::Day(day), _) => (format!("{day} all day"), String::new()),
        (EventTime::At(from), EventTime::At(to)) => {
            (minute(from, &session.zone), end(to, from, &session.zone))
        }
        (EventTime::At(from), EventTime::Day(day)) => (minute(from, &session.zone), day.to_string()),
    }
}

fn conference(event: &Event) -> String {
    match &event.conference {
        Some(EventConference::Meet(code)) => code.to_string(),
        Some(EventConference::Pending) => "no code yet".to_owned(),
        Some(EventConference::Zoom(number)) => format!("zoom {number}"),
        Some(EventConference::Other(name)) => name.clone(),
        None => String::new(),
    }
}

fn state(shown: &UpcomingEvent, now: Timestamp) -> String {
    let event = &shown.event;
    let is_on = matches!((event.start, event.end), (EventTime::At(from), EventTime::At(to)) if from <= now && now < to);
    let is_declined = event.answer == Some(Answer::Declined);
    let words = [(is_on, "on now"), (is_declined, "declined")];
    words.into_iter().filter(|(is_so, _)| *is_so).map(|(_, word)| word).collect::<Vec<_>>().join(", ")
}

fn guests(event: &Event) -> String {
    let count = event.guests.count;
    if event.guests.is_at_least { format!("at least {count}") } else { count.to_string() }
}

fn event_json(shown: &UpcomingEvent, hides_private: bool, session: &Session) -> Value {
    let event = &shown.event;
    let zone = &session.zone;
    let is_hidden = is_hidden(shown, hides_private);
    let (kind, code, link) = match &event.conference {
        Some(EventConference::Meet(code)) => ("meet", Some(code.to_string()), Some(code.link())),
        Some(EventConference::Pending) => ("meet", None, None),
        Some(EventConference::Zoom(number)) => ("zoom", Some(number.to_string()), None),
        Some(EventConference::Other(name)) => (name.as_str(), None, None),
        None => ("", None, None),
    };
    json!({
        "start": event_iso(event.start, zone),
        "end": event_iso(event.end, zone),
        "is_all_day": matches!(event.start, EventTime::Day(_)),
        "is_on": state(shown, session.now).contains("on now"),
        "title": title_of(shown, hides_private),
        "is_private": shown.is_private,
        "conference": kind,
        "code": code,
        "link": link,
        "organizer": Some(&event.organizer).filter(|organizer| !organizer.is_empty()),
        "guests": (!is_hidden).then_some(event.guests.count),
        "guests_at_least": event.guests.is_at_least,
        "is_declined": event.answer == Some(Answer::Declined),
        "calendars": shown.seen_by,
    })
}

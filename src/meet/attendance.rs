//! Who was in a conference, as rows for [`crate::attendance`].
//!
//! A row is a session: one join of one device. An account tells who somebody is, in all conferences. Whoever came
//! without one has a name only. Seconds are cut before anything is counted, because Google's fractions are of no use
//! in sums.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::{Participant, Session, Who};
use crate::attendance::{JoinedAs, Row, Status};

/// A participant with all sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendee {
    pub participant: Participant,
    pub sessions: Vec<Session>,
}

/// The rows of these people, in whatever order they and their sessions come. `addresses` has the e-mail addresses of
/// accounts (`users/111`), as far as they are known.
pub fn rows(attendees: &[Attendee], addresses: &HashMap<String, String>) -> Vec<Row> {
    // A page may repeat what an earlier one had, and a device may have left in between.
    let mut sessions: BTreeMap<&str, Row> = BTreeMap::new();
    for Attendee { participant, sessions: own } in attendees {
        for session in own {
            let row = row(participant, session, addresses);
            match sessions.get(session.name.as_str()) {
                Some(known) if (known.leave, known) >= (row.leave, &row) => {}
                _ => drop(sessions.insert(&session.name, row)),
            }
        }
    }
    let mut rows: Vec<Row> = sessions.into_values().collect();
    rows.sort();
    rows
}

fn row(participant: &Participant, session: &Session, addresses: &HashMap<String, String>) -> Row {
    let account = participant.user().unwrap_or_default();
    Row {
        join: whole(session.start),
        leave: session.end.map(whole),
        name: participant.display_name.clone(),
        account: account.to_owned(),
        email: addresses.get(account).cloned().unwrap_or_default(),
        registrant: String::new(),
        customer_key: String::new(),
        user_id: session.name.clone(),
        room: None,
        status: Status::InMeeting,
        joined_as: Some(match participant.who {
            Who::SignedIn { .. } => JoinedAs::SignedIn,
            Who::Anonymous => JoinedAs::Anonymous,
            Who::Phone => JoinedAs::Phone,
        }),
    }
}

/// The second that has begun.
pub fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// The accounts among them, each once, in order.
pub fn accounts(attendees: &[Attendee]) -> Vec<&str> {
    let mut accounts: Vec<&str> =
        attendees.iter().filter_map(|attendee| attendee.participant.user()).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::attendance::{Cell, Meeting, Options, Report, Window, WindowChoice, report};

    const RECORD: &str = "conferenceRecords/b4a5c6d7";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn attendee(id: u32, who: Who, name: &str, spans: &[(&str, &str)]) -> Attendee {
        let participant = format!("{RECORD}/participants/{id}");
        let sessions = spans.iter().zip(1..).map(|((start, end), number)| Session {
            name: format!("{participant}/participantSessions/{number}"),
            start: at(start),
            end: end.parse().ok(),
        });
        Attendee {
            sessions: sessions.collect(),
            participant: Participant {
                name: participant.clone(),
                who,
                display_name: name.to_owned(),
                earliest_start: None,
                latest_end: None,
            },
        }
    }

    fn user(id: &str) -> Who {
        Who::SignedIn { user: format!("users/{id}") }
    }

    fn hour() -> Window {
        Window { start: at("2026-03-02T18:00:00Z"), end: at("2026-03-02T19:00:00Z") }
    }

    fn count(attendees: &[Attendee], window: Window) -> Report {
        let addresses = HashMap::from([("users/1111".to_owned(), "ewa@example.pl".to_owned())]);
        let zone = TimeZone::get("Europe/Warsaw").unwrap();
        let meeting = Meeting { actual: Some(window), scheduled: None, zone };
        let options = Options { window: WindowChoice::Actual, ..Options::default() };
        report(&rows(attendees, &addresses), &meeting, None, &options, |_| false)
    }

    /// The golden case of companion mode, of somebody without an account and of a telephone.
    #[test]
    fn sessions_are_the_rows_of_the_golden_case() {
        let hour_long = ("2026-03-02T18:00:00Z", "2026-03-02T19:00:00Z");
        let ewa = [
            ("2026-03-02T18:00:00Z", "2026-03-02T18:55:00Z"),
            ("2026-03-02T18:10:00Z", "2026-03-02T18:30:00Z"),
        ];
        let guest = [("2026-03-02T18:20:00Z", "2026-03-02T18:30:00Z")];
        let attendees = [
            attendee(1, user("1111"), "Ewa Nowak", &ewa),
            attendee(2, Who::Anonymous, "Gosc", &guest),
            attendee(3, Who::Phone, "+48 ... 21", &[hour_long]),
            attendee(4, user("2222"), "Sala 3", &[hour_long]),
        ];
        let text = |text: &str| Cell::Text(text.to_owned());
        let line = |name, email, first, last, minutes, share, remark| {
            let (zero, once) = (Cell::Number(0.0), Cell::Count(1));
            let (minutes, share) = (Cell::Number(minutes), Cell::Number(share));
            let (first, last) = (format!("2026-03-02 {first}:00"), format!("2026-03-02 {last}:00"));
            let begin = [text(name), text(email), text(""), text("present"), text(&first), text(&last)];
            begin
                .into_iter()
                .chain([minutes, share, once, zero.clone(), zero, text(remark)])
                .collect::<Vec<_>>()
        };
        let expected = [
            line("+48 ... 21", "", "19:00", "20:00", 60.0, 1.0, ""),
            line("Ewa Nowak", "ewa@example.pl", "19:00", "19:55", 55.0, 0.917, "2 devices at once"),
            line("Gosc", "", "19:20", "19:30", 10.0, 0.167, ""),
            line("Sala 3", "", "19:00", "20:00", 60.0, 1.0, ""),
        ];
        let report = count(&attendees, hour());
        assert_eq!(report.people, expected);
        let told = [JoinedAs::Phone, JoinedAs::SignedIn, JoinedAs::Anonymous, JoinedAs::SignedIn];
        assert_eq!(report.joined_as, told.map(|how| vec![how]));
    }

    #[test]
    fn fractions_of_seconds_are_cut_before_anything_is_added() {
        let span = ("2026-11-02T09:00:12.999Z", "2026-11-02T09:10:12.001Z");
        let attendees = [attendee(1, user("1111"), "Ewa", &[span])];
        let rows = rows(&attendees, &HashMap::new());
        let seconds = rows[0].leave.unwrap().duration_since(rows[0].join);
        assert_eq!((seconds.as_secs(), seconds.subsec_nanos()), (600, 0));
        let window = Window { start: at("2026-11-02T09:00:12Z"), end: at("2026-11-02T09:10:12Z") };
        let cells = &count(&attendees, window).people[0];
        assert_eq!((&cells[6], &cells[7]), (&Cell::Number(10.0), &Cell::Number(1.0)));
    }

    #[test]
    fn a_session_that_two_pages_list_is_one_and_its_end_is_known() {
        let span = |end: &'static str| [("2026-03-02T18:00:00Z", end)];
        let (open, ended) = (span(""), span("2026-03-02T18:30:00Z"));
        for spans in [[open, ended], [ended, open], [ended, ended]] {
            let attendees = spans.map(|span| attendee(1, Who::Anonymous, "Gosc", &span));
            let rows = rows(&attendees, &HashMap::new());
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].leave, Some(at("2026-03-02T18:30:00Z")));
        }
    }

    #[test]
    fn a_session_that_is_longer_than_the_conference_has_a_share_of_one() {
        let span = ("2026-03-02T17:50:00Z", "2026-03-02T19:10:00Z");
        let report = count(&[attendee(1, user("1111"), "Ewa", &[span])], hour());
        assert_eq!((&report.people[0][6], &report.people[0][7]), (&Cell::Number(80.0), &Cell::Number(1.0)));
    }

    fn any_attendees() -> impl Strategy<Value = Vec<Attendee>> {
        let span = (0_i64..4_000, 0_i64..3_000, 0_i32..1_000_000_000);
        let who = prop_oneof![
            (0_u8..3).prop_map(|id| user(&id.to_string())),
            Just(Who::Anonymous),
            Just(Who::Phone)
        ];
        let name = prop::sample::select(vec!["Ewa", "Jan", "Gosc", ""]);
        let one = (who, name, prop::collection::vec(span, 0..4));
        prop::collection::vec(one, 0..12).prop_map(|people| {
            let people = people.into_iter().zip(1..);
            people.map(|((who, name, spans), id)| any_attendee(id, who, name, &spans)).collect()
        })
    }

    fn any_attendee(id: u32, who: Who, name: &str, spans: &[(i64, i64, i32)]) -> Attendee {
        let mut attendee = attendee(id, who, name, &[]);
        let moment = |second, nano| Timestamp::new(1_772_474_400 + second, nano).unwrap();
        let sessions = spans.iter().zip(1..).map(|((from, length, nano), number)| Session {
            name: format!("{}/participantSessions/{number}", attendee.participant.name),
            start: moment(*from, *nano),
            end: Some(moment(from + length, *nano)),
        });
        attendee.sessions = sessions.collect();
        attendee
    }

    fn minutes(report: &Report) -> f64 {
        report.people.iter().map(|line| if let Cell::Number(minutes) = line[6] { minutes } else { 0.0 }).sum()
    }

    proptest! {
        #[test]
        fn the_order_of_participants_and_sessions_changes_nothing(
            (attendees, shuffled) in any_attendees().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        ) {
            let mut shuffled = shuffled;
            shuffled.iter_mut().for_each(|attendee| attendee.sessions.reverse());
            let (one, other) = (count(&attendees, hour()), count(&shuffled, hour()));
            prop_assert_eq!(one.people, other.people);
            prop_assert_eq!(one.joins, other.joins);
            prop_assert_eq!(one.joined_as, other.joined_as);
        }

        #[test]
        fn another_device_never_lowers_minutes(
            attendees in any_attendees(), id in 0_u8..3, span in (0_i64..4_000, 0_i64..3_000, 0_i32..1_000_000_000),
        ) {
            let before = minutes(&count(&attendees, hour()));
            let mut with = attendees;
            with.push(any_attendee(99, user(&id.to_string()), "Second device", &[span]));
            prop_assert!(minutes(&count(&with, hour())) >= before - 1e-6);
        }
    }
}

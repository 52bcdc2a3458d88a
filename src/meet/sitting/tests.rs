//! Conferences become meetings.

use proptest::prelude::*;

use super::*;
use crate::meet::unite;

/// A conference of a room, from one time of 2026-11-02 to another.
fn seen(id: &str, space: &str, start: &str, end: &str) -> SeenConference {
    let at = |time: &str| format!("2026-11-02T{time}Z").parse().unwrap();
    let conference = Conference {
        name: format!("conferenceRecords/{id}").parse().unwrap(),
        space: SpaceName::new(space),
        start: at(start),
        end: (!end.is_empty()).then(|| at(end)),
        expires: None,
    };
    SeenConference { conference, seen_by: vec!["u1".to_owned()] }
}

fn m1() -> Vec<SeenConference> {
    vec![
        seen("a1", "spaces/A", "09:00:00", "09:04:00"),
        seen("a2", "spaces/A", "09:05:00", "10:00:00"),
        seen("a3", "spaces/A", "10:20:00", "10:30:00"),
        seen("b1", "spaces/B", "09:30:00", "10:10:00"),
    ]
}

/// `A 09:00-10:00 a1+a2`
fn told(sittings: &[Sitting]) -> Vec<String> {
    let clock = |at: Timestamp| at.strftime("%H:%M").to_string();
    let one = |sitting: &Sitting| {
        let space = sitting.space().map_or("-", SpaceName::id);
        let end = sitting.end().map_or_else(|| "on".to_owned(), clock);
        let parts: Vec<&str> = sitting.parts.iter().map(|part| part.conference.name.id()).collect();
        format!("{space} {}-{end} {}", clock(sitting.start()), parts.join("+"))
    };
    sittings.iter().map(one).collect()
}

#[test]
fn m1_records_of_one_room_that_follow_each_other_are_one_meeting() {
    let grouped = ["A 10:20-10:30 a3", "B 09:30-10:10 b1", "A 09:00-10:00 a1+a2"];
    assert_eq!(told(&sittings(m1(), false)), grouped);
    let apart = ["A 10:20-10:30 a3", "B 09:30-10:10 b1", "A 09:05-10:00 a2", "A 09:00-09:04 a1"];
    assert_eq!(told(&sittings(m1(), true)), apart);
}

#[test]
fn fifteen_minutes_are_one_meeting_and_a_second_more_is_two() {
    let next = |start| [seen("a", "A", "09:00:00", "10:00:00"), seen("b", "A", start, "11:00:00")].to_vec();
    assert_eq!(sittings(next("10:15:00"), false).len(), 1);
    assert_eq!(sittings(next("10:15:01"), false).len(), 2);
    assert_eq!(sittings(next("09:30:00"), false).len(), 1, "they overlap");
    // A short one inside of a long one does not end it.
    let inside = vec![
        seen("a", "A", "09:00:00", "11:00:00"),
        seen("b", "A", "09:10:00", "09:20:00"),
        seen("c", "A", "11:10:00", "11:20:00"),
    ];
    assert_eq!(told(&sittings(inside, false)), ["A 09:00-11:20 a+b+c"]);
}

#[test]
fn a_conference_without_an_end_or_a_room_is_no_trap() {
    let on = vec![seen("a", "A", "09:00:00", "09:10:00"), seen("b", "A", "09:20:00", "")];
    assert_eq!(told(&sittings(on, false)), ["A 09:00-on a+b"]);
    let without_room = vec![seen("a", "", "09:00:00", "09:10:00"), seen("b", "", "09:12:00", "09:20:00")];
    assert_eq!(sittings(without_room, false).len(), 2);
    // Google has not closed yesterday's: today's is another meeting.
    let mut stale = seen("a", "A", "09:00:00", "");
    stale.conference.start = "2026-11-01T08:00:00Z".parse().unwrap();
    assert_eq!(sittings(vec![stale, seen("b", "A", "09:00:00", "10:00:00")], false).len(), 2);
}

#[test]
fn a_meeting_is_forgotten_with_its_first_part_and_seen_by_all() {
    let mut parts = m1();
    parts[0].conference.expires = Some("2026-12-02T09:04:00Z".parse().unwrap());
    parts[1].conference.expires = Some("2026-12-02T10:00:00Z".parse().unwrap());
    parts[1].seen_by = vec!["u2".to_owned(), "u1".to_owned()];
    let meeting = sittings(parts, false).pop().unwrap();
    assert_eq!(meeting.expires().unwrap().to_string(), "2026-12-02T09:04:00Z");
    assert_eq!(meeting.seen_by(), ["u1", "u2"]);
}

proptest! {
    #[test]
    fn the_order_of_the_records_changes_nothing(shuffled in Just(m1()).prop_shuffle()) {
        prop_assert_eq!(told(&sittings(shuffled, false)), told(&sittings(m1(), false)));
    }

    #[test]
    fn no_conference_is_lost_or_doubled_and_meetings_of_a_room_are_far_apart(
        records in prop::collection::vec((0_u8..3, 0_i64..600, 0_i64..60), 0..30)
    ) {
        let at = |minute: i64| Timestamp::from_second(1_793_000_000 + 60 * minute).unwrap();
        let conferences: Vec<Conference> = records.iter().enumerate().map(|(index, (room, start, length))| Conference {
            name: format!("conferenceRecords/r{index}").parse().unwrap(),
            space: SpaceName::new(&format!("room{room}")),
            start: at(*start),
            end: Some(at(start + length)),
            expires: None,
        }).collect();
        let count = conferences.len();
        let meetings = sittings(unite([("u".to_owned(), conferences)]), false);
        let names: std::collections::HashSet<_> =
            meetings.iter().flat_map(|meeting| &meeting.parts).map(|part| part.conference.name.clone()).collect();
        prop_assert_eq!(names.len(), count);
        prop_assert_eq!(meetings.iter().map(|meeting| meeting.parts.len()).sum::<usize>(), count);
        for (index, one) in meetings.iter().enumerate() {
            for other in &meetings[index + 1..] {
                // Newest first: `other` is older.
                prop_assert!(one.start() >= other.start());
                let is_apart = one.start().duration_since(other.end().unwrap()) > GAP_MAX;
                prop_assert!(one.space() != other.space() || is_apart);
            }
        }
    }
}

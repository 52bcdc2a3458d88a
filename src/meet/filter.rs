//! Which conferences are listed, in Google's grammar. Pure.
//!
//! Google documents `=`, `>=`, `<=`, `AND` and `IS NULL`, with values in double quotes. Nothing else is used. What
//! these cannot say is done by [`ConferenceFilter::keeps`].

use jiff::Timestamp;

use super::{Conference, MeetingCode, SpaceName};

/// A room, by its code or by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Room {
    Code(MeetingCode),
    Space(SpaceName),
}

/// Conferences that touch a span of time, of any room or of one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConferenceFilter {
    pub room: Option<Room>,
    /// Those that ended before it are left out.
    pub since: Option<Timestamp>,
    /// Those that started then or later are left out.
    pub until: Option<Timestamp>,
}

impl ConferenceFilter {
    /// One conference's room, without a span of time.
    pub fn of_room(room: Room) -> Self {
        Self { room: Some(room), ..Self::default() }
    }

    /// The filters of the lists that are needed, those of conferences that are still on first: one that ends between
    /// the two calls is then in both lists, and not in none. An empty filter lists everything.
    pub fn queries(&self) -> Vec<String> {
        match self.since {
            Some(since) => {
                vec![self.running(), self.joined(Some(format!("end_time>=\"{}\"", written(since))))]
            }
            // Without it no condition leaves out conferences that are still on.
            None => vec![self.joined(None)],
        }
    }

    /// Those that are still on.
    fn running(&self) -> String {
        self.joined(Some("end_time IS NULL".to_owned()))
    }

    fn joined(&self, end: Option<String>) -> String {
        let room = self.room.as_ref().map(|room| match room {
            Room::Code(code) => format!("space.meeting_code = \"{code}\""),
            Room::Space(space) => format!("space.name = \"{space}\""),
        });
        let start = self.until.map(|until| format!("start_time<=\"{}\"", written(until)));
        room.into_iter().chain(end).chain(start).collect::<Vec<_>>().join(" AND ")
    }

    /// True for a conference that is meant. Google's `<=` also lists one that starts exactly at `until`.
    pub fn keeps(&self, conference: &Conference) -> bool {
        self.until.is_none_or(|until| conference.start < until)
    }
}

/// Whole seconds in UTC.
fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn filter(room: Option<Room>, since: Option<&str>, until: Option<&str>) -> ConferenceFilter {
        ConferenceFilter { room, since: since.map(at), until: until.map(at) }
    }

    /// M3: days of Warsaw.
    #[test]
    fn a_span_needs_one_list_of_what_ended_and_one_of_what_is_on() {
        let code = Room::Code("ABC-mnop-xyz".parse().unwrap());
        let (since, until) = (Some("2026-10-31T23:00:00Z"), Some("2026-11-02T23:00:00Z"));
        let mut queries = filter(Some(code), since, until).queries();
        queries.sort();
        assert_eq!(
            queries,
            [
                "space.meeting_code = \"abc-mnop-xyz\" AND end_time IS NULL AND \
                 start_time<=\"2026-11-02T23:00:00Z\"",
                "space.meeting_code = \"abc-mnop-xyz\" AND end_time>=\"2026-10-31T23:00:00Z\" AND \
                 start_time<=\"2026-11-02T23:00:00Z\"",
            ]
        );
        let room = Room::Space(SpaceName::new("spaces/A_b-1").unwrap());
        assert_eq!(
            filter(Some(room), since, None).queries(),
            [
                "space.name = \"spaces/A_b-1\" AND end_time IS NULL",
                "space.name = \"spaces/A_b-1\" AND end_time>=\"2026-10-31T23:00:00Z\"",
            ]
        );
    }

    #[test]
    fn without_a_first_day_one_list_has_all() {
        assert_eq!(filter(None, None, None).queries(), [""]);
        let until = Some("2026-11-02T23:00:00Z");
        assert_eq!(filter(None, None, until).queries(), ["start_time<=\"2026-11-02T23:00:00Z\""]);
    }

    #[test]
    fn what_starts_exactly_at_the_end_is_left_out_here() {
        let conference = |start: &str| Conference {
            name: "conferenceRecords/a".parse().unwrap(),
            space: None,
            start: at(start),
            end: None,
            expires: None,
        };
        let filter = filter(None, None, Some("2026-11-02T23:00:00Z"));
        assert!(filter.keeps(&conference("2026-11-02T22:59:59.999Z")));
        assert!(!filter.keeps(&conference("2026-11-02T23:00:00Z")));
        assert!(ConferenceFilter::default().keeps(&conference("2026-11-02T23:00:00Z")));
    }

    proptest! {
        /// Only what Google documents: no `<`, `>`, `OR` or parentheses, values in double quotes.
        #[test]
        fn only_the_documented_grammar_is_used(code in "[a-zA-Z]{3}-[a-zA-Z]{4}-[a-zA-Z]{3}", since in 0_i64..4_000_000_000, days in 0_i64..90) {
            let since = Timestamp::from_second(since).unwrap();
            let until = Timestamp::from_second(since.as_second() + days * 86_400).unwrap();
            let room = Some(Room::Code(code.parse().unwrap()));
            for query in (ConferenceFilter { room, since: Some(since), until: Some(until) }).queries() {
                for part in query.split(" AND ") {
                    let ends = [">=\"", "<=\"", " = \""].iter().filter(|sign| part.contains(**sign)).count();
                    prop_assert!(part == "end_time IS NULL" || (ends == 1 && part.ends_with('"') && part.matches('"').count() == 2), "{}", part);
                }
            }
        }
    }
}

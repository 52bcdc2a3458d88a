//! Conferences that several users see are united by their names.

use std::collections::HashMap;

use super::{Conference, ConferenceName};

/// A conference, and the users whose lists contain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenConference {
    pub conference: Conference,
    /// In the order in which they were asked; at least one.
    pub seen_by: Vec<String>,
}

/// Unites the lists of several users. Newest first; those of one instant by their names.
pub fn unite(lists: impl IntoIterator<Item = (String, Vec<Conference>)>) -> Vec<SeenConference> {
    let mut places: HashMap<ConferenceName, usize> = HashMap::new();
    let mut united: Vec<SeenConference> = Vec::new();
    for (user, conferences) in lists {
        for conference in conferences {
            let Some(place) = places.get(&conference.name) else {
                places.insert(conference.name.clone(), united.len());
                united.push(SeenConference { conference, seen_by: vec![user.clone()] });
                continue;
            };
            let known = &mut united[*place];
            if !known.seen_by.contains(&user) {
                known.seen_by.push(user.clone());
            }
            // The conference may have ended between two calls.
            if known.conference.end.is_none() && conference.end.is_some() {
                known.conference = conference;
            }
        }
    }
    united.sort_by(|a, b| {
        let (a, b) = (&a.conference, &b.conference);
        b.start.cmp(&a.start).then_with(|| a.name.cmp(&b.name))
    });
    united
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn conference(id: &str, minute: i64, is_over: bool) -> Conference {
        let at = |minute: i64| jiff::Timestamp::from_second(1_793_000_000 + 60 * minute).unwrap();
        Conference {
            name: format!("conferenceRecords/{id}").parse().unwrap(),
            space: None,
            start: at(minute),
            end: is_over.then(|| at(minute + 30)),
            expires: None,
        }
    }

    fn told(united: &[SeenConference]) -> Vec<String> {
        let one = |seen: &SeenConference| format!("{} {}", seen.conference.name.id(), seen.seen_by.join("+"));
        united.iter().map(one).collect()
    }

    /// M2: the lists of those who could be asked.
    #[test]
    fn each_conference_is_there_once_with_all_who_see_it() {
        let [r1, r2, r3] =
            [("R1", 0), ("R2", 10), ("R3", 20)].map(|(id, minute)| conference(id, minute, true));
        let lists = [("u1".to_owned(), vec![r1, r2.clone()]), ("u2".to_owned(), vec![r2, r3])];
        assert_eq!(told(&unite(lists)), ["R3 u2", "R2 u1+u2", "R1 u1"]);
        assert!(unite(Vec::new()).is_empty());
    }

    #[test]
    fn a_conference_that_ended_between_two_calls_has_its_end() {
        let lists = [
            ("u1".to_owned(), vec![conference("R1", 0, false)]),
            ("u2".to_owned(), vec![conference("R1", 0, true)]),
        ];
        assert!(unite(lists)[0].conference.end.is_some());
    }

    proptest! {
        /// Whatever the order of users and of their lists, the same conferences are seen by the same users.
        #[test]
        fn the_order_of_the_answers_changes_nothing(
            lists in prop::collection::vec(prop::collection::vec(0_i64..12, 0..8), 0..6).prop_shuffle(),
            shift in 0_usize..6,
        ) {
            let lists: Vec<(String, Vec<Conference>)> = lists.iter().enumerate().map(|(user, ids)| {
                let conferences = ids.iter().map(|id| conference(&format!("r{id}"), id % 5, true));
                (format!("u{user}"), conferences.collect())
            }).collect();
            let mut turned = lists.clone();
            if !turned.is_empty() {
                let middle = shift % turned.len();
                turned.rotate_left(middle);
                turned.iter_mut().for_each(|(_, list)| list.reverse());
            }
            let sorted = |united: Vec<SeenConference>| united.into_iter().map(|mut seen| {
                seen.seen_by.sort();
                seen
            }).collect::<Vec<_>>();
            let united = sorted(unite(lists.clone()));
            prop_assert_eq!(&united, &sorted(unite(turned)));
            let names: std::collections::HashSet<_> = lists.iter().flat_map(|(_, list)| list).map(|one| &one.name).collect();
            prop_assert_eq!(united.len(), names.len());
        }
    }
}

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
        let key = |seen: &SeenConference| (seen.conference.start, seen.conference.name.clone());
        key(b).cmp(&key(a))
    });
    united
}

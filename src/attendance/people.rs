//! Rows become people. Nobody is guessed: who bears a name that two accounts bear is neither of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::names::{email_key, is_placeholder, name_key};
use super::row::Row;

/// One person, with all their rows in the order of time.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their rows, the earliest first; never empty.
    pub rows: Vec<Row>,
    /// What makes these rows one person.
    pub unity: Match,
}

/// What makes rows one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// An account, a registration, an e-mail or a customer key that they share, or something that the roster names.
    Keys,
    /// At least one of them rests on its name alone.
    Name,
    /// They have one name, which this many people with keys bear: any of them could be meant.
    AnyOf(usize),
}

impl Person {
    /// Whether something other than a name tells who this is.
    pub fn has_keys(&self) -> bool {
        self.rows.iter().any(|row| !keys(row).is_empty())
    }

    /// The keys of all names they bear, without those that say nothing.
    pub(super) fn name_keys(&self) -> HashSet<String> {
        self.rows.iter().map(|row| name_key(&row.name)).filter(|key| !is_placeholder(key)).collect()
    }

    /// The first e-mail address in their rows, as it was written; empty if there is none.
    pub(super) fn email(&self) -> &str {
        self.rows.iter().map(|row| row.email.trim()).find(|email| !email.is_empty()).unwrap_or_default()
    }

    /// All addresses, as they are compared.
    pub(super) fn email_keys(&self) -> HashSet<String> {
        self.rows.iter().map(|row| email_key(&row.email)).filter(|email| !email.is_empty()).collect()
    }

    /// Takes another's rows: both are one person.
    pub(super) fn absorb(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.rows.sort();
        if other.unity != Match::Keys && self.unity == Match::Keys {
            self.unity = Match::Name;
        }
    }
}

/// A key that tells who somebody is: which kind, and its value.
type Key = (u8, String);

/// What of a row tells who it is of. Rows that share any are one person.
fn keys(row: &Row) -> Vec<Key> {
    let kinds = [row.registrant.trim(), row.account.trim(), row.customer_key.trim()];
    let plain = (0_u8..).zip(kinds).map(|(kind, value)| (kind, value.to_owned()));
    plain.chain([(u8::MAX, email_key(&row.email))]).filter(|(_, value)| !value.is_empty()).collect()
}

/// The people of these rows, whatever order the rows come in.
pub fn unite(rows: &[Row]) -> Vec<Person> {
    let mut rows: Vec<Row> = rows.to_vec();
    rows.sort();
    // A row that Zoom lists twice, on two pages for example. Meet has no number of a join.
    rows.dedup_by(|one, other| one == other && !one.user_id.is_empty());
    let (keyed, keyless): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| !keys(row).is_empty());
    let mut people = by_keys(keyed);
    let mut bearers: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, person) in people.iter().enumerate() {
        person.name_keys().into_iter().for_each(|name| bearers.entry(name).or_default().push(index));
    }
    let mut named: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in keyless {
        let name = name_key(&row.name);
        if is_placeholder(&name) {
            people.push(Person { rows: vec![row], unity: Match::Name });
        } else {
            named.entry(name).or_default().push(row);
        }
    }
    for (name, rows) in named {
        let unity = match bearers.get(&name).map_or(&[][..], Vec::as_slice) {
            [one] => {
                people[*one].absorb(Person { rows, unity: Match::Name });
                continue;
            }
            [] => Match::Name,
            several => Match::AnyOf(several.len()),
        };
        people.push(Person { rows, unity });
    }
    people
}

/// The people of rows that all have keys: those that share one, also by way of others, are one.
fn by_keys(rows: Vec<Row>) -> Vec<Person> {
    let mut parents: Vec<usize> = (0..rows.len()).collect();
    let mut first: HashMap<Key, usize> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        for key in keys(row) {
            let other = *first.entry(key).or_insert(index);
            let (one, other) = (root(&mut parents, index), root(&mut parents, other));
            parents[one.max(other)] = one.min(other);
        }
    }
    let mut groups: BTreeMap<usize, Vec<Row>> = BTreeMap::new();
    for (index, row) in rows.into_iter().enumerate() {
        groups.entry(root(&mut parents, index)).or_default().push(row);
    }
    groups.into_values().map(|rows| Person { rows, unity: Match::Keys }).collect()
}

fn root(parents: &mut [usize], mut index: usize) -> usize {
    while parents[index] != index {
        parents[index] = parents[parents[index]];
        index = parents[index];
    }
    index
}

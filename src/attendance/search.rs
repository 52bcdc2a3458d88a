//! Which of the people at the meeting each entry of a roster is.

use std::collections::{HashMap, HashSet};

use super::names::{email_key, name_key};
use super::people::{Match, Person};
use super::roster::{Entry, IdPattern, Roster};

/// What became of an entry.
#[derive(Debug, Clone)]
pub(super) enum Matched {
    /// They were there.
    Person(Box<Person>),
    /// Somebody was there who could be meant, but also could not.
    Unclear(String),
    /// Nobody fits.
    Absent,
}

impl Roster {
    /// Finds each entry among the people: by e-mail, by id, by an alias, by name. Returns one result for each entry, and
    /// the people who are on no entry.
    pub(super) fn find(
        &self,
        people: Vec<Person>,
        pattern: Option<&IdPattern>,
    ) -> (Vec<Matched>, Vec<Person>) {
        let mut search = Search::new(self, people);
        search.by_email();
        if let Some(pattern) = pattern {
            search.by_id(pattern);
        }
        search.by_alias();
        search.by_name();
        search.end()
    }
}

struct Search<'r> {
    entries: &'r [Entry],
    people: Vec<Option<Person>>,
    found: Vec<Option<Person>>,
    unclear: Vec<Option<String>>,
}

impl<'r> Search<'r> {
    fn new(roster: &'r Roster, people: Vec<Person>) -> Self {
        let count = roster.entries.len();
        Self {
            entries: &roster.entries,
            people: people.into_iter().map(Some).collect(),
            found: vec![None; count],
            unclear: vec![None; count],
        }
    }

    fn take(&mut self, entry: usize, person: usize) {
        let Some(person) = self.people[person].take() else { return };
        match &mut self.found[entry] {
            Some(found) => found.absorb(person),
            none => *none = Some(person),
        }
    }

    /// Which entry bears this, if just one does.
    fn owners<'a>(&self, of: impl Fn(&'r Entry) -> Vec<String> + 'a) -> HashMap<String, Vec<usize>> {
        let mut owners: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, entry) in self.entries.iter().enumerate() {
            let unique: HashSet<String> = of(entry).into_iter().filter(|key| !key.is_empty()).collect();
            unique.into_iter().for_each(|key| owners.entry(key).or_default().push(index));
        }
        owners
    }

    fn by_email(&mut self) {
        let owners = self.owners(|entry| entry.emails.iter().map(|email| email_key(email)).collect());
        for index in 0..self.people.len() {
            let Some(person) = &self.people[index] else { continue };
            let mut entries: Vec<usize> =
                person.email_keys().iter().filter_map(|email| owners.get(email)?.first()).copied().collect();
            entries.sort_unstable();
            entries.dedup();
            let Some((first, others)) = entries.split_first() else { continue };
            for other in others {
                let name = &self.entries[*first].name;
                self.unclear[*other] = Some(format!("shares an account with {name}"));
            }
            self.take(*first, index);
        }
    }

    fn by_id(&mut self, pattern: &IdPattern) {
        let owners = self.owners(|entry| vec![entry.id.trim().to_owned()]);
        for index in 0..self.people.len() {
            let Some(person) = &mut self.people[index] else { continue };
            let ids = person.rows.iter().filter_map(|row| pattern.id(row.name.trim()));
            let entries: HashSet<usize> = ids.filter_map(|id| owners.get(id)?.first()).copied().collect();
            // Two ids in the names of one person are no id.
            if let [entry] = entries.into_iter().collect::<Vec<_>>()[..] {
                person.unity = Match::Keys;
                self.take(entry, index);
            }
        }
    }

    fn by_alias(&mut self) {
        let owners = self.owners(|entry| entry.aliases.iter().map(|alias| name_key(alias)).collect());
        let names = self.owners(|entry| vec![name_key(&entry.name)]);
        for index in 0..self.people.len() {
            let Some(person) = &self.people[index] else { continue };
            let keys = person.rows.iter().map(|row| name_key(&row.name));
            let bears = |key: &String| match (owners.get(key).map(Vec::as_slice), names.get(key)) {
                (Some([entry]), None) => Some(*entry),
                (Some([entry]), Some(named)) if named == &[*entry] => Some(*entry),
                _ => None,
            };
            let entries: HashSet<usize> = keys.filter_map(|key| bears(&key)).collect();
            if let [entry] = entries.into_iter().collect::<Vec<_>>()[..]
                && person.unity.is_certain()
            {
                self.take(entry, index);
            }
        }
    }

    /// By the entry's own name, which says less: people with keys are only taken if there is one of them, and nothing else
    /// has told who the entry is.
    fn by_name(&mut self) {
        let owners = self.owners(|entry| {
            let names = entry.aliases.iter().chain([&entry.name]);
            names.map(|name| name_key(name)).collect()
        });
        let mut keyed: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut keyless: HashMap<usize, Vec<usize>> = HashMap::new();
        for (index, person) in self.people.iter().enumerate() {
            let Some(person) = person else { continue };
            let mut entries = HashSet::new();
            for key in person.name_keys() {
                match owners.get(&key).map(Vec::as_slice) {
                    Some([entry]) => drop(entries.insert(*entry)),
                    Some(several) => {
                        for entry in several {
                            let count = several.len();
                            self.unclear[*entry].get_or_insert_with(|| {
                                format!("{count} entries of the roster have this name")
                            });
                        }
                    }
                    None => {}
                }
            }
            if let [entry] = entries.into_iter().collect::<Vec<_>>()[..] {
                let fits = if person.has_keys() { &mut keyed } else { &mut keyless };
                fits.entry(entry).or_default().push(index);
            }
        }
        for entry in 0..self.entries.len() {
            let (keyed, keyless) =
                (keyed.remove(&entry).unwrap_or_default(), keyless.remove(&entry).unwrap_or_default());
            let is_found = self.found[entry].is_some();
            match (is_found, keyed.len()) {
                (true, _) | (false, 0) => {}
                (false, 1) => self.take(entry, keyed[0]),
                (false, count) => {
                    self.unclear[entry] =
                        Some(format!("{count} people have this name: put an e-mail into the roster"));
                    continue;
                }
            }
            // A row that could be of any of several is not this one's either, unless nobody with keys bears the name now.
            for index in keyless {
                if self.people[index].as_ref().is_some_and(|person| person.unity.is_certain()) {
                    self.take(entry, index);
                } else if self.found[entry].is_none() {
                    self.unclear[entry].get_or_insert_with(|| "several people have this name".to_owned());
                }
            }
        }
    }

    fn end(self) -> (Vec<Matched>, Vec<Person>) {
        let matched =
            self.found.into_iter().zip(self.unclear).map(|(found, unclear)| match (found, unclear) {
                (Some(person), _) => Matched::Person(Box::new(person)),
                (None, Some(why)) => Matched::Unclear(why),
                (None, None) => Matched::Absent,
            });
        (matched.collect(), self.people.into_iter().flatten().collect())
    }
}

impl Match {
    fn is_certain(self) -> bool {
        !matches!(self, Self::AnyOf(_))
    }
}

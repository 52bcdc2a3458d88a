//! Who was expected: a list, read from CSV and refused whole if anything in it is doubtful.

use std::collections::HashMap;

use csv::StringRecord;
use regex::Regex;

use super::names::{email_key, name_key};

/// Longest list, in entries: the largest university course and some more.
pub const ENTRIES_MAX: usize = 10_000;

/// Largest file, in bytes: 200 for each entry.
pub const ROSTER_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Somebody who was expected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The name, as the reader knows it.
    pub name: String,
    /// Addresses, each of this person alone.
    pub emails: Vec<String>,
    /// An id that stands in the display name; empty if there is none.
    pub id: String,
    /// Other names that are known to be theirs.
    pub aliases: Vec<String>,
}

/// Who was expected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    /// In the order of the list.
    pub entries: Vec<Entry>,
}

/// Why a roster is refused, with the line that is wrong. It goes to logs, so it quotes nothing of the file: each cell
/// may be a name or an address, that of the head too if there is no head.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct RosterError {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub what: String,
}

/// A regular expression with one group: an id inside a display name.
#[derive(Debug, Clone)]
pub struct IdPattern(Regex);

impl IdPattern {
    /// # Errors
    /// When it is no regular expression, or has no group.
    pub fn new(text: &str) -> Result<Self, String> {
        let regex = Regex::new(text).map_err(|error| format!("no regular expression: {error}"))?;
        match regex.captures_len() {
            1 => Err("has no group: put ( and ) around the id".to_owned()),
            _ => Ok(Self(regex)),
        }
    }

    pub(super) fn id<'n>(&self, name: &'n str) -> Option<&'n str> {
        Some(self.0.captures(name)?.get(1)?.as_str())
    }
}

/// The columns of a roster.
#[derive(Debug)]
struct Columns {
    name: usize,
    email: Option<usize>,
    id: Option<usize>,
    aliases: Option<usize>,
}

impl Columns {
    fn of(head: &StringRecord) -> Result<Self, RosterError> {
        let refuse = |what: String| RosterError { line: 1, what };
        let known = ["name", "email", "id", "aliases"];
        let titles: Vec<String> = head.iter().map(|title| title.trim().to_lowercase()).collect();
        for (index, title) in titles.iter().enumerate() {
            if !known.contains(&title.as_str()) {
                let column = index + 1;
                return Err(refuse(format!("column {column} is none of name, email, id, aliases")));
            }
            if titles[..index].contains(title) {
                return Err(refuse(format!("the column {title} is there twice")));
            }
        }
        let column = |name: &str| titles.iter().position(|title| title == name);
        let name = column("name").ok_or_else(|| refuse("there is no column name".to_owned()))?;
        Ok(Self { name, email: column("email"), id: column("id"), aliases: column("aliases") })
    }
}

impl Roster {
    /// Reads CSV in UTF-8 with a head of `name`, `email`, `id`, `aliases`, of which only `name` must be there. Several
    /// e-mails or aliases of one person are separated by `;`.
    ///
    /// # Errors
    /// The first line that is wrong, and what is wrong with it: then nothing of the file is used.
    pub fn read(bytes: &[u8]) -> Result<Self, RosterError> {
        let refuse = |line: u64, what: &str| Err(RosterError { line, what: what.to_owned() });
        if bytes.len() > ROSTER_BYTES_MAX {
            return refuse(1, &format!("the file has more than {} MiB", ROSTER_BYTES_MAX / 1024 / 1024));
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}'),
            Err(error) => {
                let before = &bytes[..error.valid_up_to()];
                let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
                return refuse(
                    u64::try_from(line).unwrap_or(u64::MAX),
                    "the file is not UTF-8: save it as CSV UTF-8",
                );
            }
        };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let head = reader.headers().map_err(|error| unreadable(&error))?.clone();
        if head.iter().all(|title| title.trim().is_empty()) {
            return refuse(1, "the file is empty: its first line must be name,email,id,aliases");
        }
        if head.len() == 1 && head[0].contains([';', '\t']) {
            return refuse(1, "the columns are not separated by commas");
        }
        let columns = Columns::of(&head)?;
        let (mut entries, mut seen) = (Vec::new(), Seen::default());
        let mut lines = Lines { text: text.as_bytes(), byte: 0, line: 1 };
        for record in reader.records() {
            let record = record.map_err(|error| unreadable(&error))?;
            let line = lines.of(&record);
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            if record.len() > head.len() {
                return refuse(
                    line,
                    "there are more cells than columns: a comma inside a cell needs quotation marks",
                );
            }
            if entries.len() == ENTRIES_MAX {
                return refuse(line, &format!("the roster has more than {ENTRIES_MAX} people"));
            }
            let entry = entry(&record, &columns);
            seen.check(&entry, line)?;
            entries.push(entry);
        }
        if entries.is_empty() {
            return refuse(2, "the roster names nobody");
        }
        Ok(Self { entries })
    }
}

/// Numbers of lines. The reader's own number is that of the empty lines before a record.
struct Lines<'t> {
    text: &'t [u8],
    byte: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line on which this record begins. Records come in order.
    fn of(&mut self, record: &StringRecord) -> u64 {
        let start = record.position().map_or(0, csv::Position::byte);
        let start = usize::try_from(start).unwrap_or(usize::MAX).min(self.text.len());
        while let Some(byte) =
            self.text.get(self.byte).filter(|byte| self.byte < start || matches!(byte, b'\r' | b'\n'))
        {
            self.line += u64::from(*byte == b'\n');
            self.byte += 1;
        }
        self.line
    }
}

fn unreadable(error: &csv::Error) -> RosterError {
    RosterError { line: error.position().map_or(1, csv::Position::line), what: error.to_string() }
}

fn entry(record: &StringRecord, columns: &Columns) -> Entry {
    let cell =
        |column: Option<usize>| column.and_then(|column| record.get(column)).unwrap_or_default().trim();
    let list = |column| -> Vec<String> {
        let items = cell(column).split(';').map(str::trim).filter(|item| !item.is_empty());
        items.map(str::to_owned).collect()
    };
    Entry {
        name: cell(Some(columns.name)).to_owned(),
        emails: list(columns.email),
        id: cell(columns.id).to_owned(),
        aliases: list(columns.aliases),
    }
}

/// What each line so far has taken for itself.
#[derive(Default)]
struct Seen {
    emails: HashMap<String, u64>,
    ids: HashMap<String, u64>,
}

impl Seen {
    fn check(&mut self, entry: &Entry, line: u64) -> Result<(), RosterError> {
        let refuse = |what: String| Err(RosterError { line, what });
        if name_key(&entry.name).is_empty() {
            return refuse("the name is empty".to_owned());
        }
        for email in &entry.emails {
            let is_address =
                email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
            if !is_address || email.contains(char::is_whitespace) {
                return refuse("this is no e-mail address".to_owned());
            }
            if let Some(other) = self.emails.insert(email_key(email), line) {
                return refuse(format!("the same e-mail is in line {other} already"));
            }
        }
        if !entry.id.is_empty()
            && let Some(other) = self.ids.insert(entry.id.clone(), line)
        {
            return refuse(format!("the same id is in line {other} already"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &[u8]) -> (u64, String) {
        let error = Roster::read(text).unwrap_err();
        (error.line, error.what)
    }

    #[test]
    fn a_roster_is_read_with_a_byte_order_mark_and_any_order_of_columns() {
        let text =
            "\u{feff}Email,NAME,aliases\r\na@x.org; b@x.org,\"Koval, Anna\",iPad of Anna\r\n\r\n,Borys,\r\n";
        let roster = Roster::read(text.as_bytes()).unwrap();
        let anna = Entry {
            name: "Koval, Anna".into(),
            emails: vec!["a@x.org".into(), "b@x.org".into()],
            id: String::new(),
            aliases: vec!["iPad of Anna".into()],
        };
        assert_eq!(roster.entries, [anna, Entry { name: "Borys".into(), ..Entry::default() }]);
    }

    #[test]
    fn what_is_doubtful_is_refused_by_its_line() {
        for (text, line, what) in [
            ("", 1, "empty"),
            ("email\na@x.org\n", 1, "no column name"),
            ("Borys,a@x.org\n", 1, "column 1 is none of"),
            ("name,mail\n", 1, "column 2 is none of"),
            ("name,name\n", 1, "twice"),
            ("name;email\nAnna;a@x.org\n", 1, "commas"),
            ("name\n", 2, "nobody"),
            ("name,email\nAnna,a@x.org\n ,b@x.org\n", 3, "name is empty"),
            ("name,email\nAnna,a@x.org\nBorys,A@X.org\n", 3, "line 2 already"),
            ("name,email\nAnna,a@x.org;a@x.org\n", 2, "line 2 already"),
            ("name,id\nAnna,1\n\nBorys,1\n", 4, "line 2 already"),
            ("name,email\nAnna,nobody\n", 2, "is no e-mail"),
            ("name\nKoval, Anna\n", 2, "more cells"),
        ] {
            let refused = refused(text.as_bytes());
            assert!(refused.0 == line && refused.1.contains(what), "{text:?}: {refused:?}");
            assert!(!refused.1.contains('@') && !refused.1.contains("Borys"), "{refused:?}");
        }
        assert_eq!(refused(b"name\nAnna\nJos\xe9\n").0, 3);
        let long = format!("name\n{}", "x\n".repeat(ENTRIES_MAX + 1));
        assert_eq!(refused(long.as_bytes()).0, u64::try_from(ENTRIES_MAX).unwrap() + 2);
        assert!(refused(&vec![b'a'; ROSTER_BYTES_MAX + 1]).1.contains("2 MiB"));
    }
}

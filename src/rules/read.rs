//! Parses rules, and collects all faults, each with its line.

mod places;

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Rules;
use super::glob::Glob;
use super::list::{List, Lists, Subject, digits};
use super::near::nearest;
use super::share::Domain;
use crate::recording::MeetingKind;
use crate::recording::names::Template;

/// Keys above the tables.
const TOP_KEYS: &[&str] =
    &["other_hosts", "participant_audio", "share_with_host", "share_domains", "only", "skip", "where"];

const ONLY_KEYS: &[&str] =
    &["hosts", "topics", "tag", "meeting_ids", "meeting_types", "minimum_minutes", "file_types", "views"];

const SKIP_KEYS: &[&str] = &["hosts", "topics", "tag", "meeting_ids", "meeting_types", "file_types", "views"];

/// One fault of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// Counted from 1.
    pub line: usize,
    /// The fault, and the expected form.
    pub what: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// True for letters, digits, `-` and `_`: the characters of Drive's ids.
pub fn is_drive_id(text: &str) -> bool {
    (1..=200).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Parses rules in TOML.
///
/// # Errors
/// Every fault, in the order of lines.
pub fn read(text: &str) -> Result<Rules, Vec<RuleError>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { text, faults: Vec::new() };
    for error in errors {
        let at = error.span().unwrap_or_default();
        reader.fault(&at, format!("this is not TOML: {}", error.message()));
    }
    let broken: Vec<usize> = reader.faults.iter().map(|fault| fault.line).collect();
    let rules = reader.rules(document.get_ref());
    let mut faults = reader.faults;
    if faults.is_empty() {
        return Ok(rules);
    }
    // The parser guesses at the content of a broken line, so only the syntax error is reported.
    let mut told = broken.len();
    faults.retain(|fault| {
        let is_parsers = told > 0;
        told = told.saturating_sub(1);
        is_parsers || !broken.contains(&fault.line)
    });
    faults.sort_by_key(|fault| fault.line);
    Err(faults)
}

struct Reader<'a> {
    text: &'a str,
    faults: Vec<RuleError>,
}

type Value<'i> = Spanned<DeValue<'i>>;

impl Reader<'_> {
    fn line(&self, at: &Range<usize>) -> usize {
        1 + self.text.as_bytes().iter().take(at.start).filter(|byte| **byte == b'\n').count()
    }

    fn fault(&mut self, at: &Range<usize>, what: String) {
        let line = self.line(at);
        self.faults.push(RuleError { line, what });
    }

    fn rules(&mut self, top: &DeTable<'_>) -> Rules {
        self.check_keys(top, TOP_KEYS, "");
        let mut rules = Rules::default();
        if let Some(value) = top.get("other_hosts") {
            match value.get_ref().as_str() {
                Some("archive") => {}
                Some("skip") => rules.others_skipped = Some(self.line(&value.span())),
                _ => self.expected(value, "other_hosts", "\"archive\" or \"skip\""),
            }
        }
        if let Some((false, line)) = self.flag(top, "participant_audio") {
            rules.participants_skipped = Some(line);
        }
        rules.share_with_host = self.flag(top, "share_with_host").is_some_and(|(yes, _)| yes);
        if let Some(value) = top.get("share_domains") {
            rules.share_domains = self.domains(value);
        }
        if let Some(table) = self.table(top, "only") {
            self.check_keys(table, ONLY_KEYS, "[only]");
            rules.only = self.lists(table, &[Subject::OF_RECORDINGS, Subject::OF_FILES].concat());
            rules.only.minimum_minutes = self.number(table, "minimum_minutes");
        }
        if let Some(table) = self.table(top, "skip") {
            self.check_keys(table, SKIP_KEYS, "[skip]");
            rules.skip = self.lists(table, &[Subject::OF_RECORDINGS, Subject::OF_FILES].concat());
        }
        if let (Some(value), Some(_)) = (top.get("other_hosts"), rules.only.of(Subject::Host))
            && value.get_ref().as_str() == Some("archive")
        {
            self.fault(
                &value.span(),
                "other_hosts = \"archive\" contradicts the hosts of [only]: expected one of the two"
                    .to_owned(),
            );
        }
        rules.places = self.places(top);
        rules
    }

    fn lists(&mut self, table: &DeTable<'_>, subjects: &[Subject]) -> Lists {
        let mut lists = Lists::default();
        for subject in subjects {
            if let Some(value) = table.get(subject.key())
                && let Some(list) = self.list(value, *subject)
            {
                lists.lists.push((*subject, list));
            }
        }
        lists.tag = self.text(table, "tag").map(|(tag, at)| (tag, self.line(&at)));
        lists
    }

    fn list(&mut self, value: &Value<'_>, subject: Subject) -> Option<List> {
        let items = value.get_ref().as_array().filter(|items| !items.is_empty());
        let Some(items) = items else {
            self.expected(
                value,
                subject.key(),
                "a list such as [\"this\", \"that*\"], with at least one entry",
            );
            return None;
        };
        let mut globs = Vec::new();
        for item in items {
            let text = match item.get_ref() {
                DeValue::String(text) if !text.trim().is_empty() => text.to_string(),
                DeValue::Integer(number) if subject == Subject::MeetingId => number.as_str().to_owned(),
                _ => {
                    self.expected(item, subject.key(), "texts in quotes");
                    continue;
                }
            };
            let text = if subject == Subject::MeetingId { digits(&text) } else { text };
            let glob = Glob::new(&text);
            if subject == Subject::MeetingType
                && !MeetingKind::ALL.iter().any(|kind| glob.matches(kind.name()))
            {
                self.expected(item, subject.key(), "\"meeting\", \"webinar\" or \"upload\"");
            }
            globs.push((self.line(&item.span()), glob));
        }
        Some(List { line: self.line(&value.span()), globs })
    }

    fn domains(&mut self, value: &Value<'_>) -> Option<(Vec<Domain>, usize)> {
        let items = value.get_ref().as_array().filter(|items| !items.is_empty());
        let Some(items) = items else {
            self.expected(
                value,
                "share_domains",
                "a list such as [\"example.org\"], with at least one entry",
            );
            return None;
        };
        let mut domains = Vec::new();
        for item in items {
            match item.get_ref().as_str().and_then(Domain::parse) {
                Some(domain) => domains.push(domain),
                None => self.expected(
                    item,
                    "share_domains",
                    "domains in quotes, such as \"example.org\": no `@`, no `*`; name each sub-domain separately",
                ),
            }
        }
        Some((domains, self.line(&value.span())))
    }

    fn table<'t, 'i>(&mut self, table: &'t DeTable<'i>, key: &str) -> Option<&'t DeTable<'i>> {
        let value = table.get(key)?;
        let found = value.get_ref().as_table();
        if found.is_none() {
            self.expected(value, key, &format!("[{key}] and lines below it"));
        }
        found
    }

    fn text(&mut self, table: &DeTable<'_>, key: &str) -> Option<(String, Range<usize>)> {
        let value = table.get(key)?;
        match value.get_ref().as_str().map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => Some((text.to_owned(), value.span())),
            None => {
                self.expected(value, key, "a text in quotes");
                None
            }
        }
    }

    fn template(&mut self, table: &DeTable<'_>, key: &str) -> Option<Template> {
        let (text, at) = self.text(table, key)?;
        Template::parse(&text)
            .map_err(|error| self.fault(&at, format!("{key} is not a template: {error}")))
            .ok()
    }

    fn flag(&mut self, table: &DeTable<'_>, key: &str) -> Option<(bool, usize)> {
        let value = table.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.expected(value, key, "true or false");
        }
        Some((flag?, self.line(&value.span())))
    }

    fn number(&mut self, table: &DeTable<'_>, key: &str) -> Option<(u64, usize)> {
        let value = table.get(key)?;
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
        if number.is_none() {
            self.expected(value, key, "a whole number");
        }
        Some((number?, self.line(&value.span())))
    }

    fn expected(&mut self, value: &Value<'_>, key: &str, what: &str) {
        self.fault(&value.span(), format!("{key}: expected {what}"));
    }

    fn check_keys(&mut self, table: &DeTable<'_>, known: &[&str], place: &str) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let name: &str = key.get_ref();
            let is_top = !place.is_empty() && TOP_KEYS.contains(&name);
            let hint = match nearest(name, known) {
                _ if is_top => "it belongs above the first line with brackets".to_owned(),
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("expected {}", known.join(", ")),
            };
            let of = if place.is_empty() { String::new() } else { format!(" in {place}") };
            // Keys come from outside: `?` escapes control characters.
            self.fault(&key.span(), format!("key {name:?} is not known{of}: {hint}"));
        }
    }
}

//! Filters of Meet's lists. Only the forms that Google's documentation shows are known.

use jiff::Timestamp;

use crate::sandbox::faults::Canned;
use crate::sandbox::google::rpc;

/// The value of a field, as filters compare it.
pub(super) enum Field<'a> {
    Text(&'a str),
    /// A time that may be absent.
    Time(Option<Timestamp>),
}

enum Test {
    Is(String),
    AtLeast(Timestamp),
    AtMost(Timestamp),
    IsNull,
}

/// A parsed filter: all of these must hold.
pub(super) struct Filter(Vec<(String, Test)>);

impl Filter {
    /// Parses a filter over these fields: texts, and times.
    pub(super) fn parse(filter: &str, texts: &[&str], times: &[&str]) -> Result<Self, Canned> {
        let mut rest = filter.trim();
        let mut tests = Vec::new();
        while !rest.is_empty() {
            let test = one(&mut rest, texts, times).ok_or_else(|| invalid(filter))?;
            tests.push(test);
            if rest.is_empty() {
                break;
            }
            rest = rest.strip_prefix("AND ").ok_or_else(|| invalid(filter))?.trim_start();
            if rest.is_empty() {
                return Err(invalid(filter));
            }
        }
        Ok(Self(tests))
    }

    /// Whether all tests hold. An absent time is neither before nor after anything.
    pub(super) fn holds<'a>(&self, field: impl Fn(&str) -> Field<'a>) -> bool {
        self.0.iter().all(|(name, test)| match (field(name), test) {
            (Field::Text(text), Test::Is(wanted)) => text == wanted,
            (Field::Time(time), Test::AtLeast(from)) => time.is_some_and(|time| time >= *from),
            (Field::Time(time), Test::AtMost(until)) => time.is_some_and(|time| time <= *until),
            (Field::Time(time), Test::IsNull) => time.is_none(),
            _ => false,
        })
    }
}

fn invalid(filter: &str) -> Canned {
    rpc::invalid(format!("Invalid filter: {filter}"))
}

/// `field = "text"`, `field>="time"`, `field<="time"` or `field IS NULL`, and the blanks after it.
fn one(rest: &mut &str, texts: &[&str], times: &[&str]) -> Option<(String, Test)> {
    let end = rest.find(|c: char| !(c.is_ascii_lowercase() || c == '_' || c == '.'))?;
    let (name, after) = rest.split_at(end);
    let after = after.trim_start();
    let (is_text, is_time) = (texts.contains(&name), times.contains(&name));
    let test = if let Some(after) = after.strip_prefix("IS NULL") {
        *rest = after;
        is_time.then_some(Test::IsNull)?
    } else if let Some(after) = after.strip_prefix('=') {
        let value = quoted(after, rest)?;
        is_text.then(|| Test::Is(value.to_owned()))?
    } else {
        let at_least = after.strip_prefix(">=");
        let value = quoted(at_least.or_else(|| after.strip_prefix("<="))?, rest)?;
        let time = value.parse::<Timestamp>().ok().filter(|_| is_time)?;
        if at_least.is_some() { Test::AtLeast(time) } else { Test::AtMost(time) }
    };
    let is_end = rest.is_empty() || rest.starts_with(' ');
    *rest = rest.trim_start();
    is_end.then(|| (name.to_owned(), test))
}

/// A value in double quotes.
fn quoted<'a>(after: &'a str, rest: &mut &'a str) -> Option<&'a str> {
    let (value, after) = after.trim_start().strip_prefix('"')?.split_once('"')?;
    *rest = after;
    Some(value)
}

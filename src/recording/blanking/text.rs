//! Removes addresses, and values after a passcode's name, from text.

use super::SECRET_NAMES;

/// Replacement of a link or passcode in a text.
const BLANK: &str = "[blanked]";

/// The text without addresses and without passcode values; `None` if it has neither.
pub(super) fn scrubbed(text: &str) -> Option<String> {
    let without_links = without_links(text);
    let without_pairs = without_pairs(without_links.as_deref().unwrap_or(text));
    without_pairs.or(without_links).filter(|scrubbed| scrubbed != text)
}

/// Only an address's scheme stays: even its host and path may be secret.
fn without_links(text: &str) -> Option<String> {
    let (mut kept, mut rest) = (String::new(), text);
    while let Some(at) = rest.find("://") {
        let (before, link) = rest.split_at(at + "://".len());
        kept.push_str(before);
        kept.push_str(BLANK);
        rest = link.find(is_end_of_link).map_or("", |end| &link[end..]);
    }
    (!kept.is_empty()).then(|| kept + rest)
}

fn is_end_of_link(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`')
}

/// `pwd=x`, `Passcode: x`, `"password":"x"`, `zak%3Dx`: the name stays, the value is removed.
fn without_pairs(text: &str) -> Option<String> {
    // The lower-case text has the same length, so its positions apply to the original.
    let lower = text.to_ascii_lowercase();
    let (mut kept, mut from) = (String::new(), 0);
    let mut seen = 0;
    while let Some(name_end) = end_of_name(&lower, seen) {
        seen = name_end;
        let Some(begin) = begin_of_value(&lower, name_end) else { continue };
        let end = lower[begin..].find(is_end_of_value).map_or(lower.len(), |end| begin + end);
        if end > begin {
            kept.push_str(&text[from..begin]);
            kept.push_str(BLANK);
            (from, seen) = (end, end);
        }
    }
    (from > 0).then(|| kept + &text[from..])
}

/// The end of the first secret name at or after this position.
fn end_of_name(lower: &str, from: usize) -> Option<usize> {
    let ends = SECRET_NAMES.iter().filter_map(|name| Some(lower[from..].find(name)? + from + name.len()));
    ends.min()
}

/// The start of the value, if the name that ends here has one.
fn begin_of_value(lower: &str, name_end: usize) -> Option<usize> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let is_around = |c: char| matches!(c, '"' | '\'' | '\\' | ' ');
    let rest = lower[name_end..].trim_start_matches(is_of_name).trim_start_matches(is_around);
    let sign = ["=", ":", "%3d", "%3a"].into_iter().find(|sign| rest.starts_with(sign))?;
    let value = rest[sign.len()..].trim_start_matches(is_around);
    Some(lower.len() - value.len())
}

fn is_end_of_value(c: char) -> bool {
    c.is_whitespace() || matches!(c, '&' | '"' | '\'' | '<' | '>' | '`' | ',' | ';' | '#' | ')' | '\\')
}

//! How people name a meeting: by its number, by the uuid of one instance, or by a link. Pure.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::recording::MeetingUuid;

/// Digits that a meeting's number has.
const DIGITS: std::ops::RangeInclusive<usize> = 9..=11;

/// Domains of Zoom, with all their subdomains.
const DOMAINS: [&str; 3] = ["zoom.us", "zoom.com", "zoomgov.com"];

/// Parts of a link's path before the number.
const BEFORE_NUMBER: [&str; 8] = ["j", "s", "w", "wc", "join", "start", "meeting", "webinar"];

/// A meeting, as somebody named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeetingReference {
    /// The number, which all instances share.
    Number(u64),
    /// One instance.
    Instance(MeetingUuid),
}

/// The text names no meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a meeting: give its number (9 to 11 digits), uuid or zoom.us link")]
pub struct NoMeetingReference;

/// The text names no meeting by its number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a meeting: give its number (9 to 11 digits) or zoom.us link")]
pub struct NotAMeeting(String);

/// Reads a text that must name a meeting by its number, or by a link with the number.
///
/// # Errors
/// When it names none, or one instance.
pub fn number(text: &str) -> Result<u64, NotAMeeting> {
    match text.parse() {
        Ok(MeetingReference::Number(number)) => Ok(number),
        // A link contains the passcode, which an error must not repeat.
        _ => Err(NotAMeeting(text.split('?').next().unwrap_or_default().to_owned())),
    }
}

impl fmt::Display for MeetingReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Instance(uuid) => uuid.fmt(f),
        }
    }
}

impl std::str::FromStr for MeetingReference {
    type Err = NoMeetingReference;

    fn from_str(text: &str) -> Result<Self, NoMeetingReference> {
        let text = text.trim();
        let known = digits(text).map(Self::Number).or_else(|| uuid(text).map(Self::Instance));
        known.or_else(|| link(text)).ok_or(NoMeetingReference)
    }
}

/// A number as Zoom shows it, in groups: `857 4606 5432`.
fn digits(text: &str) -> Option<u64> {
    let is_gap = |c: char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}');
    let digits: String = text.chars().filter(|c| !is_gap(*c)).collect();
    let is_number = DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    // None begins with 0: such a text is another kind of number.
    digits.parse().ok().filter(|_| is_number && !text.starts_with(is_gap) && !digits.starts_with('0'))
}

/// Base64 with its padding, percent-encoded once or twice, or not at all.
fn uuid(text: &str) -> Option<MeetingUuid> {
    let once = percent_decode_str(text).decode_utf8().ok()?;
    let text = percent_decode_str(&once).decode_utf8().ok()?;
    let body = text.trim_end_matches('=');
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let is_padded = (1..=2).contains(&(text.len() - body.len()));
    (is_padded && !body.is_empty() && body.bytes().all(is_base64)).then(|| MeetingUuid::new(&text)).flatten()
}

fn link(text: &str) -> Option<MeetingReference> {
    // People copy links without their beginning.
    let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
    let host = url.host_str()?.to_ascii_lowercase();
    let is_zoom = DOMAINS
        .iter()
        .any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    if !is_zoom {
        return None;
    }
    // A recording's page in Zoom's portal names the instance.
    let parameter = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value);
    if let Some(uuid) = parameter("meeting_id").and_then(|value| uuid(&value)) {
        return Some(MeetingReference::Instance(uuid));
    }
    let parts: Vec<&str> = url.path_segments()?.collect();
    let after = parts.iter().position(|part| BEFORE_NUMBER.contains(part))?;
    parts[after + 1..].iter().find_map(|part| digits(part)).map(MeetingReference::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        text.parse::<MeetingReference>().ok().map(|reference| reference.to_string())
    }

    #[test]
    fn numbers_uuids_and_links_name_a_meeting() {
        let expected = Some("85746065432".to_owned());
        for text in [
            "85746065432",
            " 857 4606 5432 ",
            "857-4606-5432",
            "857\u{a0}4606\u{2011}5432",
            "https://us02web.zoom.us/j/85746065432?pwd=abc#success",
            "zoom.us/j/85746065432",
            "https://example.zoom.us/s/85746065432?zak=x",
            "https://zoom.us/w/85746065432",
            "https://app.zoom.us/wc/85746065432/join",
            "https://app.zoom.us/wc/join/85746065432",
            "https://zoom.us/meeting/85746065432",
        ] {
            assert_eq!(read(text), expected, "{text}");
            assert_eq!(number(text), Ok(85_746_065_432), "{text}");
        }
        let uuid = Some("/UE+cApLTmOc6HZxOLFclQ==".to_owned());
        for text in [
            "/UE+cApLTmOc6HZxOLFclQ==",
            "%2FUE%2BcApLTmOc6HZxOLFclQ%3D%3D",
            "%252FUE%252BcApLTmOc6HZxOLFclQ%253D%253D",
            "https://us02web.zoom.us/recording/detail?meeting_id=%2FUE%2BcApLTmOc6HZxOLFclQ%3D%3D",
        ] {
            assert_eq!(read(text), uuid, "{text}");
            assert!(number(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nothing_else_does() {
        for text in [
            "abc",
            "",
            "12345678",
            "123456789012",
            "https://example.org/j/85746065432",
            "https://evilzoom.us/j/85746065432",
            "https://zoom.us.example.org/j/85746065432",
            "https://zoom.us/j/85746065",
            "https://zoom.us/rec/share/abc",
            "https://zoom.us/my/anna",
            "ftp://zoom.us/j/85746065432",
            "a b==",
            "==",
            "-85746065432",
            "0857460654",
        ] {
            assert_eq!(read(text), None, "{text}");
            assert!(number(text).is_err(), "{text}");
        }
    }
    #[test]
    fn an_error_does_not_repeat_a_passcode() {
        let told = number("https://evil.example/j/85746065432?pwd=hunter2").unwrap_err().to_string();
        assert!(told.contains("zoom.us link") && !told.contains("hunter2"), "{told}");
    }
}

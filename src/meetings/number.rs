//! A meeting's number, as people give it.

/// Digits of a meeting number.
const DIGITS: std::ops::RangeInclusive<usize> = 9..=11;

/// Hosts of Zoom's links, each with the names below it.
const HOSTS: [&str; 3] = ["zoom.us", "zoom.com", "zoomgov.com"];

/// A text that names no meeting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a meeting: give its number (9 to 11 digits) or zoom.us link")]
pub struct NotAMeeting(String);

/// Reads a meeting number, with or without spaces or dashes, or takes it out of a link of Zoom's.
///
/// # Errors
/// When it is neither.
pub fn number(text: &str) -> Result<u64, NotAMeeting> {
    let found = match text.trim().strip_prefix("https://") {
        Some(link) => in_link(link),
        None => digits(text.trim()),
    };
    // A link contains the passcode, which an error must not repeat.
    found.ok_or_else(|| NotAMeeting(text.split('?').next().unwrap_or_default().to_owned()))
}

fn digits(text: &str) -> Option<u64> {
    let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let is_number = DIGITS.contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_digit());
    bare.parse().ok().filter(|_| is_number && !text.starts_with('-'))
}

/// `us02web.zoom.us/j/85746065432?pwd=...`: the first segment of the path that is a number.
fn in_link(link: &str) -> Option<u64> {
    let (host, path) = link.split_once('/')?;
    let host = host.to_ascii_lowercase();
    let below = |known: &str| host.strip_suffix(known);
    let is_zooms = |known: &str| below(known).is_some_and(|name| name.is_empty() || name.ends_with('.'));
    if !HOSTS.iter().any(|known| is_zooms(known)) {
        return None;
    }
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.split('/').find_map(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_links_are_read_and_all_else_is_refused() {
        for text in [
            "85746065432",
            "857 4606 5432",
            "857-4606-5432",
            "https://us02web.zoom.us/j/85746065432?pwd=abc.1",
            "https://zoom.us/wc/join/85746065432",
            "https://example.ZOOM.us/s/85746065432#x",
        ] {
            assert_eq!(number(text), Ok(85_746_065_432), "{text}");
        }
        assert_eq!(number("123456789"), Ok(123_456_789));
        for text in [
            "",
            "abc",
            "12345678",
            "123456789012",
            "-85746065432",
            "https://evil.example/j/85746065432",
            "https://notzoom.us/j/85746065432",
            "https://zoom.us.evil.example/j/85746065432",
            "https://zoom.us/j/",
            "http://zoom.us/j/85746065432",
            "4444AAAiAAAAAiAiAiiAii==",
        ] {
            assert!(number(text).is_err(), "{text}");
        }
        let told = number("https://evil.example/j/85746065432?pwd=hunter2").unwrap_err().to_string();
        assert!(told.contains("zoom.us link") && !told.contains("hunter2"), "{told}");
    }
}

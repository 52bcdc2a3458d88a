//! The code that people join a room with: `abc-mnop-xyz`. Pure.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// Google's host for rooms.
const HOST: &str = "meet.google.com";

/// Longest code that is accepted, in bytes. Real ones have 12.
const BYTES_MAX: usize = 64;

/// The code of a room, in small letters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MeetingCode(String);

/// The text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a code of Meet: expected one such as abc-mnop-xyz, or its link https://meet.google.com/abc-mnop-xyz"
)]
pub struct NoCode;

impl MeetingCode {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address that people join with.
    pub fn link(&self) -> String {
        format!("https://{HOST}/{}", self.0)
    }
}

impl FromStr for MeetingCode {
    type Err = NoCode;

    /// Reads a code, or a link with a code.
    fn from_str(text: &str) -> Result<Self, NoCode> {
        let text = text.trim();
        bare(text).or_else(|| link(text)).ok_or(NoCode)
    }
}

impl fmt::Display for MeetingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Three groups of letters.
fn bare(text: &str) -> Option<MeetingCode> {
    let is_group = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_code = text.len() <= BYTES_MAX && text.split('-').count() == 3 && text.split('-').all(is_group);
    is_code.then(|| MeetingCode(text.to_ascii_lowercase()))
}

fn link(text: &str) -> Option<MeetingCode> {
    // The parser of addresses would take `..` away, and the rest would be a code.
    let path = text.split(['?', '#']).next().unwrap_or_default();
    if path.split(['/', '\\']).any(|part| part == ".." || part == ".") || path.contains('%') {
        return None;
    }
    // People copy links without their beginning.
    let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
    let is_meet = url.host_str() == Some(HOST) && url.username().is_empty() && url.password().is_none();
    if !is_meet || url.port().is_some() {
        return None;
    }
    let path = url.path().strip_prefix('/')?;
    bare(path.strip_suffix('/').unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<String> {
        text.parse::<MeetingCode>().ok().map(|code| code.to_string())
    }

    #[test]
    fn codes_and_links_are_read_and_the_rest_is_refused() {
        for text in [
            "abc-mnop-xyz",
            "ABC-MNOP-XYZ",
            " abc-mnop-xyz\n",
            "https://meet.google.com/abc-mnop-xyz?authuser=1",
            "https://meet.google.com/abc-mnop-xyz?authuser=0&pli=1#x",
            "HTTPS://MEET.GOOGLE.COM/ABC-mnop-xyz/",
            "http://meet.google.com/abc-mnop-xyz",
            "meet.google.com/abc-mnop-xyz",
        ] {
            assert_eq!(read(text).as_deref(), Some("abc-mnop-xyz"), "{text}");
        }
        for text in [
            "",
            "meet.google.com/lookup/x",
            "https://meet.google.com/lookup/abc-mnop-xyz",
            "abcmnopxyz",
            "abc-mnop",
            "abc-mnop-xyz/../",
            "https://meet.google.com/x/../abc-mnop-xyz",
            "https://meet.google.com/%2e%2e/abc-mnop-xyz",
            "abc-mnop-xyz-",
            "abc--xyz",
            "ab1-mnop-xyz",
            "abc-mnop-xyz\" OR \"",
            "https://meet.google.com.evil.example/abc-mnop-xyz",
            "https://abc@meet.google.com/abc-mnop-xyz",
            "https://meet.google.com:8443/abc-mnop-xyz",
            "https://evil.example/abc-mnop-xyz",
            "ftp://meet.google.com/abc-mnop-xyz",
            "äbc-mnop-xyz",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_code_has_three_groups_of_small_letters(text in "[a-zA-Z0-9/.:?\"%-]{0,24}|\\PC{0,12}") {
            if let Some(code) = read(&text) {
                prop_assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
                prop_assert_eq!(code.split('-').count(), 3);
            }
        }

        #[test]
        fn a_link_leads_back_to_its_code(code in "[a-z]{3}-[a-z]{4}-[a-z]{3}") {
            let read: MeetingCode = code.parse().unwrap();
            prop_assert_eq!(read.link().parse::<MeetingCode>(), Ok(read));
        }
    }
}

//! Display names: how they are compared, and how they are written.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Characters of a name that are written: a cell of a sheet may hold 50,000.
const NAME_CHARS_MAX: usize = 1_000;

/// What stands for a name that says nothing.
pub(super) const NO_NAME: &str = "(no name)";

/// Names that many people bear, because a device or a service chose them: they say nothing of who somebody is.
const PLACEHOLDERS: [&str; 10] =
    ["", "unknown", "[unknown]", "guest", "user", "zoom user", "participant", "iphone", "ipad", "android"];

/// Invisible characters that change how text is compared: a key does not contain them.
fn is_format(c: char) -> bool {
    c.general_category() == GeneralCategory::Format
}

/// White space and control characters become one space each; none stands at either end.
fn collapse(text: &str) -> String {
    let blank = |c: char| c.is_whitespace() || c.is_control();
    text.split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What is equal for names that people take for the same. Accents count: `José` and `Jose` are two people. Zoom may
/// write `#` for a comma.
pub(super) fn name_key(name: &str) -> String {
    let plain: String =
        name.nfkc().map(|c| if c == '#' { ',' } else { c }).filter(|c| !is_format(*c)).collect();
    let folded: String = plain.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    collapse(&folded.nfkc().collect::<String>())
}

/// Whether a name key says nothing of who somebody is.
pub(super) fn is_placeholder(key: &str) -> bool {
    PLACEHOLDERS.contains(&key)
}

/// The name as it is written into a cell.
pub(super) fn shown(name: &str) -> String {
    let name = collapse(name);
    match name.is_empty() {
        true => NO_NAME.to_owned(),
        false => name.chars().take(NAME_CHARS_MAX).collect(),
    }
}

/// An e-mail address as it is compared.
pub(super) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_take_for_one_name_is_one_key() {
        for (one, other) in [
            ("Anna", "anna "),
            ("Eva  Marchenko", "eva\tmarchenko"),
            ("Ｋｉｍ", "kim"),
            ("Koval# Anna", "koval, anna"),
            ("STRASSE", "straße"),
            ("An\u{200b}na", "anna"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ] {
            assert_eq!(name_key(one), name_key(other), "{one} {other}");
        }
        assert_ne!(name_key("José"), name_key("Jose"));
        assert_eq!(name_key("José"), name_key("Jose\u{301}"));
    }

    #[test]
    fn a_shown_name_is_one_line_of_limited_length() {
        assert_eq!(shown("-1\t@SUM(A1)"), "-1 @SUM(A1)");
        assert_eq!(shown(" \u{7}\n"), NO_NAME);
        assert_eq!(shown(&"x".repeat(5_000)).len(), NAME_CHARS_MAX);
        assert_eq!(shown("\u{202e}abc"), "\u{202e}abc", "the direction of text is kept");
    }
}

//! Patterns such as `*@drama.example.org`: `*` matches any text, `?` matches one character, any other character
//! matches itself.
//!
//! The usual glob library does not fit: it compares bytes, so `?` would match half an umlaut, and `Ü` would not
//! match `ü`. And brackets must match themselves, because topics have tags such as `[REC]`.

use std::fmt;

/// A pattern. Upper and lower case are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    written: String,
    pattern: Vec<char>,
}

impl Glob {
    /// Makes a pattern. Any text is valid.
    pub fn new(written: &str) -> Self {
        Self { written: written.to_owned(), pattern: folded(written) }
    }

    /// True if the pattern matches the whole text.
    pub fn matches(&self, text: &str) -> bool {
        let text = folded(text);
        let (mut at, mut seen) = (0, 0);
        // The position to continue at when the text after the last star does not match: the star then takes one
        // more character.
        let mut star: Option<(usize, usize)> = None;
        while seen < text.len() {
            match (self.pattern.get(at), star) {
                (Some('*'), _) => {
                    star = Some((at + 1, seen));
                    at += 1;
                }
                (Some(wanted), _) if *wanted == '?' || *wanted == text[seen] => {
                    at += 1;
                    seen += 1;
                }
                (_, Some((after, taken))) => {
                    star = Some((after, taken + 1));
                    (at, seen) = (after, taken + 1);
                }
                (_, None) => return false,
            }
        }
        self.pattern[at..].iter().all(|rest| *rest == '*')
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

fn folded(text: &str) -> Vec<char> {
    text.to_lowercase().chars().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_others_and_brackets_for_themselves() {
        let cases = [
            ("*@drama.example.org", "Ann@Drama.Example.org", true),
            ("*@drama.example.org", "ann@drama.example.org.evil", false),
            ("*standup*", "Daily Standup (team)", true),
            ("[REC]*", "[rec] Act 1", true),
            ("[REC]*", "R", false),
            ("PROBE ?BUNG", "Probe Übung", true),
            ("a?c", "ac", false),
            ("*a*b*c", "xxaxxbxxbc", true),
            ("*a*b*c", "xxaxxbxxb", false),
            ("", "", true),
            ("", "a", false),
            ("**", "", true),
        ];
        for (glob, text, expected) in cases {
            assert_eq!(Glob::new(glob).matches(text), expected, "{glob} {text}");
        }
    }

    /// The definition itself, without regard to speed.
    fn by_definition(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), None) => by_definition(rest, text),
            (Some(('*', rest)), Some((_, left))) => by_definition(rest, text) || by_definition(pattern, left),
            (Some((wanted, rest)), Some((next, left))) => {
                (*wanted == '?' || wanted == next) && by_definition(rest, left)
            }
            (None, Some(_)) | (Some(_), None) => false,
        }
    }

    proptest! {
        #[test]
        fn globs_mean_what_their_definition_says(glob in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            prop_assert_eq!(Glob::new(&glob).matches(&text), by_definition(&folded(&glob), &folded(&text)));
        }

        #[test]
        fn a_text_without_stars_matches_itself_in_any_case(text in "[^*?]{0,20}") {
            prop_assert!(Glob::new(&text).matches(&text.to_lowercase()));
            let glob = format!("*{text}*");
            let longer = format!("x{text}y");
            prop_assert!(Glob::new(&glob).matches(&longer));
        }
    }
}

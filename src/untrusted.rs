//! Text from outside, made safe to print and to mail: no character of it can end a line, forge another one, colour a
//! terminal, turn the reading direction round or hide.
//!
//! One set of characters answers this for logs, tables, answers of commands and messages.

pub mod cell;

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character does more than stand there to be read. These are controls (line ends, escape codes, C1), the
/// line and paragraph separators of Unicode, marks that reverse the direction of what follows, and marks that cannot
/// be seen. Joiners stay (U+200C, U+200D): Persian words and joined emoji are written with them.
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{FEFF}'
        )
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The text with each such character as `\u001b`, the way JSON writes it.
pub fn escape_untrusted(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_control(c) {
            // All of them have at most four digits. Writing into a String cannot fail.
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn readable_text_stays_and_controls_are_spelled_out() {
        assert_eq!(escape_untrusted("Probe «Ωμέγα» 🎭 שלום"), "Probe «Ωμέγα» 🎭 שלום");
        assert_eq!(escape_untrusted("می\u{200c}خواهم 👩\u{200d}🎓"), "می\u{200c}خواهم 👩\u{200d}🎓");
        assert_eq!(escape_untrusted("a\r\n\tb\u{1b}[31m\u{7f}"), "a\\u000d\\u000a\\u0009b\\u001b[31m\\u007f");
        assert_eq!(
            escape_untrusted("\u{85}\u{9b}\u{2028}\u{202e}\u{2069}"),
            "\\u0085\\u009b\\u2028\\u202e\\u2069"
        );
        assert_eq!(escape_untrusted("a\u{200b}b\u{feff}c\u{61c}"), "a\\u200bb\\ufeffc\\u061c");
    }

    #[test]
    fn each_character_of_the_set_is_a_control() {
        let ranges = [
            '\u{0}'..='\u{1f}',
            '\u{7f}'..='\u{9f}',
            '\u{61c}'..='\u{61c}',
            '\u{200b}'..='\u{200b}',
            '\u{200e}'..='\u{200f}',
            '\u{2028}'..='\u{202e}',
            '\u{2066}'..='\u{2069}',
            '\u{feff}'..='\u{feff}',
        ];
        let controls: Vec<char> = ('\0'..=char::MAX).filter(|c| is_control(*c)).collect();
        assert_eq!(controls, ranges.into_iter().flatten().collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn no_control_is_left(text in any::<String>()) {
            prop_assert!(!escape_untrusted(&text).contains(is_control));
        }
    }
}

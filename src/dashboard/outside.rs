//! Text from outside on a page: topics, names, addresses, other systems' errors.
//!
//! Such text is printed by this type and no other. HTML is escaped, characters that are not seen or turn the reading
//! direction are spelled out as in the log, and `<bdi>` keeps its direction from the text around it.

use std::fmt;

use askama::filters::{Html, HtmlSafe, escape};

use crate::untrusted::escape_untrusted;

/// Text from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outside(String);

impl Outside {
    /// Takes the text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Takes the beginning of the text in: at most this number of characters, with an ellipsis if there are more.
    pub fn cut(text: &str, chars_max: usize) -> Self {
        match text.char_indices().nth(chars_max) {
            Some((at, _)) => Self(format!("{}…", text.get(..at).unwrap_or_default())),
            None => Self(text.to_owned()),
        }
    }

    /// True if there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text for an attribute, a title or plain text: spelled out, without markup. The template escapes it.
    pub fn plain(&self) -> String {
        escape_untrusted(&self.0).into_owned()
    }
}

impl fmt::Display for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spelled_out = escape_untrusted(&self.0);
        match escape(&*spelled_out, Html) {
            Ok(escaped) => write!(f, "<bdi>{escaped}</bdi>"),
        }
    }
}

/// What is printed has been escaped above.
impl HtmlSafe for Outside {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::untrusted::is_control;

    #[test]
    fn markup_and_directions_become_text() {
        let hostile = Outside::new("<script>alert(1)</script>\u{202e}\"'&");
        let expected = "<bdi>&#60;script&#62;alert(1)&#60;/script&#62;\\u202e&#34;&#39;&#38;</bdi>";
        assert_eq!(hostile.to_string(), expected);
        assert_eq!(Outside::cut("Hämlet", 2), Outside::new("Hä…"));
        assert_eq!(Outside::cut("Hä", 2), Outside::new("Hä"));
        assert_eq!(Outside::new("Hamlet, act 2").to_string(), "<bdi>Hamlet, act 2</bdi>");
    }

    proptest! {
        #[test]
        fn no_markup_is_left(text in any::<String>()) {
            let printed = Outside::new(text).to_string();
            let inner = printed.strip_prefix("<bdi>").unwrap().strip_suffix("</bdi>").unwrap();
            let forbidden = |c: char| "<>\"'".contains(c) || is_control(c);
            prop_assert!(!inner.contains(forbidden), "{inner}");
        }
    }
}

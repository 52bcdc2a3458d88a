//! Text from outside on a page: topics, names, addresses, other systems' errors.
//!
//! Such text is printed by this type and no other. HTML is escaped, characters that are not seen or turn the reading
//! direction are spelled out as in the log, and `<bdi>` keeps its direction from the text around it.

use std::fmt;

use askama::filters::{Html, HtmlSafe, escape};

use crate::untrusted::escape_untrusted;

/// Text from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outside {
    text: String,
    /// Long addresses: a line may end before an @ or a full stop.
    is_address: bool,
}

/// Addresses up to this length fit into any column.
const ADDRESS_CHARS: usize = 20;

impl Outside {
    /// Takes the text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_address: false }
    }

    /// Takes the beginning of the text in: at most this number of characters, with an ellipsis if there are more.
    pub fn cut(text: &str, chars_max: usize) -> Self {
        match text.char_indices().nth(chars_max) {
            Some((at, _)) => Self::new(format!("{}…", text.get(..at).unwrap_or_default())),
            None => Self::new(text),
        }
    }

    /// Takes the beginning of an e-mail address in.
    pub fn address(text: &str, chars_max: usize) -> Self {
        Self { is_address: text.len() > ADDRESS_CHARS, ..Self::cut(text, chars_max) }
    }

    /// True if there is no text.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text for an attribute, a title or plain text: spelled out, without markup. The template escapes it.
    pub fn plain(&self) -> String {
        escape_untrusted(&self.text).into_owned()
    }
}

impl fmt::Display for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spelled_out = escape_untrusted(&self.text);
        let Ok(escaped) = escape(&*spelled_out, Html);
        if !self.is_address {
            return write!(f, "<bdi>{escaped}</bdi>");
        }
        let breakable = escaped.to_string().replace('@', "<wbr>@").replace('.', "<wbr>.");
        write!(f, "<bdi>{breakable}</bdi>")
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

    #[test]
    fn long_addresses_break_where_they_can_be_read() {
        let long = Outside::address("stage.manager@drama.example", 100);
        assert_eq!(long.to_string(), "<bdi>stage<wbr>.manager<wbr>@drama<wbr>.example</bdi>");
        assert_eq!(long.plain(), "stage.manager@drama.example");
        let hostile = Outside::address("<img src=x>@a.example&amp;.....", 100).to_string();
        assert!(hostile.contains("&#60;img") && !hostile.contains("<img"), "{hostile}");
        assert_eq!(Outside::address("ann@drama.example", 100).to_string(), "<bdi>ann@drama.example</bdi>");
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

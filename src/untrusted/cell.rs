//! Makes CSV cells safe: spreadsheets do not compute them, and terminals do not interpret them. Pure.
//!
//! A spreadsheet splits a line at the separator of its user's locale, which may be another one than the comma, and
//! then quotes do not keep the parts together. So text is made safe wherever a cell could begin in it.

use super::escape_untrusted;

/// Separators that a cell may begin after, in some locale or after a choice in an import dialog.
const SEPARATORS: [char; 6] = [',', ';', '\t', '|', '\n', '\r'];

/// True if a spreadsheet computes a cell that begins with this character. Includes the full-width, small,
/// superscript and subscript forms, which some locales treat as the ordinary ones.
fn begins_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r')
        || matches!(c, '\u{FF1D}' | '\u{FF0B}' | '\u{FF0D}' | '\u{FF20}')
        || matches!(c, '\u{FE66}' | '\u{FE62}' | '\u{FE63}' | '\u{FE6B}')
        || matches!(c, '\u{207A}'..='\u{207C}' | '\u{208A}'..='\u{208C}' | '\u{2212}')
}

/// True if an import may remove this character at a cell's beginning, so that the next one begins the cell.
fn is_dropped(c: char) -> bool {
    c == '"' || c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

/// Makes text safe: an apostrophe is added before anything that a spreadsheet would compute, and control characters
/// are escaped. Line ends belong to the text.
pub fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    let mut begins = true;
    for c in text.chars() {
        if begins && begins_formula(c) {
            safe.push('\'');
        }
        begins = SEPARATORS.contains(&c) || (begins && is_dropped(c));
        safe.push(c);
    }
    let lines: Vec<_> = safe.split('\n').map(escaped_line).collect();
    lines.join("\n")
}

fn escaped_line(line: &str) -> String {
    line.split('\t').map(escape_untrusted).collect::<Vec<_>>().join("\t")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_moves_a_terminal() {
        assert_eq!(cell("=HYPERLINK(\"http://evil\")"), "'=HYPERLINK(\"http://evil\")");
        for begin in ["+", "-", "@", "\t", "\r", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}", "\u{2212}"] {
            assert!(cell(&format!("{begin}1")).starts_with('\''), "{begin:?}");
        }
        assert_eq!(cell("two\nlines, \"quoted\""), "two\nlines, \"quoted\"");
        assert_eq!(cell("\u{1b}[2J"), "\\u001b[2J");
        assert_eq!(cell(""), "");
    }

    #[test]
    fn no_part_of_a_cell_is_a_formula_where_another_separator_holds() {
        let cases = [
            ("x;=cmd", "x;'=cmd"),
            ("x|+1", "x|'+1"),
            ("x\n@SUM(1)", "x\n'@SUM(1)"),
            ("x,=1", "x,'=1"),
            ("x; \u{a0}=1", "x; \u{a0}'=1"),
            ("x;\"=1\"", "x;\"'=1\""),
            ("x;\u{FF1D}1;-2", "x;'\u{FF1D}1;'-2"),
            ("x\t=1", "x\t'=1"),
            (" \u{feff}=1", " \\ufeff'=1"),
            // No cell begins here.
            ("1-2 a=b x@y", "1-2 a=b x@y"),
        ];
        for (text, safe) in cases {
            assert_eq!(cell(text), safe, "{text:?}");
        }
    }

    proptest! {
        /// However a written line is split, with or without quotes, no part begins with a formula.
        #[test]
        fn a_line_holds_no_formula_in_any_locale(
            topics in proptest::collection::vec("[a=+@;|,\t\n\r\"' \u{FF1D}\u{200B}-]{0,8}", 1..4)
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(topics.iter().map(|topic| cell(topic))).unwrap();
            let line = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            for separators in [&[',', '\n'][..], &[';', '\n'], &['\t', '\n'], &['|', '\n'], &SEPARATORS] {
                for part in line.split(separators) {
                    let first = part.chars().find(|c| !is_dropped(*c));
                    prop_assert!(!first.is_some_and(begins_formula), "{part:?} of {line:?}");
                }
            }
        }

        /// Apart from the apostrophes the text is unchanged.
        #[test]
        fn nothing_else_is_changed(topic in "[a=+@;|, \"-]{0,12}") {
            let without = |text: &str| text.replace('\'', "");
            prop_assert_eq!(without(&cell(&topic)), topic);
        }
    }
}

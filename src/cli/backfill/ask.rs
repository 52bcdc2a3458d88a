//! Asks for consent. If old recordings will be removed at Zoom, the answer must name that.

use std::io::{self, BufRead, Write};

use crate::cli::CliError;
use crate::config::AfterArchive;

/// The word that the consent must contain.
fn word(after: AfterArchive) -> Option<&'static str> {
    match after {
        AfterArchive::Keep => None,
        AfterArchive::Trash => Some("trash"),
        AfterArchive::Delete => Some("delete"),
    }
}

/// The effect of `AFTER_ARCHIVE`, as a sentence.
pub(super) fn afterwards(after: AfterArchive) -> &'static str {
    match after {
        AfterArchive::Keep => "Zoom keeps its copies (AFTER_ARCHIVE=keep).",
        AfterArchive::Trash => {
            "Once proved, Zoom's copies go to Zoom's trash for 30 days (AFTER_ARCHIVE=trash)."
        }
        AfterArchive::Delete => "Once proved, Zoom's copies are DELETED FOR GOOD (AFTER_ARCHIVE=delete).",
    }
}

/// True if `--yes` gives the consent; false if a person must be asked.
///
/// # Errors
/// When `--yes` does not match the settings, or is missing and there is no terminal to ask.
pub(super) fn is_agreed(
    yes: Option<&str>,
    after: AfterArchive,
    can_be_asked: bool,
) -> Result<bool, CliError> {
    let demanded = word(after).unwrap_or_default();
    let flag = word(after).map_or("--yes".to_owned(), |word| format!("--yes={word}"));
    match yes {
        Some(said) if said == demanded => Ok(true),
        Some("") => Err(CliError::Usage(format!("AFTER_ARCHIVE={demanded} requires {flag}"))),
        Some(said) => {
            let name = word(after).unwrap_or("keep");
            Err(CliError::Usage(format!("--yes={said} does not match AFTER_ARCHIVE={name}: expected {flag}")))
        }
        None if can_be_asked => Ok(false),
        None => Err(CliError::Usage(format!(
            "there is no terminal to ask for consent: give {flag}, or --dry-run for an estimate only"
        ))),
    }
}

/// Asks a person.
///
/// # Errors
/// When the answer cannot be read.
pub(super) fn ask(out: &mut dyn Write, input: &mut dyn BufRead, after: AfterArchive) -> io::Result<bool> {
    match word(after) {
        None => write!(out, "Bring them over? [y/N] ")?,
        Some(word) => write!(out, "Type {word} to bring them over and {word} them at Zoom: ")?,
    }
    out.flush()?;
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    let answer = answer.trim();
    Ok(match word(after) {
        None => answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes"),
        Some(word) => answer == word,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(answer: &str, after: AfterArchive) -> bool {
        ask(&mut Vec::new(), &mut answer.as_bytes(), after).unwrap()
    }

    #[test]
    fn only_a_clear_yes_begins_it() {
        for (answer, goes) in [("y\n", true), ("YES\n", true), ("\n", false), ("", false), ("n\n", false)] {
            assert_eq!(says(answer, AfterArchive::Keep), goes, "{answer:?}");
        }
    }

    #[test]
    fn what_is_taken_away_must_be_typed() {
        for after in [AfterArchive::Trash, AfterArchive::Delete] {
            assert!(!says("y\n", after) && !says("yes\n", after) && !says("\n", after));
        }
        assert!(says("trash\n", AfterArchive::Trash) && !says("trash\n", AfterArchive::Delete));
        assert!(says(" delete \n", AfterArchive::Delete) && !says("delete\n", AfterArchive::Trash));
    }

    #[test]
    fn scripts_must_say_just_what_the_settings_do() {
        let agreed = |yes, after| is_agreed(yes, after, false).map_err(|error| error.to_string());
        assert_eq!(agreed(Some(""), AfterArchive::Keep), Ok(true));
        assert_eq!(agreed(Some("trash"), AfterArchive::Trash), Ok(true));
        let wrong = [
            (Some(""), AfterArchive::Trash),
            (Some("trash"), AfterArchive::Delete),
            (Some("trash"), AfterArchive::Keep),
            (None, AfterArchive::Keep),
        ];
        for (yes, after) in wrong {
            assert!(agreed(yes, after).is_err_and(|hint| hint.contains("--yes")), "{yes:?} {after:?}");
        }
        assert_eq!(is_agreed(None, AfterArchive::Delete, true).ok(), Some(false));
    }
}

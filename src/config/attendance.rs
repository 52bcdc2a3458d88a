//! Settings of attendance.

use std::time::Duration;

use super::{Reader, values};
use crate::attendance::{IdPattern, Options, Output};
use crate::rules::Glob;

/// Written in `ATTENDANCE_IGNORE` when no name is left out: an empty value means the default.
const NO_PATTERN: &str = "none";

/// What is counted, and in which form it is written.
#[derive(Debug, Clone, Default)]
pub struct AttendanceConfig {
    /// The form beside each recording. A rule may set another one.
    pub output: Output,
    /// When somebody is late, left early or was there too short, and if addresses are written.
    pub options: Options,
    /// Display names that are no people.
    pub ignore: Vec<Glob>,
}

impl AttendanceConfig {
    /// True if this display name is no person's, such as a note-taker's.
    pub fn ignores(&self, name: &str) -> bool {
        self.ignore.iter().any(|glob| glob.matches(name))
    }
}

pub(super) fn attendance(reader: &mut Reader) -> Option<AttendanceConfig> {
    let output = reader.parsed("ATTENDANCE", Output::EXPECTED, Output::parse);
    let emails = reader.parsed("ATTENDANCE_EMAILS", "`yes` or `no`", |text| match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    });
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    let mut span = |name| reader.parsed(name, "a duration such as 10m", values::duration).map(seconds);
    let late_after = span("ATTENDANCE_LATE_AFTER");
    let leave_early = span("ATTENDANCE_LEAVE_EARLY");
    let min_share = reader.parsed("ATTENDANCE_MIN_SHARE", "a percentage from 1 to 100", percent);
    let ignore = reader.text("ATTENDANCE_IGNORE").unwrap_or_default();
    let id_pattern = reader.text("ROSTER_ID_PATTERN").and_then(|text| {
        IdPattern::new(&text).map_err(|error| reader.fault("ROSTER_ID_PATTERN", &error)).ok()
    });
    let hides_emails = !emails?;
    let options =
        Options { late_after, leave_early, min_share, id_pattern, hides_emails, ..Options::default() };
    Some(AttendanceConfig { output: output?, options, ignore: globs(&ignore) })
}

/// A percentage from 1 to 100, with or without its sign.
pub fn percent(text: &str) -> Option<u8> {
    let number = text.strip_suffix('%').unwrap_or(text).trim_end();
    number.parse().ok().filter(|number| (1..=100).contains(number))
}

/// Patterns of names, separated by commas.
pub fn globs(text: &str) -> Vec<Glob> {
    let patterns = text.split(',').map(str::trim).filter(|pattern| !pattern.is_empty());
    patterns.filter(|pattern| *pattern != NO_PATTERN).map(Glob::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<AttendanceConfig, String> {
        let mut reader = Reader::from_pairs(pairs.iter().copied());
        let read = attendance(&mut reader);
        reader.finish_with(read).map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_write_nothing_and_leave_note_takers_out() {
        let config = read(&[]).unwrap();
        assert_eq!(config.output, Output::No);
        assert!(!config.options.hides_emails);
        assert!(config.options.late_after.is_none() && config.options.min_share.is_none());
        for (name, is_ignored) in [
            ("Ann's Notetaker", true),
            ("Otter.ai", true),
            ("read.ai meeting notes", true),
            ("bread.ai baker", false),
        ] {
            assert_eq!(config.ignores(name), is_ignored, "{name}");
        }
        assert!(!read(&[("ATTENDANCE_IGNORE", "none")]).unwrap().ignores("Otter.ai"));
    }

    #[test]
    fn thresholds_and_the_form_are_read() {
        let config = read(&[
            ("ATTENDANCE", "sheet"),
            ("ATTENDANCE_EMAILS", "no"),
            ("ATTENDANCE_LATE_AFTER", "10m"),
            ("ATTENDANCE_LEAVE_EARLY", "900s"),
            ("ATTENDANCE_MIN_SHARE", "50%"),
        ])
        .unwrap();
        assert_eq!(config.output, Output::Sheet);
        let options = &config.options;
        assert!(options.hides_emails);
        assert_eq!(
            (options.late_after, options.leave_early, options.min_share),
            (Some(600), Some(900), Some(50))
        );
    }

    #[test]
    fn a_wrong_value_is_told_with_its_variable() {
        for (name, value) in [
            ("ATTENDANCE", "xlsx"),
            ("ATTENDANCE_EMAILS", "maybe"),
            ("ATTENDANCE_LATE_AFTER", "10"),
            ("ATTENDANCE_LEAVE_EARLY", "-5m"),
            ("ATTENDANCE_MIN_SHARE", "150"),
            ("ROSTER_ID_PATTERN", "^[0-9]+"),
            ("ROSTER_ID_PATTERN", "("),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.contains(name), "{name}={value}: {error}");
        }
    }
}

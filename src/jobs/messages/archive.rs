//! Problems of the archive itself: copies that are not on Drive as they were proved, and a verification that fails.

use super::Level;
use super::conditions::{Condition, SWEEP_GRACE};
use super::words::{REASON_CHARS_MAX, line, lines, time};
use crate::jobs::VerificationState;
use crate::jobs::verification::Fault;

/// Keys of the problems below: copies that differ, and a verification that fails.
pub const VERIFY_KEYS: [&str; 2] = ["verify", "verify-blind"];

/// Copies that differ. Copies that were only moved, or could not be read, are not lost.
pub(super) fn archive_differs(verification: &VerificationState) -> Option<Condition> {
    let (wrong, summary) = (verification.wrong_files(), verification.summary());
    let is_harmless = |fault: Fault| matches!(fault, Fault::Moved | Fault::Unreadable);
    let level = match verification.wrong.iter().all(|(fault, _)| is_harmless(*fault)) {
        true => Level::Warning,
        false => Level::Error,
    };
    let listed: Vec<String> =
        verification.listed.iter().map(|one| format!("  {}", line(one, REASON_CHARS_MAX))).collect();
    let subject = format!("{wrong} archived file(s) are not on Drive as they were proved: {summary}");
    let text = format!(
        "Drive was asked about every archived file. These are not there, or not as they were proved:\n\n{}\n\n\
         Each line says what can still be done. Who changed a file is in Drive under its activity. A file that is mended \
         is no longer listed after the next look.\n\n  zoom2drive verify --known     all of them\n  \
         zoom2drive verify             ask again now\n",
        listed.join("\n")
    );
    (wrong > 0).then(|| Condition::new(VERIFY_KEYS[0], level, subject, text))
}

/// Drive cannot be asked: then nobody notices a loss.
pub(super) fn verification_fails(verification: &VerificationState) -> Option<Condition> {
    let since = verification.failing_since?;
    let text = format!(
        "Since {}: {}\n\nUntil Drive can be asked, nobody notices if an archived file is missing or changed. New recordings are \
         not affected by this alone.\n\n  zoom2drive jobs status\n  zoom2drive doctor\n",
        time(since),
        lines(&verification.failure, REASON_CHARS_MAX)
    );
    let subject = "The archive cannot be verified".to_owned();
    Some(Condition { grace: SWEEP_GRACE, ..Condition::new(VERIFY_KEYS[1], Level::Warning, subject, text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(wrong: Vec<(Fault, u64)>) -> VerificationState {
        let listed = vec!["job 7: missing a\u{202e}b.mp4: zoom2drive jobs retry 7".to_owned()];
        VerificationState { wrong, listed, ..VerificationState::default() }
    }

    #[test]
    fn a_loss_is_an_error_and_a_move_is_a_warning() {
        assert_eq!(archive_differs(&state(Vec::new())), None);
        let lost = archive_differs(&state(vec![(Fault::Missing, 1), (Fault::Moved, 1)])).unwrap();
        assert_eq!((lost.key.as_str(), lost.level), ("verify", Level::Error));
        assert!(lost.subject.contains("2 archived file(s)") && lost.subject.contains("1 missing, 1 moved"));
        assert!(lost.text.contains("zoom2drive jobs retry 7") && !lost.text.contains('\u{202e}'));
        let moved = archive_differs(&state(vec![(Fault::Moved, 1)])).unwrap();
        assert_eq!(moved.level, Level::Warning);
    }

    #[test]
    fn a_verification_that_fails_is_told_after_hours() {
        assert_eq!(verification_fails(&VerificationState::default()), None);
        let failing = VerificationState {
            failing_since: Some(1_772_400_000_000),
            failure: "Drive cannot be asked".to_owned(),
            ..VerificationState::default()
        };
        let told = verification_fails(&failing).unwrap();
        assert!(told.key == "verify-blind" && told.grace == SWEEP_GRACE);
        assert!(told.text.contains("Drive cannot be asked"), "{}", told.text);
    }
}

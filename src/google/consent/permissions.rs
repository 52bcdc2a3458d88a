//! What a person is asked to allow, as scopes, and what does not work without each. Pure.

use crate::google::auth::{SCOPE_CALENDAR, SCOPE_DRIVE, SCOPE_GMAIL_SEND, SCOPE_MEET_FILES, SCOPE_MEET_READ};

/// Access to the files and folders that this app created, and no others.
pub const SCOPE_DRIVE_FILE: &str = "https://www.googleapis.com/auth/drive.file";

/// The part of Drive that the person is asked to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriveScope {
    /// All of Drive.
    Drive,
    /// Only files and folders that this app created.
    OwnFiles,
}

/// What the person is asked to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions {
    pub drive: DriveScope,
    /// True to send mail as this person.
    pub mail: bool,
    /// True to read this person's meetings of Google Meet.
    pub meet: bool,
}

/// The scopes of Meet. The directory's scope is not among them: a person's login acts for nobody else, so a list of
/// all users is of no use to it, and many organisations let only admins consent to it.
const MEET_SCOPES: [&str; 3] = [SCOPE_MEET_READ, SCOPE_MEET_FILES, SCOPE_CALENDAR];

impl Permissions {
    /// The scopes that the person is asked for.
    pub fn scopes(self) -> Vec<&'static str> {
        let drive = match self.drive {
            DriveScope::Drive => SCOPE_DRIVE,
            DriveScope::OwnFiles => SCOPE_DRIVE_FILE,
        };
        let mail = self.mail.then_some(SCOPE_GMAIL_SEND);
        let meet = self.meet.then_some(MEET_SCOPES).into_iter().flatten();
        [drive].into_iter().chain(mail).chain(meet).collect()
    }
}

/// True if one of the granted scopes includes this one.
pub fn is_included(scope: &str, granted: &[&str]) -> bool {
    granted.contains(&scope) || (scope == SCOPE_MEET_FILES && granted.contains(&SCOPE_DRIVE))
}

/// What does not work without a scope of Meet. `None` for a scope without which a login is of no use.
pub fn loss_without(scope: &str) -> Option<&'static str> {
    match scope {
        SCOPE_MEET_READ => Some("no command of `meet` can read meetings, except `meet upcoming`"),
        SCOPE_MEET_FILES => Some("`meet bring` cannot read recordings, transcripts and notes"),
        SCOPE_CALENDAR => Some("`meet upcoming` does not work, and past meetings have no titles"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meet_adds_its_scopes_each_with_its_loss_and_takes_none_away() {
        for (drive, mail) in [(DriveScope::Drive, false), (DriveScope::OwnFiles, true)] {
            let [without, with] = [false, true].map(|meet| Permissions { drive, mail, meet }.scopes());
            let (kept, added) = with.split_at(without.len());
            assert_eq!((kept, added), (&without[..], &MEET_SCOPES[..]));
            assert!(without.iter().all(|scope| loss_without(scope).is_none()), "{without:?}");
        }
        assert!(MEET_SCOPES.iter().all(|scope| loss_without(scope).is_some()));
    }
}

//! Decides what happens to a listed recording, with the reason if it is left out. Pure.

use std::fmt;

use super::scope::Scope;
use crate::jobs::{FileRecord, Job, JobId, Standing};
use crate::recording::{FileStatus, Recording, RecordingFile};
use crate::sweep::is_missing;

/// What happens to a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Classification {
    /// It is not or not completely archived: its job begins.
    Bring,
    /// Its job is active already.
    UnderWay(JobId),
    /// Its job waits for a person.
    Parked(JobId),
    /// It is left out.
    Skip(Reason),
}

/// Why a recording is left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// All listed files are on Drive.
    Archived,
    /// An operator has cancelled its job.
    CalledOff,
    /// This rule excludes it.
    Unwanted(String),
    /// Zoom still processes its files.
    Processing,
    NoFiles,
    /// Its files are on the customer's own machines: Zoom does not have them.
    OnPremises,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Archived => "archived already",
            Self::CalledOff => "cancelled (`jobs retry` makes it active again)",
            Self::Unwanted(rule) => rule,
            Self::Processing => "Zoom is still processing it (its event comes later)",
            Self::NoFiles => "has no files",
            Self::OnPremises => "stored on your own machines, not at Zoom",
        })
    }
}

/// The files that are ready now.
pub fn ready(recording: &Recording) -> impl Iterator<Item = &RecordingFile> {
    recording.files.iter().filter(|file| file.status == FileStatus::Completed && file.download.is_some())
}

/// Classifies a recording by its job and its files. An archived recording is classified as archived even if a rule
/// excludes it now.
pub fn classification(
    scope: &Scope,
    listed: &Recording,
    known: Option<(&Job, &[FileRecord])>,
) -> Classification {
    match known {
        Some((job, _)) if job.standing == Standing::Cancelled => Classification::Skip(Reason::CalledOff),
        known if is_missing(known, listed) => bring(scope, listed),
        Some((job, _)) => match job.standing {
            Standing::Active => Classification::UnderWay(job.id),
            Standing::Parked => Classification::Parked(job.id),
            Standing::Finished | Standing::Cancelled => Classification::Skip(Reason::Archived),
        },
        // No file is ready.
        None => match bring(scope, listed) {
            Classification::Bring => Classification::Skip(Reason::NoFiles),
            classification => classification,
        },
    }
}

fn bring(scope: &Scope, listed: &Recording) -> Classification {
    if let Err(reason) = scope.wanted(listed) {
        return Classification::Skip(reason);
    }
    if ready(listed).next().is_some() {
        return Classification::Bring;
    }
    let is_made = listed.files.iter().any(|file| file.status == FileStatus::Processing);
    Classification::Skip(match listed.files.is_empty() {
        true => Reason::NoFiles,
        false if is_made => Reason::Processing,
        false => Reason::OnPremises,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::recording::listing;
    use crate::rules::{Glob, Rules};
    use crate::zoom::Days;

    fn listed(files: &Value) -> Recording {
        listing::read(&json!({"uuid": "u", "topic": "Talk", "recording_files": files})).unwrap()
    }

    fn fate_of(files: &Value) -> Classification {
        let day = "2026-01-01".parse().unwrap();
        let scope = Scope {
            days: Days { from: day, to: day },
            users: Vec::new(),
            skip: Vec::new(),
            rules: Rules::default(),
        };
        classification(&scope, &listed(files), None)
    }

    #[test]
    fn what_zoom_does_not_have_is_passed_over_and_said_why() {
        let video = json!({"id": "a", "file_type": "MP4", "download_url": "https://zoom.us/1"});
        let busy = json!({"id": "b", "file_type": "", "status": "processing"});
        let at_home = json!({"id": "c", "file_type": "MP4", "file_path": "/mnt/c.mp4"});
        assert_eq!(fate_of(&json!([])), Classification::Skip(Reason::NoFiles));
        assert_eq!(fate_of(&json!([busy])), Classification::Skip(Reason::Processing));
        assert_eq!(fate_of(&json!([at_home])), Classification::Skip(Reason::OnPremises));
        assert_eq!(fate_of(&json!([busy, at_home, video])), Classification::Bring);
    }

    #[test]
    fn what_is_not_wanted_says_by_which_rule() {
        let day = "2026-01-01".parse().unwrap();
        let skip = vec![Glob::new("talk")];
        let scope =
            Scope { days: Days { from: day, to: day }, users: Vec::new(), skip, rules: Rules::default() };
        let video = json!([{"id": "a", "file_type": "MP4", "download_url": "https://zoom.us/1"}]);
        let unwanted = Classification::Skip(Reason::Unwanted("--skip talk".into()));
        assert_eq!(classification(&scope, &listed(&video), None), unwanted);
    }
}

//! What is to become of a listed recording, and why nothing, if nothing. Pure.

use std::fmt;

use super::scope::Scope;
use crate::jobs::{FileRecord, Job, JobId, Standing};
use crate::recording::{FileStatus, Recording, RecordingFile};
use crate::sweep::is_missing;

/// What is to become of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Classification {
    /// It is not archived, or not all of it: its job is begun.
    Bring,
    /// Its job is at it already.
    UnderWay(JobId),
    /// Its job waits for a person.
    Parked(JobId),
    /// It is passed over.
    Skip(Reason),
}

/// Why a recording is passed over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Everything that Zoom lists of it is on Drive.
    Archived,
    /// An operator has called its job off.
    CalledOff,
    /// It is not wanted, by this rule.
    Unwanted(String),
    /// Zoom still makes its files.
    Processing,
    /// There are none.
    NoFiles,
    /// Its files are on the account's own machines: Zoom has no bytes of them.
    OnPremises,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Archived => "archived already",
            Self::CalledOff => "called off (`jobs retry` brings it back)",
            Self::Unwanted(rule) => rule,
            Self::Processing => "Zoom is still making it (it comes by itself)",
            Self::NoFiles => "has no files",
            Self::OnPremises => "kept on your own machines, not at Zoom",
        })
    }
}

/// The files that could be had at this moment.
pub fn ready(recording: &Recording) -> impl Iterator<Item = &RecordingFile> {
    recording.files.iter().filter(|file| file.status == FileStatus::Completed && file.download.is_some())
}

/// Decides, by what is known of it. What is archived is called that also when it is not wanted any more.
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
        // Nothing of it is ready.
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

//! Verification of the archive: compares a copy's state on Drive with what was proved about it, and says what can
//! still be done about a difference. Pure.

use std::fmt;
use std::time::Duration;

use super::meeting_file::folder_link;
use super::{Job, JobId, Millis, SentFile, ZoomCopy, age};
use crate::recording::{FileKey, Source};

/// Name of the singleton that verifies the archive.
pub const VERIFY_SINGLETON: &str = "verify";

/// Zoom's trash keeps a recording for 30 days (Zoom's guide).
pub const ZOOM_TRASH_KEEPS: Duration = Duration::from_secs(30 * 24 * 3600);

/// Most findings that a message lists.
pub const LISTED_MAX: usize = 10;

/// A copy as Drive describes it at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DriveState {
    /// Drive knows no such file, or does not show it to this account.
    Absent,
    /// Drive refuses to describe it.
    Denied(String),
    /// Drive has it.
    Held(Held),
}

/// What Drive says about a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Held {
    pub size: Option<u64>,
    /// Lower-case hex. Drive sends it "if available".
    pub sha256: Option<String>,
    /// Also true if a folder above it is in the trash.
    pub trashed: bool,
    /// Drive allows one.
    pub parents: Vec<String>,
}

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The proved bytes, in their folder, outside of the trash.
    Equal,
    /// The copy differs from what was proved.
    Wrong(Fault, String),
}

/// How a copy differs from what was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Drive has no such file, or no longer shows it to this account.
    Missing,
    /// The file or a folder above it is in Drive's trash.
    Trashed,
    /// Size or SHA-256 is another.
    Changed,
    /// The proved bytes, in another folder.
    Moved,
    /// Drive does not say enough about it: this is not known to be good.
    Unreadable,
}

impl Fault {
    /// Every fault, the worst first.
    pub const ALL: [Fault; 5] =
        [Fault::Missing, Fault::Trashed, Fault::Changed, Fault::Moved, Fault::Unreadable];

    /// The stored and displayed name.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Missing => "missing",
            Fault::Trashed => "trashed",
            Fault::Changed => "changed",
            Fault::Moved => "moved",
            Fault::Unreadable => "unreadable",
        }
    }

    /// Parses a stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Compares the state of a copy with what was sent and proved, and with the folder that it was put into.
pub fn judge(sent: &SentFile, folder_id: &str, now: &DriveState) -> Verdict {
    let held = match now {
        DriveState::Absent => return Verdict::Wrong(Fault::Missing, String::new()),
        DriveState::Denied(why) => return Verdict::Wrong(Fault::Unreadable, why.clone()),
        DriveState::Held(held) => held,
    };
    if held.trashed {
        return Verdict::Wrong(Fault::Trashed, String::new());
    }
    let has_other_size = held.size.is_some_and(|size| size != sent.size);
    let has_other_bytes =
        held.sha256.as_ref().is_some_and(|sha256| !sha256.eq_ignore_ascii_case(&sent.sha256));
    if has_other_size || has_other_bytes {
        return Verdict::Wrong(Fault::Changed, described(held));
    }
    if held.size.is_none() || held.sha256.is_none() {
        let why = "Drive reports no size or no SHA-256 of it at the moment";
        return Verdict::Wrong(Fault::Unreadable, why.to_owned());
    }
    if !held.parents.iter().any(|parent| parent == folder_id) {
        return Verdict::Wrong(Fault::Moved, held.parents.first().cloned().unwrap_or_default());
    }
    Verdict::Equal
}

fn described(held: &Held) -> String {
    let size = held.size.map(|size| format!("{size} bytes"));
    let sha256 = held.sha256.as_ref().map(|sha256| format!("SHA-256 {sha256}"));
    size.into_iter().chain(sha256).collect::<Vec<_>>().join(", ")
}

/// A file of the archive that was asked about, and the result.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct CheckedFile {
    pub job: JobId,
    pub key: FileKey,
    pub version: u32,
    /// File name in Drive.
    pub name: String,
    pub drive_id: String,
    /// What was proved.
    pub sent: SentFile,
    pub verdict: Verdict,
}

/// A copy that differs from what was proved, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct VerifyFinding {
    pub job: JobId,
    pub key: FileKey,
    pub version: u32,
    /// File name in Drive.
    pub name: String,
    pub drive_id: String,
    pub fault: Fault,
    /// What Drive has instead: another content, another folder's id, a refusal.
    pub detail: String,
    /// When the difference was first found.
    pub since: Millis,
    /// When it was last found.
    pub seen_at: Millis,
}

/// What is known about the whole archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerificationState {
    /// Start of the pass that is under way; `None` between two passes.
    pub began_at: Option<Millis>,
    /// Files that the pass under way has asked about.
    pub looked: u64,
    /// End of the last whole pass.
    pub ended_at: Option<Millis>,
    /// Files that it asked about.
    pub files: u64,
    /// Since when Drive cannot be asked; `None` if it can.
    pub failing_since: Option<Millis>,
    /// Why Drive cannot be asked.
    pub failure: String,
    /// Known differences, by fault. Faults without any are absent.
    pub wrong: Vec<(Fault, u64)>,
    /// The first of them, as lines for people.
    pub listed: Vec<String>,
}

impl VerificationState {
    /// The state for those who look for problems. What a pass could not do is no news once the settings have none.
    #[must_use]
    pub fn watched(mut self, has_passes: bool) -> Self {
        self.failing_since = self.failing_since.filter(|_| has_passes);
        self
    }

    /// Number of copies that are known to differ.
    pub fn wrong_files(&self) -> u64 {
        self.wrong.iter().map(|(_, count)| count).sum()
    }

    /// The differences in words, such as `2 missing, 1 moved`; empty if there are none.
    pub fn summary(&self) -> String {
        self.wrong.iter().map(|(fault, count)| format!("{count} {fault}")).collect::<Vec<_>>().join(", ")
    }
}

/// Where the original of a copy is, as far as the service knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Original {
    /// Zoom lists it: the service has not removed it, or it was recovered.
    AtZoom,
    /// In Zoom's trash, until this moment.
    InTrash(Millis),
    /// Removed at a moment that an earlier release did not note: maybe still in the trash.
    MaybeInTrash,
    /// Zoom's trash has dropped it, or it was deleted for good.
    Gone,
    /// In the Drive of Meet's organiser.
    WithOrganiser,
}

/// Where the original of a recording is. `trash_until` is the end of its time in Zoom's trash, if the service has put
/// it there and noted that.
pub fn original(job: &Job, trash_until: Option<Millis>, now: Millis) -> Original {
    if job.recording.source() == Source::Meet {
        return Original::WithOrganiser;
    }
    match (job.zoom_copy, trash_until) {
        (ZoomCopy::Untouched | ZoomCopy::Recovered, _) => Original::AtZoom,
        (ZoomCopy::PutAway, Some(until)) if until > now => Original::InTrash(until),
        (ZoomCopy::PutAway, Some(_)) => Original::Gone,
        // A job never changes before its copy is removed: the trash ends at the latest this long after its last change.
        (ZoomCopy::PutAway, None) if age(job.updated_at, now) > ZOOM_TRASH_KEEPS => Original::Gone,
        (ZoomCopy::PutAway, None) => Original::MaybeInTrash,
    }
}

/// What a person can still do about a copy that differs.
pub fn remedy(job: JobId, fault: Fault, detail: &str, original: Original) -> String {
    match fault {
        Fault::Trashed => format!(
            "take it out of Drive's trash, which keeps it for 30 days; or else: {}",
            again(job, original)
        ),
        Fault::Moved if detail.is_empty() => "move it back into its folder".to_owned(),
        Fault::Moved => format!("it is now in {}; move it back", folder_link(detail)),
        Fault::Unreadable => "the next look asks again; check the account's role on its folder".to_owned(),
        Fault::Changed => format!(
            "restore the old version in Drive (right click, Manage versions); or else: {}",
            again(job, original)
        ),
        Fault::Missing => again(job, original),
    }
}

/// How to archive it once more.
fn again(job: JobId, original: Original) -> String {
    match original {
        Original::AtZoom => format!("zoom2drive jobs retry {job} (Zoom still has it)"),
        Original::WithOrganiser => {
            format!("zoom2drive jobs retry {job} (the original is in its organiser's Drive)")
        }
        Original::InTrash(until) => {
            format!("zoom2drive recover {job} --archive-again (Zoom's trash has it until {})", day(until))
        }
        Original::MaybeInTrash => {
            format!("zoom2drive recover {job} --archive-again (Zoom's trash may still have it)")
        }
        Original::Gone => "gone: neither Zoom nor its trash has it any more".to_owned(),
    }
}

/// The day (UTC) of a stored time.
pub fn day(at: Millis) -> String {
    let day = jiff::Timestamp::from_millisecond(at).map(|at| at.strftime("%Y-%m-%d").to_string());
    day.unwrap_or_default()
}

#[cfg(test)]
mod tests;

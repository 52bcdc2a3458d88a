//! The results of reading a file at Zoom: complete, not ready yet, or a case for a person. Pure.
//!
//! Zoom may list a file as completed and return an empty body, a part of it, or another length than listed. One
//! answer proves little, and a second one a moment later proves no more: only readings with enough time between them
//! count. `first` is everywhere the first wait after a failure; the times here are meant for a `first` of one second
//! or more.

use std::time::Duration;

use super::{FileRecord, FileState, Millis, SentFile, age, retry};
use crate::recording::content::Body;
use crate::recording::{Medium, Recording, RecordingFile};

/// A file without content is requested for at least this time, whatever the late-file window. Zoom was observed to
/// take hours.
pub const EMPTY_FOR_MIN: Duration = Duration::from_secs(24 * 3600);

/// Longest wait between two requests of a file without content.
const EMPTY_WAIT_MAX: Duration = Duration::from_secs(3600);

/// Readings of a video or audio with another length than listed must agree over this time.
pub const ODD_FOR: Duration = Duration::from_secs(24 * 3600);

/// Shortest wait between two requests of such a file: each may read all of it.
const ODD_WAIT_MIN: Duration = Duration::from_secs(15 * 60);

/// Longest wait between two of them.
const ODD_WAIT_MAX: Duration = Duration::from_secs(6 * 3600);

/// Minimum time between two readings that are to confirm each other, also where the late-file window is shorter. Zoom
/// replaces texts within minutes of their first listing.
pub const APART_MIN: Duration = Duration::from_secs(3600);

/// Maximum number of archived versions while a file's listing stays the same. A file that changes at every reading
/// would fill a folder.
pub const CONTENT_VERSIONS_MAX: usize = 5;

/// Results of readings at Zoom, in addition to the archived one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readings {
    /// Since when Zoom returns an empty body.
    pub empty_since: Option<Millis>,
    /// A video or audio with a complete response of another length than listed.
    pub odd: Option<OddReading>,
    /// When the last check read the archived bytes again at Zoom.
    pub confirmed_at: Option<Millis>,
}

/// A video or audio with another length than listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddReading {
    /// When the first of the agreeing readings took place.
    pub since: Millis,
    /// Length and digest of the reading; the digest is empty while only the length is known.
    pub streamed: SentFile,
    /// Whether the readings agreed for long enough, so that the file is archived with this length.
    pub accepted: bool,
}

/// The next action for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Archive it with the bytes that were read.
    Archive,
    /// It is not ready: request it again after this time.
    Wait(Duration),
    /// It stayed incomplete for too long: a person must decide.
    Person,
}

/// Judges a body by its length and content. `waited` is the time since Zoom's first empty answer, `first` the first
/// wait.
///
/// A text with exactly the listed length is complete: a meeting in which nobody speaks has a transcript without a
/// cue. A listed size of 0 proves nothing: a text without content is accepted in the end; a video never is.
pub fn judge(
    file: &RecordingFile,
    body: Body,
    waited: Duration,
    window: Duration,
    first: Duration,
) -> Judgement {
    let is_media = matches!(file.medium(), Medium::Video | Medium::Audio);
    let is_as_listed = file.listed_size() == Some(body.size);
    if !body.is_empty || (is_as_listed && !is_media) {
        return Judgement::Archive;
    }
    if waited < window.max(retry::scaled(EMPTY_FOR_MIN, first)) {
        return Judgement::Wait((waited / 2).clamp(first.min(EMPTY_WAIT_MAX), EMPTY_WAIT_MAX));
    }
    if file.listed_size().is_none() && !is_media { Judgement::Archive } else { Judgement::Person }
}

/// The next action for a video or audio whose length is not the listed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OddStep {
    /// The length is new: record it, and list the recording again.
    Note,
    /// Read the whole file, then record or compare it.
    Read,
    /// The readings agree so far: read again after this time.
    Wait(Duration),
}

/// The next action, from the recorded reading and the announced length (`None` where only a reading shows it).
pub fn odd_step(known: Option<&OddReading>, announced: Option<u64>, now: Millis, first: Duration) -> OddStep {
    let Some(known) = known else { return OddStep::Note };
    if announced.is_some_and(|announced| announced != known.streamed.size) {
        return OddStep::Note;
    }
    let age = age(known.since, now);
    if known.streamed.sha256.is_empty() || announced.is_none() || age >= retry::scaled(ODD_FOR, first) {
        return OddStep::Read;
    }
    OddStep::Wait(odd_wait(age, first))
}

/// Records a complete reading. The result says whether the file is archived with that length.
pub fn after_reading(
    known: Option<&OddReading>,
    reading: &SentFile,
    now: Millis,
    first: Duration,
) -> OddReading {
    match known.filter(|known| known.streamed == *reading) {
        Some(known) => {
            OddReading { accepted: age(known.since, now) >= retry::scaled(ODD_FOR, first), ..known.clone() }
        }
        None => OddReading { since: now, streamed: reading.clone(), accepted: false },
    }
}

/// The wait before the next request of a file whose readings have agreed for `age`.
pub fn odd_wait(age: Duration, first: Duration) -> Duration {
    (age / 2).clamp(retry::scaled(ODD_WAIT_MIN, first), ODD_WAIT_MAX)
}

/// Whether the length alone does not prove the archived bytes. Then the last check before the removal of Zoom's copy
/// must read the file again: its length is not the listed one, none is listed, or another listed file may be meant.
pub fn demands_reading(listing: &Recording, file: &RecordingFile, archived: &SentFile) -> bool {
    file.listed_size() != Some(archived.size) || listing.is_ambiguous(file)
}

/// The same, limited to cases where a reading can prove something: a copy whose length differs from an exact listed
/// size is never proved, and a file that changed at every reading is given up.
pub fn must_be_read(listing: &Recording, file: &RecordingFile, archived: &SentFile, versions: usize) -> bool {
    let may_be_proved = file.exact_size().is_none_or(|exact| exact == archived.size);
    versions < CONTENT_VERSIONS_MAX && may_be_proved && demands_reading(listing, file, archived)
}

/// Remaining time before a reading counts as evidence for the archived bytes.
pub fn too_early(archived_at: Option<Millis>, now: Millis, first: Duration) -> Option<Duration> {
    let age = archived_at.map_or(Duration::MAX, |at| age(at, now));
    retry::scaled(APART_MIN, first).checked_sub(age).filter(|wait| !wait.is_zero())
}

/// The verified versions of a listed file, the newest first.
pub fn versions<'a>(records: &'a [FileRecord], file: &RecordingFile) -> Vec<&'a FileRecord> {
    let is_copy = |record: &&FileRecord| record.stands_for(file) && record.archived().is_some();
    let mut found: Vec<&FileRecord> = records.iter().filter(is_copy).collect();
    found.sort_by_key(|record| std::cmp::Reverse(record.version));
    found
}

impl FileRecord {
    /// The file that Zoom must send: as listed, or with the length that was accepted in its place.
    pub fn expected(&self) -> RecordingFile {
        let mut file = self.file.clone();
        if let Some(odd) = self.readings.odd.as_ref().filter(|odd| odd.accepted) {
            file.size = Some(odd.streamed.size);
        }
        file
    }

    /// The archived bytes, once Drive has exactly them.
    pub fn archived(&self) -> Option<&SentFile> {
        match &self.state {
            FileState::Verified(streamed) => Some(streamed),
            FileState::Wanted | FileState::Transferred(_) | FileState::Skipped(_) => None,
        }
    }

    /// A note on a video or audio whose archived length is not the listed one; `None` for all others.
    pub fn length_note(&self) -> Option<String> {
        let streamed = self.archived()?;
        let listed = self.file.exact_size().filter(|listed| *listed != streamed.size)?;
        Some(format!("{} has {} bytes, and Zoom lists {listed}", self.name, streamed.size))
    }
}

#[cfg(test)]
mod tests;

//! What readings at Zoom say about a file: ready, not ready yet, or what nobody but a person can judge. Pure.
//!
//! Zoom may list a file as completed and answer with nothing in it, with less of it, or with another length than
//! it lists. One answer proves little, and a second one a moment later no more: only readings that lie far enough
//! apart do. `first` is everywhere the first wait after a failure; the times here are meant for one of a second or more.

use std::time::Duration;

use super::{FileRecord, FileState, Millis, SentFile, age, retry};
use crate::recording::content::Body;
use crate::recording::{Medium, Recording, RecordingFile};

/// A file without content is asked for over this time at least, whatever the window for late files. Zoom was seen
/// to take hours.
pub const EMPTY_FOR_MIN: Duration = Duration::from_secs(24 * 3600);

/// Longest wait between two looks at a file without content.
const EMPTY_WAIT_MAX: Duration = Duration::from_secs(3600);

/// Readings of a video or audio at another length than listed must agree over this time.
pub const ODD_FOR: Duration = Duration::from_secs(24 * 3600);

/// Shortest wait between two looks at such a file: each may read the whole of it.
const ODD_WAIT_MIN: Duration = Duration::from_secs(15 * 60);

/// Longest wait between two of them.
const ODD_WAIT_MAX: Duration = Duration::from_secs(6 * 3600);

/// Two readings that are to confirm each other lie at least this far apart, also where the window for late files is
/// shorter. Zoom replaces texts within minutes of their first listing.
pub const APART_MIN: Duration = Duration::from_secs(3600);

/// Most versions of a file that are archived while its listing stays the same. What changes at every reading would
/// fill a folder.
pub const CONTENT_VERSIONS_MAX: usize = 5;

/// What readings at Zoom have shown of a file, beside the one that was archived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readings {
    /// Since when Zoom has answered with nothing in it.
    pub empty_since: Option<Millis>,
    /// A video or audio that ends in order at another length than listed.
    pub odd: Option<OddReading>,
    /// When a last look read the bytes that were sent once more at Zoom.
    pub confirmed_at: Option<Millis>,
}

/// A video or audio at another length than listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddReading {
    /// The first of the readings that agree.
    pub since: Millis,
    /// What was read; the digest is empty as long as only the length is known.
    pub streamed: SentFile,
    /// Whether readings agreed for long enough that it is archived as it is.
    pub accepted: bool,
}

/// What is to be done about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It is archived as it was read.
    Archive,
    /// It is not ready: another look after this time.
    Wait(Duration),
    /// It was waited for long enough: a person must look.
    Person,
}

/// Judges a body by its length and content. `waited` is how long Zoom has answered with nothing in it, `first` the
/// first wait.
///
/// A text of just the listed length is what it is: a meeting in which nobody speaks has a transcript without a cue.
/// A listed size of 0 says nothing, so that a text without content is believed in the end; a video never is.
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

/// What to do about a video or audio whose length is not the listed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OddStep {
    /// The length is new: it is noted, and the listing looked at again.
    Note,
    /// The whole is to be read, and noted or compared.
    Read,
    /// The readings agree so far: another look after this time.
    Wait(Duration),
}

/// The next step, by what is known and the length that was just announced (none where only reading tells).
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

/// Takes a whole reading in. Whether it is archived at that length is in the result.
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

/// The wait before the next look at a file whose readings have agreed for so long.
pub fn odd_wait(age: Duration, first: Duration) -> Duration {
    (age / 2).clamp(retry::scaled(ODD_WAIT_MIN, first), ODD_WAIT_MAX)
}

/// Whether what was archived of a file is proved by lengths alone. If not, it must be read once more at the last look
/// before Zoom's copy may go: its length is not the listed one, none is listed, or another listed file may be meant.
pub fn demands_reading(listing: &Recording, file: &RecordingFile, archived: &SentFile) -> bool {
    file.listed_size() != Some(archived.size) || listing.is_ambiguous(file)
}

/// The same, where reading may bring it about: what has another length than its exact one is never proved, and what
/// changed at every reading so far is given up.
pub fn must_be_read(listing: &Recording, file: &RecordingFile, archived: &SentFile, versions: usize) -> bool {
    let may_be_proved = file.exact_size().is_none_or(|exact| exact == archived.size);
    versions < CONTENT_VERSIONS_MAX && may_be_proved && demands_reading(listing, file, archived)
}

/// How long a reading must still be put off, so that it is evidence for what was archived.
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
    /// What Zoom must send for this file: as listed, or of the length that was accepted in its place.
    pub fn expected(&self) -> RecordingFile {
        let mut file = self.file.clone();
        if let Some(odd) = self.readings.odd.as_ref().filter(|odd| odd.accepted) {
            file.size = Some(odd.streamed.size);
        }
        file
    }

    /// What was archived, once Drive holds just that.
    pub fn archived(&self) -> Option<&SentFile> {
        match &self.state {
            FileState::Verified(streamed) => Some(streamed),
            FileState::Wanted | FileState::Transferred(_) | FileState::Skipped(_) => None,
        }
    }

    /// Says of a video or audio that its archived length is not the listed one; nothing of all others.
    pub fn length_note(&self) -> Option<String> {
        let streamed = self.archived()?;
        let listed = self.file.exact_size().filter(|listed| *listed != streamed.size)?;
        Some(format!("{} has {} bytes, and Zoom lists {listed}", self.name, streamed.size))
    }
}

#[cfg(test)]
mod tests;

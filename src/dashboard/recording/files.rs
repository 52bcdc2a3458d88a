//! The files of a recording: what was sent, what Drive has, and what is left out.

use jiff::tz::TimeZone;

use super::super::links;
use super::super::outside::Outside;
use super::super::when::When;
use crate::jobs::shelf::ShelfState;
use crate::jobs::{FileRecord, FileState, SentFile, amounts};

/// Characters at each end of a shortened digest.
const DIGEST_ENDS: usize = 4;

/// A file, as the page shows it.
pub(in super::super) struct FileView {
    pub(super) name: Outside,
    /// 2 or more if Zoom has made the file again.
    pub(super) version: Option<u32>,
    pub(super) size: String,
    pub(super) state: FileLine,
    /// A warning about the copy.
    pub(super) doubt: &'static str,
    /// The page in Drive, once the file is there.
    pub(super) link: Option<String>,
}

/// How far the file is.
pub(super) enum FileLine {
    /// Drive's copy equals what was sent: the digests of both ends are one.
    Proved { short: String, whole: String, at: Option<When> },
    /// The export of a document: equal to what was sent, and nothing proves what was sent.
    Exported { short: String, whole: String, at: Option<When> },
    /// The last byte is sent; Drive's digest is not compared yet.
    Sent { short: String, whole: String },
    /// On its way. Percent are known once the size is.
    Moving { percent: Option<u64>, held: String, total: String },
    /// Not begun.
    Waiting,
    /// Left out, with the reason.
    LeftOut(Outside),
}

impl FileView {
    pub(super) fn new(file: &FileRecord, zone: &TimeZone) -> Self {
        let sent = match &file.state {
            FileState::Transferred(sent) | FileState::Verified(sent) => Some(sent),
            FileState::Wanted | FileState::Skipped(_) => None,
        };
        let size = sent.map(|sent| sent.size).or(file.file.listed_size());
        let name = if file.name.is_empty() { described(file) } else { file.name.clone() };
        Self {
            name: Outside::new(name),
            version: Some(file.version).filter(|version| *version > 1),
            size: size.map(amounts::data_size).unwrap_or_default(),
            state: FileLine::new(file, zone),
            doubt: sent.and_then(|_| file.doubt()).unwrap_or_default(),
            link: sent.and_then(|_| links::file(&file.drive_id)),
        }
    }
}

impl FileLine {
    fn new(file: &FileRecord, zone: &TimeZone) -> Self {
        let at = file.proved_at.map(|at| When::minute(at, zone));
        match &file.state {
            FileState::Verified(sent) => {
                let (short, whole) = digest(sent);
                if file.file.is_export() {
                    Self::Exported { short, whole, at }
                } else {
                    Self::Proved { short, whole, at }
                }
            }
            FileState::Transferred(sent) => {
                let (short, whole) = digest(sent);
                Self::Sent { short, whole }
            }
            FileState::Skipped(reason) => Self::LeftOut(Outside::new(reason.as_str())),
            FileState::Wanted if file.progress.session.is_none() && file.progress.offset == 0 => {
                Self::Waiting
            }
            FileState::Wanted => {
                let (held, total) = (file.progress.offset, file.progress.total);
                let percent = (total > 0).then(|| (held.min(total).saturating_mul(100) / total).min(99));
                Self::Moving { percent, held: amounts::data_size(held), total: amounts::data_size(total) }
            }
        }
    }
}

/// A file without a name: one that is in no folder.
fn described(file: &FileRecord) -> String {
    let kinds = [&file.file.recording_type, &file.file.file_type];
    let known = kinds.into_iter().find(|kind| !kind.is_empty());
    known.cloned().unwrap_or_else(|| "a file".to_owned())
}

/// The digest, shortened and whole.
fn digest(sent: &SentFile) -> (String, String) {
    let whole = Outside::new(sent.sha256.as_str()).plain();
    let count = whole.chars().count();
    if count <= 2 * DIGEST_ENDS + 1 {
        return (whole.clone(), whole);
    }
    let first: String = whole.chars().take(DIGEST_ENDS).collect();
    let last: String = whole.chars().skip(count - DIGEST_ENDS).collect();
    (format!("{first}…{last}"), whole)
}

/// The files in one sentence. Only proved ones are called so.
pub(super) fn summary(files: &[FileRecord], state: ShelfState) -> String {
    let (mut wanted, mut proved, mut exported, mut by_rule, mut left_out) =
        (0_u64, 0_u64, 0_u64, 0_u64, 0_u64);
    for file in files {
        match &file.state {
            FileState::Skipped(_) if file.is_left_out_by_rule() => by_rule += 1,
            FileState::Skipped(_) => left_out += 1,
            FileState::Verified(_) if file.file.is_export() => exported += 1,
            FileState::Verified(_) => (wanted, proved) = (wanted + 1, proved + 1),
            FileState::Wanted | FileState::Transferred(_) => wanted += 1,
        }
    }
    let mut parts = Vec::new();
    match (wanted, files.is_empty()) {
        (_, true) if state == ShelfState::OnTheWay => parts.push("Its files are not listed yet".to_owned()),
        (_, true) => parts.push("None of its files was listed".to_owned()),
        (0, false) if exported == 0 => parts.push("No file is on Drive".to_owned()),
        (0, false) => {}
        (1, false) => parts.push(format!("{proved} of 1 file proved")),
        (wanted, false) => parts.push(format!("{proved} of {wanted} files proved")),
    }
    let more = [(exported, "exported by Google"), (by_rule, "left out by a rule"), (left_out, "left out")];
    parts.extend(
        more.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")),
    );
    format!("{}.", parts.join("; "))
}

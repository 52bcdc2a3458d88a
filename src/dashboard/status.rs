//! A recording's state in a shape and a few words: never by a colour alone.

use crate::jobs::shelf::ShelfState;
use crate::jobs::{FileRecord, FileState, Job, Stage};

/// The state, as a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    /// The shape before the words.
    pub(super) sign: &'static str,
    /// Class of the label.
    pub(super) class: &'static str,
    pub(super) words: String,
}

impl Status {
    /// The state of a job. `files` are needed only while a worker has it.
    pub(super) fn of(job: &Job, state: ShelfState, files: &[FileRecord]) -> Self {
        let (sign, class) = match state {
            ShelfState::NeedsYou => ("!", "bad"),
            ShelfState::OnTheWay => ("↻", "busy"),
            ShelfState::LateFiles | ShelfState::Archived => ("✓", "good"),
            ShelfState::LeftOut => ("–", ""),
            ShelfState::CalledOff => ("✕", ""),
        };
        let words = match state {
            ShelfState::OnTheWay => on_the_way(job, files),
            ShelfState::LateFiles => "on Drive, waiting for late files".to_owned(),
            state => state.words().to_owned(),
        };
        Self { sign, class, words }
    }
}

fn on_the_way(job: &Job, files: &[FileRecord]) -> String {
    match (job.stage, job.leased) {
        (Stage::Planned, true) => match percent(files) {
            Some(percent) => format!("copying, {percent} %"),
            None => "copying".to_owned(),
        },
        (_, true) => "working on it".to_owned(),
        (_, false) => "on the way".to_owned(),
    }
}

/// The share of all bytes that Drive has confirmed. `None` while nobody knows how many there are.
fn percent(files: &[FileRecord]) -> Option<u64> {
    let (mut done, mut total) = (0_u64, 0_u64);
    for file in files {
        let (has, all) = match &file.state {
            FileState::Skipped(_) => continue,
            FileState::Wanted => {
                let listed = file.file.listed_size().unwrap_or_default();
                (file.progress.offset, if file.progress.total > 0 { file.progress.total } else { listed })
            }
            FileState::Transferred(sent) | FileState::Verified(sent) => (sent.size, sent.size),
        };
        (done, total) = (done.saturating_add(has), total.saturating_add(all));
    }
    // Not 100 before the last byte.
    (total > 0).then(|| (done.min(total).saturating_mul(100) / total).min(99))
}

//! The line of stages: which are behind the recording, and since when.

use jiff::tz::TimeZone;

use super::super::when::When;
use crate::jobs::diary::{DiaryKind, DiaryLine};
use crate::jobs::{Stage, Standing};
use crate::recording::Source;
use crate::store::shelf::ShelfRow;

/// A stage of the line.
pub(in super::super) struct StageView {
    pub(super) label: &'static str,
    /// `done`, `now` or `ahead`: the class of the stage, and its word for those who see no colour.
    pub(super) class: &'static str,
    /// When it was reached; unknown ahead, and for what an earlier release did.
    pub(super) at: Option<When>,
    /// Reached, but not written down at that time.
    pub(super) is_unwritten: bool,
}

/// The stages of a recording.
pub(super) fn stages(row: &ShelfRow, diary: &[DiaryLine], zone: &TimeZone) -> Vec<StageView> {
    let job = &row.job;
    // The diary has the newest line first.
    let written = |kinds: &[DiaryKind]| {
        diary.iter().find(|line| kinds.contains(&line.kind)).map(|line| When::minute(line.at, zone))
    };
    let is_done = job.standing == Standing::Finished;
    let end = match job.recording.source() {
        Source::Zoom => {
            &[DiaryKind::PutAway, DiaryKind::DeletedByUs, DiaryKind::Kept, DiaryKind::Finished][..]
        }
        Source::Meet => &[DiaryKind::Kept, DiaryKind::Finished][..],
    };
    let heard = Some(When::minute(job.accepted_at, zone));
    let all = [
        (["announced"; 2], true, heard),
        (["listed", "being listed"], job.stage >= Stage::Planned, written(&[DiaryKind::Listed])),
        (["copied", "being copied"], job.stage >= Stage::Transferred, written(&[DiaryKind::Copied])),
        (["proved", "being compared"], job.stage >= Stage::Verified, written(&[DiaryKind::Proved])),
        (
            ["late files awaited", "late files are awaited"],
            job.stage >= Stage::Settled,
            written(&[DiaryKind::Settled]),
        ),
        (["done", "almost done"], is_done, written(end)),
    ];
    let next = all.iter().position(|(_, is_behind, _)| !is_behind);
    let view = |(index, ([label, now], is_behind, at)): (usize, ([&'static str; 2], bool, Option<When>))| {
        // A rule may end a recording early: then no stage is in progress.
        let is_now = next == Some(index) && job.standing == Standing::Active;
        let class = match (is_behind, is_now) {
            (true, _) => "done",
            (false, true) => "now",
            (false, false) => "ahead",
        };
        let at = at.filter(|_| is_behind);
        let label = if is_now { now } else { label };
        StageView { label, class, is_unwritten: is_behind && at.is_none(), at }
    };
    all.into_iter().enumerate().map(view).collect()
}

//! Checks the promises, and returns a sentence for each broken one.

use super::evidence::{Evidence, File, Meeting};
use super::script::{ExpectedEnd, SCENES};
use super::{class, conference};
use crate::jobs::amounts::data_size;
use crate::sandbox::zoom::Standing;

/// Bytes on disk, and bytes written there, must be less than this part of the recordings.
const DISK_PART: u64 = 4;

/// Every broken promise; empty if all were kept.
pub(super) fn broken(evidence: &Evidence) -> Vec<String> {
    let mut broken: Vec<String> = evidence.meetings.iter().flat_map(judge_meeting).collect();
    let lists = [
        (&evidence.strangers, "Drive has a file that is not a copy of any file at Zoom"),
        (&evidence.twin_folders, "Drive has a folder twice"),
        (&evidence.violations, "a rule of Zoom or Google was broken"),
        (&evidence.disk.strangers, "there is a file on disk that should not be there"),
    ];
    for (list, what) in lists {
        broken.extend(list.iter().map(|one| format!("{what}: {one}")));
    }
    broken.extend(class::judge(&evidence.sheets));
    broken.extend(conference::judge(&evidence.brought));
    broken.extend(judge_webhooks(evidence));
    broken.extend(judge_recovery(evidence));
    broken.extend(judge_disk(evidence));
    broken
}

fn judge_meeting(meeting: &Meeting) -> Vec<String> {
    let mut broken: Vec<String> = meeting.files.iter().filter_map(|file| judge_file(meeting, file)).collect();
    if meeting.files.is_empty() {
        broken.push(format!("{}: there is no such meeting", meeting.topic));
    }
    let archived = meeting.files.iter().filter(|file| file.is_archived()).count();
    match &meeting.told[..] {
        [told] if told.files == archived => {}
        [told] => broken.push(format!("{}: {} lists {} files", meeting.topic, told.path, told.files)),
        several => {
            broken.push(format!("{}: it has {} meeting.json files, not one", meeting.topic, several.len()))
        }
    }
    match (meeting.ending, meeting.at_zoom) {
        (ExpectedEnd::Trashed, Standing::Trashed) | (ExpectedEnd::Kept, Standing::Present) => {}
        (ExpectedEnd::Trashed, at_zoom) => {
            broken.push(format!("{}: should be in Zoom's trash, is {at_zoom:?}", meeting.topic));
        }
        (ExpectedEnd::Kept, at_zoom) => {
            broken.push(format!(
                "{}: it is not completely archived, but at Zoom it is {at_zoom:?}",
                meeting.topic
            ));
        }
    }
    if meeting.ending == ExpectedEnd::Kept && meeting.files.iter().all(|file| file.skipped.is_none()) {
        broken.push(format!("{}: the unavailable file was not reported as skipped", meeting.topic));
    }
    broken
}

fn judge_file(meeting: &Meeting, file: &File) -> Option<String> {
    let name = format!("{}, {}", meeting.topic, file.label);
    let is_gone = file.at_zoom != Standing::Present;
    match (&file.copies[..], &file.skipped) {
        ([], Some(reason)) if is_gone => Some(format!("{name}: deleted at Zoom though skipped ({reason})")),
        ([], Some(_)) if meeting.ending == ExpectedEnd::Kept => None,
        ([], Some(reason)) => Some(format!("{name}: skipped ({reason})")),
        ([], None) if is_gone => Some(format!("{name}: LOST: gone from Zoom and not in Drive")),
        ([], None) => Some(format!("{name}: missing in Drive")),
        ([_copy], _) if file.is_archived() => None,
        ([copy], _) => Some(format!(
            "{name}: differs: Drive has {} bytes, SHA-256 {}; Zoom {} bytes, SHA-256 {}",
            copy.size, copy.sha256, file.size, file.sha256
        )),
        (copies, _) => Some(format!("{name}: {} times in Drive", copies.len())),
    }
}

fn judge_webhooks(evidence: &Evidence) -> Vec<String> {
    let mut broken = Vec::new();
    if evidence.forged != 401 {
        broken.push(format!("a forged webhook was answered {}, not 401", evidence.forged));
    }
    if let Some(answer) = evidence.answers.iter().find(|answer| **answer != 200) {
        broken.push(format!("a genuine webhook was answered {answer}, not 200"));
    }
    // One more is from Meet.
    let meetings = SCENES.len() + 1;
    if evidence.jobs != meetings {
        broken.push(format!("{meetings} meetings led to {} jobs", evidence.jobs));
    }
    if evidence.unfinished > 0 {
        broken.push(format!("{} job(s) did not finish", evidence.unfinished));
    }
    broken
}

fn judge_recovery(evidence: &Evidence) -> Vec<String> {
    let (mishaps, mut broken) = (&evidence.mishaps, Vec::new());
    for (count, what) in [
        (mishaps.cuts, "no connection was cut: the demo did not test this fault"),
        (mishaps.refusals, "no chunk was answered 503: the demo did not test this fault"),
        (mishaps.resumed, "no download was resumed in the middle"),
        (mishaps.positions_asked, "Drive was never asked for an upload's position"),
    ] {
        if count == 0 {
            broken.push(what.to_owned());
        }
    }
    let again = evidence.sent.saturating_sub(evidence.total());
    if again > evidence.again_max {
        let limit = data_size(evidence.again_max);
        broken
            .push(format!("{} were read again from Zoom, more than the limit of {limit}", data_size(again)));
    }
    broken
}

fn judge_disk(evidence: &Evidence) -> Vec<String> {
    let limit = evidence.total() / DISK_PART;
    let amounts = [("lie", evidence.disk.all), ("were written", evidence.written.unwrap_or(0))];
    let too_much = amounts.into_iter().filter(|(_, bytes)| *bytes > limit);
    too_much
        .map(|(what, bytes)| {
            format!("{} {what} on disk: recordings must not be written to disk", data_size(bytes))
        })
        .collect()
}

#[cfg(test)]
mod tests;

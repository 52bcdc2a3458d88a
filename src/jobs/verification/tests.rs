//! Tests of the comparison: only the proved bytes in their place are good, and each fault has its remedy.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::jobs::{Removals, Stage, Standing};
use crate::recording::listing;

const DAY: Millis = 24 * 3600 * 1000;

fn sent() -> SentFile {
    SentFile { size: 9, sha256: "ab".repeat(32) }
}

fn held() -> Held {
    Held { size: Some(9), sha256: Some("AB".repeat(32)), trashed: false, parents: vec!["folder".to_owned()] }
}

fn fault_of(change: impl FnOnce(&mut Held)) -> Option<Fault> {
    let mut held = held();
    change(&mut held);
    match judge(&sent(), "folder", &DriveState::Held(held)) {
        Verdict::Equal => None,
        Verdict::Wrong(fault, _) => Some(fault),
    }
}

#[test]
fn only_the_proved_bytes_in_their_folder_are_good() {
    assert_eq!(fault_of(|_| {}), None);
    assert_eq!(fault_of(|held| held.trashed = true), Some(Fault::Trashed));
    assert_eq!(fault_of(|held| held.size = Some(8)), Some(Fault::Changed));
    assert_eq!(fault_of(|held| held.sha256 = Some("cd".repeat(32))), Some(Fault::Changed));
    assert_eq!(fault_of(|held| held.parents = vec!["other".to_owned()]), Some(Fault::Moved));
    assert_eq!(fault_of(|held| held.parents.clear()), Some(Fault::Moved));
    assert_eq!(fault_of(|held| held.sha256 = None), Some(Fault::Unreadable));
    assert_eq!(fault_of(|held| held.size = None), Some(Fault::Unreadable));
    // Another size is another content, whatever Drive does not say.
    assert_eq!(fault_of(|held| (held.size, held.sha256) = (Some(8), None)), Some(Fault::Changed));
    let absent = judge(&sent(), "folder", &DriveState::Absent);
    assert_eq!(absent, Verdict::Wrong(Fault::Missing, String::new()));
    let denied = judge(&sent(), "folder", &DriveState::Denied("no".to_owned()));
    assert_eq!(denied, Verdict::Wrong(Fault::Unreadable, "no".to_owned()));
    for fault in Fault::ALL {
        assert_eq!(Fault::from_name(fault.name()), Some(fault));
    }
}

fn job(zoom_copy: ZoomCopy, updated_at: Millis, uuid: &str) -> Job {
    Job {
        id: JobId(7),
        recording: listing::read(&json!({"uuid": uuid, "recording_files": []})).unwrap(),
        stage: Stage::Retired,
        standing: Standing::Finished,
        reason: String::new(),
        attempts: 0,
        next_attempt_at: 0,
        accepted_at: 0,
        updated_at,
        revision: 1,
        planned_revision: 1,
        leased: false,
        removals: Removals::default(),
        zoom_copy,
        backfilled: false,
    }
}

#[test]
fn the_original_is_where_it_was_left() {
    let of = |copy, updated_at, until, now| original(&job(copy, updated_at, "u"), until, now);
    for copy in [ZoomCopy::Untouched, ZoomCopy::Recovered] {
        assert_eq!(of(copy, 0, Some(1), 100 * DAY), Original::AtZoom);
    }
    assert_eq!(of(ZoomCopy::PutAway, 0, Some(30 * DAY), 30 * DAY - 1), Original::InTrash(30 * DAY));
    assert_eq!(of(ZoomCopy::PutAway, 0, Some(30 * DAY), 30 * DAY), Original::Gone);
    assert_eq!(of(ZoomCopy::PutAway, 0, None, 30 * DAY), Original::MaybeInTrash);
    assert_eq!(of(ZoomCopy::PutAway, 0, None, 30 * DAY + 1), Original::Gone);
}

#[test]
fn each_fault_has_its_remedy() {
    let of = |fault, original| remedy(JobId(7), fault, "1Folder", original);
    let until = 1_772_400_000_000;
    for (fault, original, says) in [
        (Fault::Missing, Original::AtZoom, "jobs retry 7"),
        (
            Fault::Missing,
            Original::InTrash(until),
            "recover 7 --archive-again (Zoom's trash has it until 2026-03-01)",
        ),
        (Fault::Missing, Original::MaybeInTrash, "may still have it"),
        (Fault::Missing, Original::Gone, "gone: neither Zoom nor its trash"),
        (Fault::Missing, Original::WithOrganiser, "organiser's Drive"),
        (Fault::Trashed, Original::Gone, "take it out of Drive's trash"),
        (Fault::Changed, Original::AtZoom, "Manage versions"),
        (Fault::Moved, Original::AtZoom, "https://drive.google.com/drive/folders/1Folder"),
        (Fault::Unreadable, Original::AtZoom, "asks again"),
    ] {
        assert!(of(fault, original).contains(says), "{fault:?} {original:?}: {}", of(fault, original));
    }
}

#[test]
fn the_summary_counts_by_fault() {
    let state = VerificationState {
        wrong: vec![(Fault::Missing, 2), (Fault::Moved, 1)],
        ..VerificationState::default()
    };
    assert_eq!((state.wrong_files(), state.summary().as_str()), (3, "2 missing, 1 moved"));
    assert_eq!(VerificationState::default().summary(), "");
}

fn any_held() -> impl Strategy<Value = Held> {
    let size = prop_oneof![Just(None), Just(Some(9)), any::<u64>().prop_map(Some)];
    let sha256 = prop_oneof![Just(None), Just(Some("ab".repeat(32))), "[0-9a-f]{64}".prop_map(Some)];
    let parents = prop::sample::subsequence(vec!["folder".to_owned(), "other".to_owned()], 0..=2);
    (size, sha256, any::<bool>(), parents).prop_map(|(size, sha256, trashed, parents)| Held {
        size,
        sha256,
        trashed,
        parents,
    })
}

proptest! {
    /// Good means known: every part of it was said by Drive, and is as it was proved.
    #[test]
    fn nothing_unknown_is_ever_good(held in any_held()) {
        if judge(&sent(), "folder", &DriveState::Held(held.clone())) == Verdict::Equal {
            prop_assert_eq!(held.size, Some(9));
            prop_assert!(held.sha256.is_some_and(|sha256| sha256.eq_ignore_ascii_case(&sent().sha256)));
            prop_assert!(!held.trashed && held.parents.contains(&"folder".to_owned()));
        }
    }

    #[test]
    fn a_remedy_is_one_line_and_never_empty(detail in "[A-Za-z0-9_-]{0,40}", fault in 0..5_usize, until in 0..i64::MAX / 2) {
        for original in [
            Original::AtZoom, Original::InTrash(until), Original::MaybeInTrash, Original::Gone, Original::WithOrganiser,
        ] {
            let text = remedy(JobId(1), Fault::ALL[fault], &detail, original);
            prop_assert!(!text.is_empty() && !text.contains('\n'));
        }
    }
}

//! Examples and properties.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::recording::listing;

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

fn file(kind: &str, size: u64) -> RecordingFile {
    let item = json!({"id": "a", "file_type": kind, "file_size": size});
    listing::read(&json!({"uuid": "u", "recording_files": [item]})).unwrap().files.remove(0)
}

fn empty(size: u64) -> Body {
    Body { size, is_empty: true }
}

fn full(size: u64) -> Body {
    Body { size, is_empty: false }
}

fn after(file: &RecordingFile, body: Body, hours: u32, window_hours: u32) -> Judgement {
    judge(file, body, HOUR * hours, HOUR * window_hours, SECOND)
}

#[test]
fn nothing_where_something_is_listed_is_waited_for_and_then_a_person_is_called() {
    for (kind, sizes) in [("TRANSCRIPT", [0, 8]), ("CHAT", [0, 3]), ("TIMELINE", [0, 2])] {
        for size in sizes {
            let listed = file(kind, 14_321);
            assert_eq!(after(&listed, empty(size), 0, 0), Judgement::Wait(SECOND));
            assert_eq!(after(&listed, empty(size), 1, 0), Judgement::Wait(HOUR / 2));
            assert_eq!(after(&listed, empty(size), 23, 0), Judgement::Wait(HOUR));
            assert_eq!(after(&listed, empty(size), 24, 0), Judgement::Person);
            assert!(
                matches!(after(&listed, empty(size), 47, 48), Judgement::Wait(_)),
                "the window is longer"
            );
            assert_eq!(after(&listed, empty(size), 48, 48), Judgement::Person);
        }
    }
}

#[test]
fn a_video_without_a_byte_is_never_believed() {
    for kind in ["MP4", "M4A"] {
        for listed in [0, 900_000] {
            assert!(matches!(after(&file(kind, listed), empty(0), 23, 0), Judgement::Wait(_)));
            assert_eq!(after(&file(kind, listed), empty(0), 24, 0), Judgement::Person);
        }
    }
}

#[test]
fn what_has_just_the_listed_length_is_what_it_is() {
    assert_eq!(after(&file("TRANSCRIPT", 8), empty(8), 0, 0), Judgement::Archive);
    assert_eq!(after(&file("TIMELINE", 2), empty(2), 0, 0), Judgement::Archive);
    assert!(matches!(after(&file("TRANSCRIPT", 8), empty(7), 0, 0), Judgement::Wait(_)));
}

#[test]
fn a_text_that_is_listed_without_a_size_may_be_empty_in_the_end() {
    for size in [0, 8] {
        assert!(matches!(after(&file("TRANSCRIPT", 0), empty(size), 23, 0), Judgement::Wait(_)));
        assert_eq!(after(&file("TRANSCRIPT", 0), empty(size), 24, 0), Judgement::Archive);
    }
}

#[test]
fn content_is_archived_at_once_whatever_its_length() {
    for (kind, listed) in [("TRANSCRIPT", 14_321), ("CHAT", 0), ("MP4", 0)] {
        assert_eq!(after(&file(kind, listed), full(77), 0, 48), Judgement::Archive);
    }
}

fn reading(size: u64, mark: &str) -> SentFile {
    SentFile { size, sha256: mark.to_owned() }
}

#[test]
fn another_length_is_archived_after_a_day_of_the_same_bytes() {
    let hour = 3_600_000;
    assert_eq!(odd_step(None, Some(5), 0, SECOND), OddStep::Note);
    let noted = OddReading { since: 0, streamed: reading(5, ""), accepted: false };
    assert_eq!(odd_step(Some(&noted), Some(5), 1, SECOND), OddStep::Read, "twice announced: worth a reading");
    assert_eq!(odd_step(Some(&noted), Some(6), 1, SECOND), OddStep::Note, "another one again");
    let read = after_reading(Some(&noted), &reading(5, "x"), hour, SECOND);
    assert_eq!(read, OddReading { since: hour, streamed: reading(5, "x"), accepted: false });
    assert_eq!(odd_step(Some(&read), Some(5), 2 * hour, SECOND), OddStep::Wait(HOUR / 2));
    assert_eq!(odd_step(Some(&read), Some(5), 24 * hour, SECOND), OddStep::Wait(ODD_WAIT_MAX), "23 hours");
    assert_eq!(odd_step(Some(&read), Some(5), 25 * hour, SECOND), OddStep::Read);
    assert!(after_reading(Some(&read), &reading(5, "x"), 25 * hour, SECOND).accepted);
    let other = after_reading(Some(&read), &reading(5, "y"), 25 * hour, SECOND);
    assert_eq!(other, OddReading { since: 25 * hour, streamed: reading(5, "y"), accepted: false });
    // Where no length is announced, only a reading shows it.
    assert_eq!(odd_step(Some(&read), None, 2 * hour, SECOND), OddStep::Read);
    assert!(!after_reading(Some(&read), &reading(5, "x"), 24 * hour, SECOND).accepted, "23 hours");
}

#[test]
fn only_a_listed_length_or_a_distant_reading_proves() {
    let listing = |sizes: &[u64]| {
        let item = |size: &u64| json!({"file_type": "CHAT", "file_size": size, "download_url": format!("https://zoom.us/{size}")});
        let files: Vec<_> = sizes.iter().map(item).collect();
        listing::read(&json!({"uuid": "u", "recording_files": files})).unwrap()
    };
    let demands = |sizes: &[u64], archived: u64| {
        let listing = listing(sizes);
        demands_reading(&listing, &listing.files[0], &reading(archived, "x"))
    };
    assert!(!demands(&[9], 9));
    assert!(demands(&[9], 8) && demands(&[0], 8) && demands(&[0], 0));
    assert!(!demands(&[9, 10], 9), "sizes tell them apart");
    assert!(demands(&[9, 0], 9), "one of them may be the other");
    let hour = 3_600_000;
    assert_eq!(too_early(Some(0), hour / 2, SECOND), Some(HOUR / 2));
    assert_eq!((too_early(Some(0), hour, SECOND), too_early(None, 0, SECOND)), (None, None));
}

proptest! {
    #[test]
    fn every_wait_has_an_end(kind in "(MP4|M4A|TRANSCRIPT|CHAT|TIMELINE)", listed in 0_u64..20, size in 0_u64..20,
        is_empty in any::<bool>(), waited in 0_u64..400_000, window in 0_u64..400_000, first in 1_u64..100_000)
    {
        let seconds = Duration::from_secs;
        let body = Body { size, is_empty: is_empty || size == 0 };
        let judged = judge(&file(&kind, listed), body, seconds(waited), seconds(window), seconds(first));
        match judged {
            Judgement::Wait(wait) => {
                prop_assert!(wait <= HOUR && wait >= SECOND);
                prop_assert!(waited < window.max(24 * 3600) && body.is_empty);
            }
            Judgement::Person => prop_assert!(waited >= 24 * 3600 && waited >= window && body.is_empty),
            Judgement::Archive => prop_assert!(!body.is_empty || listed == size || listed == 0),
        }
        if size == 0 && matches!(kind.as_str(), "MP4" | "M4A") {
            prop_assert_ne!(judged, Judgement::Archive);
        }
    }
}

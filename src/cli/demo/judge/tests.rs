//! Every promise is broken here once, to show that the judge notices.

use serde_json::json;

use super::super::class::SheetInDrive;
use super::super::conference::{Brought, MeetCopy};
use super::super::evidence::{Copy, FaultCounts, MeetingFileCopy};
use super::super::measure::Disk;
use super::*;

fn file(name: &str) -> File {
    let sha256 = "ab".repeat(32);
    File {
        label: name.to_owned(),
        size: 1000,
        sha256: sha256.clone(),
        at_zoom: Standing::Trashed,
        copies: vec![Copy { path: format!("host/{name}"), size: 1000, sha256 }],
        skipped: None,
    }
}

fn meeting(topic: &str) -> Meeting {
    Meeting {
        topic: topic.to_owned(),
        ending: ExpectedEnd::Trashed,
        at_zoom: Standing::Trashed,
        files: vec![file("video"), file("audio")],
        told: vec![MeetingFileCopy { path: format!("host/{topic} meeting.json"), files: 2 }],
        note: String::new(),
    }
}

fn sheet() -> SheetInDrive {
    let rows = [("Name", "Status")].into_iter().chain(class::EXPECTED);
    let rows = rows.map(|(name, status)| vec![json!(name), json!(status)]);
    SheetInDrive { path: "host/attendance".to_owned(), rows: rows.collect() }
}

fn brought() -> Brought {
    let copy = |is_export: bool| MeetCopy {
        path: "ewa/Stand-up".to_owned(),
        size: 1000,
        is_equal: !is_export,
        is_export,
    };
    Brought { copies: vec![copy(false), copy(true)], paths: Vec::new(), originals: 2 }
}

/// Evidence with all promises kept.
fn kept() -> Evidence {
    let mut board = meeting("board");
    board.ending = ExpectedEnd::Kept;
    board.at_zoom = Standing::Present;
    for file in &mut board.files {
        file.at_zoom = Standing::Present;
    }
    board.files[1].copies.clear();
    board.told[0].files = 1;
    board.files[1].skipped = Some("no address".to_owned());
    Evidence {
        meetings: vec![meeting("rehearsal"), meeting("lecture"), board],
        sheets: vec![sheet()],
        brought: brought(),
        strangers: Vec::new(),
        twin_folders: Vec::new(),
        violations: Vec::new(),
        answers: vec![200; 6],
        repetitions: 2,
        forged: 401,
        jobs: 4,
        unfinished: 0,
        mishaps: FaultCounts { cuts: 1, refusals: 1, positions_asked: 2, resumed: 2 },
        sent: 5500,
        received: 5200,
        again_max: 1000,
        disk: Disk { database: 100, all: 200, strangers: Vec::new() },
        written: Some(300),
    }
}

#[test]
fn all_kept_is_all_well() {
    assert_eq!(broken(&kept()), Vec::<String>::new());
}

#[test]
fn every_broken_promise_is_named() {
    type Break = fn(&mut Evidence);
    let breaks: [(Break, &str); 28] = [
        (|e| e.brought.copies.truncate(1), "expected a video and a document"),
        (|e| e.brought.copies.push(e.brought.copies[0].clone()), "expected a video and a document"),
        (|e| e.brought.copies[0].is_equal = false, "copy of the video differs"),
        (|e| e.brought.originals = 1, "1 of 2 originals"),
        (|e| e.sheets.clear(), "0 attendance sheets"),
        (|e| e.sheets.push(sheet()), "2 attendance sheets"),
        (|e| e.sheets[0].rows[2][1] = json!("present"), "attendance sheet says"),
        (|e| e.meetings[0].files[0].copies.clear(), "LOST"),
        (|e| e.meetings[2].files[0].copies.clear(), "missing in Drive"),
        (|e| e.meetings[0].files[0].copies[0].sha256 = "cd".repeat(32), "differs"),
        (|e| e.meetings[0].files[0].copies[0].size = 999, "differs"),
        (
            |e| {
                let copy = e.meetings[1].files[1].copies[0].clone();
                e.meetings[1].files[1].copies.push(copy);
            },
            "2 times in Drive",
        ),
        (|e| e.meetings[2].at_zoom = Standing::Trashed, "not completely archived"),
        (|e| e.meetings[2].files[1].at_zoom = Standing::Trashed, "deleted at Zoom though skipped"),
        (|e| e.meetings[0].at_zoom = Standing::Present, "should be in Zoom's trash"),
        (|e| e.meetings[2].files[1].skipped = None, "not reported as skipped"),
        (|e| e.meetings[0].told.clear(), "it has 0 meeting.json files"),
        (|e| e.meetings[0].told[0].files = 1, "lists 1 files"),
        (|e| e.strangers.push("x".into()), "not a copy of any file"),
        (|e| e.twin_folders.push("x".into()), "folder twice"),
        (|e| e.violations.push("x".into()), "a rule of Zoom or Google"),
        (|e| e.forged = 200, "forged webhook was answered 200"),
        (|e| e.answers[3] = 503, "genuine webhook was answered 503"),
        (|e| e.jobs = 5, "led to 5 jobs"),
        (|e| e.unfinished = 1, "did not finish"),
        (|e| e.sent = 9999, "read again"),
        (|e| e.disk.strangers.push("part.mp4".into()), "part.mp4"),
        (|e| e.written = Some(4000), "were written on disk"),
    ];
    for (index, (break_it, named)) in breaks.into_iter().enumerate() {
        let mut evidence = kept();
        break_it(&mut evidence);
        let said = broken(&evidence);
        assert!(said.iter().any(|line| line.contains(named)), "{index}: {named} is not in {said:?}");
    }
}

#[test]
fn a_demo_that_did_not_show_what_it_says_has_failed() {
    let mut evidence = kept();
    evidence.mishaps = FaultCounts::default();
    assert_eq!(broken(&evidence).len(), 4);
}

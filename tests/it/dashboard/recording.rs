//! One recording: its stages, its files with the digests of both ends, and its story.

use zoom2drive::jobs::{SentFile, Standing};
use zoom2drive::recording::MeetingUuid;
use zoom2drive::store::RunEnd;

use super::filled::{
    DIGEST, HOSTILE, accept, archive, assert_harmless, claim, ending, moving, park, plan, planned, play,
    still,
};

const START: &str = "2026-03-01T18:30:00Z";

#[tokio::test]
async fn an_archived_recording_shows_its_proof() {
    let (_world, life, browser) = still(&[("TIMEZONE", "Europe/Berlin")]).await;
    let id = archive(&life.store, play("u", "Rehearsal 16", "ann@drama.example", START)).await;
    let page = browser.get(&format!("/dashboard/recordings/{id}")).await;
    assert_eq!(page.status, 200);
    let text = page.text();
    for part in [
        "Rehearsal 16",
        "ann@drama.example · Sun 2026-03-01 19:30 , 61 min · Zoom meeting 81234567890",
        "✓ archived",
        "1 of 1 file proved; 1 left out by a rule.",
        "announced",
        "late files awaited",
        "gallery view.mp4",
        "2.0 KiB",
        "SHA-256 3fa9…c01d",
        "sent = Drive's own",
        "left out no audio (rules, line 14)",
        "in Zoom&#39;s trash until",
        "Zoom called: recording.completed",
        "listed: 1 file to copy",
        "compared: each copy on Drive equals what was sent",
        "moved to Zoom&#39;s trash, after the proof",
        "Retry",
        "Ask Drive now",
        "Recover…",
        "Begin again…",
        "retired, finished",
    ] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
    assert!(page.body.contains("href=\"https://drive.google.com/file/d/1DriveId/view\""));
    assert!(page.body.contains("href=\"https://drive.google.com/drive/folders/1FolderId\""));
    assert!(page.body.contains(DIGEST), "the whole digest is in the details");
    assert!(!text.contains("Call off"), "there is nothing to call off");
    assert!(!text.contains("not written down"), "{text}");
    assert!(page.body.len() < 30 * 1024, "{}", page.body.len());
    assert_eq!(page.body.matches("id=\"recording\"").count(), 1, "the part that a stream replaces");
}

/// On a phone a topic of two hundred characters would fill the window.
#[tokio::test]
async fn a_long_topic_has_a_smaller_heading() {
    let (_world, life, browser) = still(&[]).await;
    for (uuid, topic, is_long) in [("a", "x".repeat(80), false), ("b", "x".repeat(81), true)] {
        let (id, _lease) =
            moving(&life.store, play(uuid, &topic, "stage.manager@drama.example", START)).await;
        let page = browser.get(&format!("/dashboard/recordings/{id}")).await;
        assert_eq!(page.body.contains("<h1 class=\"long\">"), is_long, "{}", page.body);
        assert!(page.body.contains("stage<wbr>.manager<wbr>@drama<wbr>.example"), "{}", page.body);
    }
}

#[tokio::test]
async fn a_copy_in_progress_shows_how_far_it_is() {
    let (_world, life, browser) = still(&[]).await;
    let (id, _lease) = moving(&life.store, play("u", "Hamlet, act 2", "ann@drama.example", START)).await;
    let page = browser.get(&format!("/dashboard/recordings/{id}")).await;
    let text = page.text();
    assert!(text.contains("↻ copying, 42 %") && text.contains("412 B of 980 B kept by Drive"), "{text}");
    assert!(text.contains("0 of 1 file proved"), "{text}");
    assert!(text.contains("went on after an interruption, at 400 B of 980 B: gallery view.mp4"), "{text}");
    assert!(
        page.body.contains("aria-valuenow=\"42\"") && page.body.contains("width=\"42%\""),
        "{}",
        page.body
    );
    assert!(page.body.contains("<li class=\"now\" aria-current=\"step\">"), "{}", page.body);
    assert!(!page.body.contains("hunter2"), "the upload's address is a secret");
    assert!(!page.body.contains("Open in Drive</a></td>"), "before the last byte there is nothing to open");
    assert!(text.contains("Call off…") && text.contains("being copied"));
    assert!(!text.contains("Ask Drive now") && !text.contains("Recover…"), "nothing is there yet");
}

#[tokio::test]
async fn a_parked_recording_says_what_to_do() {
    let (_world, life, browser) = still(&[]).await;
    let reason = format!("no role on the folder. {}", "Share it. ".repeat(100));
    let id = park(&life.store, play("u", "Hamlet", "ann@drama.example", START), &reason).await;
    let text = browser.get(&format!("/dashboard/recordings/{id}")).await.text();
    assert!(text.contains("! needs you") && text.contains("What to do:"), "{text}");
    assert!(text.contains(reason.trim()), "unshortened");
    assert!(text.contains("No file is listed yet.") && text.contains("needs you: no role"), "{text}");
}

#[tokio::test]
async fn troubles_are_told_and_many_lines_are_folded() {
    let (_world, life, browser) = still(&[]).await;
    let id = accept(&life.store, play("u", "Hamlet", "ann@drama.example", START)).await;
    for attempt in 1..=20 {
        let (_, lease) = claim(&life.store).await;
        let end = RunEnd { attempts: attempt, ..ending(Standing::Active, &format!("try {attempt} broke")) };
        life.store.finish(&lease, &end).await.unwrap();
    }
    let page = browser.get(&format!("/dashboard/recordings/{id}")).await;
    let text = page.text();
    assert!(text.contains("9 earlier"), "{text}");
    let place = |what: &str| text.rfind(what).unwrap_or_else(|| panic!("{what} is missing: {text}"));
    assert!(place("try 3 broke") < place("try 20 broke"), "the oldest is first");
    assert!(page.body.contains("<li class=\"trouble\">"));
}

#[tokio::test]
async fn hostile_texts_stay_texts() {
    let (_world, life, browser) = still(&[]).await;
    let store = &life.store;
    let mut recording = play("u", HOSTILE, HOSTILE, START);
    recording.share_url = HOSTILE.to_owned();
    recording.meeting_id = HOSTILE.to_owned();
    recording.uuid = MeetingUuid::new("\"><img src=x>").unwrap();
    let id = accept(store, recording).await;
    let (job, lease) = claim(store).await;
    let mut files = planned(&job, HOSTILE);
    files[0].drive_id = HOSTILE.to_owned();
    files[0].folder_id = "javascript:alert(1)".to_owned();
    files[1].state = zoom2drive::jobs::FileState::Skipped(HOSTILE.to_owned());
    plan(store, &job, &lease, &files).await;
    let sent = SentFile { size: 9, sha256: HOSTILE.to_owned() };
    store.mark_transferred(&lease, &files[0], &sent, &Default::default()).await.unwrap();
    store.finish(&lease, &ending(Standing::Parked, HOSTILE)).await.unwrap();
    let address = format!("/dashboard/recordings/{id}");
    for path in ["", "/cancel", "/replay"] {
        let page = browser.get(&format!("{address}{path}")).await;
        assert_eq!(page.status, 200, "{path}");
        assert_harmless(&page.body, path);
    }
    let alike = store.parked_groups(1).await.unwrap()[0].alike.clone();
    let page = browser.get(&format!("/dashboard/retry-parked?alike={alike}")).await;
    assert_eq!(page.status, 200);
    assert_harmless(&page.body, "retry-parked");
}

#[tokio::test]
async fn what_an_earlier_release_did_is_not_guessed() {
    let (world, life, browser) = still(&[]).await;
    let id = archive(&life.store, play("u", "Hamlet", "ann@drama.example", START)).await;
    for statement in ["DELETE FROM diary", "DELETE FROM events", "UPDATE jobs SET put_away_at = 0"] {
        world.sql(statement).await;
    }
    let text = browser.get(&format!("/dashboard/recordings/{id}")).await.text();
    assert!(text.contains("An earlier release archived it, and did not write down how."), "{text}");
    assert!(text.contains("not written down then") && text.contains("removed after the proof"), "{text}");
    assert!(!text.contains("Begin again"), "no event is left");
}

#[tokio::test]
async fn a_wrong_number_is_no_recording() {
    let (_world, life, browser) = still(&[]).await;
    let id = accept(&life.store, play("u", "Hamlet", "ann@drama.example", START)).await;
    for path in ["999", "x", "-1", "1.5", "99999999999999999999999", "0x1", "1_0"] {
        let page = browser.get(&format!("/dashboard/recordings/{path}")).await;
        assert_eq!(page.status, 404, "{path}: {}", page.text());
        assert_harmless(&page.body, path);
    }
    for query in ["done=", "done=%3Cb%3E", "done=retried%20", "x=1"] {
        let page = browser.get(&format!("/dashboard/recordings/{id}?{query}")).await;
        assert_eq!(page.status, 400, "{query}");
    }
}

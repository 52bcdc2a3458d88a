//! The diary: which lines are written, with what they tell, and which stay.

use std::time::Duration;

use zoom2drive::jobs::diary::{DiaryKind, TROUBLES_PER_RUN};
use zoom2drive::jobs::{JobId, Restart, Standing, UploadProgress};
use zoom2drive::recording::listing;
use zoom2drive::store::{AuditEntry, Confirmed, RunEnd, StoreError};

use super::{Store, accept, begin, claim, ending, event, finish_one, plan_one, recording, streamed};

async fn kinds(store: &Store, job: JobId) -> Vec<DiaryKind> {
    let story = store.story(job).await.unwrap();
    let mut kinds: Vec<_> = story.diary.iter().map(|line| line.kind).collect();
    kinds.reverse();
    kinds
}

pub async fn a_recording_has_a_story(store: &Store) {
    let before = store.now().await.unwrap();
    let (job, lease) = begin(store, "u").await;
    finish_one(store, &job, &lease).await;
    use DiaryKind::{Accepted, Copied, Finished, Listed, Proved, Settled};
    assert_eq!(kinds(store, job.id).await, [Accepted, Listed, Copied, Proved, Settled, Finished]);
    let entry = |target: String| AuditEntry {
        who: "ann".to_owned(),
        action: "retry".to_owned(),
        target,
        outcome: "done".to_owned(),
        begun: None,
    };
    let story = store.story(job.id).await.unwrap();
    let event = story.events[0].id;
    for target in [format!("job {}", job.id), format!("event {event}"), "job 999".to_owned()] {
        store.write_audit(&entry(target)).await.unwrap();
    }
    let story = store.story(job.id).await.unwrap();
    assert_eq!((story.events.len(), story.audit.len()), (1, 2));
    assert!(story.diary.iter().all(|line| line.at >= before && line.job == job.id));
    let accepted = story.diary.last().unwrap();
    assert_eq!(accepted.text, "recording.completed");
    assert_eq!(story.diary[story.diary.len() - 2].text, "1", "files that were listed");
    let none = store.story(JobId(999)).await.unwrap();
    assert!(none.diary.is_empty() && none.events.is_empty() && none.audit.len() == 1);
}

pub async fn what_people_do_is_in_the_diary(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let reason = "no role on the folder".to_owned();
    store.finish(&lease, &RunEnd { reason, ..ending(Standing::Parked) }).await.unwrap();
    store.retry(job.id).await.unwrap();
    store.cancel(job.id).await.unwrap();
    let stored = store.story(job.id).await.unwrap().events[0].id;
    store.replay(stored, &job.recording).await.unwrap();
    use DiaryKind::{Accepted, Cancelled, Parked, Replayed, Retried};
    assert_eq!(kinds(store, job.id).await, [Accepted, Parked, Retried, Cancelled, Replayed]);
    assert_eq!(store.story(job.id).await.unwrap().diary[3].text, "no role on the folder");
}

pub async fn what_zoom_reports_is_in_the_diary(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    finish_one(store, &job, &lease).await;
    for (name, mark) in [("trashed", 1), ("recovered", 2), ("deleted", 3)] {
        let change = serde_json::json!({"event": format!("recording.{name}"), "event_ts": mark,
            "payload": {"object": {"uuid": "u"}}});
        let mut told = event(None, name);
        told.changes = changes(&change);
        store.accept(&told).await.unwrap();
    }
    let kinds = kinds(store, job.id).await;
    assert_eq!(kinds[6..], [DiaryKind::Trashed, DiaryKind::Recovered, DiaryKind::Deleted]);
}

/// The changes that an event of Zoom reports.
fn changes(body: &serde_json::Value) -> Vec<zoom2drive::jobs::changes::Change> {
    use zoom2drive::jobs::changes::{Change, ChangeKind, FileLocation};
    let place = match body["event"].as_str().unwrap() {
        "recording.trashed" => FileLocation::Trash,
        "recording.deleted" => FileLocation::Nowhere,
        _ => FileLocation::Cloud,
    };
    let meeting = listing::read(&body["payload"]["object"]).unwrap().uuid;
    let at = body["event_ts"].as_i64().unwrap();
    vec![Change { meeting, at, kind: ChangeKind::Moved(place, Vec::new()) }]
}

pub async fn a_milestone_is_not_repeated(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    use zoom2drive::jobs::Stage::{Planned, Received};
    for _ in 0..3 {
        store.advance(&lease, Planned, Received).await.unwrap();
        plan_one(store, &job, &lease).await;
    }
    assert_eq!(kinds(store, job.id).await, [DiaryKind::Accepted, DiaryKind::Listed]);
    store.start_over(&lease, &file, "d2", Restart::BeganAnew).await.unwrap();
    store.advance(&lease, Planned, Received).await.unwrap();
    plan_one(store, &job, &lease).await;
    // A trouble in between makes no difference.
    let expected = [DiaryKind::Accepted, DiaryKind::Listed, DiaryKind::SentAgain];
    assert_eq!(kinds(store, job.id).await, expected);
}

/// Drive has confirmed nothing yet, but held four bytes at the start.
const WENT_ON: Confirmed<'static> = Confirmed { identity: "ann", bytes: 0, went_on_from: Some(4) };

pub async fn a_run_writes_a_limited_number_of_troubles(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    let progress = UploadProgress { total: 9, offset: 4, ..UploadProgress::default() };
    for _ in 0..TROUBLES_PER_RUN + 5 {
        store.save_confirmed(&lease, &file, &progress, &WENT_ON).await.unwrap();
    }
    let failed =
        RunEnd { attempts: 1, reason: "Zoom cut the connection".to_owned(), ..ending(Standing::Active) };
    store.finish(&lease, &failed).await.unwrap();
    let lines = kinds(store, job.id).await;
    let troubles = lines.iter().filter(|kind| kind.is_trouble()).count();
    assert_eq!(troubles, usize::try_from(TROUBLES_PER_RUN).unwrap());
    let (_, lease) = claim(store).await;
    store.finish(&lease, &failed).await.unwrap();
    let story = store.story(job.id).await.unwrap();
    assert_eq!(
        (story.diary[0].kind, story.diary[0].text.as_str()),
        (DiaryKind::Failed, "Zoom cut the connection")
    );
    assert_eq!(story.diary[1].text, "4 9 d1.mp4");
    assert_eq!(story.diary.len(), lines.len() + 1, "the next run has its own");
}

pub async fn an_upload_that_went_on_and_ended_at_once_says_so(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    store.mark_transferred(&lease, &file, &streamed(9), &WENT_ON).await.unwrap();
    let story = store.story(job.id).await.unwrap();
    assert_eq!((story.diary[0].kind, story.diary[0].text.as_str()), (DiaryKind::WentOn, "4 9 d1.mp4"));
}

pub async fn old_troubles_go_and_milestones_stay(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let failed = RunEnd { attempts: 1, reason: "x".repeat(9_999), ..ending(Standing::Active) };
    store.finish(&lease, &failed).await.unwrap();
    assert_eq!(store.story(job.id).await.unwrap().diary[0].text.chars().count(), 500);
    assert_eq!(store.forget_troubles(Duration::from_secs(60), 100).await.unwrap(), 0);
    let before = store.now().await.unwrap();
    while store.now().await.unwrap() <= before {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.forget_troubles(Duration::ZERO, 100).await.unwrap(), 1);
    assert_eq!(kinds(store, job.id).await, [DiaryKind::Accepted]);
}

pub async fn a_lost_lease_writes_no_line(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    store.cancel(job.id).await.unwrap();
    let lines = kinds(store, job.id).await;
    let lost = store.save_confirmed(&lease, &file, &UploadProgress::default(), &WENT_ON).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost)));
    let lost = store.finish(&lease, &ending(Standing::Parked)).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost)));
    assert!(store.mark_verified(&lease, &file, &streamed(9)).await.is_err());
    assert_eq!(kinds(store, job.id).await, lines);
    accept(store, recording("u", &[("late", 3)]), "late").await;
    assert_eq!(kinds(store, job.id).await, lines, "an event about a cancelled job is no line");
}

//! The singleton lease of periodic work, the figures of the backlog, and the job of a recording.

use std::time::Duration;

use zoom2drive::jobs::{BACKFILL_EVENT, BackfilledDays, FOUND_EVENT, Look, SingletonState, Stage, Standing};
use zoom2drive::recording::MeetingUuid;
use zoom2drive::store::{NewEvent, SingletonClaim, SingletonLease, StoreError};

use super::{Store, accept, begin, claim, ending, event, finish_one, is_idle, no_names, recording};

const HOUR: Duration = Duration::from_secs(3600);

async fn take(store: &Store, every: Duration, hold_for: Duration) -> SingletonLease {
    match store.acquire_singleton("sweep", every, hold_for).await.unwrap() {
        SingletonClaim::Ours(turn) => turn,
        SingletonClaim::Later(wait) => panic!("only in {wait:?}"),
    }
}

async fn later(store: &Store, every: Duration) -> Duration {
    match store.acquire_singleton("sweep", every, HOUR).await.unwrap() {
        SingletonClaim::Ours(turn) => panic!("{turn:?}"),
        SingletonClaim::Later(wait) => wait,
    }
}

pub async fn a_recordings_job_is_found_by_its_uuid(store: &Store) {
    let uuid = |text| MeetingUuid::new(text).unwrap();
    let (job, _) = begin(store, "/a//b==").await;
    accept(store, recording("other", &[("a", 9)]), "first").await;
    assert_eq!(store.job_of(&uuid("/a//b==")).await.unwrap().unwrap().id, job.id);
    assert!(store.job_of(&uuid("/a//b")).await.unwrap().is_none());
}

pub async fn one_turn_at_a_time_and_not_too_often(store: &Store) {
    let turn = take(store, HOUR, HOUR).await;
    let wait = later(store, Duration::ZERO).await;
    assert!(wait <= HOUR && wait > HOUR / 2, "{wait:?}");
    store.end_singleton(&turn, true, "").await.unwrap();
    let wait = later(store, 2 * HOUR).await;
    assert!(wait <= 2 * HOUR && wait > HOUR, "{wait:?}");
    // Other work has turns of its own.
    assert!(matches!(store.acquire_singleton("else", HOUR, HOUR).await.unwrap(), SingletonClaim::Ours(_)));
    take(store, Duration::ZERO, HOUR).await;
}

pub async fn a_turn_that_never_ended_is_taken_over(store: &Store) {
    let lost = take(store, HOUR, Duration::ZERO).await;
    let given_back = take(store, HOUR, HOUR).await;
    assert!(matches!(store.renew_singleton(&lost, HOUR, "").await, Err(StoreError::LeaseLost)));
    store.renew_singleton(&given_back, Duration::ZERO, "").await.unwrap();
    take(store, HOUR, HOUR).await;
}

pub async fn only_the_holder_keeps_or_ends_a_turn(store: &Store) {
    let lost = take(store, HOUR, Duration::ZERO).await;
    let turn = take(store, HOUR, Duration::ZERO).await;
    assert!(matches!(store.end_singleton(&lost, true, "late").await, Err(StoreError::LeaseLost)));
    store.renew_singleton(&turn, HOUR, "").await.unwrap();
    later(store, Duration::ZERO).await;
    store.end_singleton(&turn, false, "failed").await.unwrap();
    assert!(matches!(store.end_singleton(&turn, true, "twice").await, Err(StoreError::LeaseLost)));
    assert_eq!(store.singleton("sweep").await.unwrap().note, "failed");
}

pub async fn a_turn_remembers_when_it_went_well(store: &Store) {
    assert_eq!(store.singleton("sweep").await.unwrap(), SingletonState::default());
    let turn = take(store, Duration::ZERO, HOUR).await;
    let begun = store.singleton("sweep").await.unwrap();
    assert!(begun.tried_at.is_some() && begun.succeeded_at.is_none(), "{begun:?}");
    store.end_singleton(&turn, true, "well").await.unwrap();
    let well = store.singleton("sweep").await.unwrap();
    assert!(
        well.succeeded_at.is_some() && well.tried_at == well.succeeded_at && well.note == "well",
        "{well:?}"
    );
    let turn = take(store, Duration::ZERO, HOUR).await;
    store.end_singleton(&turn, false, "badly").await.unwrap();
    let badly = store.singleton("sweep").await.unwrap();
    assert_eq!((badly.succeeded_at, badly.note.as_str()), (well.succeeded_at, "badly"));
    // Whom it did not see stands until it is said anew, by whoever holds the turn.
    let turn = take(store, Duration::ZERO, HOUR).await;
    store.note_look(&turn, "Zoom Rooms", None).await.unwrap();
    store.end_singleton(&turn, true, "well").await.unwrap();
    assert!(matches!(store.note_look(&turn, "late", None).await, Err(StoreError::LeaseLost)));
    assert_eq!(store.singleton("sweep").await.unwrap().unseen, "Zoom Rooms");
    let turn = take(store, Duration::ZERO, HOUR).await;
    store.note_look(&turn, "", None).await.unwrap();
    store.end_singleton(&turn, true, "well").await.unwrap();
    assert_eq!(store.singleton("sweep").await.unwrap().unseen, "");
}

pub async fn the_backlog_counts_what_is_not_verified(store: &Store) {
    assert_eq!(store.backlog().await.unwrap().unarchived, 0);
    let (job, lease) = begin(store, "finished").await;
    finish_one(store, &job, &lease).await;
    let (job, lease) = begin(store, "waits for late files").await;
    let file = super::plan_one(store, &job, &lease).await;
    store.mark_transferred(&lease, &file, &super::streamed(9), &Default::default()).await.unwrap();
    store.mark_verified(&lease, &file, &super::streamed(9)).await.unwrap();
    store.advance(&lease, Stage::Planned, Stage::Transferred).await.unwrap();
    assert_eq!(store.backlog().await.unwrap().unarchived, 1);
    store.advance(&lease, Stage::Transferred, Stage::Verified).await.unwrap();
    assert_eq!(store.backlog().await.unwrap().unarchived, 0);
    let (_, lease) = begin(store, "parked").await;
    store.finish(&lease, &ending(Standing::Parked)).await.unwrap();
    let (job, _) = begin(store, "cancelled").await;
    store.cancel(job.id).await.unwrap();
    begin(store, "active").await;
    let backlog = store.backlog().await.unwrap();
    assert_eq!((backlog.unarchived, backlog.parked), (2, 1));
    assert!(is_idle(store).await);
}

pub async fn what_a_backfill_brings_in_is_as_old_as_its_bringing(store: &Store) {
    let before = store.now().await.unwrap();
    let mut recording = recording("old", &[("a", 9)]);
    recording.start_time = "2019-01-01T10:00:00Z".parse().ok();
    let old = NewEvent { name: BACKFILL_EVENT.to_owned(), ..event(Some(recording.clone()), "old") };
    store.accept(&old).await.unwrap();
    let oldest = store.backlog().await.unwrap().oldest_at.unwrap();
    assert!(oldest >= before, "{oldest} is before {before}");
    // The same of Zoom's own call is years late.
    accept(store, recording, "told").await;
    let oldest = store.backlog().await.unwrap().oldest_at.unwrap();
    assert!(oldest < before, "{oldest}");
}

pub async fn the_backlog_knows_the_oldest_and_the_first_to_go(store: &Store) {
    let millis = |time: &str| Some(time.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    let with = |uuid: &str, start: &str, deletes: &str| {
        let mut recording = recording(uuid, &[("a", 9)]);
        recording.start_time = start.parse().ok();
        recording.auto_delete_date = deletes.parse().ok();
        recording
    };
    let before = store.now().await.unwrap();
    accept(store, with("when?", "", ""), "first").await;
    let backlog = store.backlog().await.unwrap();
    assert!(backlog.oldest_at.is_some_and(|at| at >= before) && backlog.zoom_deletes_at.is_none());
    accept(store, with("new", "2026-02-02T10:00:00Z", "2026-03-01"), "first").await;
    accept(store, with("old", "2026-01-01T10:00:00Z", ""), "first").await;
    let backlog = store.backlog().await.unwrap();
    assert_eq!(backlog.oldest_at, millis("2026-01-01T10:00:00Z"));
    assert_eq!(backlog.zoom_deletes_at, millis("2026-03-01T00:00:00Z"));
    // A listing knows more than the event did, and planning writes it down.
    let (job, lease) = claim(store).await;
    store
        .plan(&lease, &with("when?", "2025-12-31T10:00:00Z", "2026-02-01"), &[], &no_names(), job.revision)
        .await
        .unwrap();
    let backlog = store.backlog().await.unwrap();
    assert_eq!(backlog.oldest_at, millis("2025-12-31T10:00:00Z"));
    assert_eq!(backlog.zoom_deletes_at, millis("2026-02-01T00:00:00Z"));
}

pub async fn the_last_event_is_zooms(store: &Store) {
    let mut found = event(Some(recording("found", &[("a", 9)])), "found");
    found.name = FOUND_EVENT.to_owned();
    store.accept(&found).await.unwrap();
    assert_eq!(store.backlog().await.unwrap().last_event_at, None);
    accept(store, recording("u", &[("a", 9)]), "first").await;
    let received_at = store.events(None).await.unwrap()[0].received_at;
    store.accept(&super::event(Some(recording("found", &[("b", 9)])), "again")).await.unwrap();
    assert!(store.backlog().await.unwrap().last_event_at.is_some_and(|at| at >= received_at));
}

fn look(at: i64, back_days: u32, first: &str) -> Look {
    Look { at, back: 24 * HOUR * back_days, first: first.parse().unwrap() }
}

pub async fn the_covered_days_are_kept_and_a_backfill_closes_their_gap(store: &Store) {
    let at = |time: &str| time.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let days = |from: &str, to: &str, left_out| BackfilledDays {
        at: at("2026-02-20T10:00:00Z"),
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        is_whole: true,
        left_out,
    };
    assert_eq!(store.note_backfill("sweep", days("2026-02-01", "2026-02-20", 0)).await.unwrap(), None);
    let turn = take(store, Duration::ZERO, HOUR).await;
    store.renew_singleton(&turn, HOUR, "3 of 350 user(s)").await.unwrap();
    assert_eq!(store.singleton("sweep").await.unwrap().progress, "3 of 350 user(s)");
    let first = look(at("2026-02-04T10:00:00Z"), 3, "2026-02-01");
    store.note_look(&turn, "", Some(&first)).await.unwrap();
    store.end_singleton(&turn, true, "well").await.unwrap();
    let known = store.singleton("sweep").await.unwrap();
    assert_eq!(
        (known.coverage.first_day().unwrap().to_string(), known.coverage.gap()),
        ("2026-02-01".into(), None)
    );
    assert_eq!((known.coverage.looked_at, known.progress.as_str()), (Some(first.at), ""));
    // Only the holder says what it saw.
    let late = look(at("2026-02-16T10:00:00Z"), 3, "2026-02-13");
    assert!(matches!(store.note_look(&turn, "", Some(&late)).await, Err(StoreError::LeaseLost)));
    assert_eq!(store.singleton("sweep").await.unwrap().coverage, known.coverage);
    let turn = take(store, Duration::ZERO, HOUR).await;
    store.note_look(&turn, "", Some(&late)).await.unwrap();
    store.end_singleton(&turn, true, "well").await.unwrap();
    let gap = store.singleton("sweep").await.unwrap().coverage;
    assert_eq!(gap.gap().unwrap().to_string(), "from 2026-02-03 to 2026-02-12");
    assert_eq!(store.note_backfill("sweep", days("2026-02-04", "2026-02-20", 0)).await.unwrap(), None);
    let closed = store.note_backfill("sweep", days("2026-02-03", "2026-02-12", 2)).await.unwrap().unwrap();
    assert_eq!(store.singleton("sweep").await.unwrap().coverage, closed);
    assert_eq!((closed.from, closed.gap_from, closed.left_out), (known.coverage.from, None, 2));
}

pub async fn the_first_day_begins_anew_when_a_look_sees_more_people(store: &Store) {
    let start = "2026-02-04T10:00:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let hours = |hours: i64| start + hours * 3600 * 1000;
    for (look, unseen, from) in [
        (look(start, 3, "2026-02-01"), "Zoom Rooms", "2026-02-01"),
        (look(hours(47), 3, "2026-02-03"), "Zoom Rooms", "2026-02-01"),
        (look(hours(48), 3, "2026-02-03"), "", "2026-02-03"),
        (look(hours(49), 3, "2026-02-03"), "Zoom Rooms", "2026-02-03"),
    ] {
        let turn = take(store, Duration::ZERO, HOUR).await;
        store.note_look(&turn, unseen, Some(&look)).await.unwrap();
        store.end_singleton(&turn, true, "well").await.unwrap();
        let coverage = store.singleton("sweep").await.unwrap().coverage;
        assert_eq!(coverage.first_day().unwrap().to_string(), from);
    }
}

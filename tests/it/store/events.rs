//! Events, and the jobs that they begin or wake.

use std::time::Duration;

use zoom2drive::jobs::{EventId, Stage, Standing};
use zoom2drive::recording::MeetingUuid;
use zoom2drive::secret::Secret;
use zoom2drive::store::{Accepted, LIST_MAX, Repeated, RunEnd};

use super::{Store, accept, begin, claim, ending, event, finish_one, is_idle, job, recording};

pub async fn the_first_event_begins_a_job(store: &Store) {
    let before = store.now().await.unwrap();
    let accepted = accept(store, recording("/a+b//==", &[("a", 9)]), "first").await;
    assert_eq!(accepted.repeated, Repeated::No);
    let job = job(store, accepted.job.unwrap()).await;
    assert_eq!((job.stage, job.standing, job.attempts), (Stage::Received, Standing::Active, 0));
    assert_eq!(job.recording, recording("/a+b//==", &[("a", 9)]), "tokens and addresses included");
    assert!(job.has_news() && !job.leased && job.reason.is_empty());
    let now = store.now().await.unwrap();
    for time in [job.accepted_at, job.updated_at, job.next_attempt_at] {
        assert!((before..=now).contains(&time), "{before} {time} {now}");
    }
    let (stored, body) = store.event(accepted.event).await.unwrap();
    assert_eq!(body, b"/a+b//== first");
    assert_eq!((stored.job, stored.meeting.as_deref()), (accepted.job, Some("/a+b//==")));
    assert!((before..=now).contains(&stored.received_at));
}

pub async fn the_same_bytes_change_nothing(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    finish_one(store, &job, &lease).await;
    let before = super::job(store, job.id).await;
    let first = EventId(1);
    for _ in 0..2 {
        let accepted = accept(store, recording("u", &[("a", 9)]), "first").await;
        assert_eq!(accepted, Accepted { event: first, job: Some(job.id), repeated: Repeated::Yes });
    }
    let after = super::job(store, job.id).await;
    assert_eq!((after.updated_at, after.revision), (before.updated_at, before.revision));
    assert_eq!(store.events(None).await.unwrap().len(), 1);
}

pub async fn one_meeting_has_one_job(store: &Store) {
    let first = accept(store, recording("u", &[("a", 9)]), "one").await;
    let newer = recording("u", &[("b", 3)]).named_by_event(Some(&Secret::new("token-2")));
    let second = accept(store, newer, "two").await;
    let other = accept(store, recording("U", &[("a", 9)]), "three").await;
    assert_eq!(first.job, second.job);
    assert_ne!(first.job, other.job, "uuids differ by case");
    let job = job(store, first.job.unwrap()).await;
    let tokens: Vec<&str> = job
        .recording
        .files
        .iter()
        .map(|file| file.download.as_ref().unwrap().token.as_ref().unwrap().expose())
        .collect();
    assert_eq!(tokens, ["token-1", "token-2"], "files are merged, each with the token that it came with");
}

pub async fn a_late_file_wakes_a_finished_job(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    finish_one(store, &job, &lease).await;
    accept(store, recording("u", &[("a", 9)]), "nothing new").await;
    assert!(is_idle(store).await, "the same file again is no news");
    accept(store, recording("u", &[("late", 3)]), "late").await;
    let (woken, _) = claim(store).await;
    assert_eq!((woken.id, woken.standing, woken.stage), (job.id, Standing::Active, Stage::Retired));
    assert!(woken.has_news());
    assert_eq!(woken.recording.files.len(), 2);
}

pub async fn a_parked_job_is_woken_by_any_event_and_a_cancelled_one_by_none(store: &Store) {
    let (job, lease) = begin(store, "parked").await;
    let parked = RunEnd { reason: "no access".into(), ..ending(Standing::Parked) };
    store.finish(&lease, &parked).await.unwrap();
    assert!(is_idle(store).await);
    assert_eq!(super::job(store, job.id).await.reason, "no access");
    accept(store, recording("parked", &[("a", 9)]), "again").await;
    let (woken, _lease) = claim(store).await;
    assert_eq!((woken.id, woken.attempts, woken.reason.as_str()), (job.id, 0, ""));

    let cancelled = accept(store, recording("cancelled", &[("a", 9)]), "one").await.job.unwrap();
    store.cancel(cancelled).await.unwrap();
    accept(store, recording("cancelled", &[("late", 9)]), "two").await;
    let job = super::job(store, cancelled).await;
    assert_eq!(job.standing, Standing::Cancelled);
    assert_eq!(job.recording.files.len(), 2, "what was told is kept for the day of a retry");
}

pub async fn an_event_about_nothing_is_kept_with_its_note(store: &Store) {
    let mut about_nothing = event(None, "x");
    about_nothing.note = "the event announces no recording to archive".to_owned();
    about_nothing.body = vec![0, 255, b'"'];
    let accepted = store.accept(&about_nothing).await.unwrap();
    assert_eq!(accepted.job, None);
    let (stored, body) = store.event(accepted.event).await.unwrap();
    assert_eq!((stored.note, stored.job, stored.meeting), (about_nothing.note, None, None));
    assert_eq!(body, about_nothing.body);
    assert!(is_idle(store).await);
}

pub async fn events_are_listed_in_pages(store: &Store) {
    let count = LIST_MAX + 7;
    for n in 0..count {
        store.accept(&event(None, &n.to_string())).await.unwrap();
    }
    let ids = |events: &[zoom2drive::store::StoredEvent]| -> Vec<i64> {
        events.iter().map(|event| event.id.0).collect()
    };
    let first = ids(&store.events(None).await.unwrap());
    let second = ids(&store.events(first.last().map(|id| EventId(*id))).await.unwrap());
    assert_eq!((first.len(), second.len()), (200, 7));
    let all: Vec<i64> = first.into_iter().chain(second).collect();
    assert!(all.windows(2).all(|pair| pair[0] > pair[1]), "newest first, none twice");
    assert!(store.events(Some(EventId(1))).await.unwrap().is_empty());
}

pub async fn concurrent_events_of_one_meeting_make_one_job(store: &Store) {
    let tasks: Vec<_> = (0..16)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let mark = (n % 8).to_string();
                accept(&store, recording("u", &[("a", 9), (&format!("f{mark}"), 1)]), &mark).await
            })
        })
        .collect();
    let accepted: Vec<Accepted> =
        futures::future::join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    assert!(accepted.iter().all(|one| one.job == accepted[0].job));
    assert_eq!(accepted.iter().filter(|one| one.repeated == Repeated::No).count(), 8);
    let job = job(store, accepted[0].job.unwrap()).await;
    assert_eq!(job.recording.uuid, MeetingUuid::new("u").unwrap());
    assert_eq!(job.recording.files.len(), 9, "no event's file was lost");
    tokio::time::timeout(Duration::from_secs(1), claim(store)).await.unwrap();
    assert!(is_idle(store).await);
}

pub async fn no_text_in_an_event_is_refused(store: &Store) {
    let mut odd = event(None, "odd");
    odd.name = "a\0b \u{202e}\u{10ffff}\u{1f3ad}".to_owned();
    let accepted = store.accept(&odd).await.unwrap();
    let (stored, _) = store.event(accepted.event).await.unwrap();
    assert_eq!(stored.name, odd.name.replace('\0', "\u{fffd}"), "no database keeps a NUL in a text");
    let mut recording = recording("u", &[("a", 9)]);
    recording.topic = "NUL \0 and \u{10ffff}".to_owned();
    let accepted = accept(store, recording.clone(), "odd topic").await;
    recording.topic = recording.topic.replace('\0', "\u{fffd}");
    assert_eq!(job(store, accepted.job.unwrap()).await.recording, recording);
}

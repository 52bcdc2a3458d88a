//! The archive by folder, findings and the place of a pass, as every store must keep them.

use std::time::Duration;

use zoom2drive::jobs::verification::{CheckedFile, Fault, Verdict, ZOOM_TRASH_KEEPS};
use zoom2drive::jobs::{JobId, Restart, Stage, Standing, VERIFY_SINGLETON, ZoomCopy};
use zoom2drive::recording::FileKey;
use zoom2drive::store::{ArchiveFilter, ArchivePlace, Lease, SingletonClaim, SingletonLease, StoreError};

use super::{LEASE, Store, begin, ending, finish_one, plan_one, streamed};

async fn lease(store: &Store) -> SingletonLease {
    match store.acquire_singleton(VERIFY_SINGLETON, Duration::ZERO, LEASE).await.unwrap() {
        SingletonClaim::Ours(lease) => lease,
        SingletonClaim::Later(wait) => panic!("later: {wait:?}"),
    }
}

fn checked(job: JobId, fault: Option<Fault>) -> CheckedFile {
    let verdict = fault.map_or(Verdict::Equal, |fault| Verdict::Wrong(fault, "detail".to_owned()));
    CheckedFile {
        job,
        key: FileKey::new("a"),
        version: 1,
        name: "d1.mp4".to_owned(),
        drive_id: "d1".to_owned(),
        sent: streamed(9),
        verdict,
    }
}

pub async fn proved_files_are_listed_by_folder(store: &Store) {
    let all = ArchiveFilter::default();
    assert!(store.archive_folders("", &all, 9).await.unwrap().is_empty());
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    store.mark_transferred(&lease, &file, &streamed(9), &Default::default()).await.unwrap();
    assert!(store.archive_folders("", &all, 9).await.unwrap().is_empty(), "not proved yet");
    store.mark_verified(&lease, &file, &streamed(9)).await.unwrap();
    assert_eq!(store.archive_folders("", &all, 9).await.unwrap(), [("folder-of-d1".to_owned(), 1)]);
    assert!(store.archive_folders("folder-of-d1", &all, 9).await.unwrap().is_empty());
    let files = store.archive_files(&ArchivePlace::after(""), "folder-of-d1", &all).await.unwrap();
    let [found] = &files[..] else { panic!("{files:?}") };
    assert_eq!((found.job, found.drive_id.as_str(), found.was_wrong), (job.id, "d1", false));
    assert_eq!(found.sent, streamed(9));
    assert!(store.archive_files(&found.place(), "folder-of-d1", &all).await.unwrap().is_empty());
    let now = store.now().await.unwrap();
    for (filter, count) in [
        (ArchiveFilter { since: Some(now + 60_000), ..all.clone() }, 0),
        (ArchiveFilter { until: Some(now - 60_000), ..all.clone() }, 0),
        (ArchiveFilter { since: Some(now - 60_000), until: Some(now + 60_000), ..all.clone() }, 1),
        (ArchiveFilter { host: Some("eve@example.com".to_owned()), ..all.clone() }, 0),
        (ArchiveFilter { host: Some(String::new()), ..all.clone() }, 1),
    ] {
        assert_eq!(store.archive_folders("", &filter, 9).await.unwrap().len(), count, "{filter:?}");
        let files = store.archive_files(&ArchivePlace::after(""), "z", &filter).await.unwrap();
        assert_eq!(files.len(), count, "{filter:?}");
    }
}

pub async fn a_finding_lasts_until_a_look_finds_it_mended(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    finish_one(store, &job, &lease).await;
    store.note_checks(&[checked(job.id, Some(Fault::Moved))]).await.unwrap();
    let first = store.verify_findings(None).await.unwrap().remove(0);
    assert_eq!((first.fault, first.detail.as_str(), first.name.as_str()), (Fault::Moved, "detail", "d1.mp4"));
    tokio::time::sleep(Duration::from_millis(5)).await;
    store.note_checks(&[checked(job.id, Some(Fault::Moved))]).await.unwrap();
    let again = store.verify_findings_of(job.id).await.unwrap().remove(0);
    assert!(again.since == first.since && again.seen_at > first.seen_at, "{again:?}");
    assert!(store.verify_findings(Some(&again)).await.unwrap().is_empty());
    assert!(store.verify_findings_of(JobId(job.id.0 + 1)).await.unwrap().is_empty());
    let files = store.archive_files(&ArchivePlace::after(""), "z", &ArchiveFilter::default()).await.unwrap();
    assert!(files[0].was_wrong);
    // Another fault is another finding.
    store.note_checks(&[checked(job.id, Some(Fault::Missing))]).await.unwrap();
    let state = store.verification().await.unwrap();
    assert_eq!((state.wrong.as_slice(), state.listed.len()), (&[(Fault::Missing, 1)][..], 1));
    assert!(state.listed[0].starts_with(&format!("job {}: missing d1.mp4: ", job.id)), "{:?}", state.listed);
    store.note_checks(&[checked(job.id, None)]).await.unwrap();
    assert_eq!(store.verification().await.unwrap().wrong_files(), 0);
}

pub async fn what_is_archived_again_is_no_finding(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    store.mark_transferred(&lease, &file, &streamed(9), &Default::default()).await.unwrap();
    store.mark_verified(&lease, &file, &streamed(9)).await.unwrap();
    store.note_checks(&[checked(job.id, Some(Fault::Missing))]).await.unwrap();
    assert_eq!(store.verification().await.unwrap().wrong_files(), 1);
    store.start_over(&lease, &file, "d2", Restart::CopyGone).await.unwrap();
    assert_eq!(store.verification().await.unwrap().wrong_files(), 0);
    assert!(store.verify_findings(None).await.unwrap().is_empty());
}

pub async fn a_pass_is_kept_by_its_holder_alone(store: &Store) {
    let first = lease(store).await;
    assert_eq!(store.begin_verification(&first).await.unwrap(), "");
    store.verified_up_to(&first, "f1", 7).await.unwrap();
    store.verification_failed(&first, "Drive is down").await.unwrap();
    let state = store.verification().await.unwrap();
    assert!(
        state.failing_since.is_some() && state.failure == "Drive is down" && state.looked == 7,
        "{state:?}"
    );
    // Released half-way: the next one goes on there.
    store.renew_singleton(&first, Duration::ZERO, "").await.unwrap();
    let second = lease(store).await;
    assert_eq!(store.begin_verification(&second).await.unwrap(), "f1");
    for lost in [
        store.verified_up_to(&first, "f9", 1).await,
        store.verification_failed(&first, "x").await,
        store.begin_verification(&first).await.map(drop),
        store.end_verification(&first).await.map(drop),
    ] {
        assert!(matches!(lost, Err(StoreError::LeaseLost)), "{lost:?}");
    }
    store.verified_up_to(&second, "f2", 3).await.unwrap();
    let state = store.end_verification(&second).await.unwrap();
    assert!(
        state.ended_at.is_some() && state.began_at.is_none() && state.failing_since.is_none(),
        "{state:?}"
    );
    assert_eq!(state.files, 10);
    assert_eq!(store.begin_verification(&second).await.unwrap(), "");
}

/// A job whose only file is proved, ready to be retired.
async fn settled(store: &Store, uuid: &str) -> (JobId, Lease) {
    let (job, lease) = begin(store, uuid).await;
    let file = plan_one(store, &job, &lease).await;
    store.mark_transferred(&lease, &file, &streamed(9), &Default::default()).await.unwrap();
    store.mark_verified(&lease, &file, &streamed(9)).await.unwrap();
    let before_the_end = &Stage::ALL[1..Stage::ALL.len() - 1];
    for steps in before_the_end.windows(2) {
        store.advance(&lease, steps[0], steps[1]).await.unwrap();
    }
    (job.id, lease)
}

pub async fn a_recovered_recording_is_at_zoom_again(store: &Store) {
    let (job, lease) = settled(store, "u").await;
    assert_eq!(store.zoom_trash_until(job).await.unwrap(), None);
    store.retired(&lease, ZoomCopy::PutAway).await.unwrap();
    store.finish(&lease, &ending(Standing::Finished)).await.unwrap();
    let left = store.zoom_trash_until(job).await.unwrap().unwrap() - store.now().await.unwrap();
    let spent = i64::try_from(ZOOM_TRASH_KEEPS.as_millis()).unwrap() - left;
    assert!((0..=60_000).contains(&spent), "{left}");
    store.recovered(job, false).await.unwrap();
    let kept = store.job(job).await.unwrap();
    assert_eq!((kept.standing, kept.zoom_copy), (Standing::Finished, ZoomCopy::Recovered));
    assert_eq!(store.zoom_trash_until(job).await.unwrap(), None);
    store.recovered(job, true).await.unwrap();
    let due = store.job(job).await.unwrap();
    assert!(due.standing == Standing::Active && due.has_news(), "{due:?}");
    assert!(matches!(store.recovered(JobId(99), true).await, Err(StoreError::Missing(_))));
}

pub async fn how_an_original_went_is_known(store: &Store) {
    let (deleted, lease) = settled(store, "u1").await;
    store.deleted_at_zoom(&lease).await.unwrap();
    assert_eq!(store.zoom_trash_until(deleted).await.unwrap(), Some(0));
    store.finish(&lease, &ending(Standing::Finished)).await.unwrap();
    let (gone, lease) = settled(store, "u2").await;
    store.gone_at_zoom(&lease).await.unwrap();
    assert_eq!(store.zoom_trash_until(gone).await.unwrap(), None, "nobody knows since when");
    assert_eq!(store.zoom_trash_until(JobId(99)).await.unwrap(), None);
}

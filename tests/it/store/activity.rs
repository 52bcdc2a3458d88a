//! What happens at this moment, as a page shows it.

use zoom2drive::jobs::{Restart, UploadProgress};
use zoom2drive::recording::Source;
use zoom2drive::secret::SecretUrl;

use super::{Store, begin, confirmed_of, plan_one, streamed};

pub async fn files_on_their_way_are_known_with_their_positions(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    assert!(store.moving().await.unwrap().is_empty(), "no upload is open");
    let progress = UploadProgress {
        session: Some(SecretUrl::new("https://www.googleapis.com/upload/1")),
        total: 9,
        offset: 4,
        ..UploadProgress::default()
    };
    store.save_progress(&lease, &file, &progress).await.unwrap();
    let moving = store.moving().await.unwrap();
    assert_eq!(moving.len(), 1);
    assert_eq!((moving[0].job, moving[0].topic.as_str(), moving[0].source), (job.id, "A play", Source::Zoom));
    assert_eq!((moving[0].file.progress.offset, moving[0].file.progress.total), (4, 9));
    assert_eq!((moving[0].file.drive_id.as_str(), moving[0].file.name.as_str()), ("d1", "d1.mp4"));
    store.mark_transferred(&lease, &file, &streamed(9), &Default::default()).await.unwrap();
    assert!(store.moving().await.unwrap().is_empty());
    store.cancel(job.id).await.unwrap();
    assert!(store.moving().await.unwrap().is_empty());
}

pub async fn the_newest_proofs_come_first(store: &Store) {
    for uuid in ["a", "b", "c"] {
        let (job, lease) = begin(store, uuid).await;
        let file = plan_one(store, &job, &lease).await;
        store.mark_transferred(&lease, &file, &streamed(9), &Default::default()).await.unwrap();
        assert!(store.proofs(5).await.unwrap().iter().all(|proof| proof.job != job.id), "not proved yet");
        let before = store.now().await.unwrap();
        while store.now().await.unwrap() <= before {
            tokio::task::yield_now().await;
        }
        store.mark_verified(&lease, &file, &streamed(9)).await.unwrap();
        if uuid == "c" {
            store.start_over(&lease, &file, "d2", Restart::CopyGone).await.unwrap();
        }
    }
    let proofs = store.proofs(5).await.unwrap();
    let jobs: Vec<i64> = proofs.iter().map(|proof| proof.job.0).collect();
    assert_eq!(jobs.len(), 2, "a copy that is gone is proved no longer");
    assert!(jobs[0] > jobs[1]);
    assert_eq!(proofs[0].file.shown_state(), "verified");
    assert!(proofs[0].file.proved_at >= proofs[1].file.proved_at);
    assert_eq!(store.proofs(1).await.unwrap().len(), 1);
}

pub async fn a_day_of_uploads_is_summed_over_identities(store: &Store) {
    assert!(store.day().await.unwrap().is_empty());
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    store.save_confirmed(&lease, &file, &file.progress, &confirmed_of("one", 5)).await.unwrap();
    store.save_confirmed(&lease, &file, &file.progress, &confirmed_of("two", 6)).await.unwrap();
    let day = store.day().await.unwrap();
    assert_eq!(day.iter().map(|hour| hour.bytes).sum::<u64>(), 11);
    assert!(day.len() <= 2, "at most one hour has ended in between");
}

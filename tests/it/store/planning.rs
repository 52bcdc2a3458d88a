//! A job's files: planned, moved, proved; and the folders that they go to.

use zoom2drive::jobs::{FileRecord, FileState, Provenance, Restart, Stage, UploadProgress};
use zoom2drive::secret::{Secret, SecretUrl};
use zoom2drive::store::{Confirmed, FolderRecord, Lease, StoreError};

use super::{Store, accept, begin, confirmed_of, job, no_names, plan_one, record, recording, streamed};

async fn replan(store: &Store, lease: &Lease, files: &[FileRecord]) -> Vec<FileRecord> {
    let job = job(store, lease.job).await;
    store.plan(lease, &job.recording, files, &no_names(), job.revision).await.unwrap();
    store.files(lease.job).await.unwrap()
}

fn states(files: &[FileRecord]) -> Vec<(&str, u32, &FileState)> {
    files.iter().map(|file| (file.drive_id.as_str(), file.version, &file.state)).collect()
}

pub async fn a_plan_is_stored_whole(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let listed = recording("u", &[("z", 1), ("a", 9), ("m", 3)]);
    let files = [
        record(&listed, 0, "d1", FileState::Wanted),
        record(&listed, 1, "", FileState::Skipped("no video wanted".into())),
        record(&listed, 2, "d3", FileState::Verified(streamed(3))),
    ];
    store.plan(&lease, &listed, &files, &no_names(), job.revision).await.unwrap();
    let stored = store.files(job.id).await.unwrap();
    assert_eq!(format!("{stored:?}"), format!("{files:?}"), "in the order of planning");
    assert_eq!(stored[0].file, files[0].file, "addresses and tokens included");
    let planned = super::job(store, job.id).await;
    assert_eq!((planned.stage, planned.recording, planned.leased), (Stage::Planned, listed, true));
    assert_eq!(planned.planned_revision, job.revision);
    assert!(store.files(zoom2drive::jobs::JobId(99)).await.unwrap().is_empty());
}

pub async fn progress_reads_back_to_the_letter(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    let progress = UploadProgress {
        session: Some(SecretUrl::new("https://www.googleapis.com/upload?upload_id=A_B-c&x=%2F")),
        session_opened_at: 1_720_705_455_000,
        total: 20 * 1024 * 1024 * 1024,
        offset: 19 * 1024 * 1024 * 1024,
        hash_state: (0..=255).collect(),
        ahead: (0..=255).rev().collect(),
        validator: "\"etag-'quoted'\"".to_owned(),
    };
    for progress in [progress, UploadProgress::default()] {
        store.save_progress(&lease, &file, &progress).await.unwrap();
        assert_eq!(store.files(job.id).await.unwrap()[0].progress, progress);
    }
    let too_large = UploadProgress { offset: u64::MAX, ..UploadProgress::default() };
    assert!(store.save_progress(&lease, &file, &too_large).await.is_err());
    store.mark_transferred(&lease, &file, &streamed(9), &Default::default()).await.unwrap();
    let stored = store.files(job.id).await.unwrap().remove(0);
    assert_eq!(stored.state, FileState::Transferred(streamed(9)));
    assert_eq!(stored.progress.session, None, "a session that is done with is forgotten");
}

const fn of_ann(bytes: u64) -> Confirmed<'static> {
    confirmed_of("ann", bytes)
}

pub async fn what_is_confirmed_and_what_it_counts_are_stored_together(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let mut file = plan_one(store, &job, &lease).await;
    let stored = async || store.files(job.id).await.unwrap().remove(0);
    let counted = async || store.uploaded("ann").await.unwrap().iter().map(|hour| hour.bytes).sum::<u64>();
    let progress = UploadProgress { total: 9, offset: 5, hash_state: vec![1], ..UploadProgress::default() };
    store.save_confirmed(&lease, &file, &progress, &of_ann(5)).await.unwrap();
    assert_eq!((stored().await.progress, counted().await), (progress.clone(), 5));
    store.save_confirmed(&lease, &file, &progress, &of_ann(0)).await.unwrap();
    assert_eq!(counted().await, 5);

    // Ahead of that, nothing counts, and nothing else changes but the source of the bytes.
    file.provenance = Provenance::Event;
    let ahead = UploadProgress { ahead: vec![7, 8], ..progress.clone() };
    let other = UploadProgress { offset: 8, ..ahead.clone() };
    store.save_ahead(&lease, &file, &other).await.unwrap();
    assert_eq!((stored().await.progress, stored().await.provenance), (ahead, Provenance::Event));
    assert_eq!(counted().await, 5);
    let stranger = FileRecord { version: 99, ..file.clone() };
    assert!(store.save_ahead(&lease, &stranger, &progress).await.is_err());
    store.mark_transferred(&lease, &file, &streamed(9), &of_ann(4)).await.unwrap();
    assert_eq!(counted().await, 9);
    assert!(store.mark_transferred(&lease, &stranger, &streamed(9), &of_ann(4)).await.is_err());
    assert_eq!(counted().await, 9, "what is refused counts nothing");
    store.start_over(&lease, &file, "d2", Restart::CopyDiffered).await.unwrap();
    assert_eq!(stored().await.progress, UploadProgress::default());
}

pub async fn where_bytes_came_from_is_kept_with_their_hash(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let mut file = plan_one(store, &job, &lease).await;
    let source = async || store.files(job.id).await.unwrap()[0].provenance;
    assert_eq!(source().await, Provenance::Unknown);
    file.provenance = Provenance::Event;
    store
        .save_progress(&lease, &file, &UploadProgress { offset: 5, ..UploadProgress::default() })
        .await
        .unwrap();
    assert_eq!(source().await, Provenance::Event);
    file.provenance = Provenance::Listing;
    store.mark_transferred(&lease, &file, &streamed(9), &Default::default()).await.unwrap();
    assert_eq!(source().await, Provenance::Listing);
    // What is not proved yet cannot have been compared.
    assert!(store.set_provenance(&lease, &file, Provenance::Confirmed).await.is_err());
    let stale = FileRecord { provenance: Provenance::Event, ..file.clone() };
    store.mark_verified(&lease, &stale, &streamed(9)).await.unwrap();
    assert_eq!(source().await, Provenance::Listing);
    for compared in [Provenance::Contradicted, Provenance::Confirmed] {
        store.set_provenance(&lease, &file, compared).await.unwrap();
        assert_eq!(source().await, compared);
    }
    let other_copy = FileRecord { drive_id: "d9".into(), ..file.clone() };
    assert!(store.set_provenance(&lease, &other_copy, Provenance::Contradicted).await.is_err());
    store.start_over(&lease, &file, "d2", Restart::CopyDiffered).await.unwrap();
    assert_eq!(source().await, Provenance::Unknown, "nothing is known of what comes next");
}

pub async fn a_known_file_learns_its_newest_address_and_nothing_else(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    let fresh = job.recording.clone().listed_by_zoom(Some(&Secret::new("fresh")));
    let replanned = FileRecord {
        file: fresh.files[0].clone(),
        name: "other.mp4".into(),
        folder_id: "other".into(),
        drive_id: "other".into(),
        mismatches: 7,
        ..file.clone()
    };
    let progress = UploadProgress { total: 9, offset: 5, ..UploadProgress::default() };
    store.save_progress(&lease, &file, &progress).await.unwrap();
    let expected = FileRecord { file: fresh.files[0].clone(), progress, ..file.clone() };
    let stored = replan(store, &lease, std::slice::from_ref(&replanned)).await;
    assert_eq!(format!("{stored:?}"), format!("{:?}", [expected]));
    assert_eq!(stored[0].file, fresh.files[0]);

    store.mark_verified(&lease, &file, &streamed(9)).await.unwrap();
    for state in [FileState::Wanted, FileState::Skipped("x".into()), FileState::Verified(streamed(1))] {
        let stored = replan(store, &lease, &[FileRecord { state, ..replanned.clone() }]).await;
        assert_eq!(states(&stored), [("d1", 1, &FileState::Verified(streamed(9)))]);
    }
}

pub async fn what_was_skipped_can_be_wanted_later(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let skipped = record(&job.recording, 0, "", FileState::Skipped("too short".into()));
    replan(store, &lease, &[skipped]).await;
    let wanted = record(&job.recording, 0, "d1", FileState::Wanted);
    let stored = replan(store, &lease, std::slice::from_ref(&wanted)).await;
    assert_eq!(format!("{stored:?}"), format!("{:?}", [wanted]), "with the id and folder reserved for it");
}

pub async fn what_was_wanted_can_be_adopted_or_skipped(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    let session = Some(SecretUrl::new("https://www.googleapis.com/s"));
    let progress = UploadProgress { session, offset: 4, ..UploadProgress::default() };
    store.save_progress(&lease, &file, &progress).await.unwrap();
    let skipped = FileState::Skipped("filtered".into());
    let stored = replan(store, &lease, &[FileRecord { state: skipped.clone(), ..file.clone() }]).await;
    assert_eq!(states(&stored), [("d1", 1, &skipped)]);
    replan(store, &lease, std::slice::from_ref(&file)).await;
    // Found in Drive, whole, under an id of an earlier life.
    let found = record(&job.recording, 0, "found", FileState::Verified(streamed(9)));
    let stored = replan(store, &lease, &[found]).await;
    assert_eq!(states(&stored), [("found", 1, &FileState::Verified(streamed(9)))]);
    assert_eq!(stored[0].progress.session, None, "the half upload is not gone on with");
}

pub async fn news_during_planning_are_not_overwritten(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    // While the worker lists, an event brings a late file and a fresh token.
    let late = recording("u", &[("late", 3), ("a", 9)]).named_by_event(Some(&Secret::new("fresh")));
    accept(store, late, "late").await;
    let file = record(&job.recording, 0, "d1", FileState::Wanted);
    let listed = recording("u", &[("a", 9), ("listed", 1)]);
    store.plan(&lease, &listed, &[file], &no_names(), job.revision).await.unwrap();
    let planned = super::job(store, job.id).await;
    assert!(planned.has_news());
    let mut files: Vec<(&str, &str)> = planned
        .recording
        .files
        .iter()
        .map(|file| (file.id.as_str(), file.download.as_ref().unwrap().token.as_ref().unwrap().expose()))
        .collect();
    files.sort_unstable();
    assert_eq!(files, [("a", "fresh"), ("late", "fresh"), ("listed", "token-1")]);
}

pub async fn a_new_version_is_planned_beside_the_old_one(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    store.mark_verified(&lease, &file, &streamed(9)).await.unwrap();
    store.advance(&lease, Stage::Planned, Stage::Transferred).await.unwrap();
    // Planning that finds nothing to do leaves the stage alone.
    replan(store, &lease, std::slice::from_ref(&file)).await;
    assert_eq!(super::job(store, job.id).await.stage, Stage::Transferred);
    let second = FileRecord { version: 2, drive_id: "d2".into(), ..file };
    let stored = replan(store, &lease, &[second]).await;
    let first_state = FileState::Verified(streamed(9));
    assert_eq!(states(&stored), [("d1", 1, &first_state), ("d2", 2, &FileState::Wanted)]);
    assert_eq!(super::job(store, job.id).await.stage, Stage::Planned);
}

pub async fn a_file_that_starts_over_forgets_its_upload(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    let progress = UploadProgress { total: 9, offset: 5, hash_state: vec![1], ..UploadProgress::default() };
    store.save_progress(&lease, &file, &progress).await.unwrap();
    store.mark_transferred(&lease, &file, &streamed(9), &Default::default()).await.unwrap();
    store.start_over(&lease, &file, "d2", Restart::CopyDiffered).await.unwrap();
    let stored = store.files(job.id).await.unwrap();
    let expected = FileRecord { drive_id: "d2".into(), mismatches: 1, ..file };
    assert_eq!(format!("{stored:?}"), format!("{:?}", [&expected]));
    // Each cause has a count of its own, and a copy that somebody took away is nobody's fault.
    for why in [Restart::BeganAnew, Restart::BeganAnew, Restart::CopyGone] {
        let file = store.files(job.id).await.unwrap().remove(0);
        store.start_over(&lease, &file, "d2", why).await.unwrap();
    }
    let counted = store.files(job.id).await.unwrap().remove(0);
    assert_eq!((counted.mismatches, counted.restarts), (1, 2));
    store.start_over(&lease, &counted, "d2", Restart::BeganAnew).await.unwrap();
    store.start_over(&lease, &counted, "d2", Restart::BeganAnew).await.unwrap();
    assert_eq!(store.files(job.id).await.unwrap()[0].restarts, 3, "a write that comes twice counts once");
    store.retry(job.id).await.unwrap();
    let counted = store.files(job.id).await.unwrap().remove(0);
    assert_eq!((counted.mismatches, counted.restarts), (0, 0));
}

pub async fn a_folder_is_reserved_once(store: &Store) {
    assert_eq!(store.folder("Ann/2021").await.unwrap(), None);
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.reserve_folder("Ann/2021", &format!("id-{n}")).await.unwrap() })
        })
        .collect();
    let reserved: Vec<FolderRecord> =
        futures::future::join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    assert!(reserved.iter().all(|one| *one == reserved[0] && !one.made), "{reserved:?}");
    let id = &reserved[0].drive_id;
    store.folder_made("Ann/2021", "another").await.unwrap();
    assert!(!store.folder("Ann/2021").await.unwrap().unwrap().made, "only the reserved one is confirmed");
    store.folder_made("Ann/2021", id).await.unwrap();
    let made = FolderRecord { drive_id: id.clone(), made: true };
    assert_eq!(store.reserve_folder("Ann/2021", "late").await.unwrap(), made);
    store.forget_folder("Ann/2021", "another").await.unwrap();
    assert_eq!(store.folder("Ann/2021").await.unwrap(), Some(made));
    store.forget_folder("Ann/2021", id).await.unwrap();
    assert_eq!(store.folder("Ann/2021").await.unwrap(), None);
    assert!(!store.reserve_folder("Ann/2021", "again").await.unwrap().made);
    assert_eq!(store.folder("ann/2021").await.unwrap(), None, "Drive's names differ by case");
}

pub async fn a_short_name_is_the_first_hosts(store: &Store) {
    assert_eq!(store.name_owner("root/anna").await.unwrap(), None);
    let claim = |n: usize| {
        let store = store.clone();
        tokio::spawn(async move { store.own_name("root/anna", &format!("anna@{n}.org")).await.unwrap() })
    };
    let tasks: Vec<_> = (0..8).map(claim).collect();
    let owners: Vec<String> =
        futures::future::join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    assert!(owners.iter().all(|owner| *owner == owners[0]), "{owners:?}");
    assert_eq!(store.name_owner("root/anna").await.unwrap().as_ref(), Some(&owners[0]));
    assert_eq!(store.own_name("other/anna", "anna@9.org").await.unwrap(), "anna@9.org");
}

pub async fn what_no_folder_holds_takes_no_name(store: &Store) {
    let names = zoom2drive::store::FolderNames { folder_id: String::new(), names: Default::default() };
    for uuid in ["u1", "u2"] {
        let (job, lease) = begin(store, uuid).await;
        let skipped = FileRecord {
            folder_id: String::new(),
            name: "Evening.mp4".to_owned(),
            ..record(&job.recording, 0, "", FileState::Skipped("a rule".to_owned()))
        };
        store.plan(&lease, &job.recording, &[skipped], &names, job.revision).await.unwrap();
    }
}

pub async fn a_file_that_is_not_planned_cannot_move(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let stranger = record(&job.recording, 0, "d1", FileState::Wanted);
    let refused = [
        store.save_progress(&lease, &stranger, &UploadProgress::default()).await,
        store.mark_transferred(&lease, &stranger, &streamed(9), &Default::default()).await,
        store.mark_verified(&lease, &stranger, &streamed(9)).await,
        store.start_over(&lease, &stranger, "d2", Restart::BeganAnew).await,
    ];
    assert!(refused.iter().all(|answer| matches!(answer, Err(StoreError::Missing(_)))), "{refused:?}");
}

pub async fn a_name_that_another_instance_took_meanwhile_is_refused(store: &Store) {
    let (first, first_lease) = begin(store, "u1").await;
    let (second, second_lease) = begin(store, "u2").await;
    let names = store.names_in("shared").await.unwrap();
    let file = |job: &zoom2drive::jobs::Job, drive_id: &str| FileRecord {
        folder_id: "shared".to_owned(),
        name: "Evening.mp4".to_owned(),
        ..record(&job.recording, 0, drive_id, FileState::Wanted)
    };
    // Both have seen an empty folder, and both have chosen the same name.
    let both = [(&first, &first_lease, "d1"), (&second, &second_lease, "d2")];
    let planned = both.map(|(job, lease, id)| {
        let (store, names, file) = (store.clone(), names.clone(), file(job, id));
        async move { store.plan(lease, &job.recording, &[file], &names, job.revision).await }
    });
    let planned = futures::future::join_all(planned).await;
    assert_eq!(planned.iter().filter(|planned| planned.is_ok()).count(), 1, "{planned:?}");
    assert!(planned.iter().any(|planned| matches!(planned, Err(StoreError::NameTaken))));
    // Who has seen the name and uses it all the same has a reason: Drive holds a file of it already.
    let (job, lease, id) = if planned[0].is_ok() { both[1] } else { both[0] };
    assert!(store.files(job.id).await.unwrap().is_empty(), "nothing of the refused plan is left");
    let names = store.names_in("shared").await.unwrap();
    store.plan(lease, &job.recording, &[file(job, id)], &names, job.revision).await.unwrap();
}

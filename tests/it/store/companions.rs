//! The files beside a recording's own (`meeting.json`), folder owners and shares, as every store must remember them.

use zoom2drive::jobs::{FileState, Restart};
use zoom2drive::recording::Recording;
use zoom2drive::store::{FolderNames, MeetingFile, StoreError};

use super::{LEASE, Store, accept, begin, claim, plan_one, record, recording, streamed};

fn file(drive_id: &str, name: &str) -> MeetingFile {
    MeetingFile {
        drive_id: drive_id.to_owned(),
        folder_id: "folder".to_owned(),
        name: name.to_owned(),
        is_made: false,
        digest: String::new(),
    }
}

pub async fn a_meeting_file_is_reserved_and_then_known_to_tell(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    assert_eq!(store.meeting_file(job.id).await.unwrap(), None);
    let names = store.names_in("folder").await.unwrap();
    store.reserve_meeting_file(&lease, &file("m1", "a meeting.json"), &names).await.unwrap();
    assert_eq!(store.meeting_file(job.id).await.unwrap(), Some(file("m1", "a meeting.json")));
    store.meeting_file_written(&lease, "m1", "digest").await.unwrap();
    let told = MeetingFile { is_made: true, digest: "digest".into(), ..file("m1", "a meeting.json") };
    assert_eq!(store.meeting_file(job.id).await.unwrap(), Some(told));
    assert!(store.names_in("folder").await.unwrap().names.contains("a meeting.json"));

    // One in its place tells nothing yet, and the old one is not heard of again.
    let names = store.names_in("folder").await.unwrap();
    store.reserve_meeting_file(&lease, &file("m2", "a meeting.json"), &names).await.unwrap();
    assert_eq!(store.meeting_file(job.id).await.unwrap(), Some(file("m2", "a meeting.json")));
    let late = store.meeting_file_written(&lease, "m1", "digest").await;
    assert!(matches!(late, Err(StoreError::Missing(_))), "{late:?}");
    store.forget_meeting_file(&lease, "m1").await.unwrap();
    assert!(store.meeting_file(job.id).await.unwrap().is_some());
    store.forget_meeting_file(&lease, "m2").await.unwrap();
    assert_eq!(store.meeting_file(job.id).await.unwrap(), None);
}

pub async fn a_meeting_files_name_is_nobody_elses(store: &Store) {
    let (_, first) = begin(store, "u1").await;
    let (second_job, second) = begin(store, "u2").await;
    let nothing = FolderNames { folder_id: "folder".to_owned(), names: Default::default() };
    store.reserve_meeting_file(&first, &file("m1", "a.json"), &nothing).await.unwrap();
    let taken = store.reserve_meeting_file(&second, &file("m2", "a.json"), &nothing).await;
    assert!(matches!(taken, Err(StoreError::NameTaken)), "{taken:?}");
    let copy = zoom2drive::jobs::FileRecord {
        folder_id: "folder".to_owned(),
        name: "a.json".to_owned(),
        ..record(&second_job.recording, 0, "d", FileState::Wanted)
    };
    let planned = store.plan(&second, &second_job.recording, &[copy], &nothing, second_job.revision).await;
    assert!(matches!(planned, Err(StoreError::NameTaken)), "{planned:?}");
    // What Drive holds already has the name that it has.
    let found = MeetingFile { is_made: true, ..file("m2", "a.json") };
    store.reserve_meeting_file(&second, &found, &nothing).await.unwrap();
}

pub async fn a_lost_lease_writes_no_meeting_file(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    store.cancel(job.id).await.unwrap();
    let names = store.names_in("folder").await.unwrap();
    let answers = [
        store.reserve_meeting_file(&lease, &file("m", "n"), &names).await,
        store.meeting_file_written(&lease, "m", "d").await,
        store.forget_meeting_file(&lease, "m").await,
    ];
    assert!(answers.iter().all(|answer| matches!(answer, Err(StoreError::LeaseLost))), "{answers:?}");
}

pub async fn what_is_archived_is_listed_in_pages(store: &Store) {
    let count = 450_usize;
    let names: Vec<String> = (0..count).map(|index| format!("f{index:03}")).collect();
    let files: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 9)).collect();
    accept(store, recording("many", &files), "first").await;
    let (job, lease) = claim(store).await;
    // In one write: some are archived, the others not yet.
    let state = |index| match index {
        0..430 => FileState::Verified(streamed(9)),
        _ => FileState::Transferred(streamed(9)),
    };
    let records: Vec<_> = (0..count)
        .map(|index| record(&job.recording, index, &format!("d{index:03}"), state(index)))
        .collect();
    store.plan(&lease, &job.recording, &records, &super::no_names(), job.revision).await.unwrap();
    let (other, other_lease) = begin(store, "u2").await;
    let last = plan_one(store, &other, &other_lease).await;
    store.mark_verified(&other_lease, &last, &streamed(9)).await.unwrap();

    let (mut after, mut found, mut pages) = (None, Vec::new(), 0);
    loop {
        let page = store.archived(after.as_ref(), None).await.unwrap();
        let Some(place) = page.last().map(|archived| archived.cursor()) else { break };
        (after, pages) = (Some(place), pages + 1);
        found.extend(page.into_iter().map(|archived| (archived.job, archived.record.drive_id)));
    }
    assert_eq!((found.len(), pages), (431, 3));
    assert!(found.iter().take(430).all(|(id, _)| *id == job.id) && found[430].0 == other.id);
    found.dedup();
    assert_eq!(found.len(), 431, "none twice");
}

pub async fn when_a_file_was_proved_is_known(store: &Store) {
    let before = store.now().await.unwrap();
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    store.mark_transferred(&lease, &file, &streamed(9), &Default::default()).await.unwrap();
    assert_eq!(store.files(job.id).await.unwrap()[0].proved_at, None);
    store.mark_verified(&lease, &file, &streamed(9)).await.unwrap();
    let proved = store.files(job.id).await.unwrap()[0].proved_at.unwrap();
    assert!((before..=store.now().await.unwrap()).contains(&proved));
    let count = |since| async move { store.archived(None, Some(since)).await.unwrap().len() };
    assert_eq!((count(proved).await, count(proved + 1).await), (1, 0));
    store.start_over(&lease, &file, "d2", Restart::CopyDiffered).await.unwrap();
    assert_eq!(store.files(job.id).await.unwrap()[0].proved_at, None);
    assert_eq!(count(0).await, 0);
}

pub async fn what_was_shared_is_remembered_by_address(store: &Store) {
    assert_eq!(store.share("item", "ann@example.com").await.unwrap(), None);
    store.note_share("item", "Ann@Example.com", "no account").await.unwrap();
    assert_eq!(store.share("item", "ann@example.com").await.unwrap().as_deref(), Some("no account"));
    store.note_share("item", "ann@example.com", "").await.unwrap();
    assert_eq!(store.share("item", "ANN@example.com").await.unwrap().as_deref(), Some(""));
    assert_eq!(store.share("item", "bob@example.com").await.unwrap(), None);
}

pub async fn a_folder_of_two_hosts_is_known_as_such(store: &Store) {
    let of =
        |uuid: &str, host: &str| Recording { host_email: host.to_owned(), ..recording(uuid, &[("a", 9)]) };
    for (uuid, host) in [("u1", "ann@example.com"), ("u2", "Ann@Example.com"), ("u3", "bob@example.com")] {
        accept(store, of(uuid, host), "first").await;
        let zoom2drive::store::Claim::Leased(job, lease) = store.claim(LEASE).await.unwrap() else {
            panic!()
        };
        let is_anns = store.is_of_one_host("shared", "ann@example.com").await.unwrap();
        assert!(is_anns, "before {host}");
        let file = zoom2drive::jobs::FileRecord {
            folder_id: "shared".to_owned(),
            ..record(&job.recording, 0, uuid, FileState::Wanted)
        };
        store.plan(&lease, &job.recording, &[file], &super::no_names(), job.revision).await.unwrap();
    }
    assert!(!store.is_of_one_host("shared", "ann@example.com").await.unwrap());
    assert!(!store.is_of_one_host("shared", "bob@example.com").await.unwrap());
}

/// JSON can hold a NUL where no database's text can.
pub async fn a_nul_in_a_recording_spoils_no_folder(store: &Store) {
    let odd = Recording {
        topic: "a\0b \\u0000".to_owned(),
        time_zone: "\0".to_owned(),
        host_email: "ann@example.com".to_owned(),
        ..recording("u1", &[("a", 9)])
    };
    // Not Ann, however far somebody reads.
    let other = Recording { host_email: "ann@example.com\0.evil".to_owned(), ..recording("u2", &[("a", 9)]) };
    for (recording, folder) in [(odd, "anns"), (other, "others")] {
        accept(store, recording, "first").await;
        let (job, lease) = super::claim(store).await;
        let file = zoom2drive::jobs::FileRecord {
            folder_id: folder.to_owned(),
            ..record(&job.recording, 0, folder, FileState::Wanted)
        };
        store.plan(&lease, &job.recording, &[file], &super::no_names(), job.revision).await.unwrap();
    }
    assert!(store.is_of_one_host("anns", "ann@example.com").await.unwrap());
    assert!(!store.is_of_one_host("anns", "bob@example.com").await.unwrap());
    assert!(!store.is_of_one_host("others", "ann@example.com").await.unwrap());
}

//! The attendance beside a recording: one file, one writer.

use std::time::Duration;

use zoom2drive::store::{AttendanceClaim, AttendanceCounts, AttendanceFile, AttendanceSheet, StoreError};

use super::{LEASE, Store, begin, claim, no_names, plan_one};

const HOLD: Duration = Duration::from_secs(60);

fn file(nonce: &str, name: &str) -> AttendanceFile {
    AttendanceFile {
        form: "sheet".to_owned(),
        nonce: nonce.to_owned(),
        drive_id: String::new(),
        folder_id: "folder-of-d1".to_owned(),
        name: name.to_owned(),
    }
}

async fn known(store: &Store) -> AttendanceSheet {
    store.attendance_sheet("u").await.unwrap().unwrap()
}

async fn by_command(store: &Store, hold_for: Duration) -> Option<AttendanceClaim> {
    store.claim_attendance(None, "u", hold_for).await.unwrap()
}

pub async fn a_sheet_is_reserved_made_and_written(store: &Store) {
    assert_eq!(store.attendance_sheet("u").await.unwrap(), None);
    let (_, lease) = begin(store, "u").await;
    let claim = store.claim_attendance(Some(&lease), "u", HOLD).await.unwrap().unwrap();
    store.reserve_attendance(&claim, &file("n1", "sheet"), &no_names()).await.unwrap();
    assert_eq!(known(store).await.file, Some(file("n1", "sheet")));
    // An id belongs to the nonce that it was made with.
    store.attendance_made(&claim, "another", "d8").await.unwrap();
    assert_eq!(known(store).await.file.unwrap().drive_id, "");
    store.attendance_made(&claim, "n1", "d9").await.unwrap();
    assert_eq!(known(store).await.file.unwrap().drive_id, "d9");
    let before = store.now().await.unwrap();
    let counts = AttendanceCounts { people: 3, expected: Some(5), absent: Some(2) };
    store.attendance_written(&claim, "ab", counts).await.unwrap();
    store.release_attendance(&claim, "a note").await.unwrap();
    let written = known(store).await;
    assert_eq!(
        (written.digest.as_str(), written.counts, written.note.as_str()),
        ("ab", Some(counts), "a note")
    );
    assert!(written.read_at.unwrap() >= before);
    // Another file in its place is not written yet.
    let claim = by_command(store, HOLD).await.unwrap();
    store.reserve_attendance(&claim, &file("n2", "sheet"), &no_names()).await.unwrap_err();
    let names = store.names_in("folder-of-d1").await.unwrap();
    store.reserve_attendance(&claim, &file("n2", "sheet"), &names).await.unwrap();
    assert_eq!(
        (known(store).await.digest.as_str(), known(store).await.file.unwrap().drive_id.as_str()),
        ("", "")
    );
}

pub async fn a_sheets_name_is_nobody_elses(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    plan_one(store, &job, &lease).await;
    let claim = store.claim_attendance(Some(&lease), "u", HOLD).await.unwrap().unwrap();
    let taken = store.reserve_attendance(&claim, &file("n", "D1.MP4"), &no_names()).await;
    assert!(matches!(taken, Err(StoreError::NameTaken)), "{taken:?}");
    store.reserve_attendance(&claim, &file("n", "sheet"), &no_names()).await.unwrap();
    let names = store.names_in("folder-of-d1").await.unwrap().names;
    assert!(names.contains("sheet") && names.contains("d1.mp4"), "{names:?}");
}

pub async fn one_writer_has_a_sheet_at_a_time(store: &Store) {
    let (_, lease) = begin(store, "u").await;
    let mut ours = by_command(store, HOLD).await.unwrap();
    assert_eq!(by_command(store, HOLD).await, None);
    assert_eq!(store.claim_attendance(Some(&lease), "u", HOLD).await.unwrap(), None);
    store.renew_attendance(&mut ours, HOLD).await.unwrap();
    store.release_attendance(&ours, "").await.unwrap();
    let lost = store.release_attendance(&ours, "").await;
    assert!(matches!(lost, Err(StoreError::LeaseLost)), "{lost:?}");
    // The service has it now; its next run has it at once, a command does not.
    assert!(store.claim_attendance(Some(&lease), "u", HOLD).await.unwrap().is_some());
    assert_eq!(by_command(store, HOLD).await, None);
    assert!(store.claim_attendance(Some(&lease), "u", HOLD).await.unwrap().is_some());
}

pub async fn a_commands_claim_ends_by_time(store: &Store) {
    let mut late = by_command(store, Duration::from_millis(1)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let ours = by_command(store, HOLD).await.unwrap();
    assert!(matches!(store.renew_attendance(&mut late, HOLD).await, Err(StoreError::LeaseLost)));
    assert!(matches!(
        store.reserve_attendance(&late, &file("n", "sheet"), &no_names()).await,
        Err(StoreError::LeaseLost)
    ));
    store.reserve_attendance(&ours, &file("n", "sheet"), &no_names()).await.unwrap();
}

pub async fn a_lost_lease_writes_no_sheet(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let lost = store.claim_attendance(Some(&lease), "u", HOLD).await.unwrap().unwrap();
    store.cancel(job.id).await.unwrap();
    store.retry(job.id).await.unwrap();
    let (_, next) = claim(store).await;
    assert!(matches!(store.attendance_made(&lost, "n", "d").await, Err(StoreError::LeaseLost)));
    assert!(matches!(store.claim_attendance(Some(&lease), "u", HOLD).await, Err(StoreError::LeaseLost)));
    let ours = store.claim_attendance(Some(&next), "u", HOLD).await.unwrap().unwrap();
    store.heartbeat(&next, LEASE).await.unwrap();
    store.attendance_counted(&ours, 1).await.unwrap();
    store.release_attendance(&ours, "nobody else").await.unwrap();
    let counts = AttendanceCounts { people: 1, expected: None, absent: None };
    let known = known(store).await;
    assert_eq!((known.counts, known.file, known.note.as_str()), (Some(counts), None, "nobody else"));
}

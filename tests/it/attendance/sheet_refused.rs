//! Attendance that cannot be written is a note; the archive is as without it.

use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::google::FullAt;

use super::sheet::{FORMULA, UUID, archived, class, note, only_sheet, told};
use crate::support::world::World;

/// Calls of Drive by which recordings are archived, and where else files are made.
const ARCHIVE: [Route; 7] = [
    Route::DriveIds,
    Route::DriveCreate,
    Route::UploadStart,
    Route::UploadChunk,
    Route::UploadSmall,
    Route::DriveMedia,
    Route::DriveUpdate,
];

fn archive_calls(world: &World) -> Vec<usize> {
    ARCHIVE.iter().map(|route| world.sandbox.transcript.count(*route)).collect()
}

/// Archives the class in a world that somebody has spoilt. Returns the calls and the note.
async fn spoilt(settings: &[(&str, &str)], spoil: impl Fn(&World)) -> (Vec<usize>, String, Vec<String>) {
    let world = World::with(settings).await;
    spoil(&world);
    let life = archived(&world, class(UUID)).await;
    world.assert_archived(&[UUID]);
    assert!(world.attendance_files().is_empty() && told(&world).is_null());
    let reasons = life.jobs().await.into_iter().map(|job| job.reason).collect();
    let answer = (archive_calls(&world), note(&life).await, reasons);
    life.stop().await;
    answer
}

#[tokio::test]
async fn every_refusal_is_one_note_and_the_archive_is_as_before() {
    let (plain, _, reasons) = spoilt(&[], |_| {}).await;
    let sheet = [("ATTENDANCE", "sheet")];

    let no_scope = |world: &World| {
        world.sandbox.zoom.remove_scope("report:read:list_meeting_participants:admin");
        world.sandbox.zoom.remove_scope("meeting:read:list_past_participants:admin");
    };
    let (calls, note, ends) = spoilt(&sheet, no_scope).await;
    assert!(note.contains("report:read:list_meeting_participants:admin"), "{note}");
    assert_eq!((calls, ends), (plain.clone(), reasons.clone()));

    let (calls, note, ends) = spoilt(&sheet, |world| {
        world.sandbox.zoom.set_attendance(UUID, |attendance| {
            attendance.denied = Some("Only available for paid account".to_owned());
        });
    })
    .await;
    assert!(note.contains("paid account"), "{note}");
    assert_eq!((calls, ends), (plain.clone(), reasons.clone()));

    let refused = |answer: Canned| {
        move |world: &World| {
            world.sandbox.faults.add(Rule {
                route: Route::DriveCreate,
                subject: "attendance".to_owned(),
                skip: 0,
                times: u32::MAX,
                fault: Fault::Answer(answer.clone()),
            });
        }
    };
    let full =
        Canned::google(403, "storageQuotaExceeded", "The user's Drive storage quota has been exceeded.");
    let (mut calls, note, ends) = spoilt(&sheet, refused(full)).await;
    assert!(note.contains("storage quota"), "{note}");
    calls[1] -= 1; // the refused one
    assert_eq!((calls, ends), (plain.clone(), reasons.clone()));
    let homeless = Canned::google(403, "storageQuotaExceeded", "Service Accounts do not have storage quota.");
    let (_, note, _) = spoilt(&sheet, refused(homeless)).await;
    assert_eq!(note, "a service account can make spreadsheets only in a shared drive");
}

#[tokio::test]
async fn a_project_without_the_sheets_api_is_told_where_to_enable_it() {
    let world = World::with(&[("ATTENDANCE", "sheet")]).await;
    world.sandbox.google.set_sheets_enabled(false);
    let life = archived(&world, class(UUID)).await;
    world.assert_archived(&[UUID]);
    let note = note(&life).await;
    let address =
        "https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project=123456789";
    assert!(note.contains(address), "{note}");
    assert!(told(&world).is_null());
    // The next recording does not ask again.
    let asked = world.sandbox.transcript.count(Route::ZoomReport);
    world.sandbox.zoom.add(class("other=="));
    world.deliver(&life, "other==").await;
    life.finish(&world).await;
    assert_eq!(world.sandbox.transcript.count(Route::ZoomReport), asked);
    let other = life.store.attendance_sheet("other==").await.unwrap().unwrap();
    assert!(other.note.contains(address), "{}", other.note);
    life.stop().await;
}

#[tokio::test]
async fn a_busy_google_is_asked_again() {
    let world = World::with(&[("ATTENDANCE", "sheet")]).await;
    let busy = Canned::google(429, "rateLimitExceeded", "Quota exceeded for quota metric 'Write requests'");
    for route in [Route::SheetsUpdate, Route::SheetsWrite, Route::SheetsGet, Route::ZoomReport] {
        let answer = if route == Route::ZoomReport { Canned::html(502) } else { busy.clone() };
        world.sandbox.faults.once(route, Fault::Answer(answer));
    }
    let life = archived(&world, class(UUID)).await;
    world.assert_archived(&[UUID]);
    assert_eq!(only_sheet(&world).1.tabs.len(), 3);
    assert_eq!(note(&life).await, "");
    life.stop().await;
}

#[tokio::test]
async fn a_drive_that_is_full_takes_no_sheet() {
    let world = World::with(&[("ATTENDANCE", "sheet"), ("SETTLE_FOR", "1h")]).await;
    world.sandbox.zoom.add(class(UUID));
    world.sandbox.faults.add(Rule {
        route: Route::ZoomReport,
        subject: String::new(),
        skip: 0,
        times: 1,
        fault: Fault::Answer(Canned::zoom(404, 3001, "Meeting does not exist")),
    });
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    crate::support::steps::settled_into_waiting(&life).await;
    let refusal =
        Canned::google(403, "storageQuotaExceeded", "The user's Drive storage quota has been exceeded.");
    world.sandbox.google.fill(FullAt::End, refusal);
    world.sql(crate::support::steps::DAY_LATER).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    assert!(world.attendance_files().is_empty());
    assert!(note(&life).await.contains("storage quota"), "{}", note(&life).await);
    life.stop().await;
}

#[tokio::test]
async fn no_address_is_anywhere_when_they_are_kept_out() {
    for form in ["sheet", "csv"] {
        let world = World::with(&[("ATTENDANCE", form), ("ATTENDANCE_EMAILS", "no")]).await;
        let mut meeting = class(UUID);
        for attendee in &mut meeting.attendance {
            // The host's address is the archive's; those of others are nobody's business.
            attendee.email = attendee.email.replace("ann@example.com", "ann.host@pupils.example");
            attendee.email = attendee.email.replace("example.org", "pupils.example");
        }
        let life = archived(&world, meeting).await;
        world.assert_archived(&[UUID]);
        let file = world.attendance_files().into_values().next().unwrap();
        let written = match world.sandbox.google.spreadsheet(&file.id) {
            Some(book) => {
                let cells = book.tabs.iter().flat_map(|tab| tab.table()).flatten();
                cells.map(|cell| format!("{cell}\n")).collect()
            }
            None => String::from_utf8(world.sandbox.google.content_of(&file.id).unwrap()).unwrap(),
        };
        assert!(written.contains("Borys") && written.contains("HYPERLINK"), "{written}");
        assert!(!written.contains('@'), "{written}");
        assert!(!told(&world).to_string().contains('@'));
        life.stop().await;
        for name in ["zoom2drive.db", "zoom2drive.db-wal"] {
            let Ok(bytes) = std::fs::read(world.folder.path().join(name)) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains("pupils.example"), "{name}");
            assert!(!text.contains(FORMULA) && !text.contains("Borys"), "{name} names people");
        }
    }
}

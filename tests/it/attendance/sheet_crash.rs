//! A crash around any write and any call, lost answers, two instances: one sheet, whole, linked once.

use futures::StreamExt;
use zoom2drive::sandbox::faults::{Fault, Route, Rule};
use zoom2drive::sandbox::zoom::Meeting;

use super::sheet::{FORMULA, UUID, archived, class, note, only_sheet, told};
use crate::support::crash::{Crash, CrashingStore};
use crate::support::world::{Engine, LIMIT, World};

/// Worlds that crash side by side: each waits more than it works.
const SIDE_BY_SIDE: usize = 6;

/// The class with one small file: the recording itself crashes elsewhere.
fn small_class() -> Meeting {
    let mut meeting = class(UUID);
    meeting.files.retain(|file| file.file_type == "CHAT");
    meeting
}

/// One sheet with every cell, and the meeting file leads to it.
fn assert_one_whole_sheet(world: &World) {
    world.assert_archived(&[UUID]);
    let (id, book) = only_sheet(world);
    let titles: Vec<&str> = book.tabs.iter().map(|tab| tab.title.as_str()).collect();
    assert_eq!(titles, ["Attendance", "Joins", "Meeting"]);
    let table = book.tabs[0].table();
    assert_eq!((table.len(), &table[1][0]), (4, &FORMULA.into()));
    assert_eq!(book.tabs[2].table().len(), 17);
    assert!(told(world)["link"].as_str().unwrap().contains(&id));
}

async fn crash_and_finish(engine: Engine, crash: Crash, form: &str) -> bool {
    let world = World::on(engine, &[("ATTENDANCE", form)]).await;
    world.sandbox.zoom.add(small_class());
    let store = world.open_store().await;
    let crashing = CrashingStore::at_commits_of(&store, crash);
    let life = world.live_on(store).await;
    let url = format!("{}/webhooks/zoom", life.url);
    let body = world.sandbox.zoom.event(UUID, "recording.completed");
    let finished = async {
        let _answered_or_not = world.sandbox.zoom.deliver(&url, &body).await;
        life.finish(&world).await;
    };
    let has_crashed = tokio::select! {
        () = crashing.crashed.notified() => true,
        () = finished => false,
    };
    life.crash();
    world.expire_leases().await;
    let next = world.live().await;
    assert_eq!(world.send(&next, &body).await, 200, "{crash:?}");
    next.finish(&world).await;
    if form == "sheet" {
        assert_one_whole_sheet(&world);
    } else {
        world.assert_archived(&[UUID]);
        assert_eq!(world.attendance_files().len(), 1, "{crash:?}");
        assert_eq!(told(&world)["people"], 3);
    }
    next.stop().await;
    world.end().await;
    has_crashed
}

async fn at_every_write(crash_at: fn(usize) -> Crash, form: &'static str) -> usize {
    let mut fewest = usize::MAX;
    for engine in Engine::here().await {
        let mut crashes = 0;
        let mut runs = futures::stream::iter(1..)
            .map(|at| async move {
                let run = tokio::time::timeout(LIMIT, crash_and_finish(engine, crash_at(at), form));
                run.await.unwrap_or_else(|_| panic!("{:?} did not end on {engine:?}", crash_at(at)))
            })
            .buffered(SIDE_BY_SIDE);
        while runs.next().await == Some(true) {
            crashes += 1;
        }
        fewest = fewest.min(crashes);
    }
    fewest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_around_any_write_leaves_one_sheet() {
    for crash_at in [Crash::After, Crash::Before] {
        let crashes = at_every_write(crash_at, "sheet").await;
        assert!(crashes >= 25, "only {crashes} commits were seen");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_around_any_write_leaves_one_plain_file() {
    let crashes = at_every_write(Crash::After, "csv").await;
    assert!(crashes >= 25, "only {crashes} commits were seen");
}

/// The calls by which a sheet is written, and how many of each there are.
const CALLS: [(Route, &str, u32); 8] = [
    (Route::ZoomReport, "", 1),
    (Route::ZoomPastMeeting, "", 1),
    (Route::ZoomOther, "", 1),
    (Route::DriveList, "attendance", 1),
    (Route::DriveCreate, "attendance", 1),
    (Route::SheetsGet, "", 1),
    (Route::SheetsUpdate, "", 2),
    (Route::SheetsWrite, "", 1),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_or_a_kill_at_any_call_leaves_one_sheet() {
    for (route, subject, count) in CALLS {
        for skip in 0..count {
            for fault in [Fault::CutAfter, Fault::Cut, Fault::Stall] {
                lost_at(Rule { route, subject: subject.to_owned(), skip, times: 1, fault }).await;
            }
        }
    }
}

/// The answer is lost, or it never comes and the program is killed while it waits.
async fn lost_at(rule: Rule) {
    let (name, is_killed) = (format!("{rule:?}"), rule.fault == Fault::Stall);
    let world = World::with(&[("ATTENDANCE", "sheet")]).await;
    world.sandbox.zoom.add(small_class());
    world.sandbox.faults.add(rule);
    let mut life = world.live().await;
    world.deliver(&life, UUID).await;
    if is_killed {
        let is_there = || world.sandbox.faults.left() == 0;
        assert!(world.sandbox.transcript.wait_until(LIMIT, is_there).await, "{name} did not happen");
        life.crash();
        world.expire_leases().await;
        life = world.live().await;
    }
    life.finish(&world).await;
    assert_eq!(world.sandbox.faults.left(), 0, "{name} did not happen");
    assert_one_whole_sheet(&world);
    assert_eq!(note(&life).await, "", "{name}");
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_lags_is_looked_at_again_before_another_sheet_is_made() {
    let world = World::with(&[("ATTENDANCE", "sheet")]).await;
    world.sandbox.faults.add(Rule {
        route: Route::DriveCreate,
        subject: "attendance".to_owned(),
        skip: 0,
        times: 1,
        fault: Fault::CutAfter,
    });
    world.sandbox.faults.add(Rule {
        route: Route::DriveList,
        subject: "zoom2driveSheet".to_owned(),
        skip: 0,
        times: 2,
        fault: Fault::Lag,
    });
    let life = archived(&world, small_class()).await;
    assert_eq!(world.sandbox.faults.left(), 0);
    assert_one_whole_sheet(&world);
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_lags_for_long_leaves_no_empty_twin() {
    let world = World::with(&[("ATTENDANCE", "sheet")]).await;
    world.sandbox.faults.add(Rule {
        route: Route::DriveCreate,
        subject: "attendance".to_owned(),
        skip: 0,
        times: 1,
        fault: Fault::CutAfter,
    });
    world.sandbox.faults.add(Rule {
        route: Route::DriveList,
        subject: "zoom2driveSheet".to_owned(),
        skip: 0,
        times: 4,
        fault: Fault::Lag,
    });
    let life = archived(&world, small_class()).await;
    assert_one_whole_sheet(&world);
    assert_eq!(world.sandbox.faults.left(), 0);
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_write_one_sheet() {
    for engine in Engine::here().await {
        let world = World::on(engine, &[("ATTENDANCE", "sheet")]).await;
        world.sandbox.zoom.add(small_class());
        let (one, other) = (world.live().await, world.live().await);
        for life in [&one, &other, &one, &other] {
            world.deliver(life, UUID).await;
        }
        one.finish(&world).await;
        assert_one_whole_sheet(&world);
        one.stop().await;
        other.stop().await;
        world.end().await;
    }
}

//! Backfills that are stopped or killed, or lose the service: each can continue.

use std::process::ExitCode;
use std::time::Duration;

use zoom2drive::jobs::Standing;
use zoom2drive::sandbox::faults::{Fault, Route};
use zoom2drive::store::JobFilter;

use super::{NEVER_IDLE, day, refs, rule, run, two_users, uuids};
use crate::support::program::Program;
use crate::support::world::LIMIT;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_half_way_loses_nothing_and_the_same_command_goes_on() {
    let world = two_users(&[]).await;
    // One upload hangs: the run cannot end by itself.
    world.sandbox.faults.add(rule(Route::UploadChunk, "", 1, Fault::Stall));
    let arguments = ["backfill", "--from", &day(80), "--yes=trash"];
    let store = world.open_store().await;
    let mut program = Program::spawn(&world, &arguments, &[("STOP_WITHIN", "1s"), NEVER_IDLE]);
    let deadline = tokio::time::Instant::now() + LIMIT;
    let finished = JobFilter { standing: Some(Standing::Finished), ..JobFilter::default() };
    while store.jobs(finished).await.unwrap().len() < 4 {
        assert!(tokio::time::Instant::now() < deadline, "{}\n{}", program.text(), world.calls());
        world.sandbox.transcript.wait_until(Duration::from_millis(50), || false).await;
    }
    program.terminate();
    let status = program.ended().await;
    assert_eq!(status.code(), Some(1), "{}", program.text());
    let active = JobFilter { standing: Some(Standing::Active), ..JobFilter::default() };
    let left = store.jobs(active).await.unwrap();
    let brief: Vec<_> = left.iter().map(|job| (job.id, job.stage, job.leased, job.attempts)).collect();
    assert!(left.len() == 1 && !left[0].leased && left[0].attempts == 0, "{brief:?}\n{}", program.text());
    store.close().await;

    let all = uuids(5);
    let (code, said) = run(&world, &["--from", &day(80), "--yes=trash"]).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    assert!(said.contains("under way already  1") && said.contains("Archived: 1 recordings"), "{said}");
    world.assert_archived(&refs(&all));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_moment_is_gone_on_from() {
    let world = two_users(&[]).await;
    let arguments = ["backfill", "--from", &day(80), "--yes=trash"];
    for chunks in [1, 3] {
        let mut program = Program::spawn(&world, &arguments, &[]);
        let seen = || world.sandbox.transcript.count(Route::UploadChunk) >= chunks;
        program.wait_until(seen).await;
        program.kill();
    }
    let (code, said) = run(&world, &["--from", &day(80), "--yes=trash"]).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    world.assert_archived(&refs(&uuids(5)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_service_running_it_only_begins_and_watches() {
    let world = two_users(&[]).await;
    let life = world.live().await;
    let (code, said) = run(&world, &["--from", &day(80), "--yes=trash"]).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    assert!(said.contains("A service works on this database"), "{said}");
    assert!(!said.contains("this command does the work") && said.contains("Archived: 5"), "{said}");
    world.assert_archived(&refs(&uuids(5)));
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_service_goes_away_the_work_is_done_here() {
    let world = two_users(&[NEVER_IDLE]).await;
    // Whatever the service uploads hangs; what comes after it does not.
    world.sandbox.faults.add(rule(Route::UploadChunk, "", 3, Fault::Stall));
    let mut service = Program::serve(&world).await;
    let (from, arguments) = (day(80), "--yes=trash");
    let arguments = ["--from", from.as_str(), arguments];
    let watched = run(&world, &arguments);
    let killed = async {
        let stalled = || world.sandbox.faults.left() == 0;
        assert!(service.wait_until(stalled).await, "{}", world.calls());
        service.kill();
    };
    let ((code, said), ()) = tokio::join!(watched, killed);
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    assert!(said.contains("A service works") && said.contains("The service has stopped"), "{said}");
    world.assert_archived(&refs(&uuids(5)));
}

//! The days that nobody has looked at: named after a pause of the sweep, and claimed by no backfill that left any out.

use super::*;
use crate::support::world::Life;

/// Days from which on every day was looked at, and the gap before them, as commands print them.
async fn covered(world: &World) -> (Option<String>, Value) {
    let mut out = Vec::new();
    let cli = Cli::try_parse_from(["zoom2drive", "jobs", "status", "--json"]).unwrap();
    let mut reader = Reader::from_pairs(world.settings.clone());
    cli::run(&cli.command, &mut reader, &mut out).await.unwrap();
    let json = parsed(&String::from_utf8(out).unwrap());
    (json["sweep"]["covered_from"].as_str().map(str::to_owned), json["sweep"]["gap"].clone())
}

async fn swept(life: &Life) {
    crate::sweep::swept_again(life, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_of_the_sweep_leaves_a_gap_that_only_a_whole_backfill_closes() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep"), ("SWEEP_EVERY", "150ms")]).await;
    world.sandbox.zoom.add(meeting(0, ANN, 6));
    let life = world.live().await;
    swept(&life).await;
    let (from, gap) = covered(&world).await;
    assert_eq!((from, &gap), (Some(day(3)), &Value::Null));
    life.stop().await;

    // As if that had been eight days ago.
    world
        .sql("UPDATE turns SET looked_at = looked_at - 691200000, covered_from = covered_from - 691200000")
        .await;
    let life = world.live().await;
    swept(&life).await;
    life.stop().await;
    let (from, gap) = covered(&world).await;
    assert_eq!(from, Some(day(3)));
    assert_eq!((gap["from"].as_str(), gap["to"].as_str()), (Some(day(9).as_str()), Some(day(4).as_str())));
    let (first, last) = (day(9), day(4));
    assert_eq!(
        gap["fill"].as_str(),
        Some(format!("zoom2drive backfill --from {first} --to {last}").as_str())
    );

    let days = ["--from", first.as_str(), "--to", last.as_str(), "--yes"];
    for less in [&["--user", ANN][..], &["--skip", "Call*"], &["--dry-run"]] {
        let (_, said) = run(&world, &[&days[..], less].concat()).await;
        assert!(!said.contains("was looked at"), "{said}");
        assert_eq!(covered(&world).await.1, gap, "{less:?}");
    }
    let (code, said) = run(&world, &days).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    assert!(said.contains(&format!("Every day since {} (UTC) was looked at.", day(11))), "{said}");
    let (from, gap) = covered(&world).await;
    assert_eq!((from, gap), (Some(day(11)), Value::Null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backfill_whose_lists_end_early_claims_nothing() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep"), ("SWEEP_EVERY", "150ms")]).await;
    world.sandbox.zoom.add(meeting(0, ANN, 40));
    let life = world.live().await;
    swept(&life).await;
    life.stop().await;
    let denied = Canned::zoom(400, 4711, "Invalid access token, does not contain scopes.");
    let refused = rule(Route::ZoomUserRecordings, "", 1, Fault::Answer(denied));
    world.sandbox.faults.add(refused);
    let from = day(50);
    let (_, said) = run(&world, &["--from", &from, "--yes"]).await;
    assert!(!said.contains("was looked at"), "{said}");
    assert_eq!(covered(&world).await.0, Some(day(3)));
    world.sandbox.faults.clear();
    let (_, said) = run(&world, &["--from", &from, "--yes"]).await;
    assert_eq!(covered(&world).await.0, Some(day(50)), "{said}");
}

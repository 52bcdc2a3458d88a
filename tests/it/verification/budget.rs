//! What a look costs: at most one page of a list per hundred files, however the archive is laid out.

use super::*;

/// Pages of lists, calls by id, and the output.
async fn cost(world: &World) -> (usize, usize, String) {
    let before = (count(world, Route::DriveList), count(world, Route::DriveGet));
    let ran = verify(world, &[]).await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.error);
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
    (count(world, Route::DriveList) - before.0, count(world, Route::DriveGet) - before.1, ran.out)
}

#[tokio::test]
async fn a_hundred_files_cost_at_most_one_page() {
    for (recordings, each, together) in [(1200, 1, 1), (400, 3, 1), (300, 4, 10), (1200, 1, 1200)] {
        let world = World::with(&[SOON]).await;
        fill(&world, recordings, each, together).await;
        let (pages, by_id, out) = cost(&world).await;
        let batches = pages.min(12);
        assert!(pages <= 12, "{recordings} × {each}, {together} together: {pages} pages");
        assert!(
            by_id <= batches,
            "{by_id} calls besides, where only each batch's look at the root is expected"
        );
        assert!(out.contains("1,200 file(s) are on Drive as they were proved."), "{out}");
    }
}

#[tokio::test]
async fn files_that_are_not_ours_are_passed_over() {
    let world = World::with(&[SOON]).await;
    let folders = fill(&world, 2, 2, 1).await;
    for number in 0..1500 {
        world.sandbox.google.add_copy(&folders[0], &format!("holiday {number}.mp4"), b"x");
    }
    for number in 0..50 {
        world.sandbox.google.add_folder(&folders[0], &format!("more {number}"));
    }
    let (pages, by_id, _) = cost(&world).await;
    assert!(pages <= 2 && by_id == 1, "{pages} pages, {by_id} by id");
}

#[tokio::test]
async fn short_pages_are_all_read() {
    let world = World::with(&[SOON]).await;
    fill(&world, 40, 3, 4).await;
    world.sandbox.google.set_page_limit(7);
    let (pages, by_id, out) = cost(&world).await;
    assert!(pages >= 17 && by_id == 1, "{pages} pages, {by_id} by id");
    assert!(out.contains("120 file(s)"), "{out}");
}

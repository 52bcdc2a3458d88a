//! What a restart costs: killed at nine tenths of a file, it goes on from the last checkpoint at both ends.

use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::program::Program;
use crate::support::steps::{calls, held, range_start};
use crate::support::world::World;

const MIB: u64 = 1024 * 1024;
const SIZE: u64 = 64 * MIB;
const CHUNK: u64 = MIB;
/// On a loaded machine a short lease is lost and a short patience ends: then bytes are sent again, rightly, and
/// the figures below say nothing.
const SETTINGS: [(&str, &str); 4] =
    [("CHUNK_SIZE", "1MiB"), ("WINDOW_SIZE", "4MiB"), ("LEASE_FOR", "60s"), ("IDLE_TIMEOUT", "60s")];
const UUID: &str = "nine/tenths/AAAAAAAAAA==";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_nine_tenths_costs_at_most_one_chunk() {
    let world = World::with(&SETTINGS).await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Long evening").file(File::mp4("video", SIZE)));
    let (zoom, google) = (&world.sandbox.zoom, &world.sandbox.google);
    let mut first = Program::serve(&world).await;
    world.deliver_to(&first, UUID).await;
    assert!(first.wait_until(|| google.bytes_received() >= SIZE / 10 * 9).await, "{}", first.text());
    first.kill();
    world.assert_promises(UUID);

    // In the second life Drive is asked before Zoom is: then nothing of the first is under way any more.
    let second = Program::serve(&world).await;
    let asked = || calls(&world, Route::UploadStatus).first().cloned();
    assert!(second.wait_until(|| asked().is_some()).await, "{}", second.text());
    let held = held(&asked().unwrap());
    let received = google.bytes_received();
    world.archived(second, &[UUID]).await;

    assert!(held >= SIZE / 10 * 9 - CHUNK, "Drive held {held}");
    // Counted from where each end stood, so that no socket buffer blurs the figure.
    assert!(received >= held, "{received} {held}");
    let sent_again = google.bytes_received() - held;
    assert!(google.bytes_received() <= SIZE + CHUNK, "Drive took {} bytes in all", google.bytes_received());
    let begun_at = range_start(calls(&world, Route::ZoomMedia).last().unwrap());
    assert!(begun_at + CHUNK >= held, "Zoom was read again from {begun_at}; Drive held {held}");
    assert_eq!(calls(&world, Route::ZoomMedia).len(), 2);
    eprintln!(
        "Drive held {held}; Zoom read again from {begun_at} ({} bytes again); Drive took {sent_again} after that; Zoom sent {} in all",
        held.saturating_sub(begun_at),
        zoom.bytes_sent()
    );
}

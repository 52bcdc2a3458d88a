//! The calls to Zoom and to Google for each recording and each file, counted: a call more fails these tests.
//!
//! Each test archives one and three recordings, with one and with four files each, and compares the sandbox's transcript
//! with its table. The tables are those of `docs/performance.md`.

mod backfill;
mod meet;
mod sweep;
mod webhook;

use std::collections::BTreeMap;

use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::steps::days_ago;
use crate::support::world::World;

const HOST: &str = "ann@example.com";

/// Recordings, and files of each.
const SIZES: [(usize, usize); 4] = [(1, 1), (1, 4), (3, 1), (3, 4)];

/// Bytes of a file: one upload request.
const FILE_BYTES: u64 = 20_000;

/// A row of a table: calls for each run, for each recording besides, and for each file besides.
type Row = (Route, usize, usize, usize);

/// Videos: their lengths are exact, so that none is read a second time.
fn meeting(number: usize, files: usize, days: i64) -> Meeting {
    let meeting = Meeting::new(uuid(number), format!("Call {number}")).host(HOST).start(&days_ago(days));
    (0..files)
        .fold(meeting, |meeting, file| meeting.file(File::mp4(&format!("video-{number}-{file}"), FILE_BYTES)))
}

fn uuid(number: usize) -> String {
    format!("counted/{number}==")
}

fn assert_archived(world: &World, recordings: usize) {
    let uuids: Vec<String> = (0..recordings).map(uuid).collect();
    world.assert_archived(&uuids.iter().map(String::as_str).collect::<Vec<_>>());
}

/// The calls after the first `skipped` ones, by route.
fn counted(world: &World, skipped: usize) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for call in world.sandbox.transcript.calls().into_iter().skip(skipped) {
        *counted.entry(format!("{:?}", call.route)).or_default() += 1;
    }
    counted
}

/// Calls of routes whose names begin like this.
fn sum(counted: &BTreeMap<String, usize>, names: &[&str]) -> usize {
    let is_one = |route: &str| names.iter().any(|name| route.starts_with(name));
    counted.iter().filter(|(route, _)| is_one(route)).map(|(_, number)| number).sum()
}

/// The transcript has exactly the table's calls.
#[track_caller]
fn assert_calls(world: &World, skipped: usize, table: &[Row], recordings: usize, files: usize) {
    let mut expected = BTreeMap::new();
    for (route, once, recording, file) in table {
        let sum = once + recordings * (recording + files * file);
        assert!(expected.insert(format!("{route:?}"), sum).is_none(), "{route:?} has two rows");
    }
    let counted = counted(world, skipped);
    assert_eq!(counted, expected, "{recordings} recording(s) of {files} file(s):\n{}", world.calls());
}

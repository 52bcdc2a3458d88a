//! What the process takes of the machine while four large files move at once: memory for the windows and a
//! constant, and not a byte of a recording on disk.

use std::collections::BTreeSet;

use zoom2drive::config::VARIABLES;
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::program::Program;
use crate::support::world::World;

const MIB: u64 = 1024 * 1024;

/// What the program may take beside its windows.
const CONSTANT: u64 = 20 * MIB;

/// Files that move at once.
const TRANSFERS: u64 = 4;

/// Size of each file: 1 GiB, unless `Z2D_MEMORY_MIB` asks for another.
fn file_size() -> u64 {
    let mebibytes = std::env::var("Z2D_MEMORY_MIB").map_or(1024, |text| text.parse().unwrap());
    mebibytes * MIB
}

/// What may be written beside the recordings: the database and its journal.
const WRITTEN_MAX: u64 = 4 * MIB;

const UUID: &str = "four+large/files/AAAAA==";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_and_disk_do_not_depend_on_the_size_of_the_files() {
    // The sizes and limits that ship, not the tests' own.
    let shipped = ["CHUNK_SIZE", "REQUEST_SIZE", "WINDOW_SIZE", "IDLE_TIMEOUT", "LEASE_FOR", "RETRY_WAIT"];
    let settings = shipped.map(|name| (name, ""));
    let world = World::with(&[&settings[..], &[("TRANSFERS", "4")]].concat()).await;
    let mut meeting = Meeting::new(UUID, "Opening night");
    for number in 0..TRANSFERS {
        meeting = meeting.file(File::mp4(&format!("video-{number}"), file_size()));
    }
    world.sandbox.zoom.add(meeting);
    // On a machine with many processors it must take no more than on one with few.
    let program = Program::serve_with(&world, &[("TOKIO_WORKER_THREADS", "8")]).await;
    world.deliver_to(&program, UUID).await;

    let google = &world.sandbox.google;
    let half = TRANSFERS * file_size() / 2;
    assert!(program.wait_until(|| google.bytes_received() >= half).await, "{}", program.text());
    let at_half = open_files(&program, &world);
    world.trashed_slowly(&program, UUID).await;

    let (peak, written) = (peak_memory(&program), bytes_written(&program));
    let in_folder: u64 = folder_sizes(&world).values().sum();
    eprintln!(
        "4 files of {} MiB: peak memory {:.1} MiB, written to disk {} KiB, working folder {} KiB",
        file_size() / MIB,
        mebibytes(peak),
        written / 1024,
        in_folder / 1024
    );
    let allowed = TRANSFERS * window_size() + CONSTANT;
    assert!(peak < allowed, "{} MiB of {} MiB", peak / MIB, allowed / MIB);
    assert!(written < WRITTEN_MAX && in_folder < WRITTEN_MAX, "{written} {in_folder}");
    let known =
        ["google-key.json", "zoom2drive.db", "zoom2drive.db-shm", "zoom2drive.db.lock", "zoom2drive.db-wal"];
    let known: BTreeSet<String> = known.map(str::to_owned).into();
    assert!(at_half.is_subset(&known) && at_half.contains("zoom2drive.db"), "{at_half:?}");
    let left: BTreeSet<String> = folder_sizes(&world).into_keys().collect();
    assert!(left.is_subset(&known), "{left:?}");
    program.stop().await;
    world.assert_archived(&[UUID]);
}

impl World {
    /// As `trashed`, with patience for gigabytes: as long as bytes come, it waits.
    async fn trashed_slowly(&self, program: &Program, uuid: &str) {
        loop {
            let before = self.sandbox.google.bytes_received();
            let further = before + 64 * MIB;
            let moved = || self.are_trashed(&[uuid]) || self.sandbox.google.bytes_received() >= further;
            let moves = program.wait_until(moved).await;
            assert!(moves, "nothing moves:\n{}\n{}", self.calls(), program.text());
            if self.are_trashed(&[uuid]) {
                return;
            }
        }
    }
}

fn window_size() -> u64 {
    let variable = VARIABLES.iter().find(|variable| variable.name == "WINDOW_SIZE").unwrap();
    variable.default.strip_suffix("MiB").unwrap().parse::<u64>().unwrap() * MIB
}

/// The most memory that was ever resident, in bytes, without the pages of the program's own file: the tests' program is
/// not optimised and has tens of MiB of code. What the shipped one takes, `tests/deploy/image.sh` measures.
fn peak_memory(program: &Program) -> u64 {
    let status = program.proc("status");
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
    };
    field("VmHWM:") - field("RssFile:")
}

/// Bytes that this process caused to be written to storage.
fn bytes_written(program: &Program) -> u64 {
    let io = program.proc("io");
    io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap().parse().unwrap()
}

/// The names of the files that the process has open, by its descriptors. Those outside of the working folder
/// are named by their whole path, so that no test knows them.
fn open_files(program: &Program, world: &World) -> BTreeSet<String> {
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", program.id())).unwrap();
    let targets = descriptors.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
    let files = targets.filter(|target| target.is_absolute() && !target.starts_with("/dev/null"));
    let folder = world.folder.path().canonicalize().unwrap();
    files.map(|file| file.strip_prefix(&folder).unwrap_or(&file).display().to_string()).collect()
}

fn folder_sizes(world: &World) -> std::collections::BTreeMap<String, u64> {
    let entries = std::fs::read_dir(world.folder.path()).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().display().to_string(), entry.metadata().unwrap().len())).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / MIB as f64
}

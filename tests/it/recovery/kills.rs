//! `kill -9` at any moment, again and again: every life goes on where the last one stood.

use std::collections::{BTreeMap, BTreeSet};

use std::time::Duration;

use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use zoom2drive::sandbox::google::DriveFile;
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::program::Program;
use crate::support::world::{Engine, World, number, seed};

/// Stories that are told side by side, each with a sandbox and a database of its own, of both kinds in turn.
const STORIES: u64 = 5;

/// Kills in each of them in a plain `cargo test`; `Z2D_KILLS` makes it more.
const KILLS: u64 = 11;

/// Many small chunks, and leases that end soon after their holder.
const SETTINGS: [(&str, &str); 6] = [
    ("REQUEST_SIZE", "adaptive"),
    ("CHUNK_SIZE", "256KiB"),
    ("WINDOW_SIZE", "1MiB"),
    ("LEASE_FOR", "1s"),
    ("IDLE_TIMEOUT", "20s"),
    ("LOG", "zoom2drive=debug,info"),
];

const MIB: u64 = 1024 * 1024;

/// What a life is ended by.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// At once, even before it listens.
    Start,
    /// As soon as Zoom has heard a 200 for a new event: what it stands for must be on disk by then.
    Answer,
    /// After so many more calls to Zoom and Google.
    Calls(usize),
    /// After so many more bytes have come to Drive.
    Received(u64),
    /// After so many more bytes have left Zoom.
    Sent(u64),
    /// After so many more lines in the log: between a commit and the answer, for instance.
    Lines(usize),
}

impl Moment {
    fn draw(rng: &mut StdRng) -> Self {
        match rng.random_range(0..12) {
            0 => Self::Start,
            1..=2 => Self::Answer,
            3..=4 => Self::Calls(rng.random_range(0..50)),
            5..=6 => Self::Received(rng.random_range(0..8 * MIB)),
            7..=8 => Self::Sent(rng.random_range(0..8 * MIB)),
            _ => Self::Lines(rng.random_range(0..30)),
        }
    }
}

/// One story: meetings, what Zoom has heard a 200 for, and the dice.
struct Story {
    world: World,
    rng: StdRng,
    seed: u64,
    meetings: usize,
    unheard: BTreeSet<usize>,
}

impl Drop for Story {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("to replay this story: Z2D_SEED={}", self.seed);
        }
    }
}

fn uuid(number: usize) -> String {
    format!("/kill+{number}/AAAAAAAAAAAAAA==")
}

fn meeting(number: usize) -> Meeting {
    let id = |name: &str| format!("{name}-{number}");
    Meeting::new(uuid(number), format!("Evening {number}"))
        .host("ann@example.com")
        .start("2026-03-01T18:30:00Z")
        .file(File::mp4(&id("video"), 5 * MIB + 17))
        .file(File::m4a(&id("audio"), 3 * MIB))
        .file(File::chat(&id("chat"), 321))
        .file(File::timeline(&id("timeline"), 300_000))
}

impl Story {
    async fn new(engine: Engine, seed: u64) -> Self {
        let world = World::on(engine, &SETTINGS).await;
        // With a Drive that takes its time, requests are large.
        let answers_after = if seed.is_multiple_of(2) { 25 } else { 0 };
        world.sandbox.google.line().limit(0, Duration::from_millis(answers_after));
        let rng = StdRng::seed_from_u64(seed);
        let mut story = Self { world, rng, seed, meetings: 0, unheard: BTreeSet::new() };
        story.record();
        story.record();
        story
    }

    /// One more meeting, of which Zoom will tell.
    fn record(&mut self) {
        self.world.sandbox.zoom.add(meeting(self.meetings));
        self.unheard.insert(self.meetings);
        self.meetings += 1;
    }

    fn is_archived(&self) -> bool {
        (0..self.meetings).all(|number| self.world.are_trashed(&[&uuid(number)]))
    }

    /// One life, from its start to its violent end.
    async fn live_and_die(&mut self) {
        if self.is_archived() {
            self.record();
        }
        let moment = Moment::draw(&mut self.rng);
        if matches!(moment, Moment::Answer) && self.unheard.is_empty() {
            self.record();
        }
        if matches!(moment, Moment::Start) {
            // It dies somewhere in its start: that takes a few milliseconds, in which all sorts of lines come.
            let mut program = Program::spawn(&self.world, &["serve"], &[]);
            if self.rng.random() {
                program.wait_until(|| program.lines() > 0).await;
            }
            program.kill();
        } else {
            let mut program = Program::serve(&self.world).await;
            let heard = self.work_until(&program, moment).await;
            program.kill();
            self.unheard.retain(|number| !heard.contains(number));
        }
        for number in 0..self.meetings {
            self.world.assert_promises(&uuid(number));
        }
    }

    /// Delivers what Zoom has no 200 for, while the moment is awaited. Returns what was answered in time.
    async fn work_until(&self, program: &Program, moment: Moment) -> BTreeSet<usize> {
        let sandbox = &self.world.sandbox;
        let calls = sandbox.transcript.calls().len();
        let (received, sent) = (sandbox.google.bytes_received(), sandbox.zoom.bytes_sent());
        let lines = program.lines();
        let has_come = || match moment {
            Moment::Start => true,
            // Seen where the answers are.
            Moment::Answer => false,
            Moment::Calls(count) => sandbox.transcript.calls().len() >= calls + count,
            Moment::Received(bytes) => sandbox.google.bytes_received() >= received + bytes,
            Moment::Sent(bytes) => sandbox.zoom.bytes_sent() >= sent + bytes,
            Moment::Lines(count) => program.lines() >= lines + count,
        };
        let mut heard = BTreeSet::new();
        let delivering = async {
            for number in &self.unheard {
                let body = sandbox.zoom.event(&uuid(*number), "recording.completed");
                if self.world.post(program, &body).await == Some(200) {
                    heard.insert(*number);
                    if matches!(moment, Moment::Answer) {
                        return true;
                    }
                }
            }
            // Also when all is archived before the moment comes, the life ends.
            program.wait_until(|| has_come() || self.is_archived()).await
        };
        tokio::select! {
            ended = delivering => assert!(ended, "{moment:?} did not come:\n{}\n{}", self.world.calls(), program.text()),
            came = program.wait_until(has_come) => assert!(came, "{moment:?} did not come"),
        }
        heard
    }

    /// The last life, which nobody disturbs.
    async fn finish(&mut self) {
        let program = Program::serve(&self.world).await;
        for number in std::mem::take(&mut self.unheard) {
            self.world.deliver_to(&program, &uuid(number)).await;
        }
        let uuids: Vec<String> = (0..self.meetings).map(uuid).collect();
        let uuids: Vec<&str> = uuids.iter().map(String::as_str).collect();
        self.world.archived(program, &uuids).await;
    }

    async fn tell(mut self) -> Self {
        for _kill in 0..number("Z2D_KILLS").unwrap_or(KILLS) {
            self.live_and_die().await;
        }
        self.finish().await;
        self
    }

    /// What is to be seen of the archive from outside, without ids and times of making.
    fn archive(&self) -> BTreeMap<String, Seen> {
        self.world.archive().into_iter().map(|(path, file)| (path, seen(file))).collect()
    }
}

/// Everything about a file that must not depend on how often the program died.
#[derive(Debug, PartialEq)]
struct Seen {
    size: u64,
    sha256: String,
    mime_type: String,
    created_time: Option<String>,
    description: Option<String>,
    app_properties: BTreeMap<String, String>,
}

fn seen(file: DriveFile) -> Seen {
    Seen {
        size: file.size,
        sha256: file.sha256,
        mime_type: file.mime_type,
        created_time: file.created_time,
        description: file.description,
        app_properties: file.app_properties,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_it_ends_in_the_same_archive() {
    let seed = seed();
    let engines = Engine::here().await;
    let engine = |story: u64| engines[usize::try_from(story).unwrap() % engines.len()];
    let notify_policy = (0..STORIES).map(|story| {
        let engine = engine(story);
        async move { Story::new(engine, seed + story).await.tell().await }
    });
    let stories = join_all(notify_policy).await;
    let most = stories.iter().map(|story| story.meetings).max().unwrap_or_default();

    let mut undisturbed = Story::new(Engine::Sqlite, seed).await;
    while undisturbed.meetings < most {
        undisturbed.record();
    }
    undisturbed.finish().await;
    let expected = undisturbed.archive();
    for story in &stories {
        let found = story.archive();
        let told: BTreeSet<String> = (0..story.meetings).map(uuid).collect();
        assert_eq!(found.len(), 4 * told.len());
        for (path, file) in &found {
            assert_eq!(Some(file), expected.get(path), "{path}, story {}", story.seed);
        }
    }
}

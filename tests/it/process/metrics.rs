//! `/metrics`, as Prometheus would read it, of a real process that archives; and the log files of the same life.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zoom2drive::sandbox::faults::{Canned, Fault, Route};
use zoom2drive::sandbox::zoom::Meeting;
use zoom2drive::telemetry::meters::{Kind, METRICS, Metric};

use crate::attendance::sheet::class;
use crate::support::program::Program;
use crate::support::world::{World, usual_meeting};

const UUID: &str = "to/be/counted/AAAAAAAA==";

/// What Prometheus would take in: every line's name and labels with its value, and the types that were told.
#[derive(Debug)]
struct Scrape {
    values: BTreeMap<String, f64>,
    types: BTreeMap<String, String>,
    text: String,
}

impl Scrape {
    async fn of(program: &Program) -> Self {
        let answer = reqwest::get(format!("{}/metrics", program.url)).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
        let text = answer.text().await.unwrap();
        let (mut values, mut types) = (BTreeMap::new(), BTreeMap::new());
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                let before = types.insert(name.to_owned(), kind.to_owned());
                assert_eq!(before, None, "{name} is told twice");
            } else if !line.starts_with('#') {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let before = values.insert(series.to_owned(), value.parse().unwrap());
                assert_eq!(before, None, "{series} is told twice");
            }
        }
        Self { values, types, text }
    }

    fn value(&self, series: &str) -> f64 {
        *self.values.get(series).unwrap_or_else(|| panic!("{series} is not in\n{}", self.text))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_archived_is_counted_and_every_series_is_one_that_is_described() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let logs = world.folder.path().join("logs");
    let settings = [("LOG_DIR", logs.to_str().unwrap()), ("LOG_DAYS", "3")];
    let program = Program::serve_with(&world, &settings).await;
    let before = Scrape::of(&program).await;
    assert_eq!(before.value("zoom2drive_store_up"), 1.0);
    assert!(!before.text.contains("last_event"), "nobody called yet: {}", before.text);

    world.sandbox.faults.once(Route::UploadChunk, Fault::Answer(Canned::html(503)));
    assert_eq!(world.post(&program, b"signed, and no JSON").await, Some(400));
    world.deliver_to(&program, UUID).await;
    world.trashed(&program, &[UUID]).await;
    // The run is counted, and then told, some moments after the recording is trashed.
    assert!(program.wait_for_line("zoom2drive::worker: finished").await, "{}", program.text());
    let scrape = Scrape::of(&program).await;
    assert_eq!(scrape.value("zoom2drive_webhook_answers_total{status=\"200\"}"), 1.0);
    assert_eq!(scrape.value("zoom2drive_webhook_answers_total{status=\"400\"}"), 1.0);
    assert_eq!(scrape.value("zoom2drive_webhook_seconds_count"), 2.0);
    let held: u64 = world.archive().values().map(|file| file.size).sum();
    assert_eq!(scrape.value("zoom2drive_bytes_total"), held as f64, "every byte once");
    assert_eq!(scrape.value("zoom2drive_transfers_active"), 0.0);
    assert_eq!(
        scrape.value("zoom2drive_transfer_seconds_count"),
        scrape.value("zoom2drive_transfers_total{result=\"ok\"}")
    );
    assert_eq!(scrape.value("zoom2drive_archive_seconds_count"), 1.0);
    assert_eq!(scrape.value("zoom2drive_job_runs_total{result=\"done\"}"), 1.0);
    assert_eq!(scrape.value("zoom2drive_token_fetches_total{system=\"google\",result=\"ok\"}"), 1.0);
    assert_eq!(scrape.value("zoom2drive_jobs{state=\"due\"}"), 0.0);
    assert!(scrape.value("zoom2drive_last_event_timestamp_seconds") > 1.7e9);
    assert!(scrape.value("process_resident_memory_bytes") > 1e6);
    assert!(scrape.value("zoom2drive_database_bytes") > 1e4);
    for (name, kind) in &scrape.types {
        let Metric { kind: told, .. } = METRICS.iter().find(|metric| metric.name == name).unwrap();
        let told = match told {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        assert_eq!(kind, told, "{name}");
    }
    assert!(!scrape.text.contains(UUID) && !scrape.text.contains("http"), "{}", scrape.text);

    let said = program.text();
    program.stop().await;
    let files: Vec<_> = std::fs::read_dir(&logs).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let written = std::fs::read_to_string(&files[0]).unwrap();
    let without_time = |line: &str| line.split_once(' ').map(|(_, said)| said.to_owned());
    let written: Vec<_> = written.lines().map(without_time).collect();
    for line in said.lines() {
        assert!(written.contains(&without_time(line)), "{line} is not in the file");
    }
}

/// With the default settings of these tests every look at a meeting is its last one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attendance_is_counted_by_what_became_of_it() {
    let world = World::with(&[("ATTENDANCE", "sheet")]).await;
    let program = Program::serve(&world).await;
    let counted = async |result: &str| {
        let scrape = Scrape::of(&program).await;
        let series = format!("zoom2drive_attendance_total{{result=\"{result}\"}}");
        scrape.values.get(&series).copied().unwrap_or_default()
    };
    let archived = async |meeting: Meeting| {
        let uuid = meeting.uuid.clone();
        world.sandbox.zoom.add(meeting);
        world.deliver_to(&program, &uuid).await;
        world.trashed(&program, &[&uuid]).await;
        [counted("written").await, counted("given_up").await, counted("refused").await]
    };
    assert_eq!(archived(class("written==")).await, [1.0, 0.0, 0.0]);
    let mut empty = class("empty==");
    empty.attendance.clear();
    assert_eq!(archived(empty).await, [1.0, 1.0, 0.0]);
    world.sandbox.google.set_sheets_enabled(false);
    assert_eq!(archived(class("refused==")).await, [1.0, 2.0, 1.0]);
    // Nobody is asked for this one: the refusal holds for it too.
    assert_eq!(archived(class("refused-too==")).await, [1.0, 3.0, 1.0]);
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_log_files_go_and_other_files_stay() {
    let world = World::new().await;
    let logs = world.folder.path().join("logs");
    std::fs::create_dir(&logs).unwrap();
    let day = |number: u32| logs.join(format!("zoom2drive.2020-01-{number:02}.log"));
    for number in 1..=9 {
        std::fs::write(day(number), "old\n").unwrap();
    }
    std::fs::write(logs.join("notes.txt"), "mine\n").unwrap();
    let settings = [("LOG_DIR", logs.to_str().unwrap()), ("LOG_DAYS", "3")];
    Program::serve_with(&world, &settings).await.stop().await;
    let left: Vec<bool> = (1..=9).map(|number| day(number).exists()).collect();
    // And today's: that of three days.
    assert_eq!(left, [[false; 7].as_slice(), &[true; 2]].concat());
    assert!(logs.join("notes.txt").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_files_are_of_limited_size_and_nobody_elses_business() {
    let world = World::new().await;
    let logs = world.folder.path().join("logs");
    let settings = [("LOG_DIR", logs.to_str().unwrap()), ("LOG_SIZE", "1MiB"), ("LOG", "trace")];
    let program = Program::serve_with(&world, &settings).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    world.deliver_to(&program, UUID).await;
    world.trashed(&program, &[UUID]).await;
    let logged = |program: &Program| program.text().len();
    while logged(&program) < 3 * 1024 * 1024 {
        assert_eq!(world.post(&program, b"signed, and no JSON").await, Some(400));
    }
    program.stop().await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&logs), 0o700);
    let files: Vec<_> = std::fs::read_dir(&logs).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.iter().all(|file| mode(file) == 0o600), "{files:?}");
    let all: u64 = files.iter().map(|file| std::fs::metadata(file).unwrap().len()).sum();
    // The last lines are there, and no more than may be.
    assert!((512 * 1024..=1024 * 1024).contains(&all), "{all}");
    let newest =
        files.iter().max_by_key(|file| std::fs::metadata(file).unwrap().modified().unwrap()).unwrap();
    assert!(std::fs::read_to_string(newest).unwrap().contains("stopped"), "{newest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_cannot_be_written_ends_the_start() {
    let world = World::new().await;
    let file = world.folder.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let mut program = Program::spawn(&world, &["serve"], &[("LOG_DIR", file.to_str().unwrap())]);
    assert_eq!(program.ended().await.code(), Some(1));
    assert!(program.text().contains("LOG_DIR"), "{}", program.text());
}

//! Counters and timers for Prometheus: every metric's name, unit and meaning in one place.
//!
//! Counters belong to the process and start at zero with it. Gauges about the store are read from the store at each
//! scrape ([`health`](crate::health)), so every instance reports the same values.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Only grows while the process lives.
    Counter,
    /// A current value.
    Gauge,
    /// Durations in buckets (upper bounds, in seconds).
    Histogram(&'static [f64]),
}

/// One metric: its name, type and meaning.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// The name in Prometheus.
    pub name: &'static str,
    pub kind: Kind,
    /// Help text.
    pub help: &'static str,
}

/// Zoom gives up after three seconds, and the store's limit is 2.5.
const WEBHOOK_SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 3.0];

/// From a chat's text to a day's recording over a slow line.
const TRANSFER_SECONDS: &[f64] = &[1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0];

/// Drive answers an upload request in 0.1 to 0.5 seconds.
const ANSWER_SECONDS: &[f64] = &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

/// From a minute after the event to three days, after a problem.
const ARCHIVE_SECONDS: &[f64] = &[60.0, 300.0, 900.0, 3600.0, 14_400.0, 43_200.0, 86_400.0, 259_200.0];

const fn metric(name: &'static str, kind: Kind, help: &'static str) -> Metric {
    Metric { name, kind, help }
}

const WEBHOOK_ANSWERS: &str = "zoom2drive_webhook_answers_total";
const WEBHOOK_TIME: &str = "zoom2drive_webhook_seconds";
const TRANSFERS: &str = "zoom2drive_transfers_total";
const TRANSFERS_ACTIVE: &str = "zoom2drive_transfers_active";
const TRANSFER_TIME: &str = "zoom2drive_transfer_seconds";
const BYTES: &str = "zoom2drive_bytes_total";
const UPLOAD_ANSWER_TIME: &str = "zoom2drive_upload_answer_seconds";
const ARCHIVE_TIME: &str = "zoom2drive_archive_seconds";
const RETRIES: &str = "zoom2drive_retries_total";
const RUNS: &str = "zoom2drive_job_runs_total";
const TOKENS: &str = "zoom2drive_token_fetches_total";
const ATTENDANCE: &str = "zoom2drive_attendance_total";
pub const JOBS: &str = "zoom2drive_jobs";
pub const QUEUE_AGE: &str = "zoom2drive_queue_oldest_seconds";
pub const FIGURES_KNOWN: &str = "zoom2drive_figures_known";
pub const FIGURES_COMPLETE: &str = "zoom2drive_figures_complete";
/// Set at a scrape, absent while unknown.
pub const UNARCHIVED: &str = "zoom2drive_unarchived_recordings";
/// Set at a scrape, absent while unknown.
pub const OLDEST_UNARCHIVED: &str = "zoom2drive_oldest_unarchived_seconds";
/// Set at a scrape, absent while unknown.
pub const ZOOM_DELETES: &str = "zoom2drive_zoom_deletes_in_seconds";
/// Set at a scrape, absent while unknown.
pub const COVERED_FROM: &str = "zoom2drive_covered_from_timestamp_seconds";
pub const LAST_EVENT: &str = "zoom2drive_last_event_timestamp_seconds";
pub const LAST_SWEEP: &str = "zoom2drive_last_sweep_timestamp_seconds";
pub const LAST_MEET: &str = "zoom2drive_last_meet_look_timestamp_seconds";
pub const LAST_VERIFY: &str = "zoom2drive_last_verify_timestamp_seconds";
pub const NOT_AS_PROVED: &str = "zoom2drive_not_as_proved_files";
pub const PAUSED: &str = "zoom2drive_paused";
pub const STORE_UP: &str = "zoom2drive_store_up";
pub const DISK_FREE: &str = "zoom2drive_disk_free_bytes";
pub const DATABASE_BYTES: &str = "zoom2drive_database_bytes";
pub const BUILD: &str = "zoom2drive_build_info";
/// The name is Prometheus' own.
pub const MEMORY: &str = "process_resident_memory_bytes";
/// The name is Prometheus' own.
pub const OPEN_FILES: &str = "process_open_fds";
/// The name is Prometheus' own.
pub const STARTED: &str = "process_start_time_seconds";

/// All metrics.
pub const METRICS: [Metric; 33] = [
    metric(WEBHOOK_ANSWERS, Kind::Counter, "Answers to Zoom's calls, by status"),
    metric(WEBHOOK_TIME, Kind::Histogram(WEBHOOK_SECONDS), "How long Zoom waited for an answer"),
    metric(TRANSFERS, Kind::Counter, "Attempts at moving a file that ended, by result: ok, failed, stopped"),
    metric(TRANSFERS_ACTIVE, Kind::Gauge, "Files in motion"),
    metric(TRANSFER_TIME, Kind::Histogram(TRANSFER_SECONDS), "How long attempts that moved a file took"),
    metric(BYTES, Kind::Counter, "Bytes of recordings that Drive has confirmed"),
    metric(
        UPLOAD_ANSWER_TIME,
        Kind::Histogram(ANSWER_SECONDS),
        "From the last byte of an upload request to the answer of Drive; no byte of the file is sent meanwhile",
    ),
    metric(
        ARCHIVE_TIME,
        Kind::Histogram(ARCHIVE_SECONDS),
        "From the event until everything of a recording is proved to be on Drive",
    ),
    metric(
        RETRIES,
        Kind::Counter,
        "Failures that are tried again, by cause: who cannot be reached, or other",
    ),
    metric(RUNS, Kind::Counter, "Runs over jobs, by how they ended: done, retry, wait, pause, parked"),
    metric(TOKENS, Kind::Counter, "Access tokens asked for, by system and result"),
    metric(
        ATTENDANCE,
        Kind::Counter,
        "Attendance beside recordings, by result: written; given_up, after the last look; refused, for all meetings",
    ),
    metric(JOBS, Kind::Gauge, "Jobs that are not done, by state: due, running, waiting, parked"),
    metric(QUEUE_AGE, Kind::Gauge, "How long the job that is due for longest has been waiting for a worker"),
    metric(FIGURES_KNOWN, Kind::Gauge, "1 if Zoom was swept lately, so that what is unarchived is known"),
    metric(
        FIGURES_COMPLETE,
        Kind::Gauge,
        "1 if the sweep saw everybody's recordings, those of Zoom Rooms, deleted users and sub-accounts included",
    ),
    metric(UNARCHIVED, Kind::Gauge, "Recordings that are not proved to be on Drive; absent while unknown"),
    metric(OLDEST_UNARCHIVED, Kind::Gauge, "Age of the oldest of them; absent while unknown, 0 without any"),
    metric(
        ZOOM_DELETES,
        Kind::Gauge,
        "Time until Zoom's own retention deletes the first of them; absent if none",
    ),
    metric(LAST_EVENT, Kind::Gauge, "When Zoom last called; absent if never"),
    metric(
        COVERED_FROM,
        Kind::Gauge,
        "Start of the first day from which on the sweep looked at every day; absent while unknown",
    ),
    metric(LAST_SWEEP, Kind::Gauge, "When a sweep last saw everything; absent if never"),
    metric(
        LAST_MEET,
        Kind::Gauge,
        "When every user's conferences of Google Meet were last read; absent if never",
    ),
    metric(LAST_VERIFY, Kind::Gauge, "When Drive was last asked about every archived file; absent if never"),
    metric(
        NOT_AS_PROVED,
        Kind::Gauge,
        "Archived files that are not on Drive as they were proved, by fault; absent if nobody asked yet",
    ),
    metric(PAUSED, Kind::Gauge, "1 while a system is paused, by system and cause; absent otherwise"),
    metric(STORE_UP, Kind::Gauge, "1 if the database answered these questions"),
    metric(DISK_FREE, Kind::Gauge, "Free bytes where the SQLite database is"),
    metric(DATABASE_BYTES, Kind::Gauge, "Bytes of the SQLite database and its log"),
    metric(BUILD, Kind::Gauge, "Always 1; the label tells the version"),
    metric(MEMORY, Kind::Gauge, "Resident memory of this process"),
    metric(OPEN_FILES, Kind::Gauge, "Open files and connections of this process"),
    metric(STARTED, Kind::Gauge, "When this process started"),
];

static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts the metrics, once per process; later calls return the same handle. `None` if another recorder is
/// installed in this process.
pub fn start() -> Option<&'static PrometheusHandle> {
    HANDLE.get_or_init(install).as_ref()
}

fn install() -> Option<PrometheusHandle> {
    let mut builder = PrometheusBuilder::new();
    for Metric { name, kind, .. } in METRICS {
        if let Kind::Histogram(buckets) = kind {
            builder = builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets).ok()?;
        }
    }
    let handle = builder.install_recorder().ok()?;
    for Metric { name, kind, help } in METRICS {
        match kind {
            Kind::Counter => describe_counter!(name, help),
            Kind::Gauge => describe_gauge!(name, help),
            Kind::Histogram(_) => describe_histogram!(name, help),
        }
    }
    if let Ok(since) = SystemTime::now().duration_since(UNIX_EPOCH) {
        gauge!(STARTED).set(since.as_secs_f64());
    }
    Some(handle)
}

/// Records an answer to Zoom.
pub fn webhook_answered(status: u16, took: Duration) {
    counter!(WEBHOOK_ANSWERS, "status" => status.to_string()).increment(1);
    histogram!(WEBHOOK_TIME).record(took);
}

/// A file in transfer: counted until this is dropped.
#[derive(Debug)]
pub struct Moving(Instant);

/// Records the start of a transfer.
pub fn file_moves() -> Moving {
    gauge!(TRANSFERS_ACTIVE).increment(1);
    Moving(Instant::now())
}

impl Moving {
    /// Records the end of the transfer.
    pub fn ended(self, result: &'static str) {
        counter!(TRANSFERS, "result" => result).increment(1);
        if result == MOVED {
            histogram!(TRANSFER_TIME).record(self.0.elapsed());
        }
    }
}

impl Drop for Moving {
    fn drop(&mut self) {
        gauge!(TRANSFERS_ACTIVE).decrement(1);
    }
}

/// The result of a successful transfer.
pub const MOVED: &str = "ok";

/// Records bytes that Drive has confirmed.
pub fn bytes_confirmed(bytes: u64) {
    counter!(BYTES).increment(bytes);
}

/// Records how long an answer to an upload request was awaited after its last byte.
pub fn upload_answered(waiting: Duration) {
    histogram!(UPLOAD_ANSWER_TIME).record(waiting);
}

/// Records a completely archived recording. `after` is the time since its event.
pub fn archived(after: Duration) {
    histogram!(ARCHIVE_TIME).record(after);
}

/// Records a failure that is tried again.
pub fn retried(cause: &'static str) {
    counter!(RETRIES, "cause" => cause).increment(1);
}

/// Records the end of a run over a job.
pub fn run_ended(how: &'static str) {
    counter!(RUNS, "result" => how).increment(1);
}

/// Records a request for a token.
pub fn token_fetched(system: &'static str, is_ok: bool) {
    counter!(TOKENS, "system" => system, "result" => if is_ok { "ok" } else { "failed" }).increment(1);
}

/// What a look at a meeting's attendance led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attended {
    /// There is a file now.
    Written,
    /// There is none, and no other look follows.
    GivenUp,
    /// Zoom or Google refuses it for all meetings. Nothing is asked for a while.
    Refused,
}

/// Records the result of a look at a meeting's attendance.
pub fn attended(result: Attended) {
    let name = match result {
        Attended::Written => "written",
        Attended::GivenUp => "given_up",
        Attended::Refused => "refused",
    };
    counter!(ATTENDANCE, "result" => name).increment(1);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_metric_has_a_name_of_its_own_with_its_unit() {
        let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), METRICS.len());
        for Metric { name, kind, help } in METRICS {
            assert!(name.starts_with("zoom2drive_") || name.starts_with("process_"), "{name}");
            assert_eq!(kind == Kind::Counter, name.ends_with("_total"), "{name}");
            assert!(!help.is_empty() && !help.ends_with('.'), "{name}");
        }
    }
}

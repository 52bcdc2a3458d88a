//! The statements that run all the time or over much, and how the databases would go about them.
//!
//! They stand here rather than where they are used so that each can be asked for its plan: with a hundred
//! thousand finished jobs none may read a whole table.

use super::database::{Value, values};
use super::{LIST_MAX, SqlStore, StoreError};

/// A claim, once something is due.
pub(super) const CLAIM: &str = "UPDATE jobs SET lease_token = $1, lease_until = {now} + $2 WHERE id = (
                   SELECT id FROM jobs WHERE standing = 'active' AND next_attempt_at <= {now}
                     AND (lease_until IS NULL OR lease_until <= {now})
                     ORDER BY next_attempt_at, id LIMIT 1 {skip_locked})
                   RETURNING {job}";

/// A look for work.
pub(super) const NEXT_DUE: &str = "SELECT {now} AS at,
                   (SELECT next_attempt_at FROM jobs WHERE standing = 'active' AND lease_until IS NULL
                      ORDER BY next_attempt_at LIMIT 1) AS free_at,
                   (SELECT min(CASE WHEN lease_until > next_attempt_at THEN lease_until ELSE next_attempt_at END)
                      FROM jobs WHERE standing = 'active' AND lease_until IS NOT NULL) AS lost_at";

/// A page of jobs of one standing.
pub(super) const JOBS_OF_STANDING: &str =
    "SELECT {job} FROM jobs WHERE id < $1 AND standing = $3 ORDER BY id DESC LIMIT $2";

/// A page of jobs.
pub(super) const JOBS: &str = "SELECT {job} FROM jobs WHERE id < $1 ORDER BY id DESC LIMIT $2";

/// A page of events.
pub(super) const EVENTS: &str =
    "SELECT id, name, received_at, meeting, job, note FROM events WHERE id < $1 ORDER BY id DESC LIMIT $2";

/// An event that came before.
pub(super) const KNOWN_EVENT: &str = "SELECT id, job FROM events WHERE body_sha256 = $1";

/// The job that an event is about.
pub(super) const KNOWN_JOB: &str = "SELECT {job} FROM jobs WHERE meeting = $1 {for_update}";

/// What is not archived yet.
pub(super) const UNARCHIVED: &str = "SELECT count(*) AS unarchived, min(coalesce(happened_at, accepted_at)) AS oldest_at,
                   min(zoom_deletes_at) AS zoom_deletes_at FROM jobs
                   WHERE standing IN ('active', 'parked') AND stage IN ('received', 'planned', 'transferred')";

/// Active jobs, by what they wait for.
pub(super) const QUEUE: &str = "SELECT count(*) AS active,
                   count(CASE WHEN lease_until > {now} THEN 1 END) AS running,
                   count(CASE WHEN next_attempt_at <= {now} AND coalesce(lease_until, 0) <= {now} THEN 1 END) AS due,
                   min(CASE WHEN next_attempt_at <= {now} AND coalesce(lease_until, 0) <= {now} THEN next_attempt_at END) AS due_since
                   FROM jobs WHERE standing = 'active'";

/// What waits for a person.
pub(super) const PARKED: &str = "SELECT count(*) AS parked FROM jobs WHERE standing = 'parked'";

/// When Zoom was last heard.
pub(super) const LAST_EVENT: &str =
    "SELECT received_at FROM events WHERE name <> $1 ORDER BY id DESC LIMIT 1";

/// The job of a recording that the sweep has found.
pub(super) const JOB_OF: &str = "SELECT {job} FROM jobs WHERE meeting = $1";

/// The files of a job.
pub(super) const FILES: &str = "SELECT {file} FROM files WHERE job = $1 ORDER BY {planned_order}";

/// A page of what is archived.
pub(super) const ARCHIVED: &str = "SELECT {file} FROM files WHERE (job, file_key, version) > ($1, $2, $3)
                   AND state = 'verified' AND coalesce(proved_at, 0) >= $4
                   ORDER BY job, file_key, version LIMIT $5";

/// Whether a folder holds files of another host's recordings.
pub(super) const OTHER_HOSTS: &str = "SELECT 1 AS found FROM files JOIN jobs ON jobs.id = files.job
                   WHERE files.folder_id = $1 AND lower(coalesce({host_email}, '')) <> lower($2) LIMIT 1";

/// The file that tells what is known of a recording.
pub(super) const MEETING_FILE: &str =
    "SELECT drive_id, folder_id, name, made, digest FROM meeting_files WHERE job = $1";

/// The names in a folder.
pub(super) const NAMES: &str = "SELECT name FROM files WHERE folder_id = $1
                   UNION ALL SELECT name FROM meeting_files WHERE folder_id = $1";

/// The names that other jobs have planned into a folder.
pub(super) const NAMES_OF_OTHERS: &str = "SELECT name FROM files WHERE folder_id = $1 AND job <> $2
                   UNION ALL SELECT name FROM meeting_files WHERE folder_id = $1 AND job <> $2";

/// Whether anything is paused, before every claim.
pub(super) const ADMISSION: &str = "SELECT max(CASE WHEN probe_at > probe_until THEN probe_at ELSE probe_until END) - {now} AS wait,
                   CAST(CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE standing = 'active' AND next_attempt_at <= {now}
                     AND (lease_until IS NULL OR lease_until <= {now})) THEN 1 ELSE 0 END AS BIGINT) AS has_work
                   FROM pauses WHERE ended_at = 0";

/// Events that are old enough to go.
pub(super) const OLD_EVENTS: &str = "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE received_at < {now} - $1
                   AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = events.job AND standing IN ('active', 'parked'))
                   ORDER BY received_at LIMIT $2)";

/// Finished jobs that still hold secrets.
pub(super) const UNWIPED: &str =
    "SELECT {job} FROM jobs WHERE standing = 'finished' AND wiped = 0 AND updated_at < {now} - $1
                   ORDER BY updated_at LIMIT $2 {skip_locked}";

/// How the database would go about a statement.
#[derive(Debug, Clone)]
pub struct PlanOf {
    /// The statement, as it is written here.
    pub statement: &'static str,
    /// The database's own words, a step per line.
    pub steps: Vec<String>,
}

impl SqlStore {
    /// How the database would go about each of these statements, with what it holds now.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn plans(&self) -> Result<Vec<PlanOf>, StoreError> {
        let mut plans = Vec::new();
        for (statement, values) in all() {
            let steps = self.database.plan(statement, values).await?;
            plans.push(PlanOf { statement, steps });
        }
        Ok(plans)
    }
}

/// Each with values such as it is called with.
fn all() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        (CLAIM, values!["token", 60_000_i64]),
        (NEXT_DUE, values![]),
        (JOBS_OF_STANDING, values![i64::MAX, LIST_MAX, "active"]),
        (JOBS, values![i64::MAX, LIST_MAX]),
        (EVENTS, values![i64::MAX, LIST_MAX]),
        (KNOWN_EVENT, values!["ab"]),
        (KNOWN_JOB, values!["u"]),
        (UNARCHIVED, values![]),
        (PARKED, values![]),
        (QUEUE, values![]),
        (LAST_EVENT, values!["x"]),
        (JOB_OF, values!["u"]),
        (FILES, values![1_i64]),
        (ARCHIVED, values![1_i64, "a", 1_i64, 0_i64, LIST_MAX]),
        (MEETING_FILE, values![1_i64]),
        (OTHER_HOSTS, values!["f", "ann@example.com"]),
        (NAMES, values!["f"]),
        (NAMES_OF_OTHERS, values!["f", 1_i64]),
        (ADMISSION, values![]),
        (OLD_EVENTS, values![90_i64 * 24 * 3600 * 1000, 100_i64]),
        (UNWIPED, values![24_i64 * 3600 * 1000, 100_i64]),
    ]
}

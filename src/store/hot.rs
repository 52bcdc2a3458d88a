//! The statements that run all the time or over much, and how the databases would go about them.
//!
//! They stand here rather than where they are used so that each can be asked for its plan: with a hundred
//! thousand finished jobs none may read a whole table.

use super::database::{Value, values};
use super::{LIST_MAX, SqlStore, StoreError};

/// A claim, once something is due: a fresh recording, else one of a backfill, if `$3` is 1 and not 0.
pub(super) const CLAIM: &str = "UPDATE jobs SET lease_token = $1, lease_until = {now} + $2 WHERE id = coalesce((
                   SELECT id FROM jobs WHERE standing = 'active' AND backfilled = 0 AND next_attempt_at <= {now}
                     AND (lease_until IS NULL OR lease_until <= {now})
                     ORDER BY next_attempt_at, id LIMIT 1 {skip_locked}), (
                   SELECT id FROM jobs WHERE standing = 'active' AND backfilled = $3 AND next_attempt_at <= {now}
                     AND (lease_until IS NULL OR lease_until <= {now})
                     ORDER BY next_attempt_at, id LIMIT 1 {skip_locked}))
                   RETURNING {job}";

/// A look for work; without what backfills brought in, if `$1` is 0 and not 1.
pub(super) const NEXT_DUE: &str = "SELECT {now} AS at,
                   (SELECT next_attempt_at FROM jobs WHERE standing = 'active' AND backfilled = 0 AND lease_until IS NULL
                      ORDER BY next_attempt_at LIMIT 1) AS free_at,
                   (SELECT next_attempt_at FROM jobs WHERE standing = 'active' AND backfilled = $1 AND lease_until IS NULL
                      ORDER BY next_attempt_at LIMIT 1) AS old_at,
                   (SELECT min(CASE WHEN lease_until > next_attempt_at THEN lease_until ELSE next_attempt_at END)
                      FROM jobs WHERE standing = 'active' AND backfilled <= $1 AND lease_until IS NOT NULL) AS lost_at";

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
pub(super) const UNARCHIVED: &str = "SELECT count(*) AS unarchived, min(CASE WHEN backfilled = 1 THEN accepted_at ELSE coalesce(happened_at, accepted_at) END) AS oldest_at,
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
    "SELECT received_at, id FROM events WHERE name <> $1 AND name <> $2 ORDER BY id DESC LIMIT 1";

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

/// Events of a job that still hold tokens.
pub(super) const TOKENS_OF_JOB: &str = "SELECT id FROM events WHERE job = $1 AND blanked = 1";

/// Events without a job that still hold tokens, and are old enough to lose them.
pub(super) const JOBLESS_TOKENS: &str =
    "SELECT id FROM events WHERE blanked = 1 AND job IS NULL AND received_at < {now} - $1
                   ORDER BY received_at LIMIT $2 {skip_locked}";

/// Events of earlier releases, and whether their jobs hold tokens no more.
pub(super) const UNBLANKED_EVENTS: &str =
    "SELECT id, coalesce((SELECT wiped FROM jobs WHERE jobs.id = events.job), 0) AS is_wiped FROM events
                   WHERE blanked = 0 ORDER BY id LIMIT $1 {skip_locked}";

/// Jobs of earlier releases.
pub(super) const UNBLANKED_JOBS: &str =
    "SELECT {job} FROM jobs WHERE blanked = 0 ORDER BY id LIMIT $1 {skip_locked}";

/// What the last transfers took.
pub(super) const TRANSFERS: &str = "SELECT size, session_opened_at, transferred_at FROM files
                   WHERE transferred_at > 0 AND transferred_at > {now} - $1 ORDER BY transferred_at DESC LIMIT $2";

/// Jobs that a backfill need not wait for any more.
pub(super) const BACKFILL_ENDED: &str = "SELECT {job}, bytes FROM backfill_jobs JOIN jobs ON id = job
                   WHERE backfill = $1 AND told = 0 AND (standing <> 'active'
                     OR (stage = 'verified' AND lease_token IS NULL AND next_attempt_at > {now} + $2)) LIMIT $3";

/// Jobs of a backfill that a worker holds.
pub(super) const BACKFILL_HELD: &str = "SELECT {job} FROM jobs
                   WHERE lease_until IS NOT NULL AND lease_until > {now} AND standing = 'active'
                     AND EXISTS (SELECT 1 FROM backfill_jobs WHERE backfill = $1 AND job = id) ORDER BY id LIMIT $2";

/// Whether any message waits.
pub(super) const ANY_MESSAGE: &str = "SELECT id FROM messages WHERE state = 'waiting' LIMIT 1";

/// Messages that wait, by cause: the first of each, and when a letter of that cause was last sent.
pub(super) const MESSAGE_GROUPS: &str = "SELECT first.cause, first.id, first.level, first.next_attempt_at, waiting.held_until,
                   (SELECT max(sent_at) FROM messages AS sent WHERE sent.state = 'sent' AND sent.sent_at > {now} - $1
                      AND sent.cause = first.cause) AS last_sent_at
                   FROM (SELECT min(id) AS id, max(coalesce(hold_until, 0)) AS held_until FROM messages
                      WHERE state = 'waiting' GROUP BY cause ORDER BY min(id) LIMIT $2) AS waiting
                   JOIN messages AS first ON first.id = waiting.id ORDER BY first.id";

/// The letters of the last hour.
pub(super) const LETTERS: &str =
    "SELECT sent_at FROM messages WHERE state = 'sent' AND sent_at > {now} - $1 AND sent_with = id";

/// The first messages of a letter.
pub(super) const HELD_MESSAGES: &str =
    "SELECT {message} FROM messages WHERE state = 'waiting' AND hold_token = $1
                   ORDER BY id LIMIT $2";

/// A page of messages.
pub(super) const MESSAGES: &str = "SELECT {message} FROM messages WHERE id < $1 AND ($3 = '' OR state = $3)
                   ORDER BY id DESC LIMIT $2";

/// What the sweep found since Zoom's last call.
pub(super) const UNANNOUNCED: &str =
    "SELECT count(*) AS found, min(received_at) AS since FROM events WHERE name = $1 AND id > $2";

/// Messages that are old enough to go.
pub(super) const OLD_MESSAGES: &str = "DELETE FROM messages WHERE id IN (SELECT id FROM messages
                   WHERE created_at < {now} - $1 AND state <> 'waiting' ORDER BY created_at LIMIT $2)";

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
        (CLAIM, values!["token", 60_000_i64, true]),
        (NEXT_DUE, values![true]),
        (JOBS_OF_STANDING, values![i64::MAX, LIST_MAX, "active"]),
        (JOBS, values![i64::MAX, LIST_MAX]),
        (EVENTS, values![i64::MAX, LIST_MAX]),
        (KNOWN_EVENT, values!["ab"]),
        (KNOWN_JOB, values!["u"]),
        (UNARCHIVED, values![]),
        (PARKED, values![]),
        (QUEUE, values![]),
        (LAST_EVENT, values!["x", "y"]),
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
        (TOKENS_OF_JOB, values![1_i64]),
        (JOBLESS_TOKENS, values![24_i64 * 3600 * 1000, 100_i64]),
        (UNBLANKED_EVENTS, values![20_i64]),
        (UNBLANKED_JOBS, values![20_i64]),
        (BACKFILL_ENDED, values![1_i64, 60_000_i64, LIST_MAX]),
        (BACKFILL_HELD, values![1_i64, LIST_MAX]),
        (TRANSFERS, values![24_i64 * 3600 * 1000, 100_i64]),
        (ANY_MESSAGE, values![]),
        (MESSAGE_GROUPS, values![3600 * 1000_i64, LIST_MAX]),
        (LETTERS, values![3600 * 1000_i64]),
        (HELD_MESSAGES, values!["token", 50_i64]),
        (UNANNOUNCED, values!["x", 100_000_i64]),
        (OLD_MESSAGES, values![90_i64 * 24 * 3600 * 1000, 100_i64]),
    ]
}

//! Sums over the list: counts, hosts, and groups of parked recordings. Each reads every entry of an index, so a page
//! keeps what it got for a while.

use std::time::Duration;

use super::super::database::{Row, values};
use super::super::{LIST_MAX, Store, StoreError, rows};
use crate::jobs::{Job, JobId, Millis};

/// Zoom keeps its trash for 30 days.
const TRASH_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// Recordings and bytes in all, and what was left out or cancelled since a day.
pub(in crate::store) const COUNTS: &str = "SELECT count(*) AS recordings,
                   CAST(coalesce(sum(proved_files), 0) AS BIGINT) AS files,
                   CAST(coalesce(sum(proved_bytes), 0) AS BIGINT) AS bytes,
                   count(CASE WHEN {shelf_state} = 'archived' THEN 1 END) AS archived,
                   count(CASE WHEN sort_at >= $1 AND {shelf_state} = 'left-out' THEN 1 END) AS left_out,
                   count(CASE WHEN sort_at >= $1 AND {shelf_state} = 'called-off' THEN 1 END) AS called_off
                   FROM jobs WHERE sort_at > 0";

/// Rows of earlier releases that are not in the list yet.
pub(in crate::store) const UNSHELVED_COUNT: &str = "SELECT count(*) AS unshelved FROM jobs WHERE sort_at = 0";

/// Sums per host.
pub(in crate::store) const HOSTS: &str = "SELECT host, count(*) AS recordings,
                   count(CASE WHEN {shelf_state} = 'archived' THEN 1 END) AS archived,
                   count(CASE WHEN {shelf_state} = 'on-the-way' THEN 1 END) AS on_the_way,
                   count(CASE WHEN {shelf_state} = 'needs-you' THEN 1 END) AS needs_you,
                   CAST(coalesce(sum(proved_bytes), 0) AS BIGINT) AS bytes,
                   CAST(coalesce(sum(CASE WHEN zoom_copy = 'put-away' THEN proved_bytes END), 0) AS BIGINT) AS put_away,
                   CAST(coalesce(sum(CASE WHEN zoom_copy = 'put-away' AND put_away_at > {now} - $1
                     THEN proved_bytes END), 0) AS BIGINT) AS in_trash,
                   min(CASE WHEN standing IN ('active', 'parked') AND stage IN ('received', 'planned', 'transferred')
                     THEN sort_at END) AS oldest_at
                   FROM jobs WHERE sort_at > 0 GROUP BY host ORDER BY host";

/// Parked jobs whose reasons are alike, the largest groups first. Every text is at least the empty one: with that the
/// index is searched.
pub(in crate::store) const PARKED_GROUPS: &str =
    "SELECT alike, count(*) AS jobs, min(id) AS example FROM jobs
                   WHERE standing = 'parked' AND alike >= '' GROUP BY alike ORDER BY count(*) DESC, min(id) LIMIT $1";

/// The jobs of such a group.
pub(in crate::store) const PARKED_ALIKE: &str =
    "SELECT id FROM jobs WHERE standing = 'parked' AND alike = $1 ORDER BY id LIMIT $2";

/// The size of such a group.
pub(in crate::store) const PARKED_ALIKE_COUNT: &str =
    "SELECT count(*) AS jobs FROM jobs WHERE standing = 'parked' AND alike = $1";

/// Sums over all recordings of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ShelfCounts {
    /// Recordings in the list.
    pub recordings: u64,
    /// Recordings that are archived.
    pub archived: u64,
    /// Proved files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Recordings since the given time that are finished without a file.
    pub left_out: u64,
    /// Recordings since the given time that were cancelled.
    pub called_off: u64,
    /// Older recordings that are not in the list yet.
    pub unshelved: u64,
}

/// Sums of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct HostSums {
    /// Folded; empty for recordings without a host.
    pub host: String,
    pub recordings: u64,
    pub archived: u64,
    pub on_the_way: u64,
    pub needs_you: u64,
    /// Proved bytes on Drive.
    pub bytes: u64,
    /// Of these, bytes of recordings that the service has moved to Zoom's trash.
    pub put_away_bytes: u64,
    /// Of these, bytes that Zoom still keeps in its trash.
    pub in_trash_bytes: u64,
    /// When the oldest recording happened that is not proved.
    pub oldest_at: Option<Millis>,
}

/// Parked jobs whose reasons are alike.
#[derive(Debug, Clone)]
pub struct ParkedGroup {
    /// For [`ShelfFilter::alike`](super::ShelfFilter::alike).
    pub alike: String,
    /// Number of jobs.
    pub jobs: u64,
    /// The first of them.
    pub example: Job,
}

impl Store {
    /// Sums over the list. `since` limits what is left out and cancelled. Reads the whole index: keep the result for
    /// a minute.
    pub async fn shelf_counts(&self, since: Millis) -> Result<ShelfCounts, StoreError> {
        let row = self.database.row(COUNTS, values![since]).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("a count gave no row".to_owned()))?;
        let count = |name| rows::unsigned(row.integer(name)?, name);
        Ok(ShelfCounts {
            recordings: count("recordings")?,
            archived: count("archived")?,
            files: count("files")?,
            bytes: count("bytes")?,
            left_out: count("left_out")?,
            called_off: count("called_off")?,
            unshelved: self.unshelved().await?,
        })
    }

    /// The number of older recordings that are not in the list yet.
    pub async fn unshelved(&self) -> Result<u64, StoreError> {
        let row = self.database.row(UNSHELVED_COUNT, values![]).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("a count gave no row".to_owned()))?;
        rows::unsigned(row.integer("unshelved")?, "a count")
    }

    /// Sums per host, in the order of their addresses. Reads the whole index: keep the result for a minute.
    pub async fn hosts(&self) -> Result<Vec<HostSums>, StoreError> {
        let found = self.database.rows(HOSTS, values![TRASH_FOR]).await?;
        let sums = |row: &Row| {
            let count = |name| rows::unsigned(row.integer(name)?, name);
            Ok(HostSums {
                host: row.text("host")?,
                recordings: count("recordings")?,
                archived: count("archived")?,
                on_the_way: count("on_the_way")?,
                needs_you: count("needs_you")?,
                bytes: count("bytes")?,
                put_away_bytes: count("put_away")?,
                in_trash_bytes: count("in_trash")?,
                oldest_at: row.maybe_integer("oldest_at")?,
            })
        };
        found.iter().map(sums).collect()
    }

    /// Groups of parked jobs whose reasons are alike, the largest first.
    pub async fn parked_groups(&self, at_most: u32) -> Result<Vec<ParkedGroup>, StoreError> {
        let found = self.database.rows(PARKED_GROUPS, values![at_most]).await?;
        let mut groups = Vec::with_capacity(found.len());
        for row in &found {
            groups.push(ParkedGroup {
                alike: row.text("alike")?,
                jobs: rows::unsigned(row.integer("jobs")?, "a count")?,
                example: self.job(JobId(row.integer("example")?)).await?,
            });
        }
        Ok(groups)
    }

    /// The number of jobs of such a group.
    pub async fn count_parked_alike(&self, alike: &str) -> Result<u64, StoreError> {
        let row = self.database.row(PARKED_ALIKE_COUNT, values![alike]).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("a count gave no row".to_owned()))?;
        rows::unsigned(row.integer("jobs")?, "a count")
    }

    /// The jobs of such a group, at most [`LIST_MAX`].
    pub async fn parked_alike(&self, alike: &str) -> Result<Vec<JobId>, StoreError> {
        let found = self.database.rows(PARKED_ALIKE, values![alike, LIST_MAX]).await?;
        found.iter().map(|row| Ok(JobId(row.integer("id")?))).collect()
    }
}

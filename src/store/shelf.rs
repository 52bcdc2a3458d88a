//! The list of recordings as people search it. One index, `jobs_shelf`, answers every search and every sum: no search
//! reads a recording's JSON, except those of the rows that it returns. The same text runs on both databases.

mod filling;
mod sums;

use std::time::Duration;

use super::database::{Row, Value, values};
use super::{Store, StoreError, rows};
use crate::jobs::shelf::{ShelfCursor, ShelfState, WORDS_MAX};
use crate::jobs::{Job, Millis};

pub(super) use filling::{UNSHELVED, recount, shelve};
pub(super) use sums::{COUNTS, HOSTS, PARKED_ALIKE, PARKED_ALIKE_COUNT, PARKED_GROUPS, UNSHELVED_COUNT};
pub use sums::{HostSums, ParkedGroup, ShelfCounts};

/// Rows of a page. With usual topics a page of them has less than 30 KB.
pub const PAGE_ROWS: usize = 40;

/// Searches that run at a time: they must not keep workers from their reads.
pub(super) const SEARCHES_MAX: usize = 2;

/// Longest search, with the wait for its turn.
const SEARCH_WITHIN: Duration = Duration::from_secs(5);

/// Found rows: the inner part reads the index alone. Empty texts and the widest times filter nothing.
macro_rules! search {
    ($sort_at:literal, $further:literal) => {
        concat!(
            "SELECT {job}, sort_at, proved_files, proved_bytes, put_away_at FROM (
       SELECT id AS found FROM jobs WHERE (",
            $sort_at,
            ", id) < ($1, $2) AND ",
            $sort_at,
            " >= $3 AND ",
            $sort_at,
            " < $4
         AND ($5 = '' OR {shelf_state} = $5) AND ($6 = '' OR host = $6)
         AND ($7 = '' OR (standing = 'parked' AND alike = $7))
         AND ($8 = '' OR topic LIKE $8 ESCAPE '!' OR host LIKE $8 ESCAPE '!')
         AND ($9 = '' OR topic LIKE $9 ESCAPE '!' OR host LIKE $9 ESCAPE '!')
         AND ($10 = '' OR topic LIKE $10 ESCAPE '!' OR host LIKE $10 ESCAPE '!')
         AND ($11 = '' OR topic LIKE $11 ESCAPE '!' OR host LIKE $11 ESCAPE '!') ",
            $further,
            " ORDER BY sort_at DESC, id DESC LIMIT $12) AS page JOIN jobs ON id = found"
        )
    };
}

pub(in crate::store) const SEARCH: &str = search!("sort_at", "");

/// The same for recordings that need a person. They are few, and have an index of their own. A database takes it, also
/// when it has statistics, only if the text names both its columns and offers no other index: `+` hides a column.
pub(in crate::store) const SEARCH_PARKED: &str =
    search!("+sort_at", "AND standing = 'parked' AND alike >= ''");

/// What a search asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShelfFilter {
    /// Words that must all occur, folded ([`words`](crate::jobs::shelf::words)); at most four count.
    pub words: Vec<String>,
    /// Only recordings in this state.
    pub state: Option<ShelfState>,
    /// Only recordings that happened at this time or later.
    pub from: Option<Millis>,
    /// Only recordings that happened before this time.
    pub until: Option<Millis>,
    /// Only recordings of this host, folded.
    pub host: Option<String>,
    /// Only parked recordings whose reasons are [alike](crate::jobs::messages::parked_alike).
    pub alike: Option<String>,
    /// Only recordings after this position.
    pub before: Option<ShelfCursor>,
}

/// A row of the list.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct ShelfRow {
    pub job: Job,
    /// When it happened; never later than when it was accepted.
    pub sort_at: Millis,
    /// Files that Drive has, compared with what was sent.
    pub proved_files: u64,
    pub proved_bytes: u64,
    /// When the service moved Zoom's copy to the trash, if it was noted.
    pub put_away_at: Option<Millis>,
}

impl ShelfRow {
    /// Its state, as people know it.
    pub fn state(&self) -> ShelfState {
        ShelfState::of(self.job.standing, self.job.stage, self.proved_files)
    }

    /// Its position.
    pub fn cursor(&self) -> ShelfCursor {
        ShelfCursor { sort_at: self.sort_at, job: self.job.id }
    }
}

/// A page of the list, newest first.
#[derive(Debug, Clone)]
pub struct ShelfPage {
    /// At most [`PAGE_ROWS`].
    pub rows: Vec<ShelfRow>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<ShelfCursor>,
}

impl Store {
    /// Searches the list.
    ///
    /// # Errors
    /// When the database fails, or the search takes too long.
    pub async fn shelf(&self, filter: &ShelfFilter) -> Result<ShelfPage, StoreError> {
        let values = search_values(filter);
        let search = if filter.state == Some(ShelfState::NeedsYou) { SEARCH_PARKED } else { SEARCH };
        let searching = async {
            let _turn = self.searches.acquire().await.ok();
            self.database.rows(search, values).await
        };
        let found = tokio::time::timeout(SEARCH_WITHIN, searching)
            .await
            .map_err(|_| StoreError::NoAnswer(SEARCH_WITHIN))??;
        let mut rows = found.iter().map(shelf_row).collect::<Result<Vec<_>, _>>()?;
        rows.sort_unstable_by_key(|row| std::cmp::Reverse((row.sort_at, row.job.id)));
        let has_more = rows.len() > PAGE_ROWS;
        rows.truncate(PAGE_ROWS);
        let next = rows.last().filter(|_| has_more).map(ShelfRow::cursor);
        Ok(ShelfPage { rows, next })
    }

    /// One row of the list; also one that is not filled in yet.
    pub async fn shelf_row(&self, id: crate::jobs::JobId) -> Result<ShelfRow, StoreError> {
        let row = self
            .database
            .row(
                "SELECT {job}, sort_at, proved_files, proved_bytes, put_away_at FROM jobs WHERE id = $1",
                values![id.0],
            )
            .await?;
        shelf_row(&row.ok_or_else(|| StoreError::Missing(format!("job {id}")))?)
    }
}

/// The values of [`SEARCH`].
pub(super) fn search_values(filter: &ShelfFilter) -> Vec<Value> {
    let (sort_at, job) = filter.before.map_or((i64::MAX, i64::MAX), |at| (at.sort_at, at.job.0));
    let mut values = values![
        sort_at,
        job,
        // Rows that are not filled in have 0.
        filter.from.unwrap_or(1).max(1),
        filter.until.unwrap_or(i64::MAX),
        filter.state.map_or("", ShelfState::name),
        filter.host.as_deref().unwrap_or_default(),
        filter.alike.as_deref().unwrap_or_default(),
    ];
    let words = filter.words.iter().take(WORDS_MAX).map(|word| Value::from(pattern(word)));
    let none = std::iter::repeat(Value::from(""));
    values.extend(words.chain(none).take(WORDS_MAX));
    values.push(Value::from(i64::try_from(PAGE_ROWS + 1).unwrap_or(i64::MAX)));
    values
}

/// The pattern for a text that contains this word. Not a backslash: servers disagree on what one means in a text.
fn pattern(word: &str) -> String {
    if word.is_empty() {
        return String::new();
    }
    let mut pattern = String::with_capacity(word.len() + 2);
    pattern.push('%');
    for c in word.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn shelf_row(row: &Row) -> Result<ShelfRow, StoreError> {
    Ok(ShelfRow {
        job: rows::job(row)?,
        sort_at: row.integer("sort_at")?,
        proved_files: rows::unsigned(row.integer("proved_files")?, "proved_files")?,
        proved_bytes: rows::unsigned(row.integer("proved_bytes")?, "proved_bytes")?,
        put_away_at: Some(row.integer("put_away_at")?).filter(|at| *at > 0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_words_wildcards_mean_themselves() {
        assert_eq!(pattern("50%_off!"), "%50!%!_off!!%");
        assert_eq!(pattern(""), "");
    }
}

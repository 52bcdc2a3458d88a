//! Query plans of statements that run often or over many rows.
//!
//! Each statement is written beside the function that runs it, and is listed here for a test: with a hundred thousand
//! finished jobs no statement may read a whole table.

use super::database::{Value, values};
use super::{
    LIST_MAX, Store, StoreError, activity, attendance_sheets, backfills, backlog, blanking, companions,
    diary, events, files, leases, messages, pauses, planning, retention, shelf, verification,
};

use crate::jobs::JobId;
use crate::jobs::shelf::{ShelfCursor, ShelfState};

/// The query plan of a statement.
#[derive(Debug, Clone)]
pub struct QueryPlan {
    /// The statement as written in this program.
    pub statement: &'static str,
    /// The database's own words, a step per line.
    pub steps: Vec<String>,
}

impl Store {
    /// The plan of each of these statements with the current content of the database.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn plans(&self) -> Result<Vec<QueryPlan>, StoreError> {
        let mut plans = Vec::new();
        for (statement, values) in all() {
            let steps = self.database.plan(statement, values).await?;
            plans.push(QueryPlan { statement, steps });
        }
        Ok(plans)
    }
}

/// A search with every filter.
fn busy_search() -> shelf::ShelfFilter {
    shelf::ShelfFilter {
        words: vec!["hamlet".to_owned(), "ann".to_owned()],
        state: Some(ShelfState::NeedsYou),
        host: Some("ann@example.com".to_owned()),
        alike: Some("ab".to_owned()),
        from: Some(1),
        until: Some(i64::MAX),
        before: Some(ShelfCursor { sort_at: i64::MAX, job: JobId(i64::MAX) }),
    }
}

/// Each statement with typical values.
fn all() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        (leases::CLAIM, values!["token", 60_000_i64, true]),
        (leases::NEXT_DUE, values![true]),
        (leases::JOBS_OF_STANDING, values![i64::MAX, LIST_MAX, "active"]),
        (leases::JOBS, values![i64::MAX, LIST_MAX]),
        (events::EVENTS, values![i64::MAX, LIST_MAX]),
        (events::KNOWN_EVENT, values!["ab"]),
        (events::KNOWN_JOB, values!["u"]),
        (backlog::UNARCHIVED, values![]),
        (backlog::PARKED, values![]),
        (backlog::QUEUE, values![]),
        (backlog::LATE_FILES, values![]),
        (backlog::LAST_EVENT, values!["x", "y", "z"]),
        (backlog::JOB_OF, values!["u"]),
        (files::FILES, values![1_i64]),
        (companions::ARCHIVED, values![1_i64, "a", 1_i64, 0_i64, LIST_MAX]),
        (companions::MEETING_FILE, values![1_i64]),
        (attendance_sheets::SHEET, values!["u"]),
        (companions::OTHER_HOSTS, values!["f", "ann@example.com"]),
        (files::NAMES, values!["f"]),
        (planning::NAMES_OF_OTHERS, values!["f", 1_i64]),
        (pauses::ADMISSION, values![]),
        (retention::OLD_EVENTS, values![90_i64 * 24 * 3600 * 1000, 100_i64]),
        (retention::UNWIPED, values![24_i64 * 3600 * 1000, 100_i64]),
        (retention::TOKENS_OF_JOB, values![1_i64]),
        (retention::JOBLESS_TOKENS, values![24_i64 * 3600 * 1000, 100_i64]),
        (blanking::UNBLANKED_EVENTS, values![20_i64]),
        (blanking::UNBLANKED_JOBS, values![20_i64]),
        (backfills::BACKFILL_ENDED, values![1_i64, 60_000_i64, LIST_MAX]),
        (backfills::BACKFILL_HELD, values![1_i64, LIST_MAX]),
        (backfills::TRANSFERS, values![24_i64 * 3600 * 1000, 100_i64]),
        (messages::outbox::ANY_MESSAGE, values![]),
        (messages::outbox::MESSAGE_GROUPS, values![3600 * 1000_i64, LIST_MAX]),
        (messages::outbox::EMAILS_SENT, values![3600 * 1000_i64]),
        (messages::outbox::HELD_MESSAGES, values!["token", 50_i64]),
        (shelf::SEARCH, shelf::search_values(&busy_search())),
        (shelf::SEARCH, shelf::search_values(&shelf::ShelfFilter::default())),
        (shelf::SEARCH_PARKED, shelf::search_values(&shelf::ShelfFilter::default())),
        (shelf::UNSHELVED, values![100_i64]),
        (shelf::UNSHELVED_COUNT, values![]),
        (shelf::COUNTS, values![1_i64]),
        (shelf::HOSTS, values![1_i64]),
        (shelf::PARKED_GROUPS, values![10_i64]),
        (shelf::PARKED_ALIKE, values!["ab", LIST_MAX]),
        (shelf::PARKED_ALIKE_COUNT, values!["ab"]),
        (activity::LEASED_JOBS, values![LIST_MAX]),
        (activity::OPEN_UPLOADS, values![1_i64]),
        (activity::PROOFS, values![5_i64]),
        (diary::DIARY, values![1_i64, LIST_MAX]),
        (diary::NEWEST_MILESTONE, values![1_i64]),
        (diary::OLD_TROUBLES, values![90_i64 * 24 * 3600 * 1000, 100_i64]),
        (diary::EVENTS_OF_JOB, values![1_i64, LIST_MAX]),
        (diary::AUDIT_OF_JOB, values!["job 1", 1_i64, LIST_MAX]),
        (messages::alerts::UNANNOUNCED, values!["x", 100_000_i64]),
        (messages::outbox::GIVEN_UP, values![7 * 24 * 3600 * 1000_i64]),
        (verification::FOLDERS, values!["f", 0_i64, i64::MAX, 100_i64]),
        (verification::PROVED_FILES, values!["f", 1_i64, "a", 1_i64, "g", 0_i64, i64::MAX, LIST_MAX]),
        (verification::findings::FINDINGS, values![0_i64, "", 0_i64, LIST_MAX]),
        (verification::findings::COUNTED, values![]),
        (messages::outbox::OLD_MESSAGES, values![90_i64 * 24 * 3600 * 1000, 100_i64]),
    ]
}

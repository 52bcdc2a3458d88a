//! How the tables come to be what they are, step by step. A step that was released never changes.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// All steps, in order.
pub(super) fn migrator() -> Migrator {
    let first = include_str!("../migrations/sqlite/0001_events_jobs_files_folders.sql").into_sql_str();
    let second = include_str!("../migrations/sqlite/0002_turns_backlog.sql").into_sql_str();
    let step = |number, name: &'static str, sql| {
        Migration::new(number, name.into(), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations(vec![
        step(1, "events jobs files folders", first),
        step(2, "turns backlog", second),
    ])
}

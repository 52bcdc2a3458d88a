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

#[cfg(test)]
mod tests {
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{ConnectOptions, Connection};

    use super::*;
    use crate::jobs::JobId;
    use crate::store::{JobStore, SqliteStore};

    #[tokio::test]
    async fn rows_of_an_earlier_version_are_read_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut connection = options.connect().await.unwrap();
        let first = migrator().iter().take(1).cloned().collect();
        Migrator::with_migrations(first).run(&mut connection).await.unwrap();
        let recording = r#"{"uuid":"u","meeting_id":"7","topic":"","host_id":"","host_email":"",
            "start_time":"2026-01-15T10:00:00Z","duration_minutes":1,"files":[]}"#;
        sqlx::query(
            "INSERT INTO jobs (meeting, recording, stage, standing, next_attempt_at, accepted_at, updated_at)
               VALUES ('u', ?1, 'received', 'parked', 1, 5, 1)",
        )
        .bind(recording)
        .execute(&mut connection)
        .await
        .unwrap();
        connection.close().await.unwrap();

        let store = SqliteStore::open(&path).await.unwrap();
        assert_eq!(store.job(JobId(1)).await.unwrap().recording.auto_delete_date, None);
        let backlog = store.backlog().await.unwrap();
        assert_eq!((backlog.unarchived, backlog.oldest_at, backlog.zoom_deletes_at), (1, Some(5), None));
    }
}

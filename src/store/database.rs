//! One SQL text for two databases.
//!
//! Each statement is written once, with `$1` for values and a few words in braces that each database has its own
//! syntax for (`dialect`).

pub(super) mod dialect;
mod statement;

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgPool, PgRow};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, ColumnIndex, Postgres, Row as _, Sqlite, Type};

use super::StoreError;
use super::commits::{Commits, Moment};
use super::sqlite::DatabaseFile;
use dialect::{POSTGRES, SQLITE, Tuples};
use statement::bound;
pub(super) use statement::{Value, values};

/// Time limit for one statement on PostgreSQL. A server that is cut off does not answer at all, and TCP takes a
/// quarter of an hour to report it.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Rows of values that a statement about many rows has, largest first: few texts, so that each connection keeps all of
/// them prepared, and at most three statements with one row.
const TUPLES: [usize; 4] = [64, 16, 4, 1];

/// A row of either database.
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    pub(super) fn integer(&self, column: &str) -> Result<i64, StoreError> {
        self.read(column)
    }

    pub(super) fn maybe_integer(&self, column: &str) -> Result<Option<i64>, StoreError> {
        self.read(column)
    }

    pub(super) fn text(&self, column: &str) -> Result<String, StoreError> {
        self.read(column)
    }

    pub(super) fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        self.read(column)
    }

    pub(super) fn bytes(&self, column: &str) -> Result<Vec<u8>, StoreError> {
        self.read(column)
    }

    fn read<T>(&self, column: &str) -> Result<T, StoreError>
    where
        T: for<'r> sqlx::Decode<'r, Sqlite> + Type<Sqlite>,
        T: for<'r> sqlx::Decode<'r, Postgres> + Type<Postgres>,
        for<'c> &'c str: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
    {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }
}

/// A database: its connections and its commit hook. Clones share both.
#[derive(Debug, Clone)]
pub(super) struct Database {
    pub(super) connections: Connections,
    pub(super) commits: Commits,
}

/// The connections to a database.
#[derive(Debug, Clone)]
pub(super) enum Connections {
    /// One connection that writes, because SQLite has one writer and a queue here is fairer than `SQLITE_BUSY`, and
    /// several that only read.
    Sqlite { writer: SqlitePool, reader: SqlitePool, file: Arc<DatabaseFile> },
    /// Connections for reading and writing.
    Postgres(PgPool),
}

/// A write transaction. It is rolled back unless it is committed.
pub(super) struct Tx {
    open: Open,
    /// The store's method that it belongs to.
    call: &'static str,
    commits: Commits,
}

enum Open {
    Sqlite(sqlx::Transaction<'static, Sqlite>, Arc<DatabaseFile>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// Limits the time that a server may take to answer.
async fn within<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(StoreError::NoAnswer(ANSWER_WITHIN)),
    }
}

impl Database {
    pub(super) fn new(connections: Connections) -> Self {
        Self { connections, commits: Commits::default() }
    }

    /// Begins a write transaction. On SQLite the lock is taken at once, so that the transaction never fails later
    /// because of it. `call` is the name of the store's method, for the commit hook.
    pub(super) async fn begin(&self, call: &'static str) -> Result<Tx, StoreError> {
        let open = match &self.connections {
            Connections::Sqlite { writer, file, .. } => {
                file.check()?;
                let tx = file.watch_for_damage(writer.begin_with("BEGIN IMMEDIATE").await)?;
                Open::Sqlite(tx, file.clone())
            }
            Connections::Postgres(pool) => Open::Postgres(within(pool.begin()).await?),
        };
        self.commits.pass(call, Moment::Begun).await?;
        Ok(Tx { open, call, commits: self.commits.clone() })
    }

    /// Reads outside of any transaction.
    pub(super) async fn rows(&self, text: &'static str, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match &self.connections {
            Connections::Sqlite { reader, file, .. } => {
                file.check()?;
                let rows =
                    file.watch_for_damage(bound::<Sqlite>(SQLITE.say(text), values).fetch_all(reader).await)?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Connections::Postgres(pool) => {
                let rows = within(bound::<Postgres>(POSTGRES.say(text), values).fetch_all(pool)).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The first row, if there is one.
    pub(super) async fn row(
        &self,
        text: &'static str,
        values: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(text, values).await?.into_iter().next())
    }

    /// The database's query plan for a statement.
    pub(super) async fn plan(
        &self,
        text: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<String>, StoreError> {
        match &self.connections {
            Connections::Sqlite { reader, .. } => {
                let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", SQLITE.say(text).0));
                let rows = bound::<Sqlite>(explain, values).fetch_all(reader).await?;
                rows.iter().map(|row| Ok(row.try_get("detail")?)).collect()
            }
            Connections::Postgres(pool) => {
                let explain = AssertSqlSafe(format!("EXPLAIN {}", POSTGRES.say(text).0));
                let rows = within(bound::<Postgres>(explain, values).fetch_all(pool)).await?;
                rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
            }
        }
    }

    /// Waits for running calls, then closes every connection.
    pub(super) async fn close(&self) {
        match &self.connections {
            Connections::Sqlite { writer, reader, .. } => {
                reader.close().await;
                writer.close().await;
            }
            // A server that does not answer must not block our shutdown.
            Connections::Postgres(pool) => drop(tokio::time::timeout(ANSWER_WITHIN, pool.close()).await),
        }
    }
}

impl Tx {
    /// Changes rows and returns their number.
    pub(super) async fn execute(
        &mut self,
        text: &'static str,
        values: Vec<Value>,
    ) -> Result<u64, StoreError> {
        match &mut self.open {
            Open::Sqlite(tx, file) => {
                let query = bound::<Sqlite>(SQLITE.say(text), values);
                Ok(file.watch_for_damage(query.execute(&mut **tx).await)?.rows_affected())
            }
            Open::Postgres(tx) => {
                let query = bound::<Postgres>(POSTGRES.say(text), values);
                Ok(within(query.execute(&mut **tx)).await?.rows_affected())
            }
        }
    }

    /// Reads rows, or changes rows and returns them.
    pub(super) async fn rows(
        &mut self,
        text: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        self.rows_with(text, Tuples::default(), values).await
    }

    /// Likewise for many rows of values, in place of `{tuples}`. A statement costs two changes of thread on SQLite and a
    /// round trip on PostgreSQL, whatever it contains: so there are as few as possible. Every row has as many values
    /// as the first.
    pub(super) async fn rows_of_many(
        &mut self,
        text: &'static str,
        tuples: Vec<Vec<Value>>,
    ) -> Result<Vec<Row>, StoreError> {
        let mut found = Vec::new();
        let mut left = tuples.into_iter();
        while let Some(rows) = TUPLES.into_iter().find(|rows| *rows <= left.len()) {
            let part: Vec<_> = left.by_ref().take(rows).collect();
            let tuples = Tuples { rows, columns: part.first().map_or(0, Vec::len) };
            found.extend(self.rows_with(text, tuples, part.into_iter().flatten().collect()).await?);
        }
        Ok(found)
    }

    async fn rows_with(
        &mut self,
        text: &'static str,
        tuples: Tuples,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        match &mut self.open {
            Open::Sqlite(tx, file) => {
                let query = bound::<Sqlite>(SQLITE.say_for(text, tuples), values);
                let rows = file.watch_for_damage(query.fetch_all(&mut **tx).await)?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Open::Postgres(tx) => {
                let query = bound::<Postgres>(POSTGRES.say_for(text, tuples), values);
                Ok(within(query.fetch_all(&mut **tx)).await?.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The first row, if there is one.
    pub(super) async fn row(
        &mut self,
        text: &'static str,
        values: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(text, values).await?.into_iter().next())
    }

    /// Takes a lock named `name` until this transaction ends. SQLite needs none: it has one writer.
    pub(super) async fn keep_out_others(&mut self, name: &str) -> Result<(), StoreError> {
        if let Open::Postgres(_) = self.open {
            self.rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", values![name]).await?;
        }
        Ok(())
    }

    /// Limits the time for which a statement of this transaction waits for a lock.
    pub(super) async fn limit_lock_waits(&mut self, limit: Duration) -> Result<(), StoreError> {
        if let Open::Postgres(_) = self.open {
            let limit = format!("{}ms", limit.as_millis());
            self.rows("SELECT set_config('lock_timeout', $1, true)", values![limit]).await?;
        }
        Ok(())
    }

    /// Notifies every instance at the commit that there is work.
    pub(super) async fn announce_work(&mut self) -> Result<(), StoreError> {
        if let Open::Postgres(_) = self.open {
            self.rows("SELECT pg_notify($1, '')", values![super::postgres::WORK_CHANNEL]).await?;
        }
        Ok(())
    }

    /// Writes everything to disk.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        self.commits.pass(self.call, Moment::Before).await?;
        match self.open {
            Open::Sqlite(tx, file) => {
                file.watch_for_damage(tx.commit().await)?;
                // Data in a deleted file is not on disk.
                file.check()?;
            }
            Open::Postgres(tx) => within(tx.commit()).await?,
        }
        self.commits.pass(self.call, Moment::After).await
    }
}

//! One SQL text for two databases.
//!
//! Statements are written once, with `$1` for values and a few words in braces for what each database says in
//! its own way (`dialect`).

mod dialect;

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgPool, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, ColumnIndex, Encode, Postgres, Row as _, Sqlite, Type};

use super::StoreError;
use super::sqlite::Place;
use dialect::{POSTGRES, SQLITE};

/// How long PostgreSQL may take for one statement. A server that is cut off answers nothing at all, and a
/// system waits a quarter of an hour before it gives such a connection up.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A value for a statement.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Integer(Option<i64>),
    Text(Option<String>),
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(Some(i64::from(number)))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Value {
    /// Flags are 0 and 1 in both databases.
    fn from(flag: bool) -> Self {
        Self::Integer(Some(i64::from(flag)))
    }
}

impl From<Duration> for Value {
    /// Milliseconds.
    fn from(duration: Duration) -> Self {
        // A quarter: so that it can be added to a point in time.
        Self::Integer(Some(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::from(Some(text))
    }
}

impl From<Option<String>> for Value {
    /// PostgreSQL takes no text with a NUL, and an event must not be refused for one in its name.
    fn from(text: Option<String>) -> Self {
        Self::Text(text.map(|text| if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text }))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

/// The values of a statement, in the order of its `$1`, `$2`, ...
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::database::Value::from($value)),*] };
}
pub(super) use values;

fn bound<'q, DB>(text: AssertSqlSafe<String>, values: Vec<Value>) -> Query<'q, DB, DB::Arguments>
where
    DB: sqlx::Database,
    Option<i64>: Encode<'q, DB> + Type<DB> + 'q,
    Option<String>: Encode<'q, DB> + Type<DB> + 'q,
    Vec<u8>: Encode<'q, DB> + Type<DB> + 'q,
{
    values.into_iter().fold(sqlx::query(text), |query, value| match value {
        Value::Integer(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::Bytes(bytes) => query.bind(bytes),
    })
}

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

/// The connections to a database.
#[derive(Debug)]
pub(super) enum Database {
    /// One connection that writes, since SQLite has one writer and waiting here is fairer than `SQLITE_BUSY`,
    /// and some that can only read.
    Sqlite { writer: SqlitePool, reader: SqlitePool, place: Arc<Place> },
    /// Connections for everything.
    Postgres(PgPool),
}

/// A transaction that writes. Taken back unless it is committed.
pub(super) enum Tx {
    Sqlite(sqlx::Transaction<'static, Sqlite>, Arc<Place>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// Ends the waiting for a server that does not answer.
async fn within<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(StoreError::NoAnswer(ANSWER_WITHIN)),
    }
}

impl Database {
    /// Begins to write. On SQLite at once, so that it can never fail half-way for want of the lock.
    pub(super) async fn begin(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { writer, place, .. } => {
                place.check()?;
                let tx = place.heed(writer.begin_with("BEGIN IMMEDIATE").await)?;
                Ok(Tx::Sqlite(tx, place.clone()))
            }
            Self::Postgres(pool) => Ok(Tx::Postgres(within(pool.begin()).await?)),
        }
    }

    /// Reads, outside of any transaction.
    pub(super) async fn rows(&self, text: &'static str, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite { reader, place, .. } => {
                place.check()?;
                let rows = place.heed(bound::<Sqlite>(SQLITE.say(text), values).fetch_all(reader).await)?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(pool) => {
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

    /// How the database would go about a statement, in its own words.
    pub(super) async fn plan(
        &self,
        text: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<String>, StoreError> {
        match self {
            Self::Sqlite { reader, .. } => {
                let asked = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", SQLITE.say(text).0));
                let rows = bound::<Sqlite>(asked, values).fetch_all(reader).await?;
                rows.iter().map(|row| Ok(row.try_get("detail")?)).collect()
            }
            Self::Postgres(pool) => {
                let asked = AssertSqlSafe(format!("EXPLAIN {}", POSTGRES.say(text).0));
                let rows = within(bound::<Postgres>(asked, values).fetch_all(pool)).await?;
                rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
            }
        }
    }

    /// Closes every connection after what is under way.
    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite { writer, reader, .. } => {
                reader.close().await;
                writer.close().await;
            }
            // A server that is gone must not keep us from stopping.
            Self::Postgres(pool) => drop(tokio::time::timeout(ANSWER_WITHIN, pool.close()).await),
        }
    }
}

impl Tx {
    /// Changes rows, and counts them.
    pub(super) async fn execute(
        &mut self,
        text: &'static str,
        values: Vec<Value>,
    ) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(tx, place) => {
                let query = bound::<Sqlite>(SQLITE.say(text), values);
                Ok(place.heed(query.execute(&mut **tx).await)?.rows_affected())
            }
            Self::Postgres(tx) => {
                let query = bound::<Postgres>(POSTGRES.say(text), values);
                Ok(within(query.execute(&mut **tx)).await?.rows_affected())
            }
        }
    }

    /// Reads, or changes and reads what was changed.
    pub(super) async fn rows(
        &mut self,
        text: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(tx, place) => {
                let rows =
                    place.heed(bound::<Sqlite>(SQLITE.say(text), values).fetch_all(&mut **tx).await)?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(tx) => {
                let rows = within(bound::<Postgres>(POSTGRES.say(text), values).fetch_all(&mut **tx)).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
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

    /// Keeps others out who want the same thing, named by `name`, until this transaction ends. SQLite's one
    /// writer needs no more than itself.
    pub(super) async fn keep_out_others(&mut self, name: &str) -> Result<(), StoreError> {
        if let Self::Postgres(_) = self {
            self.rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", values![name]).await?;
        }
        Ok(())
    }

    /// Tells every instance, at the moment of the commit, that there is something to do.
    pub(super) async fn announce_work(&mut self) -> Result<(), StoreError> {
        if let Self::Postgres(_) = self {
            self.rows("SELECT pg_notify($1, '')", values![super::postgres::WORK_CHANNEL]).await?;
        }
        Ok(())
    }

    /// Writes all of it to disk.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx, place) => {
                place.heed(tx.commit().await)?;
                // What went into a file that is gone is not on disk.
                place.check()
            }
            Self::Postgres(tx) => within(tx.commit()).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_can_be_added_to_a_point_in_time() {
        let Value::Integer(Some(longest)) = Value::from(Duration::MAX) else { panic!() };
        assert!(longest.checked_add(i64::MAX / 2).is_some());
    }
}

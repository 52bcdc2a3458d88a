//! Sessions of the pages: who is logged in, as what, and until when.
//!
//! The cookie's value is not here, only its digest: a stolen backup opens no session.

use std::time::Duration;

use super::database::{Row, values};
use super::{Store, StoreError};
use crate::jobs::Millis;

/// Most sessions of a role at a time. One more ends the oldest of its role: nobody can fill the table, and who may only
/// look cannot end the sessions of admins.
pub const SESSIONS_MAX: i64 = 100;

/// Roles that a session can have.
const ROLES: i64 = 2;

/// A session to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// SHA-256 of the cookie's value, in hexadecimal digits.
    pub digest: String,
    /// The name that the person gave, for the audit trail; may be empty.
    pub name: String,
    /// The role's name.
    pub role: String,
    /// Ties the session to the token that the person showed, without giving it away.
    pub key_tag: String,
}

/// An open session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Session {
    /// Ascending with time; names the session to people.
    pub id: i64,
    pub name: String,
    pub role: String,
    /// See [`NewSession::key_tag`].
    pub key_tag: String,
    pub began_at: Millis,
    pub ends_at: Millis,
}

impl Store {
    /// Opens a session, and returns its id. Removes sessions that have ended, and the oldest of this role beyond
    /// [`SESSIONS_MAX`].
    pub async fn open_session(&self, new: &NewSession, length: Duration) -> Result<i64, StoreError> {
        let mut tx = self.database.begin("open_session").await?;
        tx.execute("DELETE FROM sessions WHERE ends_at <= {now}", values![]).await?;
        tx.execute(
            "DELETE FROM sessions WHERE role = $1
               AND id <= (SELECT id FROM sessions WHERE role = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
            values![new.role.as_str(), SESSIONS_MAX - 1],
        )
        .await?;
        let row = tx
            .row(
                // The clock is read once: PostgreSQL's goes on within a statement.
                "INSERT INTO sessions (digest, name, role, key_tag, began_at, ends_at)
                   SELECT $1, $2, $3, $4, clock.at, clock.at + $5 FROM (SELECT {now} AS at) AS clock RETURNING id",
                values![
                    new.digest.as_str(),
                    new.name.as_str(),
                    new.role.as_str(),
                    new.key_tag.as_str(),
                    length,
                ],
            )
            .await?;
        tx.commit().await?;
        row.ok_or_else(|| StoreError::Corrupt("a session that was just written is missing".to_owned()))?
            .integer("id")
    }

    /// The session with this digest, unless its time is over.
    pub async fn session(&self, digest: &str) -> Result<Option<Session>, StoreError> {
        let found = self
            .database
            .row(
                "SELECT id, name, role, key_tag, began_at, ends_at FROM sessions
                   WHERE digest = $1 AND ends_at > {now}",
                values![digest],
            )
            .await?;
        found.as_ref().map(session).transpose()
    }

    /// All open sessions, newest first.
    pub async fn sessions(&self) -> Result<Vec<Session>, StoreError> {
        let found = self
            .database
            .rows(
                "SELECT id, name, role, key_tag, began_at, ends_at FROM sessions WHERE ends_at > {now}
                   ORDER BY id DESC LIMIT $1",
                values![SESSIONS_MAX * ROLES],
            )
            .await?;
        found.iter().map(session).collect()
    }

    /// Ends a session. Returns false if there is none with this id.
    pub async fn end_session(&self, id: i64) -> Result<bool, StoreError> {
        let mut tx = self.database.begin("end_session").await?;
        let gone = tx.execute("DELETE FROM sessions WHERE id = $1", values![id]).await?;
        tx.commit().await?;
        Ok(gone > 0)
    }

    /// Removes sessions whose time is over. Returns their number.
    pub async fn forget_sessions(&self) -> Result<u64, StoreError> {
        let mut tx = self.database.begin("forget_sessions").await?;
        let gone = tx.execute("DELETE FROM sessions WHERE ends_at <= {now}", values![]).await?;
        tx.commit().await?;
        Ok(gone)
    }
}

fn session(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.integer("id")?,
        name: row.text("name")?,
        role: row.text("role")?,
        key_tag: row.text("key_tag")?,
        began_at: row.integer("began_at")?,
        ends_at: row.integer("ends_at")?,
    })
}

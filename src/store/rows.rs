//! Converts rows to values and back. A value that this program never writes is an error, never a guess.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

use super::database::Row;
use super::{StoreError, StoredEvent};
use crate::jobs::readings::{OddReading, Readings};
use crate::jobs::{
    EventId, FileRecord, FileState, Job, JobId, Provenance, Removals, SentFile, Stage, Standing,
    UploadProgress, ZoomCopy,
};
use crate::recording::FileKey;
use crate::secret::SecretUrl;

/// A recording or file as the text of its column.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    let mut text = Vec::new();
    value
        .serialize(&mut Serializer::with_formatter(&mut text, WithoutNul))
        .map_err(|error| StoreError::Corrupt(error.to_string()))?;
    String::from_utf8(text).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// Writes U+FFFD for a NUL: PostgreSQL cannot read a JSON text that contains one, whichever field is read.
struct WithoutNul;

impl Formatter for WithoutNul {
    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::AsciiControl(0) => writer.write_all(b"\\ufffd"),
            escape => CompactFormatter.write_char_escape(writer, escape),
        }
    }
}

fn from_json<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, StoreError> {
    // The text contains secrets: the error has only the position of the fault.
    let fault = |error: serde_json::Error| StoreError::Corrupt(format!("{what}, column {}", error.column()));
    serde_json::from_str(text).map_err(fault)
}

/// A size or offset as the database's signed integer.
pub(super) fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Corrupt(format!("{number} bytes")))
}

/// A size, offset or count from the database.
pub(super) fn unsigned(number: i64, what: &str) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Corrupt(format!("{what} is {number}")))
}

pub(super) fn small(number: i64, what: &str) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::Corrupt(format!("{what} is {number}")))
}

/// Reads the columns `{job}`.
pub(super) fn job(row: &Row) -> Result<Job, StoreError> {
    let stage = row.text("stage")?;
    let standing = row.text("standing")?;
    let zoom_copy = row.text("zoom_copy")?;
    Ok(Job {
        id: JobId(row.integer("id")?),
        recording: from_json(&row.text("recording")?, "a job's recording")?,
        stage: Stage::from_name(&stage).ok_or_else(|| StoreError::Corrupt(format!("stage {stage}")))?,
        standing: Standing::from_name(&standing)
            .ok_or_else(|| StoreError::Corrupt(format!("standing {standing}")))?,
        reason: row.text("reason")?,
        attempts: small(row.integer("attempts")?, "attempts")?,
        next_attempt_at: row.integer("next_attempt_at")?,
        accepted_at: row.integer("accepted_at")?,
        updated_at: row.integer("updated_at")?,
        revision: row.integer("revision")?,
        planned_revision: row.integer("planned_revision")?,
        leased: row.integer("leased")? != 0,
        removals: removals(&row.text("removals")?)?,
        zoom_copy: ZoomCopy::from_name(&zoom_copy)
            .ok_or_else(|| StoreError::Corrupt(format!("Zoom's copy {zoom_copy}")))?,
        backfilled: row.integer("backfilled")? != 0,
    })
}

/// Most jobs never get a removal: their column is empty.
fn removals(text: &str) -> Result<Removals, StoreError> {
    if text.is_empty() { Ok(Removals::default()) } else { from_json(text, "a job's removals") }
}

/// Reads the columns `{file}`.
pub(super) fn file(row: &Row) -> Result<FileRecord, StoreError> {
    let streamed = || -> Result<SentFile, StoreError> {
        Ok(SentFile { size: unsigned(row.integer("size")?, "size")?, sha256: row.text("sha256")? })
    };
    let state = match row.text("state")?.as_str() {
        "wanted" => FileState::Wanted,
        "transferred" => FileState::Transferred(streamed()?),
        "verified" => FileState::Verified(streamed()?),
        "skipped" => FileState::Skipped(row.text("skip_reason")?),
        other => return Err(StoreError::Corrupt(format!("file state {other}"))),
    };
    Ok(FileRecord {
        key: FileKey::new(row.text("file_key")?),
        version: small(row.integer("version")?, "version")?,
        file: from_json(&row.text("file")?, "a job's file")?,
        name: row.text("name")?,
        folder_id: row.text("folder_id")?,
        drive_id: row.text("drive_id")?,
        state,
        progress: UploadProgress {
            session: row.maybe_text("session")?.map(SecretUrl::new),
            session_opened_at: row.integer("session_opened_at")?,
            total: unsigned(row.integer("total")?, "total")?,
            offset: unsigned(row.integer("position")?, "position")?,
            hash_state: row.bytes("hash_state")?,
            ahead: row.bytes("ahead")?,
            validator: row.text("validator")?,
        },
        mismatches: small(row.integer("mismatches")?, "mismatches")?,
        restarts: small(row.integer("restarts")?, "restarts")?,
        proved_at: row.maybe_integer("proved_at")?,
        provenance: provenance(&row.text("origin")?)?,
        readings: readings(row)?,
    })
}

fn provenance(name: &str) -> Result<Provenance, StoreError> {
    Provenance::from_name(name).ok_or_else(|| StoreError::Corrupt(format!("origin {name}")))
}

fn readings(row: &Row) -> Result<Readings, StoreError> {
    let odd = match row.maybe_integer("odd_since")? {
        None => None,
        Some(since) => Some(OddReading {
            since,
            streamed: SentFile {
                size: unsigned(row.integer("odd_size")?, "odd_size")?,
                sha256: row.text("odd_sha256")?,
            },
            accepted: row.integer("odd_accepted")? != 0,
        }),
    };
    let (empty_since, confirmed_at) = (row.maybe_integer("empty_since")?, row.maybe_integer("confirmed_at")?);
    Ok(Readings { empty_since, odd, confirmed_at })
}

/// Reads a row of `events`, without its body.
pub(super) fn event(row: &Row) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent {
        id: EventId(row.integer("id")?),
        name: row.text("name")?,
        received_at: row.integer("received_at")?,
        meeting: row.maybe_text("meeting")?,
        job: row.maybe_integer("job")?.map(JobId),
        note: row.text("note")?,
    })
}

//! One resumable upload: which bytes are held, and their running checksums. No HTTP here.
//!
//! Bytes count as held in steps of 256 KiB, at the moment when a step is full. What follows the last full
//! step is hashed ahead and forgotten when the request ends early: a clone of the digests leads back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::digests::{Checksums, Digests};
use super::entry::{Blob, Caller};
use super::fields::Selection;
use super::metadata::Draft;
use super::state::random;

/// Google keeps an upload in steps of this many bytes.
pub(super) const STEP: u64 = 256 * 1024;

/// The metadata of the first request, kept for the last one.
pub(super) struct Session {
    pub(super) draft: Draft,
    pub(super) caller: Caller,
    pub(super) fields: Selection,
    pub(super) subject: String,
    /// The query of the first request, which the session's URI repeats.
    pub(super) query: String,
    held: Mutex<SessionState>,
}

/// The part of a session that changes.
pub(super) struct SessionState {
    pub(super) phase: Phase,
    pub(super) total: Option<u64>,
    /// Full steps: what a status query answers.
    pub(super) kept: u64,
    /// Hashed up to here.
    pub(super) at: u64,
    saved: Digests,
    ahead: Digests,
    content: Option<Vec<u8>>,
    retain: usize,
    /// Whose turn it is to write. A later request takes the turn from one that hangs.
    turn: u64,
    pub(super) corrupt: bool,
}

/// The state of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// Bytes may come.
    Open,
    /// The file with this id exists.
    Done(String),
    /// Expired, forgotten, or refused at the end.
    Dead,
}

/// One request's right to write.
#[derive(Debug)]
pub(super) struct Writer {
    turn: u64,
    /// Offset of the next byte of the body.
    offset: u64,
    /// Nothing is kept from here on.
    ceiling: u64,
}

impl Session {
    pub(super) fn new(
        draft: Draft,
        caller: Caller,
        fields: Selection,
        query: String,
        total: Option<u64>,
        retain: usize,
    ) -> Self {
        let subject = subject(draft.id.as_deref(), draft.name.as_deref());
        let held = Mutex::new(SessionState {
            phase: Phase::Open,
            total,
            kept: 0,
            at: 0,
            saved: Digests::new(),
            ahead: Digests::new(),
            content: Some(Vec::new()),
            retain,
            turn: 0,
            corrupt: false,
        });
        Self { draft, caller, fields, subject, query, held }
    }

    pub(super) fn held(&self) -> MutexGuard<'_, SessionState> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of a file in faults: the reserved id, the name, or both.
pub(super) fn subject(id: Option<&str>, name: Option<&str>) -> String {
    [id, name].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

impl SessionState {
    /// Takes the turn and goes back to the last full step.
    pub(super) fn begin(&mut self, offset: u64, ceiling: u64) -> Writer {
        self.rewind();
        self.turn += 1;
        Writer { turn: self.turn, offset, ceiling }
    }

    /// Forgets what follows the last full step.
    pub(super) fn rewind(&mut self) {
        self.at = self.kept;
        self.ahead = self.saved.clone();
        if let Some(content) = &mut self.content {
            content.truncate(usize::try_from(self.kept).unwrap_or(usize::MAX));
        }
    }

    /// Takes bytes of a body, skipping those that are held already. False when the turn is over.
    pub(super) fn write(&mut self, writer: &mut Writer, bytes: &[u8]) -> bool {
        if self.turn != writer.turn || self.phase != Phase::Open {
            return false;
        }
        let length = bytes.len() as u64;
        let start = self.at.saturating_sub(writer.offset).min(length);
        let end = writer.ceiling.saturating_sub(writer.offset).clamp(start, length);
        writer.offset += length;
        // Both fit: they are at most the length of a slice.
        let mut rest = &bytes[start as usize..end as usize];
        while !rest.is_empty() {
            let room = STEP - self.at % STEP;
            let (piece, after) = rest.split_at(rest.len().min(room as usize));
            self.append(piece);
            rest = after;
        }
        true
    }

    fn append(&mut self, piece: &[u8]) {
        self.ahead.update(piece);
        self.at += piece.len() as u64;
        if self.content.as_ref().is_some_and(|content| content.len() + piece.len() > self.retain) {
            self.content = None;
        }
        if let Some(content) = &mut self.content {
            content.extend_from_slice(piece);
        }
        if self.at.is_multiple_of(STEP) {
            self.kept = self.at;
            self.saved = self.ahead.clone();
        }
    }

    /// The finished blob; leaves the session without its contents.
    pub(super) fn finish(&mut self) -> Blob {
        let mut content = self.content.take();
        let mut checksums = self.ahead.clone().finish();
        if self.corrupt {
            checksums = self.spoil(content.as_deref_mut());
        }
        Blob { size: self.at, checksums, content: content.map(Bytes::from) }
    }

    /// Checksums of other bytes than those that came, and the same in the content where it is held.
    fn spoil(&self, content: Option<&mut [u8]>) -> Checksums {
        let mut digests = self.ahead.clone();
        match content.and_then(|bytes| bytes.last_mut().map(|last| *last ^= 1).map(|()| bytes)) {
            Some(bytes) => {
                digests = Digests::new();
                digests.update(bytes);
            }
            // Without the content, any digest but the right one will do.
            None => digests.update(b"!"),
        }
        digests.finish()
    }
}

/// All sessions, by the `upload_id` of their URIs.
#[derive(Default)]
pub(super) struct Sessions {
    tickets: Mutex<HashMap<String, Ticket>>,
}

struct Ticket {
    session: Arc<Session>,
    /// Number of further requests that this URI serves; `None` for no limit.
    uses: Option<u32>,
}

impl Sessions {
    /// A new URI for a session.
    pub(super) fn open(&self, session: Arc<Session>) -> String {
        let id = random("AB", 62);
        self.lock().insert(id.clone(), Ticket { session, uses: None });
        id
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Session>> {
        let mut tickets = self.lock();
        let ticket = tickets.get_mut(id)?;
        match &mut ticket.uses {
            Some(0) => return None,
            Some(uses) => *uses -= 1,
            None => {}
        }
        Some(ticket.session.clone())
    }

    /// Gives a session another URI; the old one works once more.
    pub(super) fn replace(&self, id: &str, session: Arc<Session>) -> String {
        if let Some(ticket) = self.lock().get_mut(id) {
            ticket.uses = Some(1);
        }
        self.open(session)
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    pub(super) fn expire(&self) {
        for ticket in self.lock().values() {
            let mut held = ticket.session.held();
            if held.phase == Phase::Open {
                held.phase = Phase::Dead;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Ticket>> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

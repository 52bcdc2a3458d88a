//! The sandbox's faults: by script (this answer to the third chunk) or by seed.
//!
//! A seeded fault depends only on the seed, the route, the subject and how often that pair was asked,
//! never on the order in which concurrent calls arrive: the same seed replays the same failure.

mod route;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

pub use route::Route;

/// An answer made up in advance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canned {
    /// HTTP status.
    pub status: u16,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// The body, sent with its length.
    pub body: String,
}

impl Canned {
    /// An answer with this status, content type and body.
    pub fn new(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status, headers, body: body.into() }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Google's JSON error envelope (facts: `{"error":{"code","message","errors":[{domain,reason}]}}`).
    pub fn google(status: u16, reason: &str, message: &str) -> Self {
        let body = serde_json::json!({"error": {"code": status, "message": message,
            "errors": [{"domain": "global", "reason": reason, "message": message}]}});
        Self::new(status, "application/json; charset=UTF-8", body.to_string())
    }

    /// The JSON error of Google's newer APIs: `{"error":{"code","message","status"}}`.
    pub fn google_rpc(status: u16, word: &str, message: &str) -> Self {
        let body = serde_json::json!({"error": {"code": status, "message": message, "status": word}});
        Self::new(status, "application/json; charset=UTF-8", body.to_string())
    }

    /// Zoom's JSON error: `{"code":3301,"message":"..."}`.
    pub fn zoom(status: u16, code: i64, message: &str) -> Self {
        let body = serde_json::json!({"code": code, "message": message});
        Self::new(status, "application/json;charset=UTF-8", body.to_string())
    }

    /// The error of Zoom's token endpoint for refused credentials.
    pub fn zoom_token(status: u16, error: &str, reason: &str) -> Self {
        let body = serde_json::json!({"reason": reason, "error": error});
        Self::new(status, "application/json;charset=UTF-8", body.to_string())
    }

    /// The error of Google's token endpoint for a refused grant.
    pub fn google_token(status: u16, error: &str, description: &str) -> Self {
        let body = serde_json::json!({"error": error, "error_description": description});
        Self::new(status, "application/json; charset=utf-8", body.to_string())
    }

    /// A web page where none was asked for: a login page as 200, a gateway's 502.
    pub fn html(status: u16) -> Self {
        Self::new(status, "text/html; charset=utf-8", "<!DOCTYPE html><html><body>Sign in</body></html>")
    }
}

/// One way to misbehave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This answer instead of the right one; nothing is done. (A chunk's body is read first.)
    Answer(Canned),
    /// The request is carried out, but this is answered.
    AnswerAfter(Canned),
    /// The connection is closed without an answer; nothing is done.
    Cut,
    /// The request is carried out, then the connection is closed without an answer.
    CutAfter,
    /// The request is taken and never answered.
    Stall,

    /// Media: the connection is closed after this number of bytes of the body.
    MediaCut(u64),
    /// Media: no more bytes follow after this number, and the connection stays open.
    MediaStall(u64),
    /// Media: the wait between two frames of 64 KiB.
    MediaSlow(Duration),
    /// Media: the body ends regularly after this number of bytes, with a matching `Content-Length`.
    MediaShort(u64),
    /// Media: `Content-Length` announces this number of bytes more than are sent; then the connection is closed.
    MediaWrongLength(u64),
    /// Media: no `Content-Length`; the body comes in chunked encoding.
    MediaUnsized,
    /// Media: neither a length nor an end mark: the body ends with the connection, as in HTTP/1.0.
    MediaUnmarked,
    /// Media: `Range` is ignored: 200 and the whole file.
    MediaNoRange,
    /// Media: a 206 whose `Content-Range` begins elsewhere than asked.
    MediaWrongRange,

    /// Upload: only this number of the chunk's bytes is kept (rounded down to 256 KiB), then a correct 308.
    KeepOnly(u64),
    /// Upload: this number of the chunk's bytes is read and kept (rounded down), then the connection is cut.
    CutWithin(u64),
    /// Upload: carried out, then a 308 without `Range` although bytes are held.
    NoRange,
    /// Upload: carried out, `Range: 0-N` without `bytes=`.
    BareRange,
    /// Upload: carried out, the 308 names a new `Location`; the old one works once more.
    Moved,
    /// Upload: the session is forgotten: this status (404 or 410), empty body.
    Forget(u16),
    /// Upload: carried out; the final answer is 201 rather than 200.
    Created,
    /// Upload: the file is completed with one byte changed, so that its checksums differ.
    Corrupt,
    /// Drive: checksums are missing from this answer.
    NoChecksum,
    /// Upload: refused with this answer, and the session is over.
    Refuse(Canned),
    /// Drive: of this list every second row is left out, and `incompleteSearch` says so.
    Incomplete,
    /// Drive: files that are newer than the last list without this fault are missing from this list.
    Lag,
}

/// A scripted fault: which calls it hits.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Rule {
    /// The endpoint.
    pub route: Route,
    /// Only calls whose subject contains this text; empty for all.
    pub subject: String,
    /// Number of matching calls that pass without the fault.
    pub skip: u32,
    /// Number of calls after those that get the fault.
    pub times: u32,
    pub fault: Fault,
}

/// All the sandbox's misbehaviour.
#[derive(Debug, Default)]
pub struct Faults {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    rules: Vec<Rule>,
    schedule: Option<Schedule>,
    asked: HashMap<(Route, String), u32>,
}

/// A seeded schedule: how often and how long the sandbox misbehaves.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// The seed that a failure is replayed with.
    pub seed: u64,
    /// Of 1,000 calls, how many go wrong.
    pub per_mille: u32,
    /// Maximum number of faults; after them the sandbox behaves, so that every run can end.
    pub budget: u32,
    /// The possible faults of each route.
    pub choices: Vec<(Route, Fault)>,
}

impl Faults {
    /// Adds a scripted fault. Rules are tried in the order in which they were added.
    pub fn add(&self, rule: Rule) {
        self.lock().rules.push(rule);
    }

    /// Hits the next call of this route once.
    pub fn once(&self, route: Route, fault: Fault) {
        self.add(Rule { route, subject: String::new(), skip: 0, times: 1, fault });
    }

    /// Lets a seeded schedule decide from now on.
    pub fn follow(&self, schedule: Schedule) {
        self.lock().schedule = Some(schedule);
    }

    /// Ends all misbehaviour.
    pub fn clear(&self) {
        let mut inner = self.lock();
        inner.rules.clear();
        inner.schedule = None;
    }

    /// Number of scripted faults that have not happened yet; zero at the end of a test that expects all of them.
    pub fn left(&self) -> u32 {
        self.lock().rules.iter().map(|rule| rule.times).sum()
    }

    /// Decides about one call. The sandbox asks once per request.
    pub fn next(&self, route: Route, subject: &str) -> Option<Fault> {
        let mut inner = self.lock();
        let matching = inner
            .rules
            .iter_mut()
            .filter(|rule| rule.route == route && rule.times > 0 && subject.contains(&rule.subject));
        for rule in matching {
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            rule.times -= 1;
            return Some(rule.fault.clone());
        }
        let asked = inner.asked.entry((route, subject.to_owned())).or_default();
        let turn = *asked;
        *asked += 1;
        inner.schedule.as_mut().and_then(|schedule| schedule.draw(route, subject, turn))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Counters and rules stay consistent even if a holder panicked: go on with what is there.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Schedule {
    fn draw(&mut self, route: Route, subject: &str, turn: u32) -> Option<Fault> {
        let text = format!("{}|{route:?}|{subject}|{turn}", self.seed);
        let digest = Sha256::digest(text.as_bytes());
        let (roll, pick) = digest.split_at(8);
        if number(roll) % 1000 >= u64::from(self.per_mille) || self.budget == 0 {
            return None;
        }
        let choices: Vec<&Fault> =
            self.choices.iter().filter(|(at, _)| *at == route).map(|(_, fault)| fault).collect();
        let index = usize::try_from(number(pick) % u64::try_from(choices.len().max(1)).ok()?).ok()?;
        let fault = (*choices.get(index)?).clone();
        self.budget -= 1;
        Some(fault)
    }
}

/// The first eight bytes as a number.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

//! The upload server: bytes in steps, status queries, the end of an upload, and all its bad habits.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::http::request::Parts;

use super::http::{Reply, request_line};
use super::params::Params;
use super::resource::Checksum;
use super::session::{Phase, STEP, Session, SessionState, Writer};
use super::span::Span;
use super::{Google, errors};
use crate::sandbox::faults::{Canned, Fault, Route};
use crate::sandbox::serve::Answer;
use crate::sandbox::transcript::Call;

/// Why a request ends without having done its work.
enum Stop {
    Refused(Canned),
    Cut(&'static str),
}

impl From<Canned> for Stop {
    fn from(canned: Canned) -> Self {
        Self::Refused(canned)
    }
}

/// One request to a session's URI.
struct Put {
    google: Arc<Google>,
    head: Parts,
    upload_id: String,
    fault: Option<Fault>,
}

/// A chunk as its headers announce it.
struct Chunk {
    first: u64,
    last: u64,
    total: Option<u64>,
}

/// Serves one request to a session's URI.
pub(super) async fn handle(google: Arc<Google>, head: Parts, params: Params, mut body: Incoming) -> Answer {
    let upload_id = params.get("upload_id").unwrap_or_default().to_owned();
    let session = google.sessions.find(&upload_id);
    let route = if body.is_end_stream() { Route::UploadStatus } else { Route::UploadChunk };
    let subject = session.as_ref().map(|session| session.subject.clone()).unwrap_or_default();
    let mut request = request_line(&head);
    if let Some(range) = header(&head, "content-range") {
        request = format!("{request} [{range}]");
    }
    let fault = google.faults.next(route, &subject);
    let call = Call { route, subject, request, token: "", answer: String::new() };
    let put = Put { google: google.clone(), head, upload_id, fault: fault.clone() };
    let outcome = match fault {
        Some(Fault::Cut) => Err(Stop::Cut("cut")),
        Some(Fault::Answer(canned)) => Err(Stop::Refused(canned)),
        Some(Fault::Forget(status)) => {
            session.iter().for_each(|session| session.held().phase = Phase::Dead);
            Err(Stop::Refused(errors::empty(status)))
        }
        Some(Fault::Refuse(canned)) => {
            session.iter().for_each(|session| session.held().phase = Phase::Dead);
            Err(Stop::Refused(canned))
        }
        Some(Fault::Stall) => {
            put.drain(&mut body).await;
            return google.stall(call).await;
        }
        _ => put.serve(session, &mut body).await,
    };
    if let Err(Stop::Cut(how)) = outcome {
        return google.cut(call, how);
    }
    // An answer that comes before the body's end would reach many clients as a broken connection.
    put.drain(&mut body).await;
    match outcome {
        Ok(reply) => google.send_after(call, reply, put.fault),
        Err(Stop::Refused(canned)) => google.send_after(call, canned.into(), put.fault),
        Err(Stop::Cut(how)) => google.cut(call, how),
    }
}

impl Put {
    async fn serve(&self, session: Option<Arc<Session>>, body: &mut Incoming) -> Result<Reply, Stop> {
        // The URI alone opens the session; but a token that is sent along must be good.
        self.google.bearer(&self.head)?;
        let gone = || Stop::Refused(errors::empty(404));
        let session = session.ok_or_else(gone)?;
        let phase = session.held().phase.clone();
        match (phase, self.head.method.as_str()) {
            (Phase::Dead, _) => Err(gone()),
            (_, "DELETE") => {
                session.held().phase = Phase::Dead;
                Err(errors::empty(499).into())
            }
            (Phase::Done(id), "PUT" | "POST") => Ok(self.finished(&session, &id)?),
            (Phase::Open, "PUT" | "POST") => self.proceed(&session, body).await,
            _ => Err(errors::empty(405).into()),
        }
    }

    async fn proceed(&self, session: &Session, body: &mut Incoming) -> Result<Reply, Stop> {
        if self.head.headers.contains_key("transfer-encoding") {
            self.google.soft("upload: chunked transfer encoding instead of a Content-Length");
        }
        let length = header(&self.head, "content-length").and_then(|text| text.parse().ok());
        match Span::of(header(&self.head, "content-range"), length) {
            Some(Span::Question { total }) if body.is_end_stream() => Ok(self.status(session, total)?),
            Some(Span::Bytes { first, last, total }) if length.is_none_or(|n| n == last - first + 1) => {
                self.chunk(session, &Chunk { first, last, total }, body).await
            }
            Some(_) => {
                let message = "Invalid request.  Content-Length and Content-Range do not agree.";
                Err(self.mistake(errors::text(400, message)))
            }
            None => {
                session.held().phase = Phase::Dead;
                Err(self.mistake(errors::text(400, "Failed to parse Content-Range header.")))
            }
        }
    }

    /// An empty request: how much is there? If it is all, this ends the upload.
    fn status(&self, session: &Session, total: Option<u64>) -> Result<Reply, Canned> {
        let mut held = session.held();
        self.check_total(&mut held, total)?;
        if held.total != Some(held.kept) {
            return Ok(self.incomplete(session, held.kept, String::new()));
        }
        held.rewind();
        self.complete(session, &mut held)
    }

    async fn chunk(&self, session: &Session, chunk: &Chunk, body: &mut Incoming) -> Result<Reply, Stop> {
        let is_last = chunk.total == Some(chunk.last + 1);
        let (mut writer, note) = self.begin(session, chunk, is_last)?;
        let arrived = self.receive(session, &mut writer, body).await?;
        self.google.line.answer().await;
        if arrived != chunk.last - chunk.first + 1 {
            session.held().rewind();
            let message = "Invalid request.  The body is not as long as its Content-Range.";
            return Err(self.mistake(errors::text(400, message)));
        }
        let mut held = session.held();
        let is_kept = !matches!(self.fault, Some(Fault::KeepOnly(_)));
        if is_last && is_kept && chunk.total == Some(held.at) {
            return Ok(Reply { note, ..self.complete(session, &mut held)? });
        }
        held.rewind();
        Ok(self.incomplete(session, held.kept, note))
    }

    /// Everything that is refused for its headers, and the right to write.
    fn begin(&self, session: &Session, chunk: &Chunk, is_last: bool) -> Result<(Writer, String), Stop> {
        let Chunk { first, last, total } = *chunk;
        let length = last - first + 1;
        let mut held = session.held();
        self.check_total(&mut held, total)?;
        if first > held.kept {
            return Err(self.mistake(errors::offset_gap(first, held.kept)));
        }
        if !is_last && length < STEP {
            return Err(self.mistake(errors::chunk_too_small(length)));
        }
        if !is_last && !length.is_multiple_of(STEP) {
            self.google.soft(format!("upload: a chunk of {length} bytes, not a multiple of 256 KiB"));
        }
        // A last chunk that is cut short by a fault must leave something to ask for.
        let ceiling = match self.fault {
            Some(Fault::KeepOnly(bytes)) => first + bytes.min(length - 1),
            Some(Fault::CutWithin(bytes)) => first + bytes.min(length),
            _ => last + 1,
        };
        held.corrupt |= matches!(self.fault, Some(Fault::Corrupt));
        let resent = (held.kept - first).min(length);
        let note = if resent == 0 { String::new() } else { format!("({resent} bytes were held already)") };
        Ok((held.begin(first, ceiling), note))
    }

    /// Reads the body into the session as it arrives. A connection that breaks keeps its full steps.
    async fn receive(
        &self,
        session: &Session,
        writer: &mut Writer,
        body: &mut Incoming,
    ) -> Result<u64, Stop> {
        let mut arrived = 0;
        loop {
            if matches!(self.fault, Some(Fault::CutWithin(bytes)) if arrived >= bytes) {
                return Err(Stop::Cut("cut within"));
            }
            let frame = match body.frame().await {
                None => return Ok(arrived),
                Some(Err(_)) => return Err(Stop::Cut("cut by the caller")),
                Some(Ok(frame)) => frame,
            };
            let Some(bytes) = frame.data_ref() else { continue };
            arrived += bytes.len() as u64;
            self.google.line.carry(bytes.len()).await;
            self.google.received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            if !session.held().write(writer, bytes) {
                return Err(errors::text(503, "Another request writes to this upload.").into());
            }
            self.google.transcript.changed();
        }
    }

    /// The first total is final.
    fn check_total(&self, held: &mut SessionState, total: Option<u64>) -> Result<(), Canned> {
        let Some(total) = total else { return Ok(()) };
        let expected = *held.total.get_or_insert(total);
        if expected == total && held.kept <= total {
            return Ok(());
        }
        let refusal = errors::other_total(total, expected);
        self.google.broken(format!("upload: {}", refusal.body));
        Err(refusal)
    }

    /// All bytes are there. Only now does Drive look at the parent, the quota and the id; a refusal
    /// throws the upload away.
    fn complete(&self, session: &Session, held: &mut SessionState) -> Result<Reply, Canned> {
        held.corrupt |= matches!(self.fault, Some(Fault::Corrupt));
        let blob = held.finish();
        let created = self.google.state().create(session.caller, &session.draft, Some(blob));
        held.phase = created.as_ref().map_or(Phase::Dead, |id| Phase::Done(id.clone()));
        self.finished(session, &created?)
    }

    fn finished(&self, session: &Session, id: &str) -> Result<Reply, Canned> {
        let state = self.google.state();
        let entry = state.entries.get(id).ok_or_else(|| errors::not_found(id))?;
        let sums = Checksum::unless_hidden(self.fault.as_ref());
        let file = state.resource(entry, session.caller.who, &session.fields, sums);
        let status = if matches!(self.fault, Some(Fault::Created)) { 201 } else { 200 };
        Ok(errors::json_answer(status, &file).into())
    }

    /// 308, as honest as the fault lets it be.
    fn incomplete(&self, session: &Session, kept: u64, note: String) -> Reply {
        let mut answer = errors::empty(308);
        let range = match (&self.fault, kept.checked_sub(1)) {
            (Some(Fault::NoRange), _) | (_, None) => None,
            (Some(Fault::BareRange), Some(last)) => Some(format!("0-{last}")),
            (_, Some(last)) => Some(format!("bytes=0-{last}")),
        };
        if let Some(range) = &range {
            answer = answer.header("range", range);
        }
        if matches!(self.fault, Some(Fault::Moved))
            && let Some(same) = self.google.sessions.find(&self.upload_id)
        {
            let id = self.google.sessions.replace(&self.upload_id, same);
            answer = answer.header("location", &self.google.session_uri(session, &id));
        }
        // For clients that take every 308 for a redirect.
        if header(&self.head, "x-guploader-no-308") == Some("yes") {
            answer.status = 200;
            answer = answer.header("x-http-status-code-override", "308");
        }
        let note = format!("{} {note}", range.as_deref().unwrap_or("without range")).trim_end().to_owned();
        Reply { note, ..answer.into() }
    }

    fn mistake(&self, refusal: Canned) -> Stop {
        self.google.broken(format!("upload: {} {}", refusal.status, refusal.body));
        Stop::Refused(refusal)
    }

    async fn drain(&self, body: &mut Incoming) {
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.data_ref().map_or(0, bytes::Bytes::len) as u64;
            self.google.received.fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

fn header<'a>(head: &'a Parts, name: &str) -> Option<&'a str> {
    head.headers.get(name)?.to_str().ok()
}

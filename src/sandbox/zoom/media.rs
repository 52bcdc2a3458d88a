//! The media host: bytes behind signed links, with ranges, and with every way a transfer can go wrong.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use http_body::Frame;
use hyper::header::{ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG};
use hyper::{Method, Response, Version};
use tokio::time::Sleep;

use super::super::content::{Content, Kind};
use super::super::faults::{Canned, Fault};
use super::super::serve::Cut;
use super::Zoom;
use super::model::File;
use super::reply::{self, Reply};
use super::request::Asked;
use super::tokens::opaque;
use super::world::{self, Listed};

/// Number of bytes sent at a time.
const FRAME: usize = 64 * 1024;

/// Before a cut the bytes sent so far get this long to leave the server's buffers: a connection that
/// is closed at once would take the last of them along, and a fault would not say what it does.
const FLUSH_FOR: Duration = Duration::from_millis(10);

/// The bytes to send, and their headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: u64,
    end: u64,
    is_partial: bool,
}

impl Zoom {
    /// `GET` and `HEAD /media/...`. Only the signature counts; the name in the path is for people.
    pub(super) fn media(self: &Arc<Self>, asked: &Asked, fault: Option<&Fault>) -> Reply {
        let is_other_host = asked.header("host").is_some_and(|host| host.starts_with("localhost:"));
        let is_read = asked.method == Method::GET || asked.method == Method::HEAD;
        // CloudFront refuses a signed link that comes with a second kind of credential.
        if !is_other_host || !is_read || asked.headers.contains_key("authorization") {
            return Err(reply::denied());
        }
        let (file, listed) = self.signed_file(asked).ok_or_else(reply::denied)?;
        let etag = etag(&file.content);
        let size = file.content.size();
        let asked_for =
            asked.header("range").filter(|_| asked.header("if-range").is_none_or(|tag| tag == etag));
        let span = match asked_for.map_or(Ok(None), |range| parse_range(range, size)) {
            Ok(Some(_)) if fault == Some(&Fault::MediaNoRange) => Span::whole(size),
            Ok(Some((start, end))) => Span { start, end, is_partial: true }.misplaced(fault, size),
            Ok(None) => Span::whole(size),
            Err(Unsatisfiable) => {
                let refused = Canned::new(416, "text/xml", "<Error><Code>InvalidRange</Code></Error>");
                return Err(refused.header("content-range", &format!("bytes */{size}")));
            }
        };
        Ok(self.stream(&file, listed, span, fault, &etag))
    }

    /// The file behind a signed link as it is answered now, and its key if the link's address came from a listing.
    fn signed_file(&self, asked: &Asked) -> Option<(File, Option<u64>)> {
        let mut world = self.world();
        let signed = world.signed.get(asked.param("Signature")?)?.clone();
        if signed.expires <= Instant::now() || asked.param("Policy").is_none() {
            return None;
        }
        let stored = world.stored_mut(&signed.uuid, signed.key).filter(|stored| stored.is_present())?;
        let listed = (signed.path == "download").then_some(stored.key);
        let content = stored.file.take_answer();
        Some((File { content, ..stored.file.clone() }, listed))
    }

    fn stream(
        self: &Arc<Self>,
        file: &File,
        listed: Option<u64>,
        span: Span,
        fault: Option<&Fault>,
        etag: &str,
    ) -> Response<Body> {
        let size = file.content.size();
        let mut end = span.end;
        let mut announced = Some(span.end - span.start);
        let mut ending = TailFault::Orderly;
        let at = |bytes: u64| span.start.saturating_add(bytes).min(span.end);
        match fault {
            Some(Fault::MediaCut(bytes)) if at(*bytes) < span.end => {
                (end, ending) = (at(*bytes), TailFault::Cut)
            }
            Some(Fault::MediaStall(bytes)) if at(*bytes) < span.end => {
                (end, ending) = (at(*bytes), TailFault::Stall);
            }
            Some(Fault::MediaShort(bytes)) => {
                end = at(*bytes);
                announced = Some(end - span.start);
            }
            Some(Fault::MediaWrongLength(more)) => {
                announced = Some(span.end - span.start + more);
                ending = TailFault::Cut;
            }
            Some(Fault::MediaUnsized | Fault::MediaUnmarked) => announced = None,
            _ => {}
        }
        let every = match fault {
            Some(Fault::MediaSlow(every)) => Some(*every),
            _ => None,
        };
        let transfer = Transfer {
            zoom: self.clone(),
            content: file.content.clone(),
            listed: listed.map(|key| world::listed(key, &file.content)),
            next: span.start,
            end,
            ending,
            flush: None,
            every,
            pause: None,
        };
        let mut response = reply::with_status(if span.is_partial { 206 } else { 200 }, Body::new(transfer));
        if fault == Some(&Fault::MediaUnmarked) {
            *response.version_mut() = Version::HTTP_10;
        }
        if span.is_partial {
            // A shortened answer stays consistent with itself; nothing but the total tells.
            let last = announced.map_or(span.end, |length| span.start + length.min(span.end - span.start));
            let last = last.max(span.start + 1) - 1;
            reply::set(&mut response, CONTENT_RANGE, &format!("bytes {}-{last}/{size}", span.start));
        }
        if let Some(announced) = announced {
            reply::set(&mut response, CONTENT_LENGTH, &announced.to_string());
        }
        reply::set(&mut response, CONTENT_TYPE, content_type(file));
        reply::set(&mut response, ETAG, etag);
        reply::set(&mut response, ACCEPT_RANGES, "bytes");
        let disposition = format!("attachment; filename={}", file.media_name());
        reply::set(&mut response, CONTENT_DISPOSITION, &disposition);
        response
    }
}

impl Span {
    fn whole(size: u64) -> Self {
        Self { start: 0, end: size, is_partial: false }
    }

    /// The fault of a server that answers another range than the asked one, and says so.
    fn misplaced(self, fault: Option<&Fault>, size: u64) -> Self {
        if fault != Some(&Fault::MediaWrongRange) {
            return self;
        }
        let start = if self.start > 0 { self.start / 2 } else { 1.min(size.saturating_sub(1)) };
        Self { start, ..self }
    }
}

fn content_type(file: &File) -> &'static str {
    if file.octet_stream {
        return "application/octet-stream";
    }
    match file.content.kind() {
        Kind::Mp4 => "video/mp4",
        Kind::M4a => "audio/mp4",
        Kind::Vtt => "text/vtt",
        Kind::Json => "application/json",
        Kind::Txt => "text/plain",
        Kind::Csv => "text/csv",
        Kind::Jpg => "image/jpeg",
    }
}

/// A strong tag: other bytes, another tag.
fn etag(content: &Content) -> String {
    format!("\"{}\"", &opaque(&[&format!("{content:?}")])[..22])
}

/// The range begins behind the last byte.
#[derive(Debug)]
struct Unsatisfiable;

/// First byte and the one behind the last. `None` for what is no single byte range: to be ignored.
fn parse_range(header: &str, size: u64) -> Result<Option<(u64, u64)>, Unsatisfiable> {
    let Some((first, last)) = header.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Ok(None);
    };
    let (start, end) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.saturating_add(1).min(size)),
        (Ok(first), Err(_)) if last.is_empty() => (first, size),
        (Err(_), Ok(suffix)) if first.is_empty() && suffix > 0 => (size.saturating_sub(suffix), size),
        _ => return Ok(None),
    };
    if start >= size { Err(Unsatisfiable) } else { Ok(Some((start, end))) }
}

/// The end of the body after the last byte.
#[derive(Debug, Clone, Copy)]
enum TailFault {
    Orderly,
    Cut,
    Stall,
}

/// A body that is made as fast as the client takes it: never more than one frame exists.
struct Transfer {
    zoom: Arc<Zoom>,
    content: Content,
    /// Whose bytes they are, if the address came from a listing.
    listed: Option<Listed>,
    next: u64,
    end: u64,
    ending: TailFault,
    flush: Option<Pin<Box<Sleep>>>,
    /// The wait before each frame, if a script sets one.
    every: Option<Duration>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl http_body::Body for Transfer {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if self.next < self.end {
            if let Some(every) = self.every {
                let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(every)));
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            let left = usize::try_from(self.end - self.next).unwrap_or(FRAME);
            let bytes = self.content.bytes(self.next, left.min(FRAME));
            self.zoom.count_sent(self.next, bytes.len(), self.listed.as_ref());
            self.next += bytes.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.ending {
            TailFault::Orderly => Poll::Ready(None),
            // Nothing wakes this: the connection waits until the client gives up.
            TailFault::Stall => Poll::Pending,
            TailFault::Cut => {
                let flush = self.flush.get_or_insert_with(|| Box::pin(tokio::time::sleep(FLUSH_FOR)));
                ready!(flush.as_mut().poll(context));
                Poll::Ready(Some(Err(Cut)))
            }
        }
    }
}

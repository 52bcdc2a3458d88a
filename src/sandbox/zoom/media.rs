//! The media host: bytes behind signed links, with ranges, and with every way a transfer can go wrong.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use hyper::header::{ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG};
use hyper::{Method, Response, Version};

use super::super::content::{Content, Kind};
use super::super::faults::{Canned, Fault};
use super::super::transfer::{Span, Transfer};
use super::Zoom;
use super::model::File;
use super::reply::{self, Reply};
use super::request::Asked;
use super::tokens::opaque;
use super::world;

impl Zoom {
    /// `GET` and `HEAD /media/...`. Only the signature counts; the name in the path is for people.
    pub(super) fn media(self: &Arc<Self>, asked: &Asked, fault: Option<&Fault>) -> Reply {
        let is_other_host = self.is_media_host(asked.header("host").unwrap_or_default());
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
        let Ok(span) = Span::of(asked_for, size, fault) else {
            let refused = Canned::new(416, "text/xml", "<Error><Code>InvalidRange</Code></Error>");
            return Err(refused.header("content-range", &format!("bytes */{size}")));
        };
        Ok(self.stream(&file, listed, span, fault, &etag))
    }

    /// Whether a request names the media host, and not the API's.
    fn is_media_host(&self, host: &str) -> bool {
        self.world().media.split_once("://").is_some_and(|(_, authority)| authority == host)
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
        let (zoom, listed) = (self.clone(), listed.map(|key| world::listed(key, &file.content)));
        let sent = move |at, length| zoom.count_sent(at, length, listed.as_ref());
        let (transfer, announced) = Transfer::new(file.content.clone(), span, fault, sent);
        let transfer = transfer.over(self.line.clone());
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

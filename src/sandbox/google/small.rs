//! A small file in one request, metadata and bytes together: Drive's "multipart upload". The program never asks for
//! it; clients that others wrote do.

use std::sync::atomic::Ordering;

use super::digests::Digests;
use super::entry::{Blob, Caller, Who};
use super::http::{Ask, Reply};
use super::metadata::Draft;
use super::replace::CONTENT_BYTES_MAX;
use super::room::FullAt;
use super::{Google, errors, params, resource};
use crate::sandbox::faults::Canned;

impl Google {
    /// `POST /upload/drive/v3/files?uploadType=multipart`
    pub(super) fn upload_small(&self, ask: &Ask, who: Who) -> Result<Reply, Canned> {
        self.check_params(ask, params::CREATE);
        let caller = Caller { who, all_drives: ask.params.flag("supportsAllDrives")? };
        let fields = resource::selection(ask.params.fields())?;
        let kind = ask.header("content-type").unwrap_or_default();
        let malformed = || errors::refuse(400, "badContent", "Malformed multipart body.");
        let [metadata, media] = parts(kind, &ask.body).ok_or_else(malformed)?;
        if media.bytes.len() > CONTENT_BYTES_MAX {
            self.soft(format!("upload: {} bytes in one multipart request", media.bytes.len()));
        }
        let mut draft = Draft::parse(metadata.bytes)?;
        draft.mime_type = draft.mime_type.or(media.kind);
        self.check_new(caller, &draft)?;
        self.check_room(FullAt::Start)?;
        self.received.fetch_add(media.bytes.len() as u64, Ordering::Relaxed);
        let mut digests = Digests::new();
        digests.update(media.bytes);
        let content =
            Some(ask.body.slice_ref(media.bytes)).filter(|bytes| bytes.len() <= self.retain_limit());
        let blob = Blob { size: media.bytes.len() as u64, checksums: digests.finish(), content };
        let mut state = self.state();
        let id = state.create(caller, &draft, Some(blob))?;
        let entry = state.entries.get(&id).ok_or_else(|| errors::not_found(&id))?;
        let file = state.resource(entry, who, &fields, resource::Checksum::Shown);
        Ok(errors::json_answer(200, &file).into())
    }
}

/// A part of a multipart body.
struct Part<'a> {
    kind: Option<String>,
    bytes: &'a [u8],
}

/// The two parts of `multipart/related; boundary=...`.
fn parts<'a>(kind: &str, body: &'a [u8]) -> Option<[Part<'a>; 2]> {
    let boundary = kind.strip_prefix("multipart/related;")?.split_once("boundary=")?.1;
    let line = format!("--{}", boundary.trim().trim_matches('"'));
    // Where the next one begins, and where it ends.
    let next =
        |from: usize| find(body.get(from..)?, line.as_bytes()).map(|at| (from + at, from + at + line.len()));
    let (_, metadata) = next(0)?;
    let (end, media) = next(metadata)?;
    let (last, _) = next(media)?;
    Some([part(&body[metadata..end])?, part(&body[media..last])?])
}

/// Headers, an empty line, bytes, and the line break that belongs to the next boundary.
fn part(text: &[u8]) -> Option<Part<'_>> {
    let blank = find(text, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&text[..blank]).to_ascii_lowercase();
    let kind =
        head.lines().find_map(|line| line.strip_prefix("content-type:")).map(|kind| kind.trim().to_owned());
    Some(Part { kind, bytes: text[blank + 4..].strip_suffix(b"\r\n")? })
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

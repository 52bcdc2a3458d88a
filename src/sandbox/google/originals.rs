//! The files that Meet has made, in the organiser's My Drive: read by those who see them, and only read.

use serde_json::json;

use super::digests::{Checksums, Digests};
use super::entry::{Caller, DriveFile, Entry, Who};
use super::http::{Ask, Payload, Reply};
use super::meet::{Artifact, ArtifactKind};
use super::operation::Operation;
use super::scopes::{self, Scopes};
use super::state::{now, random};
use super::{Google, errors};
use crate::sandbox::content::{Content, Kind};
use crate::sandbox::faults::{Canned, Fault};
use crate::sandbox::transfer::{Span, Transfer};

/// The MIME type of a Google document.
pub(super) const DOCUMENT: &str = "application/vnd.google-apps.document";
const EXPORT_BYTES_MAX: u64 = 10 * 1024 * 1024;
const FOLDER_NAME: &str = "Meet Recordings";
/// The formats that Google's documentation lists for documents.
const FORMATS: [&str; 9] = [
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.oasis.opendocument.text",
    "application/rtf",
    "application/pdf",
    "text/plain",
    "text/html",
    "application/zip",
    "application/epub+zip",
    "text/markdown",
];

/// Content and rights of a file that Meet has made.
pub(super) struct Original {
    pub(super) content: Content,
    pub(super) can_download: bool,
    /// Those with whom it is shared.
    pub(super) readers: Vec<Who>,
}

impl Original {
    /// The bytes, with ranges.
    pub(super) fn media(&self, ask: &Ask, file: &DriveFile, fault: Option<&Fault>) -> Result<Reply, Canned> {
        if file.mime_type == DOCUMENT {
            let message = "Only files with binary content can be directly downloaded. Use Export with Docs Editors files.";
            return Err(errors::refuse(403, "fileNotDownloadable", message));
        }
        self.check_download()?;
        let size = file.size;
        let Ok(span) = Span::of(ask.header("range"), size, fault) else {
            let refusal =
                errors::refuse(416, "requestedRangeNotSatisfiable", "Request range not satisfiable");
            return Err(refusal.header("content-range", &format!("bytes */{size}")));
        };
        let (transfer, announced) = Transfer::new(self.content.clone(), span, fault, |_, _| {});
        let mut reply = Reply::from(errors::empty(if span.is_partial { 206 } else { 200 }));
        let mut header = |name: &str, value: &str| reply.headers.push((name.to_owned(), value.to_owned()));
        header("content-type", &file.mime_type);
        header("accept-ranges", "bytes");
        if span.is_partial {
            let length = announced.unwrap_or(span.end - span.start).min(span.end - span.start).max(1);
            header("content-range", &format!("bytes {}-{}/{size}", span.start, span.start + length - 1));
        }
        if let Some(announced) = announced {
            header("content-length", &announced.to_string());
        }
        reply.body = Payload::Made(Box::new(transfer));
        Ok(reply)
    }

    fn check_download(&self) -> Result<(), Canned> {
        if self.can_download {
            return Ok(());
        }
        Err(errors::refuse(403, "cannotDownloadFile", "This file cannot be downloaded by the user."))
    }
}

impl Google {
    /// Allows or forbids the download of a file that Meet has made.
    pub fn set_can_download(&self, id: &str, yes: bool) {
        if let Some(original) = self.state().entries.get_mut(id).and_then(|entry| entry.original.as_mut()) {
            original.can_download = yes;
        }
        self.transcript.changed();
    }

    /// Shares a file that Meet has made with another user of the Workspace.
    pub fn share_original(&self, id: &str, email: &str) {
        let who = self.workspace().who(email);
        if let Some(original) = self.state().entries.get_mut(id).and_then(|entry| entry.original.as_mut()) {
            original.readers.extend(who);
        }
        self.transcript.changed();
    }

    /// Delivers other bytes from now on than the checksums of a file tell.
    pub fn spoil_original(&self, id: &str) {
        if let Some(original) = self.state().entries.get_mut(id).and_then(|entry| entry.original.as_mut()) {
            let content = &original.content;
            original.content = Content::new(content.kind(), content.size(), content.seed() ^ 1);
        }
    }

    /// The bytes of a file that Meet has made.
    pub fn original_content(&self, id: &str) -> Option<Content> {
        Some(self.state().entries.get(id)?.original.as_ref()?.content.clone())
    }

    /// Puts a generated file into its organiser's My Drive, and gives its id. An organiser elsewhere has a
    /// Drive elsewhere: nobody here sees the file.
    pub(super) fn add_original(&self, organizer: &str, artifact: &Artifact) -> String {
        let id = random("1", 32);
        let Some(owner) = self.workspace().who(organizer) else { return id };
        let (name, email) = self
            .workspace()
            .user(owner)
            .map(|user| (user.name.clone(), user.email.clone()))
            .unwrap_or_default();
        let mut state = self.state();
        let home = state.settle(owner, &name, &email);
        let is_shelf =
            |entry: &&Entry| entry.file.name == FOLDER_NAME && entry.file.parents.first() == Some(&home);
        let shelf = state.entries.values().find(is_shelf).map(|entry| entry.file.id.clone());
        let shelf = shelf.unwrap_or_else(|| state.add_shelf(FOLDER_NAME, &home, owner));
        let is_video = artifact.kind == ArtifactKind::Recording;
        let content = &artifact.content;
        let mut file = DriveFile {
            id: id.clone(),
            name: artifact.file_name.clone(),
            mime_type: if is_video { "video/mp4" } else { DOCUMENT }.to_owned(),
            parents: vec![shelf],
            created_time: Some(now()),
            modified_time: Some(now()),
            ..DriveFile::default()
        };
        if is_video {
            let Checksums { md5, sha1, sha256 } = checksums(content);
            (file.size, file.md5, file.sha1, file.sha256) = (content.size(), md5, sha1, sha256);
        }
        let original =
            Original { content: content.clone(), can_download: artifact.can_download, readers: Vec::new() };
        state.insert(file, Some(owner), None);
        if let Some(entry) = state.entries.get_mut(&id) {
            entry.original = Some(original);
        }
        id
    }

    /// Whether the scopes open the file. Nobody may change what Meet has made: it is archived without a trace.
    pub(super) fn check_original(
        &self,
        operation: &Operation,
        ask: &Ask,
        scopes: &Scopes,
    ) -> Result<(), Canned> {
        let Some(id) = operation.file() else { return Ok(()) };
        let is_original = self.state().entries.get(id).is_some_and(|entry| entry.original.is_some());
        if is_original && !operation.is_read() {
            self.broken(format!(
                "only GET may reach an original of Meet: {}",
                super::http::request_line(&ask.head)
            ));
        }
        let state = self.state();
        let is_closed = state.entries.get(id).is_some_and(|entry| !is_open(entry, scopes));
        if is_closed { Err(errors::not_found(id)) } else { Ok(()) }
    }

    /// `GET files/{id}/export`: a document in another format, of unknown length and without ranges.
    pub(super) fn export(
        &self,
        ask: &Ask,
        who: Who,
        id: &str,
        fault: Option<&Fault>,
    ) -> Result<Reply, Canned> {
        self.check_params(ask, &["mimeType"]);
        let Some(format) = ask.params.get("mimeType") else {
            let message = "Required parameter: mimeType";
            return Err(errors::refuse_at(400, "required", message, ("parameter", "mimeType")));
        };
        let state = self.state();
        let entry = state.find(Caller { who, all_drives: true }, id)?;
        let Some(original) = entry.original.as_ref().filter(|_| entry.file.mime_type == DOCUMENT) else {
            return Err(errors::refuse(403, "fileNotExportable", "Export only supports Docs Editors files."));
        };
        if !FORMATS.contains(&format) {
            let message = "The requested conversion is not supported.";
            return Err(errors::refuse_at(400, "badRequest", message, ("parameter", "convertTo")));
        }
        original.check_download()?;
        let content = in_format(&original.content, format);
        if content.size() > EXPORT_BYTES_MAX {
            let message = "This file is too large to be exported.";
            return Err(errors::refuse(403, "exportSizeLimitExceeded", message));
        }
        // Google makes the file while it sends it: no length is known before.
        let whole = Span { start: 0, end: content.size(), is_partial: false };
        let fault = fault
            .filter(|fault| matches!(fault, Fault::MediaCut(_) | Fault::MediaStall(_) | Fault::MediaSlow(_)));
        let (transfer, _) = Transfer::new(content, whole, fault, |_, _| {});
        let mut reply = Reply::from(errors::empty(200));
        reply.headers.push(("content-type".to_owned(), format.to_owned()));
        reply.body = Payload::Made(Box::new(transfer));
        Ok(reply)
    }
}

/// What Meet has made is open to the scope that is made for it, and closed to the one for an app's own files.
/// With other files it is the other way round.
pub(super) fn is_open(entry: &Entry, scopes: &Scopes) -> bool {
    let narrow = if entry.original.is_some() { scopes::MEET_FILES } else { scopes::OWN_FILES };
    scopes.has_one_of(&scopes::DRIVE_READ_ALL) || scopes.has_one_of(&[narrow])
}

fn checksums(content: &Content) -> Checksums {
    const STEP: usize = 1024 * 1024;
    let (mut digests, mut offset) = (Digests::new(), 0);
    while offset < content.size() {
        let bytes = content.bytes(offset, STEP);
        digests.update(&bytes);
        offset += bytes.len() as u64;
    }
    digests.finish()
}

/// The text itself where it is text, and something that tells its format where it is not.
fn in_format(content: &Content, format: &str) -> Content {
    if content.size() > EXPORT_BYTES_MAX || ["text/plain", "text/markdown"].contains(&format) {
        return content.clone();
    }
    let text = content.bytes(0, usize::try_from(content.size()).unwrap_or(usize::MAX));
    let begins: &[u8] = match format {
        "application/pdf" => b"%PDF-1.4\n",
        "application/rtf" => b"{\\rtf1 ",
        "text/html" => b"<html><body><pre>",
        _ => b"PK\x03\x04",
    };
    // A PDF says when it was made: no two exports are alike, not even in length.
    let made = match format {
        "application/pdf" => random("\n%made ", rand::random_range(16..24)),
        _ => String::new(),
    };
    Content::literal(Kind::Txt, [begins, &text, made.as_bytes()].concat())
}

/// What is known of a document's formats.
pub(super) fn export_links(id: &str) -> serde_json::Value {
    let link = |format: &&str| {
        let link = format!(
            "https://docs.google.com/feeds/download/documents/export/Export?id={id}&exportFormat={format}"
        );
        ((*format).to_owned(), json!(link))
    };
    serde_json::Value::Object(FORMATS.iter().map(link).collect())
}

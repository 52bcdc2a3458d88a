//! The first request of an upload: metadata in, session URI out. The parent is not looked at yet.

use std::sync::Arc;

use super::entry::{Caller, Who};
use super::http::{Ask, Reply};
use super::metadata::Draft;
use super::room::FullAt;
use super::session::Session;
use super::{Google, errors, params, resource};
use crate::sandbox::faults::Canned;

/// 5,120 GB
const FILE_BYTES_MAX: u64 = 5_497_558_138_880;

impl Google {
    /// `POST /upload/drive/v3/files?uploadType=resumable`, or `multipart` for small files.
    pub(super) fn start_upload(&self, ask: &Ask, who: Who) -> Result<Reply, Canned> {
        self.check_params(ask, params::CREATE);
        match ask.params.get("uploadType") {
            Some("resumable") => {}
            Some("multipart") => return self.upload_small(ask, who),
            // Google offers one more, for files without metadata; no caller of this sandbox needs it.
            _ => return Err(errors::invalid_value("uploadType")),
        }
        let caller = Caller { who, all_drives: ask.params.flag("supportsAllDrives")? };
        let fields = resource::selection(ask.params.fields())?;
        let mut draft = self.draft(ask)?;
        if draft.mime_type.is_none() {
            draft.mime_type = ask.header("x-upload-content-type").map(str::to_owned);
        }
        let total = self.announced(ask)?;
        self.check_new(caller, &draft)?;
        self.check_room(FullAt::Start)?;
        let query = ask.head.uri.query().unwrap_or_default().to_owned();
        let session = Session::new(draft, caller, fields, query, total, self.retain_limit());
        let session = Arc::new(session);
        let id = self.sessions.open(session.clone());
        Ok(errors::empty(200)
            .header("location", &self.session_uri(&session, &id))
            .header("x-guploader-uploadid", &id)
            .into())
    }

    /// The session's URI repeats the query of the first request.
    pub(super) fn session_uri(&self, session: &Session, id: &str) -> String {
        format!("{}/upload/drive/v3/files?{}&upload_id={id}", self.url(), session.query)
    }

    /// Reads a body of metadata, which must say that it is JSON.
    pub(super) fn draft(&self, ask: &Ask) -> Result<Draft, Canned> {
        let kind = ask.header("content-type").unwrap_or_default();
        if !ask.body.is_empty() && !kind.starts_with("application/json") {
            let message = format!("Unsupported content with type: {kind}");
            return Err(errors::refuse(400, "badContent", &message));
        }
        Draft::parse(&ask.body)
    }

    fn announced(&self, ask: &Ask) -> Result<Option<u64>, Canned> {
        let Some(text) = ask.header("x-upload-content-length") else { return Ok(None) };
        match text.parse() {
            Ok(length) if length <= FILE_BYTES_MAX => Ok(Some(length)),
            Ok(_) => Err(errors::refuse(413, "uploadTooLarge", "The file is too large.")),
            Err(_) => Err(errors::refuse(400, "badRequest", "Invalid upload request.")),
        }
    }

    /// Errors that are found before the parent is checked.
    pub(super) fn check_new(&self, caller: Caller, draft: &Draft) -> Result<(), Canned> {
        let state = self.state();
        let parent = draft.parents.iter().flatten().next();
        if parent.is_some_and(|parent| !caller.all_drives && state.on_shared_drive(parent)) {
            self.broken("create in a shared drive without supportsAllDrives=true");
        }
        state.check_draft(draft)
    }
}

//! An update with content, in one request: Drive's "simple upload" of what a small file is to hold from now on.

use super::digests::Digests;
use super::entry::{Caller, Who};
use super::http::{Ask, Reply};
use super::resource::Checksum;
use super::state::now;
use super::{Google, errors, files, params, resource};
use crate::sandbox::faults::Canned;

/// 5 MB: larger files go by resumable uploads.
pub(super) const CONTENT_BYTES_MAX: usize = 5_000_000;

impl Google {
    /// `PATCH /upload/drive/v3/files/{id}?uploadType=media`
    pub(super) fn replace(&self, ask: &Ask, who: Who, id: &str) -> Result<Reply, Canned> {
        self.check_params(ask, params::UPDATE);
        if ask.params.get("uploadType") != Some("media") {
            // Google offers two more; no caller of this sandbox needs them here.
            return Err(errors::invalid_value("uploadType"));
        }
        let fields = resource::selection(ask.params.fields())?;
        let caller = Caller { who, all_drives: ask.params.flag("supportsAllDrives")? };
        if ask.body.len() > CONTENT_BYTES_MAX {
            return Err(errors::refuse(413, "uploadTooLarge", "The file is too large."));
        }
        let Some(kind) = ask.header("content-type") else {
            return Err(errors::refuse(400, "badContent", "Media type is required."));
        };
        let mut state = self.state();
        self.check_all_drives(&state, caller, id);
        let entry = state.find(caller, id)?;
        if entry.file.md5.is_empty() {
            let message = "This file has no content of its own that could be replaced.";
            return Err(errors::refuse(400, "badRequest", message));
        }
        let id = entry.file.id.clone();
        let mut digests = Digests::new();
        digests.update(&ask.body);
        let sums = digests.finish();
        if let Some(entry) = state.entries.get_mut(&id) {
            let file = &mut entry.file;
            (file.sha256, file.sha1, file.md5) = (sums.sha256, sums.sha1, sums.md5);
            file.size = ask.body.len() as u64;
            file.mime_type = kind.to_owned();
            file.modified_time = Some(now());
            entry.content = Some(ask.body.clone());
        }
        files::answer(&state, &id, who, &fields, Checksum::Shown)
    }
}

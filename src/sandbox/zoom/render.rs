//! Meetings and files as Zoom's API and events show them, holes and oddities included.

use super::api::number;
use super::json::Json;
use super::world::{Kept, Standing, Stored, World};

/// The download URLs in rows: the path under `/rec/`, and the token that belongs to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Links<'a> {
    pub path: &'static str,
    pub token: Option<&'a str>,
}

/// The URLs of a listing without a token of its own.
pub(super) const PLAIN: Links<'static> = Links { path: "download", token: None };

impl Kept {
    /// Sum of the listed sizes. Zoom leaves summaries out of it.
    pub(super) fn total_size(&self) -> u64 {
        self.counted().filter_map(|stored| stored.file.listed_size).sum()
    }

    /// Number of recording files, without summaries and participants' audio.
    pub(super) fn recording_count(&self) -> u64 {
        self.counted().filter(|stored| !stored.is_participant_audio).count() as u64
    }

    /// A recording in the trash is counted like one in its place.
    fn counted(&self) -> impl Iterator<Item = &Stored> {
        let standing = self.standing;
        self.files.iter().filter(move |stored| {
            stored.standing == standing && stored.file.file_type != "SUMMARY" && !self.hides(stored)
        })
    }

    fn in_order(&self) -> Vec<&Stored> {
        let mut files: Vec<&Stored> = self.files.iter().collect();
        if self.is_reversed {
            files.reverse();
        }
        files
    }

    fn hides(&self, stored: &Stored) -> bool {
        self.is_processing || stored.file.is_processing()
    }

    /// The common fields of `GET /users/{id}/recordings` and `GET /meetings/{uuid}/recordings`.
    pub(super) fn rest_fields(&self, account_id: &str) -> Json {
        let meeting = &self.meeting;
        let strings = meeting.numbers_as_strings;
        Json::object()
            .put("uuid", meeting.uuid.as_str())
            .put("id", number(meeting.id, strings))
            .put("account_id", account_id)
            .put("host_id", meeting.host_id.as_str())
            .put("topic", meeting.topic.as_str())
            .put("type", number(meeting.kind.into(), strings))
            .put("start_time", meeting.start_time.as_str())
            .put("timezone", meeting.timezone.as_str())
            .put("duration", number(meeting.duration, strings))
            .put("total_size", number(self.total_size(), strings))
            .put("recording_count", number(self.recording_count(), strings))
            .put("share_url", "https://zoom.example/rec/share/sandbox")
            .put("auto_delete", meeting.auto_delete_date.is_some())
            .put_some("auto_delete_date", meeting.auto_delete_date.as_deref())
    }
}

impl World {
    /// The rows of `recording_files`, or `None` where Zoom leaves the field out.
    pub(super) fn recording_files(
        &mut self,
        kept: &Kept,
        links: Links<'_>,
        pick: impl Fn(&Stored) -> bool,
    ) -> Option<Json> {
        if kept.meeting.participant_audio_only {
            return None;
        }
        let picked =
            kept.in_order().into_iter().filter(|stored| !stored.is_participant_audio && pick(stored));
        Some(Json::List(picked.map(|stored| self.file_row(kept, stored, links)).collect()))
    }

    /// The rows of `participant_audio_files`; the field is left out when there are none.
    pub(super) fn participant_audio(
        &mut self,
        kept: &Kept,
        links: Links<'_>,
        pick: impl Fn(&Stored) -> bool,
    ) -> Option<Json> {
        let picked = kept.in_order().into_iter().filter(|stored| stored.is_participant_audio && pick(stored));
        let rows: Vec<Json> = picked.map(|stored| self.file_row(kept, stored, links)).collect();
        (!rows.is_empty()).then_some(Json::List(rows))
    }

    fn file_row(&mut self, kept: &Kept, stored: &Stored, links: Links<'_>) -> Json {
        let file = &stored.file;
        let row = Json::object().put_some("id", file.id.as_deref());
        let row =
            if stored.is_participant_audio { row } else { row.put("meeting_id", kept.meeting.uuid.as_str()) };
        let row = row.put("recording_start", file.recording_start.as_str());
        if kept.hides(stored) {
            let url = self.link(kept, stored.key, links.path, links.token);
            return row
                .put("recording_end", "")
                .put("file_type", "")
                .put("file_extension", "")
                .put("file_size", 0)
                .put("download_url", url)
                .put("status", "processing");
        }
        let size = file.listed_size.map(|size| number(size, kept.meeting.numbers_as_strings));
        let row = row
            .put("recording_end", file.recording_end.as_str())
            .put_some("recording_type", file.recording_type.as_deref())
            .put("file_type", file.file_type.as_str())
            .put_some("file_name", file.file_name.as_deref())
            .put_some("file_size", size)
            .put_some("file_extension", file.file_extension.as_deref());
        // Timelines cannot be played.
        let row = if file.file_type == "TIMELINE" {
            row
        } else {
            row.put("play_url", "https://zoom.example/rec/play/sandbox")
        };
        let row = match &file.file_path {
            Some(path) => row.put("file_path", path.as_str()),
            None => row.put("download_url", self.link(kept, stored.key, links.path, links.token)),
        };
        let status = (!file.status.is_empty()).then_some(file.status.as_str());
        let row = row.put_some("status", status).put("encryption_fingerprint", "");
        let is_trashed = stored.standing == Standing::Trashed;
        row.put_some("deleted_time", is_trashed.then_some("2026-01-16T10:00:00Z"))
    }
}

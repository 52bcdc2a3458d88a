//! A conference of Meet as a recording of the archive.

use std::collections::HashSet;

use super::{Artifact, ArtifactKind, ArtifactState, Conference, MeetingCode};
use crate::recording::{
    Download, FileKey, FileStatus, MeetingKind, MeetingUuid, Origin, Recording, RecordingFile,
};
use crate::secret::SecretUrl;

/// The format of documents: it looks the same everywhere, and nobody changes it by accident.
const EXPORTED_AS: &str = "application/pdf";

/// The extension of that format.
const EXPORT_EXTENSION: &str = "PDF";

/// What is known of a conference besides its record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConferenceFacts {
    /// The code of its room.
    pub code: Option<MeetingCode>,
    /// The title of its entry in a calendar; empty if none is known.
    pub title: String,
    /// The organiser's address; empty if it is not known.
    pub organiser: String,
    /// Users who see it; at least one.
    pub seen_by: Vec<String>,
}

/// A file in Drive that Meet has made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Original {
    /// Bytes; `None` for a document.
    pub size: Option<u64>,
    /// Lower-case hex; `None` for a document.
    pub sha256: Option<String>,
    /// Why it cannot be read, for people; empty if it can.
    pub unavailable: String,
}

impl Recording {
    /// The recording of a conference. Its files' sizes and checksums are not known before Drive is asked.
    pub fn of_conference(
        conference: &Conference,
        facts: &ConferenceFacts,
        files: Vec<RecordingFile>,
    ) -> Option<Self> {
        let length = conference.end.map(|end| end.as_second() - conference.start.as_second());
        Some(Self {
            uuid: MeetingUuid::of_conference(conference.name.as_str())?,
            meeting_id: facts.code.as_ref().map(ToString::to_string).unwrap_or_default(),
            topic: facts.title.clone(),
            host_id: String::new(),
            host_email: facts.organiser.clone(),
            host_origin: Origin::Listing,
            start_time: Some(conference.start),
            duration_minutes: length.and_then(|seconds| u64::try_from(seconds / 60).ok()),
            auto_delete_date: None,
            kind: Some(MeetingKind::Meeting),
            share_url: facts.code.as_ref().map(MeetingCode::link).unwrap_or_default(),
            time_zone: String::new(),
            account_id: String::new(),
            seen_by: facts.seen_by.clone(),
            files,
        })
    }
}

/// The files of these artifacts, each once: notes and transcript may be one document. `files_url` is the address of
/// Drive's files, such as `https://www.googleapis.com/drive/v3/files`.
pub fn files(artifacts: &[Artifact], files_url: &str) -> Vec<RecordingFile> {
    let mut seen = HashSet::new();
    let is_new = |file: &RecordingFile| seen.insert(file.id.clone());
    artifacts.iter().map(|artifact| file(artifact, files_url)).filter(is_new).collect()
}

fn file(artifact: &Artifact, files_url: &str) -> RecordingFile {
    let is_video = artifact.kind == ArtifactKind::Recording;
    // It becomes a part of an address.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let drive_id = artifact.drive_id.as_deref().filter(|id| id.bytes().all(is_plain));
    let is_ready = artifact.state == ArtifactState::Generated && artifact.drive_id.is_some();
    let url = drive_id.filter(|_| is_ready).map(|id| match is_video {
        true => format!("{files_url}/{id}?alt=media&supportsAllDrives=true"),
        false => format!("{files_url}/{id}/export?mimeType=application%2Fpdf"),
    });
    let unavailable =
        if is_ready && url.is_none() { "Google names its file by an unknown kind of id" } else { "" };
    let id = drive_id.unwrap_or(&artifact.name);
    let (file_type, recording_type) = match artifact.kind {
        ArtifactKind::Recording => ("MP4", "meet_recording"),
        ArtifactKind::Transcript => ("TRANSCRIPT", "meet_transcript"),
        ArtifactKind::Notes => ("SUMMARY", "meet_notes"),
    };
    RecordingFile {
        key: FileKey::new(id),
        id: id.to_owned(),
        file_type: file_type.to_owned(),
        recording_type: recording_type.to_owned(),
        extension: if is_video { "MP4" } else { EXPORT_EXTENSION }.to_owned(),
        size: None,
        start: artifact.start,
        end: artifact.end,
        status: if is_ready { FileStatus::Completed } else { FileStatus::Processing },
        participant: None,
        download: url.map(|url| Download { url: SecretUrl::new(url), token: None, origin: Origin::Listing }),
        sha256: None,
        exported_as: if is_video { String::new() } else { EXPORTED_AS.to_owned() },
        link: artifact.link.clone(),
        unavailable: unavailable.to_owned(),
    }
}

impl RecordingFile {
    /// The file with what Drive says of it.
    #[must_use]
    pub fn with_original(mut self, original: Original) -> Self {
        let Original { size, sha256, unavailable } = original;
        if !unavailable.is_empty() {
            self.download = None;
        }
        // A document has a size in Drive, and its export has another one.
        let is_export = self.is_export();
        self.size = size.filter(|_| !is_export);
        self.sha256 = sha256.filter(|_| !is_export);
        self.unavailable = unavailable;
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::recording::Source;

    const URL: &str = "https://www.googleapis.com/drive/v3/files";

    fn artifact(kind: ArtifactKind, state: &str, id: &str) -> Artifact {
        let place = json!({"file": id, "document": id, "exportUri": "https://x"});
        let name = format!("conferenceRecords/b/{}/9", kind.collection());
        let answer =
            json!({"name": name, "state": state, "driveDestination": place, "docsDestination": place});
        Artifact::read(kind, &answer).unwrap()
    }

    #[test]
    fn a_video_is_copied_and_a_document_is_exported() {
        let made = [
            artifact(ArtifactKind::Recording, "FILE_GENERATED", "1vid"),
            artifact(ArtifactKind::Transcript, "FILE_GENERATED", "1doc"),
            artifact(ArtifactKind::Notes, "FILE_GENERATED", "1doc"),
        ];
        let files = files(&made, URL);
        assert_eq!(files.len(), 2, "one document is one file");
        let url =
            |index: usize| files[index].download.as_ref().map(|download| download.url.expose().to_owned());
        assert_eq!(url(0).unwrap(), format!("{URL}/1vid?alt=media&supportsAllDrives=true"));
        assert_eq!(url(1).unwrap(), format!("{URL}/1doc/export?mimeType=application%2Fpdf"));
        assert!(!files[0].is_export() && files[1].is_export());
        let known = Original { size: Some(9), sha256: Some("ab".into()), unavailable: String::new() };
        let [video, document] = [0, 1].map(|index| files[index].clone().with_original(known.clone()));
        assert_eq!((video.size, video.sha256.as_deref()), (Some(9), Some("ab")));
        assert_eq!((document.size, document.sha256), (None, None), "an export has no checksum");
    }

    #[test]
    fn what_is_not_ready_has_no_address_and_is_asked_for_again() {
        for (state, id) in [("STARTED", "1vid"), ("ENDED", "1vid"), ("FILE_GENERATED", "")] {
            let file = &files(&[artifact(ArtifactKind::Recording, state, id)], URL)[0];
            assert_eq!(
                (file.status, file.download.is_some()),
                (FileStatus::Processing, false),
                "{state} {id}"
            );
        }
        let foreign = Artifact {
            drive_id: Some("a b?c".into()),
            ..artifact(ArtifactKind::Recording, "FILE_GENERATED", "x")
        };
        let file = &files(&[foreign], URL)[0];
        assert!(file.download.is_none() && !file.unavailable.is_empty());
        let gone = Original { unavailable: "its file was deleted in Drive".into(), ..Original::default() };
        let file = files(&[artifact(ArtifactKind::Recording, "FILE_GENERATED", "1vid")], URL).remove(0);
        let file = file.with_original(gone);
        assert!(file.download.is_none() && file.status == FileStatus::Completed);
    }

    #[test]
    fn a_conference_is_a_recording_of_meet() {
        let answer = json!({"name": "conferenceRecords/b", "space": "spaces/A", "startTime": "2026-11-02T09:00:12.345Z",
            "endTime": "2026-11-02T10:02:40Z"});
        let facts = ConferenceFacts {
            code: "abc-mnop-xyz".parse().ok(),
            title: "Standup".into(),
            organiser: "ewa@example.pl".into(),
            seen_by: vec!["ewa@example.pl".into()],
        };
        let recording =
            Recording::of_conference(&Conference::read(&answer).unwrap(), &facts, Vec::new()).unwrap();
        assert_eq!((recording.source(), recording.duration_minutes), (Source::Meet, Some(62)));
        assert_eq!((recording.meeting_id.as_str(), recording.topic.as_str()), ("abc-mnop-xyz", "Standup"));
        assert_eq!(recording.share_url, "https://meet.google.com/abc-mnop-xyz");
    }
}

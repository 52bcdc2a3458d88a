//! Recordings, transcripts and notes of a conference.

use jiff::Timestamp;
use serde_json::Value;

use super::json::{text, time};

/// A recording, a transcript or notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// `conferenceRecords/b4a5c6d7/recordings/9`
    pub name: String,
    pub kind: ArtifactKind,
    pub state: ArtifactState,
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    /// The file in the organiser's Drive, once Google has made it. It stays listed after it was deleted.
    pub drive_id: Option<String>,
    /// Its address for people; may be empty.
    pub link: String,
}

/// What Google made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ArtifactKind {
    /// An MP4 file.
    Recording,
    /// A Google document.
    Transcript,
    /// A Google document.
    Notes,
}

/// If the file can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArtifactState {
    /// It is being recorded.
    Started,
    /// It is recorded, and the file is not ready.
    Ended,
    /// The file is ready.
    Generated,
}

impl ArtifactKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Recording, Self::Transcript, Self::Notes];

    /// The collection in an address, and the name of the list in an answer.
    pub fn collection(self) -> &'static str {
        match self {
            Self::Recording => "recordings",
            Self::Transcript => "transcripts",
            Self::Notes => "smartNotes",
        }
    }

    /// A word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Transcript => "transcript",
            Self::Notes => "notes",
        }
    }
}

impl ArtifactState {
    /// A word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Started => "recording",
            Self::Ended => "not ready",
            Self::Generated => "ready",
        }
    }
}

impl Artifact {
    /// Reads an entry of a collection; `None` if it has no name. An unknown state is not ready.
    pub fn read(kind: ArtifactKind, answer: &Value) -> Option<Self> {
        let (place, id) = match kind {
            ArtifactKind::Recording => (&answer["driveDestination"], "file"),
            ArtifactKind::Transcript | ArtifactKind::Notes => (&answer["docsDestination"], "document"),
        };
        let state = match answer["state"].as_str() {
            Some("FILE_GENERATED") => ArtifactState::Generated,
            Some("STARTED") => ArtifactState::Started,
            _ => ArtifactState::Ended,
        };
        Some(Self {
            name: answer["name"].as_str()?.to_owned(),
            kind,
            state,
            start: time(answer, "startTime"),
            end: time(answer, "endTime"),
            // A bare id, or a name such as documents/1kuceF.
            drive_id: place[id]
                .as_str()
                .and_then(|id| id.rsplit('/').next())
                .filter(|id| !id.is_empty())
                .map(str::to_owned),
            link: text(place, "exportUri"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn recordings_and_documents_name_their_file() {
        let answer = json!({"name": "conferenceRecords/b/recordings/9", "state": "FILE_GENERATED",
            "startTime": "2026-11-02T09:00:00Z", "driveDestination": {"file": "1kuceF",
            "exportUri": "https://drive.google.com/file/d/1kuceF/view"}});
        let read = Artifact::read(ArtifactKind::Recording, &answer).unwrap();
        assert_eq!((read.state, read.drive_id.as_deref()), (ArtifactState::Generated, Some("1kuceF")));
        assert_eq!(read.link, "https://drive.google.com/file/d/1kuceF/view");
        let notes = json!({"name": "conferenceRecords/b/smartNotes/9", "state": "ENDED",
            "docsDestination": {"document": "documents/1doc"}});
        let read = Artifact::read(ArtifactKind::Notes, &notes).unwrap();
        assert_eq!((read.state, read.drive_id.as_deref()), (ArtifactState::Ended, Some("1doc")));
        assert_eq!(Artifact::read(ArtifactKind::Transcript, &json!({"state": "NEW"})), None);
    }
}

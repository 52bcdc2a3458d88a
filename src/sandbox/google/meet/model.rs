//! Conferences as tests make them: who met, when, and which files came of it.

use jiff::{SignedDuration, Timestamp};

use crate::sandbox::content::{Content, Kind};

/// Records are kept this long after the end.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A conference that took place, or takes place.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names are Meet's own")]
pub struct Conference {
    /// `conferenceRecords/...`; made up if it is empty.
    pub name: String,
    /// The owner of the room: an address.
    pub organizer: String,
    pub code: String,
    /// `spaces/...`; one for each code if it is empty.
    pub space: String,
    pub start: Timestamp,
    /// Nothing while it is still on.
    pub end: Option<Timestamp>,
    /// When the record vanishes, if not thirty days after the end.
    pub expires: Option<Timestamp>,
    pub participants: Vec<Participant>,
    pub artifacts: Vec<Artifact>,
}

impl Conference {
    /// A conference that is still on, in the room with this code, which belongs to this address.
    pub fn new(organizer: &str, code: &str, start: Timestamp) -> Self {
        Self {
            name: String::new(),
            organizer: organizer.to_ascii_lowercase(),
            code: code.to_owned(),
            space: String::new(),
            start,
            end: None,
            expires: None,
            participants: Vec::new(),
            artifacts: Vec::new(),
        }
    }

    /// Sets the record's id: `b4a5c6d7` for `conferenceRecords/b4a5c6d7`.
    #[must_use]
    pub fn id(self, id: &str) -> Self {
        Self { name: format!("conferenceRecords/{id}"), ..self }
    }

    /// Sets the room's id: `A` for `spaces/A`.
    #[must_use]
    pub fn space(self, id: &str) -> Self {
        Self { space: format!("spaces/{id}"), ..self }
    }

    /// Sets the end.
    #[must_use]
    pub fn ended(self, end: Timestamp) -> Self {
        Self { end: Some(end), ..self }
    }

    /// Sets the moment at which the record vanishes.
    #[must_use]
    pub fn expires(self, expires: Timestamp) -> Self {
        Self { expires: Some(expires), ..self }
    }

    /// Adds a participant.
    #[must_use]
    pub fn participant(mut self, participant: Participant) -> Self {
        self.participants.push(participant);
        self
    }

    /// Adds a recording, a transcript or notes.
    #[must_use]
    pub fn artifact(mut self, artifact: Artifact) -> Self {
        self.artifacts.push(artifact);
        self
    }

    pub(super) fn expire_time(&self) -> Timestamp {
        let kept = |end: Timestamp| end.checked_add(KEPT).unwrap_or(Timestamp::MAX);
        self.expires.unwrap_or_else(|| kept(self.end.unwrap_or(self.start)))
    }
}

/// The kinds of participants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Signed in, with an address of this Workspace.
    User(String),
    /// Signed in elsewhere: only the id is known here.
    Outsider(String),
    /// Not signed in.
    Anonymous,
    /// By phone.
    Phone,
}

/// Somebody who was in a conference.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names are Meet's own")]
pub struct Participant {
    pub identity: Identity,
    pub display_name: String,
    /// Joins and leaves; who is still in has not left.
    pub sessions: Vec<(Timestamp, Option<Timestamp>)>,
}

impl Participant {
    fn new(identity: Identity, display_name: &str) -> Self {
        Self { identity, display_name: display_name.to_owned(), sessions: Vec::new() }
    }

    /// A user of the Workspace.
    pub fn user(email: &str, display_name: &str) -> Self {
        Self::new(Identity::User(email.to_ascii_lowercase()), display_name)
    }

    /// Somebody with an account elsewhere, whose id is `users/{id}`.
    pub fn outsider(id: &str, display_name: &str) -> Self {
        Self::new(Identity::Outsider(id.to_owned()), display_name)
    }

    /// Somebody who is not signed in.
    pub fn anonymous(display_name: &str) -> Self {
        Self::new(Identity::Anonymous, display_name)
    }

    /// Somebody on the phone, whose number is partly hidden.
    pub fn phone(number: &str) -> Self {
        Self::new(Identity::Phone, number)
    }

    /// Adds a session.
    #[must_use]
    pub fn session(mut self, start: Timestamp, end: Timestamp) -> Self {
        self.sessions.push((start, Some(end)));
        self
    }

    /// Adds a session that is still on.
    #[must_use]
    pub fn since(mut self, start: Timestamp) -> Self {
        self.sessions.push((start, None));
        self
    }

    pub(super) fn earliest_start(&self) -> Option<Timestamp> {
        self.sessions.iter().map(|(start, _)| *start).min()
    }

    /// Nothing while one of the sessions is on.
    pub(super) fn latest_end(&self) -> Option<Timestamp> {
        self.sessions
            .iter()
            .map(|(_, end)| *end)
            .try_fold(Timestamp::MIN, |latest, end| Some(latest.max(end?)))
    }
}

/// The kinds of files that come of a conference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArtifactKind {
    /// An MP4.
    Recording,
    /// A Google document.
    Transcript,
    /// A Google document, made by a machine that listened.
    Notes,
}

/// How far the making of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArtifactState {
    /// It is being recorded.
    Started,
    /// The file is being made.
    Ended,
    /// The file is in Drive.
    Generated,
}

/// A recording, a transcript or notes.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names are Meet's own")]
pub struct Artifact {
    pub kind: ArtifactKind,
    pub state: ArtifactState,
    /// The name of the file in Drive.
    pub file_name: String,
    pub content: Content,
    pub can_download: bool,
    /// Its own start and end, if not the conference's.
    pub times: Option<(Timestamp, Option<Timestamp>)>,
    /// The file in Drive, once it is there.
    pub file: Option<String>,
}

impl Artifact {
    fn new(kind: ArtifactKind, file_name: &str, content: Content) -> Self {
        let state = ArtifactState::Generated;
        let file_name = file_name.to_owned();
        Self { kind, state, file_name, content, can_download: true, times: None, file: None }
    }

    /// A recording of this size. Another name, other bytes.
    pub fn recording(file_name: &str, size: u64) -> Self {
        let seed =
            file_name.bytes().fold(size, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Self::new(ArtifactKind::Recording, file_name, Content::new(Kind::Mp4, size, seed))
    }

    /// A transcript with this text.
    pub fn transcript(file_name: &str, text: &str) -> Self {
        let content = Content::literal(Kind::Txt, text.as_bytes().to_vec());
        Self::new(ArtifactKind::Transcript, file_name, content)
    }

    /// Notes with this text.
    pub fn notes(file_name: &str, text: &str) -> Self {
        let content = Content::literal(Kind::Txt, text.as_bytes().to_vec());
        Self::new(ArtifactKind::Notes, file_name, content)
    }

    /// Sets the state. A file is in Drive only when it is generated.
    #[must_use]
    pub fn state(self, state: ArtifactState) -> Self {
        Self { state, ..self }
    }

    /// Sets start and end, where they are not the conference's.
    #[must_use]
    pub fn between(self, start: Timestamp, end: Timestamp) -> Self {
        Self { times: Some((start, Some(end))), ..self }
    }

    /// Forbids the download, as the owner of a file can.
    #[must_use]
    pub fn without_download(self) -> Self {
        Self { can_download: false, ..self }
    }
}

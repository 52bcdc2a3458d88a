//! The state behind the answers: which recordings stand where, and which links and pages are good.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::time::{Duration, Instant};

use super::super::content::Content;
use super::super::faults::Canned;
use super::attendance::Reports;
use super::meetings::{Rules, Scheduled};
use super::model::{File, Meeting};
use super::tokens::{TokenIssuer, milliseconds};

/// The location of a recording or one of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In the cloud, where it was recorded.
    Present,
    /// In the trash, for 30 days.
    Trashed,
    /// Permanently deleted.
    Deleted,
}

/// The current state of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The whole recording.
    pub standing: Standing,
    /// Every file that was ever there: recording files first, then participants' audio.
    pub files: Vec<FileState>,
}

/// The current state of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct FileState {
    /// `None` for a file without id.
    pub id: Option<String>,
    /// Zoom's `file_type`.
    pub file_type: String,
    pub standing: Standing,
    pub content: Content,
    /// Whether it is one of `participant_audio_files`.
    pub is_participant_audio: bool,
    /// Whether a client with an address from a listing, not from an event, has received every byte of it.
    pub is_read_as_listed: bool,
}

/// A file and what happened to it. The key tells files apart that have no id.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub key: u64,
    pub file: File,
    pub is_participant_audio: bool,
    pub standing: Standing,
}

impl Stored {
    pub(super) fn is_present(&self) -> bool {
        self.standing == Standing::Present
    }
}

/// A meeting and what happened to it; its files have moved into `files`.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub meeting: Meeting,
    pub files: Vec<Stored>,
    pub standing: Standing,
    pub is_processing: bool,
    /// Counts deletions of single files: each ends the links that were listed before (facts 3).
    pub epoch: u32,
    /// Its rows are listed in reverse order.
    pub is_reversed: bool,
    /// The topic before it was renamed.
    pub old_topic: Option<String>,
}

impl Kept {
    /// Follows the files: a recording whose last file went is itself where that file went.
    pub(super) fn settle(&mut self) {
        let any = |standing| self.files.iter().any(|stored| stored.standing == standing);
        self.standing = if any(Standing::Present) {
            Standing::Present
        } else if any(Standing::Trashed) {
            Standing::Trashed
        } else {
            Standing::Deleted
        };
    }
}

/// A download URL that Zoom gave out.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub key: u64,
    pub uuid: String,
    /// Under `/rec/`: an event's URLs and a listing's differ.
    pub path: &'static str,
    /// The download token that came with it; the OAuth token always works.
    pub token: Option<String>,
    pub epoch: u32,
}

/// A signed URL of the media host.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub key: u64,
    pub uuid: String,
    pub expires: Instant,
    /// Of the download URL that led here.
    pub path: &'static str,
}

/// The position where a list continues, and the parameters that it belongs to.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub parameters: String,
    pub offset: usize,
    pub expires: Instant,
}

/// A file, and which of its contents.
pub(super) type Listed = (u64, String);

/// Names a file's content as it is now.
pub(super) fn listed(key: u64, content: &Content) -> Listed {
    (key, format!("{content:?}"))
}

/// Time within which a signed link can start a download.
const SIGNED_FOR: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct World {
    /// Scheme, host and port of everything but the media host.
    pub base: String,
    /// The same of the media host.
    pub media: String,
    pub meetings: Vec<Kept>,
    pub reports: Reports,
    /// Meetings that are planned, beside those that were recorded.
    pub scheduled: Vec<Scheduled>,
    pub meeting_rules: Rules,
    /// Users beyond the meetings' hosts, or hosts who are not active: address and status.
    pub users: HashMap<String, String>,
    /// Hosts whom the list of users does not show: Zoom Rooms, deleted users, those of sub-accounts.
    pub hidden: HashSet<String>,
    /// Renamed users: the new address, by the old one.
    pub renamed: HashMap<String, String>,
    pub links: HashMap<String, Link>,
    pub signed: HashMap<String, Signed>,
    /// The bytes sent to clients with an address from a listing: by file and content, in pieces.
    pub sent_as_listed: HashMap<Listed, Vec<Range<u64>>>,
    pub pages: HashMap<String, Page>,
    pub issuer: TokenIssuer,
    pub scopes: Vec<String>,
    pub client_secret: String,
    pub webhook_secret: String,
    pub trash_denied: Option<Canned>,
    /// The app is deactivated: it gets no tokens, and those that it has are worth nothing.
    pub is_deactivated: bool,
    /// Seconds that Zoom's clock is ahead.
    pub clock_ahead: i64,
    /// The announced lifetime of tokens, if it differs from the real one.
    pub announced_life: Option<u64>,
    /// Most rows on a page, whatever was asked for.
    pub rows_max: Option<usize>,
    /// Most days that a listing looks at; it cuts the beginning and says nothing.
    pub days_max: Option<i32>,
    /// When the last event was made: no two are made at once.
    last_event_at: u64,
    keys: u64,
}

impl World {
    pub(super) fn add(&mut self, mut meeting: Meeting) {
        let files = std::mem::take(&mut meeting.files);
        let audio = std::mem::take(&mut meeting.participant_audio);
        let mut kept = Kept {
            meeting,
            files: Vec::new(),
            standing: Standing::Present,
            is_processing: false,
            epoch: 0,
            is_reversed: false,
            old_topic: None,
        };
        for file in files {
            self.store(&mut kept, file, false);
        }
        for file in audio {
            self.store(&mut kept, file, true);
        }
        self.meetings.retain(|other| other.meeting.uuid != kept.meeting.uuid);
        self.meetings.push(kept);
    }

    pub(super) fn add_file(&mut self, uuid: &str, file: File, is_participant_audio: bool) {
        let Some(index) = self.meetings.iter().position(|kept| kept.meeting.uuid == uuid) else { return };
        let mut kept = self.meetings[index].clone();
        self.store(&mut kept, file, is_participant_audio);
        self.meetings[index] = kept;
    }

    fn store(&mut self, kept: &mut Kept, mut file: File, is_participant_audio: bool) {
        if file.recording_start.is_empty() {
            file.recording_start.clone_from(&kept.meeting.start_time);
        }
        if file.recording_end.is_empty() {
            file.recording_end = end_of(&kept.meeting);
        }
        self.keys += 1;
        kept.files.push(Stored { key: self.keys, file, is_participant_audio, standing: Standing::Present });
    }

    /// The recording of this uuid or, for a number, of the latest instance.
    pub(super) fn find(&self, uuid: &str) -> Option<&Kept> {
        let known = self.meetings.iter().find(|kept| kept.meeting.uuid == uuid);
        let id: Option<u64> = uuid.parse().ok();
        known.or_else(|| {
            let instances = self.meetings.iter().filter(|kept| Some(kept.meeting.id) == id);
            instances.max_by(|a, b| a.meeting.start_time.cmp(&b.meeting.start_time))
        })
    }

    pub(super) fn find_mut(&mut self, uuid: &str) -> Option<&mut Kept> {
        let uuid = self.find(uuid)?.meeting.uuid.clone();
        self.meetings.iter_mut().find(|kept| kept.meeting.uuid == uuid)
    }

    pub(super) fn file_mut(&mut self, uuid: &str, file_id: &str) -> Option<&mut Stored> {
        self.find_mut(uuid)?.files.iter_mut().find(|stored| stored.file.handle() == file_id)
    }

    /// The file behind a link, if it can still be had.
    pub(super) fn stored(&self, uuid: &str, key: u64) -> Option<(&Kept, &Stored)> {
        let kept = self.find(uuid)?;
        kept.files.iter().find(|stored| stored.key == key).map(|stored| (kept, stored))
    }

    /// The same, to be changed.
    pub(super) fn stored_mut(&mut self, uuid: &str, key: u64) -> Option<&mut Stored> {
        self.find_mut(uuid)?.files.iter_mut().find(|stored| stored.key == key)
    }

    /// A new download URL for a file.
    pub(super) fn link(&mut self, kept: &Kept, key: u64, path: &'static str, token: Option<&str>) -> String {
        let opaque = self.issuer.fresh("link");
        let link = Link {
            key,
            uuid: kept.meeting.uuid.clone(),
            path,
            token: token.map(str::to_owned),
            epoch: kept.epoch,
        };
        self.links.insert(opaque.clone(), link);
        format!("{}/rec/{path}/{opaque}", self.base)
    }

    /// A new signed URL on the media host: a host of another name, as Zoom's is.
    pub(super) fn sign(&mut self, uuid: &str, stored: &Stored, path: &'static str) -> String {
        let signature = self.issuer.fresh("signed");
        let policy = self.issuer.fresh("policy");
        let expires = Instant::now() + SIGNED_FOR;
        let signed = Signed { key: stored.key, uuid: uuid.to_owned(), expires, path };
        self.signed.insert(signature.clone(), signed);
        let base = &self.media;
        let name = stored.file.media_name();
        format!("{base}/media/{name}?Policy={policy}&Signature={signature}&Key-Pair-Id=K2SANDBOX")
    }

    /// The time of the next event, in milliseconds.
    pub(super) fn next_event_at(&mut self) -> u64 {
        self.last_event_at = milliseconds().max(self.last_event_at + 1);
        self.last_event_at
    }

    /// Records bytes sent to a client with an address from a listing.
    pub(super) fn note_sent(&mut self, file: &Listed, piece: Range<u64>) {
        let pieces = self.sent_as_listed.entry(file.clone()).or_default();
        match pieces.iter_mut().find(|known| known.end == piece.start) {
            Some(known) => known.end = piece.end,
            None => pieces.push(piece),
        }
    }

    fn is_read_as_listed(&self, stored: &Stored) -> bool {
        let content = &stored.file.content;
        let sent = self.sent_as_listed.get(&listed(stored.key, content));
        let mut pieces = sent.cloned().unwrap_or_default();
        pieces.sort_by_key(|piece| piece.start);
        let reach = |end: u64, piece: &Range<u64>| if piece.start <= end { end.max(piece.end) } else { end };
        pieces.iter().fold(0, reach) >= content.size()
    }

    pub(super) fn snapshot(&self, uuid: &str) -> Option<State> {
        let kept = self.find(uuid)?;
        let files = kept
            .files
            .iter()
            .map(|stored| FileState {
                id: stored.file.id.clone(),
                file_type: stored.file.file_type.clone(),
                standing: stored.standing,
                content: stored.file.content.clone(),
                is_participant_audio: stored.is_participant_audio,
                is_read_as_listed: self.is_read_as_listed(stored),
            })
            .collect();
        Some(State { standing: kept.standing, files })
    }
}

/// When the meeting ended, in Zoom's form.
pub(super) fn end_of(meeting: &Meeting) -> String {
    let minutes = i64::try_from(meeting.duration).unwrap_or(0);
    let start: Result<jiff::Timestamp, _> = meeting.start_time.parse();
    match start.and_then(|start| start.checked_add(jiff::SignedDuration::from_mins(minutes))) {
        Ok(end) => end.to_string(),
        // An odd start was asked for by a test: the end is just as odd.
        Err(_) => meeting.start_time.clone(),
    }
}

//! The recordings of the sandbox's Zoom: meetings, their files, and their participants.
//!
//! Every field is public, because Zoom's listings are full of holes and tests must be able to make each.

use super::super::content::{Content, Kind};
use super::attendance::Attendee;

/// A recorded meeting: one instance, known by its uuid (the number repeats).
#[derive(Debug, Clone)]
pub struct Meeting {
    /// The instance's uuid.
    pub uuid: String,
    /// The meeting number.
    pub id: u64,
    /// The topic; may be empty, and may hold slashes, line breaks and emoji.
    pub topic: String,
    /// The host's address.
    pub host_email: String,
    /// The host's user id.
    pub host_id: String,
    /// RFC 3339, in UTC.
    pub start_time: String,
    /// IANA name; empty for instant meetings.
    pub timezone: String,
    /// Minutes.
    pub duration: u64,
    /// Zoom's `type`: 2 scheduled, 4 personal room, 5 webinar, 8 recurring ...
    pub kind: u8,
    /// `recording_files`.
    pub files: Vec<File>,
    /// `participant_audio_files`.
    pub participant_audio: Vec<File>,
    /// The passcode, in plain text as Zoom sends it.
    pub password: String,
    /// Rows of the attendance report; two people by default.
    pub attendance: Vec<Attendee>,
    /// Numbers come as strings, as some Zooms send them.
    pub numbers_as_strings: bool,
    /// `auto_delete_date`: the day on which Zoom's own retention deletes it, `yyyy-mm-dd`.
    pub auto_delete_date: Option<String>,
    /// `recording_files` is missing altogether: only participant audio was recorded.
    pub participant_audio_only: bool,
}

impl Meeting {
    /// A one-hour meeting of an actor's company on 15 January 2026.
    pub fn new(uuid: impl Into<String>, topic: impl Into<String>) -> Self {
        let uuid = uuid.into();
        let id = 80_000_000_000 + number(&uuid) % 10_000_000_000;
        let meeting = Self {
            uuid,
            id,
            topic: topic.into(),
            host_email: String::new(),
            host_id: String::new(),
            start_time: "2026-01-15T10:00:00Z".to_owned(),
            timezone: "Europe/Berlin".to_owned(),
            duration: 60,
            kind: 2,
            files: Vec::new(),
            participant_audio: Vec::new(),
            password: "pa$$&\"1".to_owned(),
            attendance: vec![Attendee::new("Ada Host", "ada@example.com"), Attendee::new("Guest", "")],
            numbers_as_strings: false,
            auto_delete_date: None,
            participant_audio_only: false,
        };
        meeting.host("ada@example.com")
    }

    /// Another host; the user id follows from the address.
    #[must_use]
    pub fn host(mut self, email: &str) -> Self {
        email.clone_into(&mut self.host_email);
        self.host_id = user_id(email);
        self
    }

    /// Another start (RFC 3339, UTC).
    #[must_use]
    pub fn start(mut self, start_time: &str) -> Self {
        start_time.clone_into(&mut self.start_time);
        self
    }

    /// One more recording file.
    #[must_use]
    pub fn file(mut self, file: File) -> Self {
        self.files.push(file);
        self
    }

    /// One more participant's audio file.
    #[must_use]
    pub fn participant(mut self, mut file: File) -> Self {
        file.file_name.get_or_insert_with(|| "Audio only - Ada Host".to_owned());
        file.recording_type = None;
        self.participant_audio.push(file);
        self
    }

    /// `recording_files` is left out of every listing.
    #[must_use]
    pub fn participant_audio_only(mut self) -> Self {
        self.participant_audio_only = true;
        self
    }

    /// Ids, sizes and counts come as strings.
    #[must_use]
    pub fn numbers_as_strings(mut self) -> Self {
        self.numbers_as_strings = true;
        self
    }

    /// Zoom's own retention deletes it on this day (`yyyy-mm-dd`).
    #[must_use]
    pub fn deleted_on(mut self, day: &str) -> Self {
        self.auto_delete_date = Some(day.to_owned());
        self
    }

    /// One more row in the attendance report.
    #[must_use]
    pub fn attendee(mut self, attendee: Attendee) -> Self {
        self.attendance.push(attendee);
        self
    }
}

/// One file of a recording.
#[derive(Debug, Clone)]
pub struct File {
    /// Missing in old timelines and captions.
    pub id: Option<String>,
    /// `MP4`, `M4A`, `CHAT` ...
    pub file_type: String,
    /// Missing in old events.
    pub file_extension: Option<String>,
    /// Missing in old events and for participant audio.
    pub recording_type: Option<String>,
    /// RFC 3339; the meeting's start when empty.
    pub recording_start: String,
    /// RFC 3339; the meeting's end when empty.
    pub recording_end: String,
    /// `completed` or `processing`; left out when empty.
    pub status: String,
    /// `file_name`: participant audio has one.
    pub file_name: Option<String>,
    /// The bytes.
    pub content: Content,
    /// What is answered in the place of the bytes, and to how many requests from now on.
    pub instead: Option<(Content, u32)>,
    /// The size in the listing; `None` omits the field.
    pub listed_size: Option<u64>,
    /// On-premise recordings: a path, and then no `download_url`.
    pub file_path: Option<String>,
    /// The media host calls it `application/octet-stream`.
    pub octet_stream: bool,
}

impl File {
    /// The bytes follow from the id: give two files two ids, as Zoom does, and a mix-up shows.
    fn new(id: &str, size: u64, types: [&str; 3], kind: Kind) -> Self {
        let [file_type, extension, recording_type] = types;
        Self {
            id: Some(id.to_owned()),
            file_type: file_type.to_owned(),
            file_extension: Some(extension.to_owned()),
            recording_type: Some(recording_type.to_owned()),
            recording_start: String::new(),
            recording_end: String::new(),
            status: "completed".to_owned(),
            file_name: None,
            content: Content::new(kind, size, number(id)),
            instead: None,
            listed_size: Some(size),
            file_path: None,
            octet_stream: false,
        }
    }

    /// A video.
    pub fn mp4(id: &str, size: u64) -> Self {
        Self::new(id, size, ["MP4", "MP4", "shared_screen_with_speaker_view"], Kind::Mp4)
    }

    /// An audio track.
    pub fn m4a(id: &str, size: u64) -> Self {
        Self::new(id, size, ["M4A", "M4A", "audio_only"], Kind::M4a)
    }

    /// A transcript. The media host does not know VTT, as not all of Zoom's do.
    pub fn transcript(id: &str, size: u64) -> Self {
        let file = Self::new(id, size, ["TRANSCRIPT", "VTT", "audio_transcript"], Kind::Vtt);
        Self { octet_stream: true, ..file }
    }

    /// Closed captions.
    pub fn closed_caption(id: &str, size: u64) -> Self {
        Self::new(id, size, ["CC", "VTT", "closed_caption"], Kind::Vtt)
    }

    /// The chat.
    pub fn chat(id: &str, size: u64) -> Self {
        Self::new(id, size, ["CHAT", "TXT", "chat_file"], Kind::Txt)
    }

    /// The speakers and their times.
    pub fn timeline(id: &str, size: u64) -> Self {
        Self::new(id, size, ["TIMELINE", "JSON", "timeline"], Kind::Json)
    }

    /// A summary; Zoom counts it neither in `total_size` nor in `recording_count`.
    pub fn summary(id: &str, size: u64) -> Self {
        Self::new(id, size, ["SUMMARY", "JSON", "summary"], Kind::Json)
    }

    /// Poll results.
    pub fn poll(id: &str, size: u64) -> Self {
        Self::new(id, size, ["CSV", "CSV", "poll"], Kind::Csv)
    }

    /// A thumbnail.
    pub fn thumbnail(id: &str, size: u64) -> Self {
        Self::new(id, size, ["TB", "JPG", "thumbnail"], Kind::Jpg)
    }

    /// When this part of the recording began and ended (RFC 3339, UTC).
    #[must_use]
    pub fn recorded(mut self, start: &str, end: &str) -> Self {
        start.clone_into(&mut self.recording_start);
        end.clone_into(&mut self.recording_end);
        self
    }

    /// Zoom lists the file, and does not have it yet: the next `times` requests get `instead`, from every address.
    /// `u32::MAX` means all requests.
    #[must_use]
    pub fn answered(mut self, instead: Content, times: u32) -> Self {
        self.instead = Some((instead, times));
        self
    }

    /// The bytes that the next request gets.
    pub(super) fn take_answer(&mut self) -> Content {
        match &mut self.instead {
            Some((instead, times)) if *times > 0 => {
                *times -= u32::from(*times != u32::MAX);
                instead.clone()
            }
            _ => self.content.clone(),
        }
    }

    /// Zoom has made this file anew: other bytes, another size, and the listing says so.
    pub fn render_again(&mut self, size: u64, seed: u64) {
        self.content = Content::new(self.content.kind(), size, seed);
        self.listed_size = Some(size);
    }

    /// The caller's name for it: its id, or its type when it has none.
    pub(super) fn handle(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.file_type)
    }

    /// Its name on the media host: `GMT20260115-100000_Recording.mp4`.
    pub(super) fn media_name(&self) -> String {
        let digits: String = self.recording_start.chars().filter(char::is_ascii_digit).take(14).collect();
        let (date, time) = digits.split_at(digits.len().min(8));
        let extension = self.file_extension.as_deref().unwrap_or("bin").to_ascii_lowercase();
        format!("GMT{date}-{time}_Recording.{extension}")
    }

    pub(super) fn is_processing(&self) -> bool {
        self.status == "processing"
    }
}

/// A user id in Zoom's shape, always the same for an address.
pub(super) fn user_id(email: &str) -> String {
    super::tokens::opaque(&["user", email])[..22].to_owned()
}

/// A number that depends on a text only.
fn number(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

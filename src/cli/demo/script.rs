//! The script: Zoom's recordings, and the planned faults.

use super::class;
use crate::sandbox::Sandbox;
use crate::sandbox::faults::{Canned, Fault, Route, Rule};
use crate::sandbox::zoom::{File, Meeting};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// The file whose connection is cut, and in whose middle the service is killed.
pub(super) const BIG_FILE: &str = "lecture-speaker";

/// A part of the big file's name in Drive, which no other name contains.
pub(super) const BIG_FILE_VIEW: &str = "shared screen with speaker view";

/// The late file.
const TRANSCRIPT: &str = "rehearsal-transcript";

/// A part of the Drive name of the file that gets a 503 for one chunk.
const SECOND_FILE_VIEW: &str = "shared screen with gallery view";

/// One meeting of the play, and its expected end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene {
    /// The instance's uuid. Some of Zoom's begin with a slash, like this one.
    pub uuid: &'static str,
    pub topic: &'static str,
    pub ending: ExpectedEnd,
}

/// The expected state of Zoom's copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExpectedEnd {
    /// Every file can be proved: the recording goes to Zoom's trash.
    Trashed,
    /// One file is not available: nothing may be deleted.
    Kept,
}

/// The meeting whose transcript comes late.
pub(super) const REHEARSAL: Scene = Scene {
    uuid: "/UE+cApLTmOc6HZxOLFclQ==",
    topic: "Rehearsal \u{1f3ad} Act 1/2",
    ending: ExpectedEnd::Trashed,
};

/// The big one.
pub(super) const LECTURE: Scene = Scene {
    uuid: "paw4knJqSPOXq7ThIQWFMw==",
    topic: "Lecture: \"Light & Sound\" \u{1f4a1} 7/12",
    ending: ExpectedEnd::Trashed,
};

/// The meeting with a file that Zoom does not deliver.
pub(super) const BOARD: Scene =
    Scene { uuid: "atsXxhSEQWit9t+U02HXNQ==", topic: "Board", ending: ExpectedEnd::Kept };

/// All three, in the order of the play.
pub(super) const SCENES: [Scene; 3] = [REHEARSAL, LECTURE, BOARD];

/// Size of the play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// More than 1 GiB.
    Full,
    /// About 24 MiB.
    Fast,
}

impl Scale {
    /// Selects a size in MiB.
    fn mib(self, full: u64, fast: u64) -> u64 {
        MIB * match self {
            Scale::Full => full,
            Scale::Fast => fast,
        }
    }

    /// Size of the big file.
    pub(super) fn big(self) -> u64 {
        self.mib(720, 12) + 77
    }

    /// Size of the video from Meet.
    pub(super) fn small(self) -> u64 {
        self.mib(24, 2) + 5
    }

    /// Settings of the demo. An operator could choose any of them.
    pub(super) fn settings(self) -> Vec<(&'static str, &'static str)> {
        // If the killed service is not gone when the next one starts, its leases must expire first; the default of
        // 60 s would take too long. A sweep would find the meetings before their events arrive. Requests of one size show
        // how a file moves on.
        let mut settings = vec![
            ("SETTLE_FOR", "3s"),
            ("LEASE_FOR", "2s"),
            ("RETRY_WAIT", "250ms"),
            ("SWEEP_EVERY", "0s"),
            ("REQUEST_SIZE", "fixed"),
            ("ATTENDANCE_LATE_AFTER", "10m"),
            ("ATTENDANCE_LEAVE_EARLY", "10m"),
        ];
        if self == Scale::Fast {
            settings.extend([("CHUNK_SIZE", "1MiB"), ("WINDOW_SIZE", "2MiB")]);
        }
        settings
    }
}

/// Puts the meetings into the sandbox's Zoom.
pub(super) fn record(sandbox: &Sandbox, scale: Scale) {
    sandbox.zoom.add(rehearsal(scale));
    sandbox.zoom.add(lecture(scale));
    sandbox.zoom.add(board(scale));
}

fn rehearsal(scale: Scale) -> Meeting {
    // Zoom processes it until the rest has been archived, so it comes late on any machine.
    let mut transcript = File::transcript(TRANSCRIPT, 180 * KIB);
    transcript.status = "processing".to_owned();
    Meeting::new(REHEARSAL.uuid, REHEARSAL.topic)
        .host("ann@example.com")
        .start("2026-03-01T18:30:00Z")
        .file(File::mp4("rehearsal-video", scale.mib(40, 2) + 1))
        .file(File::m4a("rehearsal-audio", scale.mib(6, 1)))
        .file(File::chat("rehearsal-chat", 3 * KIB + 5))
        .file(transcript)
}

fn lecture(scale: Scale) -> Meeting {
    let mut gallery = File::mp4("lecture-gallery", scale.mib(256, 4) + 3);
    gallery.recording_type = Some("shared_screen_with_gallery_view".to_owned());
    let mut voice = File::m4a("lecture-voice", scale.mib(12, 1));
    voice.file_name = Some("Audio only - Ben Light".to_owned());
    let mut meeting = Meeting::new(LECTURE.uuid, LECTURE.topic);
    meeting.attendance = class::attendees();
    meeting
        .host("ben@example.com")
        .start("2026-03-02T09:15:00Z")
        .file(File::mp4(BIG_FILE, scale.big()))
        .file(gallery)
        .file(File::m4a("lecture-audio", scale.mib(48, 2)))
        .file(File::chat("lecture-chat", 9 * KIB))
        .file(File::timeline("lecture-timeline", 40 * KIB))
        .participant(voice)
}

fn board(scale: Scale) -> Meeting {
    let mut elsewhere = File::m4a("board-elsewhere", MIB);
    elsewhere.file_path = Some("/recordings/board.m4a".to_owned());
    Meeting::new(BOARD.uuid, BOARD.topic)
        .host("ann@example.com")
        .start("2026-03-02T16:00:00Z")
        .file(File::mp4("board-video", scale.mib(20, 1)))
        .file(File::poll("board-poll", 2 * KIB))
        .file(elsewhere)
}

/// The transcript is ready.
pub(super) fn finish_transcript(sandbox: &Sandbox) {
    sandbox.zoom.set_file(REHEARSAL.uuid, TRANSCRIPT, |file| file.status = "completed".to_owned());
}

/// A meeting that `--keep` leaves for the user to announce.
pub(super) fn encore() -> Meeting {
    Meeting::new("iQuPbxVTRxGlzYSc0bnTvQ==", "Encore \u{1f44f}")
        .host("ann@example.com")
        .start("2026-03-03T20:00:00Z")
        .file(File::mp4("encore-video", 24 * MIB))
        .file(File::chat("encore-chat", KIB))
}

/// Plans the sandbox's faults.
pub(super) fn plan_faults(sandbox: &Sandbox, scale: Scale) {
    sandbox.faults.add(Rule {
        route: Route::ZoomMedia,
        subject: BIG_FILE.to_owned(),
        skip: 0,
        times: 1,
        fault: Fault::MediaCut(scale.big() / 4),
    });
    sandbox.faults.add(Rule {
        route: Route::UploadChunk,
        subject: SECOND_FILE_VIEW.to_owned(),
        skip: 1,
        times: 1,
        fault: Fault::Answer(Canned::google(503, "backendError", "Backend Error")),
    });
}

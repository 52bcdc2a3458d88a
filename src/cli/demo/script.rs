//! The play: what Zoom has recorded, and what will go wrong on purpose.

use crate::sandbox::Sandbox;
use crate::sandbox::faults::{Canned, Fault, Route, Rule};
use crate::sandbox::zoom::{File, Meeting};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// Which file the connection is cut in, and in whose middle the service is killed.
pub(super) const BIG_FILE: &str = "lecture-speaker";

/// What is in the Drive name of the big file, and of no other.
pub(super) const BIG_FILE_VIEW: &str = "shared screen with speaker view";

/// The file that comes late.
const TRANSCRIPT: &str = "rehearsal-transcript";

/// What is in the Drive name of the file one of whose chunks is answered with 503.
const SECOND_FILE_VIEW: &str = "shared screen with gallery view";

/// One meeting of the play, and how it should end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene {
    /// The instance's uuid. The slash at its beginning is Zoom's own idea.
    pub uuid: &'static str,
    /// As its host wrote it.
    pub topic: &'static str,
    /// Whether everything can be archived, so that Zoom's copy may be trashed.
    pub ending: ExpectedEnd,
}

/// What should become of Zoom's copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExpectedEnd {
    /// Every file can be proved: it goes to Zoom's trash.
    Trashed,
    /// One file cannot be had: nothing may be deleted.
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

/// The meeting with a file that Zoom does not give out.
pub(super) const BOARD: Scene =
    Scene { uuid: "atsXxhSEQWit9t+U02HXNQ==", topic: "Board", ending: ExpectedEnd::Kept };

/// All three, in the order in which they are played.
pub(super) const SCENES: [Scene; 3] = [REHEARSAL, LECTURE, BOARD];

/// How large the play is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// More than 1 GiB.
    Full,
    /// About 24 MiB.
    Fast,
}

impl Scale {
    /// Picks a size in MiB.
    fn mib(self, full: u64, fast: u64) -> u64 {
        MIB * match self {
            Scale::Full => full,
            Scale::Fast => fast,
        }
    }

    /// The size of the big file.
    pub(super) fn big(self) -> u64 {
        self.mib(720, 12) + 77
    }

    /// Settings of the demo. All of them are settings that anybody may choose.
    pub(super) fn settings(self) -> Vec<(&'static str, &'static str)> {
        // Should the dead service not be gone yet when the next one starts, its leases must run out first: the
        // default of 60 s would bore.
        // A sweep would find the meetings before their events come, and tell another story.
        let mut settings =
            vec![("SETTLE_FOR", "3s"), ("LEASE_FOR", "2s"), ("RETRY_WAIT", "250ms"), ("SWEEP_EVERY", "0s")];
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
    // Zoom works on it until the rest has been archived: however slow this machine is, it comes late.
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
    Meeting::new(LECTURE.uuid, LECTURE.topic)
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

/// The transcript is ready at last.
pub(super) fn finish_transcript(sandbox: &Sandbox) {
    sandbox.zoom.set_file(REHEARSAL.uuid, TRANSCRIPT, |file| file.status = "completed".to_owned());
}

/// A meeting that `--keep` leaves for the visitor to announce.
pub(super) fn encore() -> Meeting {
    Meeting::new("iQuPbxVTRxGlzYSc0bnTvQ==", "Encore \u{1f44f}")
        .host("ann@example.com")
        .start("2026-03-03T20:00:00Z")
        .file(File::mp4("encore-video", 24 * MIB))
        .file(File::chat("encore-chat", KIB))
}

/// Tells the sandbox how to misbehave.
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

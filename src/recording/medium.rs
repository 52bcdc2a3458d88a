//! The format of a file.

use super::{RecordingFile, names};

/// The format of a file, as far as it changes the treatment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// MP4 and M4A: the listed size is exact and the first bytes are known.
    Video,
    /// MP4 and M4A, as for video.
    Audio,
    /// WebVTT: transcript or captions.
    Vtt,
    /// JSON: timeline, summary.
    Json,
    /// Any other format.
    Other,
}

impl RecordingFile {
    /// The format, by the extension that [`names::extension`] finds.
    pub fn medium(&self) -> Medium {
        match names::extension(self).as_str() {
            "mp4" => Medium::Video,
            "m4a" => Medium::Audio,
            "vtt" => Medium::Vtt,
            "json" => Medium::Json,
            _ => Medium::Other,
        }
    }
}

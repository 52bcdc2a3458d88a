//! An event on its way into the store.

use std::fmt;

use crate::recording::Recording;

/// An event as it came in, ready to be written down.
#[derive(Clone)]
pub struct NewEvent {
    /// `recording.completed` and the like; empty if the body names none.
    pub name: String,
    /// The bytes as received. They hold tokens: they are never logged or shown.
    pub body: Vec<u8>,
    /// SHA-256 of the bytes: Zoom repeats an event byte for byte.
    pub body_sha256: String,
    /// What is to be archived, if the event is about a recording.
    pub recording: Option<Recording>,
    /// Why it leads to no job, if it does not.
    pub note: String,
}

impl fmt::Debug for NewEvent {
    /// The body holds tokens: only its digest is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewEvent")
            .field("name", &self.name)
            .field("body_sha256", &self.body_sha256)
            .field("recording", &self.recording)
            .field("note", &self.note)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_is_shown_shows_no_body() {
        let event = NewEvent {
            name: "recording.completed".into(),
            body: b"hunter2".to_vec(),
            body_sha256: "ab".into(),
            recording: None,
            note: String::new(),
        };
        let shown = format!("{event:?}");
        assert!(!shown.contains(&format!("{:?}", event.body)), "{shown}");
        assert!(shown.contains("recording.completed") && shown.contains("ab"), "{shown}");
    }
}

//! A webhook's body: whatever is JSON is taken, within limits; nothing else is.
#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use zoom2drive::recording::listing::{self, FILES_MAX};
use zoom2drive::recording::{MeetingUuid, Recording};
use zoom2drive::webhook::payload::{self, RECORDING_EVENTS};

fuzz_target!(|data: &[u8]| {
    let json = serde_json::from_slice::<Value>(data);
    if let Ok(value) = &json
        && let Ok(recording) = listing::read(value)
    {
        check(&recording);
    }
    let Ok(event) = payload::read(data) else {
        assert!(json.is_err(), "JSON was refused");
        return;
    };
    assert!(event.name.chars().count() <= 100);
    if let Some(Some(token)) = event.challenge() {
        assert!(!token.contains(':') && (1..=128).contains(&token.len()));
    }
    assert_eq!(event.recording.is_none(), !event.note.is_empty(), "a job or a note, never both");
    if let Some(recording) = &event.recording {
        assert!(RECORDING_EVENTS.contains(&event.name.as_str()));
        check(recording);
    }
    assert_eq!(event.with_body(data).body, data);
});

fn check(recording: &Recording) {
    assert!(recording.files.len() <= FILES_MAX);
    assert_eq!(MeetingUuid::new(recording.uuid.as_str()).as_ref(), Some(&recording.uuid));
    let keys: HashSet<_> = recording.files.iter().map(|file| &file.key).collect();
    assert_eq!(keys.len(), recording.files.len(), "two files of one key");
    for file in &recording.files {
        assert!(file.key.property().len() <= 100);
        let token = file.download.as_ref().and_then(|download| download.token.as_ref());
        assert!(token.is_none_or(|token| (1..=8 * 1024).contains(&token.expose().len())));
    }
    // What the same event says again changes nothing.
    let mut merged = recording.clone();
    merged.merge(recording.clone());
    assert_eq!(&merged, recording);
    let stored = serde_json::to_string(recording).expect("a recording can be stored");
    assert_eq!(&serde_json::from_str::<Recording>(&stored).expect("and read again"), recording);
}

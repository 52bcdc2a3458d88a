//! What Google says of Meet and of calendars, and how people name a room: any answer is read, and every name that is
//! read stays inside its part of an address.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use zoom2drive::meet::{
    self, Artifact, ArtifactKind, Conference, Event, MeetingCode, Participant, Session, Space,
};

fuzz_target!(|text: &str| {
    if let Ok(code) = text.parse::<MeetingCode>() {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        assert!(code.as_str().bytes().all(is_plain), "{code}");
        assert_eq!(code.as_str().parse(), Ok(code.clone()), "it is read again");
    }
    let Ok(answer) = serde_json::from_str::<Value>(text) else { return };
    let is_inside = |name: &str| !name.contains("..") && !name.contains(['?', '#', '%', ' ']);
    if let Some(conference) = Conference::read(&answer) {
        assert!(is_inside(conference.name.as_str()));
        assert!(conference.space.is_none_or(|space| is_inside(space.as_str())));
    }
    if let Some(space) = Space::read(&answer) {
        assert!(is_inside(space.name.as_str()));
    }
    for kind in ArtifactKind::ALL {
        let Some(artifact) = Artifact::read(kind, &answer) else { continue };
        for file in meet::files(&[artifact], "https://drive") {
            let Some(download) = file.download else { continue };
            let address = download.url.expose();
            assert_eq!(address.matches('?').count(), 1, "{address}");
            assert!(address.starts_with("https://drive/") && !address.contains(".."), "{address}");
        }
    }
    let _ = (Participant::read(&answer), Session::read(&answer));
    if let Some(event) = Event::read(&answer) {
        assert!(!event.id.is_empty() || answer["id"] == "");
    }
});

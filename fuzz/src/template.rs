//! A template of the settings: refused, or good for every recording.
#![no_main]

use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use zoom2drive::recording::listing;
use zoom2drive::recording::names::{NAME_UNITS_MAX, Naming, PLACEHOLDERS, TakenNames, Template};

fuzz_target!(|text: &str| {
    let Ok(template) = Template::parse(text) else {
        assert!(text.is_empty() || text.contains(['{', '/']), "a plain text was refused");
        return;
    };
    // Every word that is left is one that is known.
    for word in text.split('{').skip(1) {
        let word = word.split('}').next().unwrap_or_default();
        assert!(PLACEHOLDERS.iter().any(|(known, _)| *known == word), "{word:?} is not known");
    }
    let object = json!({"uuid": "u==", "topic": "../..\u{202e}", "host_email": "/", "recording_files": [
        {"id": "a", "file_type": "MP4", "file_extension": "MP4"}]});
    let recording = listing::read(&object).expect("it has a uuid");
    let naming = Naming { folder: template.clone(), file: template, zone: TimeZone::UTC };
    let folders = naming.folders(&recording);
    assert_eq!(folders.len(), text.split('/').count());
    let file = naming.file(&recording, &recording.files[0], 1, &TakenNames::default());
    let whole = folders.iter().filter_map(|level| level.whose.as_ref()).map(|whose| &whose.full_name);
    for name in folders.iter().map(|level| &level.name).chain(whole).chain([&file]) {
        assert!(!name.is_empty() && name.encode_utf16().count() <= NAME_UNITS_MAX, "{name:?}");
        assert!(!name.contains(['/', '\\']) && name != "." && name != "..", "{name:?}");
    }
});

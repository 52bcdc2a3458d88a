//! Names of folders and files, whatever a recording says: each stays where it belongs, and can be used.
//! Input: topic, host, file name, extension, type, separated by line ends.
#![no_main]

use std::collections::HashSet;

use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use zoom2drive::recording::listing;
use zoom2drive::recording::names::{NAME_UNITS_MAX, Naming, TakenNames, Template};

fuzz_target!(|text: &str| {
    let mut parts = text.splitn(5, '\n');
    let [topic, host, name, extension, kind] = [(); 5].map(|()| parts.next().unwrap_or_default());
    let file = json!({"id": name, "file_name": name, "file_type": kind, "file_extension": extension,
        "recording_type": kind, "recording_start": "2026-03-01T23:31:00Z"});
    let object = json!({"uuid": "u==", "topic": topic, "id": kind, "host_id": name, "host_email": host,
        "start_time": "2026-03-01T23:30:00Z", "recording_files": [file], "participant_audio_files": [file]});
    let recording = listing::read(&object).expect("it has a uuid");
    let template = |text| Template::parse(text).expect("a good template");
    let naming = Naming {
        folder: template("{host}/{host_name}/{topic}/{meeting_id}"),
        file: template("{topic} {view}"),
        zone: TimeZone::UTC,
    };
    let folders = naming.folders(&recording);
    assert_eq!(folders.len(), 4);
    for folder in &folders {
        check(&folder.name);
        folder.whose.iter().for_each(|whose| check(&whose.full_name));
    }
    let mut taken = TakenNames::default();
    let mut names = HashSet::new();
    for version in [1, 2, 4_000_000_000] {
        for file in &recording.files {
            let name = naming.file(&recording, file, version, &taken);
            check(&name);
            let (stem, extension) = name.rsplit_once('.').expect("a name has an extension");
            assert!(!stem.is_empty() && (1..=8).contains(&extension.len()), "{name:?}");
            assert!(extension.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name:?}");
            assert_eq!(
                naming.file(&recording, file, version, &TakenNames::default()),
                naming.file(&recording, file, version, &TakenNames::default())
            );
            taken.insert(&name);
            names.insert(name);
        }
    }
    // One name for each file and version.
    assert_eq!(names.len(), 3 * recording.files.len(), "{names:?}");
});

fn check(name: &str) {
    assert!(!name.is_empty() && name.encode_utf16().count() <= NAME_UNITS_MAX, "{name:?}");
    assert!(!name.contains(['/', '\\']) && !name.contains(char::is_control), "{name:?}");
    assert!(name != "." && name != ".." && name.trim() == name, "{name:?}");
}

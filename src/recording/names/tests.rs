//! Names by example and by property.

mod portable;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::recording::listing;

fn naming(folder: &str, file: &str, zone: &str) -> Naming {
    Naming {
        folder: Template::parse(folder).unwrap(),
        file: Template::parse(file).unwrap(),
        zone: TimeZone::get(zone).unwrap(),
    }
}

fn folders(naming: &Naming, recording: &Recording) -> Vec<String> {
    naming.folders(recording).into_iter().map(|level| level.name).collect()
}

fn recording(topic: &str, host: &str) -> Recording {
    listing::read(&json!({"uuid": "u==", "id": 123, "topic": topic, "host_email": host,
        "start_time": "2026-03-01T23:30:00Z", "recording_files": [
            {"id": "f1", "file_type": "MP4", "file_extension": "MP4", "recording_start": "2026-03-01T23:31:00Z",
             "recording_type": "shared_screen_with_speaker_view"}]}))
    .unwrap()
}

#[test]
fn the_default_templates_read_well() {
    let naming = naming("{host}/{year}/{date} {topic}", "{date} {time} {topic} {view}", "Europe/Berlin");
    let recording = recording("Rehearsal / Act 1 🎭", "ann@example.com");
    assert_eq!(folders(&naming, &recording), ["ann@example.com", "2026", "2026-03-02 Rehearsal - Act 1 🎭"]);
    assert_eq!(
        naming.file(&recording, &recording.files[0], 1, &TakenNames::default()),
        "2026-03-02 00.31 Rehearsal - Act 1 🎭 shared screen with speaker view.mp4"
    );
}

#[test]
fn what_is_known_has_a_name_that_stands_beside_the_files() {
    let recording = recording("Rehearsal", "ann@example.com");
    let name = |file: &str, taken: &[&str]| {
        let taken: Vec<String> = taken.iter().map(|name| (*name).to_owned()).collect();
        naming("{host}", file, "UTC").meeting_file(&recording, &TakenNames::of(&taken))
    };
    assert_eq!(name("{date} {time} {topic} {view}", &[]), "2026-03-01 23.30 Rehearsal meeting.json");
    assert_eq!(name("{view} of {topic}", &[]), "meeting of Rehearsal.json");
    assert_eq!(name("{topic}", &[]), "Rehearsal meeting.json");
    let second = name("{topic}", &["rehearsal MEETING.json"]);
    let id = FileKey::new("u==").short();
    assert_eq!(second, format!("Rehearsal {id} meeting.json"));
    assert_eq!(
        name("{topic}_{view}", &["Rehearsal_meeting.json"]),
        format!("Rehearsal_{id} meeting.json"),
        "where the template puts it"
    );
    let third = name("{topic}", &["Rehearsal meeting.json", second.as_str()]);
    assert_eq!(third, format!("Rehearsal {id}-2 meeting.json"));
    assert!(units(&name(&"{topic}".repeat(60), &[])) <= NAME_UNITS_MAX);
}

#[test]
fn only_a_host_alone_makes_a_folder_one_hosts() {
    let is_own = |folder: &str| naming(folder, "{topic}", "UTC").folder_is_hosts_own();
    assert!(is_own("{host}") && is_own("{year}/{host}/{topic}") && is_own("{host_name}/{topic}"));
    assert!(
        !is_own("{year}/{topic}")
            && !is_own("{host_name} {topic}")
            && !is_own("{host}{topic}")
            && !is_own("{topic} {host}/{year}")
    );
}

#[test]
fn equal_names_and_versions_are_told_apart() {
    let naming = naming("{host}", "{topic}", "UTC");
    let recording = recording("Standup", "a@b.c");
    let file = &recording.files[0];
    let first = naming.file(&recording, file, 1, &TakenNames::default());
    let second = naming.file(&recording, file, 1, &TakenNames::of([&first]));
    let newer = naming.file(&recording, file, 2, &TakenNames::of([&first]));
    assert_eq!(first, "Standup.mp4");
    assert_eq!(second, format!("Standup {}.mp4", file.key.short()));
    assert_eq!(newer, "Standup (version 2).mp4");
}

#[test]
fn templates_are_checked() {
    assert_eq!(Template::parse("{topik}"), Err(TemplateError::Unknown("topik".into())));
    assert_eq!(Template::parse("{host"), Err(TemplateError::Unclosed));
    assert_eq!(Template::parse("a//b"), Err(TemplateError::Levels));
    assert_eq!(Template::parse(""), Err(TemplateError::Levels));
}

#[test]
fn even_equal_short_ids_give_two_names() {
    let mut seen = std::collections::HashMap::new();
    let (one, other) = (0..)
        .find_map(|at| {
            let key = super::FileKey::new(format!("file-{at}"));
            seen.insert(key.short(), key.clone()).map(|other| (key, other))
        })
        .unwrap();
    let mut recording = recording("Same", "ann@example.com");
    let (naming, mut taken) = (naming("{topic}", "{topic}", "UTC"), TakenNames::default());
    for key in [super::FileKey::new("first"), one, other] {
        recording.files[0].key = key;
        let name = naming.file(&recording, &recording.files[0], 1, &taken);
        assert!(!taken.has(&name), "{name} is there twice");
        taken.insert(&name);
    }
}

#[test]
fn nothing_usable_still_gives_a_name() {
    for topic in ["", "\u{0}\n", "..", ".", "\u{202e}"] {
        let recording = recording(topic, "");
        let folders = folders(&naming("{host}/{topic}", "{topic}", "UTC"), &recording);
        assert_eq!(folders, ["unknown host", "123"], "{topic:?}");
    }
}

proptest! {
    #[test]
    fn any_topic_gives_names_that_neither_climb_nor_overflow(topic in any::<String>(), host in any::<String>(), extension in any::<String>()) {
        let naming = naming("{host}/{year}/{date} {topic}", "{date} {time} {topic} {view}", "UTC");
        let mut recording = recording(&topic, &host);
        recording.files[0].extension = extension;
        let folders = folders(&naming, &recording);
        prop_assert_eq!(folders.len(), 3);
        let file = naming.file(&recording, &recording.files[0], 1, &TakenNames::default());
        for name in folders.iter().chain([&file]) {
            prop_assert!(!name.is_empty() && units(name) <= NAME_UNITS_MAX);
            prop_assert!(!name.chars().any(|c| c == '/' || c == '\\' || c.is_control()));
            prop_assert!(name != "." && name != "..");
        }
        let extension = extension_of(&file);
        prop_assert!(extension.chars().all(|c| c.is_ascii_alphanumeric()) && !extension.is_empty());
    }
}

fn extension_of(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

#[test]
fn a_topic_that_begins_like_an_empty_one_is_kept() {
    let recording = recording("_private", "_ann@example.com");
    assert_eq!(
        folders(&naming("{host}/{topic}", "{topic}", "UTC"), &recording),
        ["_ann@example.com", "_private"]
    );
}

#[test]
fn what_nobody_can_see_is_no_name() {
    for topic in ["\u{200b}", "\u{200d}\u{2060}\u{ad}", "\u{61c}\u{feff}", ".\u{200c}."] {
        let recording = recording(topic, "");
        let folders = folders(&naming("{topic}", "{topic}", "UTC"), &recording);
        assert_eq!(folders, ["123"], "{topic:?}");
    }
    // Joiners and soft hyphens belong to words and emoji.
    let family = recording("👩‍👧 نامه‌ای", "");
    assert_eq!(folders(&naming("{topic}", "{topic}", "UTC"), &family), ["👩‍👧 نامه‌ای"]);
}

#[test]
fn a_level_that_names_no_host_in_full_says_whose_it_is() {
    let naming = naming("{host_name}/{host} {host_name}/{topic}", "{topic}", "UTC");
    let levels = naming.folders(&recording("Talk", "Anna@B.org"));
    let whose = FolderHost { host: "anna@b.org".to_owned(), full_name: "Anna (Anna@B.org)".to_owned() };
    assert_eq!(levels[0], Level { name: "Anna".to_owned(), whose: Some(whose) });
    assert!(levels[1..].iter().all(|level| level.whose.is_none()), "{levels:?}");
}

#[test]
fn the_zone_of_a_time_can_be_named() {
    for (zone, name) in [("UTC", "UTC"), ("Europe/Berlin", "CET"), ("Asia/Riyadh", "+03")] {
        let file = naming("{zone}", "{time} {zone}", zone);
        assert_eq!(folders(&file, &recording("Talk", "a@b.c")), [name]);
    }
}

#[test]
fn what_is_one_sign_to_the_eye_is_not_cut_in_two() {
    let filled = |end: &str, room: usize| format!("{}{end}", "x".repeat(NAME_UNITS_MAX - room));
    for sign in ["👩\u{200d}👧", "🇩🇪", "x\u{301}", "👍🏽", "❤\u{fe0f}"] {
        assert_eq!(clean(&filled(sign, 1), NAME_UNITS_MAX), filled("", 1), "{sign}");
    }
    for sign in ["x", "é", "🎭"] {
        let room = units(sign);
        assert_eq!(clean(&filled(&format!("{sign}y"), room), NAME_UNITS_MAX), filled(sign, room));
    }
    // A mask is two units for a file system.
    assert_eq!(clean(&filled("🎭", 1), NAME_UNITS_MAX), filled("", 1));
    let tower = format!("x{}", "\u{301}".repeat(900));
    assert_eq!(units(&clean(&tower, NAME_UNITS_MAX)), NAME_UNITS_MAX);
    let flags = "🇩🇪".repeat(200);
    assert_eq!(units(&clean(&flags, NAME_UNITS_MAX)), NAME_UNITS_MAX - 3);
}

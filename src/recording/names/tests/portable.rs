//! Names are valid on Windows and macOS, stay distinct there, and keep the file's view even with a long topic.

use super::*;

#[test]
fn windows_and_macos_can_hold_every_name() {
    for (topic, name) in [
        ("Meet the team...", "Meet the team"),
        ("Meet the team. . .  ", "Meet the team"),
        ("  \u{3000}blanks\t around \u{a0}", "blanks around"),
        ("Q&A: what? <now> | \"then\" * a\\b/c", "Q&A- what- -now- - 'then' - a-b-c"),
        ("CON", "CON_"),
        ("con", "con_"),
        ("Nul.txt", "Nul_.txt"),
        ("COM1.tar.gz", "COM1_.tar.gz"),
        ("lpt9 .x", "lpt9_ .x"),
        ("LPT¹", "LPT¹_"),
        ("CONIN$", "CONIN$_"),
        ("COM10", "COM10"),
        ("CONSOLE", "CONSOLE"),
        ("My CON", "My CON"),
        ("a\u{0}b\u{7f}c\u{ffff}d", "a b c d"),
        ("Cafe\u{301} U\u{308}ber", "Café Über"),
        (".well-known", ".well-known"),
        ("...", EMPTY),
        ("...con", "...con"),
    ] {
        assert_eq!(clean(topic, NAME_UNITS_MAX), name, "{topic:?}");
    }
    let long = clean(&format!("CON.{}", "x".repeat(400)), NAME_UNITS_MAX);
    assert!(long.starts_with("CON_.x") && units(&long) == NAME_UNITS_MAX, "{long}");
    // The cut for the underscore leaves a dot at the end.
    let dotted = clean(&format!("CON.{} .z", "x".repeat(NAME_UNITS_MAX - 7)), NAME_UNITS_MAX);
    assert!(dotted.starts_with("CON_.x") && dotted.ends_with('x'), "{dotted}");
}

#[test]
fn what_tells_files_apart_is_never_cut_off() {
    let naming = naming("{host}/{year}/{date} {topic}", "{date} {time} {topic} {view}", "UTC");
    for topic in ["Umlaute äöü ".repeat(60), "🎭".repeat(400), "e\u{301}".repeat(500), "x".repeat(900)] {
        let recording = recording(&topic, "ann@example.com");
        let (file, folder) = (&recording.files[0], &folders(&naming, &recording)[2]);
        assert!(folder.starts_with("2026-03-01 ") && units(folder) <= NAME_UNITS_MAX, "{folder}");
        let mut taken = TakenNames::default();
        for version in [1, 2, 2, 2] {
            let name = naming.file(&recording, file, version, &taken);
            let end = if version > 1 { " (version 2).mp4" } else { "speaker view.mp4" };
            assert!(name.contains(" shared screen with speaker view") && name.ends_with(end), "{name}");
            assert!(units(&name) <= NAME_UNITS_MAX && !taken.has(&name), "{name}");
            taken.insert(&name);
        }
        for _recording_in_the_same_folder in 0..3 {
            let name = naming.meeting_file(&recording, &taken);
            assert!(name.ends_with(" meeting.json") && units(&name) <= NAME_UNITS_MAX, "{name}");
            taken.insert(&name);
        }
    }
}

#[test]
fn names_that_a_desktop_takes_for_the_same_are() {
    for (one, other) in [
        ("Talk.mp4", "TALK.MP4"),
        ("Über", "u\u{308}ber"),
        ("ΣΑΣ", "σας"),
        ("STRASSE", "straße"),
        ("a\u{200b}b", "ab"),
        ("\u{212b}", "å"),
    ] {
        assert_eq!(same_key(one), same_key(other));
        assert!(TakenNames::of([&one.to_owned()]).has(other));
    }
    assert!(!TakenNames::of([&"a".to_owned()]).has("b"));
}

#[test]
fn no_two_hosts_have_one_folder() {
    let naming = naming("{host}", "{topic}", "UTC");
    let mut seen = TakenNames::default();
    for host in [
        "a-b@x.org",
        "a/b@x.org",
        "a*b@x.org",
        "a|b@x.org",
        "strasse@x.org",
        "straße@x.org",
        "con",
        "con_",
        "x.",
        "x",
    ] {
        let name = folders(&naming, &recording("Talk", host)).remove(0);
        assert!(!seen.has(&name), "{name} is another's");
        seen.insert(&name);
    }
    assert_eq!(folders(&naming, &recording("Talk", "Ann.B+c@x.org")), ["Ann.B+c@x.org"]);
    let same =
        ["A/B@x.org", "a/b@x.org"].map(|host| same_key(&folders(&naming, &recording("Talk", host))[0]));
    assert_eq!(same[0], same[1], "one address, in two spellings");
}

/// The rules of Windows, macOS and Drive, written without this program's code.
fn assert_portable(name: &str) {
    assert!(!name.is_empty() && name.encode_utf16().count() <= 255, "{name:?}");
    assert!(!name.contains(|c: char| "<>:\"/\\|?*".contains(c) || c < ' ' || c == '\u{7f}'), "{name:?}");
    assert!(!name.starts_with(' ') && !name.ends_with([' ', '.']), "{name:?}");
    let base = name.split('.').next().unwrap().trim_end_matches(' ').to_ascii_uppercase();
    let devices = ["CON", "PRN", "AUX", "NUL"].map(str::to_owned).into_iter();
    let numbered = ["COM", "LPT"]
        .into_iter()
        .flat_map(|kind| "0123456789¹²³".chars().map(move |n| format!("{kind}{n}")));
    assert!(!devices.chain(numbered).any(|device| device == base), "{name:?}");
    let nfc: String = unicode_normalization::UnicodeNormalization::nfc(name).collect();
    assert_eq!(nfc, name);
}

/// Topics of people, and texts that break file systems.
fn text() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        any::<String>(),
        "(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9])( ?\\.[a-z. ]{0,4})?",
        "[. ]{0,5}[<>:\"/\\\\|?*a-c. ]{0,9}[. ]{0,5}",
        "[a-zäöüß\u{301}\u{308}🎭👩\u{200d}]{0,300}",
    ];
    proptest::collection::vec(parts, 0..4).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_topic_gives_names_that_every_desktop_can_hold(
        topic in text(), host in text(), other in text(), view in text(), version in 1..30_u32,
        template in proptest::sample::select(vec!["{topic}", "{topic} {view}", "{view} of {topic}", "{date} {time} {topic} {view}", "{topic}.{id}", "{host_name}: {topic} {view}"])
    ) {
        let naming = naming("{host}/{host_name} {topic}/{topic}/{date} {topic}", template, "UTC");
        let mut one = recording(&topic, &host);
        one.files[0].participant = Some(view);
        let mut second = one.files[0].clone();
        second.key = FileKey::new("another");
        let mut taken = TakenNames::default();
        let mut names = Vec::new();
        for recording in [&one, &recording(&other, &host), &one] {
            names.push(naming.meeting_file(recording, &taken));
            taken.insert(&names[names.len() - 1]);
            for file in [&one.files[0], &second] {
                names.push(naming.file(recording, file, version, &taken));
                taken.insert(&names[names.len() - 1]);
            }
        }
        for name in names.iter().chain(&folders(&naming, &one)) {
            assert_portable(name);
        }
        prop_assert!(names.iter().all(|name| name.ends_with(".mp4") || name.ends_with(".json")));
        let lower: std::collections::HashSet<String> = names
            .iter()
            .map(|name| unicode_normalization::UnicodeNormalization::nfc(name.to_lowercase().as_str()).collect())
            .collect();
        prop_assert_eq!(lower.len(), names.len(), "{:#?}", names);
    }
}

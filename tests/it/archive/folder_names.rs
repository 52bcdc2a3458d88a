//! Topics that would climb, collide or vanish end as usable names, each just below its own folder.

use std::collections::{BTreeSet, HashSet};

use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::world::World;

/// Topics of people who mean it, and of people who do not.
fn topics() -> Vec<String> {
    let texts = [
        "../../../..",
        "..",
        ".",
        "/",
        "//etc/passwd",
        "a/../../b",
        "\\\\server\\share",
        "C:\\..\\..",
        "nul\u{0}nul",
        "\u{0}",
        "{host}/{year}",
        "%2e%2e%2f",
        "\u{ff0e}\u{ff0e}\u{2215}x\u{2044}y\u{29f8}",
        "🎭🎭🎭",
        "👩‍👩‍👧‍👦",
        "שלום עולם",
        "\u{202e}gpj.exe",
        "\u{2066}\u{2069}\u{200f}",
        "\u{200b}\u{200d}\u{2060}",
        "   ",
        "' or name contains '",
        "\\' or '1'='1",
        "_private",
        "CON",
    ];
    let long = ["x".repeat(900), "🎭".repeat(400), "../".repeat(300), "e\u{301}".repeat(500)];
    texts.into_iter().map(str::to_owned).chain(long).collect()
}

#[tokio::test]
async fn hostile_topics_end_in_one_folder_each_below_the_root() {
    let world = World::new().await;
    let life = world.live().await;
    let topics = topics();
    let uuids: Vec<String> = (0..topics.len()).map(|number| format!("names-{number}==")).collect();
    for (topic, uuid) in topics.iter().zip(&uuids) {
        let (first, second) = (format!("a-{uuid}"), format!("b-{uuid}"));
        let meeting = Meeting::new(uuid, topic).host("../ann/..@example.com").start("2026-03-01T18:30:00Z");
        // Twice the same kind at the same time: their names would be equal.
        world.sandbox.zoom.add(meeting.file(File::chat(&first, 20)).file(File::chat(&second, 21)));
        world.deliver(&life, uuid).await;
    }
    life.finish(&world).await;
    life.stop().await;
    world.assert_archived(&uuids.iter().map(String::as_str).collect::<Vec<_>>());

    let mut paths = BTreeSet::new();
    for file in world.sandbox.google.files().into_iter().filter(|file| !file.trashed) {
        let path = world.sandbox.google.path_of(&file.id);
        let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        let depth = names.len();
        let (name, folder) = (names[depth - 1], names[depth - 2]);
        // Some of its hash tells this host from one whose address has other characters there.
        assert!(names[0].starts_with("..-ann-..@example.com "), "{path:?}");
        assert!(folder.starts_with("2026-03-01 ") && name.starts_with("2026-03-01 "), "{path:?}");
        assert!(
            folder.len() > "2026-03-01 ".len() && (name.ends_with(".txt") || name.ends_with(".json")),
            "{path:?}"
        );
        assert!(paths.insert((depth, path.clone())), "{path:?} twice");
    }
    let depths: BTreeSet<usize> = paths.iter().map(|(depth, _)| *depth).collect();
    assert_eq!(depths.len(), 1, "{paths:#?}");
    assert!(paths.iter().any(|(_, path)| path.contains("2026-03-01 _private/")), "{paths:#?}");
}

/// Two meetings at the same time, whose topics and hosts desktops take for the same.
const ALIKE: [(&str, &str); 4] = [
    ("one==", "Über die Straße"),
    ("two==", "U\u{308}BER die STRASSE"),
    ("three==", "CON"),
    ("four==", "con."),
];

async fn alike(world: &World) {
    let life = world.live().await;
    for (uuid, topic) in ALIKE {
        let meeting = Meeting::new(uuid, topic).host("ann@example.com").start("2026-03-01T18:30:00Z");
        if world.sandbox.zoom.recording(uuid).is_none() {
            world.sandbox.zoom.add(meeting.file(File::chat(&format!("chat-{uuid}"), 20)));
        }
        world.deliver(&life, uuid).await;
        life.finish(world).await;
    }
    life.stop().await;
    world.assert_archived(&ALIKE.map(|(uuid, _)| uuid));
}

#[tokio::test]
async fn topics_that_a_desktop_takes_for_the_same_share_a_folder_and_no_name() {
    let world = World::with(&[
        ("AFTER_ARCHIVE", "keep"),
        ("FOLDER_TEMPLATE", "{topic}"),
        ("FILE_TEMPLATE", "{topic}"),
    ])
    .await;
    alike(&world).await;
    let names: Vec<String> = world.sandbox.google.folders().into_iter().map(|folder| folder.name).collect();
    assert!(names.contains(&"Über die Straße".to_owned()) && names.contains(&"CON_".to_owned()), "{names:?}");
    let files = world.archive().into_values().chain(world.meeting_files().into_values());
    let places: HashSet<(String, String)> =
        files.map(|file| (file.parents[0].clone(), file.name.to_uppercase().to_lowercase())).collect();
    assert_eq!(places.len(), 8, "{places:#?}");
    let homes: HashSet<&String> = places.iter().map(|(folder, _)| folder).collect();
    assert_eq!(homes.len(), 2, "{places:#?}");

    // The same with a lost database: nothing is made or sent twice.
    let (folders, sent) = (names.len(), world.sandbox.transcript.count(Route::UploadStart));
    world.lose_database();
    alike(&world).await;
    assert_eq!(world.sandbox.google.folders().len(), folders);
    assert_eq!(world.sandbox.transcript.count(Route::UploadStart), sent);
}

#[tokio::test]
async fn hosts_that_a_desktop_takes_for_the_same_have_a_folder_each() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep"), ("FOLDER_TEMPLATE", "{host_name}")]).await;
    let life = world.live().await;
    for (uuid, host) in [("a==", "anna@a.org"), ("b==", "Anna@b.org"), ("c==", "ANNA@a.org")] {
        let meeting = Meeting::new(uuid, "Talk").host(host).start("2026-03-01T18:30:00Z");
        world.sandbox.zoom.add(meeting.file(File::chat(&format!("chat-{uuid}"), 20)));
        world.deliver(&life, uuid).await;
        life.finish(&world).await;
    }
    life.stop().await;
    world.assert_archived(&["a==", "b==", "c=="]);
    let home = |uuid: &str| {
        let mut files = world.archive().into_values();
        let file = files.find(|file| file.app_properties["zoomMeeting"] == uuid).unwrap();
        world.sandbox.google.path_of(&file.parents[0])
    };
    assert_eq!(["a==", "b==", "c=="].map(home), ["anna", "Anna (Anna@b.org)", "anna"]);
}

#[tokio::test]
async fn a_folder_that_was_stored_before_names_were_compared_goes_on() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    let meeting = |uuid: &str| {
        let meeting = Meeting::new(uuid, "Rehearsal").host("Ann@example.com").start("2026-03-01T18:30:00Z");
        meeting.file(File::chat(&format!("chat-{uuid}"), 20))
    };
    world.sandbox.zoom.add(meeting("one=="));
    world.sandbox.zoom.add(meeting("two=="));
    let life = world.live().await;
    world.deliver(&life, "one==").await;
    life.finish(&world).await;
    life.stop().await;
    world
        .sql("UPDATE folders SET path = replace(replace(path, '/ann@', '/Ann@'), 'rehearsal', 'Rehearsal')")
        .await;
    let life = world.live().await;
    world.deliver(&life, "two==").await;
    life.finish(&world).await;
    life.stop().await;
    world.assert_archived(&["one==", "two=="]);
    let folders: Vec<String> = world.archive().into_values().map(|file| file.parents[0].clone()).collect();
    assert_eq!(folders[0], folders[1]);
}

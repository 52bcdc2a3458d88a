//! Topics that would climb, collide or vanish end as usable names, each just below its own folder.

use std::collections::BTreeSet;

use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::world::World;

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
        assert_eq!(names[0], "..-ann-..@example.com", "{path:?}");
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

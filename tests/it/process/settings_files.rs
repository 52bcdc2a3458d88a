//! Files with settings as people leave them: marks, encodings, invisible characters, and files that must not be
//! trusted. The real process, with nothing in its environment but what the test sets.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::program::Program;
use crate::support::world::{World, usual_meeting};

const UUID: &str = "settings/from/files/AAA==";

/// Runs the program with nothing in its environment: all that it knows stands in `.env`.
const BARE: &str = r#"exec env -i "$0" "$@""#;

/// A value of the story that must not be shown.
const SECRET: &str = "hunter2-of-this-story";

fn write(path: &Path, bytes: &[u8], mode: u32) {
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The world's settings as the lines of a `.env`. The secret for webhooks stands first: a mark would spoil that one.
fn lines(world: &World) -> String {
    let mut pairs: Vec<_> = world.settings.iter().collect();
    pairs.sort_by_key(|(name, _)| *name != "ZOOM_WEBHOOK_SECRET_TOKEN");
    pairs.iter().map(|(name, value)| format!("{name}='{value}'\r\n")).collect()
}

async fn world() -> World {
    let world = World::with(&[]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    world
}

fn env_file(world: &World) -> PathBuf {
    world.folder.path().join(".env")
}

/// How a start with this `.env` ends, and what it says.
async fn refused(world: &World) -> String {
    let mut program = Program::spawn_by(world, BARE, &["serve"], &[]);
    let status = program.ended().await;
    let text = program.text();
    assert_eq!(status.code(), Some(2), "{text}");
    assert!(!text.contains(SECRET) && !text.contains(&world.settings["ZOOM_CLIENT_SECRET"]), "{text}");
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_is_archived_though_env_begins_with_a_mark() {
    let world = world().await;
    write(&env_file(&world), format!("\u{feff}{}", lines(&world)).as_bytes(), 0o600);
    let program = Program::serve_by(&world, BARE).await;
    world.deliver_to(&program, UUID).await;
    world.archived(program, &[UUID]).await;
}

/// A world in which this variable is read from a file with these bytes.
fn given(world: &mut World, name: &str, bytes: &[u8]) {
    let path = world.folder.path().join(name);
    write(&path, bytes, 0o600);
    world.settings.remove(name);
    world.settings.insert(format!("{name}_FILE"), path.display().to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_is_archived_though_each_file_is_as_a_clipboard_left_it() {
    let mut world = world().await;
    let webhook = world.settings["ZOOM_WEBHOOK_SECRET_TOKEN"].clone();
    given(
        &mut world,
        "ZOOM_WEBHOOK_SECRET_TOKEN",
        format!("\u{feff}{webhook},\u{a0}{SECRET}\r\n").as_bytes(),
    );
    let client = world.settings["ZOOM_CLIENT_SECRET"].clone();
    given(&mut world, "ZOOM_CLIENT_SECRET", format!("\u{200b}\u{a0}{client}\u{2060} \r\n\n").as_bytes());
    let key = world.folder.path().join("google-key.json");
    let marked = format!("\u{feff}{}", std::fs::read_to_string(&key).unwrap()).replace('\n', "\r\n");
    write(&key, marked.as_bytes(), 0o600);
    let rules = world.folder.path().join("rules.toml");
    write(&rules, "\u{feff}[skip]\r\nfile_types = [\"CHAT\"]\r\n".as_bytes(), 0o644);
    world.settings.insert("RULES_FILE".into(), rules.display().to_string());
    let program = Program::serve(&world).await;
    world.deliver_to(&program, UUID).await;
    assert!(program.wait_for_line("finished note=").await, "{}", program.text());
    assert!(world.archive().keys().any(|path| path.ends_with(".mp4")), "{:?}", world.archive().keys());
    assert!(!world.archive().keys().any(|path| path.contains("chat")), "the rules were not read");
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_encodings_are_named_and_nothing_starts() {
    let mut world = world().await;
    let wide: Vec<u8> = lines(&world).encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [[b"\xFF\xFE".to_vec(), wide.clone()].concat(), wide] {
        write(&env_file(&world), &bytes, 0o600);
        let text = refused(&world).await;
        assert!(text.contains(".env cannot be read: it is written in UTF-16: save it as UTF-8"), "{text}");
    }
    let wide: Vec<u8> = SECRET.encode_utf16().flat_map(u16::to_be_bytes).collect();
    given(&mut world, "ZOOM_WEBHOOK_SECRET_TOKEN", &wide);
    write(&env_file(&world), lines(&world).as_bytes(), 0o600);
    let text = refused(&world).await;
    assert!(
        text.contains("ZOOM_WEBHOOK_SECRET_TOKEN_FILE cannot be read: it is written in UTF-16"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_nobody_can_have_meant_is_refused_by_its_name() {
    let slips = [
        "hunter2\u{200b}-of-this-story".to_owned(),
        "hunter2\u{feff}-of-this-story".to_owned(),
        "hunter2\n-of-this-story".to_owned(),
        format!("\"{SECRET}\""),
        format!("one,“{SECRET}”"),
    ];
    for slip in slips {
        let mut world = world().await;
        given(&mut world, "ZOOM_WEBHOOK_SECRET_TOKEN", slip.as_bytes());
        write(&env_file(&world), lines(&world).as_bytes(), 0o600);
        let text = refused(&world).await;
        assert!(text.contains("ZOOM_WEBHOOK_SECRET_TOKEN"), "{text}");
        assert!(text.contains("an invisible character") || text.contains("quotation marks"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    let mut world = world().await;
    let client = world.settings["ZOOM_CLIENT_ID"].clone();
    world.settings.insert("ZOOM_CLIENT_ID".into(), format!("{client}\u{202e}x"));
    write(&env_file(&world), lines(&world).as_bytes(), 0o600);
    assert!(refused(&world).await.contains("ZOOM_CLIENT_ID contains an invisible character (U+202E)"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_env_file_that_others_can_write_is_not_believed() {
    let world = world().await;
    let (file, lines) = (env_file(&world), lines(&world));
    for mode in [0o622, 0o602, 0o620] {
        write(&file, lines.as_bytes(), mode);
        let text = refused(&world).await;
        assert!(
            text.contains(".env is not trusted") && text.contains("others may write"),
            "{mode:o}: {text}"
        );
    }
    write(&file, lines.as_bytes(), 0o600);
    std::fs::set_permissions(world.folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    assert!(refused(&world).await.contains("others may write to"));
    std::fs::set_permissions(world.folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    // Only root can give a file away.
    if std::os::unix::fs::chown(&file, Some(12345), None).is_ok() {
        assert!(refused(&world).await.contains("belongs to user 12345"));
        std::os::unix::fs::chown(&file, Some(0), None).unwrap();
    }
    let named = world.folder.path().join("secret");
    write(&named, SECRET.as_bytes(), 0o666);
    write(&file, format!("{lines}NOTIFY_WEBHOOK_URL_FILE='{}'\n", named.display()).as_bytes(), 0o600);
    let text = refused(&world).await;
    assert!(text.contains("NOTIFY_WEBHOOK_URL_FILE cannot be read: others may write to"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_that_others_can_read_are_told_of_and_do_not_stop_the_service() {
    let world = world().await;
    let warning = "other users can read it: chmod 600 .env";
    for (mode, is_explained) in [(0o644, true), (0o600, false)] {
        write(&env_file(&world), lines(&world).as_bytes(), mode);
        let program = Program::serve_by(&world, BARE).await;
        assert_eq!(program.text().contains(warning), is_explained, "{mode:o}: {}", program.text());
        program.stop().await;
    }
}

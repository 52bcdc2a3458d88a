//! How a start fails, and what it says then.

use std::net::TcpListener;

use clap::CommandFactory;
use zoom2drive::cli::Cli;

use crate::support::program::{Program, binary};
use crate::support::world::World;

async fn fails(world: &World, settings: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut program = Program::spawn(world, &["serve"], settings);
    let status = program.ended().await;
    (status.code(), program.text())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_in_the_settings_is_named_and_no_value_is_shown() {
    let world = World::new().await;
    let faults = [
        ("ZOOM_WEBHOOK_SECRET_TOKEN", ""),
        ("ZOOM_ACCOUNT_ID", ""),
        ("ZOOM_CLIENT_SECRET", "zoom-client-hunter2"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "no-such-hunter2.json"),
        ("DRIVE_FOLDER_ID", "https://drive.example/folders/hunter2"),
        ("ADMIN_TOKEN", "hunter2"),
        ("CHUNK_SIZE", "hunter2MiB"),
        ("TRANSFERS", "0"),
        ("SETTLE_FOR", "hunter2"),
        ("AFTER_ARCHIVE", "hunter2"),
        ("TIMEZONE", "Mars/Hunter2"),
    ];
    let (code, text) = fails(&world, &faults).await;
    assert_eq!(code, Some(2), "{text}");
    for (name, _) in faults.iter().filter(|(name, _)| *name != "ZOOM_CLIENT_SECRET") {
        assert!(text.contains(name), "{name} is not named:\n{text}");
    }
    assert!(!text.to_lowercase().contains("hunter2"), "{text}");
    assert!(world.sandbox.transcript.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_way_to_the_database_is_a_fault_in_the_settings() {
    let world = World::new().await;
    for command in ["serve", "doctor"] {
        // Nobody is there; and nobody is called.
        let settings = [("DATABASE_URL", "postgres://me:hunter2@192.0.2.1/x?sslmode=require")];
        let mut program = Program::spawn(&world, &[command], &settings);
        let code = program.ended().await.code();
        let text = program.text();
        assert_eq!(code, Some(if command == "serve" { 2 } else { 1 }), "{text}");
        assert!(text.contains("sslmode=require") && text.contains("?sslmode=verify-full"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_setting_all_that_is_required_is_named() {
    let mut world = World::new().await;
    world.settings.clear();
    let (code, text) = fails(&world, &[]).await;
    assert_eq!(code, Some(2), "{text}");
    for name in ["ZOOM_WEBHOOK_SECRET_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS", "DRIVE_FOLDER_ID"] {
        assert!(text.contains(name), "{name} is not named:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cannot_be_opened_is_named() {
    let world = World::new().await;
    let key = world.folder.path().join("google-key.json");
    // Below a file no folder can be made; and a key is no database.
    for path in [key.join("zoom2drive.db"), key] {
        let (code, text) = fails(&world, &[("DATABASE_URL", &format!("sqlite://{}", path.display()))]).await;
        assert_eq!(code, Some(1), "{text}");
        let path = path.display().to_string();
        assert!(text.contains("cannot open") && text.contains(&path), "{text}");
        let (_, cause) = text.rsplit_once(": ").unwrap();
        assert_eq!(text.matches(cause).count(), 1, "it says a thing twice: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_in_use_is_named() {
    let world = World::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, text) = fails(&world, &[("LISTEN_ADDR", &address)]).await;
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains(&address) && text.contains("in use"), "{text}");
}

#[test]
fn every_command_explains_itself() {
    let mut asked = 0;
    let mut commands = vec![(Vec::new(), Cli::command())];
    while let Some((path, command)) = commands.pop() {
        let arguments: Vec<String> = [path.clone(), vec!["--help".to_owned()]].concat();
        let output = std::process::Command::new(binary()).args(&arguments).env_clear().output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(text.contains("Usage: zoom2drive"), "{arguments:?}: {text}");
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(!about.is_empty() && text.contains(about.trim_end_matches('.')), "{arguments:?}: {text}");
        asked += 1;
        for below in command.get_subcommands() {
            commands.push(([path.clone(), vec![below.get_name().to_owned()]].concat(), below.clone()));
        }
    }
    assert!(asked >= 9, "only {asked} commands");
    let unknown = std::process::Command::new(binary()).arg("no-such-command").env_clear().output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_no_terminal_has_no_colours() {
    let world = World::new().await;
    let program = Program::serve(&world).await;
    assert!(!program.text().contains('\u{1b}'), "{:?}", program.text());
    program.stop().await;
}

//! The demo as a newcomer runs it: the real binary, in an empty environment, in an empty folder.

use std::process::{Command, Output, Stdio};

fn demo(settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_zoom2drive"));
    command.arg("demo").args(arguments).current_dir(folder.path()).env_clear();
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.envs(settings.iter().copied()).env("TMPDIR", folder.path());
    let output = command.output().unwrap();
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "the demo leaves {left:?} behind");
    output
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_fast_demo_keeps_every_promise_and_shows_it() {
    let output = demo(&[], &["--fast"]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for part in [
        "a webhook with a forged signature: answered 401",
        "Zoom sends recording.transcript_completed",
        "KILLED the service, with ",
        "started another on the same database",
        "ann@example.com/2026/2026-03-01 Rehearsal \u{1f3ad} Act 1-2/",
        "audio transcript.vtt",
        "Audio only - Ben Light.m4a",
        "Act 1-2 meeting.json",
        "Board, audio only.m4a: Zoom gives no download address",
        "Dmytro Hnatiuk                          late        2026-03-02 09:32:00",
        "Ella Roth                               absent",
        "=HYPERLINK(\"https://example.org\",\"me\")  not listed",
        "in the trash, from where it can be restored; 4 of 4 files proved",
        "in the trash, from where it can be restored; 6 of 6 files proved",
        "Board: untouched; 2 of 3 files proved",
        "2 events were delivered again (6 deliveries in all): 4 jobs, no file twice",
        "rules of Zoom and Google broken by the service: 0",
        "recording bytes on disk: 0",
        "Every promise was kept.",
    ] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
    // The thirteenth is the video from Google Meet.
    assert_eq!(said.matches("    ✓ ").count(), 13, "{said}");
    assert!(said.contains("exported; nothing to prove it by"), "{said}");
    assert!(!said.contains('✗') && !said.contains('\u{1b}'), "{said}");
}

#[test]
fn wrong_settings_are_told_from_broken_promises() {
    let output = demo(&[("LOG_FORMAT", "xml")], &["--fast"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("LOG_FORMAT"), "{}", text(&output));
}

#[test]
fn a_log_that_goes_to_no_terminal_is_plain() {
    let output = demo(&[("LOG", "warn")], &["--fast"]);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && log.contains(" WARN zoom2drive::webhook: "), "{}", text(&output));
    assert!(!log.contains('\u{1b}'), "colours: {log:?}");
}

#[test]
fn a_demo_that_nobody_can_read_has_failed() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_zoom2drive"));
    command.args(["demo", "--fast"]).current_dir(folder.path()).env_clear().env("TMPDIR", folder.path());
    let mut running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(running.stdout.take());
    let output = running.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
}

//! The operator's commands, run as `main` runs them: arguments parsed by clap, settings from a reader, text
//! into a buffer.

mod other_releases;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, Parser};
use serde_json::{Value, json};
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;
use zoom2drive::health::{self, HealthState};
use zoom2drive::jobs::{SWEEP_SINGLETON, Standing};
use zoom2drive::store::{Claim, RunEnd, SingletonClaim};
use zoom2drive::webhook::payload;

use crate::support::server::{Scratch, TestServer, completed};

/// The exit code and what was printed; errors as `main` would print them.
async fn run(scratch: &Scratch, arguments: &[&str]) -> (ExitCode, String) {
    let address = format!("sqlite://{}", scratch.path().display());
    run_with(&[("DATABASE_URL", &address)], arguments).await
}

async fn run_with(settings: &[(&str, &str)], arguments: &[&str]) -> (ExitCode, String) {
    let cli = Cli::try_parse_from([&["zoom2drive"], arguments].concat()).unwrap();
    let mut reader = Reader::from_pairs(settings.iter().copied());
    let mut out = Vec::new();
    let code = match cli::run(&cli.command, &mut reader, &mut out).await {
        Ok(code) => code,
        Err(error) => {
            out.extend(format!("{error:#}").into_bytes());
            cli::exit_code(&error)
        }
    };
    (code, String::from_utf8(out).unwrap())
}

async fn with_job(uuid: &str) -> Scratch {
    let scratch = Scratch::open().await;
    accept(&scratch, &completed(uuid, "hunter2")).await;
    scratch
}

async fn accept(scratch: &Scratch, body: &Value) {
    let body = body.to_string();
    let event = payload::read(body.as_bytes()).unwrap().with_body(body.as_bytes());
    scratch.store.accept(&event).await.unwrap();
}

async fn park(scratch: &Scratch) {
    let Ok(Claim::Leased(_, lease)) = scratch.store.claim(std::time::Duration::from_secs(9)).await else {
        panic!("nothing is due");
    };
    let wait = std::time::Duration::ZERO;
    let ending = RunEnd { standing: Standing::Parked, attempts: 3, wait, reason: "share the folder".into() };
    scratch.store.finish(&lease, &ending).await.unwrap();
}

#[test]
fn the_command_line_is_sound_and_explains_itself() {
    Cli::command().debug_assert();
    let help = Cli::command().render_long_help().to_string();
    for word in ["jobs", "replay", "healthcheck", ".env"] {
        assert!(help.contains(word), "{word} is not in:\n{help}");
    }
    for usage in [
        &["jobs"][..],
        &["jobs", "retry"],
        &["jobs", "retry", "1", "--parked"],
        &["jobs", "show", "x"],
        &["replay"],
    ] {
        let error = Cli::try_parse_from([&["zoom2drive"], usage].concat()).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{usage:?}");
    }
}

/// The command and all below it, by their full names.
fn all(command: &clap::Command, path: &str) -> Vec<(String, clap::Command)> {
    let path = format!("{path} {}", command.get_name());
    let below = command.get_subcommands().flat_map(|below| all(below, &path));
    std::iter::once((path.trim().to_owned(), command.clone())).chain(below).collect()
}

/// The words of a line as a shell would take them, up to a remark, a pipe or a redirection.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut blanks) = (Vec::new(), String::new(), None, 0);
    for c in line.chars() {
        blanks = if c == ' ' && quote.is_none() { blanks + 1 } else { 0 };
        match (c, quote) {
            _ if blanks > 1 => break,
            ('#' | '|' | '>' | '&', None) => break,
            (' ', None) => words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty())),
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(end)) if c == end => quote = None,
            (c, _) => word.push(c),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

#[test]
fn every_command_explains_itself_and_shows_examples_that_it_understands() {
    let mut root = Cli::command();
    root.build();
    let mut shown = BTreeSet::new();
    for (path, mut command) in all(&root, "") {
        assert!(command.get_about().is_some_and(|about| about.to_string().len() > 10), "{path}");
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{path}: {argument}");
        }
        let help = command.render_long_help().to_string();
        let Some((_, examples)) = help.split_once("Examples:\n") else { continue };
        for line in examples.lines().map(str::trim).filter(|line| line.starts_with("zoom2drive ")) {
            let words = words(line);
            Cli::try_parse_from(&words).unwrap_or_else(|error| panic!("{line}: {error}"));
            shown.insert(words[1].clone());
        }
    }
    let commands: BTreeSet<_> = root.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    assert_eq!(shown, commands, "examples are missing");
}

#[tokio::test]
async fn shells_and_manuals_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let (code, script) = run_with(&[], &["completions", shell]).await;
        assert_eq!(code, ExitCode::SUCCESS);
        for command in Cli::command().get_subcommands() {
            assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    let (code, said) = run_with(&[], &["man", pages.to_str().unwrap()]).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    for (path, _) in all(&Cli::command(), "") {
        let page = std::fs::read_to_string(pages.join(format!("{}.1", path.replace(' ', "-")))).unwrap();
        assert!(page.contains(".SH NAME"), "{path}");
    }
    let (code, said) = run_with(&[], &["man", "/dev/null/man"]).await;
    assert_eq!(code, ExitCode::from(1), "{said}");
    assert!(said.contains("/dev/null/man"), "{said}");
}

#[tokio::test]
async fn jobs_are_listed_and_shown() {
    let scratch = with_job("u==").await;
    let (code, listed) = run(&scratch, &["jobs", "list"]).await;
    assert_eq!(code, ExitCode::SUCCESS);
    for part in ["ID  STANDING", "1   active", "received", "A play", "ann@example.com"] {
        assert!(listed.contains(part), "{part} is not in:\n{listed}");
    }
    let (_, shown) = run(&scratch, &["jobs", "show", "1"]).await;
    for part in ["Job 1: active, stage received", "meeting    u==", "No files are planned yet"] {
        assert!(shown.contains(part), "{part} is not in:\n{shown}");
    }
    let (_, none) = run(&scratch, &["jobs", "list", "--standing", "parked"]).await;
    assert_eq!(none, "No jobs.\n");
    let (_, list) = run(&scratch, &["jobs", "list", "--json"]).await;
    let (_, show) = run(&scratch, &["jobs", "show", "1", "--json"]).await;
    let list: Value = serde_json::from_str(&list).unwrap();
    let mut show: Value = serde_json::from_str(&show).unwrap();
    assert_eq!(show["files"], json!([]));
    show.as_object_mut().unwrap().remove("files");
    assert_eq!(list, json!({"jobs": [show], "next_before": null}));
    assert!(!format!("{listed}{shown}{list}").contains("hunter2"));
}

#[tokio::test]
async fn parked_jobs_are_retried_one_by_one_or_all_together() {
    let scratch = with_job("u").await;
    for uuid in ["v", "w"] {
        accept(&scratch, &completed(uuid, "x")).await;
    }
    for _ in 0..3 {
        park(&scratch).await;
    }
    let (_, listed) = run(&scratch, &["jobs", "list"]).await;
    assert!(listed.contains("share the folder"), "{listed}");
    let (code, said) = run(&scratch, &["jobs", "retry", "2"]).await;
    assert_eq!((code, said.as_str()), (ExitCode::SUCCESS, "Job 2 is due now.\n"));
    let (_, said) = run(&scratch, &["jobs", "retry", "--parked", "--json"]).await;
    let said: Value = serde_json::from_str(&said).unwrap();
    let ids: Vec<i64> =
        said["jobs"].as_array().unwrap().iter().filter_map(|job| job["id"].as_i64()).collect();
    assert_eq!(ids, [3, 1]);
    assert_eq!(run(&scratch, &["jobs", "retry", "--parked"]).await.1, "Parked jobs that are due now: 0\n");
    let (_, said) = run(&scratch, &["jobs", "cancel", "1"]).await;
    assert_eq!(said, "Job 1 is cancelled.\n");
    assert_eq!(scratch.store.jobs(Default::default()).await.unwrap()[2].standing, Standing::Cancelled);
}

#[tokio::test]
async fn an_event_is_replayed_by_its_number() {
    let scratch = with_job("u").await;
    park(&scratch).await;
    let (code, said) = run(&scratch, &["replay", "1"]).await;
    assert_eq!((code, said.as_str()), (ExitCode::SUCCESS, "Event 1 is replayed: job 1 is due now.\n"));
    assert_eq!(scratch.store.jobs(Default::default()).await.unwrap()[0].standing, Standing::Active);
    accept(&scratch, &json!({"event": "meeting.ended"})).await;
    let (code, said) = run(&scratch, &["replay", "2"]).await;
    assert_eq!(code, ExitCode::FAILURE);
    assert!(
        said.contains("event 2 cannot be replayed: the event announces no recording to archive"),
        "{said}"
    );
}

#[tokio::test]
async fn the_exit_code_tells_failures_from_wrong_settings() {
    let scratch = Scratch::open().await;
    for arguments in
        [&["jobs", "show", "7"][..], &["jobs", "retry", "7"], &["jobs", "cancel", "7"], &["replay", "7"]]
    {
        let (code, said) = run(&scratch, arguments).await;
        assert_eq!(code, ExitCode::FAILURE);
        assert!(said.contains("there is no"), "{said}");
    }
    let missing = scratch.path().with_file_name("missing.db");
    let address = format!("sqlite://{}", missing.display());
    let (code, said) = run_with(&[("DATABASE_URL", &address)], &["jobs", "list"]).await;
    assert_eq!(code, ExitCode::from(2));
    assert!(said.contains("there is no database") && !missing.exists(), "{said}");
    let (code, _) = run_with(&[("DATABASE_URL", "mysql://x")], &["jobs", "list"]).await;
    assert_eq!(code, ExitCode::from(2));
    let (code, _) = run_with(&[("LISTEN_ADDR", "here")], &["healthcheck"]).await;
    assert_eq!(code, ExitCode::from(2));
}

#[tokio::test]
async fn healthcheck_asks_the_service_that_runs() {
    let scratch = Scratch::open().await;
    let state = HealthState { store: scratch.store.clone(), workers_alive: Arc::new(|| true) };
    let server = TestServer::open(health::router(state)).await;
    let everywhere = format!("0.0.0.0:{}", server.address.port());
    for address in [server.address.to_string(), everywhere] {
        let (code, said) = run_with(&[("LISTEN_ADDR", &address)], &["healthcheck"]).await;
        assert_eq!(code, ExitCode::SUCCESS, "{said}");
    }
    let address = server.address.to_string();
    drop(server);
    let other = TestServer::open(axum::Router::new()).await;
    let (code, said) = run_with(&[("LISTEN_ADDR", &other.address.to_string())], &["healthcheck"]).await;
    assert_eq!(code, ExitCode::FAILURE);
    assert!(said.contains("404"), "{said}");
    // Whether its connections linger or not, nobody listens there any more.
    tokio::task::yield_now().await;
    let (code, said) = run_with(&[("LISTEN_ADDR", &address)], &["healthcheck"]).await;
    assert_eq!(code, ExitCode::FAILURE, "{said}");
}

#[tokio::test]
async fn the_status_tells_what_is_known_and_why_the_rest_is_not() {
    let scratch = with_job("u==").await;
    let address = format!("sqlite://{}", scratch.path().display());
    let zoom = [("ZOOM_ACCOUNT_ID", "a"), ("ZOOM_CLIENT_ID", "b"), ("ZOOM_CLIENT_SECRET", "c")];
    let settings = [&[("DATABASE_URL", address.as_str())], &zoom[..]].concat();

    let (code, text) = run(&scratch, &["jobs", "status"]).await;
    assert!(
        code == ExitCode::SUCCESS && text.contains("unknown: there are no Zoom API credentials"),
        "{text}"
    );
    let (_, text) = run_with(&settings, &["jobs", "status"]).await;
    assert!(text.contains("unknown: Zoom has not been swept yet"), "{text}");

    let hour = std::time::Duration::from_secs(3600);
    let turn = scratch.store.acquire_singleton(SWEEP_SINGLETON, hour, hour).await.unwrap();
    let SingletonClaim::Ours(turn) = turn else { panic!("{turn:?}") };
    scratch.store.end_singleton(&turn, true, "2 user(s)").await.unwrap();
    let (_, text) = run_with(&settings, &["jobs", "status"]).await;
    assert!(text.contains("not archived  1") && text.contains("2 user(s)"), "{text}");
    let (_, text) = run_with(&settings, &["jobs", "status", "--json"]).await;
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&json["unarchived"], &json["why"]), (&json!(1), &Value::Null));
    assert_eq!((&json["complete"], &json["not_seen"]), (&json!(true), &Value::Null));
    // What could be seen is archived: that is told together with whom nobody could see.
    let turn =
        scratch.store.acquire_singleton(SWEEP_SINGLETON, std::time::Duration::ZERO, hour).await.unwrap();
    let SingletonClaim::Ours(turn) = turn else { panic!("{turn:?}") };
    scratch.store.note_look(&turn, "Zoom Rooms: a scope is missing", None).await.unwrap();
    scratch.store.end_singleton(&turn, true, "2 user(s)").await.unwrap();
    let (_, text) = run_with(&settings, &["jobs", "status"]).await;
    assert!(text.contains("not seen      Zoom Rooms: a scope is missing"), "{text}");
    let (_, text) = run_with(&settings, &["jobs", "status", "--json"]).await;
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&json["complete"], &json["unarchived"]), (&json!(false), &json!(1)));
    let bad = [settings, vec![("SWEEP_EVERY", "often")]].concat();
    let (code, text) = run_with(&bad, &["jobs", "status"]).await;
    assert!(code == ExitCode::from(2) && text.contains("SWEEP_EVERY"), "{text}");
}

#[tokio::test]
async fn nothing_that_moves_a_terminal_is_printed() {
    const EVIL: &str = "a\u{1b}[31m\u{202e}\u{2067}\u{85}\u{9b}2J\u{7f}\r\u{2028}b";
    let scratch = Scratch::open().await;
    let mut body = completed("u==", "x");
    for field in ["topic", "host_email", "id"] {
        body["payload"]["object"][field] = json!(EVIL);
    }
    accept(&scratch, &body).await;
    let Ok(Claim::Leased(_, lease)) = scratch.store.claim(std::time::Duration::from_secs(9)).await else {
        panic!("nothing is due");
    };
    let wait = std::time::Duration::ZERO;
    let ending = RunEnd { standing: Standing::Parked, attempts: 3, wait, reason: EVIL.into() };
    scratch.store.finish(&lease, &ending).await.unwrap();
    for arguments in [
        &["jobs", "list"][..],
        &["jobs", "list", "--json"],
        &["jobs", "show", "1"],
        &["jobs", "show", "1", "--json"],
        &["replay", "1", "--json"],
    ] {
        let (code, printed) = run(&scratch, arguments).await;
        assert_eq!(code, ExitCode::SUCCESS, "{printed:?}");
        let is_active = |c: char| zoom2drive::untrusted::is_control(c) && c != '\n';
        assert!(!printed.contains(is_active), "{arguments:?}: {printed:?}");
        assert!(printed.contains("[31m"), "this proves nothing: {printed:?}");
    }
}

#[tokio::test]
async fn the_audit_trail_names_who_ran_a_command() {
    let scratch = with_job("u").await;
    run(&scratch, &["jobs", "cancel", "1"]).await;
    run(&scratch, &["jobs", "retry", "7"]).await;
    let (code, listed) = run(&scratch, &["jobs", "audit"]).await;
    assert_eq!(code, ExitCode::SUCCESS);
    for part in ["at the command line", "cancel  job 1", "begun", "done", "failed: there is no job 7"] {
        assert!(listed.contains(part), "{part} is not in:\n{listed}");
    }
    let (_, json) = run(&scratch, &["jobs", "audit", "--json", "--before", "3"]).await;
    let page: Value = serde_json::from_str(&json).unwrap();
    let ids: Vec<&Value> = page["entries"].as_array().unwrap().iter().map(|entry| &entry["id"]).collect();
    assert_eq!(ids, [2, 1]);
}

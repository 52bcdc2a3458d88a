//! `zoom2drive doctor` against the sandbox: a healthy set-up is called healthy, and each thing that operators,
//! admins, Zoom or Google get wrong is named, with its mend, while everything else is judged all the same.

mod attendance;
mod drive;
mod google;
mod meet;
mod page;
mod store;
mod webhook;
mod zoom;

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Parser;
use serde_json::Value;
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;
use zoom2drive::sandbox::zoom::{File, Meeting};
use zoom2drive::untrusted::is_control;

use crate::support::steps::days_ago;
use crate::support::world::{Life, World};

/// The recording that there is to look at.
const UUID: &str = "doctor/+it/AAAAAAAA==";

/// What the doctor said.
struct Examined {
    code: ExitCode,
    checks: Vec<Value>,
}

impl Examined {
    fn of(&self, id: &str) -> &Value {
        let check = self.checks.iter().find(|check| check["id"] == id);
        check.unwrap_or_else(|| panic!("there is no {id} in {:#?}", self.checks))
    }

    fn state(&self, id: &str) -> &str {
        self.of(id)["state"].as_str().unwrap()
    }

    /// The ids in this state, in order.
    fn ids(&self, state: &str) -> Vec<&str> {
        let of_state = self.checks.iter().filter(|check| check["state"] == state);
        of_state.map(|check| check["id"].as_str().unwrap()).collect()
    }

    /// The check is in this state, what it found and how to mend it are named, and nothing else is broken.
    #[track_caller]
    fn assert(&self, id: &str, state: &str, found: &str, mend: &str) {
        let check = self.of(id);
        let text = |field: &str| check[field].as_str().unwrap().to_owned();
        assert_eq!(text("state"), state, "{check:#}");
        assert!(text("found").contains(found), "{found} is not in {check:#}");
        assert!(text("mend").contains(mend), "{mend} is not in {check:#}");
        assert!(!text("tried").is_empty() && !text("expected").is_empty(), "{check:#}");
    }

    /// Just these are broken, and all others could be judged or say why not.
    #[track_caller]
    fn assert_only_broken(&self, ids: &[&str]) {
        assert_eq!(self.ids("broken"), ids, "{:#?}", self.checks);
        assert_eq!(self.code, if ids.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
}

/// Runs the command as `main` does.
async fn run(settings: &BTreeMap<String, String>, arguments: &[&str]) -> (ExitCode, String) {
    let cli = Cli::try_parse_from([&["zoom2drive", "doctor"], arguments].concat()).unwrap();
    let (mut reader, mut out) = (Reader::from_pairs(settings.clone()), Vec::new());
    let code = cli::run(&cli.command, &mut reader, &mut out).await.unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(!text.contains(|c| is_control(c) && c != '\n'), "something in it moves a terminal: {text:?}");
    (code, text)
}

/// Runs it with these settings over the world's; an empty value takes one away. No secret may be seen.
async fn examine(world: &World, settings: &[(&str, &str)]) -> Examined {
    examine_with(world, settings, &["--json"]).await
}

/// The same, with these arguments.
async fn examine_with(world: &World, settings: &[(&str, &str)], arguments: &[&str]) -> Examined {
    let mut all = world.settings.clone();
    all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let (code, text) = run(&all, arguments).await;
    let (zoom, google) = (&world.sandbox.zoom, &world.sandbox.google);
    let secrets = [zoom.client_secret().to_owned(), zoom.webhook_secret().to_owned()];
    for secret in secrets.into_iter().chain(zoom.handed_out()).chain(google.handed_out()) {
        assert!(!text.contains(&secret), "a secret in {text}");
    }
    let report: Value = serde_json::from_str(&text).unwrap();
    Examined { code, checks: report["checks"].as_array().unwrap().clone() }
}

/// A set-up in which nothing is wrong: the service runs, is reached, and has archived the one recording there is.
async fn healthy() -> (World, Life) {
    let world = World::with(&[("AFTER_ARCHIVE", "keep"), ("SWEEP_EVERY", "1h")]).await;
    world.sandbox.zoom.add(
        Meeting::new(UUID, "Rehearsal")
            .host("ann@example.com")
            .start(&days_ago(1))
            .file(File::mp4("doctor-video", 300_000))
            .file(File::chat("doctor-chat", 321)),
    );
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    (world, life)
}

/// A set-up without a service: enough for all that is not about the webhook.
async fn at_rest(settings: &[(&str, &str)]) -> World {
    let world = World::with(&[&[("SWEEP_EVERY", "1h")], settings].concat()).await;
    world.sandbox.zoom.add(
        Meeting::new(UUID, "Rehearsal")
            .host("ann@example.com")
            .start(&days_ago(1))
            .file(File::mp4("doctor-video", 300_000)),
    );
    world
}

/// The sandbox as it should be left: no rule broken, no file but trashed ones beyond the archive.
#[track_caller]
fn assert_clean(world: &World) {
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
    let left: Vec<String> = world
        .sandbox
        .google
        .files()
        .into_iter()
        .filter(|file| file.app_properties.contains_key("zoom2driveDoctor") && !file.trashed)
        .map(|file| file.name)
        .collect();
    assert_eq!(left, Vec::<String>::new(), "test files that were not put away");
}

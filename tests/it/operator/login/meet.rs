//! `login --meet`: asks for Meet's scopes in addition, keeps the others, and tells what is lost without each.

use serde_json::{Value, json};
use zoom2drive::sandbox::google::Person;

use super::run::Run;
use super::{DRIVE, get, logged_in, read, redirected, saved};
use crate::support::world::World;

const MEET: [&str; 3] = ["meetings.space.readonly", "drive.meet.readonly", "calendar.events.readonly"];

fn scope(name: &str) -> String {
    format!("https://www.googleapis.com/auth/{name}")
}

/// These scopes, and then Meet's.
fn and_meet(others: &[&str]) -> Value {
    json!(others.iter().chain(&MEET).map(|name| scope(name)).collect::<Vec<_>>())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn meet_is_asked_for_in_addition_and_a_replaced_login_keeps_the_rest() {
    let world = World::new().await;
    logged_in(&world, &["--meet"]).await;
    assert_eq!(read(&saved(&world))["zoom2drive_scopes"], and_meet(&["drive"]));
    logged_in(&world, &["--scope", "drive.file", "--gmail", "--force"]).await;
    assert_eq!(read(&saved(&world))["zoom2drive_scopes"], json!([scope("drive.file"), scope("gmail.send")]));
    logged_in(&world, &["--meet", "--force"]).await;
    assert_eq!(read(&saved(&world))["zoom2drive_scopes"], and_meet(&["drive.file", "gmail.send"]));
    logged_in(&world, &["--meet", "--force", "--scope", "drive"]).await;
    assert_eq!(read(&saved(&world))["zoom2drive_scopes"], and_meet(&["drive", "gmail.send"]));
    // Without the flag, a login is what its flags say.
    logged_in(&world, &["--force"]).await;
    assert_eq!(read(&saved(&world))["zoom2drive_scopes"], json!([DRIVE]));
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_scope_that_was_not_ticked_is_told_with_what_does_not_work() {
    let world = World::new().await;
    let mut all = String::new();
    for name in MEET {
        world.sandbox.google.set_person(Person::Unticks(scope(name)));
        let run = Run::login(&world, &["--meet", "--force", "--scope", "drive.file"], &[]).await;
        get(&redirected(&run.address()).await).await;
        let (code, out, err) = run.ends(&world).await;
        assert_eq!(code, 1, "{out}{err}");
        assert!(out.contains("in Drive, and read their meetings: keep it secret"), "{out}");
        let file = read(&saved(&world));
        let scopes = file["zoom2drive_scopes"].as_array().unwrap();
        assert_eq!((scopes.len(), scopes.contains(&scope(name).into())), (3, false), "{file}");
        all += &format!("{err}\n");
    }
    insta::assert_snapshot!(all, @r"
    zoom2drive: the login is saved, but not everything was allowed. Without https://www.googleapis.com/auth/meetings.space.readonly, no command of `meet` can read meetings, except `meet upcoming`. To add what is missing, log in again with --meet --force, and tick every box
    zoom2drive: the login is saved, but not everything was allowed. Without https://www.googleapis.com/auth/drive.meet.readonly, `meet bring` cannot read recordings, transcripts and notes. To add what is missing, log in again with --meet --force, and tick every box
    zoom2drive: the login is saved, but not everything was allowed. Without https://www.googleapis.com/auth/calendar.events.readonly, `meet upcoming` does not work, and past meetings have no titles. To add what is missing, log in again with --meet --force, and tick every box
    ");
    // All of Drive includes the files of Meet.
    world.sandbox.google.set_person(Person::Unticks(scope("drive.meet.readonly")));
    logged_in(&world, &["--meet", "--force", "--scope", "drive"]).await;
    assert_eq!(read(&saved(&world))["zoom2drive_scopes"].as_array().unwrap().len(), 3);
    // Drive is needed: then the login that is there stays.
    let before = read(&saved(&world));
    world.sandbox.google.set_person(Person::Unticks(DRIVE.to_owned()));
    let run = Run::login(&world, &["--meet", "--force"], &[]).await;
    get(&redirected(&run.address()).await).await;
    let (code, _, err) = run.ends(&world).await;
    assert_eq!((code, read(&saved(&world))), (1, before));
    assert!(err.contains("auth/drive is missing") && err.ends_with("nothing was saved"), "{err}");
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

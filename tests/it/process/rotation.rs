//! Secrets are replaced in their files while the service runs: real files, the real process, real calls.

use std::path::PathBuf;

use zoom2drive::sandbox::faults::Route;

use crate::support::program::Program;
use crate::support::world::{World, usual_meeting};

const UUIDS: [&str; 2] = ["before/the/rotation/A==", "after/the/rotation/AA=="];
const OLD: &str = "the-old-secret-of-this-story";
const NEW: &str = "the-new-secret-of-this-story";

/// Files are looked at often, and what is paused is not probed within a test unless somebody asks for it.
const SETTINGS: [(&str, &str); 2] = [("ROTATE_EVERY", "20ms"), ("RETRY_WAIT", "1s")];

/// A world that reads this variable from a file, and the file.
async fn with_file(variable: &str, value: &str, more: &[(&str, &str)]) -> (World, PathBuf) {
    let mut world = World::with(&[&SETTINGS[..], more].concat()).await;
    let path = world.folder.path().join(variable);
    std::fs::write(&path, value).unwrap();
    world.settings.remove(variable);
    world.settings.insert(format!("{variable}_FILE"), path.display().to_string());
    for (uuid, day) in UUIDS.iter().zip(1..) {
        world.sandbox.zoom.add(usual_meeting(uuid).start(&format!("2026-03-0{day}T18:30:00Z")));
    }
    (world, path)
}

/// Puts a new file in the old one's place.
fn swap(path: &std::path::Path, value: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, value).unwrap();
    std::fs::rename(new, path).unwrap();
}

async fn says(program: &Program, text: &str) {
    assert!(program.wait_for_line(text).await, "{text} is not in:\n{}", program.text());
}

fn times(program: &Program, text: &str) -> usize {
    program.text().lines().filter(|line| line.contains(text)).count()
}

/// Makes the program look at all files, and waits until it has.
async fn look(program: &Program) {
    let before = times(program, "SIGHUP: checked");
    program.signal("HUP");
    let looked = program.wait_until(|| times(program, "SIGHUP: checked") > before).await;
    assert!(looked, "{}", program.text());
}

async fn admin(program: &Program, token: &str) -> u16 {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("{}/admin/jobs", program.url)).bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

fn assert_no_secret(program: &Program, secrets: &[&str]) {
    for secret in secrets {
        assert_eq!(times(program, secret), 0, "{secret} was logged:\n{}", program.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_webhooks_secret_changes_over_without_losing_an_event() {
    let (world, path) = with_file("ZOOM_WEBHOOK_SECRET_TOKEN", OLD, &[]).await;
    world.sandbox.zoom.set_webhook_secret(OLD);
    let program = Program::serve(&world).await;
    swap(&path, NEW);
    says(&program, "ZOOM_WEBHOOK_SECRET_TOKEN was replaced; the new value is in force, and the former one")
        .await;
    // At Zoom nobody has pressed the button yet.
    world.deliver_to(&program, UUIDS[0]).await;
    says(&program, "signed with the former Secret Token").await;
    world.sandbox.zoom.set_webhook_secret(NEW);
    world.deliver_to(&program, UUIDS[1]).await;
    assert_eq!(times(&program, "signed with the former Secret Token"), 1);
    let (url, body) = (format!("{}/webhooks/zoom", program.url), b"{\"event\":\"recording.completed\"}");
    let forged = world.sandbox.zoom.deliver_signed_with("a-secret-of-nobody", &url, body).await.unwrap();
    assert_eq!(forged, 401);
    assert_no_secret(&program, &[OLD, NEW]);
    world.archived(program, &UUIDS).await;

    // A restart knows the new one only.
    let program = Program::serve(&world).await;
    let url = format!("{}/webhooks/zoom", program.url);
    assert_eq!(world.sandbox.zoom.deliver_signed_with(OLD, &url, body).await.unwrap(), 401);
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_admin_token_is_refused_at_once_and_a_bad_one_is_not_taken() {
    let (world, path) = with_file("ADMIN_TOKEN", OLD, &[]).await;
    let program = Program::serve(&world).await;
    assert_eq!((admin(&program, OLD).await, admin(&program, NEW).await), (200, 401));
    swap(&path, "short");
    says(&program, "the new value of ADMIN_TOKEN cannot be used").await;
    swap(&path, "");
    says(&program, "it cannot appear or disappear").await;
    assert_eq!((admin(&program, OLD).await, admin(&program, "short").await), (200, 401));
    // Cut in two by what a clipboard left in it: no value either.
    swap(&path, &NEW.replace("new", "new\u{200b}"));
    says(&program, "ADMIN_TOKEN contains an invisible character").await;
    std::fs::write(&path, format!("\u{feff}{NEW}\r\n")).unwrap();
    says(&program, "ADMIN_TOKEN was replaced").await;
    assert_eq!((admin(&program, OLD).await, admin(&program, NEW).await), (401, 200));
    // The same value, written again, is no rotation.
    swap(&path, NEW);
    look(&program).await;
    assert_eq!(times(&program, "ADMIN_TOKEN was replaced"), 1);
    assert_no_secret(&program, &[OLD, NEW]);
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_google_key_ends_the_pause_for_refused_credentials() {
    let mut world = World::with(&SETTINGS).await;
    world.sandbox.zoom.add(usual_meeting(UUIDS[0]));
    let path = world.folder.path().join("google.json");
    let person = world.sandbox.google.authorized_user();
    std::fs::write(&path, person.to_string()).unwrap();
    world.settings.insert("GOOGLE_APPLICATION_CREDENTIALS".to_owned(), path.display().to_string());
    let program = Program::serve(&world).await;
    world.sandbox.google.revoke(person["refresh_token"].as_str().unwrap());
    world.deliver_to(&program, UUIDS[0]).await;
    says(&program, "drive is paused (credentials)").await;

    // Half a key: the old one stays, and that is said once, however often it is looked at.
    let key = world.sandbox.google.service_account_key().to_string();
    std::fs::write(&path, &key[..key.len() / 2]).unwrap();
    let refused = "the new value of GOOGLE_APPLICATION_CREDENTIALS cannot be used";
    says(&program, refused).await;
    look(&program).await;
    look(&program).await;
    assert_eq!(times(&program, refused), 1, "{}", program.text());
    std::fs::remove_file(&path).unwrap();
    let gone = || times(&program, refused) == 2;
    assert!(program.wait_until(gone).await, "{}", program.text());
    assert!(world.archive().is_empty());

    swap(&path, &key);
    says(&program, "GOOGLE_APPLICATION_CREDENTIALS was replaced").await;
    says(&program, "drive works again (credentials)").await;
    world.archived(program, &UUIDS[..1]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_zoom_secret_ends_the_pause_for_refused_credentials() {
    let first = World::new().await.sandbox.zoom.client_secret();
    let (world, path) = with_file("ZOOM_CLIENT_SECRET", first, &[]).await;
    let program = Program::serve(&world).await;
    world.deliver_to(&program, UUIDS[0]).await;
    world.trashed(&program, &UUIDS[..1]).await;
    let asked = world.sandbox.transcript.count(Route::ZoomToken);

    world.sandbox.zoom.set_client_secret(NEW);
    world.sandbox.zoom.expire_access_tokens();
    world.deliver_to(&program, UUIDS[1]).await;
    says(&program, "zoom is paused (credentials)").await;
    swap(&path, NEW);
    says(&program, "ZOOM_CLIENT_SECRET was replaced").await;
    world.archived(program, &UUIDS).await;
    assert!(world.sandbox.transcript.count(Route::ZoomToken) > asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swapped_link_is_a_rotation_as_orchestrators_do_it() {
    let (mut world, _) = with_file("ADMIN_TOKEN", OLD, &[]).await;
    let folder = world.folder.path().join("secrets");
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.join(name)).unwrap();
    for (version, token) in [("..1", OLD), ("..2", NEW)] {
        std::fs::create_dir_all(folder.join(version)).unwrap();
        std::fs::write(folder.join(version).join("admin-token"), token).unwrap();
    }
    link("..1", "..data");
    link("..data/admin-token", "admin-token");
    let path = folder.join("admin-token").display().to_string();
    world.settings.insert("ADMIN_TOKEN_FILE".to_owned(), path);
    let program = Program::serve(&world).await;
    assert_eq!(admin(&program, OLD).await, 200);
    link("..2", "..next");
    std::fs::rename(folder.join("..next"), folder.join("..data")).unwrap();
    says(&program, "ADMIN_TOKEN was replaced").await;
    assert_eq!((admin(&program, OLD).await, admin(&program, NEW).await), (401, 200));
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sighup_has_everything_looked_at_and_nothing_is_taken_before() {
    let (mut world, path) = with_file("ADMIN_TOKEN", OLD, &[("ROTATE_EVERY", "0s")]).await;
    let zone = world.folder.path().join("zone");
    std::fs::write(&zone, "UTC").unwrap();
    world.settings.insert("TIMEZONE_FILE".to_owned(), zone.display().to_string());
    let program = Program::serve(&world).await;
    look(&program).await;
    std::fs::write(&path, NEW).unwrap();
    std::fs::write(&zone, "Europe/Berlin").unwrap();
    assert_eq!(admin(&program, OLD).await, 200);
    look(&program).await;
    assert_eq!((admin(&program, OLD).await, admin(&program, NEW).await), (401, 200));
    assert_eq!(times(&program, "ADMIN_TOKEN was replaced"), 1);
    says(&program, "the file of TIMEZONE has changed; it is read at the next start").await;
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_roster_is_read_again_and_a_bad_one_changes_nothing() {
    let mut world = World::with(&SETTINGS).await;
    let folder = world.folder.path().to_owned();
    let (rules, roster) = (folder.join("rules.toml"), folder.join("class.csv"));
    std::fs::write(&rules, "[[where]]\ntopics = ['*']\nattendance = 'no'\nroster = 'class.csv'\n").unwrap();
    std::fs::write(&roster, "name\nAnna\n").unwrap();
    world.settings.insert("RULES_FILE".to_owned(), rules.display().to_string());
    let program = Program::serve(&world).await;
    swap(&roster, "name,email\nAnna,a@b.c\nBorys,a@b.c\n");
    says(&program, "the new value of RULES_FILE cannot be used").await;
    says(&program, "class.csv: line").await;
    swap(&roster, "name\nAnna\nBorys\n");
    says(&program, "RULES_FILE was replaced").await;
    // The same list, written again, is no change.
    swap(&roster, "name\nAnna\nBorys\n");
    look(&program).await;
    assert_eq!(times(&program, "RULES_FILE was replaced"), 1);
    program.stop().await;
}

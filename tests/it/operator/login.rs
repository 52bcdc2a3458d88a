//! A person logs in and out: the real command as a process, a person at the sandbox's consent screen, and a
//! browser that follows the printed address.

mod meet;
mod refused;
mod run;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use zoom2drive::sandbox::faults::{Canned, Fault, Route};

use run::Run;

use crate::support::program::Program;
use crate::support::world::{World, usual_meeting};

const UUID: &str = "a/person/logs/in/AAAAA==";
const DRIVE: &str = "https://www.googleapis.com/auth/drive";

fn browser() -> reqwest::Client {
    let policy = reqwest::redirect::Policy::none();
    reqwest::Client::builder().no_proxy().redirect(policy).build().unwrap()
}

/// Where the consent screen sends the browser.
async fn redirected(address: &str) -> String {
    let answer = browser().get(address).send().await.unwrap();
    assert_eq!(answer.status(), 302, "{}", answer.text().await.unwrap());
    answer.headers()["location"].to_str().unwrap().to_owned()
}

async fn get(address: &str) -> (u16, String) {
    let answer = browser().get(address).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn saved(world: &World) -> PathBuf {
    world.folder.path().join("google-user.json")
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Logs in by browser, into `google-user.json`.
async fn logged_in(world: &World, arguments: &[&str]) {
    let run = Run::login(world, arguments, &[]).await;
    let (status, _) = get(&redirected(&run.address()).await).await;
    assert_eq!(status, 200);
    let (code, out, err) = run.ends(world).await;
    assert_eq!(code, 0, "{out}{err}");
}

/// Without what is another each time.
fn told(world: &World, out: &str, address: &str) -> String {
    let folder = world.folder.path().canonicalize().unwrap();
    out.replace(address, "ADDRESS").replace(&folder.display().to_string(), "/HERE")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_logs_in_by_browser_and_the_service_archives_as_that_person() {
    let mut world = World::new().await;
    let run = Run::login(&world, &["--testing"], &[]).await;
    let address = run.address();
    let (status, page) = get(&redirected(&address).await).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(page, @r#"<!DOCTYPE html><meta charset="utf-8"><title>zoom2drive</title><p>The answer has arrived. You can close this window and return to the terminal.</p>"#);
    let (code, out, err) = run.ends(&world).await;
    assert_eq!((code, err.as_str()), (0, ""));
    let path = saved(&world);
    let consented_at: jiff::Timestamp =
        read(&path)["zoom2drive_consented_at"].as_str().unwrap().parse().unwrap();
    let end = (consented_at + jiff::SignedDuration::from_hours(7 * 24)).to_string();
    insta::assert_snapshot!(told(&world, &out, &address).replace(&end, "CONSENT + 7 DAYS"), @r#"
    Open this address in a browser, on this machine or another, and allow everything:

    ADDRESS

    If the browser ends at a page that it cannot show, paste that page's address here.

    ada@theatre.example is logged in.
    /HERE/google-user.json contains the login.
    Anyone who has this file can act as that person in Drive: keep it secret.
    To let the service act for this person, set GOOGLE_APPLICATION_CREDENTIALS=/HERE/google-user.json

    The consent screen is in status "Testing": Google ends this login at CONSENT + 7 DAYS.
    To fix that, choose the user type Internal, or "Publish app", at console.cloud.google.com under Google Auth
    Platform, Audience, and log in again: a login that was made in Testing keeps its end.
    "#);

    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let file = read(&path);
    let keys: Vec<&String> = file.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "client_id",
            "client_secret",
            "refresh_token",
            "token_uri",
            "type",
            "zoom2drive_consented_at",
            "zoom2drive_scopes",
            "zoom2drive_testing"
        ]
    );
    assert_eq!((&file["type"], &file["zoom2drive_testing"]), (&"authorized_user".into(), &true.into()));
    assert_eq!(file["zoom2drive_scopes"], serde_json::json!([DRIVE]));

    // Into a My Drive, which a service account could not do.
    world.sandbox.zoom.add(usual_meeting(UUID));
    world.settings.insert("GOOGLE_APPLICATION_CREDENTIALS".to_owned(), path.display().to_string());
    let folder = world.sandbox.google.my_drive_folder();
    world.settings.insert("DRIVE_FOLDER_ID".to_owned(), folder);
    let program = Program::serve(&world).await;
    world.deliver_to(&program, UUID).await;
    world.archived(program, &[UUID]).await;
}

/// `messages test` with the world's settings.
async fn messages_test(world: &World) -> (i32, String) {
    let settings: Vec<_> =
        world.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let (code, out, err) = Run::start(world, &["messages", "test"], &settings).ends(world).await;
    (code, out + &err)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_gmail_letters_come_from_that_person_and_without_it_nobody_is_told_that_they_do() {
    let mut world = World::new().await;
    logged_in(&world, &["--gmail"]).await;
    let file = saved(&world).display().to_string();
    world.settings.insert("GOOGLE_APPLICATION_CREDENTIALS".to_owned(), file);
    world.settings.insert("DRIVE_FOLDER_ID".to_owned(), world.sandbox.google.my_drive_folder());
    world.settings.insert("NOTIFY_EMAIL_TO".to_owned(), "boss@example.com".to_owned());
    assert_eq!(messages_test(&world).await, (0, "gmail: sent".to_owned()));
    let mails = world.sandbox.google.mails();
    assert_eq!((mails.len(), mails[0].account.as_str()), (1, "ada@theatre.example"));

    logged_in(&world, &["--force"]).await;
    let (code, told) = messages_test(&world).await;
    assert_eq!(code, 1);
    insta::assert_snapshot!(told, @"gmail: NOT SENT: status 403 insufficientPermissions Request had insufficient authentication scopes. Enable the Gmail API in the Cloud console, and grant the scope https://www.googleapis.com/auth/gmail.send: a person by `zoom2drive login --client client_secret.json --gmail --force`, with delegation in the Admin console under Security, API controls, Domain-wide delegation");
    assert_eq!(world.sandbox.google.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_ssh_the_last_address_is_pasted() {
    let world = World::new().await;
    let file = world.folder.path().join("elsewhere.json").display().to_string();
    let settings = [("GOOGLE_APPLICATION_CREDENTIALS", file.as_str()), ("GOOGLE_SUBJECT", "ann@example.com")];
    let mut run = Run::login(&world, &["--scope", "drive.file", "--gmail", "--no-browser"], &settings).await;
    let address = run.address();
    let last = redirected(&address).await;
    run.paste("");
    run.paste(&address);
    run.says(&world, "the pasted text").await;
    run.paste(&format!("  \"{last}\"  "));
    let (code, out, err) = run.ends(&world).await;
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(told(&world, &out, &address), @r#"
    Open this address in a browser, on this machine or another, and allow everything:

    ADDRESS

    If the browser ends at a page that it cannot show, paste that page's address here.
    Ignored the pasted text: it is not an answer from Google. Still waiting.

    ada@theatre.example is logged in.
    /HERE/elsewhere.json contains the login.
    Anyone who has this file can act as that person in Drive: keep it secret.
    From now on the service acts for this person; a running service reloads the file by itself.
    Remove GOOGLE_SUBJECT: a person's login cannot act for another user.

    With drive.file the service reaches only folders that this client itself has made: a folder that was made in
    Drive by hand is refused as DRIVE_FOLDER_ID, and shared drives cannot be looked up.

    If the consent screen is in status "Testing", Google ends this login after 7 days.
    To fix that, choose the user type Internal, or "Publish app", at console.cloud.google.com under Google Auth
    Platform, Audience, and log in again: a login that was made in Testing keeps its end.
    "#);
    let scopes = ["drive.file", "gmail.send"].map(|name| format!("https://www.googleapis.com/auth/{name}"));
    assert_eq!(read(Path::new(&file))["zoom2drive_scopes"], serde_json::json!(scopes));
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logout_ends_the_login_at_google_and_the_service_says_that_it_is_refused() {
    let mut world = World::new().await;
    logged_in(&world, &[]).await;
    let path = saved(&world);
    let copy = std::fs::read_to_string(&path).unwrap();
    world.settings.insert("GOOGLE_APPLICATION_CREDENTIALS".to_owned(), path.display().to_string());
    world.sandbox.zoom.add(usual_meeting(UUID));
    let program = Program::serve(&world).await;

    let unreachable = Canned::html(503);
    world.sandbox.faults.once(Route::GoogleRevoke, Fault::Answer(unreachable));
    let (code, _, err) = Run::start(&world, &["logout"], &[]).ends(&world).await;
    assert_eq!((code, path.exists()), (1, true), "{err}");
    let mut all = format!("{err}\n");
    let (code, out, err) = Run::start(&world, &["logout"], &[]).ends(&world).await;
    assert_eq!((code, path.exists(), err.as_str()), (0, false, ""));
    all += &format!("{out}\n");

    world.deliver_to(&program, UUID).await;
    assert!(program.wait_for_line("drive is paused (credentials)").await, "{}", program.text());
    assert!(world.archive().is_empty());
    program.stop().await;

    // A copy of the file is worth nothing; a key is no login.
    std::fs::write(&path, copy).unwrap();
    for (expected, arguments) in
        [(0, &["logout"][..]), (2, &["logout"]), (2, &["logout", "--file", "google-key.json"])]
    {
        let (code, out, err) = Run::start(&world, arguments, &[]).ends(&world).await;
        assert_eq!(code, expected, "{out}{err}");
        all += &format!("{out}{err}\n");
    }
    insta::assert_snapshot!(all, @r"
    zoom2drive: Google cannot be reached: status 503 Service Unavailable; google-user.json was not changed
    Logged out: Google has ended the login, and google-user.json is removed.
    Logged out: the login had ended before at Google; google-user.json is removed.
    zoom2drive: no login to end: google-user.json names a file that cannot be read: No such file or directory (os error 2)
    zoom2drive: google-key.json is the key of a service account, not a person's login: delete the key in Google's Cloud console
    ");
    assert!(world.folder.path().join("google-key.json").exists());
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

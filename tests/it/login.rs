//! A person logs in and out: the real command as a process, a person at the sandbox's consent screen, and a
//! browser that follows the printed address.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use zoom2drive::sandbox::faults::{Canned, Fault, Route};
use zoom2drive::sandbox::google::Person;

use crate::process::{Program, Said, binary, listen};
use crate::world::{LIMIT, World, usual_meeting};

const UUID: &str = "a/person/logs/in/AAAAA==";
const DRIVE: &str = "https://www.googleapis.com/auth/drive";

/// One run of a command, with its input open.
struct Run {
    child: Child,
    stdin: Option<ChildStdin>,
    out: Arc<Mutex<Said>>,
    err: Arc<Mutex<Said>>,
}

fn words(said: &Mutex<Said>) -> String {
    said.lock().unwrap_or_else(PoisonError::into_inner).lines.join("\n")
}

impl Run {
    fn start(world: &World, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let api = [("GOOGLE_API_URL", world.settings["GOOGLE_API_URL"].as_str())];
        let settings: BTreeMap<&str, &str> = api.into_iter().chain(settings.iter().copied()).collect();
        let mut child = Command::new(binary())
            .args(arguments)
            .env_clear()
            .envs(settings)
            .current_dir(world.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, err) = (Arc::<Mutex<Said>>::default(), Arc::<Mutex<Said>>::default());
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let transcript = world.sandbox.transcript.clone();
        let (said, heard) = (out.clone(), transcript.clone());
        std::thread::spawn(move || listen(stdout, &said, &heard));
        let said = err.clone();
        std::thread::spawn(move || listen(stderr, &said, &transcript));
        Self { stdin: child.stdin.take(), child, out, err }
    }

    /// `login` with the sandbox's client, up to where it waits.
    async fn login(world: &World, more: &[&str], settings: &[(&str, &str)]) -> Self {
        let client = world.folder.path().join("client_secret.json");
        std::fs::write(&client, world.sandbox.google.desktop_client().to_string()).unwrap();
        let arguments = [&["login", "--client", "client_secret.json"], more].concat();
        let run = Self::start(world, &arguments, settings);
        let waits = || words(&run.out).contains("paste that page's address");
        let is_over = || run.err.lock().unwrap().is_over;
        assert!(world.sandbox.transcript.wait_until(LIMIT, || waits() || is_over()).await);
        assert!(waits(), "{}{}", words(&run.out), words(&run.err));
        run
    }

    /// The address that it wants to be opened.
    fn address(&self) -> String {
        words(&self.out).lines().find(|line| line.starts_with("http")).unwrap().to_owned()
    }

    fn paste(&mut self, text: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{text}").unwrap();
    }

    async fn says(&self, world: &World, text: &str) {
        let said = world.sandbox.transcript.wait_until(LIMIT, || words(&self.out).contains(text)).await;
        assert!(said, "{text} is not in:\n{}", words(&self.out));
    }

    /// The exit code, and what it said on both streams.
    async fn ends(mut self, world: &World) -> (i32, String, String) {
        let is_over = |said: &Mutex<Said>| said.lock().unwrap_or_else(PoisonError::into_inner).is_over;
        let over = || is_over(&self.out) && is_over(&self.err);
        let ended = world.sandbox.transcript.wait_until(LIMIT, over).await;
        assert!(ended, "it did not end:\n{}{}", words(&self.out), words(&self.err));
        let code = self.child.wait().unwrap().code().unwrap();
        let (out, err) = (words(&self.out), words(&self.err));
        for secret in world.sandbox.google.handed_out() {
            assert!(!out.contains(&secret) && !err.contains(&secret), "a secret was shown:\n{out}\n{err}");
        }
        (code, out, err)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
async fn logged_in(world: &World) {
    let run = Run::login(world, &[], &[]).await;
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
    insta::assert_snapshot!(page, @r#"<!DOCTYPE html><meta charset="utf-8"><title>zoom2drive</title><p>The answer has arrived. You may close this window and look at the terminal.</p>"#);
    let (code, out, err) = run.ends(&world).await;
    assert_eq!((code, err.as_str()), (0, ""));
    let path = saved(&world);
    let consented_at: jiff::Timestamp =
        read(&path)["zoom2drive_consented_at"].as_str().unwrap().parse().unwrap();
    let end = (consented_at + jiff::SignedDuration::from_hours(7 * 24)).to_string();
    insta::assert_snapshot!(told(&world, &out, &address).replace(&end, "CONSENT + 7 DAYS"), @r#"
    Open this address in a browser, on this machine or another, and allow what is asked:

    ADDRESS

    If the browser ends at a page that it cannot show, paste that page's address here.

    ada@theatre.example is logged in.
    /HERE/google-user.json holds the login.
    Whoever has this file is that person in Drive: keep it to yourself.
    Let the service act for this person: GOOGLE_APPLICATION_CREDENTIALS=/HERE/google-user.json

    The consent screen is in status "Testing": Google ends this login at CONSENT + 7 DAYS.
    To mend that, choose the user type Internal, or "Publish app", at console.cloud.google.com under Google Auth
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
    run.says(&world, "what was pasted").await;
    run.paste(&format!("  \"{last}\"  "));
    let (code, out, err) = run.ends(&world).await;
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(told(&world, &out, &address), @r#"
    Open this address in a browser, on this machine or another, and allow what is asked:

    ADDRESS

    If the browser ends at a page that it cannot show, paste that page's address here.
    Not taken, what was pasted: it is no answer of Google's. Still waiting.

    ada@theatre.example is logged in.
    /HERE/elsewhere.json holds the login.
    Whoever has this file is that person in Drive: keep it to yourself.
    From now on this is whom the service acts for; a running one notices by itself.
    Take GOOGLE_SUBJECT away: a person acts for themselves only.

    With drive.file the service reaches only folders that this client itself has made: a folder that was made in
    Drive by hand is refused as DRIVE_FOLDER_ID, and shared drives cannot be looked up.

    Is the consent screen in status "Testing"? Then Google ends this login after 7 days.
    To mend that, choose the user type Internal, or "Publish app", at console.cloud.google.com under Google Auth
    Platform, Audience, and log in again: a login that was made in Testing keeps its end.
    "#);
    let scopes = ["drive.file", "gmail.send"].map(|name| format!("https://www.googleapis.com/auth/{name}"));
    assert_eq!(read(Path::new(&file))["zoom2drive_scopes"], serde_json::json!(scopes));
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_at_the_port_change_nothing() {
    let world = World::new().await;
    let run = Run::login(&world, &[], &[]).await;
    let last = redirected(&run.address()).await;
    let (here, _) = last.split_once('?').unwrap();
    assert_eq!(get(&format!("{here}favicon.ico")).await.0, 404);
    assert_eq!(browser().post(&last).send().await.unwrap().status(), 405);
    let (status, page) = get(&format!("{here}?state=forged&code=4/0Astolen")).await;
    assert_eq!((status, page.contains("another login")), (400, true));
    assert_eq!(get(here).await.0, 400);
    run.says(&world, "what a browser brought: it answers another login (its `state` is not ours)").await;
    run.says(&world, "it is no answer of Google's").await;
    assert_eq!(world.sandbox.transcript.count(Route::GoogleToken), 0);
    assert_eq!(get(&last).await.0, 200);
    let (code, out, err) = run.ends(&world).await;
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_whole_consent_nothing_is_saved() {
    let world = World::new().await;
    let refused = |error: &str| {
        let body = format!("{{\"error\":\"{error}\",\"error_description\":\"Says who?\\u001b[31m\"}}");
        Some(Canned::new(if error == "invalid_client" { 401 } else { 400 }, "application/json", body))
    };
    let cases = [
        (Person::Denies, None),
        (Person::Unticks(DRIVE.to_owned()), None),
        (Person::AllowsAgain, None),
        (Person::Allows, refused("invalid_client")),
        (Person::Allows, refused("invalid_grant")),
        (Person::Allows, Some(Canned::html(503))),
    ];
    let mut all = String::new();
    for (person, answer) in cases {
        world.sandbox.google.set_person(person);
        if let Some(canned) = answer {
            world.sandbox.faults.once(Route::GoogleToken, Fault::Answer(canned));
        }
        let run = Run::login(&world, &["--gmail"], &[]).await;
        get(&redirected(&run.address()).await).await;
        let (code, out, err) = run.ends(&world).await;
        assert_eq!(code, 1, "{out}{err}");
        assert!(!saved(&world).exists());
        all += &format!("{err}\n");
    }
    insta::assert_snapshot!(all, @r"
    zoom2drive: the answer at the consent screen was no; nothing was saved
    zoom2drive: not everything was allowed: https://www.googleapis.com/auth/drive is missing. Log in again, and tick every box; nothing was saved
    zoom2drive: Google gave no refresh token, as it does when it has given this client one before. Take the app's access away at https://myaccount.google.com/connections, and log in again; nothing was saved
    zoom2drive: Google refuses: invalid_client Says who?\u001b[31m (the client was deleted, or its secret replaced: download its file again); nothing was saved
    zoom2drive: Google refuses: invalid_grant Says who?\u001b[31m (the code is too old or was used before: log in again); nothing was saved
    zoom2drive: Google cannot be reached: status 503 Service Unavailable; nothing was saved
    ");
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_whose_drive_api_is_not_enabled_is_saved_and_says_so() {
    let world = World::new().await;
    let disabled =
        Canned::google(403, "accessNotConfigured", "Google Drive API has not been used in project 1");
    world.sandbox.faults.once(Route::DriveAbout, Fault::Answer(disabled));
    let run = Run::login(&world, &[], &[]).await;
    get(&redirected(&run.address()).await).await;
    let (code, out, err) = run.ends(&world).await;
    assert_eq!((code, saved(&world).exists()), (1, true), "{out}{err}");
    assert!(
        err.contains("saved, but Drive does not take it yet") && err.contains("has not been used"),
        "{err}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_when_the_answer_could_not_be_used() {
    let world = World::new().await;
    let path = |name: &str| world.folder.path().join(name);
    let client = world.sandbox.google.desktop_client();
    std::fs::write(path("client.json"), client.to_string()).unwrap();
    std::fs::write(path("web.json"), client.to_string().replace("installed", "web")).unwrap();
    let evil = client.to_string().replace(&world.sandbox.google.url(), "http://evil.example");
    std::fs::write(path("evil.json"), evil).unwrap();
    std::fs::write(path("taken.json"), "mine").unwrap();
    let mut all = String::new();
    for arguments in [
        &["--client", "nowhere.json"][..],
        &["--client", "google-key.json"],
        &["--client", "web.json"],
        &["--client", "evil.json"],
        &["--client", "client.json", "--out", "taken.json"],
        &["--client", "client.json", "--wait", "soon"],
    ] {
        let run = Run::start(&world, &[&["login"], arguments].concat(), &[]);
        let (code, out, err) = run.ends(&world).await;
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        all += &format!("{}\n", err.lines().next().unwrap());
    }
    insta::assert_snapshot!(all, @r"
    zoom2drive: --client names a file that cannot be read: No such file or directory (os error 2): nowhere.json
    zoom2drive: --client names a file that is no OAuth client of type Desktop app (line 1): google-key.json
    zoom2drive: --client names a client of type Web application: make one of type Desktop app: web.json
    zoom2drive: --client names a file whose endpoints are not Google's (https://*.googleapis.com): evil.json
    zoom2drive: taken.json exists: name another file with --out, or replace it with --force
    error: invalid value 'soon' for '--wait <DURATION>': expected a duration, such as 10m
    ");
    assert_eq!(std::fs::read_to_string(path("taken.json")).unwrap(), "mine");
    let run = Run::login(&world, &["--wait", "50ms"], &[]).await;
    let (code, _, err) = run.ends(&world).await;
    assert_eq!((code, err.as_str()), (1, "zoom2drive: nobody answered in time; nothing was saved"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_takes_the_place_of_another_only_by_force() {
    let world = World::new().await;
    logged_in(&world).await;
    let first = read(&saved(&world));
    let run = Run::login(&world, &["--force"], &[]).await;
    get(&redirected(&run.address()).await).await;
    assert_eq!(run.ends(&world).await.0, 0);
    assert_ne!(first["refresh_token"], read(&saved(&world))["refresh_token"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logout_ends_the_login_at_google_and_the_service_says_that_it_is_refused() {
    let mut world = World::new().await;
    logged_in(&world).await;
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
    zoom2drive: Google cannot be reached: status 503 Service Unavailable; google-user.json was left as it is
    Logged out: Google has ended the login, and google-user.json is removed.
    Logged out: Google knew the login no more; google-user.json is removed all the same.
    zoom2drive: no login to end: google-user.json names a file that cannot be read: No such file or directory (os error 2)
    zoom2drive: google-key.json is the key of a service account, not a person's login: delete the key in Google's Cloud console
    ");
    assert!(world.folder.path().join("google-key.json").exists());
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

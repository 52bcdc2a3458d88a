//! Logins that must come to nothing, or only by force.

use zoom2drive::sandbox::faults::{Canned, Fault, Route};
use zoom2drive::sandbox::google::Person;

use super::run::Run;
use super::{DRIVE, browser, get, logged_in, read, redirected, saved};
use crate::support::world::World;

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
    run.says(&world, "a request from a browser: it answers another login (its `state` is not ours)").await;
    run.says(&world, "it is not an answer from Google").await;
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
    zoom2drive: the person refused at the consent screen; nothing was saved
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
        err.contains("saved, but Drive does not accept it yet") && err.contains("has not been used"),
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
    zoom2drive: --client names a file that is not an OAuth client of type Desktop app (line 1): google-key.json
    zoom2drive: --client names a client of type Web application: create one of type Desktop app: web.json
    zoom2drive: --client names a file whose endpoints are not Google's (https://*.googleapis.com): evil.json
    zoom2drive: taken.json exists: name another file with --out, or replace it with --force
    error: invalid value 'soon' for '--wait <DURATION>': expected a duration, such as 10m
    ");
    assert_eq!(std::fs::read_to_string(path("taken.json")).unwrap(), "mine");
    let run = Run::login(&world, &["--wait", "50ms"], &[]).await;
    let (code, _, err) = run.ends(&world).await;
    assert_eq!((code, err.as_str()), (1, "zoom2drive: no answer came in time; nothing was saved"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_takes_the_place_of_another_only_by_force() {
    let world = World::new().await;
    logged_in(&world, &[]).await;
    let first = read(&saved(&world));
    let run = Run::login(&world, &["--force"], &[]).await;
    get(&redirected(&run.address()).await).await;
    assert_eq!(run.ends(&world).await.0, 0);
    assert_ne!(first["refresh_token"], read(&saved(&world))["refresh_token"]);
}

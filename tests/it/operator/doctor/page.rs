//! What people and scripts read: all of a healthy page, a broken one, JSON.

use std::process::ExitCode;

use serde_json::Value;

use super::{assert_clean, at_rest, examine, healthy, run};
use crate::support::program::binary;
use crate::support::world::World;

/// Without what differs from run to run: ports, paths, ids, versions, times.
fn steady(world: &World, text: &str) -> String {
    let google = &world.sandbox.google;
    let mut text = text.replace(&world.folder.path().display().to_string(), "FOLDER");
    for (id, name) in
        [(google.root_folder(), "ROOT"), (google.url(), "GOOGLE"), (world.sandbox.zoom.oauth_url(), "ZOOM")]
    {
        text = text.replace(&id, name);
    }
    let line = |line: &str| {
        let cut = |mark: &str, instead: &str| line.find(mark).map(|at| format!("{}{instead}", &line[..at]));
        if line.contains("store.space") {
            cut("store.space", "store.space         (room)")
        } else if line.contains("SQLite 3.") {
            cut("SQLite 3.", "SQLite (version)")
        } else if line.contains("with our secret in ") {
            cut("with our secret in ", "with our secret in (time)")
        } else if line.contains("up to date (") {
            cut("up to date (", "up to date (change)")
        } else if line.contains("clock is ") {
            cut("clock is ", "clock is (near)")
        } else {
            None
        }
        .unwrap_or_else(|| line.to_owned())
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_set_up_is_called_healthy_and_left_as_it_was() {
    let (mut world, life) = healthy().await;
    world.settings.insert("PUBLIC_URL".to_owned(), life.url.clone());
    let jobs = life.summary().await;
    let (code, text) = run(&world.settings, &[]).await;
    assert_eq!(code, ExitCode::SUCCESS, "{text}");
    insta::assert_snapshot!(steady(&world, &text), @r#"
    ok         settings            all settings are valid
    ok         clock.zoom          this machine's clock is (near)
    ok         clock.google        this machine's clock is (near)
    ok         store.open          it belongs to this program, and its tables are up to date (change)
    ok         store.writable      it was written
    ok         store.version       SQLite (version)
    ok         store.mode          0600
    ok         store.space         (room)
    ok         zoom.token          ZOOM gave one for 60 min
    ok         zoom.scopes         all 4 needed scopes are granted
    ok         zoom.recover        recordings can be taken out of Zoom's trash
    ok         zoom.limits         Zoom reports these limits: LIGHT, MEDIUM; the service uses at most half of those of plan business
    ok         zoom.users          active users: 1, of them with a licence: 1
    ok         zoom.recording      "Rehearsal" has 2 file(s)
    ok         zoom.download       status 206 from localhost: 512 of 300000 bytes, "video/mp4"
    ok         zoom.account        1 recording(s) of two days
    ok         webhook.reached     it answered the challenge with our secret in (time)
    ok         webhook.last-event  the last one came within a day
    ok         google.key          the key of service account zoom2drive@sandbox-project.iam.gserviceaccount.com
    ok         google.key-mode     0600
    ok         google.token.drive  a token for https://www.googleapis.com/auth/drive to act as zoom2drive@sandbox-project.iam.gserviceaccount.com
    ok         drive.root          "Recordings", in a shared drive
    ok         drive.role          zoom2drive@sandbox-project.iam.gserviceaccount.com may add files
    ok         drive.member        shared drive "Theatre" can be searched
    ok         drive.storage       the organisation's, which owns what is in shared drives
    ok         drive.upload        263255 bytes arrived, SHA-256 2ac09af8ec07…
    ok         drive.cleanup       it is in Drive's trash, which empties itself after 30 days

    27 ok, 0 warning(s), 0 broken, 0 not tried. All is well.
    "#);
    assert_clean(&world);
    assert_eq!(life.summary().await, jobs);
    // The service beside it goes on as if nothing had been.
    world.assert_archived(&[super::UUID]);
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_set_up_says_how_to_mend_it() {
    let world = at_rest(&[("AFTER_ARCHIVE", "trash")]).await;
    world.sandbox.zoom.remove_scope("cloud_recording:delete:meeting_recording:admin");
    let root = world.sandbox.google.root_folder();
    world.sandbox.google.trash(&root);
    let (code, text) = run(&world.settings, &[]).await;
    assert_eq!(code, ExitCode::FAILURE, "{text}");
    insta::assert_snapshot!(steady(&world, &text), @r#"
    ok         settings            all settings are valid
    ok         clock.zoom          this machine's clock is (near)
    ok         clock.google        this machine's clock is (near)
    ok         store.open          there is none at FOLDER/zoom2drive.db yet; `serve` creates it, and FOLDER is writable
    ok         store.space         (room)
    ok         zoom.token          ZOOM gave one for 60 min
    BROKEN     zoom.scopes         missing: cloud_recording:delete:meeting_recording:admin (in a classic app recording:write:admin), for AFTER_ARCHIVE, which is `trash` or `delete`
               tried     reading the scopes that came with the token
               expected  cloud_recording:read:list_recording_files:admin cloud_recording:read:recording:admin user:read:list_users:admin cloud_recording:read:list_user_recordings:admin cloud_recording:delete:meeting_recording:admin
               mend      marketplace.zoom.us > Develop (Manage) > your Server-to-Server OAuth app > Scopes > Add Scopes, by name; then Activation > Activate your app again. A token keeps the scopes that it was issued with: restart the service, or wait up to an hour
    ok         zoom.recover        recordings can be taken out of Zoom's trash
    ok         zoom.limits         Zoom reports these limits: LIGHT, MEDIUM; the service uses at most half of those of plan business
    ok         zoom.users          active users: 1, of them with a licence: 1
    ok         zoom.recording      "Rehearsal" has 1 file(s)
    ok         zoom.download       status 206 from localhost: 512 of 300000 bytes, "video/mp4"
    ok         zoom.account        1 recording(s) of two days
    warning    webhook.reached     PUBLIC_URL is not set: it was not checked if Zoom can reach this service
               tried     sending Zoom's signed challenge (endpoint.url_validation) to PUBLIC_URL
               expected  our own answer to it, within 3s
               mend      Set PUBLIC_URL to the https address of your proxy, such as https://hooks.example.org, and run this again
    not tried  webhook.last-event  because the database cannot be read, or is not there yet
    ok         google.key          the key of service account zoom2drive@sandbox-project.iam.gserviceaccount.com
    ok         google.key-mode     0600
    ok         google.token.drive  a token for https://www.googleapis.com/auth/drive to act as zoom2drive@sandbox-project.iam.gserviceaccount.com
    BROKEN     drive.root          "Recordings" is in the trash, and is deleted for good after 30 days
               tried     reading the folder DRIVE_FOLDER_ID ROOT
               expected  a folder that is not in the trash
               mend      drive.google.com > Trash (of the shared drive: open the drive, its name's menu > View trash) > right-click > Restore; or set DRIVE_FOLDER_ID to another folder
    not tried  drive.role          because DRIVE_FOLDER_ID names no usable folder
    not tried  drive.member        because DRIVE_FOLDER_ID names no usable folder
    not tried  drive.storage       because DRIVE_FOLDER_ID names no usable folder
    not tried  drive.upload        because nothing can be put into the root folder; see drive.root and drive.role
    not tried  drive.cleanup       because nothing can be put into the root folder; see drive.root and drive.role

    15 ok, 1 warning(s), 2 broken, 6 not tried. Fix what is BROKEN, from the top, and run this again.
    "#);
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_read_each_check_by_its_name() {
    let world = at_rest(&[]).await;
    let (_, text) = run(&world.settings, &["--json"]).await;
    let report: Value = serde_json::from_str(&text).unwrap();
    let scopes = report["checks"].as_array().unwrap().iter().find(|check| check["id"] == "zoom.scopes");
    insta::assert_snapshot!(serde_json::to_string_pretty(scopes.unwrap()).unwrap(), @r#"
    {
      "expected": "cloud_recording:read:list_recording_files:admin cloud_recording:read:recording:admin user:read:list_users:admin cloud_recording:read:list_user_recordings:admin cloud_recording:delete:meeting_recording:admin",
      "found": "all 5 needed scopes are granted",
      "id": "zoom.scopes",
      "mend": "",
      "state": "ok",
      "tried": "reading the scopes that came with the token"
    }
    "#);
    insta::assert_snapshot!(report["summary"].to_string(), @r#"
    {"broken":0,"not_tried":1,"ok":22,"warning":1}
    "#);
    // The same with all that was tried, for people.
    let (_, verbose) = run(&world.settings, &["--verbose"]).await;
    assert!(
        verbose.lines().filter(|line| line.trim_start().starts_with("expected ")).count() > 15,
        "{verbose}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_of_the_settings_stop_only_what_needs_them() {
    let world = at_rest(&[]).await;
    let examined =
        examine(&world, &[("DRIVE_FOLDER_ID", "https://x/y"), ("TIMEZONE", "Mars"), ("DATABASE_URL", "x")])
            .await;
    examined.assert_only_broken(&["settings.DRIVE_FOLDER_ID", "settings.TIMEZONE", "settings.DATABASE_URL"]);
    examined.assert(
        "settings.DRIVE_FOLDER_ID",
        "broken",
        "only the last part",
        "drive.google.com: open the folder",
    );
    for id in ["clock.zoom", "zoom.token", "zoom.scopes", "zoom.users", "zoom.recording", "zoom.download"] {
        assert_eq!(examined.state(id), "ok");
    }
    for id in ["store.open", "drive.root", "drive.upload"] {
        assert_eq!(examined.state(id), "not_tried");
    }
    assert_eq!((examined.state("google.key"), examined.state("google.token.drive")), ("ok", "ok"));
    let examined =
        examine(&world, &[("LISTEN_ADDR", "8080"), ("PUBLIC_URL", "http://hooks.example.org")]).await;
    examined.assert_only_broken(&["settings.LISTEN_ADDR", "settings.PUBLIC_URL"]);
    assert_eq!((examined.state("webhook.reached"), examined.state("drive.upload")), ("not_tried", "ok"));
    let examined = examine(&world, &[("ZOOM_CLIENT_ID", ""), ("AFTER_ARCHIVE", "keep")]).await;
    examined.assert_only_broken(&["settings.ZOOM_CLIENT_ID"]);
    assert_eq!((examined.state("zoom.token"), examined.state("drive.upload")), ("not_tried", "ok"));
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_prints_no_colours_into_a_pipe_and_exits_with_what_it_found() {
    let world = at_rest(&[]).await;
    for (folder, code) in [(world.sandbox.google.root_folder(), 0), ("nowhere".to_owned(), 1)] {
        let mut command = std::process::Command::new(binary());
        command.arg("doctor").env_clear().envs(&world.settings).env("DRIVE_FOLDER_ID", folder);
        let ended =
            tokio::task::block_in_place(|| command.current_dir(world.folder.path()).output()).unwrap();
        let printed = String::from_utf8(ended.stdout).unwrap();
        assert_eq!(ended.status.code(), Some(code), "{printed}");
        assert!(printed.contains("drive.root") && !printed.contains('\u{1b}'), "{printed}");
        // What is wrong is the page's to say: nothing comes beside it.
        assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
    }
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_is_warned_of_without_its_password() {
    let world = at_rest(&[]).await;
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let said = examine(&world, &[(variable, "http://ann:hunter2@proxy.example:3128")]).await;
        said.assert("settings.proxy", "warning", variable, "NO_PROXY");
        let all = format!("{:?}", said.checks);
        assert!(!all.contains("hunter2") && !all.contains("proxy.example"), "{all}");
    }
    assert!(examine(&world, &[]).await.checks.iter().all(|check| check["id"] != "settings.proxy"));
}

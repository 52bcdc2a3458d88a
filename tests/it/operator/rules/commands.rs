//! What `rules test` and `rules check` say.

use std::process::ExitCode;

use clap::Parser;
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;
use zoom2drive::sandbox::zoom::File;

use super::{UUID, command, small, world, write};
use crate::support::world::World;

/// The output of `rules test` without the folder of this test.
async fn explained(world: &World, arguments: &[&str]) -> String {
    let told = command(world, &[&["rules", "test"], arguments].concat()).await;
    told.replace(world.folder.path().to_str().unwrap(), "FOLDER")
}

const SHOWN: &str = "participant_audio = false
[only]
hosts = ['*@drama.example.org', 'principal@*']
file_types = ['MP4', 'M4A', 'TRANSCRIPT', 'CHAT']
[skip]
views = ['gallery_view']
[[where]]
hosts = ['principal@*']
folder_id = '1ZyXwVuTsRqPoNmLkJiHgFeDcBa'
";

#[tokio::test]
async fn rules_test_explains_what_would_happen() {
    let mut world = world(SHOWN).await;
    world.settings.insert("FOLDER_TEMPLATE".to_owned(), "{host_name}/{topic}".to_owned());
    let skipped =
        explained(&world, &["--host", "eve@else.org", "--topic", "[REC] Act 1", "--file-type", "MP4"]).await;
    insta::assert_snapshot!(skipped, @r#"
    By the rules in FOLDER/rules.toml:
    SKIPPED: host is not on the only list (rules, line 3)
      skipped   MP4: host is not on the only list (rules, line 3)
    "#);
    let archived = explained(&world, &["--host", "ann@drama.example.org", "--topic", "[REC] Act 1"]).await;
    insta::assert_snapshot!(archived, @r#"
    By the rules in FOLDER/rules.toml:
    ARCHIVED, except 2 file(s):
      root      DRIVE_FOLDER_ID
      folder    ann/[REC] Act 1
                or, if another host has that name: ann (ann@drama.example.org)/[REC] Act 1
      archived  2026-11-22 19.30 [REC] Act 1 shared screen with speaker view.mp4
      archived  2026-11-22 19.30 [REC] Act 1 audio only.m4a
      skipped   M4A audio_only_each_participant: participants' audio is not archived (rules, line 1)
      archived  2026-11-22 19.30 [REC] Act 1 audio transcript.vtt
      archived  2026-11-22 19.30 [REC] Act 1 chat file.txt
      skipped   TIMELINE timeline: file type is not on the only list (rules, line 4)
    "#);
}

#[tokio::test]
async fn rules_test_prints_json_with_the_rule_that_applies() {
    let mut world = world(SHOWN).await;
    world.settings.insert("FOLDER_TEMPLATE".to_owned(), "{host_name}/{topic}".to_owned());
    let principal =
        ["--host", "principal@example.org", "--topic", "[REC] Talk", "--file-type", "MP4:gallery_view"];
    let told = explained(&world, &[&principal[..], &["--file-type", "CHAT", "--json"]].concat()).await;
    insta::assert_snapshot!(told, @r#"
    {
      "rules_file": "FOLDER/rules.toml",
      "job": null,
      "skipped": false,
      "reason": null,
      "where": {
        "line": 7,
        "root": "1ZyXwVuTsRqPoNmLkJiHgFeDcBa",
        "folder": "principal/[REC] Talk",
        "folder_if_taken": "principal (principal@example.org)/[REC] Talk",
        "stays_in": null,
        "attendance": null,
        "expected": null
      },
      "files": [
        {
          "type": "MP4",
          "view": "gallery_view",
          "reason": "view matches skip list `gallery_view` (rules, line 6)",
          "name": "2026-11-22 19.30 [REC] Talk gallery view.mp4",
          "is_on_drive": false
        },
        {
          "type": "CHAT",
          "view": "",
          "reason": null,
          "name": "2026-11-22 19.30 [REC] Talk chat.txt",
          "is_on_drive": false
        }
      ]
    }
    "#);
    write(&mut world, "");
    world.settings.remove("RULES_FILE");
    let none =
        explained(&world, &["--host", "a@b.c", "--file-type", "MP4", "--start", "2026-01-02T03:04:05Z"])
            .await;
    insta::assert_snapshot!(none, @r#"
    There is no RULES_FILE: everything is archived.
    ARCHIVED:
      root      DRIVE_FOLDER_ID
      folder    a/untitled
                or, if another host has that name: a (a@b.c)/untitled
      archived  2026-01-02 03.04 untitled mp4.mp4
    "#);
}

#[tokio::test]
async fn rules_test_explains_a_stored_job() {
    let mut world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    world.sandbox.zoom.add(small(UUID, "Talk", "ann@example.com").file(File::timeline("line", 400)));
    let rules = "[skip]\nfile_types = ['timeline']\n";
    write(&mut world, rules);
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    let folder = life.files(life.jobs().await[0].id).await[0].folder_id.clone();
    life.stop().await;
    let told = explained(&world, &["--job", "1"]).await.replace(&folder, "ID");
    insta::assert_snapshot!(told, @r#"
    By the rules in FOLDER/rules.toml:
    ARCHIVED, except 1 file(s):
      folder    stays where its first files went: https://drive.google.com/drive/folders/ID
      on Drive  2026-03-01 18.30 Talk chat file.txt (it stays)
      skipped   TIMELINE timeline: file type matches skip list `timeline` (rules, line 2)
    `zoom2drive jobs retry 1` plans it again, by the rules of the service.
    "#);
    write(&mut world, "[skip]\ntopics = ['*']\n");
    let told = explained(&world, &["--job", "1"]).await;
    insta::assert_snapshot!(told, @r#"
    By the rules in FOLDER/rules.toml:
    SKIPPED: topic matches skip list `*` (rules, line 2)
      on Drive  2026-03-01 18.30 Talk chat file.txt (it stays)
      skipped   TIMELINE timeline: topic matches skip list `*` (rules, line 2)
    `zoom2drive jobs retry 1` plans it again, by the rules of the service.
    "#);
}

#[tokio::test]
async fn rules_check_says_all_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.toml");
    let checked = |arguments: &'static [&'static str], text: &str| {
        std::fs::write(&path, text).unwrap();
        let settings = [("RULES_FILE", path.to_str().unwrap().to_owned())];
        async move {
            let cli = Cli::try_parse_from([&["zoom2drive", "rules"], arguments].concat()).unwrap();
            let mut out = Vec::new();
            let done = cli::run(&cli.command, &mut Reader::from_pairs(settings), &mut out).await;
            let code = done.unwrap_or_else(|error| {
                out.extend(error.to_string().into_bytes());
                cli::exit_code(&error)
            });
            (code, String::from_utf8(out).unwrap())
        }
    };
    let shown = |text: &str| text.replace(folder.path().to_str().unwrap(), "FOLDER");
    let (code, told) = checked(&["check"], "[skip]\ntopics = ['x']\n").await;
    assert_eq!((code, shown(&told).as_str()), (ExitCode::SUCCESS, "FOLDER/r.toml is good.\n"));
    for (rules, word) in [
        ("share_with_host = true\n", "NOTHING IS SHARED"),
        ("share_with_host = true\nshare_domains = ['example.org']\n", "anyone who can sign an event"),
    ] {
        let (code, told) = checked(&["check"], rules).await;
        assert!(code == ExitCode::SUCCESS && told.contains(word), "{told}");
        let (_, told) = checked(&["check", "--json"], rules).await;
        assert!(told.contains("\"sharing\": \"") && told.contains(word), "{told}");
    }
    let (code, told) = checked(&["check"], "[skip]\ntopic = ['x']\nhosts = 'y'\n").await;
    assert_eq!(code, ExitCode::from(2));
    insta::assert_snapshot!(shown(&told), @r#"
    2 setting(s) to fix:
      FOLDER/r.toml, line 2: key "topic" is not known in [skip]: did you mean `topics`?
      FOLDER/r.toml, line 3: hosts: expected a list such as ["this", "that*"], with at least one entry
    Set them in the environment or in .env; `zoom2drive settings`, .env.example and docs/settings.md explain each.
    "#);
    let (code, told) = checked(&["check", "--json"], "[skip]\ntopic = ['x']\n").await;
    assert_eq!(code, ExitCode::from(2));
    insta::assert_snapshot!(shown(&told), @r#"
    {
      "file": "FOLDER/r.toml",
      "good": false,
      "faults": [
        "FOLDER/r.toml, line 2: key \"topic\" is not known in [skip]: did you mean `topics`?"
      ]
    }
    "#);
    assert_eq!(checked(&["check", "--file", "/nowhere"], "").await.0, ExitCode::from(2));
    assert_eq!(checked(&["test", "--host", "a@b.c"], "x").await.0, ExitCode::from(2));
    for usage in [
        &["test"][..],
        &["test", "--job", "1", "--host", "a"],
        &["test", "--host", "a", "--meeting-type", "x"],
    ] {
        assert_eq!(
            Cli::try_parse_from([&["zoom2drive", "rules"], usage].concat()).unwrap_err().exit_code(),
            2
        );
    }
}

#[tokio::test]
async fn rules_test_tells_the_attendance_and_how_many_are_expected() {
    let world = world("[[where]]\ntopics = ['*class*']\nattendance = 'sheet'\nroster = 'class.csv'\n").await;
    std::fs::write(world.folder.path().join("class.csv"), "name\nAnna\nBorys\n").unwrap();
    let told = explained(&world, &["--host", "a@b.org", "--topic", "Class", "--file-type", "MP4"]).await;
    assert!(told.contains("  attendance sheet, 2 expected\n"), "{told}");
    let told =
        explained(&world, &["--host", "a@b.org", "--topic", "Class", "--file-type", "MP4", "--json"]).await;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["where"]["attendance"], &told["where"]["expected"]), (&"sheet".into(), &2.into()));
}

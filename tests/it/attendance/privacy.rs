//! Addresses of participants stay out of everything when they are not wanted, and out of logs always.

use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::zoom::{Attendee, Meeting};

use super::{Stage, UUID, hour};
use crate::support::program::binary;

fn meeting() -> Meeting {
    let mut meeting = hour(UUID);
    meeting.topic = "Call of ada@example.com".to_owned();
    meeting
        .attendee(
            Attendee::new("Borys Lysenko", "borys@example.org")
                .during("2026-03-02T18:00:00Z", "2026-03-02T18:30:00Z"),
        )
        .attendee(
            Attendee::new("B.", "Borys@Example.org").during("2026-03-02T18:30:00Z", "2026-03-02T19:00:00Z"),
        )
        .attendee(Attendee::new("anna@example.org", ""))
}

#[tokio::test]
async fn without_addresses_none_is_printed_in_any_form_and_they_still_unite() {
    let mut stage = Stage::with(meeting()).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("class.csv");
    std::fs::write(
        &file,
        "name,email,id\nBorys Lysenko,borys@example.org,b@example.org\nGalyna,galyna@example.org,\n",
    )
    .unwrap();
    let roster = file.to_str().unwrap();
    let commands = [
        &["show", UUID][..],
        &["show", UUID, "--joins"],
        &["show", UUID, "--csv"],
        &["show", UUID, "--csv", "--joins"],
        &["show", UUID, "--json", "--joins"],
        &["show", UUID, "--json", "--roster", roster],
        &["show", UUID, "--csv", "--roster", roster],
        &["series", "85746065432", "--since", "2026-03-01"],
        &["series", "85746065432", "--since", "2026-03-01", "--csv"],
        &["series", "85746065432", "--since", "2026-03-01", "--json", "--roster", roster],
    ];
    assert!(stage.good(&["show", UUID, "--csv"]).await.contains("borys@example.org"));
    for command in commands {
        let out = stage.good(&[command, &["--no-email"]].concat()).await;
        assert!(!out.contains('@') && out.contains("Borys Lysenko"), "{command:?}: {out}");
    }
    stage.set("ATTENDANCE_EMAILS", "no");
    for command in commands {
        let out = stage.good(command).await;
        assert!(!out.contains('@'), "{command:?}: {out}");
    }
    let out = stage.good(&["show", UUID]).await;
    assert!(out.contains("2 people") && out.contains("also as B."), "{out}");
    stage.assert_good();
}

/// The compiled program, with every log line there is.
#[tokio::test(flavor = "multi_thread")]
async fn no_name_and_no_address_is_in_a_log() {
    let mut stage = Stage::with(meeting()).await;
    stage.set("LOG", "trace");
    let settings = stage.settings.clone();
    let run = move || {
        let arguments = ["attendance", "show", UUID, "--csv", "--no-email"];
        std::process::Command::new(binary()).args(arguments).env_clear().envs(settings).output().unwrap()
    };
    let done = tokio::task::spawn_blocking(run).await.unwrap();
    let (out, said) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success() && out.contains("Borys Lysenko"), "{out} {said}");
    assert!(!out.contains('@') && !said.contains('@') && !said.contains("Borys"), "{out} {said}");
    assert!(stage.sandbox.transcript.count(Route::ZoomReport) > 0);
}

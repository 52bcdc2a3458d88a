//! `zoom2drive attendance`, as people run it.

use clap::Parser;
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;

/// The exit code, and what is printed or said.
async fn run(arguments: &[&str]) -> (u8, String) {
    let cli = Cli::try_parse_from(["zoom2drive", "attendance"].iter().chain(arguments)).unwrap();
    let mut out = Vec::new();
    let mut reader = Reader::from_pairs(std::iter::empty::<(String, String)>());
    match cli::run(&cli.command, &mut reader, &mut out).await {
        Ok(_) => (0, String::from_utf8(out).unwrap()),
        Err(error) => {
            let is_usage = cli::exit_code(&error) == std::process::ExitCode::from(2);
            (if is_usage { 2 } else { 1 }, cli::describe(&error))
        }
    }
}

#[tokio::test]
async fn a_roster_is_printed_as_it_is_read_and_refused_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("class.csv");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "name,email,id\nAnna Koval,anna@example.org; a@x.org,7\nBorys\u{1b}[2J,,\n")
        .unwrap();
    let (code, text) = run(&["roster", path]).await;
    assert_eq!(code, 0, "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["NAME", "E-MAIL", "ID", "ALIASES"]);
    assert!(lines[1].starts_with("Anna Koval") && lines[1].contains("anna@example.org; a@x.org"), "{text}");
    assert!(!text.contains('\u{1b}') && lines[3] == "2 expected", "{text}");
    let (_, json) = run(&["roster", path, "--json"]).await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["emails"][1], "a@x.org");
    std::fs::write(&file, "name,email\nAnna,anna@example.org\nBorys,anna@example.org\n").unwrap();
    let (code, said) = run(&["roster", path]).await;
    assert!(code == 2 && said.contains("line 3") && said.contains("line 2 already"), "{code} {said}");
    let (code, said) = run(&["roster", folder.path().join("none.csv").to_str().unwrap()]).await;
    assert!(code == 2 && said.contains("none.csv"), "{code} {said}");
}

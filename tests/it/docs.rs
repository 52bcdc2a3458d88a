//! What is written for people is held against what the program does.

use clap::Parser;
use zoom2drive::cli::Cli;
use zoom2drive::config::VARIABLES;

const README: &str = include_str!("../../README.md");

fn is_required(name: &str) -> bool {
    VARIABLES.iter().any(|variable| variable.name == name && variable.meaning.contains("required"))
}

#[test]
fn the_readme_lists_every_variable_with_its_meaning_and_default() {
    let rows = README.lines().filter(|line| line.starts_with("| `") && line.ends_with(" |"));
    let cells = rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>());
    let given: Vec<Vec<&str>> = cells.filter(|cells| cells.len() == 3).collect();
    let expected: Vec<Vec<String>> = VARIABLES
        .iter()
        .map(|variable| {
            let default = match (variable.default, is_required(variable.name)) {
                ("", true) => "required".to_owned(),
                ("", false) => "-".to_owned(),
                (default, _) => format!("`{default}`"),
            };
            vec![format!("`{}`", variable.name), variable.meaning.to_owned(), default]
        })
        .collect();
    assert_eq!(given, expected);
}

/// Our own commands in the README's shell blocks, without the remarks behind them.
fn commands() -> Vec<Vec<&'static str>> {
    let blocks = README.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(str::lines).filter_map(|line| {
        let line = line.strip_prefix("./target/release/").unwrap_or(line);
        line.starts_with("zoom2drive ").then(|| line.split('#').next().unwrap_or_default())
    });
    lines.map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn the_readmes_commands_are_understood() {
    let commands = commands();
    assert!(commands.len() >= 6, "{commands:?}");
    for command in commands {
        Cli::try_parse_from(&command).unwrap_or_else(|error| panic!("{command:?}: {error}"));
    }
}

/// A line of a shell without what stands in quotes, and without the remark behind it.
fn unquoted(line: &str) -> String {
    let (mut bare, mut quote) = (String::new(), None);
    for c in line.chars() {
        match quote {
            Some(end) if c == end => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '#' && (bare.is_empty() || bare.ends_with([' ', '\t'])) => break,
            None => bare.push(c),
        }
    }
    bare
}

#[test]
fn shell_commands_quote_their_patterns_and_show_no_secret_to_ps() {
    const RUNBOOK: &str = include_str!("../../deploy/RUNBOOK.md");
    let mut seen = 0;
    for line in [README, RUNBOOK]
        .iter()
        .flat_map(|text| text.split("```sh\n").skip(1))
        .flat_map(|rest| rest.split("```").next().unwrap_or_default().lines())
    {
        seen += 1;
        let bare = unquoted(line);
        assert!(!bare.contains(['*', '?']), "a shell would look for files: {line}");
        // `printf` is the shell's own: no process has its arguments.
        let is_builtin = line.contains("printf ") || line.starts_with("export ");
        for secret in ["$ADMIN_TOKEN", "$DATABASE_URL", "$SMTP_URL", "$ZOOM_CLIENT_SECRET"] {
            assert!(is_builtin || !line.contains(secret), "everybody sees the secret in `ps`: {line}");
        }
    }
    assert!(seen > 60, "only {seen} lines");
    assert_eq!(unquoted("a '*' b # *"), "a  b ");
}

#[test]
fn the_readme_names_the_toolchain_that_cargo_demands() {
    let version = env!("CARGO_PKG_RUST_VERSION");
    assert!(README.contains(&format!("Rust {version}")), "README.md does not name Rust {version}");
}

#[test]
fn ci_runs_the_two_commands_of_the_readme() {
    const RUN: &str = include_str!("../../.ci/run");
    const DEPLOY: &str = include_str!("../../.ci/deploy");
    const TEST: &str = include_str!("../../.ci/test");
    for (command, script, text, in_ci) in [
        (
            "cargo run --release -- demo",
            ".ci/deploy",
            DEPLOY,
            "\nstep cargo run --release --locked -- demo\n",
        ),
        ("cargo test", ".ci/test", TEST, "step cargo test --locked"),
    ] {
        assert!(README.contains(command) && text.contains(in_ci), "{command}");
        assert!(RUN.lines().any(|line| line.split(' ').next() == Some(script)), "{script}");
    }
}

#[test]
fn what_ci_leaves_out_of_one_step_it_runs_in_another() {
    const LONG: &str = include_str!("../../.ci/long");
    const TEST: &str = include_str!("../../.ci/test");
    let words = |text: &str, mark: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.contains(mark)).unwrap();
        let (_, rest) = line.split_once(mark).unwrap();
        rest.split(' ').filter(|word| !matches!(*word, "" | "--skip")).map(str::to_owned).collect()
    };
    let (run, skipped) = (words(LONG, "--test it -- "), words(TEST, "--locked -- "));
    assert!(!run.is_empty());
    assert_eq!(run, skipped);
}

//! What is written for people is held against what the program does.

mod pages;

use std::collections::BTreeMap;

use clap::Parser;
use clap::error::ErrorKind;
use zoom2drive::cli::Cli;
use zoom2drive::config::{Config, Reader, VARIABLES};

use pages::Page;

const ENV_EXAMPLE: &str = include_str!("../../.env.example");
const README: &str = include_str!("../../README.md");
const SETTINGS: &str = include_str!("../../docs/settings.md");

/// Lines that README may have: what a newcomer reads in five minutes.
const README_LINES_MAX: usize = 160;

/// An assignment of `.env.example`, commented out or not, and the comment lines above it.
struct Entry<'a> {
    name: &'a str,
    line: &'a str,
    is_active: bool,
    comments: Vec<&'a str>,
}

fn entries() -> Vec<Entry<'static>> {
    let (mut entries, mut comments) = (Vec::new(), Vec::new());
    for line in ENV_EXAMPLE.lines() {
        let bare = line.strip_prefix('#').unwrap_or(line);
        match bare.split_once('=') {
            Some((name, _)) if name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') => {
                let comments = std::mem::take(&mut comments);
                entries.push(Entry { name, line: bare, is_active: bare == line, comments });
            }
            _ if line.is_empty() => comments.clear(),
            _ => comments.push(bare.trim()),
        }
    }
    entries
}

/// The values of these lines, read as the program reads `.env`.
fn values<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
    let text = lines.collect::<Vec<_>>().join("\n");
    dotenvy::from_read_iter(text.as_bytes()).map(Result::unwrap).collect()
}

fn is_required(name: &str) -> bool {
    VARIABLES.iter().any(|variable| variable.name == name && variable.meaning.contains("required"))
}

#[test]
fn env_example_lists_every_variable_with_its_meaning_and_default() {
    let entries = entries();
    let names: Vec<&str> = entries.iter().map(|entry| entry.name).collect();
    let expected: Vec<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
    assert_eq!(names, expected);
    let values = values(entries.iter().map(|entry| entry.line));
    for (entry, variable) in entries.iter().zip(VARIABLES) {
        assert_eq!(entry.comments.first(), Some(&variable.meaning), "{}", variable.name);
        assert_eq!(entry.is_active, is_required(variable.name), "{}", variable.name);
        let expected = if variable.default.is_empty() { variable.example } else { variable.default };
        assert_eq!(values[variable.name], expected, "{}", variable.name);
    }
}

#[test]
fn env_example_is_accepted_as_it_stands_and_with_everything_switched_on() {
    let key = tempfile::NamedTempFile::new().unwrap();
    let json = r#"{"type":"service_account","client_email":"a@b.iam","private_key":"PEM"}"#;
    std::fs::write(key.path(), json).unwrap();
    for everything in [false, true] {
        let entries = entries();
        let lines = entries.iter().filter(|entry| everything || entry.is_active).map(|entry| entry.line);
        let mut pairs = values(lines);
        pairs.insert("GOOGLE_APPLICATION_CREDENTIALS".into(), key.path().to_str().unwrap().into());
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/rules.example.toml");
        pairs.entry("RULES_FILE".into()).and_modify(|path| *path = rules.into());
        Config::read(&mut Reader::from_pairs(pairs)).unwrap();
    }
}

#[test]
fn the_settings_page_lists_every_variable_with_its_meaning_and_default() {
    let rows = SETTINGS.lines().filter(|line| line.starts_with("| `") && line.ends_with(" |"));
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

/// Our own commands in a page's shell blocks, also inside of containers, without the remarks behind them.
fn shell_commands(page: &Page) -> impl Iterator<Item = String> {
    page.shell_lines().filter_map(|line| {
        let line = line.split('#').next().unwrap_or_default().trim_end();
        let line = line.strip_prefix("./target/release/").unwrap_or(line);
        let starts_at = if line.starts_with("zoom2drive ") { 0 } else { line.find(" app zoom2drive ")? + 5 };
        Some(line[starts_at..].to_owned())
    })
}

/// Our own commands between backticks. A sentence may name one without the arguments that it needs.
fn quoted_commands(page: &Page) -> impl Iterator<Item = String> {
    let spans = page.code_spans().into_iter().filter(|span| span.starts_with("zoom2drive "));
    spans.map(|span| span.replace(" ID", " 1"))
}

#[test]
fn the_commands_of_every_page_are_understood() {
    let mut seen = 0;
    let mut check = |page: &Page, command: &str, may_lack: bool| {
        seen += 1;
        let Err(error) = Cli::try_parse_from(command.split_whitespace()) else { return };
        let is_fine = match error.kind() {
            ErrorKind::DisplayHelp => true,
            ErrorKind::MissingRequiredArgument => may_lack,
            _ => false,
        };
        assert!(is_fine, "{}: {command}: {error}", page.path.display());
    };
    for page in pages::all() {
        shell_commands(&page).for_each(|command| check(&page, &command, false));
        quoted_commands(&page).for_each(|command| check(&page, &command, true));
    }
    assert!(seen > 60, "only {seen} commands");
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
    let pages = pages::all();
    let mut seen = 0;
    for line in pages.iter().flat_map(Page::shell_lines) {
        seen += 1;
        let bare = unquoted(line);
        assert!(!bare.contains(['*', '?']), "a shell would look for files: {line}");
        // `printf` is the shell's own: no process has its arguments.
        let is_builtin = line.contains("printf ") || line.starts_with("export ");
        for secret in ["$ADMIN_TOKEN", "$DATABASE_URL", "$SMTP_URL", "$ZOOM_CLIENT_SECRET"] {
            assert!(is_builtin || !line.contains(secret), "everybody sees the secret in `ps`: {line}");
        }
    }
    assert!(seen > 100, "only {seen} lines");
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

#[test]
fn the_compose_file_hands_every_variable_on() {
    const COMPOSE: &str = include_str!("../../docker-compose.yml");
    let app = COMPOSE.split("\n  app:\n").nth(1).and_then(|rest| rest.split("\n  nginx:\n").next()).unwrap();
    for variable in VARIABLES {
        let is_handed_on = app.lines().any(|line| {
            let Some((name, value)) = line.trim().split_once(": ") else { return false };
            // As it is, or from a secret's file.
            let is_it = name == variable.name || name.strip_suffix("_FILE") == Some(variable.name);
            is_it && !value.is_empty()
        });
        assert!(is_handed_on, "docker-compose.yml does not hand {} on", variable.name);
    }
}

#[test]
fn every_link_leads_to_something() {
    let (mut seen, mut broken) = (0, Vec::new());
    for page in pages::all() {
        for link in page.links() {
            seen += 1;
            let leads = if link.anchor.is_empty() {
                pages::root().join(&link.path).exists()
            } else {
                let path = link.path.to_str().unwrap();
                path.ends_with(".md") && pages::page(path).anchors().contains(&link.anchor)
            };
            if !leads {
                broken.push(format!("{}: {}#{}", page.path.display(), link.path.display(), link.anchor));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(seen > 60, "only {seen} links");
}

#[test]
fn the_readme_is_short_and_leads_to_every_page() {
    let lines = README.lines().count();
    assert!(lines <= README_LINES_MAX, "README.md has {lines} lines");
    let readme = pages::page("README.md");
    let linked: Vec<String> = readme.links().iter().map(|link| link.path.display().to_string()).collect();
    for page in pages::all().iter().skip(1) {
        let path = page.path.to_str().unwrap();
        assert!(linked.iter().any(|link| link == path), "README.md has no link to {path}");
    }
}

/// `install.sh` puts the pages where their links lead on.
#[test]
fn what_the_pages_link_to_is_installed_with_them() {
    const INSTALL: &str = include_str!("../../deploy/systemd/install.sh");
    assert!(INSTALL.contains("\"$project\"/docs/*.md"));
    for page in pages::all() {
        for link in page.links() {
            let path = link.path.to_str().unwrap();
            let is_installed = path.starts_with("docs/") || INSTALL.contains(&format!("\"$project/{path}\""));
            assert!(is_installed, "{}: {path} is not installed", page.path.display());
        }
    }
}

//! What is written for people is held against what the program does.

mod pages;

use clap::Parser;
use clap::error::ErrorKind;
use zoom2drive::cli::Cli;

use pages::Page;

const README: &str = include_str!("../../../README.md");

/// Lines that README may have: what a newcomer reads in five minutes.
const README_LINES_MAX: usize = 160;

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
    const RUN: &str = include_str!("../../../.ci/run");
    const DEPLOY: &str = include_str!("../../../.ci/deploy");
    const TEST: &str = include_str!("../../../.ci/test");
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
    const LONG: &str = include_str!("../../../.ci/long");
    const TEST: &str = include_str!("../../../.ci/test");
    let words = |text: &str, mark: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.contains(mark)).unwrap();
        let (_, rest) = line.split_once(mark).unwrap();
        rest.split(' ').filter(|word| !matches!(*word, "" | "--skip")).map(str::to_owned).collect()
    };
    let (long, alone) = (words(LONG, "--test it -- "), words(TEST, "--test it -- "));
    assert!(!long.is_empty() && !alone.is_empty());
    assert_eq!([&alone[..], &long[..]].concat(), words(TEST, "--locked -- "));
    // Without the long ones, and with them: what runs alone is left out of both.
    let skips_alone = format!("--skip {}", alone.join(" "));
    assert_eq!(TEST.matches(&skips_alone).count(), 2);
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
    const INSTALL: &str = include_str!("../../../deploy/systemd/install.sh");
    assert!(INSTALL.contains("\"$project\"/docs/*.md"));
    for page in pages::all() {
        for link in page.links() {
            let path = link.path.to_str().unwrap();
            let is_installed = path.starts_with("docs/") || INSTALL.contains(&format!("\"$project/{path}\""));
            assert!(is_installed, "{}: {path} is not installed", page.path.display());
        }
    }
}

/// The README's pictures, which are in HTML and no links of Markdown.
#[test]
fn the_readme_shows_pictures_that_exist_are_small_and_are_said_in_words() {
    const BYTES_MAX: u64 = 150 * 1024;
    const INSTALL: &str = include_str!("../../../deploy/systemd/install.sh");
    let quoted = |mark: &str| -> Vec<&str> {
        README.split(mark).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    };
    let pictures = [quoted("srcset=\""), quoted("src=\"")].concat();
    assert_eq!(pictures, ["docs/pictures/overview-dark.png", "docs/pictures/overview-light.png"]);
    for picture in pictures {
        let bytes = std::fs::metadata(pages::root().join(picture)).unwrap().len();
        assert!(bytes <= BYTES_MAX, "{picture} has {bytes} bytes");
    }
    assert!(quoted("alt=\"").iter().all(|words| words.len() > 80), "the picture is not said in words");
    assert!(INSTALL.contains("\"$project\"/docs/pictures/*.png"));
}

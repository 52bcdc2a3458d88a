//! A setting is written once: the table in `config::variables`. Whatever else names settings follows from it, or is
//! compared with it here.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use clap::Parser;
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::{Config, Reader, SECTIONS, Secrecy, VARIABLES, Variable};

/// The page that has the table of all settings.
const SETTINGS_PAGE: &str = include_str!("../../../docs/settings.md");
const ENV_EXAMPLE: &str = include_str!("../../../.env.example");
const COMPOSE: &str = include_str!("../../../docker-compose.yml");
const COMPOSE_ENV: &str = include_str!("../../../deploy/compose.env.example");
const PREPARE: &str = include_str!("../../../deploy/prepare");
const UNIT: &str = include_str!("../../../deploy/systemd/zoom2drive.service");
const INSTALL: &str = include_str!("../../../deploy/systemd/install.sh");
const SYSTEMD_ENV: &str = include_str!("../../../deploy/systemd/settings.env.example");

/// The file that `GOOGLE_APPLICATION_CREDENTIALS` leads to, in every deployment.
const KEY_FILE: &str = "google.json";

/// What `zoom2drive settings` prints with these options.
async fn printed(options: &[&str]) -> String {
    let cli = Cli::try_parse_from([&["zoom2drive", "settings"], options].concat()).unwrap();
    let mut out = Vec::new();
    // No setting is needed, not even a correct one.
    let mut reader = Reader::from_pairs([("TRANSFERS", "none")]);
    assert_eq!(cli::run(&cli.command, &mut reader, &mut out).await.unwrap(), ExitCode::SUCCESS);
    String::from_utf8(out).unwrap()
}

/// Settings whose value is a secret, and what a deployment calls their files.
fn secrets(between: &str) -> Vec<(&'static str, String)> {
    let secrets = VARIABLES.iter().filter(|variable| variable.is_secret());
    secrets.map(|variable| (variable.name, variable.name.to_lowercase().replace('_', between))).collect()
}

/// The lines of `.env.example` that assign, those that are commented out as well if `everything` is asked for.
fn assignments(everything: bool) -> BTreeMap<String, String> {
    let is_assignment = |line: &str| {
        let name = line.split('=').next().unwrap_or_default();
        line.contains('=') && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let bare = |line: &'static str| if everything { line.strip_prefix('#').unwrap_or(line) } else { line };
    let lines: Vec<&str> = ENV_EXAMPLE.lines().map(bare).filter(|line| is_assignment(line)).collect();
    dotenvy::from_read_iter(lines.join("\n").as_bytes()).map(Result::unwrap).collect()
}

#[test]
fn the_table_has_each_setting_once_with_all_that_is_printed() {
    let names: BTreeSet<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
    assert_eq!(names.len(), VARIABLES.len());
    for section in SECTIONS {
        assert!(!section.title.is_empty() && !section.variables.is_empty(), "{section:?}");
    }
    for variable in VARIABLES.iter() {
        let Variable { name, meaning, note, default, example, is_required, .. } = *variable;
        assert!(!meaning.is_empty() && !example.is_empty(), "{name}");
        assert_eq!(meaning.contains("required"), is_required, "{name}: the meaning says so, too");
        assert!(!is_required || default.is_empty(), "{name} is required and has a default");
        // One cell of a table, one line of a comment.
        assert!(![meaning, note].iter().any(|text| text.contains(['\n', '|'])), "{name}");
        // Readers of env files treat these differently.
        assert!(![default, example].iter().any(|text| text.contains(['"', '\'', '\\', '$', '\n'])), "{name}");
    }
}

#[tokio::test]
async fn env_example_is_what_the_command_prints() {
    assert!(
        printed(&["--env"]).await == ENV_EXAMPLE,
        "run: cargo run -- settings --env > .env.example, and look at the difference"
    );
    // The program reads from it what the table says.
    let values = assignments(true);
    assert_eq!(values.len(), VARIABLES.len());
    for variable in VARIABLES.iter() {
        let expected = if variable.default.is_empty() { variable.example } else { variable.default };
        assert_eq!(values[variable.name], expected, "{}", variable.name);
    }
    let required: BTreeSet<&str> =
        VARIABLES.iter().filter(|variable| variable.is_required).map(|variable| variable.name).collect();
    assert_eq!(assignments(false).keys().map(String::as_str).collect::<BTreeSet<_>>(), required);
}

#[test]
fn env_example_is_accepted_as_it_stands_and_with_everything_switched_on() {
    let key = tempfile::NamedTempFile::new().unwrap();
    let json = r#"{"type":"service_account","client_email":"a@b.iam","private_key":"PEM"}"#;
    std::fs::write(key.path(), json).unwrap();
    for everything in [false, true] {
        let mut pairs = assignments(everything);
        pairs.insert("GOOGLE_APPLICATION_CREDENTIALS".into(), key.path().to_str().unwrap().into());
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/rules.example.toml");
        pairs.entry("RULES_FILE".into()).and_modify(|path| *path = rules.into());
        Config::read(&mut Reader::from_pairs(pairs)).unwrap();
    }
}

#[tokio::test]
async fn the_documented_table_is_what_the_command_prints() {
    let is_row = |line: &&str| line.starts_with("| `") && line.matches(" | ").count() == 2;
    let rows = printed(&["--markdown"]).await;
    let names = rows.lines().map(|row| row.split('`').nth(1).unwrap());
    assert!(names.eq(VARIABLES.iter().map(|variable| variable.name)));
    let of_settings =
        |line: &&str| line.split('`').nth(1).is_some_and(|name| Variable::named(name).is_some());
    let given: Vec<&str> = SETTINGS_PAGE.lines().filter(is_row).filter(of_settings).collect();
    assert_eq!(given, rows.lines().collect::<Vec<_>>(), "paste what `zoom2drive settings --markdown` prints");
}

#[tokio::test]
async fn the_list_and_the_json_name_every_setting_and_show_no_value() {
    let json: Vec<serde_json::Value> = serde_json::from_str(&printed(&["--json"]).await).unwrap();
    let list = printed(&[]).await;
    assert_eq!(json.len(), VARIABLES.len());
    for (entry, variable) in json.iter().zip(VARIABLES.iter()) {
        assert_eq!(entry["name"], variable.name);
        assert_eq!(entry["secret"], variable.is_secret());
        assert!(list.contains(&format!("\n  {}", variable.name)), "{}", variable.name);
    }
    assert!(list.contains("  ZOOM_WEBHOOK_SECRET_TOKEN (required)\n"));
    assert!(list.contains("  TIMEZONE (default: UTC)\n"));
}

/// The block of this key in the service `app`, without the remarks.
fn app_block(key: &str) -> Vec<&'static str> {
    let app = COMPOSE.split("\n  app:\n").nth(1).and_then(|rest| rest.split("\n  nginx:\n").next()).unwrap();
    let block = app.split(&format!("    {key}:\n")).nth(1).unwrap();
    let lines = block.lines().take_while(|line| line.starts_with("      "));
    lines.map(str::trim).filter(|line| !line.starts_with('#')).collect()
}

#[test]
fn the_compose_file_takes_env_whole_and_names_only_secrets_and_what_is_fixed() {
    assert!(COMPOSE.contains("\n    env_file: .env\n"));
    // Whoever adds a secret to the table is told here where else it belongs.
    let mut expected = BTreeSet::from([
        "LISTEN_ADDR: 0.0.0.0:8080".to_owned(),
        format!("GOOGLE_APPLICATION_CREDENTIALS: /run/secrets/{KEY_FILE}"),
        "HTTPS_PROXY: ${HTTPS_PROXY-}".to_owned(),
    ]);
    for (name, file) in secrets("_") {
        // Which database it is, .env says: the file of the volume without any line, DATABASE_URL_FILE for PostgreSQL.
        if name != "DATABASE_URL" {
            expected.insert(format!("{name}: \"\""));
            expected.insert(format!("{name}_FILE: /run/secrets/{file}"));
        }
    }
    assert_eq!(
        app_block("environment").into_iter().map(str::to_owned).collect::<BTreeSet<_>>(),
        expected,
        "a setting belongs into .env; here stand secrets and what is fixed for the container"
    );
    let files: BTreeSet<String> =
        secrets("_").into_iter().map(|(_, file)| file).chain([KEY_FILE.to_owned()]).collect();
    let mounted = app_block("secrets").into_iter().map(|line| line.trim_start_matches("- ").to_owned());
    assert_eq!(mounted.collect::<BTreeSet<_>>(), files);
    for file in &files {
        assert!(COMPOSE.contains(&format!("\n  {file}: {{file: ./secrets/{file}}}\n")), "{file}");
        assert!(PREPARE.split([' ', ';', '\n']).any(|word| word == file), "deploy/prepare makes no {file}");
    }
    // The image names the database: in docker-compose.yml it would win over .env.
    let dockerfile = include_str!("../../../Dockerfile");
    assert!(dockerfile.contains("DATABASE_URL=sqlite:///data/zoom2drive.db\n"));
}

#[test]
fn examples_for_deployments_hold_no_secret_and_no_quotation_marks() {
    for (place, text) in [("compose.env.example", COMPOSE_ENV), ("settings.env.example", SYSTEMD_ENV)] {
        let lines = text.lines().map(|line| line.trim_start_matches('#'));
        for (name, value) in lines.filter_map(|line| line.split_once('=')) {
            let Some(variable) = Variable::named(name) else { continue };
            assert!(!variable.is_secret() || value.is_empty(), "{place} gives {name}, which is a secret");
            // Some readers keep them, some take them away.
            assert!(!value.contains(['"', '\'', '$', '#']), "{place}: {name}={value}");
        }
    }
}

#[test]
fn the_unit_has_a_credential_for_each_secret_of_the_table() {
    let mut expected: BTreeSet<String> = BTreeSet::new();
    for (name, file) in secrets("-") {
        expected.insert(format!("{name}_FILE=%d/{file}"));
    }
    for variable in VARIABLES.iter().filter(|variable| variable.secrecy == Secrecy::PathToSecret) {
        expected.insert(format!("{}=%d/{KEY_FILE}", variable.name));
    }
    let given = UNIT.lines().filter_map(|line| line.strip_prefix("Environment=")).map(str::to_owned);
    assert_eq!(given.collect::<BTreeSet<_>>(), expected);
    for line in expected {
        let (_, file) = line.split_once("%d/").unwrap();
        let loaded = format!("\nLoadCredential={file}:/etc/zoom2drive/secrets/{file}\n");
        assert!(UNIT.contains(&loaded), "{file} is not loaded");
        assert!(INSTALL.contains(file), "install.sh makes no {file}");
        assert!(SYSTEMD_ENV.contains(file), "settings.env.example does not say that {file} is a file");
    }
}

/// Compose's reader is held to the same file by tests/deploy/settings.sh.
#[test]
fn an_env_file_is_read_as_compose_reads_it() {
    let text = include_str!("../../deploy/compose/written.env");
    let expected = include_str!("../../deploy/compose/written.json");
    let expected: BTreeMap<String, String> = serde_json::from_str(expected).unwrap();
    let read: BTreeMap<String, String> =
        dotenvy::from_read_iter(text.as_bytes()).map(Result::unwrap).collect();
    assert_eq!(read, expected);
}

/// `docker run --env-file` and Podman keep quotation marks that Compose and `.env` do not.
#[test]
fn quotation_marks_in_the_environment_do_not_get_into_names() {
    let folder = tempfile::tempdir().unwrap();
    let rules = |template: &str| {
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_zoom2drive"))
            .args(["rules", "test", "--topic", "Standup", "--host", "ann@example.com"])
            .env_clear()
            .env("FOLDER_TEMPLATE", template)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    let plain = rules("{year}/of {topic}");
    assert!(plain.contains("of Standup"), "{plain}");
    assert_eq!(rules("\"{year}/of {topic}\""), plain);
    assert_eq!(rules("'{year}/of {topic}'"), plain);
}

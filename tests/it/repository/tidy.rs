//! Rules of the source, held by reading it: which module may import which, which outside crate lives where, how long
//! a file may be, and that each says what it is for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Lines that a source file may have, its tests not counted.
const FILE_LINES_MAX: usize = 330;

/// Who may import whom: a module, and the modules of this crate that it may name besides itself.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("secret", &[]),
    ("live", &[]),
    ("untrusted", &[]),
    ("recording", &["secret"]),
    ("jobs", &["recording", "secret", "untrusted"]),
    ("rules", &["attendance", "jobs", "recording"]),
    ("attendance", &["recording", "untrusted"]),
    ("meetings", &["recording", "secret"]),
    ("meet", &["attendance", "meetings", "recording", "secret", "untrusted"]),
    ("config", &["attendance", "jobs", "live", "recording", "rules", "secret"]),
    ("telemetry", &["config", "untrusted"]),
    ("http", &["config", "live", "secret", "telemetry"]),
    ("download", &["config", "http", "recording", "secret"]),
    ("store", &["jobs", "recording", "secret"]),
    ("zoom", &["attendance", "config", "http", "jobs", "live", "meetings", "recording", "secret"]),
    ("google", &["attendance", "config", "download", "http", "jobs", "live", "meet", "recording", "secret"]),
    (
        "pipeline",
        &[
            "attendance",
            "config",
            "download",
            "google",
            "http",
            "jobs",
            "live",
            "meet",
            "recording",
            "rules",
            "secret",
            "store",
            "telemetry",
            "zoom",
        ],
    ),
    ("worker", &["config", "jobs", "pipeline", "store", "telemetry"]),
    ("sweep", &["config", "google", "http", "jobs", "meet", "recording", "store", "zoom"]),
    ("verification", &["config", "google", "http", "jobs", "live", "rules", "store", "sweep"]),
    ("recover", &["jobs", "recording", "store", "zoom"]),
    ("backfill", &["config", "http", "jobs", "recording", "rules", "store", "sweep", "zoom"]),
    ("housekeeping", &["config", "store"]),
    ("notify", &["config", "google", "http", "jobs", "live", "rotation", "secret", "store"]),
    ("rotation", &["config", "jobs", "live", "store"]),
    (
        "doctor",
        &["config", "download", "google", "http", "jobs", "recording", "secret", "store", "webhook", "zoom"],
    ),
    ("webhook", &["jobs", "live", "recording", "secret", "store", "telemetry"]),
    ("health", &["jobs", "store", "telemetry"]),
    ("admin", &["jobs", "live", "recording", "secret", "store", "telemetry", "webhook"]),
    ("dashboard", &["admin", "jobs", "live", "recording", "secret", "store", "telemetry", "untrusted"]),
    (
        "app",
        &[
            "admin",
            "config",
            "dashboard",
            "doctor",
            "health",
            "housekeeping",
            "http",
            "jobs",
            "live",
            "notify",
            "pipeline",
            "recover",
            "rotation",
            "store",
            "sweep",
            "telemetry",
            "verification",
            "webhook",
            "worker",
            "zoom",
        ],
    ),
    (
        "cli",
        &[
            "admin",
            "app",
            "attendance",
            "backfill",
            "config",
            "doctor",
            "google",
            "health",
            "http",
            "jobs",
            "meet",
            "meetings",
            "notify",
            "pipeline",
            "recording",
            "recover",
            "rules",
            "sandbox",
            "secret",
            "store",
            "sweep",
            "telemetry",
            "untrusted",
            "verification",
            "webhook",
            "zoom",
        ],
    ),
    ("sandbox", &[]),
    ("main", &["cli", "config"]),
];

/// Outside crates and calls that belong in some modules only.
const LIVES_IN: &[(&str, &[&str])] = &[
    ("csv::", &["cli", "attendance"]),
    ("unicode_normalization::", &["recording", "attendance"]),
    ("regex::", &["attendance"]),
    ("unicode_properties::", &["attendance"]),
    (" metrics::", &["telemetry", "health"]),
    ("sqlx::", &["store"]),
    ("lettre::", &["notify", "config"]),
    ("rustix::", &["store", "health", "config"]),
    ("toml::", &["rules"]),
    ("axum::", &["webhook", "admin", "dashboard", "health", "app", "sandbox"]),
    ("axum_extra::", &["dashboard"]),
    ("askama::", &["dashboard"]),
    ("reqwest::", &["download", "http", "zoom", "google", "pipeline", "sandbox", "doctor", "notify"]),
    (
        "tokio::",
        &[
            "download",
            "store",
            "http",
            "zoom",
            "google",
            "pipeline",
            "sweep",
            "housekeeping",
            "worker",
            "webhook",
            "health",
            "app",
            "cli",
            "sandbox",
            "main",
            "admin",
            "dashboard",
            "doctor",
            "rotation",
            "backfill",
            "notify",
            "telemetry",
            "verification",
        ],
    ),
    ("Client::builder", &["http", "sandbox"]),
    ("std::env::var", &["config"]),
    (
        "SystemTime::now",
        &["download", "http", "telemetry", "zoom", "google", "webhook", "sandbox", "doctor", "notify"],
    ),
    ("Timestamp::now", &["webhook", "sandbox", "rotation", "cli"]),
    (
        "Instant::now",
        &[
            "http",
            "telemetry",
            "webhook",
            "zoom",
            "worker",
            "sweep",
            "cli",
            "sandbox",
            "admin",
            "app",
            "dashboard",
            "store",
            "doctor",
        ],
    ),
];

struct Source {
    path: PathBuf,
    module: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap();
                let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
                let module = first.trim_end_matches(".rs").to_owned();
                sources.push(Source {
                    text: std::fs::read_to_string(&path).unwrap(),
                    path: inside.to_owned(),
                    module,
                });
            }
        }
    }
    assert!(sources.len() > 50, "the source was not found");
    sources
}

impl Source {
    /// Without comments and tests: what ships.
    fn code(&self) -> String {
        let shipped = self.text.split("#[cfg(test)]").next().unwrap_or_default();
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        shipped.lines().filter(is_code).map(|line| format!("{line}\n")).collect()
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs")
    }
}

/// One module style: `foo.rs` beside the folder `foo`.
#[test]
fn no_module_is_a_mod_rs() {
    let mut folders =
        ["src", "tests", "examples"].map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).to_vec();
    let mut old_style = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.ends_with("mod.rs") {
                old_style.push(path);
            }
        }
    }
    assert!(old_style.is_empty(), "write foo.rs instead of foo/mod.rs: {old_style:?}");
}

#[test]
fn imports_go_downwards_only() {
    let modules: Vec<&str> = MAY_IMPORT.iter().map(|(module, _)| *module).collect();
    let mut faults = BTreeSet::new();
    for source in sources().iter().filter(|source| source.module != "lib") {
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(module, _)| *module == source.module) else {
            faults.insert(format!("{} is in no known module", source.path.display()));
            continue;
        };
        let code = source.code();
        for module in &modules {
            let names = |prefix: &str| {
                code.match_indices(&format!("{prefix}::{module}")).any(|(at, found)| {
                    let next = code[at + found.len()..].chars().next();
                    !next.is_some_and(|next| next.is_alphanumeric() || next == '_')
                })
            };
            let is_named = names("crate") || names("zoom2drive") || grouped(&code, module);
            if is_named && *module != source.module && !allowed.contains(module) {
                faults.insert(format!("{} must not import {module}", source.path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// `use crate::{a, b::c}`.
fn grouped(code: &str, module: &str) -> bool {
    code.split("use crate::{").skip(1).any(|rest| {
        let group = rest.split("};").next().unwrap_or_default();
        group.split([',', '{', '}']).any(|name| name.trim().split("::").next() == Some(module))
    })
}

#[test]
fn outside_crates_and_clocks_stay_where_they_belong() {
    let mut faults = BTreeSet::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        let code = source.code();
        for (name, homes) in LIVES_IN {
            if code.contains(name) && !homes.contains(&source.module.as_str()) {
                faults.insert(format!("{} must not use {name}", source.path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn only_one_place_deletes_at_zoom_and_only_one_moves_bytes() {
    for source in sources().iter().filter(|source| source.module != "sandbox") {
        let (code, path) = (source.code(), source.path.display().to_string());
        assert!(!code.contains(".trash(proof") || path == "pipeline/retire.rs", "{path} deletes at Zoom");
        // Nothing but an operator's command or button leads to a recovery.
        let recovers = code.contains(".recover_from_trash(") || code.contains("\"action\": \"recover\"");
        let may_recover = ["zoom/recover.rs", "recover.rs"].contains(&path.as_str());
        assert!(!recovers || may_recover, "{path} takes recordings out of Zoom's trash");
        let asks = code.contains("recover::Recovery") || code.contains("Recovery::new(");
        let may_ask = ["cli/recover.rs", "app.rs", "app/acts.rs", "recover.rs"].contains(&path.as_str());
        assert!(!asks && !code.contains("use crate::recover::") || may_ask, "{path} leads to a recovery");
        // The second one deletes planned meetings, and no recording.
        let may_delete = ["zoom/api.rs", "zoom/meetings.rs"].contains(&path.as_str());
        assert!(!code.contains("Method::DELETE") || may_delete, "{path} sends a DELETE");
        let deletes_meetings = code.contains("Method::DELETE") && path == "zoom/meetings.rs";
        assert!(!deletes_meetings || !code.contains("/recordings"), "{path} deletes recordings");
        // The doctor sends a file of its own making; it opens no recording beyond its first bytes.
        let may_send = path.starts_with("pipeline/transfer/") || path == "doctor/upload.rs";
        assert!(!code.contains(".send_chunk(") || may_send, "{path} sends chunks");
        assert!(!code.contains("cfg(test)"), "{path} ships other code than is tested");
    }
}

#[test]
fn every_file_is_short_and_says_what_it_is_for() {
    let mut faults = BTreeSet::new();
    for source in sources() {
        let lines = source.text.split("#[cfg(test)]").next().unwrap_or_default().lines().count();
        if lines > FILE_LINES_MAX {
            faults.insert(format!("{} has {lines} lines", source.path.display()));
        }
        if !source.text.starts_with("//! ") {
            faults.insert(format!("{} does not say what it is for", source.path.display()));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

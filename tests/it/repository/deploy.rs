//! What is deployed agrees with what the program does: variables, paths, ports, users; and the runbook has a place
//! for all that can happen. Read from the files as they are; those of the containers are held once they are there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use zoom2drive::config::VARIABLES;
use zoom2drive::health::HEALTH_PATH;
use zoom2drive::jobs::pause::PauseCause;
use zoom2drive::webhook;

const RUNBOOK: &str = include_str!("../../../deploy/RUNBOOK.md");
const INSTALL_PAGE: &str = include_str!("../../../docs/install.md");
const ALERTS: &str = include_str!("../../../deploy/monitoring/alerts.yml");
const UNIT: &str = include_str!("../../../deploy/systemd/zoom2drive.service");
const DOCTOR: &str = include_str!("../../../deploy/systemd/zoom2drive-doctor.service");
const SETTINGS: &str = include_str!("../../../deploy/systemd/settings.env.example");
const FIREWALL: &str = include_str!("../../../deploy/terraform/main.tf");
const OUTPUTS: &str = include_str!("../../../deploy/terraform/outputs.tf");

/// Variables that are the deployment's own: not the program's, but of what stands around it.
const OF_THE_DEPLOYMENT: [&str; 22] = [
    "ACME_EMAIL",
    "ACME_SERVER",
    "CERTBOT_IMAGE",
    "CERTIFICATE_EVERY",
    "DEBIAN_IMAGE",
    "DIGITALOCEAN_TOKEN",
    "DOMAIN",
    "ENGINE",
    "FEATURES",
    "GIT_REF",
    "GIT_REPOSITORY",
    "GRAFANA_IMAGE",
    "HTTPS_PROXY",
    "NGINX_IMAGE",
    "NGINX_LOCAL_RESOLVERS",
    "OPERATOR",
    "POSTGRES_IMAGE",
    "PROFILE",
    "PROMETHEUS_IMAGE",
    "RUNTIME_IMAGE",
    "RUST_IMAGE",
    "CARGO_TARGET_DIR",
];

/// The user of the containers, who owns what they keep.
const USER: &str = "10001";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the project, or nothing while it is not there.
fn file(name: &str) -> Option<String> {
    std::fs::read_to_string(root().join(name)).ok()
}

/// All files below a folder that are text.
fn files_below(folder: &Path) -> Vec<(PathBuf, String)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let files = paths.flat_map(|path| match path.is_dir() {
        true => files_below(&path),
        false => std::fs::read_to_string(&path).map(|text| (path, text)).into_iter().collect(),
    });
    files.collect()
}

/// Whether the program reads a variable of this name, itself or as a file.
fn is_read(name: &str) -> bool {
    let plain = name.strip_suffix("_FILE").unwrap_or(name);
    VARIABLES.iter().any(|variable| variable.name == plain || variable.name == name)
}

/// Whether this is written like a variable.
fn is_name(word: &str) -> bool {
    word.len() > 2
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Names between these two marks: `${NAME-default}`, `Environment=NAME=`.
fn names_between(text: &str, before: &str, after: &[char]) -> BTreeSet<String> {
    let rest = text.split(before).skip(1);
    let words = rest.filter_map(|rest| rest.split(after).next());
    words.filter(|word| is_name(word)).map(str::to_owned).collect()
}

fn assert_known(names: impl IntoIterator<Item = String>, place: &str) {
    let unknown: Vec<String> = names
        .into_iter()
        .filter(|name| !is_read(name) && !OF_THE_DEPLOYMENT.contains(&name.as_str()))
        .collect();
    assert!(unknown.is_empty(), "{place} names variables that nobody reads: {unknown:?}");
}

/// Lines of one service of docker-compose.yml.
fn service(compose: &str, name: &str) -> String {
    let lines = compose.lines().skip_while(|line| *line != format!("  {name}:")).skip(1);
    let own = lines.take_while(|line| line.is_empty() || line.starts_with("    "));
    own.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_unit_and_its_settings_name_variables_that_are_read() {
    let given = names_between(UNIT, "\nEnvironment=", &['=']);
    assert!(given.contains("DATABASE_URL_FILE") && given.contains("ZOOM_CLIENT_SECRET_FILE"), "{given:?}");
    assert_known(given, "zoom2drive.service");
    let lines = SETTINGS.lines().map(|line| line.trim_start_matches('#'));
    let set = lines.filter_map(|line| line.split_once('=')).map(|(name, _)| name.to_owned());
    let set: BTreeSet<String> = set.filter(|name| is_name(name)).collect();
    assert!(set.contains("DRIVE_FOLDER_ID") && set.iter().all(|name| is_read(name)), "{set:?}");
    // What the unit gives by itself must not be given twice: NAME and NAME_FILE together are an error.
    assert!(!set.iter().any(|name| UNIT.contains(&format!("{name}_FILE="))), "{set:?}");
}

#[test]
fn every_credential_of_the_unit_is_loaded_installed_and_used() {
    const INSTALL: &str = include_str!("../../../deploy/systemd/install.sh");
    let loads = UNIT.lines().filter_map(|line| line.strip_prefix("LoadCredential="));
    let loaded: Vec<(&str, &str)> = loads.filter_map(|line| line.split_once(':')).collect();
    // And Google's key, which is a file in any case.
    let secrets = VARIABLES.iter().filter(|variable| variable.is_secret());
    let count = secrets.clone().count() + 1;
    assert_eq!(loaded.len(), count);
    for (name, path) in loaded {
        assert_eq!(path, format!("/etc/zoom2drive/secrets/{name}"));
        assert!(UNIT.contains(&format!("=%d/{name}\n")), "{name} is loaded and not used");
        assert!(INSTALL.contains(name), "install.sh makes no {name}");
    }
    assert_eq!(UNIT.matches("=%d/").count(), count);
    // Every secret has a file: none is left for the environment, which `systemctl show` and children see.
    for secret in secrets.map(|variable| variable.name) {
        assert!(UNIT.contains(&format!("\nEnvironment={secret}_FILE=%d/")), "{secret}");
        assert!(!UNIT.contains(&format!("\nEnvironment={secret}=")), "{secret}");
    }
    // The doctor looks at what the service is given, and from the same place.
    let given = |unit: &'static str| {
        let lines = unit.lines().filter(|line| line.contains("Credential=") || line.contains("Environment"));
        lines.filter(|line| !line.starts_with('#')).collect::<Vec<_>>()
    };
    assert_eq!(given(DOCTOR), given(UNIT));
}

#[test]
fn texts_of_the_deployment_name_variables_that_are_read() {
    // Words that begin like a variable of ours, wherever they stand: a slip there is a setting without effect.
    let ours = [
        "ZOOM_",
        "GOOGLE_",
        "DRIVE_",
        "DATABASE_",
        "ADMIN_",
        "SWEEP_",
        "SETTLE_",
        "LISTEN_",
        "LOG_",
        "KEEP_",
    ];
    let mut places = files_below(&root().join("deploy"));
    places.extend(files_below(&root().join("nginx")));
    places.extend(files_below(&root().join("docs")));
    let tops = [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "Dockerfile",
        "docker-compose.yml",
        "docker-compose.demo.yml",
    ];
    places.extend(tops.iter().filter_map(|name| Some((PathBuf::from(name), file(name)?))));
    assert!(places.len() > 20);
    for (path, text) in places {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let named = words.filter(|word| is_name(word) && ours.iter().any(|start| word.starts_with(start)));
        // `ZOOM_*` is all of them.
        let named = named.filter(|word| !word.ends_with('_')).map(str::to_owned);
        assert_known(named, &path.display().to_string());
    }
}

#[test]
fn the_containers_name_variables_that_are_read() {
    let Some(compose) = file("docker-compose.yml") else { return };
    assert_known(names_between(&compose, "${", &['}', '-', ':']), "docker-compose.yml");
    let app = service(&compose, "app");
    let lines = app.lines().filter_map(|line| line.strip_prefix("      "));
    let given = lines.filter_map(|line| line.split_once(':')).map(|(name, _)| name);
    assert_known(given.filter(|name| is_name(name)).map(str::to_owned), "docker-compose.yml");
    for (path, text) in files_below(&root().join("nginx")) {
        assert_known(names_between(&text, "${", &['}', '-', ':']), &path.display().to_string());
    }
}

#[test]
fn ports_paths_and_users_agree() {
    let listen = VARIABLES.iter().find(|variable| variable.name == "LISTEN_ADDR").unwrap().default;
    let port = listen.rsplit(':').next().unwrap();
    assert!(
        UNIT.contains(&format!("\nSocketBindAllow=tcp:{port}\n")),
        "zoom2drive.service binds another port"
    );
    assert!(INSTALL_PAGE.contains(&format!("127.0.0.1:{port}")));
    let endpoint = format!("https://${{var.domain}}{}", webhook::PATH);
    assert!(OUTPUTS.contains(&format!("\"{endpoint}\"")), "the webhook's path in outputs.tf");
    assert!(INSTALL_PAGE.contains(&format!("https://YOUR-HOST{}", webhook::PATH)));
    assert!(RUNBOOK.contains(&format!("https://YOUR-HOST{}", webhook::PATH)));
    assert!(RUNBOOK.contains(&format!("https://YOUR-HOST{HEALTH_PATH}")));

    // What is open from outside: the firewall lets in what is published, and SSH.
    let inbound = FIREWALL.split("inbound_rule {").skip(1).filter_map(|rule| rule.split("port_range").nth(1));
    let open: Vec<&str> = inbound.filter_map(|rest| rest.split('"').nth(1)).collect();
    assert_eq!(open, ["22", "80", "443"]);
    let backup = file("deploy/backup/backup-container.sh").unwrap();
    assert!(backup.contains(&format!("chown {USER}:{USER} ")), "the container may not write its backup");

    let Some(compose) = file("docker-compose.yml") else { return };
    let published: Vec<&str> = compose.lines().filter(|line| line.trim().starts_with("ports:")).collect();
    assert_eq!(published, [r#"    ports: ["80:80", "443:443"]"#]);
    assert!(service(&compose, "app").contains(&format!("LISTEN_ADDR: 0.0.0.0:{port}")));
    assert!(service(&compose, "app").contains("data:/data"), "the runbook restores the volume `data`");
    assert!(compose.contains("\n    image: zoom2drive\n"), "stack.sh looks for the image zoom2drive");
    let dockerfile = file("Dockerfile").unwrap();
    for line in [format!("EXPOSE {port}"), format!("USER {USER}:{USER}"), "\"healthcheck\"]".to_owned()] {
        assert!(dockerfile.contains(&line), "Dockerfile: {line}");
    }
    let nginx: String = files_below(&root().join("nginx")).into_iter().map(|(_, text)| text).collect();
    for words in [format!("location = {}", webhook::PATH), format!("http://app:{port}")] {
        assert!(nginx.contains(&words), "nginx: {words}");
    }
}

#[test]
fn what_talks_to_strangers_shares_no_network_with_the_database() {
    let compose = file("docker-compose.yml").unwrap();
    let networks = |name: &str| {
        let service = service(&compose, name);
        let line =
            service.lines().find_map(|line| line.trim().strip_prefix("networks: [")).unwrap_or_default();
        line.trim_end_matches(']').to_owned()
    };
    let of = ["app", "nginx", "certbot", "postgres", "prometheus", "grafana", "ddclient"].map(networks);
    assert_eq!(of, ["front, back", "front", "front", "back", "back", "back", "front"]);
    assert!(compose.contains("\n  back:\n    internal: true\n"), "the network behind leads to the internet");
    let hardened = compose.split("x-hardened:").nth(1).unwrap().split("\nservices:").next().unwrap();
    assert!(hardened.contains("ulimits: {core: 0}"), "core dumps hold secrets");
}

#[test]
fn every_image_of_others_can_be_pinned_and_is_the_same_in_each_place() {
    let compose = file("docker-compose.yml").unwrap() + &file("docker-compose.demo.yml").unwrap();
    let images = compose.lines().filter_map(|line| line.trim().strip_prefix("image: "));
    for image in images.filter(|image| !image.starts_with("zoom2drive")) {
        assert!(image.starts_with("${") && image.contains("_IMAGE:-docker.io/"), "{image} cannot be pinned");
    }
    for (dockerfile, name) in [("Dockerfile", "RUST_IMAGE"), ("deploy/ddclient/Dockerfile", "DEBIAN_IMAGE")] {
        let text = file(dockerfile).unwrap();
        let ours = text.lines().find_map(|line| line.strip_prefix(&format!("ARG {name}="))).unwrap();
        let theirs: BTreeSet<&str> = compose
            .split(&format!("{name}: ${{{name}:-"))
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect();
        assert_eq!(theirs, BTreeSet::from([ours]), "{dockerfile} and docker-compose.yml");
    }
}

#[test]
fn the_runbook_has_a_place_for_every_alert_and_every_pause() {
    let has = |title: &str| RUNBOOK.lines().any(|line| line == format!("### {title}"));
    let alerts: Vec<&str> = ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() >= 12, "{alerts:?}");
    let missing: Vec<_> = alerts.iter().filter(|alert| !has(alert)).collect();
    assert!(missing.is_empty(), "no section for {missing:?}");
    for cause in PauseCause::ALL {
        assert!(has(cause.name()), "no section for {cause}");
    }
    // And none for what there is not.
    let told = RUNBOOK.lines().filter_map(|line| line.strip_prefix("### Zoom2drive"));
    let gone: Vec<_> = told.filter(|rest| !alerts.contains(&format!("Zoom2drive{rest}").as_str())).collect();
    assert!(gone.is_empty(), "sections for alerts that are gone: {gone:?}");
}

/// A string of the source that goes over several lines is one line when it is shown.
fn unfolded(text: &str) -> String {
    let lines = text.split("\\\n").enumerate();
    lines.map(|(index, part)| if index == 0 { part } else { part.trim_start() }).collect()
}

#[test]
fn the_runbook_quotes_reasons_that_the_program_gives() {
    let table = RUNBOOK.split("| words in the reason |").nth(1).unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let quoted: Vec<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    assert!(quoted.len() >= 8, "{quoted:?}");
    let sources = files_below(&root().join("src")).into_iter().map(|(_, text)| unfolded(&text));
    let source: String = sources.collect();
    let unknown: Vec<_> = quoted.iter().filter(|words| !source.contains(**words)).collect();
    assert!(unknown.is_empty(), "no job is parked with {unknown:?}");
}

/// Folders of the project that pages name files of.
const FOLDERS: [&str; 9] =
    [".ci/", "bench/", "deploy/", "docs/", "examples/", "fuzz/", "nginx/", "src/", "tests/"];

#[test]
fn whatever_pages_send_people_to_is_there() {
    let mut pages = files_below(&root().join("docs"));
    let tops = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "deploy/RUNBOOK.md"];
    pages.extend(tops.map(|name| (PathBuf::from(name), file(name).unwrap())));
    let mut seen = 0;
    for (page, text) in pages {
        let words = text.split(|c: char| c.is_whitespace() || "`()[]<>,:|'\"#".contains(c));
        let named =
            words.map(|word| word.trim_start_matches("/opt/zoom2drive/").trim_end_matches(['.', ';', '/']));
        let paths: BTreeSet<&str> =
            named.filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder))).collect();
        seen += paths.len();
        let missing: Vec<&str> = paths.into_iter().filter(|path| !root().join(path).exists()).collect();
        assert!(missing.is_empty(), "{}: not there: {missing:?}", page.display());
    }
    assert!(seen > 40, "only {seen} paths");
}

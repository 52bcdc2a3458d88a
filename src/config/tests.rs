//! Settings: all faults are reported together, incomplete groups are refused, secrets are hidden.

use super::*;

fn key_file() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let key = r#"{"type":"service_account","client_email":"a@b.iam","private_key":"PEM-hunter2"}"#;
    std::fs::write(file.path(), key).unwrap();
    file
}

fn complete(key: &tempfile::NamedTempFile) -> Vec<(String, String)> {
    [
        ("ZOOM_WEBHOOK_SECRET_TOKEN", "hunter2-webhook, second"),
        ("ZOOM_ACCOUNT_ID", "account"),
        ("ZOOM_CLIENT_ID", "client"),
        ("ZOOM_CLIENT_SECRET", "hunter2-client"),
        ("GOOGLE_APPLICATION_CREDENTIALS", key.path().to_str().unwrap()),
        ("DRIVE_FOLDER_ID", "root"),
        ("ADMIN_TOKEN", "hunter2-admin-token"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

fn faults(pairs: Vec<(String, String)>) -> Vec<String> {
    match Config::read(&mut Reader::from_pairs(pairs)) {
        Ok(_) => Vec::new(),
        Err(error) => error.into_faults().into_iter().map(|fault| fault.name).collect(),
    }
}

fn with(mut pairs: Vec<(String, String)>, name: &str, value: &str) -> Vec<(String, String)> {
    pairs.retain(|(known, _)| known != name);
    pairs.push((name.to_owned(), value.to_owned()));
    pairs
}

#[test]
fn a_complete_set_is_read_and_shows_no_secret() {
    let key = key_file();
    let config = Config::read(&mut Reader::from_pairs(complete(&key))).unwrap();
    assert_eq!(config.zoom.webhook_secrets.now().current().len(), 2);
    assert_eq!(config.relay.chunk_size, 32 * 1024 * 1024);
    let shown = format!("{config:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn nothing_given_names_everything_that_is_missing_at_once() {
    assert_eq!(
        faults(Vec::new()),
        ["ZOOM_WEBHOOK_SECRET_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS", "DRIVE_FOLDER_ID"]
    );
}

#[test]
fn every_fault_is_found_where_it_is() {
    let key = key_file();
    let bad = [
        ("ZOOM_CLIENT_SECRET", "", "ZOOM_CLIENT_SECRET"),
        ("ZOOM_WEBHOOK_SECRET_TOKEN", " , ", "ZOOM_WEBHOOK_SECRET_TOKEN"),
        ("ZOOM_API_URL", "http://api.zoom.us/v2", "ZOOM_API_URL"),
        ("ZOOM_DOWNLOAD_HOSTS", "*.us", "ZOOM_DOWNLOAD_HOSTS"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json", "GOOGLE_APPLICATION_CREDENTIALS"),
        ("DRIVE_FOLDER_ID", "https://drive.google.com/drive/folders/x", "DRIVE_FOLDER_ID"),
        ("LISTEN_ADDR", "8080", "LISTEN_ADDR"),
        ("ADMIN_TOKEN", "short", "ADMIN_TOKEN"),
        ("VIEWER_TOKEN", "hunter2-admin-token", "VIEWER_TOKEN"),
        ("AFTER_ARCHIVE", "shred", "AFTER_ARCHIVE"),
        ("SETTLE_FOR", "24", "SETTLE_FOR"),
        ("FOLDER_TEMPLATE", "{topik}", "FOLDER_TEMPLATE"),
        ("TIMEZONE", "Mars/Base", "TIMEZONE"),
        ("CHUNK_SIZE", "1MB", "CHUNK_SIZE"),
        ("CHUNK_SIZE", "300KiB", "CHUNK_SIZE"),
        ("WINDOW_SIZE", "1", "WINDOW_SIZE"),
        ("TRANSFERS", "0", "TRANSFERS"),
        ("DATABASE_URL", "mysql://x", "DATABASE_URL"),
        ("NOTIFY_EMAIL_TO", "ann@example.com, nobody", "NOTIFY_EMAIL_TO"),
        // A service account has no mailbox.
        ("NOTIFY_EMAIL_TO", "ann@example.com", "NOTIFY_EMAIL_TO"),
        ("NOTIFY_WEBHOOK_URL", "http://hooks.slack.com/services/x", "NOTIFY_WEBHOOK_URL"),
        ("NOTIFY_WEBHOOK_KIND", "irc", "NOTIFY_WEBHOOK_KIND"),
        ("NOTIFY_ARCHIVED", "weekly", "NOTIFY_ARCHIVED"),
        ("NOTIFY_SILENCE", "7", "NOTIFY_SILENCE"),
        ("ADMIN_TOKEN_FILE", "/nowhere", "ADMIN_TOKEN_FILE"),
    ];
    for (name, value, found) in bad {
        assert_eq!(faults(with(complete(&key), name, value)), [found], "{name}={value}");
    }
}

#[test]
fn deleting_at_zoom_needs_credentials() {
    let key = key_file();
    let mut pairs = with(complete(&key), "AFTER_ARCHIVE", "trash");
    pairs.retain(|(name, _)| {
        !matches!(name.as_str(), "ZOOM_ACCOUNT_ID" | "ZOOM_CLIENT_ID" | "ZOOM_CLIENT_SECRET")
    });
    assert_eq!(faults(pairs), ["AFTER_ARCHIVE"]);
}

#[test]
fn secrets_may_come_from_files() {
    let key = key_file();
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "from-a-file\n").unwrap();
    let mut pairs = complete(&key);
    pairs.retain(|(name, _)| name != "ZOOM_WEBHOOK_SECRET_TOKEN");
    pairs.push(("ZOOM_WEBHOOK_SECRET_TOKEN_FILE".into(), secret.path().to_str().unwrap().into()));
    let config = Config::read(&mut Reader::from_pairs(pairs)).unwrap();
    assert_eq!(config.zoom.webhook_secrets.now().current()[0].expose(), "from-a-file");
}

#[test]
fn hosts_are_matched_whole() {
    let rules = values::host_rules("zoom.us,*.zoom.us").unwrap();
    let allowed = |host: &str| rules.iter().any(|rule| rule.allows(host));
    assert!(allowed("zoom.us") && allowed("us02web.zoom.us") && allowed("a.b.zoom.us"));
    let with_ports = values::host_rules("127.0.0.1:8080,[::1]:9,[::1],localhost").unwrap();
    for (rule, host) in with_ports.iter().zip(["127.0.0.1", "[::1]", "[::1]", "localhost"]) {
        assert!(rule.allows(host), "{rule:?} {host}");
    }
    assert!(
        !allowed("evilzoom.us")
            && !allowed("zoom.us.evil.com")
            && !allowed(".zoom.us")
            && !allowed("zoom.us.")
    );
}

#[test]
fn zooms_own_domains_are_allowed_by_default_and_no_others() {
    let default = Variable::named("ZOOM_DOWNLOAD_HOSTS").unwrap().default;
    let rules = values::host_rules(default).unwrap();
    let allowed = |host: &str| rules.iter().any(|rule| rule.allows(host));
    for domain in ["zoom.us", "zoom.com", "zoom.com.cn", "zoomgov.com"] {
        assert!(allowed(domain) && allowed(&format!("us02web.{domain}")), "{domain}");
        assert!(!allowed(&format!("evil{domain}")) && !allowed(&format!("{domain}.evil.net")), "{domain}");
    }
    for host in ["zoom.cn", "com.cn", "zoom.eu", "uni.zoom-x.de", "d123.cloudfront.net", "evil.com.cn"] {
        assert!(!allowed(host), "{host}");
    }
}

#[test]
fn every_default_and_every_example_is_accepted() {
    let key = key_file();
    for variable in VARIABLES.iter() {
        for value in [variable.default, variable.example] {
            let is_path = ["GOOGLE_APPLICATION_CREDENTIALS", "RULES_FILE"].contains(&variable.name);
            if value.is_empty() || is_path {
                continue;
            }
            // Email needs a sender and a recipient.
            let mut pairs = with(complete(&key), "NOTIFY_GOOGLE_SUBJECT", "archive@example.com");
            pairs = with(pairs, "NOTIFY_EMAIL_FROM", "archive@example.com");
            // A proxy needs both of its settings.
            pairs = with(pairs, "DASHBOARD_USER_HEADER", "X-Forwarded-User");
            pairs = with(pairs, "DASHBOARD_PROXY_SECRET", "a-secret-of-the-proxy");
            assert_eq!(faults(with(pairs, variable.name, value)), [""; 0], "{}={value}", variable.name);
        }
    }
}

#[test]
fn rules_are_read_and_their_faults_are_told_with_all_others() {
    let key = key_file();
    let rules = tempfile::NamedTempFile::new().unwrap();
    let path = rules.path().to_str().unwrap();
    let given = || with(complete(&key), "RULES_FILE", path);
    std::fs::write(rules.path(), "[skip]\ntopics = ['*standup*']\n").unwrap();
    let config = Config::read(&mut Reader::from_pairs(given())).unwrap();
    assert_ne!(*config.rules.now(), Rules::default());
    assert!(config.source.files().any(|file| file == ("RULES_FILE", rules.path())));

    std::fs::write(rules.path(), "[skip]\ntopic = ['x']\n[only]\nhosts = 1\n").unwrap();
    let error = Config::read(&mut Reader::from_pairs(with(given(), "TRANSFERS", "0"))).unwrap_err();
    let told = error.to_string().replace(path, "rules.toml");
    insta::assert_snapshot!(told, @r#"
    3 setting(s) to fix:
      TRANSFERS is not a number from 1 to 64 (for example TRANSFERS=2)
      rules.toml, line 2: key "topic" is not known in [skip]: did you mean `topics`?
      rules.toml, line 4: hosts: expected a list such as ["this", "that*"], with at least one entry
    Set them in the environment or in .env; `zoom2drive settings`, .env.example and docs/settings.md explain each.
    "#);
    assert_eq!(faults(with(complete(&key), "RULES_FILE", "/nowhere")), ["RULES_FILE /nowhere"]);
    std::fs::write(rules.path(), vec![b'#'; 1024 * 1024 + 1]).unwrap();
    assert_eq!(faults(given()), [format!("RULES_FILE {path}")]);
}

#[test]
fn mail_goes_by_a_server_or_by_gmail_and_shows_no_password() {
    let key = key_file();
    let pairs = with(complete(&key), "NOTIFY_EMAIL_TO", "ann@example.com,bob@example.com");
    let plain = with(pairs.clone(), "SMTP_URL", "smtp://mail.example.com");
    assert_eq!(faults(plain), ["SMTP_URL", "NOTIFY_EMAIL_FROM"]);
    let pairs = with(pairs, "SMTP_URL", "smtps://ann:hunter2@mail.example.com");
    let pairs = with(pairs, "NOTIFY_EMAIL_FROM", "z2d@example.com");
    let pairs = with(pairs, "NOTIFY_WEBHOOK_URL", "https://hooks.slack.com/services/hunter2");
    let config = Config::read(&mut Reader::from_pairs(pairs)).unwrap();
    assert_eq!(config.notify.webhook.as_ref().unwrap().kind, WebhookKind::Slack);
    assert_eq!(config.notify.email.as_ref().unwrap().to.len(), 2);
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn rosters_are_read_beside_the_rules_and_their_faults_are_named() {
    let (folder, key) = (tempfile::tempdir().unwrap(), key_file());
    let rules = folder.path().join("rules.toml");
    std::fs::write(&rules, "[[where]]\ntopics = ['*']\nattendance = 'sheet'\nroster = 'lists/a.csv'\n")
        .unwrap();
    let pairs = with(complete(&key), "RULES_FILE", rules.to_str().unwrap());
    let read = |pairs: &[(String, String)]| {
        let mut reader = Reader::from_pairs(pairs.iter().cloned());
        let read = Config::read(&mut reader).map_err(|error| error.to_string());
        (read, reader.files().map(|(_, path)| path.to_owned()).collect::<Vec<_>>())
    };
    let roster = folder.path().join("lists").join("a.csv");
    let (error, files) = read(&pairs);
    assert!(files.contains(&roster), "a roster that appears is read again: {files:?}");
    let error = error.unwrap_err();
    assert!(error.contains("rules.toml, line 4:") && error.contains("a.csv: cannot be read"), "{error}");
    std::fs::create_dir(folder.path().join("lists")).unwrap();
    std::fs::write(&roster, "name,email\nAnna,a@b.c\nBorys,a@b.c\n").unwrap();
    let error = read(&pairs).0.unwrap_err();
    assert!(error.contains("a.csv: line 3:"), "{error}");
    std::fs::write(&roster, "name\nAnna\n").unwrap();
    let config = read(&pairs).0.unwrap();
    assert_eq!(config.rules.now().rosters().count(), 1);
}

#[test]
fn attendance_needs_zooms_credentials() {
    let key = key_file();
    let pairs = with(complete(&key), "ATTENDANCE", "sheet");
    assert_eq!(faults(pairs.clone()), Vec::<String>::new());
    let without = |name: &str| !name.starts_with("ZOOM_") || name.starts_with("ZOOM_WEBHOOK");
    let pairs: Vec<_> = pairs.into_iter().filter(|(name, _)| without(name)).collect();
    assert_eq!(faults(pairs.clone()), ["ATTENDANCE"]);
    // Google says who was in a conference of Meet.
    assert_eq!(faults(with(pairs, "MEET_BRING", "yes")), Vec::<String>::new());
}

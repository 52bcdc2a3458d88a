//! What can be wrong with Google's credentials.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use zoom2drive::sandbox::faults::{Canned, Fault, Route};

use super::{assert_clean, at_rest, examine};
use crate::support::world::World;

/// Writes another credential file, and gives its path.
pub(super) fn write(world: &World, name: &str, credentials: &Value) -> String {
    let path = world.folder.path().join(name);
    std::fs::write(&path, credentials.to_string()).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refusal_of_a_token_has_its_own_mend() {
    let world = at_rest(&[]).await;
    for (status, error, words, found, mend) in [
        (
            401,
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens using this method",
            "may not have tokens",
            "Keys",
        ),
        (400, "admin_policy_enforced", "Access blocked", "a policy", "Manage app access"),
        (
            403,
            "org_internal",
            "restricted to users within its organization",
            "another organisation",
            "Audience",
        ),
        (401, "disabled_client", "The OAuth client was disabled.", "is disabled", "Enable"),
        (
            401,
            "deleted_client",
            "The OAuth client was deleted.",
            "was deleted",
            "Restore deleted credentials",
        ),
        (
            401,
            "invalid_client",
            "The OAuth client was not found.",
            "do not belong together",
            "download the client",
        ),
        (
            400,
            "invalid_scope",
            "Invalid OAuth scope or ID token audience provided.",
            "does not know the scope",
            "",
        ),
        (400, "invalid_grant", "Invalid JWT Signature.", "key was deleted", "Create new key"),
        (
            400,
            "invalid_grant",
            "Invalid grant: account not found",
            "service account was deleted",
            "Service Accounts",
        ),
        (400, "invalid_grant", "reauth related error (invalid_rapt)", "a new sign-in", "session control"),
    ] {
        let refusal = Fault::Answer(Canned::google_token(status, error, words));
        world.sandbox.faults.once(Route::GoogleToken, refusal);
        let examined = examine(&world, &[]).await;
        examined.assert_only_broken(&["google.token.drive"]);
        examined.assert("google.token.drive", "broken", found, mend);
        examined.assert("google.token.drive", "broken", error, "");
        assert_eq!((examined.state("drive.root"), examined.state("zoom.download")), ("not_tried", "ok"));
    }
    world.sandbox.faults.once(Route::GoogleToken, Fault::Answer(Canned::html(502)));
    examine(&world, &[]).await.assert("google.token.drive", "broken", "no valid answer", "appsstatus");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delegation_that_is_not_granted_names_number_scope_and_place() {
    let world = at_rest(&[]).await;
    let examined = examine(&world, &[("GOOGLE_SUBJECT", "stranger@theatre.example")]).await;
    examined.assert_only_broken(&["google.token.drive"]);
    let mend = "Domain-wide delegation > Manage Domain Wide Delegation > Add new (or Edit): Client ID \
                100000000000000000001";
    examined.assert("google.token.drive", "broken", "may not act for stranger@theatre.example", mend);
    examined.assert(
        "google.token.drive",
        "broken",
        "unauthorized_client",
        "https://www.googleapis.com/auth/drive",
    );
    let examined = examine(&world, &[("GOOGLE_SUBJECT", world.sandbox.google.owner_email())]).await;
    examined.assert_only_broken(&[]);
    examined.assert("google.token.drive", "ok", "to act as ada@theatre.example", "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_by_gmail_needs_a_token_of_its_own_and_drive_goes_on_without() {
    let world = at_rest(&[("NOTIFY_EMAIL_TO", "boss@example.com")]).await;
    let owner = world.sandbox.google.owner_email();
    let examined = examine(&world, &[("NOTIFY_GOOGLE_SUBJECT", owner)]).await;
    examined.assert_only_broken(&[]);
    examined.assert("google.token.gmail", "ok", "to act as ada@theatre.example", "");
    let examined = examine(&world, &[("NOTIFY_GOOGLE_SUBJECT", "stranger@theatre.example")]).await;
    examined.assert_only_broken(&["google.token.gmail"]);
    let scope = "https://www.googleapis.com/auth/gmail.send";
    examined.assert("google.token.gmail", "broken", "may not act for stranger@theatre.example", scope);
    let person = write(&world, "person.json", &world.sandbox.google.authorized_user());
    let examined = examine(&world, &[("GOOGLE_APPLICATION_CREDENTIALS", &person)]).await;
    examined.assert("google.token.gmail", "broken", "the consent is for", "zoom2drive login");
    assert_eq!(examined.state("google.token.drive"), "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_another_or_no_key_or_everybodys_is_named() {
    let world = at_rest(&[]).await;
    let key = world.sandbox.google.service_account_key();
    let with = |field: &str, value: &str| {
        let mut other = key.clone();
        other[field] = value.into();
        write(&world, field, &other)
    };
    let replaced = with("private_key_id", "another");
    let examined = examine(&world, &[("GOOGLE_APPLICATION_CREDENTIALS", &replaced)]).await;
    examined.assert("google.token.drive", "broken", "Invalid JWT Signature", "Create new key");
    let cut = with("private_key", "-----BEGIN PRIVATE KEY-----\nabc");
    let examined = examine(&world, &[("GOOGLE_APPLICATION_CREDENTIALS", &cut)]).await;
    examined.assert(
        "google.token.drive",
        "broken",
        "the private key in the key file cannot be used",
        "download a new key",
    );
    let gone = with("client_email", "gone@x.iam.gserviceaccount.com");
    let examined = examine(&world, &[("GOOGLE_APPLICATION_CREDENTIALS", &gone)]).await;
    examined.assert("google.token.drive", "broken", "account not found", "Service Accounts");
    for (path, found) in
        [("/nowhere/key.json", "cannot be read"), ("Cargo.toml", "neither a service-account key")]
    {
        let examined = examine(&world, &[("GOOGLE_APPLICATION_CREDENTIALS", path)]).await;
        examined.assert_only_broken(&["settings.GOOGLE_APPLICATION_CREDENTIALS"]);
        examined.assert("settings.GOOGLE_APPLICATION_CREDENTIALS", "broken", found, "Service Accounts");
        assert_eq!((examined.state("google.key"), examined.state("zoom.token")), ("not_tried", "ok"));
    }
    let path = &world.settings["GOOGLE_APPLICATION_CREDENTIALS"];
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&[]);
    examined.assert("google.key-mode", "warning", "0644", &format!("chmod 600 {path}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_persons_consent_can_be_too_small_and_can_end() {
    let world = at_rest(&[]).await;
    let google = &world.sandbox.google;
    let file = write(&world, "person.json", &google.authorized_user());
    let settings = [("GOOGLE_APPLICATION_CREDENTIALS", file.as_str())];
    let examined = examine(&world, &settings).await;
    examined.assert_only_broken(&[]);
    examined.assert("google.key", "ok", "a person's login", "");
    google.set_consent("https://www.googleapis.com/auth/drive.file");
    let examined = examine(&world, &settings).await;
    examined.assert_only_broken(&["google.token.drive"]);
    examined.assert("google.token.drive", "broken", "auth/drive.file only", "tick the box");
    google.revoke_consent();
    let examined = examine(&world, &settings).await;
    examined.assert("google.token.drive", "broken", "consent has ended", "Publish app");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_that_is_not_enabled_names_its_project_and_place() {
    let world = at_rest(&[]).await;
    world.sandbox.google.set_api_enabled(false);
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&["drive.root"]);
    let mend = "project sandbox-project > APIs & Services > Library > Google Drive API > Enable";
    examined.assert("drive.root", "broken", "accessNotConfigured", mend);
    assert_eq!(examined.state("drive.upload"), "not_tried");
    assert_clean(&world);
}

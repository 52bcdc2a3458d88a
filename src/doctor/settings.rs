//! Checks the settings: every fault, and where to find the right value.

use super::finding::{Check, Finding};
use crate::config::{SettingError, Variable};

/// A finding for each fault and each warning, or one if all settings are valid.
pub(super) fn judge(faults: &[SettingError], warnings: &[SettingError]) -> Vec<Finding> {
    if faults.is_empty() && warnings.is_empty() {
        let tried = "reading the environment and .env";
        let check = Check::new("settings", tried, "every setting is valid");
        return vec![check.ok("all settings are valid")];
    }
    let finding = |fault: &SettingError| {
        let known = Variable::named(fault.name.trim_end_matches("_FILE"));
        let expected = known.map_or("a file of lines NAME=value", |variable| variable.meaning);
        let tried = format!("reading {} from the environment and .env", fault.name);
        let found = format!("{} {}", fault.name, fault.what);
        Check::new(format!("settings.{}", fault.name), tried, expected).broken(found, mend(&fault.name))
    };
    let looked_at = |warning: &SettingError| {
        let tried = format!("looking at {}", warning.name);
        let found = format!("{} {}", warning.name, warning.what);
        Check::new(format!("settings.{}", warning.name), tried, "secrets that no other user can read")
            .warning(found, format!("chmod 600 {}", warning.name))
    };
    faults.iter().map(finding).chain(warnings.iter().map(looked_at)).collect()
}

/// If a proxy resolves the names of download hosts, the service cannot check their addresses. The proxy's own
/// address is not shown: it may contain a password.
pub(super) fn proxy(variable: Option<&'static str>) -> Option<Finding> {
    let variable = variable?;
    let check = Check::new("settings.proxy", "looking for a proxy of outgoing connections", "none");
    let found = format!(
        "{variable} names a proxy, which resolves the names of download hosts: the service cannot check that they have public \
         addresses"
    );
    let mend = "Configure the proxy to refuse private, loopback and link-local addresses (169.254.169.254 among them); or name \
        Zoom's hosts in NO_PROXY";
    Some(check.warning(found, mend))
}

/// Where to find a value.
fn mend(name: &str) -> String {
    let place = match name.trim_end_matches("_FILE") {
        "ZOOM_WEBHOOK_SECRET_TOKEN" => {
            "marketplace.zoom.us > Develop (Manage) > your app > Feature > Token: copy the Secret Token"
        }
        "ZOOM_ACCOUNT_ID" | "ZOOM_CLIENT_ID" | "ZOOM_CLIENT_SECRET" => {
            "marketplace.zoom.us > Develop (Manage) > your Server-to-Server OAuth app > App Credentials: copy \
             Account ID, Client ID and Client Secret; or leave all three out to work from webhooks alone"
        }
        "GOOGLE_APPLICATION_CREDENTIALS" => {
            "console.cloud.google.com > IAM & Admin > Service Accounts > the account > Keys > Add key > Create new \
             key > JSON: put the path of the downloaded file here, and give the service's user read access"
        }
        "DRIVE_FOLDER_ID" => {
            "drive.google.com: open the folder for the archive; the last part of its address is its id"
        }
        "AFTER_ARCHIVE" => "Set AFTER_ARCHIVE=keep, or give the three ZOOM_* credentials",
        "PUBLIC_URL" => "Give the address under which your proxy answers, such as https://hooks.example.org",
        "DATABASE_URL" => {
            "Set DATABASE_URL to sqlite:// and a path, or to postgres://user:password@host/database"
        }
        _ => "",
    };
    let name = if name == ".env" { "the line" } else { name };
    if place.is_empty() {
        format!("Correct {name} in the environment or in .env; .env.example explains it")
    } else {
        format!("{place}. Then correct {name} in the environment or in .env")
    }
}

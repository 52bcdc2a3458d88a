//! Explains the refusals of Meet, the directory, calendars, and Drive for Meet's files. Pure.

use super::finding::{Advice, Check};
use super::google_says::{GoogleIdentity, grant};
use crate::google::{Api, Meaning, NoAnswer};

impl Api {
    /// The setting with the address.
    fn setting(self) -> &'static str {
        match self {
            Self::Meet => "MEET_API_URL",
            Self::Directory => "ADMIN_API_URL",
            Self::Calendar | Self::Drive => "GOOGLE_API_URL",
        }
    }

    /// The application in the Admin console.
    fn application(self) -> &'static str {
        match self {
            Self::Meet | Self::Directory => "Google Meet",
            Self::Calendar => "Calendar",
            Self::Drive => "Drive and Docs",
        }
    }

    pub(super) fn check(self) -> Check {
        let (id, tried, expected) = match self {
            Self::Meet => {
                ("meet.api", "asking the Meet API for one meeting", "an answer, also if it has none")
            }
            Self::Directory => ("meet.directory", "asking the directory for one user", "a list of users"),
            Self::Calendar => (
                "meet.calendar",
                "asking for one event of the user's calendar",
                "an answer, also if it has none",
            ),
            Self::Drive => (
                "meet.files",
                "asking Drive, with the scope of Meet's files, for one that does not exist",
                "no such file",
            ),
        };
        Check::new(id, tried, expected)
    }
}

/// True if the API answered that there is no such file.
pub(super) fn is_not_found(answer: &NoAnswer) -> bool {
    matches!(answer, NoAnswer::Refused { meaning: Meaning::NotFound, .. })
}

/// True if the user lacks a right, and not the project, the scope or the network.
pub(super) fn is_denied(answer: &NoAnswer) -> bool {
    let NoAnswer::Refused { status: 403, meaning, .. } = answer else { return false };
    matches!(meaning, Meaning::Refused | Meaning::NotMember | Meaning::Role)
}

/// Explains a refusal.
pub(super) fn refused(api: Api, answer: &NoAnswer, who: &GoogleIdentity, scope: &str) -> Advice {
    let told = |what: &str| format!("{what}: {answer}");
    let later = || {
        let mend = format!("Check google.com/appsstatus, {}, and proxies. Then try again", api.setting());
        Advice::new(told("a server or the network fails"), mend)
    };
    if is_denied(answer) {
        return Advice::new(told(&switched_off(api, who)), switch_on(api, who));
    }
    let NoAnswer::Refused { meaning, message, .. } = answer else { return later() };
    match meaning {
        Meaning::Disabled => Advice::new(
            told(&format!("the {} is not enabled in project {}", api.name(), who.project())),
            format!("Open {}, choose Enable, and wait some minutes", enabling(api, message, who)),
        ),
        Meaning::Scope => Advice::new(told(&format!("the token lacks the scope {scope}")), grant(scope, who)),
        Meaning::Policy => Advice::new(
            told("a policy of the organisation's admin blocks it"),
            "admin.google.com > Security > Access and data control > API controls > Manage app access: set this client to \
             Trusted",
        ),
        Meaning::Busy | Meaning::Quota | Meaning::DayUsedUp => Advice::new(
            told("Google asks us to slow down"),
            format!(
                "Wait; console.cloud.google.com > APIs & Services > {} > Quotas shows who uses it up",
                api.name()
            ),
        ),
        Meaning::Passing | Meaning::Gone => later(),
        Meaning::Credentials => Advice::new(
            told("the token is refused"),
            "Run this again; if the token is refused again, create a new key or log in again",
        ),
        _ => Advice::new(told("Google refuses"), "Check for a newer release, and report this line"),
    }
}

/// The page that enables an API: the one that Google names, or the library's.
fn enabling(api: Api, message: &str, who: &GoogleIdentity) -> String {
    let named = message.split_whitespace().find(|word| word.starts_with("https://console."));
    let project = who.label.project_id.as_str();
    let query = if project.is_empty() { String::new() } else { format!("?project={project}") };
    named.map_or_else(|| format!("{}{query}", api.link()), str::to_owned)
}

fn switched_off(api: Api, who: &GoogleIdentity) -> String {
    let (user, application) = (who.acting(), api.application());
    format!("Google shows {user} nothing: the user has no licence, or {application} is switched off for them")
}

fn switch_on(api: Api, who: &GoogleIdentity) -> String {
    if who.is_person {
        return format!("Log in with an account that has {}, or ask its admin", api.application());
    }
    let (user, application) = (who.acting(), api.application());
    format!(
        "admin.google.com > Directory > Users > {user} > Licenses; and Apps > Google Workspace > {application} > Service \
         status: ON for the user's organisational unit. Or put another user into {}",
        who.named_in()
    )
}

/// Explains that neither an admin's list of users nor the domain's can be read. `given` users stand in for it.
pub(super) fn no_directory(answer: &NoAnswer, who: &GoogleIdentity, given: usize) -> Advice {
    let user = who.acting();
    let instead = match given {
        0 => "nobody stands in for it".to_owned(),
        1 => "the one user in MEET_USERS stands in for it".to_owned(),
        _ => format!("the {given} users in MEET_USERS stand in for it"),
    };
    Advice::new(
        format!(
            "{user} may not list the users, neither as an admin nor in the domain's public view; {instead}: {answer}"
        ),
        "Set GOOGLE_ADMIN_SUBJECT to an admin whose role may read users (admin.google.com > Account > Admin roles > \
         Privileges > Admin API > Users > Read). Or switch on admin.google.com > Directory > Directory settings > \
         Contact sharing. Or name the users in MEET_USERS",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::credentials::Label;
    use crate::google::GoogleError;
    use crate::google::auth::{SCOPE_CALENDAR, SCOPE_MEET_READ};

    fn who(is_person: bool) -> GoogleIdentity {
        let label = Label { client_id: "1234567".into(), project_id: "theatre".into() };
        let subject = (!is_person).then(|| "ewa@x.pl".to_owned());
        GoogleIdentity { email: "robot@x.iam".into(), subject, named_in: "MEET_USERS", label, is_person }
    }

    fn answer(status: u16, meaning: Meaning, message: &str) -> NoAnswer {
        NoAnswer::Refused { status, meaning, reason: "r".into(), message: message.into() }
    }

    #[test]
    fn every_refusal_says_what_to_do() {
        let lost = NoAnswer::Error(GoogleError::Unreachable { what: "reset".into(), after: None });
        let library =
            "https://console.cloud.google.com/apis/library/calendar-json.googleapis.com?project=theatre";
        let denied = answer(403, Meaning::Refused, "The caller does not have permission");
        for (api, answer, is_person, found, mend) in [
            (Api::Meet, lost, false, "network fails: Google cannot be reached: reset", "MEET_API_URL"),
            (Api::Directory, answer(404, Meaning::Gone, ""), false, "network fails", "ADMIN_API_URL"),
            (
                Api::Calendar,
                answer(403, Meaning::Disabled, "off"),
                false,
                "not enabled in project theatre",
                library,
            ),
            (
                Api::Meet,
                answer(403, Meaning::Disabled, "Visit https://console.x/y then"),
                false,
                "Google Meet API",
                "Open https://console.x/y, choose Enable",
            ),
            (Api::Meet, answer(403, Meaning::Scope, ""), false, SCOPE_MEET_READ, "Client ID 1234567"),
            (Api::Meet, answer(403, Meaning::Scope, ""), true, SCOPE_MEET_READ, "--meet --force"),
            (Api::Drive, answer(403, Meaning::Policy, ""), false, "policy", "Trusted"),
            (Api::Drive, answer(429, Meaning::Busy, ""), false, "slow down", "Google Drive API > Quotas"),
            (Api::Meet, answer(401, Meaning::Credentials, ""), false, "token is refused", "Run this again"),
            (Api::Meet, answer(400, Meaning::Refused, ""), false, "Google refuses", "newer release"),
            (
                Api::Calendar,
                denied.clone(),
                false,
                "ewa@x.pl nothing",
                "Workspace > Calendar > Service status",
            ),
            (Api::Meet, denied, true, "the person who has consented nothing", "Log in with an account"),
        ] {
            let scope = if api == Api::Calendar { SCOPE_CALENDAR } else { SCOPE_MEET_READ };
            let said = refused(api, &answer, &who(is_person), scope);
            assert!(said.found.contains(found) && said.mend.contains(mend), "{answer:?}: {said:?}");
        }
    }
}

//! Explains Google's refusals, each with its remedy. Pure.

use super::finding::Advice;
use crate::config::credentials::Label;
use crate::google::Meaning;
use crate::google::auth::{SCOPE_DRIVE, TokenFault};
use crate::google::consent::loss_without;

/// Google's credentials, as far as people need to know them.
#[derive(Debug, Clone, Default)]
pub(super) struct GoogleIdentity {
    /// A service account's address; empty for a person.
    pub(super) email: String,
    /// The user that the service account acts for.
    pub(super) subject: Option<String>,
    /// The setting that names this user; empty for `GOOGLE_SUBJECT`.
    pub(super) named_in: &'static str,
    /// Facts from the credential file.
    pub(super) label: Label,
    /// True for a person's login, false for a service account.
    pub(super) is_person: bool,
}

impl GoogleIdentity {
    /// The identity whose rights count in Drive.
    pub(super) fn acting(&self) -> &str {
        match (&self.subject, self.is_person) {
            (Some(subject), _) => subject,
            (None, true) => "the person who has consented",
            (None, false) => &self.email,
        }
    }

    /// The setting that names the subject.
    pub(super) fn named_in(&self) -> &'static str {
        if self.named_in.is_empty() { "GOOGLE_SUBJECT" } else { self.named_in }
    }

    fn number(&self) -> &str {
        let number = self.label.client_id.as_str();
        if number.is_empty() { "(see the service account's page, `Unique ID`)" } else { number }
    }

    pub(super) fn project(&self) -> &str {
        let project = self.label.project_id.as_str();
        if project.is_empty() { "that the credentials belong to" } else { project }
    }

    /// The page where an admin grants delegation to the service account.
    fn delegation(&self, scope: &str) -> String {
        format!(
            "admin.google.com > Security > Access and data control > API controls > Domain-wide delegation > Manage \
             Domain Wide Delegation > Add new (or Edit): Client ID {} (this number, not the e-mail address), OAuth \
             scopes {scope} (exactly this; one scope that is asked for and not listed fails them all). It takes from \
             minutes to 24 hours. {} must be a user's address, not a group's",
            self.number(),
            self.named_in()
        )
    }
}

/// How a person renews the login.
const CONSENT_AGAIN: &str = "Let the person log in and consent again: `zoom2drive login --client client_secret.json \
    --force` replaces the file in GOOGLE_APPLICATION_CREDENTIALS (with --gmail if mail goes by Gmail, with --meet if \
    Google Meet is read)";

/// How a person adds Meet to the login.
const CONSENT_FOR_MEET: &str = "Let the person log in again: `zoom2drive login --client client_secret.json --meet \
    --force` replaces the file in GOOGLE_APPLICATION_CREDENTIALS, and keeps what it allows already";

/// How an identity gets a missing scope.
pub(super) fn grant(scope: &str, who: &GoogleIdentity) -> String {
    if who.is_person && loss_without(scope).is_some() {
        format!("{CONSENT_FOR_MEET}, and tick every box")
    } else if who.is_person {
        format!("{CONSENT_AGAIN}; tick the box of every scope that Google shows")
    } else {
        who.delegation(scope)
    }
}

/// How to create a key.
const NEW_KEY: &str = "console.cloud.google.com > IAM & Admin > Service Accounts > the account > Keys > Add key > \
    Create new key > JSON: put it in the place of the file in GOOGLE_APPLICATION_CREDENTIALS";

/// Explains a refusal of the token endpoint.
pub(super) fn no_token(fault: &TokenFault, status: u16, who: &GoogleIdentity, scope: &str) -> Advice {
    let said = format!("{} {} (status {status})", fault.error, fault.error_description);
    let said = said.trim();
    let told = |what: &str| format!("{what}: {said}");
    match fault.error.as_str() {
        "unauthorized_client" | "access_denied" => match &who.subject {
            Some(subject) => Advice::new(
                told(&format!("the service account may not act for {subject} with this scope")),
                who.delegation(scope),
            ),
            None => Advice::new(
                told("the client may not have tokens in this way, or not for this scope"),
                if who.is_person { CONSENT_AGAIN } else { NEW_KEY },
            ),
        },
        "admin_policy_enforced" => Advice::new(
            told("a policy of the organisation's admin blocks it"),
            "admin.google.com > Security > Access and data control > API controls > Manage app access: set this client \
             to Trusted, or Google Drive to Unrestricted",
        ),
        "org_internal" => Advice::new(
            told("the OAuth client is for people of another organisation only"),
            "Consent with an account of the client's own organisation, or set console.cloud.google.com > APIs & Services \
             > OAuth consent screen > Audience > User type to External",
        ),
        "disabled_client" => Advice::new(
            told("the OAuth client or service account is disabled"),
            "console.cloud.google.com > IAM & Admin > Service Accounts > the account > Enable; of an OAuth client: APIs & \
             Services > Credentials",
        ),
        "deleted_client" => Advice::new(
            told("the OAuth client was deleted; Google deletes idle ones by itself"),
            "Within 30 days: console.cloud.google.com > APIs & Services > Credentials > Restore deleted credentials. Later: \
             make a new one, and consent again",
        ),
        "invalid_client" => Advice::new(
            told("the file's client id and client secret do not belong together"),
            "console.cloud.google.com > APIs & Services > Credentials > OAuth 2.0 Client IDs: download the client again, and \
             consent again",
        ),
        "invalid_scope" => Advice::new(
            told(&format!("Google does not know the scope {scope}")),
            "This is a bug of the program, or the credentials are for another kind of API: check for a newer release",
        ),
        "invalid_grant" => invalid_grant(&fault.error_description, said, who),
        _ => Advice::new(
            told("Google refuses"),
            "Check that the file in GOOGLE_APPLICATION_CREDENTIALS is complete and current",
        ),
    }
}

/// The kinds of `invalid_grant`, which only the message distinguishes.
fn invalid_grant(words: &str, said: &str, who: &GoogleIdentity) -> Advice {
    let words = words.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if has(&["iat and exp", "short-lived", "timeframe"]) {
        Advice::new(
            format!("this machine's clock is wrong: {said}"),
            "Set the clock and keep it set (see clock.google): `timedatectl set-ntp true`",
        )
    } else if has(&["signature"]) {
        Advice::new(format!("the key was deleted, disabled or belongs to another account: {said}"), NEW_KEY)
    } else if has(&["reauth", "rapt"]) {
        Advice::new(
            format!("the organisation ends sessions after a time, and requires a new sign-in: {said}"),
            format!(
                "{CONSENT_AGAIN}; to end this for good: admin.google.com > Security > Access and data control > Google \
                 Cloud session control: exempt trusted apps, or use a service account"
            ),
        )
    } else if has(&["account not found", "email", "user id"]) {
        let what = match &who.subject {
            Some(subject) => {
                format!("there is no user {subject} ({}), or no such service account", who.named_in())
            }
            None => "the service account was deleted, or the file belongs to another one".to_owned(),
        };
        Advice::new(
            format!("{what}: {said}"),
            format!(
                "Correct {}; check in console.cloud.google.com > IAM & Admin > Service Accounts that the account \
                 exists, and create a key of it",
                who.named_in()
            ),
        )
    } else if has(&["expired or revoked"]) || who.is_person {
        Advice::new(
            format!(
                "the consent has ended (revoked, half a year unused, password changed, or an app in testing): {said}"
            ),
            format!(
                "{CONSENT_AGAIN}. If it ends every 7 days: console.cloud.google.com > APIs & Services > OAuth consent \
                 screen > Audience > Publish app (or user type Internal)"
            ),
        )
    } else {
        Advice::new(format!("the account, the subject or the key is no longer valid: {said}"), NEW_KEY)
    }
}

/// Explains a refusal of Drive that concerns the account and not one file. `said` is Google's text.
pub(super) fn refused(meaning: Meaning, said: &str, who: &GoogleIdentity) -> Advice {
    let told = |what: &str| format!("{what}: {said}");
    match meaning {
        Meaning::Disabled => Advice::new(
            told(&format!("the Google Drive API is not enabled in project {}", who.project())),
            format!(
                "console.cloud.google.com > project {} > APIs & Services > Library > Google Drive API > Enable; then wait \
                 some minutes",
                who.project()
            ),
        ),
        Meaning::Scope => {
            Advice::new(told(&format!("the token lacks the scope {SCOPE_DRIVE}")), grant(SCOPE_DRIVE, who))
        }
        Meaning::Policy => Advice::new(
            told("the organisation's admin does not let programs into Drive"),
            "admin.google.com > Apps > Google Workspace > Drive and Docs > Features and Applications > Drive SDK: allow it",
        ),
        Meaning::NotMember => {
            Advice::new(told("the account is not a member of the shared drive"), member(who))
        }
        Meaning::Busy | Meaning::Quota | Meaning::DayUsedUp => Advice::new(
            told("Google asks us to slow down"),
            "Wait; console.cloud.google.com > APIs & Services > Google Drive API > Quotas shows who uses it up",
        ),
        Meaning::Passing | Meaning::Gone => Advice::new(
            told("a server or the network fails"),
            "Check google.com/appsstatus, GOOGLE_API_URL, and proxies. Then try again",
        ),
        Meaning::Credentials => Advice::new(
            told("the token is refused"),
            "Run this again; if the token is refused again, create a new key",
        ),
        Meaning::StorageFull
        | Meaning::ItemsFull
        | Meaning::Role
        | Meaning::TooDeep
        | Meaning::NotFound
        | Meaning::IdInUse
        | Meaning::NotUnderstood
        | Meaning::Refused => Advice::new(told("Drive refuses"), member(who)),
    }
}

/// How an account becomes a member.
pub(super) fn member(who: &GoogleIdentity) -> String {
    format!(
        "drive.google.com > Shared drives > the drive > Manage members: add {} as Content manager",
        who.acting()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(subject: Option<&str>, is_person: bool) -> GoogleIdentity {
        let label = Label { client_id: "1234567".into(), project_id: "theatre".into() };
        let subject = subject.map(str::to_owned);
        GoogleIdentity { email: "robot@x.iam".into(), subject, label, is_person, ..Default::default() }
    }

    fn said(error: &str, words: &str, who: &GoogleIdentity) -> String {
        let fault = TokenFault { error: error.into(), error_description: words.into() };
        let said = no_token(&fault, 400, who, SCOPE_DRIVE);
        format!("{} | {}", said.found, said.mend)
    }

    #[test]
    fn every_refusal_of_a_token_is_told_apart() {
        let robot = who(None, false);
        let acting = who(Some("ada@theatre.example"), false);
        let person = who(None, true);
        for (error, words, who, parts) in [
            (
                "unauthorized_client",
                "Client is unauthorized",
                &acting,
                ["ada@theatre.example", "Client ID 1234567"],
            ),
            ("access_denied", "Requested client not authorized.", &acting, ["API controls", SCOPE_DRIVE]),
            ("unauthorized_client", "", &person, ["may not have tokens", "consent again"]),
            ("admin_policy_enforced", "", &robot, ["admin blocks", "Manage app access"]),
            ("org_internal", "", &person, ["another organisation", "Audience"]),
            ("disabled_client", "", &robot, ["disabled", "Enable"]),
            ("deleted_client", "", &person, ["deleted", "Restore"]),
            ("invalid_client", "", &person, ["do not belong together", "OAuth 2.0 Client IDs"]),
            ("invalid_scope", "", &robot, ["does not know the scope", "newer release"]),
            ("invalid_grant", "Invalid JWT Signature.", &robot, ["key was deleted", "Add key"]),
            (
                "invalid_grant",
                "Invalid grant: account not found",
                &robot,
                ["was deleted", "Service Accounts"],
            ),
            (
                "invalid_grant",
                "Invalid email or User ID",
                &acting,
                ["no user ada@", "Correct GOOGLE_SUBJECT"],
            ),
            ("invalid_grant", "Check your iat and exp values", &robot, ["clock is wrong", "set-ntp"]),
            ("invalid_grant", "Token has been expired or revoked.", &person, ["consent has ended", "7 days"]),
            (
                "invalid_grant",
                "reauth related error (invalid_rapt)",
                &person,
                ["new sign-in", "session control"],
            ),
            ("something_new", "", &robot, ["Google refuses", "GOOGLE_APPLICATION_CREDENTIALS"]),
        ] {
            let told = said(error, words, who);
            assert!(parts.iter().all(|part| told.contains(part)), "{error} {words}: {told}");
        }
    }

    #[test]
    fn refusals_of_drive_name_their_place() {
        for (meaning, part) in [
            (Meaning::Disabled, "project theatre > APIs & Services > Library > Google Drive API > Enable"),
            (Meaning::Scope, "Domain-wide delegation"),
            (Meaning::Policy, "Drive SDK"),
            (Meaning::NotMember, "add robot@x.iam as Content manager"),
            (Meaning::Busy, "Quotas"),
            (Meaning::Gone, "GOOGLE_API_URL"),
        ] {
            let said = refused(meaning, "status 403 m", &who(None, false));
            assert!(said.mend.contains(part), "{meaning:?}: {said:?}");
        }
    }
}

//! Checks Google's credentials: the file, and a token for each set of scopes.

use std::path::Path;

use super::finding::{Advice, Check, Finding, State};
use super::google_says::{self, GoogleIdentity};
use super::store::private;
use crate::config::{EmailConfig, GoogleConfig, GoogleCredentials, MailBy, NotifyConfig, credentials};
use crate::google::auth::{SCOPE_DRIVE, SCOPE_GMAIL_SEND, TokenFault};
use crate::google::consent::is_included;
use crate::http::token::{IssuedToken, NoToken};

/// A set of scopes with tokens of its own: under delegation, one scope that is not granted makes the whole request
/// fail.
#[derive(Debug, Clone)]
pub(super) struct ScopeSet {
    /// The name in its check's id: `google.token.drive`.
    pub(super) name: &'static str,
    /// Google's name of the scope.
    pub(super) scope: &'static str,
    /// The user that a service account acts for with it.
    pub(super) subject: Option<String>,
    /// The setting that names this user; empty for `GOOGLE_SUBJECT`.
    pub(super) named_in: &'static str,
}

/// Every set that the settings need, Drive's first.
pub(super) fn scope_sets(google: Option<&GoogleConfig>, notify: Option<&NotifyConfig>) -> Vec<ScopeSet> {
    let subject = google.and_then(|google| google.subject.clone());
    let mut sets = vec![ScopeSet { name: "drive", scope: SCOPE_DRIVE, subject, named_in: "" }];
    if let Some(EmailConfig { by: MailBy::Gmail { subject, .. }, .. }) =
        notify.and_then(|notify| notify.email.as_ref())
    {
        let is_its_own = *subject != google.and_then(|google| google.subject.clone());
        let named_in = if is_its_own { "NOTIFY_GOOGLE_SUBJECT" } else { "" };
        sets.push(ScopeSet { name: "gmail", scope: SCOPE_GMAIL_SEND, subject: subject.clone(), named_in });
    }
    sets
}

/// The identity, from the settings and the credential file.
pub(super) fn who(config: &GoogleConfig, path: Option<&Path>) -> GoogleIdentity {
    let label = path.map(credentials::label).unwrap_or_default();
    let (email, is_person) = match &*config.credentials.now() {
        GoogleCredentials::ServiceAccount { client_email, .. } => (client_email.clone(), false),
        GoogleCredentials::AuthorizedUser { .. } => (String::new(), true),
    };
    GoogleIdentity { email, subject: config.subject.clone(), label, is_person, ..GoogleIdentity::default() }
}

/// Checks the credential file itself.
pub(super) fn key(who: Option<&GoogleIdentity>, path: Option<&Path>) -> Vec<Finding> {
    let shown = path.map(|path| path.display().to_string()).unwrap_or_default();
    let tried = format!("reading the credential file {shown}");
    let check = Check::new("google.key", tried, "a service account's key, or a person's login");
    let mode = Check::new("google.key-mode", format!("checking the permissions of {shown}"), "0600, or 0640");
    let (Some(who), Some(path)) = (who, path) else {
        let why =
            "GOOGLE_APPLICATION_CREDENTIALS or another setting of Google cannot be used; see settings.*";
        return vec![check.not_tried(why), mode.not_tried(why)];
    };
    let found = match (&who.subject, who.is_person) {
        (_, true) => format!("a person's login, by client {}", who.label.client_id),
        (None, false) => format!("the key of service account {}", who.email),
        (Some(subject), false) => format!("the key of service account {}, acting for {subject}", who.email),
    };
    // A group may give the service's user access.
    vec![check.ok(found), private(mode, path, 0o007, "anyone who has it can act as the account")]
}

/// Judges the token endpoint's answer for one set of scopes.
pub(super) fn token(
    set: &ScopeSet,
    url: &str,
    who: &GoogleIdentity,
    asked: &Result<IssuedToken, NoToken>,
) -> Finding {
    let check = token_check(set, url);
    let who = &GoogleIdentity { subject: set.subject.clone(), named_in: set.named_in, ..who.clone() };
    match asked {
        Ok(fresh) => {
            let granted: Vec<&str> = fresh.scope.split(' ').filter(|scope| !scope.is_empty()).collect();
            // The answer to a service account contains no scopes.
            if granted.is_empty() || is_included(set.scope, &granted) {
                return check.ok(format!("a token for {} to act as {}", set.scope, who.acting()));
            }
            let found = format!("the consent is for {} only", granted.join(" "));
            check.broken(found, google_says::grant(set.scope, who))
        }
        Err(refusal) => check.explained(State::Broken, no_token(refusal, who, set.scope)),
    }
}

/// The check of one set of scopes.
pub(super) fn token_check(set: &ScopeSet, url: &str) -> Check {
    Check::new(format!("google.token.{}", set.name), format!("asking {url} for a token"), set.scope)
}

fn no_token(refusal: &NoToken, who: &GoogleIdentity, scope: &str) -> Advice {
    match refusal {
        NoToken::Passing { what, .. } => Advice::new(
            format!("Google gives no valid answer: {what}"),
            "Check google.com/appsstatus, and check that this machine can reach oauth2.googleapis.com by https (firewall, \
             proxy, DNS). Then try again",
        ),
        NoToken::Unsigned(what) => Advice::new(
            format!("{what}: it is not a PEM of an RSA key"),
            "The file was changed or cut: download a new key. console.cloud.google.com > IAM & Admin > Service Accounts > \
             the account > Keys > Add key > Create new key > JSON",
        ),
        NoToken::Refused { status, body, .. } => {
            let status = status.as_u16();
            google_says::no_token(&TokenFault::read(status, body), status, who, scope)
        }
    }
}

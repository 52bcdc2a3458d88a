//! Google's credentials: the file, and a token for each set of scopes.

use std::path::Path;

use super::finding::{Advice, Check, Finding, State};
use super::google_says::{self, GoogleIdentity};
use super::store::private;
use crate::config::{EmailConfig, GoogleConfig, GoogleCredentials, MailBy, NotifyConfig, credentials};
use crate::google::auth::{SCOPE_DRIVE, SCOPE_GMAIL_SEND, TokenFault};
use crate::http::token::{IssuedToken, NoToken};

/// A set of scopes that tokens are asked for, apart from the others: under delegation one scope that is not
/// granted fails the whole token.
#[derive(Debug, Clone)]
pub(super) struct ScopeSet {
    /// Names its check: `google.token.drive`.
    pub(super) name: &'static str,
    /// As Google names it.
    pub(super) scope: &'static str,
    /// Whom a service account acts for with it.
    pub(super) subject: Option<String>,
}

/// Every set that the settings need, Drive's first.
pub(super) fn scope_sets(google: Option<&GoogleConfig>, notify: Option<&NotifyConfig>) -> Vec<ScopeSet> {
    let subject = google.and_then(|google| google.subject.clone());
    let mut sets = vec![ScopeSet { name: "drive", scope: SCOPE_DRIVE, subject }];
    if let Some(EmailConfig { by: MailBy::Gmail { subject, .. }, .. }) =
        notify.and_then(|notify| notify.email.as_ref())
    {
        sets.push(ScopeSet { name: "gmail", scope: SCOPE_GMAIL_SEND, subject: subject.clone() });
    }
    sets
}

/// Who asks, by the settings and by the credential file.
pub(super) fn who(config: &GoogleConfig, path: Option<&Path>) -> GoogleIdentity {
    let label = path.map(credentials::label).unwrap_or_default();
    let (email, is_person) = match &*config.credentials.now() {
        GoogleCredentials::ServiceAccount { client_email, .. } => (client_email.clone(), false),
        GoogleCredentials::AuthorizedUser { .. } => (String::new(), true),
    };
    GoogleIdentity { email, subject: config.subject.clone(), label, is_person }
}

/// Judges the credential file itself.
pub(super) fn key(who: Option<&GoogleIdentity>, path: Option<&Path>) -> Vec<Finding> {
    let shown = path.map(|path| path.display().to_string()).unwrap_or_default();
    let tried = format!("reading the credential file {shown}");
    let check =
        Check::new("google.key", tried, "a service account's key, or the file of a person who has consented");
    let mode = Check::new("google.key-mode", format!("looking at the rights on {shown}"), "0600, or 0640");
    let (Some(who), Some(path)) = (who, path) else {
        let why =
            "GOOGLE_APPLICATION_CREDENTIALS or another setting of Google cannot be used; see settings.*";
        return vec![check.not_tried(why), mode.not_tried(why)];
    };
    let found = match (&who.subject, who.is_person) {
        (_, true) => format!("a person's consent, by way of client {}", who.label.client_id),
        (None, false) => format!("the key of service account {}", who.email),
        (Some(subject), false) => format!("the key of service account {}, acting for {subject}", who.email),
    };
    // A group may be how a service's user gets at it.
    vec![check.ok(found), private(mode, path, 0o007, "whoever has it is the account")]
}

/// Judges what the token endpoint answered for one set of scopes.
pub(super) fn token(
    set: &ScopeSet,
    url: &str,
    who: &GoogleIdentity,
    asked: &Result<IssuedToken, NoToken>,
) -> Finding {
    let check = token_check(set, url);
    let who = &GoogleIdentity { subject: set.subject.clone(), ..who.clone() };
    match asked {
        Ok(fresh) => {
            let granted: Vec<&str> = fresh.scope.split(' ').filter(|scope| !scope.is_empty()).collect();
            // A service account's answer names none.
            if granted.is_empty() || granted.contains(&set.scope) {
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
            format!("Google gives no answer that counts: {what}"),
            "Look at google.com/appsstatus, and whether this machine reaches oauth2.googleapis.com by https (firewall, \
             proxy, DNS). Then try again",
        ),
        NoToken::Unsigned(what) => Advice::new(
            format!("{what}: it is no PEM of an RSA key"),
            "The file was changed or cut: download a new key. console.cloud.google.com > IAM & Admin > Service Accounts > \
             the account > Keys > Add key > Create new key > JSON",
        ),
        NoToken::Refused { status, body, .. } => {
            let status = status.as_u16();
            google_says::no_token(&TokenFault::read(status, body), status, who, scope)
        }
    }
}

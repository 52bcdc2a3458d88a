//! Why a call of Meet, of the directory or of a calendar failed, in words that say what to do.

use std::time::Duration;

use crate::google::auth::TokenFault;
use crate::google::{ErrorResponse, GoogleError, Meaning};
use crate::http::token::NoToken;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MeetError {
    /// The service account may not act for the user with this scope.
    #[error(
        "the service account may not act for {user} with the scope {scope}: in the Admin console (Security, API \
         controls, Domain-wide delegation) add this scope for the client ID {client_id}; it takes from minutes to 24 \
         hours"
    )]
    NotDelegated {
        user: String,
        scope: &'static str,
        /// The numeric id of the service account.
        client_id: String,
    },
    /// Google knows no user with this address.
    #[error("Google knows no user {0}")]
    NoSuchUser(String),
    /// A person's login lacks this scope.
    #[error("the login lacks the scope {0}: log in again with `zoom2drive login --meet`")]
    NotLoggedInFor(&'static str),
    /// The API is not enabled in the project of the credentials.
    #[error(
        "the {api} is off in the project of the credentials: enable it at {link}, then wait some minutes"
    )]
    ApiDisabled {
        /// The API's name.
        api: &'static str,
        /// Where to enable it.
        link: String,
    },
    /// The user may not do this.
    #[error("{user} may not read {what}")]
    Denied { user: String, what: String },
    /// It does not exist, or the user does not see it.
    #[error("Google knows no {0}")]
    Gone(String),
    /// Google refuses the call, and will refuse it again.
    #[error("Google refuses: {0}")]
    Refused(String),
    /// There were too many calls, also after waiting.
    #[error("Google asks us to slow down{}", in_time(.after))]
    Busy {
        /// The value of `Retry-After`, if Google sent one.
        after: Option<Duration>,
    },
    /// The network failed, or Google answered with a temporary error, also after waiting.
    #[error("Google cannot be reached: {what}")]
    Unreachable {
        what: String,
        /// The value of `Retry-After`, if Google sent one.
        after: Option<Duration>,
    },
    /// The credentials cannot be used for any user.
    #[error("Google refuses our credentials: {0}")]
    Credentials(String),
}

/// One call, for the words of its error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) api: Api,
    /// The user for whom the call is made.
    pub(crate) user: &'a str,
    pub(crate) scope: &'static str,
    /// The thing that is read, such as "conference conferenceRecords/b4a5c6d7".
    pub(crate) what: &'a str,
    /// The likely reason if it may not be read, or is not there.
    pub(crate) hint: &'a str,
}

impl<'a> Asked<'a> {
    /// The same with a hint.
    pub(crate) fn with(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    fn described(&self) -> String {
        let Self { what, hint, .. } = self;
        if hint.is_empty() { (*what).to_owned() } else { format!("{what}: {hint}") }
    }

    fn not_delegated(&self, client_id: &str) -> MeetError {
        let id = if client_id.is_empty() { "of the service account" } else { client_id };
        MeetError::NotDelegated { user: self.user.to_owned(), scope: self.scope, client_id: id.to_owned() }
    }

    fn denied(&self, what: String) -> MeetError {
        MeetError::Denied { user: self.user.to_owned(), what }
    }
}

/// Whose credentials are used, for the words of an error.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// True for a person's login.
    pub(crate) is_person: bool,
    /// The service account's numeric id; empty for a person's login.
    pub(crate) client_id: String,
}

/// An API that Meet needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Meet,
    Directory,
    Calendar,
    Drive,
}

impl Api {
    /// The name in Google's Cloud console.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Meet => "Google Meet API",
            Self::Directory => "Admin SDK API",
            Self::Calendar => "Google Calendar API",
            Self::Drive => "Google Drive API",
        }
    }

    /// The name in the addresses of the console.
    fn service(self) -> &'static str {
        match self {
            Self::Meet => "meet",
            Self::Directory => "admin",
            Self::Calendar => "calendar-json",
            Self::Drive => "drive",
        }
    }

    /// Where to enable it, if Google's answer does not say.
    pub(crate) fn link(self) -> String {
        format!("https://console.cloud.google.com/apis/library/{}.googleapis.com", self.service())
    }
}

impl MeetError {
    /// Interprets the refusal of a call.
    pub(crate) fn of_answer(fault: &ErrorResponse, asked: Asked<'_>, identity: &Identity) -> Self {
        let Asked { api, scope, .. } = asked;
        let after = fault.after;
        match fault.meaning() {
            Meaning::Disabled => Self::ApiDisabled {
                api: api.name(),
                link: fault.console_address().unwrap_or_else(|| api.link()),
            },
            Meaning::Scope if identity.is_person => Self::NotLoggedInFor(scope),
            Meaning::Scope => asked.not_delegated(&identity.client_id),
            Meaning::Busy if fault.is_bare_denial() => asked.denied(asked.described()),
            Meaning::Busy | Meaning::Quota | Meaning::DayUsedUp => Self::Busy { after },
            Meaning::Passing => Self::Unreachable { what: fault.describe(), after },
            Meaning::Credentials if identity.is_person => Self::Credentials(fault.describe()),
            Meaning::Credentials => asked.denied(format!("{} ({})", asked.what, fault.describe())),
            Meaning::NotFound | Meaning::Gone => Self::Gone(asked.described()),
            _ if fault.status == 403 => asked.denied(asked.described()),
            _ => Self::Refused(fault.describe()),
        }
    }

    /// Interprets a missing token.
    pub(crate) fn of_token(refusal: NoToken, asked: Asked<'_>, identity: &Identity) -> Self {
        let (status, body, after, server_time) = match refusal {
            NoToken::Passing { what, after, .. } => return Self::Unreachable { what, after },
            NoToken::Unsigned(what) => return Self::Credentials(what),
            NoToken::Refused { status, body, after, server_time, .. } => {
                (status.as_u16(), body, after, server_time)
            }
        };
        let answer = ErrorResponse::parse(status, after, &body);
        match answer.meaning() {
            Meaning::Passing => return Self::Unreachable { what: answer.describe(), after },
            Meaning::Busy | Meaning::Quota => return Self::Busy { after },
            _ => {}
        }
        let fault = TokenFault::read(status, &body);
        let said = fault.error_description.to_lowercase();
        let Identity { is_person, client_id } = identity;
        match fault.error.as_str() {
            "unauthorized_client" | "access_denied" if !is_person => asked.not_delegated(client_id),
            "invalid_grant" if said.contains("email or user id") => Self::NoSuchUser(asked.user.to_owned()),
            "invalid_grant" if said.contains("iat and exp") => Self::Credentials(format!(
                "this machine's clock is wrong; Google's says {}",
                server_time.as_deref().unwrap_or("nothing")
            )),
            "invalid_grant" if *is_person => Self::Credentials(
                "the login has ended: log in again with `zoom2drive login --meet`".to_owned(),
            ),
            "invalid_scope" if *is_person => Self::NotLoggedInFor(asked.scope),
            // The key itself is refused as "Invalid JWT Signature"; anything else is about the user.
            "invalid_grant" if !said.contains("signature") => {
                asked.denied(format!("{} ({})", asked.what, answer.describe()))
            }
            _ => Self::Credentials(answer.describe()),
        }
    }

    /// The error for a list that names the user already.
    pub fn reason(&self) -> String {
        match self {
            Self::Denied { what, .. } => format!("may not read {what}"),
            Self::NoSuchUser(_) => "Google knows no such user".to_owned(),
            other => other.to_string(),
        }
    }

    /// True if every call of the run would fail the same way, whatever user is asked.
    pub fn is_about_all(&self) -> bool {
        matches!(self, Self::ApiDisabled { .. } | Self::Credentials(_) | Self::NotLoggedInFor(_))
    }

    /// True if the same call may succeed soon.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Unreachable { .. })
    }

    /// The wait that Google asks for.
    pub fn after(&self) -> Option<Duration> {
        match self {
            Self::Busy { after } | Self::Unreachable { after, .. } => *after,
            _ => None,
        }
    }
}

/// For callers that stream files with the same identities.
impl From<GoogleError> for MeetError {
    fn from(error: GoogleError) -> Self {
        match error {
            GoogleError::Unreachable { what, after } => Self::Unreachable { what, after },
            GoogleError::Busy { after, .. } => Self::Busy { after },
            GoogleError::Credentials(what) => Self::Credentials(what),
            GoogleError::NotFound(_) => Self::Gone("file".to_owned()),
            other => Self::Refused(other.to_string()),
        }
    }
}

fn in_time(after: &Option<Duration>) -> String {
    after.map(|after| format!("; try again in {} s", after.as_secs())).unwrap_or_default()
}

#[cfg(test)]
mod tests;

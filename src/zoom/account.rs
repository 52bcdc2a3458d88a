//! Lists the whole account: its users, and each user's recordings, page by page.
//!
//! The calls are `GET /users`, `GET /users/{id}/recordings` and `GET /accounts/me/recordings`, all in Zoom's
//! category "medium". A page token is valid for 15 minutes and for the same parameters only. The list of recordings
//! contains neither participants' audio nor download tokens. Zoom may shorten the requested range of days; only
//! `from` in the answer shows it.

use jiff::civil::Date;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::answer::{self, CODE_NO_PERMISSION, ErrorResponse};
use super::api::Zoom;
use super::rate_limit::Category;
use super::{CODE_NO_RECORDING, ZoomError};
use crate::http::segment;
use crate::recording::listing;

/// Rows per page: Zoom's maximum for recordings, and for users.
const PAGE_SIZE: u32 = 300;

/// Characters that a query value may hold unescaped.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Zoom's codes for "there is no such user in this account".
const CODES_NO_USER: [i64; 3] = [1001, 1010, 1120];

/// Zoom's type of a user who has a licence; 1 is basic.
const TYPE_LICENSED: u64 = 2;

/// Zoom's code for "validation failed". An expired page token gets it too, with status 400.
const CODE_INVALID: i64 = 300;

/// Which users to list. Pending users have neither an id nor recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserStatus {
    /// Users that can sign in.
    Active,
    /// Users that cannot sign in any more. Their recordings remain.
    Inactive,
}

impl UserStatus {
    /// Zoom's name for it, as a query value.
    pub fn name(self) -> &'static str {
        match self {
            UserStatus::Active => "active",
            UserStatus::Inactive => "inactive",
        }
    }
}

/// A user of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: String,
    /// May be empty.
    pub email: String,
    /// Zoom's type 2. Only licensed users have cloud recordings.
    pub is_licensed: bool,
    /// The status that was requested.
    pub status: UserStatus,
}

/// A range of days in UTC, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    pub from: Date,
    pub to: Date,
}

/// One page of a list.
#[derive(Debug)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// Token of the next page; `None` on the last one.
    pub next: Option<String>,
}

/// One page of a user's recordings.
#[derive(Debug)]
pub struct RecordingsPage {
    /// The recordings as Zoom sent them.
    pub page: Page<Value>,
    /// The range that Zoom says it covered; `None` when it does not say.
    pub days: Option<Days>,
}

/// Why a list, or a page of it, failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ListError {
    /// The page token has expired: the list must start again at its first page.
    #[error("Zoom's page token has expired: {0}")]
    PageExpired(String),
    /// The account does not have this user any more.
    #[error("Zoom has no such user: {0}")]
    NoUser(String),
    /// Any other failure of a call.
    #[error(transparent)]
    Zoom(#[from] ZoomError),
}

impl Zoom {
    /// Returns one page of the account's users.
    ///
    /// # Errors
    /// See [`ListError`].
    pub async fn users(&self, status: UserStatus, page: Option<&str>) -> Result<Page<User>, ListError> {
        let path = format!("/users?status={}&page_size={PAGE_SIZE}", status.name());
        let mut object = self.list(&path, page, "users").await?;
        let user = |row: Value| User {
            id: listing::text(&row, "id"),
            email: listing::text(&row, "email"),
            is_licensed: row.get("type").and_then(Value::as_u64) == Some(TYPE_LICENSED),
            status,
        };
        let rows = rows(&mut object, "users")?.into_iter().map(user).filter(|user| !user.id.is_empty());
        Ok(Page { rows: rows.collect(), next: next(&object) })
    }

    /// Returns one page of a user's recordings in these days. A user without recordings has an empty page.
    ///
    /// # Errors
    /// See [`ListError`].
    pub async fn recordings_of(
        &self,
        user: &str,
        days: Days,
        page: Option<&str>,
    ) -> Result<RecordingsPage, ListError> {
        let user = segment::encoded(user).map_err(|error| ZoomError::Refused(error.to_string()))?;
        let Days { from, to } = days;
        let path = format!("/users/{user}/recordings?from={from}&to={to}&page_size={PAGE_SIZE}");
        match self.list(&path, page, "meetings").await {
            Err(ListError::Zoom(ZoomError::NoRecording(_))) => {
                Ok(RecordingsPage { page: Page { rows: Vec::new(), next: None }, days: Some(days) })
            }
            listed => recordings_page(listed?),
        }
    }

    /// Returns one page of the whole account's recordings in these days, including those of hosts that no list of
    /// users contains. Zoom's public reference no longer documents this call, and an app may lack the scope, role
    /// or plan for it.
    ///
    /// # Errors
    /// See [`ListError`]. An account without this list gets an error, never an empty page.
    pub async fn account_recordings(
        &self,
        days: Days,
        page: Option<&str>,
    ) -> Result<RecordingsPage, ListError> {
        let Days { from, to } = days;
        let path = format!("/accounts/me/recordings?from={from}&to={to}&page_size={PAGE_SIZE}");
        match self.ask_for_list(&path, page, "meetings").await? {
            Ok(object) => recordings_page(object),
            // Whatever the body says, a 404 means that this account has no such list.
            Err(fault) if fault.status == StatusCode::NOT_FOUND => {
                Err(ZoomError::Refused(fault.describe()).into())
            }
            Err(fault) => Err(refused(fault, page.is_some())),
        }
    }

    async fn list(&self, path: &str, page: Option<&str>, field: &str) -> Result<Value, ListError> {
        let answer = self.ask_for_list(path, page, field).await?;
        answer.map_err(|fault| refused(fault, page.is_some()))
    }

    /// Requests one page of any list. The other parameters must be the same for every page.
    async fn ask_for_list(
        &self,
        path: &str,
        page: Option<&str>,
        field: &str,
    ) -> Result<Result<Value, ErrorResponse>, ZoomError> {
        let token = page.map(|token| utf8_percent_encode(token, PLAIN));
        let token = token.map(|token| format!("&next_page_token={token}")).unwrap_or_default();
        match self.call(Category::Medium, Method::GET, &format!("{path}{token}")).await? {
            Ok(body) => answer::read_object(&body, field),
            Err(fault) => Ok(Err(fault)),
        }
    }
}

/// Reads a page of recordings, and the range of days that Zoom says it covered.
fn recordings_page(mut object: Value) -> Result<RecordingsPage, ListError> {
    let day = |field| listing::text(&object, field).get(..10).and_then(|day| day.parse().ok());
    let days = day("from").zip(day("to")).map(|(from, to)| Days { from, to });
    Ok(RecordingsPage { page: Page { rows: rows(&mut object, "meetings")?, next: next(&object) }, days })
}

/// True if Zoom says that the account has no such user.
pub(super) fn is_no_user(fault: &ErrorResponse) -> bool {
    let is_client_error = matches!(fault.status, StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND);
    is_client_error && CODES_NO_USER.contains(&fault.code)
}

fn refused(fault: ErrorResponse, has_token: bool) -> ListError {
    match fault.code {
        CODE_INVALID if has_token && fault.status == StatusCode::BAD_REQUEST => {
            ListError::PageExpired(fault.describe())
        }
        _ if is_no_user(&fault) => ListError::NoUser(fault.describe()),
        CODE_NO_RECORDING => ZoomError::NoRecording(fault.describe()).into(),
        // This does not concern our credentials as a whole: another user's list may be allowed.
        CODE_NO_PERMISSION => ZoomError::Refused(fault.describe()).into(),
        _ => fault.into_error().into(),
    }
}

/// Takes the rows out of an answer. An answer without the field is not a list, whatever its status is.
fn rows(object: &mut Value, field: &str) -> Result<Vec<Value>, ZoomError> {
    match object.get_mut(field).map(Value::take) {
        Some(Value::Array(rows)) => Ok(rows),
        _ => Err(ZoomError::Unreachable { what: format!("an answer without `{field}`"), after: None }),
    }
}

/// Absent, null and empty all mean that this is the last page.
fn next(object: &Value) -> Option<String> {
    object.get("next_page_token")?.as_str().filter(|token| !token.is_empty()).map(str::to_owned)
}

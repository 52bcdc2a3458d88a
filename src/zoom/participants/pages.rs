//! Reads all pages of a list of participants. A list is taken whole, or not at all: pages that contradict each other
//! are from two moments of a list that Zoom is still writing.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tracing::debug;

use super::super::answer::{
    self, CODE_FOREIGN_USER, CODE_INVALID, CODE_NO_MEETING, CODE_NO_PERMISSION, CODE_SCOPE, ErrorResponse,
};
use super::super::api::{self, Zoom};
use super::super::{ZoomError, rate_limit};
use super::row::Rows;
use super::{BatchError, Source};
use crate::recording::MeetingUuid;
use crate::recording::listing::{number, text};

/// Rows per page: Zoom's maximum. Zoom may give fewer, and only the page token says if there are more.
const PAGE_SIZE: u32 = 300;

/// Most pages of one list: two rows for each of 100,000 people. Guards against a list that does not end.
const PAGES_MAX: usize = 2_000;

/// How often a list is begun again because a page token has expired.
const RESTARTS_MAX: u32 = 3;

/// How often one page is asked for again after a failure that passes.
const REPEATS_MAX: u32 = 2;

/// Wait before a page is asked for again, if Zoom does not say how long.
const REPEAT_WAIT: Duration = Duration::from_secs(1);

/// Zoom's code for "cannot access a meeting a year ago".
const CODE_TOO_OLD: i64 = 12_702;

/// Zoom's code for a webinar where a meeting is asked for.
const CODE_WEBINAR: i64 = 3000;

/// Characters that a query value may hold unescaped.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Why Zoom gives no list.
#[derive(Debug)]
pub(in crate::zoom) enum Refusal {
    /// No such meeting, not ended yet, or no report of it.
    Missing,
    /// It is a webinar.
    Webinar,
    /// It was too long ago.
    TooOld,
    /// The app lacks a scope.
    Scope,
    /// Everything else.
    Other(BatchError),
}

/// All pages of one reading.
#[derive(Debug, Default)]
pub(super) struct Pages {
    pub rows: Rows,
    /// The number of rows that Zoom says there are.
    pub told: Option<u64>,
    /// The field that was not the same on all pages.
    pub changed: Option<&'static str>,
    frame: Option<[Option<u64>; 3]>,
}

/// What each page says about the whole list.
const FRAME: [&str; 3] = ["page_size", "page_count", "total_records"];

impl Pages {
    /// Takes a page, and returns the token of the next one.
    fn add(&mut self, page: &Value) -> Option<String> {
        let frame = FRAME.map(|field| number(page, field));
        let first = *self.frame.get_or_insert(frame);
        let changed =
            FRAME.into_iter().zip(first.into_iter().zip(frame)).find(|(_, (one, other))| one != other);
        self.changed = self.changed.or(changed.map(|(field, _)| field));
        self.told = first[2];
        if let Some(Value::Array(rows)) = page.get("participants") {
            self.rows.add(rows);
        }
        Some(text(page, "next_page_token")).filter(|token| !token.is_empty())
    }
}

impl Zoom {
    /// Reads all pages, from the first one again if a token expires on the way.
    pub(super) async fn all_pages(&self, uuid: &MeetingUuid, source: Source) -> Result<Pages, Refusal> {
        let path = source.path(&api::segment(uuid).map_err(|error| Refusal::Other(error.into()))?, PAGE_SIZE);
        let mut restarts = 0;
        loop {
            match self.pages_from_one(&path, source).await {
                Err(Refusal::Other(BatchError::PagesExpired(what))) if restarts < RESTARTS_MAX => {
                    debug!("a page token of Zoom has expired, reading from the first page: {what}");
                    restarts += 1;
                }
                read => return read,
            }
        }
    }

    async fn pages_from_one(&self, path: &str, source: Source) -> Result<Pages, Refusal> {
        let (mut pages, mut token) = (Pages::default(), None::<String>);
        for _ in 0..PAGES_MAX {
            let page = self.page_of(path, source, token.as_deref()).await?;
            let next = pages.add(&page);
            if next.is_none() || next == token {
                break;
            }
            token = next;
        }
        Ok(pages)
    }

    /// One page. The other parameters are the same for every page: Zoom binds its tokens to them.
    async fn page_of(&self, path: &str, source: Source, token: Option<&str>) -> Result<Value, Refusal> {
        let next = token.map(|token| utf8_percent_encode(token, PLAIN));
        let path = next.map_or_else(|| path.to_owned(), |token| format!("{path}&next_page_token={token}"));
        let mut repeats = 0;
        loop {
            let asked = self.ask(source.category(), &path, "participants").await;
            match asked.map_err(Refusal::Other)? {
                Ok(page) => return Ok(page),
                Err(fault) if fault.code == CODE_INVALID && token.is_some() => {
                    return Err(Refusal::Other(BatchError::PagesExpired(fault.describe())));
                }
                Err(fault) if fault.is_passing() && repeats < REPEATS_MAX => {
                    // A wait that Zoom demanded is kept by the next call, or refused if it is long.
                    if fault.after.is_none() {
                        tokio::time::sleep(REPEAT_WAIT * 2_u32.pow(repeats)).await;
                    }
                    repeats += 1;
                }
                Err(fault) => return Err(refusal(fault)),
            }
        }
    }

    /// Makes one call whose answer must have this field.
    pub(in crate::zoom) async fn ask(
        &self,
        category: rate_limit::Category,
        path: &str,
        field: &str,
    ) -> Result<Result<Value, ErrorResponse>, BatchError> {
        match self.call(category, Method::GET, path).await? {
            Ok(body) => Ok(answer::read_object(&body, field)?),
            Err(fault) => Ok(Err(fault)),
        }
    }
}

/// What a refusal means for a list of participants, or for a past meeting.
pub(in crate::zoom) fn refusal(fault: ErrorResponse) -> Refusal {
    let is_answer = matches!(fault.status, StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND);
    // Messages are in the account's language, the names of scopes are not.
    let names_scope = || fault.message.contains(":read") || fault.message.contains("scope");
    match fault.code {
        CODE_SCOPE => Refusal::Scope,
        _ if fault.status == StatusCode::FORBIDDEN && names_scope() => Refusal::Scope,
        CODE_NO_MEETING if is_answer => Refusal::Missing,
        CODE_WEBINAR if is_answer => Refusal::Webinar,
        CODE_TOO_OLD if is_answer => Refusal::TooOld,
        CODE_FOREIGN_USER if is_answer => Refusal::Other(BatchError::ForeignHost(fault.describe())),
        CODE_NO_PERMISSION => Refusal::Other(BatchError::NoPlan(fault.describe())),
        _ => Refusal::Other(no_recording_is_meant(fault.into_error()).into()),
    }
}

/// The texts of two errors speak of a recording, which nobody asked for here.
fn no_recording_is_meant(error: ZoomError) -> ZoomError {
    match error {
        ZoomError::NoRecording(what) | ZoomError::NotListed(what) => ZoomError::Refused(what),
        other => other,
    }
}

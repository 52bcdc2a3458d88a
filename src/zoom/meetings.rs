//! Scheduled meetings at Zoom: list, read, make, change and delete them.

mod error;
mod lists;
mod patience;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::Value;

use super::ZoomError;
use super::answer::read_object;
use super::api::{Answer, Call, Zoom};
use super::rate_limit::Category;
use crate::http::segment;
use crate::meetings::MeetingDetails;
use crate::recording::listing;
use crate::secret::Secret;
use patience::Resend;

pub use error::MeetingError;
pub use lists::ListType;

/// A meeting that appeared around a call without an answer was made by it, if its times differ by no more than this.
const MADE_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// Who is told about a deletion by email.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// The host and the alternative hosts.
    pub host: bool,
    /// The registrants.
    pub registrants: bool,
}

/// The calls about a user's meetings, each tried again while that is safe.
#[derive(Debug, Clone, Copy)]
pub struct Meetings<'z> {
    zoom: &'z Zoom,
    /// Wait after a first failure; doubled after each further one.
    wait: Duration,
}

impl Zoom {
    /// Reads a meeting by its number, with all its occurrences, or one occurrence of it. Zoom knows a meeting until it
    /// expires, about 30 days after its last date.
    ///
    /// # Errors
    /// See [`MeetingError`].
    pub async fn meeting(
        &self,
        number: u64,
        occurrence: Option<&str>,
    ) -> Result<MeetingDetails, MeetingError> {
        let path = meeting_path(number, occurrence, "&show_previous_occurrences=true")?;
        details(self.call(Category::Light, Method::GET, &path).await?)
    }

    /// The calls about meetings. `wait` is the wait after a first failure.
    pub fn meetings(&self, wait: Duration) -> Meetings<'_> {
        Meetings { zoom: self, wait }
    }
}

impl Meetings<'_> {
    /// As [`Zoom::meeting`], and tried again when the network fails.
    ///
    /// # Errors
    /// See [`MeetingError`].
    pub async fn get(&self, number: u64, occurrence: Option<&str>) -> Result<MeetingDetails, MeetingError> {
        let path = meeting_path(number, occurrence, "&show_previous_occurrences=true")?;
        details(self.try_call(&call(Category::Light, Method::GET, path), Resend::Allowed).await?)
    }

    /// The text that invites people. It contains the passcode.
    ///
    /// # Errors
    /// See [`MeetingError`].
    pub async fn invitation(&self, number: u64) -> Result<Secret, MeetingError> {
        let call = call(Category::Light, Method::GET, format!("/meetings/{number}/invitation"));
        let object = object(self.try_call(&call, Resend::Allowed).await?, "invitation")?;
        // `listing::text` would cut a long text.
        match object.get("invitation").and_then(Value::as_str) {
            Some(text) => Ok(Secret::new(text)),
            None => Err(MeetingError::unreadable("an invitation without text")),
        }
    }

    /// Makes a meeting. The call is sent once: a second one would make a second meeting.
    ///
    /// # Errors
    /// [`MeetingError::Lost`] when Zoom may have made it and no answer says so.
    pub async fn create(&self, user: &str, body: Value) -> Result<MeetingDetails, MeetingError> {
        let path = format!("/users/{}/meetings", encoded(user)?);
        let call = Call { category: Category::Light, method: Method::POST, path, body: Some(body) };
        let answer = self.try_call(&call, Resend::Never).await?;
        let body = answer.map_err(MeetingError::of)?;
        // A success that cannot be read is a success all the same, of which only the list knows the number.
        let object = read_object(&body, "id").map_err(MeetingError::Lost)?.map_err(MeetingError::of)?;
        MeetingDetails::read(&object).ok_or_else(|| {
            let what = "a meeting without a number".to_owned();
            MeetingError::Lost(ZoomError::Unreachable { what, after: None })
        })
    }

    /// Finds the meeting that a call without an answer made: same topic, start and length, created within five minutes
    /// of it. `known` are the numbers that existed before. `None` if there is no such meeting, or more than one.
    ///
    /// # Errors
    /// See [`MeetingError`].
    pub async fn find_made(
        &self,
        user: &str,
        body: &Value,
        known: &[u64],
        sent: Timestamp,
    ) -> Result<Option<MeetingDetails>, MeetingError> {
        let start: Option<Timestamp> = listing::text(body, "start_time").parse().ok();
        let (topic, minutes) = (body.get("topic").and_then(Value::as_str), listing::number(body, "duration"));
        let is_it = |meeting: &MeetingDetails| {
            topic == Some(meeting.topic.as_str())
                && start == meeting.start
                && minutes == meeting.minutes
                && !known.contains(&meeting.number)
                && meeting.created.is_some_and(|made| made.duration_since(sent).abs() <= MADE_WITHIN)
        };
        let mut found: Vec<MeetingDetails> = self.list(user, ListType::Upcoming, None).await?;
        found.retain(is_it);
        // A list may show a series once per date.
        found.dedup_by_key(|meeting| meeting.number);
        Ok(if found.len() == 1 { found.pop() } else { None })
    }

    /// Changes a meeting, or one occurrence of it. The same change twice is one change, so it may be sent again.
    ///
    /// # Errors
    /// See [`MeetingError`].
    pub async fn update(
        &self,
        number: u64,
        occurrence: Option<&str>,
        body: Value,
    ) -> Result<(), MeetingError> {
        let path = meeting_path(number, occurrence, "")?;
        let call = Call { category: Category::Light, method: Method::PATCH, path, body: Some(body) };
        self.try_call(&call, Resend::Allowed).await?.map_err(MeetingError::of)?;
        Ok(())
    }

    /// Deletes a meeting with all its occurrences, or one occurrence.
    ///
    /// # Errors
    /// See [`MeetingError`].
    pub async fn delete(
        &self,
        number: u64,
        occurrence: Option<&str>,
        told: Told,
    ) -> Result<(), MeetingError> {
        let more =
            format!("&schedule_for_reminder={}&cancel_meeting_reminder={}", told.host, told.registrants);
        let path = meeting_path(number, occurrence, &more)?;
        let call = call(Category::Light, Method::DELETE, path);
        let (answer, is_again) = self.try_call_counted(&call, Resend::Allowed).await?;
        match answer.map_err(MeetingError::of) {
            // The first call has done it, and its answer was lost.
            Err(MeetingError::NoMeeting(_)) if is_again => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Ok(()),
        }
    }
}

/// A call without a body.
fn call(category: Category, method: Method, path: String) -> Call {
    Call { category, method, path, body: None }
}

/// `/meetings/{number}` with a query, which begins with `&` in `more`.
fn meeting_path(number: u64, occurrence: Option<&str>, more: &str) -> Result<String, MeetingError> {
    let occurrence = match occurrence {
        Some(id) => format!("&occurrence_id={}", encoded(id)?),
        None => String::new(),
    };
    let query = format!("{occurrence}{more}").replacen('&', "?", 1);
    Ok(format!("/meetings/{number}{query}"))
}

/// Reads an answer that must have this field.
fn object(answer: Answer, field: &str) -> Result<Value, MeetingError> {
    read_object(&answer.map_err(MeetingError::of)?, field)?.map_err(MeetingError::of)
}

/// Reads the answer of a call that returns a meeting.
fn details(answer: Answer) -> Result<MeetingDetails, MeetingError> {
    MeetingDetails::read(&object(answer, "id")?)
        .ok_or_else(|| MeetingError::unreadable("a meeting without a number"))
}

/// Encodes a text as a path segment, or as the value of a query.
fn encoded(text: &str) -> Result<String, MeetingError> {
    segment::encoded(text).map_err(|error| MeetingError::Invalid(error.to_string()))
}

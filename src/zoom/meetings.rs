//! Scheduled meetings at Zoom: list, read, make, change and delete them.

mod error;

use reqwest::Method;

use super::answer::read_object;
use super::api::{Answer, Zoom};
use super::rate_limit::Category;
use crate::http::segment;
use crate::meetings::MeetingDetails;

pub use error::MeetingError;

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
        let query = match occurrence {
            Some(id) => format!("?occurrence_id={}", encoded(id)?),
            None => "?show_previous_occurrences=true".to_owned(),
        };
        let path = format!("/meetings/{number}{query}");
        let answer = self.call(Category::Light, Method::GET, &path).await?;
        details(answer)
    }
}

/// Reads the answer of a call that returns a meeting.
fn details(answer: Answer) -> Result<MeetingDetails, MeetingError> {
    let object = read_object(&answer.map_err(MeetingError::of)?, "id")?.map_err(MeetingError::of)?;
    MeetingDetails::read(&object).ok_or_else(|| MeetingError::unreadable("a meeting without a number"))
}

/// Encodes a text as a path segment, or as the value of a query.
fn encoded(text: &str) -> Result<String, MeetingError> {
    segment::encoded(text).map_err(|error| MeetingError::Invalid(error.to_string()))
}

//! `GET /users/{user}/meetings`: which meetings a list shows, and what of each.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::super::Zoom;
use super::super::api::number;
use super::super::json::Json;
use super::super::recordings::join;
use super::super::reply::{self, Reply};
use super::super::request::Asked;
use super::OWNER;
use super::model::Scheduled;
use super::reading::join_url;
use crate::sandbox::faults::Canned;

/// The characters of an agenda that a list shows.
const AGENDA_SHOWN: usize = 250;

impl Zoom {
    /// `GET /users/{user}/meetings`.
    pub(in super::super) fn list_meetings(&self, asked: &Asked, user: &str) -> Reply {
        let mut world = self.world();
        let host = self.host_of(user, &world)?;
        if world.meeting_rules.hides_others && host != OWNER {
            let text = "Not allowed to view meetings scheduled for others. To use this feature, enable the Display \
                        meetings scheduled for others setting in the Account Settings page of the Zoom web portal.";
            return Err(Canned::zoom(403, 2306, text));
        }
        let kind = asked.param("type").unwrap_or("scheduled");
        let shows = self.filter(kind)?;
        let days = self.days(asked, kind)?;
        let theirs = world.scheduled.iter().filter(|meeting| meeting.host_email == host);
        let listed = theirs.filter(|meeting| !meeting.is_expired && !meeting.is_webinar && shows(meeting));
        let is_within = |meeting: &&Scheduled| match (&days, meeting.start) {
            (Some(days), Some(start)) => days.contains(&start),
            _ => true,
        };
        let expands = world.meeting_rules.expands_series && kind == "upcoming";
        let rows: Vec<Scheduled> =
            listed.filter(is_within).flat_map(|meeting| rows_of(meeting, expands)).collect();
        let (frame, rows) = self.page(&mut world, asked, rows, 300)?;
        let rows = rows.iter().map(row).collect();
        Ok(reply::json(&join(frame, Json::object().nest("meetings", Json::List(rows)))))
    }

    fn filter(&self, kind: &str) -> Result<fn(&Scheduled) -> bool, Canned> {
        match kind {
            "scheduled" => Ok(|meeting| meeting.kind != 1 || meeting.is_live),
            "live" => Ok(|meeting| meeting.is_live),
            "upcoming" | "upcoming_meetings" => Ok(|meeting| meeting.is_live || ends_later(meeting)),
            "previous_meetings" => Ok(|meeting| !meeting.is_live && !ends_later(meeting)),
            _ => {
                self.violation(format!("no such type of meetings: {kind}"));
                Err(reply::invalid("Invalid field: type."))
            }
        }
    }

    /// The days of `from` and `to`: both, in order, and at most half a year.
    fn days(&self, asked: &Asked, kind: &str) -> Result<Option<std::ops::Range<Timestamp>>, Canned> {
        let invalid = |name: &str| reply::invalid(&format!("Invalid field: {name}."));
        let (from, to) = match (asked.param("from"), asked.param("to")) {
            (None, None) => return Ok(None),
            (Some(from), Some(to)) => (from, to),
            _ => {
                self.violation("`from` and `to` go together");
                return Err(invalid("from"));
            }
        };
        let from: jiff::civil::Date = from.parse().map_err(|_| invalid("from"))?;
        let to: jiff::civil::Date = to.parse().map_err(|_| invalid("to"))?;
        let is_long = from.checked_add(6.months()).is_ok_and(|last| to > last);
        if from > to || (is_long && kind != "scheduled") {
            self.violation("`from` and `to` are at most six months apart");
            return Err(invalid("to"));
        }
        let midnight = |date: jiff::civil::Date| TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0));
        let end = to.tomorrow().and_then(midnight).map_err(|_| invalid("to"))?;
        Ok(Some(midnight(from).map_err(|_| invalid("from"))?..end))
    }
}

/// A meeting without an end may still come; an instant one may not.
fn ends_later(meeting: &Scheduled) -> bool {
    meeting.end().map_or(meeting.kind != 1, |end| end > Timestamp::now())
}

/// A series is one row, its parent; or one row for each date that is to come.
fn rows_of(meeting: &Scheduled, expands: bool) -> Vec<Scheduled> {
    if !expands || meeting.kind != 8 {
        return vec![meeting.clone()];
    }
    let to_come = meeting.occurrences.iter().filter(|date| !date.is_deleted && date.start > Timestamp::now());
    to_come
        .map(|date| Scheduled { start: Some(date.start), minutes: date.minutes, ..meeting.clone() })
        .collect()
}

fn row(meeting: &Scheduled) -> Json {
    let agenda: String = meeting.agenda.chars().take(AGENDA_SHOWN).collect();
    Json::object()
        .put("uuid", meeting.uuid.as_str())
        .put("id", number(meeting.id, false))
        .put("host_id", meeting.host_id())
        .put("topic", meeting.topic.as_str())
        .put("type", meeting.kind)
        .put_some("start_time", meeting.start.map(|start| start.to_string()))
        .put("duration", meeting.minutes)
        .put("timezone", meeting.timezone.as_str())
        .put("agenda", agenda)
        .put("created_at", meeting.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .put("join_url", join_url(meeting))
        .put_some("pmi", meeting.pmi.clone())
}

//! `GET /meetings/{id}` and its invitation.

use jiff::Timestamp;

use super::super::Zoom;
use super::super::api::number;
use super::super::json::Json;
use super::super::model::Meeting;
use super::super::reply::{self, Reply};
use super::super::request::Asked;
use super::super::world::World;
use super::model::{Occurrence, Scheduled};
use crate::sandbox::faults::Canned;

impl Zoom {
    /// `GET /meetings/{id}`: numbers only. A recorded meeting is known as well.
    pub(in super::super) fn meeting(&self, asked: &Asked, id: &str) -> Reply {
        let meeting = match self.planned(id) {
            Ok(meeting) => meeting,
            Err(refused) => {
                let recorded = self.world().find(id).map(|kept| recorded(&kept.meeting));
                return recorded.map(|json| reply::json(&json)).ok_or(refused);
            }
        };
        let mut world = self.world();
        let all = asked.param("show_previous_occurrences") == Some("true");
        let Some(occurrence) = asked.param("occurrence_id") else {
            return Ok(reply::json(&whole(&mut world, &meeting, all)));
        };
        let date = meeting.occurrences.iter().find(|date| date.id == occurrence && !date.is_deleted);
        let date = date.ok_or_else(|| reply::invalid("Invalid parameter: occurrence_id."))?;
        let one = Scheduled { start: Some(date.start), minutes: date.minutes, ..meeting.clone() };
        Ok(reply::json(&whole(&mut world, &one, all)))
    }

    /// `GET /meetings/{id}/invitation`.
    pub(in super::super) fn invitation(&self, id: &str) -> Reply {
        let meeting = self.planned(id)?;
        let start = meeting.start.map(|start| start.to_string()).unwrap_or_default();
        let text = format!(
            "Ada Host is inviting you to a scheduled Zoom meeting.\r\n\r\nTopic: {}\r\nTime: {start}\r\n\
             Join Zoom Meeting\r\n{}\r\n\r\nMeeting ID: {}\r\nPasscode: {}\r\n",
            meeting.topic,
            join_url(&meeting),
            meeting.id,
            meeting.password
        );
        let json = Json::object().put("invitation", text).nest("sip_links", Json::List(Vec::new()));
        Ok(reply::json(&json))
    }

    /// The number in a path.
    pub(super) fn meeting_number(&self, id: &str) -> Result<u64, Canned> {
        id.parse().map_err(|_| {
            self.violation(format!("/meetings/{{id}} takes the number, not {id}"));
            reply::invalid("Validation Failed.")
        })
    }
}

/// Zoom's refusal of a webinar in the calls for meetings.
pub(super) fn webinar() -> Canned {
    Canned::zoom(400, 3000, "Cannot access webinar info.")
}

/// The whole meeting, with a start_url of its own: each answer has another token in it.
pub(super) fn whole(world: &mut World, meeting: &Scheduled, all: bool) -> Json {
    let token = world.issuer.fresh("zak");
    world.meeting_rules.start_tokens.push(token.clone());
    let now = Timestamp::now();
    let is_shown = |date: &&Occurrence| all || date.start >= now;
    let dates = meeting.occurrences.iter().filter(is_shown).map(|date| {
        Json::object()
            .put("occurrence_id", date.id.as_str())
            .put("start_time", date.start.to_string())
            .put("duration", date.minutes)
            .put("status", if date.is_deleted { "deleted" } else { "available" })
    });
    let json = Json::object()
        .put("uuid", meeting.uuid.as_str())
        .put("id", number(meeting.id, false))
        .put("host_id", meeting.host_id())
        .put("host_email", meeting.host_email.as_str())
        .put("topic", meeting.topic.as_str())
        .put("type", meeting.kind)
        .put("status", if meeting.is_live { "started" } else { "waiting" })
        .put_some("start_time", meeting.start.map(|start| start.to_string()))
        .put("duration", meeting.minutes)
        .put("timezone", meeting.timezone.as_str())
        .put("agenda", meeting.agenda.as_str())
        .put("created_at", meeting.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .put("start_url", format!("https://zoom.example/s/{}?zak={token}", meeting.id))
        .put("join_url", join_url(meeting))
        .put_some("pmi", meeting.pmi.clone())
        .put("password", meeting.password.as_str())
        .put("settings", meeting.settings.clone());
    let json = match &meeting.recurrence {
        Some(recurrence) => json.put("recurrence", recurrence.clone()),
        None => json,
    };
    if meeting.occurrences.is_empty() {
        return json;
    }
    json.nest("occurrences", Json::List(dates.collect()))
}

/// The address for participants; the passcode is in it, in another form.
pub(super) fn join_url(meeting: &Scheduled) -> String {
    let code: String = meeting.password.bytes().map(|byte| format!("{byte:02x}")).collect();
    let query = if code.is_empty() { String::new() } else { format!("?pwd={code}") };
    format!("https://zoom.example/j/{}{query}", meeting.id)
}

/// A meeting of which only the recording is known here.
fn recorded(meeting: &Meeting) -> Json {
    Json::object()
        .put("uuid", meeting.uuid.as_str())
        .put("id", number(meeting.id, meeting.numbers_as_strings))
        .put("host_id", meeting.host_id.as_str())
        .put("host_email", meeting.host_email.as_str())
        .put("topic", meeting.topic.as_str())
        .put("type", meeting.kind)
        .put("status", "waiting")
        .put("start_time", meeting.start_time.as_str())
        .put("duration", meeting.duration)
        .put("timezone", meeting.timezone.as_str())
        .put("agenda", "")
        .put("created_at", meeting.start_time.as_str())
        .put("join_url", format!("https://zoom.example/j/{}", meeting.id))
        .put("password", meeting.password.as_str())
        .nest("settings", Json::object().put("auto_recording", "cloud"))
}

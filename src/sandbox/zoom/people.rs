//! Users, meetings and participants: simple, but with the right structure.

use super::super::faults::Canned;
use super::Zoom;
use super::api::number;
use super::json::Json;
use super::model::{Attendee, Meeting, user_id};
use super::recordings::join;
use super::reply::{self, Reply};
use super::request::Asked;
use super::world::{World, end_of};

/// A user of the account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct User {
    pub(super) email: String,
    status: String,
}

impl User {
    /// Zoom takes the id and the address.
    pub(super) fn is(&self, name: &str) -> bool {
        self.email == name || user_id(&self.email) == name
    }
}

impl World {
    /// The meetings' hosts and the added users, in alphabetical order.
    pub(super) fn known_users(&self) -> Vec<User> {
        let hosts = self.meetings.iter().map(|kept| &kept.meeting.host_email);
        let mut users: Vec<User> = hosts
            .chain(self.users.keys())
            .filter(|email| !self.hidden.contains(*email))
            .map(|email| User {
                email: email.clone(),
                status: self.users.get(email).map_or_else(|| "active".to_owned(), String::clone),
            })
            .collect();
        users.sort();
        users.dedup();
        users
    }
}

impl Zoom {
    /// `GET /users`.
    pub(super) fn users(&self, asked: &Asked) -> Reply {
        let status = asked.param("status").unwrap_or("active");
        if !["active", "inactive", "pending"].contains(&status) {
            self.violation("status must be active, inactive or pending");
            return Err(reply::invalid("Invalid field: status."));
        }
        let mut world = self.world();
        let users: Vec<User> = world.known_users().into_iter().filter(|user| user.status == status).collect();
        let (frame, users) = self.page(&mut world, asked, users, 2000)?;
        let rows = users.iter().map(|user| user_row(&world, user));
        Ok(reply::json(&frame.nest("users", Json::List(rows.collect()))))
    }

    /// `GET /users/{id}`, by id or address.
    pub(super) fn user(&self, name: &str) -> Reply {
        let world = self.world();
        let user = world.known_users().into_iter().find(|user| user.is(name));
        match user.filter(|user| user.status != "pending") {
            Some(user) => Ok(reply::json(&user_row(&world, &user))),
            None => Err(Canned::zoom(404, 1001, &format!("User does not exist: {name}."))),
        }
    }

    /// `GET /past_meetings/{uuid}`.
    pub(super) fn past_meeting(&self, uuid: &str) -> Reply {
        let meeting = self.find_meeting(uuid)?;
        let json = Json::object()
            .put("uuid", meeting.uuid.as_str())
            .put("id", number(meeting.id, meeting.numbers_as_strings))
            .put("host_id", meeting.host_id.as_str())
            .put("type", meeting.kind)
            .put("topic", meeting.topic.as_str())
            .put("user_name", "Ada Host")
            .put("user_email", meeting.host_email.as_str())
            .put("start_time", meeting.start_time.as_str())
            .put("end_time", end_of(&meeting))
            .put("duration", meeting.duration)
            .put("total_minutes", meeting.duration * meeting.attendance.len() as u64)
            .put("participants_count", meeting.attendance.len())
            .put("dept", "")
            .put("source", "Zoom")
            .put("has_meeting_summary", false);
        Ok(reply::json(&json))
    }

    /// `GET /past_meetings/{uuid}/participants`.
    pub(super) fn past_participants(&self, asked: &Asked, uuid: &str) -> Reply {
        let meeting = self.find_meeting(uuid)?;
        let row = |meeting: &Meeting, index, attendee: &Attendee| {
            attendee_row(meeting, index, attendee).put("internal_user", !attendee.email.is_empty())
        };
        self.attendance(asked, &meeting, row)
    }

    /// `GET /report/meetings/{uuid}/participants`.
    pub(super) fn report(&self, asked: &Asked, uuid: &str) -> Reply {
        let meeting = self.find_meeting(uuid)?;
        // Reports exist for meetings of two and more.
        if meeting.attendance.len() < 2 {
            return Err(reply::no_meeting(uuid));
        }
        let with_registrants = asked.param("include_fields") == Some("registrant_id");
        let row = |meeting: &Meeting, index, attendee: &Attendee| {
            let id = if attendee.email.is_empty() { String::new() } else { user_id(&attendee.email) };
            attendee_row(meeting, index, attendee)
                .put("participant_user_id", id)
                .put("bo_mtg_id", "")
                .put("customer_key", "")
                .put("attentiveness_score", "")
                .put_some("registrant_id", with_registrants.then_some(""))
        };
        self.attendance(asked, &meeting, row)
    }

    fn attendance(
        &self,
        asked: &Asked,
        meeting: &Meeting,
        row: impl Fn(&Meeting, usize, &Attendee) -> Json,
    ) -> Reply {
        let rows = meeting.attendance.iter().enumerate();
        let rows = rows.map(|(index, attendee)| row(meeting, index, attendee)).collect();
        let (frame, rows) = self.page(&mut self.world(), asked, rows, 300)?;
        Ok(reply::json(&join(frame, Json::object().nest("participants", Json::List(rows)))))
    }

    fn find_meeting(&self, uuid: &str) -> Result<Meeting, Canned> {
        let world = self.world();
        world.find(uuid).map(|kept| kept.meeting.clone()).ok_or_else(|| reply::no_meeting(uuid))
    }
}

fn user_row(world: &World, user: &User) -> Json {
    let name = user.email.split('@').next().unwrap_or_default();
    // A user who has not accepted the invitation yet has no id.
    let id = (user.status != "pending").then(|| user_id(&user.email));
    Json::object()
        .put_some("id", id)
        .put("first_name", name)
        .put("last_name", "Sandbox")
        .put("display_name", format!("{name} Sandbox"))
        .put("email", world.renamed.get(&user.email).unwrap_or(&user.email).as_str())
        .put("type", if user.status == "active" { 2 } else { 1 })
        .put("timezone", "Europe/Berlin")
        .put("verified", 1)
        .put("created_at", "2019-06-01T07:58:03Z")
        .put("status", user.status.as_str())
}

/// The entry of a join in both participant lists. A guest has no id and no address.
fn attendee_row(meeting: &Meeting, index: usize, attendee: &Attendee) -> Json {
    let or = |time: &String, default: String| if time.is_empty() { default } else { time.clone() };
    let joined = or(&attendee.join_time, meeting.start_time.clone());
    let left = or(&attendee.leave_time, end_of(meeting));
    let seconds = match (joined.parse::<jiff::Timestamp>(), left.parse::<jiff::Timestamp>()) {
        (Ok(joined), Ok(left)) => left.as_second() - joined.as_second(),
        _ => 0,
    };
    let id = if attendee.email.is_empty() { String::new() } else { user_id(&attendee.email) };
    Json::object()
        .put("id", id)
        .put("user_id", (16_778_240 + index * 1024).to_string())
        .put("name", attendee.name.as_str())
        .put("user_email", attendee.email.as_str())
        .put("join_time", joined)
        .put("leave_time", left)
        .put("duration", seconds)
        .put("failover", false)
        .put("status", attendee.status.as_str())
}

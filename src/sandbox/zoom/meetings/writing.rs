//! `POST /users/{user}/meetings`, `PATCH` and `DELETE /meetings/{id}`.

use hyper::header::CONTENT_TYPE;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::Zoom;
use super::super::reply::{self, Reply};
use super::super::request::Asked;
use super::super::world::World;
use super::body::start;
use super::dates::dates;
use super::model::Scheduled;
use super::reading::{webinar, whole};
use super::{OWNER, zones};
use crate::sandbox::faults::Canned;

/// Fields that Zoom changes for one date of a series.
const OF_A_DATE: [&str; 4] = ["agenda", "start_time", "duration", "settings"];

impl Zoom {
    /// The address of the user in a path.
    pub(super) fn host_of(&self, user: &str, world: &World) -> Result<String, Canned> {
        let users = world.known_users();
        let is_owner = user == "me" || user == OWNER || super::super::model::user_id(OWNER) == user;
        let known = users.iter().find(|known| known.is(user)).map(|known| known.email.clone());
        let scheduled = || {
            let hosts = world.scheduled.iter().map(|meeting| &meeting.host_email);
            hosts
                .into_iter()
                .find(|email| super::super::model::user_id(email) == user || *email == user)
                .cloned()
        };
        let host = if is_owner { Some(OWNER.to_owned()) } else { known.or_else(scheduled) };
        let host = host.ok_or_else(|| Canned::zoom(404, 1001, &format!("User does not exist: {user}.")))?;
        if world.meeting_rules.may_not_host.contains(&host) {
            let text = "Meeting hosting and scheduling capabilities are not allowed for your user account.";
            return Err(Canned::zoom(400, 3161, text));
        }
        Ok(host)
    }

    /// `POST /users/{user}/meetings`.
    pub(in super::super) fn create_meeting(&self, asked: &Asked, user: &str, body: &[u8]) -> Reply {
        let host = self.host_of(user, &self.world())?;
        let fields = self.meeting_body(asked, body)?;
        let mut meeting = Scheduled { password: String::new(), ..Scheduled::blank("Zoom Meeting", &host) };
        self.take_fields(&mut meeting, &fields)?;
        let zone = fields.get("timezone").and_then(Value::as_str).unwrap_or(zones::ACCOUNT);
        zones::taken(zone).clone_into(&mut meeting.timezone);
        meeting.kind = match fields.get("type").map_or(Some(2), Value::as_u64) {
            Some(kind @ (1 | 2 | 3 | 8 | 10)) => u8::try_from(kind).unwrap_or(2),
            _ => return Err(reply::invalid("Invalid field: type.")),
        };
        meeting.start = start(&fields, &meeting.timezone)?;
        let is_timed = matches!(meeting.kind, 2 | 8);
        if is_timed && meeting.start.is_none_or(|start| start <= Timestamp::now()) {
            // What was meant for a time begins at once.
            (meeting.kind, meeting.start, meeting.is_live) = (1, None, true);
        }
        if meeting.kind == 8 {
            repeat(&mut meeting, &fields)?;
        } else if !is_timed {
            meeting.start = None;
        }
        let wants_code = fields.get("default_password") != Some(&Value::Bool(false));
        if meeting.password.is_empty() && wants_code {
            meeting.password = format!("{:06}", rand::random_range(0..1_000_000));
        }
        self.count_write(&host)?;
        let mut world = self.world();
        world.scheduled.push(meeting.clone());
        let mut response = reply::with_status(201, whole(&mut world, &meeting, false).bytes().into());
        reply::set(&mut response, CONTENT_TYPE, "application/json;charset=UTF-8");
        Ok(response)
    }

    /// `PATCH /meetings/{id}`.
    pub(in super::super) fn change_meeting(&self, asked: &Asked, id: &str, body: &[u8]) -> Reply {
        let before = self.planned(id)?;
        let fields = self.meeting_body(asked, body)?;
        let mut after = before.clone();
        match asked.param("occurrence_id") {
            Some(date) => self.change_date(&mut after, date, &fields)?,
            None => {
                self.take_fields(&mut after, &fields)?;
                change_time(&mut after, &fields)?;
            }
        }
        self.count_write(&before.host_email)?;
        self.set_scheduled(before.id, |meeting| *meeting = after);
        Ok(reply::empty(204))
    }

    fn change_date(
        &self,
        meeting: &mut Scheduled,
        id: &str,
        fields: &Map<String, Value>,
    ) -> Result<(), Canned> {
        for name in fields.keys().filter(|name| !OF_A_DATE.contains(&name.as_str()) && *name != "timezone") {
            self.violation(format!("`{name}` cannot be changed for one occurrence"));
        }
        let moved = start(fields, &meeting.timezone)?.filter(|start| *start > Timestamp::now());
        let mut one = meeting.clone();
        self.take_fields(&mut one, fields)?;
        let date = meeting.occurrences.iter_mut().find(|date| date.id == id && !date.is_deleted);
        let date = date.ok_or_else(|| reply::invalid("Invalid parameter: occurrence_id."))?;
        date.start = moved.unwrap_or(date.start);
        if fields.contains_key("duration") {
            date.minutes = one.minutes;
        }
        Ok(())
    }

    /// `DELETE /meetings/{id}`: the whole series, unless one date is named.
    pub(in super::super) fn delete_meeting(&self, asked: &Asked, id: &str) -> Reply {
        let meeting = self.planned(id)?;
        for name in ["schedule_for_reminder", "cancel_meeting_reminder"] {
            if asked.param(name).is_some_and(|value| !["true", "false"].contains(&value)) {
                self.violation(format!("{name} is true or false"));
                return Err(reply::invalid(&format!("Invalid parameter: {name}.")));
            }
        }
        if meeting.kind == 4 {
            return Err(Canned::zoom(400, 3018, "Not allowed to delete PMI."));
        }
        let Some(date) = asked.param("occurrence_id") else {
            self.world().scheduled.retain(|known| known.id != meeting.id);
            return Ok(reply::empty(204));
        };
        let index = meeting.occurrences.iter().position(|known| known.id == date && !known.is_deleted);
        let index = index.ok_or_else(|| reply::invalid("Invalid parameter: occurrence_id."))?;
        self.set_scheduled(meeting.id, |meeting| meeting.occurrences[index].is_deleted = true);
        Ok(reply::empty(204))
    }

    /// A scheduled meeting that is no webinar and has not expired.
    pub(super) fn planned(&self, id: &str) -> Result<Scheduled, Canned> {
        let number = self.meeting_number(id)?;
        let meeting = self.world().scheduled.iter().find(|meeting| meeting.id == number).cloned();
        match meeting.filter(|meeting| !meeting.is_expired) {
            Some(meeting) if meeting.is_webinar => Err(webinar()),
            Some(meeting) => Ok(meeting),
            None => Err(reply::no_meeting(id)),
        }
    }
}

/// A start in the past, or one of a series without its pattern, changes nothing and is not refused.
fn change_time(meeting: &mut Scheduled, fields: &Map<String, Value>) -> Result<(), Canned> {
    if let Some(zone) = fields.get("timezone").and_then(Value::as_str) {
        zones::taken(zone).clone_into(&mut meeting.timezone);
    }
    let moved = start(fields, &meeting.timezone)?.filter(|start| *start > Timestamp::now());
    if meeting.kind != 8 {
        meeting.start = moved.or(meeting.start);
        return Ok(());
    }
    let minutes = meeting.minutes;
    meeting.occurrences.iter_mut().for_each(|date| {
        if fields.contains_key("duration") {
            date.minutes = minutes;
        }
    });
    if moved.is_some() && fields.contains_key("recurrence") {
        meeting.start = moved;
        repeat(meeting, fields)?;
    }
    Ok(())
}

/// Makes the dates of a series.
fn repeat(meeting: &mut Scheduled, fields: &Map<String, Value>) -> Result<(), Canned> {
    let missing = || reply::invalid("Invalid field: recurrence.");
    let recurrence = fields.get("recurrence").ok_or_else(missing)?;
    let start = meeting.start.ok_or_else(missing)?;
    let zone = zones::clock(&meeting.timezone);
    meeting.occurrences = dates(recurrence, start, meeting.minutes, &zone)?;
    meeting.recurrence = Some(recurrence.clone());
    Ok(())
}

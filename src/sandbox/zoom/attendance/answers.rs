//! The answers: lists of participants, a past meeting, the instances of a number.

use jiff::civil::Date;

use super::super::super::faults::Canned;
use super::super::Zoom;
use super::super::api::number;
use super::super::json::Json;
use super::super::model::Meeting;
use super::super::recordings::join;
use super::super::reply::{self, Reply};
use super::super::request::{Asked, ParticipantList};
use super::super::world::end_of;
use super::attendee::Attendee;
use super::model::{Age, Attendance, Look};

/// Most days of one question for instances: Zoom advises a month.
const INSTANCE_DAYS_MAX: i32 = 31;

impl Zoom {
    /// One of the four lists of participants.
    pub(in super::super) fn participants(&self, list: ParticipantList, asked: &Asked, uuid: &str) -> Reply {
        if list.is_report() {
            self.count_heavy()?;
        }
        if uuid.parse::<u64>().is_ok() {
            self.violation(format!("participants of {uuid}: a number means its last instance only"));
        }
        let meeting = self.find_meeting(uuid)?;
        let attendance = self.attendance_of(&meeting.uuid);
        refuse(list, &meeting, &attendance)?;
        if asked.param("include_fields").is_some_and(|fields| fields != "registrant_id") {
            self.violation("include_fields takes registrant_id only");
            return Err(reply::invalid("Invalid field: include_fields."));
        }
        let offset = self.offset_of(asked)?;
        let look = self.look(&meeting.uuid, offset);
        let total = if look == Look::Empty { 0 } else { meeting.attendance.len() };
        let shown = match look {
            Look::Missing => return Err(reply::no_meeting(uuid)),
            Look::Empty => 0,
            Look::Cut(rows) => rows,
            _ => total,
        };
        let with_registrants = asked.param("include_fields").is_some();
        let row = |(index, attendee): (usize, &Attendee)| {
            let row = attendee_row(&meeting, index, attendee, look, total - index);
            if list.is_report() {
                report_fields(row, attendee, with_registrants)
            } else {
                row.put("internal_user", !attendee.account().is_empty())
            }
        };
        let rows = meeting.attendance.iter().take(shown).enumerate().map(row).collect();
        let (frame, rows) = self.participants_page(&meeting.uuid, asked, offset, rows, total)?;
        Ok(reply::json(&join(frame, Json::object().nest("participants", Json::List(rows)))))
    }

    /// What this reading finds: the first page of each takes the next of the looks.
    fn look(&self, uuid: &str, offset: usize) -> Look {
        let mut world = self.world();
        let Some(attendance) = world.reports.by_uuid.get_mut(uuid) else { return Look::Complete };
        if offset == 0 {
            attendance.look = attendance.looks.pop_front();
        }
        attendance.look.unwrap_or(Look::Complete)
    }

    fn attendance_of(&self, uuid: &str) -> Attendance {
        self.world().reports.by_uuid.get(uuid).cloned().unwrap_or_default()
    }

    /// `GET /past_meetings/{uuid}`.
    pub(in super::super) fn past_meeting(&self, uuid: &str) -> Reply {
        let meeting = self.find_meeting(uuid)?;
        let attendance = self.attendance_of(&meeting.uuid);
        if attendance.is_live || is_webinar(&meeting) {
            return Err(reply::no_meeting(uuid));
        }
        if attendance.age != Age::Recent {
            return Err(too_old());
        }
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
            .put("participants_count", attendance.count.unwrap_or(meeting.attendance.len()))
            .put("dept", "")
            .put("source", "Zoom")
            .put("has_meeting_summary", false);
        Ok(reply::json(&json))
    }

    /// `GET /past_meetings/{number}/instances`, and the same for webinars.
    pub(in super::super) fn instances(&self, asked: &Asked, id: &str, of_webinars: bool) -> Reply {
        let Ok(number) = id.parse::<u64>() else {
            self.violation(format!("instances are those of a number, not of {id}"));
            return Err(reply::invalid("Validation Failed."));
        };
        let days = self.instance_days(asked)?;
        let world = self.world();
        let is_live =
            |uuid: &str| world.reports.by_uuid.get(uuid).is_some_and(|attendance| attendance.is_live);
        let known: Vec<&Meeting> = world
            .meetings
            .iter()
            .map(|kept| &kept.meeting)
            .filter(|meeting| meeting.id == number && is_webinar(meeting) == of_webinars)
            .collect();
        let is_scheduled = world.scheduled.iter().any(|meeting| meeting.id == number && !meeting.is_webinar);
        if known.is_empty() && (of_webinars || !is_scheduled) {
            return Err(reply::no_meeting(id));
        }
        let is_asked_for = |meeting: &&&Meeting| {
            let day = meeting.start_time.get(..10).unwrap_or_default();
            days.as_ref().is_none_or(|(from, to)| (from.as_str()..=to.as_str()).contains(&day))
        };
        let rows =
            known.iter().filter(is_asked_for).filter(|meeting| !is_live(&meeting.uuid)).map(|meeting| {
                Json::object()
                    .put("uuid", meeting.uuid.as_str())
                    .put("start_time", meeting.start_time.as_str())
            });
        let field = if of_webinars { "webinars" } else { "meetings" };
        Ok(reply::json(&Json::object().nest(field, Json::List(rows.collect()))))
    }

    /// `from` and `to` take effect together only.
    fn instance_days(&self, asked: &Asked) -> Result<Option<(String, String)>, Canned> {
        let (from, to) = match (asked.param("from"), asked.param("to")) {
            (None, None) => return Ok(None),
            (Some(from), Some(to)) => (from, to),
            _ => {
                self.violation("instances: from and to take effect only together");
                return Ok(None);
            }
        };
        let (Ok(first), Ok(last)) = (from.parse::<Date>(), to.parse::<Date>()) else {
            self.violation("instances: from and to are days, yyyy-mm-dd");
            return Err(reply::invalid("Invalid field: from."));
        };
        if (last - first).get_days() > INSTANCE_DAYS_MAX {
            self.violation("instances: more than a month in one question");
        }
        Ok(Some((from.to_owned(), to.to_owned())))
    }

    fn find_meeting(&self, uuid: &str) -> Result<Meeting, Canned> {
        let world = self.world();
        world.find(uuid).map(|kept| kept.meeting.clone()).ok_or_else(|| reply::no_meeting(uuid))
    }
}

fn is_webinar(meeting: &Meeting) -> bool {
    matches!(meeting.kind, 5 | 6 | 9)
}

fn too_old() -> Canned {
    Canned::zoom(400, 12_702, "Can not access meeting a year ago.")
}

/// Why a list has nothing of this meeting.
fn refuse(list: ParticipantList, meeting: &Meeting, attendance: &Attendance) -> Result<(), Canned> {
    if attendance.is_live {
        return Err(reply::no_meeting(&meeting.uuid));
    }
    match (is_webinar(meeting), list.is_webinar()) {
        (true, false) => {
            return Err(Canned::zoom(
                400,
                3000,
                "This meeting's details are not available: it is a webinar.",
            ));
        }
        (false, true) => return Err(reply::no_meeting(&meeting.uuid)),
        _ => {}
    }
    if let Some(message) = &attendance.denied {
        return Err(Canned::zoom(400, 200, message));
    }
    if attendance.has_foreign_host {
        return Err(Canned::zoom(400, 1010, "User does not belong to this account."));
    }
    match attendance.age {
        Age::OverFifteenMonths => return Err(too_old()),
        Age::OverAYear if list.is_report() => return Err(too_old()),
        _ => {}
    }
    // Lists exist for meetings of two and more.
    let is_listed = !list.is_report() && attendance.lists_one_person;
    if meeting.attendance.len() < 2 && !is_listed && !list.is_webinar() {
        return Err(reply::no_meeting(&meeting.uuid));
    }
    Ok(())
}

/// The entry of a join in all lists. `from_end` counts the rows from the last one, which is 1.
fn attendee_row(meeting: &Meeting, index: usize, attendee: &Attendee, look: Look, from_end: usize) -> Json {
    let or = |time: &String, default: String| if time.is_empty() { default } else { time.clone() };
    let joined = or(&attendee.join_time, meeting.start_time.clone());
    let left = or(&attendee.leave_time, end_of(meeting));
    let seconds = match (joined.parse::<jiff::Timestamp>(), left.parse::<jiff::Timestamp>()) {
        (Ok(joined), Ok(left)) => left.as_second() - joined.as_second(),
        _ => 0,
    };
    let has_joined = !matches!(look, Look::NoJoin(rows) if from_end <= rows);
    let has_left = attendee.has_left && !matches!(look, Look::NoLeave(rows) if from_end <= rows);
    let id = or(&attendee.user_id, (16_778_240 + index * 1024).to_string());
    Json::object()
        .put("id", attendee.account())
        .put("user_id", id)
        .put("name", attendee.name.as_str())
        .put("user_email", attendee.email.as_str())
        .put_some("join_time", has_joined.then_some(joined))
        .put_some("leave_time", has_left.then_some(left))
        .put("duration", if look == Look::NoDurations { 0 } else { seconds })
        .put("failover", false)
        .put("status", attendee.status.as_str())
}

fn report_fields(row: Json, attendee: &Attendee, with_registrants: bool) -> Json {
    row.put("participant_user_id", attendee.account())
        .put_some("bo_mtg_id", (!attendee.room.is_empty()).then_some(attendee.room.as_str()))
        .put("customer_key", attendee.customer_key.as_str())
        .put("attentiveness_score", "")
        .put_some("registrant_id", with_registrants.then_some(attendee.registrant_id.as_str()))
}

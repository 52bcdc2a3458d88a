//! Recordings over the API: list, read, trash, delete, recover.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::super::faults::Canned;
use super::Zoom;
use super::json::Json;
use super::render::{Links, PLAIN};
use super::reply::{self, Reply};
use super::request::Asked;
use super::world::{Kept, Standing, Stored};

impl Zoom {
    /// `GET /users/{id}/recordings`.
    pub(super) fn user_recordings(&self, asked: &Asked, user: &str) -> Reply {
        let mut world = self.world();
        if !world.known_users().iter().any(|known| known.is(user)) {
            let message = format!("User {user} does not exist or does not belong to this account.");
            return Err(Canned::zoom(404, 1001, &message));
        }
        let is_trash = asked.param("trash") == Some("true");
        if is_trash && (asked.param("from").is_some() || asked.param("to").is_some()) {
            self.violation("trash=true goes without from and to");
        }
        let (from, to) = self.cut_window(asked, world.days_max)?;
        let window = from.to_string()..=to.to_string();
        let single_files = asked.param("trash_type") == Some("recording_file");
        let picks = |kept: &Kept| match (is_trash, single_files) {
            (true, false) => kept.standing == Standing::Trashed,
            (true, true) => kept.standing == Standing::Present && kept.files.iter().any(in_trash),
            (false, _) => {
                let date: String = kept.meeting.start_time.chars().take(10).collect();
                kept.standing == Standing::Present && window.contains(&date)
            }
        };
        let mut found: Vec<Kept> = world
            .meetings
            .iter()
            .filter(|kept| kept.meeting.host_id == user || kept.meeting.host_email == user)
            .filter(|kept| asked.param("meeting_id").is_none_or(|id| kept.meeting.id.to_string() == id))
            .filter(|kept| picks(kept))
            .cloned()
            .collect();
        // Zoom lists the latest first.
        found.sort_by(|a, b| b.meeting.start_time.cmp(&a.meeting.start_time));
        let (frame, found) = self.page(&mut world, asked, found, 300)?;
        let pick = if is_trash { in_trash } else { Stored::is_present };
        let mut rows = Vec::new();
        for kept in &found {
            let files = world.recording_files(kept, PLAIN, pick);
            let row = kept.rest_fields(self.account_id());
            rows.push(nest_some(row, "recording_files", files));
        }
        let head = Json::object().put("from", from.to_string()).put("to", to.to_string());
        Ok(reply::json(&join(head, frame).nest("meetings", Json::List(rows))))
    }

    /// `GET /accounts/me/recordings`: everybody's, those included whom no list of users shows. Rows name the host.
    pub(super) fn account_recordings(&self, asked: &Asked) -> Reply {
        let mut world = self.world();
        let (from, to) = self.cut_window(asked, world.days_max)?;
        let window = from.to_string()..=to.to_string();
        let is_listed = |kept: &&Kept| {
            let date: String = kept.meeting.start_time.chars().take(10).collect();
            kept.standing == Standing::Present && window.contains(&date)
        };
        let mut found: Vec<Kept> = world.meetings.iter().filter(is_listed).cloned().collect();
        found.sort_by(|a, b| b.meeting.start_time.cmp(&a.meeting.start_time));
        let (frame, found) = self.page(&mut world, asked, found, 300)?;
        let mut rows = Vec::new();
        for kept in &found {
            let files = world.recording_files(kept, PLAIN, Stored::is_present);
            let row = kept.rest_fields(self.account_id()).put("host_email", kept.meeting.host_email.as_str());
            rows.push(nest_some(row, "recording_files", files));
        }
        let head = Json::object().put("from", from.to_string()).put("to", to.to_string());
        Ok(reply::json(&join(head, frame).nest("meetings", Json::List(rows))))
    }

    /// The days that are looked at: those that were asked for, or the last of them.
    fn cut_window(&self, asked: &Asked, days_max: Option<i32>) -> Result<(Date, Date), Canned> {
        let (from, to) = self.window(asked)?;
        let first = days_max.and_then(|days| to.checked_sub((days - 1).days()).ok());
        Ok((first.map_or(from, |first| from.max(first)), to))
    }

    /// The asked days. Zoom cuts a window of more than a month at its beginning, and says nothing.
    fn window(&self, asked: &Asked) -> Result<(Date, Date), Canned> {
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let tomorrow = today.tomorrow().unwrap_or(today);
        let day = |name, default| match asked.param(name) {
            None => Ok(default),
            Some(text) => text.parse::<Date>().map_err(|_| {
                self.violation(format!("`{name}` must be yyyy-mm-dd, not {text}"));
                reply::invalid(&format!("Invalid field: {name}."))
            }),
        };
        let (from, to) = (day("from", today)?, day("to", tomorrow)?);
        if from > to {
            return Err(reply::invalid("The start date should be earlier than the end date."));
        }
        match to.checked_sub(1.month()) {
            Ok(first) if from < first => {
                self.violation(format!("from {from} to {to} is more than a month"));
                Ok((first, to))
            }
            _ => Ok((from, to)),
        }
    }

    /// `GET /meetings/{uuid}/recordings`.
    pub(super) fn meeting_recordings(&self, asked: &Asked, uuid: &str) -> Reply {
        let mut world = self.world();
        let kept = world.find(uuid).filter(|kept| kept.standing == Standing::Present).cloned();
        let kept = kept.ok_or_else(reply::no_recording)?;
        if kept.is_processing {
            return Err(Canned::zoom(404, 3301, "La grabación todavía se está procesando."));
        }
        let wants_token = asked
            .param("include_fields")
            .is_some_and(|fields| fields.split(',').any(|field| field == "download_access_token"));
        let ttl = match asked.param("ttl").map(str::parse::<u64>) {
            None => 24 * 60 * 60,
            Some(Ok(ttl)) if ttl <= 604_800 => ttl,
            Some(_) => {
                self.violation("ttl must be a number of seconds up to 604800");
                return Err(reply::invalid("Invalid field: ttl."));
            }
        };
        let uuid = &kept.meeting.uuid;
        let token = wants_token.then(|| world.issuer.download(uuid, "WebRecDownload", ttl));
        let links = Links { token: token.as_deref(), ..PLAIN };
        let files = world.recording_files(&kept, links, Stored::is_present);
        let audio = world.participant_audio(&kept, links, Stored::is_present);
        let json = nest_some(kept.rest_fields(self.account_id()), "recording_files", files)
            .put("password", kept.meeting.password.as_str())
            .put("recording_play_passcode", "yNYIS408EJygs7rE5vVsJwXIz4-sandbox")
            .put_some("download_access_token", token);
        Ok(reply::json(&nest_some(json, "participant_audio_files", audio)))
    }

    /// `DELETE /meetings/{uuid}/recordings` and `.../recordings/{file}`, to the trash or for good.
    pub(super) fn trash(&self, asked: &Asked, uuid: &str, file_id: Option<&str>) -> Reply {
        let goal = match asked.param("action") {
            None | Some("trash") => Standing::Trashed,
            Some("delete") => Standing::Deleted,
            Some(_) => {
                self.violation("action must be trash or delete");
                return Err(reply::invalid("Invalid field: action."));
            }
        };
        if uuid.parse::<u64>().is_ok() {
            self.violation(format!("{uuid} is a number: it names whichever instance is the latest"));
        }
        let mut world = self.world();
        if let Some(denied) = world.trash_denied.clone() {
            return Err(denied);
        }
        let kept = world.find_mut(uuid).ok_or_else(reply::no_recording)?;
        let is_processing = kept.is_processing;
        let reachable = |stored: &&mut Stored| match goal {
            Standing::Deleted => stored.standing != Standing::Deleted,
            _ => stored.standing == Standing::Present,
        };
        let named = |stored: &&mut Stored| file_id.is_none_or(|file_id| stored.file.handle() == file_id);
        let mut goners: Vec<_> = kept.files.iter_mut().filter(named).filter(reachable).collect();
        if goners.is_empty() {
            return Err(reply::no_recording());
        }
        if is_processing || goners.iter().any(|stored| stored.file.is_processing()) {
            return Err(Canned::zoom(400, 3303, "You can not delete an uncompleted meeting recording."));
        }
        goners.iter_mut().for_each(|stored| stored.standing = goal);
        kept.settle();
        kept.epoch += u32::from(file_id.is_some());
        Ok(reply::empty(204))
    }

    /// `PUT /meetings/{uuid}/recordings/status` (200) and `.../recordings/{file}/status` (204).
    pub(super) fn recover(&self, body: &[u8], uuid: &str, file_id: Option<&str>) -> Reply {
        let asked: Result<serde_json::Value, _> = serde_json::from_slice(body);
        if asked.ok().as_ref().and_then(|asked| asked["action"].as_str()) != Some("recover") {
            self.violation("the body of a recovery is {\"action\":\"recover\"}");
            return Err(reply::invalid("Invalid field: action."));
        }
        let mut world = self.world();
        let kept = world.find_mut(uuid).ok_or_else(reply::no_recording)?;
        let named = |stored: &&mut Stored| {
            in_trash(stored) && file_id.is_none_or(|file_id| stored.file.handle() == file_id)
        };
        let mut found: Vec<_> = kept.files.iter_mut().filter(named).collect();
        if found.is_empty() {
            return Err(reply::no_recording());
        }
        found.iter_mut().for_each(|stored| stored.standing = Standing::Present);
        kept.settle();
        Ok(reply::empty(if file_id.is_some() { 204 } else { 200 }))
    }
}

fn in_trash(stored: &Stored) -> bool {
    stored.standing == Standing::Trashed
}

/// One more field, if Zoom does not leave it out.
pub(super) fn nest_some(json: Json, name: &'static str, value: Option<Json>) -> Json {
    match value {
        Some(value) => json.nest(name, value),
        None => json,
    }
}

/// The fields of one object behind those of another.
pub(super) fn join(first: Json, second: Json) -> Json {
    match second {
        Json::Object(fields) => fields.into_iter().fold(first, |json, (name, value)| json.nest(name, value)),
        _ => first,
    }
}

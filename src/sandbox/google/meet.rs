//! Meet v2: what each user sees of the conferences that took place.
//!
//! In the order of a call: this file finds the record and asks whether the caller may see it; `answers` writes
//! what is shown of it, `filter` reads filters. `control` is for tests.

mod answers;
mod control;
mod filter;
mod model;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::entry::Who;
use super::fields::{Selection, Shape};
use super::http::{Ask, Reply};
use super::{Google, errors, rpc, shapes};
use crate::sandbox::faults::Canned;
use filter::{Field, Filter};
pub use model::{Artifact, ArtifactKind, ArtifactState, Conference, Identity, Participant};

const RECORDS: &str = "conferenceRecords";
const RECORD_FIELDS: (&[&str], &[&str]) =
    (&["space.meeting_code", "space.name"], &["start_time", "end_time"]);

/// Who sees a conference: the documentation and practice say different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Its organiser only.
    ByOrganiser,
    /// Its organiser, and all participants who are signed in.
    ByParticipants,
}

/// A room.
#[derive(Debug, Clone)]
pub(super) struct Room {
    name: String,
    code: String,
    owner: String,
}

/// All conferences and rooms.
pub(super) struct Conferences {
    held: Vec<Conference>,
    /// A code may be given to another room; the last one has it.
    rooms: Vec<Room>,
    seen: Seen,
    is_disabled: bool,
    /// The time by which records vanish, if it is not the clock's.
    now: Option<Timestamp>,
}

impl Default for Conferences {
    fn default() -> Self {
        let (held, rooms) = (Vec::new(), Vec::new());
        Self { held, rooms, seen: Seen::ByParticipants, is_disabled: false, now: None }
    }
}

/// Page sizes of a list: without a wish, and at most.
type Sizes = (usize, usize);

/// The caller, as conferences know one.
struct Viewer {
    email: String,
}

impl Google {
    /// `GET /v2/{path}`
    pub(super) fn meet_call(&self, path: &str, ask: &Ask, who: Who) -> Result<Reply, Canned> {
        if self.conferences().is_disabled {
            return Err(rpc::disabled("meet", "Google Meet API"));
        }
        // An account that is no person owns no meetings and takes part in none.
        let user = self.workspace().user(who).cloned().ok_or_else(rpc::denied)?;
        if !user.has_meet {
            return Err(rpc::denied());
        }
        let viewer = Viewer { email: user.email };
        let parts: Vec<&str> = path.split('/').collect();
        match parts.as_slice() {
            [RECORDS] => self.list_records(ask, &viewer),
            ["spaces", name] => self.show_space(ask, &viewer, name),
            [RECORDS, id, rest @ ..] => {
                let record = self.record(&format!("{RECORDS}/{id}"), &viewer)?;
                self.below_record(&record, rest, path, ask)
            }
            _ => Err(rpc::not_found()),
        }
    }

    fn below_record(
        &self,
        record: &Conference,
        rest: &[&str],
        path: &str,
        ask: &Ask,
    ) -> Result<Reply, Canned> {
        let participant = |id: &str| {
            let place = record.participants.iter().position(|one| self.participant_id(record, one) == id);
            place.map(|place| &record.participants[place]).ok_or_else(rpc::not_found)
        };
        match rest {
            [] => one(ask, RECORDS, &answers::record(record)),
            ["participants"] => {
                let times = ["earliest_start_time", "latest_end_time"];
                let filter = filter(ask, &[], &times)?;
                let field = |one: &Participant, name: &str| match name {
                    "earliest_start_time" => Field::Time(one.earliest_start()),
                    _ => Field::Time(one.latest_end()),
                };
                let held = record.participants.iter().filter(|one| filter.holds(|name| field(one, name)));
                let rows = held.map(|one| self.participant_json(record, one)).collect();
                self.many(ask, path, "participants", rows, (100, 250))
            }
            ["participants", id] => {
                one(ask, "participants", &self.participant_json(record, participant(id)?))
            }
            ["participants", id, "participantSessions"] => {
                let filter = filter(ask, &[], &["start_time", "end_time"])?;
                let sessions =
                    answers::sessions(&self.participant_name(record, participant(id)?), participant(id)?);
                let held = sessions.into_iter().filter(|(start, end, _)| {
                    filter.holds(|name| Field::Time(if name == "start_time" { Some(*start) } else { *end }))
                });
                self.many(ask, path, "participantSessions", held.map(|(_, _, row)| row).collect(), (100, 250))
            }
            ["participants", id, "participantSessions", session] => {
                let sessions =
                    answers::sessions(&self.participant_name(record, participant(id)?), participant(id)?);
                let named = |row: &Value| {
                    row["name"].as_str().is_some_and(|name| name.ends_with(&format!("/{session}")))
                };
                let found = sessions.into_iter().map(|(_, _, row)| row).find(named);
                one(ask, "participantSessions", &found.ok_or_else(rpc::not_found)?)
            }
            [list] => {
                let kind = answers::kind(list).ok_or_else(rpc::not_found)?;
                let rows = answers::artifacts(record, kind);
                self.many(ask, path, list, rows, (10, 100))
            }
            [list, id] => {
                let kind = answers::kind(list).ok_or_else(rpc::not_found)?;
                let named =
                    |row: &Value| row["name"].as_str().is_some_and(|name| name.ends_with(&format!("/{id}")));
                one(
                    ask,
                    list,
                    &answers::artifacts(record, kind).into_iter().find(named).ok_or_else(rpc::not_found)?,
                )
            }
            ["transcripts", _, "entries"] => self.many(ask, path, "transcriptEntries", Vec::new(), (10, 100)),
            _ => Err(rpc::not_found()),
        }
    }

    fn list_records(&self, ask: &Ask, viewer: &Viewer) -> Result<Reply, Canned> {
        let filter = filter(ask, RECORD_FIELDS.0, RECORD_FIELDS.1)?;
        let now = self.meet_now();
        let meet = self.conferences();
        let field = |record: &'_ Conference, name: &str| match name {
            "start_time" => Field::Time(Some(record.start)),
            _ => Field::Time(record.end),
        };
        let mut found: Vec<&Conference> = meet
            .held
            .iter()
            .filter(|record| record.expire_time() > now && meet.shows(record, viewer))
            .filter(|record| {
                filter.holds(|name| match name {
                    "space.meeting_code" => Field::Text(&record.code),
                    "space.name" => Field::Text(&record.space),
                    _ => field(record, name),
                })
            })
            .collect();
        found.sort_by(|a, b| b.start.cmp(&a.start).then_with(|| a.name.cmp(&b.name)));
        let rows = found.into_iter().map(answers::record).collect();
        drop(meet);
        self.many(ask, &viewer.email, RECORDS, rows, (25, 100))
    }

    /// The record with this name: 404 when it has vanished, 403 when it is not the caller's to see.
    fn record(&self, name: &str, viewer: &Viewer) -> Result<Conference, Canned> {
        let now = self.meet_now();
        let meet = self.conferences();
        let kept = meet.held.iter().find(|record| record.name == name && record.expire_time() > now);
        let record = kept.ok_or_else(rpc::not_found)?;
        if meet.shows(record, viewer) { Ok(record.clone()) } else { Err(rpc::denied()) }
    }

    fn show_space(&self, ask: &Ask, viewer: &Viewer, name: &str) -> Result<Reply, Canned> {
        let meet = self.conferences();
        let full = format!("spaces/{name}");
        let found = meet.rooms.iter().rfind(|room| room.code == name || room.name == full);
        let room = found.ok_or_else(rpc::not_found)?;
        let held = || meet.held.iter().filter(|record| record.space == room.name);
        if room.owner != viewer.email && !held().any(|record| meet.shows(record, viewer)) {
            return Err(rpc::denied());
        }
        let running = held().find(|record| record.end.is_none()).map(|record| record.name.as_str());
        one(ask, "spaces", &answers::space(&room.name, &room.code, running))
    }

    /// A list, page by page. Proto's JSON leaves an empty list out.
    fn many(
        &self,
        ask: &Ask,
        who: &str,
        list: &str,
        rows: Vec<Value>,
        sizes: Sizes,
    ) -> Result<Reply, Canned> {
        check_params(ask, &["filter", "pageSize", "pageToken"])?;
        let size = page_size(ask, sizes)?;
        let question =
            format!("{} {who} {}", ask.head.uri.path(), ask.params.get("filter").unwrap_or_default());
        let page = self.page(&question, ask.params.get("pageToken"), rows.len(), size);
        let (range, next) = page.map_err(|_| rpc::invalid("Invalid page token"))?;
        let mut answer = json!({});
        // It comes only to those who select it.
        if list == "participants" && ask.params.fields().is_some() {
            answer["totalSize"] = json!(rows.len());
        }
        if !range.is_empty() {
            answer[list] = json!(rows[range]);
        }
        if let Some(next) = next {
            answer["nextPageToken"] = json!(next);
        }
        select(ask, &shapes::meet_list(list), &answer)
    }
}

impl Conferences {
    fn shows(&self, record: &Conference, viewer: &Viewer) -> bool {
        let is_viewer = |one: &Participant| one.identity == Identity::User(viewer.email.clone());
        let took_part = || record.participants.iter().any(is_viewer);
        record.organizer == viewer.email || (self.seen == Seen::ByParticipants && took_part())
    }
}

fn filter(ask: &Ask, texts: &[&str], times: &[&str]) -> Result<Filter, Canned> {
    Filter::parse(ask.params.get("filter").unwrap_or_default(), texts, times)
}

/// Too much is cut down, nothing is the default, and what is no number is refused.
fn page_size(ask: &Ask, (default, most): Sizes) -> Result<usize, Canned> {
    match ask.params.get("pageSize").map(str::parse::<usize>) {
        None | Some(Ok(0)) => Ok(default),
        Some(Ok(size)) => Ok(size.min(most)),
        Some(Err(_)) => Err(rpc::invalid("Invalid value at 'page_size' (TYPE_INT32)")),
    }
}

/// The newer APIs refuse parameters that they do not know.
fn check_params(ask: &Ask, known: &[&str]) -> Result<(), Canned> {
    let Some(name) = ask.params.undocumented(known).first().copied() else { return Ok(()) };
    let message = format!(
        "Invalid JSON payload received. Unknown name \"{name}\": Cannot bind query parameter. Field '{name}' could \
         not be found in request message."
    );
    Err(rpc::invalid(message))
}

fn one(ask: &Ask, list: &str, answer: &Value) -> Result<Reply, Canned> {
    check_params(ask, &[])?;
    select(ask, &if list == "spaces" { shapes::SPACE } else { shapes::meet_row(list) }, answer)
}

/// Like Sheets, this API also takes dots in a selection.
fn select(ask: &Ask, shape: &Shape, answer: &Value) -> Result<Reply, Canned> {
    let wanted = ask.params.fields().unwrap_or("*").replace('.', "/");
    let fields = Selection::parse(&wanted, shape)?;
    Ok(errors::json_answer(200, &fields.of(answer)).into())
}

//! One recording: how far it is, its files with the digests of both ends, and what happened to it.

mod files;
mod stages;
mod story;

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::at_source::{at_source, is_in_trash};
use super::done::Done;
use super::door::Visitor;
use super::outside::Outside;
use super::page::{self, Entry, Layout, Live};
use super::refusal::Refusal;
use super::status::Status;
use super::when::{Dated, When};
use super::{Dashboard, Shared, links, recordings};
use crate::admin::view::AttendanceView;
use crate::jobs::shelf::{HOST_BYTES_MAX, ShelfState, folded_host, host};
use crate::jobs::{FileRecord, FileState, JobId, Millis, Standing};
use crate::store::shelf::ShelfRow;
use crate::store::{Store, StoreError, Story};
use files::{FileLine, FileView};
use stages::StageView;
use story::StoryView;

/// Longest topic on its own page, in characters.
const TOPIC_CHARS_MAX: usize = 1_000;

/// Longest topic in the tab's title, in characters.
const TITLE_CHARS_MAX: usize = 80;

/// All that one recording's page shows, read at one moment.
struct Known {
    row: ShelfRow,
    files: Vec<FileRecord>,
    story: Story,
    attendance: Option<AttendanceView>,
    now: Millis,
}

impl Known {
    /// Reads it.
    async fn read(store: &Store, id: JobId) -> Result<Self, StoreError> {
        let row = store.shelf_row(id).await?;
        let sheet = store.attendance_sheet(row.job.recording.uuid.as_str()).await?;
        Ok(Self {
            files: store.files(id).await?,
            story: store.story(id).await?,
            attendance: sheet.as_ref().map(AttendanceView::new),
            now: store.now().await?,
            row,
        })
    }
}

/// The part of the page that changes while the recording is on its way. It is the same for every visitor: the page
/// includes it, and a stream sends it.
#[derive(Template)]
#[template(path = "parts/recording.html")]
pub struct RecordingPart {
    part: RecordingView,
}

/// The part for a stream.
///
/// # Errors
/// When there is no such recording, or the store fails.
pub async fn part(dashboard: &Dashboard, id: JobId) -> Result<RecordingPart, StoreError> {
    let known = Known::read(&dashboard.store, id).await?;
    Ok(RecordingPart { part: RecordingView::new(&known, &dashboard.zone) })
}

/// The part, as its template shows it.
struct RecordingView {
    status: Status,
    summary: String,
    /// Why it waits, needs a person, or a note about its end; text from outside may be in it.
    reason: Outside,
    needs_you: bool,
    /// When a job that waits is looked at again.
    next_at: Option<When>,
    stages: Vec<StageView>,
    files: Vec<FileView>,
    has_plan: bool,
    at_source: Dated,
    attendance: Option<AttendanceView>,
    attendance_note: Outside,
    story: StoryView,
    as_of: When,
}

impl RecordingView {
    fn new(known: &Known, zone: &TimeZone) -> Self {
        let (row, job) = (&known.row, &known.row.job);
        let state = row.state();
        let waits = job.standing == Standing::Active && !job.leased && job.next_attempt_at > known.now;
        Self {
            status: Status::of(job, state, &known.files),
            summary: files::summary(&known.files, state),
            reason: Outside::new(job.reason.as_str()),
            needs_you: state == ShelfState::NeedsYou,
            next_at: waits.then(|| When::minute(job.next_attempt_at, zone)),
            stages: stages::stages(row, &known.story.diary, zone),
            files: known.files.iter().map(|file| FileView::new(file, zone)).collect(),
            has_plan: !known.files.is_empty(),
            at_source: at_source(row, known.now, zone),
            attendance: known.attendance.clone(),
            attendance_note: Outside::new(known.attendance.as_ref().map_or("", |known| known.note.as_str())),
            story: StoryView::new(&known.story, job.accepted_at, zone),
            as_of: When::second(known.now, zone),
        }
    }
}

#[derive(Template)]
#[template(path = "recording.html")]
struct RecordingPage {
    layout: Layout,
    id: i64,
    topic: Outside,
    /// The heading is set smaller.
    is_long: bool,
    host: Outside,
    of_host: String,
    /// `Zoom` or `Google Meet`.
    source: String,
    when: When,
    /// Whether the source told when it happened.
    is_dated: bool,
    minutes: Option<u64>,
    meeting_id: Outside,
    done: Option<&'static str>,
    may_retry: bool,
    may_replay: bool,
    may_call_off: bool,
    may_check: bool,
    may_recover: bool,
    part: RecordingView,
    details: Details,
}

/// What only people with a question want to know.
struct Details {
    uuid: Outside,
    stage: &'static str,
    standing: &'static str,
    attempts: u32,
    folder: Option<String>,
    share_link: Outside,
    accepted: When,
    updated: When,
    events: Vec<EventLine>,
}

struct EventLine {
    id: i64,
    name: Outside,
    at: When,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DoneQuery {
    done: Option<String>,
}

/// The number of a recording in a path.
pub(super) struct Id(pub(super) JobId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let is_plain = |text: &String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.ok().map(|Path(text)| text).filter(is_plain).and_then(|text| text.parse().ok());
        let none = || Refusal::new(StatusCode::NOT_FOUND, "There is no such recording.");
        number.map(|number| Self(JobId(number))).ok_or_else(none)
    }
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route("/dashboard/recordings/{id}", get(recording))
}

/// The address of a recording's page.
pub(super) fn address(id: JobId) -> String {
    format!("{}/{id}", recordings::ADDRESS)
}

async fn recording(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id,
    query: Result<Query<DoneQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query?;
    let unknown = || Refusal::new(StatusCode::BAD_REQUEST, "This address is not understood.");
    let done = query.done.map(|word| Done::from_word(&word).ok_or_else(unknown)).transpose()?;
    let known = Known::read(&dashboard.store, id).await?;
    let (zone, job) = (&dashboard.zone, &known.row.job);
    let recording = &job.recording;
    let title = match recording.topic.as_str() {
        "" => "A recording".to_owned(),
        topic => Outside::cut(topic, TITLE_CHARS_MAX).plain(),
    };
    let host_of = folded_host(recording);
    let may_act = visitor.may_act();
    let is_open = matches!(job.standing, Standing::Active | Standing::Parked);
    let mut layout = Layout::new(&dashboard, &visitor, Entry::Recordings, &title);
    layout.live = Some(Live::new(format!("recording:{id}")));
    let page = RecordingPage {
        layout,
        id: id.0,
        topic: Outside::cut(&recording.topic, TOPIC_CHARS_MAX),
        is_long: recording.topic.chars().nth(TITLE_CHARS_MAX).is_some(),
        host: Outside::address(host(recording), HOST_BYTES_MAX),
        of_host: if host_of.is_empty() { String::new() } else { recordings::host_address(&host_of) },
        source: recording.source().to_string(),
        when: When::minute(recording.happened_at().map_or(job.accepted_at, |at| at.as_millisecond()), zone),
        is_dated: recording.happened_at().is_some(),
        minutes: recording.duration_minutes,
        meeting_id: Outside::new(recording.meeting_id.as_str()),
        done: done.map(Done::sentence),
        may_retry: may_act,
        may_replay: may_act && !known.story.events.is_empty(),
        may_call_off: may_act && is_open,
        may_check: may_act && known.files.iter().any(|file| matches!(file.state, FileState::Verified(_))),
        may_recover: may_act && is_in_trash(&known.row, known.now),
        details: Details::new(&known, zone),
        part: RecordingView::new(&known, zone),
    };
    Ok(page::show(&page))
}

impl Details {
    fn new(known: &Known, zone: &TimeZone) -> Self {
        let job = &known.row.job;
        let folder = known.files.iter().map(|file| &file.folder_id).find(|id| !id.is_empty());
        let event = |event: &crate::store::StoredEvent| EventLine {
            id: event.id.0,
            name: Outside::new(event.name.as_str()),
            at: When::minute(event.received_at, zone),
        };
        Self {
            uuid: Outside::new(job.recording.uuid.as_str()),
            stage: job.stage.name(),
            standing: job.standing.name(),
            attempts: job.attempts,
            folder: folder.and_then(|id| links::folder(id)),
            share_link: Outside::new(job.recording.share_url.as_str()),
            accepted: When::minute(job.accepted_at, zone),
            updated: When::minute(job.updated_at, zone),
            events: known.story.events.iter().map(event).collect(),
        }
    }
}

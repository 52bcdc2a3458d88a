//! The pages before an act: what will happen, and one button. They change nothing.

use askama::Template;
use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::super::Shared;
use super::super::door::Visitor;
use super::super::outside::Outside;
use super::super::page::{self, Entry, Layout};
use super::super::recording::{self, Id};
use super::super::recordings;
use super::super::refusal::Refusal;
use super::NoQuery;
use crate::jobs::{FileRecord, FileState, Job, ZoomCopy, amounts};
use crate::recording::Source;

/// Recordings that are named on the page before a group is retried.
const NAMED: usize = 10;

/// Longest topic or host on these pages, in characters.
const TOPIC_CHARS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    layout: Layout,
    title: &'static str,
    /// What will happen. Text from outside may be among them.
    sentences: Vec<Outside>,
    items: Vec<Outside>,
    /// Items that are not named.
    more: Option<String>,
    action: String,
    alike: Option<String>,
    is_dangerous: bool,
    button: String,
    back: String,
}

/// An act may look at what it is asked about only if it may do it.
fn demand_admin(visitor: &Visitor) -> Result<(), Refusal> {
    if visitor.may_act() {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::FORBIDDEN, "This session may look and do nothing."))
}

pub(super) async fn cancel(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id,
    _: NoQuery,
) -> Result<Response, Refusal> {
    demand_admin(&visitor)?;
    let job = dashboard.store.job(id).await?;
    super::may_be_called_off(&job)?;
    let files = dashboard.store.files(id).await?;
    let sentences = vec![
        Outside::new(name(&job)),
        Outside::new(on_drive(&files)),
        Outside::new(then(&job)),
        Outside::new("Retry lets it go on later."),
    ];
    let page = ConfirmPage {
        layout: Layout::new(&dashboard, &visitor, Entry::Recordings, "Call off"),
        title: "Call off this recording?",
        sentences,
        items: Vec::new(),
        more: None,
        action: format!("{}/cancel", recording::address(id)),
        alike: None,
        is_dangerous: true,
        button: "Call off".to_owned(),
        back: recording::address(id),
    };
    Ok(page::show(&page))
}

pub(super) async fn replay(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id,
    _: NoQuery,
) -> Result<Response, Refusal> {
    demand_admin(&visitor)?;
    let event = super::newest_event(&dashboard.store, id).await?;
    let job = dashboard.store.job(id).await?;
    let sentences = vec![
        Outside::new(name(&job)),
        Outside::new(format!(
            "It begins again from its newest event, number {event}: its files are listed afresh, and it goes through \
             all stages."
        )),
        Outside::new(
            "Files that are proved stay on Drive and are not copied again. A run that works on it now ends.",
        ),
    ];
    let page = ConfirmPage {
        layout: Layout::new(&dashboard, &visitor, Entry::Recordings, "Begin again"),
        title: "Begin this recording again?",
        sentences,
        items: Vec::new(),
        more: None,
        action: format!("{}/replay", recording::address(id)),
        alike: None,
        is_dangerous: false,
        button: "Begin again".to_owned(),
        back: recording::address(id),
    };
    Ok(page::show(&page))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlikeQuery {
    alike: String,
}

pub(super) async fn retry_alike(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    query: Result<Query<AlikeQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    demand_admin(&visitor)?;
    let Query(AlikeQuery { alike }) = query?;
    let store = &dashboard.store;
    let (count, ids) = (store.count_parked_alike(&alike).await?, store.parked_alike(&alike).await?);
    let mut items = Vec::new();
    let mut reason = None;
    for id in ids.into_iter().take(NAMED) {
        let job = store.job(id).await?;
        items.push(Outside::new(name(&job)));
        reason = reason.or(Some(job.reason));
    }
    let Some(reason) = reason else { return Err(super::nobody_waits()) };
    let these = match count {
        1 => "this one recording".to_owned(),
        count => format!("these {} recordings", amounts::count(count)),
    };
    let named = u64::try_from(items.len()).unwrap_or(u64::MAX);
    let page = ConfirmPage {
        layout: Layout::new(&dashboard, &visitor, Entry::Overview, "Retry"),
        title: "Retry them all?",
        sentences: vec![
            Outside::new(format!("Each of {these} needs you for the same reason. One says:")),
            Outside::new(reason),
            Outside::new(
                "They are tried again, one after the other, as soon as you press the button. Mend the cause first: what fails again for the same reason comes back here.",
            ),
        ],
        items,
        more: Some(count.saturating_sub(named)).filter(|more| *more > 0).map(amounts::count),
        action: "/dashboard/retry-parked".to_owned(),
        button: format!("Retry {these}"),
        back: format!("{}?alike={alike}", recordings::ADDRESS),
        alike: Some(alike),
        is_dangerous: false,
    };
    Ok(page::show(&page))
}

/// The recording's topic and host.
fn name(job: &Job) -> String {
    let host = crate::jobs::shelf::host(&job.recording);
    let topic =
        if job.recording.topic.is_empty() { "A recording without a topic" } else { &job.recording.topic };
    let topic: String = topic.chars().take(TOPIC_CHARS_MAX).collect();
    if host.is_empty() {
        topic
    } else {
        format!("{topic}, {}", host.chars().take(TOPIC_CHARS_MAX).collect::<String>())
    }
}

fn on_drive(files: &[FileRecord]) -> String {
    let kept = files.iter().filter(|file| matches!(file.state, FileState::Verified(_))).count();
    let wanted = files.iter().filter(|file| !matches!(file.state, FileState::Skipped(_))).count();
    match (kept, wanted) {
        (_, 0) => "Nothing of it is on Drive, and nothing will be copied.".to_owned(),
        (kept, wanted) if kept == wanted => {
            "Its files are on Drive and stay there. Late files will not be copied.".to_owned()
        }
        (kept, wanted) => {
            format!("{kept} of its {wanted} files are on Drive and stay there. The rest will not be copied.")
        }
    }
}

/// What becomes of the original.
fn then(job: &Job) -> String {
    if job.recording.source() == Source::Meet {
        return "The original stays at Google Meet. Google forgets the conference after 30 days.".to_owned();
    }
    match (job.zoom_copy, job.recording.auto_delete_date) {
        (ZoomCopy::PutAway, _) => "Its copy at Zoom has been removed after the proof.".to_owned(),
        (_, Some(day)) => format!("Zoom deletes this on {day}; nobody will copy it."),
        (_, None) => "It stays at Zoom, and is in danger there: nobody will copy it.".to_owned(),
    }
}

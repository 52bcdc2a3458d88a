//! Messages to people: what was sent, what waits, and what no channel accepted.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use serde::Deserialize;

use super::door::Visitor;
use super::lists::{Pager, ROWS};
use super::outside::Outside;
use super::page::{self, Entry, Layout};
use super::refusal::Refusal;
use super::when::{Dated, When};
use super::{Dashboard, Shared};
use crate::jobs::messages::{Level, Message, MessageState};
use crate::store::messages::MessageFilter;

const ADDRESS: &str = "/dashboard/messages";

#[derive(Template)]
#[template(path = "messages.html")]
struct MessagesPage {
    layout: Layout,
    choices: Vec<Choice>,
    is_filtered: bool,
    rows: Vec<MessageRow>,
    pager: Pager,
}

/// A state that the list can be filtered by.
struct Choice {
    value: &'static str,
    label: &'static str,
    is_chosen: bool,
}

struct MessageRow {
    id: i64,
    at: When,
    /// Class of the state's sign.
    class: &'static str,
    state: &'static str,
    level: &'static str,
    subject: Outside,
    /// Its lines.
    text: Vec<Outside>,
    /// How and when it was sent, or when it will be tried.
    delivery: Dated,
    error: Outside,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessagesQuery {
    state: Option<String>,
    before: Option<i64>,
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route(ADDRESS, get(messages))
}

async fn messages(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    query: Result<Query<MessagesQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query?;
    let state = query.state.as_deref().filter(|name| !name.is_empty()).map(known).transpose()?;
    let mut found = dashboard.store.messages(MessageFilter { state, before: query.before }).await?;
    let address = |last: Option<&Message>| address(state, last.map(|last| last.id));
    let pager = Pager::cut(&mut found, ROWS, "message", query.before.is_none(), address);
    let rows = found.iter().map(|message| MessageRow::new(&dashboard, message)).collect();
    let layout = Layout::new(&dashboard, &visitor, Entry::Messages, "Messages");
    Ok(page::show(&MessagesPage {
        layout,
        choices: MessageState::ALL.map(|one| Choice::new(one, state)).into(),
        is_filtered: state.is_some(),
        rows,
        pager,
    }))
}

fn known(name: &str) -> Result<MessageState, Refusal> {
    MessageState::from_name(name).ok_or_else(|| {
        let known = MessageState::ALL.map(MessageState::name).join(", ");
        Refusal::new(
            StatusCode::BAD_REQUEST,
            format!("This address is not understood: state is one of {known}."),
        )
    })
}

fn address(state: Option<MessageState>, before: Option<i64>) -> String {
    let state = state.map(|state| format!("state={}", state.name()));
    let before = before.map(|before| format!("before={before}"));
    let query: Vec<String> = state.into_iter().chain(before).collect();
    if query.is_empty() { ADDRESS.to_owned() } else { format!("{ADDRESS}?{}", query.join("&")) }
}

impl Choice {
    fn new(state: MessageState, chosen: Option<MessageState>) -> Self {
        Self { value: state.name(), label: words(state), is_chosen: chosen == Some(state) }
    }
}

fn words(state: MessageState) -> &'static str {
    match state {
        MessageState::Waiting => "waiting",
        MessageState::Sent => "sent",
        MessageState::GivenUp => "given up",
        MessageState::TakenBack => "taken back",
    }
}

impl MessageRow {
    fn new(dashboard: &Dashboard, message: &Message) -> Self {
        let minute = |at| When::minute(at, &dashboard.zone);
        Self {
            id: message.id,
            at: minute(message.created_at),
            class: match message.state {
                MessageState::Waiting => "busy",
                MessageState::Sent => "good",
                MessageState::GivenUp => "bad",
                MessageState::TakenBack => "",
            },
            state: words(message.state),
            level: match message.level {
                Level::Info => "",
                Level::Warning => "warning",
                Level::Error => "error",
            },
            subject: Outside::new(message.subject.as_str()),
            text: message.text.lines().map(Outside::new).collect(),
            delivery: match (message.state, message.sent_at) {
                (MessageState::Waiting, _) if message.attempts > 0 => {
                    let words = format!("{} attempt(s) failed; next try", message.attempts);
                    Dated::at(words, minute(message.next_attempt_at))
                }
                (MessageState::Waiting, _) => Dated::words("not tried yet"),
                (MessageState::Sent, Some(at)) => {
                    let with = message.sent_with.filter(|first| *first != message.id);
                    let with = with.map(|first| format!(", with message {first}")).unwrap_or_default();
                    Dated { rest: with, ..Dated::at(format!("by {},", message.channel), minute(at)) }
                }
                (MessageState::Sent, None) => Dated::words(format!("by {}", message.channel)),
                (MessageState::GivenUp, _) => Dated::words("no channel accepted it for a day"),
                (MessageState::TakenBack, _) => Dated::words("it was over before it was sent"),
            },
            error: Outside::new(message.last_error.as_str()),
        }
    }
}

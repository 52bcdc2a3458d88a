//! The sentence, and what to do.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::tz::TimeZone;

use super::super::Dashboard;
use super::super::outside::Outside;
use super::super::when::When;
use super::seen::Seen;
use super::{icon, title};
use crate::jobs::amounts::count;
use crate::jobs::outlook::{Act, Line, LineKind, Outlook, Todo, clock};
use crate::jobs::{JobId, Millis};

/// Things to do that are shown.
const SHOWN_MAX: usize = 10;

/// The sentence with its facts.
#[derive(Template)]
#[template(path = "parts/state.html")]
pub(super) struct StatePart {
    /// Class of the state.
    class: &'static str,
    sentence: String,
    lines: Vec<LineView>,
    /// `None` if nothing could be read.
    pub(super) as_of: Option<When>,
    /// Address of the tab's icon.
    pub(super) icon: String,
    /// Title of the tab, without a time.
    pub(super) title: String,
}

/// A fact below the sentence.
struct LineView {
    text: Outside,
    commands: Vec<String>,
    is_warning: bool,
    /// Recordings that nobody wanted: they are shown.
    is_unwanted: bool,
}

/// Its template has escaped what is in it.
impl HtmlSafe for StatePart {}

impl StatePart {
    pub(super) fn new(dashboard: &Dashboard, seen: &Seen) -> Self {
        Self::of(&seen.outlook, Some(When::second(seen.now, &dashboard.zone)))
    }

    pub(super) fn unreadable() -> Self {
        Self::of(&Outlook::unreadable(), None)
    }

    fn of(outlook: &Outlook, as_of: Option<When>) -> Self {
        Self {
            class: outlook.state.name(),
            sentence: outlook.sentence.clone(),
            lines: outlook.lines.iter().map(LineView::new).collect(),
            as_of,
            icon: icon(outlook.state),
            title: title(outlook),
        }
    }

    /// The title with the time at which it was true: a script takes the time out while it gets news.
    pub(super) fn dated_title(&self) -> String {
        let Some(as_of) = &self.as_of else { return self.title.clone() };
        let time: String = as_of.plain().chars().take(5).collect();
        match self.title.split_once(' ') {
            Some((mark, words)) => format!("{mark} {time} {words}"),
            None => self.title.clone(),
        }
    }
}

impl LineView {
    fn new(line: &Line) -> Self {
        Self {
            text: Outside::new(line.text.as_str()),
            commands: line.commands.clone(),
            is_warning: line.kind == LineKind::Warning,
            is_unwanted: line.kind == LineKind::Unwanted,
        }
    }
}

/// What a person must do.
#[derive(Default, Template)]
#[template(path = "parts/todo.html")]
pub(super) struct TodoPart {
    things: Vec<TodoView>,
    /// Further things.
    more: Option<String>,
}

struct TodoView {
    /// For the ids of elements, so that the focus finds them again.
    number: usize,
    what: Outside,
    since: Option<When>,
    advice: Vec<Outside>,
    commands: Vec<String>,
    button: Button,
}

/// The button beside a thing.
enum Button {
    None,
    Probe { system: &'static str, next: String },
    RetryOne { id: JobId },
    RetryAll { alike: String, jobs: String },
    Messages,
    Findings,
}

/// Its template has escaped what is in it.
impl HtmlSafe for TodoPart {}

impl TodoPart {
    pub(super) fn new(dashboard: &Dashboard, seen: &Seen) -> Self {
        let todo = &seen.outlook.todo;
        let view = |(number, todo)| TodoView::new(number, todo, seen.now, &dashboard.zone);
        let more = todo.len().saturating_sub(SHOWN_MAX);
        Self {
            things: todo.iter().take(SHOWN_MAX).enumerate().map(view).collect(),
            more: (more > 0).then(|| format!("{more} more")),
        }
    }
}

impl TodoView {
    fn new(number: usize, todo: &Todo, now: Millis, zone: &TimeZone) -> Self {
        let Todo { what, since, advice, commands, act } = todo;
        let paragraphs = advice.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
        Self {
            number,
            what: Outside::new(what.as_str()),
            since: since.map(|at| When::minute(at, zone)),
            advice: paragraphs.map(|text| Outside::new(text.replace('\n', " "))).collect(),
            commands: commands.clone(),
            button: match act {
                Act::None => Button::None,
                Act::Probe(system, at) if *at > now => Button::Probe {
                    system: system.name(),
                    next: format!("next try {}", clock(*at, now, zone)),
                },
                Act::Probe(system, _) => {
                    Button::Probe { system: system.name(), next: "the next try is due".to_owned() }
                }
                Act::Retry { jobs: 1, first, .. } => Button::RetryOne { id: *first },
                Act::Retry { alike, jobs, .. } => {
                    Button::RetryAll { alike: alike.clone(), jobs: count(*jobs) }
                }
                Act::Messages => Button::Messages,
                Act::Findings => Button::Findings,
            },
        }
    }
}

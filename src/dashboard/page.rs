//! What all pages share: the frame around them, and how they are answered.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::assets::{self, Asset};
use super::door::Visitor;
use super::outside::Outside;
use super::{Dashboard, recordings};

/// The first page.
pub(super) const OVERVIEW: &str = "/dashboard";

/// The entries of the navigation: label, address, and whether only an admin sees it.
const ENTRIES: [(Entry, &str, &str); 6] = [
    (Entry::Overview, "Overview", OVERVIEW),
    (Entry::Recordings, "Recordings", recordings::ADDRESS),
    (Entry::Hosts, "Hosts", "/dashboard/hosts"),
    (Entry::Events, "Events", "/dashboard/events"),
    (Entry::Messages, "Messages", "/dashboard/messages"),
    (Entry::System, "System", "/dashboard/system"),
];

/// The entry of the navigation that a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Overview,
    Recordings,
    Hosts,
    Events,
    Messages,
    /// Also of the pages that are reached from it: doctor, settings, audit trail.
    System,
}

/// A link of the navigation.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) label: &'static str,
    pub(super) address: &'static str,
    pub(super) is_current: bool,
}

/// A page that gets news while it is open.
#[derive(Debug)]
pub(super) struct Live {
    /// Its name for the stream.
    pub(super) of: String,
    pub(super) script: String,
    /// Icon of a tab that cannot ask.
    pub(super) unknown: String,
}

impl Live {
    /// News of `overview` or `recording:7`.
    pub(super) fn new(of: impl Into<String>) -> Self {
        Self {
            of: of.into(),
            script: assets::address(Asset::Script),
            unknown: assets::address(Asset::Unknown),
        }
    }
}

/// The frame around a page. Every template of a page has one, and extends `layout.html`.
#[derive(Debug)]
pub(super) struct Layout {
    /// Of the tab, without the program's name.
    pub(super) title: String,
    /// Address of the tab's icon.
    pub(super) icon: String,
    pub(super) style: String,
    pub(super) links: Vec<Link>,
    pub(super) name: Outside,
    pub(super) is_admin: bool,
    /// False for somebody whom a proxy names: they log out there.
    pub(super) has_session: bool,
    pub(super) zone: String,
    pub(super) version: &'static str,
    /// `None` for a page that stays as it is.
    pub(super) live: Option<Live>,
}

impl Layout {
    /// The frame of a page for this visitor.
    pub(super) fn new(dashboard: &Dashboard, visitor: &Visitor, entry: Entry, title: &str) -> Self {
        let link = |(of, label, address)| Link { label, address, is_current: of == entry };
        Self {
            title: title.to_owned(),
            icon: assets::address(Asset::Unknown),
            style: assets::address(Asset::Style),
            links: ENTRIES.into_iter().map(link).collect(),
            name: Outside::new(visitor.name.as_str()),
            is_admin: visitor.may_act(),
            has_session: visitor.session.is_some(),
            zone: dashboard.zone.iana_name().unwrap_or("UTC").to_owned(),
            version: env!("CARGO_PKG_VERSION"),
            live: None,
        }
    }
}

/// The HTML of a part of an answer that has begun already; empty if it cannot be written.
pub(super) fn html(part: &impl Template) -> String {
    part.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a part of a page could not be written");
        String::new()
    })
}

/// Answers with a page.
pub(super) fn answer(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => {
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            (status, [(header::CONTENT_TYPE, kind)], html).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be written. The log says why.")
                .into_response()
        }
    }
}

/// The same with status 200.
pub(super) fn show(page: &impl Template) -> Response {
    answer(StatusCode::OK, page)
}

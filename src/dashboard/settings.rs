//! The settings in use: what each means, its value if it may be shown, and where it comes from.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};

use super::door::Visitor;
use super::lists::NoQuery;
use super::outside::Outside;
use super::page::{self, Entry, Layout};
use super::refusal::Refusal;
use super::{Dashboard, Shared};

/// The page's address.
pub(super) const ADDRESS: &str = "/dashboard/settings";

/// A setting as it may be shown. Of a hidden one nothing comes here but whether it is given, and in which file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct SettingView {
    pub section: &'static str,
    pub name: &'static str,
    pub meaning: &'static str,
    pub value: SettingValue,
    /// Where the value comes from, in words; empty if there is no value, or it is the default.
    pub origin: String,
    /// Empty if there is none.
    pub default: &'static str,
    /// True if the service takes a new value over while it runs.
    pub is_replaceable: bool,
}

/// What is known of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingValue {
    /// There is none.
    NotSet,
    /// The default of the table of settings.
    Default,
    /// It may be shown.
    Shown(String),
    /// It is given, and may not be shown.
    Hidden,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage<'a> {
    layout: Layout,
    sections: Vec<SectionRows<'a>>,
}

struct SectionRows<'a> {
    title: &'static str,
    rows: Vec<SettingRow<'a>>,
}

struct SettingRow<'a> {
    setting: &'a SettingView,
    value: Outside,
    origin: Outside,
    is_hidden: bool,
    is_default: bool,
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route(ADDRESS, get(settings))
}

async fn settings(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    query: Result<Query<NoQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    visitor.must_be_admin()?;
    query?;
    let mut sections: Vec<SectionRows<'_>> = Vec::new();
    for setting in &dashboard.settings {
        let row = SettingRow::new(setting);
        match sections.last_mut().filter(|section| section.title == setting.section) {
            Some(section) => section.rows.push(row),
            None => sections.push(SectionRows { title: setting.section, rows: vec![row] }),
        }
    }
    let layout = Layout::new(&dashboard, &visitor, Entry::System, "Settings");
    Ok(page::show(&SettingsPage { layout, sections }))
}

impl<'a> SettingRow<'a> {
    fn new(setting: &'a SettingView) -> Self {
        let value = match &setting.value {
            SettingValue::Shown(value) => value.as_str(),
            SettingValue::Default => setting.default,
            SettingValue::NotSet | SettingValue::Hidden => "",
        };
        Self {
            setting,
            value: Outside::new(value),
            origin: Outside::new(setting.origin.as_str()),
            is_hidden: setting.value == SettingValue::Hidden,
            is_default: setting.value == SettingValue::Default
                || setting.value == SettingValue::Shown(setting.default.to_owned()),
        }
    }
}

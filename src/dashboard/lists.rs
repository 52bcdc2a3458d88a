//! What lists share: pages of fifty rows that go on where the last one ended, and numbers in addresses.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;

use super::Dashboard;
use super::refusal::Refusal;

/// Rows of a page.
pub(super) const ROWS: usize = 50;

/// The number in an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Id(pub(super) i64);

impl FromRequestParts<Arc<Dashboard>> for Id {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<Dashboard>) -> Result<Self, Refusal> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let is_number = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.ok().map(|Path(text)| text).filter(is_number).and_then(|text| text.parse().ok());
        number.map(Self).ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "There is no such page."))
    }
}

/// An address without a query: a name that nobody reads could be a mistake.
pub(super) struct NoQuery;

impl<S: Send + Sync> FromRequestParts<S> for NoQuery {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let is_empty = parts.uri.query().unwrap_or_default().is_empty();
        let unknown = || Refusal::new(StatusCode::BAD_REQUEST, "This address is not understood.");
        is_empty.then_some(Self).ok_or_else(unknown)
    }
}

/// A place in a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    /// Only rows below this number.
    pub(super) before: Option<i64>,
}

/// The links below a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pager {
    /// Rows of this page.
    pub(super) shown: usize,
    /// What a row is called: `event`.
    pub(super) noun: &'static str,
    /// Where the list goes on.
    pub(super) older: Option<String>,
    pub(super) older_label: &'static str,
    /// Where it begins; nothing on the first page.
    pub(super) newest: Option<String>,
    pub(super) newest_label: &'static str,
}

impl Pager {
    /// Cuts the rows to one page of at most `rows_max`. `address` gives the address of the list, or of its rest after a row.
    pub(super) fn cut<T>(
        rows: &mut Vec<T>,
        rows_max: usize,
        noun: &'static str,
        is_first: bool,
        address: impl Fn(Option<&T>) -> String,
    ) -> Self {
        let has_more = rows.len() > rows_max;
        rows.truncate(rows_max);
        Self {
            shown: rows.len(),
            noun,
            older: rows.last().filter(|_| has_more).map(|last| address(Some(last))),
            older_label: "Older",
            newest: (!is_first).then(|| address(None)),
            newest_label: "Newest",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_page_goes_on_where_it_ends() {
        let address = |row: Option<&usize>| row.map_or_else(String::new, |row| format!("?before={row}"));
        let mut rows: Vec<usize> = (0..ROWS + 1).collect();
        let pager = Pager::cut(&mut rows, ROWS, "row", true, address);
        assert_eq!((rows.len(), pager.older.as_deref(), pager.newest), (ROWS, Some("?before=49"), None));
        let mut rows = vec![1];
        let pager = Pager::cut(&mut rows, ROWS, "row", false, address);
        assert_eq!((pager.shown, pager.older, pager.newest.as_deref()), (1, None, Some("")));
    }
}

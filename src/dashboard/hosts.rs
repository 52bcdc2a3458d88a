//! Hosts: what each has in the archive, what is on the way, and what the archive saves at Zoom.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::door::Visitor;
use super::lists::Pager;
use super::outside::Outside;
use super::page::{self, Entry, Layout};
use super::refusal::Refusal;
use super::when::{self, When};
use super::{Dashboard, Shared, links};
use crate::jobs::amounts::{Price, count, data_size};
use crate::jobs::shelf::HOST_BYTES_MAX;
use crate::jobs::{Millis, age};
use crate::store::shelf::HostSums;
use crate::store::{Store, StoreError};

const ADDRESS: &str = "/dashboard/hosts";

/// The sums read a whole index: they are read again after this time.
const KEEP_FOR: Duration = Duration::from_secs(60);

/// The sums, read once for all visitors. One query runs at a time; others wait for its result.
#[derive(Default)]
pub struct HostsCache(Mutex<Option<Snapshot>>);

#[derive(Clone)]
struct Snapshot {
    at: Millis,
    sums: Arc<[HostSums]>,
}

impl HostsCache {
    async fn read(&self, store: &Store) -> Result<Snapshot, StoreError> {
        let mut kept = self.0.lock().await;
        let now = store.now().await?;
        if let Some(snapshot) = kept.as_ref().filter(|kept| kept.at <= now && age(kept.at, now) < KEEP_FOR) {
            return Ok(snapshot.clone());
        }
        let snapshot = Snapshot { at: now, sums: store.hosts().await?.into() };
        *kept = Some(snapshot.clone());
        Ok(snapshot)
    }
}

#[derive(Template)]
#[template(path = "hosts.html")]
struct HostsPage {
    layout: Layout,
    as_of: When,
    rows: Vec<HostRow>,
    all: HostRow,
    /// What the archive saves at Zoom, as far as a price is given.
    saves: String,
    /// Older recordings that are not counted yet.
    uncounted: Option<String>,
    pager: Pager,
}

struct HostRow {
    host: Outside,
    /// Of the search for its recordings.
    search: String,
    recordings: String,
    archived: String,
    on_the_way: u64,
    needs_you: u64,
    on_drive: String,
    put_away: String,
    /// Of these, what Zoom still keeps; empty if nothing.
    in_trash: String,
    /// Age of the oldest recording that is not archived.
    oldest: String,
}

/// Hosts of a page: eight cells each, and less than 30 KB together.
const ROWS: usize = 40;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HostsQuery {
    /// Only hosts that follow this one in the list.
    before: Option<String>,
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route(ADDRESS, get(hosts))
}

async fn hosts(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    query: Result<Query<HostsQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query?;
    let Snapshot { at, sums } = dashboard.hosts.read(&dashboard.store).await?;
    let uncounted = dashboard.store.unshelved().await?;
    let follows = |sums: &&HostSums| query.before.as_ref().is_none_or(|before| sums.host > *before);
    // In one order for both databases: they sort texts differently.
    let mut page: Vec<&HostSums> = sums.iter().filter(follows).collect();
    page.sort_unstable_by(|a, b| a.host.cmp(&b.host));
    let mut pager = Pager::cut(&mut page, ROWS, "host", query.before.is_none(), |last| match last {
        Some(last) => format!("{ADDRESS}?before={}", links::value(&last.host)),
        None => ADDRESS.to_owned(),
    });
    (pager.older_label, pager.newest_label) = ("More", "From the first");
    let all = total(&sums);
    let row = |sums: &HostSums| HostRow::new(sums, at);
    let layout = Layout::new(&dashboard, &visitor, Entry::Hosts, "Hosts");
    Ok(page::show(&HostsPage {
        layout,
        as_of: When::second(at, &dashboard.zone),
        rows: page.into_iter().map(row).collect(),
        all: row(&all),
        saves: saves(&all, dashboard.storage_price.as_ref()),
        uncounted: (uncounted > 0).then(|| count(uncounted)),
        pager,
    }))
}

fn total(sums: &[HostSums]) -> HostSums {
    let sum = |of: fn(&HostSums) -> u64| sums.iter().map(of).fold(0, u64::saturating_add);
    HostSums {
        host: String::new(),
        recordings: sum(|one| one.recordings),
        archived: sum(|one| one.archived),
        on_the_way: sum(|one| one.on_the_way),
        needs_you: sum(|one| one.needs_you),
        bytes: sum(|one| one.bytes),
        put_away_bytes: sum(|one| one.put_away_bytes),
        in_trash_bytes: sum(|one| one.in_trash_bytes),
        oldest_at: sums.iter().filter_map(|one| one.oldest_at).min(),
    }
}

/// Zoom counts what is in its trash: only what has left it saves something.
fn saves(all: &HostSums, price: Option<&Price>) -> String {
    let gone = all.put_away_bytes.saturating_sub(all.in_trash_bytes);
    match price {
        Some(price) if gone > 0 => format!("some {} a month less at Zoom", price.of(gone)),
        _ => String::new(),
    }
}

impl HostRow {
    fn new(sums: &HostSums, now: Millis) -> Self {
        let or_nothing = |bytes| if bytes > 0 { data_size(bytes) } else { String::new() };
        Self {
            host: Outside::address(&sums.host, HOST_BYTES_MAX),
            search: format!("/dashboard/recordings?q={}", links::value(&sums.host)),
            recordings: count(sums.recordings),
            archived: count(sums.archived),
            on_the_way: sums.on_the_way,
            needs_you: sums.needs_you,
            on_drive: data_size(sums.bytes),
            put_away: or_nothing(sums.put_away_bytes),
            in_trash: or_nothing(sums.in_trash_bytes),
            oldest: sums.oldest_at.map(|at| when::length(age(at, now))).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_left_the_trash_saves_money() {
        let mut sums = total(&[]);
        let price = Price::parse("0.10");
        (sums.put_away_bytes, sums.in_trash_bytes) = (400_000_000_000, 90_000_000_000);
        assert_eq!(saves(&sums, price.as_ref()), "some $ 31 a month less at Zoom");
        assert_eq!(saves(&sums, None), "");
        sums.in_trash_bytes = sums.put_away_bytes;
        assert_eq!(saves(&sums, price.as_ref()), "");
    }
}

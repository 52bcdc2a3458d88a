//! Reads Zoom's lists and shows the progress, because many users and years take a while.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::screen::Screen;
use crate::backfill::Walk;
use crate::backfill::scope::Scope;
use crate::backfill::{ListingAt, Survey, estimate, survey};
use crate::config::ZoomPlan;
use crate::jobs::amounts::{count, time};
use crate::store::Store;

/// A listing with a shorter expected time is not announced.
const ANNOUNCED_FROM: Duration = Duration::from_secs(10);

/// Interval between two lines of progress.
const SAID_EVERY: Duration = Duration::from_secs(30);

/// Traverses the account once.
///
/// # Errors
/// When Zoom cannot be reached, the store fails, or standard output is closed.
pub(super) async fn read(
    walk: &Walk,
    scope: &Scope,
    store: Option<&Store>,
    plan: ZoomPlan,
    screen: &mut Screen<'_>,
) -> anyhow::Result<Survey> {
    let mut said: Option<Instant> = None;
    let mut shown = Ok(());
    let mut at = |at: ListingAt<'_>| {
        let found = format!("{} recordings so far", count(at.survey.all.recordings));
        screen.listing(at.read, at.lists, &found);
        let takes = estimate::time_for_lists(at.lists, plan);
        let line = match said {
            None if takes >= ANNOUNCED_FROM => {
                let (users, lists) = (count(at.users as u64), count(at.lists));
                Some(format!(
                    "{users} users, {lists} lists to read: {} at half of Zoom's limits",
                    time(takes)
                ))
            }
            Some(said) if said.elapsed() >= SAID_EVERY => {
                Some(format!("{} of {} lists read, {found}", count(at.read), count(at.lists)))
            }
            _ => None,
        };
        if line.is_some() || said.is_none() {
            said = Some(Instant::now());
        }
        shown = line.map_or(Ok(()), |line| screen.note(&line));
        if shown.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let found = survey(walk, scope, store, &mut at).await;
    screen.listed();
    shown?;
    Ok(found?)
}

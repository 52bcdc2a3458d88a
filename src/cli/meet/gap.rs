//! `meet bring --gap`: the days of Google Meet that no look of the service has covered, and when they count as looked at.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::archive::{Listed, State};
use super::{ScopeArgs, WhoArgs};
use crate::jobs::coverage::whole_day_after;
use crate::jobs::{BackfilledDays, Gap, MEET_SINGLETON, Millis};
use crate::meet::KEPT_DAYS;
use crate::store::{Store, StoreError};

/// What is printed without a gap.
pub(super) const NONE: &str = "No look of the service at Google Meet has left a gap.";

/// A gap that is being read.
pub(super) struct OpenGap {
    gap: Gap,
    began_at: Millis,
}

impl OpenGap {
    /// The service's gap, if there is one.
    pub(super) async fn find(store: Option<&Store>) -> Result<Option<Self>, StoreError> {
        let Some(store) = store else { return Ok(None) };
        let gap = store.singleton(MEET_SINGLETON).await?.coverage.gap();
        let began_at = store.now().await?;
        Ok(gap.map(|gap| Self { gap, began_at }))
    }

    /// Whose conferences of which days close it: of everybody whom the service asks. A day begins in the session's zone
    /// and the gap in UTC, so the list begins a day earlier.
    pub(super) fn scope(&self, is_person: bool) -> ScopeArgs {
        let who = WhoArgs { all_users: !is_person, ..WhoArgs::default() };
        let since = self.gap.from.checked_sub(1.day()).unwrap_or(self.gap.from);
        ScopeArgs { who, since: Some(since), ..ScopeArgs::default() }
    }

    /// Records that the days were looked at, if all of them were, as the service does. Returns a sentence for people.
    pub(super) async fn close(&self, listed: &Listed, store: &Store) -> Result<String, StoreError> {
        let stays = |why: &str| Ok(format!("The gap {} stays: {why}.", self.gap));
        if self.is_forgotten() {
            return stays("Google keeps conferences 30 days, and has forgotten its first days");
        }
        if !listed.is_everybody() {
            return stays("some users could not be asked; the same command asks again");
        }
        let is_ready = |(found, state): &(_, State)| {
            let found: &crate::sweep::meet::FoundConference = found;
            *state != State::NotReady && found.pending().next().is_none()
        };
        if !listed.rows.iter().all(is_ready) {
            return stays("Google still makes some of the files; the same command brings them later");
        }
        let Some(to) = day(self.began_at) else { return stays("the clock is wrong") };
        let days = BackfilledDays { at: self.began_at, from: self.gap.from, to, is_whole: true, left_out: 0 };
        match store.note_backfill(MEET_SINGLETON, days).await? {
            Some(coverage) => Ok(coverage.sentence()),
            None => stays("its last day is too recent; the same command closes it a day later"),
        }
    }

    /// True if Google no longer has all of its days.
    fn is_forgotten(&self) -> bool {
        let kept = Timestamp::from_millisecond(self.began_at).ok().and_then(|now| {
            let oldest = now.checked_sub(jiff::SignedDuration::from_hours(24 * KEPT_DAYS)).ok()?;
            whole_day_after(oldest)
        });
        kept.is_none_or(|first| self.gap.from < first)
    }
}

/// The day in UTC.
fn day(at: Millis) -> Option<Date> {
    Timestamp::from_millisecond(at).ok().map(|at| at.to_zoned(TimeZone::UTC).date())
}

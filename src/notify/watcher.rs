//! Finds problems that no transaction reports, and sends reminders while they last.
//!
//! Every instance checks; the store lets one of them write the message. A state that is unknown (the store fails)
//! is not reported.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::config::{Config, credentials};
use crate::jobs::messages::Level;
use crate::jobs::messages::alerts::{self, AlertChange};
use crate::jobs::messages::conditions::{Limits, LocalSnapshot, SystemSnapshot, conditions};
use crate::jobs::{MEET_SINGLETON, Millis, SWEEP_SINGLETON, Sweeping};
use crate::live::Live;
use crate::rotation::Unusable;
use crate::store::{Store, StoreError};

/// Interval between two checks.
const EVERY: Duration = Duration::from_secs(60);

/// Shortest interval between two checks, even if the settings shorten all waits.
const SOONEST: Duration = Duration::from_millis(500);

/// Period over which refused webhooks are counted.
const REFUSED_WITHIN: Millis = 3600 * 1000;

/// Watches for problems.
pub(super) struct Watcher {
    store: Store,
    limits: Limits,
    sweeping: Sweeping,
    /// Interval of the looks at Google Meet, if there are any.
    meet_every: Option<Duration>,
    verifies: bool,
    credentials_file: Option<PathBuf>,
    refused: Arc<AtomicU64>,
    unusable: Unusable,
    counts: Counts,
    /// What the last check saw, for others who show the same problems.
    local: Live<LocalSnapshot>,
    every: Duration,
}

impl Watcher {
    pub(super) fn new(store: Store, config: &Config, refused: Arc<AtomicU64>, unusable: Unusable) -> Self {
        let notify = &config.notify;
        Self {
            store,
            limits: Limits { backlog_age: notify.backlog_age, silence: notify.silence },
            sweeping: config.sweeping(),
            meet_every: config.meet_every(),
            verifies: !config.service.verify_every.is_zero(),
            credentials_file: notify.credentials_file.clone(),
            refused,
            unusable,
            counts: Counts::default(),
            local: Live::new(LocalSnapshot::default()),
            // Scaled like all waits.
            every: (config.relay.retry_wait * 60).clamp(SOONEST, EVERY),
        }
    }

    /// What this instance sees by itself.
    pub(super) fn local(&self) -> Live<LocalSnapshot> {
        self.local.clone()
    }

    /// Checks until `stopping` is cancelled. No error ends it.
    pub(super) async fn run(mut self, stopping: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(self.every) => {}
            }
            if let Err(error) = self.check().await {
                warn!(%error, "cannot check for problems");
            }
        }
    }

    async fn check(&mut self) -> Result<(), StoreError> {
        // The stored alerts are read before the current state, so a pause that ends in between is over in both.
        let known = self.store.alerts().await?;
        let backlog = self.store.backlog().await?;
        let singleton = self.store.singleton(SWEEP_SINGLETON).await?;
        let meet = self.store.singleton(MEET_SINGLETON).await?;
        let verification = self.store.verification().await?.watched(self.verifies);
        let pauses = self.store.pauses().await?;
        let unannounced = self.store.unannounced().await?;
        let now = self.store.now().await?;
        let ends_at = self.credentials_file.as_deref().and_then(credentials::consent_ends_at);
        let local = LocalSnapshot {
            refused: self.counts.grown(now, self.refused.load(Ordering::Relaxed)),
            unusable: self.unusable.now().values().cloned().collect(),
            consent_ends_at: ends_at.map(|at| at.as_millisecond()),
        };
        self.local.replace(local.clone());
        let seen = SystemSnapshot {
            now,
            backlog: &backlog,
            singleton: &singleton,
            sweeping: self.sweeping,
            meet: self.meet_every.map(|every| (&meet, every)),
            verification: Some(&verification),
            pauses: &pauses,
            unannounced,
            refused: local.refused,
            unusable: &local.unusable,
            consent_ends_at: local.consent_ends_at,
        };
        let conditions = conditions(&seen, self.limits);
        let covered = singleton.coverage.sentence();
        for change in alerts::changes(&known, &conditions, &covered, now) {
            if self.store.change_alert(&change).await? {
                log(&change);
            }
        }
        Ok(())
    }
}

/// Logs the change. Pauses have log lines of their own.
fn log(change: &AlertChange) {
    let Some(message) = &change.message else { return };
    if alerts::is_pause(&change.key) {
        return;
    }
    match message.level {
        Level::Error => error!("{}", message.subject),
        Level::Warning => warn!("{}", message.subject),
        Level::Info => info!("{}", message.subject),
    }
}

/// Earlier values of a counter.
#[derive(Debug, Default)]
struct Counts(VecDeque<(Millis, u64)>);

impl Counts {
    /// The growth within the last hour.
    fn grown(&mut self, now: Millis, total: u64) -> u64 {
        if self.0.is_empty() {
            self.0.push_back((now, 0));
        }
        self.0.push_back((now, total));
        // The last value from before the hour stays, as the base of the growth.
        while self.0.get(1).is_some_and(|(at, _)| now - at >= REFUSED_WITHIN) {
            self.0.pop_front();
        }
        self.0.front().map_or(0, |(_, before)| total.saturating_sub(*before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_counted_over_an_hour() {
        let mut counts = Counts::default();
        let minute = 60 * 1000;
        assert_eq!(counts.grown(0, 3), 3, "before the first look, too");
        assert_eq!(counts.grown(30 * minute, 10), 10);
        assert_eq!(counts.grown(60 * minute, 10), 7);
        assert_eq!(counts.grown(90 * minute, 10), 0);
        assert!(counts.0.len() <= 3, "{counts:?}");
    }
}

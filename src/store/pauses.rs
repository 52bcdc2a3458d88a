//! The store's memory of pauses and of what was uploaded: shared by all instances, and there after a restart.

mod sql;

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::jobs::pause::daily::Uploaded;
use crate::jobs::pause::{Pause, PauseCause, System};

/// A pause that is to begin, or to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPause {
    /// What is paused.
    pub system: System,
    /// Why.
    pub cause: PauseCause,
    /// What is wrong, and what a person can do.
    pub message: String,
    /// From now until the first probe.
    pub wait: Duration,
    /// The same, for a pause that comes back soon after its end.
    pub relapse_wait: Duration,
}

/// What became of a pause that was to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It is new: whoever hears this tells people, once.
    New,
    /// It had ended a short while ago and goes on; people have been told.
    Relapse,
    /// It was there already; nothing was changed.
    Known,
}

/// Whether jobs may be claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Nothing is paused.
    Free,
    /// Something is, and it is not our turn to probe. Look again after so long, or when work arrives.
    Wait(Duration),
    /// It is our turn: one job may be claimed, to see whether the pauses are over.
    Probe(Probe),
}

/// The right to probe. Runs out like a lease, so that a crash holds nobody up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Unique to this turn.
    pub token: String,
    /// What is probed, oldest first.
    pub pauses: Vec<Pause>,
}

/// The part of the store that knows of pauses. A part of [`JobStore`](super::JobStore).
#[async_trait]
pub trait PauseStore: Send + Sync + 'static {
    /// The pauses in force, oldest first.
    async fn pauses(&self) -> Result<Vec<Pause>, StoreError>;

    /// Begins a pause, unless it is in force.
    async fn begin_pause(&self, pause: &NewPause) -> Result<Begun, StoreError>;

    /// Asks whether jobs may be claimed. A turn to probe is given to one caller at a time, for so long, when
    /// every pause is due to be probed.
    async fn admission(&self, lease_for: Duration) -> Result<Admission, StoreError>;

    /// Keeps a turn to probe for so long from now. Nothing happens when it has run out.
    async fn keep_probe(&self, token: &str, lease_for: Duration) -> Result<(), StoreError>;

    /// A probe met the pause again: the next one is after `pause.wait`, with this message. Nothing happens
    /// when the turn has run out.
    async fn fail_probe(&self, token: &str, pause: &NewPause) -> Result<(), StoreError>;

    /// Gives a turn to probe back. What it has not failed or ended is due to be probed at once.
    async fn release_probe(&self, token: &str) -> Result<(), StoreError>;

    /// Ends a pause. Returns whether it was in force.
    async fn end_pause(&self, system: System, cause: PauseCause) -> Result<bool, StoreError>;

    /// An operator wants a system probed now. Returns how many of its pauses are due by that.
    async fn probe_now(&self, system: System) -> Result<u64, StoreError>;

    /// Pauses of this cause are probed within so long from now, if that is sooner. Returns how many.
    async fn probe_within(&self, cause: PauseCause, wait: Duration) -> Result<u64, StoreError>;

    /// Drive has confirmed so many bytes of this identity's.
    async fn add_uploaded(&self, identity: &str, bytes: u64) -> Result<(), StoreError>;

    /// What this identity uploaded, by the hour, as far back as the daily limit counts.
    async fn uploaded(&self, identity: &str) -> Result<Vec<Uploaded>, StoreError>;
}

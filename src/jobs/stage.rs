//! How far a job has come. A stage says what *has been achieved*, never what is going on.
//!
//! ```text
//! Received ──plan──▶ Planned ──transfer──▶ Transferred ──verify──▶ Verified ──settle──▶ Settled ──retire──▶ Retired
//!                       ▲                      │                      │                    │
//!                       └──── mismatch ────────┘                      │                    │
//!                       └──── late file or new version ───────────────┴────────────────────┘
//! ```
//!
//! *Standing* is a second, independent fact: may the worker touch the job at all? "Running" is not stored,
//! it is a live lease; "waiting" is `next_attempt_at`.

use std::fmt;

/// What has been achieved for a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The event is committed. `plan` moves it on. A crash here leaves nothing outside.
    Received,
    /// Files are listed, folders found or made, Drive ids reserved. `transfer` moves it on. A crash here
    /// leaves folders, found again by their stored ids, and half uploads, asked for their offset again.
    Planned,
    /// The last byte of every wanted file is on Drive. `verify` moves it on. A crash here leaves nothing.
    Transferred,
    /// Size and SHA-256 of every file agree, read back from Drive. `settle` moves it on.
    Verified,
    /// The late-file window has passed and a last listing found nothing new. `retire` moves it on.
    Settled,
    /// Zoom's copy is trashed, deleted or kept, as the policy says. The job is finished.
    Retired,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Stage; 6] = [
        Stage::Received,
        Stage::Planned,
        Stage::Transferred,
        Stage::Verified,
        Stage::Settled,
        Stage::Retired,
    ];

    /// The stage's name, as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Received => "received",
            Stage::Planned => "planned",
            Stage::Transferred => "transferred",
            Stage::Verified => "verified",
            Stage::Settled => "settled",
            Stage::Retired => "retired",
        }
    }

    /// Reads a stored name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// Whether a job may go from this stage to `next`: one step on, or back to `Planned` when there is work
    /// again, or back to `Received` when everything must be looked at afresh.
    pub fn may_become(self, next: Stage) -> bool {
        let one_step_on = Self::ALL.iter().position(|stage| *stage == self).map(|index| index + 1)
            == Self::ALL.iter().position(|stage| *stage == next);
        one_step_on || matches!(next, Stage::Received | Stage::Planned)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether the worker may touch a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// The worker takes it when `next_attempt_at` has come.
    Active,
    /// A person must look; the job's reason says what to do. `jobs retry` makes it active again.
    Parked,
    /// An operator called it off. Nothing but an operator brings it back.
    Cancelled,
    /// All is done. A new file or an operator makes it active again.
    Finished,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Standing; 4] =
        [Standing::Active, Standing::Parked, Standing::Cancelled, Standing::Finished];

    /// The standing's name, as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Active => "active",
            Standing::Parked => "parked",
            Standing::Cancelled => "cancelled",
            Standing::Finished => "finished",
        }
    }

    /// Reads a stored name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.name() == name)
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_the_store() {
        for stage in Stage::ALL {
            assert_eq!(Stage::from_name(stage.name()), Some(stage));
        }
        for standing in Standing::ALL {
            assert_eq!(Standing::from_name(standing.name()), Some(standing));
        }
        assert_eq!(Stage::from_name("running"), None);
    }

    #[test]
    fn no_stage_can_be_skipped() {
        assert!(Stage::Received.may_become(Stage::Planned));
        assert!(!Stage::Received.may_become(Stage::Transferred));
        assert!(!Stage::Planned.may_become(Stage::Verified));
        assert!(!Stage::Transferred.may_become(Stage::Settled));
        assert!(!Stage::Verified.may_become(Stage::Retired));
        assert!(Stage::Settled.may_become(Stage::Planned));
    }
}

//! How far a job is. A stage names the last step that was completed, not the one in progress.
//!
//! ```text
//! Received ──plan──▶ Planned ──transfer──▶ Transferred ──verify──▶ Verified ──settle──▶ Settled ──retire──▶ Retired
//!                       ▲                      │                      │                    │
//!                       └──── mismatch ────────┘                      │                    │
//!                       └──── late file or new version ───────────────┴────────────────────┘
//! ```
//!
//! *Standing* is a second, independent fact: may the worker run the job at all? "Running" is not stored: it is a live
//! lease. "Waiting" is `next_attempt_at`.

use std::fmt;

/// The last completed step of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The event is committed. Next step: `plan`. A crash here leaves nothing outside the store.
    Received,
    /// Files are listed, folders found or created, Drive ids reserved. Next step: `transfer`. A crash here leaves
    /// folders, which are found again by their stored ids, and unfinished uploads, whose offset is requested again.
    Planned,
    /// The last byte of every wanted file is on Drive. Next step: `verify`. A crash here leaves nothing.
    Transferred,
    /// Drive's size and SHA-256 of every file equal ours. Next step: `settle`.
    Verified,
    /// The late-file window is over and a last listing had nothing new. Next step: `retire`.
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

    /// The stored and displayed name.
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

    /// Parses a stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// Whether a job may move from this stage to `next`: one step ahead, back to `Planned` when there is work again,
    /// or back to `Received` when the recording must be listed again.
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

/// Whether the worker may run a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// The worker runs it at `next_attempt_at`.
    Active,
    /// A person must act; the job's reason names the steps. `jobs retry` makes it active again.
    Parked,
    /// An operator cancelled it. Only an operator resumes it.
    Cancelled,
    /// All is done. A new file or an operator makes it active again.
    Finished,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Standing; 4] =
        [Standing::Active, Standing::Parked, Standing::Cancelled, Standing::Finished];

    /// The stored and displayed name.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Active => "active",
            Standing::Parked => "parked",
            Standing::Cancelled => "cancelled",
            Standing::Finished => "finished",
        }
    }

    /// Parses a stored name.
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

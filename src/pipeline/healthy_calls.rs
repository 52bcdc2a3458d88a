//! Counts the calls that each system has answered well. The circuit breaker reads whether there were new ones.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Pipeline;
use crate::jobs::pause::System;

/// How often each system has answered well since the program started.
#[derive(Debug, Default)]
pub struct HealthyCalls {
    answers: [AtomicU64; System::ALL.len()],
}

impl HealthyCalls {
    fn of(&self, system: System) -> &AtomicU64 {
        let [zoom, media, drive] = &self.answers;
        match system {
            System::Zoom => zoom,
            System::Media => media,
            System::Drive => drive,
        }
    }

    /// The number of answers of this system.
    pub fn answers(&self, system: System) -> u64 {
        self.of(system).load(Ordering::Relaxed)
    }

    /// Counts one more answer.
    pub(super) fn answered(&self, system: System) {
        self.of(system).fetch_add(1, Ordering::Relaxed);
    }
}

impl Pipeline {
    /// How often each system has answered well.
    pub fn vitals(&self) -> &HealthyCalls {
        &self.vitals
    }
}

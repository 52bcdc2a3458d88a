//! The circuit breaker: starts a pause when several jobs fail in a row because a system is down.
//!
//! It counts jobs, not calls. A single job that fails backs off by itself: the job may be the cause.

use std::collections::{BTreeMap, BTreeSet};

use super::System;
use crate::jobs::JobId;

/// Number of different jobs that must fail, without a success in between.
pub const JOBS: usize = 3;

/// Jobs that failed at each system since its last successful answer. One instance per process.
#[derive(Debug, Default)]
pub struct Breaker {
    failing: BTreeMap<System, Row>,
}

/// Failures in a row.
#[derive(Debug, Default)]
struct Row {
    /// Successful answers of the system when the row began.
    answers: u64,
    jobs: BTreeSet<JobId>,
}

impl Breaker {
    /// Records a run that failed because the system is down. `answers` is the number of successful answers so far: if
    /// it has grown since the last failure, the count starts again. Returns true when the system should be paused;
    /// then the count starts again as well.
    pub fn failed(&mut self, system: System, job: JobId, answers: u64) -> bool {
        let row = self.failing.entry(system).or_default();
        if row.answers != answers {
            *row = Row { answers, jobs: BTreeSet::new() };
        }
        row.jobs.insert(job);
        let opens = row.jobs.len() >= JOBS;
        if opens {
            row.jobs.clear();
        }
        opens
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn several_jobs_open_it_and_an_answer_resets_it() {
        let mut breaker = Breaker::default();
        assert!(!breaker.failed(System::Drive, JobId(1), 7));
        assert!(!breaker.failed(System::Drive, JobId(2), 7));
        assert!(!breaker.failed(System::Zoom, JobId(3), 0), "another system");
        assert!(!breaker.failed(System::Drive, JobId(3), 8), "it has answered since");
        assert!(!breaker.failed(System::Drive, JobId(1), 8));
        assert!(breaker.failed(System::Drive, JobId(2), 8));
        assert!(!breaker.failed(System::Drive, JobId(2), 8), "it counts anew");
    }

    proptest! {
        #[test]
        fn one_job_or_two_never_open_it(failures in proptest::collection::vec((0..2_i64, 0..3_u64), 0..60)) {
            let mut breaker = Breaker::default();
            for (job, answers) in failures {
                prop_assert!(!breaker.failed(System::Drive, JobId(job), answers));
            }
        }
    }
}

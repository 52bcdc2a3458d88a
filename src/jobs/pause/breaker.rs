//! The circuit breaker: several jobs that fail in a row because a system is down make a pause of it.
//!
//! Jobs are counted, not calls. One job that fails, however often, backs off by itself: it may be the job.

use std::collections::{BTreeMap, BTreeSet};

use super::System;
use crate::jobs::JobId;

/// So many different jobs must fail, with nothing in between that went well.
pub const JOBS: usize = 3;

/// Who failed at which system since it last answered well. One per process: each sees by itself.
#[derive(Debug, Default)]
pub struct Breaker {
    failing: BTreeMap<System, Row>,
}

/// Failures in a row.
#[derive(Debug, Default)]
struct Row {
    /// How often the system had answered well when the row began.
    answers: u64,
    jobs: BTreeSet<JobId>,
}

impl Breaker {
    /// A run failed because the system is down. `answers` is how often it has answered well so far: if it has
    /// done so since the last failure, the count begins anew. True when it is time to pause; then the count
    /// begins anew as well.
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

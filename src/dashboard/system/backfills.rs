//! Runs of the backfill: what is left of each, and for how long.

use std::time::Duration;

use crate::dashboard::Dashboard;
use crate::dashboard::when::{self, When};
use crate::jobs::amounts::{count, data_size, rate};
use crate::jobs::rate::{measured, time_for};
use crate::jobs::{Millis, age};
use crate::store::StoreError;
use crate::store::backfills::BackfillState;

/// Transfers of this time show how fast files move.
const RATE_OVER: Duration = Duration::from_secs(3600);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A run as it is shown.
pub(super) struct BackfillRow {
    pub(super) id: i64,
    pub(super) began: When,
    pub(super) began_ago: String,
    /// Recordings that are left, of all.
    pub(super) recordings: String,
    pub(super) bytes: String,
    /// Percent of the recordings that are done.
    pub(super) percent: u64,
    pub(super) remaining: String,
}

pub(super) async fn rows(dashboard: &Dashboard, now: Millis) -> Result<Vec<BackfillRow>, StoreError> {
    let runs = dashboard.store.backfills().await?;
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let per_second = measured(&dashboard.store.recent_transfers(RATE_OVER).await?);
    let row = |run: &BackfillState| BackfillRow {
        id: run.id.0,
        began: When::minute(run.begun_at, &dashboard.zone),
        began_ago: when::length(age(run.begun_at, now)),
        recordings: format!("{} of {}", count(run.left.jobs), count(run.all.jobs)),
        bytes: format!("{} of {}", data_size(run.left.bytes), data_size(run.all.bytes)),
        percent: percent(run.all.jobs.saturating_sub(run.left.jobs), run.all.jobs),
        remaining: remaining(run.left.bytes, per_second, dashboard.daily_upload_limit),
    };
    Ok(runs.iter().map(row).collect())
}

fn percent(done: u64, all: u64) -> u64 {
    done.saturating_mul(100).checked_div(all).unwrap_or(100)
}

/// The time that is left, and what it depends on: the measured rate, or what Google takes in a day.
fn remaining(bytes: u64, per_second: Option<u64>, daily_limit: Option<u64>) -> String {
    if bytes == 0 {
        return "nothing left to copy".to_owned();
    }
    let moving = per_second.map(|per_second| (time_for(bytes, per_second), per_second));
    // The first day's share counts at once.
    let limited =
        daily_limit.filter(|limit| *limit > 0).map(|limit| (bytes.saturating_sub(1) / limit, limit));
    match (moving, limited) {
        (moving, Some((days, limit)))
            if days > 0 && moving.is_none_or(|(time, _)| time < DAY * days32(days)) =>
        {
            let limit = data_size(limit);
            format!("about {} days: Google takes {limit} a day", days.saturating_add(1))
        }
        (Some((time, per_second)), _) => {
            format!("about {} at {}", when::length(time), rate(per_second, Duration::from_secs(1)))
        }
        (None, _) => "not known yet: too little has moved in the last hour".to_owned(),
    }
}

fn days32(days: u64) -> u32 {
    u32::try_from(days).unwrap_or(u32::MAX / 100_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1_000_000_000;
    const MIB: u64 = 1024 * 1024;

    #[test]
    fn the_slower_of_rate_and_limit_is_told() {
        let left = |bytes, rate, limit| remaining(bytes, rate, limit);
        assert_eq!(left(0, None, None), "nothing left to copy");
        assert_eq!(left(GB, None, Some(750 * GB)), "not known yet: too little has moved in the last hour");
        assert_eq!(left(3600 * 60 * MIB, Some(60 * MIB), Some(750 * GB)), "about 1 h at 60 MiB/s");
        let days = left(3000 * GB, Some(60 * MIB), Some(750 * GB));
        assert_eq!(days, "about 4 days: Google takes 698.49 GiB a day");
        assert_eq!(left(3000 * GB, None, Some(750 * GB)), days);
        assert_eq!(left(3000 * GB, Some(MIB), Some(750 * GB)), "about 33 days at 1 MiB/s");
        assert!(left(u64::MAX, Some(u64::MAX), Some(1)).contains("days"));
    }

    #[test]
    fn a_run_without_jobs_is_done() {
        assert_eq!([percent(0, 0), percent(1, 3), percent(3, 3)], [100, 33, 100]);
    }
}

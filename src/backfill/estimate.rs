//! Counts, and what they mean in days. Pure.

use std::time::Duration;

use super::classification::ready;
use crate::config::ZoomPlan;
use crate::jobs::rate;
use crate::recording::Recording;
use crate::zoom::rate_limit::{Category, rate_limit};

/// Calls that one recording takes beside its bytes: a list to plan by, a last look, and before Zoom's copy is put
/// away a fresh list and the deletion itself.
const CALLS_PER_RECORDING: u64 = 4;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// So many recordings, with so many files of so many bytes, as Zoom lists them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Recordings.
    pub recordings: u64,
    /// Files that could be had.
    pub files: u64,
    /// Their bytes; a size that Zoom does not list counts as nothing.
    pub bytes: u64,
}

impl Tally {
    /// One recording.
    pub fn of(recording: &Recording) -> Self {
        let sizes = ready(recording).map(|file| file.size.unwrap_or(0));
        let (files, bytes) =
            sizes.fold((0, 0_u64), |(files, bytes), size| (files + 1, bytes.saturating_add(size)));
        Self { recordings: 1, files, bytes }
    }

    /// Counts these, too.
    pub fn add(&mut self, other: Self) {
        self.recordings += other.recordings;
        self.files += other.files;
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// What bringing so much over will take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// Bytes per second, as this installation has moved them lately; `None` when it has not.
    pub rate: Option<u64>,
    /// How long the bytes take at that rate.
    pub moving: Option<Duration>,
    /// Bytes that Google takes within a day; `None` without a limit.
    pub daily_limit: Option<u64>,
    /// On how many days something must be uploaded by that limit; `None` without one.
    pub days: Option<u64>,
    /// Calls to Zoom's API beside the lists.
    pub calls: u64,
    /// How long those take at the pace that is kept.
    pub calling: Duration,
}

/// What it takes to bring so much over.
pub fn forecast(left: Tally, rate: Option<u64>, daily_limit: Option<u64>, plan: ZoomPlan) -> Forecast {
    let calls = left.recordings * CALLS_PER_RECORDING;
    Forecast {
        rate,
        moving: rate.map(|rate| rate::time_for(left.bytes, rate)),
        daily_limit,
        days: daily_limit.map(|limit| left.bytes.div_ceil(limit.max(1))),
        calls,
        calling: time_for_calls(calls, plan, Category::Light),
    }
}

impl Forecast {
    /// The longest of what it will take: bytes, Google's daily limit, Zoom's pace. `None` while it is not known how
    /// fast files move, unless the daily limit alone is longer than any rate could matter.
    pub fn at_least(&self) -> Option<Duration> {
        let whole_days = self.days.unwrap_or(0).saturating_sub(1);
        let by_limit = DAY.saturating_mul(u32::try_from(whole_days).unwrap_or(u32::MAX));
        let known = by_limit.max(self.calling);
        match self.moving {
            Some(moving) => Some(moving.max(known)),
            None => (whole_days > 0).then_some(known),
        }
    }
}

/// How long it takes to read so many lists at the pace that is kept with this plan.
pub fn time_for_lists(lists: u64, plan: ZoomPlan) -> Duration {
    time_for_calls(lists, plan, Category::Medium)
}

/// How long so many calls of a category take at the pace that is kept with this plan.
fn time_for_calls(calls: u64, plan: ZoomPlan, category: Category) -> Duration {
    let rate_limit = rate_limit(plan, category);
    let spaced = rate_limit.every.saturating_mul(u32::try_from(calls).unwrap_or(u32::MAX));
    // Half of a day's share is free at once, as in the pace itself.
    let over = |most: u32| calls.saturating_sub(u64::from(most / 2));
    let by_day = rate_limit.per_day.map_or(Duration::ZERO, |most| {
        DAY.mul_f64(f64::from(u32::try_from(over(most)).unwrap_or(u32::MAX)) / f64::from((most / 2).max(1)))
    });
    spaced.max(by_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1_000_000_000;

    fn tally(recordings: u64, bytes: u64) -> Tally {
        Tally { recordings, files: recordings, bytes }
    }

    #[test]
    fn the_slowest_of_bytes_limit_and_pace_decides() {
        // 9 TB at 50 MB/s are 50 hours of moving; at 750 GB a day they are twelve days.
        let long = forecast(tally(3_000, 9_000 * GB), Some(50_000_000), Some(750 * GB), ZoomPlan::Business);
        assert_eq!((long.days, long.moving), (Some(12), Some(Duration::from_secs(180_000))));
        assert_eq!(long.at_least(), Some(11 * DAY));
        let free = forecast(tally(3_000, 9_000 * GB), Some(50_000_000), None, ZoomPlan::Business);
        assert_eq!((free.days, free.at_least()), (None, Some(Duration::from_secs(180_000))));
        let many = forecast(tally(3_000, GB), Some(50_000_000), Some(750 * GB), ZoomPlan::Pro);
        assert_eq!((many.calls, many.at_least()), (12_000, Some(Duration::from_secs(1_200))));
    }

    #[test]
    fn without_a_measured_rate_nothing_is_promised_but_what_the_limit_says() {
        let unknown = forecast(tally(3, GB), None, Some(750 * GB), ZoomPlan::Pro);
        assert_eq!((unknown.moving, unknown.at_least()), (None, None));
        let long = forecast(tally(3, 2_000 * GB), None, Some(750 * GB), ZoomPlan::Pro);
        assert_eq!(long.at_least(), Some(2 * DAY));
    }

    #[test]
    fn a_free_plans_daily_share_is_what_takes_long() {
        let lists = |count| time_for_lists(count, ZoomPlan::Free);
        assert_eq!(lists(100), Duration::from_secs(125));
        assert_eq!(lists(500 + 1_000), 2 * DAY);
    }
}

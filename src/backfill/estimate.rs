//! Counts of recordings, and the expected duration. Pure.

use std::time::Duration;

use super::calls::{self, DriveCalls, Habits};
use super::classification::ready;
use crate::config::ZoomPlan;
use crate::jobs::rate;
use crate::recording::Recording;
use crate::zoom::rate_limit::{Category, rate_limit};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A number of recordings, with their files and bytes, as Zoom lists them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub recordings: u64,
    /// Files that are ready.
    pub files: u64,
    /// Sum of their sizes; a file without a listed size counts as 0.
    pub bytes: u64,
}

impl Tally {
    /// Counts one recording.
    pub fn of(recording: &Recording) -> Self {
        let sizes = ready(recording).map(|file| file.size.unwrap_or(0));
        let (files, bytes) =
            sizes.fold((0, 0_u64), |(files, bytes), size| (files + 1, bytes.saturating_add(size)));
        Self { recordings: 1, files, bytes }
    }

    /// Adds other counts.
    pub fn add(&mut self, other: Self) {
        self.recordings += other.recordings;
        self.files += other.files;
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// The expected duration of a backfill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// Bytes per second of recent transfers; `None` if there were none.
    pub rate: Option<u64>,
    /// Duration of the transfers at that rate.
    pub moving: Option<Duration>,
    /// Bytes that Google accepts per day; `None` without a limit.
    pub daily_limit: Option<u64>,
    /// Days that the limit requires; `None` without one.
    pub days: Option<u64>,
    /// Calls of Zoom's API besides the lists.
    pub calls: u64,
    /// Duration of these calls at the service's rate limit.
    pub calling: Duration,
    /// Calls of Drive.
    pub drive_calls: u64,
    /// Duration of these calls at Drive's limits.
    pub drive_calling: Duration,
}

/// Computes the expected duration.
pub fn forecast(
    left: Tally,
    rate: Option<u64>,
    daily_limit: Option<u64>,
    plan: ZoomPlan,
    habits: Habits,
) -> Forecast {
    let (calls, drive) = (calls::of_zoom(left, habits), DriveCalls::of(left, habits));
    Forecast {
        rate,
        moving: rate.map(|rate| rate::time_for(left.bytes, rate)),
        daily_limit,
        days: daily_limit.map(|limit| left.bytes.div_ceil(limit.max(1))),
        calls,
        calling: time_for_calls(calls, plan, Category::Light),
        drive_calls: drive.number(),
        drive_calling: drive.time(),
    }
}

impl Forecast {
    /// The longest of the four: transfers, Google's daily limit, Zoom's and Drive's rate limits. `None` while the transfer rate
    /// is unknown, unless the daily limit alone takes longer than any realistic rate.
    pub fn at_least(&self) -> Option<Duration> {
        let whole_days = self.days.unwrap_or(0).saturating_sub(1);
        let by_limit = DAY.saturating_mul(u32::try_from(whole_days).unwrap_or(u32::MAX));
        let known = by_limit.max(self.calling).max(self.drive_calling);
        match self.moving {
            Some(moving) => Some(moving.max(known)),
            None => (whole_days > 0).then_some(known),
        }
    }
}

/// Duration of this number of lists at the service's rate limit for this plan.
pub fn time_for_lists(lists: u64, plan: ZoomPlan) -> Duration {
    time_for_calls(lists, plan, Category::Medium)
}

/// Duration of this number of calls at the service's rate limit for this plan.
fn time_for_calls(calls: u64, plan: ZoomPlan, category: Category) -> Duration {
    let rate_limit = rate_limit(plan, category);
    let spaced = rate_limit.every.saturating_mul(u32::try_from(calls).unwrap_or(u32::MAX));
    // Half of a day's share is available at once, as in the rate limit itself.
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

    const HABITS: Habits = Habits { removes: true, writes_meeting_file: true, chunk_size: 32 << 20 };

    fn tally(recordings: u64, bytes: u64) -> Tally {
        Tally { recordings, files: recordings, bytes }
    }

    #[test]
    fn the_slowest_of_bytes_limit_and_pace_decides() {
        // 9 TB at 50 MB/s take 50 hours; at 750 GB a day they take twelve days.
        let forecast = |left, rate, limit, plan| super::forecast(left, rate, limit, plan, HABITS);
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
        let forecast = |left| forecast(left, None, Some(750 * GB), ZoomPlan::Pro, HABITS);
        let unknown = forecast(tally(3, GB));
        assert_eq!((unknown.moving, unknown.at_least()), (None, None));
        let long = forecast(tally(3, 2_000 * GB));
        assert_eq!(long.at_least(), Some(2 * DAY));
    }

    #[test]
    fn a_free_plans_daily_share_is_what_takes_long() {
        let lists = |count| time_for_lists(count, ZoomPlan::Free);
        assert_eq!(lists(100), Duration::from_secs(125));
        assert_eq!(lists(500 + 1_000), 2 * DAY);
    }
}

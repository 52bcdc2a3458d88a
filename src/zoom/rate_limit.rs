//! Limits the rate of calls to Zoom, per category. The rate stays well below Zoom's limits, because the account's
//! other apps share them.
//!
//! Zoom documents its limits by plan and category under "Rate limits". After a 429 no call goes out in that
//! category before the time in `Retry-After`.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use reqwest::header::HeaderMap;

use super::ZoomError;
use crate::config::ZoomPlan;
use crate::jobs::retry::LONGEST_ASKED_WAIT;

/// Longest time that a call waits for its turn. A longer wait is an error with the remaining time.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Wait after Zoom reports that the day's limit is used up, if Zoom does not say until when.
const DAILY_WAIT: Duration = Duration::from_secs(3600);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Zoom's names for the cost of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// Reading or deleting one recording.
    Light,
    /// Lists of users and of their recordings.
    Medium,
    /// Reports.
    Heavy,
}

/// Rate of calls in one category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Interval between two calls.
    pub every: Duration,
    /// Calls that may go out at once after a pause.
    pub burst: u32,
    /// Most calls within any 24 hours, if Zoom limits them.
    pub per_day: Option<u32>,
}

/// The rate for a plan and a category: at most half of Zoom's limit.
pub const fn rate_limit(plan: ZoomPlan, category: Category) -> RateLimit {
    let (millis, burst, per_day) = match (plan, category) {
        (ZoomPlan::Free, Category::Light) => (600, 1, Some(3_000)),
        (ZoomPlan::Free, Category::Medium) => (1_250, 1, Some(1_000)),
        (ZoomPlan::Free, Category::Heavy) => (2_500, 1, Some(500)),
        (ZoomPlan::Pro, Category::Light) => (100, 5, None),
        (ZoomPlan::Pro, Category::Medium) => (150, 3, None),
        (ZoomPlan::Pro, Category::Heavy) => (300, 1, Some(15_000)),
        (ZoomPlan::Business, Category::Light) => (40, 10, None),
        (ZoomPlan::Business, Category::Medium) => (50, 8, None),
        (ZoomPlan::Business, Category::Heavy) => (75, 5, Some(30_000)),
    };
    RateLimit { every: Duration::from_millis(millis), burst, per_day }
}

/// Zoom's documented calls per second.
pub const fn per_second(plan: ZoomPlan, category: Category) -> u64 {
    match (plan, category) {
        (ZoomPlan::Free, Category::Light) => 4,
        (ZoomPlan::Free, Category::Medium) => 2,
        (ZoomPlan::Free, Category::Heavy) => 1,
        (ZoomPlan::Pro, Category::Light) => 30,
        (ZoomPlan::Pro, Category::Medium) => 20,
        (ZoomPlan::Pro, Category::Heavy) => 10,
        (ZoomPlan::Business, Category::Light) => 80,
        (ZoomPlan::Business, Category::Medium) => 60,
        (ZoomPlan::Business, Category::Heavy) => 40,
    }
}

/// The wait that a 429 demands. Pure: `after` is the value of `Retry-After`.
pub(super) fn asked_wait(headers: &HeaderMap, after: Option<Duration>) -> Option<Duration> {
    let kind = headers.get("x-ratelimit-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    after.or_else(|| kind.to_ascii_lowercase().contains("daily").then_some(DAILY_WAIT))
}

/// The account's rate limits, one per category.
pub(super) struct RateLimits {
    light: Bucket,
    medium: Bucket,
    heavy: Bucket,
}

struct Bucket {
    moment: DefaultDirectRateLimiter,
    day: Option<DefaultDirectRateLimiter>,
    /// After a 429: no call before this time.
    closed_until: Mutex<Option<Instant>>,
}

impl std::fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Paces").finish_non_exhaustive()
    }
}

impl RateLimits {
    /// For this plan.
    pub(super) fn new(plan: ZoomPlan) -> Self {
        let lane = |category| Bucket::new(rate_limit(plan, category));
        Self { light: lane(Category::Light), medium: lane(Category::Medium), heavy: lane(Category::Heavy) }
    }

    fn lane(&self, category: Category) -> &Bucket {
        match category {
            Category::Light => &self.light,
            Category::Medium => &self.medium,
            Category::Heavy => &self.heavy,
        }
    }

    /// Waits until a call may go out.
    ///
    /// # Errors
    /// When the wait would be longer than [`WAIT_MAX`]. The error has the remaining time.
    pub(super) async fn wait(&self, category: Category) -> Result<(), ZoomError> {
        let until = Instant::now() + WAIT_MAX;
        while let Some(wait) = self.lane(category).step() {
            if Instant::now() + wait > until {
                let what = format!("the next call may go out in {wait:?}, to keep to Zoom's rate limits");
                return Err(ZoomError::Busy { what, after: Some(wait) });
            }
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    /// Records a 429: no call in this category before the time that Zoom names. Returns that time.
    pub(super) fn refused(&self, category: Category, asked: Option<Duration>) -> Option<Duration> {
        let wait = asked.map(|asked| asked.min(LONGEST_ASKED_WAIT))?;
        let until = Instant::now() + wait;
        let mut closed = self.lane(category).closed();
        *closed = Some(closed.map_or(until, |known| known.max(until)));
        Some(wait)
    }
}

impl Bucket {
    fn new(rate_limit: RateLimit) -> Self {
        let limiter = |every: Duration, burst: u32| {
            let quota = Quota::with_period(every).unwrap_or(Quota::per_second(NonZeroU32::MIN));
            RateLimiter::direct(quota.allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN)))
        };
        // Half of the day's share at once, the other half spread over the day: never more in any 24 hours.
        let day = rate_limit.per_day.map(|most| most / 2).map(|half| limiter(DAY / half.max(1), half));
        Self { moment: limiter(rate_limit.every, rate_limit.burst), day, closed_until: Mutex::new(None) }
    }

    fn closed(&self) -> MutexGuard<'_, Option<Instant>> {
        self.closed_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place, or returns the time to wait before the next try.
    fn step(&self) -> Option<Duration> {
        if let Some(until) = *self.closed() {
            let left = until.saturating_duration_since(Instant::now());
            if !left.is_zero() {
                return Some(left);
            }
        }
        let clock = DefaultClock::default();
        let limits = [Some(&self.moment), self.day.as_ref()];
        limits.into_iter().flatten().find_map(|limit| Some(limit.check().err()?.wait_time_from(clock.now())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLANS: [ZoomPlan; 3] = [ZoomPlan::Free, ZoomPlan::Pro, ZoomPlan::Business];
    const CATEGORIES: [Category; 3] = [Category::Light, Category::Medium, Category::Heavy];

    /// Zoom's documented calls per day.
    const DAILY: [[Option<u32>; 3]; 3] =
        [[Some(6_000), Some(2_000), Some(1_000)], [None, None, Some(30_000)], [None, None, Some(60_000)]];

    #[test]
    fn no_pace_takes_more_than_half_of_zooms_limit() {
        for (plan, daily) in PLANS.into_iter().zip(DAILY) {
            for (category, a_day) in CATEGORIES.into_iter().zip(daily) {
                let limit = u128::from(per_second(plan, category));
                let rate_limit = rate_limit(plan, category);
                // Bursts included, over ten seconds; and no single second above the whole limit.
                let calls =
                    |millis: u128| u128::from(rate_limit.burst) + millis / rate_limit.every.as_millis();
                assert!(2 * calls(10_000) <= 10 * limit, "{plan:?} {category:?}: {rate_limit:?}");
                assert!(calls(1_000) <= limit, "{plan:?} {category:?}: {rate_limit:?}");
                assert_eq!(rate_limit.per_day, a_day.map(|most| most / 2), "{plan:?} {category:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_burst_goes_out_at_once_and_the_next_call_waits() {
        let lane = Bucket::new(RateLimit { every: Duration::from_secs(30), burst: 2, per_day: None });
        assert_eq!((lane.step(), lane.step()), (None, None));
        assert!(lane.step().is_some_and(|wait| wait > Duration::from_secs(20)));
    }

    #[tokio::test]
    async fn the_days_share_ends() {
        let lane = Bucket::new(RateLimit { every: Duration::from_nanos(1), burst: 100, per_day: Some(4) });
        assert_eq!((lane.step(), lane.step()), (None, None));
        // The used share comes back over the day.
        assert!(lane.step().is_some_and(|wait| wait > Duration::from_secs(11 * 3600)));
    }

    #[tokio::test]
    async fn nobody_asks_before_the_time_that_zoom_named() {
        let paces = RateLimits::new(ZoomPlan::Business);
        assert_eq!(paces.refused(Category::Medium, None), None);
        paces.wait(Category::Medium).await.unwrap();
        let hours = Duration::from_secs(7 * 3600);
        assert_eq!(paces.refused(Category::Medium, Some(hours)), Some(hours));
        // A shorter wait does not shorten it; an absurd one is cut to a day.
        assert_eq!(paces.refused(Category::Medium, Some(Duration::ZERO)), Some(Duration::ZERO));
        let told = paces.wait(Category::Medium).await.unwrap_err();
        let ZoomError::Busy { after: Some(after), .. } = told else { panic!("{told:?}") };
        assert!(after > Duration::from_secs(6 * 3600), "{after:?}");
        paces.wait(Category::Light).await.unwrap();
        assert_eq!(paces.refused(Category::Heavy, Some(Duration::MAX)), Some(LONGEST_ASKED_WAIT));
    }

    #[test]
    fn a_used_up_day_is_waited_for_even_if_zoom_names_no_time() {
        let mut headers = HeaderMap::new();
        let second = Duration::from_secs(1);
        assert_eq!(asked_wait(&headers, None), None);
        headers.insert("x-ratelimit-type", "Daily-limit".parse().unwrap());
        assert_eq!(asked_wait(&headers, None), Some(DAILY_WAIT));
        assert_eq!(asked_wait(&headers, Some(second)), Some(second));
        headers.insert("x-ratelimit-type", "QPS".parse().unwrap());
        assert_eq!(asked_wait(&headers, None), None);
    }
}

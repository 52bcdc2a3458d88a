//! Google's daily upload limit: 750 GB per account, My Drive and shared drives together (Google's guide on shared
//! drive limits). When it is reached, Drive accepts no new upload for a day; a running upload may finish.
//!
//! Uploaded bytes are counted by the hour, and no file is started that would exceed the limit. When Google's count
//! differs (other programs upload with this account, too), it answers `userRateLimitExceeded` and repeats that; there
//! is no specific error for it.

use std::time::Duration;

use crate::jobs::Millis;

/// The window of the limit.
pub const WINDOW: Duration = Duration::from_secs(24 * 3600);

/// Uploads are counted in buckets of this length.
pub const BUCKET: Duration = Duration::from_secs(3600);

/// Refusals in a row, without a confirmed byte, that are taken for the daily limit.
const REFUSALS_MIN: u32 = 10;

/// Minimum duration of the refusals, in units of `RETRY_WAIT` and at most in seconds: Google's other limits are per
/// minute.
const REFUSED_FOR: u32 = 30 * 60;

/// Bytes that one identity uploaded within one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uploaded {
    /// Start of the hour.
    pub hour_at: Millis,
    /// Bytes that Drive has confirmed.
    pub bytes: u64,
}

fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

/// Bytes that count at `now`. An hour counts until its last minute is a day old.
pub fn used(buckets: &[Uploaded], now: Millis) -> u64 {
    let counts = |bucket: &&Uploaded| gone_at(bucket) > now;
    buckets.iter().filter(counts).fold(0, |sum, bucket| sum.saturating_add(bucket.bytes))
}

fn gone_at(bucket: &Uploaded) -> Millis {
    bucket.hour_at.saturating_add(millis(BUCKET + WINDOW))
}

/// Whether a file of `size` bytes may start. A file larger than the limit starts when nothing else was uploaded: it
/// must not wait for ever.
fn fits(used: u64, size: u64, limit: u64) -> bool {
    used == 0 || used.saturating_add(size) <= limit
}

/// Time until a file of `size` bytes may start; zero when it may start now.
pub fn wait_for_room(buckets: &[Uploaded], size: u64, limit: u64, now: Millis) -> Duration {
    let mut moments: Vec<Millis> = buckets.iter().map(gone_at).filter(|moment| *moment > now).collect();
    moments.sort_unstable();
    moments.insert(0, now);
    let room_at = moments.into_iter().find(|moment| fits(used(buckets, *moment), size, limit));
    // At the last of these times nothing counts any more, so there is always one.
    let wait = room_at.unwrap_or(now).saturating_sub(now);
    Duration::from_millis(u64::try_from(wait).unwrap_or(0))
}

/// Refusals because of a rate limit, in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refusals {
    count: u32,
    first_at: Millis,
}

impl Refusals {
    /// Records a refusal at `now`. Returns true once the refusals have lasted longer than any other limit would
    /// explain: then the daily limit is the cause.
    pub fn add(&mut self, now: Millis, unit: Duration) -> bool {
        if self.count == 0 {
            self.first_at = now;
        }
        self.count = self.count.saturating_add(1);
        let long = unit.saturating_mul(REFUSED_FOR).min(Duration::from_secs(u64::from(REFUSED_FOR)));
        self.count >= REFUSALS_MIN && now.saturating_sub(self.first_at) >= millis(long)
    }

    /// Drive has confirmed bytes: the limit is not reached.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Millis = 3_600_000;

    fn bucket(hour: Millis, bytes: u64) -> Uploaded {
        Uploaded { hour_at: hour * HOUR, bytes }
    }

    #[test]
    fn a_file_waits_until_enough_is_a_day_old() {
        let buckets = [bucket(0, 300), bucket(5, 400)];
        let hours = |size, now: Millis| wait_for_room(&buckets, size, 750, now * HOUR).as_secs() / 3600;
        assert_eq!(hours(50, 6), 0);
        assert_eq!(hours(51, 6), 19, "the first hour ends at 1, and is a day old at 25");
        assert_eq!(hours(400, 6), 24, "the other one ends at 6");
        assert_eq!(hours(751, 6), 24, "never room, but then nothing else counts");
        assert_eq!(hours(9_999, 30), 0);
        assert_eq!(wait_for_room(&[], u64::MAX, 1, 0), Duration::ZERO);
    }

    #[test]
    fn only_refusals_that_go_on_are_the_daily_limit() {
        let (minute, second) = (60_000, Duration::from_secs(1));
        let mut refusals = Refusals::default();
        assert!(!(0..20).any(|number| refusals.add(number * minute, second)), "not long enough");
        assert!(refusals.add(30 * minute, second));
        refusals.clear();
        assert!(!refusals.add(60 * minute, second));
        assert!(!refusals.add(600 * minute, second), "two are not many");
        assert!(!(0..7).any(|_| refusals.add(600 * minute, second)));
        assert!(refusals.add(600 * minute, second));
    }

    proptest! {
        #[test]
        fn there_is_room_after_the_wait_and_not_before(
            buckets in proptest::collection::vec((0..48_i64, 0..1_000_u64), 0..20),
            size in 0..2_000_u64, limit in 1..1_500_u64, now in 0..(60 * HOUR)
        ) {
            let buckets: Vec<Uploaded> = buckets.into_iter().map(|(hour, bytes)| bucket(hour, bytes)).collect();
            let wait = wait_for_room(&buckets, size, limit, now);
            let after = now + millis(wait);
            prop_assert!(fits(used(&buckets, after), size, limit));
            prop_assert!(wait.is_zero() || !fits(used(&buckets, after - 1), size, limit));
            prop_assert!(wait <= 48 * BUCKET + BUCKET + WINDOW);
        }
    }
}

//! Decides how much goes into one upload request.
//!
//! No byte flows from a request's last byte until Drive's answer. A request that is larger makes this rarer. What a large
//! request must not cost: checkpoints are stored inside it, and it is cut at one of them when it takes too long, when the
//! service stops, or when a fresh recording waits.

use std::time::Duration;

/// Chunks of the first request. With the default of 32 MiB it is a GiB: at 100 MB/s an answer after 400 ms costs 4 % of the
/// time. To begin with one chunk would cost most files one more answer. On a slow line the request is cut in time.
const FIRST_CHUNKS: u64 = 32;

/// Share of the time that waiting for answers may take, in hundredths.
const WAITING_MAX_PERCENT: u128 = 3;

/// Largest request. A failed request of which Drive keeps nothing is sent again as a whole; at 10 Gbit/s it is still
/// eight times as long as an answer takes.
const REQUEST_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Longest time that a request is meant to take: it is given a token that is valid for at least five more minutes.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(240);

/// The size of the next request. It adapts to the line, or is always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) struct RequestSize {
    /// The unit of all sizes.
    chunk_size: u64,
    is_adaptive: bool,
    size: u64,
    /// No growth beyond this size: after a failure it has to be earned again.
    ceiling: u64,
}

/// How long a request took that Drive took in whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timing {
    pub(super) bytes: u64,
    /// From its start to its last byte.
    pub(super) sending: Duration,
    /// From its last byte to the answer.
    pub(super) waiting: Duration,
}

impl RequestSize {
    pub(in crate::pipeline) fn new(chunk_size: u64, is_adaptive: bool) -> Self {
        let first = if is_adaptive { FIRST_CHUNKS } else { 1 };
        let size = chunk_size.max(chunk_size.saturating_mul(first).min(REQUEST_MAX));
        let unit = Self { chunk_size, is_adaptive, size, ceiling: REQUEST_MAX.max(chunk_size) };
        Self { size: unit.rounded_down(u128::from(size)), ..unit }
    }

    /// Bytes of the next request, a multiple of the chunk.
    pub(super) fn bytes(self) -> u64 {
        self.size
    }

    /// Learns from a request that Drive took in whole. Requests smaller than a chunk say nothing about the line.
    pub(super) fn answered(&mut self, Timing { bytes, sending, waiting }: Timing) {
        if !self.is_adaptive || bytes < self.chunk_size {
            return;
        }
        self.ceiling = self.ceiling.saturating_mul(2).min(REQUEST_MAX.max(self.chunk_size));
        let (sending, waiting) = (sending.as_nanos().max(1), waiting.as_nanos());
        // The last bytes are still in buffers when they count as sent: on a slow line part of the waiting is sending.
        let timely = u128::from(bytes).saturating_mul(REQUEST_TIME_MAX.as_nanos()) / (sending + waiting);
        if waiting * 100 > (sending + waiting) * WAITING_MAX_PERCENT {
            let wanted = u128::from(bytes).saturating_mul(waiting).saturating_mul(100 - WAITING_MAX_PERCENT)
                / (sending * WAITING_MAX_PERCENT);
            self.size = self.size.max(self.rounded_up(wanted));
        }
        self.size = self.size.min(self.rounded_down(timely)).min(self.ceiling);
    }

    /// Shrinks when a request takes too long. `bytes` were sent in the time `sending`.
    pub(super) fn lasted(&mut self, bytes: u64, sending: Duration) {
        if self.is_adaptive {
            let timely =
                u128::from(bytes).saturating_mul(REQUEST_TIME_MAX.as_nanos()) / sending.as_nanos().max(1);
            self.size = self.size.min(self.rounded_down(timely));
        }
    }

    /// Shrinks after a request that failed, or that Drive did not keep as a whole.
    pub(super) fn failed(&mut self) {
        if self.is_adaptive {
            self.size = self.rounded_down(u128::from(self.size / 2));
            self.ceiling = self.size;
        }
    }

    fn rounded_up(self, bytes: u128) -> u64 {
        self.rounded_down(bytes.saturating_add(u128::from(self.chunk_size - 1)))
    }

    /// The multiple of the chunk at or below this size, at least one.
    fn rounded_down(self, bytes: u128) -> u64 {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX).min(REQUEST_MAX);
        (bytes - bytes % self.chunk_size).max(self.chunk_size)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIB: u64 = 1024 * 1024;
    const CHUNK: u64 = 32 * MIB;

    fn timing(bytes: u64, sending: u64, waiting: u64) -> Timing {
        let millis = Duration::from_millis;
        Timing { bytes, sending: millis(sending), waiting: millis(waiting) }
    }

    #[test]
    fn it_starts_at_a_gib_and_grows_until_waiting_costs_little() {
        let mut size = RequestSize::new(CHUNK, true);
        assert_eq!(size.bytes(), 1024 * MIB);
        // 100 MB/s, and 400 ms for an answer: 3 % of the time are reached with 1.3 GB.
        size.answered(timing(1024 * MIB, 10_737, 400));
        let grown = size.bytes();
        assert!(
            grown.is_multiple_of(CHUNK) && (1_230 * MIB..1_270 * MIB).contains(&grown),
            "{}",
            grown / MIB
        );
        size.answered(timing(grown, 13_000, 400));
        assert_eq!(size.bytes(), grown, "3 % are not more than 3 %");
    }

    #[test]
    fn on_a_slow_line_no_request_takes_too_long() {
        let mut size = RequestSize::new(CHUNK, true);
        // 1 MiB/s, cut after five minutes.
        size.lasted(300 * MIB, Duration::from_secs(300));
        assert_eq!(size.bytes(), 7 * CHUNK, "four minutes");
        let mut size = RequestSize::new(CHUNK, true);
        size.answered(timing(CHUNK, 33_000, 400));
        assert_eq!(size.bytes(), 7 * CHUNK);
        // An answer takes 20 s: what would be 11 minutes of sending is limited to four.
        size.answered(timing(CHUNK, 30_000, 20_000));
        assert_eq!(size.bytes(), 4 * CHUNK);
        size.answered(timing(4 * CHUNK, 460_000, 20_000));
        assert_eq!(size.bytes(), 2 * CHUNK, "the line has become slower");
    }

    #[test]
    fn failures_shrink_it_and_growth_must_be_earned_again() {
        let mut size = RequestSize::new(CHUNK, true);
        size.answered(timing(1024 * MIB, 10_737, 400));
        let grown = size.bytes();
        size.failed();
        let shrunk = size.bytes();
        assert!(shrunk <= grown / 2 && shrunk.is_multiple_of(CHUNK));
        for _failure in 0..10 {
            size.failed();
        }
        assert_eq!(size.bytes(), CHUNK);
        size.answered(timing(CHUNK, 336, 400));
        assert_eq!(size.bytes(), 2 * CHUNK);
    }

    #[test]
    fn a_fixed_size_stays_and_small_files_teach_nothing() {
        let mut fixed = RequestSize::new(CHUNK, false);
        fixed.answered(timing(CHUNK, 336, 400));
        fixed.failed();
        assert_eq!(fixed.bytes(), CHUNK);
        fixed.lasted(1, Duration::from_secs(300));
        assert_eq!(fixed.bytes(), CHUNK);
        let mut adaptive = RequestSize::new(CHUNK, true);
        adaptive.answered(timing(300, 0, 400));
        assert_eq!(adaptive.bytes(), FIRST_CHUNKS * CHUNK);
    }

    proptest! {
        #[test]
        fn it_is_always_a_bounded_multiple_of_the_chunk(
            steps in 1_u64..4096,
            events in proptest::collection::vec((any::<bool>(), any::<u64>(), 0_u64..1 << 40, 0_u64..1 << 40), 0..40),
        ) {
            let chunk = steps * 256 * 1024;
            let mut size = RequestSize::new(chunk, true);
            for (is_failure, bytes, sending, waiting) in events {
                let before = size.bytes();
                if is_failure {
                    size.failed();
                    prop_assert!(size.bytes() <= before);
                } else {
                    size.answered(timing(bytes, sending, waiting));
                }
                prop_assert!(size.bytes().is_multiple_of(chunk));
                prop_assert!((chunk..=REQUEST_MAX.max(chunk)).contains(&size.bytes()));
            }
        }
    }
}

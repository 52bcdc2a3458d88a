//! How fast files are transferred, measured on past transfers. Pure.

use std::time::Duration;

use super::Millis;

/// Minimum number of transferred bytes for a meaningful rate.
const BYTES_MIN: u64 = 8 * 1024 * 1024;

/// A completed transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Transfer {
    pub bytes: u64,
    /// When the upload session was opened.
    pub began_at: Millis,
    /// When the last byte was on Drive.
    pub ended_at: Millis,
}

/// Bytes per second over all parallel transfers: the sum of their bytes, divided by the time during which at least
/// one was running. `None` when too few bytes were transferred.
pub fn measured(transfers: &[Transfer]) -> Option<u64> {
    let mut spans: Vec<&Transfer> =
        transfers.iter().filter(|one| one.began_at > 0 && one.ended_at > one.began_at).collect();
    spans.sort_unstable_by_key(|one| one.began_at);
    let (mut busy, mut until): (Millis, Millis) = (0, Millis::MIN);
    for one in &spans {
        busy += one.ended_at.saturating_sub(one.began_at.max(until)).max(0);
        until = until.max(one.ended_at);
    }
    let bytes = spans.iter().fold(0_u64, |sum, one| sum.saturating_add(one.bytes));
    let busy = u64::try_from(busy).ok().filter(|busy| *busy > 0)?;
    let per_second = u128::from(bytes) * 1000 / u128::from(busy);
    (bytes >= BYTES_MIN).then(|| u64::try_from(per_second).unwrap_or(u64::MAX)).filter(|rate| *rate > 0)
}

/// Duration of a transfer of `bytes` at this rate.
pub fn time_for(bytes: u64, per_second: u64) -> Duration {
    Duration::from_secs(bytes.div_ceil(per_second.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn transfer(bytes: u64, began_at: Millis, ended_at: Millis) -> Transfer {
        Transfer { bytes, began_at, ended_at }
    }

    #[test]
    fn files_side_by_side_count_their_time_once_and_rests_not_at_all() {
        let together = [transfer(10 * MIB, 1_000, 3_000), transfer(10 * MIB, 2_000, 3_000)];
        assert_eq!(measured(&together), Some(10 * MIB));
        let apart = [transfer(10 * MIB, 1_000, 2_000), transfer(10 * MIB, 900_000, 901_000)];
        assert_eq!(measured(&apart), Some(10 * MIB));
        let within = [transfer(10 * MIB, 1_000, 5_000), transfer(10 * MIB, 2_000, 3_000)];
        assert_eq!(measured(&within), Some(5 * MIB));
    }

    #[test]
    fn too_little_tells_nothing() {
        assert_eq!(measured(&[]), None);
        assert_eq!(measured(&[transfer(MIB, 1_000, 2_000)]), None);
        // A file that was found in Drive and never transferred.
        assert_eq!(measured(&[transfer(100 * MIB, 0, 2_000)]), None);
        assert_eq!(measured(&[transfer(100 * MIB, 2_000, 2_000)]), None);
    }

    #[test]
    fn the_time_for_bytes_is_rounded_up() {
        assert_eq!(time_for(11, 10), Duration::from_secs(2));
        assert_eq!(time_for(5, 0), Duration::from_secs(5));
    }
}

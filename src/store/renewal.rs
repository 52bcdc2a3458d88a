//! Keeps a lease alive while its holder works (a job, the sweep), and ends in time when that cannot be done.

use std::time::{Duration, Instant};

use tracing::warn;

use super::StoreError;

/// How many times a lease is renewed within its life. Two renewals in a row may fail: the third ends half a beat
/// before the lease does, so that the work is over before anybody else can begin.
const BEATS: u32 = 4;

/// Renewals in a row that may be tried until the lease is given up.
const TRIES: u32 = BEATS - 1;

/// Why a lease is kept no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseEnd {
    /// The store says that the lease is no longer ours. Another instance or an operator has taken it.
    Taken,
    /// The store failed or did not answer, and the lease is about to run out.
    NotRenewed,
}

/// Time between two renewals.
pub fn beat(lease_for: Duration) -> Duration {
    lease_for / BEATS
}

/// When the next renewal is tried, from the last one that went well, and how long it may take. Each try may take
/// until the next one is due; the last one half as long.
fn next(lease_for: Duration, failed: u32) -> (Duration, Duration) {
    let beat = beat(lease_for);
    (beat * (failed + 1), if failed + 1 == TRIES { beat / 2 } else { beat })
}

/// Renews a lease that was asked for at `renewed`, again and again. Returns while there is still some of it left,
/// unless the store says that it is gone.
pub async fn renew_until_lost<R: Future<Output = Result<(), StoreError>>>(
    lease_for: Duration,
    mut renewed: Instant,
    mut renew: impl FnMut() -> R,
) -> LeaseEnd {
    let mut failed = 0;
    while failed < TRIES {
        let (due, limit) = next(lease_for, failed);
        tokio::time::sleep(due.saturating_sub(renewed.elapsed())).await;
        let asked = Instant::now();
        match tokio::time::timeout(limit, renew()).await {
            Ok(Ok(())) => (renewed, failed) = (asked, 0),
            Ok(Err(StoreError::LeaseLost)) => return LeaseEnd::Taken,
            Ok(Err(error)) => {
                failed += 1;
                warn!(%error, "cannot renew the lease ({failed} of {TRIES})");
            }
            Err(_) => {
                failed += 1;
                warn!("the store does not answer a heartbeat ({failed} of {TRIES})");
            }
        }
    }
    LeaseEnd::NotRenewed
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_millis(400);

    /// What becomes of a lease whose renewals end like this, and how many there were. `None` is a store that hangs.
    async fn kept(answers: &[Option<Result<(), StoreError>>]) -> (LeaseEnd, usize) {
        let mut asked = 0;
        let renew = || {
            asked += 1;
            let answer = &answers[asked - 1];
            async move {
                match answer {
                    Some(Ok(())) => Ok(()),
                    Some(Err(StoreError::LeaseLost)) => Err(StoreError::LeaseLost),
                    Some(Err(_)) => Err(StoreError::NoAnswer(LEASE)),
                    None => std::future::pending().await,
                }
            }
        };
        let end = renew_until_lost(LEASE, Instant::now(), renew).await;
        (end, asked)
    }

    fn fails() -> Option<Result<(), StoreError>> {
        Some(Err(StoreError::NoAnswer(LEASE)))
    }

    #[tokio::test]
    async fn two_renewals_in_a_row_may_fail_and_the_third_counts() {
        let answers = [fails(), None, Some(Ok(())), None, fails(), Some(Ok(())), fails(), fails(), None];
        assert_eq!(kept(&answers).await, (LeaseEnd::NotRenewed, 9));
    }

    #[tokio::test]
    async fn what_another_has_is_not_asked_for_again() {
        let answers = [Some(Ok(())), fails(), Some(Err(StoreError::LeaseLost))];
        assert_eq!(kept(&answers).await, (LeaseEnd::Taken, 3));
    }

    #[test]
    fn the_last_try_ends_before_the_lease_does() {
        let lease = Duration::from_secs(60);
        for failed in 0..TRIES {
            let (due, limit) = next(lease, failed);
            assert!(due + limit < lease, "{failed}");
            assert!(failed + 1 == TRIES || due + limit <= next(lease, failed + 1).0, "{failed}");
        }
    }
}

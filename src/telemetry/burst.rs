//! Logs events that any client can cause in bursts: the first of each kind in full, the others as a count. So a
//! flood of requests is not a flood of lines.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Events within this time are one burst.
pub const BURST: Duration = Duration::from_secs(10);

/// Counts of the current burst.
#[derive(Debug)]
pub struct Bursts {
    within: Duration,
    counts: Mutex<Counts>,
}

impl Default for Bursts {
    fn default() -> Self {
        Self::within(BURST)
    }
}

/// Number of events of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<&'static str, u64>);

impl Bursts {
    /// Makes bursts of this length.
    pub fn within(within: Duration) -> Self {
        Self { within, counts: Mutex::default() }
    }

    /// Counts an event. `first` is called for the first event of a kind in a burst; `whole` is called with all
    /// counts when the burst is over.
    pub fn count<F: Future<Output = ()> + Send>(
        self: &Arc<Self>,
        kind: &'static str,
        first: impl FnOnce(),
        whole: impl FnOnce(Counts) -> F + Send + 'static,
    ) {
        let (is_first, is_first_of_kind) = {
            let mut counts = self.counts();
            let is_first = counts.0.is_empty();
            let count = counts.0.entry(kind).or_default();
            *count += 1;
            (is_first, *count == 1)
        };
        if is_first_of_kind {
            first();
        }
        if is_first {
            let bursts = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(bursts.within).await;
                let counts = std::mem::take(&mut *bursts.counts());
                whole(counts).await;
            });
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// Sum of all kinds.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Names of the kinds, in order.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    /// True if some events were not logged in full.
    pub fn has_more(&self) -> bool {
        self.0.values().any(|count| *count > 1)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (kind, count) in &self.0 {
            write!(f, "{separator}{kind}: {count}")?;
            separator = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn the_first_of_a_kind_is_told_at_once_and_the_rest_as_a_count() {
        let bursts = Arc::new(Bursts::within(Duration::from_millis(20)));
        let (told, mut hears) = mpsc::unbounded_channel();
        let count = |kind: &'static str| {
            let (first, whole) = (told.clone(), told.clone());
            bursts.count(
                kind,
                || first.send(format!("first {kind}")).unwrap(),
                async move |counts| whole.send(format!("{} of {counts}", counts.total())).unwrap(),
            );
        };
        for kind in ["stale", "stale", "forged", "stale"] {
            count(kind);
        }
        let mut all = Vec::new();
        for _ in 0..3 {
            all.push(hears.recv().await.unwrap());
        }
        assert_eq!(all, ["first stale", "first forged", "4 of forged: 1, stale: 3"]);
        count("stale");
        assert_eq!(hears.recv().await.unwrap(), "first stale", "a new burst begins");
        assert_eq!(hears.recv().await.unwrap(), "1 of stale: 1");
    }
}

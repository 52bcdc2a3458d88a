//! Spans of time in UTC seconds: united, cut, counted. A clock change cannot matter here.

/// Half-open: from the first second up to the second.
pub(super) type Span = (i64, i64);

/// Gaps of up to this many seconds do not count as leaving: a move between rooms or networks takes that long.
const GAP_MAX: i64 = 60;

/// Seconds that are cut from both ends of a row before devices are counted: rows of one person overlap for some seconds
/// when the device changes. A row that is not longer than both cuts does not count.
const DEVICE_CUT: i64 = 30;

/// The same time as spans that do not touch, in order. Spans without length stay if nothing else covers them.
pub(super) fn union(spans: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let mut spans: Vec<Span> = spans.into_iter().collect();
    spans.sort_unstable();
    let mut united: Vec<Span> = Vec::new();
    for (start, end) in spans {
        match united.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => united.push((start, end)),
        }
    }
    united
}

/// Seconds in spans that do not overlap.
pub(super) fn seconds(united: &[Span]) -> i64 {
    united.iter().map(|(start, end)| end - start).sum()
}

/// Seconds of them inside a window.
pub(super) fn seconds_within(united: &[Span], (from, to): Span) -> i64 {
    united.iter().map(|(start, end)| ((*end).min(to) - (*start).max(from)).max(0)).sum()
}

/// Stays: how often somebody came, and for how many seconds they were away in between.
pub(super) fn stays(united: &[Span]) -> (usize, i64) {
    let gaps = united.windows(2).map(|pair| pair[1].0 - pair[0].1).filter(|gap| *gap > GAP_MAX);
    let (count, away) = gaps.fold((0, 0), |(count, away), gap| (count + 1, away + gap));
    (if united.is_empty() { 0 } else { count + 1 }, away)
}

/// The most spans at one moment.
pub(super) fn most_at_once(spans: &[Span]) -> usize {
    let mut edges: Vec<(i64, i64)> = Vec::new();
    for (start, end) in spans {
        if end - start > 2 * DEVICE_CUT {
            edges.push((start + DEVICE_CUT, 1));
            edges.push((end - DEVICE_CUT, -1));
        }
    }
    // At one moment the ends come first: spans that touch are not at once.
    edges.sort_unstable();
    let (mut now, mut most) = (0_i64, 0_i64);
    for (_, change) in edges {
        now += change;
        most = most.max(now);
    }
    usize::try_from(most).unwrap_or(0)
}

/// Minutes with one decimal, rounded half up.
pub(super) fn minutes(seconds: i64) -> f64 {
    tenths(seconds) as f64 / 10.0
}

/// Tenths of minutes, rounded half up: six seconds each.
fn tenths(seconds: i64) -> i64 {
    (seconds + 3).div_euclid(6)
}

/// A share of at most 1 with three decimals, rounded half up; 0 of a window without length.
pub(super) fn share(seconds: i64, of: i64) -> f64 {
    if of <= 0 {
        return 0.0;
    }
    let thousandths = (2_000 * seconds + of) / (2 * of);
    thousandths.min(1_000) as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spans_that_touch_are_one_stay_and_short_gaps_are_none() {
        let united = union([(20, 30), (0, 10), (10, 20), (100, 110)]);
        assert_eq!(united, [(0, 30), (100, 110)]);
        assert_eq!(stays(&united), (2, 70));
        assert_eq!(stays(&union([(0, 10), (70, 80)])), (1, 0));
        assert_eq!(stays(&union([(0, 10), (71, 80)])), (2, 61));
        assert_eq!(union([(5, 5)]), [(5, 5)]);
    }

    #[test]
    fn devices_are_counted_without_the_seconds_in_which_one_takes_over() {
        assert_eq!(most_at_once(&[(0, 1000), (960, 2000)]), 1);
        assert_eq!(most_at_once(&[(0, 1000), (900, 2000)]), 2);
        assert_eq!(most_at_once(&[(0, 1000), (100, 160)]), 1, "a minute is too short");
    }

    #[test]
    fn halves_are_rounded_up() {
        assert_eq!((minutes(2), minutes(3), minutes(3090)), (0.0, 0.1, 51.5));
        assert_eq!(
            (share(3090, 3600), share(1, 2000), share(7200, 3600), share(1, 0)),
            (0.858, 0.001, 1.0, 0.0)
        );
    }

    proptest! {
        #[test]
        fn a_union_is_never_longer_than_its_parts_nor_shorter_than_any(
            spans in prop::collection::vec((0_i64..10_000, 0_i64..5_000), 0..20),
        ) {
            let spans: Vec<Span> = spans.into_iter().map(|(start, length)| (start, start + length)).collect();
            let total = seconds(&union(spans.clone()));
            prop_assert!(total <= spans.iter().map(|(start, end)| end - start).sum());
            prop_assert!(spans.iter().all(|(start, end)| end - start <= total));
            prop_assert!(stays(&union(spans.clone())).0 <= spans.len());
        }
    }
}

//! The hash states of a running transfer: a checkpoint for whatever offset Drive confirms, in bounded memory.

use std::collections::VecDeque;

use super::checkpoint::Checkpoint;

/// Most checkpoints that are stored ahead of what Drive has confirmed: each has 114 bytes, and a row stays on its page.
const AHEAD_MAX: usize = 12;

/// The newest checkpoints ahead, which are never thinned out: Drive usually holds all but the last bytes sent.
const AHEAD_NEWEST: usize = 4;

/// Checkpoints from the last confirmed one to the newest.
#[derive(Debug)]
pub(super) struct Marks {
    /// The last confirmed point.
    confirmed: Checkpoint,
    /// Points for the store, about every `apart` bytes, oldest first. The older ones are further apart. They are taken as
    /// the bytes are read, not when they are stored: a slow disk must not lose any.
    ahead: Vec<Checkpoint>,
    apart: u64,
    /// A point at each of the most recent steps, oldest first.
    recent: VecDeque<Checkpoint>,
    recent_max: usize,
}

impl Marks {
    pub(super) fn new(start: Checkpoint, recent_max: usize, apart: u64) -> Self {
        Self { confirmed: start, ahead: Vec::new(), apart, recent: VecDeque::new(), recent_max }
    }

    /// The offset up to which Drive has confirmed.
    pub(super) fn confirmed(&self) -> u64 {
        self.confirmed.offset
    }

    /// Adds a point at a step.
    pub(super) fn push(&mut self, checkpoint: Checkpoint) {
        let last = self.ahead.last().map_or(self.confirmed.offset, |last| last.offset);
        if checkpoint.offset >= last.saturating_add(self.apart) {
            self.ahead.push(checkpoint.clone());
            thin_out(&mut self.ahead, self.confirmed.offset, |checkpoint| checkpoint.offset);
        }
        if self.recent.len() == self.recent_max {
            self.recent.pop_front();
        }
        self.recent.push_back(checkpoint);
    }

    /// Forgets the points up to `offset`, which Drive has confirmed, and returns the furthest of them.
    pub(super) fn confirm(&mut self, offset: u64) -> Checkpoint {
        if let Some(furthest) = self.furthest(offset) {
            self.confirmed = furthest;
        }
        self.ahead.retain(|checkpoint| checkpoint.offset > offset);
        self.recent.retain(|checkpoint| checkpoint.offset > offset);
        self.confirmed.clone()
    }

    /// All before this point is confirmed, and nothing was read after it.
    pub(super) fn confirm_head(&mut self, head: Checkpoint) {
        self.confirmed = head;
        self.ahead.clear();
        self.recent.clear();
    }

    /// The points for the store beyond the confirmed one: a few. Some may be beyond what was sent; they serve when Drive
    /// has that much.
    pub(super) fn ahead(&self) -> &[Checkpoint] {
        &self.ahead
    }

    fn furthest(&self, offset: u64) -> Option<Checkpoint> {
        let recent = self.recent.iter().rev().find(|checkpoint| checkpoint.offset <= offset);
        let ahead = || self.ahead.iter().rev().find(|checkpoint| checkpoint.offset <= offset);
        recent.or_else(ahead).cloned()
    }
}

/// Removes one point when there are too many: the one whose loss matters least. The further behind the newest point Drive
/// is, the more bytes were lost already, so there the points may be further apart.
fn thin_out<T>(points: &mut Vec<T>, start: u64, offset: impl Fn(&T) -> u64) {
    if points.len() <= AHEAD_MAX {
        return;
    }
    let newest = points.last().map_or(start, &offset);
    // The gap that a removal leaves, in thousandths of the distance from the newest point to the gap's end.
    let cost = |index: usize| {
        let before = index.checked_sub(1).and_then(|before| points.get(before)).map_or(start, &offset);
        let after = points.get(index + 1).map_or(newest, &offset);
        let distance = u128::from(newest.saturating_sub(after)).max(1);
        u128::from(after.saturating_sub(before)) * 1000 / distance
    };
    let least = (0..points.len() - AHEAD_NEWEST).min_by_key(|index| cost(*index));
    if let Some(index) = least {
        points.remove(index);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(offset: u64) -> Checkpoint {
        let mut checkpoint = Checkpoint::start();
        checkpoint.absorb(&vec![0; usize::try_from(offset).unwrap()]);
        checkpoint
    }

    #[test]
    fn points_are_as_far_apart_as_they_shall_be_however_late_they_are_stored() {
        let mut marks = Marks::new(Checkpoint::start(), 3, 20);
        (1..=7).for_each(|step| marks.push(at(step * 10)));
        let ahead = |marks: &Marks| marks.ahead().iter().map(|point| point.offset).collect::<Vec<_>>();
        assert_eq!(ahead(&marks), [20, 40, 60]);
        // Between the points for the store only the recent steps are known.
        assert_eq!(marks.confirm(38).offset, 20);
        assert_eq!(ahead(&marks), [40, 60]);
        assert_eq!(marks.confirm(55).offset, 50);
        (8..=9).for_each(|step| marks.push(at(step * 10)));
        assert_eq!(ahead(&marks), [60, 80]);
        marks.confirm_head(at(90));
        assert_eq!(ahead(&marks), [0; 0]);
    }

    proptest! {
        /// Whatever Drive lost: what is hashed again is at most a step, or in proportion to what Drive lost.
        #[test]
        fn the_points_are_few_and_dense_where_drive_is_likely_to_be(count in 1_u64..600, start in 0_u64..9, lost in 0_u64..600) {
            let mut points = Vec::new();
            for number in 1..=count {
                points.push(start + number);
                thin_out(&mut points, start, |point| *point);
            }
            prop_assert!(points.len() <= AHEAD_MAX && points.is_sorted());
            prop_assert_eq!(points.last(), Some(&(start + count)));
            let held = (start + count).saturating_sub(lost).max(start);
            let found = points.iter().rev().find(|point| **point <= held).copied().unwrap_or(start);
            let behind = start + count - held;
            prop_assert!(held - found <= 1 + 2 * behind, "{found} for {held} of {}: {points:?}", start + count);
        }
    }
}

//! Meetings at the same time. A meeting that ends when another one begins is no overlap.

use jiff::{SignedDuration, Timestamp};

use super::{MeetingDetails, MeetingType, Occurrence, OccurrenceStatus};

/// A span of time from `start` up to `end`, which does not belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    pub start: Timestamp,
    pub end: Timestamp,
}

impl Slot {
    /// The span of a meeting with this start and length.
    pub fn new(start: Timestamp, minutes: u64) -> Self {
        let length = SignedDuration::from_mins(i64::try_from(minutes).unwrap_or(i64::MAX / 60));
        Self { start, end: start.checked_add(length).unwrap_or(Timestamp::MAX) }
    }

    /// True if both share some time.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// A time that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Busy {
    /// The meeting's number.
    pub number: u64,
    pub topic: String,
    /// The occurrence's id, if the meeting repeats.
    pub occurrence: Option<String>,
    pub slot: Slot,
}

/// The times of a host's meetings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    busy: Vec<Busy>,
    timeless: Vec<u64>,
}

impl Calendar {
    /// Adds a meeting: each date that takes place. A list shows a meeting once or once per date, so a known date is not
    /// added again.
    pub fn add(&mut self, meeting: &MeetingDetails) {
        let number = meeting.number;
        let is_timeless = matches!(meeting.kind, MeetingType::NoFixedTime | MeetingType::PersonalRoom);
        let slots: Vec<(Option<String>, Slot)> = if meeting.occurrences.is_empty() {
            let minutes = meeting.minutes.unwrap_or_default();
            meeting.start.map(|start| (None, Slot::new(start, minutes))).into_iter().collect()
        } else {
            let takes_place = |date: &&Occurrence| date.status == OccurrenceStatus::Available;
            let dates = meeting.occurrences.iter().filter(takes_place);
            dates.map(|date| (Some(date.id.clone()), Slot::new(date.start, date.minutes))).collect()
        };
        if is_timeless || (slots.is_empty() && meeting.occurrences.is_empty()) {
            if !self.timeless.contains(&number) {
                self.timeless.push(number);
            }
            return;
        }
        for (occurrence, slot) in slots {
            if !self.busy.iter().any(|known| known.number == number && known.slot == slot) {
                self.busy.push(Busy { number, topic: meeting.topic.clone(), occurrence, slot });
            }
        }
    }

    /// The meetings that share time with one of these spans, in the order of time. Nothing of `except` counts: it is the
    /// meeting that is changed, or one date of it.
    pub fn taken(&self, asked: &[Slot], except: Option<Except<'_>>) -> Vec<&Busy> {
        let is_other = |busy: &&Busy| !except.is_some_and(|except| except.is(busy));
        let clashes = |busy: &&Busy| asked.iter().any(|slot| slot.overlaps(busy.slot));
        let mut taken: Vec<&Busy> = self.busy.iter().filter(is_other).filter(clashes).collect();
        taken.sort_by_key(|busy| (busy.slot.start, busy.number));
        taken
    }

    /// The number of meetings without a fixed time, which cannot be compared.
    pub fn timeless(&self, except: Option<Except<'_>>) -> usize {
        self.timeless.iter().filter(|number| except.is_none_or(|except| except.number != **number)).count()
    }
}

/// A meeting that is not compared with itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Except<'a> {
    pub number: u64,
    /// Only this date of it; its other dates count.
    pub occurrence: Option<&'a str>,
}

impl Except<'_> {
    fn is(&self, busy: &Busy) -> bool {
        let is_date = self.occurrence.is_none_or(|id| busy.occurrence.as_deref() == Some(id));
        busy.number == self.number && is_date
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn at(hour: i64, minute: i64) -> Timestamp {
        let day: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
        day + SignedDuration::from_mins(60 * hour + minute)
    }

    fn slot(from: (i64, i64), to: (i64, i64)) -> Slot {
        Slot { start: at(from.0, from.1), end: at(to.0, to.1) }
    }

    fn meeting(more: serde_json::Value) -> MeetingDetails {
        let mut object = json!({"id": 81, "topic": "Bible study", "type": 2, "duration": 60});
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        MeetingDetails::read(&object).unwrap()
    }

    #[test]
    fn the_golden_overlaps() {
        let mut calendar = Calendar::default();
        calendar.add(&meeting(json!({"start_time": "2026-12-01T10:00:00Z"})));
        let free = |from, to| calendar.taken(&[slot(from, to)], None).is_empty();
        assert!(free((11, 0), (12, 0)) && free((9, 0), (10, 0)));
        for (from, to) in [((10, 30), (10, 45)), ((9, 30), (10, 1)), ((9, 0), (12, 0)), ((10, 0), (11, 0))] {
            assert!(!free(from, to), "{from:?}");
        }
        let itself = Except { number: 81, occurrence: None };
        assert!(calendar.taken(&[slot((10, 30), (11, 30))], Some(itself)).is_empty());
        assert_eq!(calendar.timeless(None), 0);
    }

    #[test]
    fn what_has_no_time_is_counted_and_a_deleted_date_is_free() {
        let mut calendar = Calendar::default();
        calendar.add(&meeting(json!({"type": 3})));
        calendar.add(&meeting(json!({"type": 3})));
        calendar.add(&meeting(json!({"id": 82, "type": 4, "start_time": "2026-12-01T10:00:00Z"})));
        assert_eq!(calendar.timeless(None), 2);
        assert_eq!(calendar.timeless(Some(Except { number: 82, occurrence: None })), 1);
        let date = |id: &str, start: &str, status: &str| json!({"occurrence_id": id, "start_time": start, "duration": 60, "status": status});
        let series = json!({"id": 83, "type": 8, "start_time": "2026-11-24T10:00:00Z", "occurrences": [
            date("1", "2026-12-01T10:00:00Z", "available"), date("2", "2026-12-01T12:00:00Z", "deleted")]});
        calendar.add(&meeting(series.clone()));
        calendar.add(&meeting(series));
        let taken = calendar.taken(&[slot((10, 0), (13, 0))], None);
        assert_eq!(taken.len(), 1);
        assert_eq!((taken[0].number, taken[0].occurrence.as_deref()), (83, Some("1")));
        assert!(calendar.taken(&[slot((12, 0), (13, 0))], None).is_empty());
        // The other dates of a series count when one of them moves.
        let moved = Except { number: 83, occurrence: Some("2") };
        assert_eq!(calendar.taken(&[slot((10, 0), (11, 0))], Some(moved)).len(), 1);
    }

    proptest! {
        /// Two spans overlap if and only if some minute lies in both.
        #[test]
        fn an_overlap_is_a_shared_minute(a in 0_i64..60, b in 1_i64..60, c in 0_i64..60, d in 1_i64..60) {
            let one = Slot::new(at(0, a), b.unsigned_abs());
            let other = Slot::new(at(0, c), d.unsigned_abs());
            let shares = (0..180).any(|minute| (a..a + b).contains(&minute) && (c..c + d).contains(&minute));
            prop_assert_eq!(one.overlaps(other), shares);
            prop_assert_eq!(other.overlaps(one), shares);
        }
    }
}

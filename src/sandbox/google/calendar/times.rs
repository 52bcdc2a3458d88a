//! Which events a window touches, and the instances of a series.

use jiff::Timestamp;

use super::model::{Change, Event, When};

/// The window of a question: events end after the one and begin before the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) after: Option<Timestamp>,
    pub(super) before: Option<Timestamp>,
}

/// One row of an answer: an event, a series, or an instance of one.
#[derive(Debug, Clone)]
pub(super) struct Occurrence {
    pub(super) when: When,
    /// Where an instance stands in its series, even after it was moved.
    pub(super) original: Option<When>,
    pub(super) is_cancelled: bool,
    /// The series itself, with its rule.
    pub(super) is_series: bool,
}

impl Occurrence {
    /// The moment at which it begins: that of a day is midnight in the event's zone.
    pub(super) fn start(&self, event: &Event) -> Option<Timestamp> {
        bounds(event, self.when).map(|(start, _)| start)
    }
}

impl Window {
    fn touches(self, event: &Event, when: When) -> bool {
        let Some((start, end)) = bounds(event, when) else { return false };
        self.after.is_none_or(|after| end > after) && self.before.is_none_or(|before| start < before)
    }
}

/// The rows of an event in a window: its instances, or the series and the instances that differ.
pub(super) fn occurrences(event: &Event, window: Window, are_single: bool) -> Vec<Occurrence> {
    let Some((_, count)) = event.repeats else {
        let (when, is_cancelled) = (event.when, event.is_cancelled);
        let only = Occurrence { when, original: None, is_cancelled, is_series: false };
        return if window.touches(event, when) { vec![only] } else { Vec::new() };
    };
    let all = (0..count).filter_map(|number| {
        let original = event.instance(number)?;
        let change = event.changes.iter().find(|(changed, _)| *changed == number).map(|(_, change)| *change);
        let when = match change {
            Some(Change::Moved(start, end)) => When::Timed(start, end),
            _ => original,
        };
        let is_cancelled = event.is_cancelled || change == Some(Change::Cancelled);
        let instance = Occurrence { when, original: Some(original), is_cancelled, is_series: false };
        window.touches(event, when).then_some((instance, change.is_some()))
    });
    if are_single {
        return all.map(|(instance, _)| instance).collect();
    }
    let touched: Vec<(Occurrence, bool)> = all.collect();
    let (when, is_cancelled) = (event.when, event.is_cancelled);
    let series = Occurrence { when, original: None, is_cancelled, is_series: true };
    let series = (!touched.is_empty()).then_some(series);
    let different = touched.into_iter().filter(|(_, differs)| *differs).map(|(instance, _)| instance);
    series.into_iter().chain(different).collect()
}

fn bounds(event: &Event, when: When) -> Option<(Timestamp, Timestamp)> {
    let midnight = |date: jiff::civil::Date| Some(date.to_zoned(event.zone.clone()).ok()?.timestamp());
    match when {
        When::Timed(start, end) => Some((start, end)),
        When::Days(start, end) => Some((midnight(start)?, midnight(end)?)),
    }
}

//! The number of recordings that are not archived, and whether it is known. Pure: takes rows and the current time,
//! returns figures.
//!
//! The store knows the recordings that events and sweeps reported. Only Zoom can say whether that is all of them; a
//! sweep asks it. When no sweep has succeeded recently, the figure is unknown, never zero.

use std::time::Duration;

use super::{Coverage, Millis, age};

/// Event name under which the sweep adds the recordings that it finds.
pub const FOUND_EVENT: &str = "sweep.found";

/// Event name under which a backfill adds the recordings that it finds.
pub const BACKFILL_EVENT: &str = "backfill.found";

/// Event name under which conferences of Google Meet are added.
pub const MEET_EVENT: &str = "meet.found";

/// Name of the sweep's singleton in the store.
pub const SWEEP_SINGLETON: &str = "sweep";

/// Name of the same for Google Meet.
pub const MEET_SINGLETON: &str = "meet";

/// A sweep's result is valid for this number of intervals: one sweep may fail before the figures become unknown.
const INTERVALS_TRUSTED: u32 = 2;

/// Recordings that are not proved to be on Drive. Times are the store's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Active or parked jobs with at least one file that is not verified.
    pub unarchived: u64,
    /// Meeting start of the oldest. The time of acceptance where the start is unknown or a backfill added the
    /// recording: such a recording has been waiting only since then.
    pub oldest_at: Option<Millis>,
    /// Start of the day (UTC) on which Zoom's own retention deletes the first of them.
    pub zoom_deletes_at: Option<Millis>,
    /// Parked jobs, at any stage.
    pub parked: u64,
    /// Last event that Zoom sent.
    pub last_event_at: Option<Millis>,
}

/// Active jobs, by the condition that they wait for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Queue {
    /// Ready to run as soon as a worker is free and no system is paused.
    pub due: u64,
    /// Leased by a worker.
    pub running: u64,
    /// Scheduled for later: late files, the next attempt.
    pub waiting: u64,
    /// Time at which the job that has been ready for longest became ready.
    pub due_since: Option<Millis>,
}

/// State of periodic work that one instance at a time does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SingletonState {
    /// Last start or end.
    pub tried_at: Option<Millis>,
    /// Last successful end.
    pub succeeded_at: Option<Millis>,
    /// Result of the last run, for people.
    pub note: String,
    /// Users or items that the last successful run could not read; empty when it read everything.
    pub unseen: String,
    /// Since when no day went unlooked at.
    pub coverage: Coverage,
    /// How far the current run is, for people; empty between runs.
    pub progress: String,
}

/// Whether the settings allow sweeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sweeping {
    /// The interval between the end of one sweep and the start of the next.
    Every(Duration),
    /// Disabled by the settings.
    Off,
    /// No credentials for Zoom's API.
    NoCredentials,
}

/// The number of recordings that are not archived, if it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figures {
    /// A sweep has succeeded recently: the store knows every recording at Zoom.
    Known {
        /// Recordings that are not archived.
        unarchived: u64,
        /// See [`Backlog::oldest_at`].
        oldest_at: Option<Millis>,
        /// Age of the oldest.
        oldest_age: Option<Duration>,
        /// Start of the day (UTC) on which Zoom's own retention deletes the first of them.
        zoom_deletes_at: Option<Millis>,
        /// Users whose recordings the sweep could not list, and why: the figures do not include them. Empty when it
        /// listed everybody's.
        unseen: String,
    },
    /// Zoom may have recordings that the store does not know.
    Unknown {
        /// The reason, for people.
        why: String,
    },
}

/// Computes the figures. `singleton` is the sweep's state, `now` the store's clock.
pub fn figures(backlog: &Backlog, singleton: &SingletonState, sweeping: Sweeping, now: Millis) -> Figures {
    let unknown = |why: String| Figures::Unknown { why };
    let every = match sweeping {
        Sweeping::Every(every) => every,
        Sweeping::Off => return unknown("sweeping is switched off (SWEEP_EVERY=0s)".to_owned()),
        Sweeping::NoCredentials => {
            return unknown("there are no Zoom API credentials to sweep with".to_owned());
        }
    };
    let Some(succeeded_at) = singleton.succeeded_at else {
        return unknown(match (singleton.tried_at, singleton.note.as_str()) {
            (None, _) => "Zoom has not been swept yet".to_owned(),
            (Some(_), "") => "the first sweep has not ended yet".to_owned(),
            (Some(_), note) => format!("no sweep has succeeded yet; the last one: {note}"),
        });
    };
    if age(succeeded_at, now) > every.saturating_mul(INTERVALS_TRUSTED) {
        return unknown(format!(
            "no sweep has succeeded for {:?}; the last one: {}",
            age(succeeded_at, now),
            singleton.note
        ));
    }
    Figures::Known {
        unarchived: backlog.unarchived,
        oldest_at: backlog.oldest_at,
        oldest_age: backlog.oldest_at.map(|at| age(at, now)),
        zoom_deletes_at: backlog.zoom_deletes_at,
        unseen: singleton.unseen.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const NOW: Millis = 1_000_000_000_000;

    fn singleton(succeeded_ago: Option<Duration>, note: &str) -> SingletonState {
        let succeeded_at = succeeded_ago.map(|ago| NOW - i64::try_from(ago.as_millis()).unwrap());
        SingletonState {
            tried_at: Some(NOW),
            succeeded_at,
            note: note.to_owned(),
            ..SingletonState::default()
        }
    }

    fn why(singleton: &SingletonState, sweeping: Sweeping) -> String {
        match figures(&Backlog::default(), singleton, sweeping, NOW) {
            Figures::Unknown { why } => why,
            known @ Figures::Known { .. } => panic!("{known:?}"),
        }
    }

    #[test]
    fn an_empty_store_means_nothing_until_zoom_was_asked() {
        let every = Sweeping::Every(HOUR);
        assert!(why(&SingletonState::default(), every).contains("not been swept yet"));
        assert!(why(&singleton(None, ""), every).contains("not ended yet"));
        assert!(why(&singleton(None, "Zoom is down"), every).ends_with("Zoom is down"));
        assert!(
            why(&singleton(Some(2 * HOUR + Duration::from_millis(1)), "Zoom is down"), every)
                .contains("Zoom is down")
        );
        assert!(why(&singleton(Some(Duration::ZERO), ""), Sweeping::Off).contains("SWEEP_EVERY"));
        assert!(why(&singleton(Some(Duration::ZERO), ""), Sweeping::NoCredentials).contains("credentials"));
    }

    #[test]
    fn after_a_sweep_the_stores_word_is_known() {
        let backlog = Backlog {
            unarchived: 2,
            oldest_at: Some(NOW - 5_000),
            zoom_deletes_at: Some(NOW + 1),
            parked: 1,
            last_event_at: None,
        };
        let known = figures(&backlog, &singleton(Some(2 * HOUR), "failed since"), Sweeping::Every(HOUR), NOW);
        let expected = Figures::Known {
            unarchived: 2,
            oldest_at: Some(NOW - 5_000),
            oldest_age: Some(Duration::from_secs(5)),
            zoom_deletes_at: Some(NOW + 1),
            unseen: String::new(),
        };
        assert_eq!(known, expected);
        let nothing = figures(&Backlog::default(), &singleton(Some(HOUR), ""), Sweeping::Every(HOUR), NOW);
        let empty = |unseen: &str| Figures::Known {
            unarchived: 0,
            oldest_at: None,
            oldest_age: None,
            zoom_deletes_at: None,
            unseen: unseen.to_owned(),
        };
        assert_eq!(nothing, empty(""));
        // All that could be listed is archived, but not everybody's recordings could be listed.
        let partly = SingletonState { unseen: "Zoom Rooms".to_owned(), ..singleton(Some(HOUR), "") };
        let told = figures(&Backlog::default(), &partly, Sweeping::Every(HOUR), NOW);
        assert_eq!(told, empty("Zoom Rooms"));
    }

    #[test]
    fn what_is_to_come_has_no_age() {
        let backlog = Backlog { oldest_at: Some(NOW + 10_000), ..Backlog::default() };
        let known = figures(&backlog, &singleton(Some(HOUR), ""), Sweeping::Every(HOUR), NOW);
        assert!(matches!(known, Figures::Known { oldest_age: Some(Duration::ZERO), .. }), "{known:?}");
    }
}

//! How much is not archived yet, and whether that can be known. Pure: rows and the present go in, figures
//! come out.
//!
//! The store knows what it was told of. Whether that is everything, only Zoom can say: a sweep asks it. When
//! no sweep has succeeded lately the figure is unknown, never zero.

use std::time::Duration;

use super::{Millis, age};

/// The name of the event under which the sweep brings in what it has found.
pub const FOUND_EVENT: &str = "sweep.found";

/// The name of the event under which a backfill brings in what it has found.
pub const BACKFILL_EVENT: &str = "backfill.found";

/// The name of the sweep's turn in the store.
pub const SWEEP_SINGLETON: &str = "sweep";

/// A sweep's word holds for so many intervals: one may fail before the figures are doubted.
const INTERVALS_TRUSTED: u32 = 2;

/// What the store knows of recordings that are not proved to be on Drive. Times by the store's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many there are: active or parked jobs of which not everything is verified.
    pub unarchived: u64,
    /// When the oldest of them happened; when it was accepted, where the meeting's start is not known or a backfill
    /// brought it in: nobody has waited for that since it happened.
    pub oldest_at: Option<Millis>,
    /// Start of the day (UTC) on which Zoom's own retention deletes the first of them.
    pub zoom_deletes_at: Option<Millis>,
    /// Jobs that wait for a person, at whatever stage.
    pub parked: u64,
    /// When Zoom last called.
    pub last_event_at: Option<Millis>,
}

/// Active jobs, by what they wait for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Queue {
    /// Could be worked on now, if a worker were free and nothing paused.
    pub due: u64,
    /// A worker has them.
    pub running: u64,
    /// For their time: late files, the next attempt.
    pub waiting: u64,
    /// Since when the one that could be worked on for longest has waited for a worker.
    pub due_since: Option<Millis>,
}

/// What is known of work that one instance at a time does, every now and then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SingletonState {
    /// When it was last begun or ended.
    pub tried_at: Option<Millis>,
    /// When it last ended well.
    pub succeeded_at: Option<Millis>,
    /// What came of it last.
    pub note: String,
    /// Whom or what it could not see when it last ended well; empty when it saw everything.
    pub unseen: String,
}

/// Whether the settings let Zoom be swept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sweeping {
    /// So long after the end of the last one.
    Every(Duration),
    /// Switched off.
    Off,
    /// Zoom's API cannot be asked.
    NoCredentials,
}

/// How much is not archived, if that can be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figures {
    /// Zoom was asked lately: the store knows of every recording that there is.
    Known {
        /// How many recordings are not archived.
        unarchived: u64,
        /// When the oldest of them happened.
        oldest_at: Option<Millis>,
        /// How long ago that was.
        oldest_age: Option<Duration>,
        /// Start of the day (UTC) on which Zoom's own retention deletes the first of them.
        zoom_deletes_at: Option<Millis>,
        /// Whose recordings nobody could ask for, and why: the figures do not count those. Empty when everybody's
        /// were seen.
        unseen: String,
    },
    /// There may be recordings that nobody has told us of.
    Unknown {
        /// Why, for people.
        why: String,
    },
}

/// Builds the figures. `singleton` is the sweep's, `now` the store's clock.
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
        SingletonState { tried_at: Some(NOW), succeeded_at, note: note.to_owned(), unseen: String::new() }
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
        // Nothing is left of what could be seen: that is not nothing.
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

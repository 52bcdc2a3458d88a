//! The good sentence over random input.

use proptest::prelude::*;

use super::tests::{EVERY, HOUR, NOW, World, paused, texts};
use super::*;
use crate::jobs::{Backlog, Coverage, SingletonState, Sweeping};

fn moment() -> impl Strategy<Value = Option<Millis>> {
    prop::option::of((0..60 * 24).prop_map(|hours| NOW - i64::from(hours) * HOUR / 2))
}

fn singleton() -> impl Strategy<Value = SingletonState> {
    (moment(), moment(), moment(), moment(), any::<bool>()).prop_map(
        |(tried_at, succeeded_at, from, gap, part)| {
            let coverage =
                Coverage { from, gap_from: gap.filter(|gap| from > Some(*gap)), ..Coverage::default() };
            let unseen = if part { "Zoom Rooms".to_owned() } else { String::new() };
            SingletonState { tried_at, succeeded_at, unseen, coverage, ..SingletonState::default() }
        },
    )
}

fn worlds() -> impl Strategy<Value = World> {
    let sweeping = prop_oneof![
        4 => Just(Sweeping::Every(EVERY)),
        1 => Just(Sweeping::Off),
        1 => Just(Sweeping::NoCredentials)
    ];
    let few = || prop_oneof![2 => Just(0_u64), 1 => 0_u64..3];
    let pauses = prop::collection::vec(prop::sample::select(PauseCause::ALL.to_vec()).prop_map(paused), 0..2);
    let store =
        (few(), few(), moment(), moment(), singleton(), sweeping, prop::option::of(singleton()), pauses);
    let rest = (few(), few(), moment(), prop::bool::weighted(0.8), few(), few(), few(), any::<Option<u32>>());
    (store, rest).prop_map(|(store, rest)| {
        let (unarchived, parked, oldest_at, zoom_deletes_at, singleton, sweeping, meet, pauses) = store;
        let (due, running, due_since, is_alive, given_up, left_out, called_off, disk) = rest;
        World {
            backlog: Backlog { unarchived, oldest_at, zoom_deletes_at, parked, last_event_at: due_since },
            singleton,
            sweeping,
            meet,
            pauses,
            queue: Queue { due, running, waiting: 0, due_since },
            is_alive,
            given_up,
            unwanted: Some(Unwanted { left_out, called_off }),
            disk_free: disk.map(u64::from),
            ..World::well()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// The good sentence is said only when it is true.
    #[test]
    fn well_implies_that_all_is_known_and_nothing_waits(world in worlds()) {
        let outlook = world.outlook();
        prop_assert_eq!(outlook.state == State::Attention, !outlook.todo.is_empty());
        let is_recent = |state: &SingletonState| {
            state.succeeded_at.is_some_and(|at| age(at, NOW) <= 2 * EVERY) && state.coverage.from.is_some()
        };
        let is_known = matches!(world.sweeping, Sweeping::Every(_))
            && is_recent(&world.singleton)
            && world.meet.as_ref().is_none_or(is_recent);
        match outlook.state {
            State::Well => {
                prop_assert!(is_known && world.is_alive && world.pauses.is_empty());
                prop_assert_eq!((world.backlog.unarchived, world.backlog.parked), (0, 0));
                let is_all = outlook.sentence.starts_with("Every recording since ");
                let is_whole = world.singleton.unseen.is_empty() && world.unwanted == Some(Unwanted::default());
                prop_assert!(!is_all || is_whole, "{}", outlook.sentence);
            }
            State::Working => prop_assert!(is_known),
            State::Unknown => prop_assert!(!is_known),
            State::Attention => {}
        }
        if !is_known {
            prop_assert!(!outlook.sentence.contains("0 ") && !outlook.sentence.starts_with("Every"));
            prop_assert!(!texts(&outlook).contains("0 recording"), "{:?}", outlook.lines);
        }
    }
}

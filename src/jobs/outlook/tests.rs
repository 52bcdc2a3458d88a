//! The sentence is never better than what is known.

use std::time::Duration;

use super::*;
use crate::jobs::messages::conditions::Unannounced;
use crate::jobs::pause::Pause;
use crate::jobs::{Backlog, Coverage, SingletonState, Sweeping};

/// Tuesday, 2026-03-03 19:30 UTC.
pub(super) const NOW: Millis = 1_772_566_200_000;
pub(super) const HOUR: Millis = 3600 * 1000;
pub(super) const DAY: Millis = 24 * HOUR;
pub(super) const EVERY: Duration = Duration::from_secs(3600);

/// Everything that facts are made of, owned.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) backlog: Backlog,
    pub(super) singleton: SingletonState,
    pub(super) sweeping: Sweeping,
    pub(super) meet: Option<SingletonState>,
    pub(super) pauses: Vec<Pause>,
    pub(super) alerts: Vec<Alert>,
    pub(super) queue: Queue,
    pub(super) parked: Vec<ParkedReason>,
    pub(super) is_alive: bool,
    pub(super) given_up: u64,
    pub(super) disk_free: Option<u64>,
    pub(super) late: LateFiles,
    pub(super) unwanted: Option<Unwanted>,
    pub(super) refused: u64,
}

impl World {
    /// Swept five minutes ago, nothing to do.
    pub(super) fn well() -> Self {
        let coverage = Coverage { from: Some(NOW - 30 * DAY), ..Coverage::default() };
        let at = Some(NOW - 5 * 60 * 1000);
        let note = "350 user(s), 41 recording(s), 2 of them new".to_owned();
        Self {
            backlog: Backlog { last_event_at: Some(NOW - HOUR), ..Backlog::default() },
            singleton: SingletonState {
                tried_at: at,
                succeeded_at: at,
                note,
                coverage,
                ..SingletonState::default()
            },
            sweeping: Sweeping::Every(EVERY),
            meet: None,
            pauses: Vec::new(),
            alerts: Vec::new(),
            queue: Queue::default(),
            parked: Vec::new(),
            is_alive: true,
            given_up: 0,
            disk_free: Some(1 << 40),
            late: LateFiles::default(),
            unwanted: Some(Unwanted::default()),
            refused: 0,
        }
    }

    pub(super) fn outlook(&self) -> Outlook {
        let seen = SystemSnapshot {
            now: NOW,
            backlog: &self.backlog,
            singleton: &self.singleton,
            sweeping: self.sweeping,
            verification: None,
            meet: self.meet.as_ref().map(|meet| (meet, EVERY)),
            pauses: &self.pauses,
            unannounced: Unannounced::default(),
            refused: self.refused,
            unusable: &[],
            consent_ends_at: None,
        };
        outlook(&Facts {
            seen: &seen,
            limits: Limits::default(),
            alerts: &self.alerts,
            queue: self.queue,
            parked: &self.parked,
            is_alive: self.is_alive,
            given_up: self.given_up,
            disk_free: self.disk_free,
            late: self.late,
            unwanted: self.unwanted,
            totals: Some(Totals { recordings: 18_204, bytes: 2_100_000_000_000 }),
            zone: &TimeZone::UTC,
        })
    }
}

pub(super) fn paused(cause: PauseCause) -> Pause {
    let message = cause.message(System::Drive, "storage is full");
    Pause { system: System::Drive, cause, since: NOW - HOUR, message, probe_at: NOW + HOUR / 2, probes: 1 }
}

pub(super) fn texts(outlook: &Outlook) -> String {
    outlook.lines.iter().map(|line| format!("{}\n", line.text)).collect()
}

#[test]
fn the_good_sentence_names_its_day() {
    let outlook = World::well().outlook();
    assert_eq!(outlook.state, State::Well);
    assert_eq!(outlook.sentence, "Every recording since 1 February is safe on Google Drive.");
    let texts = texts(&outlook);
    assert!(texts.contains("18,204 in all, 1.91 TiB; what is older than 1 February"), "{texts}");
    assert!(texts.contains("Zoom was asked 5 min ago (350 user(s)"), "{texts}");
    assert!(texts.contains("next 20:25. Its last call 18:30"), "{texts}");
    let mut older = World::well();
    older.singleton.coverage.from = Some(NOW - 90 * DAY);
    assert!(older.outlook().sentence.contains("since 3 December 2025"), "{}", older.outlook().sentence);
}

#[test]
fn nothing_is_called_safe_that_was_not_copied() {
    let world = World {
        unwanted: Some(Unwanted { left_out: 12, called_off: 3 }),
        late: LateFiles { jobs: 7, until: Some(NOW + 18 * HOUR + 30 * 60_000) },
        ..World::well()
    };
    let outlook = world.outlook();
    assert!(outlook.sentence.starts_with("Every wanted recording since"), "{}", outlook.sentence);
    let lines = texts(&outlook);
    assert!(lines.contains("12 left out by rules, 3 called off since then."), "{lines}");
    assert!(
        lines.contains("7 archived recordings wait for late files, the last until Wed 2026-03-04 14:00.")
    );
    let uncounted = World { unwanted: None, ..World::well() }.outlook();
    assert!(uncounted.sentence.starts_with("Every wanted recording since"), "{}", uncounted.sentence);
    let mut unseen = World::well();
    unseen.singleton.unseen = "Zoom Rooms: a scope is missing".to_owned();
    let outlook = unseen.outlook();
    assert!(outlook.sentence.contains("of the account's listed users"), "{}", outlook.sentence);
    assert!(texts(&outlook).contains("Not seen: Zoom Rooms: a scope is missing."));
}

#[test]
fn without_a_sweep_nobody_can_say_and_no_zero_stands_there() {
    let mut world = World::well();
    world.singleton = SingletonState::default();
    let outlook = world.outlook();
    assert_eq!((outlook.state, outlook.short.as_str()), (State::Unknown, "Not known"));
    assert_eq!(outlook.sentence, "Nobody can say at the moment whether a recording is missing.");
    assert!(texts(&outlook).contains("Why: Zoom has not been swept yet."), "{:?}", outlook.lines);
    for (sweeping, setting) in [(Sweeping::Off, "SWEEP_EVERY"), (Sweeping::NoCredentials, "ZOOM_CLIENT_ID")] {
        let outlook = World { sweeping, ..World::well() }.outlook();
        assert_eq!(outlook.state, State::Unknown);
        assert!(outlook.sentence.starts_with("What Zoom told us of is safe"), "{}", outlook.sentence);
        assert!(texts(&outlook).contains(setting));
        assert!(!texts(&outlook).contains("0 "), "{:?}", outlook.lines);
        let backlog = Backlog { unarchived: 2, ..Backlog::default() };
        let outlook = World { sweeping, backlog, ..World::well() }.outlook();
        assert!(outlook.sentence.starts_with("What Zoom told us of is on its way"), "{}", outlook.sentence);
    }
    // An earlier release has swept, and nobody knows since when no day went unlooked at.
    let mut upgraded = World::well();
    upgraded.singleton.coverage = Coverage::default();
    assert_eq!(upgraded.outlook().state, State::Unknown);
}

#[test]
fn a_second_source_that_is_not_read_is_unknown_and_the_later_day_counts() {
    let mut world = World { meet: Some(SingletonState::default()), ..World::well() };
    assert_eq!(world.outlook().state, State::Unknown);
    assert!(texts(&world.outlook()).contains("Google Meet has not been read yet"));
    let coverage = Coverage { from: Some(NOW - 2 * DAY), ..Coverage::default() };
    let at = Some(NOW - 1);
    world.meet =
        Some(SingletonState { tried_at: at, succeeded_at: at, coverage, ..SingletonState::default() });
    assert!(world.outlook().sentence.contains("since 1 March"), "{}", world.outlook().sentence);
}

#[test]
fn a_gap_is_named_with_the_command_that_fills_it() {
    let mut world = World::well();
    world.singleton.coverage =
        Coverage { from: Some(NOW - 3 * DAY), gap_from: Some(NOW - 9 * DAY), ..Coverage::default() };
    let outlook = world.outlook();
    assert!(outlook.sentence.contains("since 28 February"), "{}", outlook.sentence);
    let gap = outlook.lines.iter().find(|line| line.kind == LineKind::Warning).unwrap();
    assert_eq!(gap.text, "Nobody has looked for recordings from 2026-02-22 to 2026-02-27.");
    assert_eq!(gap.commands[0], "zoom2drive backfill --from 2026-02-22 --to 2026-02-27");
}

#[test]
fn what_needs_people_leads_and_the_unknown_is_a_line_of_it() {
    let reason = ParkedReason {
        alike: "ab".to_owned(),
        reason: "no role on the folder".to_owned(),
        jobs: 12,
        first: JobId(7),
        since: NOW - HOUR,
    };
    let world = World {
        sweeping: Sweeping::Off,
        pauses: vec![paused(PauseCause::StorageFull), paused(PauseCause::Unreachable)],
        parked: vec![reason],
        backlog: Backlog { parked: 12, unarchived: 15, ..Backlog::default() },
        ..World::well()
    };
    let outlook = world.outlook();
    assert_eq!((outlook.state, outlook.sentence.as_str()), (State::Attention, "2 things need you."));
    assert_eq!(outlook.short, "2 need you");
    assert_eq!(outlook.todo[0].what, "Google Drive is paused: storage full.");
    assert!(outlook.todo[0].advice.contains("Make room in Google Drive"));
    assert_eq!(outlook.todo[0].act, Act::Probe(System::Drive, NOW + HOUR / 2));
    assert_eq!(outlook.todo[1].what, "12 recordings wait for you.");
    assert!(matches!(&outlook.todo[1].act, Act::Retry { jobs: 12, .. }), "{:?}", outlook.todo[1]);
    assert_eq!(outlook.lines[0].text, text::NOBODY_CAN_SAY);
    assert!(texts(&outlook).contains("Google Drive is paused since 18:30 (unreachable)"));
}

#[test]
fn each_trouble_needs_somebody() {
    let well = World::well;
    let due = Queue { due: 1, due_since: Some(NOW - HOUR - 1), ..Queue::default() };
    let moving = Queue { running: 1, ..due };
    let one = |world: World| {
        let outlook = world.outlook();
        (outlook.state == State::Attention, outlook.todo.len())
    };
    assert_eq!(one(World { is_alive: false, ..well() }), (true, 1));
    assert_eq!(one(World { given_up: 1, ..well() }), (true, 1));
    assert_eq!(one(World { disk_free: Some(200 * 1024 * 1024 - 1), ..well() }), (true, 1));
    assert_eq!(one(World { disk_free: None, ..well() }), (false, 0));
    assert_eq!(one(World { queue: due, ..well() }), (true, 1));
    assert_eq!(one(World { queue: moving, ..well() }), (false, 0));
    assert_eq!(one(World { refused: 50, ..well() }), (true, 1));
    let parked = Backlog { parked: 3, ..Backlog::default() };
    assert_eq!(one(World { backlog: parked, ..well() }), (true, 1), "without their reasons, too");
    for cause in PauseCause::ALL {
        let outlook = World { pauses: vec![paused(cause)], ..well() }.outlook();
        let ends_by_itself = matches!(cause, PauseCause::DailyLimit | PauseCause::Unreachable);
        assert_eq!(outlook.state == State::Attention, !ends_by_itself, "{cause}");
        assert_ne!(outlook.state, State::Well, "{cause}");
    }
}

#[test]
fn a_problem_within_its_grace_needs_nobody_yet() {
    let mut world = World::well();
    world.backlog = Backlog { unarchived: 1, zoom_deletes_at: Some(NOW + DAY), ..Backlog::default() };
    assert_eq!(world.outlook().state, State::Working);
    assert_eq!(world.outlook().sentence, "1 recording is on its way to Google Drive.");
    let alert = |since| Alert {
        key: "retention".to_owned(),
        since,
        notifications: 0,
        notified_at: since,
        seen_at: NOW,
    };
    world.alerts = vec![alert(NOW - HOUR + 1)];
    assert_eq!(world.outlook().state, State::Working);
    world.alerts = vec![alert(NOW - HOUR)];
    let outlook = world.outlook();
    assert_eq!((outlook.state, outlook.todo[0].since), (State::Attention, Some(NOW - HOUR)));
    assert!(outlook.todo[0].commands.contains(&"zoom2drive jobs status".to_owned()), "{:?}", outlook.todo);
}

//! Texts, grouping of messages, and times of reminders.

use proptest::prelude::*;

use super::alerts::{Alert, AlertChange, changes};
use super::conditions::{Limits, SystemSnapshot, Unannounced, conditions};
use super::post::{EMAILS_PER_HOUR, Group, NAMED_MAX, Pick, compose, pick};
use super::*;
use crate::jobs::Coverage;
use crate::jobs::{Backlog, JobId, SingletonState, Stage, Standing, Sweeping};
use crate::recording::listing;
use crate::untrusted::is_control;

const NOW: Millis = 1_800_000_000_000;
const HOUR: Millis = 3600 * 1000;

fn job(topic: &str) -> Job {
    let object = serde_json::json!({"uuid": "u", "topic": topic, "host_email": "ann@example.com",
        "start_time": "2026-03-01T18:30:00Z"});
    Job {
        id: JobId(7),
        recording: listing::read(&object).unwrap(),
        stage: Stage::Planned,
        standing: Standing::Parked,
        reason: String::new(),
        attempts: 0,
        next_attempt_at: 0,
        accepted_at: 0,
        updated_at: NOW,
        revision: 1,
        planned_revision: 1,
        backfilled: false,
        leased: false,
        removals: Default::default(),
        zoom_copy: Default::default(),
    }
}

#[test]
fn a_parked_job_whose_files_are_archived_does_not_say_the_contrary() {
    let archived = Job { stage: Stage::Settled, ..job("A play") };
    let text = parked(&archived, "archived, and kept at Zoom: a doubt").text;
    assert!(
        text.starts_with("A recording is archived, and its copy at Zoom is kept: it waits for a person."),
        "{text}"
    );
    let news = Job { revision: 2, ..archived };
    assert!(parked(&news, "x").text.starts_with("A recording is not archived"));
}

#[test]
fn a_parked_job_says_what_happened_and_what_to_do() {
    let message =
        parked(&job("A play\r\nBcc: x"), "Google refuses: no role. Make the account Content manager");
    insta::assert_snapshot!(message.subject, @"Job 7 waits for a person: A play Bcc: x (ann@example.com, 2026-03-01 18:30 UTC)");
    insta::assert_snapshot!(message.text, @r"
    A recording is not archived and waits for a person.

      topic     A play Bcc: x
      host      ann@example.com
      started   2026-03-01 18:30 UTC
      job       7, stage planned

    Google refuses: no role. Make the account Content manager

    Until somebody lets it go on, nothing more happens to it here. Zoom's own retention goes on counting.

      zoom2drive jobs show 7
      zoom2drive jobs retry 7     once it is mended
    ");
}

#[test]
fn reasons_that_differ_in_numbers_are_one() {
    let cause = |reason: &str| parked(&job("x"), reason).cause;
    assert_eq!(cause("gave up after 40 attempts: 503"), cause("gave up after 41 attempts: 502"));
    assert_ne!(cause("no role"), cause("no room"));
}

#[test]
fn a_digest_waits_for_its_hour() {
    let wait = |at: Millis| archived(&job("x"), "", Archived::Daily, at).unwrap().wait.as_secs();
    let midnight = NOW / (24 * HOUR) * (24 * HOUR);
    assert_eq!(wait(midnight), 6 * 3600);
    assert_eq!(wait(midnight + 6 * HOUR - 1000), 1);
    assert_eq!(wait(midnight + 6 * HOUR), 24 * 3600);
    assert_eq!(wait(midnight + 23 * HOUR), 7 * 3600);
    assert!(archived(&job("x"), "", Archived::Off, NOW).is_none());
    assert_ne!(archived(&job("x"), "", Archived::Each, NOW).unwrap().cause, "archived");
}

fn group(cause: &str, first: i64, due_at: Millis) -> Group {
    Group { cause: cause.to_owned(), first, level: Level::Error, due_at, held_until: 0, sent_at: None }
}

fn nothing_for(millis: i64) -> Pick {
    Pick::Nothing(Some(Duration::from_millis(millis.unsigned_abs())))
}

#[test]
fn a_cause_is_told_at_once_and_then_collected() {
    assert_eq!(pick(&[], &[], NOW), Pick::Nothing(None));
    assert_eq!(pick(&[group("a", 1, NOW)], &[], NOW), Pick::Cause("a".into()));
    assert_eq!(pick(&[group("a", 1, NOW + 5)], &[], NOW), nothing_for(5));
    let sent = Group { sent_at: Some(NOW - HOUR + 7), ..group("a", 1, NOW) };
    assert_eq!(pick(std::slice::from_ref(&sent), &[NOW - HOUR + 7], NOW), nothing_for(7));
    assert_eq!(pick(std::slice::from_ref(&sent), &[], NOW + 7), Pick::Cause("a".into()));
    let held = Group { held_until: NOW + 9, ..group("a", 1, NOW) };
    assert_eq!(pick(&[held, group("b", 2, NOW)], &[], NOW), Pick::Cause("b".into()));
    let news = Group { level: Level::Info, ..group("archived", 1, NOW) };
    assert_eq!(pick(&[news, group("b", 2, NOW)], &[], NOW), Pick::Cause("b".into()), "the worst first");
}

#[test]
fn the_last_letter_of_an_hour_tells_all_the_rest() {
    let groups = [group("a", 1, NOW), group("b", 2, NOW)];
    let sent = |count: u32| (0..count).map(|at| NOW - HOUR + 1 + i64::from(at)).collect::<Vec<_>>();
    assert_eq!(pick(&groups, &sent(EMAILS_PER_HOUR - 2), NOW), Pick::Cause("a".into()));
    assert_eq!(pick(&groups, &sent(EMAILS_PER_HOUR - 1), NOW), Pick::Everything);
    assert_eq!(pick(&groups[..1], &sent(EMAILS_PER_HOUR - 1), NOW), Pick::Cause("a".into()));
    assert_eq!(pick(&groups, &sent(EMAILS_PER_HOUR), NOW), nothing_for(1));
    assert_eq!(pick(&groups, &sent(EMAILS_PER_HOUR), NOW + 1), Pick::Everything);
}

fn message(id: i64, new: NewMessage) -> Message {
    Message {
        id,
        cause: new.cause,
        thread: new.thread,
        level: new.level,
        avoids_google: new.avoids_google,
        subject: new.subject,
        text: new.text,
        created_at: NOW,
        state: MessageState::Waiting,
        attempts: 0,
        next_attempt_at: NOW,
        sent_at: None,
        channel: String::new(),
        last_error: String::new(),
        sent_with: None,
    }
}

#[test]
fn a_letter_of_many_names_some_and_counts_all() {
    let all: Vec<Message> = (1..=60).map(|id| message(id, parked(&job("A play"), "no role"))).collect();
    assert_eq!(compose(&[], 0, false), None);
    let one = compose(&all[..1], 1, false).unwrap();
    assert_eq!((one.subject.as_str(), one.text.as_str()), (all[0].subject.as_str(), all[0].text.as_str()));
    let many = compose(&all[..NAMED_MAX], 1000, false).unwrap();
    assert_eq!((many.id, many.count), (1, 1000));
    assert!(many.text.contains("and 950 more") && many.text.contains("no role"), "{}", many.text);
    let everything = compose(&all[..3], 3, true).unwrap();
    assert_eq!(everything.subject, "3 messages in one");
    assert_eq!(everything.text.matches("A play").count(), 3);
}

/// A healthy system that was just swept.
fn well<'a>(
    backlog: &'a Backlog,
    singleton: &'a SingletonState,
    limits: Limits,
    change: impl FnOnce(&mut SystemSnapshot<'a>),
) -> Vec<String> {
    let mut snapshot = SystemSnapshot {
        now: NOW,
        backlog,
        singleton,
        sweeping: Sweeping::Every(Duration::from_secs(3600)),
        meet: None,
        verification: None,
        pauses: &[],
        unannounced: Unannounced::default(),
        refused: 0,
        unusable: &[],
        consent_ends_at: None,
    };
    change(&mut snapshot);
    conditions(&snapshot, limits).into_iter().map(|condition| condition.key).collect()
}

#[test]
fn each_trouble_is_seen_and_nothing_else() {
    let limits = Limits { backlog_age: Some(DAY), silence: Some(7 * DAY) };
    let day = 24 * HOUR;
    let swept = SingletonState { tried_at: Some(NOW), succeeded_at: Some(NOW), ..SingletonState::default() };
    let calm = Backlog { last_event_at: Some(NOW - day), ..Backlog::default() };
    let none: [&str; 0] = [];
    assert_eq!(well(&calm, &swept, limits, |_| {}), none);
    let old = Backlog { unarchived: 1, oldest_at: Some(NOW - day - 1), ..calm };
    assert_eq!(well(&old, &swept, limits, |_| {}), ["backlog-age"]);
    assert_eq!(well(&old, &swept, Limits::default(), |_| {}), none, "for those who want to hear of it");
    let silent = Backlog { last_event_at: Some(NOW - 7 * day - 1), ..calm };
    assert_eq!(well(&silent, &swept, limits, |_| {}), ["silence"]);
    let going = |days: i64| Backlog { unarchived: 1, zoom_deletes_at: Some(NOW + days * day), ..calm };
    assert_eq!(well(&going(3), &swept, limits, |_| {}), ["retention"]);
    assert_eq!(well(&going(4), &swept, limits, |_| {}), none);
    assert_eq!(well(&Backlog { parked: 1, ..calm }, &swept, limits, |_| {}), ["still-parked"]);
    assert_eq!(well(&calm, &SingletonState::default(), limits, |_| {}), ["sweep"]);
    assert_eq!(well(&calm, &SingletonState::default(), limits, |it| it.sweeping = Sweeping::Off), none);
    let gap_from = Some(NOW - 9 * day);
    let coverage = Coverage { from: Some(NOW - 3 * day), gap_from, ..Coverage::default() };
    let gap = SingletonState { coverage, ..swept.clone() };
    assert_eq!(well(&calm, &gap, limits, |_| {}), ["gap"]);
    assert_eq!(well(&calm, &swept, limits, |it| it.refused = 49), none);
    assert_eq!(well(&calm, &swept, limits, |it| it.refused = 50), ["refused-webhooks"]);
    let bad = ["RULES_FILE: rules.toml, line 2: key \"x\" is not known".to_owned()];
    assert_eq!(well(&calm, &swept, limits, |it| it.unusable = &bad), ["unusable-values"]);
    let found = |since| Unannounced { count: 1, since: Some(since) };
    assert_eq!(well(&calm, &swept, limits, |it| it.unannounced = found(NOW - HOUR)), none);
    assert_eq!(well(&calm, &swept, limits, |it| it.unannounced = found(NOW - 2 * HOUR)), ["unannounced"]);
    assert_eq!(well(&calm, &swept, limits, |it| it.consent_ends_at = Some(NOW + 2 * day)), ["consent"]);
    assert_eq!(well(&calm, &swept, limits, |it| it.consent_ends_at = Some(NOW + 2 * day + 1)), none);
}

/// The stored alerts after a change, as the store keeps them.
fn remember(known: &mut Vec<Alert>, change: &AlertChange, now: Millis) {
    let index = known.iter().position(|alert| alert.key == change.key);
    match (index, change.to) {
        (Some(index), Some(to)) => {
            assert_eq!(change.from, Some(known[index].notifications));
            let alert = &mut known[index];
            alert.notified_at = if alert.notifications == to { alert.notified_at } else { now };
            (alert.notifications, alert.seen_at) = (to, now);
        }
        (Some(index), None) => drop(known.remove(index)),
        (None, Some(notifications)) => known.push(Alert {
            key: change.key.clone(),
            since: now,
            notifications,
            notified_at: now,
            seen_at: now,
        }),
        (None, None) => panic!("{change:?}"),
    }
}

/// The hours at which people are notified of a backlog that is too old from hour 0 up to `until`, checked hourly.
fn notified(until: i64, watch_to: i64) -> Vec<(i64, String)> {
    let (mut known, mut sent) = (Vec::new(), Vec::new());
    for hour in 0..watch_to {
        let now = NOW + hour * HOUR;
        let is_old = hour < until;
        let backlog =
            Backlog { unarchived: 1, oldest_at: Some(if is_old { 0 } else { now }), ..Backlog::default() };
        let singleton =
            SingletonState { tried_at: Some(now), succeeded_at: Some(now), ..SingletonState::default() };
        let snapshot = SystemSnapshot {
            now,
            backlog: &backlog,
            singleton: &singleton,
            sweeping: Sweeping::Off,
            meet: None,
            verification: None,
            pauses: &[],
            unannounced: Unannounced::default(),
            refused: 0,
            unusable: &[],
            consent_ends_at: None,
        };
        let limits = Limits { backlog_age: Some(DAY), silence: None };
        for change in changes(&known, &conditions(&snapshot, limits), "", now) {
            remember(&mut known, &change, now);
            if let Some(message) = change.message {
                sent.push((hour, message.subject.split(' ').next().unwrap().to_owned()));
            }
        }
    }
    sent
}

#[test]
fn what_lasts_is_told_after_a_grace_and_again_at_growing_intervals() {
    assert_eq!(notified(1, 48), [], "it was over before anybody was notified");
    let day = 24;
    let sent: Vec<_> = notified(40 * day, 80 * day);
    let expected =
        [(1, "A"), (1 + day, "Still:"), (1 + 8 * day, "Still:"), (1 + 38 * day, "Still:"), (40 * day, "All")];
    assert_eq!(sent, expected.map(|(hour, word)| (hour, word.to_owned())));
}

proptest! {
    #[test]
    fn no_text_from_outside_ends_a_line_or_is_too_long(text in any::<String>(), max in 1..300_usize) {
        let safe = line(&text, max);
        prop_assert!(safe.chars().count() <= max && !safe.chars().any(is_control), "{:?}", safe);
    }

    #[test]
    fn whatever_waits_is_sent_in_the_end_and_never_more_than_the_cap(
        causes in proptest::collection::vec(0..40_u32, 1..80), due in proptest::collection::vec(0..HOUR, 80)
    ) {
        let mut waiting: Vec<(String, Millis)> =
            causes.iter().zip(&due).map(|(cause, due)| (cause.to_string(), NOW + due)).collect();
        let (mut now, mut sent, mut last) = (NOW, Vec::new(), std::collections::HashMap::new());
        let mut steps = 0;
        while !waiting.is_empty() {
            steps += 1;
            prop_assert!(steps < 1000);
            let mut groups: Vec<Group> = Vec::new();
            for (index, (cause, due)) in waiting.iter().enumerate() {
                if groups.iter().all(|group| group.cause != *cause) {
                    let sent_at = last.get(cause).copied();
                    groups.push(Group { sent_at, ..group(cause, i64::try_from(index).unwrap(), *due) });
                }
            }
            let before = waiting.len();
            match pick(&groups, &sent, now) {
                Pick::Nothing(wait) => {
                    now += i64::try_from(wait.unwrap().as_millis()).unwrap();
                    continue;
                }
                Pick::Cause(cause) => {
                    prop_assert!(last.insert(cause.clone(), now).is_none_or(|at| now - at >= HOUR));
                    waiting.retain(|(known, _)| *known != cause);
                }
                Pick::Everything => waiting.retain(|(_, due)| *due > now),
            }
            prop_assert!(waiting.len() < before);
            sent.push(now);
            let lately = sent.iter().filter(|at| **at > now - HOUR).count();
            prop_assert!(lately <= usize::try_from(EMAILS_PER_HOUR).unwrap());
        }
    }
}

//! Messages are written with what they tell of, sent by one at a time, and taken back when they are not true any
//! more.

use std::time::Duration;

use zoom2drive::jobs::messages::alerts::AlertChange;
use zoom2drive::jobs::messages::conditions::Unannounced;
use zoom2drive::jobs::messages::{Archived, Level, Message, MessageState, NewMessage, NotifyPolicy};
use zoom2drive::jobs::pause::{PauseCause, System};
use zoom2drive::jobs::{FOUND_EVENT, Standing};
use zoom2drive::store::messages::{Batch, MessageFilter, OutboxClaim};
use zoom2drive::store::pauses::NewPause;
use zoom2drive::store::{RunEnd, StoreError};

use super::{Store, begin, ending, event, recording};

const HOUR: Duration = Duration::from_secs(3600);

/// From now on messages are written.
fn tell(store: &Store, archived: Archived) {
    store.set_notify_policy(NotifyPolicy { is_on: true, archived });
}

async fn all(store: &Store) -> Vec<Message> {
    store.messages(MessageFilter::default()).await.unwrap()
}

async fn take(store: &Store, hold_for: Duration) -> Batch {
    match store.claim_messages(hold_for).await.unwrap() {
        OutboxClaim::Send(batch) => batch,
        OutboxClaim::Nothing { next_in } => panic!("nothing to send; next in {next_in:?}"),
    }
}

async fn none(store: &Store) -> Option<Duration> {
    match store.claim_messages(HOUR).await.unwrap() {
        OutboxClaim::Send(batch) => panic!("{batch:?}"),
        OutboxClaim::Nothing { next_in } => next_in,
    }
}

fn ids(batch: &Batch) -> Vec<i64> {
    batch.messages.iter().map(|message| message.id).collect()
}

async fn park(store: &Store, uuid: &str, reason: &str) {
    let (_, lease) = begin(store, uuid).await;
    let ending = RunEnd { reason: reason.to_owned(), ..ending(Standing::Parked) };
    store.finish(&lease, &ending).await.unwrap();
}

fn about(cause: &str) -> NewMessage {
    NewMessage {
        cause: cause.to_owned(),
        thread: cause.to_owned(),
        level: Level::Error,
        avoids_google: true,
        subject: format!("about {cause}"),
        text: "text\n".to_owned(),
        wait: Duration::ZERO,
        takes_back: None,
    }
}

/// Trouble of this name begins, and is told.
async fn write(store: &Store, key: &str, message: NewMessage) -> bool {
    let change = AlertChange { key: key.to_owned(), from: None, to: Some(1), message: Some(message) };
    store.change_alert(&change).await.unwrap()
}

pub async fn a_parked_job_and_its_message_are_written_together(store: &Store) {
    park(store, "before", "no role").await;
    assert_eq!(all(store).await, [], "nobody can be told");
    tell(store, Archived::Off);
    let (_, lease) = begin(store, "lost").await;
    store.cancel(lease.job).await.unwrap();
    let lost = store.finish(&lease, &ending(Standing::Parked)).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost)));
    assert_eq!(all(store).await, [], "neither is written");
    park(store, "u", "no role").await;
    let [message] = &all(store).await[..] else { panic!() };
    assert_eq!((message.state, message.level), (MessageState::Waiting, Level::Error));
    assert!(message.subject.contains("A play") && message.text.contains("no role"), "{message:?}");
    let (_, lease) = begin(store, "done").await;
    store.finish(&lease, &ending(Standing::Finished)).await.unwrap();
    assert_eq!(all(store).await.len(), 1, "what went well is not told");
    tell(store, Archived::Each);
    let (_, lease) = begin(store, "told").await;
    store.finish(&lease, &ending(Standing::Finished)).await.unwrap();
    assert_eq!(all(store).await[0].level, Level::Info);
}

pub async fn news_that_keep_a_job_going_are_no_message(store: &Store) {
    tell(store, Archived::Each);
    let (_, lease) = begin(store, "u").await;
    super::accept(store, recording("u", &[("late", 3)]), "late").await;
    store.finish(&lease, &ending(Standing::Parked)).await.unwrap();
    assert_eq!(all(store).await, []);
}

pub async fn one_sender_has_a_message_at_a_time(store: &Store) {
    tell(store, Archived::Off);
    write(store, "a", about("a")).await;
    let claims = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.claim_messages(HOUR).await.unwrap() })
    });
    let claims = futures::future::join_all(claims).await;
    let sends = claims.into_iter().filter(|claim| matches!(claim.as_ref().unwrap(), OutboxClaim::Send(_)));
    assert_eq!(sends.count(), 1);
    assert!(none(store).await.unwrap() > HOUR / 2, "until the holder is certainly gone");
}

pub async fn a_message_whose_sender_is_gone_is_sent_by_the_next(store: &Store) {
    tell(store, Archived::Off);
    write(store, "a", about("a")).await;
    let lost = take(store, Duration::ZERO).await;
    let taken = take(store, HOUR).await;
    assert_eq!(ids(&lost), ids(&taken));
    assert_eq!(store.messages_sent(&lost, "gmail").await.unwrap(), 0);
    assert_eq!(store.messages_failed(&lost, "x", HOUR).await.unwrap(), 0);
    assert_eq!(store.messages_sent(&taken, "webhook").await.unwrap(), 1);
    let [message] = &all(store).await[..] else { panic!() };
    assert_eq!((message.state, message.channel.as_str()), (MessageState::Sent, "webhook"));
    assert!(message.sent_at.is_some() && message.sent_with == Some(message.id) && message.avoids_google);
    assert_eq!(none(store).await, None);
}

pub async fn a_message_that_failed_waits_and_is_tried_again(store: &Store) {
    tell(store, Archived::Off);
    write(store, "a", about("a")).await;
    let batch = take(store, HOUR).await;
    assert_eq!(store.messages_failed(&batch, "gmail: busy", HOUR).await.unwrap(), 0);
    let [message] = &all(store).await[..] else { panic!() };
    assert_eq!((message.attempts, message.last_error.as_str()), (1, "gmail: busy"));
    assert!(none(store).await.unwrap() > HOUR / 2);
    // Others of another cause need not wait for it.
    write(store, "b", about("b")).await;
    assert_eq!(take(store, HOUR).await.messages[0].cause, "b");
}

pub async fn further_messages_of_a_cause_are_collected(store: &Store) {
    tell(store, Archived::Off);
    park(store, "one", "no role (1)").await;
    let first = take(store, HOUR).await;
    park(store, "two", "no role (2)").await;
    assert!(none(store).await.unwrap() > HOUR / 2, "nobody else tells of it meanwhile");
    store.messages_sent(&first, "gmail").await.unwrap();
    park(store, "three", "no role (3)").await;
    assert!(none(store).await.unwrap() > HOUR / 2, "an hour is not over");
    park(store, "four", "no room").await;
    let other = take(store, HOUR).await;
    assert_eq!(other.count, 1);
    store.messages_failed(&other, "x", Duration::ZERO).await.unwrap();
    park(store, "five", "no room").await;
    let both = take(store, HOUR).await;
    assert_eq!((both.count, both.messages.len(), ids(&both)[0]), (2, 2, ids(&other)[0]));
    store.messages_sent(&both, "gmail").await.unwrap();
    let sent = store.messages(MessageFilter { state: Some(MessageState::Sent), before: None }).await.unwrap();
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[0].sent_with, Some(ids(&other)[0]));
    let older = MessageFilter { state: None, before: Some(2) };
    assert_eq!(store.messages(older).await.unwrap().len(), 1);
}

fn full() -> NewPause {
    NewPause {
        system: System::Drive,
        cause: PauseCause::StorageFull,
        message: "no room".to_owned(),
        wait: HOUR,
        relapse_wait: HOUR,
    }
}

async fn end(store: &Store) -> bool {
    store.end_pause(System::Drive, PauseCause::StorageFull).await.unwrap()
}

pub async fn a_pause_is_told_with_its_beginning_and_its_end(store: &Store) {
    tell(store, Archived::Off);
    for _ in 0..3 {
        store.begin_pause(&full()).await.unwrap();
    }
    let begun = take(store, HOUR).await;
    assert_eq!((begun.count, begun.messages[0].subject.as_str()), (1, "drive is paused (storage-full)"));
    let [concern] = &store.alerts().await.unwrap()[..] else { panic!() };
    assert_eq!(concern.notifications, 1);
    store.messages_sent(&begun, "gmail").await.unwrap();
    assert!(end(store).await && !end(store).await);
    assert_eq!(store.alerts().await.unwrap(), []);
    let ended = take(store, HOUR).await;
    assert_eq!((ended.count, &ended.messages[0].thread), (1, &begun.messages[0].thread));
    assert_eq!(ended.messages[0].level, Level::Info);
}

pub async fn what_was_over_before_it_was_told_is_taken_back(store: &Store) {
    tell(store, Archived::Off);
    store.begin_pause(&full()).await.unwrap();
    end(store).await;
    let [message] = &all(store).await[..] else { panic!() };
    assert_eq!(message.state, MessageState::TakenBack);
    assert_eq!(none(store).await, None);
    // One that is just being sent is not taken back: its end is told.
    store.begin_pause(&full()).await.unwrap();
    let begun = take(store, HOUR).await;
    end(store).await;
    store.messages_sent(&begun, "gmail").await.unwrap();
    assert_eq!(all(store).await[0].state, MessageState::Waiting);
    // It is back before that was sent: people believe what is true.
    store.begin_pause(&full()).await.unwrap();
    assert_eq!(none(store).await, None);
}

pub async fn trouble_is_told_by_one_of_many_watchers(store: &Store) {
    tell(store, Archived::Off);
    let told = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { write(&store, "backlog-age", about("backlog-age")).await })
    });
    let told = futures::future::join_all(told).await;
    assert_eq!(told.into_iter().filter(|told| *told.as_ref().unwrap()).count(), 1);
    assert_eq!(all(store).await.len(), 1);
    let change = |from, to, cause: &str| AlertChange {
        key: "backlog-age".to_owned(),
        from: Some(from),
        to,
        message: Some(about(cause)),
    };
    assert!(store.change_alert(&change(1, Some(2), "still")).await.unwrap());
    assert!(!store.change_alert(&change(1, Some(2), "still")).await.unwrap());
    assert_eq!(store.alerts().await.unwrap()[0].notifications, 2);
    assert!(!store.change_alert(&change(1, None, "over")).await.unwrap());
    assert!(store.change_alert(&change(2, None, "over")).await.unwrap());
    assert_eq!((store.alerts().await.unwrap().len(), all(store).await.len()), (0, 3));
}

pub async fn what_no_event_announced_is_counted_since_zooms_last_call(store: &Store) {
    assert_eq!(store.unannounced().await.unwrap(), Unannounced::default());
    let found = |mark: &str| {
        let mut event = event(Some(recording(mark, &[("a", 9)])), mark);
        event.name = FOUND_EVENT.to_owned();
        event
    };
    store.accept(&found("one")).await.unwrap();
    store.accept(&event(None, "Zoom calls")).await.unwrap();
    assert_eq!(store.unannounced().await.unwrap().count, 0);
    for mark in ["two", "three"] {
        store.accept(&found(mark)).await.unwrap();
    }
    let unannounced = store.unannounced().await.unwrap();
    assert_eq!(unannounced.count, 2);
    assert!(unannounced.since.unwrap() <= store.now().await.unwrap());
}

pub async fn old_messages_go_unless_they_wait(store: &Store) {
    tell(store, Archived::Off);
    for key in ["a", "b"] {
        write(store, key, about(key)).await;
    }
    let batch = take(store, HOUR).await;
    store.messages_sent(&batch, "gmail").await.unwrap();
    let before = store.now().await.unwrap();
    while store.now().await.unwrap() <= before {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.forget_messages(HOUR, 100).await.unwrap(), 0);
    assert_eq!(store.forget_messages(Duration::ZERO, 100).await.unwrap(), 1);
    assert_eq!(all(store).await.len(), 1);
}

pub async fn who_waits_for_messages_hears_of_one(store: &Store) {
    tell(store, Archived::Off);
    let waiting = store.wait_for_messages(HOUR);
    let (_, written) = tokio::join!(waiting, write(store, "a", about("a")));
    assert!(written);
}

//! Emails with several messages, and how a mail looks whatever the topic is.

use proptest::prelude::*;
use zoom2drive::config::{EmailConfig, MailBy};
use zoom2drive::jobs::messages::Level;
use zoom2drive::jobs::messages::post::Email;
use zoom2drive::notify::mail::mail;
use zoom2drive::sandbox::google::Mail;
use zoom2drive::secret::Secret;

use super::{all_sent, no_role, parked, until, uuid, with_hook, world};
use crate::support::world::Engine;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_are_parked_for_one_reason_make_few_letters() {
    let mut world = world(Engine::Sqlite, 6, &[]).await;
    let hook = with_hook(&mut world).await;
    world.sandbox.faults.add(no_role());
    let life = world.live().await;
    world.deliver(&life, &uuid(0)).await;
    until(&world, "the first letter", || hook.letters().len() == 1).await;
    all_sent(&life).await;
    for number in 1..6 {
        world.deliver(&life, &uuid(number)).await;
    }
    parked(&life, 6).await;
    life.stop().await;
    assert_eq!(hook.letters().len(), 1, "the others are collected");
    // An hour later.
    world.sql("UPDATE messages SET sent_at = sent_at - 3600001").await;
    let life = world.live().await;
    until(&world, "the second letter", || hook.letters().len() == 2).await;
    all_sent(&life).await;
    life.stop().await;
    let second = hook.letters().remove(1);
    assert_eq!(second["subject"], "5 recordings wait for a person, for one reason");
    assert_eq!(second["count"], 5);
    for number in 1..6 {
        assert!(second["text"].as_str().unwrap().contains(&format!("Evening {number}")), "{second}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_archived_is_told_once_a_day() {
    let mut world = world(Engine::Sqlite, 3, &[("NOTIFY_ARCHIVED", "daily")]).await;
    let hook = with_hook(&mut world).await;
    let life = world.live().await;
    for number in 0..3 {
        world.deliver(&life, &uuid(number)).await;
    }
    life.finish(&world).await;
    life.stop().await;
    assert_eq!(hook.letters().len(), 0, "not before its hour");
    world.sql("UPDATE messages SET next_attempt_at = 1").await;
    let life = world.live().await;
    until(&world, "the digest", || hook.letters().len() == 1).await;
    all_sent(&life).await;
    life.stop().await;
    let digest = hook.letters().remove(0);
    assert_eq!((&digest["subject"], &digest["level"]), (&"3 recordings are archived".into(), &"info".into()));
    for number in 0..3 {
        assert!(digest["text"].as_str().unwrap().contains(&format!("Evening {number}")), "{digest}");
    }
}

fn email() -> EmailConfig {
    EmailConfig {
        to: vec!["boss@example.com".parse().unwrap()],
        from: "z2d@example.com".parse().unwrap(),
        by: MailBy::Smtp(Secret::new("smtp://localhost")),
    }
}

fn letter(subject: &str, text: &str) -> Email {
    Email {
        id: 7,
        cause: subject.to_owned(),
        thread: text.to_owned(),
        level: Level::Error,
        avoids_google: false,
        subject: subject.to_owned(),
        text: text.to_owned(),
        created_at: 1_760_000_000_000,
        count: 1,
    }
}

proptest! {
    #[test]
    fn no_topic_makes_a_header(topic in any::<String>(), tail in "(\r\n|\n|\r)?(Bcc: |Subject: )?\\PC{0,300}") {
        let topic = format!("{topic}{tail}");
        let subject = zoom2drive::jobs::messages::line(&topic, 200);
        let made = mail(&letter(&subject, "text"), &email()).unwrap().formatted();
        let read = Mail::parse("x", &made).unwrap();
        prop_assert_eq!(read.count("subject"), 1);
        prop_assert_eq!(read.count("bcc") + read.count("cc"), 0);
        // All that is there, and nothing else.
        let head = String::from_utf8(made).unwrap();
        let head = head.split("\r\n\r\n").next().unwrap().to_owned();
        let names: Vec<&str> = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']))
            .filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect();
        prop_assert_eq!(names.len(), 11, "{}", head);
        prop_assert!(head.split("\r\n").all(|line| line.len() <= 998 && line.is_ascii()), "{}", head);
        let blanks = |text: &str| text.split_whitespace().collect::<String>();
        prop_assert_eq!(blanks(read.header("subject")), blanks(&format!("[zoom2drive] {subject}")));
    }

    #[test]
    fn every_text_arrives(text in "[^\r]{0,2000}") {
        let made = mail(&letter("subject", &text), &email()).unwrap().formatted();
        let read = Mail::parse("x", &made).unwrap();
        prop_assert!(read.body().starts_with(&text), "{:?} {:?}", read.body(), text);
    }
}

#[test]
fn a_mail_tried_again_is_the_same_and_threads_hold_together() {
    let read = |letter: &Email| Mail::parse("x", &mail(letter, &email()).unwrap().formatted()).unwrap();
    let (one, again) = (read(&letter("a", "t")), read(&letter("a", "t")));
    assert_eq!((one.header("message-id"), &one.raw), (again.header("message-id"), &again.raw));
    let other = read(&Email { id: 8, ..letter("b", "t") });
    assert_ne!(one.header("message-id"), other.header("message-id"));
    assert_eq!(one.header("references"), other.header("in-reply-to"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_leads_to_the_page_of_its_recording_where_people_reach_the_dashboard() {
    for (name, base) in
        [("DASHBOARD_URL", "https://archive.example.org"), ("PUBLIC_URL", "https://hooks.example.org")]
    {
        let mut world = world(Engine::Sqlite, 1, &[(name, base)]).await;
        let hook = with_hook(&mut world).await;
        world.sandbox.faults.add(no_role());
        let life = world.live().await;
        world.deliver(&life, &uuid(0)).await;
        until(&world, "a message", || hook.letters().len() == 1).await;
        let text = hook.letters()[0]["text"].as_str().unwrap().to_owned();
        let expected = format!("  zoom2drive jobs show 1\n  {base}/dashboard/recordings/1\n");
        assert!(text.contains(&expected), "{text}");
    }
}

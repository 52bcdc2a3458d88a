//! What happens when a channel fails: it is tried again, or the next one is.

use std::process::ExitCode;

use clap::Parser;
use serde_json::Value;
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;
use zoom2drive::jobs::messages::MessageState;
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::store::messages::MessageFilter;

use super::receivers::Smtp;
use super::{all_sent, always, mails, no_role, parked, stored, until, uuid, with_gmail, with_hook, world};
use crate::support::world::{Engine, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_fails_for_a_while_is_tried_again() {
    let mut world = world(Engine::Sqlite, 1, &[]).await;
    let hook = with_hook(&mut world).await;
    world.sandbox.faults.add(no_role());
    hook.answer(&[503, 429, 404]);
    let life = world.live().await;
    world.deliver(&life, &uuid(0)).await;
    until(&world, "a fourth try", || hook.letters().len() == 4).await;
    all_sent(&life).await;
    let message = life.store.messages(MessageFilter::default()).await.unwrap().remove(0);
    assert_eq!((message.attempts, message.state), (3, MessageState::Sent));
    life.stop().await;
    assert_eq!(hook.letters().len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gmail_refuses_goes_by_the_webhook_at_once() {
    let mut world = world(Engine::Sqlite, 1, &[]).await;
    with_gmail(&mut world);
    let hook = with_hook(&mut world).await;
    world.sandbox.faults.add(no_role());
    let refused =
        Canned::google(403, "insufficientPermissions", "Request had insufficient authentication scopes.");
    world.sandbox.faults.add(always(Route::GmailSend, &refused));
    let life = world.live().await;
    world.deliver(&life, &uuid(0)).await;
    until(&world, "the webhook", || hook.letters().len() == 1).await;
    assert_eq!(all_sent(&life).await, [(MessageState::Sent, "webhook".to_owned())]);
    assert_eq!(world.sandbox.transcript.count(Route::GmailSend), 1);
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gmail_cannot_take_goes_by_the_webhook_at_the_third_try() {
    let mut world = world(Engine::Sqlite, 1, &[]).await;
    with_gmail(&mut world);
    let hook = with_hook(&mut world).await;
    world.sandbox.faults.add(no_role());
    world.sandbox.faults.add(always(Route::GmailSend, &Canned::html(502)));
    let life = world.live().await;
    world.deliver(&life, &uuid(0)).await;
    until(&world, "the webhook", || hook.letters().len() == 1).await;
    assert_eq!(all_sent(&life).await, [(MessageState::Sent, "webhook".to_owned())]);
    assert_eq!(world.sandbox.transcript.count(Route::GmailSend), 3);
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_gmail_took_and_did_not_answer_comes_again_with_its_id() {
    let mut world = world(Engine::Sqlite, 1, &[]).await;
    with_gmail(&mut world);
    world.sandbox.faults.add(no_role());
    world.sandbox.faults.add(Rule {
        route: Route::GmailSend,
        subject: String::new(),
        skip: 0,
        times: 1,
        fault: Fault::CutAfter,
    });
    let life = world.live().await;
    world.deliver(&life, &uuid(0)).await;
    let mails = mails(&world, 2).await;
    assert_eq!(mails[0].raw, mails[1].raw);
    assert_eq!(all_sent(&life).await, [(MessageState::Sent, "gmail".to_owned())]);
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_takes_for_a_day_is_given_up() {
    let mut world = world(Engine::Sqlite, 1, &[]).await;
    let hook = with_hook(&mut world).await;
    world.sandbox.faults.add(no_role());
    hook.answer(&[503; 1000]);
    let life = world.live().await;
    world.deliver(&life, &uuid(0)).await;
    parked(&life, 1).await;
    until(&world, "two tries", || hook.letters().len() >= 2).await;
    assert_eq!(stored(&life).await, [(MessageState::Waiting, String::new())]);
    // A day later the next failure is the last.
    world.sql("UPDATE messages SET first_tried_at = first_tried_at - 86400001").await;
    assert_eq!(all_sent(&life).await, [(MessageState::GivenUp, String::new())]);
    life.stop().await;
}

/// With a mail server, and everything else as the world has it.
async fn with_smtp(world: &mut World) -> Smtp {
    let smtp = Smtp::open(world.sandbox.transcript.clone()).await;
    for (name, value) in [
        ("SMTP_URL", format!("smtp://127.0.0.1:{}", smtp.port)),
        ("NOTIFY_EMAIL_TO", "boss@example.com".to_owned()),
        ("NOTIFY_EMAIL_FROM", "z2d@example.com".to_owned()),
    ] {
        world.settings.insert(name.to_owned(), value);
    }
    smtp
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_is_used_and_its_refusal_leads_to_the_webhook() {
    let mut world = world(Engine::Sqlite, 2, &[]).await;
    let (smtp, hook) = (with_smtp(&mut world).await, with_hook(&mut world).await);
    world.sandbox.faults.add(no_role());
    let life = world.live().await;
    world.deliver(&life, &uuid(0)).await;
    until(&world, "a mail", || smtp.mails().len() == 1).await;
    let mail = smtp.mails().remove(0);
    assert_eq!(
        (mail.header("to"), mail.header("from")),
        ("boss@example.com", "zoom2drive <z2d@example.com>")
    );
    assert!(mail.header("subject").contains("Evening 0") && mail.body().contains("jobs show 1"), "{mail:?}");
    all_sent(&life).await;
    life.stop().await;
    smtp.refuse("550 5.1.1 no such user");
    world.sql("UPDATE messages SET sent_at = 1").await;
    let life = world.live().await;
    world.deliver(&life, &uuid(1)).await;
    until(&world, "the webhook", || hook.letters().len() == 1).await;
    all_sent(&life).await;
    life.stop().await;
    assert_eq!(smtp.mails().len(), 1);
}

async fn command(world: &World, arguments: &[&str]) -> (ExitCode, String) {
    let cli = Cli::try_parse_from([&["zoom2drive"], arguments].concat()).unwrap();
    let mut out = Vec::new();
    let code = match cli::run(&cli.command, &mut Reader::from_pairs(world.settings.clone()), &mut out).await {
        Ok(code) => code,
        Err(error) => {
            out.extend(cli::describe(&error).into_bytes());
            cli::exit_code(&error)
        }
    };
    (code, String::from_utf8(out).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_test_command_tries_every_channel_and_says_which_work() {
    let mut world = world(Engine::Sqlite, 0, &[]).await;
    let (code, said) = command(&world, &["messages", "test"]).await;
    assert_eq!(code, ExitCode::from(2));
    insta::assert_snapshot!(said, @"no channel is set: set NOTIFY_EMAIL_TO or NOTIFY_WEBHOOK_URL");
    with_gmail(&mut world);
    let hook = with_hook(&mut world).await;
    let (code, said) = command(&world, &["messages", "test"]).await;
    assert_eq!(code, ExitCode::SUCCESS);
    insta::assert_snapshot!(said, @r"
    gmail: sent
    webhook: sent
    ");
    assert_eq!(mails(&world, 1).await[0].header("subject"), "[zoom2drive] A test message");
    hook.answer(&[404]);
    world.settings.insert("NOTIFY_GOOGLE_SUBJECT".into(), "stranger@example.com".into());
    let (code, said) = command(&world, &["messages", "test"]).await;
    assert_eq!(code, ExitCode::FAILURE);
    insta::assert_snapshot!(said, @r#"
    gmail: NOT SENT: Google refuses our credentials: unauthorized_client Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.: delegation to act for stranger@example.com with the scope https://www.googleapis.com/auth/gmail.send is not granted in the Admin console
    webhook: NOT SENT: the webhook answered 404 Not Found ""
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_shows_what_waits_and_what_was_sent() {
    let mut world = world(Engine::Sqlite, 1, &[]).await;
    let hook = with_hook(&mut world).await;
    let life = world.live().await;
    assert_eq!(command(&world, &["messages", "list"]).await.1, "No messages.\n");
    world.sandbox.faults.add(no_role());
    world.deliver(&life, &uuid(0)).await;
    until(&world, "a message", || hook.letters().len() == 1).await;
    all_sent(&life).await;
    life.stop().await;
    let (code, table) = command(&world, &["messages", "list"]).await;
    assert!(
        code == ExitCode::SUCCESS && table.contains("webhook") && table.contains("waits for a person"),
        "{table}"
    );
    let (_, json) = command(&world, &["messages", "list", "--state", "sent", "--json"]).await;
    let page: Value = serde_json::from_str(&json).unwrap();
    let [message] = &page["messages"].as_array().unwrap()[..] else { panic!("{page}") };
    assert_eq!((&message["state"], &message["channel"]), (&"sent".into(), &"webhook".into()));
    let (_, none) = command(&world, &["messages", "list", "--state", "given-up"]).await;
    assert_eq!(none, "No messages.\n");
}

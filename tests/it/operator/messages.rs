//! Messages about trouble, over the wire: from the cause to what arrives.

mod channels;
mod conditions;
mod emails;
mod receivers;

use zoom2drive::jobs::Standing;
use zoom2drive::jobs::messages::MessageState;
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::google::Mail;
use zoom2drive::sandbox::zoom::{File, Meeting};
use zoom2drive::store::messages::MessageFilter;

use crate::support::world::{Engine, LIMIT, Life, World};
use receivers::Hook;

/// Waits of pauses are multiples of this one.
const SOON: (&str, &str) = ("RETRY_WAIT", "1ms");

fn uuid(number: usize) -> String {
    format!("/message+{number}/AAAAAAAAAAA==")
}

/// A world with recordings `0..count`, and with Gmail for those who ask for it.
async fn world(engine: Engine, count: usize, settings: &[(&str, &str)]) -> World {
    let world = World::on(engine, &[&[SOON], settings].concat()).await;
    for number in 0..count {
        world.sandbox.zoom.add(
            Meeting::new(uuid(number), format!("Evening {number}"))
                .host("ann@example.com")
                .start("2026-03-01T18:30:00Z")
                .file(File::mp4(&format!("video-{number}"), 300_000)),
        );
    }
    world
}

fn with_gmail(world: &mut World) {
    let owner = world.sandbox.google.owner_email().to_owned();
    world.settings.insert("NOTIFY_EMAIL_TO".into(), "boss@example.com,ops@example.com".into());
    world.settings.insert("NOTIFY_GOOGLE_SUBJECT".into(), owner);
}

async fn with_hook(world: &mut World) -> Hook {
    let hook = Hook::open(world.sandbox.transcript.clone()).await;
    world.settings.insert("NOTIFY_WEBHOOK_URL".into(), hook.url());
    hook
}

fn always(route: Route, answer: &Canned) -> Rule {
    Rule { route, subject: String::new(), skip: 0, times: 1_000_000, fault: Fault::Answer(answer.clone()) }
}

/// What parks a job at once.
fn no_role() -> Rule {
    let message = "The user does not have sufficient permissions for this file.";
    always(Route::UploadStart, &Canned::google(403, "insufficientFilePermissions", message))
}

fn revoked() -> Rule {
    let body = r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#;
    always(Route::GoogleToken, &Canned::new(400, "application/json", body))
}

/// Waits for what shows in the sandbox or at a hook.
async fn until(world: &World, what: &str, condition: impl FnMut() -> bool) {
    let happened = world.sandbox.transcript.wait_until(LIMIT, condition).await;
    assert!(happened, "{what} did not happen:\n{}", world.calls());
}

async fn mails(world: &World, count: usize) -> Vec<Mail> {
    until(world, &format!("{count} mail(s)"), || world.sandbox.google.mails().len() >= count).await;
    world.sandbox.google.mails()
}

/// Every message of the store: its state and the channel that took it.
async fn stored(life: &Life) -> Vec<(MessageState, String)> {
    let messages = life.store.messages(MessageFilter::default()).await.unwrap();
    messages.into_iter().map(|message| (message.state, message.channel)).collect()
}

/// Waits until no message waits.
async fn all_sent(life: &Life) -> Vec<(MessageState, String)> {
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        let stored = stored(life).await;
        if !stored.is_empty() && stored.iter().all(|(state, _)| *state != MessageState::Waiting) {
            return stored;
        }
        assert!(tokio::time::Instant::now() < deadline, "{stored:?}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

async fn parked(life: &Life, count: usize) {
    let are_parked = |jobs: &[zoom2drive::jobs::Job]| {
        jobs.len() == count && jobs.iter().all(|job| job.standing == Standing::Parked)
    };
    life.wait_for("parking", are_parked).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_job_is_told_by_one_mail_that_says_what_to_do() {
    let mut world = world(Engine::Sqlite, 0, &[]).await;
    with_gmail(&mut world);
    let topic = "Probe «Ωμέγα»\r\nBcc: evil@example.com\r\n\r\nHello";
    world.sandbox.zoom.add(
        Meeting::new(uuid(0), topic)
            .host("ann@example.com")
            .start("2026-03-01T18:30:00Z")
            .file(File::mp4("video", 300_000)),
    );
    world.sandbox.faults.add(no_role());
    let life = world.live().await;
    world.deliver(&life, &uuid(0)).await;
    let mail = mails(&world, 1).await.remove(0);
    assert_eq!(
        mail.header("subject"),
        "[zoom2drive] Job 1 waits for a person: Probe «Ωμέγα» Bcc: evil@example.com Hello (ann@example.com, \
         2026-03-01 18:30 UTC)"
    );
    assert_eq!((mail.count("subject"), mail.count("bcc")), (1, 0));
    assert_eq!(mail.header("to"), "boss@example.com, ops@example.com");
    assert_eq!(mail.account, world.sandbox.google.owner_email());
    assert_eq!(mail.header("auto-submitted"), "auto-generated");
    for part in
        ["insufficientFilePermissions", "Content manager", "zoom2drive jobs show 1", "ann@example.com"]
    {
        assert!(mail.body().contains(part), "{part} is not in:\n{}", mail.body());
    }
    assert_eq!(all_sent(&life).await, [(MessageState::Sent, "gmail".to_owned())]);
    // Once it is mended everything is archived, and nothing was told twice.
    world.sandbox.faults.clear();
    life.finish_with(&world, |_| {}).await;
    life.stop().await;
    assert_eq!(world.sandbox.google.mails().len(), 1);
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_google_credentials_are_told_by_another_way_once_and_so_is_their_end() {
    let mut world = world(Engine::Sqlite, 2, &[]).await;
    with_gmail(&mut world);
    let hook = with_hook(&mut world).await;
    world.sandbox.faults.add(revoked());
    let life = world.live().await;
    world.deliver(&life, &uuid(0)).await;
    until(&world, "a message", || hook.letters().len() == 1).await;
    let paused = hook.letters().remove(0);
    assert_eq!(
        (&paused["subject"], &paused["level"]),
        (&"drive is paused (credentials)".into(), &"error".into())
    );
    assert!(paused["text"].as_str().unwrap().contains("IAM & Admin, Service Accounts"), "{paused}");
    all_sent(&life).await;
    // Gmail was not even asked: its tokens come from the same key.
    let calls = world.sandbox.transcript.calls();
    assert!(calls.iter().all(|call| call.subject != world.sandbox.google.owner_email()), "{}", world.calls());
    // A restart tells nothing anew.
    life.crash();
    world.expire_leases().await;
    let life = world.live().await;
    world.deliver(&life, &uuid(1)).await;
    let tokens = world.sandbox.transcript.count(Route::GoogleToken);
    until(&world, "a probe", || world.sandbox.transcript.count(Route::GoogleToken) > tokens + 1).await;
    world.sandbox.faults.clear();
    life.finish(&world).await;
    until(&world, "all clear", || hook.letters().len() == 2).await;
    let resumed = hook.letters().remove(1);
    assert_eq!(
        (&resumed["subject"], &resumed["thread"]),
        (&"drive works again (credentials)".into(), &paused["thread"])
    );
    let stored = all_sent(&life).await;
    assert_eq!(stored, vec![(MessageState::Sent, "webhook".to_owned()); 2]);
    life.stop().await;
    assert_eq!((hook.letters().len(), world.sandbox.google.mails().len()), (2, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_send_each_message_once() {
    if !Engine::here().await.contains(&Engine::Postgres) {
        return;
    }
    let mut world = world(Engine::Postgres, 6, &[("NOTIFY_ARCHIVED", "each")]).await;
    let hook = with_hook(&mut world).await;
    let (one, other) = (world.live().await, world.live().await);
    for number in 0..6 {
        world.deliver(if number % 2 == 0 { &one } else { &other }, &uuid(number)).await;
    }
    one.finish(&world).await;
    until(&world, "six messages", || hook.letters().len() >= 6).await;
    all_sent(&one).await;
    one.stop().await;
    other.stop().await;
    let mut ids: Vec<i64> = hook.letters().iter().filter_map(|letter| letter["id"].as_i64()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_commit_and_sending_and_one_before_the_mark_lose_nothing() {
    let mut world = world(Engine::Sqlite, 1, &[]).await;
    let hook = with_hook(&mut world).await;
    world.sandbox.faults.add(no_role());
    // It takes the letter and never answers.
    hook.answer(&[receivers::STALL]);
    let life = world.live().await;
    world.deliver(&life, &uuid(0)).await;
    parked(&life, 1).await;
    until(&world, "sending", || hook.letters().len() == 1).await;
    life.crash();
    let life = world.live().await;
    until(&world, "sending again", || hook.letters().len() == 2).await;
    assert_eq!(all_sent(&life).await, [(MessageState::Sent, "webhook".to_owned())]);
    let letters = hook.letters();
    assert_eq!(letters[0], letters[1], "told from another by nothing");
    life.stop().await;
    assert_eq!(hook.letters().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_channel_no_message_is_written() {
    let world = world(Engine::Sqlite, 1, &[]).await;
    world.sandbox.faults.add(no_role());
    let life = world.live().await;
    world.deliver(&life, &uuid(0)).await;
    parked(&life, 1).await;
    assert_eq!(stored(&life).await, []);
    life.stop().await;
}

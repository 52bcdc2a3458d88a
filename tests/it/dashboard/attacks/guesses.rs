//! Somebody tries tokens: they are slowed down, the trail has one line for each burst, and the owner comes in at once.

use std::time::{Duration, Instant};

use futures::StreamExt;

use super::super::{Browser, TOKEN};
use crate::support::world::World;

const GUESSES: usize = 10_000;
const AT_ONCE: usize = 100;

/// As `telemetry::burst::BURST`.
const BURST: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_wrong_tokens_are_slowed_and_lock_nobody_out() {
    let world = World::new().await;
    let life = world.live().await;
    let guesser = Browser::new(&life.url);
    let began = Instant::now();
    let guess = async |number: usize| {
        let token = format!("{TOKEN}{number}");
        guesser.post("/dashboard/login", &[("name", "Eve"), ("token", &token)]).await.status
    };
    let guesses =
        futures::stream::iter(0..GUESSES).map(guess).buffer_unordered(AT_ONCE).collect::<Vec<u16>>();
    let owner = async {
        let mut fastest = Duration::MAX;
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let asked = Instant::now();
            let mut browser = Browser::new(&life.url);
            assert_eq!(browser.log_in("Ann", TOKEN).await.status, 303);
            assert_eq!(browser.get("/dashboard").await.status, 200);
            let api = browser.client.get(format!("{}/admin/jobs", life.url)).bearer_auth(TOKEN);
            assert_eq!(browser.send(api).await.status, 200);
            fastest = fastest.min(asked.elapsed());
        }
        fastest
    };
    let (statuses, fastest) = tokio::join!(guesses, owner);
    // A guess waits for up to 1.6 seconds.
    assert!(fastest < Duration::from_millis(1500), "{fastest:?}");
    let refused = statuses.iter().filter(|status| **status == 401).count();
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), GUESSES - refused);
    // 32 at once, a few while waits are short, and then 16 within each 1.6 seconds.
    let seconds = began.elapsed().as_secs_f64();
    let waited_for = u32::try_from(refused).unwrap();
    assert!(f64::from(waited_for) < 32.0 + 8.0 * 16.0 + seconds * 12.0, "{refused} within {seconds} s");
    // The API's guesses count together with these.
    let api = guesser.client.get(format!("{}/admin/jobs", life.url)).bearer_auth("wrong");
    let asked = Instant::now();
    let status = guesser.send(api).await.status;
    assert!(status == 429 || asked.elapsed() > Duration::from_millis(500), "{status} {:?}", asked.elapsed());
    tokio::time::sleep(BURST + Duration::from_secs(1)).await;
    let bursts = 2 + began.elapsed().as_secs() / BURST.as_secs();
    let trail = life.store.audit(None).await.unwrap();
    let lines: Vec<_> = trail.iter().filter(|record| record.entry.who == "somebody").collect();
    assert!((1..=usize::try_from(bursts).unwrap()).contains(&lines.len()), "{lines:#?}");
    let counted: usize = lines
        .iter()
        .map(|record| record.entry.outcome.split(' ').nth(1).unwrap().parse::<usize>().unwrap())
        .sum();
    assert_eq!(counted, GUESSES + 1);
    assert!(lines.iter().all(|record| record.entry.target.contains("dashboard")), "{lines:#?}");
}

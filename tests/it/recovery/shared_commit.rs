//! A crash before and after a commit that several webhooks share: before it none of them was answered and none is
//! stored, after it none was answered and all are stored; sent again, all end in the archive.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::Notify;
use zoom2drive::store::{Moment, Store};

use crate::support::world::{Engine, LIMIT, World, usual_meeting};

/// Webhooks that come while the first one is being written.
const TOGETHER: usize = 6;

/// Time for requests to come to the store.
const MOMENT: Duration = Duration::from_millis(500);

fn uuid(number: usize) -> String {
    format!("/together+{number}/AAAAAAA==")
}

/// Holds the first transaction until it is told to go on, and ends the program's life at the second commit.
#[derive(Default)]
struct Crash {
    begun: AtomicUsize,
    go_on: Notify,
    crashed: Notify,
}

impl Crash {
    fn at(store: &Store, at: Moment) -> Arc<Self> {
        let crash = Arc::<Self>::default();
        let hooked = crash.clone();
        store.hook_commits(Arc::new(move |call, moment| {
            let crash = hooked.clone();
            Box::pin(async move {
                if call == "accept"
                    && moment == Moment::Begun
                    && crash.begun.fetch_add(1, Ordering::SeqCst) == 0
                {
                    crash.go_on.notified().await;
                }
                if call == "accept" && moment == at && crash.begun.load(Ordering::SeqCst) == 2 {
                    crash.crashed.notify_one();
                    std::future::pending::<()>().await;
                }
                Ok(())
            })
        }));
        crash
    }
}

async fn crash_at(engine: Engine, at: Moment) {
    let world = World::on(engine, &[]).await;
    let uuids: Vec<String> = (0..=TOGETHER).map(uuid).collect();
    for (number, uuid) in uuids.iter().enumerate() {
        world.sandbox.zoom.add(usual_meeting(uuid).start(&format!("2026-03-01T1{number}:30:00Z")));
    }
    let store = world.open_store().await;
    let crash = Crash::at(&store, at);
    let life = world.live_on(store).await;
    let url = format!("{}/webhooks/zoom", life.url);
    let answered = Arc::new(AtomicUsize::new(0));
    let bodies: Vec<_> =
        uuids.iter().map(|uuid| world.sandbox.zoom.event(uuid, "recording.completed")).collect();
    let deliver = |number: usize| {
        let (zoom, url, body, answered) = (&world.sandbox.zoom, &url, &bodies[number], answered.clone());
        async move {
            if zoom.deliver(url, body).await.is_ok_and(|status| status == 200) {
                answered.fetch_add(1, Ordering::SeqCst);
            }
        }
    };
    let story = async {
        let others = async {
            tokio::time::sleep(MOMENT).await;
            let all = join_all((1..=TOGETHER).map(deliver));
            let go_on = async {
                tokio::time::sleep(MOMENT).await;
                crash.go_on.notify_one();
            };
            tokio::join!(all, go_on)
        };
        tokio::join!(deliver(0), others)
    };
    let has_crashed = tokio::select! {
        () = crash.crashed.notified() => true,
        _ = story => false,
    };
    assert!(has_crashed, "{at:?} did not come on {engine:?}");
    life.crash();
    assert!(answered.load(Ordering::SeqCst) <= 1, "{at:?}: only the first commit was over");
    let next = world.open_store().await;
    let stored = next.events(None).await.unwrap().len();
    let expected = if at == Moment::Before { 1 } else { 1 + TOGETHER };
    assert_eq!(stored, expected, "{at:?} on {engine:?}");
    next.close().await;

    world.expire_leases().await;
    let next = world.live().await;
    for body in &bodies {
        assert_eq!(world.send(&next, body).await, 200);
    }
    next.finish(&world).await;
    let uuids: Vec<&str> = uuids.iter().map(String::as_str).collect();
    world.assert_archived(&uuids);
    next.stop().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_around_a_shared_commit_loses_no_answered_event() {
    for engine in Engine::here().await {
        for at in [Moment::Before, Moment::After] {
            tokio::time::timeout(LIMIT, crash_at(engine, at)).await.unwrap();
        }
    }
}

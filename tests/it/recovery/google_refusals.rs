//! Google's refusals in every shape: full storage is told from a rate limit, and each ends as it should.

use zoom2drive::jobs::Standing;
use zoom2drive::jobs::pause::PauseCause;
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::google::FullAt;
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::world::{Life, World};

const UUID: &str = "refusals/+uuid==";
const SIZE: u64 = 900_000;

async fn world(settings: &[(&str, &str)]) -> World {
    let world = World::with(settings).await;
    world
        .sandbox
        .zoom
        .add(Meeting::new(UUID, "Refusals").host("ann@example.com").file(File::mp4("video-1", SIZE)));
    world
}

/// `errors[]` as Drive writes them.
fn old(status: u16, domain: &str, reason: &str, message: &str) -> Canned {
    let body = serde_json::json!({"error": {"code": status, "message": message,
        "errors": [{"domain": domain, "reason": reason, "message": message}]}});
    Canned::new(status, "application/json; charset=UTF-8", body.to_string())
}

/// Only `details[]`, as Google's newer APIs write them.
fn new(status: u16, text: &str, reason: &str) -> Canned {
    let body = serde_json::json!({"error": {"code": status, "message": "Quota exceeded for quota metric 'Queries'.",
        "status": text, "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason,
            "domain": "googleapis.com", "metadata": {"service": "drive.googleapis.com"}}]}});
    Canned::new(status, "application/json; charset=UTF-8", body.to_string())
}

async fn paused(life: &Life) -> (PauseCause, String) {
    life.wait_for("a pause", |jobs| jobs.iter().any(|job| job.reason.starts_with("paused"))).await;
    let pauses = life.store.pauses().await.unwrap();
    assert_eq!(pauses.len(), 1, "{pauses:#?}");
    (pauses[0].cause, pauses[0].message.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_that_is_storage_pauses_at_either_end_and_says_what_to_do() {
    let told = "The user has exceeded their Drive storage quota";
    for (at, domain, message, storage) in [
        (FullAt::Start, "usageLimits", told, None),
        (FullAt::End, "usageLimits", told, None),
        // Without a message that tells, Drive's own figures do.
        (FullAt::Start, "usageLimits", "Quota exceeded.", Some(1_000_000)),
        (FullAt::End, "global", "Quota exceeded.", Some(1_000_000)),
    ] {
        let world = world(&[]).await;
        if let Some(limit) = storage {
            world.sandbox.google.set_storage(limit, limit / 2);
        }
        world.sandbox.google.fill(at, old(403, domain, "quotaExceeded", message));
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        let (cause, said) = paused(&life).await;
        assert_eq!(cause, PauseCause::StorageFull, "{said}");
        assert!(said.contains("Make room") && !said.contains("no action is needed"), "{said}");
        let job = life.jobs().await.remove(0);
        assert_eq!((job.attempts, job.standing), (0, Standing::Active), "{}", job.reason);
        let starts = world.sandbox.transcript.count(Route::UploadStart);
        assert!(starts <= 2, "the whole file was sent {starts} times");
        world.sandbox.google.make_room();
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        life.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_that_is_a_rate_is_waited_for() {
    let rate = "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'";
    for (message, limit) in [("Quota exceeded.", 15_000_000_000), (rate, 0)] {
        let world = world(&[]).await;
        world.sandbox.google.set_storage(limit, 0);
        for route in [Route::UploadStart, Route::UploadChunk, Route::DriveCreate, Route::DriveList] {
            world
                .sandbox
                .faults
                .once(route, Fault::Answer(old(403, "usageLimits", "quotaExceeded", message)));
        }
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        assert_eq!(world.sandbox.faults.left(), 0);
        assert!(life.store.pauses().await.unwrap().is_empty());
        life.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rate_limits_of_the_newer_form_are_waited_for_at_every_call() {
    let routes = [
        Route::DriveGet,
        Route::DriveIds,
        Route::DriveList,
        Route::DriveCreate,
        Route::UploadStart,
        Route::UploadChunk,
        Route::UploadSmall,
        Route::GoogleToken,
    ];
    let text = serde_json::json!([{"error": {"code": 403, "message": "m",
        "details": [{"reason": "rateLimitExceeded"}]}}]);
    for answer in [
        new(403, "PERMISSION_DENIED", "RATE_LIMIT_EXCEEDED"),
        new(429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"),
        new(403, "RESOURCE_EXHAUSTED", "SOMETHING_NEW"),
        Canned::new(403, "application/json", text.to_string()),
    ] {
        let world = world(&[]).await;
        for route in routes {
            world.sandbox.faults.once(route, Fault::Answer(answer.clone()));
        }
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        assert_eq!(world.sandbox.faults.left(), 0, "{}", world.calls());
        life.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_concerns_everybody_pauses_in_the_newer_form_too() {
    for (answer, expected) in [
        (new(403, "PERMISSION_DENIED", "SERVICE_DISABLED"), PauseCause::MissingScope),
        (new(403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), PauseCause::MissingScope),
        (old(403, "usageLimits", "STORAGE_QUOTA_EXCEEDED", "m"), PauseCause::StorageFull),
        (Canned::new(400, "application/json", r#"{"error":"invalid_grant"}"#), PauseCause::Credentials),
    ] {
        let world = world(&[]).await;
        world.sandbox.faults.add(Rule {
            route: Route::UploadStart,
            subject: String::new(),
            skip: 0,
            times: 1_000_000,
            fault: Fault::Answer(answer),
        });
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        let (cause, said) = paused(&life).await;
        assert_eq!(cause, expected, "{said}");
        world.sandbox.faults.clear();
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        life.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateways_404_is_no_missing_file() {
    let world = world(&[]).await;
    for route in
        [Route::DriveGet, Route::DriveList, Route::DriveCreate, Route::UploadStart, Route::UploadSmall]
    {
        world.sandbox.faults.once(route, Fault::Answer(Canned::html(404)));
    }
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    assert_eq!(world.sandbox.faults.left(), 0);
    life.stop().await;
}

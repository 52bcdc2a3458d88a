//! Every fault that the facts name, one at a time: at the start, in the middle and at the end of a file. Each
//! ends in the same archive, and Zoom's copy goes only once that is proved.

use std::time::{Duration, SystemTime};

use futures::{FutureExt, StreamExt};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::world::{LIMIT, World};

/// Worlds side by side: each waits more than it works.
const SIDE_BY_SIDE: usize = 6;

/// Bytes of the video; with chunks of 512 KiB it takes four.
const SIZE: u64 = 2_000_000;

const UUID: &str = "faults/+uuid==";

/// One or more faults, and whether the job may be parked on the way (a person mends it, and it goes on).
#[derive(Clone)]
struct Case {
    name: String,
    rules: Vec<Rule>,
    request_size: &'static str,
}

fn rule(route: Route, subject: &str, skip: u32, fault: Fault) -> Rule {
    Rule { route, subject: subject.to_owned(), skip, times: 1, fault }
}

fn case(route: Route, skip: u32, fault: Fault) -> Case {
    // Only media and uploads of the video are hit: they have a beginning, a middle and an end.
    let subject = match route {
        Route::ZoomDownload | Route::ZoomMedia => "video",
        Route::UploadStart | Route::UploadChunk | Route::UploadStatus => "speaker view",
        _ => "",
    };
    Case {
        name: format!("{route:?} #{skip} {fault:?}"),
        rules: vec![rule(route, subject, skip, fault)],
        request_size: "fixed",
    }
}

impl Case {
    fn new(name: String, rules: Vec<Rule>) -> Self {
        Self { name, rules, request_size: "fixed" }
    }

    fn and(mut self, route: Route, skip: u32, fault: Fault) -> Self {
        let next = case(route, skip, fault);
        self.name = format!("{} and {}", self.name, next.name);
        self.rules.extend(next.rules);
        self
    }

    /// The same with the whole file in one request, if the fault is about the relay and comes in time for that.
    fn in_large_requests(&self) -> Option<Self> {
        let is_about_uploads =
            |rule: &Rule| matches!(rule.route, Route::UploadChunk | Route::UploadStatus | Route::ZoomMedia);
        let chunks = |rule: &Rule| if rule.route == Route::UploadChunk { 1 } else { 2 };
        let comes = self.rules.iter().all(|rule| rule.skip < chunks(rule));
        let name = format!("{} in a large request", self.name);
        (comes && self.rules.iter().any(is_about_uploads)).then(|| Self {
            name,
            request_size: "adaptive",
            ..self.clone()
        })
    }

    async fn run(self) {
        let world = World::with(&[("IDLE_TIMEOUT", "1s"), ("REQUEST_SIZE", self.request_size)]).await;
        if self.request_size == "adaptive" {
            world.sandbox.google.line().limit(0, Duration::from_millis(50));
        }
        world.sandbox.zoom.add(
            Meeting::new(UUID, "Faults")
                .host("ann@example.com")
                .file(File::mp4("video-1", SIZE))
                .file(File::transcript("text-1", 999)),
        );
        for rule in self.rules {
            world.sandbox.faults.add(rule);
        }
        let life = world.live().await;
        let story = async {
            world.deliver(&life, UUID).await;
            life.finish(&world).await;
            world.assert_archived(&[UUID]);
            assert_eq!(world.sandbox.faults.left(), 0, "the fault never happened");
        };
        let outcome = tokio::time::timeout(LIMIT, std::panic::AssertUnwindSafe(story).catch_unwind()).await;
        if !matches!(outcome, Ok(Ok(()))) {
            panic!("{} failed\n{}", self.name, world.calls());
        }
        life.stop().await;
    }
}

async fn all(mut cases: Vec<Case>) {
    cases.extend(cases.iter().filter_map(Case::in_large_requests).collect::<Vec<_>>());
    futures::stream::iter(cases).map(Case::run).buffer_unordered(SIDE_BY_SIDE).collect::<Vec<()>>().await;
}

fn later(seconds: u64) -> SystemTime {
    SystemTime::now() + Duration::from_secs(seconds)
}

/// Answers that any server or gateway may give for a while.
fn passing_answers() -> Vec<Fault> {
    let mut answers: Vec<Fault> = [500, 502, 503, 504, 408, 429]
        .map(|status| Fault::Answer(Canned::new(status, "text/plain", "busy")))
        .to_vec();
    answers.push(Fault::Answer(Canned::html(502)));
    answers.push(Fault::Answer(Canned::new(429, "text/plain", "slow down").header("retry-after", "1")));
    let date = httpdate_of(later(1));
    answers.push(Fault::Answer(Canned::new(429, "text/plain", "slow down").header("retry-after", &date)));
    let iso = jiff::Timestamp::try_from(later(1)).unwrap().to_string();
    answers.push(Fault::Answer(Canned::new(429, "text/plain", "slow down").header("retry-after", &iso)));
    answers.extend([Fault::Cut, Fault::CutAfter, Fault::Stall]);
    answers
}

fn httpdate_of(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_that_breaks_anywhere() {
    let mut cases = Vec::new();
    for at in [0, 1, 300_000, SIZE / 2, SIZE - 1] {
        for fault in [Fault::MediaCut(at), Fault::MediaStall(at), Fault::MediaShort(at)] {
            cases.push(case(Route::ZoomMedia, 0, fault));
        }
        // The second request asks for the rest: it may get something else.
        for fault in [Fault::MediaNoRange, Fault::MediaWrongRange, Fault::MediaUnsized, Fault::MediaCut(0)] {
            cases.push(case(Route::ZoomMedia, 0, Fault::MediaCut(at)).and(Route::ZoomMedia, 0, fault));
        }
    }
    for more in [1, 100_000] {
        cases.push(case(Route::ZoomMedia, 0, Fault::MediaWrongLength(more)));
    }
    cases.push(case(Route::ZoomMedia, 0, Fault::MediaUnsized));
    // A text's listed size is only a hint: a short body in good order is the hardest to tell from the truth.
    for fault in
        [Fault::MediaShort(100), Fault::MediaUnsized, Fault::MediaCut(100), Fault::MediaWrongLength(9)]
    {
        let rules = vec![rule(Route::ZoomMedia, "text", 0, fault.clone())];
        cases.push(Case::new(format!("a text: {fault:?}"), rules));
    }
    // Measured as too short, and then sent without a length: the two readings must still agree.
    for short in [0, 100] {
        let rules = [Fault::MediaShort(short), Fault::MediaUnsized]
            .map(|fault| rule(Route::ZoomMedia, "text", 0, fault));
        cases.push(Case::new(format!("a text: short by {short}, then unsized"), rules.to_vec()));
    }
    all(cases).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn error_pages_instead_of_media() {
    let mut pages = passing_answers();
    for status in [200, 401, 403, 404, 410] {
        pages.push(Fault::Answer(Canned::html(status)));
    }
    let forbidden = r#"{"status":false,"errorCode":3301,"errorMessage":"Forbidden"}"#;
    pages.push(Fault::Answer(Canned::new(200, "application/json", forbidden)));
    pages.push(Fault::Answer(Canned::new(200, "video/mp4", forbidden)));
    pages.push(Fault::Answer(Canned::new(200, "video/mp4", "<!DOCTYPE html><html>")));
    pages.push(Fault::Answer(Canned::zoom(401, 124, "Invalid access token.")));
    pages.push(Fault::Answer(Canned::new(200, "video/mp4", "packed").header("content-encoding", "gzip")));
    let mut cases = Vec::new();
    for page in pages {
        for route in [Route::ZoomDownload, Route::ZoomMedia] {
            cases.push(case(route, 0, page.clone()));
        }
        cases.push(case(Route::ZoomMedia, 0, Fault::MediaCut(SIZE / 2)).and(Route::ZoomDownload, 1, page));
    }
    all(cases).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_that_break_at_any_chunk() {
    let mut faults = passing_answers();
    faults.extend([
        Fault::AnswerAfter(Canned::new(503, "text/plain", "gone")),
        Fault::AnswerAfter(Canned::html(502)),
        Fault::KeepOnly(0),
        Fault::KeepOnly(262_144),
        Fault::CutWithin(0),
        Fault::CutWithin(300_000),
        Fault::NoRange,
        Fault::BareRange,
        Fault::Moved,
        Fault::Forget(404),
        Fault::Forget(410),
        Fault::Answer(Canned::google(401, "authError", "Invalid Credentials")),
        Fault::Answer(Canned::google(403, "userRateLimitExceeded", "User rate limit exceeded.")),
        Fault::Answer(Canned::new(403, "text/plain", "Request rate higher than configured")),
        Fault::Answer(Canned::new(400, "text/plain", "Failed to parse Content-Range header.")),
    ]);
    let mut cases = Vec::new();
    for fault in faults {
        for chunk in [0, 1, 3] {
            cases.push(case(Route::UploadChunk, chunk, fault.clone()));
        }
    }
    for fault in [Fault::Created, Fault::Corrupt] {
        cases.push(case(Route::UploadChunk, 3, fault));
    }
    all(cases).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn upload_sessions_that_break_at_either_end() {
    let mut cases = Vec::new();
    let mut starts = passing_answers();
    starts.push(Fault::Answer(Canned::google(401, "authError", "Invalid Credentials")));
    starts.push(Fault::AnswerAfter(Canned::new(503, "text/plain", "gone")));
    for fault in starts.clone() {
        cases.push(case(Route::UploadStart, 0, fault));
    }
    starts.extend([Fault::NoRange, Fault::BareRange, Fault::Moved, Fault::Forget(404), Fault::Forget(410)]);
    for fault in starts {
        cases.push(case(Route::UploadChunk, 1, Fault::CutAfter).and(Route::UploadStatus, 0, fault.clone()));
        // The last answer is lost, and so is what comes after it.
        cases.push(case(Route::UploadChunk, 3, Fault::CutAfter).and(Route::UploadStatus, 0, fault));
    }
    all(cases).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn api_calls_that_fail_once() {
    let mut cases = Vec::new();
    for fault in passing_answers() {
        for route in [
            Route::ZoomToken,
            Route::ZoomRecording,
            Route::ZoomTrash,
            Route::GoogleToken,
            Route::DriveGet,
            Route::DriveIds,
            Route::DriveList,
            Route::DriveCreate,
            Route::UploadSmall,
        ] {
            cases.push(case(route, 0, fault.clone()));
        }
    }
    cases.push(case(Route::DriveCreate, 0, Fault::AnswerAfter(Canned::new(503, "text/plain", "gone"))));
    cases.push(case(Route::DriveCreate, 2, Fault::CutAfter));
    cases.push(case(
        Route::ZoomRecording,
        0,
        Fault::Answer(Canned::zoom(404, 3301, "Esta grabación no existe.")),
    ));
    cases.push(case(Route::ZoomRecording, 0, Fault::Answer(Canned::zoom(401, 124, "Invalid access token."))));
    cases.push(case(Route::ZoomRecording, 1, Fault::Answer(Canned::zoom(400, 124, "Invalid access token."))));
    // The look before trashing: the same code means "not yet" and "gone".
    cases.push(case(Route::ZoomRecording, 2, Fault::Answer(Canned::zoom(404, 3301, "No recording."))));
    for skip in 0..7 {
        cases.push(case(
            Route::DriveGet,
            skip,
            Fault::Answer(Canned::google(401, "authError", "Invalid Credentials")),
        ));
        cases.push(case(
            Route::DriveGet,
            skip,
            Fault::Answer(Canned::google(500, "internalError", "Internal")),
        ));
    }
    all(cases).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn times_beyond_all_measure() {
    for seconds in [u64::MAX, u64::MAX / 2, u64::from(u32::MAX), 0] {
        let world = World::with(&[]).await;
        world.sandbox.zoom.set_announced_life(Some(seconds));
        world.sandbox.google.set_announced_life(Some(seconds));
        world.sandbox.zoom.add(Meeting::new(UUID, "For ever").file(File::mp4("video-1", SIZE)));
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        life.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_beyond_all_measure() {
    let forever = Fault::Answer(Canned::html(503).header("retry-after", &u64::MAX.to_string()));
    let world = World::with(&[]).await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Later").file(File::mp4("video-1", SIZE)));
    world.sandbox.faults.add(rule(Route::ZoomRecording, "", 0, forever));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    let store = world.open_store().await;
    let deadline = tokio::time::Instant::now() + LIMIT;
    let job = loop {
        let job = store.jobs(Default::default()).await.unwrap().remove(0);
        if !job.leased && !job.reason.is_empty() {
            break job;
        }
        assert!(tokio::time::Instant::now() < deadline, "{}", world.calls());
        world.sandbox.transcript.wait_until(Duration::from_millis(50), || false).await;
    };
    // It waits, for a day at most. A person need not.
    store.retry(job.id).await.unwrap();
    store.close().await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

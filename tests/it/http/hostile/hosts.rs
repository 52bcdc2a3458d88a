//! Signed events, and redirects, that name hosts where no recording is: no call is made, no token leaves.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use zoom2drive::jobs::{Job, Standing};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::program::Program;
use crate::support::world::{LIMIT, World};

/// A port on every address of this machine, at which nobody may knock.
struct Trap(Vec<TcpListener>);

impl Trap {
    async fn set() -> (Self, u16) {
        let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = first.local_addr().unwrap().port();
        let mut listeners = vec![first];
        for address in ["127.0.0.2", "::1"] {
            let address = SocketAddr::new(address.parse().unwrap(), port);
            // A machine without IPv6 has fewer addresses.
            listeners.extend(TcpListener::bind(address).await.ok());
        }
        (Self(listeners), port)
    }

    /// Whoever knocked waits to be let in.
    async fn is_untouched(&self) -> bool {
        let knocks = self.0.iter().map(|listener| Box::pin(listener.accept()));
        let now = std::future::ready(());
        tokio::select! {
            biased;
            _ = futures::future::select_all(knocks) => false,
            () = now => true,
        }
    }
}

/// Addresses by which somebody could try to lead a download elsewhere.
fn addresses(port: u16) -> Vec<String> {
    let hosts = [
        "127.0.0.1",
        "127.0.0.2",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "0.0.0.0",
        "[::]",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "１２７.0.0.1",
        "169.254.169.254",
        "10.0.0.1",
        "metadata.google.internal",
        "zoom.us.localhost",
        "zoom.us@127.0.0.1",
        "zoom.us:x@localhost",
        "zoom.us%2f@localhost",
        "evil%2ezoom.us%00.localhost",
    ];
    let over_http = hosts.iter().map(|host| format!("http://{host}:{port}/rec/download/x"));
    let over_https = hosts.iter().map(|host| format!("https://{host}:{port}/rec/download/x"));
    let others = [
        "file:///etc/passwd",
        "ftp://zoom.us/x",
        "gopher://127.0.0.1/x",
        "data:text/plain,x",
        "http://zoom.us/x",
        "http://us02web.zoom.us:80/x",
        "https://zoom.us.evil.example/x",
        "https://evilzoom.us/x",
        "https://zoom.us./x",
        "https://ann@zoom.us/x",
        "https://:secret@zoom.us/x",
        "https://zoom.us:99999/x",
        "https:///x",
        "//localhost/x",
        "\\\\localhost\\x",
        "https://localhost\\@zoom.us/x",
        "no address",
        "javascript:alert(1)",
    ];
    over_http.chain(over_https).chain(others.map(str::to_owned)).collect()
}

fn event(uuid: &str, url: &str) -> Value {
    json!({"event": "recording.completed", "download_token": "a-token-that-must-not-leave", "payload": {
        "object": {"uuid": uuid, "topic": "t", "start_time": "2026-03-01T18:30:00Z", "recording_files": [
            {"id": uuid, "file_type": "MP4", "file_extension": "MP4", "file_size": 9, "status": "completed",
             "recording_start": "2026-03-01T18:30:00Z", "download_url": url}]}}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_of_other_hosts_in_signed_events_lead_nowhere() {
    let (trap, port) = Trap::set().await;
    let world = World::with(&[
        ("ZOOM_DOWNLOAD_HOSTS", ""),
        ("ZOOM_ACCOUNT_ID", ""),
        ("ZOOM_CLIENT_ID", ""),
        ("ZOOM_CLIENT_SECRET", ""),
        ("AFTER_ARCHIVE", "keep"),
        ("RETRY_WAIT", "10m"),
    ])
    .await;
    let program = Program::serve(&world).await;
    let mut urls = BTreeMap::new();
    for (number, url) in addresses(port).into_iter().enumerate() {
        let uuid = format!("meeting-{number}==");
        let body = event(&uuid, &url).to_string();
        assert_eq!(world.post(&program, body.as_bytes()).await, Some(200), "{url}");
        urls.insert(uuid, url);
    }
    for job in world.settled(&program, urls.len()).await {
        let url = &urls[job.recording.uuid.as_str()];
        assert_ne!(job.standing, Standing::Finished, "{url}: {}", job.reason);
        assert!(job.reason.contains("ZOOM_DOWNLOAD_HOSTS does not allow"), "{url}: {}", job.reason);
    }
    assert!(trap.is_untouched().await);
    assert!(!program.text().contains("a-token-that-must-not-leave"));
    program.stop().await;
    let calls = world.sandbox.transcript.calls();
    let downloads = calls.iter().filter(|call| matches!(call.route, Route::ZoomDownload | Route::ZoomMedia));
    assert_eq!(downloads.count(), 0, "{}", world.calls());
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
    assert!(world.archive().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirects_out_of_the_allowed_hosts_are_not_followed() {
    let (trap, port) = Trap::set().await;
    // Without the name of the sandbox's media host.
    let world = World::with(&[("RETRY_WAIT", "10m"), ("ZOOM_DOWNLOAD_HOSTS", "127.0.0.1")]).await;
    let targets = [
        format!("http://127.0.0.2:{port}/x"),
        format!("http://localhost:{port}/x"),
        format!("https://localhost:{port}/x"),
        format!("//localhost:{port}/x"),
        format!("http://[::1]:{port}/x"),
        format!("http://user@127.0.0.1:{port}/x"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "http://zoom.us/x".to_owned(),
        "file:///etc/passwd".to_owned(),
        "https://".to_owned(),
    ];
    let redirect = |target: &str| Fault::Answer(Canned::new(302, "text/html", "").header("location", target));
    for (number, target) in targets.iter().enumerate() {
        let id = format!("video-{number}-out");
        world
            .sandbox
            .zoom
            .add(Meeting::new(format!("out-{number}=="), "Elsewhere").file(File::mp4(&id, 10_000)));
        world.sandbox.faults.add(Rule {
            route: Route::ZoomDownload,
            subject: id,
            skip: 0,
            times: u32::MAX,
            fault: redirect(target),
        });
    }
    world.sandbox.zoom.add(Meeting::new("round==", "Round and round").file(File::mp4("video-round", 10_000)));
    world.sandbox.faults.add(Rule {
        route: Route::ZoomDownload,
        subject: "video-round".to_owned(),
        skip: 0,
        times: u32::MAX,
        fault: redirect("#again"),
    });
    let program = Program::serve(&world).await;
    for number in 0..targets.len() {
        world.deliver_to(&program, &format!("out-{number}==")).await;
    }
    world.deliver_to(&program, "round==").await;
    for job in world.settled(&program, targets.len() + 1).await {
        if job.recording.uuid.as_str() == "round==" {
            assert!(job.reason.contains("more than 5 redirects"), "{}", job.reason);
        } else {
            assert!(job.reason.contains("download"), "{:?}: {}", job.recording.uuid, job.reason);
        }
    }
    assert!(trap.is_untouched().await);
    program.stop().await;
    let calls = world.sandbox.transcript.calls();
    let mut hops = BTreeMap::<&str, u32>::new();
    for call in calls.iter().filter(|call| call.route == Route::ZoomDownload) {
        *hops.entry(&call.subject).or_default() += 1;
    }
    assert_eq!(hops.values().max(), Some(&6), "{hops:?}");
    assert_eq!(world.sandbox.transcript.count(Route::ZoomMedia), 0, "{}", world.calls());
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

impl World {
    /// Waits until so many jobs have a reason not to go on, and gives them.
    async fn settled(&self, program: &Program, count: usize) -> Vec<Job> {
        let store = self.open_store().await;
        let deadline = tokio::time::Instant::now() + LIMIT;
        loop {
            let jobs = store.jobs(Default::default()).await.unwrap();
            if jobs.len() == count && jobs.iter().all(|job| !job.leased && !job.reason.is_empty()) {
                store.close().await;
                return jobs;
            }
            assert!(tokio::time::Instant::now() < deadline, "{jobs:#?}\n{}", program.text());
            let lines = program.lines();
            let soon = std::time::Duration::from_millis(20);
            self.sandbox.transcript.wait_until(soon, || program.lines() > lines).await;
        }
    }
}

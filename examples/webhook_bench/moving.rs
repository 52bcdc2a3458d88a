//! Files that move while the storm lasts: larger than can be moved in that time.

use std::collections::BTreeMap;
use std::time::Duration;

use zoom2drive::sandbox::Sandbox;
use zoom2drive::sandbox::zoom::{File, Meeting};

use super::Failure;

const GIB: u64 = 1024 * 1024 * 1024;
const UUID: &str = "moving/AAAAAAAAAAAAAA==";

/// Of the line, each way: as in a data centre, and less than what two cores can move.
const BYTES_PER_SECOND: u64 = 100_000_000;

/// Within this time all files have begun.
const BEGIN_WITHIN: Duration = Duration::from_secs(30);

/// An address at which nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";

/// The addresses of Zoom and Google: without files to move they lead nowhere.
pub fn addresses(files: u64, settings: &mut BTreeMap<String, String>) {
    if files > 0 {
        settings.insert("AFTER_ARCHIVE".to_owned(), "keep".to_owned());
        return;
    }
    for name in ["ZOOM_API_URL", "ZOOM_OAUTH_URL", "GOOGLE_API_URL"] {
        settings.insert(name.to_owned(), NOWHERE.to_owned());
    }
}

/// Begins to move this number of files, and waits until Drive has bytes.
pub async fn begin(files: u64, sandbox: &Sandbox, service: &str) -> Result<(), Failure> {
    if files == 0 {
        return Ok(());
    }
    sandbox.zoom.line().limit(BYTES_PER_SECOND, Duration::ZERO);
    sandbox.google.line().limit(BYTES_PER_SECOND, Duration::ZERO);
    let videos = (1..=files).map(|number| File::mp4(&format!("moving-{number}"), 64 * GIB));
    sandbox.zoom.add(videos.fold(Meeting::new(UUID, "A long play"), Meeting::file));
    let event = sandbox.zoom.event(UUID, "recording.completed");
    sandbox.zoom.deliver(&format!("http://{service}{}", super::PATH), &event).await?;
    let has_begun = || sandbox.google.bytes_received() > 0;
    if sandbox.transcript.wait_until(BEGIN_WITHIN, has_begun).await {
        Ok(())
    } else {
        Err("no file moves".into())
    }
}

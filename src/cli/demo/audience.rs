//! `--browser`: a person watches the demo on the service's own pages.
//!
//! The play waits until somebody has logged in, moves bytes slowly enough to be watched, and leaves the killed service
//! dead until the page has lost its colour.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use crate::jobs::backlog::SWEEP_SINGLETON;
use crate::sandbox::Sandbox;
use crate::sandbox::faults::{Fault, Route, Rule};
use crate::store::{Store, StoreError};

use super::script::Scale;

/// Interval at which the sessions are read while waiting for a login.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Longest wait for the first sweep.
const SWEPT_WITHIN: Duration = Duration::from_secs(20);

/// How long the killed service stays dead: a page loses its colour 30 seconds after its last news.
const DEAD_FOR: Duration = Duration::from_secs(40);

/// The audience of a demo.
#[derive(Debug, Clone)]
pub(super) struct Audience {
    /// The page to open.
    address: String,
    token: String,
}

impl Audience {
    /// Changes the settings for an audience: an address that stays when the service is started again, and a sweep,
    /// because without one nobody can say that nothing is missing.
    pub(super) fn invite(settings: &mut BTreeMap<String, String>) -> std::io::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        settings.insert("LISTEN_ADDR".to_owned(), format!("127.0.0.1:{port}"));
        settings.insert("SWEEP_EVERY".to_owned(), "1h".to_owned());
        let token = settings.get("ADMIN_TOKEN").cloned().unwrap_or_default();
        Ok(Self { address: format!("http://localhost:{port}/dashboard"), token })
    }

    /// Slows Zoom's downloads down to about 25 MiB/s for each file, or to 0.6 MiB/s for the small demo, so that the
    /// bars of both grow for about ten seconds before the kill and after it. Comes after the planned faults: the first
    /// rule that fits is taken.
    pub(super) fn slow_down(sandbox: &Sandbox, scale: Scale) {
        let between_frames = match scale {
            Scale::Full => Duration::from_millis(2),
            Scale::Fast => Duration::from_millis(100),
        };
        let fault = Fault::MediaSlow(between_frames);
        sandbox.faults.add(Rule {
            route: Route::ZoomMedia,
            subject: String::new(),
            skip: 0,
            times: u32::MAX,
            fault,
        });
    }

    /// What to do, for the screen.
    pub(super) fn invitation(&self) -> String {
        format!("open {} and log in with the token {}; the demo waits for you", self.address, self.token)
    }

    /// Returns when the first sweep has ended: before it, the page could not say that nothing is missing. The sandbox
    /// answers it at once; without an answer the demo goes on all the same.
    pub(super) async fn can_be_told(&self, store: &Store) -> Result<(), StoreError> {
        let began = Instant::now();
        while began.elapsed() < SWEPT_WITHIN && store.singleton(SWEEP_SINGLETON).await?.succeeded_at.is_none()
        {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Returns when somebody has logged in.
    pub(super) async fn arrives(&self, store: &Store) -> Result<(), StoreError> {
        while store.sessions().await?.is_empty() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Leaves the service dead for the time that the page needs to show it.
    pub(super) async fn sees_the_end(&self) {
        tokio::time::sleep(DEAD_FOR).await;
    }

    /// For the screen while the service is dead.
    pub(super) fn what_to_see() -> String {
        format!(
            "it stays dead for {} s: within 30 s the page says that it has lost the service",
            DEAD_FOR.as_secs()
        )
    }
}

//! A Zoom and a Google on loopback, for the demo and the tests: strict, stateful, and able to misbehave.
//!
//! The real program talks to them over real HTTP; nothing in it knows that they are not the real ones.
//! Contents are computed, never stored. Code is shared with nothing that is tested: signatures, uuids and
//! checksums are made here independently.

pub mod content;
pub mod faults;
pub mod google;
pub mod line;
pub mod serve;
pub mod transcript;
mod transfer;
pub mod zoom;

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::{CancellationToken, DropGuard};

use faults::Faults;
use google::Google;
use transcript::Transcript;
use zoom::Zoom;

/// Both worlds, and what happened in them. They end when this is dropped.
pub struct Sandbox {
    /// The fake Zoom.
    pub zoom: Arc<Zoom>,
    /// The fake Google.
    pub google: Arc<Google>,
    /// The faults of both.
    pub faults: Arc<Faults>,
    /// The requests to both, and the broken rules.
    pub transcript: Arc<Transcript>,
    _stop: DropGuard,
}

impl Sandbox {
    /// Starts both on loopback ports that the system chooses.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> io::Result<Self> {
        let (faults, transcript, stop) =
            (Arc::<Faults>::default(), Arc::<Transcript>::default(), CancellationToken::new());
        Ok(Self {
            zoom: Zoom::start(faults.clone(), transcript.clone(), stop.clone()).await?,
            google: Google::start(faults.clone(), transcript.clone(), stop.clone()).await?,
            faults,
            transcript,
            _stop: stop.drop_guard(),
        })
    }

    /// The settings with which the program finds this sandbox. The Google key and the database go to `folder`.
    ///
    /// # Errors
    /// When the key file cannot be written.
    pub fn environment(&self, folder: &Path) -> io::Result<Vec<(String, String)>> {
        let key = folder.join("google-key.json");
        std::fs::write(&key, self.google.service_account_key().to_string())?;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600))?;
        let database = folder.join("zoom2drive.db");
        let pairs: [(&str, String); 17] = [
            ("ZOOM_WEBHOOK_SECRET_TOKEN", self.zoom.webhook_secret().to_owned()),
            ("ZOOM_ACCOUNT_ID", self.zoom.account_id().to_owned()),
            ("ZOOM_CLIENT_ID", self.zoom.client_id().to_owned()),
            ("ZOOM_CLIENT_SECRET", self.zoom.client_secret().to_owned()),
            ("ZOOM_API_URL", self.zoom.api_url()),
            ("ZOOM_OAUTH_URL", self.zoom.oauth_url()),
            ("ZOOM_DOWNLOAD_HOSTS", self.zoom.download_hosts()),
            ("GOOGLE_APPLICATION_CREDENTIALS", key.display().to_string()),
            ("GOOGLE_API_URL", self.google.url()),
            ("GMAIL_API_URL", self.google.url()),
            ("SHEETS_API_URL", self.google.url()),
            ("MEET_API_URL", self.google.url()),
            ("ADMIN_API_URL", self.google.url()),
            ("DRIVE_FOLDER_ID", self.google.root_folder()),
            ("DATABASE_URL", format!("sqlite://{}", database.display())),
            ("LISTEN_ADDR", "127.0.0.1:0".to_owned()),
            ("AFTER_ARCHIVE", "trash".to_owned()),
        ];
        Ok(pairs.map(|(name, value)| (name.to_owned(), value)).to_vec())
    }
}

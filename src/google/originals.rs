//! The files that Meet has made, in their organiser's Drive: read as a user who sees them, and never changed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::auth::SCOPE_MEET_FILES;
use super::meet::{Api, Asked, MeetError};
use super::users::GoogleUsers;
use crate::config::{GoogleConfig, HostRule};
use crate::download::{DownloadError, Downloads, OpenDownload};
use crate::http::{self, ClientError, segment};
use crate::meet::Original;
use crate::recording::RecordingFile;

/// What Drive is asked of a file.
const FIELDS: &str = "id,size,sha256Checksum,mimeType,trashed,capabilities(canDownload)";

/// Client of the files, for any user. It only sends GET.
#[derive(Debug)]
pub struct Originals {
    users: Arc<GoogleUsers>,
    downloads: Downloads,
    api_url: Url,
}

impl GoogleUsers {
    /// The address of the person who is logged in.
    ///
    /// # Errors
    /// As for every call.
    pub async fn login(&self, config: &GoogleConfig) -> Result<String, MeetError> {
        let asked =
            Asked { api: Api::Drive, user: "the login", scope: SCOPE_MEET_FILES, what: "login", hint: "" };
        let url = format!("{}/drive/v3/about", config.api_url.as_str().trim_end_matches('/'));
        let about = self.get(&url, &[("fields", "user(emailAddress)")], asked).await?;
        let address = about["user"]["emailAddress"].as_str().filter(|address| !address.is_empty());
        address.map(str::to_owned).ok_or_else(|| MeetError::Refused("the login has no address".to_owned()))
    }
}

/// Why a file cannot be opened.
#[derive(Debug)]
pub enum OriginalError {
    /// There is no token for the user.
    Token(MeetError),
    /// Drive does not deliver the file.
    Download(DownloadError),
}

impl Originals {
    /// Makes a client from the settings. A connection without a byte for `idle_timeout` is closed.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        users: Arc<GoogleUsers>,
        config: &GoogleConfig,
        idle_timeout: Duration,
    ) -> Result<Self, ClientError> {
        let api_url = config.api_url.clone();
        let hosts = api_url.host_str().map(|host| HostRule::Exactly(host.to_owned())).into_iter().collect();
        // The operator names the host: it may have any address.
        let client = http::download_client(&[], idle_timeout)?;
        Ok(Self { users, downloads: Downloads::new(client, hosts, idle_timeout), api_url })
    }

    /// The address of Drive's files.
    pub fn url(&self) -> String {
        format!("{}/drive/v3/files", self.api_url.as_str().trim_end_matches('/'))
    }

    /// Size and checksum of a file, and whether it can be read.
    ///
    /// # Errors
    /// `Gone` when it was deleted, or the user does not see it.
    pub async fn examine(&self, user: &str, id: &str) -> Result<Original, MeetError> {
        let id = segment::encoded(id).map_err(|error| MeetError::Refused(error.to_string()))?;
        let parameters = [("fields", FIELDS), ("supportsAllDrives", "true")];
        let asked = Asked { api: Api::Drive, user, scope: SCOPE_MEET_FILES, what: "file", hint: "" };
        let answer = self.users.get(&format!("{}/{id}", self.url()), &parameters, asked).await?;
        Ok(read(&answer))
    }

    /// Opens a file as this user, from `offset` on. `validator` comes from an earlier part of the same content, or is
    /// empty. An export is read whole.
    ///
    /// # Errors
    /// See [`OriginalError`].
    pub async fn open(
        &self,
        user: &str,
        file: &RecordingFile,
        offset: u64,
        validator: &str,
    ) -> Result<OpenDownload, OriginalError> {
        let Some(download) = &file.download else {
            let why = "no download address is known".to_owned();
            return Err(OriginalError::Download(DownloadError::Refused(why)));
        };
        let client = self.users.client(user, SCOPE_MEET_FILES);
        let asked = Asked { api: Api::Drive, user, scope: SCOPE_MEET_FILES, what: "file", hint: "" };
        // A token may have been revoked since: it is replaced once.
        for is_last in [false, true] {
            let token = self.users.token(&client, asked).await.map_err(OriginalError::Token)?;
            let opened = match file.is_export() {
                true => self.downloads.open_whole(file, &download.url, &token, validator).await,
                false => self.downloads.open(file, &download.url, Some(&token), offset, validator).await,
            };
            match opened {
                Err(DownloadError::Unauthorized) if !is_last => client.tokens.discard(&token).await,
                opened => return opened.map_err(OriginalError::Download),
            }
        }
        Err(OriginalError::Download(DownloadError::Unauthorized))
    }
}

fn read(answer: &Value) -> Original {
    let unavailable = if answer["trashed"] == true {
        "its file is in the trash of the organiser's Drive: take it out, then `jobs retry`"
    } else if answer["capabilities"]["canDownload"] == false {
        "its organiser does not allow downloads of it"
    } else {
        ""
    };
    Original {
        // 64-bit numbers are JSON strings.
        size: answer["size"].as_str().and_then(|size| size.parse().ok()).or_else(|| answer["size"].as_u64()),
        sha256: answer["sha256Checksum"].as_str().map(str::to_ascii_lowercase),
        unavailable: unavailable.to_owned(),
    }
}

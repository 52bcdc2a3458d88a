//! Drive's metadata: folders, reserved ids, checksums, trash.

use std::collections::BTreeMap;

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use url::Url;

use super::auth::{GoogleTokens, SCOPE_DRIVE};
use super::ids::ReservedIds;
use super::{API, GoogleClient, GoogleError, about_url};
use crate::config::GoogleConfig;
use crate::http::segment;
use crate::jobs::DriveCopy;

/// Drive's MIME type for folders.
pub const FOLDER_TYPE: &str = "application/vnd.google-apps.folder";

/// Drive's MIME type for shortcuts.
pub const SHORTCUT_TYPE: &str = "application/vnd.google-apps.shortcut";

/// The fields that every request for a file's metadata asks for.
pub const FILE_FIELDS: &str = "id,name,mimeType,parents,size,sha256Checksum,md5Checksum,trashed,appProperties,createdTime,driveId,capabilities(canAddChildren)";

/// Files per page of a list: Drive's maximum.
const FILES_PER_PAGE: &str = "1000";

/// A file or folder as Drive describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriveFile {
    pub id: String,
    pub name: String,
    /// [`FOLDER_TYPE`] for folders.
    pub mime_type: String,
    /// Ids of the folders that contain it; Drive allows one.
    pub parents: Vec<String>,
    /// Bytes; `None` for folders.
    pub size: Option<u64>,
    /// Lower-case hex. Drive sends it "if available".
    pub sha256: Option<String>,
    pub trashed: bool,
    /// Properties that only this app can read. They identify our files.
    pub app_properties: BTreeMap<String, String>,
    /// RFC 3339.
    pub created_time: String,
    /// The shared drive that contains it, if any.
    pub drive_id: Option<String>,
    /// True if the account may put files into it.
    pub can_add_children: Option<bool>,
}

impl DriveFile {
    /// Reads Drive's answer to [`FILE_FIELDS`]; `None` if it has no id.
    pub(crate) fn read(answer: &Value) -> Option<Self> {
        let text = |field: &str| answer[field].as_str().unwrap_or_default().to_owned();
        let properties = answer["appProperties"].as_object();
        Some(Self {
            id: answer["id"].as_str()?.to_owned(),
            name: text("name"),
            mime_type: text("mimeType"),
            parents: answer["parents"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            // 64-bit numbers are JSON strings.
            size: answer["size"]
                .as_str()
                .and_then(|size| size.parse().ok())
                .or_else(|| answer["size"].as_u64()),
            sha256: answer["sha256Checksum"].as_str().map(str::to_ascii_lowercase),
            trashed: answer["trashed"].as_bool().unwrap_or(false),
            app_properties: properties
                .into_iter()
                .flatten()
                .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
                .collect(),
            created_time: text("createdTime"),
            drive_id: answer["driveId"].as_str().map(str::to_owned),
            can_add_children: answer["capabilities"]["canAddChildren"].as_bool(),
        })
    }

    /// Size and checksum of the copy, if Drive reports both.
    pub fn held(&self) -> Option<DriveCopy> {
        Some(DriveCopy {
            drive_id: self.id.clone(),
            size: self.size?,
            sha256: self.sha256.clone()?,
            trashed: self.trashed,
        })
    }
}

/// A file to be created.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// An id that Drive reserved before.
    pub id: String,
    pub name: String,
    pub mime_type: String,
    /// Id of the folder.
    pub parent: String,
    /// Properties that identify the file later.
    pub app_properties: BTreeMap<String, String>,
    /// Time of the recording, RFC 3339.
    pub created_time: Option<String>,
    /// Text for people.
    pub description: String,
}

impl NewFile {
    /// The body of a create request.
    pub(crate) fn metadata(&self) -> Value {
        let mut metadata = json!({
            "id": self.id, "name": self.name, "mimeType": self.mime_type, "parents": [self.parent],
            "appProperties": self.app_properties,
        });
        if !self.description.is_empty() {
            metadata["description"] = Value::String(self.description.clone());
        }
        if let Some(created) = &self.created_time {
            metadata["createdTime"] = Value::String(created.clone());
        }
        metadata
    }
}

/// Client of Drive for one identity.
#[derive(Debug)]
pub struct Drive {
    pub(crate) google: GoogleClient,
    /// For chunks: the time to send one is not idle time, so the sender has its own watchdog.
    pub(crate) uploads: Client,
    pub(crate) api_url: Url,
    pub(crate) sheets_api_url: Url,
    pub(crate) ids: ReservedIds,
}

impl Drive {
    /// Makes a client from the settings. `calls` has an idle limit, `uploads` must have none.
    pub fn new(calls: Client, uploads: Client, config: &GoogleConfig) -> Self {
        let client = calls;
        let tokens = GoogleTokens::new(
            client.clone(),
            config.credentials.clone(),
            config.subject.clone(),
            SCOPE_DRIVE,
        );
        let about = Some(about_url(&config.api_url));
        let (api_url, sheets_api_url) = (config.api_url.clone(), config.sheets_api_url.clone());
        let google = GoogleClient { client, tokens, about };
        Self { google, uploads, api_url, sheets_api_url, ids: ReservedIds::default() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.api_url.as_str().trim_end_matches('/'))
    }

    /// The address of one file below `base`, such as `/drive/v3`. `tail` follows the id.
    pub(crate) fn file_url(&self, base: &str, id: &str, tail: &str) -> Result<String, GoogleError> {
        let id = segment::encoded(id).map_err(|error| GoogleError::Refused(error.to_string()))?;
        Ok(self.url(&format!("{base}/files/{id}{tail}")))
    }

    /// Returns one file or folder, even if it is in the trash.
    ///
    /// # Errors
    /// `NotFound` when it does not exist or the account cannot see it.
    pub async fn get(&self, id: &str) -> Result<DriveFile, GoogleError> {
        let url = self.file_url(API, id, "")?;
        let answer = self
            .google
            .json(|client| client.get(&url).query(&[("supportsAllDrives", "true"), ("fields", FILE_FIELDS)]))
            .await?;
        read_file(&answer)
    }

    /// Lists all files that match a query. Values in the query must be [`quoted`]. `drive_id` is the shared drive
    /// to search; without it the search covers the account's own files.
    ///
    /// # Errors
    /// As for every call of Google, and when the list is not complete: with a part of the list, files would be
    /// archived twice.
    pub async fn list(&self, query: &str, drive_id: Option<&str>) -> Result<Vec<DriveFile>, GoogleError> {
        let fields = format!("nextPageToken,incompleteSearch,files({FILE_FIELDS})");
        let mut parameters = vec![
            ("q", query),
            ("fields", &fields),
            ("pageSize", FILES_PER_PAGE),
            ("spaces", "drive"),
            ("supportsAllDrives", "true"),
            ("includeItemsFromAllDrives", "true"),
        ];
        if let Some(drive_id) = drive_id {
            parameters.extend([("corpora", "drive"), ("driveId", drive_id)]);
        }
        let rows = self.google.pages(&self.url("/drive/v3/files"), &parameters, "files").await?;
        rows.iter().map(read_file).collect()
    }

    /// Creates a folder or an empty file under its reserved id. If the id is in use, an earlier attempt succeeded.
    ///
    /// # Errors
    /// See [`GoogleError`].
    pub async fn create(&self, file: &NewFile) -> Result<(), GoogleError> {
        let url = self.url("/drive/v3/files");
        let parameters = [("supportsAllDrives", "true"), ("fields", "id")];
        let answer =
            self.google.json(|client| client.post(&url).query(&parameters).json(&file.metadata())).await;
        match answer {
            Ok(_) | Err(GoogleError::IdInUse) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Moves one of our own bad copies to Drive's trash.
    ///
    /// # Errors
    /// `NotFound` when it does not exist, or not yet.
    pub async fn trash(&self, id: &str) -> Result<(), GoogleError> {
        let url = self.file_url(API, id, "")?;
        let parameters = [("supportsAllDrives", "true"), ("fields", "id,trashed")];
        let response = self
            .google
            .send(|client| client.patch(&url).query(&parameters).json(&json!({"trashed": true})))
            .await?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(self.google.refusal(response, 0).await)
    }

    /// Replaces a file's content in one request (Drive's "simple upload", for files of 5 MB at most; an update with
    /// content is a PATCH).
    ///
    /// # Errors
    /// `NotFound` when it does not exist.
    pub async fn replace_content(
        &self,
        id: &str,
        mime_type: &str,
        content: &[u8],
    ) -> Result<DriveFile, GoogleError> {
        let url = self.file_url("/upload/drive/v3", id, "")?;
        let parameters = [("uploadType", "media"), ("supportsAllDrives", "true"), ("fields", FILE_FIELDS)];
        let answer = self
            .google
            .json(|client| {
                client.patch(&url).query(&parameters).header(CONTENT_TYPE, mime_type).body(content.to_vec())
            })
            .await?;
        read_file(&answer)
    }

    /// Opens a file's content, to compute the checksum if Drive offers none.
    ///
    /// # Errors
    /// See [`GoogleError`].
    pub async fn read_back(&self, id: &str) -> Result<reqwest::Response, GoogleError> {
        let url = self.file_url(API, id, "")?;
        let token = self.google.tokens.token().await?;
        let parameters = [("alt", "media"), ("supportsAllDrives", "true")];
        let request = self.google.client.get(&url).query(&parameters).bearer_auth(token.expose());
        let response = request.send().await.map_err(super::unreachable)?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(self.google.refusal(response, 0).await)
        }
    }
}

fn read_file(answer: &Value) -> Result<DriveFile, GoogleError> {
    DriveFile::read(answer)
        .ok_or_else(|| GoogleError::Unreachable { what: "the answer names no file".to_owned(), after: None })
}

/// A text as a value in a query: in quotes, with `\` and `'` escaped.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

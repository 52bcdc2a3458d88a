//! Drive's metadata: folders, reserved ids, checksums, trash.

use std::collections::BTreeMap;

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use url::Url;

use super::auth::{GoogleTokens, SCOPE_DRIVE};
use super::{API, GoogleClient, GoogleError, about_url};
use crate::config::GoogleConfig;
use crate::http::segment;
use crate::jobs::DriveCopy;

/// Drive's MIME type for folders.
pub const FOLDER_TYPE: &str = "application/vnd.google-apps.folder";

/// Drive's MIME type for shortcuts.
pub const SHORTCUT_TYPE: &str = "application/vnd.google-apps.shortcut";

/// Which fields of a file we ask for, everywhere.
pub const FILE_FIELDS: &str = "id,name,mimeType,parents,size,sha256Checksum,md5Checksum,trashed,appProperties,createdTime,driveId,capabilities(canAddChildren)";

/// Files on a page of a list: as many as Drive gives.
const FILES_PER_PAGE: &str = "1000";

/// Most ids that Drive reserves in one call.
const IDS_MAX: usize = 1000;

/// A file or folder as Drive describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriveFile {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its MIME type; [`FOLDER_TYPE`] for folders.
    pub mime_type: String,
    /// The folder it is in.
    pub parents: Vec<String>,
    /// Bytes; none for folders.
    pub size: Option<u64>,
    /// Lower-case hex, "if available".
    pub sha256: Option<String>,
    /// Whether it is in the trash.
    pub trashed: bool,
    /// Private to this app: what we recognise our files by.
    pub app_properties: BTreeMap<String, String>,
    /// RFC 3339.
    pub created_time: String,
    /// The shared drive it is in, if it is in one.
    pub drive_id: Option<String>,
    /// Whether we may put files into it.
    pub can_add_children: Option<bool>,
}

impl DriveFile {
    /// Reads what Drive answers for [`FILE_FIELDS`]; `None` without an id.
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

    /// What it holds, if Drive says it in full.
    pub fn held(&self) -> Option<DriveCopy> {
        Some(DriveCopy {
            drive_id: self.id.clone(),
            size: self.size?,
            sha256: self.sha256.clone()?,
            trashed: self.trashed,
        })
    }
}

/// A file that is about to be made.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// The id that was reserved for it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its MIME type.
    pub mime_type: String,
    /// Its folder.
    pub parent: String,
    /// What we will recognise it by.
    pub app_properties: BTreeMap<String, String>,
    /// When it was recorded, RFC 3339.
    pub created_time: Option<String>,
    /// A line for people.
    pub description: String,
}

impl NewFile {
    /// As the body of a create request.
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

/// Drive, for one identity.
#[derive(Debug)]
pub struct Drive {
    pub(crate) google: GoogleClient,
    /// For chunks: the time to send one is no waiting, so whoever sends watches for himself.
    pub(crate) uploads: Client,
    pub(crate) api_url: Url,
}

impl Drive {
    /// As the settings name it. `calls` has an idle limit, `uploads` must have none.
    pub fn new(calls: Client, uploads: Client, config: &GoogleConfig) -> Self {
        let client = calls;
        let tokens = GoogleTokens::new(
            client.clone(),
            config.credentials.clone(),
            config.subject.clone(),
            SCOPE_DRIVE,
        );
        let about = Some(about_url(&config.api_url));
        Self { google: GoogleClient { client, tokens, about }, uploads, api_url: config.api_url.clone() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.api_url.as_str().trim_end_matches('/'))
    }

    /// The address of one file, below `/drive/v3` or another of its kind. `tail` is what follows the id.
    pub(crate) fn file_url(&self, base: &str, id: &str, tail: &str) -> Result<String, GoogleError> {
        let id = segment::encoded(id).map_err(|error| GoogleError::Refused(error.to_string()))?;
        Ok(self.url(&format!("{base}/files/{id}{tail}")))
    }

    /// One file or folder, also when it is in the trash.
    ///
    /// # Errors
    /// `NotFound` when it is not there or not ours to see.
    pub async fn get(&self, id: &str) -> Result<DriveFile, GoogleError> {
        let url = self.file_url(API, id, "")?;
        let answer = self
            .google
            .json(|client| client.get(&url).query(&[("supportsAllDrives", "true"), ("fields", FILE_FIELDS)]))
            .await?;
        read_file(&answer)
    }

    /// All files that match a query, of which [`quoted`] values are part. `drive_id` is the shared drive to look in;
    /// without it the account's own files are searched.
    ///
    /// # Errors
    /// As Google's, and when the list is not complete: who takes a part for all archives files twice.
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

    /// Reserves ids for files that do not exist yet.
    ///
    /// # Errors
    /// As Google's, or when it hands out fewer than asked.
    pub async fn reserve_ids(&self, count: usize) -> Result<Vec<String>, GoogleError> {
        let url = self.url("/drive/v3/files/generateIds");
        let mut ids = Vec::with_capacity(count);
        while ids.len() < count {
            let batch = (count - ids.len()).min(IDS_MAX).to_string();
            let parameters = [("count", batch.as_str()), ("space", "drive"), ("type", "files")];
            let answer = self.google.json(|client| client.get(&url).query(&parameters)).await?;
            let before = ids.len();
            ids.extend(
                answer["ids"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned),
            );
            if ids.len() == before {
                return Err(GoogleError::Unreachable {
                    what: "no ids were handed out".to_owned(),
                    after: None,
                });
            }
        }
        ids.truncate(count);
        Ok(ids)
    }

    /// Makes a folder, or a file that holds nothing yet, under its reserved id. An id that is in use means that
    /// an earlier attempt got through.
    ///
    /// # Errors
    /// As Google's.
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

    /// Puts one of our own bad copies into Drive's trash.
    ///
    /// # Errors
    /// `NotFound` when it is not there, or not there yet.
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

    /// Puts this content in the place of what a file holds, in one request (Drive's "simple upload", for files of
    /// 5 MB at most; an update with content is a PATCH).
    ///
    /// # Errors
    /// `NotFound` when it is not there.
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

    /// The bytes of a file, to be read back when Drive offers no checksum.
    ///
    /// # Errors
    /// As Google's.
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

//! Lists the files of many folders together, page by page: what a verification needs to know of each, and nothing else.

use serde_json::Value;

use super::drive::{FILE_FIELDS, FOLDER_TYPE, quoted};
use super::pages::Place;
use super::{API, Drive, DriveFile, GoogleError};
use crate::jobs::verification::{DriveState, Held};

/// Most folders in one query. Google documents no limit; queries of 50 are in wide use, and a caller asks with fewer
/// folders when Drive refuses a query.
pub const FOLDERS_MAX: usize = 100;

/// The fields that are asked of each file.
const FIELDS: &str = "nextPageToken,incompleteSearch,files(id,parents,size,sha256Checksum,trashed)";

/// Files per page: Drive's maximum.
const FILES_PER_PAGE: &str = "1000";

/// A file in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct ListedFile {
    pub id: String,
    pub held: Held,
}

/// A list that is read page by page. The trash is a part of it; folders are not.
#[derive(Debug)]
pub struct Listing<'a> {
    drive: &'a Drive,
    query: String,
    /// The shared drive to search; `None` for the account's own files.
    drive_id: Option<&'a str>,
    place: Place,
}

impl Drive {
    /// Begins a list of the files in these folders.
    pub fn list_folders<'a>(&'a self, folders: &[String], drive_id: Option<&'a str>) -> Listing<'a> {
        Listing { drive: self, query: query(folders), drive_id, place: Place::default() }
    }

    /// The state of one file, asked by its id: what this says is never out of date.
    ///
    /// # Errors
    /// When Drive cannot be asked. That it has no such file is an answer.
    pub async fn state(&self, id: &str) -> Result<DriveState, GoogleError> {
        let url = self.file_url(API, id, "")?;
        let parameters = [("supportsAllDrives", "true"), ("fields", FILE_FIELDS)];
        match self.google.json(|client| client.get(&url).query(&parameters)).await {
            Ok(answer) => Ok(DriveFile::read(&answer).map_or_else(
                || DriveState::Denied("the answer names no file".to_owned()),
                |file| DriveState::Held(held(file)),
            )),
            Err(GoogleError::NotFound(_)) => Ok(DriveState::Absent),
            Err(GoogleError::Refused(why)) => Ok(DriveState::Denied(why)),
            Err(error) => Err(error),
        }
    }
}

impl Listing<'_> {
    /// The files of the next page; `None` after the last one.
    ///
    /// # Errors
    /// As for every call of Google, and when a page is not complete. `NotFound` when the account does not see one of
    /// the folders, `Refused` when Drive does not accept the query.
    pub async fn next(&mut self) -> Result<Option<Vec<ListedFile>>, GoogleError> {
        if self.place.is_last {
            return Ok(None);
        }
        let mut parameters = vec![
            ("q", self.query.as_str()),
            ("fields", FIELDS),
            ("pageSize", FILES_PER_PAGE),
            ("spaces", "drive"),
            ("supportsAllDrives", "true"),
            ("includeItemsFromAllDrives", "true"),
        ];
        if let Some(drive_id) = self.drive_id {
            parameters.extend([("corpora", "drive"), ("driveId", drive_id)]);
        }
        let url = self.drive.url("/drive/v3/files");
        let rows = self.drive.google.page(&url, &parameters, "files", &mut self.place).await?;
        Ok(Some(rows.iter().filter_map(listed).collect()))
    }
}

/// In Google's documented grammar, with parentheses: it documents no order of `and` and `or` without them.
fn query(folders: &[String]) -> String {
    let parents: Vec<String> =
        folders.iter().map(|folder| format!("{} in parents", quoted(folder))).collect();
    format!("({}) and mimeType != {}", parents.join(" or "), quoted(FOLDER_TYPE))
}

fn listed(row: &Value) -> Option<ListedFile> {
    let file = DriveFile::read(row)?;
    Some(ListedFile { id: file.id.clone(), held: held(file) })
}

fn held(file: DriveFile) -> Held {
    Held { size: file.size, sha256: file.sha256, trashed: file.trashed, parents: file.parents }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_grouped_and_quoted() {
        let folders = ["1A".to_owned(), "it's".to_owned()];
        assert_eq!(
            query(&folders),
            r"('1A' in parents or 'it\'s' in parents) and mimeType != 'application/vnd.google-apps.folder'"
        );
    }

    #[test]
    fn the_longest_query_fits_into_an_address() {
        let folders = vec!["x".repeat(44); FOLDERS_MAX];
        // Each quote takes three characters in an address, each blank one.
        let encoded = query(&folders).replace('\'', "%27").len();
        assert!(encoded < 8 * 1024, "{encoded}");
    }
}

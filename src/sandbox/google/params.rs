//! Query parameters, and the list of those that Google documents for each method.

use url::form_urlencoded;

use super::errors;
use crate::sandbox::faults::Canned;

/// Known to every method of the API.
const ANYWHERE: &[&str] = &[
    "$.xgafv",
    "alt",
    "callback",
    "fields",
    "key",
    "prettyPrint",
    "quotaUser",
    "uploadType",
    "upload_protocol",
];

/// `GET files/{id}`
pub(super) const GET: &[&str] = &[
    "acknowledgeAbuse",
    "includeLabels",
    "includePermissionsForView",
    "supportsAllDrives",
    "supportsTeamDrives",
];
/// `GET files`
pub(super) const LIST: &[&str] = &[
    "corpora",
    "driveId",
    "includeItemsFromAllDrives",
    "includeLabels",
    "includePermissionsForView",
    "orderBy",
    "pageSize",
    "pageToken",
    "q",
    "spaces",
    "supportsAllDrives",
];
/// `POST files`, with and without content
pub(super) const CREATE: &[&str] = &[
    "enforceSingleParent",
    "ignoreDefaultVisibility",
    "includeLabels",
    "includePermissionsForView",
    "keepRevisionForever",
    "ocrLanguage",
    "supportsAllDrives",
    "supportsTeamDrives",
    "useContentAsIndexableText",
];
/// `PATCH files/{id}`
pub(super) const UPDATE: &[&str] = &[
    "addParents",
    "enforceSingleParent",
    "includeLabels",
    "includePermissionsForView",
    "keepRevisionForever",
    "ocrLanguage",
    "removeParents",
    "supportsAllDrives",
    "supportsTeamDrives",
    "useContentAsIndexableText",
];
/// `DELETE files/{id}`
pub(super) const DELETE: &[&str] = &["enforceSingleParent", "supportsAllDrives", "supportsTeamDrives"];
/// `GET files/{id}/permissions`
pub(super) const PERMISSIONS: &[&str] = &[
    "includePermissionsForView",
    "pageSize",
    "pageToken",
    "supportsAllDrives",
    "supportsTeamDrives",
    "useDomainAdminAccess",
];
/// `POST files/{id}/permissions`
pub(super) const INVITE: &[&str] = &[
    "emailMessage",
    "enforceExpansiveAccess",
    "enforceSingleParent",
    "moveToNewOwnersRoot",
    "sendNotificationEmail",
    "supportsAllDrives",
    "supportsTeamDrives",
    "transferOwnership",
    "useDomainAdminAccess",
];
/// `GET files/generateIds`
pub(super) const IDS: &[&str] = &["count", "space", "type"];
/// `GET drives/{id}`
pub(super) const DRIVE: &[&str] = &["useDomainAdminAccess"];

/// The decoded query of one request, in its order.
#[derive(Debug, Clone, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    pub(super) fn parse(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter that may be repeated.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All parameters, in their order.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The selection of a partial answer. An empty one says nothing: rclone sends it so.
    pub(super) fn fields(&self) -> Option<&str> {
        self.get("fields").filter(|fields| !fields.is_empty())
    }

    /// A boolean; absent is false.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Canned> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => {
                let message = format!("Invalid value '{other}'. Values must match the following: true|false");
                Err(errors::refuse_at(400, "invalidParameter", &message, ("parameter", name)))
            }
        }
    }

    /// A count within its documented bounds.
    pub(super) fn number(&self, name: &str, default: usize, most: usize) -> Result<usize, Canned> {
        let Some(text) = self.get(name) else { return Ok(default) };
        match text.parse() {
            Ok(number) if (1..=most).contains(&number) => Ok(number),
            _ => {
                let message = format!("Invalid value '{text}'. Values must be within the range: [1, {most}]");
                Err(errors::refuse_at(400, "invalidParameter", &message, ("parameter", name)))
            }
        }
    }

    /// Names that Google documents neither for this method nor for all of them.
    pub(super) fn undocumented(&self, documented: &[&str]) -> Vec<&str> {
        let known = |name: &str| documented.contains(&name) || ANYWHERE.contains(&name);
        self.0.iter().map(|(name, _)| name.as_str()).filter(|name| !known(name)).collect()
    }
}

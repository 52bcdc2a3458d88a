//! Partial answers: the `fields` parameter, checked against what Google documents, then applied.

use serde_json::{Map, Value};

use super::errors;
use crate::sandbox::faults::Canned;

/// The parts of a resource that a selection can name.
pub(super) enum Shape {
    /// A plain value, or an object whose parts are not selected here.
    Leaf,
    /// An object with free keys, or one whose parts the sandbox does not model.
    Open,
    /// An object (or a list of such) with these parts.
    Object(&'static [(&'static str, Shape)]),
}
use Shape::{Leaf, Object, Open};

const CAPABILITIES: Shape = Object(&[
    ("canAcceptOwnership", Leaf),
    ("canAddChildren", Leaf),
    ("canAddFolderFromAnotherDrive", Leaf),
    ("canComment", Leaf),
    ("canCopy", Leaf),
    ("canDelete", Leaf),
    ("canDeleteChildren", Leaf),
    ("canDownload", Leaf),
    ("canEdit", Leaf),
    ("canListChildren", Leaf),
    ("canModifyContent", Leaf),
    ("canMoveChildrenOutOfDrive", Leaf),
    ("canMoveChildrenWithinDrive", Leaf),
    ("canMoveItemOutOfDrive", Leaf),
    ("canMoveItemWithinDrive", Leaf),
    ("canReadDrive", Leaf),
    ("canReadRevisions", Leaf),
    ("canRemoveChildren", Leaf),
    ("canRename", Leaf),
    ("canShare", Leaf),
    ("canTrash", Leaf),
    ("canTrashChildren", Leaf),
    ("canUntrash", Leaf),
]);

const USER: Shape = Object(&[
    ("displayName", Leaf),
    ("emailAddress", Leaf),
    ("kind", Leaf),
    ("me", Leaf),
    ("permissionId", Leaf),
    ("photoLink", Leaf),
]);

/// A file or folder.
pub(super) const FILE: Shape = Object(&[
    ("appProperties", Open),
    ("capabilities", CAPABILITIES),
    ("contentHints", Open),
    ("contentRestrictions", Open),
    ("copyRequiresWriterPermission", Leaf),
    ("createdTime", Leaf),
    ("description", Leaf),
    ("driveId", Leaf),
    ("explicitlyTrashed", Leaf),
    ("exportLinks", Open),
    ("fileExtension", Leaf),
    ("folderColorRgb", Leaf),
    ("fullFileExtension", Leaf),
    ("hasAugmentedPermissions", Leaf),
    ("hasThumbnail", Leaf),
    ("headRevisionId", Leaf),
    ("iconLink", Leaf),
    ("id", Leaf),
    ("imageMediaMetadata", Open),
    ("isAppAuthorized", Leaf),
    ("kind", Leaf),
    ("lastModifyingUser", USER),
    ("md5Checksum", Leaf),
    ("mimeType", Leaf),
    ("modifiedByMe", Leaf),
    ("modifiedByMeTime", Leaf),
    ("modifiedTime", Leaf),
    ("name", Leaf),
    ("originalFilename", Leaf),
    ("ownedByMe", Leaf),
    ("owners", USER),
    ("parents", Leaf),
    ("permissionIds", Leaf),
    ("permissions", Open),
    ("properties", Open),
    ("quotaBytesUsed", Leaf),
    ("resourceKey", Leaf),
    ("sha1Checksum", Leaf),
    ("sha256Checksum", Leaf),
    ("shared", Leaf),
    ("sharedWithMeTime", Leaf),
    ("sharingUser", USER),
    ("shortcutDetails", Open),
    ("size", Leaf),
    ("spaces", Leaf),
    ("starred", Leaf),
    ("thumbnailLink", Leaf),
    ("trashed", Leaf),
    ("trashedTime", Leaf),
    ("trashingUser", USER),
    ("version", Leaf),
    ("videoMediaMetadata", Open),
    ("viewedByMe", Leaf),
    ("viewedByMeTime", Leaf),
    ("webContentLink", Leaf),
    ("webViewLink", Leaf),
    ("writersCanShare", Leaf),
]);

/// The answer of `files.list`.
pub(super) const LIST: Shape =
    Object(&[("files", FILE), ("incompleteSearch", Leaf), ("kind", Leaf), ("nextPageToken", Leaf)]);
/// One permission.
pub(super) const PERMISSION: Shape = Object(PERMISSION_PARTS);
/// The answer of `permissions.list`.
pub(super) const PERMISSIONS: Shape =
    Object(&[("kind", Leaf), ("nextPageToken", Leaf), ("permissions", Object(PERMISSION_PARTS))]);
const PERMISSION_PARTS: &[(&str, Shape)] = &[
    ("allowFileDiscovery", Leaf),
    ("deleted", Leaf),
    ("displayName", Leaf),
    ("domain", Leaf),
    ("emailAddress", Leaf),
    ("expirationTime", Leaf),
    ("id", Leaf),
    ("inheritedPermissionsDisabled", Leaf),
    ("kind", Leaf),
    ("pendingOwner", Leaf),
    ("permissionDetails", Open),
    ("photoLink", Leaf),
    ("role", Leaf),
    ("type", Leaf),
    ("view", Leaf),
];
/// The answer of `files.generateIds`.
pub(super) const IDS: Shape = Object(&[("ids", Leaf), ("kind", Leaf), ("space", Leaf)]);
/// The answer of `about.get`.
pub(super) const ABOUT: Shape = Object(&[
    ("appInstalled", Leaf),
    ("canCreateDrives", Leaf),
    ("driveThemes", Open),
    ("exportFormats", Open),
    ("folderColorPalette", Leaf),
    ("importFormats", Open),
    ("kind", Leaf),
    ("maxImportSizes", Open),
    ("maxUploadSize", Leaf),
    ("storageQuota", Open),
    ("user", USER),
]);
/// The answer of `drives.get`.
pub(super) const DRIVE: Shape = Object(&[
    ("capabilities", Open),
    ("colorRgb", Leaf),
    ("createdTime", Leaf),
    ("hidden", Leaf),
    ("id", Leaf),
    ("kind", Leaf),
    ("name", Leaf),
    ("orgUnitId", Leaf),
    ("restrictions", Open),
]);

/// A parsed selection: names with what is wanted of each (nothing said: all of it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection(Vec<(String, Option<Selection>)>);

impl Selection {
    /// Parses and checks a selection.
    pub(super) fn parse(text: &str, shape: &Shape) -> Result<Self, Canned> {
        let mut rest = text;
        let selection = list(&mut rest).filter(|_| rest.is_empty()).ok_or_else(|| invalid(text))?;
        selection.check(shape)?;
        Ok(selection)
    }

    fn check(&self, shape: &Shape) -> Result<(), Canned> {
        for (name, sub) in &self.0 {
            let part = match shape {
                Leaf => return Err(invalid(name)),
                Open => &Open,
                Object(_) if name == "*" => continue,
                Object(parts) => {
                    let part = parts.iter().find(|(known, _)| known == name);
                    part.map(|(_, shape)| shape).ok_or_else(|| invalid(name))?
                }
            };
            if let Some(sub) = sub {
                sub.check(part)?;
            }
        }
        Ok(())
    }

    /// The selected part of a value; lists are walked through.
    pub(super) fn of(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.of(item)).collect(),
            Value::Object(object) => Value::Object(self.pick(object)),
            other => other.clone(),
        }
    }

    fn pick(&self, object: &Map<String, Value>) -> Map<String, Value> {
        let mut picked = Map::new();
        for (name, sub) in &self.0 {
            let wanted = object.iter().filter(|(key, _)| name == "*" || *key == name);
            for (key, value) in wanted {
                let value = sub.as_ref().map_or_else(|| value.clone(), |sub| sub.of(value));
                picked.insert(key.clone(), value);
            }
        }
        picked
    }
}

fn invalid(what: &str) -> Canned {
    let message = format!("Invalid field selection {what}");
    errors::refuse_at(400, "invalidParameter", &message, ("parameter", "fields"))
}

/// `a,b(c,d),e/f`
fn list(rest: &mut &str) -> Option<Selection> {
    let mut parts = Vec::new();
    loop {
        parts.push(part(rest)?);
        let Some(after) = rest.strip_prefix(',') else { return Some(Selection(parts)) };
        *rest = after;
    }
}

fn part(rest: &mut &str) -> Option<(String, Option<Selection>)> {
    let end = rest.find([',', '(', ')', '/']).unwrap_or(rest.len());
    let name = rest[..end].trim();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "*_-".contains(c)) {
        return None;
    }
    *rest = &rest[end..];
    if let Some(after) = rest.strip_prefix('/') {
        *rest = after;
        return Some((name.to_owned(), Some(Selection(vec![part(rest)?]))));
    }
    let Some(after) = rest.strip_prefix('(') else { return Some((name.to_owned(), None)) };
    *rest = after;
    let inside = list(rest)?;
    *rest = rest.strip_prefix(')')?;
    Some((name.to_owned(), Some(inside)))
}

//! The JSON that callers send about a file: what may be written, and its limits.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::errors;
use crate::sandbox::faults::Canned;

/// Key and value of a property together, in bytes of UTF-8.
const PROPERTY_BYTES_MAX: usize = 124;
/// Private properties per file.
pub(super) const PROPERTIES_MAX: usize = 30;

/// Writable, but nothing in the sandbox depends on it.
const IGNORED: &[&str] = &[
    "contentHints",
    "contentRestrictions",
    "copyRequiresWriterPermission",
    "downloadRestrictions",
    "folderColorRgb",
    "inheritedPermissionsDisabled",
    "kind",
    "originalFilename",
    "shortcutDetails",
    "starred",
    "viewedByMeTime",
    "writersCanShare",
];

/// Changes to a map of properties; a null removes the key.
pub(super) type Properties = BTreeMap<String, Option<String>>;

/// The content of a create or update request.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) mime_type: Option<String>,
    pub(super) parents: Option<Vec<String>>,
    pub(super) description: Option<String>,
    pub(super) created_time: Option<String>,
    pub(super) modified_time: Option<String>,
    pub(super) trashed: Option<bool>,
    pub(super) app_properties: Properties,
    pub(super) properties: Properties,
}

impl Draft {
    /// Reads a body; an empty one says nothing.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Canned> {
        let mut draft = Self::default();
        if body.is_empty() {
            return Ok(draft);
        }
        let Ok(Value::Object(object)) = serde_json::from_slice(body) else {
            return Err(errors::refuse(400, "parseError", "Parse Error"));
        };
        for (name, value) in &object {
            draft.field(name, value)?;
        }
        Ok(draft)
    }

    fn field(&mut self, name: &str, value: &Value) -> Result<(), Canned> {
        let wrong = || errors::refuse_at(400, "invalid", "Invalid Value", ("parameter", name));
        let text = || value.as_str().map(str::to_owned).ok_or_else(wrong);
        match name {
            "id" => self.id = Some(text()?),
            "name" => self.name = Some(text()?),
            "mimeType" => self.mime_type = Some(text()?),
            "description" => self.description = Some(text()?),
            "createdTime" => self.created_time = Some(time(&text()?).ok_or_else(wrong)?),
            "modifiedTime" => self.modified_time = Some(time(&text()?).ok_or_else(wrong)?),
            "trashed" => self.trashed = Some(value.as_bool().ok_or_else(wrong)?),
            "parents" => {
                self.parents = Some(serde_json::from_value(value.clone()).map_err(|_| wrong())?);
            }
            "appProperties" => self.app_properties = properties(value.as_object().ok_or_else(wrong)?)?,
            "properties" => self.properties = properties(value.as_object().ok_or_else(wrong)?)?,
            ignored if IGNORED.contains(&ignored) => {}
            _ => return Err(not_writable()),
        }
        Ok(())
    }
}

/// Output-only fields, and in an update `id` and `parents`.
pub(super) fn not_writable() -> Canned {
    let message = "The resource body includes fields which are not directly writable.";
    errors::refuse(403, "fieldNotWritable", message)
}

/// Drive answers in UTC with milliseconds, whatever offset it was given.
fn time(text: &str) -> Option<String> {
    text.parse::<Timestamp>().ok().map(|time| format!("{time:.3}"))
}

fn properties(object: &Map<String, Value>) -> Result<Properties, Canned> {
    let mut found = Properties::new();
    for (key, value) in object {
        let value = match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            _ => return Err(errors::invalid_value("appProperties")),
        };
        if key.len() + value.as_deref().map_or(0, str::len) > PROPERTY_BYTES_MAX {
            return Err(property_limit());
        }
        found.insert(key.clone(), value);
    }
    if found.len() > PROPERTIES_MAX { Err(property_limit()) } else { Ok(found) }
}

/// A property is too long, or there are too many.
pub(super) fn property_limit() -> Canned {
    let message = "Properties and app properties are limited to 124 bytes in UTF-8 encoding, counting both \
        the key and the value.";
    errors::refuse(403, "propertyLengthLimitExceeded", message)
}

//! The JSON of a file in a response, and whether a file matches a search.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::entry::{DriveFile, Entry, Who};
use super::fields::{self, Selection};
use super::originals;
use super::query::{Map, Moment, Query, Switch, Test, Word};
use super::state::{self, State};
use crate::sandbox::faults::{Canned, Fault};

/// The fields of a response without a selection.
pub(super) const DEFAULT_FIELDS: &str = "kind,id,name,mimeType";

/// Whether the response has checksums; a fault hides them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checksum {
    Shown,
    Hidden,
}

impl Checksum {
    pub(super) fn unless_hidden(fault: Option<&Fault>) -> Self {
        if matches!(fault, Some(Fault::NoChecksum)) { Self::Hidden } else { Self::Shown }
    }
}

impl State {
    /// The selected fields of an entry, as `who` sees it.
    pub(super) fn resource(&self, entry: &Entry, who: Who, fields: &Selection, sums: Checksum) -> Value {
        fields.of(&self.full_resource(entry, who, sums))
    }

    /// All of it. Lists select from their whole answer, not file by file.
    pub(super) fn full_resource(&self, entry: &Entry, who: Who, sums: Checksum) -> Value {
        let file = self.show(entry);
        let mut value = json!({
            "kind": "drive#file",
            "id": file.id,
            "name": file.name,
            "mimeType": file.mime_type,
            "parents": file.parents,
            "createdTime": file.created_time,
            "modifiedTime": file.modified_time,
            "modifiedByMeTime": file.modified_time,
            "trashed": file.trashed,
            "explicitlyTrashed": entry.file.trashed,
            "starred": false,
            "spaces": ["drive"],
            "version": entry.sequence.to_string(),
            "capabilities": capabilities(entry, who),
            "webViewLink": web_link(&file),
        });
        if !file.app_properties.is_empty() {
            value["appProperties"] = json!(file.app_properties);
        }
        if !file.properties.is_empty() {
            value["properties"] = json!(file.properties);
        }
        if let Some(target) = &file.shortcut_target {
            let kind = self.entries.get(target).map(|entry| entry.file.mime_type.as_str());
            value["shortcutDetails"] = json!({"targetId": target, "targetMimeType": kind});
        }
        if let Some(description) = &file.description {
            value["description"] = json!(description);
        }
        match entry.owner {
            None => value["driveId"] = json!(self.drive),
            Some(owner) => {
                value["ownedByMe"] = json!(owner == who);
                value["owners"] = json!([self.user(owner, who)]);
            }
        }
        if file.mime_type == originals::DOCUMENT && entry.original.is_some() {
            value["exportLinks"] = originals::export_links(&file.id);
        }
        if !file.md5.is_empty() {
            value["size"] = json!(file.size.to_string());
            value["quotaBytesUsed"] = json!(file.size.to_string());
            value["originalFilename"] = json!(file.name);
            if sums == Checksum::Shown {
                value["md5Checksum"] = json!(file.md5);
                value["sha1Checksum"] = json!(file.sha1);
                value["sha256Checksum"] = json!(file.sha256);
            }
        }
        value
    }

    /// A person or a service account, as answers describe one.
    pub(super) fn user(&self, whom: Who, me: Who) -> Value {
        let (name, email) = self.person(whom);
        json!({"kind": "drive#user", "displayName": name, "emailAddress": email, "me": whom == me})
    }

    /// Does this entry meet the search?
    pub(super) fn meets(&self, entry: &Entry, who: Who, query: &Query) -> bool {
        let file = &entry.file;
        match query {
            Query::And(a, b) => self.meets(entry, who, a) && self.meets(entry, who, b),
            Query::Or(a, b) => self.meets(entry, who, a) || self.meets(entry, who, b),
            Query::Not(query) => !self.meets(entry, who, query),
            Query::In(id) => file.parents.iter().any(|parent| parent == self.resolve(who, id)),
            Query::Text(Word::Name, Test::Contains, value) => begins_a_word(&file.name, value),
            Query::Text(Word::MimeType, Test::Contains, value) => file.mime_type.contains(value.as_str()),
            Query::Text(Word::Name, test, value) => (file.name == *value) == (*test == Test::Equal),
            Query::Text(Word::MimeType, test, value) => (file.mime_type == *value) == (*test == Test::Equal),
            Query::Flag(Switch::Trashed, wanted) => self.show(entry).trashed == *wanted,
            Query::Flag(Switch::Starred, wanted) => !wanted,
            Query::Time(Moment::Created, test, value) => compare(file.created_time.as_deref(), *test, *value),
            Query::Time(Moment::Modified, test, value) => {
                compare(file.modified_time.as_deref(), *test, *value)
            }
            Query::Has(Map::App, key, value) => file.app_properties.get(key) == Some(value),
            Query::Has(Map::Public, key, value) => file.properties.get(key) == Some(value),
        }
    }
}

/// The selection of a request, or the default one.
pub(super) fn selection(text: Option<&str>) -> Result<Selection, Canned> {
    Selection::parse(text.unwrap_or(DEFAULT_FIELDS), &fields::FILE)
}

fn capabilities(entry: &Entry, who: Who) -> Value {
    let folder = entry.file.is_folder;
    let trash = entry.may_trash(who);
    let delete = entry.may_delete(who);
    let can_download = entry.original.as_ref().is_none_or(|original| original.can_download);
    json!({
        "canAddChildren": folder && entry.may_add,
        "canListChildren": folder,
        "canTrashChildren": folder && entry.owner.is_none(),
        "canDeleteChildren": folder && entry.owner.is_none() && who == Who::Human,
        "canRemoveChildren": folder && trash,
        "canEdit": true,
        "canRename": true,
        "canModifyContent": true,
        "canDownload": !folder && can_download,
        "canCopy": !folder && can_download,
        "canComment": true,
        "canReadRevisions": !folder,
        "canReadDrive": entry.owner.is_none(),
        "canMoveItemWithinDrive": trash,
        "canTrash": trash && !entry.file.parents.is_empty(),
        "canUntrash": trash,
        "canDelete": delete && !entry.file.parents.is_empty(),
        "canShare": who == Who::Human || entry.owner.is_none(),
    })
}

fn web_link(file: &DriveFile) -> String {
    let id = &file.id;
    match file.mime_type.as_str() {
        state::FOLDER => format!("https://drive.google.com/drive/folders/{id}"),
        originals::DOCUMENT => format!("https://docs.google.com/document/d/{id}/edit?usp=drivesdk"),
        state::SPREADSHEET => format!("https://docs.google.com/spreadsheets/d/{id}/edit?usp=drivesdk"),
        _ => format!("https://drive.google.com/file/d/{id}/view?usp=drivesdk"),
    }
}

/// `contains` finds a name by the beginning of one of its words.
fn begins_a_word(name: &str, wanted: &str) -> bool {
    let (name, wanted) = (name.to_lowercase(), wanted.to_lowercase());
    let starts = name.match_indices(&wanted).map(|(at, _)| at);
    starts.into_iter().any(|at| !name[..at].ends_with(char::is_alphanumeric))
}

fn compare(time: Option<&str>, test: Test, value: Timestamp) -> bool {
    let Some(time) = time.and_then(|text| text.parse::<Timestamp>().ok()) else { return false };
    match test {
        Test::Equal => time == value,
        Test::Unequal => time != value,
        Test::Less => time < value,
        Test::AtMost => time <= value,
        Test::More => time > value,
        Test::AtLeast => time >= value,
        Test::Contains => false,
    }
}

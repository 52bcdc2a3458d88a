//! `files/{id}/permissions`: read access, and addresses that cannot be invited.

use serde_json::{Value, json};

use super::entry::{Caller, Who};
use super::fields::{self, Selection};
use super::http::{Ask, Reply};
use super::state::State;
use super::{Google, errors, list, params, token};
use crate::sandbox::faults::Canned;

/// Google's roles that a caller may give to a person.
const ROLES: [&str; 5] = ["reader", "commenter", "writer", "fileOrganizer", "organizer"];

impl Google {
    /// Everybody with a permission on this file or folder itself.
    pub fn shared_with(&self, id: &str) -> Vec<String> {
        self.state().invited.get(id).cloned().unwrap_or_default()
    }

    /// Everybody with a permission on this file, or on a folder above it.
    pub fn readers_of(&self, id: &str) -> Vec<String> {
        let state = self.state();
        let mut readers: Vec<String> = state.invited_above(id).cloned().collect();
        readers.sort();
        readers.dedup();
        readers
    }

    /// Makes an address one without a Google account.
    pub fn without_account(&self, email: &str) {
        self.state().strangers.insert(email.to_ascii_lowercase());
    }

    /// `GET files/{id}/permissions`
    pub(super) fn permissions(&self, ask: &Ask, who: Who, id: &str) -> Result<Reply, Canned> {
        self.check_params(ask, params::PERMISSIONS);
        let fields = ask.params.fields().unwrap_or("kind,permissions(kind,id,type,role)");
        let fields = Selection::parse(fields, &fields::PERMISSIONS)?;
        let size = ask.params.number("pageSize", 100, 100)?.min(self.page_limit());
        let start = list::page_start(ask.params.get("pageToken"))?;
        let caller = Caller { who, all_drives: ask.params.flag("supportsAllDrives")? };
        let state = self.state();
        self.check_all_drives(&state, caller, id);
        let id = &state.find(caller, id)?.file.id;
        let invited = state.invited_above(id).map(|email| permission(email, "reader"));
        let members = [(token::OWNER_EMAIL, "organizer"), (token::SERVICE_EMAIL, "fileOrganizer")];
        let members = members.into_iter().map(|(email, role)| permission(email, role));
        let all: Vec<Value> = members.chain(invited).collect();
        let page: Vec<&Value> = all.iter().skip(start).take(size).collect();
        let mut answer = json!({"kind": "drive#permissionList", "permissions": page});
        if start + page.len() < all.len() {
            answer["nextPageToken"] = json!(list::page_token(start + page.len()));
        }
        Ok(errors::json_answer(200, &fields.of(&answer)).into())
    }

    /// `POST files/{id}/permissions`
    pub(super) fn invite(&self, ask: &Ask, who: Who, id: &str) -> Result<Reply, Canned> {
        self.check_params(ask, params::INVITE);
        let fields =
            Selection::parse(ask.params.fields().unwrap_or("kind,id,type,role"), &fields::PERMISSION)?;
        let caller = Caller { who, all_drives: ask.params.flag("supportsAllDrives")? };
        if ask.params.get("sendNotificationEmail") != Some("false") {
            self.soft("an invitation was sent by mail");
        }
        let Ok(Value::Object(body)) = serde_json::from_slice(&ask.body) else {
            return Err(errors::refuse(400, "parseError", "Parse Error"));
        };
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        if body.keys().any(|name| !["type", "role", "emailAddress"].contains(&name.as_str())) {
            return Err(super::metadata::not_writable());
        }
        if text("type") != "user" {
            // Groups, domains and everybody: no caller of this sandbox should share with those.
            return Err(required("permission.type"));
        }
        if !ROLES.contains(&text("role")) {
            return Err(required("permission.role"));
        }
        let email = text("emailAddress").to_ascii_lowercase();
        if !email.contains('@') {
            return Err(required("permission.emailAddress"));
        }
        let mut state = self.state();
        self.check_all_drives(&state, caller, id);
        let entry = state.find(caller, id)?;
        if entry.owner.is_some_and(|owner| owner != who) {
            return Err(errors::no_file_permission());
        }
        let id = entry.file.id.clone();
        if state.strangers.contains(&email) {
            let message = "Bad Request. User message: \"You are trying to invite somebody who has no Google \
                account. You must check the \"Notify people\" box to invite this recipient.\"";
            return Err(errors::refuse(400, "invalidSharingRequest", message));
        }
        let invited = state.invited.entry(id).or_default();
        if !invited.contains(&email) {
            invited.push(email.clone());
        }
        drop(state);
        self.transcript.changed();
        Ok(errors::json_answer(200, &fields.of(&permission(&email, text("role")))).into())
    }
}

impl State {
    /// The people with a permission on this item or on a folder above it.
    fn invited_above<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a String> {
        self.lineage(id).filter_map(|entry| self.invited.get(&entry.file.id)).flatten()
    }
}

fn permission(email: &str, role: &str) -> Value {
    let id: u64 = email.bytes().fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    json!({"kind": "drive#permission", "id": id.to_string(), "type": "user", "role": role,
        "emailAddress": email, "displayName": email, "deleted": false, "pendingOwner": false})
}

fn required(what: &str) -> Canned {
    let message = format!("The {what} field is required.");
    errors::refuse_at(400, "required", &message, ("parameter", what))
}

//! Drive v3 without its lists: about, drives, ids, and one file at a time.

use serde_json::json;

use super::entry::{Caller, DriveFile, Who};
use super::fields::{self, Selection};
use super::http::{Ask, Payload, Reply};
use super::metadata::{self, Draft};
use super::operation::Operation;
use super::resource::{self, Checksum};
use super::state::{self, State};
use super::{Google, errors, params, span};
use crate::sandbox::faults::{Canned, Fault};

/// A My Drive of this many bytes.
const QUOTA_BYTES: u64 = 15_000_000_000;

impl Google {
    pub(super) fn drive_call(
        &self,
        operation: &Operation,
        ask: &Ask,
        who: Who,
        fault: Option<&Fault>,
    ) -> Result<Reply, Canned> {
        match operation {
            Operation::About => self.about(ask, who),
            Operation::Drive(id) => self.drive(ask, who, id),
            Operation::Ids => self.ids(ask),
            Operation::Create => self.create(ask, who),
            Operation::Get(id) => self.get(ask, who, id, fault),
            Operation::Media(id) => self.media(ask, who, id, fault),
            Operation::Export(id) => self.export(ask, who, id, fault),
            Operation::Update(id) => self.update(ask, who, id),
            Operation::Delete(id) => self.delete(ask, who, id),
            Operation::Permissions(id) => self.permissions(ask, who, id),
            Operation::Invite(id) => self.invite(ask, who, id),
            Operation::Replace(id) => self.replace(ask, who, id),
            Operation::Consent
            | Operation::Token(_)
            | Operation::Revoke(_)
            | Operation::List
            | Operation::Start
            | Operation::Sheets(_)
            | Operation::Meet(_)
            | Operation::Directory(_)
            | Operation::Calendar(_)
            | Operation::SendMail => Err(errors::refuse(404, "notFound", "Not Found")),
        }
    }

    fn about(&self, ask: &Ask, who: Who) -> Result<Reply, Canned> {
        self.check_params(ask, &[]);
        let Some(wanted) = ask.params.fields() else {
            let message = "The 'fields' parameter is required for this method.";
            return Err(errors::refuse_at(400, "required", message, ("parameter", "fields")));
        };
        let fields = Selection::parse(wanted, &fields::ABOUT)?;
        // A service account has no storage at all.
        let (limit, usage) = self.storage(if who == Who::Service { 0 } else { QUOTA_BYTES });
        let about = json!({
            "kind": "drive#about",
            "user": self.state().user(who, who),
            "storageQuota": {"limit": limit.to_string(), "usage": usage.to_string(),
                "usageInDrive": usage.to_string(), "usageInDriveTrash": "0"},
            "maxUploadSize": "5497558138880",
            "canCreateDrives": who == Who::Human,
            "appInstalled": false,
        });
        Ok(errors::json_answer(200, &fields.of(&about)).into())
    }

    fn drive(&self, ask: &Ask, who: Who, id: &str) -> Result<Reply, Canned> {
        self.check_params(ask, params::DRIVE);
        let fields = ask.params.fields().unwrap_or("kind,id,name");
        let fields = Selection::parse(fields, &fields::DRIVE)?;
        if id != self.shared_drive() || !self.state().belongs(who) {
            let message = format!("Shared drive not found: {id}");
            return Err(errors::refuse_at(404, "notFound", &message, ("parameter", "driveId")));
        }
        let drive = json!({"kind": "drive#drive", "id": id, "name": "Theatre", "hidden": false,
            "capabilities": {"canAddChildren": true, "canListChildren": true, "canTrashChildren": true}});
        Ok(errors::json_answer(200, &fields.of(&drive)).into())
    }

    fn ids(&self, ask: &Ask) -> Result<Reply, Canned> {
        self.check_params(ask, params::IDS);
        let fields = Selection::parse(ask.params.fields().unwrap_or("*"), &fields::IDS)?;
        let count = ask.params.number("count", 10, 1000)?;
        let space = ask.params.get("space").unwrap_or("drive");
        if space != "drive" {
            return Err(errors::invalid_value("space"));
        }
        if !matches!(ask.params.get("type"), None | Some("files")) {
            return Err(errors::invalid_value("type"));
        }
        let ids = self.state().issue_ids(count);
        let answer = json!({"kind": "drive#generatedIds", "space": space, "ids": ids});
        Ok(errors::json_answer(200, &fields.of(&answer)).into())
    }

    /// Metadata only: a folder, as a rule.
    fn create(&self, ask: &Ask, who: Who) -> Result<Reply, Canned> {
        self.check_params(ask, params::CREATE);
        let fields = resource::selection(ask.params.fields())?;
        let caller = caller(ask, who)?;
        let draft = self.draft(ask)?;
        self.check_new(caller, &draft)?;
        let mut state = self.state();
        let id = state.create(caller, &draft, None)?;
        answer(&state, &id, who, &fields, Checksum::Shown)
    }

    fn get(&self, ask: &Ask, who: Who, id: &str, fault: Option<&Fault>) -> Result<Reply, Canned> {
        self.check_params(ask, params::GET);
        let fields = resource::selection(ask.params.fields())?;
        let caller = caller(ask, who)?;
        let state = self.state();
        self.check_all_drives(&state, caller, id);
        let id = &state.find(caller, id)?.file.id;
        answer(&state, id, who, &fields, Checksum::unless_hidden(fault))
    }

    /// The bytes themselves, where they are held.
    fn media(&self, ask: &Ask, who: Who, id: &str, fault: Option<&Fault>) -> Result<Reply, Canned> {
        self.check_params(ask, params::GET);
        let Caller { all_drives, .. } = caller(ask, who)?;
        let state = self.state();
        if !all_drives && state.on_shared_drive(id) {
            // rclone downloads from shared drives like this every day, so Google must be tolerating it.
            self.soft(format!("{id} was downloaded from a shared drive without supportsAllDrives=true"));
        }
        let entry = state.find(Caller { who, all_drives: true }, id)?;
        if let Some(original) = &entry.original {
            return original.media(ask, &entry.file, fault);
        }
        if entry.file.md5.is_empty() {
            let message = "Only files with binary content can be directly downloaded.";
            return Err(errors::refuse(403, "fileNotDownloadable", message));
        }
        let Some(content) = &entry.content else {
            self.broken("the sandbox did not keep this file's bytes: call retain_all first");
            return Err(errors::text(501, "The sandbox did not keep these bytes."));
        };
        let size = entry.file.size;
        let mut reply = Reply::from(errors::empty(200));
        reply.headers.push(("content-type".to_owned(), entry.file.mime_type.clone()));
        reply.headers.push(("accept-ranges".to_owned(), "bytes".to_owned()));
        reply.body = Payload::Whole(content.clone());
        if let Some(range) = ask.header("range") {
            let Some((first, last)) = span::wanted(range, size) else {
                let refusal =
                    errors::refuse(416, "requestedRangeNotSatisfiable", "Request range not satisfiable");
                return Err(refusal.header("content-range", &format!("bytes */{size}")));
            };
            reply.status = 206;
            reply.headers.push(("content-range".to_owned(), format!("bytes {first}-{last}/{size}")));
            // Content that is held fits into memory, and so do its positions.
            reply.body = Payload::Whole(content.slice(first as usize..=last as usize));
        }
        Ok(reply)
    }

    fn update(&self, ask: &Ask, who: Who, id: &str) -> Result<Reply, Canned> {
        self.check_params(ask, params::UPDATE);
        let fields = resource::selection(ask.params.fields())?;
        let caller = caller(ask, who)?;
        let draft = self.draft(ask)?;
        if draft.id.is_some() || draft.parents.is_some() {
            return Err(metadata::not_writable());
        }
        let mut state = self.state();
        self.check_all_drives(&state, caller, id);
        let entry = state.find(caller, id)?;
        let id = entry.file.id.clone();
        if draft.trashed.is_some() && !entry.may_trash(who) {
            return Err(errors::no_file_permission());
        }
        let moved = ask.params.get("addParents").is_some() || ask.params.get("removeParents").is_some();
        let parents = if moved { Some(new_parents(&state, caller, ask, &id)?) } else { None };
        if let Some(entry) = state.entries.get_mut(&id) {
            entry.file.parents = parents.unwrap_or_else(|| entry.file.parents.clone());
            amend(&mut entry.file, draft)?;
        }
        answer(&state, &id, who, &fields, Checksum::Shown)
    }

    fn delete(&self, ask: &Ask, who: Who, id: &str) -> Result<Reply, Canned> {
        self.check_params(ask, params::DELETE);
        let caller = caller(ask, who)?;
        let mut state = self.state();
        self.check_all_drives(&state, caller, id);
        let entry = state.find(caller, id)?;
        if !entry.may_delete(who) || entry.file.parents.is_empty() {
            return Err(errors::no_file_permission());
        }
        let id = entry.file.id.clone();
        state.remove(&id);
        Ok(errors::empty(204).into())
    }

    /// Without `supportsAllDrives` a file on a shared drive does not exist: a mistake of the caller.
    pub(super) fn check_all_drives(&self, state: &State, caller: Caller, id: &str) {
        if !caller.all_drives && state.on_shared_drive(state.resolve(caller.who, id)) {
            self.broken(format!(
                "{id} is on a shared drive and was asked for without supportsAllDrives=true"
            ));
        }
    }
}

fn caller(ask: &Ask, who: Who) -> Result<Caller, Canned> {
    Ok(Caller { who, all_drives: ask.params.flag("supportsAllDrives")? })
}

pub(super) fn answer(
    state: &State,
    id: &str,
    who: Who,
    fields: &Selection,
    sums: Checksum,
) -> Result<Reply, Canned> {
    let entry = state.entries.get(id).ok_or_else(|| errors::not_found(id))?;
    Ok(errors::json_answer(200, &state.resource(entry, who, fields, sums)).into())
}

fn amend(file: &mut DriveFile, draft: Draft) -> Result<(), Canned> {
    state::apply(&mut file.app_properties, &draft.app_properties)?;
    state::apply(&mut file.properties, &draft.properties)?;
    file.name = draft.name.unwrap_or_else(|| file.name.clone());
    file.mime_type = draft.mime_type.unwrap_or_else(|| file.mime_type.clone());
    file.trashed = draft.trashed.unwrap_or(file.trashed);
    file.description = draft.description.or_else(|| file.description.take());
    file.created_time = draft.created_time.or_else(|| file.created_time.take());
    file.modified_time = draft.modified_time.or_else(|| file.modified_time.take());
    Ok(())
}

/// A file has exactly one parent: it can be moved, not linked.
fn new_parents(state: &State, caller: Caller, ask: &Ask, id: &str) -> Result<Vec<String>, Canned> {
    let named = |name| ask.params.get(name).map(|id| state.resolve(caller.who, id));
    let old = state.find(caller, id)?.file.parents.clone();
    let (Some(add), Some(remove)) = (named("addParents"), named("removeParents")) else {
        let message = "Increasing the number of parents is not allowed";
        return Err(errors::refuse(403, "cannotAddParent", message));
    };
    let parent = state.find(caller, add)?;
    if !old.iter().any(|parent| parent == remove) || !parent.file.is_folder {
        return Err(errors::invalid_value("removeParents"));
    }
    if !parent.may_add || state.on_shared_drive(id) != state.on_shared_drive(add) {
        return Err(errors::no_parent_permission());
    }
    Ok(vec![add.to_owned()])
}

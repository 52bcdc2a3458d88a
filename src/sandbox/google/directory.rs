//! The Directory: the users of the Workspace, as admins and as everybody see them.

use serde_json::{Value, json};

use super::entry::Who;
use super::fields::{Selection, Shape};
use super::http::{Ask, Reply};
use super::workspace::User;
use super::{Google, errors, rpc, shapes};
use crate::sandbox::faults::Canned;

const LIST: &[&str] = &[
    "customFieldMask",
    "customer",
    "domain",
    "event",
    "maxResults",
    "orderBy",
    "pageToken",
    "projection",
    "query",
    "showDeleted",
    "sortOrder",
    "viewType",
];
const GET: &[&str] = &["customFieldMask", "projection", "viewType"];

/// How the Directory behaves.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) is_enabled: bool,
    /// Whether users may read the public view of each other.
    pub(super) is_public: bool,
}

impl Default for Directory {
    fn default() -> Self {
        Self { is_enabled: true, is_public: true }
    }
}

impl Google {
    /// Enables the Admin SDK in the project, or disables it.
    pub fn set_directory_enabled(&self, is_enabled: bool) {
        self.directory().is_enabled = is_enabled;
    }

    /// Lets users who are no admins read the public view (`viewType=domain_public`), or not.
    pub fn set_domain_public(&self, is_public: bool) {
        self.directory().is_public = is_public;
    }

    /// `GET users` and `GET users/{id}`
    pub(super) fn directory_call(&self, id: Option<&str>, ask: &Ask, who: Who) -> Result<Reply, Canned> {
        self.check_params(ask, if id.is_some() { GET } else { LIST });
        if !self.directory().is_enabled {
            return Err(rpc::disabled_in_old_form("admin", "Admin SDK API"));
        }
        let is_public_view = match ask.params.get("viewType").unwrap_or("admin_view") {
            "admin_view" => false,
            "domain_public" => true,
            _ => return Err(invalid("viewType")),
        };
        let caller = self.workspace().user(who).cloned().ok_or_else(not_authorized)?;
        if !(caller.is_admin || (is_public_view && self.directory().is_public)) {
            return Err(not_authorized());
        }
        match id {
            Some(id) => self.show_user(ask, id, is_public_view),
            None => self.list_users(ask, is_public_view),
        }
    }

    fn show_user(&self, ask: &Ask, id: &str, is_public_view: bool) -> Result<Reply, Canned> {
        let workspace = self.workspace();
        let found = workspace.users().find(|user| user.id == id || user.email.eq_ignore_ascii_case(id));
        let found = found.filter(|user| !(is_public_view && user.is_suspended));
        let user = found.ok_or_else(|| refuse(404, "notFound", "Resource Not Found: userKey"))?;
        select(ask, &shapes::USER, &user_json(user, is_public_view))
    }

    fn list_users(&self, ask: &Ask, is_public_view: bool) -> Result<Reply, Canned> {
        let get = |name: &str| ask.params.get(name);
        match (get("customer"), get("domain")) {
            (Some("my_customer"), None) => {}
            (None, None) => return Err(refuse(400, "badRequest", "Bad Request")),
            _ => return Err(invalid("customer")),
        }
        // More than the maximum is refused here, unlike in Meet.
        let size = match get("maxResults").map(str::parse::<usize>) {
            None => 100,
            Some(Ok(size)) if (1..=500).contains(&size) => size,
            _ => return Err(invalid("maxResults")),
        };
        let wanted = suspension(get("query").unwrap_or_default())?;
        let mut users: Vec<User> = self.workspace().users().cloned().collect();
        users.retain(|user| wanted.is_none_or(|wanted| user.is_suspended == wanted));
        users.retain(|user| !(is_public_view && user.is_suspended));
        match (get("orderBy"), get("sortOrder")) {
            (None | Some("email"), None | Some("ASCENDING")) => users.sort_by(|a, b| a.email.cmp(&b.email)),
            (Some("email"), Some("DESCENDING")) => users.sort_by(|a, b| b.email.cmp(&a.email)),
            _ => return Err(invalid("orderBy")),
        }
        let question = format!("users {:?} {:?} {:?}", get("query"), get("orderBy"), get("viewType"));
        let page = self.full_page(&question, get("pageToken"), users.len(), size);
        let (range, next) = page.map_err(|_| invalid("pageToken"))?;
        let rows: Vec<Value> = users[range].iter().map(|user| user_json(user, is_public_view)).collect();
        let mut answer = json!({"kind": "admin#directory#users", "etag": "\"sandbox\""});
        if !rows.is_empty() {
            answer["users"] = json!(rows);
        }
        if let Some(next) = next {
            answer["nextPageToken"] = json!(next);
        }
        select(ask, &shapes::USERS, &answer)
    }
}

/// Of all that Google's search understands, one question is modelled.
fn suspension(query: &str) -> Result<Option<bool>, Canned> {
    match query {
        "" => Ok(None),
        "isSuspended=false" => Ok(Some(false)),
        "isSuspended=true" => Ok(Some(true)),
        _ => Err(invalid("query")),
    }
}

/// The public view has neither standing nor rights.
fn user_json(user: &User, is_public_view: bool) -> Value {
    let (given, family) = user.name.split_once(' ').unwrap_or((&user.name, ""));
    let mut value = json!({
        "kind": "admin#directory#user",
        "id": user.id,
        "primaryEmail": user.email,
        "name": {"givenName": given, "familyName": family, "fullName": user.name},
    });
    if !is_public_view {
        value["isAdmin"] = json!(user.is_admin);
        value["suspended"] = json!(user.is_suspended);
        value["archived"] = json!(user.is_archived);
        value["customerId"] = json!("C01sandbox");
    }
    value
}

fn select(ask: &Ask, shape: &Shape, answer: &Value) -> Result<Reply, Canned> {
    let fields = Selection::parse(ask.params.fields().unwrap_or("*"), shape)?;
    Ok(errors::json_answer(200, &fields.of(answer)).into())
}

fn refuse(status: u16, reason: &str, message: &str) -> Canned {
    errors::refuse(status, reason, message)
}

fn invalid(parameter: &str) -> Canned {
    refuse(400, "invalid", &format!("Invalid Input: {parameter}"))
}

fn not_authorized() -> Canned {
    refuse(403, "forbidden", "Not Authorized to access this resource/api")
}

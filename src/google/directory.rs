//! The directory of a company's users: who can be asked, and the addresses of people.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{Mutex, OnceCell};
use url::Url;

use super::auth::SCOPE_DIRECTORY;
use super::meet::{Api, Asked, MeetError};
use super::users::GoogleUsers;
use crate::config::GoogleConfig;
use crate::http::segment;

/// Path of the list of users.
const USERS: &str = "/admin/directory/v1/users";

/// Users per page: Google's maximum.
const USERS_PER_PAGE: &str = "500";

/// The fields of a list.
const LIST_FIELDS: &str = "nextPageToken,users(id,primaryEmail,name/fullName,archived)";

/// The fields of one user.
const USER_FIELDS: &str = "primaryEmail,name/fullName";

/// The parameter of the view that every user of the company may read, if it shares its contacts.
const PUBLIC: (&str, &str) = ("viewType", "domain_public");

/// The users of the company who are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// Addresses.
    pub users: Vec<String>,
    /// True if these are all active users of the company.
    pub is_whole: bool,
    /// For people: what else was left out, or why the list is not the directory's.
    pub notes: Vec<String>,
}

/// Client of the directory.
#[derive(Debug)]
pub struct Directory {
    users: Arc<GoogleUsers>,
    api_url: Url,
    /// Whose view of the directory it is.
    admin: Option<String>,
    /// Who is asked if it may not be read.
    others: Vec<String>,
    /// Addresses by id, each asked once. `None` for somebody outside of the company.
    known: Mutex<HashMap<String, Arc<OnceCell<Option<String>>>>>,
}

impl Directory {
    /// Makes a client from the settings.
    pub fn new(users: Arc<GoogleUsers>, config: &GoogleConfig) -> Self {
        let meet = &config.meet;
        Self {
            users,
            api_url: meet.admin_api_url.clone(),
            admin: meet.admin_subject.clone().or_else(|| config.subject.clone()),
            others: meet.users.clone(),
            known: Mutex::default(),
        }
    }

    /// As it is; without an administrator in the settings, this user reads the directory.
    #[must_use]
    pub fn or_as(mut self, user: &str) -> Self {
        self.admin.get_or_insert_with(|| user.to_owned());
        self
    }

    /// The active users of the company: all of them, those that every user may see, or those of `MEET_USERS`.
    ///
    /// # Errors
    /// When the directory may not be read and `MEET_USERS` is empty, or it cannot be reached.
    pub async fn users(&self) -> Result<Company, MeetError> {
        if self.admin.is_none() && !self.others.is_empty() {
            let note = "GOOGLE_ADMIN_SUBJECT is not set, so the users of MEET_USERS were asked".to_owned();
            return Ok(Company { users: self.others.clone(), is_whole: false, notes: vec![note] });
        }
        let refused = match self.listed().await {
            Ok(company) => return Ok(company),
            Err(error @ (MeetError::Denied { .. } | MeetError::NotDelegated { .. })) => error,
            Err(error) => return Err(error),
        };
        if self.others.is_empty() {
            return Err(match refused {
                MeetError::Denied { user, what } => MeetError::Denied {
                    user,
                    what: format!(
                        "{what}: set GOOGLE_ADMIN_SUBJECT to an administrator, or name people in MEET_USERS"
                    ),
                },
                other => other,
            });
        }
        let note =
            format!("the directory may not be read, so the users of MEET_USERS were asked ({refused})");
        Ok(Company { users: self.others.clone(), is_whole: false, notes: vec![note] })
    }

    /// The address of `users/111`; `None` for somebody outside of the company, or if it may not be read. Each id is
    /// asked once.
    ///
    /// # Errors
    /// When the directory cannot be asked at all.
    pub async fn address_of(&self, user: &str) -> Result<Option<String>, MeetError> {
        let id = user.strip_prefix("users/").unwrap_or(user);
        let cell = self.known.lock().await.entry(id.to_owned()).or_default().clone();
        cell.get_or_try_init(|| self.ask_address(id)).await.cloned()
    }

    async fn listed(&self) -> Result<Company, MeetError> {
        if self.admin.is_none() {
            return Err(MeetError::Refused(
                "no user is set who may list the users: GOOGLE_ADMIN_SUBJECT".to_owned(),
            ));
        }
        let url = self.url(USERS);
        let common = [
            ("customer", "my_customer"),
            ("maxResults", USERS_PER_PAGE),
            ("query", "isSuspended=false"),
            ("orderBy", "email"),
            ("fields", LIST_FIELDS),
        ];
        let asked = self.asked("the company's directory of users");
        match self.users.list(&url, &common, "users", asked).await {
            Ok(rows) => return Ok(company(&rows, None)),
            Err(MeetError::Denied { .. }) => {}
            Err(error) => return Err(error),
        }
        let public: Vec<(&str, &str)> = common.into_iter().chain([PUBLIC]).collect();
        let rows = match self.users.list(&url, &public, "users", asked).await {
            // It is not documented whether the public view can be searched.
            Err(MeetError::Refused(_)) => {
                let public: Vec<(&str, &str)> =
                    public.into_iter().filter(|(name, _)| *name != "query").collect();
                self.users.list(&url, &public, "users", asked).await?
            }
            listed => listed?,
        };
        let note =
            format!("{} is no administrator: only users whose contacts are shared were asked", asked.user);
        Ok(company(&rows, Some(note)))
    }

    async fn ask_address(&self, id: &str) -> Result<Option<String>, MeetError> {
        let Ok(id) = segment::encoded(id) else { return Ok(None) };
        let url = self.url(&format!("{USERS}/{id}"));
        let asked = self.asked("this user");
        for view in [None, Some(PUBLIC)] {
            let parameters: Vec<(&str, &str)> = [("fields", USER_FIELDS)].into_iter().chain(view).collect();
            match self.users.get(&url, &parameters, asked).await {
                Ok(answer) => return Ok(address(&answer)),
                Err(MeetError::Gone(_)) => return Ok(None),
                Err(MeetError::Denied { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    fn asked<'a>(&'a self, what: &'a str) -> Asked<'a> {
        let user = self.admin.as_deref().unwrap_or_default();
        Asked { api: Api::Directory, user, scope: SCOPE_DIRECTORY, what, hint: "" }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.api_url.as_str().trim_end_matches('/'))
    }
}

/// The users of a list, without those who are archived: they cannot sign in.
fn company(rows: &[Value], note: Option<String>) -> Company {
    let is_whole = note.is_none();
    let is_out = |row: &&Value| row["archived"] == true || row["suspended"] == true;
    let out = rows.iter().filter(is_out).count();
    let mut notes: Vec<String> = note.into_iter().collect();
    if out > 0 {
        notes.push(format!("{out} archived users were not asked"));
    }
    let users: Vec<String> = rows.iter().filter(|row| !is_out(row)).filter_map(address).collect();
    Company { users, is_whole, notes }
}

fn address(row: &Value) -> Option<String> {
    row["primaryEmail"].as_str().filter(|address| !address.is_empty()).map(str::to_owned)
}

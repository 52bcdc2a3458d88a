//! The Workspace: its users, and what its admin has granted to the service account.

use std::collections::{BTreeMap, HashSet};

use super::entry::Who;
use super::token::{OWNER_EMAIL, SERVICE_EMAIL};
use super::{Google, errors, scopes};
use crate::sandbox::faults::Canned;

const UNKNOWN_USER: &str = "Invalid email or User ID";
const NOT_DELEGATED: &str = "Client is unauthorized to retrieve access tokens using this method, or client not \
    authorized for any of the scopes requested.";

/// A user of the Workspace.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names are Google's own")]
pub struct User {
    pub email: String,
    pub name: String,
    /// The id, as in `users/{id}` of Meet.
    pub id: String,
    pub is_admin: bool,
    pub is_suspended: bool,
    pub is_archived: bool,
    /// Whether Meet is switched on for this user.
    pub has_meet: bool,
    /// Whether Calendar is switched on for this user.
    pub has_calendar: bool,
}

impl User {
    /// A user with this address and name. The id is made up by [`Google::add_user`].
    pub fn new(email: &str, name: &str) -> Self {
        Self {
            email: email.to_ascii_lowercase(),
            name: name.to_owned(),
            id: String::new(),
            is_admin: false,
            is_suspended: false,
            is_archived: false,
            has_meet: true,
            has_calendar: true,
        }
    }

    /// Sets the id, which is a number.
    #[must_use]
    pub fn id(self, id: &str) -> Self {
        Self { id: id.to_owned(), ..self }
    }

    /// May read the directory as an admin.
    #[must_use]
    pub fn admin(self) -> Self {
        Self { is_admin: true, ..self }
    }

    /// Was suspended.
    #[must_use]
    pub fn suspended(self) -> Self {
        Self { is_suspended: true, ..self }
    }

    /// Was archived.
    #[must_use]
    pub fn archived(self) -> Self {
        Self { is_archived: true, ..self }
    }

    /// Has no Meet: all its calls answer 403.
    #[must_use]
    pub fn without_meet(self) -> Self {
        Self { has_meet: false, ..self }
    }

    /// Has no Calendar: its events answer 403.
    #[must_use]
    pub fn without_calendar(self) -> Self {
        Self { has_calendar: false, ..self }
    }
}

/// All users, and the grants.
pub(super) struct Workspace {
    /// The human is the first of them.
    users: Vec<User>,
    /// Scopes that are not granted: to anybody, or to one address.
    withdrawn: HashSet<(Option<String>, String)>,
    /// Addresses that the token endpoint says not to know.
    unknown: HashSet<String>,
}

impl Default for Workspace {
    fn default() -> Self {
        let human = User::new(OWNER_EMAIL, "Ada Lovelace").id("100000000000000000000").admin();
        Self { users: vec![human], withdrawn: HashSet::new(), unknown: HashSet::new() }
    }
}

impl Workspace {
    pub(super) fn users(&self) -> impl Iterator<Item = &User> {
        self.users.iter()
    }

    /// The user behind a bearer; a service account is none.
    pub(super) fn user(&self, who: Who) -> Option<&User> {
        self.users.get(place(who)?)
    }

    pub(super) fn by_email(&self, email: &str) -> Option<&User> {
        self.users.iter().find(|user| user.email.eq_ignore_ascii_case(email))
    }

    /// The identity of an address.
    pub(super) fn who(&self, email: &str) -> Option<Who> {
        let place = self.users.iter().position(|user| user.email.eq_ignore_ascii_case(email))?;
        Some(if place == 0 { Who::Human } else { Who::User(place) })
    }

    /// Whether the service account may act for this address with all of these scopes.
    pub(super) fn delegate(&self, subject: &str, scope: &str) -> Result<Who, Canned> {
        let subject = subject.to_ascii_lowercase();
        let refused = || errors::token_error(401, "unauthorized_client", NOT_DELEGATED);
        let domain = |email: &str| email.rsplit_once('@').map(|(_, domain)| domain.to_owned());
        let known = self.who(&subject);
        // Only an admin whose users a test has added has granted anything.
        if known.is_none() && !self.users.iter().skip(1).any(|user| domain(&user.email) == domain(&subject)) {
            return Err(refused());
        }
        let who = known.filter(|_| !self.unknown.contains(&subject));
        let is_active = |who: &Who| self.user(*who).is_some_and(|user| !user.is_suspended);
        let Some(who) = who.filter(is_active) else {
            return Err(errors::token_error(400, "invalid_grant", UNKNOWN_USER));
        };
        let is_granted = |scope: &str| {
            let (anybody, this_one) = ((None, scope.to_owned()), (Some(subject.clone()), scope.to_owned()));
            scopes::is_known(scope)
                && !self.withdrawn.contains(&anybody)
                && !self.withdrawn.contains(&this_one)
        };
        // One scope that is not granted spoils the whole request.
        if scope.split(' ').all(is_granted) { Ok(who) } else { Err(refused()) }
    }
}

fn place(who: Who) -> Option<usize> {
    match who {
        Who::Service => None,
        Who::Human => Some(0),
        Who::User(place) => Some(place),
    }
}

/// Whether this refusal tells that the service account may not act for the address, or not with the scope.
pub(super) fn is_about_delegation(refusal: &Canned) -> bool {
    refusal.status == 401 || refusal.body.contains(UNKNOWN_USER)
}

impl Google {
    /// Adds a user to the Workspace, or changes the one with this address, and gives the id.
    pub fn add_user(&self, user: User) -> String {
        let mut workspace = self.workspace();
        let known = workspace.users.iter().position(|known| known.email == user.email);
        let place = known.unwrap_or(workspace.users.len());
        let mut user = user;
        if user.id.is_empty() {
            let kept = known.map(|place| workspace.users[place].id.clone());
            user.id = kept.unwrap_or_else(|| format!("1000000000000000{place:05}"));
        }
        let (id, name, email) = (user.id.clone(), user.name.clone(), user.email.clone());
        match known {
            Some(place) => workspace.users[place] = user,
            None => workspace.users.push(user),
        }
        drop(workspace);
        if place > 0 {
            self.state().settle(Who::User(place), &name, &email);
        }
        id
    }

    /// The users of the Workspace. The first is the human, an admin.
    pub fn users(&self) -> Vec<User> {
        self.workspace().users.clone()
    }

    /// Takes a scope away from the service account's delegation: for one address, or for all.
    pub fn withdraw_scope(&self, email: Option<&str>, scope: &str) {
        self.workspace().withdrawn.insert((email.map(str::to_ascii_lowercase), scope.to_owned()));
    }

    /// Grants a withdrawn scope again.
    pub fn grant_scope(&self, email: Option<&str>, scope: &str) {
        self.workspace().withdrawn.remove(&(email.map(str::to_ascii_lowercase), scope.to_owned()));
    }

    /// Makes the token endpoint say that there is no such user.
    pub fn forget_user(&self, email: &str) {
        self.workspace().unknown.insert(email.to_ascii_lowercase());
    }

    /// Makes it know the user again.
    pub fn know_user(&self, email: &str) {
        self.workspace().unknown.remove(&email.to_ascii_lowercase());
    }

    /// How often an access token was asked for this address with these scopes (divided by blanks).
    pub fn tokens_asked(&self, email: &str, scope: &str) -> usize {
        self.tokens.asked().get(&(email.to_owned(), scope.to_owned())).copied().unwrap_or_default()
    }

    /// How often access tokens were asked for, by address and scopes.
    pub fn all_tokens_asked(&self) -> BTreeMap<(String, String), usize> {
        self.tokens.asked()
    }

    /// The address behind an identity.
    pub(super) fn address_of(&self, who: Who) -> String {
        self.workspace().user(who).map_or_else(|| SERVICE_EMAIL.to_owned(), |user| user.email.clone())
    }
}

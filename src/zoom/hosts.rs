//! Finds a host's email address by asking Zoom: an event's address is only a hint.
//!
//! The account's list of users is fetched once and cached; the sweep, which reads the list anyway, passes it on.
//! Hosts that are not in the list are requested one by one (`GET /users/{id}`). The last resort is the account's
//! list of recordings: Zoom Rooms, deleted users and users of sub-accounts appear nowhere else.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use reqwest::{Method, StatusCode};
use tokio::sync::Mutex;
use tracing::debug;

use super::answer;
use super::api::Zoom;
use super::rate_limit::Category;
use super::{Days, ListError, User, UserStatus, ZoomError};
use crate::http::segment;
use crate::recording::listing;

/// Lifetime of a cached answer. A person who leaves the account can be given access during this time.
const BELIEVED_FOR: Duration = Duration::from_secs(3600);

/// A refused or empty request is not repeated for this time. It is short, because an operator who adds a scope
/// tries again soon.
const REFUSED_FOR: Duration = Duration::from_secs(60);

/// A list of users younger than this is not fetched again for a host that it does not contain.
const FRESH_FOR: Duration = Duration::from_secs(300);

/// Most pages of users that are read, 300 users each. Guards against a list that does not end.
const USER_PAGES_MAX: usize = 2_000;

/// Most pages of the account's recordings of three days that are searched for one host.
const RECORDING_PAGES_MAX: usize = 20;

/// Most hosts beyond the list of users that are remembered.
const OTHERS_MAX: usize = 10_000;

/// What Zoom knows about a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// Address of a user who can sign in.
    Active(String),
    /// Address of a user who cannot sign in: deactivated, or found only in the account's recordings.
    Former(String),
    /// No address is known. The text says why, for people.
    Unknown(String),
}

impl Host {
    /// The address, if it is known.
    pub fn email(&self) -> Option<&str> {
        match self {
            Self::Active(email) | Self::Former(email) => Some(email),
            Self::Unknown(_) => None,
        }
    }
}

/// Cache of hosts. A caller waits while another one fetches the list.
#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<HostCache>);

#[derive(Debug, Default)]
struct HostCache {
    users: Option<Users>,
    /// Hosts that are not in the list of users.
    others: HashMap<String, (Instant, Host)>,
    /// `GET /users` was refused.
    no_list: Refused,
    /// `GET /users/{id}` was refused, for any id.
    no_single: Refused,
    /// The account's list of recordings was refused.
    no_account: Refused,
}

#[derive(Debug)]
struct Users {
    at: Instant,
    hosts: HashMap<String, Host>,
}

/// The time and the error of a refused call.
#[derive(Debug, Default)]
struct Refused(Option<(Instant, ZoomError)>);

impl Refused {
    fn now(error: ZoomError) -> Self {
        Self(Some((Instant::now(), error)))
    }

    /// The error, if the refusal is recent.
    fn lately(&self) -> Option<&ZoomError> {
        self.0.as_ref().filter(|(at, _)| at.elapsed() < REFUSED_FOR).map(|(_, error)| error)
    }
}

impl Users {
    fn new(users: &[User]) -> Self {
        let host = |user: &User| match user.status {
            UserStatus::Active => Host::Active(user.email.clone()),
            UserStatus::Inactive => Host::Former(user.email.clone()),
        };
        let is_usable = |user: &&User| !user.email.is_empty();
        let hosts = users.iter().filter(is_usable).map(|user| (user.id.clone(), host(user))).collect();
        Self { at: Instant::now(), hosts }
    }
}

impl HostCache {
    fn find(&self, id: &str) -> Option<&Host> {
        let users = self.users.as_ref().filter(|users| users.at.elapsed() < BELIEVED_FOR);
        users.and_then(|users| users.hosts.get(id)).or_else(|| {
            let (at, host) = self.others.get(id)?;
            let good_for = if host.email().is_some() { BELIEVED_FOR } else { REFUSED_FOR };
            (at.elapsed() < good_for).then_some(host)
        })
    }

    /// True if the list of users must be fetched because it is older than `age`.
    fn wants_users(&self, age: Duration) -> bool {
        self.no_list.lately().is_none() && self.users.as_ref().is_none_or(|users| users.at.elapsed() >= age)
    }

    fn note_other(&mut self, id: &str, host: &Host) {
        if self.others.len() >= OTHERS_MAX {
            self.others.clear();
        }
        self.others.insert(id.to_owned(), (Instant::now(), host.clone()));
    }
}

impl Zoom {
    /// Takes over a list of users that was read for another purpose.
    pub async fn note_users(&self, users: &[User]) {
        let mut known = self.hosts.0.lock().await;
        known.users = Some(Users::new(users));
        known.no_list = Refused::default();
    }

    /// Returns the host of this id, who has a recording on this day.
    ///
    /// # Errors
    /// When no list of users is cached and Zoom cannot be reached now, or refuses our credentials. Any other
    /// refusal gives [`Host::Unknown`].
    pub async fn host(&self, id: &str, day: Option<Date>) -> Result<Host, ZoomError> {
        if id.is_empty() {
            return Ok(Host::Unknown("Zoom's listing names no host".to_owned()));
        }
        let mut known = self.hosts.0.lock().await;
        if known.find(id).is_none() && known.wants_users(BELIEVED_FOR) {
            self.read_users(&mut known).await;
        }
        if let Some(host) = known.find(id) {
            return Ok(host.clone());
        }
        let host = self.beyond_the_list(&mut known, id, day).await?;
        known.note_other(id, &host);
        Ok(host)
    }

    async fn beyond_the_list(
        &self,
        known: &mut HostCache,
        id: &str,
        day: Option<Date>,
    ) -> Result<Host, ZoomError> {
        let mut why = Vec::new();
        match self.one_user(known, id).await {
            Ok(Some(host)) => return Ok(host),
            Ok(None) => why.push("Zoom has no user of this id".to_owned()),
            Err(error @ ZoomError::Credentials(_)) => return Err(error),
            // Neither call could be made. A later attempt may succeed.
            Err(error) if is_passing(&error) && known.no_list.lately().is_some_and(is_passing) => {
                return Err(error);
            }
            Err(error) => why.push(format!("the user cannot be looked up ({error})")),
        }
        if known.wants_users(FRESH_FOR) {
            // The user may have joined since the list was read.
            self.read_users(known).await;
            if let Some(host) = known.find(id) {
                return Ok(host.clone());
            }
        }
        match self.recorded_by(known, id, day).await {
            Ok(Some(host)) => return Ok(host),
            Ok(None) => why.push("no list of the account's recordings names their address".to_owned()),
            Err(error) => why.push(format!("the account's recordings cannot be listed ({error})")),
        }
        if let Some(error) = known.no_list.lately() {
            why.insert(0, format!("the account's users cannot be listed ({error})"));
        }
        Ok(Host::Unknown(why.join("; ")))
    }

    /// Fetches the account's users. A refusal is remembered; single users may be allowed all the same.
    async fn read_users(&self, known: &mut HostCache) {
        match self.all_users().await {
            Ok(users) => {
                known.users = Some(Users::new(&users));
                known.no_list = Refused::default();
            }
            Err(error) => {
                debug!(%error, "the account's users cannot be listed");
                known.no_list = Refused::now(as_zoom(error));
            }
        }
    }

    async fn all_users(&self) -> Result<Vec<User>, ListError> {
        let mut users = Vec::new();
        for status in [UserStatus::Active, UserStatus::Inactive] {
            let mut token: Option<String> = None;
            for _page in 0..USER_PAGES_MAX {
                let page = self.users(status, token.as_deref()).await?;
                users.extend(page.rows);
                token = page.next;
                if token.is_none() {
                    break;
                }
            }
            if token.is_some() {
                let what = format!("a list of users that does not end after {USER_PAGES_MAX} pages");
                return Err(ZoomError::Unreachable { what, after: None }.into());
            }
        }
        Ok(users)
    }

    /// Fetches one user by `GET /users/{id}`; `None` if the account has no such user.
    async fn one_user(&self, known: &mut HostCache, id: &str) -> Result<Option<Host>, ZoomError> {
        if let Some(error) = known.no_single.lately() {
            return Err(error.clone());
        }
        // An id that would lead to another path belongs to no user.
        let Ok(segment) = segment::encoded(id) else { return Ok(None) };
        let path = format!("/users/{segment}");
        let answer = match self.call(Category::Light, Method::GET, &path).await? {
            Ok(body) => answer::read_object(&body, "email")?,
            Err(fault) => Err(fault),
        };
        let user = match answer {
            Ok(user) => user,
            // 1001, 1010, 1120 or a 404: the account has no user of this id.
            Err(fault) if fault.status == StatusCode::NOT_FOUND => return Ok(None),
            Err(fault) if super::account::is_no_user(&fault) => return Ok(None),
            Err(fault) => {
                let error = fault.into_error();
                if matches!(error, ZoomError::MissingScope(_)) {
                    known.no_single = Refused::now(error.clone());
                }
                return Err(error);
            }
        };
        let (named, email) = (listing::text(&user, "id"), listing::text(&user, "email"));
        if email.is_empty() || (!named.is_empty() && named != id) {
            return Ok(None);
        }
        Ok(Some(match listing::text(&user, "status").as_str() {
            "" | "active" => Host::Active(email),
            _ => Host::Former(email),
        }))
    }

    /// Finds a host by their recordings: the account's list contains addresses that no list of users does.
    async fn recorded_by(
        &self,
        known: &mut HostCache,
        id: &str,
        day: Option<Date>,
    ) -> Result<Option<Host>, ZoomError> {
        if let Some(error) = known.no_account.lately() {
            return Err(error.clone());
        }
        let around = |day: Date| Some(Days { from: day.yesterday().ok()?, to: day.tomorrow().ok()? });
        let Some(days) = day.and_then(around) else { return Ok(None) };
        let mut token: Option<String> = None;
        for _page in 0..RECORDING_PAGES_MAX {
            let page = match self.account_recordings(days, token.as_deref()).await {
                Ok(page) => page.page,
                Err(error) => {
                    let error = as_zoom(error);
                    known.no_account = Refused::now(error.clone());
                    return Err(error);
                }
            };
            let theirs = page.rows.iter().filter(|row| listing::text(row, "host_id") == id);
            let mut emails = theirs.map(|row| listing::text(row, "host_email"));
            if let Some(email) = emails.find(|email| !email.is_empty()) {
                return Ok(Some(Host::Former(email)));
            }
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        Ok(None)
    }
}

fn as_zoom(error: ListError) -> ZoomError {
    match error {
        ListError::Zoom(error) => error,
        ListError::PageExpired(what) => ZoomError::Unreachable { what, after: None },
        ListError::NoUser(what) => ZoomError::Refused(what),
    }
}

fn is_passing(error: &ZoomError) -> bool {
    matches!(error, ZoomError::Unreachable { .. } | ZoomError::Busy { .. })
}

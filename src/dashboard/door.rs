//! Who comes in: every page needs a session or a trusted proxy, and every act somebody who may act.
//!
//! Without these all addresses below `/dashboard` answer alike, whether they exist or not. The API's bearer token
//! opens no page, and a cookie opens no route of the API.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;

use super::refusal::Refusal;
use super::{Dashboard, login, session};
use crate::admin::access::{self, Role};
use crate::store::StoreError;

/// Header with which a proxy tells the client's address. It is quoted, never believed.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Header with which a proxy tells that the browser came by https.
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Last parts of addresses whose pages are for admins: they lead to acts, or show settings.
const FOR_ADMINS: [&str; 6] = ["cancel", "replay", "recover", "retry-parked", "doctor", "settings"];

/// Streams and their like: no person reads their answers, so they get a status and no login page.
const FOR_SCRIPTS: [&str; 2] = ["/dashboard/live", "/dashboard/state"];

/// Somebody who was let in.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    /// Number of the session; `None` for somebody whom a proxy names.
    pub(super) session: Option<i64>,
    /// As the person called themselves, or as the proxy calls them; may be empty.
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) from: From,
}

impl Visitor {
    /// The visitor for the audit trail: `Ann (so named), dashboard session 12, from 203.0.113.7 as told by 172.18.0.3`,
    /// or `ann@example.org (by the proxy), dashboard, from 172.18.0.5`.
    pub(super) fn who(&self) -> String {
        match self.session {
            Some(session) => format!("{}dashboard session {session}{}", so_named(&self.name), self.from),
            None => format!("{} (by the proxy), dashboard{}", self.name, self.from),
        }
    }

    /// The handlers of acts get no one else.
    pub(super) fn may_act(&self) -> bool {
        self.role == Role::Admin
    }

    /// Some pages are for those who may act, although they only show something.
    pub(super) fn must_be_admin(&self) -> Result<(), Refusal> {
        let detail = "This session may not see this page. Log in with the ADMIN_TOKEN to see it.";
        if self.may_act() { Ok(()) } else { Err(Refusal::new(StatusCode::FORBIDDEN, detail)) }
    }
}

/// A name that somebody gave, for the audit trail.
pub(super) fn so_named(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("{name} (so named), ") }
}

/// Where a request came from: the connection's peer, and what this peer says of the client.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct From {
    peer: Option<IpAddr>,
    told: Option<IpAddr>,
}

impl From {
    pub(super) fn of(request: &Request) -> Self {
        let told = request.headers().get(FORWARDED_FOR).and_then(|value| value.to_str().ok());
        Self {
            peer: access::peer(request).map(|peer| peer.ip()),
            told: told.and_then(|told| told.trim().parse().ok()),
        }
    }
}

impl fmt::Display for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.told, self.peer) {
            (Some(told), Some(peer)) => write!(f, ", from {told} as told by {peer}"),
            (None, Some(peer)) => write!(f, ", from {peer}"),
            (_, None) => Ok(()),
        }
    }
}

/// Lets requests of people who were let in through.
pub(super) async fn authenticate(
    State(dashboard): State<Arc<Dashboard>>,
    jar: CookieJar,
    mut request: Request,
    next: Next,
) -> Response {
    let is_look = access::is_look(request.method());
    let path = request.uri().path();
    match visitor(&dashboard, &jar, request.headers(), From::of(&request)).await {
        Ok(Some(visitor))
            if !visitor.role.may(request.method()) || (!visitor.may_act() && is_of_acts(path)) =>
        {
            let detail = "You may look and do nothing. Log in with the ADMIN_TOKEN to press buttons.";
            Refusal::new(StatusCode::FORBIDDEN, detail).into_response()
        }
        Ok(Some(visitor)) => {
            request.extensions_mut().insert(visitor);
            next.run(request).await
        }
        Ok(None) if FOR_SCRIPTS.contains(&path) => StatusCode::UNAUTHORIZED.into_response(),
        Ok(None) if is_look => Redirect::to(&login::address_for(path)).into_response(),
        Ok(None) => Redirect::to(login::AGAIN).into_response(),
        Err(error) => Refusal::from(error).into_response(),
    }
}

/// True for a page that only leads to an act, or that is for admins.
fn is_of_acts(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|last| FOR_ADMINS.contains(&last))
}

/// The visitor whose session this request shows, if it is still open; else the one whom a trusted proxy names. Somebody
/// who has logged in is what the token says, whatever a proxy says.
pub(super) async fn visitor(
    dashboard: &Dashboard,
    jar: &CookieJar,
    headers: &HeaderMap,
    from: From,
) -> Result<Option<Visitor>, StoreError> {
    if let Some((session, role)) = session::shown(dashboard, jar, headers).await? {
        return Ok(Some(Visitor { session: Some(session.id), name: session.name, role, from }));
    }
    let person = dashboard.proxy.as_ref().and_then(|proxy| proxy.person(headers));
    Ok(person.map(|(name, role)| Visitor { session: None, name, role, from }))
}

/// True if a browser asks us on this machine without encryption: `localhost`, or an address of the loopback. A proxy that
/// ends the encryption here and passes its own name on says so.
pub(super) fn is_loopback(headers: &HeaderMap) -> bool {
    if headers.get(FORWARDED_PROTO).is_some_and(|scheme| scheme.as_bytes() == b"https") {
        return false;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

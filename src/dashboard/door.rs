//! Who comes in: every page needs a session, and every act a session that may act.
//!
//! Without a session all addresses below `/dashboard` answer alike, whether they exist or not. The API's bearer token
//! opens no page, and a cookie opens no route of the API.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;

use super::refusal::Refusal;
use super::{Dashboard, login, session};
use crate::admin::access;
use crate::store::StoreError;

/// Header with which a proxy tells the client's address. It is quoted, never believed.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Streams and their like: no person reads their answers, so they get a status and no login page.
const FOR_SCRIPTS: [&str; 2] = ["/dashboard/live", "/dashboard/state"];

/// What a visitor may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Everything.
    Admin,
    /// Only look.
    Viewer,
}

impl Role {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Viewer => "viewer",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Admin, Self::Viewer].into_iter().find(|role| role.name() == name)
    }
}

/// Somebody with a session.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    /// Number of the session.
    pub(super) session: i64,
    /// As the person called themselves; may be empty.
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) from: From,
}

impl Visitor {
    /// The visitor for the audit trail: `Ann (so named), dashboard session 12, from 203.0.113.7 as told by 172.18.0.3`.
    pub(super) fn who(&self) -> String {
        format!("{}dashboard session {}{}", so_named(&self.name), self.session, self.from)
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

/// Lets requests with a session through.
pub(super) async fn authenticate(
    State(dashboard): State<Arc<Dashboard>>,
    jar: CookieJar,
    mut request: Request,
    next: Next,
) -> Response {
    let is_look = [Method::GET, Method::HEAD].contains(request.method());
    match visitor(&dashboard, &jar, request.headers(), From::of(&request)).await {
        Ok(Some(visitor)) if !is_look && !visitor.may_act() => {
            let detail =
                "This session may look and do nothing. Log in with the ADMIN_TOKEN to press buttons.";
            Refusal::new(StatusCode::FORBIDDEN, detail).into_response()
        }
        Ok(Some(visitor)) => {
            request.extensions_mut().insert(visitor);
            next.run(request).await
        }
        Ok(None) if FOR_SCRIPTS.contains(&request.uri().path()) => StatusCode::UNAUTHORIZED.into_response(),
        Ok(None) if is_look => Redirect::to(&login::address_for(request.uri().path())).into_response(),
        Ok(None) => Redirect::to(login::AGAIN).into_response(),
        Err(error) => Refusal::from(error).into_response(),
    }
}

/// The visitor whose session this request shows, if it is still open.
pub(super) async fn visitor(
    dashboard: &Dashboard,
    jar: &CookieJar,
    headers: &HeaderMap,
    from: From,
) -> Result<Option<Visitor>, StoreError> {
    let Some(value) = session::cookie_value(jar, headers) else { return Ok(None) };
    let Some(found) = dashboard.store.session(&session::digest(value)).await? else { return Ok(None) };
    let role = Role::from_name(&found.role);
    // Another token has ended the sessions of the old one.
    let tag = role.map(|_| session::key_tag(&dashboard.token.now()));
    let Some(role) = role.filter(|_| tag.as_deref() == Some(&*found.key_tag)) else { return Ok(None) };
    Ok(Some(Visitor { session: found.id, name: found.name, role, from }))
}

/// True if a browser asks us on this machine without encryption: `localhost`, or an address of the loopback.
pub(super) fn is_loopback(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

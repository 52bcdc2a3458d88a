//! Sessions: a random value in a cookie, its digest in the store.
//!
//! A session ends after seven days, by logging out, by [End] on the system page, or with the token that it was made
//! with. Nothing is written for a request.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use sha2::{Digest, Sha256};

use super::door::{self, From};
use super::refusal::Refusal;
use super::{Dashboard, Shared, login};
use crate::admin::access::Role;
use crate::admin::audit::audited;
use crate::secret::{Secret, random_long_token};
use crate::store::{NewSession, Session, StoreError};

/// Length of a session. Longer than 20 hours, so that nobody is logged out while they read.
const LENGTH: Duration = Duration::from_secs(7 * 24 * 3600);

/// Name of the cookie over https. The prefix makes browsers refuse one that another name of the domain has set.
const COOKIE: &str = "__Host-z2d";

/// Its name on this machine, where there is no encryption and browsers disagree on the prefix.
const LOOPBACK_COOKIE: &str = "z2d";

/// Before a session's tag, so that no other digest equals it.
const TAG_PREFIX: &str = "zoom2drive session";

/// What a browser that logs out must forget.
const FORGET: (HeaderName, HeaderValue) =
    (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));

/// SHA-256 of a cookie's value: the store keeps no value.
fn digest(value: &str) -> String {
    hex::encode(Sha256::digest(value.as_bytes()))
}

/// Ties a session to the token and the role that it was opened with. The cookie's value is part of it: somebody who
/// reads the store cannot try tokens on it, and somebody who writes into the store cannot make a session of their own.
fn tag(value: &str, role: Role, token: &Secret) -> String {
    let parts = [TAG_PREFIX, role.name(), value, token.expose()];
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
        digest.update([0]);
    }
    hex::encode(digest.finalize())
}

/// The open session that a request shows, with its role. Another token has ended the sessions of the old one.
pub(super) async fn shown(
    dashboard: &Dashboard,
    jar: &CookieJar,
    headers: &HeaderMap,
) -> Result<Option<(Session, Role)>, StoreError> {
    let Some(value) = cookie_value(jar, headers) else { return Ok(None) };
    let Some(session) = dashboard.store.session(&digest(value)).await? else { return Ok(None) };
    let role = Role::from_name(&session.role);
    let token = role.and_then(|role| Some((role, dashboard.tokens.of(role)?)));
    let is_open = |(role, token): &(Role, Arc<Secret>)| tag(value, *role, token) == session.key_tag;
    Ok(token.filter(is_open).map(|(role, _)| (session, role)))
}

/// The cookie's value in a request.
fn cookie_value<'a>(jar: &'a CookieJar, headers: &HeaderMap) -> Option<&'a str> {
    jar.get(cookie_name(headers)).map(Cookie::value)
}

fn cookie_name(headers: &HeaderMap) -> &'static str {
    if door::is_loopback(headers) { LOOPBACK_COOKIE } else { COOKIE }
}

fn cookie(headers: &HeaderMap, value: String, length: Duration) -> Cookie<'static> {
    let name = cookie_name(headers);
    let cookie = Cookie::build((name, value)).http_only(true).path("/").secure(name == COOKIE);
    // Not `Strict`: mails and chats link here, and a link from there would show the login page. No GET changes
    // anything.
    cookie.same_site(SameSite::Lax).max_age(length.try_into().unwrap_or_default()).build()
}

/// Opens a session for the holder of a token. Returns its number and the jar with its cookie; a former session of this
/// browser ends.
pub(super) async fn open(
    dashboard: &Dashboard,
    jar: CookieJar,
    headers: &HeaderMap,
    (name, role, token): (&str, Role, &Secret),
) -> Result<(i64, CookieJar), StoreError> {
    if let Some((former, _)) = shown(dashboard, &jar, headers).await? {
        dashboard.store.end_session(former.id).await?;
    }
    let value = random_long_token();
    let new = NewSession {
        digest: digest(value.expose()),
        name: name.to_owned(),
        role: role.name().to_owned(),
        key_tag: tag(value.expose(), role, token),
    };
    let number = dashboard.store.open_session(&new, LENGTH).await?;
    Ok((number, jar.add(cookie(headers, value.expose().to_owned(), LENGTH))))
}

/// Logging out needs no session: it ends the one that is shown, if there is one.
pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route("/dashboard/logout", get(to_login).post(logout))
}

async fn to_login() -> Redirect {
    Redirect::to(login::ADDRESS)
}

async fn logout(State(dashboard): Shared, jar: CookieJar, request: Request) -> Result<Response, Refusal> {
    let headers = request.headers();
    if let Some(visitor) = door::visitor(&dashboard, &jar, headers, From::of(&request)).await?
        && let Some(session) = visitor.session
    {
        let ending = dashboard.store.end_session(session);
        audited(&dashboard.store, &visitor.who(), "log out", "dashboard", ending).await?;
    }
    let jar = jar.add(cookie(headers, String::new(), Duration::ZERO));
    Ok((jar, [FORGET], Redirect::to(login::LOGGED_OUT)).into_response())
}

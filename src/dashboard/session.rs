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
use crate::admin::audit::audited;
use crate::secret::{Secret, random_long_token};
use crate::store::{NewSession, StoreError};

/// Length of a session. Longer than 20 hours, so that nobody is logged out while they read.
pub(super) const LENGTH: Duration = Duration::from_secs(7 * 24 * 3600);

/// Name of the cookie over https. The prefix makes browsers refuse one that another name of the domain has set.
const COOKIE: &str = "__Host-z2d";

/// Its name on this machine, where there is no encryption and browsers disagree on the prefix.
const LOOPBACK_COOKIE: &str = "z2d";

/// Digits of a token's tag: enough to tell tokens apart, and no token can be found from it.
const TAG_CHARS: usize = 32;

/// Before the token in the digest that is its tag, so that no other digest of the token equals it.
const TAG_PREFIX: &str = "zoom2drive session of ";

/// What a browser that logs out must forget.
const FORGET: (HeaderName, HeaderValue) =
    (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));

/// SHA-256 of a cookie's value: the store keeps no value.
pub(super) fn digest(value: &str) -> String {
    hex::encode(Sha256::digest(value.as_bytes()))
}

/// Tells if a session was made with this token.
pub(super) fn key_tag(token: &Secret) -> String {
    let digest = Sha256::new().chain_update(TAG_PREFIX).chain_update(token.expose()).finalize();
    hex::encode(digest).chars().take(TAG_CHARS).collect()
}

/// The cookie's value in a request.
pub(super) fn cookie_value<'a>(jar: &'a CookieJar, headers: &HeaderMap) -> Option<&'a str> {
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

/// Opens a session. Returns its number and the jar with its cookie; a former session of this browser ends.
pub(super) async fn open(
    dashboard: &Dashboard,
    jar: CookieJar,
    headers: &HeaderMap,
    (name, role): (&str, door::Role),
) -> Result<(i64, CookieJar), StoreError> {
    end_shown(dashboard, &jar, headers).await?;
    let value = random_long_token();
    let new = NewSession {
        digest: digest(value.expose()),
        name: name.to_owned(),
        role: role.name().to_owned(),
        key_tag: key_tag(&dashboard.token.now()),
    };
    let number = dashboard.store.open_session(&new, LENGTH).await?;
    Ok((number, jar.add(cookie(headers, value.expose().to_owned(), LENGTH))))
}

async fn end_shown(dashboard: &Dashboard, jar: &CookieJar, headers: &HeaderMap) -> Result<(), StoreError> {
    let Some(value) = cookie_value(jar, headers) else { return Ok(()) };
    if let Some(session) = dashboard.store.session(&digest(value)).await? {
        dashboard.store.end_session(session.id).await?;
    }
    Ok(())
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
    if let Some(visitor) = door::visitor(&dashboard, &jar, headers, From::of(&request)).await? {
        let ending = dashboard.store.end_session(visitor.session);
        audited(&dashboard.store, &visitor.who(), "log out", "dashboard", ending).await?;
    }
    let jar = jar.add(cookie(headers, String::new(), Duration::ZERO));
    Ok((jar, [FORGET], Redirect::to(login::LOGGED_OUT)).into_response())
}

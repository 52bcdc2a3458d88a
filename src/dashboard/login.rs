//! The login page. A right token is never kept waiting; wrong ones are slowed down together with the API's.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Form, Router};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::assets::{self, Asset};
use super::door::{self, From};
use super::refusal::Refusal;
use super::{Dashboard, Shared, page, session};
use crate::admin::access;
use crate::admin::audit::audited;
use crate::admin::failed_logins::Verdict;
use crate::secret::Secret;
use crate::untrusted::is_control;

/// The page itself.
pub(super) const ADDRESS: &str = "/dashboard/login";

/// The page after a button that was pressed without a session.
pub(super) const AGAIN: &str = "/dashboard/login?again=1";

/// The page after logging out.
pub(super) const LOGGED_OUT: &str = "/dashboard/login?out=1";

/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 80;

/// Longest address to go on to, in bytes: those of the pages are far shorter.
const NEXT_BYTES_MAX: usize = 200;

/// Value of `Retry-After` after too many wrong tokens, in seconds: the longest delay, rounded up.
const CALM_DOWN_SECONDS: &str = "2";

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    style: String,
    icon: String,
    /// What happened before; may be empty.
    note: &'static str,
    is_error: bool,
    name: String,
    next: String,
    /// The browser did not keep the cookie.
    is_cookie_lost: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LoginQuery {
    next: Option<String>,
    /// A button was pressed without a session.
    again: Option<String>,
    /// Somebody has logged out.
    out: Option<String>,
    /// Somebody has just logged in: the cookie must be there.
    r#in: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LoginForm {
    #[serde(default)]
    name: String,
    token: Secret,
    #[serde(default)]
    next: String,
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route(ADDRESS, get(form).post(login))
}

/// The login page for somebody who wanted this page.
pub(super) fn address_for(path: &str) -> String {
    match safe_next(path) {
        page::OVERVIEW => ADDRESS.to_owned(),
        next => format!("{ADDRESS}?next={next}"),
    }
}

/// Where to go after the login: a page of ours, whatever the address says.
fn safe_next(next: &str) -> &str {
    let is_plain = |segment: &str| {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !segment.is_empty() && segment.bytes().all(is_plain)
    };
    let rest = next.strip_prefix(page::OVERVIEW).filter(|_| next.len() <= NEXT_BYTES_MAX);
    let is_ours = rest.is_some_and(|rest| {
        rest.is_empty() || rest.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_plain))
    });
    if is_ours && ![ADDRESS, "/dashboard/logout"].contains(&next) { next } else { page::OVERVIEW }
}

async fn form(
    State(dashboard): Shared,
    jar: CookieJar,
    headers: HeaderMap,
    query: Result<Query<LoginQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query?;
    let next = safe_next(query.next.as_deref().unwrap_or_default()).to_owned();
    // Somebody whom a proxy names may log in, to be more than that.
    if session::shown(&dashboard, &jar, &headers).await?.is_some() {
        return Ok(Redirect::to(&next).into_response());
    }
    let note = if query.again.is_some() {
        "That was not done: nobody was logged in. Log in, and press the button again."
    } else if query.out.is_some() {
        "You are logged out."
    } else {
        ""
    };
    let page =
        LoginPage { note, is_cookie_lost: query.r#in.is_some(), ..LoginPage::new(String::new(), next) };
    Ok(page::show(&page))
}

impl LoginPage {
    fn new(name: String, next: String) -> Self {
        let (style, icon) = (assets::address(Asset::Style), assets::address(Asset::Unknown));
        Self { style, icon, note: "", is_error: false, name, next, is_cookie_lost: false }
    }
}

async fn login(State(dashboard): Shared, jar: CookieJar, request: Request) -> Result<Response, Refusal> {
    let (headers, method, peer) =
        (request.headers().clone(), request.method().clone(), access::peer(&request));
    let from = From::of(&request);
    let form: Result<Form<LoginForm>, FormRejection> = Form::from_request(request, &()).await;
    let Form(LoginForm { name, token, next }) = form?;
    let (name, next) = (named(&name), safe_next(&next).to_owned());
    let token = Secret::new(token.expose().trim());
    let Some(role) = dashboard.tokens.role_of(token.expose()) else {
        let verdict = dashboard.wrong_tokens.refuse("dashboard", &method, peer, true).await;
        return Ok(refused(verdict, name, next));
    };
    let who = format!("{}{} at the dashboard{from}", door::so_named(&name), role.name());
    let opening = session::open(&dashboard, jar, &headers, (&name, role, &token));
    let (_number, jar) = audited(&dashboard.store, &who, "log in", "dashboard", opening).await?;
    // The cookie must come back: the next page tells if it did not.
    let address = format!("{ADDRESS}?in=1&next={next}");
    Ok((jar, Redirect::to(&address)).into_response())
}

fn refused(verdict: Verdict, name: String, next: String) -> Response {
    let (status, note) = match verdict {
        Verdict::Refuse => (
            StatusCode::UNAUTHORIZED,
            "This is neither the ADMIN_TOKEN nor the VIEWER_TOKEN. They stand in the settings of the service.",
        ),
        Verdict::TooMany => {
            (StatusCode::TOO_MANY_REQUESTS, "Too many wrong tokens at a time. Try again in a few seconds.")
        }
    };
    let page = LoginPage { note, is_error: true, ..LoginPage::new(name, next) };
    let mut response = page::answer(status, &page);
    if verdict == Verdict::TooMany {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(CALM_DOWN_SECONDS));
    }
    response
}

/// A name as it is kept: short, and only characters that are seen.
pub(super) fn named(name: &str) -> String {
    let visible: String = name.chars().filter(|c| !is_control(*c)).collect();
    visible.trim().chars().take(NAME_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere_after_the_login() {
        for next in
            ["/dashboard", "/dashboard/recordings", "/dashboard/recordings/7", "/dashboard/retry-parked"]
        {
            assert_eq!(safe_next(next), next);
        }
        let others = "//evil|/\\evil|https:evil|https://evil/dashboard|/dashboard/../..//evil|%2f%2fevil|/dashboardx|\
            /dashboard//evil|/dashboard/|/dashboard/a/|/dashboard?next=//evil|/dashboard\r\nLocation: //evil|/admin|\
            /dashboard/@evil|/dashboard/login|/dashboard/logout| /dashboard|/dashboard/..";
        for next in others.split('|') {
            assert_eq!(safe_next(next), page::OVERVIEW, "{next:?}");
        }
    }

    proptest! {
        #[test]
        fn the_next_address_is_always_a_page(next in any::<String>()) {
            let next = safe_next(&next);
            prop_assert!(next.starts_with("/dashboard") && !next.contains("//") && !next.contains('\\'));
        }
    }

    #[test]
    fn a_name_is_short_and_visible() {
        assert_eq!(named(" Ann\r\n\u{202e} "), "Ann");
        assert_eq!(named(&"x".repeat(500)).len(), NAME_CHARS_MAX);
    }
}

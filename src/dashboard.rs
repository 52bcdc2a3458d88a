//! The pages below `/dashboard`: they show whether every recording is safe, and offer the acts that mend things.
//!
//! HTML from the server: every page and every act works without JavaScript. A person logs in with the `ADMIN_TOKEN`, or
//! only to look with the `VIEWER_TOKEN` (`door`, `login`), and gets a session that the store keeps; or a proxy in front
//! says who they are (`proxy`). No page makes an outgoing call, and no GET changes
//! anything. Text from outside is printed by one type ([`outside`]), times by one type ([`when`]), and every page goes
//! out with the headers of one function (`headers`).

mod acts;
mod assets;
mod at_source;
mod audit;
mod check;
pub mod doctor;
mod done;
mod door;
mod events;
mod findings;
mod headers;
pub mod hosts;
mod links;
mod lists;
mod live;
mod login;
mod messages;
pub mod outgoing;
pub mod outside;
mod overview;
mod page;
pub mod proxy;
pub mod recording;
mod recordings;
mod recover;
mod refusal;
mod session;
pub mod settings;
mod status;
pub mod system;
pub mod when;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use axum::{Extension, Router, middleware};
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::admin::access::{Tokens, WrongTokens};
use crate::jobs::Sweeping;
use crate::jobs::amounts::Price;
use crate::store::Store;
use doctor::Doctor;
use hosts::HostsCache;
pub use overview::Sources;
use proxy::TrustedProxy;
use refusal::Refusal;
use settings::SettingView;
use system::LookAtMachine;

/// Largest form, in bytes: a name, a token and an address.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// What the pages need.
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Dashboard {
    /// The passwords of the pages.
    pub tokens: Tokens,
    /// Says who people are, if there is such a proxy.
    pub proxy: Option<TrustedProxy>,
    pub store: Store,
    /// Tells if the sweep is on: only then the figures can be known.
    pub sweeping: Sweeping,
    /// Shared with the admin API.
    pub wrong_tokens: Arc<WrongTokens>,
    /// The zone that times are shown in.
    pub zone: TimeZone,
    /// What Google takes in a day, if it is limited.
    pub daily_upload_limit: Option<u64>,
    /// Price of Zoom's storage, to show what the archive saves.
    pub storage_price: Option<Price>,
    pub hosts: HostsCache,
    pub doctor: Doctor,
    pub settings: Vec<SettingView>,
    /// The kind of the database.
    pub database: &'static str,
    pub machine: LookAtMachine,
    /// What the overview needs besides the store.
    pub sources: Sources,
    /// Cancelled when the service stops: open streams end at once.
    pub stopping: CancellationToken,
    /// What pages ask of other systems.
    pub outgoing: Arc<dyn outgoing::Outgoing>,
}

/// The state of every handler.
type Shared = axum::extract::State<Arc<Dashboard>>;

/// The pages' routes, to be merged with the other routers. Only used when somebody can come in.
pub fn router(dashboard: Dashboard) -> Router {
    let dashboard = Arc::new(dashboard);
    let hub = live::Hub::new(dashboard.clone());
    let inside = Router::new()
        .merge(overview::routes())
        .merge(recordings::routes())
        .merge(recording::routes())
        .merge(acts::routes())
        .merge(hosts::routes())
        .merge(events::routes())
        .merge(messages::routes())
        .merge(system::routes())
        .merge(doctor::routes())
        .merge(settings::routes())
        .merge(audit::routes())
        .merge(check::routes())
        .merge(findings::routes())
        .merge(recover::routes())
        .merge(live::routes())
        .layer(Extension(hub))
        .route("/dashboard/{*rest}", any(nothing))
        .method_not_allowed_fallback(wrong_method)
        // Covers unknown paths as well: without a session, paths cannot be told apart.
        .route_layer(middleware::from_fn_with_state(dashboard.clone(), door::authenticate));
    let outside = Router::new()
        .merge(login::routes())
        .merge(session::routes())
        .merge(assets::routes())
        .route("/", get(home))
        .route("/dashboard/", get(home))
        .method_not_allowed_fallback(wrong_method);
    inside
        .merge(outside)
        // Within the headers: also what failed is kept by no cache, and framed by nobody.
        .route_layer(CatchPanicLayer::new())
        .route_layer(CsrfLayer::new().with_rejection_response(from_elsewhere))
        .route_layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .route_layer(middleware::map_response(headers::add))
        .with_state(dashboard)
}

async fn home() -> Redirect {
    Redirect::to(page::OVERVIEW)
}

async fn nothing() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "There is no such page.")
}

async fn wrong_method() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "This page does not allow this method.")
}

/// Refuses a form of another site, or of a frame without an origin: nobody pressed a button of ours.
fn from_elsewhere(_error: ProtectionError) -> Response {
    let detail =
        "This came from another site, and was not done. Open the page here, and press the button again.";
    Refusal::new(StatusCode::FORBIDDEN, detail).into_response()
}

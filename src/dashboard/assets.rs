//! The files of the pages: one stylesheet, one script, and icons. They are part of the program.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::{Path, Query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Dashboard;
use super::refusal::Refusal;

/// Digits of a file's digest in its address: another content has another address.
const DIGEST_CHARS: usize = 12;

/// A file whose address has its digest never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// A file of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asset {
    Style,
    Script,
    Unknown,
    Well,
    Working,
    Attention,
}

/// Name, media type and content.
struct Content {
    asset: Asset,
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
    digest: String,
}

/// The style sheet without comments and line breaks: browsers do not need them.
static STYLE: LazyLock<String> = LazyLock::new(|| squeezed(include_str!("assets/style.css")));

fn squeezed(sheet: &str) -> String {
    let parts = sheet.split("/*").enumerate();
    let code = parts.map(|(index, part)| match index {
        0 => part,
        _ => part.split_once("*/").map_or("", |(_comment, rest)| rest),
    });
    code.flat_map(str::lines).map(str::trim).collect()
}

static CONTENTS: LazyLock<[Content; 6]> = LazyLock::new(|| {
    let content = |asset, name, kind, bytes: &'static [u8]| {
        let digest = hex::encode(Sha256::digest(bytes)).chars().take(DIGEST_CHARS).collect();
        Content { asset, name, kind, bytes, digest }
    };
    [
        content(Asset::Style, "style.css", "text/css; charset=utf-8", STYLE.as_bytes()),
        content(Asset::Script, "live.js", "text/javascript; charset=utf-8", include_bytes!("assets/live.js")),
        content(Asset::Unknown, "unknown.svg", "image/svg+xml", include_bytes!("assets/unknown.svg")),
        content(Asset::Well, "well.svg", "image/svg+xml", include_bytes!("assets/well.svg")),
        content(Asset::Working, "working.svg", "image/svg+xml", include_bytes!("assets/working.svg")),
        content(Asset::Attention, "attention.svg", "image/svg+xml", include_bytes!("assets/attention.svg")),
    ]
});

/// The address of a file.
pub(super) fn address(asset: Asset) -> String {
    let found = CONTENTS.iter().find(|content| content.asset == asset);
    found
        .map(|content| format!("/dashboard/assets/{}?v={}", content.name, content.digest))
        .unwrap_or_default()
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route("/dashboard/assets/{name}", get(asset))
}

#[derive(Debug, Deserialize)]
struct Version {
    v: Option<String>,
}

async fn asset(Path(name): Path<String>, Query(version): Query<Version>) -> Response {
    let Some(content) = CONTENTS.iter().find(|content| content.name == name) else {
        return Refusal::new(StatusCode::NOT_FOUND, "There is no such file.").into_response();
    };
    let is_this = version.v.as_deref() == Some(content.digest.as_str());
    let cache = if is_this { FOR_EVER } else { "no-store" };
    let [kind, cache] = [content.kind, cache].map(HeaderValue::from_static);
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], content.bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_browsers_need_not_is_taken_out() {
        assert_eq!(squeezed("/* a */\na {\n  b: c;\n}\n/* d\n e */ f { g: h }\n"), "a {b: c;}f { g: h }");
    }

    #[test]
    fn each_file_has_an_address_of_its_own() {
        let addresses: std::collections::BTreeSet<String> =
            CONTENTS.iter().map(|content| address(content.asset)).collect();
        assert_eq!(addresses.len(), CONTENTS.len());
        assert!(address(Asset::Style).starts_with("/dashboard/assets/style.css?v="));
    }
}

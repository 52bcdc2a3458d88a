//! The headers of every page, picture and redirect.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

/// Only our own files, and nothing inline. Scripts may put HTML in by one policy only.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types parts";

/// No page needs the camera, the place or anything else of the machine.
const PERMISSIONS: &str = "camera=(), display-capture=(), fullscreen=(), geolocation=(), microphone=(), midi=(), \
                           payment=(), publickey-credentials-get=(), usb=()";

/// With `no-referrer`, browsers send `Origin: null` with the page's own forms, and each act would be refused as one
/// of another site.
const REFERRER: &str = "same-origin";

const HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, REFERRER),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// Adds the headers. What says nothing of caches is kept nowhere.
pub(super) async fn add(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

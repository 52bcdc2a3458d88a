//! Answers in Zoom's shapes: JSON, login pages, the media host's XML.

use axum::body::Body;
use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};

use super::super::faults::Canned;
use super::json::Json;

/// The result of an endpoint: a response, or one of Zoom's errors.
pub(super) type Reply = Result<Response<Body>, Canned>;

/// A made-up answer on the wire.
pub(super) fn canned(canned: &Canned) -> Response<Body> {
    let mut response = with_status(canned.status, Body::from(canned.body.clone()));
    for (name, value) in &canned.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// JSON with status 200.
pub(super) fn json(json: &Json) -> Response<Body> {
    let mut response = with_status(200, Body::from(json.bytes()));
    set(&mut response, CONTENT_TYPE, "application/json;charset=UTF-8");
    response
}

/// No body: 204 for a DELETE.
pub(super) fn empty(status: u16) -> Response<Body> {
    with_status(status, Body::empty())
}

/// The media host's response to a link that has expired or was never signed.
pub(super) fn denied() -> Canned {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code>\
                <Message>Access denied</Message></Error>";
    Canned::new(403, "text/xml", body)
}

/// Zoom's error envelope for an unknown recording, which also means "not ready" and "already gone".
pub(super) fn no_recording() -> Canned {
    Canned::zoom(404, 3301, "Esta grabación no existe.")
}

/// The error for a meeting that Zoom cannot find, or whose uuid was encoded the wrong way.
pub(super) fn no_meeting(uuid: &str) -> Canned {
    Canned::zoom(404, 3001, &format!("Meeting does not exist: {uuid}."))
}

/// A parameter that Zoom refuses.
pub(super) fn invalid(message: &str) -> Canned {
    Canned::zoom(400, 300, message)
}

pub(super) fn with_status(status: u16, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    // A number that is no status can only be a slip in a test.
    *response.status_mut() =
        hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    response
}

pub(super) fn set(response: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
}

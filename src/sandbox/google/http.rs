//! From a request to an answer: what is asked, whether to misbehave, what to write down.

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Request, Response, header};
use std::sync::Arc;

use super::entry::Who;
use super::params::Params;
use super::session;
use super::token::{Bearer, Form, OWNER_EMAIL};
use super::{Google, errors, sheets};
use crate::sandbox::faults::{Canned, Fault, Route};
use crate::sandbox::serve::{Answer, Cut, dated};
use crate::sandbox::transcript::Call;

/// Metadata is small; what is larger is no metadata.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// The content of a small file or of a table, and enough over it to be refused rather than cut.
const SMALL_BYTES_MAX: usize = 2 * super::replace::CONTENT_BYTES_MAX;
const FILES: &str = "/drive/v3/files";
const SEND_MAIL: &str = "/gmail/v1/users/me/messages/send";
const SPREADSHEETS: &str = "/v4/spreadsheets";
const UPLOAD: &str = "/upload/drive/v3/files";
const PERMISSIONS: &str = "/permissions";

/// A finished answer, before it becomes HTTP.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    /// Text for the transcript, after the status.
    pub(super) note: String,
}

impl From<Canned> for Reply {
    fn from(canned: Canned) -> Self {
        let Canned { status, headers, body } = canned;
        Self { status, headers, body: body.into(), note: String::new() }
    }
}

/// The operation of a request.
pub(super) enum Operation {
    Consent,
    Token(Form),
    Revoke(Form),
    About,
    Drive(String),
    Ids,
    List,
    Create,
    Get(String),
    Media(String),
    Update(String),
    Delete(String),
    Start,
    SendMail,
    Replace(String),
    Permissions(String),
    Invite(String),
    Sheets(sheets::Operation),
}

/// A request whose body has been read.
pub(super) struct Ask {
    pub(super) head: Parts,
    pub(super) params: Params,
    pub(super) body: Bytes,
}

impl Ask {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }
}

/// Serves one request.
pub(super) async fn handle(google: Arc<Google>, request: Request<Incoming>) -> Answer {
    let answer = answer(google.clone(), request).await;
    answer.map(|response| dated(response, google.clock_ahead()))
}

async fn answer(google: Arc<Google>, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    let params = Params::parse(head.uri.query());
    if head.uri.path() == UPLOAD && params.get("upload_id").is_some() {
        return super::upload::handle(google, head, params, body).await;
    }
    let is_large = [UPLOAD, SPREADSHEETS].iter().any(|folder| head.uri.path().starts_with(folder));
    let most = if is_large { SMALL_BYTES_MAX } else { BODY_BYTES_MAX };
    let Ok(body) = Limited::new(body, most).collect().await else { return Err(Cut) };
    let ask = Ask { head, params, body: body.to_bytes() };
    let Some(operation) = operation(&ask) else {
        google.broken(format!("there is no {}", request_line(&ask.head)));
        return Ok(response(errors::refuse(404, "notFound", "Not Found").into()));
    };
    let (route, subject) = google.subject(&operation, &ask);
    let call = Call { route, subject, request: request_line(&ask.head), token: "", answer: String::new() };
    let fault = google.faults.next(route, &call.subject);
    match fault {
        Some(Fault::Answer(canned)) => google.send(call, canned.into()),
        Some(Fault::Cut) => google.cut(call, "cut"),
        Some(Fault::Stall) => google.stall(call).await,
        fault => {
            let reply = google.perform(&operation, &ask, fault.as_ref()).unwrap_or_else(|refusal| {
                google.blame(&call, &refusal);
                refusal.into()
            });
            google.send_after(call, reply, fault)
        }
    }
}

fn operation(ask: &Ask) -> Option<Operation> {
    let (method, path) = (&ask.head.method, ask.head.uri.path());
    let within = |folder: &str| path.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned);
    if path.starts_with(SPREADSHEETS) {
        return sheets::Operation::parse(method.as_str(), path).map(Operation::Sheets);
    }
    Some(match (method.as_str(), path) {
        ("GET", "/o/oauth2/auth") => Operation::Consent,
        ("POST", "/revoke") => Operation::Revoke(Form::parse(&ask.body)),
        ("POST", "/token") => Operation::Token(Form::parse(&ask.body)),
        ("GET", "/drive/v3/about") => Operation::About,
        ("GET", "/drive/v3/files/generateIds") => Operation::Ids,
        ("GET", FILES) => Operation::List,
        ("POST", FILES) => Operation::Create,
        ("POST", UPLOAD) => Operation::Start,
        ("POST", SEND_MAIL) => Operation::SendMail,
        ("GET", _) if path.ends_with(PERMISSIONS) => Operation::Permissions(shared(path)?),
        ("POST", _) if path.ends_with(PERMISSIONS) => Operation::Invite(shared(path)?),
        ("GET", _) if path.starts_with("/drive/v3/drives/") => Operation::Drive(within("/drive/v3/drives")?),
        ("GET", _) if ask.params.get("alt") == Some("media") => Operation::Media(within(FILES)?),
        ("GET", _) => Operation::Get(within(FILES)?),
        ("PATCH", _) if path.starts_with(UPLOAD) => Operation::Replace(within(UPLOAD)?),
        ("PATCH", _) => Operation::Update(within(FILES)?),
        ("DELETE", _) => Operation::Delete(within(FILES)?),
        _ => return None,
    })
}

/// The file or folder whose permissions a path names.
fn shared(path: &str) -> Option<String> {
    path.strip_prefix(FILES)?.strip_prefix('/')?.strip_suffix(PERMISSIONS).map(str::to_owned)
}

impl Google {
    /// The route and the subject of this request, which decide its faults.
    fn subject(&self, operation: &Operation, ask: &Ask) -> (Route, String) {
        match operation {
            Operation::Consent => (Route::GoogleConsent, OWNER_EMAIL.to_owned()),
            Operation::Revoke(_) => (Route::GoogleRevoke, OWNER_EMAIL.to_owned()),
            Operation::Token(form) => (Route::GoogleToken, form.subject()),
            Operation::About => (Route::DriveAbout, "about".to_owned()),
            Operation::Drive(id) => (Route::DriveAbout, id.clone()),
            Operation::SendMail => (Route::GmailSend, String::new()),
            Operation::Ids => (Route::DriveIds, String::new()),
            Operation::List => (Route::DriveList, ask.params.get("q").unwrap_or_default().to_owned()),
            Operation::Create => (Route::DriveCreate, named(&ask.body, &["name"])),
            Operation::Start => (Route::UploadStart, named(&ask.body, &["id", "name"])),
            Operation::Permissions(id) => (Route::DrivePermissions, self.id_and_name(id)),
            Operation::Invite(id) => (Route::DriveShare, self.id_and_name(id)),
            Operation::Replace(id) => (Route::UploadSmall, self.id_and_name(id)),
            Operation::Get(id) => (Route::DriveGet, self.id_and_name(id)),
            Operation::Media(id) => (Route::DriveMedia, self.id_and_name(id)),
            Operation::Update(id) | Operation::Delete(id) => (Route::DriveUpdate, self.id_and_name(id)),
            Operation::Sheets(operation) => (operation.route(), self.id_and_name(operation.id())),
        }
    }

    fn id_and_name(&self, id: &str) -> String {
        let state = self.state();
        let name = state.entries.get(id).map(|entry| entry.file.name.as_str());
        session::subject(Some(id), name)
    }

    fn perform(&self, operation: &Operation, ask: &Ask, fault: Option<&Fault>) -> Result<Reply, Canned> {
        match operation {
            Operation::Consent => return self.consent(ask).map(Reply::from),
            Operation::Token(form) => return self.token(form).map(Reply::from),
            Operation::Revoke(form) => return self.revocation(form).map(Reply::from),
            _ => {}
        }
        if matches!(operation, Operation::SendMail) {
            let check = |token: &str| self.tokens.check_gmail(token);
            let who = self.bearer_by(&ask.head, check)?.ok_or_else(errors::login_required)?;
            return self.send_mail(who, &ask.body).map(Reply::from);
        }
        if let Operation::Sheets(operation) = operation {
            let check = |token: &str| self.tokens.check_sheets(token);
            let who = self.bearer_by(&ask.head, check)?.ok_or_else(errors::login_required)?;
            let only_own = self.tokens.opens_only_own(&ask.head);
            return self.sheets_call(operation, ask, who, only_own);
        }
        let who = self.bearer(&ask.head)?.ok_or_else(|| {
            self.broken(format!("no bearer: {}", request_line(&ask.head)));
            errors::login_required()
        })?;
        self.check_enabled()?;
        match operation {
            Operation::Start => self.start_upload(ask, who),
            Operation::List => self.list(ask, who, fault).map(Reply::from),
            _ => self.drive_call(operation, ask, who, fault),
        }
    }

    /// Refusals that only a mistaken caller can earn are violations; the others (a missing file, an id that
    /// a retry finds in use, a right that was taken away) happen to good callers too.
    fn blame(&self, call: &Call, refusal: &Canned) {
        let mistakes = ["fieldNotWritable", "propertyLengthLimitExceeded"];
        let is_mistake = refusal.status == 403 && mistakes.iter().any(|reason| refusal.body.contains(reason));
        // These errors name their cause, and a caller cannot know which addresses have accounts.
        let speaks = matches!(call.route, Route::GoogleToken | Route::GoogleConsent | Route::GoogleRevoke);
        let is_forgiven = speaks || refusal.body.contains("invalidSharingRequest");
        if !is_forgiven && (matches!(refusal.status, 400 | 413) || is_mistake) {
            self.broken(format!("{}: {} {}", call.request, refusal.status, refusal.body));
        }
    }

    /// Whose bearer this is. None when there is none, which only an upload's later requests may do.
    pub(super) fn bearer(&self, head: &Parts) -> Result<Option<Who>, Canned> {
        self.bearer_by(head, |token| self.tokens.check(token))
    }

    fn bearer_by(&self, head: &Parts, check: impl Fn(&str) -> Bearer) -> Result<Option<Who>, Canned> {
        if head.uri.query().is_some_and(|query| query.contains("access_token=")) {
            self.broken("an access token in a URL, where logs will show it");
        }
        let Some(value) = head.headers.get(header::AUTHORIZATION) else { return Ok(None) };
        let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        match check(token.unwrap_or_default()) {
            Bearer::Good(who) => Ok(Some(who)),
            Bearer::WithoutScope => {
                self.broken(format!("a token without the scope for it: {}", request_line(head)));
                Err(errors::scope_insufficient())
            }
            Bearer::Expired => Err(errors::invalid_credentials()),
            Bearer::Foreign => {
                self.broken(format!("credential sent to the wrong host: {}", request_line(head)));
                Err(errors::invalid_credentials())
            }
        }
    }

    /// Notes parameters that Google does not document. It ignores them, and so do we.
    pub(super) fn check_params(&self, ask: &Ask, documented: &[&str]) {
        for name in ask.params.undocumented(documented) {
            self.soft(format!("undocumented parameter {name}: {}", request_line(&ask.head)));
        }
    }

    /// Writes the call down and answers.
    pub(super) fn send(&self, mut call: Call, reply: Reply) -> Answer {
        call.answer = format!("{} {}", reply.status, reply.note).trim_end().to_owned();
        self.transcript.note(call);
        Ok(response(reply))
    }

    /// The same, unless a fault has the last word.
    pub(super) fn send_after(&self, call: Call, reply: Reply, fault: Option<Fault>) -> Answer {
        match fault {
            Some(Fault::AnswerAfter(canned)) => self.send(call, canned.into()),
            Some(Fault::CutAfter) => self.cut(call, "cut after"),
            _ => self.send(call, reply),
        }
    }

    pub(super) fn cut(&self, mut call: Call, how: &str) -> Answer {
        call.answer = how.to_owned();
        self.transcript.note(call);
        Err(Cut)
    }

    /// Never answers. The future is dropped when the caller hangs up or the sandbox stops.
    pub(super) async fn stall(&self, mut call: Call) -> Answer {
        call.answer = "stall".to_owned();
        self.transcript.note(call);
        std::future::pending().await
    }
}

/// Fields of a JSON body, for a subject.
fn named(body: &[u8], fields: &[&str]) -> String {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    fields.iter().filter_map(|field| value[*field].as_str()).collect::<Vec<_>>().join(" ")
}

/// Method, path and query, without what opens doors.
pub(super) fn request_line(head: &Parts) -> String {
    let secret =
        |pair: &&str| !["upload_id=", "access_token=", "state="].iter().any(|name| pair.starts_with(name));
    let query: Vec<&str> = head.uri.query().unwrap_or_default().split('&').filter(secret).collect();
    let line = format!("{} {}?{}", head.method, head.uri.path(), query.join("&"));
    line.trim_end_matches('?').to_owned()
}

fn response(reply: Reply) -> Response<Body> {
    let mut builder = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        builder = builder.header(name, value);
    }
    builder.body(Body::from(reply.body)).expect("statuses and headers of the sandbox are well-formed")
}

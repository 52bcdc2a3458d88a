//! From a request to an answer: what is asked, whether to misbehave, what to write down.

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Request, Response, header};
use std::sync::Arc;

use super::entry::Who;
use super::issued::Bearer;
use super::operation::{self, Operation, SPREADSHEETS, UPLOAD};
use super::params::Params;
use super::{Google, errors, scopes};
use crate::sandbox::faults::{Canned, Fault, Route};
use crate::sandbox::serve::{Answer, Cut, dated};
use crate::sandbox::transcript::Call;
use crate::sandbox::transfer::Transfer;

/// Metadata is small; what is larger is no metadata.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// The content of a small file or of a table, and enough over it to be refused rather than cut.
const SMALL_BYTES_MAX: usize = 2 * super::replace::CONTENT_BYTES_MAX;
/// The services that are asked as each user of a company.
const COMPANY: [&str; 3] = ["meet", "admin", "calendar-json"];

/// A finished answer, before it becomes HTTP.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Payload,
    /// Text for the transcript, after the status.
    pub(super) note: String,
}

impl From<Canned> for Reply {
    fn from(canned: Canned) -> Self {
        let Canned { status, headers, body } = canned;
        Self { status, headers, body: Payload::Whole(body.into()), note: String::new() }
    }
}

/// The body of an answer.
pub(super) enum Payload {
    /// Sent with its length.
    Whole(Bytes),
    /// Made as fast as the caller takes it. The headers say how long it is, if anything does.
    Made(Box<Transfer>),
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
    let Some(operation) = Operation::parse(&ask) else {
        google.broken(match operation::only_read(ask.head.uri.path()) {
            Some(what) if ask.head.method != "GET" => {
                format!("only GET may reach {what}: {}", request_line(&ask.head))
            }
            _ => format!("there is no {}", request_line(&ask.head)),
        });
        return Ok(response(errors::refuse(404, "notFound", "Not Found").into()));
    };
    let (route, subject) = google.subject(&operation, &ask);
    let call = Call { route, subject, request: request_line(&ask.head), token: "", answer: String::new() };
    let fault = google.faults.next(route, &call.subject);
    let _busy = google.crowd.enter(operation.is_of_company());
    google.crowd.linger(operation.is_of_company()).await;
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

impl Google {
    fn perform(&self, operation: &Operation, ask: &Ask, fault: Option<&Fault>) -> Result<Reply, Canned> {
        match operation {
            Operation::Consent => return self.consent(ask).map(Reply::from),
            Operation::Token(form) => return self.token(form).map(Reply::from),
            Operation::Revoke(form) => return self.revocation(form).map(Reply::from),
            _ => {}
        }
        let who = self.bearer_by(&ask.head, operation.scopes(), operation.service())?.ok_or_else(|| {
            self.broken(format!("no bearer: {}", request_line(&ask.head)));
            errors::login_required()
        })?;
        let scopes =
            self.tokens.behind(&ask.head).map(|(_, scopes)| scopes).ok_or_else(errors::login_required)?;
        match operation {
            Operation::SendMail => return self.send_mail(who, &ask.body).map(Reply::from),
            Operation::Sheets(operation) => {
                return self.sheets_call(operation, ask, who, scopes.opens_only_own_sheets());
            }
            Operation::Meet(path) => return self.meet_call(path, ask, who),
            Operation::Directory(user) => return self.directory_call(user.as_deref(), ask, who),
            Operation::Calendar(calendar) => return self.calendar_call(calendar, ask, who),
            _ => {}
        }
        self.check_enabled()?;
        self.check_original(operation, ask, &scopes)?;
        match operation {
            Operation::Start => self.start_upload(ask, who),
            Operation::List => self.list(ask, who, &scopes, fault).map(Reply::from),
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
        self.bearer_by(head, &scopes::DRIVE_WRITE, "drive")
    }

    /// The same, if the bearer has one of these scopes, which open the service.
    fn bearer_by(&self, head: &Parts, opening: &[&str], service: &str) -> Result<Option<Who>, Canned> {
        if head.uri.query().is_some_and(|query| query.contains("access_token=")) {
            self.broken("an access token in a URL, where logs will show it");
        }
        let Some(value) = head.headers.get(header::AUTHORIZATION) else { return Ok(None) };
        let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        match self.tokens.check(token.unwrap_or_default(), opening) {
            Bearer::Good(who) => Ok(Some(who)),
            Bearer::WithoutScope => {
                // Whether a person's consent has the scopes of a company is seen when it is tried.
                if !COMPANY.contains(&service) {
                    self.broken(format!("a token without the scope for it: {}", request_line(head)));
                }
                Err(errors::scope_insufficient(service))
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
    let body = match reply.body {
        Payload::Whole(bytes) => Body::from(bytes),
        Payload::Made(transfer) => Body::new(*transfer),
    };
    builder.body(body).expect("statuses and headers of the sandbox are well-formed")
}

//! The two ways in which the answer comes: the browser's redirect to a loopback port, and a pasted address.

use std::convert::Infallible;
use std::fmt;
use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::google::consent::{BrowserResponse, ConsentRequest, ForeignRedirect};

/// Connections at the same time: a browser opens a few ahead of need.
const CONNECTIONS_MAX: usize = 32;

/// How long a browser may take to ask.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// How long the last page may take to go out.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Wait after a failed accept: an instant retry would spin.
const ACCEPT_FAILED_WAIT: Duration = Duration::from_millis(100);

/// Longest pasted line that is looked at, in bytes.
const LINE_BYTES_MAX: u64 = 16 * 1024;

/// Something came.
#[derive(Debug)]
pub(super) enum RedirectRequest {
    /// The answer to our question.
    BrowserResponse(BrowserResponse),
    /// Something else.
    Strange(RedirectSource, ForeignRedirect),
}

/// How it came.
#[derive(Debug, Clone, Copy)]
pub(super) enum RedirectSource {
    Browser,
    Pasted,
}

impl fmt::Display for RedirectSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RedirectSource::Browser => "what a browser brought",
            RedirectSource::Pasted => "what was pasted",
        })
    }
}

/// A loopback port that the browser will be sent to.
pub(super) struct Redirect {
    listener: TcpListener,
    /// `http://127.0.0.1:PORT`. By number: what `localhost` means, others decide.
    pub(super) uri: String,
}

/// The listener at work; it ends with this.
pub(super) struct Listening {
    stop: CancellationToken,
    connections: TaskTracker,
}

impl Redirect {
    pub(super) async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let uri = format!("http://{}", listener.local_addr()?);
        Ok(Self { listener, uri })
    }

    /// Takes answers until it is ended.
    pub(super) fn listen(
        self,
        question: Arc<ConsentRequest>,
        heard: mpsc::Sender<RedirectRequest>,
    ) -> Listening {
        let (stop, connections) = (CancellationToken::new(), TaskTracker::new());
        let (stopping, tracker) = (stop.clone(), connections.clone());
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        connections.spawn(async move {
            loop {
                let next = async { (places.clone().acquire_owned().await, self.listener.accept().await) };
                let (place, accepted) = tokio::select! {
                    () = stopping.cancelled() => return,
                    next = next => next,
                };
                let Ok((stream, _)) = accepted else {
                    tokio::time::sleep(ACCEPT_FAILED_WAIT).await;
                    continue;
                };
                let (question, heard, stopping) = (question.clone(), heard.clone(), stopping.clone());
                tracker.spawn(async move {
                    serve(stream, question, heard, stopping).await;
                    drop(place);
                });
            }
        });
        Listening { stop, connections }
    }
}

impl Listening {
    /// Lets the last page go out.
    pub(super) async fn end(self) {
        self.stop.cancel();
        self.connections.close();
        // A browser that does not take its page has missed a courtesy only.
        let _ = tokio::time::timeout(CLOSE_WITHIN, self.connections.wait()).await;
    }
}

async fn serve(
    stream: TcpStream,
    question: Arc<ConsentRequest>,
    heard: mpsc::Sender<RedirectRequest>,
    stopping: CancellationToken,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (question, heard) = (question.clone(), heard.clone());
        async move { Ok::<_, Infallible>(receive(&request, &question, &heard)) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // How a browser leaves is its own affair: what it brought has been heard by then.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// Answers a browser. Only the path that we named, without more, is ours; icons and the like are not.
fn receive(
    request: &Request<Incoming>,
    question: &ConsentRequest,
    heard: &mpsc::Sender<RedirectRequest>,
) -> Response<Full<Bytes>> {
    if request.uri().path() != "/" {
        return page(StatusCode::NOT_FOUND, "There is nothing here.");
    }
    if request.method() != Method::GET {
        return page(StatusCode::METHOD_NOT_ALLOWED, "This takes GET only.");
    }
    let answer = question.read(request.uri().query().unwrap_or_default());
    let shown = match &answer {
        Ok(BrowserResponse::Code(_)) => page(
            StatusCode::OK,
            "The answer has arrived. You may close this window and look at the terminal.",
        ),
        Ok(BrowserResponse::No(_)) => page(StatusCode::OK, "The answer was no. You may close this window."),
        Err(_) => {
            page(StatusCode::BAD_REQUEST, "This answers another login. The one in the terminal waits on.")
        }
    };
    // When it is full or closed, an answer was there before.
    let _ = heard.try_send(match answer {
        Ok(answer) => RedirectRequest::BrowserResponse(answer),
        Err(fault) => RedirectRequest::Strange(RedirectSource::Browser, fault),
    });
    shown
}

fn page(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let body = format!("<!DOCTYPE html><meta charset=\"utf-8\"><title>zoom2drive</title><p>{text}</p>\n");
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "text/html; charset=utf-8")
        .header(CACHE_CONTROL, "no-store")
        // The page's address holds the code: it goes nowhere from here.
        .header("referrer-policy", "no-referrer")
        .header("content-security-policy", "default-src 'none'")
        .body(Full::from(body))
        .unwrap_or_default()
}

/// Reads lines from standard input until it ends, in a thread of its own: nothing can interrupt that reading but
/// the end of the process.
pub(super) fn read_pasted(question: Arc<ConsentRequest>, heard: mpsc::Sender<RedirectRequest>) {
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            match (&mut input).take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let line = String::from_utf8_lossy(&line);
            let line = line.trim().trim_matches(['"', '\'', '<', '>']);
            if line.is_empty() {
                continue;
            }
            let heard = heard.blocking_send(match question.read(query(line)) {
                Ok(answer) => RedirectRequest::BrowserResponse(answer),
                Err(fault) => RedirectRequest::Strange(RedirectSource::Pasted, fault),
            });
            if heard.is_err() {
                return;
            }
        }
    });
}

/// The query of an address, or the whole text if it is a query only.
fn query(pasted: &str) -> &str {
    let query = pasted.split_once('?').map_or(pasted, |(_, query)| query);
    query.split('#').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_pasted_whole_or_in_part() {
        for pasted in
            ["http://127.0.0.1:5/?state=s&code=c", "state=s&code=c", "?state=s&code=c#", "/?state=s&code=c"]
        {
            assert_eq!(query(pasted), "state=s&code=c", "{pasted}");
        }
    }
}

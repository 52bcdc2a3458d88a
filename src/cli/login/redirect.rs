//! Receives the answer in two ways: the browser's redirect to a loopback port, and a pasted address.

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

/// Most connections at the same time: a browser opens a few in advance.
const CONNECTIONS_MAX: usize = 32;

/// Time limit for a browser's request.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// Time limit for the last page.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Wait after a failed accept: without it the loop would spin.
const ACCEPT_FAILED_WAIT: Duration = Duration::from_millis(100);

/// Longest pasted line that is read, in bytes.
const LINE_BYTES_MAX: u64 = 16 * 1024;

/// A received request.
#[derive(Debug)]
pub(super) enum RedirectRequest {
    /// The answer to our request for consent.
    BrowserResponse(BrowserResponse),
    /// Any other request.
    Strange(RedirectSource, ForeignRedirect),
}

/// The source of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum RedirectSource {
    Browser,
    Pasted,
}

impl fmt::Display for RedirectSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RedirectSource::Browser => "a request from a browser",
            RedirectSource::Pasted => "the pasted text",
        })
    }
}

/// A loopback port for the browser's redirect.
pub(super) struct Redirect {
    listener: TcpListener,
    /// `http://127.0.0.1:PORT`. The number is certain; the name `localhost` may resolve to another address.
    pub(super) uri: String,
}

/// The running listener; dropping this stops it.
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

    /// Accepts answers until it is stopped.
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
        // If the browser does not read its page, only a courtesy is lost.
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
    // The result does not matter: the answer has been passed on by then.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// Answers a browser. Only our exact path counts; requests for icons and the like do not.
fn receive(
    request: &Request<Incoming>,
    question: &ConsentRequest,
    heard: &mpsc::Sender<RedirectRequest>,
) -> Response<Full<Bytes>> {
    if request.uri().path() != "/" {
        return page(StatusCode::NOT_FOUND, "There is nothing here.");
    }
    if request.method() != Method::GET {
        return page(StatusCode::METHOD_NOT_ALLOWED, "Only GET is allowed here.");
    }
    let answer = question.read(request.uri().query().unwrap_or_default());
    let shown = match &answer {
        Ok(BrowserResponse::Code(_)) => page(
            StatusCode::OK,
            "The answer has arrived. You can close this window and return to the terminal.",
        ),
        Ok(BrowserResponse::No(_)) => {
            page(StatusCode::OK, "The consent was refused. You can close this window.")
        }
        Err(_) => page(
            StatusCode::BAD_REQUEST,
            "This answers another login. The login in the terminal is still waiting.",
        ),
    };
    // If the channel is full or closed, an answer arrived before.
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
        // The page's address contains the code, so no referrer may be sent.
        .header("referrer-policy", "no-referrer")
        .header("content-security-policy", "default-src 'none'")
        .body(Full::from(body))
        .unwrap_or_default()
}

/// Reads lines from standard input until it ends, in a thread of its own: only the end of the process can interrupt
/// that read.
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

/// The query of an address, or the whole text if it is only a query.
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

//! HTTP/1.1 on loopback for the sandbox, with one power that web frameworks lack: a handler may cut the
//! connection instead of answering.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Returned by a handler to close the connection without an answer.
#[derive(Debug, Clone, Copy)]
pub struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sandbox cut this connection on purpose")
    }
}

impl std::error::Error for Cut {}

/// The result of a handler.
pub type Answer = Result<Response<Body>, Cut>;

/// The response of a server whose clock is `ahead` seconds ahead, or behind if negative.
pub fn dated(mut response: Response<Body>, ahead: i64) -> Response<Body> {
    let shift = Duration::from_secs(ahead.unsigned_abs());
    let now = SystemTime::now();
    let theirs = if ahead < 0 { now.checked_sub(shift) } else { now.checked_add(shift) };
    if let Some(theirs) = theirs.filter(|_| ahead != 0)
        && let Ok(date) = httpdate::fmt_http_date(theirs).parse()
    {
        response.headers_mut().insert(hyper::header::DATE, date);
    }
    response
}

/// Binds a loopback port that the system chooses and serves it until `stop` is cancelled.
///
/// # Errors
/// When no port can be bound.
pub async fn serve<S, F, Fut>(
    state: Arc<S>,
    stop: CancellationToken,
    handler: F,
) -> std::io::Result<SocketAddr>
where
    S: Send + Sync + 'static,
    F: Fn(Arc<S>, Request<Incoming>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            // A failed accept (a client that left at once) is no reason to stop.
            let Ok((stream, _)) = accepted else { continue };
            let (state, handler, stop) = (state.clone(), handler.clone(), stop.clone());
            tokio::spawn(async move {
                let service = service_fn(move |request| handler(state.clone(), request));
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                // Cut connections end in an error here: that is what they are for.
                tokio::select! { _ = connection => {}, () = stop.cancelled() => {} }
            });
        }
    });
    Ok(address)
}

//! The HTTP/1.1 server, with limits that frameworks leave out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tracing::{debug, warn};

use super::budget::BodyBudget;
use super::connections::{Connection, Connections};
use super::stream::WriteTimeout;
use super::{bodies, paths};

/// Most connections at the same time. A proxy needs a few; the limit bounds memory under attack. The last place
/// stays free for the next connection, see [`Connections`].
pub(super) const CONNECTIONS_MAX: usize = 512;

/// Most bytes of a request's head, and of a body at a time, that are buffered per connection. Zoom's heads have
/// about 1 KB; proxies add some.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Time limit for open connections after the stop.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// Wait after a failed accept (no file descriptors left): without it the loop would spin.
const ACCEPT_FAILED_WAIT: Duration = Duration::from_millis(100);

/// State that all connections share.
#[derive(Clone)]
struct Shared {
    routes: Router,
    budget: Arc<BodyBudget>,
    head_timeout: Duration,
    closing: CancellationToken,
}

/// Accepts connections until `closing`, then lets the open ones finish. A client must send a request's head within
/// `head_timeout`, and may neither idle nor leave an answer unread for longer. All bodies together have a limited
/// memory, whatever a route does with them.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    head_timeout: Duration,
    closing: CancellationToken,
) {
    let tasks = TaskTracker::new();
    let connections = Connections::new(CONNECTIONS_MAX);
    let doors = Shared { routes, budget: Arc::default(), head_timeout, closing };
    loop {
        let next = async { (connections.place().await, listener.accept().await) };
        let (place, accepted) = tokio::select! {
            () = doors.closing.cancelled() => break,
            next = next => next,
        };
        match accepted {
            Ok((stream, address)) => {
                tasks.spawn(connection(stream, address, connections.welcome(place), doors.clone()));
            }
            Err(error) => {
                warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_FAILED_WAIT).await;
            }
        }
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(CLOSE_WITHIN, tasks.wait()).await.is_err() {
        warn!("{} connection(s) did not end in time; closing them", tasks.len());
    }
}

async fn connection(stream: TcpStream, address: SocketAddr, connection: Arc<Connection>, doors: Shared) {
    let Shared { routes, budget, head_timeout, closing } = doors;
    let ours = connection.clone();
    let stream = WriteTimeout::new(stream, head_timeout, connection.clone());
    let service = service_fn(move |request: Request<Incoming>| {
        let (routes, connection) = (routes.clone(), connection.clone());
        connection.has_asked();
        let (mut request, receipt) = bodies::receive(request, &budget, &connection);
        request.extensions_mut().insert(ConnectInfo(address));
        async move {
            let answer = if paths::is_plain(request.uri().path()) {
                routes.oneshot(request).await
            } else {
                Ok(StatusCode::BAD_REQUEST.into_response())
            };
            connection.answers();
            receipt.answered();
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let mut is_closing = false;
    let ended = loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => break ended,
            () = ours.is_asked_to_leave() => {
                // A request that has arrived is read now: the system may know of it already.
                tokio::task::yield_now().await;
                if let Poll::Ready(ended) = futures::poll!(connection.as_mut()) {
                    break ended;
                }
                if !ours.stays() {
                    debug!("a waiting connection was closed to make room");
                    return;
                }
            }
            () = closing.cancelled(), if !is_closing => {
                connection.as_mut().graceful_shutdown();
                is_closing = true;
            }
        }
    };
    if let Err(error) = ended {
        // Clients close connections at any time; this is not a fault of the service.
        debug!(%error, "a connection ended early");
    }
}

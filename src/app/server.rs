//! The listening side: HTTP/1.1 with limits that frameworks leave out.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use axum::{Extension, Router};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tracing::{debug, warn};

use super::guests::{Arriving, Guest, Guests};
use super::stream::Impatient;

/// Connections at the same time. A proxy needs a handful; the limit bounds memory when somebody else comes.
/// The last place is kept free for the next one, see [`Guests`].
const CONNECTIONS_MAX: usize = 512;

/// After the stop, connections may end what they are at for so long.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// Wait after a failed accept (no file descriptors left): an instant retry would spin.
const ACCEPT_FAILED_WAIT: Duration = Duration::from_millis(100);

/// Accepts connections until `closing`, then lets the open ones finish. A client must send a request's head
/// within `head_timeout`, and may neither idle nor leave an answer unread for longer.
pub(super) async fn serve(
    listener: TcpListener,
    routes: Router,
    head_timeout: Duration,
    closing: CancellationToken,
) {
    let connections = TaskTracker::new();
    let guests = Guests::new(CONNECTIONS_MAX);
    loop {
        let next = async { (guests.place().await, listener.accept().await) };
        let (place, accepted) = tokio::select! {
            () = closing.cancelled() => break,
            next = next => next,
        };
        match accepted {
            Ok((stream, address)) => {
                let guest = guests.welcome(place);
                let stream = Impatient::new(stream, head_timeout);
                let routes = routes.clone().layer(Extension(ConnectInfo(address)));
                connections.spawn(connection(stream, guest, routes, head_timeout, closing.clone()));
            }
            Err(error) => {
                warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_FAILED_WAIT).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(CLOSE_WITHIN, connections.wait()).await.is_err() {
        warn!("{} connection(s) did not end in time; closing them", connections.len());
    }
}

async fn connection(
    stream: Impatient,
    guest: Arc<Guest>,
    routes: Router,
    head_timeout: Duration,
    closing: CancellationToken,
) {
    let leave = guest.leave.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (routes, guest) = (routes.clone(), guest.clone());
        async move {
            let request = request.map(|body| Arriving::new(body, guest.clone()));
            let answer = routes.oneshot(request).await;
            guest.waits();
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = leave.cancelled() => {
            debug!("a connection that waited was closed to make room");
            return;
        }
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // Clients leave as they like; nothing is wrong with us.
        debug!(%error, "a connection ended early");
    }
}

//! The listening side: HTTP/1.1 with limits that frameworks leave out.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tracing::{debug, warn};

/// Connections at the same time. A proxy needs a handful; the limit bounds memory when somebody else comes.
const CONNECTIONS_MAX: usize = 512;

/// A client must send its request's head within this, and may idle no longer between two requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// After the stop, connections may end what they are at for so long.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// Wait after a failed accept (no file descriptors left): an instant retry would spin.
const ACCEPT_FAILED_WAIT: Duration = Duration::from_millis(100);

/// Accepts connections until `closing`, then lets the open ones finish.
pub(super) async fn serve(listener: TcpListener, routes: Router, closing: CancellationToken) {
    let connections = TaskTracker::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = room.clone().acquire_owned().await else { break };
        let accepted = tokio::select! {
            () = closing.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _address)) => {
                let serving = connection(stream, routes.clone(), closing.clone());
                connections.spawn(async move {
                    serving.await;
                    drop(place);
                });
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

async fn connection(stream: TcpStream, routes: Router, closing: CancellationToken) {
    let service = service_fn(move |request: Request<Incoming>| routes.clone().oneshot(request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
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

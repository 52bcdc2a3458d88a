//! Builds the outgoing HTTP clients: limits, redirects, and the wait that a server asks for.
//!
//! No client follows redirects by itself: Drive's 308 is no redirect, and every redirect of Zoom must be checked.
//! No client has an overall timeout, because a 20 GB body takes hours. Idle time is limited instead.

pub mod clock;
pub mod connect_error;
pub mod download_client;
pub mod resolver;
pub mod retry_after;
pub mod segment;
mod tls;
pub mod token;

use std::error::Error;
use std::time::Duration;

use futures::StreamExt;
use reqwest::{Client, ClientBuilder, Response};

use crate::config::HostRule;
use download_client::DownloadClient;
use resolver::PublicOnly;

/// Limit for the TCP and TLS handshakes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Limit for a whole API call that carries no recording.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Interval of the signs of life on a connection that carries nothing.
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);

/// What the program calls itself towards servers.
const AGENT: &str = concat!("zoom2drive/", env!("CARGO_PKG_VERSION"));

/// Idle connections are closed after this time: longer than the pause between two chunks, shorter than the usual
/// limits of servers and NAT devices.
const POOL_IDLE: Duration = Duration::from_secs(50);

/// Largest answer of an API call, in bytes. A listing of 300 recordings has about 2 MB.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Most bytes of an error answer that are read.
pub const ERROR_BYTES_MAX: usize = 64 * 1024;

/// A client could not be built: the system's TLS setup is broken.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up outgoing connections: {0}")]
pub struct ClientError(String);

/// Builds a client. With an `idle_timeout`, waiting for an answer or for more of it ends after this time. Uploads
/// take none: the time to send a body would count as idle, so the sender has its own watchdog.
///
/// # Errors
/// When TLS cannot be set up, even with the bundled root certificates.
pub fn client(idle_timeout: Option<Duration>) -> Result<Client, ClientError> {
    build(|builder| builder, idle_timeout)
}

/// Builds a client for downloads from these hosts. Host names come from outside, so they must resolve to public
/// addresses, see [`resolver`]. Waiting for more of an answer ends after `idle_timeout`.
///
/// # Errors
/// As [`client`].
pub fn download_client(hosts: &[HostRule], idle_timeout: Duration) -> Result<DownloadClient, ClientError> {
    DownloadClient::new(PublicOnly::new(hosts), idle_timeout)
}

fn build(
    adapt: impl FnOnce(ClientBuilder) -> ClientBuilder,
    idle_timeout: Option<Duration>,
) -> Result<Client, ClientError> {
    let builder = Client::builder()
        .tls_backend_preconfigured(tls::config()?)
        .user_agent(AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .http1_only()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE)
        .tcp_nodelay(true)
        .tcp_keepalive(TCP_KEEPALIVE);
    let builder = match idle_timeout {
        Some(idle_timeout) => builder.read_timeout(idle_timeout),
        None => builder,
    };
    adapt(builder).build().map_err(|error| ClientError(describe(&error)))
}

/// An error and its causes in one line, without the URL, which may be secret.
pub fn describe(error: &reqwest::Error) -> String {
    with_causes(if error.is_timeout() { "timed out" } else { kind(error) }, error.source())
}

/// A failure and its causes in one line, without those that contain an address.
fn with_causes(kind: &str, mut cause: Option<&(dyn Error + 'static)>) -> String {
    let mut text = kind.to_owned();
    while let Some(inner) = cause {
        let line = inner.to_string();
        // hyper repeats the same text in its causes.
        if !text.contains(&line) && !line.contains("://") {
            text = format!("{text}: {line}");
        }
        cause = inner.source();
    }
    text
}

fn kind(error: &reqwest::Error) -> &'static str {
    if error.is_connect() {
        "cannot connect"
    } else if error.is_body() || error.is_decode() {
        "the connection broke during the transfer"
    } else {
        "the request failed"
    }
}

/// Reads an answer's body up to a limit, and drops the rest.
///
/// # Errors
/// When the connection breaks or stalls.
pub async fn read_at_most(response: Response, bytes_max: usize) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(piece) = stream.next().await {
        let piece = piece?;
        let room = bytes_max - body.len();
        body.extend_from_slice(&piece[..piece.len().min(room)]);
        if body.len() == bytes_max {
            break;
        }
    }
    Ok(body)
}

/// Reads a whole API answer, up to 16 MiB.
///
/// # Errors
/// When the connection breaks or stalls.
pub async fn read_answer(response: Response) -> Result<Vec<u8>, reqwest::Error> {
    read_at_most(response, ANSWER_BYTES_MAX).await
}

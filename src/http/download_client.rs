//! The client for downloads of gigabytes: the limits of the other clients, and larger reads.
//!
//! TLS takes one record (at most 16 KiB) at a time from a connection, and gives one at a time. So a GiB takes 77,000 system
//! calls, and each piece wakes the upload. Here a buffer is between the socket and TLS, and a read takes all that is there,
//! see `connection`. reqwest's client allows nothing in that place, so this is hyper's, which reqwest uses too.
//!
//! Behind a proxy (`HTTPS_PROXY` and the like) reqwest's client is used: it knows how to talk to proxies.

mod connection;

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, Stream};
use futures::{StreamExt, TryFutureExt};
use http_body_util::{BodyDataStream, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, USER_AGENT};
use reqwest::{Body, Response, ResponseBuilderExt};
use tokio::time::timeout;
use url::Url;

use super::resolver::PublicOnly;
use super::{AGENT, ClientError, POOL_IDLE};
use connection::Connector;

/// Most bytes of a piece: two records of TLS. Larger ones saved no time that could be measured, and the memory of pieces of
/// many different sizes is worse to use again.
const PIECE_BYTES: usize = 32 * 1024;

/// Downloads by GET, without redirects. To be cloned: the clones share the connections.
#[derive(Clone)]
pub struct DownloadClient {
    direct: Client<Connector, Empty<Bytes>>,
    behind_proxy: reqwest::Client,
    proxies: Arc<Matcher>,
    idle_timeout: Duration,
}

impl std::fmt::Debug for DownloadClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address of a proxy may contain a password.
        f.debug_struct("DownloadClient").field("idle_timeout", &self.idle_timeout).finish_non_exhaustive()
    }
}

/// A request failed. The text has no address, which may be secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct GetError(String);

impl DownloadClient {
    /// Connects only to what the resolver allows. Waiting for more of an answer ends after `idle_timeout`.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(super) fn new(resolver: PublicOnly, idle_timeout: Duration) -> Result<Self, ClientError> {
        let behind_proxy =
            super::build(|builder| builder.dns_resolver(resolver.clone()), Some(idle_timeout))?;
        let direct = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .http1_max_buf_size(PIECE_BYTES)
            .build(Connector::new(resolver)?);
        Ok(Self { direct, behind_proxy, proxies: Arc::new(Matcher::from_system()), idle_timeout })
    }

    /// Sends a GET with these headers, and returns the answer, whose body is read as it is needed.
    ///
    /// # Errors
    /// When nobody answers. The time for the answer's head is limited by the caller.
    pub async fn get(&self, url: &Url, headers: HeaderMap) -> Result<Response, GetError> {
        let uri: hyper::Uri =
            url.as_str().parse().map_err(|_| GetError("an address that cannot be used".to_owned()))?;
        if self.proxies.intercept(&uri).is_some() {
            let request = self.behind_proxy.get(url.clone()).headers(headers);
            return request.send().map_err(|error| GetError(super::describe(&error))).await;
        }
        let mut request = hyper::Request::new(Empty::new());
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("*/*"));
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
        let answer = self.direct.request(request).await.map_err(|error| GetError(describe(&error)))?;
        let (head, body) = answer.into_parts();
        let body = Body::wrap_stream(pieces(body, self.idle_timeout));
        let mut answer = hyper::Response::builder()
            .status(head.status)
            .version(head.version)
            .url(url.clone())
            .body(body)
            .map_err(|error| GetError(error.to_string()))?;
        *answer.headers_mut() = head.headers;
        Ok(answer.into())
    }
}

/// The pieces of a body. The stream fails when none comes in time.
fn pieces(body: Incoming, idle_timeout: Duration) -> impl Stream<Item = Result<Bytes, PieceError>> {
    let pieces = stream::unfold(Some(BodyDataStream::new(body)), move |body| async move {
        let mut body = body?;
        match timeout(idle_timeout, body.next()).await {
            // A piece holds on to the whole buffer that it was read into, and many are kept. Copied, it has no more
            // than its bytes, and the buffer serves again.
            Ok(Some(Ok(piece))) => Some((Ok(Bytes::copy_from_slice(&piece)), Some(body))),
            Ok(Some(Err(error))) => Some((Err(error.into()), None)),
            Ok(None) => None,
            Err(_) => Some((Err(io::Error::from(io::ErrorKind::TimedOut).into()), None)),
        }
    });
    // Readers ask once more after the end.
    pieces.fuse()
}

type PieceError = Box<dyn StdError + Send + Sync>;

fn describe(error: &hyper_util::client::legacy::Error) -> String {
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    let is_late = causes.any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::TimedOut)
    });
    let kind = match (is_late, error.is_connect()) {
        (true, _) => "timed out",
        (false, true) => "cannot connect",
        (false, false) => "the request failed",
    };
    super::with_causes(kind, Some(error))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use futures::FutureExt;
    use tokio::net::TcpListener;

    use super::super::resolver::Lookup;
    use super::*;
    use crate::config::HostRule;

    #[tokio::test]
    async fn a_name_that_leads_home_is_never_connected_to() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let home: Lookup = Arc::new(|_name| async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) }.boxed());
        let get = async |hosts: &[HostRule], name: &str| {
            let resolver = PublicOnly::with_lookup(hosts, home.clone());
            let client = DownloadClient::new(resolver, Duration::from_secs(9)).unwrap();
            // Whatever the environment of the test says.
            let client = DownloadClient { proxies: Arc::new(Matcher::builder().build()), ..client };
            let url = format!("http://{name}:{port}/").parse().unwrap();
            tokio::select! {
                refused = client.get(&url, HeaderMap::new()) => refused.unwrap_err().to_string(),
                accepted = listener.accept() => accepted.map(|_| "connected".to_owned()).unwrap(),
            }
        };
        let zoom = [HostRule::Below("zoom.us".into())];
        let refused = get(&zoom, "files.zoom.us").await;
        assert!(refused.contains("no public address"), "{refused}");
        // The same listener under an allowed name: this shows that the test would notice a connection.
        assert_eq!(get(&[HostRule::Exactly("localhost".into())], "localhost").await, "connected");
    }
}

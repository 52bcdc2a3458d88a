//! A connection whose reads take all that is there.
//!
//! Below TLS a buffer takes what the socket has, with one system call. Above TLS a read goes on until the reader's room is
//! full or no byte is left.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use hyper::Uri;
use hyper_util::client::legacy::connect::{self, Connected, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, BufReader, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tower::Service;

use super::super::resolver::PublicOnly;
use super::super::{CONNECT_TIMEOUT, ClientError, TCP_KEEPALIVE, tls};

/// Most bytes that one read takes from the socket: seven records of TLS. More would leave the processor's cache between
/// its copies, and costs memory for each connection.
const READ_BYTES: usize = 128 * 1024;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Makes connections: TCP, and TLS for `https`.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: HttpConnector<PublicOnly>,
    tls: TlsConnector,
}

impl Connector {
    /// # Errors
    /// When TLS cannot be set up.
    pub(super) fn new(resolver: PublicOnly) -> Result<Self, ClientError> {
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(TCP_KEEPALIVE));
        Ok(Self { tcp, tls: TlsConnector::from(Arc::new(tls::config()?)) })
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Connection>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (tcp, tls) = (self.tcp.call(uri.clone()), self.tls.clone());
        let connect = async move {
            let buffered = BufReader::with_capacity(READ_BYTES, tcp.await?.into_inner());
            if uri.scheme_str() != Some("https") {
                return Ok(Connection { stream: Stream::Plain(buffered), failure: None });
            }
            let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
            let name = ServerName::try_from(host.to_owned())?;
            let encrypted = tls.connect(name, buffered).await?;
            Ok(Connection { stream: Stream::Encrypted(Box::new(encrypted)), failure: None })
        };
        let late = |_| BoxError::from(io::Error::from(io::ErrorKind::TimedOut));
        let limited = timeout(CONNECT_TIMEOUT, connect);
        limited.map(move |made| made.map_err(late).flatten().map(TokioIo::new)).boxed()
    }
}

/// An open connection.
pub(super) struct Connection {
    stream: Stream,
    /// A failure that came after bytes of the same read: these go first.
    failure: Option<io::Error>,
}

enum Stream {
    Plain(BufReader<TcpStream>),
    Encrypted(Box<TlsStream<BufReader<TcpStream>>>),
}

impl Connection {
    fn read_once(&mut self, context: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(buffered) => Pin::new(buffered).poll_read(context, room),
            Stream::Encrypted(encrypted) => Pin::new(encrypted.as_mut()).poll_read(context, room),
        }
    }

    fn writer(&mut self) -> Pin<&mut (dyn AsyncWrite + Send + Unpin)> {
        match &mut self.stream {
            Stream::Plain(buffered) => Pin::new(buffered),
            Stream::Encrypted(encrypted) => Pin::new(encrypted.as_mut()),
        }
    }
}

impl connect::Connection for Connection {
    fn connected(&self) -> Connected {
        match &self.stream {
            Stream::Plain(buffered) => buffered.get_ref().connected(),
            Stream::Encrypted(encrypted) => encrypted.get_ref().0.get_ref().connected(),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(failure) = self.failure.take() {
            return Poll::Ready(Err(failure));
        }
        let at_first = room.filled().len();
        loop {
            let before = room.filled().len();
            match self.read_once(context, room) {
                // Full, or the end.
                Poll::Ready(Ok(())) if room.remaining() == 0 || room.filled().len() == before => {
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Ok(())) => {}
                nothing if before == at_first => return nothing,
                Poll::Ready(Err(failure)) => {
                    self.failure = Some(failure);
                    return Poll::Ready(Ok(()));
                }
                Poll::Pending => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.writer().poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer().poll_shutdown(context)
    }
}

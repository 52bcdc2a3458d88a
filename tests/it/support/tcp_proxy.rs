//! A TCP proxy that can go dead, as when a switch fails: nothing comes through and neither end is told. Or it refuses, as
//! a firewall does: both ends are told.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Whole,
    Cut,
    Refused,
}

/// Passes bytes on between whoever calls `port` and a server, while it is whole.
pub struct TcpProxy {
    pub port: u16,
    line: watch::Sender<Line>,
    _accepting: AbortOnDropHandle<()>,
}

impl TcpProxy {
    /// A whole line to this server.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (line, seen) = watch::channel(Line::Whole);
        let accepting = tokio::spawn(async move {
            loop {
                let Ok((caller, _)) = listener.accept().await else { continue };
                let seen = seen.clone();
                tokio::spawn(async move {
                    let mut refused = seen.clone();
                    tokio::select! {
                        () = connect(caller, server, seen) => {}
                        _ = refused.wait_for(|line| *line == Line::Refused) => {}
                    }
                });
            }
        });
        Self { port, line, _accepting: AbortOnDropHandle::new(accepting) }
    }

    /// From now on nothing comes through; connections stay open and silent.
    pub fn cut(&self) {
        self.line.send_replace(Line::Cut);
    }

    /// From now on every connection is closed, at both ends.
    pub fn refuse(&self) {
        self.line.send_replace(Line::Refused);
    }

    /// What was held up comes through.
    pub fn mend(&self) {
        self.line.send_replace(Line::Whole);
    }
}

async fn connect(caller: TcpStream, server: SocketAddr, seen: watch::Receiver<Line>) {
    wait_until_whole(seen.clone()).await;
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((from_caller, to_caller), (from_server, to_server)) = (caller.into_split(), server.into_split());
    let there = AbortOnDropHandle::new(tokio::spawn(pass(from_caller, to_server, seen.clone())));
    pass(from_server, to_caller, seen).await;
    drop(there);
}

async fn wait_until_whole(mut seen: watch::Receiver<Line>) {
    // The line itself is gone when this fails: then nothing comes through for ever.
    if seen.wait_for(|line| *line == Line::Whole).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    seen: watch::Receiver<Line>,
) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        wait_until_whole(seen.clone()).await;
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

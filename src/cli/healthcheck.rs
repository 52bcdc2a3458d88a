//! `zoom2drive healthcheck`: asks the running service whether it is up.
//!
//! It sends one plain request to loopback, without an HTTP library: it needs no TLS, no certificates and no proxy
//! settings, so it also works in an image that contains only this program.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::config::{self, Reader};
use crate::health::HEALTH_PATH;

/// Time limit for the answer.
const WITHIN: Duration = Duration::from_secs(5);

/// Most bytes of the answer that are read: only the first line matters.
const ANSWER_BYTES_MAX: u64 = 4 * 1024;

/// Asks once, and prints the result in one line.
///
/// # Errors
/// When `LISTEN_ADDR` is not an address.
pub async fn run(reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let address = reachable(config::read_listen_addr(reader)?);
    let asked = tokio::time::timeout(WITHIN, ask(address)).await;
    match asked.unwrap_or_else(|_| bail!("no answer within {}s", WITHIN.as_secs())) {
        Ok(()) => {
            writeln!(out, "ok: the service at {address} is up")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            writeln!(out, "failing: the service at {address}: {error:#}")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The address to call: a service that listens on all addresses is called on loopback.
fn reachable(listens: SocketAddr) -> SocketAddr {
    let ip = match listens.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listens.port())
}

async fn ask(address: SocketAddr) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(address).await.context("cannot connect")?;
    let request = format!("GET {HEALTH_PATH} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.context("cannot ask")?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await.context("cannot read the answer")?;
    let answer = String::from_utf8_lossy(&answer);
    let mut words = answer.lines().next().unwrap_or_default().split(' ');
    match (words.next(), words.next()) {
        (Some("HTTP/1.1" | "HTTP/1.0"), Some("200")) => Ok(()),
        (Some("HTTP/1.1" | "HTTP/1.0"), Some(status)) => bail!("it answers {}", super::table::plain(status)),
        _ => bail!("it does not speak HTTP"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_listens_everywhere_is_called_on_loopback() {
        let cases = [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:80", "[::1]:80"),
            ("10.0.0.7:8080", "10.0.0.7:8080"),
            ("127.0.0.1:1", "127.0.0.1:1"),
        ];
        for (listens, called) in cases {
            assert_eq!(reachable(listens.parse().unwrap()).to_string(), called);
        }
    }
}

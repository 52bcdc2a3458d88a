//! The program among people who mean it harm: bodies of every kind, and a bare HTTP client that can say what a
//! decent one would not.

mod bodies;
mod flood;
mod hosts;
mod log;
mod overload;
mod paths;
mod slow;

use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use zoom2drive::secret::Secret;
use zoom2drive::webhook::signature;

use crate::support::program::Program;
use crate::support::world::World;

/// Held by whoever opens connections by the hundred: two such crowds may need more files than a process has.
static CROWD: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// One connection to the program, kept alive as long as the program likes.
pub struct Connection {
    address: String,
    stream: Option<BufStream<TcpStream>>,
}

impl Connection {
    pub fn to(program: &Program) -> Self {
        Self { address: program.url.strip_prefix("http://").unwrap().to_owned(), stream: None }
    }

    /// Sends these bytes and reads one answer's status.
    pub async fn exchange(&mut self, request: &[u8]) -> u16 {
        if let Some(status) = self.attempt(request).await {
            return status;
        }
        // The program may close a connection that it has answered on: a new one must do.
        self.stream = None;
        self.attempt(request).await.expect("no answer on a fresh connection")
    }

    async fn attempt(&mut self, request: &[u8]) -> Option<u16> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.address).await.unwrap();
                stream.set_nodelay(true).unwrap();
                self.stream.insert(BufStream::new(stream))
            }
        };
        // An answer may come before all is sent, and the rest be refused: what counts is the answer.
        let sent = async { stream.write_all(request).await.and(stream.flush().await) }.await;
        let answer = read_answer(stream).await;
        if sent.is_err() || answer.is_none_or(|(_, is_last)| is_last) {
            self.stream = None;
        }
        answer.map(|(status, _)| status)
    }
}

/// An answer's status, and whether the connection ends with it. The body is read to its end.
pub async fn read_answer(stream: &mut BufStream<TcpStream>) -> Option<(u16, bool)> {
    let (mut status, mut length, mut is_last) = (None, 0_usize, false);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if status.is_none() {
            status = Some(line.split(' ').nth(1)?.parse().ok()?);
        } else if let Some(text) = line.strip_prefix("content-length:") {
            length = text.trim().parse().ok()?;
        } else if line == "connection: close" {
            is_last = true;
        } else if line.is_empty() {
            if status == Some(100) {
                status = None;
                continue;
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.ok()?;
            return Some((status?, is_last));
        }
    }
}

/// The two headers with which Zoom signs, as lines.
pub fn signed_headers(world: &World, body: &[u8]) -> String {
    let timestamp = Timestamp::now().as_second().to_string();
    let secret = Secret::new(world.sandbox.zoom.webhook_secret());
    let signature = signature::signature(&secret, &timestamp, body);
    format!("x-zm-request-timestamp: {timestamp}\r\nx-zm-signature: {signature}\r\n")
}

/// A head that passes every check that needs no secret, for a body that is framed like this.
pub fn plausible(path: &str, framing: &str) -> Vec<u8> {
    let (now, digits) = (Timestamp::now().as_second(), "0".repeat(64));
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nx-zm-request-timestamp: {now}\r\nx-zm-signature: v0={digits}\r\n\
         authorization: Bearer guessed\r\n{framing}\r\n\r\n"
    )
    .into_bytes()
}

/// A field of `/proc/PID/status` that counts kibibytes, in bytes.
pub fn memory(program: &Program, field: &str) -> u64 {
    let status = program.proc("status");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim_start_matches(':').trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

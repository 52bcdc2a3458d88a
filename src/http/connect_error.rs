//! Why a server could not be reached. Each kind has another remedy.

use std::error::Error;
use std::io;

/// The kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectError {
    /// The name does not resolve.
    Name,
    /// The connection was refused.
    Refused,
    /// The TLS handshake failed: a bad certificate, or a server that does not speak TLS.
    Tls,
    /// No answer came in time.
    Silence,
    /// Any other failure.
    Other,
}

/// Finds the kind in an error's causes. Only a refused connection has an error kind of its own; the libraries
/// report the others as text.
pub fn obstacle(error: &reqwest::Error) -> ConnectError {
    if error.is_timeout() {
        return ConnectError::Silence;
    }
    let mut words = String::new();
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(inner) = cause {
        if inner.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused) {
            return ConnectError::Refused;
        }
        words = format!("{words} {}", inner.to_string().to_ascii_lowercase());
        cause = inner.source();
    }
    read(&words)
}

fn read(words: &str) -> ConnectError {
    let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if says(&["dns error", "failed to lookup", "name or service not known"]) {
        ConnectError::Name
    } else if says(&["certificate", "handshake", "tls", "invalidcontenttype", "corrupt message"]) {
        ConnectError::Tls
    } else if says(&["connection refused"]) {
        ConnectError::Refused
    } else {
        ConnectError::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_libraries_are_understood() {
        assert_eq!(read("dns error: failed to lookup address information"), ConnectError::Name);
        assert_eq!(read("invalid peer certificate: expired"), ConnectError::Tls);
        assert_eq!(read("received corrupt message of type invalidcontenttype"), ConnectError::Tls);
        assert_eq!(read("tcp connect error: connection refused (os error 111)"), ConnectError::Refused);
        assert_eq!(read("connection reset by peer"), ConnectError::Other);
    }

    #[tokio::test]
    async fn real_failures_are_told_apart() {
        let client = crate::http::build(|builder| builder.no_proxy(), None).unwrap();
        let failed = async |url: &str| obstacle(&client.get(url).send().await.unwrap_err());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let speaks_no_tls = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await
                .unwrap();
            stream
        });
        assert_eq!(failed(&format!("https://{address}/")).await, ConnectError::Tls);
        drop(speaks_no_tls.await.unwrap());
        // The listener is closed.
        assert_eq!(failed(&format!("http://{address}/")).await, ConnectError::Refused);
        // A label this long is not valid in a name, so no query is sent.
        assert_eq!(failed(&format!("http://{}.invalid/", "x".repeat(64))).await, ConnectError::Name);
    }
}

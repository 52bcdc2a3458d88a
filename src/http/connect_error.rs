//! Why a server could not be reached: the kinds of failure that people mend in different ways.

use std::error::Error;
use std::io;

/// What stood in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectError {
    /// The name leads to no address.
    Name,
    /// Nobody listens there.
    Refused,
    /// TLS could not be agreed on: a certificate, or something that speaks no TLS.
    Tls,
    /// Nothing came in time.
    Silence,
    /// All else.
    Other,
}

/// Finds out from an error's causes. Only refusals have a kind of their own: the libraries underneath tell the
/// others in words.
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
        // Nobody listens there any more.
        assert_eq!(failed(&format!("http://{address}/")).await, ConnectError::Refused);
        // No name has so long a part: it is refused before anybody is asked.
        assert_eq!(failed(&format!("http://{}.invalid/", "x".repeat(64))).await, ConnectError::Name);
    }
}

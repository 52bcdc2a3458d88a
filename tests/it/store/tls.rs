//! The way to a PostgreSQL server: nobody who answers in its place is told anything, and one that proves itself is
//! believed.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;
use zoom2drive::secret::Secret;
use zoom2drive::store::examine::{Examined, examine};
use zoom2drive::store::{self, Access, ConnectionSecurity, StoreError};

use crate::support::postgres::{self, Server, TLS};

/// What a client that wants encryption sends first, and nothing else before the answer (PostgreSQL's protocol,
/// "SSLRequest").
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// This machine, by a spelling that the system understands and that is no address of loopback to the eye.
const ELSEWHERE: &str = "127.1";

/// Somebody who answers in the server's place, as they like, and takes down all that they are told.
struct Impostor {
    port: u16,
    told: mpsc::UnboundedReceiver<Vec<u8>>,
    _answering: AbortOnDropHandle<()>,
}

impl Impostor {
    async fn answering(answer: &'static [u8]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, told) = mpsc::unbounded_channel();
        let answering = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut all = vec![0; SSL_REQUEST.len()];
                if stream.read_exact(&mut all).await.is_ok() {
                    stream.write_all(answer).await.unwrap();
                    // All that comes until the client goes away, or waits for an answer.
                    let rest = tokio::time::timeout(Duration::from_millis(300), stream.read_to_end(&mut all));
                    let _gone_or_waiting = rest.await;
                }
                tell.send(all).unwrap();
            }
        });
        Self { port, told, _answering: AbortOnDropHandle::new(answering) }
    }

    fn address(&self, host: &str, end: &str) -> Secret {
        Secret::new(format!("postgres://agent:hunter2@{host}:{}/x{end}", self.port))
    }
}

/// What came of every way to open the store that this address names.
async fn opened(address: &Secret) -> Vec<StoreError> {
    let mut errors = Vec::new();
    errors.extend(store::open(address).await.err());
    for access in [Access::Read, Access::Write, Access::Copy] {
        errors.extend(store::open_as_it_is(address, access).await.err());
    }
    errors.extend(examine(address).await.err());
    assert_eq!(errors.len(), 5, "it was opened");
    errors
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_be_on_the_way_is_not_even_called() {
    let mut impostor = Impostor::answering(b"N").await;
    for end in ["", "?sslmode=prefer", "?sslmode=allow", "?sslmode=require", "?sslmode=verify-ca"] {
        let address = impostor.address(ELSEWHERE, end);
        for error in opened(&address).await {
            let told = format!("{error} {error:?}");
            assert!(matches!(error, StoreError::Exposed(_)) && !told.contains("hunter2"), "{end}: {told}");
        }
        // A person must change the address: no use in starting again.
        let cli = Cli::try_parse_from(["zoom2drive", "jobs", "list"]).unwrap();
        let mut reader = Reader::from_pairs([("DATABASE_URL", address.expose())]);
        let error = cli::run(&cli.command, &mut reader, &mut Vec::new()).await.unwrap_err();
        assert_eq!(cli::exit_code(&error), ExitCode::from(2));
        assert!(cli::describe(&error).contains("sslmode=verify-full"), "{error:#}");
    }
    assert!(impostor.told.try_recv().is_err(), "nobody was called");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_refuses_encryption_or_has_no_certificate_is_told_nothing() {
    // "No"; and "yes", followed by what is no TLS at all.
    for answer in [&b"N"[..], b"S\0\0\0\x08garbage that is no greeting of TLS"] {
        for host in [ELSEWHERE, "localhost"] {
            let mut impostor = Impostor::answering(answer).await;
            for error in opened(&impostor.address(host, "?sslmode=verify-full")).await {
                assert!(matches!(error, StoreError::Unproved(_)), "{host}: {error:?}");
                assert!(error.to_string().contains("sslrootcert"), "{error}");
                let told = impostor.told.recv().await.unwrap();
                assert_eq!(told[..8], SSL_REQUEST, "asked for encryption first");
                assert!(answer.len() > 1 || told.len() == 8, "{told:?}");
                let has = |text: &str| told.windows(text.len()).any(|window| window == text.as_bytes());
                assert!(!has("hunter2") && !has("agent"), "{}", String::from_utf8_lossy(&told));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_may_say_that_an_open_way_is_wanted() {
    let mut impostor = Impostor::answering(b"").await;
    let address = impostor.address(ELSEWHERE, "?sslmode=disable");
    let opening = tokio::spawn(async move { store::open_as_it_is(&address, Access::Read).await.err() });
    let told = impostor.told.recv().await.unwrap();
    assert!(told.windows(5).any(|window| window == b"agent"), "the impostor was greeted: {told:?}");
    opening.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_proves_itself_is_believed_and_no_other() {
    let Some(server) = Server::start_encrypted() else { return };
    let address = |host: &str, root: &str| {
        let port = server.port;
        Secret::new(format!(
            "postgres://z2d@{host}:{port}/postgres?sslmode=verify-full&sslrootcert={TLS}/{root}"
        ))
    };
    let proved = address("localhost", "ca.crt");
    let opened = store::open(&proved).await.unwrap();
    opened.check_writable().await.unwrap();
    let question = "SELECT count(*) > 0 AND bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'zoom2drive'";
    assert!(postgres::ask(&server.address(), question).await, "every connection is encrypted");
    opened.close().await;
    let Examined::Postgres { way, .. } = examine(&proved).await.unwrap() else { panic!() };
    assert_eq!(way, ConnectionSecurity::Verified);
    // Signed by somebody else, by nobody that is known, and for another host.
    let unknown = format!("postgres://z2d@localhost:{}/postgres?sslmode=verify-full", server.port);
    for address in
        [address("localhost", "other-ca.crt"), Secret::new(unknown), address("127.0.0.1", "ca.crt")]
    {
        for error in self::opened(&address).await {
            assert!(matches!(error, StoreError::Unproved(_)), "{error:?}");
        }
    }
    let error = store::open(&address("localhost", "missing.crt")).await.err().unwrap();
    assert!(error.to_string().contains("missing.crt"), "{error}");
    // On this machine nobody is on the way.
    store::open(&Secret::new(server.address())).await.unwrap().close().await;
}

//! Downloads over TLS: bytes arrive whole, also behind a proxy and after a connection that breaks, and a server that nobody
//! vouches for gets nothing.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_util::task::AbortOnDropHandle;
use zoom2drive::sandbox::faults::{Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::postgres::TLS;
use crate::support::program::Program;
use crate::support::steps::{calls, range_start};
use crate::support::world::World;

const MIB: u64 = 1024 * 1024;
const UUID: &str = "over/tls/AAAAAAAAAAAAA==";
const SIZE: u64 = 5 * MIB + 7;

/// A server of the test. It ends when this is dropped.
struct End {
    port: u16,
    connections: Arc<AtomicUsize>,
    _task: AbortOnDropHandle<()>,
}

impl End {
    /// Each connection is handled by `handle`.
    async fn new<F: Future<Output = std::io::Result<()>> + Send + 'static>(
        handle: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                // A client that goes away, or does not trust, is part of the stories.
                tokio::spawn(handle(stream));
            }
        });
        Self { port, connections, _task: AbortOnDropHandle::new(task) }
    }

    /// Speaks TLS for `localhost` in front of a server that does not.
    async fn tls(behind: SocketAddr) -> Self {
        let file = |name: &str| Path::new(TLS).join(name);
        let chain = CertificateDer::pem_file_iter(file("server.crt")).unwrap().collect::<Result<_, _>>();
        let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
        let config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(chain.unwrap(), key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::new(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let (mut outside, mut inside) =
                    (acceptor.accept(stream).await?, TcpStream::connect(behind).await?);
                copy_bidirectional(&mut outside, &mut inside).await.map(|_| ())
            }
        })
        .await
    }

    /// A proxy that connects any client, but only to `localhost`.
    async fn proxy() -> Self {
        Self::new(|stream| async move {
            let mut stream = BufReader::new(stream);
            let mut request = String::new();
            while !request.ends_with("\r\n\r\n") && stream.read_line(&mut request).await? > 0 {}
            let port = request.strip_prefix("CONNECT localhost:").and_then(|rest| rest.split(' ').next());
            let port = port.and_then(|port| port.parse::<u16>().ok()).expect("CONNECT to localhost");
            let mut inside = TcpStream::connect(("127.0.0.1", port)).await?;
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            copy_bidirectional(&mut stream, &mut inside).await.map(|_| ())
        })
        .await
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A world whose Zoom sends recordings over TLS, and the end of that.
async fn world() -> (World, End) {
    let world =
        World::with(&[("AFTER_ARCHIVE", "trash"), ("ZOOM_DOWNLOAD_HOSTS", "127.0.0.1,localhost")]).await;
    let base = world.sandbox.zoom.api_url().trim_end_matches("/v2").to_owned();
    let end = End::tls(base.trim_start_matches("http://").parse().unwrap()).await;
    world.sandbox.zoom.appear_as(&base, &format!("https://localhost:{}", end.port));
    world.sandbox.zoom.add(Meeting::new(UUID, "Opening night").file(File::mp4("video", SIZE)));
    (world, end)
}

fn trusted() -> String {
    Path::new(TLS).join("ca.crt").display().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_over_tls_arrives_whole() {
    let (world, end) = world().await;
    let program = Program::serve_with(&world, &[("SSL_CERT_FILE", &trusted())]).await;
    world.deliver_to(&program, UUID).await;
    world.archived(program, &[UUID]).await;
    assert_eq!(calls(&world, Route::ZoomMedia).len(), 1, "{}", world.calls());
    assert!(end.connections() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tls_connection_that_breaks_costs_no_byte_that_came() {
    let (world, _end) = world().await;
    world.sandbox.faults.add(Rule {
        route: Route::ZoomMedia,
        subject: String::new(),
        skip: 0,
        times: 1,
        fault: Fault::MediaCut(3 * MIB),
    });
    let program = Program::serve_with(&world, &[("SSL_CERT_FILE", &trusted())]).await;
    world.deliver_to(&program, UUID).await;
    world.archived(program, &[UUID]).await;
    let media = calls(&world, Route::ZoomMedia);
    assert_eq!(media.len(), 2, "{}", world.calls());
    assert!(range_start(&media[1]) > 0, "read again from the start");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_proxy_the_recording_comes_through_it() {
    let (world, end) = world().await;
    let proxy = End::proxy().await;
    let address = format!("http://127.0.0.1:{}", proxy.port);
    let settings = [("SSL_CERT_FILE", trusted()), ("HTTPS_PROXY", address)];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let program = Program::serve_with(&world, &settings).await;
    world.deliver_to(&program, UUID).await;
    world.archived(program, &[UUID]).await;
    assert!(proxy.connections() > 0 && end.connections() == proxy.connections());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_nobody_vouches_for_gets_no_request() {
    let (world, _end) = world().await;
    let other = Path::new(TLS).join("other-ca.crt").display().to_string();
    let program = Program::serve_with(&world, &[("SSL_CERT_FILE", &other)]).await;
    world.deliver_to(&program, UUID).await;
    let told = program.wait_until(|| program.text().contains("invalid peer certificate")).await;
    assert!(told, "{}", program.text());
    assert!(calls(&world, Route::ZoomMedia).is_empty());
    world.assert_promises(UUID);
}

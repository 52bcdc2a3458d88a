//! A PgBouncer in front of a database of the tests, if the machine has one. As with PostgreSQL, `Z2D_POSTGRES=required`
//! makes a missing one a failure.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::postgres;
use crate::support::world::LIMIT;

/// Runs until it is dropped.
pub struct PgBouncer {
    child: Child,
    /// The database, by way of it.
    pub address: String,
    _folder: tempfile::TempDir,
}

fn program() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&paths).chain(["/usr/sbin".into()]);
    let found = folders.map(|folder| folder.join("pgbouncer")).find(|path| path.exists());
    let is_required = std::env::var("Z2D_POSTGRES").is_ok_and(|value| value == "required");
    assert!(found.is_some() || !is_required, "PgBouncer is required, and it is not here");
    if found.is_none() {
        let told = "NOT RUN: the tests with PgBouncer; there is none on this machine\n";
        std::io::stderr().write_all(told.as_bytes()).unwrap();
    }
    found
}

impl PgBouncer {
    /// In front of a new, empty database, with these settings. Nothing if this machine has no PostgreSQL or no
    /// PgBouncer.
    pub async fn start(settings: &str) -> Option<Self> {
        let program = program()?;
        let database = postgres::fresh_database().await?;
        let (server, name) = database.rsplit_once('/').unwrap();
        let server_port = server.rsplit_once(':').unwrap().1;
        let (port, folder) = (postgres::free_port(), tempfile::tempdir().unwrap());
        let file = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n{name} = host=127.0.0.1 port={server_port} user=z2d\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\nmax_client_conn = 200\n{settings}\n"
        );
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(program);
        // It refuses to be root, and then must be able to read its file.
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        if std::fs::metadata(&file).unwrap().uid() == 0 {
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
            command.args(["-u", "nobody"]);
        }
        let child = command.arg("-q").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let address = format!("postgres://z2d@127.0.0.1:{port}/{name}");
        let bouncer = Self { child, address, _folder: folder };
        let deadline = tokio::time::Instant::now() + LIMIT;
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(tokio::time::Instant::now() < deadline, "PgBouncer did not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some(bouncer)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

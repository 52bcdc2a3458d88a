//! A PostgreSQL server of the tests' own, if the machine has one: started once, gone with the tests.
//!
//! `Z2D_POSTGRES=required` makes a missing one a failure. Without it, and without `initdb` on the machine, the
//! tests on PostgreSQL say that they did not run.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Connection, PgConnection};
use tokio::sync::OnceCell;

/// Starts a server in a new folder, says so, and stops it when its standard input ends: that is when the tests
/// end, however they do. PostgreSQL refuses to run as root. What it holds need not survive a power cut.
const SERVER: &str = r#"
set -eu
folder=$(mktemp -d)
as=''
if [ "$(id -u)" = 0 ]; then
    user=$(id -u postgres 2>/dev/null || echo 65534)
    chown "$user" "$folder"
    as="setpriv --reuid=$user --regid=$user --clear-groups"
fi
cd "$folder"
$as "$BIN/initdb" -D "$folder/data" -U z2d --auth=trust -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1
encrypted=''
if [ -n "${TLS:-}" ]; then
    for end in crt key; do
        cp "$TLS/server.$end" "$folder/server.$end"
        chmod 600 "$folder/server.$end"
        if [ -n "$as" ]; then chown "$user" "$folder/server.$end"; fi
    done
    encrypted="-c ssl=on -c ssl_cert_file=$folder/server.crt -c ssl_key_file=$folder/server.key"
fi
begin() {
    $as "$BIN/postgres" -D "$folder/data" -p "$PORT" -k "$folder" -c listen_addresses=127.0.0.1 -c fsync=off \
        -c full_page_writes=off -c max_connections=500 -c shared_buffers=32MB $encrypted >>"$folder/log" 2>&1 &
    server=$!
    for _ in $(seq 300); do
        if "$BIN/pg_isready" -q -h 127.0.0.1 -p "$PORT"; then echo ready; break; fi
        sleep 0.1
    done
}
end() {
    kill -INT "$server" 2>/dev/null || true
    wait "$server" || true
}
begin
while read -r order; do
    case "$order" in
        stop) end; echo stopped ;;
        start) begin ;;
    esac
done
end
rm -rf "$folder"
"#;

/// Where the certificates of the tests are.
pub const TLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/data/tls");

static SERVER_PORT: OnceCell<Option<u16>> = OnceCell::const_new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

fn binaries() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&paths).collect();
    // Debian keeps them out of the way, by version.
    for entry in std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten() {
        folders.push(entry.path().join("bin"));
    }
    let is_whole = |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).exists());
    folders.into_iter().find(is_whole).and_then(|folder| real(&folder))
}

/// `initdb` finds `postgres` beside itself: links to both are followed.
fn real(folder: &std::path::Path) -> Option<PathBuf> {
    let initdb = std::fs::canonicalize(folder.join("initdb")).ok()?;
    initdb.parent().map(std::path::Path::to_owned)
}

/// A server in a folder of its own. It stops when this is dropped, and then its folder goes.
pub struct Server {
    shell: Child,
    answers: BufReader<std::process::ChildStdout>,
    pub port: u16,
}

impl Server {
    /// Nothing if this machine has no PostgreSQL.
    pub fn start() -> Option<Self> {
        Self::start_with("")
    }

    /// The same with encryption, by the certificate of `data/tls`: for `localhost`, signed by the authority `ca.crt`
    /// there. (Made with openssl for a hundred years; the authorities' keys were thrown away.)
    pub fn start_encrypted() -> Option<Self> {
        Self::start_with(TLS)
    }

    fn start_with(tls: &str) -> Option<Self> {
        let Some(folder) = binaries() else {
            let is_required = std::env::var("Z2D_POSTGRES").is_ok_and(|value| value == "required");
            assert!(!is_required, "PostgreSQL is required, and there is no initdb");
            // Not `eprintln!`, which a test that passes would swallow.
            let told = "NOT RUN: the tests on PostgreSQL; there is no initdb on this machine\n";
            std::io::stderr().write_all(told.as_bytes()).unwrap();
            return None;
        };
        let port = free_port();
        let mut shell = Command::new("sh");
        shell.args(["-c", SERVER]).env("BIN", folder).env("PORT", port.to_string()).env("TLS", tls);
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let answers = BufReader::new(shell.stdout.take().unwrap());
        let mut server = Self { shell, answers, port };
        assert_eq!(server.answer(), "ready\n", "PostgreSQL did not start");
        Some(server)
    }

    /// `stop` or `start`; returns when that is done.
    pub fn say(&mut self, order: &str) {
        writeln!(self.shell.stdin.as_mut().unwrap(), "{order}").unwrap();
        let expected = if order == "stop" { "stopped\n" } else { "ready\n" };
        assert_eq!(self.answer(), expected);
    }

    /// Its one database.
    pub fn address(&self) -> String {
        format!("postgres://z2d@127.0.0.1:{}/postgres", self.port)
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        tokio::task::block_in_place(|| self.answers.read_line(&mut line)).unwrap();
        line
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input tells it to go.
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

fn start() -> Option<u16> {
    let server = Server::start()?;
    let port = server.port;
    // Its standard input stays open for as long as this process lives.
    std::mem::forget(server);
    Some(port)
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

async fn connect(port: u16, database: &str) -> PgConnection {
    PgConnection::connect(&format!("postgres://z2d@127.0.0.1:{port}/{database}")).await.unwrap()
}

/// The address of a new, empty database; nothing if this machine has no PostgreSQL.
pub async fn fresh_database() -> Option<String> {
    let port = SERVER_PORT.get_or_init(|| async { start() }).await.as_ref()?;
    let name = format!("z2d_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let mut connection = connect(*port, "postgres").await;
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    Some(format!("postgres://z2d@127.0.0.1:{port}/{name}"))
}

/// Takes a database of the tests away, whoever is still connected.
pub async fn drop_database(address: &str) {
    let (server, name) = address.rsplit_once('/').unwrap();
    let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    let statement = format!("DROP DATABASE {name} WITH (FORCE)");
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// A question that is answered by yes or no.
pub async fn ask(address: &str, question: &'static str) -> bool {
    let mut connection = PgConnection::connect(address).await.unwrap();
    let answer = sqlx::query_scalar(question).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    answer
}

/// Changes a database from outside, as its administrator: `{db}` is its name. Whoever is connected is thrown
/// out, so that everybody meets the change.
pub async fn administer(address: &str, statement: &str) {
    let (server, name) = address.rsplit_once('/').unwrap();
    let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    let throw_out = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{db}'";
    for statement in [statement, throw_out] {
        let statement = statement.replace("{db}", name);
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

/// The same without throwing anybody out.
pub async fn administer_alone(address: &str, statement: &str) {
    let (server, name) = address.rsplit_once('/').unwrap();
    let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.replace("{db}", name)))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// Runs a statement on a database of the tests.
pub async fn execute(address: &str, statement: &'static str) {
    let mut connection = PgConnection::connect(address).await.unwrap();
    sqlx::query(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

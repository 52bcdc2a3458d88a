//! Checks the database: it exists, belongs to this program, has a current schema, is writable, and has space. A
//! running service is not disturbed: nothing is created or changed.

use std::path::Path;
use std::time::Duration;

use super::finding::{Advice, Check, Finding, State};
use crate::secret::Secret;
use crate::store::examine::{self, DatabaseReport, Examined};
use crate::store::{ConnectionSecurity, StoreError};

/// The first SQLite without the bug that could damage a file in WAL mode (sqlite.org/wal.html, "WAL-reset").
const SQLITE_MIN: [u32; 3] = [3, 51, 3];

/// The oldest PostgreSQL with security updates.
const POSTGRES_MIN: u32 = 14;

/// Free bytes below which a person should make space, and below which events may soon be refused. The database
/// itself is small: about 10 KB per recording.
const ROOM_SMALL: u64 = 256 * 1024 * 1024;
const ROOM_NONE: u64 = 32 * 1024 * 1024;

/// Longest round trip to the server: every event and checkpoint takes several.
const LATENCY_HIGH: Duration = Duration::from_millis(50);
const LATENCY_TOO_HIGH: Duration = Duration::from_millis(500);

/// The findings, and true if the schema is current, so that the tables can be read.
pub(super) async fn examine(address: &Secret, is_usable: bool) -> (Vec<Finding>, bool) {
    if !is_usable {
        return (vec![open().not_tried("DATABASE_URL cannot be used; see settings.DATABASE_URL")], false);
    }
    match examine::examine(address).await {
        Err(error) => (vec![open().explained(State::Broken, refused(&error))], false),
        Ok(Examined::NoFile { path, folder, hindrance }) => {
            // If nothing can be written, free space does not matter.
            let room = hindrance.is_none().then(|| room(&folder));
            let findings = [no_file(&path, &folder, hindrance)].into_iter().chain(room).collect();
            (findings, false)
        }
        Ok(Examined::Sqlite { path, database }) => {
            let is_current = database.applied == database.known;
            let version = sqlite_version(&database.version);
            let findings = vec![tables(&database), writable(database), version, mode(&path), room(&path)];
            (findings, is_current)
        }
        Ok(Examined::Postgres { database, latency, may_create, way }) => {
            let is_current = database.applied == database.known;
            let version = postgres_version(&database.version);
            let findings = vec![
                tables(&database),
                tls(way),
                rights(may_create),
                writable(database),
                version,
                time(latency),
            ];
            (findings, is_current)
        }
    }
}

fn open() -> Check {
    Check::new("store.open", "opening the database of DATABASE_URL", "this program's database")
}

fn no_file(path: &Path, folder: &Path, hindrance: Option<std::io::Error>) -> Finding {
    let (path, folder) = (path.display(), folder.display());
    match hindrance {
        None => {
            open().ok(format!("there is none at {path} yet; `serve` creates it, and {folder} is writable"))
        }
        Some(error) => open().broken(
            format!("there is none at {path}, and it cannot be created: {folder}: {error}"),
            format!(
                "Give the service's user write access: `mkdir -p` the folder of {path} and `chown` it to \
                 that user; or set DATABASE_URL to another place"
            ),
        ),
    }
}

/// Explains a database's refusal.
fn refused(error: &StoreError) -> Advice {
    let said = error.to_string();
    let mend = match (error, error.code().as_str()) {
        (_, "28P01" | "28000") => {
            "The server refuses user or password: correct them in DATABASE_URL (`psql \"$DATABASE_URL\"` shows the \
             same), or allow this machine in the server's pg_hba.conf"
        }
        (_, "3D000") => "Create the database: `createdb NAME`, owned by the user in DATABASE_URL",
        (StoreError::Refused(_), _) => "Correct DATABASE_URL, or the pooler, as it says above",
        (StoreError::Damaged(_) | StoreError::Foreign(_), _) => {
            "Correct DATABASE_URL, or do as it says above"
        }
        (StoreError::Open { .. }, _) => {
            "Give the service's user read and write access to the file and its folder (`ls -l`, `chown`); if \
             another program locks it, end that program"
        }
        (StoreError::Exposed(_), _) => "Change DATABASE_URL as it says above",
        (StoreError::Unproved(_), _) => {
            "Check the certificate (`openssl s_client -starttls postgres -connect HOST:5432 -showcerts`), and name its \
             authority in sslrootcert"
        }
        (StoreError::NoAnswer(_), _) => {
            "Check that the server is up, and that no firewall blocks the connection"
        }
        _ if said.contains("onnection refused") => {
            "Start the server, or correct host and port in DATABASE_URL"
        }
        _ => {
            "Read the database server's log; `psql \"$DATABASE_URL\"` from this machine shows the same error"
        }
    };
    Advice::new(said, mend)
}

fn tables(database: &DatabaseReport) -> Finding {
    let DatabaseReport { applied, known, .. } = *database;
    let check = open();
    if applied > known {
        let found =
            format!("its tables are of a newer release (change {applied}, this program knows {known})");
        check.broken(found, "Install the newer release again: an older one must not write these tables")
    } else if applied == known {
        check.ok(format!("it belongs to this program, and its tables are up to date (change {known})"))
    } else if applied == 0 {
        check.ok("it is empty; `serve` creates the tables")
    } else {
        let found = format!("its tables are of an older release (change {applied} of {known})");
        check.warning(found, "Nothing to do: `serve` of this release brings them up to date when it starts")
    }
}

fn writable(database: DatabaseReport) -> Finding {
    let check = Check::new("store.writable", "writing the heartbeat that /readyz writes", "it is on disk");
    match database.written {
        None => check.not_tried("it has no tables yet"),
        Some(Ok(())) => check.ok("it was written"),
        Some(Err(error)) => {
            let mend = match error.code().as_str() {
                // SQLITE_READONLY, SQLITE_FULL, SQLITE_BUSY, SQLITE_IOERR: sqlite.org/rescode.html
                "8" => {
                    "Give the service's user write access to the file and its folder: `chown` both to that user"
                }
                "13" => "Free space on the disk of the database",
                "5" => {
                    "Another program has locked the file for seconds: find it with `fuser -v FILE` and end it"
                }
                "42501" => "Grant the user of DATABASE_URL the right to write this program's tables",
                "53100" => "Free space on the database server's disk",
                _ => "Check the disk, and read the database's log",
            };
            check.broken(format!("it was refused: {error}"), mend)
        }
    }
}

fn rights(may_create: bool) -> Finding {
    let check =
        Check::new("store.rights", "checking the right to create tables", "the user may create tables");
    if may_create {
        return check.ok("the user of DATABASE_URL may create tables");
    }
    check.broken(
        "the user of DATABASE_URL may not create tables, which the first start and new releases need",
        "As the database's owner: GRANT CREATE ON SCHEMA public TO the user of DATABASE_URL",
    )
}

fn numbers(version: &str) -> Vec<u32> {
    let version = version.split_whitespace().next().unwrap_or_default();
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

fn sqlite_version(version: &str) -> Finding {
    let least = SQLITE_MIN.map(|part| part.to_string()).join(".");
    let check = Check::new("store.version", "asking SQLite for its version", format!("{least} or newer"));
    if numbers(version).as_slice() >= SQLITE_MIN.as_slice() {
        return check.ok(format!("SQLite {version}"));
    }
    check.broken(
        format!("SQLite {version}, which can damage a database in WAL mode"),
        "Build the program with its bundled SQLite (`cargo build --locked --release`), or take a newer release",
    )
}

fn postgres_version(version: &str) -> Finding {
    let expected = format!("{POSTGRES_MIN} or newer");
    let check = Check::new("store.version", "asking the server for its version", expected);
    match numbers(version).first() {
        Some(major) if *major >= POSTGRES_MIN => check.ok(format!("PostgreSQL {version}")),
        _ => check.warning(
            format!("PostgreSQL {version}"),
            "Upgrade the server: this release gets no security updates",
        ),
    }
}

fn tls(way: ConnectionSecurity) -> Finding {
    let expected = "sslmode=verify-full, or a server on this machine";
    let check = Check::new("store.tls", "checking the encryption in DATABASE_URL", expected);
    match way {
        ConnectionSecurity::Local => check.ok("the server is on this machine"),
        ConnectionSecurity::Verified => check.ok("it is encrypted, and the server has proved itself by its certificate"),
        ConnectionSecurity::Open => check.warning(
            "nothing is encrypted (sslmode=disable): anyone on the network path can read everything, or pose as the server",
            "Nothing to do on a network of containers or in a private tunnel; else give the server a \
             certificate and set sslmode=verify-full, with sslrootcert=/path/to/ca.crt for an authority of your own",
        ),
    }
}

fn time(latency: Duration) -> Finding {
    let expected = format!("below {} ms", LATENCY_HIGH.as_millis());
    let check = Check::new("store.latency", "timing an empty statement", expected);
    let found = format!("{:.1} ms to the server and back", latency.as_secs_f64() * 1000.0);
    let mend = "Run the service near its database: in the same zone or machine";
    if latency > LATENCY_TOO_HIGH {
        check.broken(format!("{found}: answers to Zoom would take longer than its three seconds"), mend)
    } else if latency > LATENCY_HIGH {
        check.warning(found, mend)
    } else {
        check.ok(found)
    }
}

fn mode(path: &Path) -> Finding {
    let check = Check::new("store.mode", format!("checking the permissions of {}", path.display()), "0600");
    private(check, path, 0o077, "it contains tokens and download addresses")
}

/// Checks which other users may read a file: those in `others` of its mode.
pub(super) fn private(check: Check, path: &Path, others: u32, why: &str) -> Finding {
    use std::os::unix::fs::PermissionsExt;
    match std::fs::metadata(path) {
        Err(error) => check.not_tried(error.to_string()),
        Ok(file) => {
            let mode = file.permissions().mode() & 0o777;
            if mode & others == 0 {
                return check.ok(format!("{mode:04o}"));
            }
            let found = format!("{mode:04o}: others on this machine can read it, and {why}");
            check.warning(found, format!("chmod 600 {}", path.display()))
        }
    }
}

fn room(path: &Path) -> Finding {
    let mib = |bytes: u64| bytes / (1024 * 1024);
    let tried = format!("reading the free space on the disk of {}", path.display());
    let check = Check::new("store.space", tried, format!("at least {} MiB", mib(ROOM_SMALL)));
    let mend = "Free space on that disk, or set DATABASE_URL to another one: without space every event is refused (503)";
    match examine::free_space(path) {
        Err(error) => check.not_tried(error.to_string()),
        Ok(free) if free < ROOM_NONE => check.broken(format!("{} MiB are free", mib(free)), mend),
        Ok(free) if free < ROOM_SMALL => check.warning(format!("{} MiB are free", mib(free)), mend),
        Ok(free) => check.ok(format!("{} MiB are free", mib(free))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let sqlite = |version| sqlite_version(version).state;
        assert_eq!(["3.51.3", "3.52.0", "4.0.0", "3.100.1"].map(sqlite), [State::Ok; 4]);
        assert_eq!(["3.51.2", "3.9.9", "", "three"].map(sqlite), [State::Broken; 4]);
        let postgres = |version| postgres_version(version).state;
        assert_eq!(["14.1", "16.4 (Debian 16.4-1)"].map(postgres), [State::Ok; 2]);
        assert_eq!(["9.6.24", "13.2", "?"].map(postgres), [State::Warning; 3]);
    }

    #[test]
    fn tables_are_told_by_their_last_change() {
        let state = |applied| {
            tables(&DatabaseReport { version: String::new(), applied, known: 7, written: None }).state
        };
        assert_eq!([0, 3, 7, 8].map(state), [State::Ok, State::Warning, State::Ok, State::Broken]);
    }

    #[test]
    fn an_open_way_is_warned_of() {
        assert_eq!(
            [ConnectionSecurity::Local, ConnectionSecurity::Verified, ConnectionSecurity::Open]
                .map(|way| tls(way).state),
            [State::Ok, State::Ok, State::Warning]
        );
    }

    #[test]
    fn a_way_that_is_too_long_is_told_before_zoom_notices() {
        let state = |millis| time(Duration::from_millis(millis)).state;
        assert_eq!([1, 51, 501].map(state), [State::Ok, State::Warning, State::Broken]);
    }
}

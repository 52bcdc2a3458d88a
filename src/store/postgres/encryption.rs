//! Decides whether a connection to the server is allowed: nobody in between may impersonate the server or read the
//! traffic.
//!
//! The library's default is to request encryption, to continue without it when the server refuses, and to accept any
//! certificate: an impostor would get the password.

use std::net::IpAddr;
use std::path::Path;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use crate::store::StoreError;

/// Why the connection to the server is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionSecurity {
    /// It does not leave this machine: loopback, or a socket in the file system.
    Local,
    /// It is encrypted, and the server proves its name by its certificate.
    Verified,
    /// It is not encrypted, and `DATABASE_URL` allows that explicitly.
    Open,
}

/// Judges the connection with these options, which come from the address and from the environment.
///
/// # Errors
/// When it leaves this machine, is not verified, and the address does not allow that explicitly.
pub(in crate::store) fn judge(
    address: &str,
    options: &PgConnectOptions,
) -> Result<ConnectionSecurity, StoreError> {
    let mode = options.get_ssl_mode();
    // A host that begins with a slash is a folder with a socket.
    let is_local = options.get_socket().is_some()
        || options.get_host().starts_with('/')
        || is_loopback(options.get_host());
    match mode {
        PgSslMode::VerifyFull => Ok(ConnectionSecurity::Verified),
        _ if is_local => Ok(ConnectionSecurity::Local),
        // Only the address can allow it: the environment may be meant for another database.
        PgSslMode::Disable if said(address, &["sslmode", "ssl-mode"]).is_some() => {
            Ok(ConnectionSecurity::Open)
        }
        mode => Err(StoreError::Exposed(name(mode))),
    }
}

/// Fails when the file in `sslrootcert` cannot be read: the library would report that like a server that is not up.
pub(in crate::store) fn check_root(address: &str) -> Result<(), StoreError> {
    let Some(root) = said(address, &["sslrootcert", "ssl-root-cert", "ssl-ca"]) else { return Ok(()) };
    // The address may contain the certificate itself.
    if root.trim_start().starts_with("-----BEGIN") {
        return Ok(());
    }
    match std::fs::metadata(Path::new(&root)) {
        Ok(_) => Ok(()),
        Err(error) => Err(StoreError::Refused(format!("DATABASE_URL names sslrootcert={root}: {error}"))),
    }
}

/// The last value of any of these parameters in the address.
fn said(address: &str, names: &[&str]) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let said = url.query_pairs().filter(|(name, _)| names.contains(&name.as_ref()));
    said.last().map(|(_, value)| value.into_owned())
}

/// Addresses of this machine, and the one name that always means them. Other spellings may mean another machine.
fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_address = |address: IpAddr| address.to_canonical().is_loopback();
    host.parse().is_ok_and(is_address) || host.eq_ignore_ascii_case("localhost")
}

fn name(mode: PgSslMode) -> &'static str {
    match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(address: &str) -> Result<ConnectionSecurity, StoreError> {
        // As without any setting in the environment.
        let mut options: PgConnectOptions = address.parse().unwrap();
        if said(address, &["sslmode", "ssl-mode"]).is_none() {
            options = options.ssl_mode(PgSslMode::Prefer);
        }
        judge(address, &options)
    }

    #[test]
    fn what_does_not_leave_this_machine_needs_no_encryption() {
        let hosts =
            ["localhost", "LOCALHOST:5433", "127.0.0.1", "127.9.9.9:1", "[::1]", "%2Fvar%2Frun%2Fpostgresql"];
        for host in hosts {
            for end in ["", "?sslmode=prefer", "?sslmode=disable", "?sslmode=require"] {
                assert_eq!(
                    way(&format!("postgres://me:hunter2@{host}/x{end}")).unwrap(),
                    ConnectionSecurity::Local,
                    "{host}{end}"
                );
            }
        }
        assert_eq!(way("postgres://me@db.example.org/x?host=/tmp").unwrap(), ConnectionSecurity::Local);
        assert_eq!(
            way("postgres://me@db.example.org/x?hostaddr=127.0.0.1").unwrap(),
            ConnectionSecurity::Local
        );
    }

    #[test]
    fn beyond_it_the_server_must_prove_itself_or_the_address_must_say_otherwise() {
        let hosts = [
            "db.example.org",
            "10.0.0.1",
            "postgres",
            "[::2]",
            "[::ffff:10.0.0.1]",
            "localhost.example.org",
            "127.1",
            "0.0.0.0",
            "127.0.0.1.example.org",
            "x.localhost",
            "%6cocalhost",
        ];
        for host in hosts {
            let address = |end: &str| format!("postgres://me:hunter2@{host}/x{end}");
            for mode in ["", "prefer", "allow", "require", "verify-ca", "PREFER"] {
                let end = if mode.is_empty() { String::new() } else { format!("?sslmode={mode}") };
                let refused = way(&address(&end)).unwrap_err().to_string();
                assert!(
                    refused.contains("sslmode=verify-full") && refused.contains("sslmode=disable"),
                    "{refused}"
                );
                assert!(!refused.contains("hunter2"), "{refused}");
            }
            assert_eq!(way(&address("?sslmode=verify-full")).unwrap(), ConnectionSecurity::Verified);
            assert_eq!(way(&address("?sslmode=disable")).unwrap(), ConnectionSecurity::Open);
            // The last parameter counts, as for the library.
            assert!(way(&address("?sslmode=verify-full&sslmode=require")).is_err());
            assert!(way(&address("?sslmode=disable&ssl-mode=prefer")).is_err());
        }
        assert!(way("postgres://me@127.0.0.1/x?host=db.example.org").is_err());
    }

    #[test]
    fn only_the_address_can_say_that_an_open_way_is_wanted() {
        let address = "postgres://me@db.example.org/x";
        // As PGSSLMODE would set it.
        let by_environment =
            |mode| judge(address, &address.parse::<PgConnectOptions>().unwrap().ssl_mode(mode));
        assert!(by_environment(PgSslMode::Disable).is_err());
        assert_eq!(by_environment(PgSslMode::VerifyFull).unwrap(), ConnectionSecurity::Verified);
    }

    #[test]
    fn a_missing_root_certificate_is_named() {
        let address = |root: &str| {
            format!("postgres://me:hunter2@db.example.org/x?sslmode=verify-full&sslrootcert={root}")
        };
        let refused = check_root(&address("/nowhere/ca.crt")).unwrap_err().to_string();
        assert!(refused.contains("/nowhere/ca.crt") && !refused.contains("hunter2"), "{refused}");
        assert!(check_root(&address("/dev/null")).is_ok());
        assert!(check_root(&address("-----BEGIN%20CERTIFICATE-----")).is_ok());
        assert!(check_root("postgres://me@db.example.org/x").is_ok());
    }
}

//! Settings of the pages and the admin API: the tokens, and logins by a proxy in front.

use super::Reader;
use crate::secret::Secret;

/// Shortest token or secret, in bytes: a shorter one could be guessed.
const TOKEN_BYTES_MIN: usize = 16;

/// Longest name of a header, in bytes.
const HEADER_BYTES_MAX: usize = 64;

/// Headers that every browser can set or that mean something else here. None of them names a person.
const OTHER_HEADERS: [&str; 5] = ["authorization", "cookie", "host", "x-forwarded-for", "x-zoom2drive-proxy"];

/// A proxy that has logged people in names them in a header.
#[derive(Debug, Clone)]
pub struct ProxyLogin {
    /// The header's name, in lower case.
    pub user_header: String,
    /// Proves that a request comes from the proxy.
    pub secret: Secret,
    /// People who may act, as the proxy names them. All others may look.
    pub admins: Vec<String>,
}

/// The two tokens.
pub(super) fn admin_token(reader: &mut Reader) -> Option<Secret> {
    both_tokens(reader).0
}

pub(super) fn viewer_token(reader: &mut Reader) -> Option<Secret> {
    both_tokens(reader).1
}

/// Reads both, because they must differ: otherwise a person who may only look could act. A replaced token is compared
/// with the other one of the same moment.
fn both_tokens(reader: &mut Reader) -> (Option<Secret>, Option<Secret>) {
    let [admin, viewer] = ["ADMIN_TOKEN", "VIEWER_TOKEN"].map(|name| long_secret(reader, name));
    if admin.is_some() && admin == viewer {
        reader.fault("VIEWER_TOKEN", "equals ADMIN_TOKEN: it must be another text");
    }
    (admin, viewer)
}

fn long_secret(reader: &mut Reader, name: &'static str) -> Option<Secret> {
    let secret = reader.secret(name);
    if secret.as_ref().is_some_and(|secret| secret.expose().len() < TOKEN_BYTES_MIN) {
        reader.fault(name, &format!("is too short: expected at least {TOKEN_BYTES_MIN} characters"));
    }
    secret
}

pub(super) fn proxy_login(reader: &mut Reader) -> Option<ProxyLogin> {
    const HEADER: &str = "DASHBOARD_USER_HEADER";
    const SECRET: &str = "DASHBOARD_PROXY_SECRET";
    const ADMINS: &str = "DASHBOARD_ADMINS";
    let given = reader.text(HEADER);
    let user_header = given.as_deref().and_then(header_name);
    if given.is_some() && user_header.is_none() {
        reader.fault(HEADER, "is not the name of a header that a proxy sets");
    }
    let secret = long_secret(reader, SECRET);
    let admins = reader.text(ADMINS).unwrap_or_default();
    let admins: Vec<String> =
        admins.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    match (given.is_some(), secret.is_some()) {
        (true, false) => reader.fault(SECRET, "is missing: DASHBOARD_USER_HEADER needs it"),
        (false, true) => reader.fault(HEADER, "is missing: DASHBOARD_PROXY_SECRET needs it"),
        (false, false) if !admins.is_empty() => {
            reader.fault(HEADER, "is missing: DASHBOARD_ADMINS names people of a proxy");
        }
        _ => {}
    }
    Some(ProxyLogin { user_header: user_header?, secret: secret?, admins })
}

fn header_name(text: &str) -> Option<String> {
    let is_name = text.len() <= HEADER_BYTES_MAX
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && text.bytes().any(|byte| byte.is_ascii_alphanumeric());
    let name = text.to_ascii_lowercase();
    Some(name).filter(|name| is_name && !OTHER_HEADERS.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a-secret-of-the-proxy";

    fn read(pairs: &[(&str, &str)]) -> (Option<ProxyLogin>, Vec<String>) {
        let mut reader = Reader::from_pairs(pairs.iter().copied());
        let read = proxy_login(&mut reader);
        let faults = reader.finish().err().map(|error| error.into_faults()).unwrap_or_default();
        (read, faults.into_iter().map(|fault| fault.name).collect())
    }

    #[test]
    fn a_login_by_a_proxy_needs_the_header_and_the_secret() {
        let header = ("DASHBOARD_USER_HEADER", "X-Forwarded-Email");
        let secret = ("DASHBOARD_PROXY_SECRET", SECRET);
        let admins = ("DASHBOARD_ADMINS", "ann@example.org, bo@example.org,");
        let (read_all, faults) = read(&[header, secret, admins]);
        let login = read_all.unwrap();
        assert_eq!((login.user_header.as_str(), faults), ("x-forwarded-email", Vec::new()));
        assert_eq!(login.admins, ["ann@example.org", "bo@example.org"]);
        assert_eq!(read(&[]).1, [""; 0]);
        assert!(read(&[]).0.is_none());
        for (given, missing) in [
            (&[header][..], "DASHBOARD_PROXY_SECRET"),
            (&[secret], "DASHBOARD_USER_HEADER"),
            (&[admins], "DASHBOARD_USER_HEADER"),
            (&[header, ("DASHBOARD_PROXY_SECRET", "short")], "DASHBOARD_PROXY_SECRET"),
            (&[secret, ("DASHBOARD_USER_HEADER", "X Mail")], "DASHBOARD_USER_HEADER"),
            (&[secret, ("DASHBOARD_USER_HEADER", "-")], "DASHBOARD_USER_HEADER"),
            (&[secret, ("DASHBOARD_USER_HEADER", "Cookie")], "DASHBOARD_USER_HEADER"),
            (&[secret, ("DASHBOARD_USER_HEADER", "X-Zoom2drive-Proxy")], "DASHBOARD_USER_HEADER"),
        ] {
            assert_eq!(read(given).1, [missing], "{given:?}");
        }
    }

    #[test]
    fn two_equal_tokens_are_a_fault_wherever_they_are_read() {
        let pairs = [("ADMIN_TOKEN", SECRET), ("VIEWER_TOKEN", SECRET)];
        for token in [admin_token, viewer_token] {
            let mut reader = Reader::from_pairs(pairs);
            token(&mut reader);
            assert_eq!(reader.finish().unwrap_err().faults()[0].name, "VIEWER_TOKEN");
        }
        let mut reader =
            Reader::from_pairs([("ADMIN_TOKEN", SECRET), ("VIEWER_TOKEN", "for-those-who-look")]);
        assert!(admin_token(&mut reader).is_some() && viewer_token(&mut reader).is_some());
        reader.finish().unwrap();
    }
}

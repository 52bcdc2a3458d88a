//! People whom a proxy in front has logged in: it names them in a header, and proves with a secret in another one that
//! it is the proxy.
//!
//! The proxy's address proves nothing: every container of a bridge has such an address. A request whose headers are not
//! exactly as agreed is treated as if it had none of them.

use axum::http::{HeaderMap, HeaderName};

use super::login;
use crate::admin::access::{Role, is_right, only};
use crate::secret::Secret;

/// The header with the proxy's secret.
const PROXY: HeaderName = HeaderName::from_static("x-zoom2drive-proxy");

/// A proxy that logs people in.
#[derive(Debug, Clone)]
pub struct TrustedProxy {
    user_header: HeaderName,
    secret: Secret,
    admins: Vec<String>,
}

impl TrustedProxy {
    /// `None` if no header can have this name.
    pub fn new(user_header: &str, secret: Secret, admins: Vec<String>) -> Option<Self> {
        let user_header = HeaderName::from_bytes(user_header.as_bytes()).ok()?;
        Some(Self { user_header, secret, admins })
    }

    /// The person's name and role, if the proxy has named one.
    pub(super) fn person(&self, headers: &HeaderMap) -> Option<(String, Role)> {
        only(headers, &PROXY).filter(|secret| is_right(secret, &self.secret))?;
        let exact = only(headers, &self.user_header)?.trim();
        // Shortened for people to read; who may act is decided by the whole name.
        let name = Some(login::named(exact)).filter(|name| !name.is_empty())?;
        let is_admin = self.admins.iter().any(|admin| admin == exact);
        Some((name, if is_admin { Role::Admin } else { Role::Viewer }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a-secret-of-the-proxy";

    fn person(headers: &[(&'static str, &str)]) -> Option<(String, Role)> {
        let admins = vec!["ann@example.org".to_owned()];
        let proxy = TrustedProxy::new("x-forwarded-email", Secret::new(SECRET), admins).unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        proxy.person(&map)
    }

    #[test]
    fn a_name_counts_beside_the_secret_only() {
        let named =
            |name: &'static str| person(&[("x-zoom2drive-proxy", SECRET), ("x-forwarded-email", name)]);
        assert_eq!(named("ann@example.org"), Some(("ann@example.org".to_owned(), Role::Admin)));
        assert_eq!(named("bo@example.org"), Some(("bo@example.org".to_owned(), Role::Viewer)));
        // Nobody becomes an admin by a name that looks like one.
        for name in ["Ann@example.org", "ann@example.orgx", "ann@example.org,bo", "ann@example.org bo"] {
            assert_eq!(named(name).unwrap().1, Role::Viewer, "{name}");
        }
        let long = Box::leak(format!("ann@example.org{}", "x".repeat(500)).into_boxed_str());
        assert_eq!(named(long).map(|(name, role)| (name.len(), role)), Some((80, Role::Viewer)));
        let name = ("x-forwarded-email", "ann@example.org");
        for headers in [
            &[name][..],
            &[name, ("x-zoom2drive-proxy", "")],
            &[name, ("x-zoom2drive-proxy", "a-secret-of-the-prox")],
            &[name, ("x-zoom2drive-proxy", SECRET), ("x-zoom2drive-proxy", SECRET)],
            &[name, ("x-zoom2drive-proxy", SECRET), ("x-zoom2drive-proxy", "wrong")],
            &[name, name, ("x-zoom2drive-proxy", SECRET)],
            &[("x-zoom2drive-proxy", SECRET)],
            &[("x-zoom2drive-proxy", SECRET), ("x-forwarded-email", " ")],
        ] {
            assert_eq!(person(headers), None, "{headers:?}");
        }
    }
}

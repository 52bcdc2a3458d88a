//! Parses single values: sizes, durations, addresses, hosts. Pure.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use url::Url;

/// A size: `8MiB`, `256KiB`, `1GiB`, decimal `750GB`, `2TB`, or plain bytes.
pub fn size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let factor: u64 = match text.get(digits.len()..)?.trim() {
        "" | "B" => 1,
        "KiB" | "K" => 1024,
        "MiB" | "M" => 1024 * 1024,
        "GiB" | "G" => 1024 * 1024 * 1024,
        "kB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// A duration: `500ms`, `90s`, `5m`, `24h`, `3d`, or `0`. At most a year.
pub fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number: u64 = digits.parse().ok()?;
    let millis = match text.get(digits.len()..)?.trim() {
        "" if number == 0 => 0,
        "ms" => number,
        "s" => number.checked_mul(1000)?,
        "m" => number.checked_mul(60 * 1000)?,
        "h" => number.checked_mul(3600 * 1000)?,
        "d" => number.checked_mul(24 * 3600 * 1000)?,
        _ => return None,
    };
    let year = Duration::from_secs(366 * 24 * 3600);
    Some(Duration::from_millis(millis)).filter(|duration| *duration <= year)
}

/// An address and port: `127.0.0.1:8080`, `[::1]:8080`.
pub fn socket(text: &str) -> Option<SocketAddr> {
    text.parse().ok()
}

/// The base address of an API: https, or http on loopback; no query, no credentials, no slash at its end.
pub fn base_url(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim_end_matches('/')).ok()?;
    let plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    (plain && is_safe_scheme(&url)).then_some(url)
}

/// True if credentials may be sent there: https, or http that stays on this machine.
pub fn is_safe_scheme(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.host_str().is_some(),
        "http" => url.host_str().is_some_and(is_loopback),
        _ => false,
    }
}

/// True if a host is this machine by its name: `localhost`, `127.0.0.1`, `[::1]`.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A host, or all hosts below a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostRule {
    /// This host only.
    Exactly(String),
    /// `*.zoom.us`: any name that ends in `.zoom.us`.
    Below(String),
}

impl HostRule {
    /// True if the rule allows this host, which must be lower case (as `Url` makes it).
    pub fn allows(&self, host: &str) -> bool {
        match self {
            HostRule::Exactly(name) => host == name,
            // An IP address has no names below it: `*.0.0.1` does not allow loopback.
            HostRule::Below(domain) => {
                let is_below =
                    host.strip_suffix(domain.as_str()).is_some_and(|sub| sub.ends_with('.') && sub.len() > 1);
                is_below && host.parse::<IpAddr>().is_err()
            }
        }
    }
}

/// Comma-separated hosts: `zoom.us,*.zoom.us`.
pub fn host_rules(text: &str) -> Option<Vec<HostRule>> {
    let rules = text.split(',').map(|part| host_rule(part.trim())).collect::<Option<Vec<_>>>()?;
    (!rules.is_empty()).then_some(rules)
}

fn host_rule(text: &str) -> Option<HostRule> {
    // A port is ignored: the rule is about hosts.
    let text = match text.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() && (!host.contains(':') || host.ends_with(']')) => {
            host
        }
        _ => text,
    };
    let is_name = |name: &str| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '[' | ']'))
    };
    match text.strip_prefix("*.") {
        // A star over a whole top-level domain would allow any attacker's host.
        Some(domain) if is_name(domain) && domain.contains('.') => {
            Some(HostRule::Below(domain.to_ascii_lowercase()))
        }
        Some(_) => None,
        None => is_name(text).then(|| HostRule::Exactly(text.to_ascii_lowercase())),
    }
}

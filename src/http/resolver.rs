//! Restricts downloads to public addresses.
//!
//! The name of a download's host comes from outside. Even an allowed name must not lead into the network of this
//! service (a stolen DNS entry, a wildcard that answers 169.254.169.254), so the resolved addresses are checked
//! before a connection is made. The check and the connection use the same addresses, so a second DNS answer cannot
//! differ. IP addresses in a URL do not come here; `ZOOM_DOWNLOAD_HOSTS` must list them. Behind a proxy
//! (`HTTPS_PROXY`), host names do not come here either: the proxy resolves them, and must refuse addresses that are
//! not public. The doctor warns about that.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use hyper_util::client::legacy::connect::dns;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tower::Service;

use crate::config::{HostRule, is_loopback};

/// Resolves a name to addresses.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// Resolves the names of download hosts, to public addresses only.
#[derive(Clone)]
pub struct PublicOnly {
    hosts: Arc<[HostRule]>,
    lookup: Lookup,
}

impl std::fmt::Debug for PublicOnly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublicOnly").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// The name resolves to no address that may be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} has no public address")]
pub struct NoPublicAddress(String);

impl PublicOnly {
    /// For these hosts, with the system's resolver.
    pub fn new(hosts: &[HostRule]) -> Self {
        Self::with_lookup(hosts, Arc::new(|name| system(name).boxed()))
    }

    /// For these hosts, with another resolver.
    pub fn with_lookup(hosts: &[HostRule], lookup: Lookup) -> Self {
        Self { hosts: hosts.into(), lookup }
    }
}

impl PublicOnly {
    /// The addresses of a name that may be used. Port 0 stands for the port in the URL.
    fn addresses(&self, name: &str) -> Resolving {
        let (hosts, lookup, name) = (self.hosts.clone(), self.lookup.clone(), name.to_ascii_lowercase());
        Box::pin(async move {
            let found = lookup(name.clone()).await?;
            let usable = usable(&name, &hosts, found)?;
            let addresses: Addrs = Box::new(usable.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

/// For reqwest's client.
impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        self.addresses(name.as_str())
    }
}

/// For hyper's client.
impl Service<dns::Name> for PublicOnly {
    type Response = Addrs;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Resolving;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: dns::Name) -> Resolving {
        self.addresses(name.as_str())
    }
}

async fn system(name: String) -> io::Result<Vec<IpAddr>> {
    Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
}

/// Returns the addresses of a name that may be used.
///
/// The host of every request was checked against `hosts` before. So a name that they do not contain is the proxy's:
/// the operator chose it, and a proxy mostly has a private address. `localhost` resolves to loopback if the
/// operator lists it.
///
/// # Errors
/// When no address is left.
fn usable(name: &str, hosts: &[HostRule], found: Vec<IpAddr>) -> Result<Vec<IpAddr>, NoPublicAddress> {
    let is_download = hosts.iter().any(|rule| rule.allows(name));
    let may_be_loopback = is_loopback(name);
    let is_usable =
        |ip: &IpAddr| !is_download || if may_be_loopback { ip.is_loopback() } else { is_public(*ip) };
    let usable: Vec<IpAddr> = found.into_iter().filter(is_usable).collect();
    if usable.is_empty() { Err(NoPublicAddress(name.to_owned())) } else { Ok(usable) }
}

/// True if a host on the public internet can have this address, by IANA's registries of special-purpose addresses.
/// An IPv4 address inside an IPv6 one is judged as IPv4.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let special = match ip.octets() {
        // "This network", private, carrier-grade NAT, loopback, link-local (cloud metadata with secrets).
        [0 | 10 | 127, ..] | [100, 64..=127, ..] | [169, 254, ..] | [172, 16..=31, ..] => true,
        // Protocol assignments, documentation, old 6to4 relays, private.
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [192, 168, ..] => true,
        // Benchmarks, documentation.
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        // Multicast, reserved, broadcast.
        [224..=255, ..] => true,
        _ => false,
    };
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let embedded =
        |high: u16, low: u16| is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match ip.segments() {
        // Mapped IPv4, and NAT64's well-known prefix.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        // 6to4.
        [0x2002, high, low, ..] => embedded(high, low),
        // Teredo and other protocols, documentation (twice).
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        // All global unicast addresses assigned so far. Loopback, link-local, unique local and multicast addresses
        // are outside.
        [0x2000..=0x3fff, ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn public_addresses_are_told_from_all_others() {
        let public = "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.0.0.1 169.253.1.1 172.15.0.1 \
            172.32.0.1 192.0.1.1 192.167.0.1 198.17.0.1 198.20.0.1 223.255.255.255 2606:4700::1111 \
            2001:4860:4860::8888 2a00:1450::1 ::ffff:1.1.1.1 64:ff9b::101:101 2002:101:101::1";
        let others = "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254 \
            172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 \
            198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 \
            ::ffff:169.254.169.254 ::127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe \
            64:ff9b:1::101:101 100::1 2001::1 2001:10::1 2001:db8::1 2002:7f00:1::1 2002:a9fe:a9fe::1 \
            2002:c0a8:101::1 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1";
        for address in public.split(' ') {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in others.split(' ') {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn allowed_names_lead_to_public_addresses_only() {
        let hosts = [HostRule::Below("zoom.us".into()), HostRule::Exactly("localhost".into())];
        let usable = |name, found: &[&str]| usable(name, &hosts, ips(found)).map_err(|error| error.0);
        let mixed = ["127.0.0.1", "1.1.1.1", "fd00::1", "169.254.169.254", "::"];
        assert_eq!(usable("files.zoom.us", &mixed), Ok(ips(&["1.1.1.1"])));
        assert_eq!(usable("files.zoom.us", &mixed[2..]), Err("files.zoom.us".to_owned()));
        assert_eq!(usable("files.zoom.us", &[]), Err("files.zoom.us".to_owned()));
        // The operator lists the name: it resolves to loopback only.
        assert_eq!(usable("localhost", &mixed), Ok(ips(&["127.0.0.1"])));
        // The operator's proxy.
        assert_eq!(usable("proxy.lan", &["10.0.0.7"]), Ok(ips(&["10.0.0.7"])));
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_never_connected_to() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let home: Lookup = Arc::new(|_name| async { Ok(ips(&["127.0.0.1", "::1"])) }.boxed());
        let get = async |hosts: &[HostRule], name: &str| {
            let resolver = PublicOnly::with_lookup(hosts, home.clone());
            let client =
                crate::http::build(|builder| builder.no_proxy().dns_resolver(resolver.clone()), None);
            let request = client.unwrap().get(format!("http://{name}:{port}/")).bearer_auth("token");
            tokio::select! {
                failed = request.send() => crate::http::describe(&failed.unwrap_err()),
                accepted = listener.accept() => accepted.map(|_| "connected".to_owned()).unwrap(),
            }
        };
        let zoom = [HostRule::Below("zoom.us".into())];
        let refused = get(&zoom, "files.zoom.us").await;
        assert!(refused.contains("no public address"), "{refused}");
        // The same listener under an allowed name: this shows that the test would notice a connection.
        assert_eq!(get(&[HostRule::Exactly("localhost".into())], "localhost").await, "connected");
    }
}

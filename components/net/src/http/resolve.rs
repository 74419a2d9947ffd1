//! Names to addresses: [resolve a domain](https://fetch.spec.whatwg.org/#resolve-a-domain).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind};
use url::Host;

use crate::config::ResolveConfig;

/// The addresses of a host, in the order in which to try them.
pub(crate) async fn resolve(
    config: &ResolveConfig,
    host: &Host<String>,
    port: u16,
) -> Result<Vec<SocketAddr>, NetworkError> {
    if let Some(address) = config.overridden(&host.to_string(), port) {
        return Ok(vec![address]);
    }
    match host {
        Host::Ipv4(address) => literal(config, (*address).into(), port),
        Host::Ipv6(address) => literal(config, (*address).into(), port),
        Host::Domain(domain) if is_localhost(domain) => Ok(vec![
            SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port),
            SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port),
        ]),
        Host::Domain(domain) if config.is_closed() => Err(not_resolved(
            domain,
            "the network is closed: only names with a resolve override and localhost resolve",
        )),
        Host::Domain(domain) => {
            let found = tokio::net::lookup_host((domain.as_str(), port)).await;
            let addresses: Vec<SocketAddr> =
                found.map_err(|e| not_resolved(domain, &e.to_string()))?.collect();
            if addresses.is_empty() {
                return Err(not_resolved(domain, "it has no address"));
            }
            Ok(interleave(addresses))
        }
    }
}

fn literal(config: &ResolveConfig, address: IpAddr, port: u16) -> Result<Vec<SocketAddr>, NetworkError> {
    if config.is_closed() && !address.is_loopback() {
        let message = format!("{address} cannot be reached: the network is closed");
        return Err(NetworkError::new(NetworkErrorKind::Unreachable, message));
    }
    Ok(vec![SocketAddr::new(address, port)])
}

/// [Let localhost be localhost](https://datatracker.ietf.org/doc/html/draft-ietf-dnsop-let-localhost-be-localhost).
fn is_localhost(domain: &str) -> bool {
    let domain = domain.trim_end_matches('.');
    domain == "localhost" || domain.ends_with(".localhost")
}

fn not_resolved(domain: &str, why: &str) -> NetworkError {
    NetworkError::new(NetworkErrorKind::NameNotResolved, format!("the name {domain} does not resolve: {why}"))
}

/// Address families in turn, the resolver's first one first
/// ([RFC 8305](https://www.rfc-editor.org/rfc/rfc8305.html#section-4)).
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let mut second = second.into_iter();
    let mut ordered = Vec::new();
    for address in first {
        ordered.push(address);
        ordered.extend(second.next());
    }
    ordered.extend(second);
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn families_take_turns() {
        let given = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"].map(address);
        let expected = ["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"].map(address);
        assert_eq!(interleave(given.to_vec()), expected);
    }

    #[tokio::test]
    async fn a_closed_network_knows_overrides_and_loopback_only() {
        let mut config = ResolveConfig::default();
        config.add("*.web-platform.test:*:127.0.0.1").unwrap();
        config.close();
        let host = |text: &str| Host::parse(text).unwrap();
        let resolved = async |text: &str| resolve(&config, &host(text), 80).await.map_err(|e| e.kind);
        assert_eq!(resolved("www.web-platform.test").await, Ok(vec![address("127.0.0.1:80")]));
        assert_eq!(resolved("localhost").await.map(|a| a.len()), Ok(2));
        assert_eq!(resolved("127.0.0.2").await, Ok(vec![address("127.0.0.2:80")]));
        assert_eq!(resolved("example.com").await, Err(NetworkErrorKind::NameNotResolved));
        assert_eq!(resolved("10.0.0.1").await, Err(NetworkErrorKind::Unreachable));
    }
}

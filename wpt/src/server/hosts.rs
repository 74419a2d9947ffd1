//! The names that the tests use.

/// The host that tests are loaded from.
pub const HOST: &str = "web-platform.test";

/// The other site.
pub const OTHER_HOST: &str = "not-web-platform.test";

/// Subdomains of both, each also below each.
const SUBDOMAINS: [&str; 5] = ["www", "www1", "www2", "xn--n8j6ds53lwwkrqhv28a", "xn--lve-6lad"];

/// All names that resolve: both hosts and their subdomains, one and two levels deep.
#[must_use]
pub fn resolving() -> Vec<String> {
    let mut names = Vec::new();
    for host in [HOST, OTHER_HOST] {
        names.push(host.to_owned());
        for first in SUBDOMAINS {
            names.push(format!("{first}.{host}"));
            names.extend(SUBDOMAINS.map(|second| format!("{first}.{second}.{host}")));
        }
    }
    names
}

/// Those of them that tests store something at: the hosts and their own subdomains.
#[must_use]
pub fn storing() -> Vec<String> {
    let name = |host: &str| {
        let below = SUBDOMAINS.map(|subdomain| format!("{subdomain}.{host}"));
        std::iter::once(host.to_owned()).chain(below).collect::<Vec<_>>()
    };
    [HOST, OTHER_HOST].into_iter().flat_map(name).collect()
}

/// The same names as patterns, where `*` stands for one or more labels. Names that tests rely on not to resolve, such
/// as `nonexistent.web-platform.test`, fit none of them.
#[must_use]
pub fn patterns() -> Vec<String> {
    let mut patterns = Vec::new();
    for host in [HOST, OTHER_HOST] {
        patterns.push(host.to_owned());
        for subdomain in SUBDOMAINS {
            patterns.push(format!("{subdomain}.{host}"));
            patterns.push(format!("*.{subdomain}.{host}"));
        }
    }
    patterns
}

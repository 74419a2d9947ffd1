//! [Partitioned cookies](https://www.ietf.org/archive/id/draft-cutler-httpbis-partitioned-cookies-01.html) (CHIPS): those that a
//! site has only below one top-level site.

use bgfetch_policy::site::{Site, same_site};
use bgfetch_traits::policy::Client;
use url::Url;

/// The cookie partition key: what partitioned cookies are kept by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CookiePartition {
    /// The top-level site.
    pub(crate) site: Site,
    /// Whether another site is between it and whoever gets the cookies, or they are of another site themselves.
    pub(crate) cross_site: bool,
}

impl CookiePartition {
    /// Of what a client asks of `url`, or of its own document's cookies.
    pub(crate) fn of(client: &Client, url: &Url) -> Self {
        let target = url.origin();
        let mut within = client.ancestor_origins.iter().chain([&client.origin, &client.top_level_origin]);
        Self {
            site: Site::of(&client.top_level_origin),
            cross_site: !within.all(|origin| same_site(origin, &target)),
        }
    }

    /// Of a document that is itself the top level.
    pub(crate) fn of_top_level(url: &Url) -> Self {
        Self { site: Site::of(&url.origin()), cross_site: false }
    }

    /// As it is stored: its site's scheme and host. What is of an opaque origin is not.
    pub(super) fn stored(&self) -> Option<(&str, &str, bool)> {
        match &self.site {
            Site::Opaque(_) => None,
            Site::SchemeAndHost(scheme, host) => Some((scheme, host, self.cross_site)),
        }
    }
}

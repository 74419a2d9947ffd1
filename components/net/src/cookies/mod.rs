//! [Cookies](https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html), kept by `cookie_store`, with the
//! rules of the newer standard that it does not know: public suffixes, `SameSite`, name prefixes, dates in any order.

mod date;
mod partition;
mod persist;

use std::collections::HashMap;

use cookie_store::{Cookie, CookieDomain, CookieStore, RawCookie};
use url::{Host, Url};

use bgfetch_policy::site::{is_public_suffix, registrable_domain};

pub(crate) use partition::CookiePartition;
pub(crate) use persist::CookieFile;

/// The [same-site mode](https://fetch.spec.whatwg.org/#determine-the-same-site-mode) of a request: which cookies
/// go with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::enum_variant_names, reason = "the names are the standard's")]
pub(crate) enum SameSiteMode {
    /// Only cookies with `SameSite=None`.
    UnsetOrLess,
    /// Also `SameSite=Lax`.
    LaxOrLess,
    /// All cookies.
    StrictOrLess,
}

/// RFC 6265bis allows to ignore longer cookies.
const LONGEST_COOKIE: usize = 4096;
/// How many cookies one host may have; RFC 6265bis asks for at least 50.
const MOST_PER_HOST: usize = 180;

/// All cookies of a profile.
#[derive(Debug, Default)]
pub(crate) struct CookieJar {
    store: CookieStore,
    partitioned: HashMap<CookiePartition, CookieStore>,
    changed: bool,
}

/// Why a cookie was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CookieRefused {
    #[error("it is longer than {LONGEST_COOKIE} bytes")]
    TooLong,
    #[error("it is not a cookie")]
    Malformed,
    #[error("its Domain is a public suffix")]
    PublicSuffix,
    #[error("Secure needs a secure connection")]
    Insecure,
    #[error("it would replace a Secure cookie from an insecure connection")]
    WouldReplaceSecure,
    #[error("Partitioned needs Secure")]
    PartitionedWithoutSecure,
    #[error("SameSite=None needs Secure")]
    SameSiteNoneWithoutSecure,
    #[error("a SameSite cookie cannot be set by a request from another site")]
    CrossSite,
    #[error("its name's prefix asks for attributes that it does not have")]
    Prefix,
    #[error("HttpOnly cookies are not for scripts")]
    HttpOnly,
    #[error("its Domain or expiry does not let it be stored")]
    Store,
}

impl CookieJar {
    /// A jar with what was kept of earlier sessions.
    pub(crate) fn new(store: CookieStore, partitioned: HashMap<CookiePartition, CookieStore>) -> Self {
        Self { store, partitioned, changed: false }
    }

    /// [Retrieve](https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-retrieval-algorithm) and
    /// serialize the cookies for a request to `url`: the value of `Cookie`, or `None` if there are none.
    pub(crate) fn header_for(
        &self,
        url: &Url,
        mode: SameSiteMode,
        partition: &CookiePartition,
    ) -> Option<String> {
        self.serialize(url, true, mode, partition)
    }

    /// `document.cookie`: what a script of `url` may read, below another site only what is `SameSite=None`.
    pub(crate) fn for_script(&self, url: &Url, partition: &CookiePartition) -> String {
        let mode = if partition.cross_site { SameSiteMode::UnsetOrLess } else { SameSiteMode::StrictOrLess };
        self.serialize(url, false, mode, partition).unwrap_or_default()
    }

    fn serialize(
        &self,
        url: &Url,
        http_only_allowed: bool,
        mode: SameSiteMode,
        partition: &CookiePartition,
    ) -> Option<String> {
        let stores = std::iter::once(&self.store).chain(self.partitioned.get(partition));
        let mut cookies: Vec<&Cookie<'_>> = stores
            .flat_map(|store| store.matches(url))
            .filter(|c| http_only_allowed || c.http_only() != Some(true))
            .filter(|c| mode >= needed_mode(c))
            .collect();
        // Longer paths first. The store does not keep creation times: names make the order the same every time.
        cookies.sort_by(|a, b| (b.path.len(), a.name()).cmp(&(a.path.len(), b.name())));
        let pairs: Vec<String> = cookies
            .iter()
            .map(|c| {
                if c.name().is_empty() { c.value().to_owned() } else { format!("{}={}", c.name(), c.value()) }
            })
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// [Parse and store a cookie](https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-storage-model)
    /// from a `Set-Cookie` header (`from_http`) or from `document.cookie`.
    pub(crate) fn set(&mut self, cookie: &str, url: &Url, from: Setter<'_>) -> Result<(), CookieRefused> {
        let Setter { from_http, same_site_allowed, partition } = from;
        if cookie.len() > LONGEST_COOKIE {
            return Err(CookieRefused::TooLong);
        }
        let mut raw = RawCookie::parse(date::with_http_date(cookie)).map_err(|_| CookieRefused::Malformed)?;
        check_attributes(&raw, url, from_http, same_site_allowed)?;
        let domain = raw.domain().map(|d| d.trim_start_matches('.').to_ascii_lowercase());
        if let Some(suffix) = domain.filter(|domain| is_public_suffix(domain)) {
            if url.host_str() != Some(suffix.as_str()) {
                return Err(CookieRefused::PublicSuffix);
            }
            raw.unset_domain();
        }
        let parsed = Cookie::try_from_raw_cookie(&raw, url).map_err(|_| CookieRefused::Store)?.into_owned();
        let store = match raw.partitioned() {
            Some(true) => self.partitioned.entry(partition.clone()).or_default(),
            _ => &mut self.store,
        };
        let old = existing(store, &parsed);
        if old.is_some_and(|old| old.secure() == Some(true)) && !is_secure(url) {
            return Err(CookieRefused::WouldReplaceSecure);
        }
        if old.is_some_and(|old| old.http_only() == Some(true)) && !from_http {
            return Err(CookieRefused::HttpOnly);
        }
        store.insert(parsed, url).map_err(|_| CookieRefused::Store)?;
        self.changed = true;
        collect_garbage(store, url);
        Ok(())
    }

    /// Forgets the cookies that `url`'s host would get, or all.
    pub(crate) fn clear(&mut self, url: Option<&Url>) {
        self.changed = true;
        let Some(url) = url else {
            self.store.clear();
            self.partitioned.clear();
            return;
        };
        for store in self.partitioned.values_mut().chain([&mut self.store]) {
            remove_all(store, |cookie| cookie.domain.matches(url));
        }
        // Also what the site's own documents let others keep.
        let own = CookiePartition::of_top_level(url).site;
        self.partitioned.retain(|partition, _| partition.site != own);
    }

    /// Forgets the cookies of all hosts with the [registrable domain](https://url.spec.whatwg.org/#host-registrable-domain) of
    /// a URL's host, as far as who gets those of `partition` sees them.
    pub(crate) fn clear_site(&mut self, url: &Url, partition: &CookiePartition) {
        self.changed = true;
        let Some(host) = url.host_str() else { return };
        let site = registrable_domain(host).unwrap_or(host);
        for store in self.partitioned.get_mut(partition).into_iter().chain([&mut self.store]) {
            remove_all(store, |cookie| {
                let domain = String::from(&cookie.domain);
                registrable_domain(&domain).unwrap_or(&domain) == site
            });
        }
    }

    /// Whether something changed since this was asked last.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }
}

/// Who sets a cookie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setter<'a> {
    /// A `Set-Cookie` header; otherwise a script.
    pub(crate) from_http: bool,
    /// Whether it may set cookies with `SameSite`.
    pub(crate) same_site_allowed: bool,
    /// Where partitioned cookies go.
    pub(crate) partition: &'a CookiePartition,
}

/// The cookie that `new` would replace.
fn existing<'a>(store: &'a CookieStore, new: &Cookie<'_>) -> Option<&'a Cookie<'a>> {
    let domain = match &new.domain {
        CookieDomain::HostOnly(domain) | CookieDomain::Suffix(domain) => domain,
        CookieDomain::NotPresent | CookieDomain::Empty => return None,
    };
    store.get(domain, &new.path, new.name())
}

/// [Garbage collect cookies](https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-garbage-collect-cookies)
/// of a host that has too many: those that expire first go first.
fn collect_garbage(store: &mut CookieStore, url: &Url) {
    let mut cookies: Vec<_> = store
        .iter_any()
        .filter(|c| c.domain.matches(url))
        .map(|c| {
            let lifetime = match c.expires {
                cookie_store::CookieExpiration::AtUtc(at) => Some(at.unix_timestamp()),
                cookie_store::CookieExpiration::SessionEnd => None,
            };
            (
                lifetime.map_or(i64::MAX, |at| at),
                String::from(&c.domain),
                String::from(&c.path),
                c.name().to_owned(),
            )
        })
        .collect();
    if cookies.len() <= MOST_PER_HOST {
        return;
    }
    cookies.sort();
    let surplus = cookies.len() - MOST_PER_HOST;
    for (_, domain, path, name) in cookies.into_iter().take(surplus) {
        store.remove(&domain, &path, &name);
    }
}

fn remove_all(store: &mut CookieStore, which: impl Fn(&Cookie<'_>) -> bool) {
    let doomed: Vec<_> = store
        .iter_any()
        .filter(|cookie| which(cookie))
        .map(|c| (String::from(&c.domain), String::from(&c.path), c.name().to_owned()))
        .collect();
    for (domain, path, name) in doomed {
        store.remove(&domain, &path, &name);
    }
}

/// The least same-site mode that a cookie goes with; without the attribute, as `Lax`.
fn needed_mode(cookie: &RawCookie<'_>) -> SameSiteMode {
    match cookie.same_site().map(|s| (s.is_none(), s.is_strict())) {
        Some((true, _)) => SameSiteMode::UnsetOrLess,
        Some((_, true)) => SameSiteMode::StrictOrLess,
        _ => SameSiteMode::LaxOrLess,
    }
}

/// The rules of the storage model that look only at the cookie and at where it comes from.
fn check_attributes(
    cookie: &RawCookie<'_>,
    url: &Url,
    from_http: bool,
    same_site_allowed: bool,
) -> Result<(), CookieRefused> {
    let secure = cookie.secure() == Some(true);
    if cookie.name().is_empty() && cookie.value().is_empty() {
        return Err(CookieRefused::Malformed);
    }
    if cookie.http_only() == Some(true) && !from_http {
        return Err(CookieRefused::HttpOnly);
    }
    if secure && !is_secure(url) {
        return Err(CookieRefused::Insecure);
    }
    if cookie.partitioned() == Some(true) && !secure {
        return Err(CookieRefused::PartitionedWithoutSecure);
    }
    let needed = needed_mode(cookie);
    if needed == SameSiteMode::UnsetOrLess && !secure {
        return Err(CookieRefused::SameSiteNoneWithoutSecure);
    }
    if needed > SameSiteMode::UnsetOrLess && !same_site_allowed {
        return Err(CookieRefused::CrossSite);
    }
    let name = cookie.name().to_ascii_lowercase();
    let value = cookie.value().to_ascii_lowercase();
    let host_prefix = name.starts_with("__host-");
    if name.is_empty() && (value.starts_with("__host-") || value.starts_with("__secure-")) {
        return Err(CookieRefused::Prefix);
    }
    if (host_prefix || name.starts_with("__secure-")) && !secure {
        return Err(CookieRefused::Prefix);
    }
    if host_prefix && (cookie.domain().is_some() || cookie.path() != Some("/")) {
        return Err(CookieRefused::Prefix);
    }
    Ok(())
}

/// Whether a `Secure` cookie may come from or go to `url`: HTTPS, and loopback hosts, as browsers have it.
fn is_secure(url: &Url) -> bool {
    url.scheme() == "https"
        || match url.host() {
            Some(Host::Domain(domain)) => domain == "localhost" || domain.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}

#[cfg(test)]
pub(super) mod tests;

//! [Clear Site Data](https://w3c.github.io/webappsec-clear-site-data/): the server of a response has what the browser keeps of
//! its site thrown away.
//!
//! "executionContexts" is not implemented, nor is it by most browsers: the official tests ask for "*", which would stand for it
//! too, in documents that must not be reloaded by it. There are no client hints.

use bgfetch_traits::fetch::ResponseHead;
use bgfetch_traits::headers::HeaderList;
use bgfetch_traits::ids::StorageKey;
use bgfetch_traits::policy::is_potentially_trustworthy;
use bgfetch_traits::reply::Reply;
use tokio::sync::oneshot;

use super::network_or_cache::cookie_partition;
use super::request::FetchParams;

/// The types that a response asks to clear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Types {
    /// "cache"
    pub(crate) cache: bool,
    cookies: bool,
    storage: bool,
}

impl Types {
    /// [Parses](https://w3c.github.io/webappsec-clear-site-data/#parsing) a response's header.
    fn parse(headers: &HeaderList) -> Self {
        let mut types = Self::default();
        for name in headers.get_decode_and_split("clear-site-data").unwrap_or_default() {
            match name.as_str() {
                "\"cache\"" => types.cache = true,
                "\"cookies\"" => types.cookies = true,
                "\"storage\"" => types.storage = true,
                "\"*\"" => types = Self { cache: true, cookies: true, storage: true },
                other => tracing::debug!(name = other, "not a known type of site data"),
            }
        }
        types
    }

    /// What a response from the network to a request, sent with credentials or without, has cleared: step 15 of
    /// [HTTP-network fetch](https://w3c.github.io/webappsec-clear-site-data/#fetch-integration), and step 1 of clearing.
    pub(crate) fn of(params: &FetchParams, head: &ResponseHead, include_credentials: bool) -> Self {
        if include_credentials && is_potentially_trustworthy(params.request.current_url()) {
            Self::parse(&head.headers)
        } else {
            Self::default()
        }
    }
}

/// [Clears data for a response](https://w3c.github.io/webappsec-clear-site-data/#clear-response), and waits until it is done.
pub(crate) async fn clear_site_data(params: &FetchParams, types: Types) {
    let (net, url) = (&params.net, params.request.current_url());
    let origin = url.origin();
    if types.cache {
        // As browsers have it, and the text does not say: what others than the client's site see of it stays.
        net.cache.borrow_mut().clear_host(&params.request.partition(), url);
        net.preflights.borrow_mut().clear(Some(&origin));
    }
    if types.cookies {
        net.cookies.borrow_mut().clear_site(url, &cookie_partition(&params.request));
        net.cookies_changed.notify_one();
        net.authentication.borrow_mut().clear_site(&origin);
    }
    if let Some(key) = StorageKey::of_origin(&origin).filter(|_| types.storage) {
        let (answer, answered) = oneshot::channel();
        let reply = Reply::new(move |()| {
            let _ended = answer.send(());
        });
        net.clear_storage.clear(key, reply);
        // Whoever could do it is gone if it was dropped.
        let _cleared = answered.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_quoted_and_unknown_ones_do_not_matter() {
        let parse = |value: &str| Types::parse(&[("Clear-Site-Data", value)].into_iter().collect());
        let (cache, cookies, storage) = (true, true, true);
        let nothing = Types::default();
        assert_eq!(parse(r#""cache", "storage""#), Types { cache, storage, ..nothing });
        assert_eq!(parse(r#""cookies","new,\"cache\"""#), Types { cookies, ..nothing });
        assert_eq!(parse(r#""*""#), Types { cache, cookies, storage });
        assert_eq!(parse("cache, *, \"Cookies\", \"executionContexts\""), nothing);
    }
}

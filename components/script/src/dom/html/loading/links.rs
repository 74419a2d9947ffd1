//! [Links to external resources](https://html.spec.whatwg.org/multipage/links.html#linkTypes): `stylesheet`, `preload` and
//! `prefetch`.
//!
//! A style sheet is fetched, and has no effect. What was preloaded is found again in the HTTP cache, if it may be stored
//! there: there is no map of preloaded resources. `manifest` and `icon` are fetched when they are needed, which is never.

use std::cell::Cell;

use bgfetch_js::{Realm, Root};
use bgfetch_traits::fetch::{Destination, RequestHead, Response};
use bgfetch_traits::net::CancelHandle;
use url::Url;

use super::source_set::best_of;
use super::{fetch, potential_cors_request, read};
use crate::agent::{Agent, TaskSource};
use crate::dom::window::navigation::LoadDelay;
use crate::dom::{Document, HTMLLinkElement, events};
use crate::mime::MimeType;

/// [Link types](https://html.spec.whatwg.org/multipage/links.html#linkTypes) that have an effect here.
pub(crate) const SUPPORTED: &[&str] = &["stylesheet", "preload", "prefetch"];

/// What `preload` may load: [translate a preload destination](https://html.spec.whatwg.org/multipage/links.html#translate-a-preload-destination).
pub(crate) const PRELOAD_DESTINATIONS: [&str; 7] =
    ["fetch", "font", "image", "json", "script", "style", "track"];

/// Which fetch is the last of each link type, by its place in [`SUPPORTED`].
#[derive(Default)]
pub(crate) struct LinkState([Cell<u64>; 3]);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinkType {
    Stylesheet,
    Preload,
    Prefetch,
}

impl LinkType {
    const ALL: [Self; 3] = [Self::Stylesheet, Self::Preload, Self::Prefetch];

    /// Whether another value of an attribute is an
    /// [appropriate time](https://html.spec.whatwg.org/multipage/links.html#link-type-stylesheet) to fetch.
    fn heeds(self, attribute: &str) -> bool {
        match self {
            Self::Stylesheet => matches!(attribute, "href" | "rel" | "disabled" | "crossorigin" | "type"),
            Self::Preload => matches!(
                attribute,
                "href" | "rel" | "as" | "type" | "media" | "crossorigin" | "imagesrcset" | "imagesizes"
            ),
            Self::Prefetch => matches!(attribute, "href" | "rel" | "crossorigin"),
        }
    }
}

/// A `link` became connected (`attribute` is `None`), or one of its attributes changed.
pub(crate) fn changed(link: &Root<HTMLLinkElement>, attribute: Option<&str>) {
    let document = link.owner_doc();
    let Some(realm) = document.realm().filter(|_| link.is_in_document()) else { return };
    let rel = link.plain_attribute("rel").unwrap_or_default().to_ascii_lowercase();
    let has = |name: &str| rel.split_ascii_whitespace().any(|token| token == name);
    for (kind, (name, generation)) in LinkType::ALL.into_iter().zip(SUPPORTED.iter().zip(&link.state.0)) {
        if attribute.is_some_and(|attribute| !kind.heeds(attribute)) {
            continue;
        }
        generation.set(generation.get() + 1);
        // An alternate style sheet is for who chooses it.
        let is_wanted = has(name) && !(kind == LinkType::Stylesheet && has("alternate"));
        if let Some(head) = is_wanted.then(|| request(link, &document, kind)).flatten() {
            fetch_and_process(&realm, link, &document, kind, head);
        }
    }
}

/// [Creates a link request](https://html.spec.whatwg.org/multipage/semantics.html#create-a-link-request), and the steps of the
/// link type before it is fetched.
fn request(link: &HTMLLinkElement, document: &Document, kind: LinkType) -> Option<RequestHead> {
    let has = |attribute: &str| link.with_plain_attribute(attribute, |value| value.is_some());
    let text = |attribute: &str| link.plain_attribute(attribute).unwrap_or_default();
    let href = link.plain_attribute("href").filter(|href| !href.is_empty());
    let (destination, source) = match kind {
        LinkType::Stylesheet => {
            let media_type = text("type");
            let is_css = media_type.is_empty()
                || MimeType::parse(&media_type).is_some_and(|parsed| parsed.essence == "text/css");
            (Destination::Style, href.filter(|_| is_css && !has("disabled"))?.into_string())
        }
        LinkType::Prefetch => (Destination::Empty, href?.into_string()),
        LinkType::Preload => {
            let known = text("as").to_ascii_lowercase();
            let known = PRELOAD_DESTINATIONS.contains(&known.as_str()).then_some(known)?;
            let destination = match known.as_str() {
                "fetch" => Destination::Empty,
                other => Destination::parse(other)?,
            };
            let chosen =
                if destination == Destination::Image { best_of(&text("imagesrcset"), None) } else { None };
            (destination, chosen.map(|source| source.url).or_else(|| href.map(Into::into))?)
        }
    };
    let url = document.parse_url(&source).ok()?;
    let integrity = text("integrity").into_string();
    Some(RequestHead { integrity, ..potential_cors_request(link, url, destination) })
}

/// [Default fetch and process the linked resource](https://html.spec.whatwg.org/multipage/semantics.html#default-fetch-and-process-the-linked-resource).
fn fetch_and_process(
    realm: &Realm,
    link: &Root<HTMLLinkElement>,
    document: &Root<Document>,
    kind: LinkType,
    head: RequestHead,
) {
    let generation = link.state.0[kind as usize].get();
    // Only style sheets delay the load event.
    let delay = (kind == LinkType::Stylesheet).then(|| LoadDelay::new(document));
    let (owned, link, document) = (realm.clone(), link.clone(), document.clone());
    Agent::current().spawn(TaskSource::Networking, realm, async move {
        let url = head.url.clone();
        let initiator_type = if kind == LinkType::Stylesheet { "css" } else { "link" };
        let success = match fetch(&owned, head, initiator_type, CancelHandle::new()).await {
            Err(_) => false,
            Ok(response) => {
                let is_usable = is_usable(kind, &response, &document, &url);
                read(response).await.is_some() && is_usable
            }
        };
        let mut fired = Ok(true);
        if link.state.0[kind as usize].get() == generation {
            fired = events::event::fire(&owned, &*link, if success { "load" } else { "error" });
        }
        drop(delay);
        fired.map(drop)
    });
}

/// Whether the link type takes what was fetched.
fn is_usable(kind: LinkType, response: &Response, document: &Document, url: &Url) -> bool {
    match kind {
        // Any response is there for who wants it.
        LinkType::Preload | LinkType::Prefetch => true,
        LinkType::Stylesheet => {
            let mime_type = MimeType::extract(&response.head.headers);
            let is_css = mime_type.is_none_or(|mime_type| mime_type.essence == "text/css");
            // A [quirk](https://html.spec.whatwg.org/multipage/links.html#link-type-stylesheet).
            let is_taken_anyway = document.is_quirky() && *document.origin() == url.origin();
            // The status of an opaque response is not known to pages, but it counts.
            response.head.is_ok() && (is_css || is_taken_anyway)
        }
    }
}

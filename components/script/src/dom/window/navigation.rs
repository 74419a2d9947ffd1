//! [Navigating](https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigate) away from a document, or within it.

use bgfetch_js::{ErrorLocation, Fallible, Realm, Root};
use bgfetch_traits::coordinator::{ConsoleLevel, CoordinatorMsg};
use url::Url;

use crate::agent::{Agent, TaskSource};
use crate::dom::{Document, HashChangeEvent};
use crate::environment::Environment;
use crate::report;

/// [Navigates](https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigate) the window of a document; nothing if it
/// has none.
pub(crate) fn navigate(realm: &Realm, document: &Root<Document>, url: Url) -> Fallible<()> {
    if document.window().is_none() {
        return Ok(());
    }
    if url.scheme() == "javascript" {
        let text = "a javascript: URL was not followed".to_owned();
        report::to_console(&Environment::of(realm), ConsoleLevel::Warn, text, &ErrorLocation::default());
        return Ok(());
    }
    if is_fragment_of(&url, &document.document_url()) {
        navigate_to_fragment(realm, document, url);
    } else {
        leave(realm, url);
    }
    Ok(())
}

/// Whether `url` only names a place in the document at `current`.
fn is_fragment_of(url: &Url, current: &Url) -> bool {
    let without = |url: &Url| {
        let mut url = url.clone();
        url.set_fragment(None);
        url
    };
    url.fragment().is_some() && without(url) == without(current)
}

/// [Navigates to a fragment](https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigate-fragid).
fn navigate_to_fragment(realm: &Realm, document: &Root<Document>, url: Url) {
    let before = document.document_url();
    document.set_document_url(realm, url.clone());
    Environment::of(realm).url.replace(url.clone());
    if before.fragment() != url.fragment() {
        Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
            HashChangeEvent::fire(realm, before, url)
        });
    }
}

/// Asks for another document in place of this one, which stays until that is on its way.
pub(super) fn leave(realm: &Realm, url: Url) {
    let environment = Environment::of(realm);
    environment.hosts.coordinator.send(CoordinatorMsg::Navigate(environment.id, url));
}

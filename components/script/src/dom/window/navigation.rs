//! [Navigating](https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigate) away from a document, or within it.

use std::rc::Rc;

use bgfetch_js::{ErrorLocation, Fallible, Realm, Root};
use bgfetch_traits::coordinator::{ConsoleLevel, CoordinatorMsg};
use bgfetch_traits::fetch::ReferrerPolicy;
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::policy::Client;
use url::Url;

use super::access;
use super::browsing_context::{Active, BrowsingContext};
use super::loading;
use crate::agent::{Agent, TaskSource};
use crate::dom::{Document, Element, HashChangeEvent};
use crate::environment::Environment;
use crate::report;

/// Where a frame is to go.
#[derive(Debug)]
pub(super) enum Destination {
    Url(Url),
    /// [`about:srcdoc`](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#about:srcdoc), with the markup.
    Srcdoc(String),
}

/// [Source snapshot params](https://html.spec.whatwg.org/multipage/browsing-the-web.html#source-snapshot-params): who navigates,
/// as it was then.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) client: Client,
    pub(super) base_url: Url,
    pub(super) referrer_policy: ReferrerPolicy,
}

impl Source {
    /// On behalf of a document.
    pub(super) fn new(environment: &Environment, document: &Document) -> Self {
        Self {
            client: environment.client(),
            base_url: document.base_url(),
            referrer_policy: ReferrerPolicy::Empty,
        }
    }

    /// With the policy that an element's `referrerpolicy` attribute asks for.
    pub(super) fn referrer_policy(mut self, element: &Element) -> Self {
        let value = element.plain_attribute("referrerpolicy").unwrap_or_default();
        self.referrer_policy = ReferrerPolicy::parse(&value.to_ascii_lowercase()).unwrap_or_default();
        self
    }
}

/// [Navigates](https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigate) the browsing context of a document;
/// nothing if it has none.
pub(crate) fn navigate(realm: &Realm, document: &Root<Document>, url: Url) -> Fallible<()> {
    let Some(context) = document.context() else { return Ok(()) };
    navigate_context(realm, &context, url);
    Ok(())
}

/// [Navigates](https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigate) a browsing context on behalf of a realm.
pub(super) fn navigate_context(realm: &Realm, context: &Rc<BrowsingContext>, url: Url) {
    let environment = Environment::of(&access::incumbent(realm));
    let Some(active) = context.active() else { return };
    if context.parent().is_some() {
        let base_url = environment.base_url.borrow().clone();
        let client = environment.client();
        let source = Source { client, base_url, referrer_policy: ReferrerPolicy::Empty };
        navigate_frame(context, Destination::Url(url), source);
    } else if !same_document(&active, &url) {
        leave(&active.realm, url);
    }
}

/// What can be done without another document: whether it was.
fn same_document(active: &Active, url: &Url) -> bool {
    if url.scheme() == "javascript" {
        let text = "a javascript: URL was not followed".to_owned();
        let environment = Environment::of(&active.realm);
        report::to_console(&environment, ConsoleLevel::Warn, text, &ErrorLocation::default());
        return true;
    }
    if is_fragment_of(url, &active.document.document_url()) {
        navigate_to_fragment(&active.realm, &active.document, url.clone());
        return true;
    }
    false
}

/// Navigates a frame: the document comes later.
pub(super) fn navigate_frame(context: &Rc<BrowsingContext>, destination: Destination, source: Source) {
    let Some(active) = context.active() else { return };
    if let Destination::Url(url) = &destination
        && same_document(&active, url)
    {
        return;
    }
    reach(context, &active, destination, source);
}

/// [Reloads](https://html.spec.whatwg.org/multipage/browsing-the-web.html#reload) what a document's browsing context shows.
pub(crate) fn reload(document: &Root<Document>) {
    let Some(context) = document.context() else { return };
    let Some(active) = context.active() else { return };
    let url = document.document_url();
    if context.parent().is_none() {
        return leave(&active.realm, url);
    }
    let destination = match context.container().and_then(|frame| frame.plain_attribute("srcdoc")) {
        Some(markup) if url.as_str() == "about:srcdoc" => Destination::Srcdoc(markup.into_string()),
        _ => Destination::Url(url),
    };
    let source = Source::new(&Environment::of(&active.realm), document);
    reach(&context, &active, destination, source);
}

fn reach(context: &Rc<BrowsingContext>, active: &Active, destination: Destination, source: Source) {
    let Some(parent) = context.parent() else { return };
    let Some(document) = parent.active_document() else { return };
    let hosts = Environment::of(&active.realm).hosts.clone();
    let navigation = context.begin_navigation(&hosts.coordinator, ClientId::new());
    let delay = LoadDelay::new(&document);
    let load = loading::load_frame(navigation, hosts, destination, source, delay);
    Agent::current().spawn_detached(TaskSource::Networking, load);
}

/// [Delays the load event](https://html.spec.whatwg.org/multipage/parsing.html#delay-the-load-event) of a document until it is
/// dropped.
pub(super) struct LoadDelay(Root<Document>);

impl LoadDelay {
    fn new(document: &Root<Document>) -> Self {
        document.scripts.delay_load();
        Self(document.clone())
    }
}

impl Drop for LoadDelay {
    fn drop(&mut self) {
        self.0.scripts.undelay_load();
    }
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
fn leave(realm: &Realm, url: Url) {
    let environment = Environment::of(realm);
    environment.hosts.coordinator.send(CoordinatorMsg::Navigate(environment.id, url));
}

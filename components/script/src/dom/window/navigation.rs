//! [Navigating](https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigate) away from a document, or within it.

use std::rc::Rc;

use bgfetch_js::{Fallible, Realm, Root};
use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::fetch::ReferrerPolicy;
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::policy::Client;
use bgfetch_traits::reply::Reply;
use bytes::Bytes;
use url::Url;

use super::access;
use super::browsing_context::{Active, BrowsingContext};
use super::sandboxing::Sandbox;
use super::session_history::{self, Entry};
use super::{javascript_url, loading};
use crate::agent::{Agent, TaskSource};
use crate::bindings::DocumentReadyState;
use crate::dom::file::blob_url::{self, BlobEntry};
use crate::dom::{Document, Element, HashChangeEvent};
use crate::environment::Environment;

/// Where to go.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) url: Url,
    /// The [blob URL entry](https://url.spec.whatwg.org/#concept-url-blob-entry) of the URL: what it stood for when it was parsed.
    pub(crate) blob: Option<BlobEntry>,
    pub(crate) resource: Resource,
}

/// [Document resource](https://html.spec.whatwg.org/multipage/browsing-the-web.html#document-state-resource).
#[derive(Clone, Debug)]
pub(crate) enum Resource {
    /// What is at the URL.
    Get,
    /// [POST resource](https://html.spec.whatwg.org/multipage/browsing-the-web.html#post-resource).
    Post { content_type: String, body: Bytes },
    /// Markup for [`about:srcdoc`](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#about:srcdoc).
    Srcdoc(String),
}

impl Target {
    /// A URL.
    pub(crate) fn to(url: Url) -> Self {
        Self::with(url, Resource::Get)
    }

    /// A URL, with what is sent there or shown in its place.
    pub(crate) fn with(url: Url, resource: Resource) -> Self {
        Self { blob: blob_url::resolve(&url), url, resource }
    }
}

/// [History handling behavior](https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigation-hh).
#[derive(Clone, Debug)]
pub(crate) enum HistoryHandling {
    Push,
    Replace,
    /// Replaces, and asks servers anew.
    Reload,
    /// Back or forward to an entry that was there.
    Traverse(Rc<Entry>),
}

/// [Source snapshot params](https://html.spec.whatwg.org/multipage/browsing-the-web.html#source-snapshot-params): who navigates,
/// as it was then.
#[derive(Debug)]
pub(crate) struct Source {
    pub(super) client: Client,
    pub(super) base_url: Url,
    pub(super) referrer_policy: ReferrerPolicy,
    /// [CSP navigation type](https://html.spec.whatwg.org/multipage/browsing-the-web.html#csp-navigation-type): "form-submission"
    /// or "other".
    pub(super) form_submission: bool,
    /// Who waits for the client that comes of it.
    pub(super) waiting: Option<Reply<Option<ClientId>>>,
}

impl Source {
    /// On behalf of a document.
    pub(crate) fn new(environment: &Environment, document: &Document) -> Self {
        Self {
            client: environment.client(),
            base_url: document.base_url(),
            referrer_policy: ReferrerPolicy::Empty,
            form_submission: false,
            waiting: None,
        }
    }

    /// On behalf of a realm's window.
    pub(super) fn of(environment: &Environment) -> Self {
        let base_url = environment.base_url.borrow().clone();
        let referrer_policy = ReferrerPolicy::Empty;
        let client = environment.client();
        Self { client, base_url, referrer_policy, form_submission: false, waiting: None }
    }

    /// With the policy that an element's `referrerpolicy` attribute asks for.
    pub(super) fn referrer_policy(mut self, element: &Element) -> Self {
        let value = element.plain_attribute("referrerpolicy").unwrap_or_default();
        self.referrer_policy = ReferrerPolicy::parse(&value.to_ascii_lowercase()).unwrap_or_default();
        self
    }

    /// By submitting a form.
    pub(super) const fn by_form(mut self, form_submission: bool) -> Self {
        self.form_submission = form_submission;
        self
    }

    /// Without telling where it comes from.
    pub(super) const fn without_referrer(mut self) -> Self {
        self.referrer_policy = ReferrerPolicy::NoReferrer;
        self
    }
}

/// [Location-object navigates](https://html.spec.whatwg.org/multipage/nav-history-apis.html#location-object-navigate) a document's
/// browsing context; nothing if it has none.
pub(crate) fn navigate(realm: &Realm, document: &Root<Document>, url: Url, replace: bool) -> Fallible<()> {
    let Some(context) = document.context() else { return Ok(()) };
    let source = Source::of(&Environment::of(&access::incumbent(realm)));
    // Step 3: nobody activates anything here, or everything.
    let replace = replace || document.readiness() != DocumentReadyState::Complete;
    let handling = if replace { HistoryHandling::Replace } else { HistoryHandling::Push };
    navigate_context(&context, Target::to(url), source, handling);
    Ok(())
}

/// [Navigates](https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigate) a browsing context: its document comes
/// later.
pub(crate) fn navigate_context(
    context: &Rc<BrowsingContext>,
    target: Target,
    source: Source,
    handling: HistoryHandling,
) {
    let Some(active) = context.active() else { return };
    // Step 14.
    let same_url =
        target.url == active.document.document_url() && source.client.origin == *active.document.origin();
    let handling = match handling {
        HistoryHandling::Push if same_url || context.is_initial() => HistoryHandling::Replace,
        other => other,
    };
    // Step 15.
    if matches!(target.resource, Resource::Get)
        && is_fragment_of(&target.url, &active.document.document_url())
    {
        return navigate_to_fragment(context, &active, target.url, &handling);
    }
    // Step 20.
    if target.url.scheme() == "javascript" {
        return javascript_url::navigate(context, target.url, source);
    }
    if context.is_embedders() {
        return leave(&active.realm, target.url);
    }
    reach(context, &active, target, source, handling);
}

/// [`WindowClient.navigate()`](https://w3c.github.io/ServiceWorker/#client-navigate) of what a realm's window shows.
pub(crate) fn navigate_for_worker(realm: &Realm, url: Url, reply: Reply<Option<ClientId>>) {
    let Some((context, active)) = session_history::context_of(realm) else { return reply.send(None) };
    let environment = Environment::of(realm);
    if is_fragment_of(&url, &active.document.document_url()) {
        navigate_context(&context, Target::to(url), Source::of(&environment), HistoryHandling::Push);
        return reply.send(Some(environment.id));
    }
    let source = Source { waiting: Some(reply), ..Source::of(&environment) };
    navigate_context(&context, Target::to(url), source, HistoryHandling::Push);
}

/// [Reloads](https://html.spec.whatwg.org/multipage/browsing-the-web.html#reload) what a document's browsing context shows.
pub(crate) fn reload(document: &Root<Document>) {
    let Some(context) = document.context() else { return };
    let Some(active) = context.active() else { return };
    let target =
        context.entry().map_or_else(|| Target::to(document.document_url()), |entry| entry.target.clone());
    if context.is_embedders() {
        return leave(&active.realm, target.url);
    }
    let source = Source::new(&Environment::of(&active.realm), document);
    reach(&context, &active, target, source, HistoryHandling::Reload);
}

/// Starts to get another document for a browsing context of this thread's own.
pub(super) fn reach(
    context: &Rc<BrowsingContext>,
    active: &Active,
    target: Target,
    source: Source,
    handling: HistoryHandling,
) {
    if context.is_embedders() {
        return leave(&active.realm, target.url);
    }
    let hosts = Environment::of(&active.realm).hosts.clone();
    let navigation = context.begin_navigation(&hosts.coordinator, ClientId::new());
    let delay = context
        .parent()
        .and_then(|parent| parent.active_document())
        .map(|document| LoadDelay::new(&document));
    let sandbox = Sandbox::for_content_of(context);
    let load = loading::load_here(navigation, hosts, target, source, handling, sandbox, delay);
    Agent::current().spawn_detached(TaskSource::Networking, load);
}

/// [Delays the load event](https://html.spec.whatwg.org/multipage/parsing.html#delay-the-load-event) of a document until it is
/// dropped.
pub(crate) struct LoadDelay(Root<Document>);

impl LoadDelay {
    pub(crate) fn new(document: &Root<Document>) -> Self {
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
fn navigate_to_fragment(
    context: &Rc<BrowsingContext>,
    active: &Active,
    url: Url,
    handling: &HistoryHandling,
) {
    let Active { realm, document, .. } = active;
    let before = document.document_url();
    let handling = if before == url { &HistoryHandling::Replace } else { handling };
    session_history::update_url(context, active, url.clone(), None, handling);
    document.scroll_to_the_fragment();
    if let Some(history) = active.window.known_history() {
        history.set_state_value(bgfetch_js::Value::NULL);
    }
    if before.fragment() != url.fragment() {
        Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
            HashChangeEvent::fire(realm, before, url)
        });
    }
}

/// Asks the embedder for another document in place of this one, which stays until that is on its way.
fn leave(realm: &Realm, url: Url) {
    let environment = Environment::of(realm);
    environment.hosts.coordinator.send(CoordinatorMsg::Navigate(environment.id, url));
}

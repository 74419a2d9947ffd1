//! [Child navigables](https://html.spec.whatwg.org/multipage/document-sequences.html#child-navigable): what `iframe` elements do.

use std::rc::Rc;

use bgfetch_js::{DomString, Fallible, Realm, Root};
use bgfetch_traits::ids::ClientId;
use url::Url;

use super::browsing_context::BrowsingContext;
use super::documents::{self, DocumentParams};
use super::navigation::{self, HistoryHandling, Resource, Source, Target};
use super::sandboxing::Sandbox;
use super::session_history::{self, Entry};
use super::unloading;
use crate::bindings::{DocumentReadyState, NavigationTimingType};
use crate::dom::nodes::document_methods::about_blank;
use crate::dom::performance::document_timing::DocumentTiming;
use crate::dom::{Document, HTMLIFrameElement, events};
use crate::report;

/// [Post-connection steps](https://html.spec.whatwg.org/multipage/iframe-embed-object.html#the-iframe-element:html-element-post-connection-steps)
/// of an `iframe`.
pub(crate) fn post_connected(realm: &Realm, element: &Root<HTMLIFrameElement>) {
    if element.content().is_some() {
        return;
    }
    match create_child_navigable(element) {
        Ok(true) => process_attributes(element, true),
        Ok(false) => {}
        Err(exception) => report::report_exception(realm, exception),
    }
}

/// [Create a new child navigable](https://html.spec.whatwg.org/multipage/document-sequences.html#create-a-new-child-navigable); none
/// in a document that no window shows.
fn create_child_navigable(element: &Root<HTMLIFrameElement>) -> Fallible<bool> {
    let document = element.owner_doc();
    let Some(parent) = document.context() else { return Ok(false) };
    let Some(environment) = parent.environment() else { return Ok(false) };
    let context = BrowsingContext::nested(element, &parent);
    context.set_name(element.plain_attribute("name").unwrap_or_default());
    let sandbox = Sandbox::for_content_of(&context);
    let params = DocumentParams {
        timing: Rc::new(DocumentTiming::begin(NavigationTimingType::Navigate)),
        url: about_blank(),
        origin: sandbox.origin(environment.origin.clone()),
        policy: environment.policy_to_inherit(),
        about_base: Some(document.base_url()),
        referrer: environment.url.borrow().to_string(),
        content_type: "text/html".to_owned(),
        status: 0,
        sandbox,
    };
    let active =
        documents::create(&context, ClientId::new(), &environment.hosts, Some(&environment), params, None)?;
    documents::announce_initial(&active.realm, &context, &environment);
    documents::populate_blank(&active)?;
    context.set_active(active);
    session_history::record(&context, Entry::new(Target::to(about_blank())), &HistoryHandling::Replace);
    element.set_content(Some(context));
    Ok(true)
}

/// [Process the iframe attributes](https://html.spec.whatwg.org/multipage/iframe-embed-object.html#process-the-iframe-attributes).
fn process_attributes(element: &Root<HTMLIFrameElement>, initial_insertion: bool) {
    let Some(context) = element.content() else { return };
    let document = element.owner_doc();
    let Some(parent) = document.context() else { return };
    let Some(environment) = parent.environment() else { return };
    // Step 1.
    if let Some(markup) = element.plain_attribute("srcdoc") {
        let source = Source::new(&environment, &document);
        let url = Url::parse("about:srcdoc").unwrap_or_else(|_| about_blank());
        let target = Target::with(url, Resource::Srcdoc(markup.into_string()));
        navigation::navigate_context(&context, target, source, handling(&context, initial_insertion));
        return;
    }
    // Step 2, with the shared attribute processing steps for iframe and frame elements.
    let Some(url) = url_to_load(element, &document, &parent) else { return };
    if url.as_str() == "about:blank" && initial_insertion {
        iframe_load_event_steps(element);
        return;
    }
    let source = Source::new(&environment, &document).referrer_policy(element);
    navigation::navigate_context(&context, Target::to(url), source, handling(&context, initial_insertion));
}

/// [Navigate an iframe or frame](https://html.spec.whatwg.org/multipage/iframe-embed-object.html#navigate-an-iframe-or-frame), step 2.
fn handling(context: &BrowsingContext, initial_insertion: bool) -> HistoryHandling {
    let loaded = context.active_document().is_some_and(|d| d.readiness() == DocumentReadyState::Complete);
    if initial_insertion || !loaded { HistoryHandling::Replace } else { HistoryHandling::Push }
}

/// [Shared attribute processing steps](https://html.spec.whatwg.org/multipage/iframe-embed-object.html#shared-attribute-processing-steps-for-iframe-and-frame-elements).
fn url_to_load(
    element: &HTMLIFrameElement,
    document: &Document,
    parent: &Rc<BrowsingContext>,
) -> Option<Url> {
    // Steps 1 and 2.
    let src = element.plain_attribute("src").filter(|src| !src.is_empty());
    let url = src.and_then(|src| document.parse_url(&src).ok()).unwrap_or_else(about_blank);
    // Step 3.
    let mut ancestor = Some(Rc::clone(parent));
    while let Some(current) = ancestor {
        let shown = current.active_document().map(|document| document.document_url());
        if url.scheme() != "about"
            && shown.is_some_and(|shown| without_fragment(&shown) == without_fragment(&url))
        {
            return None;
        }
        ancestor = current.parent();
    }
    Some(url)
}

fn without_fragment(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}

/// [iframe load event steps](https://html.spec.whatwg.org/multipage/iframe-embed-object.html#iframe-load-event-steps).
pub(super) fn iframe_load_event_steps(element: &Root<HTMLIFrameElement>) {
    let Some(realm) = element.owner_doc().context().and_then(|context| context.active()) else { return };
    let realm = realm.realm;
    // Steps 2 to 4.
    let child = element.content().and_then(|context| context.active_document());
    if child.as_ref().is_some_and(|child| child.parser.mute_iframe_load.get()) {
        return;
    }
    // Steps 6 to 8.
    let set = |in_progress| child.iter().for_each(|c| c.parser.iframe_load_in_progress.set(in_progress));
    set(true);
    if let Err(exception) = events::event::fire(&realm, &**element, "load") {
        report::report_exception(&realm, exception);
    }
    set(false);
}

/// [Removing steps](https://html.spec.whatwg.org/multipage/iframe-embed-object.html#the-iframe-element:html-element-removing-steps)
/// of an `iframe`: [destroys its child navigable](https://html.spec.whatwg.org/multipage/document-sequences.html#destroy-a-child-navigable).
pub(crate) fn removed(element: &Root<HTMLIFrameElement>) {
    if let Some(context) = element.set_content(None) {
        unloading::destroy(&context);
    }
}

/// An attribute of an `iframe` changed.
pub(crate) fn attribute_changed(
    _: &Realm,
    element: &Root<HTMLIFrameElement>,
    name: &str,
    new: Option<&DomString>,
) {
    let Some(context) = element.content() else { return };
    match name {
        "name" => context.set_name(new.cloned().unwrap_or_default()),
        // Without a srcdoc attribute, src counts again.
        "srcdoc" => process_attributes(element, false),
        "src" if element.plain_attribute("srcdoc").is_none() && new.is_some() => {
            process_attributes(element, false);
        }
        _ => {}
    }
}

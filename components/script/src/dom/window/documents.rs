//! [Creating documents](https://html.spec.whatwg.org/multipage/document-lifecycle.html#initialise-the-document-object) with their
//! windows, realms and environments.

use std::rc::Rc;

use bgfetch_js::{Exception, Fallible, Realm};
use bgfetch_policy::upgrade::inherit_upgrades;
use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::policy::{Client, PolicyContainer};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{ClientType, RegistrationInfo, WorkerInfo};
use markup5ever::interface::tree_builder::QuirksMode;
use markup5ever::{LocalName, QualName, ns};
use url::{Origin, Url};

use super::access;
use super::browsing_context::{Active, BrowsingContext};
use super::sandboxing::Sandbox;
use crate::agent::Agent;
use crate::dom::html::scripting::dynamic_import;
use crate::dom::nodes::document::Flavour;
use crate::dom::nodes::mutation;
use crate::dom::performance::document_timing::{DocumentTiming, note};
use crate::dom::{Document, Element, Window};
use crate::environment::{Environment, GlobalKind, Hosts};
use crate::realm_setup::{Parent, Setup, create_realm, renew_environment};

/// What a document is made of.
#[derive(Debug)]
pub(super) struct DocumentParams {
    pub(super) url: Url,
    pub(super) origin: Origin,
    pub(super) policy: PolicyContainer,
    /// [About base URL](https://html.spec.whatwg.org/multipage/dom.html#concept-document-about-base-url).
    pub(super) about_base: Option<Url>,
    /// [The document's referrer](https://html.spec.whatwg.org/multipage/dom.html#the-document's-referrer).
    pub(super) referrer: String,
    pub(super) content_type: String,
    /// The status of its response; 0 if there was none.
    pub(super) status: u16,
    pub(super) sandbox: Sandbox,
    pub(super) timing: Rc<DocumentTiming>,
}

/// [Creates and initializes a `Document`](https://html.spec.whatwg.org/multipage/document-lifecycle.html#initialise-the-document-object)
/// with its window and realm: those of the initial `about:blank` in its place if there are any to reuse. `parent` is the
/// environment of the document that has the frame.
///
/// # Errors
/// Only without memory.
pub(super) fn create(
    context: &Rc<BrowsingContext>,
    client: ClientId,
    hosts: &Hosts,
    parent: Option<&Rc<Environment>>,
    params: DocumentParams,
    reused: Option<Active>,
) -> Fallible<Active> {
    let mut policy = params.policy;
    if let Some(parent) = parent {
        inherit_upgrades(&mut policy, &parent.policy.borrow(), &parent.url.borrow());
    }
    let setup = Setup {
        agent_cluster: None,
        id: client,
        kind: GlobalKind::Window,
        hosts: hosts.clone(),
        url: params.url.clone(),
        origin: params.origin.clone(),
        policy,
        time_origin: params.timing.start,
        parent: parent.map(|parent| Parent::of(parent)),
    };
    let (realm, window) = match reused {
        Some(Active { realm, window, .. }) => {
            renew_environment(setup, &realm);
            (realm, window)
        }
        None => {
            let (realm, window) = create_realm(setup, |_| Ok::<_, Exception>(Window::new(context)))?;
            access::show(context, &realm)?;
            dynamic_import::install(&realm)?;
            (realm, window)
        }
    };
    note(&params.timing.dom_loading);
    // The environment is a new one.
    let _new = Environment::of(&realm).document_timing.set(params.timing);
    let html = !crate::mime::is_xml(&params.content_type);
    let flavour = Flavour { html, content_type: params.content_type };
    let document = realm.wrap(Document::new(flavour, params.url, params.origin, params.referrer))?;
    if let Some(base) = params.about_base {
        document.set_about_base(base);
    }
    document.set_sandbox(params.sandbox);
    document.set_window(&window);
    let environment = Environment::of(&realm);
    environment.status.set(params.status);
    environment.base_url.replace(document.base_url());
    window.set_document(&document);
    Ok(Active { realm, window, document })
}

/// [Populates with html/head/body](https://html.spec.whatwg.org/multipage/document-lifecycle.html#populate-with-html/head/body).
pub(super) fn populate_blank(active: &Active) -> Fallible<()> {
    let Active { realm, document, .. } = active;
    document.set_quirks_mode(QuirksMode::Quirks);
    let element =
        |name: &str| Element::create(realm, document, QualName::new(None, ns!(html), LocalName::from(name)));
    let html = element("html")?;
    mutation::append(realm, &html.upcast(), &document.upcast());
    for name in ["head", "body"] {
        mutation::append(realm, &element(name)?.upcast(), &html.upcast());
    }
    Ok(())
}

fn created(realm: &Realm, context: &BrowsingContext, reply: Reply<Option<(RegistrationInfo, WorkerInfo)>>) {
    let environment = Environment::of(realm);
    environment.announced.set(true);
    environment.hosts.coordinator.send(CoordinatorMsg::ClientCreated {
        // What the coordinator fetches for it was checked where it was asked for.
        client: Box::new(Client { violations: None, ..environment.client() }),
        client_type: ClientType::Window,
        frame_type: context.frame_type(),
        sender: Agent::current().script_sender(),
        creator: context.parent().and_then(|parent| parent.environment()).map(|parent| parent.id),
        reply,
    });
}

/// Tells the coordinator of a new client, before any script of it runs, and learns which worker controls it.
pub(super) async fn announce(realm: &Realm, context: &BrowsingContext) {
    let answer = Agent::current().ask(|reply| created(realm, context, reply));
    // Without an answer, nothing controls it.
    if let Ok(Some((_, worker))) = answer.await {
        Environment::of(realm).controller.replace(Some(worker));
    }
}

/// [`announce`] for an initial `about:blank`, which has its creator's controller if it is of the same origin.
pub(super) fn announce_initial(realm: &Realm, context: &BrowsingContext, creator: &Environment) {
    let environment = Environment::of(realm);
    if environment.origin == creator.origin {
        environment.controller.replace(creator.controller.borrow().clone());
    }
    // What the coordinator answers is known.
    created(realm, context, Reply::new(drop));
}

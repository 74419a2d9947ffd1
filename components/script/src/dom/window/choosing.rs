//! [Choosing a navigable](https://html.spec.whatwg.org/multipage/document-sequences.html#the-rules-for-choosing-a-navigable) by its
//! name, and [`window.open()`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#dom-open).

use std::rc::Rc;

use bgfetch_js::{Exception, Fallible, Realm, Root};
use bgfetch_traits::ids::ClientId;
use url::Url;

use super::access;
use super::browsing_context::BrowsingContext;
use super::documents::{self, DocumentParams};
use super::navigation::{self, HistoryHandling, Source, Target};
use super::sandboxing::Sandbox;
use super::session_history::{self, Entry};
use crate::agent::Agent;
use crate::bindings::NavigationTimingType;
use crate::dom::nodes::document_methods::about_blank;
use crate::dom::performance::document_timing::DocumentTiming;
use crate::dom::{Element, Window};
use crate::environment::Environment;
use crate::report;

/// What came of choosing.
pub(crate) struct Chosen {
    pub(crate) context: Rc<BrowsingContext>,
    /// Whether it was made for this.
    pub(crate) is_new: bool,
}

/// [The rules for choosing a navigable](https://html.spec.whatwg.org/multipage/document-sequences.html#the-rules-for-choosing-a-navigable).
///
/// # Errors
/// Only without memory.
pub(crate) fn choose(name: &str, current: &Rc<BrowsingContext>, no_opener: bool) -> Fallible<Chosen> {
    let known = match name.to_ascii_lowercase().as_str() {
        "" | "_self" => Some(Rc::clone(current)),
        "_parent" => Some(current.parent().unwrap_or_else(|| Rc::clone(current))),
        "_top" => Some(current.top()),
        "_blank" => None,
        _ => find(name, current),
    };
    match known {
        Some(context) => Ok(Chosen { context, is_new: false }),
        None => {
            let context = create_auxiliary(
                current,
                if no_opener || name.starts_with('_') { "" } else { name },
                no_opener,
            )?;
            Ok(Chosen { context, is_new: true })
        }
    }
}

/// [Finds a navigable by target name](https://html.spec.whatwg.org/multipage/document-sequences.html#find-a-navigable-by-target-name):
/// in the same window first, then in those that this one is [familiar with](https://html.spec.whatwg.org/multipage/document-sequences.html#familiar-with).
fn find(name: &str, current: &Rc<BrowsingContext>) -> Option<Rc<BrowsingContext>> {
    let origin = current.environment()?.origin.clone();
    let top = current.top();
    let all = Agent::current().realms();
    let contexts = all.iter().filter_map(|realm| realm.global_as::<Window>()?.context());
    let mut named: Vec<_> = contexts.filter(|context| context.name() == name).collect();
    named.sort_by_key(|context| !Rc::ptr_eq(&context.top(), &top));
    named.into_iter().find(|context| {
        let is_same_origin = context.environment().is_some_and(|environment| environment.origin == origin);
        is_same_origin
            || context.opener().is_some_and(|opener| Rc::ptr_eq(&opener, current))
            || context.parent().is_some_and(|parent| parent.environment().is_some_and(|e| e.origin == origin))
            || Rc::ptr_eq(context, &top)
    })
}

/// [Creates a new auxiliary browsing context](https://html.spec.whatwg.org/multipage/document-sequences.html#creating-a-new-auxiliary-browsing-context).
/// It is on the thread of its opener, also without one that it knows: the embedder learns nothing of it.
fn create_auxiliary(
    opener: &Rc<BrowsingContext>,
    name: &str,
    no_opener: bool,
) -> Fallible<Rc<BrowsingContext>> {
    let gone = || Exception::dom("InvalidStateError", "the window that opens another is closed");
    let environment = opener.environment().ok_or_else(gone)?;
    let base = environment.base_url.borrow().clone();
    let sandbox = opener.active_document().map_or_else(Sandbox::none, |document| document.sandbox());
    let context = BrowsingContext::auxiliary((!no_opener).then_some(opener));
    context.set_name(name.into());
    let params = DocumentParams {
        timing: Rc::new(DocumentTiming::begin(NavigationTimingType::Navigate)),
        url: about_blank(),
        origin: if no_opener {
            url::Origin::new_opaque()
        } else {
            sandbox.origin(environment.origin.clone())
        },
        policy: environment.policy_to_inherit(),
        about_base: (!no_opener).then_some(base),
        referrer: if no_opener { String::new() } else { environment.url.borrow().to_string() },
        content_type: "text/html".to_owned(),
        status: 0,
        // Windows that a sandboxed one opens are sandboxed like it.
        sandbox,
    };
    let active = documents::create(&context, ClientId::new(), &environment.hosts, None, params, None)?;
    documents::announce_initial(&active.realm, &context, &environment);
    documents::populate_blank(&active)?;
    context.set_active(active);
    session_history::record(&context, Entry::new(Target::to(about_blank())), &HistoryHandling::Replace);
    Ok(context)
}

/// [Window open steps](https://html.spec.whatwg.org/multipage/nav-history-apis.html#window-open-steps).
pub(crate) fn open(realm: &Realm, url: &str, target: &str, features: &str) -> Fallible<Option<Root<Window>>> {
    let incumbent = access::incumbent(realm);
    let environment = Environment::of(&incumbent);
    let Some(current) = realm.global_as::<Window>().and_then(|window| window.context()) else {
        return Ok(None);
    };
    // Step 4.
    let url = match url {
        "" => None,
        text => Some(environment.parse_url(text).map_err(|error| {
            Exception::dom("SyntaxError", format!("{text:?} is not a URL to open: {error}"))
        })?),
    };
    // Steps 5 to 11.
    let features = Features::parse(features);
    let target = if target.is_empty() { "_blank" } else { target };
    // Step 12.
    let Chosen { context, is_new } = choose(target, &current, features.no_opener)?;
    let source = Source::of(&environment);
    let source = if features.no_referrer { source.without_referrer() } else { source };
    // Steps 14 and 15.
    match url {
        Some(url) if !is_new || url.as_str() != "about:blank" => {
            let handling = if is_new { HistoryHandling::Replace } else { HistoryHandling::Push };
            navigation::navigate_context(&context, Target::to(url), source, handling);
        }
        _ => {}
    }
    // Steps 16 and 17.
    if features.no_opener && is_new { Ok(None) } else { Ok(context.active_window()) }
}

/// [Tokenized features](https://html.spec.whatwg.org/multipage/nav-history-apis.html#concept-window-open-features-tokenize) that mean
/// something without a screen.
#[derive(Clone, Copy, Debug, Default)]
struct Features {
    no_opener: bool,
    no_referrer: bool,
}

impl Features {
    fn parse(text: &str) -> Self {
        let mut features = Self::default();
        for feature in text.split(|c: char| c == ',' || c.is_ascii_whitespace()) {
            let (name, value) = feature.split_once('=').unwrap_or((feature, ""));
            let is_on = match value.to_ascii_lowercase().as_str() {
                "" | "yes" | "true" => true,
                other => other.parse::<f64>().is_ok_and(|number| number.trunc() != 0.0),
            };
            match name.trim().to_ascii_lowercase().as_str() {
                "noopener" => features.no_opener = is_on,
                "noreferrer" => features.no_referrer = is_on,
                _ => {}
            }
        }
        features.no_opener |= features.no_referrer;
        features
    }
}

/// [Gets an element's target](https://html.spec.whatwg.org/multipage/semantics.html#get-an-element's-target): its own, or that of
/// the first `base` that has one.
pub(crate) fn target_of(element: &Element, own: Option<String>) -> String {
    let target = own.or_else(|| element.plain_attribute("target").map(Into::into));
    let target = target.unwrap_or_else(|| {
        let bases = element.owner_doc().descendant_elements();
        let mut bases = bases.filter(|element| element.is_html_named("base"));
        bases.find_map(|base| base.plain_attribute("target")).map(Into::into).unwrap_or_default()
    });
    // Step 2: markup that was left open must not leak into a name.
    if target.contains(['\t', '\n', '\r']) && target.contains('<') {
        return "_blank".into();
    }
    target
}

/// Goes where a link or form leads to, in the browsing context that it names.
pub(crate) fn go(element: &Element, target: &str, to: Target) {
    let document = element.owner_doc();
    let Some(current) = document.context() else { return };
    let Some(environment) = current.environment() else { return };
    // [Noopener](https://html.spec.whatwg.org/multipage/links.html#get-an-element's-noopener).
    let rel = element.plain_attribute("rel").unwrap_or_default().to_ascii_lowercase();
    let has = |token: &str| rel.split_ascii_whitespace().any(|known| known == token);
    let blank = target.eq_ignore_ascii_case("_blank");
    let no_opener = has("noopener") || has("noreferrer") || (blank && !has("opener"));
    let form_submission = element.is_html_named("form");
    let source = Source::new(&environment, &document).referrer_policy(element).by_form(form_submission);
    let source = if has("noreferrer") { source.without_referrer() } else { source };
    match choose(target, &current, no_opener) {
        Ok(Chosen { context, .. }) => {
            let loaded = document.readiness() == crate::bindings::DocumentReadyState::Complete;
            let is_self = Rc::ptr_eq(&context, &current);
            let handling = if is_self && !loaded { HistoryHandling::Replace } else { HistoryHandling::Push };
            navigation::navigate_context(&context, to, source, handling);
        }
        Err(exception) => {
            if let Some(active) = current.active() {
                report::report_exception(&active.realm, exception);
            }
        }
    }
}

/// [`close()`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#dom-window-close) of a window that script opened.
pub(super) fn close(context: &Rc<BrowsingContext>) {
    let Some(active) = context.active() else { return };
    if context.set_closing() {
        return;
    }
    let context = Rc::clone(context);
    Agent::current().queue_global(crate::agent::TaskSource::DomManipulation, &active.realm, move |_| {
        super::unloading::destroy(&context);
        Ok(())
    });
}

/// Whether a URL is `about:blank`, whatever its query and fragment:
/// [matches about:blank](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#matches-about:blank).
pub(super) fn matches_about_blank(url: &Url) -> bool {
    url.scheme() == "about" && url.path() == "blank" && url.host().is_none()
}

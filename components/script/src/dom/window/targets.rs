//! [Choosing a navigable](https://html.spec.whatwg.org/multipage/document-sequences.html#the-rules-for-choosing-a-navigable):
//! where the `target` of a link or form leads.

use std::rc::Rc;

use bgfetch_js::{ErrorLocation, Fallible, Realm, Root};
use bgfetch_traits::coordinator::ConsoleLevel;
use url::Url;

use super::browsing_context::BrowsingContext;
use super::navigation;
use crate::dom::{Document, Element};
use crate::environment::Environment;
use crate::report;

/// [Gets an element's target](https://html.spec.whatwg.org/multipage/semantics.html#get-an-element's-target): its `target`,
/// or that of the document's first `base` element that has one.
pub(crate) fn of_element(element: &Element, own: Option<String>) -> String {
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

/// The rules for choosing a navigable; `None` if that would be a new window, which a page cannot open here.
fn choose(current: &Rc<BrowsingContext>, name: &str) -> Option<Rc<BrowsingContext>> {
    if name.is_empty() || name.eq_ignore_ascii_case("_self") {
        return Some(Rc::clone(current));
    }
    if name.eq_ignore_ascii_case("_parent") {
        return Some(current.parent().unwrap_or_else(|| Rc::clone(current)));
    }
    if name.eq_ignore_ascii_case("_top") {
        return Some(current.top());
    }
    if name.eq_ignore_ascii_case("_blank") {
        return None;
    }
    // [Find a navigable by target name](https://html.spec.whatwg.org/multipage/document-sequences.html#find-a-navigable-by-target-name).
    find(current, name).or_else(|| find(&current.top(), name))
}

/// The context of that name among a context and those below it, in tree order.
fn find(root: &Rc<BrowsingContext>, name: &str) -> Option<Rc<BrowsingContext>> {
    let mut stack = vec![Rc::clone(root)];
    while let Some(context) = stack.pop() {
        if context.name() == name {
            return Some(context);
        }
        stack.extend(context.children().into_iter().rev());
    }
    None
}

/// Navigates what `target` names, seen from a document.
pub(crate) fn navigate(realm: &Realm, document: &Root<Document>, target: &str, url: Url) -> Fallible<()> {
    let Some(context) = document.context() else { return Ok(()) };
    match choose(&context, target) {
        Some(context) => navigation::navigate_context(realm, &context, url),
        None => {
            let text = format!("no window was opened for {url}: a page cannot open any here");
            report::to_console(&Environment::of(realm), ConsoleLevel::Warn, text, &ErrorLocation::default());
        }
    }
    Ok(())
}

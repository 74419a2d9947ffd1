//! What windows may do with each other: the host's side of
//! [the WindowProxy exotic object](https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-windowproxy-exotic-object).

use std::cell::Cell;
use std::rc::Rc;

use bgfetch_js::{CallerMembers, Fallible, Realm, Value, WindowHost};

use super::browsing_context::BrowsingContext;
use crate::agent::Agent;
use crate::dom::nodes::html_collection::{Filter, is_named};
use crate::dom::{HTMLCollection, Window};
use crate::environment::Environment;

/// Members that act on behalf of whoever calls them.
pub(crate) const CALLER_MEMBERS: &[CallerMembers] = &[
    CallerMembers { interface: c"Window", members: &[c"postMessage", c"location"] },
    CallerMembers { interface: c"Document", members: &[c"open", c"close", c"write", c"writeln"] },
    CallerMembers {
        interface: c"Location",
        members: &[
            c"href",
            c"protocol",
            c"host",
            c"hostname",
            c"port",
            c"pathname",
            c"search",
            c"hash",
            c"assign",
            c"replace",
        ],
    },
];

thread_local! {
    /// Whether windows of several origins are, or were, on this thread.
    static SEVERAL_ORIGINS: Cell<bool> = const { Cell::new(false) };
}

/// The realm on whose behalf one of [`CALLER_MEMBERS`] of `realm` runs.
pub(crate) fn incumbent(realm: &Realm) -> Realm {
    Realm::caller().filter(|caller| caller.host::<Environment>().is_some()).unwrap_or_else(|| realm.clone())
}

/// Lets script see a new realm's window, by the proxy of its browsing context.
pub(super) fn show(context: &BrowsingContext, realm: &Realm) -> Fallible<()> {
    let origin = &Environment::of(realm).origin;
    let realms = Agent::current().realms();
    if !SEVERAL_ORIGINS.get() && realms.iter().any(|other| Environment::of(other).origin != *origin) {
        SEVERAL_ORIGINS.set(true);
        for other in realms {
            let context = other.global_as::<Window>().and_then(|window| window.context());
            if let Some(proxy) = context.and_then(|context| context.proxy()) {
                proxy.hide_prototype(&other)?;
            }
        }
    }
    context.proxy_for(realm)?.set_target(realm, !SEVERAL_ORIGINS.get())
}

/// What the engine asks about windows.
pub(crate) struct Windows;

fn context_of(realm: &Realm) -> Option<Rc<BrowsingContext>> {
    realm.global_as::<Window>()?.context()
}

fn proxy_of(context: &BrowsingContext) -> Option<Value> {
    context.proxy().map(|proxy| proxy.as_value().clone())
}

impl WindowHost for Windows {
    fn allows(&self, accessor: &Realm, target: &Realm) -> bool {
        match (accessor.host::<Environment>(), target.host::<Environment>()) {
            (Some(accessor), Some(target)) => accessor.origin == target.origin,
            _ => false,
        }
    }

    fn child_count(&self, target: &Realm) -> u32 {
        let children = context_of(target).map(|context| context.children().len());
        children.and_then(|children| u32::try_from(children).ok()).unwrap_or(0)
    }

    fn child(&self, target: &Realm, index: u32) -> Option<Value> {
        let index = usize::try_from(index).ok()?;
        proxy_of(context_of(target)?.children().get(index)?)
    }

    fn child_named(&self, target: &Realm, name: &str) -> Option<Value> {
        let context = context_of(target)?;
        child_named(&context, name)
    }

    /// [Named access on the Window object](https://html.spec.whatwg.org/multipage/nav-history-apis.html#named-access-on-the-window-object).
    fn named(&self, target: &Realm, name: &str) -> Option<Value> {
        if name.is_empty() {
            return None;
        }
        let context = context_of(target)?;
        if let Some(child) = child_named(&context, name) {
            return Some(child);
        }
        let document = context.active_document()?;
        let named: Vec<_> =
            document.descendant_elements().filter(|element| is_named(element, name)).collect();
        match named.as_slice() {
            [] => None,
            [element] => Some(element.as_value().clone()),
            _ => {
                let filter = Filter::Named(name.to_owned());
                let collection = target.wrap(HTMLCollection::new(&document.upcast(), filter)).ok()?;
                Some(collection.as_value().clone())
            }
        }
    }
}

fn child_named(context: &BrowsingContext, name: &str) -> Option<Value> {
    if name.is_empty() {
        return None;
    }
    let children = context.children();
    proxy_of(children.iter().find(|child| child.name() == name)?)
}

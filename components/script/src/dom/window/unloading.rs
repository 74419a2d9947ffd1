//! [Unloading documents](https://html.spec.whatwg.org/multipage/document-lifecycle.html#unloading-documents).

use std::rc::Rc;

use super::browsing_context::{Active, BrowsingContext};
use crate::agent::Agent;
use crate::dom::{Window, events};
use crate::environment::Environment;
use crate::report;

/// Unloads what a browsing context shows, its frames included, and closes it.
pub(crate) fn destroy(context: &Rc<BrowsingContext>) {
    context.stop_navigation();
    if let Some(active) = context.active() {
        unload(context, &active);
    }
    let closed = context.close();
    drop(closed);
}

/// [Unloads](https://html.spec.whatwg.org/multipage/document-lifecycle.html#unload-a-document) a document and its
/// [descendants](https://html.spec.whatwg.org/multipage/document-lifecycle.html#unload-a-document-and-its-descendants), and with it
/// its environment. It is never kept for history: there is no back/forward cache.
pub(crate) fn unload(context: &Rc<BrowsingContext>, active: &Active) {
    if active.document.is_discarded() {
        return;
    }
    for name in ["pagehide", "unload"] {
        if let Err(exception) = events::event::fire::<Window>(&active.realm, &active.window, name) {
            report::report_exception(&active.realm, exception);
        }
    }
    for child in context.children() {
        if let Some(element) = child.container() {
            drop(element.set_content(None));
        }
        destroy(&child);
    }
    active.document.discard();
    Agent::current().remove_environment(Environment::of(&active.realm).id);
}

//! [Unloading documents](https://html.spec.whatwg.org/multipage/document-lifecycle.html#unloading-documents).

use std::rc::Rc;

use bgfetch_js::Fallible;

use super::browsing_context::{Active, BrowsingContext};
use crate::agent::Agent;
use crate::bindings::EventInit;
use crate::dom::html::parsing::page::counted;
use crate::dom::{BeforeUnloadEvent, Event, PageTransitionEvent};
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

/// [Checks if unloading is canceled](https://html.spec.whatwg.org/multipage/browsing-the-web.html#checking-if-unloading-is-canceled):
/// pages are asked, and nobody is there who could stay.
pub(super) fn ask_to_leave(context: &Rc<BrowsingContext>) {
    let Some(active) = context.active().filter(|_| !context.is_initial()) else { return };
    counted(&active.document.parser.unload_counter, || {
        if let Err(exception) = BeforeUnloadEvent::fire(&active.realm) {
            report::report_exception(&active.realm, exception);
        }
        context.children().iter().for_each(ask_to_leave);
    });
}

/// [Unloads](https://html.spec.whatwg.org/multipage/document-lifecycle.html#unload-a-document) a document and its
/// [descendants](https://html.spec.whatwg.org/multipage/document-lifecycle.html#unload-a-document-and-its-descendants), and with it
/// its environment. It is never kept for history: there is no back/forward cache.
pub(crate) fn unload(context: &Rc<BrowsingContext>, active: &Active) {
    let counter = &active.document.parser.unload_counter;
    // What its own events do to the frame that it is in does not unload it a second time.
    if active.document.is_discarded() || counter.get() > 0 {
        return;
    }
    let fire = || {
        PageTransitionEvent::fire(&active.realm, "pagehide")?;
        active.document.hide(&active.realm)?;
        let unload = Event::trusted(&active.realm, "unload", &EventInit::default())?;
        active.window.dispatch_for_document(&active.realm, &unload).map(drop)
    };
    counted(counter, || {
        let fired: Fallible<()> = fire();
        if let Err(exception) = fired {
            report::report_exception(&active.realm, exception);
        }
        destroy_children(context);
    });
    active.document.discard();
    Agent::current().remove_environment(Environment::of(&active.realm).id);
}

/// Lets go of the [initial `about:blank`](https://html.spec.whatwg.org/multipage/dom.html#is-initial-about:blank), whose window goes
/// on to another document.
pub(super) fn replace_initial(context: &Rc<BrowsingContext>, active: &Active) {
    destroy_children(context);
    active.document.discard();
}

fn destroy_children(context: &Rc<BrowsingContext>) {
    for child in context.children() {
        // While they are unloaded, frames still show what they showed.
        if let Some(active) = child.active() {
            unload(&child, &active);
        }
        if let Some(element) = child.container() {
            drop(element.set_content(None));
        }
        destroy(&child);
    }
}

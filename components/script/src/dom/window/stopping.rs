//! [Stopping what loads](https://html.spec.whatwg.org/multipage/document-lifecycle.html#nav-stop): documents are
//! [aborted](https://html.spec.whatwg.org/multipage/document-lifecycle.html#abort-a-document), and navigations end.

use std::rc::Rc;

use super::browsing_context::BrowsingContext;

/// [Stops loading](https://html.spec.whatwg.org/multipage/document-lifecycle.html#nav-stop) a navigable.
pub(crate) fn stop_loading(context: &Rc<BrowsingContext>) {
    let Some(document) = context.active_document() else { return };
    // Step 2.
    if document.parser.unload_counter.get() == 0 {
        context.stop_navigation();
    }
    // Step 3.
    abort_document_and_its_descendants(context);
}

/// [Aborts a document and its descendants](https://html.spec.whatwg.org/multipage/document-lifecycle.html#abort-a-document-and-its-descendants).
fn abort_document_and_its_descendants(context: &Rc<BrowsingContext>) {
    let Some(document) = context.active_document() else { return };
    for child in context.children() {
        abort_document_and_its_descendants(&child);
    }
    if let Some(environment) = context.environment() {
        environment.loads.cancel();
        environment.fetch_group.terminate();
    }
    document.parser.abort();
}

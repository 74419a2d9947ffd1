//! [`History`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-history-interface).

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use bgfetch_js::{
    DomString, Exception, Fallible, Realm, Reflector, Traced, Value, platform_object, trace_fields,
};

use super::browsing_context::{Active, BrowsingContext};
use super::navigation::{self, HistoryHandling};
use super::session_history::{self, can_be_rewritten};
use crate::bindings::{HistoryMethods, ScrollRestoration};
use crate::clone;

/// `History`.
pub(crate) struct History {
    reflector: Reflector,
    /// [State](https://html.spec.whatwg.org/multipage/nav-history-apis.html#concept-history-state), deserialized.
    state: RefCell<Traced<Value>>,
    scroll_restoration: Cell<ScrollRestoration>,
}

trace_fields!(History { state });
platform_object!(History);

impl History {
    pub(super) fn new() -> Self {
        Self {
            reflector: Reflector::new(),
            state: RefCell::new(Value::NULL.into()),
            scroll_restoration: Cell::new(ScrollRestoration::Auto),
        }
    }

    /// Sets what `state` gives.
    pub(super) fn set_state_value(&self, value: Value) {
        let before = self.state.replace(value.into());
        drop(before);
    }

    fn traverse(realm: &Realm, delta: i32) -> Fallible<()> {
        let (context, active) = fully_active(realm)?;
        // A delta of zero reloads.
        if delta == 0 {
            navigation::reload(&active.document);
        } else {
            session_history::traverse(&context, delta);
        }
        Ok(())
    }

    /// [Shared history push/replace state steps](https://html.spec.whatwg.org/multipage/nav-history-apis.html#shared-history-push/replace-state-steps).
    fn change(
        &self,
        realm: &Realm,
        data: &Value,
        url: Option<String>,
        handling: HistoryHandling,
    ) -> Fallible<()> {
        // Steps 1 and 2.
        let (context, active) = fully_active(realm)?;
        // Step 4: for storage, which nothing is transferred to.
        let state = clone::serialize_for_storage(realm, data)?;
        // Steps 5 and 6.
        let document = &active.document;
        let mut new_url = document.document_url();
        if let Some(url) = url.filter(|url| !url.is_empty()) {
            let security = |why: String| Exception::dom("SecurityError", why);
            new_url =
                document.parse_url(&url).map_err(|error| security(format!("{url:?} is no URL: {error}")))?;
            if !can_be_rewritten(document, &new_url) {
                return Err(security(format!("the URL of this document cannot become {new_url}")));
            }
        }
        // Steps 9 and 10: while it is the initial about:blank, nothing is added.
        let handling = if context.is_initial() { HistoryHandling::Replace } else { handling };
        session_history::update_url(&context, &active, new_url, Some(Arc::new(state)), &handling);
        session_history::restored_state(&context, &active).map(drop)
    }
}

/// The browsing context of a realm whose document is shown.
///
/// # Errors
/// A `SecurityError` for any other.
fn fully_active(realm: &Realm) -> Fallible<(Rc<BrowsingContext>, Active)> {
    let context = session_history::context_of(realm);
    context
        .ok_or_else(|| Exception::dom("SecurityError", "the document of this history is not shown any more"))
}

impl HistoryMethods for History {
    fn length(&self, realm: &Realm) -> Fallible<u32> {
        let (context, _) = fully_active(realm)?;
        Ok(u32::try_from(context.top().history().length()).unwrap_or(u32::MAX))
    }

    fn scroll_restoration(&self, realm: &Realm) -> Fallible<ScrollRestoration> {
        fully_active(realm)?;
        Ok(self.scroll_restoration.get())
    }

    fn set_scroll_restoration(&self, realm: &Realm, value: ScrollRestoration) -> Fallible<()> {
        fully_active(realm)?;
        self.scroll_restoration.set(value);
        Ok(())
    }

    fn state(&self, realm: &Realm) -> Fallible<Value> {
        fully_active(realm)?;
        Ok((**self.state.borrow()).clone())
    }

    fn go(&self, realm: &Realm, delta: i32) -> Fallible<()> {
        Self::traverse(realm, delta)
    }

    fn back(&self, realm: &Realm) -> Fallible<()> {
        Self::traverse(realm, -1)
    }

    fn forward(&self, realm: &Realm) -> Fallible<()> {
        Self::traverse(realm, 1)
    }

    fn push_state(&self, realm: &Realm, data: Value, _: DomString, url: Option<String>) -> Fallible<()> {
        self.change(realm, &data, url, HistoryHandling::Push)
    }

    fn replace_state(&self, realm: &Realm, data: Value, _: DomString, url: Option<String>) -> Fallible<()> {
        self.change(realm, &data, url, HistoryHandling::Replace)
    }
}

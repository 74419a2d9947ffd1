//! [`HTMLDataListElement`](https://html.spec.whatwg.org/multipage/form-elements.html#the-datalist-element).

use std::cell::OnceCell;

use bgfetch_js::{Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields};

use crate::bindings::HTMLDataListElementMethods;
use crate::dom::globals::window_or_worker::once;
use crate::dom::nodes::html_collection::Filter;
use crate::dom::{HTMLCollection, HTMLElement};

/// `HTMLDataListElement`.
pub(crate) struct HTMLDataListElement {
    html_element: HTMLElement,
    options: OnceCell<Member<HTMLCollection>>,
}

trace_fields!(HTMLDataListElement { html_element, options });
platform_object!(HTMLDataListElement: HTMLElement via html_element);

impl HTMLDataListElement {
    /// A `datalist` element.
    pub(super) const fn new(html_element: HTMLElement) -> Self {
        Self { html_element, options: OnceCell::new() }
    }
}

impl HTMLDataListElementMethods for HTMLDataListElement {
    fn options(&self, realm: &Realm) -> Fallible<Root<HTMLCollection>> {
        let new = || HTMLCollection::new(&self.root().upcast(), Filter::Html(&["option"], None));
        once(&self.options, || realm.wrap(new()))
    }
}

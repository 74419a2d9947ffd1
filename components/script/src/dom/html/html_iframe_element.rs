//! [`HTMLIFrameElement`](https://html.spec.whatwg.org/multipage/iframe-embed-object.html#the-iframe-element).

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use bgfetch_js::{DomString, Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields};

use super::reflect;
use crate::bindings::HTMLIFrameElementMethods;
use crate::dom::globals::window_or_worker::once;
use crate::dom::window::browsing_context::BrowsingContext;
use crate::dom::{DOMTokenList, Document, Element, HTMLElement, Window};
use crate::environment::Environment;

/// `HTMLIFrameElement`.
pub(crate) struct HTMLIFrameElement {
    html_element: HTMLElement,
    sandbox: OnceCell<Member<DOMTokenList>>,
    /// [Content navigable](https://html.spec.whatwg.org/multipage/document-sequences.html#content-navigable): while it is in a
    /// document that a window shows.
    content: RefCell<Option<Rc<BrowsingContext>>>,
}

trace_fields!(HTMLIFrameElement { html_element, sandbox });
platform_object!(HTMLIFrameElement: HTMLElement via html_element);

/// [Supported tokens](https://html.spec.whatwg.org/multipage/iframe-embed-object.html#attr-iframe-sandbox) of `sandbox`:
/// those that have an effect here.
const SANDBOX_TOKENS: &[&str] = &["allow-same-origin", "allow-scripts"];

impl HTMLIFrameElement {
    /// An `iframe` element.
    pub(super) const fn new(html_element: HTMLElement) -> Self {
        Self { html_element, sandbox: OnceCell::new(), content: RefCell::new(None) }
    }

    /// Its [content navigable](https://html.spec.whatwg.org/multipage/document-sequences.html#content-navigable).
    pub(crate) fn content(&self) -> Option<Rc<BrowsingContext>> {
        self.content.borrow().clone()
    }

    /// Sets its content navigable; gives the one before.
    pub(crate) fn set_content(&self, context: Option<Rc<BrowsingContext>>) -> Option<Rc<BrowsingContext>> {
        self.content.replace(context)
    }
}

impl HTMLIFrameElementMethods for HTMLIFrameElement {
    reflect::url!(src, set_src, "src");
    reflect::string!(srcdoc, set_srcdoc, "srcdoc");
    reflect::string!(name, set_name, "name");
    reflect::string!(allow, set_allow, "allow");
    reflect::boolean!(allow_fullscreen, set_allow_fullscreen, "allowfullscreen");
    reflect::string!(width, set_width, "width");
    reflect::string!(height, set_height, "height");

    fn sandbox(&self, realm: &Realm) -> Fallible<Root<DOMTokenList>> {
        let element: Root<Element> = self.root().upcast();
        once(&self.sandbox, || realm.wrap(DOMTokenList::new(&element, "sandbox", Some(SANDBOX_TOKENS))))
    }

    reflect::referrer_policy!();

    /// Without layout nothing is ever far from what is seen: a lazy frame loads at once.
    fn loading(&self, _: &Realm) -> Fallible<DomString> {
        Ok(reflect::known(self, "loading", &["eager", "lazy"], "eager", "eager").into())
    }

    fn set_loading(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        self.set_plain_attribute(realm, "loading", value);
        Ok(())
    }

    /// [`contentDocument`](https://html.spec.whatwg.org/multipage/iframe-embed-object.html#dom-iframe-contentdocument)
    fn content_document(&self, realm: &Realm) -> Fallible<Option<Root<Document>>> {
        let document = self.content().and_then(|context| context.active_document());
        let origin = &Environment::of(realm).origin;
        Ok(document.filter(|document| document.origin() == origin))
    }

    /// [`contentWindow`](https://html.spec.whatwg.org/multipage/iframe-embed-object.html#dom-iframe-contentwindow)
    fn content_window(&self, _: &Realm) -> Fallible<Option<Root<Window>>> {
        Ok(self.content().and_then(|context| context.active_window()))
    }
}

//! [`HTMLScriptElement`](https://html.spec.whatwg.org/multipage/scripting.html#the-script-element).

use bgfetch_js::{DomString, Fallible, PlatformObject, Realm, platform_object, trace_fields};

use super::reflect;
use super::scripting::ScriptState;
use crate::bindings::HTMLScriptElementMethods;
use crate::dom::HTMLElement;
use crate::dom::nodes::text_content;

/// `HTMLScriptElement`.
pub(crate) struct HTMLScriptElement {
    html_element: HTMLElement,
    /// How far it has come.
    pub(crate) state: ScriptState,
}

trace_fields!(HTMLScriptElement { html_element, state });
platform_object!(HTMLScriptElement: HTMLElement via html_element);

impl HTMLScriptElement {
    /// A `script` element.
    pub(super) fn new(html_element: HTMLElement) -> Self {
        Self { html_element, state: ScriptState::default() }
    }
}

impl HTMLScriptElementMethods for HTMLScriptElement {
    reflect::string!(type_, set_type, "type");
    reflect::url!(src, set_src, "src");
    reflect::boolean!(no_module, set_no_module, "nomodule");
    reflect::boolean!(defer, set_defer, "defer");
    reflect::string!(integrity, set_integrity, "integrity");

    /// [`async`](https://html.spec.whatwg.org/multipage/scripting.html#dom-script-async)
    fn async_(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.state.force_async.get() || self.plain_attribute("async").is_some())
    }

    fn set_async(&self, realm: &Realm, value: bool) -> Fallible<()> {
        self.state.force_async.set(false);
        reflect::set_boolean(self, realm, "async", value);
        Ok(())
    }

    reflect::cross_origin!();

    /// [`text`](https://html.spec.whatwg.org/multipage/scripting.html#dom-script-text)
    fn text(&self, _: &Realm) -> Fallible<DomString> {
        Ok(text_content::child_text(&self.root().upcast()))
    }

    fn set_text(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        text_content::string_replace_all(realm, &self.root().upcast(), value)
    }

    /// [`HTMLScriptElement.supports()`](https://html.spec.whatwg.org/multipage/scripting.html#dom-script-supports)
    fn supports(_: &Realm, type_: DomString) -> Fallible<bool> {
        Ok(type_ == "classic" || type_ == "module")
    }
}

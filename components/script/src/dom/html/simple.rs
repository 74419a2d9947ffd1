//! HTML elements that do no more than hold attributes.

use bgfetch_js::{DomString, Fallible, PlatformObject, Realm, Root};

use super::reflect;
use crate::dom::nodes::text_content;
use crate::dom::url::resolve_with;
use crate::dom::{Element, HTMLElement, HTMLFormElement};

/// An interface that inherits from `HTMLElement`, with what its methods do.
macro_rules! html_element {
    ($(#[$doc:meta])* $name:ident, $methods:ident { $($methods_body:tt)* }) => {
        $(#[$doc])*
        pub(crate) struct $name {
            html_element: $crate::dom::HTMLElement,
        }

        bgfetch_js::trace_fields!($name { html_element });
        bgfetch_js::platform_object!($name: HTMLElement via html_element);

        impl $name {
            /// An element of that interface.
            pub(crate) const fn new(html_element: $crate::dom::HTMLElement) -> Self {
                Self { html_element }
            }
        }

        impl $crate::bindings::$methods for $name {
            $($methods_body)*
        }
    };
}
pub(crate) use html_element;

html_element!(
    /// [`HTMLUnknownElement`](https://html.spec.whatwg.org/multipage/dom.html#htmlunknownelement)
    HTMLUnknownElement, HTMLUnknownElementMethods {}
);
html_element!(
    /// [`HTMLHtmlElement`](https://html.spec.whatwg.org/multipage/semantics.html#the-html-element)
    HTMLHtmlElement, HTMLHtmlElementMethods {}
);
html_element!(
    /// [`HTMLHeadElement`](https://html.spec.whatwg.org/multipage/semantics.html#the-head-element)
    HTMLHeadElement, HTMLHeadElementMethods {}
);
html_element!(
    /// [`HTMLBodyElement`](https://html.spec.whatwg.org/multipage/sections.html#the-body-element)
    HTMLBodyElement, HTMLBodyElementMethods {}
);
html_element!(
    /// [`HTMLFrameSetElement`](https://html.spec.whatwg.org/multipage/obsolete.html#htmlframesetelement)
    HTMLFrameSetElement, HTMLFrameSetElementMethods {
        reflect::string!(cols, set_cols, "cols");
        reflect::string!(rows, set_rows, "rows");
    }
);
html_element!(
    /// [`HTMLFieldSetElement`](https://html.spec.whatwg.org/multipage/form-elements.html#the-fieldset-element)
    HTMLFieldSetElement, HTMLFieldSetElementMethods {
        reflect::boolean!(disabled, set_disabled, "disabled");
        reflect::string!(name, set_name, "name");

        fn form(&self, _: &Realm) -> Fallible<Option<Root<HTMLFormElement>>> {
            Ok(super::states::form_owner(self))
        }

        fn type_(&self, _: &Realm) -> Fallible<DomString> {
            Ok("fieldset".into())
        }
    }
);
html_element!(
    /// [`HTMLLegendElement`](https://html.spec.whatwg.org/multipage/form-elements.html#the-legend-element)
    HTMLLegendElement, HTMLLegendElementMethods {
        /// [`form`](https://html.spec.whatwg.org/multipage/form-elements.html#dom-legend-form)
        fn form(&self, _: &Realm) -> Fallible<Option<Root<HTMLFormElement>>> {
            let fieldset = self.parent_as_element().filter(|parent| parent.is_html_named("fieldset"));
            Ok(fieldset.and_then(|fieldset| super::states::form_owner(&fieldset)))
        }
    }
);
html_element!(
    /// [`HTMLOptGroupElement`](https://html.spec.whatwg.org/multipage/form-elements.html#the-optgroup-element)
    HTMLOptGroupElement, HTMLOptGroupElementMethods {
        reflect::boolean!(disabled, set_disabled, "disabled");
        reflect::string!(label, set_label, "label");
    }
);
html_element!(
    /// [`HTMLTitleElement`](https://html.spec.whatwg.org/multipage/semantics.html#the-title-element)
    HTMLTitleElement, HTMLTitleElementMethods {
        fn text(&self, _: &Realm) -> Fallible<DomString> {
            Ok(text_content::child_text(&self.root().upcast()))
        }

        fn set_text(&self, realm: &Realm, value: DomString) -> Fallible<()> {
            text_content::string_replace_all(realm, &self.root().upcast(), value)
        }
    }
);
html_element!(
    /// [`HTMLBaseElement`](https://html.spec.whatwg.org/multipage/semantics.html#the-base-element)
    HTMLBaseElement, HTMLBaseElementMethods {
        fn href(&self, _: &Realm) -> Fallible<String> {
            let href = self.plain_attribute("href").unwrap_or_default();
            let document = self.owner_doc();
            let resolved = resolve_with(&href, Some(&document.document_url()), document.encoding());
            Ok(resolved.map_or_else(|_| href.into_string(), Into::into))
        }

        fn set_href(&self, realm: &Realm, value: String) -> Fallible<()> {
            self.set_plain_attribute(realm, "href", value.into());
            Ok(())
        }

        reflect::string!(target, set_target, "target");
    }
);
html_element!(
    /// [`HTMLStyleElement`](https://html.spec.whatwg.org/multipage/semantics.html#the-style-element)
    HTMLStyleElement, HTMLStyleElementMethods {
        reflect::string!(media, set_media, "media");
    }
);
html_element!(
    /// [`HTMLDivElement`](https://html.spec.whatwg.org/multipage/grouping-content.html#the-div-element)
    HTMLDivElement, HTMLDivElementMethods {}
);
html_element!(
    /// [`HTMLSpanElement`](https://html.spec.whatwg.org/multipage/text-level-semantics.html#the-span-element)
    HTMLSpanElement, HTMLSpanElementMethods {}
);
html_element!(
    /// [`HTMLParagraphElement`](https://html.spec.whatwg.org/multipage/grouping-content.html#the-p-element)
    HTMLParagraphElement, HTMLParagraphElementMethods {}
);
html_element!(
    /// [`HTMLHeadingElement`](https://html.spec.whatwg.org/multipage/sections.html#the-h1,-h2,-h3,-h4,-h5,-and-h6-elements)
    HTMLHeadingElement, HTMLHeadingElementMethods {}
);
html_element!(
    /// [`HTMLPictureElement`](https://html.spec.whatwg.org/multipage/embedded-content.html#the-picture-element)
    HTMLPictureElement, HTMLPictureElementMethods {}
);
html_element!(
    /// [`HTMLSourceElement`](https://html.spec.whatwg.org/multipage/embedded-content.html#the-source-element)
    HTMLSourceElement, HTMLSourceElementMethods {
        reflect::url!(src, set_src, "src");
        reflect::string!(type_, set_type, "type");
        reflect::usv_string!(srcset, set_srcset, "srcset");
        reflect::string!(sizes, set_sizes, "sizes");
        reflect::string!(media, set_media, "media");
        reflect::unsigned_long!(width, set_width, "width", 0);
        reflect::unsigned_long!(height, set_height, "height", 0);
    }
);
html_element!(
    /// [`HTMLPreElement`](https://html.spec.whatwg.org/multipage/grouping-content.html#the-pre-element)
    HTMLPreElement, HTMLPreElementMethods {}
);
html_element!(
    /// [`HTMLHRElement`](https://html.spec.whatwg.org/multipage/grouping-content.html#the-hr-element)
    HTMLHRElement, HTMLHRElementMethods {}
);
html_element!(
    /// [`HTMLBRElement`](https://html.spec.whatwg.org/multipage/text-level-semantics.html#the-br-element)
    HTMLBRElement, HTMLBRElementMethods {}
);
html_element!(
    /// [`HTMLUListElement`](https://html.spec.whatwg.org/multipage/grouping-content.html#the-ul-element)
    HTMLUListElement, HTMLUListElementMethods {}
);
html_element!(
    /// [`HTMLOListElement`](https://html.spec.whatwg.org/multipage/grouping-content.html#the-ol-element)
    HTMLOListElement, HTMLOListElementMethods {
        reflect::boolean!(reversed, set_reversed, "reversed");
        reflect::long!(start, set_start, "start", 1);
        reflect::string!(type_, set_type, "type");
    }
);
html_element!(
    /// [`HTMLLIElement`](https://html.spec.whatwg.org/multipage/grouping-content.html#the-li-element)
    HTMLLIElement, HTMLLIElementMethods {
        reflect::long!(value, set_value, "value", 0);
    }
);
html_element!(
    /// [`HTMLLabelElement`](https://html.spec.whatwg.org/multipage/forms.html#the-label-element)
    HTMLLabelElement, HTMLLabelElementMethods {
        reflect::string!(html_for, set_html_for, "for");

        /// [`control`](https://html.spec.whatwg.org/multipage/forms.html#dom-label-control)
        fn control(&self, _: &Realm) -> Fallible<Option<Root<HTMLElement>>> {
            let found = match self.plain_attribute("for") {
                Some(id) => crate::dom::nodes::parent_node::element_by_id(&self.tree_root(), &id).filter(super::states::is_labelable),
                None => self.descendant_elements().find(super::states::is_labelable),
            };
            Ok(found.and_then(|element: Root<Element>| element.downcast()))
        }

        fn form(&self, realm: &Realm) -> Fallible<Option<Root<HTMLFormElement>>> {
            Ok(self.control(realm)?.and_then(|control| super::states::form_owner(&control)))
        }
    }
);

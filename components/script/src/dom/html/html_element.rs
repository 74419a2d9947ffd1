//! [`HTMLElement`](https://html.spec.whatwg.org/multipage/dom.html#htmlelement).

use std::cell::{Cell, OnceCell};

use bgfetch_js::{DomString, Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields};
use markup5ever::{LocalName, QualName, ns};

use super::{activation, reflect};
use crate::bindings::{BooleanOrDoubleOrDomString, HTMLElementMethods};
use crate::dom::css::css_style_declaration::element_css_inline_style;
use crate::dom::nodes::{mutation, text_content};
use crate::dom::{DOMStringMap, Document, DocumentFragment, Element, Node, Text};

/// `HTMLElement`.
pub(crate) struct HTMLElement {
    element: Element,
    dataset: OnceCell<Member<DOMStringMap>>,
    /// [Click in progress flag](https://html.spec.whatwg.org/multipage/interaction.html#click-in-progress-flag)
    click_in_progress: Cell<bool>,
}

trace_fields!(HTMLElement { element, dataset });
platform_object!(HTMLElement: Element via element);

impl HTMLElement {
    /// For interfaces that inherit, and elements without one of their own.
    pub(crate) fn new_inherited(document: &Root<Document>, name: QualName) -> Self {
        Self {
            element: Element::new_inherited(document, name),
            dataset: OnceCell::new(),
            click_in_progress: Cell::new(false),
        }
    }

    /// Whether a click on it is being dispatched.
    pub(super) const fn click_in_progress(&self) -> &Cell<bool> {
        &self.click_in_progress
    }
}

/// [`dir`](https://html.spec.whatwg.org/multipage/dom.html#the-dir-attribute), in its canonical spelling.
pub(crate) fn direction(element: &Element) -> DomString {
    reflect::known(element, "dir", &["ltr", "rtl", "auto"], "", "").into()
}

/// [Rendered text fragment](https://html.spec.whatwg.org/multipage/dom.html#rendered-text-fragment): lines as text, with
/// `br` between them.
fn rendered_text(realm: &Realm, document: &Root<Document>, text: &DomString) -> Fallible<Root<Node>> {
    let fragment: Root<Node> = DocumentFragment::create(realm, document)?.upcast();
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    for (index, line) in lines.split('\n').enumerate() {
        if index > 0 {
            let name = QualName::new(None, ns!(html), LocalName::from("br"));
            mutation::append(realm, &Element::create(realm, document, name)?.upcast(), &fragment);
        }
        if !line.is_empty() {
            mutation::append(realm, &Text::create(realm, document, line.into())?.upcast(), &fragment);
        }
    }
    Ok(fragment)
}

impl HTMLElementMethods for HTMLElement {
    reflect::string!(title, set_title, "title");
    reflect::string!(lang, set_lang, "lang");
    reflect::string!(access_key, set_access_key, "accesskey");
    reflect::boolean!(inert, set_inert, "inert");

    fn dir(&self, _: &Realm) -> Fallible<DomString> {
        Ok(direction(self))
    }

    fn set_dir(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        self.set_plain_attribute(realm, "dir", value);
        Ok(())
    }

    /// [`hidden`](https://html.spec.whatwg.org/multipage/interaction.html#dom-hidden)
    fn hidden(&self, _: &Realm) -> Fallible<Option<BooleanOrDoubleOrDomString>> {
        let hidden = self.with_plain_attribute("hidden", |value| match value {
            Some(value) if value.eq_ignore_ascii_case("until-found") => {
                BooleanOrDoubleOrDomString::DomString("until-found".into())
            }
            value => BooleanOrDoubleOrDomString::Boolean(value.is_some()),
        });
        Ok(Some(hidden))
    }

    fn set_hidden(&self, realm: &Realm, value: Option<BooleanOrDoubleOrDomString>) -> Fallible<()> {
        let hide = match value {
            None => false,
            Some(BooleanOrDoubleOrDomString::Boolean(hide)) => hide,
            Some(BooleanOrDoubleOrDomString::Double(number)) => number != 0.0 && !number.is_nan(),
            Some(BooleanOrDoubleOrDomString::DomString(text)) if text.eq_ignore_ascii_case("until-found") => {
                self.set_plain_attribute(realm, "hidden", "until-found".into());
                return Ok(());
            }
            Some(BooleanOrDoubleOrDomString::DomString(text)) => !text.is_empty(),
        };
        reflect::set_boolean(self, realm, "hidden", hide);
        Ok(())
    }

    /// [`innerText`](https://html.spec.whatwg.org/multipage/dom.html#dom-innertext) of an element that is not rendered, as
    /// none is here: its text content.
    fn inner_text(&self, _: &Realm) -> Fallible<DomString> {
        Ok(text_content::descendant_text(&self.root().upcast()))
    }

    fn set_inner_text(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        let fragment = rendered_text(realm, &self.owner_doc(), &value)?;
        mutation::replace_all(realm, Some(&fragment), &self.root().upcast());
        Ok(())
    }

    /// [`click()`](https://html.spec.whatwg.org/multipage/interaction.html#dom-click)
    fn click(&self, realm: &Realm) -> Fallible<()> {
        activation::click(realm, &self.root(), false)
    }
}

/// Implements the mixin
/// [`HTMLOrSVGElement`](https://html.spec.whatwg.org/multipage/dom.html#htmlorsvgelement) for an interface with a `dataset`.
macro_rules! html_or_svg_or_math_ml_element {
    ($name:ident) => {
        impl $crate::bindings::HTMLOrSVGOrMathMLElementMethods for $name {
            fn dataset(
                &self,
                realm: &bgfetch_js::Realm,
            ) -> bgfetch_js::Fallible<bgfetch_js::Root<$crate::dom::DOMStringMap>> {
                let this = bgfetch_js::PlatformObject::root(self).upcast();
                $crate::dom::globals::window_or_worker::once(&self.dataset, || {
                    realm.wrap($crate::dom::DOMStringMap::new(&this))
                })
            }

            fn nonce(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<bgfetch_js::DomString> {
                Ok(self.cryptographic_nonce().unwrap_or_default())
            }

            fn set_nonce(
                &self,
                _: &bgfetch_js::Realm,
                value: bgfetch_js::DomString,
            ) -> bgfetch_js::Fallible<()> {
                self.set_cryptographic_nonce(Some(value));
                Ok(())
            }

            fn tab_index(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<i32> {
                Ok($crate::dom::html::focus::tab_index(self))
            }

            fn set_tab_index(&self, realm: &bgfetch_js::Realm, value: i32) -> bgfetch_js::Fallible<()> {
                self.set_plain_attribute(realm, "tabindex", value.to_string().into());
                Ok(())
            }

            fn focus(
                &self,
                realm: &bgfetch_js::Realm,
                _options: $crate::bindings::FocusOptions,
            ) -> bgfetch_js::Fallible<()> {
                $crate::dom::html::focus::focus(realm, &bgfetch_js::PlatformObject::root(self).upcast())
            }

            fn blur(&self, realm: &bgfetch_js::Realm) -> bgfetch_js::Fallible<()> {
                $crate::dom::html::focus::blur(realm, &bgfetch_js::PlatformObject::root(self).upcast())
            }
        }
    };
}
pub(crate) use html_or_svg_or_math_ml_element;

html_or_svg_or_math_ml_element!(HTMLElement);
element_css_inline_style!(HTMLElement);

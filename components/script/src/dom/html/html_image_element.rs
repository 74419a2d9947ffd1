//! [`HTMLImageElement`](https://html.spec.whatwg.org/multipage/embedded-content.html#the-img-element): nothing is loaded for it,
//! since there is nothing to paint.

use std::cell::Cell;

use bgfetch_js::{Fallible, Realm, Root, platform_object, trace_fields};
use markup5ever::{LocalName, QualName, ns};

use super::reflect;
use crate::bindings::HTMLImageElementMethods;
use crate::dom::{HTMLElement, Window};

/// `HTMLImageElement`.
pub(crate) struct HTMLImageElement {
    html_element: HTMLElement,
    /// What `new Image()` was given, until there is an object to give it to.
    given: Cell<(Option<u32>, Option<u32>)>,
}

trace_fields!(HTMLImageElement { html_element });
platform_object!(HTMLImageElement: HTMLElement via html_element);

impl HTMLImageElement {
    /// An `img` element.
    pub(super) const fn new(html_element: HTMLElement) -> Self {
        Self { html_element, given: Cell::new((None, None)) }
    }
}

impl HTMLImageElementMethods for HTMLImageElement {
    /// [`new Image()`](https://html.spec.whatwg.org/multipage/embedded-content.html#dom-image)
    fn image(realm: &Realm, width: Option<u32>, height: Option<u32>) -> Fallible<Self> {
        // Steps 1 and 2.
        let name = QualName::new(None, ns!(html), LocalName::from("img"));
        let image = Self::new(HTMLElement::new_inherited(&Window::document_of(realm)?, name));
        image.given.set((width, height));
        Ok(image)
    }

    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        // Steps 3 and 4.
        let (width, height) = this.given.take();
        if let Some(width) = width {
            this.set_width(realm, width)?;
        }
        if let Some(height) = height {
            this.set_height(realm, height)?;
        }
        Ok(())
    }

    reflect::string!(alt, set_alt, "alt");
    reflect::url!(src, set_src, "src");
    reflect::usv_string!(srcset, set_srcset, "srcset");
    reflect::string!(sizes, set_sizes, "sizes");
    reflect::string!(use_map, set_use_map, "usemap");
    reflect::boolean!(is_map, set_is_map, "ismap");
    reflect::unsigned_long!(width, set_width, "width", 0);
    reflect::unsigned_long!(height, set_height, "height", 0);
    reflect::enumerated!(loading, set_loading, "loading", ["lazy", "eager"], "eager", "eager");
}

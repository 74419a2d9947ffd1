//! [`SVGElement`](https://svgwg.org/svg2-draft/types.html#InterfaceSVGElement) and
//! [`MathMLElement`](https://w3c.github.io/mathml-core/#dom-mathmlelement): elements of these languages take part in the tree
//! and in events; nothing draws them.

use std::cell::OnceCell;

use bgfetch_js::{Member, platform_object, trace_fields};
use markup5ever::QualName;

use crate::bindings::{MathMLElementMethods, SVGElementMethods};
use crate::dom::css::css_style_declaration::element_css_inline_style;
use crate::dom::html::html_element::html_or_svg_or_math_ml_element;
use crate::dom::{DOMStringMap, Document, Element};

/// `SVGElement`.
pub(crate) struct SVGElement {
    element: Element,
    dataset: OnceCell<Member<DOMStringMap>>,
}

trace_fields!(SVGElement { element, dataset });
platform_object!(SVGElement: Element via element);

impl SVGElement {
    /// An element of the SVG namespace.
    pub(crate) fn new(document: &bgfetch_js::Root<Document>, name: QualName) -> Self {
        Self { element: Element::new_inherited(document, name), dataset: OnceCell::new() }
    }
}

impl SVGElementMethods for SVGElement {}
html_or_svg_or_math_ml_element!(SVGElement);
element_css_inline_style!(SVGElement);

/// `MathMLElement`.
pub(crate) struct MathMLElement {
    element: Element,
    dataset: OnceCell<Member<DOMStringMap>>,
}

trace_fields!(MathMLElement { element, dataset });
platform_object!(MathMLElement: Element via element);

impl MathMLElement {
    /// An element of the MathML namespace.
    pub(crate) fn new(document: &bgfetch_js::Root<Document>, name: QualName) -> Self {
        Self { element: Element::new_inherited(document, name), dataset: OnceCell::new() }
    }
}

impl MathMLElementMethods for MathMLElement {}
html_or_svg_or_math_ml_element!(MathMLElement);
element_css_inline_style!(MathMLElement);

//! [Which interface an element has](https://html.spec.whatwg.org/multipage/dom.html#elements-in-the-dom).

use bgfetch_js::{Fallible, Realm, Root};
use markup5ever::{QualName, ns};

use super::simple::*;
use crate::dom::{
    Document, Element, HTMLAnchorElement, HTMLAreaElement, HTMLAudioElement, HTMLButtonElement,
    HTMLCanvasElement, HTMLDataListElement, HTMLDetailsElement, HTMLElement, HTMLFormElement,
    HTMLIFrameElement, HTMLImageElement, HTMLInputElement, HTMLLinkElement, HTMLMetaElement,
    HTMLOptionElement, HTMLProgressElement, HTMLScriptElement, HTMLSelectElement, HTMLSlotElement,
    HTMLTemplateElement, HTMLTextAreaElement, HTMLVideoElement, MathMLElement, SVGElement,
};

/// HTML elements without an interface of their own here: they are `HTMLElement`s. Names that are in no such list are
/// `HTMLUnknownElement`s.
const PLAIN: &[&str] = &[
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "basefont",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "datalist",
    "dd",
    "del",
    "dfn",
    "dialog",
    "dir",
    "dl",
    "dt",
    "em",
    "embed",
    "figcaption",
    "figure",
    "font",
    "footer",
    "frame",
    "header",
    "hgroup",
    "i",
    "ins",
    "kbd",
    "listing",
    "main",
    "map",
    "mark",
    "marquee",
    "menu",
    "meter",
    "nav",
    "nobr",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "output",
    "param",
    "plaintext",
    "q",
    "rb",
    "rp",
    "rt",
    "rtc",
    "ruby",
    "s",
    "samp",
    "search",
    "section",
    "small",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "track",
    "tt",
    "u",
    "var",
    "wbr",
];

/// Makes an element of the [element interface](https://dom.spec.whatwg.org/#concept-element-interface) of a name, whatever
/// definitions of custom elements there are.
pub(crate) fn create(realm: &Realm, document: &Root<Document>, name: QualName) -> Fallible<Root<Element>> {
    if name.ns == ns!(svg) {
        return wrap(realm, SVGElement::new(document, name));
    }
    if name.ns == ns!(mathml) {
        return wrap(realm, MathMLElement::new(document, name));
    }
    if name.ns != ns!(html) {
        return realm.wrap(Element::new_inherited(document, name));
    }
    let local_name = name.local.clone();
    let base = HTMLElement::new_inherited(document, name);
    match &*local_name {
        "a" => wrap(realm, HTMLAnchorElement::new(base)),
        "area" => wrap(realm, HTMLAreaElement::new(base)),
        "audio" => wrap(realm, HTMLAudioElement::new(base)),
        "base" => wrap(realm, HTMLBaseElement::new(base)),
        "body" => wrap(realm, HTMLBodyElement::new(base)),
        "br" => wrap(realm, HTMLBRElement::new(base)),
        "canvas" => wrap(realm, HTMLCanvasElement::new(base)),
        "button" => wrap(realm, HTMLButtonElement::new(base)),
        "datalist" => wrap(realm, HTMLDataListElement::new(base)),
        "details" => wrap(realm, HTMLDetailsElement::new(base)),
        "fieldset" => wrap(realm, HTMLFieldSetElement::new(base)),
        "legend" => wrap(realm, HTMLLegendElement::new(base)),
        "optgroup" => wrap(realm, HTMLOptGroupElement::new(base)),
        "option" => wrap(realm, HTMLOptionElement::new(base)),
        "select" => wrap(realm, HTMLSelectElement::new(base)),
        "div" => wrap(realm, HTMLDivElement::new(base)),
        "frameset" => wrap(realm, HTMLFrameSetElement::new(base)),
        "form" => wrap(realm, HTMLFormElement::new(base)),
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => wrap(realm, HTMLHeadingElement::new(base)),
        "head" => wrap(realm, HTMLHeadElement::new(base)),
        "hr" => wrap(realm, HTMLHRElement::new(base)),
        "html" => wrap(realm, HTMLHtmlElement::new(base)),
        "iframe" => wrap(realm, HTMLIFrameElement::new(base)),
        "img" => wrap(realm, HTMLImageElement::new(base)),
        "input" => wrap(realm, HTMLInputElement::new(base)),
        "label" => wrap(realm, HTMLLabelElement::new(base)),
        "li" => wrap(realm, HTMLLIElement::new(base)),
        "link" => wrap(realm, HTMLLinkElement::new(base)),
        "meta" => wrap(realm, HTMLMetaElement::new(base)),
        "ol" => wrap(realm, HTMLOListElement::new(base)),
        "p" => wrap(realm, HTMLParagraphElement::new(base)),
        "picture" => wrap(realm, HTMLPictureElement::new(base)),
        "source" => wrap(realm, HTMLSourceElement::new(base)),
        "pre" | "xmp" => wrap(realm, HTMLPreElement::new(base)),
        "progress" => wrap(realm, HTMLProgressElement::new(base)),
        "script" => wrap(realm, HTMLScriptElement::new(base)),
        "slot" => wrap(realm, HTMLSlotElement::new(base)),
        "span" => wrap(realm, HTMLSpanElement::new(base)),
        "style" => wrap(realm, HTMLStyleElement::new(base)),
        "template" => HTMLTemplateElement::create(realm, document, base),
        "textarea" => wrap(realm, HTMLTextAreaElement::new(base)),
        "title" => wrap(realm, HTMLTitleElement::new(base)),
        "ul" => wrap(realm, HTMLUListElement::new(base)),
        "video" => wrap(realm, HTMLVideoElement::new(base)),
        plain if PLAIN.contains(&plain) || is_custom_name(plain) => wrap(realm, base),
        _ => wrap(realm, HTMLUnknownElement::new(base)),
    }
}

fn wrap<T: bgfetch_js::DerivedFrom<Element>>(realm: &Realm, element: T) -> Fallible<Root<Element>> {
    Ok(realm.wrap(element)?.upcast())
}

/// [Valid custom element name](https://html.spec.whatwg.org/multipage/custom-elements.html#valid-custom-element-name).
pub(crate) fn is_custom_name(name: &str) -> bool {
    let reserved = [
        "annotation-xml",
        "color-profile",
        "font-face",
        "font-face-src",
        "font-face-uri",
        "font-face-format",
        "font-face-name",
        "missing-glyph",
    ];
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.contains('-')
        && !name.contains(|c: char| c.is_ascii_uppercase())
        && !reserved.contains(&name)
}

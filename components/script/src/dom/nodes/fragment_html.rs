//! [`innerHTML`, `outerHTML`](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#dom-parsing-and-serialization)
//! and [serializing HTML fragments](https://html.spec.whatwg.org/multipage/parsing.html#serialising-html-fragments).

use bgfetch_js::{Exception, Fallible, Realm, Root};
use markup5ever::{LocalName, QualName, ns};

use super::attributes::qualified;
use super::mutation;
use crate::dom::html::parsing::parse_fragment;
use crate::dom::{
    Document, DocumentType, Element, HTMLTemplateElement, Node, NodeKind, ProcessingInstruction,
};

/// [`innerHTML = ...`](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#dom-element-innerhtml)
pub(super) fn set_inner(realm: &Realm, element: &Root<Element>, html: &str) -> Fallible<()> {
    let contents = element.downcast::<HTMLTemplateElement>().and_then(|template| template.contents());
    let target = contents.map_or_else(|| element.upcast(), |contents| contents.upcast());
    set_inner_of(realm, element, &target, html)
}

/// Replaces what is below `target` by markup that is parsed as if within `context`.
pub(super) fn set_inner_of(
    realm: &Realm,
    context: &Root<Element>,
    target: &Root<Node>,
    html: &str,
) -> Fallible<()> {
    let fragment = parse_fragment(realm, context, html)?;
    mutation::replace_all(realm, Some(&fragment.upcast()), target);
    Ok(())
}

/// [`outerHTML = ...`](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#dom-element-outerhtml)
pub(super) fn set_outer(realm: &Realm, element: &Root<Element>, html: &str) -> Fallible<()> {
    let node: Root<Node> = element.upcast();
    let Some(parent) = node.parent() else { return Ok(()) };
    if parent.kind() == NodeKind::Document {
        let message = "the document's element has no outer HTML to set";
        return Err(Exception::dom("NoModificationAllowedError", message));
    }
    let context = match parent.as_element() {
        Some(parent) => parent,
        None => new_body(realm, &element.owner_doc())?,
    };
    let fragment = parse_fragment(realm, &context, html)?;
    mutation::replace(realm, &node, &fragment.upcast(), &parent)
}

/// A `body` element, as context for markup that has no element around it.
pub(crate) fn new_body(realm: &Realm, document: &Root<Document>) -> Fallible<Root<Element>> {
    Element::create(realm, document, QualName::new(None, ns!(html), LocalName::from("body")))
}

/// [`insertAdjacentHTML()`](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#dom-element-insertadjacenthtml)
pub(super) fn insert_adjacent(
    realm: &Realm,
    element: &Root<Element>,
    place: &str,
    html: &str,
) -> Fallible<()> {
    let lower = place.to_ascii_lowercase();
    let outside = matches!(lower.as_str(), "beforebegin" | "afterend");
    let context = if outside {
        match element.parent() {
            Some(parent) if parent.kind() != NodeKind::Document => parent.as_element(),
            _ => {
                let message = "the element has no parent element to put anything into";
                return Err(Exception::dom("NoModificationAllowedError", message));
            }
        }
    } else {
        Some(element.clone())
    };
    let context = match context {
        Some(context) if !context.is_html_named("html") => context,
        _ => new_body(realm, &element.owner_doc())?,
    };
    let fragment = parse_fragment(realm, &context, html)?;
    element.insert_adjacent(realm, place, &fragment.upcast()).map(drop)
}

/// Elements without end tags: [serializes as void](https://html.spec.whatwg.org/multipage/parsing.html#serializes-as-void).
const VOID: [&str; 18] = [
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen",
    "link", "meta", "param", "source", "track", "wbr",
];

/// Elements whose text is not escaped.
const RAW: [&str; 8] = ["style", "script", "xmp", "iframe", "noembed", "noframes", "plaintext", "noscript"];

/// What is left to write.
enum Step {
    Node(Root<Node>),
    Text(String),
}

/// The markup of a node and what is below it.
pub(super) fn serialize(node: &Root<Node>) -> String {
    write(vec![Step::Node(node.clone())])
}

/// The markup of what is below a node.
pub(crate) fn serialize_children(node: &Root<Node>) -> String {
    let mut stack = Vec::new();
    push_children(&mut stack, node);
    write(stack)
}

fn push_children(stack: &mut Vec<Step>, node: &Root<Node>) {
    let contents = node.downcast::<HTMLTemplateElement>().and_then(|template| template.contents());
    let parent = contents.map_or_else(|| node.clone(), |contents| contents.upcast());
    let mut child = parent.last();
    while let Some(node) = child {
        child = node.previous();
        stack.push(Step::Node(node));
    }
}

fn write(mut stack: Vec<Step>) -> String {
    let mut out = String::new();
    while let Some(step) = stack.pop() {
        match step {
            Step::Text(text) => out.push_str(&text),
            Step::Node(node) => write_node(&mut out, &mut stack, &node),
        }
    }
    out
}

fn write_node(out: &mut String, stack: &mut Vec<Step>, node: &Root<Node>) {
    match node.kind() {
        NodeKind::Element => {
            let Some(element) = node.as_element() else { return };
            let name = tag_name(&element);
            write_start(out, &element, &name);
            if !(element.is_html() && VOID.contains(&name.as_str())) {
                stack.push(Step::Text(format!("</{name}>")));
                push_children(stack, node);
            }
        }
        NodeKind::Text | NodeKind::CdataSection => {
            let text = node.as_text().map(|text| text.text()).unwrap_or_default();
            let raw = node.parent_as_element().is_some_and(|parent| is_raw(&parent));
            if raw {
                out.push_str(&text);
            } else {
                escape(out, &text, false);
            }
        }
        NodeKind::Comment => {
            let text = node.as_character_data().map(|comment| comment.text()).unwrap_or_default();
            out.extend(["<!--", &text, "-->"]);
        }
        NodeKind::ProcessingInstruction => {
            let target = node.downcast::<ProcessingInstruction>().map(|node| node.target_name());
            let data = node.as_character_data().map(|node| node.text()).unwrap_or_default();
            out.extend(["<?", &target.unwrap_or_default(), " ", &data, ">"]);
        }
        NodeKind::DocumentType => {
            let name = node.downcast::<DocumentType>().map(|doctype| doctype.type_name()).unwrap_or_default();
            out.extend(["<!DOCTYPE ", &name, ">"]);
        }
        NodeKind::Document | NodeKind::DocumentFragment => push_children(stack, node),
        NodeKind::Attribute => {}
    }
}

fn is_raw(parent: &Root<Element>) -> bool {
    let name = &*parent.name().local;
    parent.is_html() && RAW.contains(&name) && (name != "noscript" || parent.owner_doc().runs_scripts())
}

fn tag_name(element: &Element) -> String {
    let name = element.name();
    if name.ns == ns!(html) || name.ns == ns!(mathml) || name.ns == ns!(svg) {
        (*name.local).to_owned()
    } else {
        qualified(name)
    }
}

fn write_start(out: &mut String, element: &Element, name: &str) {
    out.push('<');
    out.push_str(name);
    // An `is` value that is no attribute.
    if let Some(is) = element.is_value().filter(|_| element.plain_attribute("is").is_none()) {
        out.push_str(" is=\"");
        escape(out, &is, true);
        out.push('"');
    }
    for (name, value) in element.attribute_list() {
        out.push(' ');
        out.push_str(&attribute_name(&name));
        out.push_str("=\"");
        escape(out, &value, true);
        out.push('"');
    }
    out.push('>');
}

/// An [attribute's serialized name](https://html.spec.whatwg.org/multipage/parsing.html#attribute's-serialised-name).
fn attribute_name(name: &QualName) -> String {
    if name.ns == ns!() || (name.ns == ns!(xmlns) && *name.local == *"xmlns") {
        (*name.local).to_owned()
    } else if name.ns == ns!(xml) {
        format!("xml:{}", &*name.local)
    } else if name.ns == ns!(xmlns) {
        format!("xmlns:{}", &*name.local)
    } else if name.ns == ns!(xlink) {
        format!("xlink:{}", &*name.local)
    } else {
        qualified(name)
    }
}

/// [Escapes a string](https://html.spec.whatwg.org/multipage/parsing.html#escapingString).
fn escape(out: &mut String, text: &str, in_attribute: bool) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '\u{a0}' => out.push_str("&nbsp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

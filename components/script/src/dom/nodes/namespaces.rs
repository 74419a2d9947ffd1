//! Names, prefixes and [namespaces](https://infra.spec.whatwg.org/#namespaces).

use bgfetch_js::{DomString, Exception, Fallible, Root};
use markup5ever::{LocalName, Namespace, Prefix, QualName, ns};

use crate::dom::{Attr, Document, Element, Node, NodeKind};

/// An XML name that may be [an attribute's](https://dom.spec.whatwg.org/#valid-attribute-local-name).
pub(super) fn is_valid_attribute_local_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['\t', '\n', '\u{c}', '\r', ' ', '\0', '/', '=', '>'])
}

/// [Valid element local name](https://dom.spec.whatwg.org/#valid-element-local-name).
pub(super) fn is_valid_element_local_name(name: &str) -> bool {
    let Some(first) = name.chars().next() else { return false };
    if first.is_ascii_alphabetic() {
        return !name.contains(['\t', '\n', '\u{c}', '\r', ' ', '\0', '/', '>']);
    }
    let starts = matches!(first, ':' | '_') || !first.is_ascii();
    starts && name.chars().skip(1).all(|c| c.is_ascii_alphanumeric() || "-.:_".contains(c) || !c.is_ascii())
}

/// [Valid namespace prefix](https://dom.spec.whatwg.org/#valid-namespace-prefix).
fn is_valid_prefix(prefix: &str) -> bool {
    !prefix.is_empty() && !prefix.contains(['\t', '\n', '\u{c}', '\r', ' ', '\0', '/', '>'])
}

/// [Valid doctype name](https://dom.spec.whatwg.org/#valid-doctype-name).
pub(super) fn is_valid_doctype_name(name: &str) -> bool {
    !name.contains(['\t', '\n', '\u{c}', '\r', ' ', '\0', '>'])
}

/// What a qualified name is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NameOf {
    Element,
    Attribute,
}

/// [Validates and extracts](https://dom.spec.whatwg.org/#validate-and-extract) a namespace and qualified name.
pub(super) fn validate_and_extract(
    namespace: Option<&str>,
    qualified_name: &str,
    name_of: NameOf,
) -> Fallible<QualName> {
    let invalid =
        || Exception::dom("InvalidCharacterError", format!("{qualified_name:?} is not a valid name"));
    // Step 1.
    let namespace = namespace.filter(|namespace| !namespace.is_empty());
    // Steps 2 to 4.
    let (prefix, local_name) = match qualified_name.split_once(':') {
        Some((prefix, _)) if !is_valid_prefix(prefix) => return Err(invalid()),
        Some((prefix, local_name)) => (Some(prefix), local_name),
        None => (None, qualified_name),
    };
    // Steps 5 and 6.
    let valid = match name_of {
        NameOf::Element => is_valid_element_local_name(local_name),
        NameOf::Attribute => is_valid_attribute_local_name(local_name),
    };
    if !valid {
        return Err(invalid());
    }
    // Steps 7 to 10.
    let xmlns = "http://www.w3.org/2000/xmlns/";
    let is_xmlns = qualified_name == "xmlns" || prefix == Some("xmlns");
    let wrong = (prefix.is_some() && namespace.is_none())
        || (prefix == Some("xml") && namespace != Some("http://www.w3.org/XML/1998/namespace"))
        || (is_xmlns != (namespace == Some(xmlns)));
    if wrong {
        let message =
            format!("{qualified_name:?} does not go with the namespace {:?}", namespace.unwrap_or_default());
        return Err(Exception::dom("NamespaceError", message));
    }
    Ok(QualName::new(
        prefix.map(Prefix::from),
        namespace.map_or(ns!(), Namespace::from),
        LocalName::from(local_name),
    ))
}

/// A namespace as script sees it.
pub(crate) fn nullable(namespace: &Namespace) -> Option<DomString> {
    if namespace.is_empty() { None } else { Some((&**namespace).into()) }
}

/// A namespace as script gives it.
pub(super) fn from_nullable(namespace: Option<&str>) -> Namespace {
    namespace.map_or(ns!(), Namespace::from)
}

/// The element whose declarations count for a node.
fn scope_of(node: &Root<Node>) -> Option<Root<Element>> {
    match node.kind() {
        NodeKind::Element => node.as_element(),
        NodeKind::Document => node.downcast::<Document>()?.document_element(),
        NodeKind::DocumentType | NodeKind::DocumentFragment => None,
        NodeKind::Attribute => node.downcast::<Attr>()?.owner(),
        NodeKind::Text | NodeKind::CdataSection | NodeKind::ProcessingInstruction | NodeKind::Comment => {
            node.parent_as_element()
        }
    }
}

/// [Locates a namespace](https://dom.spec.whatwg.org/#locate-a-namespace).
pub(super) fn locate(node: &Root<Node>, prefix: Option<&str>) -> Option<DomString> {
    let mut scope = scope_of(node);
    while let Some(element) = scope {
        // Steps 1 and 2.
        match prefix {
            Some("xml") => return Some((&*ns!(xml)).into()),
            Some("xmlns") => return Some((&*ns!(xmlns)).into()),
            _ => {}
        }
        // Step 3.
        let name = element.name();
        if !name.ns.is_empty() && name.prefix.as_deref() == prefix {
            return nullable(&name.ns);
        }
        // Step 4.
        let declared = match prefix {
            Some(prefix) => element.attribute_in(&ns!(xmlns), &LocalName::from(prefix)),
            None => element.attribute_in(&ns!(xmlns), &LocalName::from("xmlns")),
        };
        if let Some(value) = declared {
            return if value.is_empty() { None } else { Some(value) };
        }
        // Steps 5 and 6.
        scope = element.parent_as_element();
    }
    None
}

/// [`lookupPrefix()`](https://dom.spec.whatwg.org/#dom-node-lookupprefix)
pub(super) fn lookup_prefix(node: &Root<Node>, namespace: Option<DomString>) -> Option<DomString> {
    let namespace = namespace.filter(|namespace| !namespace.is_empty())?;
    let mut scope = scope_of(node);
    while let Some(element) = scope {
        let name = element.name();
        if let Some(prefix) = name.prefix.as_deref().filter(|_| *name.ns == *namespace.as_str()) {
            return Some(prefix.into());
        }
        if let Some(prefix) = element.declared_prefix(&namespace) {
            return Some(prefix);
        }
        scope = element.parent_as_element();
    }
    None
}

/// An attribute's element; any other node itself.
pub(super) fn owner_or_self(node: &Root<Node>) -> Root<Node> {
    let owner = node.downcast::<Attr>().and_then(|attr| attr.owner());
    owner.map_or_else(|| node.clone(), |owner| owner.upcast())
}

/// If both are attributes of one element: whether `other` comes before `this`.
pub(super) fn compare_attributes(this: &Root<Node>, other: &Root<Node>) -> Option<bool> {
    let (this, other) = (this.downcast::<Attr>()?, other.downcast::<Attr>()?);
    let owner = this.owner()?;
    if other.owner()? != owner {
        return None;
    }
    let place = |attr: &Root<Attr>| owner.place_of_attribute(attr);
    Some(place(&other) < place(&this))
}

//! [XML serialization](https://www.w3.org/TR/DOM-Parsing/#xml-serialization), without the well-formedness that nobody here asks for:
//! what would not be well-formed XML is written as it is.

use std::rc::Rc;

use bgfetch_js::{DomString, Root};
use markup5ever::{QualName, ns};

use crate::dom::{DocumentType, Element, HTMLTemplateElement, Node, NodeKind, ProcessingInstruction};

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// HTML elements without contents, whose tags are closed with a space before the slash.
const VOID: [&str; 18] = [
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen",
    "link", "meta", "param", "source", "track", "wbr",
];

/// What is left to write. A list rather than recursion, since pages nest deeply.
enum Step {
    /// A node, in an element with that namespace and these prefixes.
    Node(Root<Node>, Rc<Scope>),
    Text(String),
}

/// What an element's children inherit.
struct Scope {
    /// The [namespace](https://www.w3.org/TR/DOM-Parsing/#dfn-context-namespace) that names without a prefix are in.
    namespace: String,
    /// Of the [namespace prefix map](https://www.w3.org/TR/DOM-Parsing/#dfn-namespace-prefix-map), what the element added: prefixes
    /// with their namespaces.
    prefixes: Vec<(String, String)>,
    parent: Option<Rc<Scope>>,
}

impl Scope {
    fn each(&self, f: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        let mut scope = Some(self);
        while let Some(current) = scope {
            if current.prefixes.iter().rev().any(|(prefix, namespace)| f(prefix, namespace)) {
                return true;
            }
            scope = current.parent.as_deref();
        }
        false
    }

    /// Whether a prefix is [found](https://www.w3.org/TR/DOM-Parsing/#dfn-found) for a namespace.
    fn has(&self, prefix: &str, namespace: &str) -> bool {
        self.each(&mut |known, of| known == prefix && of == namespace)
    }

    /// [Retrieves a preferred prefix](https://www.w3.org/TR/DOM-Parsing/#dfn-retrieving-a-preferred-prefix-string).
    fn preferred(&self, prefix: Option<&str>, namespace: &str) -> Option<String> {
        if let Some(prefix) = prefix.filter(|prefix| self.has(prefix, namespace)) {
            return Some(prefix.to_owned());
        }
        let mut last = None;
        self.each(&mut |known, of| {
            let found = of == namespace;
            if found {
                last = Some(known.to_owned());
            }
            found
        });
        last
    }
}

/// Writes one serialization.
struct Writer {
    out: String,
    stack: Vec<Step>,
    /// [Prefix index](https://www.w3.org/TR/DOM-Parsing/#dfn-prefix-index)
    index: u32,
}

/// The markup of a node, and of what is below it.
pub(crate) fn serialize(node: &Root<Node>) -> String {
    let prefixes = vec![("xml".to_owned(), XML.to_owned())];
    let scope = Rc::new(Scope { namespace: String::new(), prefixes, parent: None });
    let mut writer = Writer { out: String::new(), stack: vec![Step::Node(node.clone(), scope)], index: 1 };
    while let Some(step) = writer.stack.pop() {
        match step {
            Step::Text(text) => writer.out.push_str(&text),
            Step::Node(node, scope) => writer.node(&node, &scope),
        }
    }
    writer.out
}

fn escape(text: &str, in_attribute: bool) -> String {
    let mut escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    if in_attribute {
        for (character, reference) in [('"', "&quot;"), ('\t', "&#9;"), ('\n', "&#xA;"), ('\r', "&#xD;")] {
            escaped = escaped.replace(character, reference);
        }
    }
    escaped
}

impl Writer {
    fn node(&mut self, node: &Root<Node>, scope: &Rc<Scope>) {
        let data = || node.as_character_data().map(|data| data.text()).unwrap_or_default();
        match node.kind() {
            NodeKind::Element => {
                if let Some(element) = node.as_element() {
                    self.element(&element, scope);
                }
            }
            NodeKind::Document | NodeKind::DocumentFragment => self.children(node, scope),
            NodeKind::Text => self.out.push_str(&escape(&data(), false)),
            NodeKind::CdataSection => self.out.push_str(&format!("<![CDATA[{}]]>", data())),
            NodeKind::Comment => self.out.push_str(&format!("<!--{}-->", data())),
            NodeKind::ProcessingInstruction => {
                let target = node.downcast::<ProcessingInstruction>().map(|node| node.target_name());
                self.out.push_str(&format!("<?{} {}?>", target.unwrap_or_default(), data()));
            }
            NodeKind::DocumentType => {
                if let Some(doctype) = node.downcast::<DocumentType>() {
                    self.out.push_str(&doctype.markup());
                }
            }
            NodeKind::Attribute => {}
        }
    }

    fn children(&mut self, node: &Root<Node>, scope: &Rc<Scope>) {
        let start = self.stack.len();
        self.stack.extend(node.children_in_order().map(|child| Step::Node(child, Rc::clone(scope))));
        if let Some(pushed) = self.stack.get_mut(start..) {
            pushed.reverse();
        }
    }

    fn prefix(&mut self) -> String {
        let prefix = format!("ns{}", self.index);
        self.index += 1;
        prefix
    }

    /// [XML serializing an element](https://www.w3.org/TR/DOM-Parsing/#dfn-xml-serializing-an-element-node).
    fn element(&mut self, element: &Root<Element>, outer: &Rc<Scope>) {
        let name = element.name();
        let attributes = element.attribute_list();
        let namespace: &str = &name.ns;
        let mut scope = Scope {
            namespace: outer.namespace.clone(),
            prefixes: Vec::new(),
            parent: Some(Rc::clone(outer)),
        };
        // Steps 7 to 9.
        let local_default = record(&attributes, &mut scope);
        let local = scope.prefixes.clone();
        let mut ignores_default = false;
        let mut declaration = String::new();
        // Steps 10 to 12.
        let qualified = if outer.namespace == namespace {
            ignores_default = local_default.is_some();
            if namespace == XML { format!("xml:{}", name.local) } else { name.local.to_string() }
        } else {
            let own = name.prefix.as_ref().map(|prefix| prefix.to_string());
            let candidate = match own.as_deref() {
                Some("xmlns") => Some("xmlns".to_owned()),
                own => scope.preferred(own, namespace).filter(|_| !namespace.is_empty()),
            };
            if let Some(prefix) = candidate {
                if let Some(default) = local_default.filter(|default| default != XML) {
                    scope.namespace = default;
                }
                format!("{prefix}:{}", name.local)
            } else if let Some(prefix) = own.filter(|_| !namespace.is_empty()) {
                let is_taken = local.iter().any(|(known, _)| *known == prefix);
                let prefix = if is_taken { self.prefix() } else { prefix };
                declaration = format!(" xmlns:{prefix}=\"{}\"", escape(namespace, true));
                scope.prefixes.push((prefix.clone(), namespace.to_owned()));
                if let Some(default) = local_default {
                    scope.namespace = default;
                }
                format!("{prefix}:{}", name.local)
            } else {
                if local_default.as_deref() != Some(namespace) {
                    ignores_default = true;
                    declaration = format!(" xmlns=\"{}\"", escape(namespace, true));
                }
                namespace.clone_into(&mut scope.namespace);
                name.local.to_string()
            }
        };
        self.out.push_str(&format!("<{qualified}{declaration}"));
        // Step 13.
        self.attributes(&attributes, &mut scope, &local, ignores_default);
        // Steps 14 to 21.
        let node: Root<Node> = element.upcast();
        let contents = element.downcast::<HTMLTemplateElement>().and_then(|template| template.contents());
        let inside = contents.map_or(node, |contents| contents.upcast());
        if inside.first().is_none() {
            let is_html = name.ns == ns!(html);
            self.out.push_str(match is_html {
                true if VOID.contains(&&*name.local) => " />",
                true => ">",
                false => "/>",
            });
            if is_html && !VOID.contains(&&*name.local) {
                self.out.push_str(&format!("</{qualified}>"));
            }
            return;
        }
        self.out.push('>');
        self.stack.push(Step::Text(format!("</{qualified}>")));
        self.children(&inside, &Rc::new(scope));
    }

    /// [XML serializing the attributes](https://www.w3.org/TR/DOM-Parsing/#dfn-xml-serialization-of-the-attributes) of an element.
    fn attributes(
        &mut self,
        attributes: &[(QualName, DomString)],
        scope: &mut Scope,
        local: &[(String, String)],
        ignores_default: bool,
    ) {
        for (name, value) in attributes {
            let mut candidate = None;
            let own = name.prefix.as_deref();
            if name.ns == ns!(xmlns) {
                let declared = local.iter().find(|(prefix, _)| **prefix == *name.local);
                let is_elsewhere = declared.is_none_or(|(_, namespace)| *namespace != **value);
                let is_left_out = **value == *XML
                    || (own.is_none() && ignores_default)
                    || (own.is_some() && is_elsewhere && scope.has(&name.local, value));
                if is_left_out {
                    continue;
                }
                candidate = own.map(str::to_owned);
            } else if !name.ns.is_empty() {
                candidate = scope.preferred(own, &name.ns);
                if candidate.is_none() {
                    let is_taken = |prefix: &str| local.iter().any(|(p, n)| p == prefix && **n != *name.ns);
                    let prefix = own.filter(|prefix| !is_taken(prefix)).map(str::to_owned);
                    let prefix = prefix.unwrap_or_else(|| self.prefix());
                    self.out.push_str(&format!(" xmlns:{prefix}=\"{}\"", escape(&name.ns, true)));
                    scope.prefixes.push((prefix.clone(), name.ns.to_string()));
                    candidate = Some(prefix);
                }
            }
            let prefix = candidate.map(|prefix| format!("{prefix}:")).unwrap_or_default();
            self.out.push_str(&format!(" {prefix}{}=\"{}\"", name.local, escape(value, true)));
        }
    }
}

/// [Records the namespace information](https://www.w3.org/TR/DOM-Parsing/#dfn-recording-the-namespace-information) of an element;
/// gives its default namespace, if it declares one.
fn record(attributes: &[(QualName, DomString)], scope: &mut Scope) -> Option<String> {
    let mut default = None;
    for (name, value) in attributes.iter().filter(|(name, _)| name.ns == ns!(xmlns)) {
        if name.prefix.is_none() {
            default = Some(value.to_string());
        } else if **value != *XML && !scope.has(&name.local, value) {
            scope.prefixes.push((name.local.to_string(), value.to_string()));
        }
    }
    default
}

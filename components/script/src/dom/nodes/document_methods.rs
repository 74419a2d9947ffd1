//! What script sees of a [`Document`](https://dom.spec.whatwg.org/#interface-document).

use std::cell::OnceCell;
use std::time::Duration;

use bgfetch_js::{DomString, Exception, Fallible, Member, PlatformObject, Realm, Root};
use bgfetch_traits::net::NetMsg;
use bgfetch_traits::reply::Reply;
use markup5ever::{LocalName, QualName, ns};
use url::Url;

use super::document::Flavour;
use super::html_collection::Filter;
use super::namespaces::{
    NameOf, is_valid_attribute_local_name, is_valid_element_local_name, validate_and_extract,
};
use super::{clone, mutation, text_content};
use crate::bindings::{
    BooleanOrImportNodeOptions, DocumentMethods, DocumentOrShadowRootMethods, DocumentReadyState,
    DocumentVisibilityState, DomStringOrElementCreationOptions, NodeFilter,
};
use crate::dom::globals::window_or_worker::once;
use crate::dom::html::custom_elements::construct;
use crate::dom::{
    Attr, CDATASection, CSSStyleSheet, Comment, DOMImplementation, Document, DocumentFragment, DocumentType,
    Element, Event, HTMLAllCollection, HTMLCollection, HTMLElement, HTMLHeadElement, HTMLScriptElement,
    Location, Node, NodeIterator, NodeKind, NodeList, ProcessingInstruction, Range, ShadowRoot, Text,
    TreeWalker, Window, events,
};
use crate::environment::Environment;

/// How long `document.cookie` waits for the network thread, which answers from memory.
const COOKIE_DEADLINE: Duration = Duration::from_secs(1);

impl Document {
    fn same_collection(
        &self,
        realm: &Realm,
        place: &OnceCell<Member<HTMLCollection>>,
        names: &'static [&'static str],
        attribute: Option<&'static str>,
    ) -> Fallible<Root<HTMLCollection>> {
        once(place, || realm.wrap(HTMLCollection::new(&self.node_root(), Filter::Html(names, attribute))))
    }

    /// Whether it is [cookie-averse](https://html.spec.whatwg.org/multipage/dom.html#cookie-averse-document-object), and if
    /// not, its URL; a `SecurityError` if its origin is opaque.
    fn cookie_url(&self) -> Fallible<Option<Url>> {
        let url = self.document_url();
        if self.window().is_none() || !matches!(url.scheme(), "http" | "https") {
            return Ok(None);
        }
        if !self.origin().is_tuple() {
            return Err(Exception::dom("SecurityError", "a document of an opaque origin has no cookies"));
        }
        Ok(Some(url))
    }
}

impl DocumentMethods for Document {
    /// [`new Document()`](https://dom.spec.whatwg.org/#dom-document-document)
    fn constructor(realm: &Realm) -> Fallible<Self> {
        let flavour = Flavour { html: false, content_type: "application/xml".into() };
        let origin = Environment::of(realm).origin.clone();
        Ok(Self::new(flavour, about_blank(), origin, String::new()))
    }

    fn implementation(&self, realm: &Realm) -> Fallible<Root<DOMImplementation>> {
        once(&self.once.implementation, || realm.wrap(DOMImplementation::new(&self.root())))
    }

    fn url(&self, _: &Realm) -> Fallible<String> {
        Ok(self.document_url().into())
    }

    fn document_uri(&self, realm: &Realm) -> Fallible<String> {
        self.url(realm)
    }

    fn compat_mode(&self, _: &Realm) -> Fallible<DomString> {
        Ok(if self.is_quirky() { "BackCompat" } else { "CSS1Compat" }.into())
    }

    fn character_set(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.encoding().name().into())
    }

    fn charset(&self, realm: &Realm) -> Fallible<DomString> {
        self.character_set(realm)
    }

    fn input_encoding(&self, realm: &Realm) -> Fallible<DomString> {
        self.character_set(realm)
    }

    fn content_type(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.mime_type().into())
    }

    fn doctype(&self, _: &Realm) -> Fallible<Option<Root<DocumentType>>> {
        let mut children = self.children_in_order();
        Ok(children.find(|node| node.kind() == NodeKind::DocumentType).and_then(|node| node.downcast()))
    }

    fn document_element(&self, _: &Realm) -> Fallible<Option<Root<Element>>> {
        Ok(Self::document_element(self))
    }

    fn location(&self, realm: &Realm) -> Fallible<Option<Root<Location>>> {
        self.window().map(|window| window.location_object(realm)).transpose()
    }

    fn referrer(&self, _: &Realm) -> Fallible<String> {
        Ok(self.referrer_text().to_owned())
    }

    /// [`document.cookie`](https://html.spec.whatwg.org/multipage/dom.html#dom-document-cookie)
    ///
    /// This is the one place where a script thread waits for another: the attribute is synchronous by definition, other
    /// threads may change cookies at any time so that a copy here would be stale, and the network thread answers from
    /// memory, within [`COOKIE_DEADLINE`] or not at all.
    fn cookie(&self, realm: &Realm) -> Fallible<String> {
        let Some(url) = self.cookie_url()? else { return Ok(String::new()) };
        let (reply, answer) = Reply::channel();
        let environment = Environment::of(realm);
        let client = Box::new(environment.client());
        environment.hosts.net.send(NetMsg::GetCookies { client, url, reply });
        Ok(answer.recv_timeout(COOKIE_DEADLINE).unwrap_or_default())
    }

    fn set_cookie(&self, realm: &Realm, value: String) -> Fallible<()> {
        if let Some(url) = self.cookie_url()? {
            let environment = Environment::of(realm);
            let client = Box::new(environment.client());
            environment.hosts.net.send(NetMsg::SetCookie { client, url, cookie: value });
        }
        Ok(())
    }

    fn ready_state(&self, _: &Realm) -> Fallible<DocumentReadyState> {
        Ok(self.readiness())
    }

    /// [`document.title`](https://html.spec.whatwg.org/multipage/dom.html#document.title)
    fn title(&self, _: &Realm) -> Fallible<DomString> {
        let text =
            self.title_element().map(|title| text_content::child_text(&title.upcast())).unwrap_or_default();
        Ok(text.split_ascii_whitespace().collect::<Vec<_>>().join(" ").into())
    }

    fn set_title(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        let title: Root<Node> = match (self.title_element(), self.head_element()) {
            (Some(title), _) => title.upcast(),
            (None, Some(head)) => {
                let name = QualName::new(None, ns!(html), LocalName::from("title"));
                let title = Element::create(realm, &self.root(), name)?.upcast();
                mutation::append(realm, &title, &head.upcast());
                title
            }
            (None, None) => return Ok(()),
        };
        text_content::string_replace_all(realm, &title, value)
    }

    fn dir(&self, _: &Realm) -> Fallible<DomString> {
        let html = self.html_element();
        Ok(html.map(|html| crate::dom::html::html_element::direction(&html)).unwrap_or_default())
    }

    fn set_dir(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        if let Some(html) = self.html_element() {
            html.set_plain_attribute(realm, "dir", value);
        }
        Ok(())
    }

    fn body(&self, _: &Realm) -> Fallible<Option<Root<HTMLElement>>> {
        Ok(self.body_element())
    }

    /// [`document.body = ...`](https://html.spec.whatwg.org/multipage/dom.html#dom-document-body)
    fn set_body(&self, realm: &Realm, value: Option<Root<HTMLElement>>) -> Fallible<()> {
        // Step 1.
        let body = value.filter(|body| body.is_html_named("body") || body.is_html_named("frameset"));
        let refused = |why: &str| Exception::dom("HierarchyRequestError", why);
        let body = body.ok_or_else(|| refused("only a body or frameset element can be the body"))?;
        // Steps 2 to 5.
        let old = self.body_element();
        if old.as_ref() == Some(&body) {
            return Ok(());
        }
        let body = body.upcast();
        match (old, Self::document_element(self)) {
            (Some(old), _) => match old.parent() {
                Some(parent) => mutation::replace(realm, &old.upcast(), &body, &parent),
                None => Ok(()),
            },
            (None, Some(root)) => mutation::pre_insert(realm, &body, &root.upcast(), None),
            (None, None) => Err(refused("the document has no element")),
        }
    }

    fn head(&self, _: &Realm) -> Fallible<Option<Root<HTMLHeadElement>>> {
        Ok(self.head_element().and_then(|head| head.downcast()))
    }

    fn images(&self, realm: &Realm) -> Fallible<Root<HTMLCollection>> {
        self.same_collection(realm, &self.once.images, &["img"], None)
    }

    fn links(&self, realm: &Realm) -> Fallible<Root<HTMLCollection>> {
        self.same_collection(realm, &self.once.links, &["a", "area"], Some("href"))
    }

    fn forms(&self, realm: &Realm) -> Fallible<Root<HTMLCollection>> {
        self.same_collection(realm, &self.once.forms, &["form"], None)
    }

    fn scripts(&self, realm: &Realm) -> Fallible<Root<HTMLCollection>> {
        self.same_collection(realm, &self.once.scripts, &["script"], None)
    }

    fn current_script(&self, _: &Realm) -> Fallible<Option<Root<HTMLScriptElement>>> {
        Ok(self.running_script())
    }

    fn default_view(&self, _: &Realm) -> Fallible<Option<Root<Window>>> {
        Ok(self.window())
    }

    fn hidden(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.is_hidden())
    }

    fn visibility_state(&self, _: &Realm) -> Fallible<DocumentVisibilityState> {
        Ok(if self.is_hidden() { DocumentVisibilityState::Hidden } else { DocumentVisibilityState::Visible })
    }

    fn has_focus(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.window().is_some())
    }

    fn get_elements_by_tag_name(
        &self,
        realm: &Realm,
        qualified_name: DomString,
    ) -> Fallible<Root<HTMLCollection>> {
        self.collection(realm, Filter::by_tag_name(&qualified_name))
    }

    fn get_elements_by_tag_name_ns(
        &self,
        realm: &Realm,
        namespace: Option<DomString>,
        local_name: DomString,
    ) -> Fallible<Root<HTMLCollection>> {
        self.collection(realm, Filter::by_name(namespace, &local_name))
    }

    fn get_elements_by_class_name(
        &self,
        realm: &Realm,
        class_names: DomString,
    ) -> Fallible<Root<HTMLCollection>> {
        self.collection(realm, Filter::by_class_names(&class_names))
    }

    fn get_elements_by_name(&self, realm: &Realm, element_name: DomString) -> Fallible<Root<NodeList>> {
        realm.wrap(NodeList::named(&self.node_root(), element_name))
    }

    /// [`createElement()`](https://dom.spec.whatwg.org/#dom-document-createelement)
    fn create_element(
        &self,
        realm: &Realm,
        local_name: DomString,
        options: DomStringOrElementCreationOptions,
    ) -> Fallible<Root<Element>> {
        if !is_valid_element_local_name(&local_name) {
            return Err(invalid_name(&local_name));
        }
        let html = self.is_html_document() || self.mime_type() == "application/xhtml+xml";
        let namespace = if html { ns!(html) } else { ns!() };
        let name = QualName::new(None, namespace, LocalName::from(self.element_name(&local_name)));
        construct::create_element(realm, &self.root(), name, flatten(options), true)
    }

    /// [`createElementNS()`](https://dom.spec.whatwg.org/#dom-document-createelementns)
    fn create_element_ns(
        &self,
        realm: &Realm,
        namespace: Option<DomString>,
        qualified_name: DomString,
        options: DomStringOrElementCreationOptions,
    ) -> Fallible<Root<Element>> {
        let name = validate_and_extract(namespace.as_deref(), &qualified_name, NameOf::Element)?;
        construct::create_element(realm, &self.root(), name, flatten(options), true)
    }

    fn create_document_fragment(&self, realm: &Realm) -> Fallible<Root<DocumentFragment>> {
        DocumentFragment::create(realm, &self.root())
    }

    fn create_text_node(&self, realm: &Realm, data: DomString) -> Fallible<Root<Text>> {
        Text::create(realm, &self.root(), data)
    }

    fn create_comment(&self, realm: &Realm, data: DomString) -> Fallible<Root<Comment>> {
        Comment::create(realm, &self.root(), data)
    }

    /// [`createCDATASection()`](https://dom.spec.whatwg.org/#dom-document-createcdatasection)
    fn create_cdata_section(&self, realm: &Realm, data: DomString) -> Fallible<Root<CDATASection>> {
        if self.is_html_document() {
            return Err(Exception::dom("NotSupportedError", "an HTML document has no CDATA sections"));
        }
        if data.contains("]]>") {
            return Err(Exception::dom("InvalidCharacterError", "a CDATA section ends with ]]>"));
        }
        CDATASection::create(realm, &self.root(), data)
    }

    /// [`createProcessingInstruction()`](https://dom.spec.whatwg.org/#dom-document-createprocessinginstruction)
    fn create_processing_instruction(
        &self,
        realm: &Realm,
        target: DomString,
        data: DomString,
    ) -> Fallible<Root<ProcessingInstruction>> {
        if !is_xml_name(&target) {
            return Err(invalid_name(&target));
        }
        if data.contains("?>") {
            return Err(Exception::dom("InvalidCharacterError", "a processing instruction ends with ?>"));
        }
        ProcessingInstruction::create(realm, &self.root(), target, data)
    }

    /// [`createTreeWalker()`](https://dom.spec.whatwg.org/#dom-document-createtreewalker)
    fn create_tree_walker(
        &self,
        realm: &Realm,
        root: Root<Node>,
        what_to_show: u32,
        filter: Option<NodeFilter>,
    ) -> Fallible<Root<TreeWalker>> {
        realm.wrap(TreeWalker::new(root, what_to_show, filter))
    }

    /// [`all`](https://html.spec.whatwg.org/multipage/obsolete.html#dom-document-all)
    fn all(&self, realm: &Realm) -> Fallible<Root<HTMLAllCollection>> {
        once(&self.once.all, || HTMLAllCollection::create(realm, &self.root()))
    }

    fn create_range(&self, realm: &Realm) -> Fallible<Root<Range>> {
        Range::at_start_of(realm, &self.node_root())
    }

    fn create_node_iterator(
        &self,
        realm: &Realm,
        root: Root<Node>,
        what_to_show: u32,
        filter: Option<NodeFilter>,
    ) -> Fallible<Root<NodeIterator>> {
        realm.wrap(NodeIterator::new(&root, what_to_show, filter))
    }

    /// [`importNode()`](https://dom.spec.whatwg.org/#dom-document-importnode)
    fn import_node(
        &self,
        realm: &Realm,
        node: Root<Node>,
        options: BooleanOrImportNodeOptions,
    ) -> Fallible<Root<Node>> {
        if node.kind() == NodeKind::Document {
            return Err(Exception::dom("NotSupportedError", "a document cannot be imported"));
        }
        let subtree = match options {
            BooleanOrImportNodeOptions::Boolean(subtree) => subtree,
            BooleanOrImportNodeOptions::ImportNodeOptions(options) => !options.self_only,
        };
        clone::clone(realm, &node, Some(&self.root()), subtree)
    }

    /// [`adoptNode()`](https://dom.spec.whatwg.org/#dom-document-adoptnode)
    fn adopt_node(&self, realm: &Realm, node: Root<Node>) -> Fallible<Root<Node>> {
        if node.kind() == NodeKind::Document {
            return Err(Exception::dom("NotSupportedError", "a document cannot be adopted"));
        }
        if node.downcast::<ShadowRoot>().is_some() {
            return Err(Exception::dom("HierarchyRequestError", "a shadow root cannot be adopted"));
        }
        if node.downcast::<DocumentFragment>().is_some_and(|fragment| fragment.host().is_some()) {
            return Ok(node);
        }
        mutation::adopt(realm, &node, &self.root());
        Ok(node)
    }

    fn create_attribute(&self, realm: &Realm, local_name: DomString) -> Fallible<Root<Attr>> {
        if !is_valid_attribute_local_name(&local_name) {
            return Err(invalid_name(&local_name));
        }
        let name = QualName::new(None, ns!(), LocalName::from(self.element_name(&local_name)));
        Attr::create(realm, &self.root(), name, DomString::default(), None)
    }

    fn create_attribute_ns(
        &self,
        realm: &Realm,
        namespace: Option<DomString>,
        qualified_name: DomString,
    ) -> Fallible<Root<Attr>> {
        let name = validate_and_extract(namespace.as_deref(), &qualified_name, NameOf::Attribute)?;
        Attr::create(realm, &self.root(), name, DomString::default(), None)
    }

    fn open(
        &self,
        realm: &Realm,
        _unused1: Option<DomString>,
        _unused2: Option<DomString>,
    ) -> Fallible<Root<Self>> {
        self.open_for_writing(realm)
    }

    fn open_window(
        &self,
        realm: &Realm,
        url: String,
        name: DomString,
        features: DomString,
    ) -> Fallible<Option<Root<Window>>> {
        self.open_a_window(realm, &url, &name, &features)
    }

    fn close(&self, _: &Realm) -> Fallible<()> {
        self.close_for_writing()
    }

    fn write(&self, realm: &Realm, text: Vec<DomString>) -> Fallible<()> {
        self.write_steps(realm, &text, false)
    }

    fn writeln(&self, realm: &Realm, text: Vec<DomString>) -> Fallible<()> {
        self.write_steps(realm, &text, true)
    }

    fn create_event(&self, realm: &Realm, interface: DomString) -> Fallible<Root<Event>> {
        events::legacy::create(realm, &interface)
    }
}

/// [Flattens element creation options](https://dom.spec.whatwg.org/#flatten-element-creation-options): gives the `is` value.
fn flatten(options: DomStringOrElementCreationOptions) -> Option<LocalName> {
    match options {
        DomStringOrElementCreationOptions::DomString(_) => None,
        DomStringOrElementCreationOptions::ElementCreationOptions(options) => {
            options.is.map(|is| LocalName::from(&*is))
        }
    }
}

/// The production [`Name`](https://www.w3.org/TR/xml/#NT-Name).
fn is_xml_name(name: &str) -> bool {
    let start = |c: char| {
        matches!(c, ':' | 'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}'
            | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
            | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
            | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
    };
    let more = |c: char| matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}');
    let mut characters = name.chars();
    characters.next().is_some_and(start) && characters.all(|c| start(c) || more(c))
}

fn invalid_name(name: &str) -> Exception {
    Exception::dom("InvalidCharacterError", format!("{name:?} is not a valid name"))
}

/// `about:blank`
pub(crate) fn about_blank() -> Url {
    Url::parse("about:blank").unwrap_or_else(|_| unreachable!("about:blank is a URL"))
}

impl DocumentOrShadowRootMethods for Document {
    /// [`adoptedStyleSheets`](https://drafts.csswg.org/cssom-1/#dom-documentorshadowroot-adoptedstylesheets)
    fn set_item_of_adopted_style_sheets(
        &self,
        _: &Realm,
        _: u32,
        value: Root<CSSStyleSheet>,
    ) -> Fallible<()> {
        value.check_document(&self.root())
    }

    /// [`activeElement`](https://html.spec.whatwg.org/multipage/interaction.html#dom-documentorshadowroot-activeelement)
    fn active_element(&self, _: &Realm) -> Fallible<Option<Root<Element>>> {
        let body = || self.body_element().map(|body| body.upcast()).or_else(|| Self::document_element(self));
        Ok(self.focused().or_else(body))
    }
}

super::parent_node!(Document);
super::non_element_parent_node!(Document);

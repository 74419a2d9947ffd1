//! The tree that the HTML parser builds is the document's own.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;

use bgfetch_js::{DomString, Fallible, Realm, Root, Runtime};
use html5ever::tendril::StrTendril;
use markup5ever::interface::tree_builder::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use markup5ever::{Attribute, LocalName, Namespace, QualName};

use super::page::counted;
use crate::agent::Agent;
use crate::dom::html::custom_elements::definition::look_up;
use crate::dom::html::custom_elements::{construct, reactions};
use crate::dom::nodes::mutation;
use crate::dom::{
    Comment, Document, DocumentFragment, DocumentType, Element, HTMLScriptElement, HTMLTemplateElement, Node,
    ProcessingInstruction, Text,
};

/// What is parsed, and what for.
pub(super) enum Source {
    /// A page: its scripts know their parser, and may have stopped it.
    Page(Rc<Cell<bool>>),
    /// A whole document of which no script ever runs.
    Document,
    /// A part of one: no script of it ever runs.
    Fragment,
}

/// Puts what the parser finds into a document.
pub(super) struct Sink {
    realm: Realm,
    document: Root<Document>,
    source: Source,
    /// How many errors there were.
    errors: Cell<u64>,
    line: Cell<u64>,
    /// How many templates are open: what is in them has no registry of custom elements.
    open_templates: Cell<u32>,
    /// Stands in for a node that could not be made: inserting it inserts its children.
    spare: Root<Node>,
}

/// The name of an element, for the tree builder.
#[derive(Debug)]
pub(super) struct Name(QualName);

impl ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl Sink {
    pub(super) fn new(realm: &Realm, document: &Root<Document>, source: Source) -> Fallible<Self> {
        let spare = DocumentFragment::create(realm, document)?.upcast();
        let (realm, document) = (realm.clone(), document.clone());
        Ok(Self {
            realm,
            document,
            source,
            errors: Cell::new(0),
            line: Cell::new(1),
            open_templates: Cell::new(0),
            spare,
        })
    }

    /// A node that could be made, or the spare one in its place: only memory can be missing.
    fn made<T>(&self, node: Fallible<Root<T>>) -> Root<Node>
    where
        T: bgfetch_js::DerivedFrom<Node>,
    {
        match node {
            Ok(node) => node.upcast(),
            Err(error) => {
                tracing::warn!(%error, "a node could not be made");
                self.spare.clone()
            }
        }
    }

    /// Whether a script that ran in the middle has stopped the parser: what it had taken in comes to nothing.
    fn is_stopped(&self) -> bool {
        matches!(&self.source, Source::Page(stopped) if stopped.get())
    }

    fn text_before(&self, node: Option<Root<Node>>, text: &str) -> bool {
        let Some(previous) = node.and_then(|node| node.as_text()) else { return false };
        previous.push_str(&self.realm, text);
        true
    }

    /// Steps 9 and 10 of creating an element for a token.
    fn with_attributes(
        &self,
        element: Fallible<Root<Element>>,
        attributes: Vec<Attribute>,
        flags: ElementFlags,
    ) -> Root<Node> {
        let element = match element {
            Ok(element) => element,
            Err(error) => return self.made::<Element>(Err(error)),
        };
        if let Some(script) = element.downcast::<HTMLScriptElement>() {
            script.state.had_duplicate_attributes.set(flags.had_duplicate_attributes);
            script.state.line.set(u32::try_from(self.line.get()).unwrap_or(1));
            if !matches!(self.source, Source::Page(_)) {
                script.state.already_started.set(true);
            } else {
                let before = script.state.parser_document.replace(Some(self.document.clone().into()));
                drop(before);
                script.state.force_async.set(false);
            }
        }
        for attribute in attributes {
            element.add_parsed_attribute(&self.realm, attribute.name, (&*attribute.value).into());
        }
        element.upcast()
    }

    /// [Inserts an element](https://html.spec.whatwg.org/multipage/parsing.html#insert-an-element-at-the-adjusted-insertion-location), or
    /// another node, with the reactions that this causes.
    fn insert(&self, node: &Root<Node>, parent: &Root<Node>, child: Option<&Root<Node>>) {
        let insert = || mutation::insert(&self.realm, node, parent, child);
        if matches!(self.source, Source::Page(_)) { reactions::with_queue(insert) } else { insert() }
    }

    fn text(&self, text: &str) -> Root<Node> {
        self.made(Text::create(&self.realm, &self.document, text.into()))
    }
}

impl TreeSink for Sink {
    type Handle = Root<Node>;
    type Output = u64;
    type ElemName<'a> = Name;

    /// Gives the number of errors.
    fn finish(self) -> u64 {
        self.errors.get()
    }

    fn parse_error(&self, message: Cow<'static, str>) {
        self.errors.set(self.errors.get() + 1);
        tracing::trace!(line = self.line.get(), %message, "parse error");
    }

    fn get_document(&self) -> Root<Node> {
        self.document.upcast()
    }

    fn elem_name(&self, target: &Root<Node>) -> Name {
        let name = target.as_element().map(|element| element.name().clone());
        Name(name.unwrap_or_else(|| QualName::new(None, markup5ever::ns!(), LocalName::from(""))))
    }

    /// [Creates an element for a token](https://html.spec.whatwg.org/multipage/parsing.html#create-an-element-for-the-token).
    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, flags: ElementFlags) -> Root<Node> {
        // Steps 3 to 8: constructors run now, and find that they cannot write the document.
        let is = attributes.iter().find(|a| a.name.ns.is_empty() && &*a.name.local == "is");
        let is_value = is.map(|is| LocalName::from(&*is.value));
        let runs_script = matches!(self.source, Source::Page(_))
            && reactions::are_in_use()
            && self.open_templates.get() == 0
            && look_up(&self.document, &name.ns, &name.local, is_value.as_ref()).is_some();
        if flags.template {
            self.open_templates.set(self.open_templates.get() + 1);
        }
        if !runs_script {
            let element = construct::create_without_definition(&self.realm, &self.document, name, is_value);
            return self.with_attributes(element, attributes, flags);
        }
        counted(&self.document.parser.throw_on_dynamic_markup_insertion, || {
            if !Runtime::is_running_script() {
                Agent::current().microtask_checkpoint();
            }
            reactions::with_queue(|| {
                let element = construct::create_element(&self.realm, &self.document, name, is_value, true);
                self.with_attributes(element, attributes, flags)
            })
        })
    }

    fn pop(&self, node: &Root<Node>) {
        if node.downcast::<HTMLTemplateElement>().is_some() {
            self.open_templates.set(self.open_templates.get().saturating_sub(1));
        }
    }

    fn create_comment(&self, text: StrTendril) -> Root<Node> {
        self.made(Comment::create(&self.realm, &self.document, (&*text).into()))
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> Root<Node> {
        if !self.document.is_html_document() {
            // The XML declaration is no instruction.
            if &*target == "xml" {
                return self.spare.clone();
            }
            let (target, data) = ((&*target).into(), (&*data).into());
            return self.made(ProcessingInstruction::create(&self.realm, &self.document, target, data));
        }
        // An HTML parser makes comments of these.
        let text: DomString = format!("?{target} {data}").into();
        self.made(Comment::create(&self.realm, &self.document, text))
    }

    fn append(&self, parent: &Root<Node>, child: NodeOrText<Root<Node>>) {
        if self.is_stopped() {
            return;
        }
        // The parser of HTML asks for the contents of templates itself, that of XML does not.
        let contents = (!self.document.is_html_document()).then(|| self.get_template_contents(parent));
        let parent = contents.as_ref().unwrap_or(parent);
        let node = match child {
            NodeOrText::AppendNode(node) => node,
            NodeOrText::AppendText(text) if self.text_before(parent.last(), &text) => return,
            NodeOrText::AppendText(text) => self.text(&text),
        };
        self.insert(&node, parent, None);
    }

    fn append_based_on_parent_node(
        &self,
        element: &Root<Node>,
        previous: &Root<Node>,
        child: NodeOrText<Root<Node>>,
    ) {
        if element.parent().is_some() {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, name: StrTendril, public_id: StrTendril, system_id: StrTendril) {
        let text = |tendril: &StrTendril| DomString::from(&**tendril);
        let doctype = DocumentType::create(
            &self.realm,
            &self.document,
            text(&name),
            text(&public_id),
            text(&system_id),
        );
        if !self.is_stopped() {
            mutation::append(&self.realm, &self.made(doctype), &self.document.upcast());
        }
    }

    fn mark_script_already_started(&self, node: &Root<Node>) {
        if let Some(script) = node.downcast::<HTMLScriptElement>() {
            script.state.already_started.set(true);
        }
    }

    fn get_template_contents(&self, target: &Root<Node>) -> Root<Node> {
        let contents = target.downcast::<HTMLTemplateElement>().and_then(|template| template.contents());
        contents.map_or_else(|| target.clone(), |contents| contents.upcast())
    }

    fn same_node(&self, x: &Root<Node>, y: &Root<Node>) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        if !matches!(self.source, Source::Fragment) {
            self.document.set_quirks_mode(mode);
        }
    }

    fn append_before_sibling(&self, sibling: &Root<Node>, new_node: NodeOrText<Root<Node>>) {
        let Some(parent) = sibling.parent().filter(|_| !self.is_stopped()) else { return };
        let node = match new_node {
            NodeOrText::AppendNode(node) => node,
            NodeOrText::AppendText(text) if self.text_before(sibling.previous(), &text) => return,
            NodeOrText::AppendText(text) => self.text(&text),
        };
        self.insert(&node, &parent, Some(sibling));
    }

    fn add_attrs_if_missing(&self, target: &Root<Node>, attributes: Vec<Attribute>) {
        let Some(element) = target.as_element() else { return };
        for attribute in attributes {
            element.add_parsed_attribute(&self.realm, attribute.name, (&*attribute.value).into());
        }
    }

    fn remove_from_parent(&self, target: &Root<Node>) {
        mutation::remove(&self.realm, target);
    }

    fn reparent_children(&self, node: &Root<Node>, new_parent: &Root<Node>) {
        let children: Vec<_> = node.children_in_order().collect();
        for child in children {
            mutation::append(&self.realm, &child, new_parent);
        }
    }

    fn set_current_line(&self, line_number: u64) {
        self.line.set(line_number);
    }

    fn allow_declarative_shadow_roots(&self, _: &Root<Node>) -> bool {
        false
    }
}

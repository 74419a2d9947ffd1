//! [Parsing HTML](https://html.spec.whatwg.org/multipage/parsing.html) with html5ever into the live tree: a page as it
//! arrives, with its scripts in order, and fragments for `innerHTML` and the like.

pub(crate) mod decode;
mod sink;

use bgfetch_js::{Fallible, Realm, Root};
use html5ever::buffer_queue::BufferQueue;
use html5ever::driver::parse_fragment_for_element;
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tokenizer::{Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{ParseOpts, TokenizerResult};
use xml5ever::driver::XmlParseOpts;
use xml5ever::tokenizer::{XmlTokenizer, XmlTokenizerOpts};
use xml5ever::tree_builder::{XmlTreeBuilder, XmlTreeBuilderOpts};

use super::scripting::{execute, prepare};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{DocumentReadyState, EventInit};
use crate::dom::nodes::document::Flavour;
use crate::dom::nodes::document_methods::about_blank;
use crate::dom::nodes::mutation;
use crate::dom::performance::document_timing::note;
use crate::dom::service_worker::service_worker_container;
use crate::dom::{
    Document, DocumentFragment, Element, Event, HTMLScriptElement, Node, PageTransitionEvent, events,
    performance,
};
use crate::environment::Environment;
use sink::{Sink, Source};

/// HTML and XML pages run their scripts alike.
enum PageTokenizer {
    Html(Box<Tokenizer<TreeBuilder<Root<Node>, Sink>>>),
    Xml(Box<XmlTokenizer<XmlTreeBuilder<Root<Node>, Sink>>>),
}

impl PageTokenizer {
    fn new(sink: Sink, html: bool) -> Self {
        if html {
            let options = TreeBuilderOpts { scripting_enabled: true, ..TreeBuilderOpts::default() };
            let builder = TreeBuilder::new(sink, options);
            let options = TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() };
            Self::Html(Box::new(Tokenizer::new(builder, options)))
        } else {
            let builder = XmlTreeBuilder::new(sink, XmlTreeBuilderOpts::default());
            let options = XmlTokenizerOpts { discard_bom: false, ..XmlTokenizerOpts::default() };
            Self::Xml(Box::new(XmlTokenizer::new(builder, options)))
        }
    }

    fn feed(&self, input: &BufferQueue) -> TokenizerResult<Root<Node>> {
        match self {
            Self::Html(tokenizer) => tokenizer.feed(input),
            Self::Xml(tokenizer) => tokenizer.feed(input),
        }
    }

    fn end(&self) {
        match self {
            Self::Html(tokenizer) => tokenizer.end(),
            Self::Xml(tokenizer) => tokenizer.end(),
        }
    }
}

/// The parser of a page.
pub(crate) struct PageParser {
    realm: Realm,
    document: Root<Document>,
    tokenizer: PageTokenizer,
    input: BufferQueue,
}

impl PageParser {
    /// A parser for a document of a window.
    ///
    /// # Errors
    /// Only without memory.
    pub(crate) fn new(realm: &Realm, document: &Root<Document>) -> Fallible<Self> {
        let sink = Sink::new(realm, document, Source::Page)?;
        let tokenizer = PageTokenizer::new(sink, document.is_html_document());
        Ok(Self {
            realm: realm.clone(),
            document: document.clone(),
            tokenizer,
            input: BufferQueue::default(),
        })
    }

    /// [Text](https://html.spec.whatwg.org/multipage/document-lifecycle.html#navigate-text): everything from here on is shown
    /// as it is.
    pub(crate) async fn begin_text(&self) {
        self.feed("<pre>\n").await;
        if let PageTokenizer::Html(tokenizer) = &self.tokenizer {
            tokenizer.set_plaintext_state();
        }
    }

    /// Parses more of the page; waits where a script has to run first.
    pub(crate) async fn feed(&self, text: &str) {
        self.input.push_back(StrTendril::from(text));
        loop {
            if self.document.is_discarded() {
                break;
            }
            match self.tokenizer.feed(&self.input) {
                TokenizerResult::Done => break,
                TokenizerResult::Script(node) => self.script_ended(&node).await,
                // The encoding was settled before the first character.
                TokenizerResult::EncodingIndicator(_) => {}
            }
        }
    }

    /// [An end tag whose tag name is "script"](https://html.spec.whatwg.org/multipage/parsing.html#parsing-main-incdata).
    async fn script_ended(&self, node: &Root<Node>) {
        Agent::current().microtask_checkpoint();
        if let Some(script) = node.downcast::<HTMLScriptElement>() {
            prepare::prepare(&self.realm, &script);
        }
        while let Some(blocking) = self.document.scripts.take_blocking() {
            self.document.until(|| blocking.is_ready_for_parser()).await;
            if self.document.is_discarded() {
                return;
            }
            execute::execute(&self.realm, &blocking);
        }
    }

    /// [The end](https://html.spec.whatwg.org/multipage/parsing.html#the-end): from the last character to the `load` event.
    pub(crate) async fn end(&self) -> Fallible<()> {
        let (realm, document) = (&self.realm, &self.document);
        if document.is_discarded() {
            return Ok(());
        }
        self.tokenizer.end();
        // Step 3.
        let environment = Environment::of(realm);
        let timing = environment.document_timing.get();
        timing.inspect(|timing| note(&timing.dom_interactive));
        document.set_readiness(realm, DocumentReadyState::Interactive)?;
        // Step 5.
        while let Some(script) = document.scripts.take_after_parsing() {
            document.until(|| script.is_ready_for_parser()).await;
            if document.is_discarded() {
                return Ok(());
            }
            execute::execute(realm, &script);
        }
        // Step 6, within this task as in other browsers: pages expect to hear of `load` before messages that they posted
        // while they were parsed.
        Agent::current().microtask_checkpoint();
        timing.inspect(|timing| note(&timing.dom_content_loaded_event_start));
        events::event::fire_with(realm, &**document, "DOMContentLoaded", true, false)?;
        timing.inspect(|timing| note(&timing.dom_content_loaded_event_end));
        service_worker_container::enable_client_message_queue(realm)?;
        // Steps 7 and 8.
        document.until(|| document.scripts.none_as_soon_as_possible()).await;
        document.until(|| document.scripts.nothing_delays_load()).await;
        // Step 9: a task of the DOM manipulation task source by the letter. So what that has queued comes first.
        Agent::current().after_tasks_of(TaskSource::DomManipulation).await;
        if document.is_discarded() {
            return Ok(());
        }
        timing.inspect(|timing| note(&timing.dom_complete));
        document.set_readiness(realm, DocumentReadyState::Complete)?;
        if let Some(window) = document.window() {
            let load = Event::trusted(realm, "load", &EventInit::default())?;
            timing.inspect(|timing| note(&timing.load_event_start));
            window.dispatch_for_document(realm, &load)?;
            timing.inspect(|timing| note(&timing.load_event_end));
            performance::queue_navigation_entry(realm)?;
            PageTransitionEvent::fire(realm, "pageshow")?;
        }
        Ok(())
    }
}

/// [Parses a fragment](https://html.spec.whatwg.org/multipage/parsing.html#html-fragment-parsing-algorithm) in the context of
/// an element. Its scripts never run.
pub(crate) fn parse_fragment(
    realm: &Realm,
    context: &Root<Element>,
    html: &str,
) -> Fallible<Root<DocumentFragment>> {
    let owner = context.owner_doc();
    let document = owner.inert(realm, Flavour::html(), about_blank())?;
    document.copy_mode(&owner);
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts {
            scripting_enabled: owner.runs_scripts(),
            quirks_mode: owner.quirks_mode(),
            ..TreeBuilderOpts::default()
        },
        tokenizer: TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() },
    };
    let sink = Sink::new(realm, &document, Source::Fragment)?;
    let form = super::states::form_owner(context).map(|form| form.upcast());
    let parser = parse_fragment_for_element(sink, options, context.upcast(), owner.runs_scripts(), form);
    parser.one(StrTendril::from(html));
    let fragment = DocumentFragment::create(realm, &owner)?;
    if let Some(root) = document.document_element() {
        let children: Vec<_> = root.children_in_order().collect();
        for child in children {
            mutation::append(realm, &child, &fragment.upcast());
        }
    }
    Ok(fragment)
}

/// Parses a whole [HTML document from a string](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#parse-html-from-a-string)
/// into an empty document, as without scripting.
pub(crate) fn parse_document(realm: &Realm, document: &Root<Document>, html: &str) -> Fallible<()> {
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() },
        tokenizer: TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() },
    };
    html5ever::parse_document(Sink::new(realm, document, Source::Document)?, options)
        .one(StrTendril::from(html));
    Ok(())
}

/// Parses XML into an empty document; whether it was well-formed. What stands after a mistake is read all the same.
pub(crate) fn parse_xml(realm: &Realm, document: &Root<Document>, xml: &str) -> Fallible<bool> {
    let sink = Sink::new(realm, document, Source::Document)?;
    let errors = xml5ever::driver::parse_document(sink, XmlParseOpts::default()).one(StrTendril::from(xml));
    Ok(errors == 0 && document.document_element().is_some())
}

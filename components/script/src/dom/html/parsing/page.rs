//! [The parser of a page](https://html.spec.whatwg.org/multipage/parsing.html#overview-of-the-parsing-model): what comes from the
//! network or from `document.write()`, in order, with scripts run where they stand.
//!
//! The tokenizer gives way at each end of a script, so that what a script writes is tokenized before anything that
//! follows it: a call of `document.write()` within runs the tokenizer anew, over the written text alone. Whatever it
//! cannot take, because a script blocks the parser now, waits in front of the rest.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use bgfetch_js::{Fallible, Realm, Root, Runtime};
use html5ever::TokenizerResult;
use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use xml5ever::tokenizer::{XmlTokenizer, XmlTokenizerOpts};
use xml5ever::tree_builder::{XmlTreeBuilder, XmlTreeBuilderOpts};

use super::sink::{Sink, Source};
use crate::agent::Agent;
use crate::bindings::DocumentReadyState;
use crate::dom::html::scripting::{execute, prepare};
use crate::dom::window::loading;
use crate::dom::{Document, HTMLScriptElement, Node};
use crate::report;

/// HTML and XML pages run their scripts alike.
enum PageTokenizer {
    Html(Box<Tokenizer<TreeBuilder<Root<Node>, Sink>>>),
    Xml(Box<XmlTokenizer<XmlTreeBuilder<Root<Node>, Sink>>>),
}

impl PageTokenizer {
    fn new(sink: Sink, html: bool, scripting_enabled: bool) -> Self {
        if html {
            let options = TreeBuilderOpts { scripting_enabled, ..TreeBuilderOpts::default() };
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

/// What a document knows of its parser.
#[derive(Default)]
pub(crate) struct ParserState {
    /// [Active parser](https://html.spec.whatwg.org/multipage/parsing.html#active-parser): owned by the task that drives it.
    active: RefCell<Weak<PageParser>>,
    /// [Active parser was aborted](https://html.spec.whatwg.org/multipage/dom.html#active-parser-was-aborted)
    pub(crate) was_aborted: Cell<bool>,
    /// [Ignore-destructive-writes counter](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#ignore-destructive-writes-counter)
    pub(crate) ignore_destructive_writes: Cell<u32>,
    /// [Throw-on-dynamic-markup-insertion counter](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#throw-on-dynamic-markup-insertion-counter)
    pub(crate) throw_on_dynamic_markup_insertion: Cell<u32>,
    /// [Unload counter](https://html.spec.whatwg.org/multipage/document-lifecycle.html#unload-counter)
    pub(crate) unload_counter: Cell<u32>,
    /// [Iframe load in progress](https://html.spec.whatwg.org/multipage/iframe-embed-object.html#iframe-load-in-progress)
    pub(crate) iframe_load_in_progress: Cell<bool>,
    /// [Mute iframe load](https://html.spec.whatwg.org/multipage/iframe-embed-object.html#mute-iframe-load)
    pub(crate) mute_iframe_load: Cell<bool>,
}

impl ParserState {
    /// The [active parser](https://html.spec.whatwg.org/multipage/parsing.html#active-parser).
    pub(crate) fn active(&self) -> Option<Rc<PageParser>> {
        self.active.borrow().upgrade()
    }

    /// Stops the active parser: the document was unloaded.
    pub(crate) fn stop(&self) {
        if let Some(parser) = self.active() {
            parser.stop();
        }
    }

    /// [Aborts](https://html.spec.whatwg.org/multipage/parsing.html#abort-a-parser) the active parser, if there is one, on behalf of
    /// [aborting the document](https://html.spec.whatwg.org/multipage/document-lifecycle.html#abort-a-document).
    pub(crate) fn abort(&self) {
        if let Some(parser) = self.active() {
            self.was_aborted.set(true);
            parser.abort();
        }
    }
}

/// Counts one more for as long as `run` takes.
pub(crate) fn counted<T>(counter: &Cell<u32>, run: impl FnOnce() -> T) -> T {
    counter.set(counter.get() + 1);
    let result = run();
    counter.set(counter.get() - 1);
    result
}

/// The parser of a page.
pub(crate) struct PageParser {
    pub(super) realm: Realm,
    pub(super) document: Root<Document>,
    tokenizer: PageTokenizer,
    /// What is yet to be tokenized.
    input: BufferQueue,
    /// What scripts wrote and could not be tokenized yet: it goes before the rest.
    written: BufferQueue,
    /// [Script nesting level](https://html.spec.whatwg.org/multipage/parsing.html#script-nesting-level)
    script_nesting_level: Cell<u32>,
    /// Whether `document.open()` [made it](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#script-created-parser).
    pub(super) script_created: bool,
    /// Whether an explicit "EOF" character is at the end of the input.
    closed: Cell<bool>,
    /// Whether the tokenizer has come to the end.
    ended: Cell<bool>,
    /// Whether it was aborted, or has given way to another; its sink knows it too.
    stopped: Rc<Cell<bool>>,
}

impl PageParser {
    /// A parser for a document, whose active parser it becomes. It is to be driven by whoever holds it.
    ///
    /// # Errors
    /// Only without memory.
    pub(crate) fn new(realm: &Realm, document: &Root<Document>, script_created: bool) -> Fallible<Rc<Self>> {
        let stopped = Rc::new(Cell::new(false));
        let sink = Sink::new(realm, document, Source::Page(Rc::clone(&stopped)))?;
        let tokenizer = PageTokenizer::new(sink, document.is_html_document(), document.runs_scripts());
        let parser = Rc::new(Self {
            realm: realm.clone(),
            document: document.clone(),
            tokenizer,
            input: BufferQueue::default(),
            written: BufferQueue::default(),
            script_nesting_level: Cell::new(0),
            script_created,
            closed: Cell::new(false),
            ended: Cell::new(false),
            stopped,
        });
        if let Some(before) = document.parser.active.replace(Rc::downgrade(&parser)).upgrade() {
            before.stop();
        }
        document.parser.was_aborted.set(false);
        Ok(parser)
    }

    /// [Text](https://html.spec.whatwg.org/multipage/document-lifecycle.html#navigate-text): everything from here on is shown
    /// as it is.
    pub(crate) async fn begin_text(&self) {
        self.feed("<pre>\n").await;
        if let PageTokenizer::Html(tokenizer) = &self.tokenizer {
            tokenizer.set_plaintext_state();
        }
    }

    /// Whether a script runs that the parser waits for.
    pub(crate) fn is_running_script(&self) -> bool {
        self.script_nesting_level.get() > 0
    }

    /// Whether there is an [insertion point](https://html.spec.whatwg.org/multipage/parsing.html#insertion-point).
    pub(crate) fn has_insertion_point(&self) -> bool {
        self.is_running_script() || self.is_open()
    }

    /// Whether script made it, and may still write.
    pub(crate) fn is_open(&self) -> bool {
        self.script_created && !self.closed.get()
    }

    /// Whether nothing more is parsed: it was aborted, gave way to another parser, or its document was unloaded.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.get()
    }

    fn stop(&self) {
        self.stopped.set(true);
        self.document.scripts.changed();
    }

    /// Parses more of the page; waits where a script has to run first.
    pub(crate) async fn feed(&self, text: &str) {
        self.input.push_back(StrTendril::from(text));
        self.go_on().await;
    }

    async fn go_on(&self) {
        loop {
            self.tokenize(&self.input);
            let Some(blocking) = self.document.scripts.blocking().filter(|_| !self.is_stopped()) else {
                break;
            };
            self.document.until(|| blocking.is_ready_for_parser() || self.is_stopped()).await;
            if self.is_stopped() {
                break;
            }
            self.document.scripts.unblock();
            self.rejoin();
            // A parser runs many scripts in one task.
            self.nested(|| execute::execute(&self.realm, &blocking));
        }
    }

    /// What scripts wrote comes before the rest.
    fn rejoin(&self) {
        let mut written: Vec<_> = std::iter::from_fn(|| self.written.pop_front()).collect();
        while let Some(chunk) = written.pop() {
            self.input.push_front(chunk);
        }
    }

    fn nested(&self, run: impl FnOnce()) {
        counted(&self.script_nesting_level, run);
    }

    /// Runs the tokenizer until nothing is left, or a script blocks it.
    fn tokenize(&self, input: &BufferQueue) {
        while !self.is_stopped() && self.document.scripts.blocking().is_none() {
            match self.tokenizer.feed(input) {
                TokenizerResult::Done => break,
                TokenizerResult::Script(node) => self.script_ended(&node),
                // The encoding was settled before the first character.
                TokenizerResult::EncodingIndicator(_) => {}
            }
        }
    }

    /// [An end tag whose tag name is "script"](https://html.spec.whatwg.org/multipage/parsing.html#parsing-main-incdata).
    fn script_ended(&self, node: &Root<Node>) {
        if !Runtime::is_running_script() {
            Agent::current().microtask_checkpoint();
        }
        if let Some(script) = node.downcast::<HTMLScriptElement>().filter(|_| !self.is_stopped()) {
            self.nested(|| prepare::prepare(&self.realm, &script));
        }
    }

    /// Inserts text [just before the insertion point](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#document-write-steps),
    /// and parses it if nothing blocks the parser.
    pub(crate) fn write(&self, text: &str) {
        let text = StrTendril::from(text);
        if self.document.scripts.blocking().is_some() {
            let place = if self.is_running_script() { &self.written } else { &self.input };
            place.push_back(text);
            return;
        }
        let own = BufferQueue::default();
        own.push_back(text);
        self.tokenize(&own);
        while let Some(chunk) = own.pop_front() {
            self.written.push_back(chunk);
        }
        self.stepped();
    }

    /// Nothing more will be written: the explicit "EOF" character.
    pub(crate) fn close(&self) {
        self.closed.set(true);
        self.stepped();
    }

    /// Goes on to the end, or lets the task do it that waits.
    fn stepped(&self) {
        if !self.is_running_script() {
            self.end_if_closed();
            self.document.scripts.changed();
        }
    }

    fn end_if_closed(&self) {
        let ready = self.closed.get() && !self.ended.get() && self.document.scripts.blocking().is_none();
        if ready
            && !self.is_stopped()
            && self.input.is_empty()
            && let Err(exception) = self.end_of_input()
        {
            report::report_exception(&self.realm, exception);
        }
    }

    /// The first steps of [the end](https://html.spec.whatwg.org/multipage/parsing.html#the-end).
    pub(super) fn end_of_input(&self) -> Fallible<()> {
        if self.ended.replace(true) {
            return Ok(());
        }
        self.tokenizer.end();
        self.interactive()
    }

    /// Drives a parser that script created, until it has come to its end.
    pub(crate) async fn drive(self: Rc<Self>) -> Fallible<()> {
        // The document around it waits for it.
        let context = self.document.context();
        let _delay = context.as_ref().and_then(|context| loading::delay_of_parent(context));
        loop {
            let busy = Agent::current().busy();
            self.go_on().await;
            if !self.is_stopped() {
                self.end_if_closed();
            }
            if self.is_stopped() {
                return Ok(());
            }
            if self.ended.get() {
                return self.end().await;
            }
            // A page that never closes its document is not busy.
            drop(busy);
            let is_ready =
                || self.document.scripts.blocking().is_some() || self.ended.get() || self.is_stopped();
            self.document.until(is_ready).await;
        }
    }

    /// [Aborts the parser](https://html.spec.whatwg.org/multipage/parsing.html#abort-a-parser).
    fn abort(&self) {
        self.stop();
        for state in [DocumentReadyState::Interactive, DocumentReadyState::Complete] {
            if let Err(exception) = self.document.set_readiness(&self.realm, state) {
                report::report_exception(&self.realm, exception);
            }
        }
    }
}

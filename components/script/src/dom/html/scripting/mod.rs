//! [The `script` element's processing model](https://html.spec.whatwg.org/multipage/scripting.html#script-processing-model).
//!
//! `prepare` decides what is to happen with a script element, `fetch` and `modules` get what it needs, and `execute`
//! runs it. A document's parser waits for scripts through its [`ScriptQueues`].

pub(crate) mod dynamic_import;
pub(crate) mod execute;
pub(crate) mod fetch;
pub(crate) mod modules;
pub(crate) mod prepare;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use bgfetch_js::{Member, Realm, Root, trace_fields};
use url::Url;

use crate::dom::{Document, HTMLScriptElement};

/// What a script element keeps of its processing.
pub(crate) struct ScriptState {
    /// [Parser document](https://html.spec.whatwg.org/multipage/scripting.html#parser-document)
    pub(crate) parser_document: RefCell<Option<Member<Document>>>,
    /// [Preparation-time document](https://html.spec.whatwg.org/multipage/scripting.html#preparation-time-document)
    pub(super) preparation_time_document: RefCell<Option<Member<Document>>>,
    /// [Force async](https://html.spec.whatwg.org/multipage/scripting.html#script-force-async)
    pub(crate) force_async: Cell<bool>,
    /// [From an external file](https://html.spec.whatwg.org/multipage/scripting.html#concept-script-external)
    pub(super) from_external_file: Cell<bool>,
    /// [Ready to be parser-executed](https://html.spec.whatwg.org/multipage/scripting.html#ready-to-be-parser-executed)
    pub(super) ready_to_be_parser_executed: Cell<bool>,
    /// [Already started](https://html.spec.whatwg.org/multipage/scripting.html#already-started)
    pub(crate) already_started: Cell<bool>,
    /// [Type](https://html.spec.whatwg.org/multipage/scripting.html#concept-script-type)
    pub(super) kind: Cell<ScriptKind>,
    /// What runs it once its result is there.
    pub(super) schedule: Cell<Schedule>,
    /// [Result](https://html.spec.whatwg.org/multipage/scripting.html#concept-script-result)
    pub(super) result: RefCell<ScriptResult>,
    /// The line of its document at which its text begins, from 1.
    pub(crate) line: Cell<u32>,
    /// Whether its tag had an attribute twice.
    pub(crate) had_duplicate_attributes: Cell<bool>,
}

impl Default for ScriptState {
    fn default() -> Self {
        Self {
            parser_document: RefCell::default(),
            preparation_time_document: RefCell::default(),
            force_async: Cell::new(true),
            from_external_file: Cell::new(false),
            ready_to_be_parser_executed: Cell::new(false),
            already_started: Cell::new(false),
            kind: Cell::new(ScriptKind::Classic),
            schedule: Cell::new(Schedule::Immediately),
            result: RefCell::default(),
            line: Cell::new(1),
            had_duplicate_attributes: Cell::new(false),
        }
    }
}

trace_fields!(ScriptState { parser_document, preparation_time_document });

/// Which kind of script it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScriptKind {
    Classic,
    Module,
}

/// When a script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schedule {
    /// As soon as it is prepared.
    Immediately,
    /// When its result is there: [set of scripts](https://html.spec.whatwg.org/multipage/scripting.html#set-of-scripts-that-will-execute-as-soon-as-possible).
    AsSoonAsPossible,
    /// After those before it: [list of scripts](https://html.spec.whatwg.org/multipage/scripting.html#list-of-scripts-that-will-execute-in-order-as-soon-as-possible).
    InOrder,
    /// [When the document has finished parsing](https://html.spec.whatwg.org/multipage/scripting.html#list-of-scripts-that-will-execute-when-the-document-has-finished-parsing).
    AfterParsing,
    /// The parser waits for it: [pending parsing-blocking script](https://html.spec.whatwg.org/multipage/scripting.html#pending-parsing-blocking-script).
    BlocksParsing,
}

/// What fetching a script gave.
#[derive(Debug, Default)]
pub(super) enum ScriptResult {
    #[default]
    Uninitialized,
    /// `null`: it could not be fetched.
    Failed,
    Classic(ClassicScript),
    /// The graph of an external module was fetched.
    ExternalModule(Url),
    /// The graph of an inline module was fetched.
    InlineModule(String),
}

/// A [classic script](https://html.spec.whatwg.org/multipage/webappapis.html#classic-script).
#[derive(Debug)]
pub(super) struct ClassicScript {
    pub(super) source: String,
    /// Its base URL; errors name it as the file.
    pub(super) url: Url,
    /// The line in that file at which it begins.
    pub(super) line: u32,
    /// [Muted errors](https://html.spec.whatwg.org/multipage/webappapis.html#muted-errors): of another origin without CORS.
    pub(super) muted_errors: bool,
}

/// The scripts of a document that wait, and what else delays its `load` event.
#[derive(Default)]
pub(crate) struct ScriptQueues {
    as_soon_as_possible: RefCell<Vec<Member<HTMLScriptElement>>>,
    in_order: RefCell<VecDeque<Member<HTMLScriptElement>>>,
    after_parsing: RefCell<VecDeque<Member<HTMLScriptElement>>>,
    blocks_parsing: RefCell<Option<Member<HTMLScriptElement>>>,
    /// Resources that [delay the load event](https://html.spec.whatwg.org/multipage/parsing.html#delay-the-load-event).
    delays: Cell<u32>,
    /// Parsers, while they wait.
    waiting: RefCell<Vec<Waker>>,
}

trace_fields!(ScriptQueues { as_soon_as_possible, in_order, after_parsing, blocks_parsing });

impl ScriptQueues {
    /// The [pending parsing-blocking script](https://html.spec.whatwg.org/multipage/scripting.html#pending-parsing-blocking-script).
    pub(crate) fn blocking(&self) -> Option<Root<HTMLScriptElement>> {
        self.blocks_parsing.borrow().as_ref().map(|script| (**script).clone())
    }

    /// Nothing blocks the parser any more.
    pub(crate) fn unblock(&self) {
        drop(self.blocks_parsing.take());
    }

    /// Takes the first script that waits for the end of parsing.
    pub(crate) fn take_after_parsing(&self) -> Option<Root<HTMLScriptElement>> {
        self.after_parsing.borrow_mut().pop_front().map(|script| (*script).clone())
    }

    /// Whether no script is left that runs when it can.
    pub(crate) fn none_as_soon_as_possible(&self) -> bool {
        self.as_soon_as_possible.borrow().is_empty() && self.in_order.borrow().is_empty()
    }

    /// Whether nothing [delays the load event](https://html.spec.whatwg.org/multipage/parsing.html#delay-the-load-event).
    pub(crate) fn nothing_delays_load(&self) -> bool {
        self.delays.get() == 0
    }

    pub(crate) fn delay_load(&self) {
        self.delays.set(self.delays.get() + 1);
    }

    pub(crate) fn undelay_load(&self) {
        self.delays.set(self.delays.get().saturating_sub(1));
        self.changed();
    }

    /// Lets parsers look again at what they wait for.
    pub(crate) fn changed(&self) {
        self.waiting.take().into_iter().for_each(Waker::wake);
    }
}

impl Document {
    /// Waits until `condition` holds; it is looked at again whenever a script of the document
    /// is ready or has run.
    pub(crate) async fn until(&self, condition: impl Fn() -> bool) {
        poll_fn(|cx| {
            if condition() {
                return Poll::Ready(());
            }
            self.scripts.waiting.borrow_mut().push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl HTMLScriptElement {
    /// Whether the parser may execute it.
    pub(crate) fn is_ready_for_parser(&self) -> bool {
        self.state.ready_to_be_parser_executed.get()
    }
}

/// [Marks as ready](https://html.spec.whatwg.org/multipage/scripting.html#mark-as-ready): the result is there, and the
/// steps for that are run.
fn mark_as_ready(realm: &Realm, script: &Root<HTMLScriptElement>, result: ScriptResult) {
    script.state.result.replace(result);
    let Some(document) = script.state.preparation_document() else { return };
    let queues = &document.scripts;
    match script.state.schedule.get() {
        Schedule::Immediately => {}
        Schedule::AfterParsing | Schedule::BlocksParsing => {
            script.state.ready_to_be_parser_executed.set(true)
        }
        Schedule::AsSoonAsPossible => {
            execute::execute(realm, script);
            let done = {
                let mut set = queues.as_soon_as_possible.borrow_mut();
                set.iter().position(|known| **known == *script).map(|index| set.swap_remove(index))
            };
            drop(done);
        }
        Schedule::InOrder => {
            while let Some(first) = first_in_order_if_ready(queues) {
                execute::execute(realm, &first);
                let done = queues.in_order.borrow_mut().pop_front();
                drop(done);
            }
        }
    }
    queues.changed();
}

fn first_in_order_if_ready(queues: &ScriptQueues) -> Option<Root<HTMLScriptElement>> {
    let queue = queues.in_order.borrow();
    let first = queue.front()?;
    let ready = !matches!(*first.state.result.borrow(), ScriptResult::Uninitialized);
    ready.then(|| (**first).clone())
}

impl ScriptState {
    fn preparation_document(&self) -> Option<Root<Document>> {
        self.preparation_time_document.borrow().as_ref().map(|document| (**document).clone())
    }

    /// Whether it was inserted by a parser that is still responsible for it.
    pub(crate) fn is_parser_inserted(&self) -> bool {
        self.parser_document.borrow().is_some()
    }
}

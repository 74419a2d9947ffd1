//! [Session history](https://html.spec.whatwg.org/multipage/nav-history-apis.html#session-history-infrastructure) of a top-level
//! browsing context and its frames, as far as it is on this thread.
//!
//! It is a list of steps, each of which took one browsing context from one entry to the next. What the embedder's window
//! shows across documents is on several threads, one after the other, and is no part of it.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use bgfetch_js::{Fallible, Realm, Root, Value};
use bgfetch_traits::service_worker::MessageData;
use url::Url;

use super::browsing_context::{Active, BrowsingContext};
use super::navigation::{self, HistoryHandling, Source, Target};
use crate::agent::{Agent, TaskSource};
use crate::clone;
use crate::dom::{Document, HashChangeEvent, PopStateEvent};
use crate::environment::Environment;

/// A [session history entry](https://html.spec.whatwg.org/multipage/browsing-the-web.html#session-history-entry).
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(super) target: Target,
    /// [Classic history API state](https://html.spec.whatwg.org/multipage/browsing-the-web.html#she-classic-history-api-state).
    pub(super) state: Option<Arc<MessageData>>,
    /// [Document state](https://html.spec.whatwg.org/multipage/browsing-the-web.html#she-document-state): entries of one document
    /// share it.
    pub(super) document: Rc<()>,
}

impl Entry {
    /// An entry of a document that is yet to come.
    pub(super) fn new(target: Target) -> Rc<Self> {
        Rc::new(Self { target, state: None, document: Rc::new(()) })
    }
}

struct Step {
    context: Weak<BrowsingContext>,
    from: Rc<Entry>,
    to: Rc<Entry>,
}

/// The steps of a [traversable navigable](https://html.spec.whatwg.org/multipage/document-sequences.html#traversable-navigable).
#[derive(Default)]
pub(super) struct SessionHistory(RefCell<Steps>);

#[derive(Default)]
struct Steps {
    list: Vec<Step>,
    /// How many of them were taken: [current session history step](https://html.spec.whatwg.org/multipage/document-sequences.html#tn-current-session-history-step).
    taken: usize,
}

impl SessionHistory {
    /// How many entries there are.
    pub(super) fn length(&self) -> usize {
        self.forget_closed();
        self.0.borrow().list.len() + 1
    }

    /// Frames that are gone take their steps with them.
    fn forget_closed(&self) {
        let mut steps = self.0.borrow_mut();
        let taken = steps.taken;
        let is_open = |step: &Step| step.context.upgrade().is_some_and(|context| context.active().is_some());
        let kept_before = steps.list.iter().take(taken).filter(|step| is_open(step)).count();
        steps.list.retain(is_open);
        steps.taken = kept_before;
    }

    /// A browsing context went to an entry that follows all others.
    fn push(&self, context: &Rc<BrowsingContext>, from: Rc<Entry>, to: Rc<Entry>) {
        let mut steps = self.0.borrow_mut();
        let taken = steps.taken;
        steps.list.truncate(taken);
        steps.list.push(Step { context: Rc::downgrade(context), from, to });
        steps.taken += 1;
    }

    /// An entry took the place of another.
    fn replace(&self, old: &Rc<Entry>, new: &Rc<Entry>) {
        for step in &mut self.0.borrow_mut().list {
            for entry in [&mut step.from, &mut step.to] {
                if Rc::ptr_eq(entry, old) {
                    *entry = Rc::clone(new);
                }
            }
        }
    }

    /// Goes `delta` steps; gives which browsing contexts come to which entries. `None` if there are not so many steps.
    fn traverse(&self, delta: i32) -> Option<Vec<(Rc<BrowsingContext>, Rc<Entry>)>> {
        self.forget_closed();
        let mut steps = self.0.borrow_mut();
        let taken = i64::try_from(steps.taken).ok()?;
        let wanted =
            usize::try_from(taken + i64::from(delta)).ok().filter(|wanted| *wanted <= steps.list.len())?;
        let mut changes: Vec<(Rc<BrowsingContext>, Rc<Entry>)> = Vec::new();
        let mut change = |step: &Step, entry: &Rc<Entry>| {
            let Some(context) = step.context.upgrade() else { return };
            changes.retain(|(known, _)| !Rc::ptr_eq(known, &context));
            changes.push((context, Rc::clone(entry)));
        };
        if wanted < steps.taken {
            for step in steps.list[wanted..steps.taken].iter().rev() {
                change(step, &step.from);
            }
        } else {
            for step in &steps.list[steps.taken..wanted] {
                change(step, &step.to);
            }
        }
        steps.taken = wanted;
        Some(changes)
    }
}

/// A browsing context shows another entry: remembers it.
pub(super) fn record(context: &Rc<BrowsingContext>, entry: Rc<Entry>, handling: &HistoryHandling) {
    let before = context.set_entry(Rc::clone(&entry));
    let Some(before) = before else { return };
    let history = context.top();
    match handling {
        HistoryHandling::Push => history.history().push(context, before, entry),
        HistoryHandling::Replace | HistoryHandling::Reload => history.history().replace(&before, &entry),
        HistoryHandling::Traverse(_) => {}
    }
}

/// [URL and history update steps](https://html.spec.whatwg.org/multipage/browsing-the-web.html#url-and-history-update-steps).
pub(crate) fn update_url(
    context: &Rc<BrowsingContext>,
    active: &Active,
    url: Url,
    state: Option<Arc<MessageData>>,
    handling: &HistoryHandling,
) {
    let Active { realm, document, .. } = active;
    let current = context.entry();
    let entry = Entry {
        target: Target {
            url: url.clone(),
            ..current.as_ref().map_or_else(|| Target::to(url.clone()), |entry| entry.target.clone())
        },
        state,
        document: current.map_or_else(|| Rc::new(()), |entry| Rc::clone(&entry.document)),
    };
    document.set_document_url(realm, url);
    record(context, Rc::new(entry), handling);
}

/// [Traverses the history by a delta](https://html.spec.whatwg.org/multipage/browsing-the-web.html#traverse-the-history-by-a-delta).
pub(super) fn traverse(context: &Rc<BrowsingContext>, delta: i32) {
    let top = context.top();
    let Some(active) = context.active() else { return };
    Agent::current().queue_global(TaskSource::DomManipulation, &active.realm, move |_| {
        for (context, entry) in top.history().traverse(delta).unwrap_or_default() {
            apply(&context, entry)?;
        }
        Ok(())
    });
}

/// [Applies the history step](https://html.spec.whatwg.org/multipage/browsing-the-web.html#apply-the-history-step) to one browsing
/// context.
fn apply(context: &Rc<BrowsingContext>, entry: Rc<Entry>) -> Fallible<()> {
    let Some(active) = context.active() else { return Ok(()) };
    let same = context.entry().is_some_and(|current| Rc::ptr_eq(&current.document, &entry.document));
    if same {
        return update_document(context, &active, entry);
    }
    let source = Source::new(&Environment::of(&active.realm), &active.document);
    navigation::reach(context, &active, entry.target.clone(), source, HistoryHandling::Traverse(entry));
    Ok(())
}

/// [Updates a document for a history step](https://html.spec.whatwg.org/multipage/browsing-the-web.html#update-document-for-history-step-application)
/// within it.
fn update_document(context: &Rc<BrowsingContext>, active: &Active, entry: Rc<Entry>) -> Fallible<()> {
    let Active { realm, document, .. } = active;
    let (before, after) = (document.document_url(), entry.target.url.clone());
    document.set_document_url(realm, after.clone());
    document.scroll_to_the_fragment();
    context.set_entry(entry);
    let state = restored_state(context, active)?;
    PopStateEvent::fire(realm, state)?;
    if before.fragment() != after.fragment() {
        HashChangeEvent::fire(realm, before, after)?;
    }
    Ok(())
}

/// [Restores the history object state](https://html.spec.whatwg.org/multipage/browsing-the-web.html#restore-the-history-object-state).
pub(super) fn restored_state(context: &BrowsingContext, active: &Active) -> Fallible<Value> {
    let state = context.entry().and_then(|entry| entry.state.clone());
    let value = match state {
        Some(state) => clone::deserialize(&active.realm, clone::copy(&state))?.0,
        None => Value::NULL,
    };
    if let Some(history) = active.window.known_history() {
        history.set_state_value(value.clone());
    }
    Ok(value)
}

/// Whether a document's URL [can be rewritten](https://html.spec.whatwg.org/multipage/nav-history-apis.html#can-have-its-url-rewritten)
/// to another.
pub(super) fn can_be_rewritten(document: &Root<Document>, url: &Url) -> bool {
    let current = document.document_url();
    // Steps 2 and 3.
    let parts = |url: &Url| {
        (
            url.scheme().to_owned(),
            url.username().to_owned(),
            url.password().map(str::to_owned),
            url.host_str().map(str::to_owned),
            url.port(),
        )
    };
    if parts(&current) != parts(url) {
        return false;
    }
    match url.scheme() {
        // Step 4.
        "http" | "https" => true,
        // Step 5.
        "file" => current.path() == url.path(),
        // Step 6.
        _ => current.path() == url.path() && current.query() == url.query(),
    }
}

/// The browsing context of a realm's window, for what only fully active documents may do.
pub(super) fn context_of(realm: &Realm) -> Option<(Rc<BrowsingContext>, Active)> {
    let context = realm.global_as::<crate::dom::Window>()?.context()?;
    let active = context.active().filter(|active| active.realm.is_same(realm))?;
    Some((context, active))
}

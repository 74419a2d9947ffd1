//! The [registered performance observers](https://w3c.github.io/performance-timeline/#dfn-registered-performance-observer) of a
//! global object.

use std::cell::{Cell, RefCell};

use bgfetch_js::{Member, Realm, Root, Trace, Tracer};

use super::timeline::EntryType;
use super::{PerformanceEntry, PerformanceObserver};
use crate::agent::{Agent, TaskSource};
use crate::dom::globals::window_or_worker::SharedObjects;

/// What of a `PerformanceObserverInit` matters later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Options {
    /// `entryTypes`, those that are supported.
    Multiple(Vec<EntryType>),
    /// `type`.
    Single(EntryType),
}

impl Options {
    fn include(&self, entry_type: EntryType) -> bool {
        match self {
            Self::Multiple(types) => types.contains(&entry_type),
            Self::Single(known) => *known == entry_type,
        }
    }
}

struct Registered {
    observer: Member<PerformanceObserver>,
    /// [Options list](https://w3c.github.io/performance-timeline/#dfn-options-list).
    options: Vec<Options>,
}

impl Trace for Registered {
    fn trace(&self, tracer: &mut Tracer) {
        self.observer.trace(tracer);
    }
}

/// The [list of registered performance observer
/// objects](https://w3c.github.io/performance-timeline/#dfn-list-of-registered-performance-observer-objects).
#[derive(Default)]
pub(super) struct Observers {
    list: RefCell<Vec<Registered>>,
    /// [Performance observer task queued flag](https://w3c.github.io/performance-timeline/#dfn-performance-observer-task-queued-flag).
    task_queued: Cell<bool>,
}

impl Trace for Observers {
    fn trace(&self, tracer: &mut Tracer) {
        self.list.trace(tracer);
    }
}

impl Observers {
    /// [`observe()`](https://w3c.github.io/performance-timeline/#dom-performanceobserver-observe), where it registers.
    pub(super) fn register(&self, observer: Root<PerformanceObserver>, options: Options) {
        let mut list = self.list.borrow_mut();
        match list.iter_mut().find(|known| *known.observer == observer) {
            None => list.push(Registered { observer: observer.into(), options: vec![options] }),
            Some(known) if matches!(options, Options::Multiple(_)) => known.options = vec![options],
            Some(known) if known.options.contains(&options) => {}
            Some(known) => known.options.push(options),
        }
    }

    pub(super) fn remove(&self, observer: &Root<PerformanceObserver>) {
        self.list.borrow_mut().retain(|known| *known.observer != *observer);
    }

    /// [Queue a PerformanceEntry](https://w3c.github.io/performance-timeline/#dfn-queue-a-performanceentry), where it tells those
    /// who are interested.
    pub(super) fn tell(&self, realm: &Realm, entry_type: EntryType, entry: &Root<PerformanceEntry>) {
        let list = self.list.borrow();
        let interested = list.iter().filter(|known| known.options.iter().any(|o| o.include(entry_type)));
        let mut any = false;
        for registered in interested {
            registered.observer.push(entry.clone());
            any = true;
        }
        drop(list);
        if any {
            self.queue_task(realm);
        }
    }

    /// [Queues the PerformanceObserver task](https://w3c.github.io/performance-timeline/#dfn-queue-the-performanceobserver-task).
    pub(super) fn queue_task(&self, realm: &Realm) {
        if self.task_queued.replace(true) {
            return;
        }
        Agent::current().queue_global(TaskSource::PerformanceTimeline, realm, |realm| {
            let performance = SharedObjects::with(realm, |shared| shared.performance(realm))?;
            let timeline = performance.timeline(realm)?;
            let notified = timeline.observers.begin_task();
            for (observer, types) in notified {
                let dropped = || types.iter().map(|entry_type| timeline.dropped(*entry_type)).sum();
                observer.notify(realm, dropped)?;
            }
            Ok(())
        });
    }

    /// Steps 3.1 and 3.2 of that task: the observers, and the types that each observes.
    fn begin_task(&self) -> Vec<(Root<PerformanceObserver>, Vec<EntryType>)> {
        self.task_queued.set(false);
        let list = self.list.borrow();
        let types = |options: &[Options]| {
            let of = |options: &Options| match options {
                Options::Multiple(types) => types.clone(),
                Options::Single(entry_type) => vec![*entry_type],
            };
            options.iter().flat_map(of).collect()
        };
        list.iter().map(|known| ((*known.observer).clone(), types(&known.options))).collect()
    }
}

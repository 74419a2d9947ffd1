//! [`AbortSignal`](https://dom.spec.whatwg.org/#interface-AbortSignal).

use std::cell::{Cell, RefCell};
use std::time::Duration;

use bgfetch_js::{
    Exception, Fallible, Member, Realm, Root, Trace, Traced, Tracer, Value, platform_object, trace_fields,
};

use crate::agent::{Agent, TaskSource};
use crate::bindings::AbortSignalMethods;
use crate::dom::EventTarget;
use crate::environment::Environment;
use crate::report;

/// `AbortSignal`.
pub(crate) struct AbortSignal {
    event_target: EventTarget,
    /// [Abort reason](https://dom.spec.whatwg.org/#abortsignal-abort-reason); `None` is not aborted.
    reason: RefCell<Option<Traced<Value>>>,
    algorithms: RefCell<Vec<(AlgorithmId, Box<dyn AbortAlgorithm>)>>,
    next_algorithm: Cell<u64>,
    /// [Dependent signals](https://dom.spec.whatwg.org/#abortsignal-dependent-signals).
    dependents: RefCell<Vec<Member<AbortSignal>>>,
    /// [Source signals](https://dom.spec.whatwg.org/#abortsignal-source-signals); empty unless it is dependent.
    sources: RefCell<Vec<Member<AbortSignal>>>,
    dependent: bool,
}

trace_fields!(AbortSignal { event_target, reason, algorithms, dependents, sources });
platform_object!(AbortSignal: EventTarget via event_target);

/// Names an algorithm of a signal, to remove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AlgorithmId(u64);

impl Trace for AlgorithmId {
    fn trace(&self, _: &mut Tracer) {}
}

/// An [abort algorithm](https://dom.spec.whatwg.org/#abortsignal-abort-algorithms), run at most once.
pub(crate) trait AbortAlgorithm: Trace {
    /// Runs it with the abort reason.
    fn run(self: Box<Self>, realm: &Realm, reason: &Value);
}

impl AbortSignal {
    /// A signal that is not aborted.
    pub(crate) fn new() -> Self {
        Self {
            event_target: EventTarget::new_inherited(),
            reason: RefCell::default(),
            algorithms: RefCell::default(),
            next_algorithm: Cell::new(0),
            dependents: RefCell::default(),
            sources: RefCell::default(),
            dependent: false,
        }
    }

    /// Whether it is aborted.
    pub(crate) fn is_aborted(&self) -> bool {
        self.reason.borrow().is_some()
    }

    /// The abort reason, if it is aborted.
    pub(crate) fn abort_reason(&self) -> Option<Value> {
        self.reason.borrow().as_ref().map(|reason| (**reason).clone())
    }

    /// [Adds an algorithm](https://dom.spec.whatwg.org/#abortsignal-add); nothing if it is aborted already.
    pub(crate) fn add_algorithm(&self, algorithm: Box<dyn AbortAlgorithm>) -> Option<AlgorithmId> {
        if self.is_aborted() {
            return None;
        }
        let id = AlgorithmId(self.next_algorithm.get());
        self.next_algorithm.set(id.0 + 1);
        self.algorithms.borrow_mut().push((id, algorithm));
        Some(id)
    }

    /// [Removes an algorithm](https://dom.spec.whatwg.org/#abortsignal-remove).
    pub(crate) fn remove_algorithm(&self, id: AlgorithmId) {
        let removed: Vec<_> =
            self.algorithms.borrow_mut().extract_if(.., |(known, _)| *known == id).collect();
        drop(removed);
    }

    /// [Signals abort](https://dom.spec.whatwg.org/#abortsignal-signal-abort).
    pub(crate) fn signal_abort(&self, realm: &Realm, reason: Option<Value>) -> Fallible<()> {
        // Step 1.
        if self.is_aborted() {
            return Ok(());
        }
        // Step 2.
        let reason = reason.unwrap_or_else(|| abort_error().to_value(realm));
        *self.reason.borrow_mut() = Some(reason.clone().into());
        // Steps 3 and 4.
        let mut to_abort = Vec::new();
        for dependent in self.dependents.borrow().iter() {
            if !dependent.is_aborted() {
                *dependent.reason.borrow_mut() = Some(reason.clone().into());
                to_abort.push((**dependent).clone());
            }
        }
        // Steps 5 and 6.
        self.run_abort_steps(realm, &reason)?;
        for dependent in to_abort {
            dependent.run_abort_steps(realm, &reason)?;
        }
        Ok(())
    }

    /// [Runs the abort steps](https://dom.spec.whatwg.org/#run-the-abort-steps).
    fn run_abort_steps(&self, realm: &Realm, reason: &Value) -> Fallible<()> {
        let algorithms = self.algorithms.take();
        for (_, algorithm) in algorithms {
            algorithm.run(realm, reason);
        }
        super::event::fire(realm, self, "abort")?;
        Ok(())
    }

    /// [Creates a dependent signal](https://dom.spec.whatwg.org/#create-a-dependent-abort-signal).
    pub(crate) fn create_dependent(realm: &Realm, signals: &[Root<Self>]) -> Fallible<Root<Self>> {
        let result = realm.wrap(Self { dependent: true, ..Self::new() })?;
        // Step 2.
        if let Some(reason) = signals.iter().find_map(|signal| signal.abort_reason()) {
            *result.reason.borrow_mut() = Some(reason.into());
            return Ok(result);
        }
        // Steps 3 and 4.
        for signal in signals {
            let sources: Vec<Root<Self>> = if signal.dependent {
                signal.sources.borrow().iter().map(|source| (**source).clone()).collect()
            } else {
                vec![signal.clone()]
            };
            for source in sources {
                if result.sources.borrow().iter().any(|known| known.is_same(&source)) {
                    continue;
                }
                source.dependents.borrow_mut().push(result.clone().into());
                result.sources.borrow_mut().push(source.into());
            }
        }
        Ok(result)
    }
}

fn abort_error() -> Exception {
    Exception::dom("AbortError", "the operation was aborted")
}

impl AbortSignalMethods for AbortSignal {
    /// [`AbortSignal.abort()`](https://dom.spec.whatwg.org/#dom-abortsignal-abort)
    fn abort(realm: &Realm, reason: Option<Value>) -> Fallible<Root<Self>> {
        let reason = reason.unwrap_or_else(|| abort_error().to_value(realm));
        let signal = realm.wrap(Self::new())?;
        *signal.reason.borrow_mut() = Some(reason.into());
        Ok(signal)
    }

    /// [`AbortSignal.timeout()`](https://dom.spec.whatwg.org/#dom-abortsignal-timeout)
    fn timeout(realm: &Realm, milliseconds: u64) -> Fallible<Root<Self>> {
        let signal = realm.wrap(Self::new())?;
        let owner = Environment::of(realm).id;
        let (realm, timed) = (realm.clone(), signal.clone());
        Agent::current().after(owner, Duration::from_millis(milliseconds), true, move || {
            Agent::current().queue_global(TaskSource::Timer, &realm, move |realm| {
                let reason = Exception::dom("TimeoutError", "the signal timed out").to_value(realm);
                timed.signal_abort(realm, Some(reason))
            });
        });
        Ok(signal)
    }

    /// [`AbortSignal.any()`](https://dom.spec.whatwg.org/#dom-abortsignal-any)
    fn any(realm: &Realm, signals: Vec<Root<Self>>) -> Fallible<Root<Self>> {
        Self::create_dependent(realm, &signals)
    }

    fn aborted(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.is_aborted())
    }

    fn reason(&self, _: &Realm) -> Fallible<Value> {
        Ok(self.abort_reason().unwrap_or_default())
    }

    /// [`throwIfAborted()`](https://dom.spec.whatwg.org/#dom-abortsignal-throwifaborted)
    fn throw_if_aborted(&self, _: &Realm) -> Fallible<()> {
        self.abort_reason().map_or(Ok(()), |reason| Err(Exception::js(reason)))
    }
}

/// Reports what an algorithm could not do.
pub(crate) fn report_failure(realm: &Realm, result: Fallible<()>) {
    if let Err(exception) = result {
        report::report_exception(realm, exception);
    }
}

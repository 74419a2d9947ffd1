//! [Queues with sizes](https://streams.spec.whatwg.org/#queue-with-sizes) and [queuing
//! strategies](https://streams.spec.whatwg.org/#qs-abstract-ops).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use bgfetch_js::{Exception, Fallible, Realm, Trace, Traced, Tracer, Value, trace_fields};

use crate::bindings::{QueuingStrategy, QueuingStrategySize};

/// A queue and the sum of its values' sizes.
pub(super) struct QueueWithSizes<V> {
    queue: RefCell<VecDeque<ValueWithSize<V>>>,
    total_size: Cell<f64>,
}

trace_fields!(QueueWithSizes<V> { queue });

struct ValueWithSize<V> {
    value: V,
    size: f64,
}

impl<V: Trace> Trace for ValueWithSize<V> {
    fn trace(&self, tracer: &mut Tracer) {
        self.value.trace(tracer);
    }
}

impl<V> Default for QueueWithSizes<V> {
    fn default() -> Self {
        Self { queue: RefCell::default(), total_size: Cell::new(0.0) }
    }
}

impl<V> QueueWithSizes<V> {
    /// [DequeueValue](https://streams.spec.whatwg.org/#dequeue-value); none if there is none.
    pub(super) fn dequeue(&self) -> Option<V> {
        let ValueWithSize { value, size } = self.queue.borrow_mut().pop_front()?;
        self.total_size.set((self.total_size.get() - size).max(0.0));
        Some(value)
    }

    /// [EnqueueValueWithSize](https://streams.spec.whatwg.org/#enqueue-value-with-size).
    ///
    /// # Errors
    /// A `RangeError` if the size is negative, infinite or not a number.
    pub(super) fn enqueue(&self, value: V, size: f64) -> Fallible<()> {
        if size.is_nan() || size < 0.0 || size.is_infinite() {
            return Err(Exception::range_error(format!(
                "the chunk's size is {size}, but must be a finite number from 0"
            )));
        }
        self.queue.borrow_mut().push_back(ValueWithSize { value, size });
        self.total_size.set(self.total_size.get() + size);
        Ok(())
    }

    /// [PeekQueueValue](https://streams.spec.whatwg.org/#peek-queue-value).
    pub(super) fn peek(&self) -> Option<V>
    where
        V: Clone,
    {
        self.queue.borrow().front().map(|front| front.value.clone())
    }

    /// [ResetQueue](https://streams.spec.whatwg.org/#reset-queue).
    pub(super) fn reset(&self) {
        let queue = self.queue.take();
        self.total_size.set(0.0);
        drop(queue);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.borrow().is_empty()
    }

    pub(super) fn total_size(&self) -> f64 {
        self.total_size.get()
    }
}

/// A [queuing strategy](https://streams.spec.whatwg.org/#queuing-strategy); without `size`, each chunk counts 1.
pub(super) struct Strategy {
    pub(super) high_water_mark: f64,
    pub(super) size: Option<QueuingStrategySize>,
}

impl Strategy {
    /// Counts chunks, up to `high_water_mark`.
    pub(super) const fn counting(high_water_mark: f64) -> Self {
        Self { high_water_mark, size: None }
    }

    /// [ExtractSizeAlgorithm](https://streams.spec.whatwg.org/#make-size-algorithm-from-size-function) and
    /// [ExtractHighWaterMark](https://streams.spec.whatwg.org/#validate-and-normalize-high-water-mark).
    ///
    /// # Errors
    /// A `RangeError` if the high water mark is negative or not a number.
    pub(super) fn extract(strategy: QueuingStrategy, default: f64) -> Fallible<Self> {
        let high_water_mark = strategy.high_water_mark.unwrap_or(default);
        if high_water_mark.is_nan() || high_water_mark < 0.0 {
            return Err(Exception::range_error(format!(
                "highWaterMark is {high_water_mark}, but must not be NaN or negative"
            )));
        }
        Ok(Self { high_water_mark, size: strategy.size })
    }
}

/// A size algorithm, until it is cleared.
#[derive(Clone, Default)]
pub(super) struct SizeAlgorithm(RefCell<Option<Traced<QueuingStrategySize>>>);

impl Trace for SizeAlgorithm {
    fn trace(&self, tracer: &mut Tracer) {
        self.0.trace(tracer);
    }
}

impl SizeAlgorithm {
    pub(super) fn new(size: Option<QueuingStrategySize>) -> Self {
        Self(RefCell::new(size.map(Into::into)))
    }

    /// The size of a chunk: what the page's function says, otherwise 1.
    pub(super) fn run(&self, realm: &Realm, chunk: &Value) -> Fallible<f64> {
        let size = self.0.borrow().as_deref().cloned();
        size.map_or(Ok(1.0), |size| size.call(realm, &Value::UNDEFINED, chunk.clone()))
    }

    pub(super) fn clear(&self) {
        let size = self.0.take();
        drop(size);
    }
}

//! Interfaces that are iterated, or have indices and names for properties.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bgfetch_js::glue::{AsyncIteration, Step};
use bgfetch_js::{
    AsyncSequence, AsyncSequenceIterator, DomString, Exception, Fallible, Promise, Realm, Reflector, Trace,
    Tracer, Value, platform_object, trace_fields,
};

use crate::bindings::{
    BaseOptions, BoxMethods, HiddenMethods, ListMethods, PairsMethods, SinkMethods, StreamMethods,
};

/// Two pairs.
#[derive(Default)]
pub struct Pairs {
    reflector: Reflector,
}

trace_fields!(Pairs {});
platform_object!(Pairs);

impl PairsMethods for Pairs {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Pairs::default())
    }

    fn pair_at(&self, _: &Realm, index: usize) -> Fallible<Option<(DomString, i32)>> {
        Ok([("a", 1), ("b", 2)].get(index).map(|(key, value)| ((*key).into(), *value)))
    }
}

/// As many strings as it is told.
#[derive(Default)]
pub struct List {
    reflector: Reflector,
    size: u32,
}

trace_fields!(List {});
platform_object!(List);

impl ListMethods for List {
    fn constructor(_: &Realm, size: u32) -> Fallible<Self> {
        Ok(List { size, ..List::default() })
    }

    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.size)
    }

    fn item(&self, _: &Realm, index: u32) -> Fallible<Option<DomString>> {
        Ok((index < self.size).then(|| format!("item {index}").into()))
    }

    fn indexed_length(&self) -> u32 {
        self.size
    }
}

/// Names and values.
#[derive(Default)]
pub struct Box {
    reflector: Reflector,
    items: RefCell<BTreeMap<String, DomString>>,
}

trace_fields!(Box {});
platform_object!(Box);

impl BoxMethods for Box {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Box::default())
    }

    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(u32::try_from(self.items.borrow().len()).unwrap_or(u32::MAX))
    }

    fn get_item(&self, _: &Realm, key: DomString) -> Fallible<Option<DomString>> {
        Ok(self.items.borrow().get(key.as_str()).cloned())
    }

    fn supported_property_names(&self) -> Vec<DomString> {
        self.items.borrow().keys().map(|key| key.as_str().into()).collect()
    }

    fn set_item(&self, _: &Realm, key: DomString, value: DomString) -> Fallible<()> {
        if key.as_str() == "forbidden" {
            return Err(Exception::dom("QuotaExceededError", "there is no room for that"));
        }
        self.items.borrow_mut().insert(key.into_string(), value);
        Ok(())
    }

    fn remove_item(&self, _: &Realm, key: DomString) -> Fallible<()> {
        self.items.borrow_mut().remove(key.as_str());
        Ok(())
    }
}

/// One name that is not enumerated, and one that the prototype has.
#[derive(Default)]
pub struct Hidden {
    reflector: Reflector,
}

trace_fields!(Hidden {});
platform_object!(Hidden);

impl HiddenMethods for Hidden {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Hidden::default())
    }

    fn named_getter(&self, _: &Realm, name: DomString) -> Fallible<DomString> {
        Ok(format!("the {name}").into())
    }

    fn supported_property_names(&self) -> Vec<DomString> {
        vec!["treasure".into(), "toString".into()]
    }
}

/// Counts.
#[derive(Default)]
pub struct Stream {
    reflector: Reflector,
    count: i32,
}

trace_fields!(Stream {});
platform_object!(Stream);

impl StreamMethods for Stream {
    fn constructor(_: &Realm, count: i32) -> Fallible<Self> {
        Ok(Stream { count, ..Stream::default() })
    }

    fn async_iterator(
        &self,
        _: &Realm,
        options: BaseOptions,
    ) -> Fallible<std::boxed::Box<dyn AsyncIteration>> {
        let iteration = Count { next: Cell::new(0), end: self.count, prefix: options.alpha.into_string() };
        Ok(std::boxed::Box::new(iteration))
    }
}

/// Counts from 0 to below `end`; a negative `end` is an error.
struct Count {
    next: Cell<i32>,
    end: i32,
    prefix: String,
}

impl Trace for Count {
    fn trace(&self, _: &mut Tracer) {}
}

impl AsyncIteration for Count {
    fn next(&self, realm: &Realm) -> Fallible<Promise<Step>> {
        let next = self.next.replace(self.next.get() + 1);
        if self.end < 0 {
            return Err(Exception::range_error("counted below 0"));
        }
        if next >= self.end {
            return Promise::resolved(realm, Step::Done);
        }
        Promise::resolved(realm, Step::Value(Value::string(realm, &format!("{}{next}", self.prefix))?))
    }

    fn finish(&self, realm: &Realm, value: &Value) -> Fallible<Promise<()>> {
        self.end.checked_abs().ok_or_else(|| Exception::range_error(value.describe(realm)))?;
        Promise::resolved(realm, ())
    }
}

/// Reads everything of an asynchronous sequence.
#[derive(Default)]
pub struct Sink {
    reflector: Reflector,
}

trace_fields!(Sink {});
platform_object!(Sink);

impl SinkMethods for Sink {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Sink::default())
    }

    fn drain(&self, realm: &Realm, source: AsyncSequence<DomString>) -> Fallible<Promise<DomString>> {
        let result = Promise::new(realm)?;
        let read =
            Rc::new(Read { iterator: source.open(realm)?, result: result.clone(), all: RefCell::default() });
        read.go_on(realm)?;
        Ok(result)
    }
}

struct Read {
    iterator: AsyncSequenceIterator<DomString>,
    result: Promise<DomString>,
    all: RefCell<String>,
}

impl Read {
    fn go_on(self: &Rc<Self>, realm: &Realm) -> Fallible<()> {
        let (on_value, on_error) = (Rc::clone(self), Rc::clone(self));
        self.iterator.next(realm)?.react(
            realm,
            move |realm, result| {
                if let Err(error) = on_value.step(realm, result) {
                    on_value.result.reject(realm, error);
                }
            },
            move |realm, reason| on_error.result.reject(realm, Exception::js(reason.clone())),
        )
    }

    fn step(self: &Rc<Self>, realm: &Realm, result: &Value) -> Fallible<()> {
        match self.iterator.value(realm, result)? {
            None => {
                self.result.resolve(realm, self.all.borrow().as_str().into());
                Ok(())
            }
            // A page can stop the iteration from the middle with this word.
            Some(text) if text.as_str() == "stop" => {
                self.result.resolve(realm, format!("{}stopped", self.all.borrow()).into());
                self.iterator.close(realm, &Value::UNDEFINED)?.mark_as_handled();
                Ok(())
            }
            Some(text) => {
                self.all.borrow_mut().push_str(&text);
                self.go_on(realm)
            }
        }
    }
}

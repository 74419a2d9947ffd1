//! What is left: values of rare types, constructs of old interfaces.

use std::cell::{Cell, RefCell};

use bgfetch_js::glue::{AsyncIteration, Step};
use bgfetch_js::{
    BigInt, DomString, Fallible, Handle, Promise, Realm, Reflector, Root, ToJs, Trace, Traced, Tracer, Value,
    platform_object, trace_fields,
};

use super::lists::plain_objects;
use crate::bindings::{
    BaseMethods, BigintOrDouble, Changes, Condition, DerivedMethods, DirectoryMethods, Filter,
    FiltersMethods, HandlerNonNull, MakerMethods, MarginsMethods, MemoryMethods, NamelessMethods,
    PictureElementMethods, RouterMethods, SocketMethods, UndefinedOrDomString, ValuesMethods,
};

plain_objects!(
    /// Gives back what it gets.
    Values,
    /// In a namespace.
    Memory,
    /// Pairs, asynchronously.
    Directory,
    /// Overloads that are told apart by their second argument.
    Socket,
    /// Dictionaries in dictionaries.
    Router,
    /// No interface object.
    Nameless,
    /// Makes one.
    Maker,
);

impl NamelessMethods for Nameless {}

impl MakerMethods for Maker {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Maker::default())
    }

    fn make(&self, realm: &Realm) -> Fallible<Root<Nameless>> {
        realm.wrap(Nameless::default())
    }
}

impl ValuesMethods for Values {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Values::default())
    }

    fn whole(&self, _: &Realm, value: BigInt) -> Fallible<BigInt> {
        Ok(value)
    }

    fn mark(&self, _: &Realm, value: Value) -> Fallible<Value> {
        Ok(value)
    }

    fn either(&self, _: &Realm, value: BigintOrDouble) -> Fallible<BigintOrDouble> {
        Ok(value)
    }

    fn huge(&self, _: &Realm, value: u64) -> Fallible<u64> {
        Ok(value)
    }

    fn most(&self, _: &Realm, value: BigInt) -> Fallible<BigInt> {
        Ok(value)
    }

    fn nothing(&self, _: &Realm, value: Value) -> Fallible<Value> {
        Ok(value)
    }

    fn maybe(&self, _: &Realm, value: UndefinedOrDomString) -> Fallible<UndefinedOrDomString> {
        Ok(value)
    }

    fn changes(&self, _: &Realm, changes: Changes) -> Fallible<Changes> {
        Ok(changes)
    }
}

impl RouterMethods for Router {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Router::default())
    }

    fn add(&self, _: &Realm, condition: Condition) -> Fallible<Condition> {
        Ok(condition)
    }
}

/// A property under two names.
#[derive(Default)]
pub struct Margins {
    reflector: Reflector,
    top: RefCell<DomString>,
}

trace_fields!(Margins {});
platform_object!(Margins);

impl MarginsMethods for Margins {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Margins::default())
    }

    fn margin_top(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.top.borrow().clone())
    }

    fn set_margin_top(&self, _: &Realm, value: DomString) -> Fallible<()> {
        self.top.replace(value);
        Ok(())
    }
}

/// What a legacy factory function makes.
#[derive(Default)]
pub struct PictureElement {
    reflector: Reflector,
    width: u32,
    name: DomString,
}

trace_fields!(PictureElement {});
platform_object!(PictureElement);

impl PictureElementMethods for PictureElement {
    fn picture(_: &Realm, width: Option<u32>, name: DomString) -> Fallible<Self> {
        Ok(PictureElement { width: width.unwrap_or(300), name, ..PictureElement::default() })
    }

    fn width(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.width)
    }

    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.name.clone())
    }
}

/// An empty namespace.
pub struct Assembly;

impl crate::bindings::AssemblyNamespace for Assembly {}

impl MemoryMethods for Memory {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Memory::default())
    }
}

/// Calls what a page gives it.
#[derive(Default)]
pub struct Filters {
    reflector: Reflector,
    handler: RefCell<Option<Traced<HandlerNonNull>>>,
}

trace_fields!(Filters { handler });
platform_object!(Filters);

impl FiltersMethods for Filters {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Filters::default())
    }

    fn apply(&self, realm: &Realm, filter: Filter) -> Fallible<u16> {
        filter.accept_node(realm, &Value::UNDEFINED, "node".into())
    }

    fn handler(&self, _: &Realm) -> Fallible<Option<HandlerNonNull>> {
        Ok(self.handler.borrow().as_ref().map(|handler| (**handler).clone()))
    }

    fn set_handler(&self, _: &Realm, value: Option<HandlerNonNull>) -> Fallible<()> {
        *self.handler.borrow_mut() = value.map(Into::into);
        Ok(())
    }

    fn run(&self, realm: &Realm, first: Option<i32>, second: Option<i32>) -> Fallible<Value> {
        let Some(handler) = self.handler(realm)? else { return Ok(Value::NULL) };
        handler.each_value(&mut |value| assert!(value.is_object()));
        handler.call(realm, &Value::UNDEFINED, "event".into(), first, second)
    }
}

/// Has a name.
#[derive(Default)]
pub struct Base {
    reflector: Reflector,
    name: RefCell<DomString>,
}

trace_fields!(Base {});
platform_object!(Base);

impl BaseMethods for Base {
    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.name.borrow().clone())
    }
}

/// The name can be set.
#[derive(Default)]
pub struct Derived {
    base: Base,
}

trace_fields!(Derived { base });
platform_object!(Derived: Base via base);

thread_local! {
    static COUNT: Cell<i32> = const { Cell::new(0) };
}

impl DerivedMethods for Derived {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Derived::default())
    }

    fn set_name(&self, _: &Realm, value: DomString) -> Fallible<()> {
        *self.name.borrow_mut() = value;
        Ok(())
    }

    fn count(_: &Realm) -> Fallible<i32> {
        Ok(COUNT.get())
    }

    fn set_count(_: &Realm, value: i32) -> Fallible<()> {
        COUNT.set(value);
        Ok(())
    }

    fn precise(&self, _: &Realm) -> Fallible<i32> {
        Ok(5)
    }

    fn answer(&self, _: &Realm) -> Fallible<i32> {
        Ok(42)
    }

    fn other(&self, _: &Realm) -> Fallible<Root<Derived>> {
        Ok(Root::from_ref(self))
    }
}

impl DirectoryMethods for Directory {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Directory::default())
    }

    fn async_iterator(&self, _: &Realm) -> Fallible<Box<dyn AsyncIteration>> {
        Ok(Box::new(Entries(Cell::new(0))))
    }

    const ASYNC_ITERATOR_RETURN: bool = false;
}

struct Entries(Cell<usize>);

impl Trace for Entries {
    fn trace(&self, _: &mut Tracer) {}
}

impl AsyncIteration for Entries {
    fn next(&self, realm: &Realm) -> Fallible<Promise<Step>> {
        let next = self.0.replace(self.0.get() + 1);
        let step = match ["a", "b"].get(next) {
            Some(name) => Step::Pair(name.to_js(realm)?, (next as f64).to_js(realm)?),
            None => Step::Done,
        };
        Promise::resolved(realm, step)
    }

    fn finish(&self, realm: &Realm, _: &Value) -> Fallible<Promise<()>> {
        Promise::resolved(realm, ())
    }
}

impl SocketMethods for Socket {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Socket::default())
    }

    fn send_data(&self, _: &Realm, to: DomString, data: Vec<u8>) -> Fallible<DomString> {
        Ok(format!("{to} data {data:?}").into())
    }

    fn send_number(&self, _: &Realm, to: DomString, number: i32) -> Fallible<DomString> {
        Ok(format!("{to} number {number}").into())
    }
}

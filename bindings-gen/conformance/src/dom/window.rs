//! The global object, event handlers, attributes and promises.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use bgfetch_js::{
    DomString, Fallible, FrozenArray, Member, Promise, PromiseState, Realm, Reflector, Root, Traced, Value,
    platform_object, trace_fields,
};

use crate::bindings::{
    AttributesMethods, EventTargetMethods, Later, Listener, PromisesMethods, SharedMethods, WindowMethods,
};
use crate::dom::{Numbers, Strings};

/// Something with event handlers.
#[derive(Default)]
pub struct EventTarget {
    reflector: Reflector,
    handlers: RefCell<HashMap<&'static str, Traced<Value>>>,
}

trace_fields!(EventTarget { handlers });
platform_object!(EventTarget);

impl EventTargetMethods for EventTarget {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(EventTarget::default())
    }

    fn listen(&self, realm: &Realm, listener: Option<Listener>, message: DomString) -> Fallible<()> {
        if let Some(listener) = listener {
            let understood = listener.handle_message(realm, &Value::UNDEFINED, message)?;
            self.handlers.borrow_mut().insert("understood", Value::boolean(understood).into());
        }
        Ok(())
    }
}

/// What event handler attributes read and write.
pub mod event_handler {
    use super::EventTarget;
    use bgfetch_js::{Fallible, Realm, Value};

    /// The handler of an event; null if there is none.
    pub fn get(_: &Realm, target: &EventTarget, event: &'static str) -> Fallible<Value> {
        Ok(target.handlers.borrow().get(event).map_or(Value::NULL, |handler| (**handler).clone()))
    }

    /// Sets or removes the handler of an event.
    pub fn set(_: &Realm, target: &EventTarget, event: &'static str, value: &Value) -> Fallible<()> {
        if value.is_object() {
            target.handlers.borrow_mut().insert(event, value.clone().into());
        } else {
            target.handlers.borrow_mut().remove(event);
        }
        Ok(())
    }
}

/// The global object.
#[derive(Default)]
pub struct Window {
    target: EventTarget,
    title: RefCell<DomString>,
}

trace_fields!(Window { target });
platform_object!(Window: EventTarget via target);

impl WindowMethods for Window {
    fn self_(&self, realm: &Realm) -> Fallible<Root<Window>> {
        realm.global_as().ok_or_else(|| bgfetch_js::Exception::type_error("no window"))
    }

    fn answer(&self, _: &Realm) -> Fallible<i32> {
        Ok(42)
    }

    fn title(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.title.borrow().clone())
    }

    fn set_title(&self, _: &Realm, value: DomString) -> Fallible<()> {
        *self.title.borrow_mut() = value;
        Ok(())
    }
}

/// One of each kind of attribute.
#[derive(Default)]
pub struct Attributes {
    reflector: Reflector,
    strings: RefCell<Option<Member<Strings>>>,
    other: RefCell<Option<Member<Numbers>>>,
    list: RefCell<Vec<i32>>,
    number: Cell<u16>,
}

trace_fields!(Attributes { strings, other });
platform_object!(Attributes);

impl AttributesMethods for Attributes {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Attributes::default())
    }

    fn strings(&self, realm: &Realm) -> Fallible<Root<Strings>> {
        if let Some(strings) = &*self.strings.borrow() {
            return Ok((**strings).clone());
        }
        let strings = realm.wrap(Strings::default())?;
        *self.strings.borrow_mut() = Some(strings.clone().into());
        Ok(strings)
    }

    fn forwarded(&self, realm: &Realm) -> Fallible<Root<Strings>> {
        self.strings(realm)
    }

    fn lenient(&self, _: &Realm) -> Fallible<i32> {
        Ok(1)
    }

    fn careless(&self, _: &Realm) -> Fallible<i32> {
        Ok(4)
    }

    fn set_careless(&self, _: &Realm, _: i32) -> Fallible<()> {
        Ok(())
    }

    fn describe(&self, _: &Realm) -> Fallible<DomString> {
        Ok("described".into())
    }

    fn list(&self, _: &Realm) -> Fallible<Vec<i32>> {
        Ok(self.list.borrow().clone())
    }

    fn number(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.number.get())
    }

    fn set_number(&self, _: &Realm, value: u16) -> Fallible<()> {
        self.number.set(value);
        Ok(())
    }

    fn trusted(&self, _: &Realm) -> Fallible<bool> {
        Ok(true)
    }

    fn other(&self, _: &Realm) -> Fallible<Option<Root<Numbers>>> {
        Ok(self.other.borrow().as_ref().map(|other| (**other).clone()))
    }

    fn set_other(&self, _: &Realm, value: Option<Root<Numbers>>) -> Fallible<()> {
        *self.other.borrow_mut() = value.map(Into::into);
        Ok(())
    }

    fn fixed(&self, _: &Realm) -> Fallible<i32> {
        Ok(9)
    }

    fn remove(&self, _: &Realm) -> Fallible<()> {
        Ok(())
    }

    fn secret(&self, _: &Realm) -> Fallible<()> {
        Ok(())
    }

    fn worker_only(&self, _: &Realm) -> Fallible<()> {
        Ok(())
    }

    fn set_list(&self, _: &Realm, list: Vec<i32>) -> Fallible<DomString> {
        *self.list.borrow_mut() = list;
        Ok("set".into())
    }
}

impl SharedMethods for Attributes {
    fn shared_name(&self, _: &Realm) -> Fallible<DomString> {
        Ok("attributes".into())
    }

    fn shout(&self, _: &Realm, word: DomString) -> Fallible<DomString> {
        Ok(format!("{word}!").into())
    }

    fn shared_secret(&self, _: &Realm) -> Fallible<()> {
        Ok(())
    }
}

/// Promises.
#[derive(Default)]
pub struct Promises {
    reflector: Reflector,
}

trace_fields!(Promises {});
platform_object!(Promises);

impl PromisesMethods for Promises {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Promises::default())
    }

    fn ready(&self, realm: &Realm) -> Fallible<Promise<()>> {
        Promise::resolved(realm, ())
    }

    fn later(&self, realm: &Realm, v: i32) -> Fallible<Promise<i32>> {
        if v == 13 {
            return Err(bgfetch_js::Exception::range_error("thirteen"));
        }
        Promise::resolved(realm, v)
    }

    fn soon(realm: &Realm, v: DomString) -> Fallible<Promise<DomString>> {
        Promise::resolved(realm, v)
    }

    fn frozen(&self, realm: &Realm) -> Fallible<Promise<FrozenArray<i32>>> {
        Promise::resolved(realm, FrozenArray(vec![1, 2]))
    }

    fn state(&self, _: &Realm, p: Promise<Value>) -> Fallible<DomString> {
        Ok(match p.state() {
            PromiseState::Pending => "pending",
            PromiseState::Fulfilled => "fulfilled",
            PromiseState::Rejected => "rejected",
        }
        .into())
    }

    fn run(&self, realm: &Realm, callback: Later, v: i32) -> Fallible<Promise<i32>> {
        callback.call(realm, &Value::UNDEFINED, v)
    }
}

//! [Exceptions](https://webassembly.github.io/spec/js-api/#exceptions).

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use wasmtime::{ExnRef, ExnRefPre, ExnType, OwnedRooted, Rooted, ThrownException, Val};

use super::errors::{ErrorKind, Stopped};
use super::store::{Agent, Context, with};
use super::tag::Tag;
use super::value::Slot;
use crate::{Fallible, Object, Realm, Runtime, Value};

/// An exception of WebAssembly's own.
#[derive(Clone, Debug)]
pub struct Exception(Rc<Data>);

#[derive(Debug)]
struct Data {
    exception: OwnedRooted<ExnRef>,
    tag: Tag,
    /// A `WeakRef` of the object that stands for it.
    object: RefCell<Option<Object>>,
}

/// How exceptions become objects of script, and what objects are exceptions: whose these are is not known here.
#[derive(Clone, Copy, Debug)]
pub struct ExceptionHooks {
    /// A new object that stands for an exception.
    pub wrap: fn(&Realm, Exception) -> Fallible<Value>,
    /// The exception that a value stands for.
    pub unwrap: fn(&Value) -> Option<Exception>,
}

thread_local! {
    static HOOKS: Cell<Option<ExceptionHooks>> = const { Cell::new(None) };
}

impl Runtime {
    /// Sets how exceptions of WebAssembly become objects.
    pub fn set_wasm_exception_hooks(&self, hooks: ExceptionHooks) {
        HOOKS.set(Some(hooks));
    }
}

/// The exceptions that something of this thread knows.
#[derive(Default)]
pub(super) struct Exceptions(RefCell<Vec<Weak<Data>>>);

impl Exceptions {
    fn add(&self, data: &Rc<Data>) {
        let mut known = self.0.borrow_mut();
        known.retain(|data| data.strong_count() > 0);
        known.push(Rc::downgrade(data));
    }

    fn find(&self, context: &Context<'_>, exception: &Rooted<ExnRef>) -> Option<Rc<Data>> {
        let known = self.0.borrow();
        known
            .iter()
            .filter_map(Weak::upgrade)
            .find(|data| OwnedRooted::ref_eq(context, &data.exception, exception).unwrap_or(false))
    }
}

impl Exception {
    /// [`new Exception()`](https://webassembly.github.io/spec/js-api/#dom-exception-exception)
    ///
    /// # Errors
    /// A `TypeError` if the values are not as many as the tag wants, or not of its types.
    pub fn new(realm: &Realm, tag: &Tag, payload: &[Value]) -> Fallible<Self> {
        let types = tag.parameters();
        if types.len() != payload.len() {
            let message = format!("the tag wants {} values, not {}", types.len(), payload.len());
            return Err(crate::Exception::type_error(message));
        }
        let slots: Vec<Slot> = payload
            .iter()
            .zip(&types)
            .map(|(value, ty)| Slot::of_js(realm, value, ty))
            .collect::<Fallible<_>>()?;
        let made = with(|mut context| {
            let exception = make(&mut context, tag, &slots)?;
            exception.to_owned_rooted(context)
        })?;
        let exception = made.map_err(|error| crate::Exception::range_error(format!("{error:#}")))?;
        let data = Rc::new(Data { exception, tag: tag.clone(), object: RefCell::default() });
        Agent::current()?.exceptions.add(&data);
        Ok(Self(data))
    }

    /// Its tag.
    #[must_use]
    pub fn tag(&self) -> &Tag {
        &self.0.tag
    }

    /// What it carries at a place; none if it carries fewer.
    ///
    /// # Errors
    /// A `TypeError` if script has no values of the type.
    pub fn payload(&self, realm: &Realm, index: usize) -> Fallible<Option<Value>> {
        if index >= self.0.tag.parameters().len() {
            return Ok(None);
        }
        let slot = with(|mut context| {
            let value = self.0.exception.to_rooted(&mut context).field(&mut context, index)?;
            Slot::of_engine(&mut context, &value)
        })?;
        let slot = slot.map_err(|error| crate::Exception::range_error(format!("{error:#}")))?;
        let slot = slot.ok_or_else(|| crate::Exception::type_error("script has no values of the type"))?;
        slot.to_js(realm).map(Some)
    }

    /// Says which object stands for it.
    ///
    /// # Errors
    /// Only without memory.
    pub fn set_object(&self, realm: &Realm, object: &Object) -> Fallible<()> {
        let weak = realm.intrinsics().call_object(realm, "newWeakRef", &[object.as_value().clone()])?;
        *self.0.object.borrow_mut() = Some(weak);
        Ok(())
    }

    /// The object that stands for it, if there still is one.
    fn object(&self, realm: &Realm) -> Option<Value> {
        let weak = self.0.object.borrow().clone()?;
        let value = realm.intrinsics().call(realm, "derefWeakRef", &[weak.into_value()]).ok()?;
        value.is_object().then_some(value)
    }
}

/// What WebAssembly has thrown.
#[derive(Debug)]
pub(super) enum Thrown {
    /// What script threw through it.
    Js(Value),
    Own(Exception),
}

impl Thrown {
    pub(super) fn into_exception(self, realm: &Realm) -> crate::Exception {
        match self {
            Self::Js(value) => crate::Exception::js(value),
            Self::Own(exception) => {
                if let Some(object) = exception.object(realm) {
                    return crate::Exception::js(object);
                }
                let wrapped = HOOKS.get().map(|hooks| (hooks.wrap)(realm, exception));
                match wrapped {
                    Some(Ok(value)) => crate::Exception::js(value),
                    Some(Err(exception)) => exception,
                    None => ErrorKind::Runtime.exception(realm, "an exception of WebAssembly"),
                }
            }
        }
    }
}

fn make(context: &mut Context<'_>, tag: &Tag, payload: &[Slot]) -> wasmtime::Result<Rooted<ExnRef>> {
    let types = tag.parameters();
    let fields: Vec<Val> = payload
        .iter()
        .zip(&types)
        .map(|(slot, ty)| slot.to_engine(context, ty))
        .collect::<wasmtime::Result<_>>()?;
    let allocator = ExnRefPre::new(&mut *context, ExnType::from_tag_type(tag.ty())?);
    ExnRef::new(context, &allocator, &tag.raw(), &fields)
}

/// An exception that came out of WebAssembly.
pub(super) fn taken(context: &mut Context<'_>, exception: Rooted<ExnRef>) -> wasmtime::Result<Thrown> {
    let lost = || wasmtime::Error::msg("the agent has ended");
    let agent = Agent::existing().ok_or_else(lost)?;
    let raw = exception.tag(&mut *context)?;
    let js_tag = agent.js_tag.borrow().clone();
    if js_tag.is_some_and(|tag| wasmtime::Tag::eq(&tag.raw(), &raw, &*context)) {
        let value = exception.field(&mut *context, 0)?;
        return Ok(Thrown::Js(match Slot::of_engine(context, &value)? {
            Some(Slot::Host(value)) => value,
            _ => Value::NULL,
        }));
    }
    if let Some(known) = agent.exceptions.find(context, &exception) {
        return Ok(Thrown::Own(Exception(known)));
    }
    let tag = Tag::of_raw(raw, raw.ty(&*context));
    let exception = exception.to_owned_rooted(context)?;
    let data = Rc::new(Data { exception, tag, object: RefCell::default() });
    agent.exceptions.add(&data);
    Ok(Thrown::Own(Exception(data)))
}

/// Throws what script has thrown into the WebAssembly that called it.
pub(super) fn throw(
    context: &mut Context<'_>,
    value: Value,
    own: Option<Exception>,
    js_tag: &Tag,
) -> wasmtime::Error {
    let exception = match own {
        Some(own) => Ok(own.0.exception.to_rooted(&mut *context)),
        None => make(context, js_tag, &[Slot::Host(value)]),
    };
    match exception {
        Ok(exception) => match context.throw::<()>(exception) {
            Ok(()) => Stopped.into(),
            Err(ThrownException) => ThrownException.into(),
        },
        Err(error) => error,
    }
}

/// The exception of WebAssembly's own that a value is.
pub(super) fn own(value: &Value) -> Option<Exception> {
    HOOKS.get().and_then(|hooks| (hooks.unwrap)(value))
}

//! [Event handler IDL attributes](https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-idl-attributes):
//! there are hundreds, and all of an interface are two functions with the number of an event.

use std::ffi::{CStr, c_int};

use rquickjs_sys as q;

use super::interface::guard;
use super::member::{ATTRIBUTE, Member, this_as};
use crate::{DerivedFrom, Fallible, PlatformObject, Realm, Root, Value};

/// The event handlers of an interface or mixin, as generated.
pub trait EventHandlers: 'static {
    /// What keeps them: the interface `EventTarget`.
    type Target: PlatformObject;

    /// The types of their events, by number.
    const EVENTS: &'static [&'static str];

    /// The handler for an event; null if there is none.
    ///
    /// # Errors
    /// What the platform throws.
    fn get(realm: &Realm, target: &Root<Self::Target>, event: &'static str) -> Fallible<Value>;

    /// Sets or removes the handler for an event.
    ///
    /// # Errors
    /// What the platform throws.
    fn set(realm: &Realm, target: &Root<Self::Target>, event: &'static str, value: &Value) -> Fallible<()>;
}

impl Member {
    /// The attribute for the handler of the event with a number.
    #[must_use]
    pub const fn event_handler<T, H>(name: &'static CStr, number: i16) -> Self
    where
        T: PlatformObject + DerivedFrom<H::Target>,
        H: EventHandlers,
    {
        Self::numbered(name, number, get_entry::<T, H>, set_entry::<T, H>)
    }

    /// As [`Member::event_handler`], with `[LegacyLenientThis]`.
    #[must_use]
    pub const fn lenient_event_handler<T, H>(name: &'static CStr, number: i16) -> Self
    where
        T: PlatformObject + DerivedFrom<H::Target>,
        H: EventHandlers,
    {
        Self::numbered(name, number, lenient_get_entry::<T, H>, lenient_set_entry::<T, H>)
    }

    const fn numbered(name: &'static CStr, number: i16, get: RawGetter, set: RawSetter) -> Self {
        let getset = q::JSCFunctionListEntry__bindgen_ty_1__bindgen_ty_2 {
            get: q::JSCFunctionType { getter_magic: Some(get) },
            set: q::JSCFunctionType { setter_magic: Some(set) },
        };
        Self::of(q::JSCFunctionListEntry {
            name: name.as_ptr(),
            prop_flags: ATTRIBUTE,
            def_type: q::JS_DEF_CGETSET_MAGIC as u8,
            magic: number,
            u: q::JSCFunctionListEntry__bindgen_ty_1 { getset },
        })
    }
}

type RawGetter = unsafe extern "C" fn(*mut q::JSContext, q::JSValue, c_int) -> q::JSValue;
type RawSetter = unsafe extern "C" fn(*mut q::JSContext, q::JSValue, q::JSValue, c_int) -> q::JSValue;

/// The event with a number; tables have no others.
fn event<H: EventHandlers>(number: c_int) -> &'static str {
    usize::try_from(number).ok().and_then(|number| H::EVENTS.get(number)).copied().unwrap_or_default()
}

fn get<T, H>(realm: &Realm, this: &T, number: c_int) -> Fallible<Value>
where
    T: PlatformObject + DerivedFrom<H::Target>,
    H: EventHandlers,
{
    H::get(realm, &this.root().upcast(), event::<H>(number))
}

fn set<T, H>(realm: &Realm, this: &T, value: &q::JSValue, number: c_int) -> Fallible<Value>
where
    T: PlatformObject + DerivedFrom<H::Target>,
    H: EventHandlers,
{
    let value = Value::view_one(value);
    H::set(realm, &this.root().upcast(), event::<H>(number), value).map(|()| Value::UNDEFINED)
}

unsafe extern "C" fn get_entry<T, H>(ctx: *mut q::JSContext, this: q::JSValue, number: c_int) -> q::JSValue
where
    T: PlatformObject + DerivedFrom<H::Target>,
    H: EventHandlers,
{
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    guard(realm, |realm| get::<T, H>(realm, this_as(realm, &this)?, number))
}

unsafe extern "C" fn set_entry<T, H>(
    ctx: *mut q::JSContext,
    this: q::JSValue,
    value: q::JSValue,
    number: c_int,
) -> q::JSValue
where
    T: PlatformObject + DerivedFrom<H::Target>,
    H: EventHandlers,
{
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    guard(realm, |realm| set::<T, H>(realm, this_as(realm, &this)?, &value, number))
}

unsafe extern "C" fn lenient_get_entry<T, H>(
    ctx: *mut q::JSContext,
    this: q::JSValue,
    number: c_int,
) -> q::JSValue
where
    T: PlatformObject + DerivedFrom<H::Target>,
    H: EventHandlers,
{
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    guard(realm, |realm| match this_as(realm, &this) {
        Ok(this) => get::<T, H>(realm, this, number),
        Err(_) => Ok(Value::UNDEFINED),
    })
}

unsafe extern "C" fn lenient_set_entry<T, H>(
    ctx: *mut q::JSContext,
    this: q::JSValue,
    value: q::JSValue,
    number: c_int,
) -> q::JSValue
where
    T: PlatformObject + DerivedFrom<H::Target>,
    H: EventHandlers,
{
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    guard(realm, |realm| match this_as(realm, &this) {
        Ok(this) => set::<T, H>(realm, this, &value, number),
        Err(_) => Ok(Value::UNDEFINED),
    })
}

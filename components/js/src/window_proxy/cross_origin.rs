//! [What windows of other origins see](https://html.spec.whatwg.org/multipage/nav-history-apis.html#cross-origin-objects) of a
//! window and its `Location`.

use std::ffi::c_int;

use rquickjs_sys as q;

use super::hooks::Target;
use super::{Kind, host, make, realm_of};
use crate::caller::noting;
use crate::object::Atom;
use crate::{DomString, Exception, Fallible, Object, PropertyKey, Realm, Value, ValueKind};

/// [CrossOriginProperties](https://html.spec.whatwg.org/multipage/nav-history-apis.html#crossoriginproperties-(-o-)) of a window:
/// its methods.
const METHODS: [&str; 4] = ["close", "focus", "blur", "postMessage"];
/// Its attributes.
const ATTRIBUTES: [&str; 9] =
    ["window", "self", "location", "closed", "frames", "length", "top", "opener", "parent"];
/// [What every cross-origin object has](https://html.spec.whatwg.org/multipage/nav-history-apis.html#crossoriginpropertyfallback-(-p-)),
/// as `undefined`.
const SYMBOLS: [&str; 3] = ["symbolToStringTag", "symbolHasInstance", "symbolIsConcatSpreadable"];

enum Key {
    Name(DomString),
    Symbol(Value),
}

fn key(realm: &Realm, atom: q::JSAtom) -> Fallible<Key> {
    // SAFETY: context and atom are alive.
    let value = realm.own(unsafe { q::JS_AtomToValue(realm.raw(), atom) })?;
    if value.kind() == ValueKind::Symbol {
        return Ok(Key::Symbol(value));
    }
    DomString::of(realm, &value).map(Key::Name)
}

/// The `SecurityError` for a property.
pub(super) fn refused(realm: &Realm, atom: q::JSAtom) -> Exception {
    let name = match key(realm, atom) {
        Ok(Key::Name(name)) => format!("{:?}", name.as_str()),
        _ => "a property".to_owned(),
    };
    Exception::dom("SecurityError", format!("a window of another origin has no access to {name} here"))
}

/// [CrossOriginGet](https://html.spec.whatwg.org/multipage/nav-history-apis.html#crossoriginget-(-o,-p,-receiver-)), with the
/// frames of a window by their names.
pub(super) fn get(target: &Target<'_>, atom: q::JSAtom) -> Fallible<Value> {
    let realm = target.accessor;
    let name = match key(realm, atom)? {
        Key::Name(name) => name,
        Key::Symbol(symbol) => {
            let known = |name: &'static str| {
                realm.intrinsics().symbol(realm, name).is_ok_and(|known| known.same_value(&symbol))
            };
            let is_known = SYMBOLS.iter().any(|name| known(name));
            return if is_known { Ok(Value::UNDEFINED) } else { Err(refused(realm, atom)) };
        }
    };
    match (target.kind, &*name) {
        (Kind::Window, "window" | "self" | "frames") => Ok(target.proxy.clone()),
        (Kind::Window, "location") => {
            let location = target.get(atom)?;
            make(realm, Kind::Location, location, target.global.clone()).map(Object::into_value)
        }
        (Kind::Window, name) if ATTRIBUTES.contains(&name) => target.get(atom),
        (Kind::Window, name) if METHODS.contains(&name) => method(target, atom, name),
        (Kind::Location, "replace") => method(target, atom, "replace"),
        (kind, name) => {
            let child = if kind == Kind::Window { named(target, name) } else { None };
            match child {
                Some(child) => Ok(child),
                None if name == "then" => Ok(Value::UNDEFINED),
                None => Err(refused(realm, atom)),
            }
        }
    }
}

fn named(target: &Target<'_>, name: &str) -> Option<Value> {
    host()?.child_named(&realm_of(&target.global)?, name)
}

/// A function of the accessor's realm that calls a method of the target.
fn method(target: &Target<'_>, atom: q::JSAtom, name: &str) -> Fallible<Value> {
    let function = target.get(atom)?;
    let realm = target.accessor;
    let length = function.as_object().and_then(|function| function.length(realm).ok()).unwrap_or(0);
    let mut data = [function.raw(), target.object.raw()];
    // SAFETY: context and data are alive; the engine takes references of its own.
    let made = realm.own(unsafe {
        let length = c_int::try_from(length).unwrap_or(0);
        q::JS_NewCFunctionData(realm.raw(), Some(call), length, 0, 2, data.as_mut_ptr())
    })?;
    if let Some(made) = made.as_object() {
        #[expect(clippy::cast_possible_wrap, reason = "small flags")]
        made.define(realm, "name", &Value::string(realm, name)?, q::JS_PROP_CONFIGURABLE as c_int)?;
    }
    Ok(made)
}

unsafe extern "C" fn call(
    ctx: *mut q::JSContext,
    _this: q::JSValue,
    argc: c_int,
    argv: *mut q::JSValue,
    _magic: c_int,
    data: *mut q::JSValue,
) -> q::JSValue {
    // SAFETY: the engine calls with a live context (the caller's), `argc` arguments, and the two values given above.
    noting(ctx, || unsafe { q::JS_Call(ctx, *data, *data.add(1), argc, argv) })
}

/// [CrossOriginSet](https://html.spec.whatwg.org/multipage/nav-history-apis.html#crossoriginset-(-o,-p,-v,-receiver-)): whether the
/// property can be set.
pub(super) fn is_settable(target: &Target<'_>, atom: q::JSAtom) -> Fallible<bool> {
    let Key::Name(name) = key(target.accessor, atom)? else { return Ok(false) };
    Ok(matches!((target.kind, &*name), (Kind::Window, "location") | (Kind::Location, "href")))
}

/// [CrossOriginOwnPropertyKeys](https://html.spec.whatwg.org/multipage/nav-history-apis.html#crossoriginownpropertykeys-(-o-)).
pub(super) fn keys(target: &Target<'_>, atoms: &mut Vec<Atom>) -> Fallible<()> {
    let realm = target.accessor;
    let names: &[&str] = match target.kind {
        Kind::Window => &[
            "window",
            "self",
            "location",
            "close",
            "closed",
            "focus",
            "blur",
            "frames",
            "length",
            "top",
            "opener",
            "parent",
            "postMessage",
        ],
        Kind::Location => &["href", "replace"],
    };
    for name in names.iter().copied().chain(["then"]) {
        atoms.push(Atom::of_str(realm, name)?);
    }
    for symbol in SYMBOLS {
        atoms.push(Atom::of_key(realm, &PropertyKey::Symbol(realm.intrinsics().symbol(realm, symbol)?))?);
    }
    Ok(())
}

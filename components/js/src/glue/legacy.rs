//! [Legacy platform objects](https://webidl.spec.whatwg.org/#js-legacy-platform-objects): objects whose properties are
//! the indices and names that the Rust struct behind them supports.
//!
//! The engine asks here only for properties that the object does not have as ordinary ones. Three details differ
//! from the specification for that reason: ordinary properties come before supported ones in the order of keys; a
//! supported name of a `[LegacyOverrideBuiltIns]` interface does not hide an ordinary property of the same object;
//! and setting an index that does not exist, which fails, fails silently in strict code, too.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use rquickjs_sys as q;

use super::member::conjure;
use super::{Interface, panicked};
use crate::object::Atom;
use crate::platform::{self, Header};
use crate::{DomString, Exception, Fallible, Object, PlatformObject, Realm, Value, ValueKind};

/// What stands behind the indices and names of an interface's objects.
#[derive(Clone, Copy)]
pub struct Legacy {
    indexed: Option<Indexed>,
    named: Option<Named>,
    set_named: Option<SetNamed>,
    delete_named: Option<DeleteNamed>,
    override_builtins: bool,
    unenumerable: bool,
}

type SetNamed = fn(&Realm, &Header, DomString, &Value) -> Fallible<()>;
type DeleteNamed = fn(&Realm, &Header, DomString) -> Fallible<()>;

#[derive(Clone, Copy)]
struct Indexed {
    length: fn(&Header) -> u32,
    get: fn(&Realm, &Header, u32) -> Fallible<Value>,
}

#[derive(Clone, Copy)]
struct Named {
    names: fn(&Header) -> Vec<DomString>,
    get: fn(&Realm, &Header, DomString) -> Fallible<Value>,
}

impl Default for Legacy {
    fn default() -> Self {
        Self::new()
    }
}

impl Legacy {
    /// Supports nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            indexed: None,
            named: None,
            set_named: None,
            delete_named: None,
            override_builtins: false,
            unenumerable: false,
        }
    }

    /// Supports the indices below what `length` gives.
    #[must_use]
    pub const fn indexed<T, L, G>(mut self, _length: L, _get: G) -> Self
    where
        T: PlatformObject,
        L: Fn(&T) -> u32 + Copy + 'static,
        G: Fn(&Realm, &T, u32) -> Fallible<Value> + Copy + 'static,
    {
        self.indexed = Some(Indexed { length: length_entry::<T, L>, get: index_entry::<T, G> });
        self
    }

    /// Supports the names that `names` gives.
    #[must_use]
    pub const fn named<T, N, G>(mut self, _names: N, _get: G) -> Self
    where
        T: PlatformObject,
        N: Fn(&T) -> Vec<DomString> + Copy + 'static,
        G: Fn(&Realm, &T, DomString) -> Fallible<Value> + Copy + 'static,
    {
        self.named = Some(Named { names: names_entry::<T, N>, get: name_entry::<T, G> });
        self
    }

    /// Names can be set, those that are not supported yet as well.
    #[must_use]
    pub const fn named_setter<T, S>(mut self, _set: S) -> Self
    where
        T: PlatformObject,
        S: Fn(&Realm, &T, DomString, &Value) -> Fallible<()> + Copy + 'static,
    {
        self.set_named = Some(set_entry::<T, S>);
        self
    }

    /// Names can be deleted.
    #[must_use]
    pub const fn named_deleter<T, D>(mut self, _delete: D) -> Self
    where
        T: PlatformObject,
        D: Fn(&Realm, &T, DomString) -> Fallible<()> + Copy + 'static,
    {
        self.delete_named = Some(delete_entry::<T, D>);
        self
    }

    /// `[LegacyOverrideBuiltIns]`: names hide properties of the prototype.
    #[must_use]
    pub const fn override_builtins(mut self) -> Self {
        self.override_builtins = true;
        self
    }

    /// `[LegacyUnenumerableNamedProperties]`
    #[must_use]
    pub const fn unenumerable(mut self) -> Self {
        self.unenumerable = true;
        self
    }

    pub(super) const fn is_indexed(&self) -> bool {
        self.indexed.is_some()
    }

    /// What the engine calls for objects of the class.
    pub(crate) const fn exotic_methods(&self) -> *const q::JSClassExoticMethods {
        if self.set_named.is_some() { &raw const WITH_SETTER } else { &raw const WITHOUT_SETTER }
    }
}

fn view<T: PlatformObject>(header: &Header) -> Fallible<&T> {
    header.view::<T>().ok_or_else(|| Exception::type_error("illegal invocation"))
}

fn length_entry<T: PlatformObject, L: Fn(&T) -> u32 + Copy + 'static>(header: &Header) -> u32 {
    header.view::<T>().map_or(0, conjure::<L>())
}

fn index_entry<T, G>(realm: &Realm, header: &Header, index: u32) -> Fallible<Value>
where
    T: PlatformObject,
    G: Fn(&Realm, &T, u32) -> Fallible<Value> + Copy + 'static,
{
    conjure::<G>()(realm, view::<T>(header)?, index)
}

fn names_entry<T, N>(header: &Header) -> Vec<DomString>
where
    T: PlatformObject,
    N: Fn(&T) -> Vec<DomString> + Copy + 'static,
{
    header.view::<T>().map_or_else(Vec::new, conjure::<N>())
}

fn name_entry<T, G>(realm: &Realm, header: &Header, name: DomString) -> Fallible<Value>
where
    T: PlatformObject,
    G: Fn(&Realm, &T, DomString) -> Fallible<Value> + Copy + 'static,
{
    conjure::<G>()(realm, view::<T>(header)?, name)
}

fn set_entry<T, S>(realm: &Realm, header: &Header, name: DomString, value: &Value) -> Fallible<()>
where
    T: PlatformObject,
    S: Fn(&Realm, &T, DomString, &Value) -> Fallible<()> + Copy + 'static,
{
    conjure::<S>()(realm, view::<T>(header)?, name, value)
}

fn delete_entry<T, D>(realm: &Realm, header: &Header, name: DomString) -> Fallible<()>
where
    T: PlatformObject,
    D: Fn(&Realm, &T, DomString) -> Fallible<()> + Copy + 'static,
{
    conjure::<D>()(realm, view::<T>(header)?, name)
}

const METHODS: q::JSClassExoticMethods = q::JSClassExoticMethods {
    get_own_property: Some(get_own_property),
    get_own_property_names: Some(get_own_property_names),
    delete_property: Some(delete_property),
    define_own_property: Some(define_own_property),
    has_property: None,
    get_property: None,
    set_property: None,
};
static WITHOUT_SETTER: q::JSClassExoticMethods = METHODS;
static WITH_SETTER: q::JSClassExoticMethods =
    q::JSClassExoticMethods { set_property: Some(set_property), ..METHODS };

/// A key, as legacy platform objects tell them apart.
enum Key {
    /// An [array index](https://webidl.spec.whatwg.org/#is-an-array-index).
    Index(u32),
    Name(DomString),
    Symbol,
}

/// An object, with what supports its properties.
struct Target {
    object: Object,
    legacy: &'static Legacy,
}

impl Target {
    fn new(raw: q::JSValue) -> Option<Self> {
        let header = platform::header_of(raw)?;
        // SAFETY: the header lives as long as its object, which the caller of the engine's hook holds.
        let legacy = unsafe { header.as_ref() }.interface().legacy()?;
        Some(Self { object: Object::from_value_unchecked(Value::from_borrowed(raw)), legacy })
    }

    /// Calls `with` with the header of the object.
    fn header<R>(&self, with: impl FnOnce(&Header) -> R) -> Option<R> {
        let header = platform::header_of(self.object.raw())?;
        // SAFETY: the header lives as long as its object, which `self` holds.
        Some(with(unsafe { header.as_ref() }))
    }

    fn length(&self) -> u32 {
        self.legacy.indexed.and_then(|indexed| self.header(indexed.length)).unwrap_or(0)
    }

    fn names(&self) -> Vec<DomString> {
        self.legacy.named.and_then(|named| self.header(named.names)).unwrap_or_default()
    }

    /// The [named property visibility algorithm](https://webidl.spec.whatwg.org/#dfn-named-property-visibility), for a
    /// name that is not that of an ordinary property of the object.
    fn is_visible(&self, realm: &Realm, name: &DomString) -> Fallible<bool> {
        if !self.names().contains(name) {
            return Ok(false);
        }
        if self.legacy.override_builtins {
            return Ok(true);
        }
        Ok(match self.object.prototype(realm)? {
            Some(prototype) => !prototype.has(realm, name)?,
            None => true,
        })
    }

    /// The value of a supported property and its flags.
    fn get(&self, realm: &Realm, key: &Key) -> Fallible<Option<(Value, u32)>> {
        match key {
            Key::Index(index) if self.legacy.indexed.is_some() => {
                let Some(indexed) = self.legacy.indexed.filter(|_| *index < self.length()) else {
                    return Ok(None);
                };
                let value = self.header(|header| (indexed.get)(realm, header, *index)).transpose()?;
                Ok(value.map(|value| (value, q::JS_PROP_CONFIGURABLE | q::JS_PROP_ENUMERABLE)))
            }
            Key::Index(index) => self.get_named(realm, index.to_string().into()),
            Key::Name(name) => self.get_named(realm, name.clone()),
            Key::Symbol => Ok(None),
        }
    }

    fn get_named(&self, realm: &Realm, name: DomString) -> Fallible<Option<(Value, u32)>> {
        let Some(named) = self.legacy.named else { return Ok(None) };
        if !self.is_visible(realm, &name)? {
            return Ok(None);
        }
        let value = self.header(|header| (named.get)(realm, header, name)).transpose()?;
        let writable = if self.legacy.set_named.is_some() { q::JS_PROP_WRITABLE } else { 0 };
        let enumerable = if self.legacy.unenumerable { 0 } else { q::JS_PROP_ENUMERABLE };
        Ok(value.map(|value| (value, q::JS_PROP_CONFIGURABLE | writable | enumerable)))
    }

    /// Whether a key is for the indexed or the named hooks.
    fn name_of(&self, key: Key) -> Option<DomString> {
        match key {
            Key::Index(index) if self.legacy.indexed.is_none() => Some(index.to_string().into()),
            Key::Name(name) => Some(name),
            Key::Index(_) | Key::Symbol => None,
        }
    }
}

fn key(realm: &Realm, atom: q::JSAtom) -> Fallible<Key> {
    // SAFETY: context and atom are alive.
    let value = realm.own(unsafe { q::JS_AtomToValue(realm.raw(), atom) })?;
    if value.kind() == ValueKind::Symbol {
        return Ok(Key::Symbol);
    }
    let name = DomString::of(realm, &value)?;
    let index =
        name.parse::<u32>().ok().filter(|index| *index != u32::MAX && index.to_string() == *name.as_str());
    Ok(index.map_or(Key::Name(name), Key::Index))
}

/// Runs a hook: -1 and a pending exception for an error, as the engine wants it.
fn answer(ctx: *mut q::JSContext, hook: impl FnOnce(&Realm) -> Fallible<bool>) -> c_int {
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    match catch_unwind(AssertUnwindSafe(|| hook(realm))) {
        Ok(Ok(answer)) => c_int::from(answer),
        Ok(Err(exception)) => {
            exception.throw(realm);
            -1
        }
        Err(_) => {
            panicked(realm);
            -1
        }
    }
}

/// [`[[GetOwnProperty]]`](https://webidl.spec.whatwg.org/#legacy-platform-object-getownproperty)
unsafe extern "C" fn get_own_property(
    ctx: *mut q::JSContext,
    descriptor: *mut q::JSPropertyDescriptor,
    object: q::JSValue,
    atom: q::JSAtom,
) -> c_int {
    answer(ctx, |realm| {
        let Some(target) = Target::new(object) else { return Ok(false) };
        let Some((value, flags)) = target.get(realm, &key(realm, atom)?)? else { return Ok(false) };
        if !descriptor.is_null() {
            // SAFETY: the engine passes null or a place to fill; it takes over the reference.
            unsafe {
                *descriptor = q::JSPropertyDescriptor {
                    flags: flags as c_int,
                    value: value.into_raw(),
                    getter: q::JS_UNDEFINED,
                    setter: q::JS_UNDEFINED,
                };
            }
        }
        Ok(true)
    })
}

/// [`[[OwnPropertyKeys]]`](https://webidl.spec.whatwg.org/#legacy-platform-object-ownpropertykeys), without ordinary ones.
unsafe extern "C" fn get_own_property_names(
    ctx: *mut q::JSContext,
    table: *mut *mut q::JSPropertyEnum,
    count: *mut u32,
    object: q::JSValue,
) -> c_int {
    let status = answer(ctx, |realm| {
        let mut atoms = Vec::new();
        if let Some(target) = Target::new(object) {
            for index in 0..target.length() {
                atoms.push(Atom::of_str(realm, &index.to_string())?);
            }
            for name in target.names() {
                if target.is_visible(realm, &name)? {
                    atoms.push(Atom::of_value(realm, &name.to_value(realm)?)?);
                }
            }
        }
        let length = u32::try_from(atoms.len()).unwrap_or(u32::MAX);
        // SAFETY: the context is alive; the table is made with the engine's allocator, as the engine frees it, and has
        // room for every entry (one at least, because an allocation of nothing may be null).
        unsafe {
            let bytes = size_of::<q::JSPropertyEnum>() * atoms.len().max(1);
            let entries = q::js_malloc(realm.raw(), bytes as _).cast::<q::JSPropertyEnum>();
            if entries.is_null() {
                return Err(Exception::take(realm));
            }
            for (index, atom) in atoms.into_iter().enumerate() {
                entries.add(index).write(q::JSPropertyEnum { is_enumerable: false, atom: atom.into_raw() });
            }
            *table = entries;
            *count = length;
        }
        Ok(true)
    });
    // This hook says 0 for success.
    if status < 0 { -1 } else { 0 }
}

/// [`[[Delete]]`](https://webidl.spec.whatwg.org/#legacy-platform-object-delete)
unsafe extern "C" fn delete_property(ctx: *mut q::JSContext, object: q::JSValue, atom: q::JSAtom) -> c_int {
    answer(ctx, |realm| {
        let Some(target) = Target::new(object) else { return Ok(true) };
        let key = key(realm, atom)?;
        if let Key::Index(index) = key
            && target.legacy.indexed.is_some()
        {
            return Ok(index >= target.length());
        }
        let Some(name) = target.name_of(key) else { return Ok(true) };
        if !target.is_visible(realm, &name)? {
            return Ok(true);
        }
        let Some(delete) = target.legacy.delete_named else { return Ok(false) };
        target.header(|header| delete(realm, header, name)).transpose()?;
        Ok(true)
    })
}

/// [`[[DefineOwnProperty]]`](https://webidl.spec.whatwg.org/#legacy-platform-object-defineownproperty)
unsafe extern "C" fn define_own_property(
    ctx: *mut q::JSContext,
    object: q::JSValue,
    atom: q::JSAtom,
    value: q::JSValue,
    getter: q::JSValue,
    setter: q::JSValue,
    flags: c_int,
) -> c_int {
    answer(ctx, |realm| {
        let refuse = |why: &str| {
            if flags & q::JS_PROP_THROW as c_int != 0 { Err(Exception::type_error(why)) } else { Ok(false) }
        };
        if let Some(target) = Target::new(object) {
            let key = key(realm, atom)?;
            if matches!(key, Key::Index(_)) && target.legacy.indexed.is_some() {
                return refuse("an indexed property of this object cannot be set");
            }
            if let Some(name) = target.name_of(key)
                && target.legacy.named.is_some()
            {
                let accessor = flags & (q::JS_PROP_HAS_GET | q::JS_PROP_HAS_SET) as c_int != 0;
                match target.legacy.set_named {
                    Some(_) if accessor => {
                        return refuse("a named property of this object cannot be an accessor");
                    }
                    Some(set) => {
                        target
                            .header(|header| set(realm, header, name, Value::view_one(&value)))
                            .transpose()?;
                        return Ok(true);
                    }
                    None if target.names().contains(&name) => {
                        return refuse("a named property of this object cannot be set");
                    }
                    None => {}
                }
            }
        }
        define_ordinary(realm, object, atom, [value, getter, setter], flags)
    })
}

fn define_ordinary(
    realm: &Realm,
    object: q::JSValue,
    atom: q::JSAtom,
    [value, getter, setter]: [q::JSValue; 3],
    flags: c_int,
) -> Fallible<bool> {
    // SAFETY: context, object, atom and values are alive; without the hooks of this file.
    let status = unsafe {
        let flags = flags | q::JS_PROP_NO_EXOTIC as c_int;
        q::JS_DefineProperty(realm.raw(), object, atom, value, getter, setter, flags)
    };
    crate::object::check(realm, status)?;
    Ok(status > 0)
}

/// [`[[Set]]`](https://webidl.spec.whatwg.org/#legacy-platform-object-set), for interfaces with a named setter.
unsafe extern "C" fn set_property(
    ctx: *mut q::JSContext,
    object: q::JSValue,
    atom: q::JSAtom,
    value: q::JSValue,
    receiver: q::JSValue,
    _flags: c_int,
) -> c_int {
    answer(ctx, |realm| {
        // SAFETY: both are compared as pointers only, and only if they are objects.
        let same = Value::view_one(&receiver).is_object()
            && unsafe { ptr::eq(q::JS_VALUE_GET_PTR(object), q::JS_VALUE_GET_PTR(receiver)) };
        if same && let Some(target) = Target::new(object) {
            let name = target.name_of(key(realm, atom)?);
            if let (Some(name), Some(set)) = (name, target.legacy.set_named) {
                target.header(|header| set(realm, header, name, Value::view_one(&value))).transpose()?;
                return Ok(true);
            }
        }
        // A symbol, or an object that inherits from this one: it becomes an ordinary property of the receiver.
        let flags = (q::JS_PROP_C_W_E
            | q::JS_PROP_HAS_VALUE
            | q::JS_PROP_HAS_WRITABLE
            | q::JS_PROP_HAS_ENUMERABLE
            | q::JS_PROP_HAS_CONFIGURABLE
            | q::JS_PROP_THROW) as c_int;
        define_ordinary(realm, receiver, atom, [value, q::JS_UNDEFINED, q::JS_UNDEFINED], flags)
    })
}

impl Interface {
    /// What supports the indices and names of its objects, its own or an ancestor's.
    pub(crate) fn legacy(&'static self) -> Option<&'static Legacy> {
        match &self.legacy {
            Some(legacy) => Some(legacy),
            None => self.parent.and_then(Self::legacy),
        }
    }
}

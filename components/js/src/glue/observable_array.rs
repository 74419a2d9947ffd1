//! [Observable array exotic objects](https://webidl.spec.whatwg.org/#js-observable-arrays).

use std::cell::RefCell;
use std::ffi::{CStr, c_int};
use std::marker::PhantomData;

use rquickjs_sys as q;

use super::interface::guard;
use super::key::Key;
use super::member::conjure;
use super::{Args, INTERNAL, Interface};
use crate::object::ALL;
use crate::platform::{self, Header};
use crate::{
    Exception, Fallible, FromJs, Object, PlatformObject, PropertyKey, Realm, Reflector, Root, ToJs, Traced,
    Value, trace_fields,
};

/// An attribute whose type is an observable array.
pub struct Observable {
    name: &'static str,
    convert: fn(&Realm, &Value) -> Fallible<Value>,
    set: Algorithm,
    delete: Algorithm,
}

type Algorithm = fn(&Realm, &Header, u32, &Value) -> Fallible<()>;

impl Observable {
    /// The attribute `name`; `convert` converts to the type of the items and back, `set` and `delete` are the
    /// [algorithms](https://webidl.spec.whatwg.org/#observable-array-attribute-set-an-indexed-value) of the attribute.
    #[must_use]
    pub const fn new<T, C, S, D>(name: &'static str, _convert: C, _set: S, _delete: D) -> Self
    where
        T: PlatformObject,
        C: Fn(&Realm, &Value) -> Fallible<Value> + Copy + 'static,
        S: Fn(&Realm, &T, u32, &Value) -> Fallible<()> + Copy + 'static,
        D: Fn(&Realm, &T, u32, &Value) -> Fallible<()> + Copy + 'static,
    {
        Self { name, convert: convert_entry::<C>, set: algorithm::<T, S>, delete: algorithm::<T, D> }
    }
}

fn convert_entry<C>(realm: &Realm, value: &Value) -> Fallible<Value>
where
    C: Fn(&Realm, &Value) -> Fallible<Value> + Copy + 'static,
{
    conjure::<C>()(realm, value)
}

fn algorithm<T, A>(realm: &Realm, header: &Header, index: u32, value: &Value) -> Fallible<()>
where
    T: PlatformObject,
    A: Fn(&Realm, &T, u32, &Value) -> Fallible<()> + Copy + 'static,
{
    let object = header.view::<T>().ok_or_else(|| Exception::type_error("illegal invocation"))?;
    conjure::<A>()(realm, object, index, value)
}

const INDEX: u16 = INTERNAL - 4;

/// The interface of handlers; no page sees it.
static HANDLER: Interface = Interface::new::<Handler>(c"ObservableArrayHandler", INDEX, INDEX, 0);

/// The proxy handler of an observable array, with its backing list.
pub(crate) struct Handler {
    reflector: Reflector,
    /// The object whose attribute it is.
    owner: Traced<Object>,
    observable: &'static Observable,
    list: RefCell<Vec<Traced<Value>>>,
}

impl Handler {
    const IDL: &'static Interface = &HANDLER;
}

trace_fields!(Handler { owner, list });
crate::platform_object!(Handler);

impl Handler {
    fn len(&self) -> u32 {
        u32::try_from(self.list.borrow().len()).unwrap_or(u32::MAX)
    }

    fn item(&self, index: u32) -> Option<Value> {
        self.list.borrow().get(index as usize).map(|item| (**item).clone())
    }

    fn run(&self, realm: &Realm, algorithm: Algorithm, index: u32, value: &Value) -> Fallible<()> {
        match platform::header_of(self.owner.as_value().raw()) {
            // SAFETY: the header lives as long as its object, which `owner` holds.
            Some(header) => algorithm(realm, unsafe { header.as_ref() }, index, value),
            None => Ok(()),
        }
    }

    /// Deletes the last item.
    fn pop(&self, realm: &Realm) -> Fallible<()> {
        let Some(index) = self.len().checked_sub(1) else { return Ok(()) };
        if let Some(item) = self.item(index) {
            self.run(realm, self.observable.delete, index, &item)?;
        }
        let removed = self.list.borrow_mut().pop();
        drop(removed);
        Ok(())
    }

    /// [Sets the length](https://webidl.spec.whatwg.org/#observable-array-exotic-object-set-the-length).
    fn set_length(&self, realm: &Realm, length: &Value) -> Fallible<bool> {
        let whole = u32::from_js(realm, length)?;
        #[expect(clippy::float_cmp, reason = "a length is a whole number")]
        if f64::from(whole) != length.to_number(realm)? {
            return Err(Exception::range_error("this is not the length of an array"));
        }
        if whole > self.len() {
            return Ok(false);
        }
        while self.len() > whole {
            self.pop(realm)?;
        }
        Ok(true)
    }

    /// [Sets the indexed value](https://webidl.spec.whatwg.org/#observable-array-exotic-object-set-the-indexed-value).
    fn set_index(&self, realm: &Realm, index: u32, value: &Value) -> Fallible<bool> {
        let old_length = self.len();
        if index > old_length {
            return Ok(false);
        }
        let value = (self.observable.convert)(realm, value)?;
        if index < old_length
            && let Some(old) = self.item(index)
        {
            self.run(realm, self.observable.delete, index, &old)?;
        }
        self.run(realm, self.observable.set, index, &value)?;
        self.put(index, value);
        Ok(true)
    }

    fn put(&self, index: u32, value: Value) {
        let mut list = self.list.borrow_mut();
        let replaced = match list.get_mut(index as usize) {
            Some(item) => Some(std::mem::replace(item, value.into())),
            None => {
                list.push(value.into());
                None
            }
        };
        drop(list);
        drop(replaced);
    }
}

/// What an attribute of an observable array type gives: its exotic object.
pub fn observable_array<T: PlatformObject>(
    realm: &Realm,
    this: &T,
    observable: &'static Observable,
) -> Fallible<Value> {
    exotic_object(realm, this, observable).map(Object::into_value)
}

fn exotic_object<T: PlatformObject>(
    realm: &Realm,
    this: &T,
    observable: &'static Observable,
) -> Fallible<Object> {
    let root = this.root();
    let header = platform::header_of(root.as_value().raw());
    let header = header.ok_or_else(|| Exception::type_error("illegal invocation"))?;
    // SAFETY: the header lives as long as its object, which `root` holds.
    unsafe { header.as_ref() }.kept_or(observable.name, || create(realm, root.to_object(), observable))
}

/// [Creates an observable array exotic object](https://webidl.spec.whatwg.org/#creating-an-observable-array-exotic-object).
fn create(realm: &Realm, owner: Object, observable: &'static Observable) -> Fallible<Object> {
    let array = Object::array(realm, [])?;
    let handler =
        Handler { reflector: Reflector::new(), owner: owner.into(), observable, list: RefCell::default() };
    let handler = realm.wrap_raw(handler, &Value::NULL)?.to_object();
    for (magic, (name, length)) in (0..).zip(TRAPS) {
        let function = q::JSCFunctionType { generic_magic: Some(trap) };
        // SAFETY: the context is alive, the name static; the union is read as what `generic_magic` says it is.
        let function = realm.own(unsafe {
            q::JS_NewCFunction2(
                realm.raw(),
                function.generic,
                c"".as_ptr(),
                length,
                q::JSCFunctionEnum_JS_CFUNC_generic_magic,
                magic,
            )
        })?;
        handler.define(realm, name.to_str().unwrap_or_default(), &function, ALL)?;
    }
    // SAFETY: context, target and handler are alive.
    let proxy = realm.own(unsafe { q::JS_NewProxy(realm.raw(), array.raw(), handler.raw()) })?;
    Ok(Object::from_value_unchecked(proxy))
}

/// The handler of an observable array exotic object.
fn handler_of(realm: &Realm, proxy: &Object) -> Fallible<Root<Handler>> {
    // SAFETY: context and proxy are alive.
    let handler = realm.own(unsafe { q::JS_GetProxyHandler(realm.raw(), proxy.raw()) })?;
    Root::from_value(&handler).ok_or_else(|| Exception::type_error("this is not an observable array"))
}

/// What the setter of such an attribute does.
pub fn set_observable_array<T: PlatformObject>(
    realm: &Realm,
    this: &T,
    observable: &'static Observable,
    value: &Value,
) -> Fallible<()> {
    let items = super::idl::sequence(realm, value, observable.convert)?;
    let handler = handler_of(realm, &exotic_object(realm, this, observable)?)?;
    replace(realm, &handler, items)
}

fn replace(realm: &Realm, handler: &Handler, items: Vec<Value>) -> Fallible<()> {
    handler.set_length(realm, &Value::int(0))?;
    for (index, item) in (0..).zip(items) {
        handler.run(realm, handler.observable.set, index, &item)?;
        handler.list.borrow_mut().push(item.into());
    }
    Ok(())
}

/// The backing list of an attribute whose type is `ObservableArray<I>`, for the Rust code behind it.
#[derive(Clone, Debug)]
pub struct ObservableArray<I> {
    handler: Root<Handler>,
    items: PhantomData<fn() -> I>,
}

impl<I: ToJs + FromJs> ObservableArray<I> {
    /// The list of an object's attribute.
    pub fn of<T: PlatformObject>(realm: &Realm, this: &T, observable: &'static Observable) -> Fallible<Self> {
        let handler = handler_of(realm, &exotic_object(realm, this, observable)?)?;
        Ok(Self { handler, items: PhantomData })
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.handler.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All items, in order.
    pub fn to_vec(&self, realm: &Realm) -> Fallible<Vec<I>> {
        let items: Vec<Value> = self.handler.list.borrow().iter().map(|item| (**item).clone()).collect();
        items.iter().map(|item| I::from_js(realm, item)).collect()
    }

    /// Replaces all items, running the attribute's algorithms.
    pub fn set(&self, realm: &Realm, items: Vec<I>) -> Fallible<()> {
        let items = items.into_iter().map(|item| item.to_js(realm)).collect::<Fallible<Vec<_>>>()?;
        replace(realm, &self.handler, items)
    }
}

/// The traps, with their `length`, in order of their magic numbers.
const TRAPS: [(&CStr, c_int); 8] = [
    (c"defineProperty", 3),
    (c"deleteProperty", 2),
    (c"get", 3),
    (c"getOwnPropertyDescriptor", 2),
    (c"has", 2),
    (c"ownKeys", 1),
    (c"preventExtensions", 0),
    (c"set", 4),
];

unsafe extern "C" fn trap(
    ctx: *mut q::JSContext,
    this: q::JSValue,
    argc: c_int,
    argv: *mut q::JSValue,
    magic: c_int,
) -> q::JSValue {
    // SAFETY: the engine calls with a live context and `argc` arguments.
    let (realm, args) = unsafe { (Realm::borrow(&ctx), Args::new(argc, argv)) };
    guard(realm, |realm| {
        let handler = Root::<Handler>::from_value(Value::view_one(&this));
        let handler = handler.ok_or_else(|| Exception::type_error("this is not an observable array"))?;
        match magic {
            0 => define_property(realm, &handler, &args),
            1 => delete_property(realm, &handler, &args),
            2 => get(realm, &handler, &args),
            3 => get_own_property_descriptor(realm, &handler, &args),
            4 => has(realm, &handler, &args),
            5 => own_keys(realm, &handler, &args),
            6 => Ok(Value::boolean(false)),
            _ => set(realm, &handler, &args),
        }
    })
}

/// What a trap is asked for.
enum Asked {
    Length,
    Index(u32),
    Other,
}

fn asked(realm: &Realm, args: &Args<'_>) -> Fallible<Asked> {
    Ok(match Key::of_value(realm, args.get(1))? {
        Key::Index(index) => Asked::Index(index),
        Key::Name(name) if name == "length" => Asked::Length,
        Key::Name(_) | Key::Symbol => Asked::Other,
    })
}

/// What the array behind the proxy does by itself.
fn ordinary(realm: &Realm, intrinsic: &'static str, args: &Args<'_>) -> Fallible<Value> {
    realm.intrinsics().object(intrinsic)?.call(realm, &Value::UNDEFINED, args.rest(0))
}

/// [`defineProperty`](https://webidl.spec.whatwg.org/#js-observable-array-defineProperty)
fn define_property(realm: &Realm, handler: &Handler, args: &Args<'_>) -> Fallible<Value> {
    let asked = asked(realm, args)?;
    if matches!(asked, Asked::Other) {
        return ordinary(realm, "reflectDefine", args);
    }
    let descriptor = args.get(2).as_object();
    let field = |name: &str| match &descriptor {
        // The engine made the object: it has own data properties only.
        Some(descriptor) => descriptor.own_data_property(realm, &PropertyKey::String(name.into())),
        None => Ok(None),
    };
    let is = |name: &str, wanted: bool| -> Fallible<bool> {
        Ok(field(name)?.is_some_and(|value| value.to_boolean(realm) == wanted))
    };
    let fixed = matches!(asked, Asked::Length);
    if field("get")?.is_some()
        || field("set")?.is_some()
        || is("configurable", fixed)?
        || is("enumerable", fixed)?
        || is("writable", false)?
    {
        return Ok(Value::boolean(false));
    }
    let Some(value) = field("value")? else { return Ok(Value::boolean(true)) };
    let defined = match asked {
        Asked::Index(index) => handler.set_index(realm, index, &value),
        Asked::Length | Asked::Other => handler.set_length(realm, &value),
    };
    defined.map(Value::boolean)
}

/// [`deleteProperty`](https://webidl.spec.whatwg.org/#js-observable-array-deleteProperty)
fn delete_property(realm: &Realm, handler: &Handler, args: &Args<'_>) -> Fallible<Value> {
    match asked(realm, args)? {
        Asked::Length => Ok(Value::boolean(false)),
        Asked::Index(index) => {
            let last = Some(index) == handler.len().checked_sub(1);
            if last {
                handler.pop(realm)?;
            }
            Ok(Value::boolean(last))
        }
        Asked::Other => ordinary(realm, "reflectDelete", args),
    }
}

/// [`get`](https://webidl.spec.whatwg.org/#js-observable-array-get)
fn get(realm: &Realm, handler: &Handler, args: &Args<'_>) -> Fallible<Value> {
    match asked(realm, args)? {
        Asked::Length => Ok(Value::number(f64::from(handler.len()))),
        Asked::Index(index) => Ok(handler.item(index).unwrap_or_default()),
        Asked::Other => ordinary(realm, "reflectGet", args),
    }
}

/// [`getOwnPropertyDescriptor`](https://webidl.spec.whatwg.org/#js-observable-array-getOwnPropertyDescriptor)
fn get_own_property_descriptor(realm: &Realm, handler: &Handler, args: &Args<'_>) -> Fallible<Value> {
    let (value, changeable) = match asked(realm, args)? {
        Asked::Length => (Value::number(f64::from(handler.len())), false),
        Asked::Index(index) => match handler.item(index) {
            Some(value) => (value, true),
            None => return Ok(Value::UNDEFINED),
        },
        Asked::Other => return ordinary(realm, "reflectDescriptor", args),
    };
    let descriptor = Object::new(realm)?;
    descriptor.create(realm, "value", &value)?;
    descriptor.create(realm, "writable", &Value::boolean(true))?;
    descriptor.create(realm, "enumerable", &Value::boolean(changeable))?;
    descriptor.create(realm, "configurable", &Value::boolean(changeable))?;
    Ok(descriptor.into_value())
}

/// [`has`](https://webidl.spec.whatwg.org/#js-observable-array-has)
fn has(realm: &Realm, handler: &Handler, args: &Args<'_>) -> Fallible<Value> {
    match asked(realm, args)? {
        Asked::Length => Ok(Value::boolean(true)),
        Asked::Index(index) => Ok(Value::boolean(index < handler.len())),
        Asked::Other => ordinary(realm, "reflectHas", args),
    }
}

/// [`ownKeys`](https://webidl.spec.whatwg.org/#js-observable-array-ownKeys)
fn own_keys(realm: &Realm, handler: &Handler, args: &Args<'_>) -> Fallible<Value> {
    let mut keys = Vec::new();
    for index in 0..handler.len() {
        keys.push(Value::string(realm, &index.to_string())?);
    }
    if let Some(more) = ordinary(realm, "reflectKeys", args)?.as_object() {
        for index in 0..u32::try_from(more.length(realm)?).unwrap_or(u32::MAX) {
            keys.push(more.get_index(realm, index)?);
        }
    }
    Object::array(realm, keys).map(Object::into_value)
}

/// [`set`](https://webidl.spec.whatwg.org/#js-observable-array-set)
fn set(realm: &Realm, handler: &Handler, args: &Args<'_>) -> Fallible<Value> {
    match asked(realm, args)? {
        Asked::Length => handler.set_length(realm, args.get(2)).map(Value::boolean),
        Asked::Index(index) => handler.set_index(realm, index, args.get(2)).map(Value::boolean),
        Asked::Other => ordinary(realm, "reflectSet", args),
    }
}

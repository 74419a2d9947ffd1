//! Functions of the language that have to know of platform objects: the engine has no hook for what Web IDL says of
//! [`[[SetPrototypeOf]]`](https://webidl.spec.whatwg.org/#platform-object-setprototypeof) and
//! [`[[PreventExtensions]]`](https://webidl.spec.whatwg.org/#legacy-platform-object-preventextensions), and takes only its
//! own errors for errors. Each function here does what the engine's does, but for such objects.

use std::ffi::{CStr, c_int};

use rquickjs_sys as q;

use crate::glue::{Args, guard};
use crate::object::HIDDEN;
use crate::{
    Exception, Fallible, Object, Realm, Value, platform, shared_builtins, state, wasm, window_proxy,
};

/// A function that takes the place of one of the engine's.
struct Builtin {
    /// The name of the function.
    name: &'static CStr,
    length: c_int,
    /// The intrinsic that it was.
    original: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    SetPrototype,
    /// As `SetPrototype`, but says false rather than throwing.
    ReflectSetPrototype,
    /// The object is `this`.
    ProtoSetter,
    PreventExtensions,
    ReflectPreventExtensions,
    IsError,
    /// The engine refuses a receiver that is null or undefined.
    ReflectSet,
    /// The buffer of a memory of WebAssembly is not transferred.
    Transfer,
    /// The buffer of a memory grows as the memory does.
    Resize,
    /// What grows, grows for all threads.
    SharedGrow,
    SharedByteLength,
    AtomicsWait,
    AtomicsNotify,
}

const BUILTINS: [Builtin; 17] = [
    Builtin::new(c"setPrototypeOf", 2, "setPrototypeOf", Kind::SetPrototype),
    Builtin::new(c"setPrototypeOf", 2, "reflectSetPrototypeOf", Kind::ReflectSetPrototype),
    Builtin::new(c"set __proto__", 1, "protoSetter", Kind::ProtoSetter),
    Builtin::new(c"preventExtensions", 1, "preventExtensions", Kind::PreventExtensions),
    Builtin::new(c"seal", 1, "seal", Kind::PreventExtensions),
    Builtin::new(c"freeze", 1, "freeze", Kind::PreventExtensions),
    Builtin::new(c"preventExtensions", 1, "reflectPreventExtensions", Kind::ReflectPreventExtensions),
    Builtin::new(c"isError", 1, "isError", Kind::IsError),
    Builtin::new(c"set", 3, "reflectSet", Kind::ReflectSet),
    Builtin::new(c"transfer", 0, "transfer", Kind::Transfer),
    Builtin::new(c"transferToFixedLength", 0, "transferToFixedLength", Kind::Transfer),
    Builtin::new(c"transferToImmutable", 0, "transferToImmutable", Kind::Transfer),
    Builtin::new(c"resize", 1, "resize", Kind::Resize),
    Builtin::new(c"grow", 1, "sharedGrow", Kind::SharedGrow),
    Builtin::new(c"get byteLength", 0, "sharedByteLength", Kind::SharedByteLength),
    Builtin::new(c"wait", 4, "", Kind::AtomicsWait),
    Builtin::new(c"notify", 3, "atomicsNotify", Kind::AtomicsNotify),
];

impl Builtin {
    const fn new(name: &'static CStr, length: c_int, original: &'static str, kind: Kind) -> Self {
        Self { name, length, original, kind }
    }
}

/// Puts the functions in the places of the engine's, in a realm that has run no script of a page yet.
pub(crate) fn install(realm: &Realm) -> Fallible<()> {
    let intrinsics = realm.intrinsics();
    for (magic, builtin) in (0..).zip(&BUILTINS) {
        let function = q::JSCFunctionType { generic_magic: Some(call) };
        // SAFETY: the context is alive, the name static; the union is read as what `generic_magic` says it is.
        let function = realm.own(unsafe {
            q::JS_NewCFunction2(
                realm.raw(),
                function.generic,
                builtin.name.as_ptr(),
                builtin.length,
                q::JSCFunctionEnum_JS_CFUNC_generic_magic,
                magic,
            )
        })?;
        let holder = match builtin.kind {
            Kind::ProtoSetter => {
                intrinsics.call(realm, "replaceProtoSetter", &[function])?;
                continue;
            }
            Kind::SharedByteLength => {
                intrinsics.call(realm, "replaceSharedByteLength", &[function])?;
                continue;
            }
            Kind::ReflectSetPrototype | Kind::ReflectPreventExtensions | Kind::ReflectSet => "Reflect",
            Kind::SetPrototype | Kind::PreventExtensions => "Object",
            Kind::IsError => "Error",
            Kind::Transfer | Kind::Resize => "ArrayBuffer",
            Kind::SharedGrow => "SharedArrayBuffer",
            Kind::AtomicsWait | Kind::AtomicsNotify => "Atomics",
        };
        let name = builtin.name.to_str().unwrap_or_default();
        let mut holder = realm.global().get(realm, holder)?;
        if matches!(builtin.kind, Kind::Transfer | Kind::Resize | Kind::SharedGrow)
            && let Some(constructor) = holder.as_object()
        {
            holder = constructor.get(realm, "prototype")?;
        }
        if let Some(holder) = holder.as_object() {
            holder.define(realm, name, &function, HIDDEN)?;
        }
    }
    Ok(())
}

unsafe extern "C" fn call(
    ctx: *mut q::JSContext,
    this: q::JSValue,
    argc: c_int,
    argv: *mut q::JSValue,
    magic: c_int,
) -> q::JSValue {
    // SAFETY: the engine calls with a live context and `argc` arguments.
    let (realm, args) = unsafe { (Realm::borrow(&ctx), Args::new(argc, argv)) };
    guard(realm, |realm| {
        let builtin = usize::try_from(magic).ok().and_then(|index| BUILTINS.get(index));
        let builtin = builtin.ok_or_else(|| Exception::type_error("this function is not known"))?;
        run(realm, builtin, Value::view_one(&this), &args)
    })
}

fn run(realm: &Realm, builtin: &Builtin, this: &Value, args: &Args<'_>) -> Fallible<Value> {
    let (object, prototype) = match builtin.kind {
        Kind::SharedGrow => return shared_builtins::grow(realm, this, args),
        Kind::SharedByteLength => return shared_builtins::byte_length(realm, this),
        Kind::AtomicsWait => return shared_builtins::wait(realm, args),
        Kind::AtomicsNotify => return shared_builtins::notify(realm, args),
        Kind::ProtoSetter | Kind::Transfer | Kind::Resize => (this, args.get(0)),
        _ => (args.get(0), args.get(1)),
    };
    if let Some(object) = object.as_object() {
        match builtin.kind {
            Kind::SetPrototype | Kind::ReflectSetPrototype | Kind::ProtoSetter => {
                let changes = prototype.is_object() || prototype.is_null();
                if changes && realm.is_prototype_immutable(&object) {
                    return set_immutable_prototype(realm, builtin.kind, &object, prototype);
                }
            }
            Kind::PreventExtensions if platform::is_always_extensible(&object) => {
                return Err(Exception::type_error("this object cannot be made non-extensible"));
            }
            Kind::ReflectPreventExtensions if platform::is_always_extensible(&object) => {
                return Ok(Value::boolean(false));
            }
            Kind::IsError if platform::is_error(&object) => return Ok(Value::boolean(true)),
            Kind::ReflectSet if args.len() > 3 && args.get(3).is_nullish() => {
                let args: Vec<Value> = args.rest(0).to_vec();
                return realm.intrinsics().object("setForNullish")?.call(realm, this, &args);
            }
            Kind::Transfer if wasm::keeps_buffer(&object) => {
                return Err(Exception::type_error("the buffer of a memory cannot be transferred"));
            }
            Kind::Resize if wasm::keeps_buffer(&object) => {
                let length = shared_builtins::to_index(realm, args.get(0))?;
                if let Some(resized) = wasm::resize_buffer(realm, &object, length) {
                    return resized.map(|()| Value::UNDEFINED);
                }
            }
            Kind::PreventExtensions
            | Kind::ReflectPreventExtensions
            | Kind::IsError
            | Kind::ReflectSet
            | Kind::Transfer
            | Kind::Resize
            | Kind::SharedGrow
            | Kind::SharedByteLength
            | Kind::AtomicsWait
            | Kind::AtomicsNotify => {}
        }
    }
    let args: Vec<Value> = args.rest(0).to_vec();
    realm.intrinsics().object(builtin.original)?.call(realm, this, &args)
}

/// [SetImmutablePrototype](https://tc39.es/ecma262/#sec-set-immutable-prototype), and what the function makes of it.
fn set_immutable_prototype(realm: &Realm, kind: Kind, object: &Object, prototype: &Value) -> Fallible<Value> {
    let current = object.prototype(realm)?.map_or(Value::NULL, Object::into_value);
    let same = current.same_value(prototype);
    match kind {
        Kind::ReflectSetPrototype => Ok(Value::boolean(same)),
        _ if !same => Err(Exception::type_error("the prototype of this object cannot be changed")),
        Kind::ProtoSetter => Ok(Value::UNDEFINED),
        _ => Ok(object.as_value().clone()),
    }
}

impl Realm {
    /// Whether an object is a global object, the proxy of one, or on the prototype chain of one, of any realm.
    fn is_prototype_immutable(&self, object: &Object) -> bool {
        if window_proxy::is_proxy(object.raw()) {
            return true;
        }
        state::shared()
            .realms
            .borrow()
            .values()
            .any(|data| data.immutable.borrow().iter().any(|immutable| immutable.is_same(object)))
    }
}

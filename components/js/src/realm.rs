//! Realms: global environments with their own intrinsics.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::ptr::{self, NonNull};
use std::rc::Rc;

use rquickjs_sys as q;

use crate::glue::{Exposure, Interface};
use crate::intrinsics::Intrinsics;
use crate::platform::Header;
use crate::property::Properties;
use crate::{Exception, Fallible, Object, Value, state};

/// A [realm](https://tc39.es/ecma262/#sec-code-realms): a counted reference, cheap to clone.
#[repr(transparent)]
pub struct Realm(NonNull<q::JSContext>);

/// What kind of realm it is: decides which interfaces and members are exposed.
#[derive(Clone, Copy, Debug)]
pub struct RealmOptions {
    /// The kinds of global that it counts as.
    pub exposure: Exposure,
    /// Whether it is a secure context.
    pub secure_context: bool,
    /// Whether it is [cross-origin isolated](https://webidl.spec.whatwg.org/#CrossOriginIsolated).
    pub cross_origin_isolated: bool,
}

impl Default for RealmOptions {
    /// Exposes nothing.
    fn default() -> Self {
        Self { exposure: Exposure::NONE, secure_context: false, cross_origin_isolated: false }
    }
}

thread_local! {
    /// The realm whose data was asked for last, and the data: most often it is asked for again.
    static LAST: Cell<(*mut q::JSContext, *const RealmData)> = const { Cell::new((ptr::null_mut(), ptr::null())) };
}

/// To be called when some realm's data goes.
pub(crate) fn forget_last() {
    LAST.set((ptr::null_mut(), ptr::null()));
}

/// What the crate keeps for each realm.
pub(crate) struct RealmData {
    pub(crate) options: RealmOptions,
    pub(crate) global: Cell<*mut Header>,
    pub(crate) interfaces: RefCell<HashMap<u16, (Object, Object)>>,
    /// What objects of an interface have of their own, by the index of the interface.
    pub(crate) unforgeable: RefCell<HashMap<u16, Properties>>,
    pub(crate) iterators: RefCell<HashMap<&'static str, Object>>,
    pub(crate) intrinsics: OnceCell<Rc<Intrinsics>>,
    once: RefCell<HashMap<&'static str, Object>>,
    /// The global object and its prototypes, whose prototypes never change.
    pub(crate) immutable: RefCell<Vec<Object>>,
    host: RefCell<Option<Rc<dyn Any>>>,
    /// The realm itself, until it has ended: what is in the table with it is alive.
    held: RefCell<Option<Realm>>,
}

impl RealmData {
    /// Lets go of every value, so that the realm can be collected.
    pub(crate) fn clear(&self) {
        self.interfaces.borrow_mut().clear();
        self.unforgeable.borrow_mut().clear();
        self.iterators.borrow_mut().clear();
        self.once.borrow_mut().clear();
        self.immutable.borrow_mut().clear();
        self.host.borrow_mut().take();
        if let Some(intrinsics) = self.intrinsics.get() {
            intrinsics.clear();
        }
        // Dropped where nothing is borrowed: it may be the last handle.
        let held = self.held.borrow_mut().take();
        drop(held);
    }

    /// Whether it keeps its realm alive.
    pub(crate) fn is_held(&self) -> bool {
        self.held.borrow().is_some()
    }
}

impl Realm {
    /// A new realm with the language's own intrinsics; the platform's come with
    /// [`Realm::install_interfaces`](crate::glue) once its global object is known.
    pub fn new(options: RealmOptions) -> Fallible<Self> {
        let rt = state::runtime();
        if rt.is_null() {
            return Err(Exception::type_error("this thread has no JavaScript runtime"));
        }
        // SAFETY: the runtime is alive. (JS_NewContext would add a DOMException and performance of its own.)
        let ctx = unsafe { q::JS_NewContextRaw(rt) };
        let Some(ctx) = NonNull::new(ctx) else {
            return Err(Exception::range_error("no memory for another realm"));
        };
        // SAFETY: the context is alive; each call adds intrinsics once, in the order the engine itself uses.
        unsafe {
            let raw = ctx.as_ptr();
            q::JS_AddIntrinsicBaseObjects(raw);
            q::JS_AddIntrinsicDate(raw);
            q::JS_AddIntrinsicEval(raw);
            q::JS_AddIntrinsicRegExp(raw);
            q::JS_AddIntrinsicJSON(raw);
            q::JS_AddIntrinsicProxy(raw);
            q::JS_AddIntrinsicMapSet(raw);
            q::JS_AddIntrinsicTypedArrays(raw);
            q::JS_AddIntrinsicPromise(raw);
            q::JS_AddIntrinsicBigInt(raw);
            q::JS_AddIntrinsicWeakRef(raw);
        }
        state::count_handle();
        let realm = Self(ctx);
        let data = RealmData {
            options,
            global: Cell::new(ptr::null_mut()),
            interfaces: RefCell::default(),
            unforgeable: RefCell::default(),
            iterators: RefCell::default(),
            intrinsics: OnceCell::new(),
            once: RefCell::default(),
            immutable: RefCell::default(),
            host: RefCell::default(),
            held: RefCell::new(Some(realm.clone())),
        };
        state::shared().realms.borrow_mut().insert(realm.raw(), Box::new(data));
        forget_last();
        let intrinsics = Rc::new(Intrinsics::capture(&realm)?);
        realm.with_data(|data| data.intrinsics.set(intrinsics));
        crate::builtins::install(&realm)?;
        // The platform's own takes the place of the engine's.
        realm.global().delete(&realm, "queueMicrotask")?;
        // The global is to look like the interface it implements, whose prototype has the tag.
        realm.global().delete_symbol_tag(&realm)?;
        Ok(realm)
    }

    pub(crate) const fn raw(&self) -> *mut q::JSContext {
        self.0.as_ptr()
    }

    /// Views a context as a realm without taking a reference.
    ///
    /// # Safety
    /// `ctx` points to a live context.
    pub(crate) const unsafe fn borrow(ctx: &*mut q::JSContext) -> &Self {
        // SAFETY: a transparent wrapper of a pointer that is not null; a shared reference never drops it.
        unsafe { &*ptr::from_ref(ctx).cast() }
    }

    /// Any live context of this thread, for calls that need one but do not care which. None once all realms have ended.
    pub(crate) fn any() -> Option<*mut q::JSContext> {
        let shared = state::shared();
        let realms = shared.realms.borrow();
        realms.iter().find(|(_, data)| data.is_held()).map(|(ctx, _)| *ctx)
    }

    /// Takes over the result of an engine call: a value, or the pending exception.
    #[inline]
    pub(crate) fn own(&self, raw: q::JSValue) -> Fallible<Value> {
        // SAFETY: reads the tag only.
        if unsafe { q::JS_IsException(raw) } {
            Err(Exception::take(self))
        } else {
            Ok(Value::from_owned(raw))
        }
    }

    /// Looks up this realm's data, for the next time, too.
    #[cold]
    fn find_data(&self) -> Option<*const RealmData> {
        let data: *const RealmData = &raw const **state::shared().realms.borrow().get(&self.raw())?;
        LAST.set((self.raw(), data));
        Some(data)
    }

    #[inline]
    pub(crate) fn with_data<R>(&self, f: impl FnOnce(&RealmData) -> R) -> Option<R> {
        let (ctx, known) = LAST.get();
        let data = if ctx == self.raw() { known } else { self.find_data()? };
        // SAFETY: the box is dropped only with the runtime or when another realm takes its place in the table, neither
        // of which happens within `f`, and both of which forget what was looked up last.
        Some(f(unsafe { &*data }))
    }

    /// Which kinds of global it counts as, and whether it is a secure context.
    #[must_use]
    pub fn options(&self) -> RealmOptions {
        self.with_data(|data| data.options).unwrap_or_default()
    }

    pub(crate) fn intrinsics(&self) -> Rc<Intrinsics> {
        self.with_data(|data| data.intrinsics.get().cloned()).flatten().unwrap_or_default()
    }

    /// The global object.
    #[must_use]
    pub fn global(&self) -> Object {
        // SAFETY: the context is alive; the reference is given to us.
        Object::from_value_unchecked(Value::from_owned(unsafe { q::JS_GetGlobalObject(self.raw()) }))
    }

    /// What scripts see as the global object: a window's proxy, or the global object itself.
    #[must_use]
    pub fn global_this(&self) -> Value {
        crate::window_proxy::this_of(self)
    }

    /// Sets what the host keeps for this realm.
    pub fn set_host(&self, host: Rc<dyn Any>) {
        self.with_data(|data| data.host.replace(Some(host)));
    }

    /// What the host keeps for this realm.
    #[must_use]
    pub fn host<T: 'static>(&self) -> Option<Rc<T>> {
        self.with_data(|data| data.host.borrow().clone()).flatten()?.downcast().ok()
    }

    /// The object of that name that this realm has once, made when it is first asked for.
    ///
    /// # Errors
    /// What `make` gives.
    pub fn once(&self, name: &'static str, make: impl FnOnce(&Self) -> Fallible<Object>) -> Fallible<Object> {
        let known = self.with_data(|data| data.once.borrow().get(name).cloned()).flatten();
        if let Some(object) = known {
            return Ok(object);
        }
        let object = make(self)?;
        self.with_data(|data| data.once.borrow_mut().insert(name, object.clone()));
        Ok(object)
    }

    /// Forgets what [`Realm::once`] has made, and gives it.
    pub(crate) fn take_once(&self, name: &'static str) -> Option<Object> {
        self.with_data(|data| data.once.borrow_mut().remove(name)).flatten()
    }

    /// The realm that has this object for its `Boolean.prototype`.
    pub(crate) fn of_boolean_prototype(prototype: &Object) -> Option<Self> {
        let shared = state::shared();
        let realms = shared.realms.borrow();
        let (ctx, _) = realms.iter().filter(|(_, data)| data.is_held()).find(|(_, data)| {
            let known = data.intrinsics.get().and_then(|all| all.object("booleanPrototype").ok());
            known.is_some_and(|known| known.is_same(prototype))
        })?;
        // SAFETY: its data holds it.
        Some(unsafe { Self::borrow(ctx) }.clone())
    }

    /// Runs a classic script.
    ///
    /// # Errors
    /// What it threw, or a `SyntaxError` with the place in `file`, whose first line counts as `line`.
    pub fn evaluate_script(&self, source: &str, file: &str, line: u32) -> Fallible<Value> {
        self.evaluate(source, file, line, q::JS_EVAL_TYPE_GLOBAL)
    }

    pub(crate) fn evaluate(&self, source: &str, file: &str, line: u32, flags: u32) -> Fallible<Value> {
        // The engine reads up to a terminating NUL and refuses one in the middle.
        let source = terminated(source);
        let file = terminated(file);
        let mut options = q::JSEvalOptions {
            version: q::JS_EVAL_OPTIONS_VERSION as _,
            eval_flags: flags as _,
            filename: file.as_ptr().cast(),
            line_num: i32::try_from(line).unwrap_or(1),
        };
        let entry = state::Entry::new();
        let this = crate::window_proxy::this_of(self);
        // SAFETY: the context is alive; source and file are terminated and live during the call.
        let result = unsafe {
            let (text, length) = (source.as_ptr().cast(), (source.len() - 1) as _);
            q::JS_EvalThis2(self.raw(), this.raw(), text, length, &raw mut options)
        };
        let result = self.own(result);
        drop(entry);
        result
    }

    /// [Parses JSON](https://infra.spec.whatwg.org/#parse-a-json-string-to-a-javascript-value).
    pub fn parse_json(&self, text: &str) -> Fallible<Value> {
        let text = terminated(text);
        // SAFETY: the context is alive; the text is terminated.
        self.own(unsafe {
            q::JS_ParseJSON(self.raw(), text.as_ptr().cast(), (text.len() - 1) as _, c"<json>".as_ptr())
        })
    }

    /// [Serializes to JSON](https://infra.spec.whatwg.org/#serialize-a-javascript-value-to-a-json-string); `undefined`
    /// where there is no JSON for it.
    pub fn stringify_json(&self, value: &Value) -> Fallible<Value> {
        let entry = state::Entry::new();
        // SAFETY: context and value are alive.
        let text = self
            .own(unsafe { q::JS_JSONStringify(self.raw(), value.raw(), q::JS_UNDEFINED, q::JS_UNDEFINED) });
        drop(entry);
        text
    }

    /// Whether script finds the constructor `SharedArrayBuffer`.
    ///
    /// # Errors
    /// Only without memory.
    pub fn expose_shared_array_buffer(&self, exposed: bool) -> Fallible<()> {
        if exposed {
            let constructor = self.intrinsics().object("sharedConstructor")?;
            return self.global().define_hidden(self, "SharedArrayBuffer", constructor.as_value());
        }
        self.global().delete(self, "SharedArrayBuffer").map(drop)
    }

    /// Lets go of everything this realm holds for the platform, before its last handle is dropped.
    pub fn forget(&self) {
        self.with_data(RealmData::clear);
    }

    /// Whether two handles are of the same realm.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    pub(crate) fn prototype_of(&self, interface: &'static Interface) -> Fallible<Object> {
        if interface.index < crate::glue::FIRST_INTERNAL {
            // SAFETY: the context is alive, and the class was registered with its runtime.
            let known =
                Value::from_owned(unsafe { q::JS_GetClassProto(self.raw(), state::class_of(interface)) });
            if let Some(prototype) = known.as_object() {
                return Ok(prototype);
            }
        }
        crate::glue::interface_objects(self, interface).map(|(_, prototype)| prototype)
    }
}

pub(crate) fn terminated(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 1);
    bytes.extend_from_slice(text.as_bytes());
    bytes.push(0);
    bytes
}

impl Clone for Realm {
    fn clone(&self) -> Self {
        // SAFETY: the context is alive.
        unsafe { q::JS_DupContext(self.raw()) };
        state::count_handle();
        Self(self.0)
    }
}

impl Drop for Realm {
    fn drop(&mut self) {
        state::uncount_handle();
        if !state::runtime().is_null() {
            // SAFETY: this handle owns one reference.
            unsafe { q::JS_FreeContext(self.raw()) };
        }
    }
}

impl fmt::Debug for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Realm")
    }
}

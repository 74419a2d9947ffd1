//! Platform objects: Rust structs as objects of a page.

use std::any::TypeId;
use std::cell::RefCell;
use std::ptr::{self, NonNull};

use rquickjs_sys as q;

use crate::reflector::{Reflector, Views};

use crate::glue::{Interface, NAMED_PROPERTIES};
use crate::state::Global;
use crate::{Fallible, Object, Realm, Root, Trace, Tracer, Value, state};

/// How deep interfaces may inherit.
pub(crate) const MAX_DEPTH: usize = 8;

/// A Rust struct that implements an interface.
///
/// Implemented by [`platform_object!`](crate::platform_object) together with generated code; not by hand.
pub trait PlatformObject: Trace + Sized + 'static {
    /// The interface; this type is the only one that implements it.
    const INTERFACE: &'static Interface;

    /// Where the wrapper's address is kept: in the root of the inheritance chain.
    fn reflector(&self) -> &Reflector;

    /// Adds the views of this object as each of its ancestors, and as itself.
    fn views(&self, views: &mut Views);

    /// The handle of this object.
    ///
    /// # Panics
    /// If the struct was never wrapped, which only the author of an interface can bring about.
    fn root(&self) -> Root<Self> {
        Root::from_ref(self)
    }
}

/// `Self` inherits from `P`, or is it.
pub trait DerivedFrom<P>: PlatformObject {}

/// What stands before the struct in its allocation.
#[repr(C)]
pub(crate) struct Header {
    places: [*const (); MAX_DEPTH],
    interface: &'static Interface,
    /// What the glue keeps with the object, by name: the arrays that its attributes give, and its internal slots.
    kept: RefCell<Vec<(&'static str, Object)>>,
    trace: unsafe fn(*const Header, &mut Tracer),
    free: unsafe fn(*mut Header),
}

#[repr(C)]
struct Allocation<T> {
    header: Header,
    object: T,
}

impl Header {
    pub(crate) const fn interface(&self) -> &'static Interface {
        self.interface
    }

    /// The object as a `T`, if it is one.
    #[inline]
    pub(crate) fn view<T: PlatformObject>(&self) -> Option<&T> {
        assert!(T::INTERFACE.type_id == TypeId::of::<T>(), "one Rust type implements an interface");
        if !self.interface.inherits(T::INTERFACE) {
            return None;
        }
        // SAFETY: the place at this depth was made from a reference to the one type that implements the interface
        // there, within this allocation, which is alive and does not move.
        Some(unsafe { &*self.places[usize::from(T::INTERFACE.depth)].cast::<T>() })
    }

    /// What is kept under a name.
    pub(crate) fn kept(&self, name: &str) -> Option<Object> {
        self.kept.borrow().iter().find(|(known, _)| *known == name).map(|(_, object)| object.clone())
    }

    /// Keeps an object under a name, instead of what was there.
    pub(crate) fn keep(&self, name: &'static str, object: Object) {
        let mut kept = self.kept.borrow_mut();
        let replaced = match kept.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => Some(std::mem::replace(&mut entry.1, object)),
            None => {
                kept.push((name, object));
                None
            }
        };
        drop(kept);
        drop(replaced);
    }

    /// Lets go of what is kept under a name.
    pub(crate) fn forget(&self, name: &'static str) {
        let mut kept = self.kept.borrow_mut();
        let gone = kept.iter().position(|(known, _)| *known == name).map(|at| kept.remove(at));
        drop(kept);
        drop(gone);
    }

    /// What is kept under a name, made now if nothing is.
    pub(crate) fn kept_or(
        &self,
        name: &'static str,
        make: impl FnOnce() -> Fallible<Object>,
    ) -> Fallible<Object> {
        if let Some(object) = self.kept(name) {
            return Ok(object);
        }
        let object = make()?;
        self.keep(name, object.clone());
        Ok(object)
    }

    /// An allocation that is no platform object: see [`Realm::share`].
    pub(crate) fn allocate_shared<T: Trace + 'static>(
        object: T,
        interface: &'static Interface,
    ) -> (NonNull<Self>, NonNull<T>) {
        let allocation = Box::new(Allocation {
            header: Self {
                places: [ptr::null(); MAX_DEPTH],
                interface,
                kept: RefCell::default(),
                trace: trace_shared::<T>,
                free: free_shared::<T>,
            },
            object,
        });
        let pointer = NonNull::from(Box::leak(allocation));
        // SAFETY: just allocated, and not moved from here on.
        let place = unsafe { NonNull::from(&pointer.as_ref().object) };
        (pointer.cast(), place)
    }

    /// Where the value is that [`Header::allocate_shared`] allocated.
    ///
    /// # Safety
    /// `header` is the start of an allocation of a `T`, which is alive.
    pub(crate) const unsafe fn shared_place<T>(header: *mut Self) -> NonNull<T> {
        // SAFETY: as the caller says; a field of an allocation has an address.
        unsafe { NonNull::new_unchecked(&raw mut (*header.cast::<Allocation<T>>()).object) }
    }

    fn allocate<T: PlatformObject>(object: T) -> NonNull<Self> {
        let allocation = Box::new(Allocation {
            header: Self {
                places: [ptr::null(); MAX_DEPTH],
                interface: T::INTERFACE,
                kept: RefCell::default(),
                trace: trace::<T>,
                free: free::<T>,
            },
            object,
        });
        let pointer = Box::leak(allocation);
        let start = ptr::from_ref(&pointer.object).addr();
        let mut views =
            Views { places: [ptr::null(); MAX_DEPTH], depth: 0, range: (start, start + size_of::<T>()) };
        pointer.object.views(&mut views);
        assert!(
            views.depth == usize::from(T::INTERFACE.depth) + 1,
            "an object is viewed as each ancestor and itself"
        );
        pointer.header.places = views.places;
        NonNull::from(pointer).cast()
    }
}

unsafe fn trace<T: PlatformObject>(header: *const Header, tracer: &mut Tracer) {
    // SAFETY: `header` is the start of an `Allocation<T>`: this function was stored there with that type.
    unsafe { (*header.cast::<Allocation<T>>()).object.trace(tracer) };
    // SAFETY: as above.
    if let Ok(kept) = unsafe { &*header }.kept.try_borrow() {
        kept.iter().for_each(|(_, object)| tracer.edge(object.as_value()));
    }
}

unsafe fn free<T: PlatformObject>(header: *mut Header) {
    // SAFETY: as `trace`; called once, by the finalizer.
    let allocation = unsafe { Box::from_raw(header.cast::<Allocation<T>>()) };
    allocation.object.reflector().object.set(ptr::null_mut());
    drop(allocation);
}

unsafe fn trace_shared<T: Trace>(header: *const Header, tracer: &mut Tracer) {
    // SAFETY: `header` is the start of an `Allocation<T>`: this function was stored there with that type.
    unsafe { (*header.cast::<Allocation<T>>()).object.trace(tracer) };
}

unsafe fn free_shared<T>(header: *mut Header) {
    // SAFETY: as `trace_shared`; called once, by the finalizer.
    drop(unsafe { Box::from_raw(header.cast::<Allocation<T>>()) });
}

/// `gc_mark` of every platform class.
pub(crate) unsafe extern "C" fn gc_mark(rt: *mut q::JSRuntime, object: q::JSValue, mark: q::JS_MarkFunc) {
    let mut class_id = 0;
    // SAFETY: called by the collector with a live object of a platform class, whose opaque is null until set.
    unsafe {
        let header = q::JS_GetAnyOpaque(object, &raw mut class_id).cast::<Header>();
        if !header.is_null() {
            ((*header).trace)(header, &mut Tracer::new(rt, mark));
        }
    }
}

/// Finalizer of every platform class.
pub(crate) unsafe extern "C" fn finalize(_rt: *mut q::JSRuntime, object: q::JSValue) {
    let mut class_id = 0;
    // SAFETY: called once, when the object of a platform class dies; its opaque is null if wrapping failed.
    unsafe {
        let header = q::JS_GetAnyOpaque(object, &raw mut class_id).cast::<Header>();
        if !header.is_null() {
            let free = (*header).free;
            // A destructor that panics must not unwind into the engine.
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| free(header))).is_err() {
                tracing::error!("the destructor of a platform object panicked");
            }
        }
    }
}

/// The `T` that an engine object is, if it is one itself: neither a global object nor a window's proxy.
#[inline]
pub(crate) fn own_object<T: PlatformObject>(object: &q::JSValue) -> Option<&T> {
    let mut class_id = 0;
    // SAFETY: for anything but an object this gives null and class 0.
    let opaque = unsafe { q::JS_GetAnyOpaque(*object, &raw mut class_id) };
    if class_id < state::class_base() || opaque.is_null() {
        return None;
    }
    // SAFETY: an object of a platform class has a header, which lives as long as it does.
    unsafe { &*opaque.cast::<Header>() }.view::<T>()
}

/// The platform object behind an engine object, globals included.
pub(crate) fn header_of(object: q::JSValue) -> Option<NonNull<Header>> {
    let mut class_id = 0;
    // SAFETY: for anything but an object this gives null and class 0.
    let opaque = unsafe { q::JS_GetAnyOpaque(object, &raw mut class_id) };
    if class_id >= state::class_base() {
        return NonNull::new(opaque.cast());
    }
    if class_id == PLAIN_OBJECT {
        // SAFETY: an object's value holds a pointer.
        let address = unsafe { q::JS_VALUE_GET_PTR(object) };
        let shared = state::shared();
        return shared.globals.borrow().get(&address).and_then(|global| NonNull::new(global.header));
    }
    if class_id == state::proxy_classes().window {
        let global = crate::window_proxy::global_behind(object)?;
        return header_of(global.raw());
    }
    None
}

/// The engine's class of ordinary objects, which global objects are.
pub(crate) const PLAIN_OBJECT: q::JSClassID = 1;

impl Object {
    /// The interface that it implements, if it is a platform object.
    #[must_use]
    pub fn interface(&self) -> Option<&'static Interface> {
        interface_of(self)
    }
}

/// The interface of a platform object.
fn interface_of(object: &Object) -> Option<&'static Interface> {
    // SAFETY: the header lives as long as its object, which `object` holds.
    header_of(object.raw()).map(|header| unsafe { header.as_ref() }.interface())
}

/// Whether an object is a [legacy platform object](https://webidl.spec.whatwg.org/#js-legacy-platform-objects), a [named
/// properties object](https://webidl.spec.whatwg.org/#named-properties-object) or a window's proxy.
pub(crate) fn is_always_extensible(object: &Object) -> bool {
    if crate::window_proxy::is_proxy(object.raw()) {
        return true;
    }
    interface_of(object).is_some_and(|interface| {
        interface.index == NAMED_PROPERTIES.index || (interface.legacy().is_some() && !interface.is_global)
    })
}

/// Whether a platform object has `[[ErrorData]]`: whether it is a DOMException.
pub(crate) fn is_error(object: &Object) -> bool {
    let mut interface = interface_of(object);
    while let Some(current) = interface {
        if current.inherits_error {
            return true;
        }
        interface = current.parent;
    }
    false
}

impl Realm {
    /// Makes a struct an object of this realm.
    pub fn wrap<T: PlatformObject>(&self, object: T) -> Fallible<Root<T>> {
        let prototype = self.prototype_of(T::INTERFACE)?;
        self.wrap_with(object, &prototype)
    }

    /// [`Realm::wrap`] with another prototype, as `new` of a subclass wants it.
    pub(crate) fn wrap_with<T: PlatformObject>(&self, object: T, prototype: &Object) -> Fallible<Root<T>> {
        self.wrap_raw(object, prototype.as_value())
    }

    /// [`Realm::wrap`] with a prototype that may be null.
    pub(crate) fn wrap_raw<T: PlatformObject>(&self, object: T, prototype: &Value) -> Fallible<Root<T>> {
        let class_id = state::class_of(T::INTERFACE);
        // SAFETY: context and prototype are alive; the class was registered with the runtime.
        let value = self.own(unsafe { q::JS_NewObjectProtoClass(self.raw(), prototype.raw(), class_id) })?;
        let header = Header::allocate(object);
        // SAFETY: the object was just made, is of a platform class, and owns the allocation from here on.
        unsafe { q::JS_SetOpaque(value.raw(), header.as_ptr().cast()) };
        let root: Root<T> = self.bind(header, value);
        if T::INTERFACE.has_unforgeable() {
            crate::glue::install_unforgeable(self, &root.to_object(), T::INTERFACE)?;
        }
        Ok(root)
    }

    /// Makes a struct the platform object behind this realm's global object.
    pub fn wrap_global<T: PlatformObject>(&self, object: T) -> Fallible<Root<T>> {
        let global = self.global();
        let prototype = self.prototype_of(T::INTERFACE)?;
        // SAFETY: context, global and prototype are alive.
        let status = unsafe { q::JS_SetPrototype(self.raw(), global.raw(), prototype.raw()) };
        crate::object::check(self, status)?;
        let header = Header::allocate(object);
        let entry = Global { header: header.as_ptr(), ctx: self.raw(), proxy: None };
        state::shared().globals.borrow_mut().insert(global.address(), entry);
        let root: Root<T> = self.bind(header, global.into_value());
        self.with_data(|data| data.global.set(header.as_ptr()));
        crate::glue::install_global(self, T::INTERFACE)?;
        if self.options().exposure.intersects(crate::glue::Exposure::WINDOW) {
            crate::glue::install_named_properties(self, T::INTERFACE)?;
        }
        self.make_prototypes_immutable(&root.to_object())?;
        Ok(root)
    }

    /// From now on the global object, and its prototypes up to that of all objects, keep their prototypes.
    fn make_prototypes_immutable(&self, global: &Object) -> Fallible<()> {
        let mut chain = vec![global.clone()];
        let mut next = global.prototype(self)?;
        while let Some(object) = next {
            next = object.prototype(self)?;
            if next.is_some() {
                chain.push(object);
            }
        }
        self.with_data(|data| data.immutable.replace(chain));
        Ok(())
    }

    fn bind<T: PlatformObject>(&self, header: NonNull<Header>, value: Value) -> Root<T> {
        // SAFETY: the allocation was just made for a `T`.
        let place = NonNull::from(unsafe { &header.cast::<Allocation<T>>().as_ref().object });
        // SAFETY: as above.
        let reflector = unsafe { place.as_ref() }.reflector();
        // SAFETY: the value is an object.
        reflector.object.set(unsafe { q::JS_VALUE_GET_PTR(value.raw()) });
        reflector.realm.set(self.raw());
        Root::from_parts(value, place)
    }

    /// The [relevant realm](https://html.spec.whatwg.org/multipage/webappapis.html#concept-relevant-realm) of a platform object:
    /// the one that it was made in. `self`, if that has ended or the struct is not wrapped.
    #[must_use]
    pub fn of<'r, T: PlatformObject>(&'r self, object: &'r T) -> &'r Self {
        let realm = &object.reflector().realm;
        let ctx = realm.get();
        if ctx == self.raw() || !state::is_alive(ctx) {
            return self;
        }
        // SAFETY: the context is alive, as the table holds it; the place is set once, before anybody can ask for it.
        unsafe { Self::borrow(&*realm.as_ptr()) }
    }

    /// The platform object behind this realm's global object, if it is a `T`.
    #[must_use]
    pub fn global_as<T: PlatformObject>(&self) -> Option<Root<T>> {
        Root::from_value(self.global().as_value())
    }
}

/// Frees what stands behind a global object, when its runtime ends.
pub(crate) fn free_global(header: *mut Header) {
    // SAFETY: taken out of the table of globals, so this happens once.
    unsafe { ((*header).free)(header) };
}

/// The header behind `this` for a member of `interface`: an object's own, or the realm's global for nullish `this`.
pub(crate) fn this_header(realm: &Realm, this: q::JSValue) -> Option<NonNull<Header>> {
    if Value::view_one(&this).is_nullish() {
        return realm.with_data(|data| NonNull::new(data.global.get())).flatten();
    }
    header_of(this)
}

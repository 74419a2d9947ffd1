//! [`DOMException`](https://webidl.spec.whatwg.org/#idl-DOMException).

use bgfetch_js::{
    DomExceptionInit, DomString, Fallible, Object, PlatformObject, Realm, Reflector, Root, Value,
    platform_object, trace_fields,
};

use crate::bindings::DOMExceptionMethods;
use crate::dom::QuotaExceededError;

/// `DOMException`.
pub(crate) struct DOMException {
    reflector: Reflector,
    name: DomString,
    message: DomString,
}

trace_fields!(DOMException {});
platform_object!(DOMException);

/// The [legacy codes](https://webidl.spec.whatwg.org/#dfn-error-names-table): every other name has the code 0.
const CODES: &[(&str, u16)] = &[
    ("IndexSizeError", 1),
    ("HierarchyRequestError", 3),
    ("WrongDocumentError", 4),
    ("InvalidCharacterError", 5),
    ("NoModificationAllowedError", 7),
    ("NotFoundError", 8),
    ("NotSupportedError", 9),
    ("InUseAttributeError", 10),
    ("InvalidStateError", 11),
    ("SyntaxError", 12),
    ("InvalidModificationError", 13),
    ("NamespaceError", 14),
    ("InvalidAccessError", 15),
    ("TypeMismatchError", 17),
    ("SecurityError", 18),
    ("NetworkError", 19),
    ("AbortError", 20),
    ("URLMismatchError", 21),
    ("QuotaExceededError", 22),
    ("TimeoutError", 23),
    ("InvalidNodeTypeError", 24),
    ("DataCloneError", 25),
];

impl DOMException {
    /// For interfaces that inherit, and for [`make`].
    pub(crate) fn new_inherited(name: DomString, message: DomString) -> Self {
        Self { reflector: Reflector::new(), name, message }
    }

    /// Its name and message, as structured cloning keeps them.
    pub(crate) fn parts(&self) -> (&DomString, &DomString) {
        (&self.name, &self.message)
    }
}

/// Makes the object for an exception that the platform throws.
pub(crate) fn make(realm: &Realm, init: &DomExceptionInit) -> Fallible<Value> {
    let base = DOMException::new_inherited(init.name.into(), init.message.as_str().into());
    if let Some((quota, requested)) = init.quota {
        let error = realm.wrap(QuotaExceededError::with(base, quota, requested))?;
        add_stack(realm, &error)?;
        return Ok(error.as_value().clone());
    }
    let exception = realm.wrap(base)?;
    add_stack(realm, &exception)?;
    Ok(exception.as_value().clone())
}

/// Makes the copy of an exception that was cloned.
pub(crate) fn restore(realm: &Realm, name: DomString, message: DomString) -> Fallible<Object> {
    let exception = realm.wrap(DOMException::new_inherited(name, message))?;
    add_stack(realm, &exception)?;
    Ok(exception.to_object())
}

/// Gives an exception the `stack` that errors of the language have.
pub(super) fn add_stack<T: PlatformObject>(realm: &Realm, exception: &Root<T>) -> Fallible<()> {
    let stack = realm.new_error("Error")?.get(realm, "stack")?;
    exception.to_object().define_hidden(realm, "stack", &stack)
}

impl DOMExceptionMethods for DOMException {
    fn constructor(_: &Realm, message: DomString, name: DomString) -> Fallible<Self> {
        Ok(Self::new_inherited(name, message))
    }

    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        add_stack(realm, this)
    }

    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.name.clone())
    }

    fn message(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.message.clone())
    }

    fn code(&self, _: &Realm) -> Fallible<u16> {
        Ok(CODES.iter().find(|(name, _)| self.name == *name).map_or(0, |(_, code)| *code))
    }
}

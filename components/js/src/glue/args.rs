//! Arguments of a call.

use std::ffi::c_int;

use rquickjs_sys as q;

use crate::list::List;
use crate::{Exception, Fallible, Realm, Value};

/// The arguments of a call, as many as there are.
#[derive(Clone, Copy)]
pub struct Args<'a>(&'a [Value]);

struct Shared(Value);
// SAFETY: `undefined` is a constant without a reference to anything.
unsafe impl Sync for Shared {}
static UNDEFINED: Shared = Shared(Value::UNDEFINED);

impl<'a> Args<'a> {
    /// # Safety
    /// `argv` points to `argc` values that live as long as the call.
    pub(crate) unsafe fn new(argc: c_int, argv: *mut q::JSValue) -> Self {
        let count = usize::try_from(argc).unwrap_or(0);
        if count == 0 || argv.is_null() {
            return Self(&[]);
        }
        // SAFETY: as the caller promises.
        Self(Value::view(unsafe { std::slice::from_raw_parts(argv, count) }))
    }

    /// How many arguments were passed.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no argument was passed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// An argument; `undefined` if it was not passed.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> &'a Value {
        self.0.get(index).unwrap_or(&UNDEFINED.0)
    }

    /// The arguments from `index` on.
    #[inline]
    #[must_use]
    pub fn rest(&self, index: usize) -> &'a [Value] {
        self.0.get(index..).unwrap_or(&[])
    }
}

impl Args<'_> {
    /// Converts a required argument.
    #[inline]
    pub fn required<T>(
        &self,
        realm: &Realm,
        index: usize,
        name: &'static str,
        convert: impl FnOnce(&Realm, &Value) -> Fallible<T>,
    ) -> Fallible<T> {
        match convert(realm, self.get(index)) {
            Ok(value) => Ok(value),
            Err(exception) => Err(exception.located(name)),
        }
    }

    /// Converts an optional argument; none if it is missing or `undefined`.
    #[inline]
    pub fn optional<T>(
        &self,
        realm: &Realm,
        index: usize,
        name: &'static str,
        convert: impl FnOnce(&Realm, &Value) -> Fallible<T>,
    ) -> Fallible<Option<T>> {
        let value = self.get(index);
        if value.is_undefined() {
            return Ok(None);
        }
        match convert(realm, value) {
            Ok(value) => Ok(Some(value)),
            Err(exception) => Err(exception.located(name)),
        }
    }

    /// Converts an optional argument that has a default value.
    #[inline]
    pub fn or<T>(
        &self,
        realm: &Realm,
        index: usize,
        name: &'static str,
        convert: impl FnOnce(&Realm, &Value) -> Fallible<T>,
        default: impl FnOnce() -> T,
    ) -> Fallible<T> {
        let value = self.get(index);
        if value.is_undefined() {
            return Ok(default());
        }
        match convert(realm, value) {
            Ok(value) => Ok(value),
            Err(exception) => Err(exception.located(name)),
        }
    }

    /// Converts the arguments of a variadic operation, from `index` on.
    pub fn variadic<T>(
        &self,
        realm: &Realm,
        index: usize,
        name: &'static str,
        convert: impl Fn(&Realm, &Value) -> Fallible<T>,
    ) -> Fallible<Vec<T>> {
        let mut values = List::new();
        for value in self.rest(index) {
            values.push(realm, convert(realm, value).map_err(in_argument(name))?)?;
        }
        Ok(values.into_vec())
    }
}

/// A `TypeError` unless at least `required` arguments were passed.
#[inline]
pub fn at_least(args: &Args<'_>, required: usize) -> Fallible<()> {
    if args.len() >= required { Ok(()) } else { Err(too_few(args, required)) }
}

#[cold]
fn too_few(args: &Args<'_>, required: usize) -> Exception {
    let plural = if required == 1 { "" } else { "s" };
    let message = format!("at least {required} argument{plural} required, but only {} passed", args.len());
    Exception::type_error(message)
}

/// Says in which argument a conversion failed: for use with `map_err`. Exceptions of script stay as they are.
pub fn in_argument(name: &'static str) -> impl FnOnce(Exception) -> Exception {
    move |exception| exception.located(name)
}

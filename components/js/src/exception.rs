//! Things that were thrown, or will be.

use std::fmt;

use rquickjs_sys as q;

use crate::{DomString, Object, ObjectKind, Realm, Value, state};

/// What a fallible operation of the web platform gives.
pub type Fallible<T> = Result<T, Exception>;

/// An exception: one that script threw, or one that is created in the realm where it is thrown.
///
/// A pointer, so that a [`Fallible`] is hardly larger than what it gives when nothing is thrown.
#[derive(Clone, Debug)]
pub struct Exception(Box<Thrown>);

/// What an exception is.
#[derive(Clone, Debug)]
enum Thrown {
    /// A value that script threw.
    Js(Value),
    /// A `TypeError`.
    Type(String),
    /// A `RangeError`.
    Range(String),
    /// A [`DOMException`](https://webidl.spec.whatwg.org/#idl-DOMException), or one of its subclasses.
    Dom(DomExceptionInit),
}

/// What a DOMException is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct DomExceptionInit {
    /// Its [error name](https://webidl.spec.whatwg.org/#idl-DOMException-error-names), such as `NotFoundError`.
    pub name: &'static str,
    /// Its message.
    pub message: String,
    /// `QuotaExceededError`: `quota` and `requested`.
    pub quota: Option<(Option<f64>, Option<f64>)>,
}

/// Where an error says it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorLocation {
    /// Message without the error's name.
    pub message: String,
    /// File or URL; empty if not known.
    pub file: String,
    /// Line from 1; 0 if not known.
    pub line: u32,
    /// Column from 1; 0 if not known.
    pub column: u32,
    /// The whole stack, one call a line.
    pub stack: String,
}

impl Exception {
    /// A value that script threw.
    #[must_use]
    pub fn js(value: Value) -> Self {
        Self::of(Thrown::Js(value))
    }

    /// A `TypeError`.
    #[cold]
    pub fn type_error(message: impl Into<String>) -> Self {
        Self::of(Thrown::Type(message.into()))
    }

    /// A `RangeError`.
    #[cold]
    pub fn range_error(message: impl Into<String>) -> Self {
        Self::of(Thrown::Range(message.into()))
    }

    /// A DOMException of that name, such as `AbortError`.
    #[cold]
    pub fn dom(name: &'static str, message: impl Into<String>) -> Self {
        Self::of(Thrown::Dom(DomExceptionInit { name, message: message.into(), quota: None }))
    }

    /// A [`QuotaExceededError`](https://webidl.spec.whatwg.org/#quotaexceedederror).
    pub fn quota_exceeded(message: impl Into<String>, quota: Option<f64>, requested: Option<f64>) -> Self {
        Self::of(Thrown::Dom(DomExceptionInit {
            name: "QuotaExceededError",
            message: message.into(),
            quota: Some((quota, requested)),
        }))
    }

    #[cold]
    #[inline(never)]
    fn of(thrown: Thrown) -> Self {
        Self(Box::new(thrown))
    }

    /// The end of a script that ran too long or was stopped.
    pub(crate) fn termination(realm: &Realm) -> Self {
        let error = make(realm, q::JS_NewInternalError, "interrupted");
        // SAFETY: sets a flag of the error object, if it is one: without memory it may not be.
        unsafe { q::JS_SetUncatchableError(realm.raw(), error.raw()) };
        Self::js(error)
    }

    /// Whether it is the end of a script that ran too long or was stopped: nothing may catch it.
    #[must_use]
    pub fn is_termination(&self) -> bool {
        // SAFETY: reads a flag of the error object.
        matches!(&*self.0, Thrown::Js(value) if unsafe { q::JS_IsUncatchableError(value.raw()) })
    }

    /// The same, saying in which argument or member it was; exceptions of script stay as they are.
    #[cold]
    pub(crate) fn located(mut self, name: &str) -> Self {
        if let Thrown::Type(message) = &mut *self.0 {
            *message = format!("{name}: {message}");
        }
        self
    }

    /// The exception as a value of `realm`, creating it there if it is not one yet.
    pub fn to_value(&self, realm: &Realm) -> Value {
        match &*self.0 {
            Thrown::Js(value) => value.clone(),
            Thrown::Type(message) => make(realm, q::JS_NewTypeError, message),
            Thrown::Range(message) => make(realm, q::JS_NewRangeError, message),
            Thrown::Dom(init) => match state::shared().make_exception.get() {
                None => make(realm, q::JS_NewPlainError, &format!("{}: {}", init.name, init.message)),
                Some(factory) => factory(realm, init).unwrap_or_else(|error| match &*error.0 {
                    Thrown::Dom(_) => make(realm, q::JS_NewPlainError, &init.message),
                    _ => error.to_value(realm),
                }),
            },
        }
    }

    /// Makes it the engine's pending exception; natives return this to say that they threw.
    #[cold]
    pub(crate) fn throw(self, realm: &Realm) -> q::JSValue {
        let value = self.to_value(realm).into_raw();
        // SAFETY: the context is alive, and it takes over the reference.
        unsafe { q::JS_Throw(realm.raw(), value) }
    }

    /// Takes the engine's pending exception.
    #[cold]
    #[inline(never)]
    pub(crate) fn take(realm: &Realm) -> Self {
        // SAFETY: the context is alive; the reference is given to us.
        Self::js(Value::from_owned(unsafe { q::JS_GetException(realm.raw()) }))
    }

    /// Gives it away as a pointer.
    pub(crate) fn into_raw(self) -> *mut u8 {
        Box::into_raw(self.0).cast()
    }

    /// # Safety
    /// `raw` came from [`Exception::into_raw`], and is used once.
    pub(crate) unsafe fn from_raw(raw: *mut u8) -> Self {
        // SAFETY: as the caller says.
        Self(unsafe { Box::from_raw(raw.cast()) })
    }

    /// `Name: message`, as a console prints it.
    #[must_use]
    pub fn describe(&self, realm: &Realm) -> String {
        match &*self.0 {
            Thrown::Js(value) => value.describe(realm),
            Thrown::Type(message) => format!("TypeError: {message}"),
            Thrown::Range(message) => format!("RangeError: {message}"),
            Thrown::Dom(init) => format!("{}: {}", init.name, init.message),
        }
    }

    /// Message, file, line and column: those of an error object, or for any other value where script runs now.
    #[must_use]
    pub fn location(&self, realm: &Realm) -> ErrorLocation {
        let value = self.to_value(realm);
        let error = value.as_object().filter(|object| {
            // Of other objects nothing is read: a getter of the page would run.
            matches!(object.object_kind(), ObjectKind::Error | ObjectKind::Platform)
        });
        let Some(object) = error else {
            let here = Self::type_error("").to_value(realm).as_object();
            let stack = here.and_then(|here| text_property(realm, &here, "stack")).unwrap_or_default();
            let (file, line, column) = stack.lines().find_map(parse_frame).unwrap_or_default();
            return ErrorLocation {
                message: value.describe(realm),
                file,
                line,
                column,
                stack: String::new(),
            };
        };
        let message = text_property(realm, &object, "message").unwrap_or_default();
        let stack = text_property(realm, &object, "stack").unwrap_or_default();
        let (file, line, column) = stack.lines().find_map(parse_frame).unwrap_or_default();
        ErrorLocation { message, file, line, column, stack }
    }
}

fn text_property(realm: &Realm, object: &Object, name: &str) -> Option<String> {
    let value = object.get(realm, name).ok()?;
    (value.kind() == crate::ValueKind::String)
        .then(|| DomString::of(realm, &value).ok().map(DomString::into_string))?
}

/// Reads `    at name (file:line:column)` or `    at file:line:column`.
fn parse_frame(line: &str) -> Option<(String, u32, u32)> {
    let frame = line.trim().strip_prefix("at ")?;
    let place = match frame.rfind(" (") {
        Some(open) => frame.get(open + 2..)?.strip_suffix(')')?,
        None => frame.strip_prefix("<anonymous>").unwrap_or(frame).trim(),
    };
    // Neither built-in functions nor what this crate runs for itself is where a page's error is.
    if place == "native" || place.starts_with("<intrinsics>") {
        return None;
    }
    let (rest, column) = place.rsplit_once(':')?;
    let column = column.parse().ok()?;
    match rest.rsplit_once(':') {
        Some((file, line)) if line.parse::<u32>().is_ok() => {
            Some((file.to_owned(), line.parse().ok()?, column))
        }
        _ => Some((rest.to_owned(), column, 0)),
    }
}

type NewError = unsafe extern "C" fn(*mut q::JSContext, *const std::ffi::c_char, ...) -> q::JSValue;

fn make(realm: &Realm, new_error: NewError, message: &str) -> Value {
    // The engine's formatter cuts long messages: create the error, then give it its whole message.
    // SAFETY: the format is a constant without conversions; the context is alive.
    let error = Value::from_owned(unsafe { new_error(realm.raw(), c"".as_ptr()) });
    if let (Some(object), Ok(text)) = (error.as_object(), Value::string(realm, message)) {
        // An error just made is extensible and ordinary: defining a property on it only fails without memory.
        drop(object.define(realm, "message", &text, crate::object::HIDDEN));
    }
    error
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Thrown::Js(_) => f.write_str("a script threw"),
            Thrown::Type(message) | Thrown::Range(message) => f.write_str(message),
            Thrown::Dom(init) => write!(f, "{}: {}", init.name, init.message),
        }
    }
}

impl std::error::Error for Exception {}

#[cfg(test)]
mod tests {
    use super::parse_frame;

    #[test]
    fn frames_tell_file_line_and_column() {
        assert_eq!(
            parse_frame("    at f (https://a.test/x.js:3:14)"),
            Some(("https://a.test/x.js".into(), 3, 14))
        );
        assert_eq!(
            parse_frame("    at https://a.test/x.js:3:14"),
            Some(("https://a.test/x.js".into(), 3, 14))
        );
        assert_eq!(parse_frame("    at map (native)"), None);
    }
}

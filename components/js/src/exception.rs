//! Things that were thrown, or will be.

use std::fmt;

use rquickjs_sys as q;

use crate::{DomString, Object, ObjectKind, Realm, Value, state};

/// What a fallible operation of the web platform gives.
pub type Fallible<T> = Result<T, Exception>;

/// An exception: one that script threw, or one that is created in the realm where it is thrown.
#[derive(Clone, Debug)]
pub enum Exception {
    /// A value that script threw.
    Js(Value),
    /// A `TypeError`.
    Type(String),
    /// A `RangeError`.
    Range(String),
    /// A `SyntaxError` of the language (not the DOMException of that name).
    Syntax(String),
    /// A [`DOMException`](https://webidl.spec.whatwg.org/#idl-DOMException), or one of its subclasses.
    Dom(Box<DomExceptionInit>),
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
    /// A `TypeError`.
    pub fn type_error(message: impl Into<String>) -> Self {
        Self::Type(message.into())
    }

    /// A `RangeError`.
    pub fn range_error(message: impl Into<String>) -> Self {
        Self::Range(message.into())
    }

    /// A DOMException of that name, such as `AbortError`.
    pub fn dom(name: &'static str, message: impl Into<String>) -> Self {
        Self::Dom(Box::new(DomExceptionInit { name, message: message.into(), quota: None }))
    }

    /// A [`QuotaExceededError`](https://webidl.spec.whatwg.org/#quotaexceedederror).
    pub fn quota_exceeded(message: impl Into<String>, quota: Option<f64>, requested: Option<f64>) -> Self {
        let init = DomExceptionInit {
            name: "QuotaExceededError",
            message: message.into(),
            quota: Some((quota, requested)),
        };
        Self::Dom(Box::new(init))
    }

    /// The end of a script that ran too long or was stopped.
    pub(crate) fn termination(realm: &Realm) -> Self {
        let error = make(realm, q::JS_NewInternalError, "interrupted");
        // SAFETY: sets a flag of the error object, if it is one: without memory it may not be.
        unsafe { q::JS_SetUncatchableError(realm.raw(), error.raw()) };
        Self::Js(error)
    }

    /// Whether it is the end of a script that ran too long or was stopped: nothing may catch it.
    #[must_use]
    pub fn is_termination(&self) -> bool {
        // SAFETY: reads a flag of the error object.
        matches!(self, Self::Js(value) if unsafe { q::JS_IsUncatchableError(value.raw()) })
    }

    /// The exception as a value of `realm`, creating it there if it is not one yet.
    pub fn to_value(&self, realm: &Realm) -> Value {
        match self {
            Self::Js(value) => value.clone(),
            Self::Type(message) => make(realm, q::JS_NewTypeError, message),
            Self::Range(message) => make(realm, q::JS_NewRangeError, message),
            Self::Syntax(message) => make(realm, q::JS_NewSyntaxError, message),
            Self::Dom(init) => match state::shared().make_exception.get() {
                None => make(realm, q::JS_NewPlainError, &format!("{}: {}", init.name, init.message)),
                Some(factory) => factory(realm, init).unwrap_or_else(|error| match error {
                    Self::Dom(_) => make(realm, q::JS_NewPlainError, &init.message),
                    other => other.to_value(realm),
                }),
            },
        }
    }

    /// Makes it the engine's pending exception; natives return this to say that they threw.
    pub(crate) fn throw(self, realm: &Realm) -> q::JSValue {
        let value = self.to_value(realm).into_raw();
        // SAFETY: the context is alive, and it takes over the reference.
        unsafe { q::JS_Throw(realm.raw(), value) }
    }

    /// Takes the engine's pending exception.
    pub(crate) fn take(realm: &Realm) -> Self {
        // SAFETY: the context is alive; the reference is given to us.
        Self::Js(Value::from_owned(unsafe { q::JS_GetException(realm.raw()) }))
    }

    /// `Name: message`, as a console prints it.
    #[must_use]
    pub fn describe(&self, realm: &Realm) -> String {
        match self {
            Self::Js(value) => value.describe(realm),
            Self::Type(message) => format!("TypeError: {message}"),
            Self::Range(message) => format!("RangeError: {message}"),
            Self::Syntax(message) => format!("SyntaxError: {message}"),
            Self::Dom(init) => format!("{}: {}", init.name, init.message),
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
            let here = Self::Type(String::new()).to_value(realm).as_object();
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
        match self {
            Self::Js(_) => f.write_str("a script threw"),
            Self::Type(message) | Self::Range(message) | Self::Syntax(message) => f.write_str(message),
            Self::Dom(init) => write!(f, "{}: {}", init.name, init.message),
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

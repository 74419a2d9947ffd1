//! What goes wrong: [`CompileError`, `LinkError` and
//! `RuntimeError`](https://webassembly.github.io/spec/js-api/#error-objects), and what the engine's errors become.

use std::fmt;

use wasmtime::{ThrownException, Trap};

use super::exception::{self, Thrown};
use super::store::Context;
use crate::{Exception, Fallible, Object, Realm, Value};

/// Intrinsics of a realm: see [`crate::intrinsics`].
pub(crate) const EXPRESSIONS: &[(&str, &str)] = &[(
    // [NativeError objects](https://tc39.es/ecma262/#sec-nativeerror-object-structure), by name.
    "newErrorClass",
    r"((Base, construct, create, define, setPrototype) => name => {
        const Class = { [name]: function (message) {
            const given = arguments.length > 1 ? [message, arguments[1]] : [message];
            return construct(Base, given, new.target === undefined ? Class : new.target);
        } }[name];
        setPrototype(Class, Base);
        const hidden = value => ({ __proto__: null, value, writable: true, enumerable: false, configurable: true });
        const prototype = create(Base.prototype, {
            __proto__: null, constructor: hidden(Class), name: hidden(name), message: hidden(''),
        });
        define(Class, 'prototype', { __proto__: null, value: prototype, writable: false, enumerable: false, configurable: false });
        return Class;
    })(Error, Reflect.construct, Object.create, Object.defineProperty, Object.setPrototypeOf)",
)];

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `CompileError`
    Compile,
    /// `LinkError`
    Link,
    /// `RuntimeError`
    Runtime,
}

impl ErrorKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Compile, Self::Link, Self::Runtime];

    /// The name of the constructor.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compile => "CompileError",
            Self::Link => "LinkError",
            Self::Runtime => "RuntimeError",
        }
    }

    /// The constructor of a realm.
    ///
    /// # Errors
    /// Only without memory.
    pub fn constructor(self, realm: &Realm) -> Fallible<Object> {
        realm.once(self.name(), |realm| {
            let name = Value::string(realm, self.name())?;
            realm.intrinsics().call_object(realm, "newErrorClass", &[name])
        })
    }

    /// An error of a realm.
    #[must_use]
    pub fn exception(self, realm: &Realm, message: &str) -> Exception {
        let made = self.constructor(realm).and_then(|constructor| {
            let message = Value::string(realm, message)?;
            let entry = crate::state::Entry::new();
            let made = constructor.construct(realm, &[message]);
            entry.end_quietly();
            made
        });
        made.map_or_else(|exception| exception, |error| Exception::js(error.into_value()))
    }
}

/// A script was stopped, or ran too long: nothing may catch it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped")
    }
}

impl std::error::Error for Stopped {}

/// Why WebAssembly did not return.
#[derive(Debug)]
pub(super) enum Failure {
    Thrown(Thrown),
    Trap(Trap),
    Stopped,
    /// What the engine says, such as why an import does not fit.
    Other(String),
}

impl Failure {
    pub(super) fn of(context: &mut Context<'_>, error: &wasmtime::Error) -> Self {
        if error.is::<ThrownException>() {
            return match context.take_pending_exception() {
                Some(exception) => match exception::taken(context, exception) {
                    Ok(thrown) => Self::Thrown(thrown),
                    Err(error) => Self::Other(format!("{error:#}")),
                },
                None => Self::Other("an exception was lost".into()),
            };
        }
        if error.is::<Stopped>() {
            return Self::Stopped;
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => Self::Stopped,
            Some(trap) => Self::Trap(*trap),
            None => Self::Other(format!("{error:#}")),
        }
    }

    /// What script gets. `other` is what an error without a kind of its own is.
    pub(super) fn into_exception(self, realm: &Realm, other: ErrorKind) -> Exception {
        match self {
            Self::Stopped => Exception::termination(realm),
            Self::Thrown(thrown) => thrown.into_exception(realm),
            // https://webassembly.github.io/spec/js-api/#stack-overflow
            Self::Trap(Trap::StackOverflow) => Exception::range_error("Maximum call stack size exceeded"),
            Self::Trap(trap) => {
                let text = trap.to_string();
                let text = text.strip_prefix("wasm trap: ").unwrap_or(&text);
                ErrorKind::Runtime.exception(realm, text)
            }
            Self::Other(message) => other.exception(realm, &message),
        }
    }
}

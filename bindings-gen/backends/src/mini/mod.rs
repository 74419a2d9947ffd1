//! The smallest core of an interpreter, as an engine that the compiler knows nothing of: values, objects whose members
//! are found by name, and exceptions that are texts.

pub mod dom;

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// Generated from `webidl/mini.idl` by the backend in `mini/backend.rs`.
pub mod bindings {
    include!(concat!(env!("OUT_DIR"), "/mini/mod.rs"));
}

/// What `new` does for an interface.
pub type Construct = fn(&Realm, &[Value]) -> Result<Value, Thrown>;

/// What a function does.
pub type Native = dyn Fn(&[Value]) -> Result<Value, Thrown>;

/// What methods are run in; this engine has nothing to tell of it.
#[derive(Debug, Default)]
pub struct Realm;

/// What is thrown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thrown(pub String);

/// A value.
#[derive(Clone)]
pub enum Value {
    /// Nothing.
    Undefined,
    /// No object.
    Null,
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// An object of the interpreter's own.
    Members(BTreeMap<String, Value>),
    /// An object that implements an interface.
    Object(Rc<dyn Scriptable>),
    /// A function.
    Function(Rc<Native>),
}

/// An object that implements an interface.
pub trait Scriptable: Any {
    /// The interface's name.
    fn interface(&self) -> &'static str;

    /// Gets an attribute.
    ///
    /// # Errors
    /// What the getter throws; that there is no such attribute.
    fn get(&self, realm: &Realm, name: &str) -> Result<Value, Thrown>;

    /// Sets an attribute.
    ///
    /// # Errors
    /// What the setter throws; that there is no such attribute, or it cannot be set.
    fn set(&self, realm: &Realm, name: &str, value: &Value) -> Result<(), Thrown>;

    /// Calls an operation.
    ///
    /// # Errors
    /// What it throws; that there is no such operation.
    fn call(&self, realm: &Realm, name: &str, args: &[Value]) -> Result<Value, Thrown>;
}

/// What a value converts to.
pub trait FromValue: Sized {
    /// Converts.
    ///
    /// # Errors
    /// That the value is of another type.
    fn from_value(realm: &Realm, value: &Value) -> Result<Self, Thrown>;
}

/// What becomes a value.
pub trait IntoValue {
    /// The value.
    fn into_value(self) -> Value;
}

impl Thrown {
    /// There is no member of that name.
    pub fn no_member(of: &str, name: &str) -> Thrown {
        Thrown(format!("{of} has no `{name}`"))
    }

    /// An argument is missing.
    pub fn missing(name: &str) -> Thrown {
        Thrown(format!("the argument `{name}` is missing"))
    }

    fn not_a(what: &str, value: &Value) -> Thrown {
        Thrown(format!("{value:?} is not a {what}"))
    }
}

impl Value {
    /// The members of an object; those of nothing are none.
    ///
    /// # Errors
    /// That it is no object.
    pub fn members(&self) -> Result<BTreeMap<String, Value>, Thrown> {
        match self {
            Value::Members(members) => Ok(members.clone()),
            Value::Undefined | Value::Null => Ok(BTreeMap::new()),
            other => Err(Thrown::not_a("dictionary", other)),
        }
    }

    /// Itself, if it can be called.
    ///
    /// # Errors
    /// That it cannot.
    pub fn callable(&self) -> Result<Value, Thrown> {
        match self {
            Value::Function(_) => Ok(self.clone()),
            other => Err(Thrown::not_a("function", other)),
        }
    }

    /// Calls it.
    ///
    /// # Errors
    /// What it throws; that it is no function.
    pub fn invoke(&self, args: &[Value]) -> Result<Value, Thrown> {
        match self {
            Value::Function(function) => function(args),
            other => Err(Thrown::not_a("function", other)),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Undefined => f.write_str("undefined"),
            Value::Null => f.write_str("null"),
            Value::Number(number) => number.fmt(f),
            Value::Text(text) => text.fmt(f),
            Value::Members(members) => members.fmt(f),
            Value::Object(object) => f.write_str(object.interface()),
            Value::Function(_) => f.write_str("a function"),
        }
    }
}

impl FromValue for i32 {
    fn from_value(_: &Realm, value: &Value) -> Result<i32, Thrown> {
        match value {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a number that is too large becomes the largest"
            )]
            Value::Number(number) => Ok(*number as i32),
            other => Err(Thrown::not_a("number", other)),
        }
    }
}

impl IntoValue for i32 {
    fn into_value(self) -> Value {
        Value::Number(f64::from(self))
    }
}

impl FromValue for String {
    fn from_value(_: &Realm, value: &Value) -> Result<String, Thrown> {
        match value {
            Value::Text(text) => Ok(text.clone()),
            other => Err(Thrown::not_a("text", other)),
        }
    }
}

impl FromValue for () {
    fn from_value(_: &Realm, _: &Value) -> Result<(), Thrown> {
        Ok(())
    }
}

impl IntoValue for () {
    fn into_value(self) -> Value {
        Value::Undefined
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
}

impl<T: Scriptable> IntoValue for Rc<T> {
    fn into_value(self) -> Value {
        Value::Object(self)
    }
}

//! Intrinsics captured before any script of a page could patch them.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::{Callback, Exception, Fallible, Object, ObjectKind, Realm, Value};

/// What a fresh realm has.
#[derive(Default)]
pub(crate) struct Intrinsics {
    /// Functions and other objects, by name.
    table: RefCell<HashMap<&'static str, Object>>,
    arrays: RefCell<Option<ArrayIteration>>,
}

/// How arrays are iterated over, unless a page has patched it.
struct ArrayIteration {
    /// `Array.prototype.values`
    values: Object,
    /// `%ArrayIteratorPrototype%`
    prototype: Object,
    /// Its `next`
    next: Object,
}

/// An expression each, evaluated once in the fresh realm.
const EXPRESSIONS: &[(&str, &str)] = &[
    (
        "mapEntries",
        "(f => m => { const out = []; f(m, (v, k) => out.push(k, v)); return out })(Function.prototype.call.bind(Map.prototype.forEach))",
    ),
    (
        "setValues",
        "(f => s => { const out = []; f(s, v => out.push(v)); return out })(Function.prototype.call.bind(Set.prototype.forEach))",
    ),
    (
        "newMap",
        "((M, set) => e => { const m = new M; for (let i = 0; i < e.length; i += 2) set(m, e[i], e[i + 1]); return m })(Map, Function.prototype.call.bind(Map.prototype.set))",
    ),
    (
        "newSet",
        "((S, add) => e => { const s = new S; for (let i = 0; i < e.length; i++) add(s, e[i]); return s })(Set, Function.prototype.call.bind(Set.prototype.add))",
    ),
    ("mapSet", "Function.prototype.call.bind(Map.prototype.set)"),
    ("setAdd", "Function.prototype.call.bind(Set.prototype.add)"),
    ("mapGet", "Function.prototype.call.bind(Map.prototype.get)"),
    ("mapHas", "Function.prototype.call.bind(Map.prototype.has)"),
    ("mapDelete", "Function.prototype.call.bind(Map.prototype.delete)"),
    ("mapClear", "Function.prototype.call.bind(Map.prototype.clear)"),
    ("mapSize", "Function.prototype.call.bind(Object.getOwnPropertyDescriptor(Map.prototype, 'size').get)"),
    ("mapIterator", "Function.prototype.call.bind(Map.prototype.entries)"),
    ("mapKeys", "Function.prototype.call.bind(Map.prototype.keys)"),
    ("mapValues", "Function.prototype.call.bind(Map.prototype.values)"),
    (
        "mapForEach",
        "((f, call) => (m, callback, this_, o) => f(m, (v, k) => call(callback, this_, v, k, o)))(Function.prototype.call.bind(Map.prototype.forEach), Function.prototype.call.bind(Function.prototype.call))",
    ),
    ("setHas", "Function.prototype.call.bind(Set.prototype.has)"),
    ("setDelete", "Function.prototype.call.bind(Set.prototype.delete)"),
    ("setClear", "Function.prototype.call.bind(Set.prototype.clear)"),
    ("setSize", "Function.prototype.call.bind(Object.getOwnPropertyDescriptor(Set.prototype, 'size').get)"),
    ("setEntries", "Function.prototype.call.bind(Set.prototype.entries)"),
    ("setIterator", "Function.prototype.call.bind(Set.prototype.values)"),
    (
        "setForEach",
        "((f, call) => (s, callback, this_, o) => f(s, v => call(callback, this_, v, v, o)))(Function.prototype.call.bind(Set.prototype.forEach), Function.prototype.call.bind(Function.prototype.call))",
    ),
    ("reflectGet", "Reflect.get"),
    ("importTyped", "(url, type) => import(url, { with: { type } })"),
    ("reflectHas", "Reflect.has"),
    ("reflectDelete", "Reflect.deleteProperty"),
    ("reflectDefine", "Reflect.defineProperty"),
    ("reflectDescriptor", "Reflect.getOwnPropertyDescriptor"),
    ("reflectKeys", "Reflect.ownKeys"),
    ("dateValue", "Function.prototype.call.bind(Date.prototype.getTime)"),
    ("newDate", "(D => v => new D(v))(Date)"),
    ("valueOfNumber", "Function.prototype.call.bind(Number.prototype.valueOf)"),
    ("valueOfString", "Function.prototype.call.bind(String.prototype.valueOf)"),
    ("valueOfBoolean", "Function.prototype.call.bind(Boolean.prototype.valueOf)"),
    ("valueOfBigInt", "Function.prototype.call.bind(BigInt.prototype.valueOf)"),
    ("toObject", "(O => v => O(v))(Object)"),
    (
        "regExpParts",
        "((s, g) => r => [s(r), g(r)])(Function.prototype.call.bind(Object.getOwnPropertyDescriptor(RegExp.prototype, 'source').get), Function.prototype.call.bind(Object.getOwnPropertyDescriptor(RegExp.prototype, 'flags').get))",
    ),
    ("newRegExp", "(R => (s, f) => new R(s, f))(RegExp)"),
    (
        "newError",
        "(E => n => new (Object.hasOwn(E, n) ? E[n] : E.Error))({ Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, __proto__: null })",
    ),
    (
        "errorStack",
        "Function.prototype.call.bind((Object.getOwnPropertyDescriptor(Error.prototype, 'stack') ?? { get() {} }).get)",
    ),
    ("bigIntText", "Function.prototype.call.bind(BigInt.prototype.toString)"),
    ("bigIntOf", "(B => v => B(v))(BigInt)"),
    ("newArrayBuffer", "(B => n => new B(n))(ArrayBuffer)"),
    ("transferBuffer", "Function.prototype.call.bind(ArrayBuffer.prototype.transferToFixedLength)"),
    ("newDataView", "(D => (b, o, l) => new D(b, o, l))(DataView)"),
    (
        "dataView",
        "(d => v => [d[0](v), d[1](v), d[2](v)])(['buffer', 'byteOffset', 'byteLength'].map(n => Function.prototype.call.bind(Object.getOwnPropertyDescriptor(DataView.prototype, n).get)))",
    ),
    ("iteratorPrototype", "Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()))"),
    (
        "asyncIteratorPrototype",
        "Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype)",
    ),
    ("arrayValues", "Array.prototype.values"),
    ("arrayEntries", "Array.prototype.entries"),
    ("arrayKeys", "Array.prototype.keys"),
    ("arrayForEach", "Array.prototype.forEach"),
    ("symbolIterator", "({ v: Symbol.iterator })"),
    ("symbolAsyncIterator", "({ v: Symbol.asyncIterator })"),
    ("symbolToStringTag", "({ v: Symbol.toStringTag })"),
    ("symbolHasInstance", "({ v: Symbol.hasInstance })"),
    ("symbolIsConcatSpreadable", "({ v: Symbol.isConcatSpreadable })"),
    ("reflectSet", "Reflect.set"),
    // Of what `Reflect.set` does, what is left when the receiver is no object.
    (
        "setForNullish",
        "(({ getOwnPropertyDescriptor, getPrototypeOf }, call) => (o, k, v, receiver) => { for (; o !== null; o = getPrototypeOf(o)) { const d = getOwnPropertyDescriptor(o, k); if (d === undefined) continue; if (d.set === undefined) return false; call(d.set, receiver, v); return true } return false })(Reflect, Function.prototype.call.bind(Function.prototype.call))",
    ),
    ("symbolUnscopables", "({ v: Symbol.unscopables })"),
    ("errorPrototype", "Error.prototype"),
    ("objectPrototype", "Object.prototype"),
    ("booleanPrototype", "Boolean.prototype"),
    ("objectConstructor", "Object"),
    // Accessors that all call one getter and one setter, each with a string of its own.
    (
        "defineAccessors",
        r"((define, apply, descriptor) => (target, get, set, pairs) => {
            for (let i = 0; i < pairs.length; i += 2) {
                const given = pairs[i + 1];
                const accessors = {
                    get [pairs[i]]() { return apply(get, this, [given]) },
                    set [pairs[i]](value) { apply(set, this, [given, value]) },
                };
                const { get: getter, set: setter } = descriptor(accessors, pairs[i]);
                define(target, pairs[i], { __proto__: null, get: getter, set: setter, enumerable: true, configurable: true });
            }
        })(Object.defineProperty, Reflect.apply, Object.getOwnPropertyDescriptor)",
    ),
    // Stands for a function in `Object::associated_realm`: callable as it is, and without a `prototype`.
    ("realmProbe", "((P, handler) => f => new P(f, handler))(Proxy, { __proto__: null, get() {} })"),
    // The prototype that a constructor of its own would give an object for a `newTarget` whose `prototype` is no
    // object: that of the target's realm. The page sees nothing of it.
    (
        "fallbackPrototype",
        "((construct, B, P, handler, proto) => f => proto(construct(B, [], new P(f, handler))))(Reflect.construct, Boolean, Proxy, { __proto__: null, get() {} }, Object.getPrototypeOf)",
    ),
    (
        "isFixedLength",
        "(r => b => !r(b))(Function.prototype.call.bind(Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'resizable').get))",
    ),
    (
        "isFixedLengthShared",
        "(r => b => !r(b))(Function.prototype.call.bind(Object.getOwnPropertyDescriptor(SharedArrayBuffer.prototype, 'growable').get))",
    ),
    ("setPrototypeOf", "Object.setPrototypeOf"),
    ("reflectSetPrototypeOf", "Reflect.setPrototypeOf"),
    ("protoSetter", "Object.getOwnPropertyDescriptor(Object.prototype, '__proto__').set"),
    ("replaceProtoSetter", "set => Object.defineProperty(Object.prototype, '__proto__', { set })"),
    ("preventExtensions", "Object.preventExtensions"),
    ("seal", "Object.seal"),
    ("freeze", "Object.freeze"),
    ("reflectPreventExtensions", "Reflect.preventExtensions"),
    ("isError", "Error.isError"),
    // ToPrimitive with the hint "number": no operator of the language gives both its results and bigints.
    (
        "toPrimitive",
        r"(() => {
            const { toPrimitive } = Symbol, call = Function.prototype.call.bind(Function.prototype.call);
            const isObject = v => typeof v === 'object' ? v !== null : typeof v === 'function';
            const { TypeError } = globalThis;
            return v => {
                const exotic = v[toPrimitive];
                if (exotic !== undefined && exotic !== null) {
                    const result = call(exotic, v, 'number');
                    if (!isObject(result)) return result;
                } else {
                    for (let i = 0; i < 2; i++) {
                        const method = i ? v.toString : v.valueOf;
                        if (typeof method === 'function') {
                            const result = call(method, v);
                            if (!isObject(result)) return result;
                        }
                    }
                }
                throw new TypeError('the value cannot be converted to a primitive');
            };
        })()",
    ),
    ("frozen", "Object.freeze({ __proto__: null })"),
    ("functionPrototype", "Function.prototype"),
    ("arrayIteratorPrototype", "Object.getPrototypeOf([][Symbol.iterator]())"),
];

/// All of them.
fn expressions() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    EXPRESSIONS.iter().chain(crate::resizable::EXPRESSIONS).chain(crate::wasm::EXPRESSIONS)
}

impl Intrinsics {
    pub(crate) fn capture(realm: &Realm) -> Fallible<Self> {
        use std::fmt::Write as _;
        // One script for all: each evaluation has a cost of its own.
        let mut source = String::from("({");
        for (name, expression) in expressions() {
            // Writing to a string cannot fail.
            let _ = writeln!(source, "{name}: {expression},");
        }
        source.push_str("})");
        let all = realm.evaluate(&source, "<intrinsics>", 1, 0)?;
        let all = all.as_object().ok_or_else(|| Exception::type_error("intrinsics are an object"))?;
        let mut table = HashMap::new();
        for (name, _) in expressions() {
            let object = all.get(realm, name)?.as_object();
            table.insert(*name, object.ok_or_else(|| Exception::type_error(format!("no intrinsic {name}")))?);
        }
        let arrays = match (table.get("arrayValues"), table.get("arrayIteratorPrototype")) {
            (Some(values), Some(prototype)) => {
                let next = prototype.get(realm, "next")?.as_object();
                next.map(|next| ArrayIteration { values: values.clone(), prototype: prototype.clone(), next })
            }
            _ => None,
        };
        Ok(Self { table: RefCell::new(table), arrays: RefCell::new(arrays) })
    }

    pub(crate) fn clear(&self) {
        self.table.borrow_mut().clear();
        self.arrays.borrow_mut().take();
    }

    pub(crate) fn object(&self, name: &'static str) -> Fallible<Object> {
        let object = self.table.borrow().get(name).cloned();
        object.ok_or_else(|| {
            Exception::type_error(format!("the intrinsic {name} is gone: its realm has ended"))
        })
    }

    pub(crate) fn symbol(&self, realm: &Realm, name: &'static str) -> Fallible<Value> {
        self.object(name)?.get(realm, "v")
    }

    pub(crate) fn call(&self, realm: &Realm, name: &'static str, args: &[Value]) -> Fallible<Value> {
        let function = self.object(name)?;
        let entry = crate::state::Entry::new();
        let result = function.call(realm, &Value::UNDEFINED, args);
        // What the platform does for itself is no script of the page: no checkpoint follows.
        entry.end_quietly();
        result
    }

    pub(crate) fn call_object(&self, realm: &Realm, name: &'static str, args: &[Value]) -> Fallible<Object> {
        let value = self.call(realm, name, args)?;
        value.as_object().ok_or_else(|| Exception::type_error(format!("the intrinsic {name} gave no object")))
    }
}

impl Realm {
    /// Whether iterating over an object with a method would do nothing but count up to the length of an array: it is one,
    /// and neither the method nor the `next` of its iterators is anything but this realm's own.
    pub(crate) fn iterates_as_array(&self, object: &Object, method: &Callback) -> bool {
        let own = |arrays: &ArrayIteration| {
            arrays.values.is_same(method.as_object())
                && arrays.prototype.has_own_data(self, "next", arrays.next.as_value())
        };
        object.object_kind() == ObjectKind::Array
            && self
                .with_data(|data| {
                    data.intrinsics.get().is_some_and(|own_| own_.arrays.borrow().as_ref().is_some_and(own))
                })
                .unwrap_or(false)
    }
}

impl Object {
    pub(crate) fn delete_symbol_tag(&self, realm: &Realm) -> Fallible<()> {
        let tag = realm.intrinsics().symbol(realm, "symbolToStringTag")?;
        let atom = crate::object::Atom::of_value(realm, &tag)?;
        // SAFETY: context, object and atom are alive.
        let status = unsafe { rquickjs_sys::JS_DeleteProperty(realm.raw(), self.raw(), atom.0, 0) };
        crate::object::check(realm, status)
    }
}

/// Intrinsics for structured cloning and iteration: a page that patches its prototypes does not change them.
impl Realm {
    fn list(&self, name: &'static str, object: &Object) -> Fallible<Vec<Value>> {
        let array = self.intrinsics().call_object(self, name, &[object.as_value().clone()])?;
        let length = u32::try_from(array.length(self)?).unwrap_or(u32::MAX);
        (0..length).map(|index| array.get_index(self, index)).collect()
    }

    /// Keys and values of a map, alternating, in order.
    pub fn map_entries(&self, map: &Object) -> Fallible<Vec<Value>> {
        self.list("mapEntries", map)
    }

    /// Values of a set, in order.
    pub fn set_values(&self, set: &Object) -> Fallible<Vec<Value>> {
        self.list("setValues", set)
    }

    /// An empty map.
    pub fn new_map(&self) -> Fallible<Object> {
        let empty = Object::array(self, [])?;
        self.intrinsics().call_object(self, "newMap", &[empty.into_value()])
    }

    /// An empty set.
    pub fn new_set(&self) -> Fallible<Object> {
        let empty = Object::array(self, [])?;
        self.intrinsics().call_object(self, "newSet", &[empty.into_value()])
    }

    /// Sets an entry of a map.
    pub fn map_set(&self, map: &Object, key: &Value, value: &Value) -> Fallible<()> {
        self.intrinsics()
            .call(self, "mapSet", &[map.as_value().clone(), key.clone(), value.clone()])
            .map(drop)
    }

    /// Adds a value to a set.
    pub fn set_add(&self, set: &Object, value: &Value) -> Fallible<()> {
        self.intrinsics().call(self, "setAdd", &[set.as_value().clone(), value.clone()]).map(drop)
    }

    /// Milliseconds of a date; NaN for an invalid one.
    pub fn date_value(&self, date: &Object) -> Fallible<f64> {
        self.intrinsics().call(self, "dateValue", &[date.as_value().clone()])?.to_number(self)
    }

    /// A date.
    pub fn new_date(&self, milliseconds: f64) -> Fallible<Object> {
        self.intrinsics().call_object(self, "newDate", &[Value::number(milliseconds)])
    }

    /// The primitive in a `Number`, `String`, `Boolean` or `BigInt` object.
    pub fn unbox(&self, object: &Object) -> Fallible<Value> {
        use crate::ObjectKind;
        let name = match object.object_kind() {
            ObjectKind::NumberObject => "valueOfNumber",
            ObjectKind::StringObject => "valueOfString",
            ObjectKind::BooleanObject => "valueOfBoolean",
            ObjectKind::BigIntObject => "valueOfBigInt",
            _ => return Err(Exception::type_error("not an object of a primitive")),
        };
        self.intrinsics().call(self, name, &[object.as_value().clone()])
    }

    /// [ToObject](https://tc39.es/ecma262/#sec-toobject) of a primitive.
    pub fn to_object(&self, value: &Value) -> Fallible<Object> {
        self.intrinsics().call_object(self, "toObject", std::slice::from_ref(value))
    }

    /// Source and flags of a regular expression.
    pub fn regexp_parts(&self, regexp: &Object) -> Fallible<(Value, Value)> {
        let mut parts = self.list("regExpParts", regexp)?.into_iter();
        Ok((parts.next().unwrap_or_default(), parts.next().unwrap_or_default()))
    }

    /// A regular expression.
    pub fn new_regexp(&self, source: &Value, flags: &Value) -> Fallible<Object> {
        self.intrinsics().call_object(self, "newRegExp", &[source.clone(), flags.clone()])
    }

    /// An error object of one of the language's error types, such as `RangeError`; `Error` for any other name.
    pub fn new_error(&self, name: &str) -> Fallible<Object> {
        self.intrinsics().call_object(self, "newError", &[Value::string(self, name)?])
    }

    /// A bigint in decimal.
    pub fn bigint_to_text(&self, value: &Value) -> Fallible<String> {
        let text = self.intrinsics().call(self, "bigIntText", std::slice::from_ref(value))?;
        crate::DomString::of(self, &text).map(crate::DomString::into_string)
    }

    /// The bigint that a decimal text or number means.
    pub fn bigint_of(&self, value: &Value) -> Fallible<Value> {
        self.intrinsics().call(self, "bigIntOf", std::slice::from_ref(value))
    }

    /// Buffer, byte offset and byte length of a data view.
    pub fn data_view_parts(&self, view: &Object) -> Fallible<(Value, u64, u64)> {
        let parts = self.list("dataView", view)?;
        let [buffer, offset, length] =
            <[Value; 3]>::try_from(parts).map_err(|_| Exception::type_error("not a data view"))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths below 2^53")]
        let whole = |value: Value| value.as_number().unwrap_or(0.0) as u64;
        Ok((buffer, whole(offset), whole(length)))
    }

    /// Where an error was made: its own property `stack`, if that is a string, or what the engine keeps.
    pub fn error_stack(&self, error: &Object) -> Fallible<Option<crate::DomString>> {
        let key = crate::PropertyKey::String("stack".into());
        let stack = match error.own_data_property(self, &key)? {
            Some(own) => own,
            None => self.intrinsics().call(self, "errorStack", std::slice::from_ref(error.as_value()))?,
        };
        if stack.kind() != crate::ValueKind::String {
            return Ok(None);
        }
        crate::DomString::of(self, &stack).map(Some)
    }

    /// A data view.
    #[expect(clippy::cast_precision_loss, reason = "lengths below 2^53")]
    pub fn new_data_view(&self, buffer: &Value, offset: u64, length: u64) -> Fallible<Object> {
        let args = [buffer.clone(), Value::number(offset as f64), Value::number(length as f64)];
        self.intrinsics().call_object(self, "newDataView", &args)
    }
}

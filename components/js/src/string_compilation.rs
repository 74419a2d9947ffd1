//! [`HostEnsureCanCompileStrings`](https://tc39.es/ecma262/#sec-hostensurecancompilestrings), for which the engine has no hook:
//! a realm that may not compile strings gets an `eval()` and constructors of functions that only throw.

use crate::{DomString, Exception, Fallible, Object, Realm, Value};

/// Gives a function that puts them in place and gives one that takes them away again. What a page may have patched by
/// then is handed in: `define` is `Reflect.defineProperty`, `fail` makes an error by its name.
const SOURCE: &str = "((define, fail, check, global, prototypes) => {
    const put = (object, name, value, writable) =>
        define(object, name, { __proto__: null, value, writable, enumerable: false, configurable: true });
    const refuse = source => {
        check(source);
        const error = fail('EvalError');
        put(error, 'message', 'the Content Security Policy of this page forbids to compile a string', true);
        throw error;
    };
    const restores = [];
    const replace = (object, name, value, writable) => {
        const before = object[name];
        put(object, name, value, writable);
        restores[restores.length] = () => { if (object[name] === value) put(object, name, before, writable) };
    };
    const evaluate = (0, x => typeof x === 'string' ? refuse(x) : x);
    put(evaluate, 'name', 'eval', false);
    replace(global, 'eval', evaluate, true);
    const keywords = ['function', 'async function', 'function*', 'async function*'];
    const names = ['Function', 'AsyncFunction', 'GeneratorFunction', 'AsyncGeneratorFunction'];
    for (let kind = 0; kind < 4; kind++) {
        const prototype = prototypes[kind];
        const constructor = function () {
            let parameters = '', body = '';
            for (let i = 0; i < arguments.length; i++) {
                const text = `${arguments[i]}`;
                if (i === arguments.length - 1) body = text;
                else parameters += i ? `,${text}` : text;
            }
            refuse(`${keywords[kind]} anonymous(${parameters}\\n) {\\n${body}\\n}`);
        };
        put(constructor, 'name', names[kind], false);
        put(constructor, 'length', 1, false);
        define(constructor, 'prototype', { __proto__: null, value: prototype, writable: false });
        replace(prototype, 'constructor', constructor, kind === 0);
        if (kind === 0) replace(global, 'Function', constructor, true);
    }
    return () => { for (let i = 0; i < restores.length; i++) restores[i]() };
})";

/// One of each kind, for their prototypes.
const KINDS: &str = "[function () {}, async function () {}, function* () {}, async function* () {}]";

const RESTORE: &str = "stringCompilation";

impl Realm {
    /// From now on `eval()` of a string and the constructors of functions throw an `EvalError`, after `refused` was told
    /// the source. Does nothing if they do already.
    ///
    /// # Errors
    /// Only without memory.
    pub fn forbid_string_compilation(&self, refused: impl Fn(&Self, &str) + 'static) -> Fallible<()> {
        self.once(RESTORE, |realm| install(realm, refused)).map(drop)
    }

    /// Undoes [`Realm::forbid_string_compilation`], for a realm that another document takes over.
    ///
    /// # Errors
    /// Only without memory.
    pub fn allow_string_compilation(&self) -> Fallible<()> {
        match self.take_once(RESTORE) {
            Some(restore) => restore.call(self, &Value::UNDEFINED, &[]).map(drop),
            None => Ok(()),
        }
    }
}

/// Gives the function that undoes it.
fn install(realm: &Realm, refused: impl Fn(&Realm, &str) + 'static) -> Fallible<Object> {
    let check = realm.function("", 1, move |realm, _, args| {
        refused(realm, &DomString::of(realm, args.get(0))?);
        Ok(Value::UNDEFINED)
    })?;
    let kinds = object(&realm.evaluate(KINDS, "<intrinsics>", 1, 0)?)?;
    let mut prototypes = Vec::new();
    for index in 0..4 {
        let prototype = object(&kinds.get_index(realm, index)?)?.prototype(realm)?;
        prototypes.push(prototype.ok_or_else(gone)?.into_value());
    }
    let intrinsics = realm.intrinsics();
    let install = object(&realm.evaluate(SOURCE, "<intrinsics>", 1, 0)?)?;
    let arguments = [
        intrinsics.object("reflectDefine")?.into_value(),
        intrinsics.object("newError")?.into_value(),
        check.as_object().as_value().clone(),
        realm.global().into_value(),
        Object::array(realm, prototypes)?.into_value(),
    ];
    object(&install.call(realm, &Value::UNDEFINED, &arguments)?)
}

fn object(value: &Value) -> Fallible<Object> {
    value.as_object().ok_or_else(gone)
}

fn gone() -> Exception {
    Exception::type_error("a function has a prototype")
}

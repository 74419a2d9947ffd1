//! [`console`](https://console.spec.whatwg.org/).

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Instant;

use bgfetch_js::{
    DomString, ErrorLocation, Exception, Fallible, Object, ObjectKind, Realm, Value, ValueKind,
};
use bgfetch_traits::coordinator::ConsoleLevel;

use crate::bindings::ConsoleNamespace;
use crate::environment::Environment;
use crate::report;

/// `console`.
pub(crate) struct Console;

/// Counters, timers and groups of a realm.
#[derive(Debug, Default)]
pub(crate) struct ConsoleState {
    counts: RefCell<HashMap<String, u64>>,
    timers: RefCell<HashMap<String, Instant>>,
    groups: RefCell<usize>,
}

/// How deep objects are shown.
const MAX_DEPTH: usize = 3;
/// How many entries of one object are shown.
const MAX_ENTRIES: usize = 100;

/// [Logger](https://console.spec.whatwg.org/#logger).
fn log(realm: &Realm, level: ConsoleLevel, data: &[Value]) -> Fallible<()> {
    if data.is_empty() {
        return Ok(());
    }
    print(realm, level, format(realm, data));
    Ok(())
}

fn print(realm: &Realm, level: ConsoleLevel, text: String) {
    let Some(environment) = Environment::try_of(realm) else { return };
    let indent = "  ".repeat(*environment.console.groups.borrow());
    let text = if indent.is_empty() {
        text
    } else {
        format!("{indent}{}", text.replace('\n', &format!("\n{indent}")))
    };
    report::to_console(&environment, level, text, &caller(realm));
}

/// Where the script is that calls.
fn caller(realm: &Realm) -> ErrorLocation {
    realm
        .new_error("Error")
        .map(|error| Exception::js(error.into_value()).location(realm))
        .unwrap_or_default()
}

/// [Formatter](https://console.spec.whatwg.org/#formatter), then the rest of the arguments.
fn format(realm: &Realm, data: &[Value]) -> String {
    let Some((first, mut rest)) = data.split_first() else { return String::new() };
    let mut text = String::new();
    if first.kind() == ValueKind::String && !rest.is_empty() {
        let template = first.describe(realm);
        let mut characters = template.chars().peekable();
        while let Some(character) = characters.next() {
            let specifier = characters.peek().copied().filter(|_| character == '%');
            match (specifier, rest.split_first()) {
                (Some('%'), _) => {
                    characters.next();
                    text.push('%');
                }
                (Some(specifier @ ('s' | 'd' | 'i' | 'f' | 'o' | 'O' | 'c')), Some((value, others))) => {
                    characters.next();
                    rest = others;
                    text.push_str(&substitute(realm, specifier, value));
                }
                _ => text.push(character),
            }
        }
    } else {
        text.push_str(&show(realm, first));
    }
    for value in rest {
        text.push(' ');
        text.push_str(&show(realm, value));
    }
    text
}

fn substitute(realm: &Realm, specifier: char, value: &Value) -> String {
    match specifier {
        's' => value.describe(realm),
        'd' | 'i' if value.kind() != ValueKind::Symbol => {
            value.to_number(realm).map_or_else(|_| "NaN".into(), |number| number.trunc().to_string())
        }
        'f' if value.kind() != ValueKind::Symbol => {
            value.to_number(realm).map_or_else(|_| "NaN".into(), |number| number.to_string())
        }
        // Styles have no meaning in a terminal.
        'c' => String::new(),
        'd' | 'i' | 'f' => "NaN".into(),
        _ => show(realm, value),
    }
}

/// A value as a developer wants to read it; strings as they are.
fn show(realm: &Realm, value: &Value) -> String {
    if value.kind() == ValueKind::String { value.describe(realm) } else { inspect(realm, value, 0) }
}

fn inspect(realm: &Realm, value: &Value, depth: usize) -> String {
    match value.as_object() {
        None => match value.kind() {
            ValueKind::String => format!("{:?}", value.describe(realm)),
            ValueKind::BigInt => format!("{}n", value.describe(realm)),
            ValueKind::Symbol => "Symbol()".into(),
            _ => value.describe(realm),
        },
        Some(object) => inspect_object(realm, &object, depth),
    }
}

fn inspect_object(realm: &Realm, object: &Object, depth: usize) -> String {
    let kind = object.object_kind();
    match kind {
        ObjectKind::Error => return with_stack(realm, object),
        ObjectKind::Function => return "[function]".into(),
        ObjectKind::Date | ObjectKind::RegExp => return object.as_value().describe(realm),
        ObjectKind::Promise => return "Promise {}".into(),
        ObjectKind::Platform => {
            let shown = with_stack(realm, object);
            return if shown.is_empty() { object.as_value().describe(realm) } else { shown };
        }
        _ => {}
    }
    if depth >= MAX_DEPTH {
        return if kind == ObjectKind::Array { "[...]".into() } else { "{...}".into() };
    }
    match kind {
        // A typed array has a property for each of its numbers: they are not all looked up.
        ObjectKind::Array | ObjectKind::TypedArray(_) => {
            let length = object.length(realm).unwrap_or(0);
            let shown = (0..u32::try_from(length).unwrap_or(u32::MAX).min(MAX_ENTRIES as u32)).map(|index| {
                object
                    .get_index(realm, index)
                    .map_or_else(|_| "?".into(), |item| inspect(realm, &item, depth + 1))
            });
            let mut items: Vec<String> = shown.collect();
            if length > MAX_ENTRIES as u64 {
                items.push(format!("... {} more", length - MAX_ENTRIES as u64));
            }
            format!("[{}]", items.join(", "))
        }
        ObjectKind::Map => {
            let entries = realm.map_entries(object).unwrap_or_default();
            let items: Vec<String> = entries
                .chunks(2)
                .take(MAX_ENTRIES)
                .map(|entry| {
                    entry.iter().map(|v| inspect(realm, v, depth + 1)).collect::<Vec<_>>().join(" => ")
                })
                .collect();
            format!("Map({}) {{{}}}", entries.len() / 2, items.join(", "))
        }
        ObjectKind::Set => {
            let values = realm.set_values(object).unwrap_or_default();
            let items: Vec<String> =
                values.iter().take(MAX_ENTRIES).map(|v| inspect(realm, v, depth + 1)).collect();
            format!("Set({}) {{{}}}", values.len(), items.join(", "))
        }
        _ => {
            let keys = object.own_enumerable_keys(realm).unwrap_or_default();
            let mut items: Vec<String> = keys
                .iter()
                .take(MAX_ENTRIES)
                .map(|key| {
                    let value =
                        object.get(realm, key).map_or_else(|_| "?".into(), |v| inspect(realm, &v, depth + 1));
                    format!("{}: {value}", &**key)
                })
                .collect();
            if keys.len() > MAX_ENTRIES {
                items.push(format!("... {} more", keys.len() - MAX_ENTRIES));
            }
            format!("{{{}}}", items.join(", "))
        }
    }
}

/// An error with its stack, or nothing for objects that have none.
fn with_stack(realm: &Realm, object: &Object) -> String {
    let text = |name: &str| {
        let value = object.get(realm, name).ok().filter(|value| value.kind() == ValueKind::String)?;
        DomString::of(realm, &value).ok().map(DomString::into_string)
    };
    match text("stack") {
        Some(stack) if object.object_kind() == ObjectKind::Error || text("message").is_some() => {
            format!("{}\n{}", object.as_value().describe(realm), stack.trim_end()).trim_end().to_owned()
        }
        _ if object.object_kind() == ObjectKind::Error => object.as_value().describe(realm),
        _ => String::new(),
    }
}

impl ConsoleNamespace for Console {
    fn assert(realm: &Realm, condition: bool, data: Vec<Value>) -> Fallible<()> {
        if !condition {
            let text = if data.is_empty() { String::new() } else { format!(": {}", format(realm, &data)) };
            print(realm, ConsoleLevel::Error, format!("Assertion failed{text}"));
        }
        Ok(())
    }

    fn clear(realm: &Realm) -> Fallible<()> {
        *Environment::of(realm).console.groups.borrow_mut() = 0;
        Ok(())
    }

    fn debug(realm: &Realm, data: Vec<Value>) -> Fallible<()> {
        log(realm, ConsoleLevel::Debug, &data)
    }

    fn error(realm: &Realm, data: Vec<Value>) -> Fallible<()> {
        log(realm, ConsoleLevel::Error, &data)
    }

    fn info(realm: &Realm, data: Vec<Value>) -> Fallible<()> {
        log(realm, ConsoleLevel::Info, &data)
    }

    fn log(realm: &Realm, data: Vec<Value>) -> Fallible<()> {
        log(realm, ConsoleLevel::Log, &data)
    }

    fn table(
        realm: &Realm,
        tabular_data: Option<Value>,
        _properties: Option<Vec<DomString>>,
    ) -> Fallible<()> {
        // What is not a table is logged; a terminal shows tables as the value that they are.
        log(realm, ConsoleLevel::Log, tabular_data.as_slice())
    }

    fn trace(realm: &Realm, data: Vec<Value>) -> Fallible<()> {
        let place = caller(realm);
        let label = if data.is_empty() { "console.trace".into() } else { format(realm, &data) };
        print(realm, ConsoleLevel::Log, format!("{label}\n{}", place.stack.trim_end()));
        Ok(())
    }

    fn warn(realm: &Realm, data: Vec<Value>) -> Fallible<()> {
        log(realm, ConsoleLevel::Warn, &data)
    }

    fn dir(realm: &Realm, item: Option<Value>, _options: Option<Option<Object>>) -> Fallible<()> {
        print(realm, ConsoleLevel::Log, inspect(realm, &item.unwrap_or_default(), 0));
        Ok(())
    }

    fn dirxml(realm: &Realm, data: Vec<Value>) -> Fallible<()> {
        log(realm, ConsoleLevel::Log, &data)
    }

    fn count(realm: &Realm, label: DomString) -> Fallible<()> {
        let environment = Environment::of(realm);
        let count = {
            let mut counts = environment.console.counts.borrow_mut();
            let count = counts.entry(label.to_string()).or_default();
            *count += 1;
            *count
        };
        print(realm, ConsoleLevel::Log, format!("{label}: {count}"));
        Ok(())
    }

    fn count_reset(realm: &Realm, label: DomString) -> Fallible<()> {
        let environment = Environment::of(realm);
        let known = environment.console.counts.borrow_mut().remove(&*label).is_some();
        if !known {
            print(realm, ConsoleLevel::Warn, format!("there is no counter {label:?} to reset"));
        }
        Ok(())
    }

    fn group(realm: &Realm, data: Vec<Value>) -> Fallible<()> {
        log(realm, ConsoleLevel::Log, &data)?;
        *Environment::of(realm).console.groups.borrow_mut() += 1;
        Ok(())
    }

    fn group_collapsed(realm: &Realm, data: Vec<Value>) -> Fallible<()> {
        Self::group(realm, data)
    }

    fn group_end(realm: &Realm) -> Fallible<()> {
        let environment = Environment::of(realm);
        let mut groups = environment.console.groups.borrow_mut();
        *groups = groups.saturating_sub(1);
        Ok(())
    }

    fn time(realm: &Realm, label: DomString) -> Fallible<()> {
        let environment = Environment::of(realm);
        let known = environment.console.timers.borrow().contains_key(&*label);
        if known {
            print(realm, ConsoleLevel::Warn, format!("there is a timer {label:?} already"));
        } else {
            environment.console.timers.borrow_mut().insert(label.to_string(), Instant::now());
        }
        Ok(())
    }

    fn time_log(realm: &Realm, label: DomString, data: Vec<Value>) -> Fallible<()> {
        elapsed(realm, &label, &data, false)
    }

    fn time_end(realm: &Realm, label: DomString) -> Fallible<()> {
        elapsed(realm, &label, &[], true)
    }
}

fn elapsed(realm: &Realm, label: &str, data: &[Value], end: bool) -> Fallible<()> {
    let environment = Environment::of(realm);
    let started = environment.console.timers.borrow().get(label).copied();
    let Some(started) = started else {
        print(realm, ConsoleLevel::Warn, format!("there is no timer {label:?}"));
        return Ok(());
    };
    if end {
        environment.console.timers.borrow_mut().remove(label);
    }
    let mut text = format!("{label}: {} ms", started.elapsed().as_secs_f64() * 1000.0);
    for value in data {
        text.push(' ');
        text.push_str(&show(realm, value));
    }
    print(realm, ConsoleLevel::Log, text);
    Ok(())
}

//! A backend that is no part of the compiler: its glue runs, and what it cannot write is told with its place.

#[path = "../mini/backend.rs"]
mod backend;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bindings_gen::{Generator, SourceSet};
use bindings_gen_backends::mini::bindings::CONSTRUCTORS;
use bindings_gen_backends::mini::{Realm, Scriptable, Thrown, Value};

fn construct(name: &str, args: &[Value]) -> Result<Rc<dyn Scriptable>, Thrown> {
    let (_, construct) =
        CONSTRUCTORS.iter().find(|(of, _)| *of == name).expect("the interface has a constructor");
    match construct(&Realm, args)? {
        Value::Object(object) => Ok(object),
        other => panic!("{other:?} is no object"),
    }
}

fn shown(value: Result<Value, Thrown>) -> String {
    match value {
        Ok(value) => format!("{value:?}"),
        Err(Thrown(message)) => format!("throws: {message}"),
    }
}

#[test]
fn members_are_called_by_name_with_converted_arguments_and_defaults() {
    let counter = construct("Counter", &[]).unwrap();
    assert_eq!(shown(counter.get(&Realm, "count")), "0.0");
    assert_eq!(shown(counter.call(&Realm, "add", &[])), "1.0");
    assert_eq!(shown(counter.call(&Realm, "add", &[Value::Number(41.0)])), "42.0");
    assert_eq!(shown(counter.call(&Realm, "child", &[Value::Text("four".into())])), "Counter");
    assert_eq!(shown(counter.get(&Realm, "parent")), "null");

    let text = |text: &str| Value::Text(text.to_owned());
    let options =
        BTreeMap::from([("start".to_owned(), Value::Number(5.0)), ("direction".to_owned(), text("down"))]);
    let down = construct("Counter", &[Value::Members(options)]).unwrap();
    assert_eq!(shown(down.call(&Realm, "add", &[])), "4.0");
    down.set(&Realm, "direction", &text("up")).unwrap();
    assert_eq!(shown(down.call(&Realm, "add", &[])), "5.0");
}

#[test]
fn callbacks_are_called_with_rust_values() {
    let counter = construct("Counter", &[]).unwrap();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let kept = Rc::clone(&seen);
    let watcher = Value::Function(Rc::new(move |args| {
        kept.borrow_mut().push(format!("{args:?}"));
        Ok(Value::Undefined)
    }));
    counter.call(&Realm, "watch", &[watcher]).unwrap();
    counter.call(&Realm, "add", &[]).unwrap();
    assert_eq!(*seen.borrow(), ["[1.0]"]);
}

#[test]
fn wrong_values_are_exceptions() {
    let counter = construct("Counter", &[]).unwrap();
    for (got, expected) in [
        (counter.call(&Realm, "add", &[Value::Text("x".into())]), "throws: \"x\" is not a number"),
        (counter.call(&Realm, "child", &[]), "throws: the argument `name` is missing"),
        (counter.call(&Realm, "watch", &[Value::Null]), "throws: null is not a function"),
        (counter.call(&Realm, "subtract", &[]), "throws: Counter has no `subtract`"),
        (
            counter.set(&Realm, "direction", &Value::Text("left".into())).map(|()| Value::Null),
            "throws: Direction has no `left`",
        ),
    ] {
        assert_eq!(shown(got), expected);
    }
}

#[test]
fn what_the_backend_cannot_write_is_told_with_its_place() {
    let mut sources = SourceSet::default();
    sources.add("late.idl", "[Exposed=*] interface Late {\n  Promise<long> count();\n};\n");
    let generator =
        Generator::new("", "late.toml").backend(Box::new(backend::Mini) as Box<dyn bindings_gen::Backend>);
    let problems = generator.generate_from(sources, "[Late]\n").expect_err("there are no promises");
    assert_eq!(problems.render_short().trim_end(), "late.idl:2:3: `count` returns a promise");
}

//! An interface written by hand in the shape that the generator emits: what pages see of it, and what the collector
//! does with it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bgfetch_js::glue::{self, Args, Constructor, Exposure, Interface, Member, PairIterable};
use bgfetch_js::{
    Callback, DerivedFrom, Exception, Fallible, FromJs, Promise, Realm, RealmOptions, Reflector, Root,
    Runtime, RuntimeOptions, ToJs, Traced, Value, platform_object, trace_fields,
};

thread_local! {
    static ALIVE: Cell<i32> = const { Cell::new(0) };
}

struct Node {
    reflector: Reflector,
    listener: RefCell<Option<Traced<Callback>>>,
}

impl Node {
    const IDL: &'static Interface = &NODE;
    fn new() -> Self {
        ALIVE.set(ALIVE.get() + 1);
        Self { reflector: Reflector::new(), listener: RefCell::default() }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        ALIVE.set(ALIVE.get() - 1);
    }
}

trace_fields!(Node { listener });
platform_object!(Node);

struct Element {
    node: Node,
    name: String,
}

impl Element {
    const IDL: &'static Interface = &ELEMENT;
}

trace_fields!(Element { node });
platform_object!(Element: Node via node);
impl DerivedFrom<Node> for Element {}

struct Window {
    node: Node,
}

impl Window {
    const IDL: &'static Interface = &WINDOW;
}

trace_fields!(Window { node });
platform_object!(Window: Node via node);

static NODE: Interface = Interface {
    last: 2,
    members: &[Member::method(c"listen", 1, listen), Member::promise_method(c"later", 1, later)],
    ..Interface::new::<Node>(c"Node", 0, 2, 0)
};

static ELEMENT: Interface = Interface {
    parent: Some(&NODE),
    constructor: Some(Constructor::new(1, new_element)),
    members: &[Member::getter(c"name", name), Member::method(c"secret", 0, secret).secure_context()],
    constants: &[Member::constant(c"KIND", 7.0)],
    pair_iterable: Some(PairIterable::new(letter_at)),
    ..Interface::new::<Element>(c"Element", 1, 1, 1)
};

static WINDOW: Interface = Interface {
    parent: Some(&NODE),
    is_global: true,
    exposure: Exposure::WINDOW,
    members: &[Member::method(c"whoami", 0, whoami)],
    ..Interface::new::<Window>(c"Window", 2, 2, 1)
};

fn listen(_: &Realm, this: &Node, args: &Args<'_>) -> Fallible<Value> {
    glue::at_least(args, 1)?;
    *this.listener.borrow_mut() =
        Some(Callback::new(args.get(0)).map_err(glue::in_argument("listener"))?.into());
    Ok(Value::UNDEFINED)
}

fn later(realm: &Realm, _: &Node, args: &Args<'_>) -> Fallible<Value> {
    let number = u8::from_js(realm, args.get(0))?;
    if number == 13 {
        return Err(Exception::range_error("thirteen"));
    }
    Promise::resolved(realm, number)?.to_js(realm)
}

fn new_element(realm: &Realm, new_target: &Value, args: &Args<'_>) -> Fallible<Value> {
    let element = Element { node: Node::new(), name: String::from_js(realm, args.get(0))? };
    let prototype = glue::prototype_for::<Element>(realm, new_target)?;
    glue::construct(realm, &prototype, element)?.to_js(realm)
}

fn name(realm: &Realm, this: &Element) -> Fallible<Value> {
    this.name.as_str().to_js(realm)
}

fn secret(_: &Realm, _: &Element, _: &Args<'_>) -> Fallible<Value> {
    Ok(Value::NULL)
}

fn letter_at(realm: &Realm, this: &Element, index: usize) -> Fallible<Option<(Value, Value)>> {
    let Some(letter) = this.name.chars().nth(index) else { return Ok(None) };
    Ok(Some((index.to_string().to_js(realm)?, letter.to_string().to_js(realm)?)))
}

fn whoami(realm: &Realm, this: &Window, _: &Args<'_>) -> Fallible<Value> {
    assert!(this.listener.borrow().is_none());
    "window".to_js(realm)
}

struct World {
    realm: Realm,
    // Dropped after the realm.
    _runtime: Runtime,
}

fn world(secure_context: bool) -> World {
    let all: &[&'static Interface] = &[&NODE, &ELEMENT, &WINDOW];
    let runtime = Runtime::new(RuntimeOptions::default(), all).unwrap();
    let realm =
        Realm::new(RealmOptions { exposure: Exposure::WINDOW, secure_context, ..RealmOptions::default() })
            .unwrap();
    realm.wrap_global(Window { node: Node::new() }).unwrap();
    realm.install(all, &[]).unwrap();
    runtime.set_checkpoint_hook(Runtime::run_microtasks);
    World { realm, _runtime: runtime }
}

impl World {
    fn run(&self, source: &str) -> String {
        match self.realm.evaluate_script(source, "test.js", 1) {
            Ok(value) => value.describe(&self.realm),
            Err(error) => format!("threw {}", error.describe(&self.realm)),
        }
    }
}

#[test]
fn a_page_sees_what_web_idl_says() {
    let world = world(false);
    let cases = [
        ("new Element('ab').name", "ab"),
        ("Element('x')", "threw TypeError: must be called with new"),
        ("new Node()", "threw TypeError: illegal constructor"),
        ("Element.length + Element.name", "1Element"),
        (
            "Object.getPrototypeOf(Element) === Node && Object.getPrototypeOf(Element.prototype) === Node.prototype",
            "true",
        ),
        ("new Element('a') instanceof Node", "true"),
        ("Object.prototype.toString.call(new Element('a'))", "[object Element]"),
        ("Element.KIND + Element.prototype.KIND", "14"),
        (
            "Element.prototype.name",
            "threw TypeError: illegal invocation: this is not an object of interface Element",
        ),
        (
            "Node.prototype.listen.call({})",
            "threw TypeError: illegal invocation: this is not an object of interface Node",
        ),
        ("new Element('a').listen()", "threw TypeError: at least 1 argument required, but only 0 passed"),
        ("new Element('a').listen(3)", "threw TypeError: listener: the value is not a function"),
        ("[...new Element('ab')].join()", "0,a,1,b"),
        ("Object.prototype.toString.call(new Element('ab').keys())", "[object Element Iterator]"),
        ("Element.prototype[Symbol.iterator] === Element.prototype.entries", "true"),
        ("let s = ''; new Element('ab').forEach((v, k) => s += k + v); s", "0a1b"),
        ("'secret' in Element.prototype", "false"),
        ("Object.getOwnPropertyDescriptor(Element.prototype, 'name').get.name", "get name"),
        ("whoami() + this.whoami() + whoami.call(null)", "windowwindowwindow"),
        ("Object.hasOwn(globalThis, 'whoami')", "true"),
        ("globalThis instanceof Window && Object.prototype.toString.call(globalThis)", "[object Window]"),
        ("class Sub extends Element {}; const sub = new Sub('q'); sub.name + (sub instanceof Sub)", "qtrue"),
    ];
    for (source, expected) in cases {
        assert_eq!(world.run(source), expected, "{source}");
    }
}

#[test]
fn secure_members_are_there_in_secure_contexts_only() {
    assert_eq!(world(true).run("'secret' in Element.prototype"), "true");
}

#[test]
fn promise_operations_reject_instead_of_throwing() {
    let world = world(false);
    world.run(
        "var log = []; const e = new Element('x');
         e.later(300).then(v => log.push(v));
         e.later(13).catch(x => log.push(x.name));
         Node.prototype.later.call({}).catch(x => log.push(x.name));
         e.later({ valueOf() { throw 'thrown' } }).catch(x => log.push(x));",
    );
    assert_eq!(world.run("log.sort().join()"), "44,RangeError,TypeError,thrown");
}

#[test]
fn cycles_through_rust_are_collected() {
    let world = world(false);
    let before = ALIVE.get();
    world.run("for (let i = 0; i < 100; i++) { const e = new Element('x'); e.listen(() => e.name); }");
    Runtime::collect_garbage();
    assert_eq!(ALIVE.get(), before);
}

#[test]
fn a_root_keeps_an_object_and_casts_follow_inheritance() {
    let world = world(false);
    let value = world.realm.evaluate_script("new Element('kept')", "t", 1).unwrap();
    let element = Root::<Element>::from_value(&value).unwrap();
    drop(value);
    Runtime::collect_garbage();
    assert_eq!(element.name, "kept");
    let node: Root<Node> = element.upcast();
    assert!(node.downcast::<Element>().is_some_and(|again| again.is_same(&element)));
    assert!(node.downcast::<Window>().is_none());
    assert!(world.realm.global_as::<Window>().is_some());
}

#[test]
fn microtasks_run_when_the_outermost_script_ends() {
    let world = world(false);
    let order: Rc<RefCell<Vec<&str>>> = Rc::default();
    let seen = Rc::clone(&order);
    let callback = world.realm.function("f", 0, move |realm, _, _| {
        let later = Rc::clone(&seen);
        realm.queue_microtask(move |_| later.borrow_mut().push("microtask"))?;
        seen.borrow_mut().push("function");
        Ok(Value::UNDEFINED)
    });
    callback.unwrap().call(&world.realm, &Value::UNDEFINED, &[]).unwrap();
    assert_eq!(*order.borrow(), ["function", "microtask"]);
}

#[test]
fn a_script_over_its_time_limit_is_stopped_and_cannot_catch_it() {
    let world = world(false);
    world._runtime.set_time_limit(Some(std::time::Duration::from_millis(50)));
    let error = world.realm.evaluate_script("try { for (;;); } catch { 'caught' }", "t", 1).unwrap_err();
    assert!(error.is_termination());
    world._runtime.set_time_limit(None);
    assert_eq!(world.run("1 + 1"), "2");
}

#[test]
fn errors_tell_where_they_are_from() {
    let world = world(false);
    let error = world.realm.evaluate_script("\n\n  nope()", "https://a.test/x.js", 10).unwrap_err();
    let place = error.location(&world.realm);
    assert_eq!((place.file.as_str(), place.line), ("https://a.test/x.js", 12));
    assert!(place.message.contains("nope"), "{}", place.message);
    let error = world.realm.evaluate_script("let 1", "https://a.test/y.js", 1).unwrap_err();
    assert_eq!(error.location(&world.realm).file, "https://a.test/y.js");
}

#[test]
fn a_runtime_that_ends_before_its_handles_leaves_none_dangling() {
    let World { realm, _runtime } = world(false);
    let kept = realm.evaluate_script("new Element('x')", "t", 1).unwrap();
    drop(_runtime);
    assert!(kept.is_object());
    drop(kept);
    drop(realm);
}

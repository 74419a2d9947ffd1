//! A page decides how long the lists are that its values are converted to. It once could end the process: Rust's memory is
//! outside the engine's limit, and a loop that runs no script was outside the time limit.

use std::time::{Duration, Instant};

use bgfetch_js::glue::Exposure;
use bgfetch_js::{Exception, Realm, RealmOptions, Runtime, RuntimeOptions, Value};
use bindings_gen_conformance::{bindings, dom};

const LIMIT: RuntimeOptions =
    RuntimeOptions { memory_limit: 4 << 20, stack_limit: 4 << 20, gc_threshold: 4 << 20 };

/// What a page gives that may use so much memory and time, and how it ends.
fn run<R>(
    options: RuntimeOptions,
    time: Option<Duration>,
    script: &str,
    look: impl FnOnce(&Realm, Result<Value, Exception>) -> R,
) -> R {
    let runtime = Runtime::new(options, bindings::INTERFACES).unwrap();
    let options = RealmOptions { exposure: Exposure::WINDOW, ..RealmOptions::default() };
    let realm = Realm::new(options).unwrap();
    realm.wrap_global(dom::Window::default()).unwrap();
    realm.install(bindings::INTERFACES, bindings::NAMESPACES).unwrap();
    runtime.set_time_limit(time);
    let result = realm.evaluate_script(script, "page.js", 1);
    let seen = look(&realm, result);
    drop(realm);
    drop(runtime);
    seen
}

fn shown(script: &str) -> String {
    run(LIMIT, None, script, |realm, result| match result {
        Ok(value) => value.describe(realm),
        Err(error) => format!("threw {}", error.describe(realm)),
    })
}

const NO_MEMORY: &str = "threw RangeError: there is no memory for a list of that length";

#[test]
fn a_list_is_as_long_as_memory_has_room_for() {
    let endless = |item: &str| format!("{{ *[Symbol.iterator]() {{ for (;;) yield {item} }} }}");
    for script in [
        "new Cost().take(new Array(4294967295))".to_owned(),
        format!("new Cost().take({})", endless("'x'")),
        format!("Overloads.make({})", endless("'x'")),
        format!("new Dictionaries().echo({{ name: 'n', marks: {} }})", endless("1")),
    ] {
        let seen = shown(&script);
        assert_eq!(seen, NO_MEMORY, "{script}");
    }
}

#[test]
fn long_texts_count_each_time_they_are_in_a_list() {
    // In the engine it is one string.
    for script in [
        "new Cost().take(new Array(1000).fill('a long text '.repeat(10000)))",
        "new Cost().take(new Array(1000).fill('\\ud800 and text '.repeat(10000)))",
    ] {
        assert_eq!(shown(script), NO_MEMORY, "{script}");
    }
    // What is made and dropped on the way does not add up from call to call.
    let often = "let sum = 0; const text = 'x'.repeat(1000000);
        for (let i = 0; i < 100; i++) sum += new Cost().take([text]);
        sum";
    assert_eq!(shown(often), "100000000");
}

#[test]
fn records_and_their_keys_have_the_same_limit() {
    // An object with many keys needs little memory in the engine.
    let bytes = "new Dictionaries().echo({ name: 'n', sizes: new Uint8Array(200000) })";
    assert_eq!(shown(bytes), NO_MEMORY);
    // Keys are still told apart, and with lone surrogates, too.
    let lone = "new Unions().which({ a: 1, '\\ud800': 2, '\\ud801': 3, b: 4, '\\ufffd': 5 })";
    assert_eq!(shown(lone).matches(", ").count(), 9, "{}", shown(lone));
}

#[test]
fn a_long_list_ends_with_its_time() {
    let options = RuntimeOptions { memory_limit: usize::MAX, ..LIMIT };
    let start = Instant::now();
    for script in [
        "try { new Cost().take(new Array(4294967295)) } catch { 'caught' }",
        "try { new Unions().which(new Uint8Array(100000000)) } finally { for (;;); }",
    ] {
        let ended = run(options, Some(Duration::from_millis(200)), script, |_, result| {
            result.is_err_and(|error| error.is_termination())
        });
        assert!(ended, "{script}");
    }
    // Far less than the lists would take.
    assert!(start.elapsed() < Duration::from_secs(60));
}

//! What a call through generated glue costs, against the same interface written by hand for the same engine.
//!
//! `cargo bench -p bindings-gen-conformance` prints the time of each call, then the ratios: of loops that take turns, the
//! fastest of many rounds each, net of an empty loop. divan because it is built in seconds and its output is read in a
//! terminal.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "how a benchmark speaks to people")]

use std::time::{Duration, Instant};

use bgfetch_js::glue::Exposure;
use bgfetch_js::{Callback, Realm, RealmOptions, Runtime, RuntimeOptions, Value, by_hand};
use bindings_gen_conformance::{bindings, dom};
use divan::Bencher;

/// What is called: its name, and the statement of the loop.
const CALLS: [(&str, &str); 7] = [
    ("attribute getter", "o.count"),
    ("method without arguments", "o.tick()"),
    ("method with a string", "o.open('a name')"),
    ("method with string and dictionary", "o.open('a name', options)"),
    ("union, given a string", "o.take('text')"),
    ("union, given a sequence of 3", "o.take(texts)"),
    ("method that returns a promise", "o.later()"),
];

/// How often a loop's statement runs: for a time that other programs mostly leave alone.
const LOOP: u32 = 2_000;
/// How many times each loop is measured; the fastest counts.
const ROUNDS: u32 = 600;

struct Page {
    generated: Value,
    by_hand: Value,
    realm: Realm,
    // Dropped after all handles.
    _runtime: Runtime,
}

impl Page {
    fn new() -> Page {
        let runtime = Runtime::new(RuntimeOptions::default(), bindings::INTERFACES).expect("a runtime");
        let options =
            RealmOptions { exposure: Exposure::WINDOW, secure_context: true, cross_origin_isolated: false };
        let realm = Realm::new(options).expect("a realm");
        realm.wrap_global(dom::Window::default()).expect("a window");
        realm.install(bindings::INTERFACES, bindings::NAMESPACES).expect("the interfaces");
        let generated = realm.evaluate_script("new Cost()", "cost.js", 1).expect("an object");
        let by_hand = by_hand::cost(&realm).expect("an object").into_value();
        Page { generated, by_hand, realm, _runtime: runtime }
    }

    /// A function that runs a statement a number of times with an object.
    fn repeat(&self, statement: &str) -> Callback {
        let source = format!(
            "(() => {{ const options = {{ count: 3, flag: true, mode: 'read-write' }}, texts = ['one', 'two', 'three'];
             return (o, n) => {{ for (let i = 0; i < n; i++) {{ {statement}; }} }} }})()"
        );
        let function = self.realm.evaluate_script(&source, "cost.js", 1).expect("it parses");
        Callback::new(&function).expect("a function")
    }

    fn run(&self, repeat: &Callback, object: &Value, count: u32) -> Duration {
        let args = [object.clone(), Value::number(count.into())];
        let start = Instant::now();
        repeat.call(&self.realm, &Value::UNDEFINED, &args).expect("nothing throws");
        start.elapsed()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        by_hand::end();
    }
}

fn measure(bencher: Bencher<'_, '_>, call: &str, of: fn(&Page) -> &Value) {
    let page = Page::new();
    let (_, statement) = CALLS.iter().find(|(name, _)| *name == call).expect("a call");
    let repeat = page.repeat(statement);
    bencher.counter(divan::counter::ItemsCount::new(LOOP)).bench_local(|| page.run(&repeat, of(&page), LOOP));
}

#[divan::bench(args = CALLS.map(|(name, _)| name))]
fn generated(bencher: Bencher<'_, '_>, call: &str) {
    measure(bencher, call, |page| &page.generated);
}

#[divan::bench(args = CALLS.map(|(name, _)| name))]
fn by_hand_(bencher: Bencher<'_, '_>, call: &str) {
    measure(bencher, call, |page| &page.by_hand);
}

fn main() {
    divan::main();
    // Tests and lists run nothing for long.
    if std::env::args().any(|argument| argument == "--bench") {
        ratios();
    }
}

fn ratios() {
    let page = Page::new();
    let empty = page.repeat("");
    let nanoseconds = |time: Duration| time.as_secs_f64() * 1e9 / f64::from(LOOP);
    println!("\n{:36}{:>12}{:>12}{:>8}", "nanoseconds per call", "generated", "by hand", "ratio");
    // As for divan, a word picks the calls that have it in their name.
    let word = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    for (name, statement) in CALLS.into_iter().filter(|(name, _)| name.contains(&word)) {
        let repeat = page.repeat(statement);
        let mut fastest = [Duration::MAX; 3];
        for _ in 0..ROUNDS {
            let times = [
                page.run(&repeat, &page.generated, LOOP),
                page.run(&repeat, &page.by_hand, LOOP),
                page.run(&empty, &page.by_hand, LOOP),
            ];
            for (fastest, time) in fastest.iter_mut().zip(times) {
                *fastest = (*fastest).min(time);
            }
        }
        let [generated, by_hand, empty] = fastest.map(nanoseconds);
        let (generated, by_hand) = (generated - empty, by_hand - empty);
        println!("{name:36}{generated:12.1}{by_hand:12.1}{:8.2}", generated / by_hand);
    }
}

//! Arrays are not iterated over where nobody could tell the difference: these pages could.

use bgfetch_js::glue::Exposure;
use bgfetch_js::{Realm, RealmOptions, Runtime, RuntimeOptions};
use bindings_gen_conformance::{bindings, dom};

/// What a page gives that runs `script` and then looks at `expression`.
fn run(script: &str) -> String {
    let runtime = Runtime::new(RuntimeOptions::default(), bindings::INTERFACES).unwrap();
    let options = RealmOptions { exposure: Exposure::WINDOW, ..RealmOptions::default() };
    let realm = Realm::new(options).unwrap();
    realm.wrap_global(dom::Window::default()).unwrap();
    realm.install(bindings::INTERFACES, bindings::NAMESPACES).unwrap();
    let value = realm.evaluate_script(script, "page.js", 1);
    let shown = match value {
        Ok(value) => value.describe(&realm),
        Err(error) => format!("threw {}", error.describe(&realm)),
    };
    drop(realm);
    drop(runtime);
    shown
}

#[test]
fn as_they_are() {
    for (script, expected) in [
        ("new Cost().take(['one', 'two', 3])", "7"),
        ("new Cost().take([])", "0"),
        // A hole is undefined.
        ("new Cost().take(['a', , 'b'])", "11"),
        // An array of another realm's making, a subclass, and what only looks like an array.
        ("new Cost().take(new (class extends Array {})('four', 'five'))", "8"),
        ("new Cost().take({ length: 1, 0: 'x', [Symbol.iterator]: Array.prototype.values })", "1"),
    ] {
        assert_eq!(run(script), expected, "{script}");
    }
}

#[test]
fn while_their_items_change_them() {
    // The length is looked at before each item, and items are asked for in order, once.
    let grows = "const a = ['a']; let asked = 0;
        Object.defineProperty(a, 0, { get() { if (asked++ === 0) a.push('bcd'); return 'a' } });
        new Cost().take(a) + ' ' + asked";
    assert_eq!(run(grows), "4 1");
    let shrinks = "const a = [{ toString() { a.length = 1; return 'x' } }, 'yy']; new Cost().take(a)";
    assert_eq!(run(shrinks), "1");
    let throws = "const a = ['a', { toString() { throw new RangeError('no') } }]; new Cost().take(a)";
    assert_eq!(run(throws), "threw RangeError: no");
}

#[test]
fn where_a_page_has_patched_iteration() {
    let method =
        "Array.prototype[Symbol.iterator] = function* () { yield 'patched' }; new Cost().take(['a'])";
    assert_eq!(run(method), "7");
    let next = "const p = Object.getPrototypeOf([][Symbol.iterator]()); let calls = 0;
        const own = p.next; p.next = function () { calls++; return own.call(this) };
        new Cost().take(['a', 'b']) + ' ' + calls";
    assert_eq!(run(next), "2 3");
    let getter = "const p = Object.getPrototypeOf([][Symbol.iterator]()); let gets = 0; const own = p.next;
        Object.defineProperty(p, 'next', { get() { gets++; return own } });
        new Cost().take(['a', 'b']) + ' ' + gets";
    assert_eq!(run(getter), "2 1");
    let own = "const a = ['a']; a[Symbol.iterator] = function* () { yield 'own'; }; new Cost().take(a)";
    assert_eq!(run(own), "3");
}

//! A realm that may not compile strings: `eval()` and the constructors of functions throw, everything else goes on.

use std::cell::RefCell;
use std::rc::Rc;

use bgfetch_js::glue::Exposure;
use bgfetch_js::{DomString, Realm, RealmOptions, Runtime, RuntimeOptions};

fn text(realm: &Realm, source: &str) -> String {
    let value = realm.evaluate_script(source, "test.js", 1).unwrap();
    DomString::of(realm, &value).unwrap().into_string()
}

#[test]
fn strings_are_refused_and_told() {
    let _runtime = Runtime::new(RuntimeOptions::default(), &[]).unwrap();
    let options =
        RealmOptions { exposure: Exposure::WINDOW, secure_context: true, ..RealmOptions::default() };
    let realm = Realm::new(options).unwrap();
    let refused: Rc<RefCell<Vec<String>>> = Rc::default();
    let told = Rc::clone(&refused);
    realm.forbid_string_compilation(move |_, source| told.borrow_mut().push(source.to_owned())).unwrap();
    let name = |source: &str| text(&realm, &format!("try {{ {source}; 'ran' }} catch (e) {{ e.name }}"));
    for source in [
        "eval('1')",
        "(0, eval)('1')",
        "new Function('a', 'b', 'return a + b')",
        "Function('1')",
        "(async () => {}).constructor('1')",
        "(function* () {}).constructor('1')",
        "Object.getPrototypeOf(async function* () {}).constructor('1')",
        "(class extends Function {}).call",
        "new (class extends Function {})('1')",
    ] {
        let expected = if source.ends_with("call") { "ran" } else { "EvalError" };
        assert_eq!(name(source), expected, "{source}");
    }
    assert_eq!(refused.borrow()[2], "function anonymous(a,b\n) {\nreturn a + b\n}");
    assert_eq!(refused.borrow().len(), 8);
    assert_eq!(
        text(&realm, "eval(5) + '' + ((() => {}) instanceof Function) + Function.name + eval.name"),
        "5trueFunctioneval"
    );
    assert_eq!(text(&realm, "typeof Object.getOwnPropertyDescriptor(globalThis, 'eval').value"), "function");
    realm.allow_string_compilation().unwrap();
    assert_eq!(
        text(&realm, "(() => { const local = 'seen'; return eval('local') })() + new Function('return 1')()"),
        "seen1"
    );
}

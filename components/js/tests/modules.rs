//! Modules: what one asks for, and running each of a graph once.

use bgfetch_js::glue::Exposure;
use bgfetch_js::{ModuleLoader, PromiseState, Realm, RealmOptions, Runtime, RuntimeOptions, module_requests};

struct Sources(&'static [(&'static str, &'static str)]);

impl ModuleLoader for Sources {
    fn resolve(&self, _: &Realm, base: &str, specifier: &str) -> Result<String, String> {
        Ok(match specifier.strip_prefix("./") {
            Some(rest) => format!("{}/{rest}", base.rsplit_once('/').map_or("", |(folder, _)| folder)),
            None => specifier.to_owned(),
        })
    }

    fn source(&self, _: &Realm, url: &str) -> Result<String, String> {
        let found = self.0.iter().find(|(known, _)| *known == url);
        found.map(|(_, source)| (*source).to_owned()).ok_or_else(|| format!("no module {url}"))
    }
}

fn realm(sources: &'static [(&'static str, &'static str)]) -> (Runtime, Realm) {
    let runtime = Runtime::new(RuntimeOptions::default(), &[]).unwrap();
    runtime.set_module_loader(Sources(sources));
    runtime.set_checkpoint_hook(Runtime::run_microtasks);
    let realm = Realm::new(RealmOptions {
        exposure: Exposure::WINDOW,
        secure_context: true,
        ..RealmOptions::default()
    })
    .unwrap();
    (runtime, realm)
}

#[test]
fn a_module_is_asked_what_it_imports_without_running_it() {
    let (_runtime, realm) = realm(&[]);
    let source = r#"
        // import "./comment.js"
        const text = `import "./template.js"`, pattern = /import ".\/regexp.js"/, big = 1n;
        import one from "./one.js";
        import * as two from './two.js';
        export { three } from "./three.js";
        export * from "../four.js";
        import "bare";
        globalThis.ran = true;
        import("./dynamic.js");
    "#;
    assert_eq!(
        module_requests(source, "https://a.test/dir/main.js"),
        ["./one.js", "./two.js", "./three.js", "../four.js", "bare"]
    );
    assert!(module_requests("import {", "https://a.test/broken.js").is_empty());
    assert_eq!(realm.evaluate_script("typeof ran", "x.js", 1).unwrap().describe(&realm), "undefined");
}

#[test]
fn a_module_runs_once_however_often_it_is_imported() {
    let (_runtime, realm) = realm(&[
        (
            "https://a.test/a.js",
            "import { n } from './b.js'; globalThis.log = (globalThis.log ?? '') + 'a' + n;",
        ),
        ("https://a.test/b.js", "globalThis.log = (globalThis.log ?? '') + 'b'; export const n = await 7;"),
    ]);
    for _ in 0..2 {
        let promise = realm.import_module("https://a.test/a.js").unwrap();
        Runtime::run_microtasks();
        assert_eq!(promise.state(), PromiseState::Fulfilled);
    }
    let promise = realm
        .evaluate_inline_module("import 'https://a.test/b.js';\n\nnowhere();", "https://a.test/", 10)
        .unwrap();
    Runtime::run_microtasks();
    assert_eq!(promise.state(), PromiseState::Rejected);
    let error = bgfetch_js::Exception::js(promise.result(&realm));
    assert_eq!(error.location(&realm).line, 12);
    assert_eq!(realm.evaluate_script("log", "x.js", 1).unwrap().describe(&realm), "ba7");
    let missing = realm.import_module("https://a.test/missing.js").unwrap();
    Runtime::run_microtasks();
    assert_eq!(missing.state(), PromiseState::Rejected);
    for promise in [missing, promise] {
        promise.mark_as_handled();
    }
}

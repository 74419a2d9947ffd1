//! Modules: what one asks for, and running each of a graph once.

use bgfetch_js::glue::Exposure;
use bgfetch_js::{
    Exception, Fallible, ModuleLoader, ModuleSource, ModuleType, PromiseState, Realm, RealmOptions, Runtime,
    RuntimeOptions, module_requests,
};

struct Sources(&'static [(&'static str, &'static str)]);

impl ModuleLoader for Sources {
    fn resolve(&self, _: &Realm, base: &str, specifier: &str) -> Result<String, String> {
        Ok(match specifier.strip_prefix("./") {
            Some(rest) => format!("{}/{rest}", base.rsplit_once('/').map_or("", |(folder, _)| folder)),
            None => specifier.to_owned(),
        })
    }

    fn load(&self, realm: &Realm, url: &str, module_type: ModuleType) -> Fallible<ModuleSource> {
        let found = self.0.iter().find(|(known, _)| *known == url);
        let (_, source) = found.ok_or_else(|| Exception::type_error(format!("no module {url}")))?;
        Ok(match module_type {
            ModuleType::JavaScript => ModuleSource::Script((*source).to_owned()),
            _ => ModuleSource::Default(realm.parse_json(source)?),
        })
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
    let requests = module_requests(source, "https://a.test/dir/main.js");
    let specifiers: Vec<_> = requests.iter().map(|request| &*request.specifier).collect();
    assert_eq!(specifiers, ["./one.js", "./two.js", "./three.js", "../four.js", "bare"]);
    assert!(requests.iter().all(|request| request.module_type == Some(ModuleType::JavaScript)));
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

#[test]
fn attributes_say_what_a_module_is() {
    let (_runtime, realm) =
        realm(&[("https://a.test/a.json", r#"{"n": [1, 2]}"#), ("https://a.test/bad.json", "{")]);
    let source = r#"import a from "./a.json" with {type: "json"}; import "./a.json"; import b from "./b" with {type: "?"};"#;
    let types: Vec<_> = module_requests(source, "https://a.test/").iter().map(|r| r.module_type).collect();
    assert_eq!(types, [Some(ModuleType::Json), Some(ModuleType::JavaScript), None]);

    let run = |source: &str| {
        let promise = realm.evaluate_module(source, "https://a.test/main.js")?;
        Runtime::run_microtasks();
        promise.mark_as_handled();
        Ok::<_, Exception>(promise.state())
    };
    let import = r#"import a, * as all from "./a.json" with {type: "json"}; globalThis.seen = [a.n.length, Object.keys(all)] + "";"#;
    assert_eq!(run(import).unwrap(), PromiseState::Fulfilled);
    assert_eq!(realm.evaluate_script("seen", "x.js", 1).unwrap().describe(&realm), "2,default");
    let dynamic = realm.import_module_of_type("https://a.test/a.json", ModuleType::Json).unwrap();
    Runtime::run_microtasks();
    assert_eq!(dynamic.state(), PromiseState::Fulfilled);
    assert!(run(r#"import a from "./a.json" with {kind: "json"};"#).is_err(), "there is no such attribute");
    assert!(
        run(r#"import { n } from "./a.json" with {type: "json"};"#).is_err(),
        "there is a default export only"
    );
    assert!(
        run(r#"import a from "./bad.json" with {type: "json"};"#).is_err(),
        "what is no JSON is no module"
    );
    assert!(run(r#"import a from "./a.json" with {type: "?"};"#).is_err(), "there is no such type");
}

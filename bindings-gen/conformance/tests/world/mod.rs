//! A realm with the interfaces of this crate, and how tests look at it.
#![allow(dead_code, reason = "each test file uses what it needs")]

use bgfetch_js::glue::Exposure;
use bgfetch_js::{Realm, RealmOptions, Runtime, RuntimeOptions};
use bindings_gen_conformance::{bindings, dom};

pub(crate) struct World {
    /// The realm.
    pub(crate) realm: Realm,
    // Dropped after the realm.
    _runtime: Runtime,
}

/// A new world.
pub(crate) fn world(secure_context: bool) -> World {
    let runtime = Runtime::new(RuntimeOptions::default(), bindings::INTERFACES).unwrap();
    let realm =
        Realm::new(RealmOptions { exposure: Exposure::WINDOW, secure_context, ..RealmOptions::default() })
            .unwrap();
    realm.wrap_global(dom::Window::default()).unwrap();
    realm.install(bindings::INTERFACES, bindings::NAMESPACES).unwrap();
    runtime.set_checkpoint_hook(Runtime::run_microtasks);
    World { realm, _runtime: runtime }
}

impl World {
    /// What a script gives.
    pub(crate) fn run(&self, source: &str) -> String {
        match self.realm.evaluate_script(source, "test.js", 1) {
            Ok(value) => value.describe(&self.realm),
            Err(error) => format!("threw {}", error.describe(&self.realm)),
        }
    }

    /// Runs lines of `expression => result`.
    pub(crate) fn check(&self, lines: &str) {
        let mut failures = String::new();
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (source, expected) = line.split_once(" ==> ").unwrap_or((line, "true"));
            let actual = self.run(source.trim());
            if actual != expected.trim() {
                failures.push_str(&format!(
                    "{source}\n    expected {}\n    but got  {actual}\n",
                    expected.trim()
                ));
            }
        }
        assert!(failures.is_empty(), "\n{failures}");
    }

    /// Runs statements, then looks at the list that they `log` to, once all microtasks have run.
    pub(crate) fn logged(&self, source: &str, expected: &str) {
        self.run("var logged = []; var log = x => logged.push(typeof x === 'object' && x ? x.name || JSON.stringify(x) : String(x))");
        let result = self.run(source);
        assert!(!result.starts_with("threw"), "{result}");
        assert_eq!(self.run("logged.join(' ')"), expected, "{source}");
    }
}

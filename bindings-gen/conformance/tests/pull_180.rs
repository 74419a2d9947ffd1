//! The effect of WICG/background-fetch's pull request 180, which `bindings-gen/docs/update.md` walks through: background
//! fetches are no longer started by service workers. Not a line of Rust differs between the two versions.

use bgfetch_js::glue::Exposure;
use bgfetch_js::{Realm, RealmOptions, Runtime, RuntimeOptions};
use bindings_gen_conformance::walk_through::{after, before};

/// What a script gives in a realm of that kind, with one version's interfaces.
macro_rules! run {
    ($version:ident, $exposure:expr, $script:expr) => {{
        let runtime = Runtime::new(RuntimeOptions::default(), $version::bindings::INTERFACES).unwrap();
        let options = RealmOptions { exposure: $exposure, secure_context: true, ..RealmOptions::default() };
        let realm = Realm::new(options).unwrap();
        realm.wrap_global($version::dom::Window::default()).unwrap();
        realm.install($version::bindings::INTERFACES, $version::bindings::NAMESPACES).unwrap();
        let shown = realm.evaluate_script($script, "page.js", 1).unwrap().describe(&realm);
        drop(realm);
        drop(runtime);
        shown
    }};
}

const MEMBERS: &str = "Object.getOwnPropertyNames(BackgroundFetchManager.prototype).sort().join()";

#[test]
fn a_service_worker_loses_fetch_and_nothing_else() {
    assert_eq!(run!(before, Exposure::SERVICE_WORKER, MEMBERS), "constructor,fetch,get,getIds");
    assert_eq!(run!(after, Exposure::SERVICE_WORKER, MEMBERS), "constructor,get,getIds");
}

#[test]
fn windows_and_other_workers_keep_it() {
    for exposure in [Exposure::WINDOW, Exposure::DEDICATED_WORKER, Exposure::SHARED_WORKER] {
        assert_eq!(run!(before, exposure, MEMBERS), "constructor,fetch,get,getIds");
        assert_eq!(run!(after, exposure, MEMBERS), "constructor,fetch,get,getIds");
    }
}

//! An interface, and a realm that has it.
#![forbid(unsafe_code)]

/// Generated from the IDL in `webidl`.
pub mod bindings {
    include!(concat!(env!("OUT_DIR"), "/bindings/mod.rs"));
}
pub mod dom;

use bgfetch_js::glue::Exposure;
use bgfetch_js::{Fallible, Realm, RealmOptions, Runtime, RuntimeOptions};

/// What a script gives, or throws, as text.
///
/// # Errors
/// The thread has a JavaScript runtime already, or there is no memory for one.
pub fn evaluate(script: &str) -> Result<String, String> {
    // Dropped after the realm.
    let _runtime = Runtime::new(RuntimeOptions::default(), bindings::INTERFACES)?;
    let options = RealmOptions { exposure: Exposure::WINDOW, ..RealmOptions::default() };
    let realm = Realm::new(options).map_err(|exception| exception.to_string())?;
    Ok(match install_and_evaluate(&realm, script) {
        Ok(value) => value,
        Err(exception) => format!("threw {}", exception.describe(&realm)),
    })
}

fn install_and_evaluate(realm: &Realm, script: &str) -> Fallible<String> {
    realm.wrap_global(dom::Window::default())?;
    realm.install(bindings::INTERFACES, bindings::NAMESPACES)?;
    realm.evaluate_script(script, "argument.js", 1).map(|value| value.describe(realm))
}

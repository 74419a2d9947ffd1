//! [WebAssembly](https://webassembly.github.io/spec/js-api/), as a page sees it. What it stands on is in
//! [`bgfetch_js::wasm`].

mod address;
pub(crate) mod exception;
pub(crate) mod global;
mod imports;
pub(crate) mod instance;
pub(crate) mod memory;
pub(crate) mod module;
mod streaming;
pub(crate) mod table;
pub(crate) mod tag;
pub(crate) mod web_assembly;

pub(crate) use exception::Exception;
pub(crate) use global::Global;
pub(crate) use instance::Instance;
pub(crate) use memory::Memory;
pub(crate) use module::Module;
pub(crate) use table::Table;
pub(crate) use tag::Tag;
pub(crate) use web_assembly::WebAssembly;

use bgfetch_js::wasm::ErrorKind;
use bgfetch_js::{Fallible, Realm};

/// Adds the [error constructors](https://webassembly.github.io/spec/js-api/#error-objects) to a realm's namespace, which is
/// there already.
pub(crate) fn install(realm: &Realm) -> Fallible<()> {
    let namespace = realm.global().get(realm, "WebAssembly")?;
    if let Some(namespace) = namespace.as_object() {
        for kind in ErrorKind::ALL {
            let constructor = kind.constructor(realm)?.into_value();
            namespace.define_hidden(realm, kind.name(), &constructor)?;
        }
    }
    Ok(())
}

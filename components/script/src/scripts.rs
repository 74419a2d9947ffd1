//! Modules of this thread, by URL.

use std::cell::RefCell;
use std::collections::HashMap;

use bgfetch_js::{ModuleLoader, Realm};
use url::Url;

use crate::dom::ServiceWorkerGlobalScope;

thread_local! {
    static SOURCES: RefCell<HashMap<String, String>> = RefCell::default();
}

/// The [module map](https://html.spec.whatwg.org/multipage/webappapis.html#module-map): the sources that were fetched
/// before the graph that needs them is linked.
#[derive(Debug, Default)]
pub(crate) struct ModuleMap(());

impl ModuleMap {
    /// Adds a module that has been fetched.
    pub(crate) fn insert(url: &Url, source: String) {
        SOURCES.with_borrow_mut(|sources| sources.insert(url.as_str().to_owned(), source));
    }

    /// Whether a module has been fetched.
    pub(crate) fn contains(url: &Url) -> bool {
        SOURCES.with_borrow(|sources| sources.contains_key(url.as_str()))
    }
}

impl ModuleLoader for ModuleMap {
    fn resolve(&self, realm: &Realm, base: &str, specifier: &str) -> Result<String, String> {
        if let Some(worker) = realm.global_as::<ServiceWorkerGlobalScope>() {
            worker.may_load_modules()?;
        }
        resolve_specifier(base, specifier).map(Into::into)
    }

    fn source(&self, realm: &Realm, url: &str) -> Result<String, String> {
        if let Some(worker) = realm.global_as::<ServiceWorkerGlobalScope>() {
            return worker.module_source(realm, url);
        }
        let known = SOURCES.with_borrow(|sources| sources.get(url).cloned());
        known.ok_or_else(|| format!("the module {url} was not fetched before the script that imports it ran"))
    }
}

/// [Resolves a module specifier](https://html.spec.whatwg.org/multipage/webappapis.html#resolve-a-module-specifier),
/// without import maps.
pub(crate) fn resolve_specifier(base: &str, specifier: &str) -> Result<Url, String> {
    if let Ok(url) = Url::parse(specifier) {
        return Ok(url);
    }
    if !(specifier.starts_with('/') || specifier.starts_with("./") || specifier.starts_with("../")) {
        return Err(format!(
            "the module specifier {specifier:?} is neither a URL nor begins with \"/\", \"./\" or \"../\""
        ));
    }
    let base = Url::parse(base)
        .map_err(|_| format!("{base:?} is no base for the module specifier {specifier:?}"))?;
    base.join(specifier).map_err(|error| format!("the module specifier {specifier:?} is not a URL: {error}"))
}

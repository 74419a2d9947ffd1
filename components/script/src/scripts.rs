//! Modules of this thread, by URL.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use bgfetch_js::{Exception, Fallible, ModuleLoader, ModuleSource, ModuleType, Realm, ToJs};
use url::Url;

use crate::dom::globals::import_scripts;
use crate::dom::html::scripting::dynamic_import::rename_calls;
use crate::dom::url::resolve;
use crate::dom::{CSSStyleSheet, ServiceWorkerGlobalScope, Window};
use crate::environment::Environment;

thread_local! {
    static MODULES: RefCell<HashMap<Key, Entry>> = RefCell::default();
}

/// What the [module map](https://html.spec.whatwg.org/multipage/webappapis.html#module-map) goes by.
type Key = (String, ModuleType);

/// A module, or the fetch that will bring it.
enum Entry {
    /// Whoever else wants it waits.
    Fetching(Vec<Waker>),
    Fetched(Result<String, String>),
}

/// The [module map](https://html.spec.whatwg.org/multipage/webappapis.html#module-map): the sources that were fetched
/// before the graph that needs them is linked.
#[derive(Debug, Default)]
pub(crate) struct ModuleMap(());

/// What [`ModuleMap::claim`] gives.
pub(crate) enum Claim {
    /// The module was fetched, or could not be.
    Known(Result<String, String>),
    /// Nobody has fetched it: the caller is to.
    Fetch(Place),
}

/// The place of a module that is being fetched. Dropped without [`Place::fill`], it is free again.
pub(crate) struct Place(Option<Key>);

impl ModuleMap {
    /// The module of that URL, once whoever fetches it has it; or the right to fetch it.
    pub(crate) async fn claim(url: &Url, module_type: ModuleType) -> Claim {
        let key = (url.as_str().to_owned(), module_type);
        poll_fn(|cx| {
            MODULES.with_borrow_mut(|modules| match modules.get_mut(&key) {
                Some(Entry::Fetched(source)) => Poll::Ready(Claim::Known(source.clone())),
                Some(Entry::Fetching(waiting)) => {
                    waiting.push(cx.waker().clone());
                    Poll::Pending
                }
                None => {
                    modules.insert(key.clone(), Entry::Fetching(Vec::new()));
                    Poll::Ready(Claim::Fetch(Place(Some(key.clone()))))
                }
            })
        })
        .await
    }
}

impl Place {
    /// Puts the module there, or why there is none.
    pub(crate) fn fill(mut self, source: Result<String, String>) {
        if let Some(key) = self.0.take() {
            put(key, Some(Entry::Fetched(source)));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(key) = self.0.take() {
            put(key, None);
        }
    }
}

/// Changes an entry and wakes those who wait for it.
fn put(key: Key, entry: Option<Entry>) {
    let before = MODULES.with_borrow_mut(|modules| match entry {
        Some(entry) => modules.insert(key, entry),
        None => modules.remove(&key),
    });
    if let Some(Entry::Fetching(waiting)) = before {
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl ModuleLoader for ModuleMap {
    fn resolve(&self, realm: &Realm, base: &str, specifier: &str) -> Result<String, String> {
        if let Some(worker) = realm.global_as::<ServiceWorkerGlobalScope>() {
            worker.may_load_modules()?;
        }
        if Url::parse(base).is_ok() {
            return resolve_specifier(base, specifier).map(Into::into);
        }
        // What `eval()` compiles has no URL of its own.
        let base = Environment::try_of(realm).map(|environment| environment.base_url.borrow().to_string());
        resolve_specifier(base.as_deref().unwrap_or_default(), specifier).map(Into::into)
    }

    fn load(&self, realm: &Realm, url: &str, module_type: ModuleType) -> Fallible<ModuleSource> {
        let source = source(realm, url, module_type).map_err(Exception::type_error)?;
        // `import()` in a service worker stays the engine's own: `resolve` refuses it.
        let is_service_worker = realm.global_as::<ServiceWorkerGlobalScope>().is_some();
        Ok(match module_type {
            ModuleType::JavaScript if is_service_worker => ModuleSource::Script(source),
            ModuleType::JavaScript => ModuleSource::Script(match rename_calls(&source) {
                Cow::Borrowed(_) => source,
                Cow::Owned(renamed) => renamed,
            }),
            // [Creates a JSON module script](https://html.spec.whatwg.org/multipage/webappapis.html#creating-a-json-module-script).
            ModuleType::Json => ModuleSource::Default(realm.parse_json(&source)?),
            // [Creates a CSS module script](https://html.spec.whatwg.org/multipage/webappapis.html#creating-a-css-module-script).
            ModuleType::Css => ModuleSource::Default(CSSStyleSheet::of_text(realm, &source)?.to_js(realm)?),
        })
    }
}

/// Whether a realm may have modules of a type:
/// [module type allowed](https://html.spec.whatwg.org/multipage/webappapis.html#module-type-allowed).
pub(crate) fn is_allowed(realm: &Realm, module_type: ModuleType) -> bool {
    module_type != ModuleType::Css || realm.global_as::<Window>().is_some()
}

/// The text of a module.
fn source(realm: &Realm, url: &str, module_type: ModuleType) -> Result<String, String> {
    if !is_allowed(realm, module_type) {
        return Err(format!("{url} was not loaded: there are no style sheets in workers"));
    }
    if let Some(worker) = realm.global_as::<ServiceWorkerGlobalScope>() {
        return match module_type {
            ModuleType::JavaScript => worker.module_source(realm, url),
            _ => Err(format!("{url} was not loaded: the modules of a service worker are JavaScript")),
        };
    }
    let key = (url.to_owned(), module_type);
    let known = MODULES.with_borrow(|modules| match modules.get(&key) {
        Some(Entry::Fetched(source)) => Some(source.clone()),
        _ => None,
    });
    // What a graph needs was fetched before it is linked. What is left is `import()` in what `eval()` compiled and in
    // workers, for which the engine waits here.
    known.unwrap_or_else(|| {
        let parsed = Url::parse(url).map_err(|error| format!("{url:?} is not a URL: {error}"))?;
        let source = import_scripts::module(realm, &parsed, module_type);
        put(key, Some(Entry::Fetched(source.clone())));
        source
    })
}

/// [Resolves a module specifier](https://html.spec.whatwg.org/multipage/webappapis.html#resolve-a-module-specifier),
/// without import maps.
pub(crate) fn resolve_specifier(base: &str, specifier: &str) -> Result<Url, String> {
    if let Ok(url) = resolve(specifier, None) {
        return Ok(url);
    }
    if !(specifier.starts_with('/') || specifier.starts_with("./") || specifier.starts_with("../")) {
        return Err(format!(
            "the module specifier {specifier:?} is neither a URL nor begins with \"/\", \"./\" or \"../\""
        ));
    }
    let base = Url::parse(base)
        .map_err(|_| format!("{base:?} is no base for the module specifier {specifier:?}"))?;
    resolve(specifier, Some(&base))
        .map_err(|error| format!("the module specifier {specifier:?} is not a URL: {error}"))
}

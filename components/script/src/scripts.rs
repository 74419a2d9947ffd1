//! Modules of this thread, by URL.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use bgfetch_js::{ModuleLoader, Realm};
use bgfetch_traits::fetch::{CacheMode, RequestMode};
use url::Url;

use crate::dom::ServiceWorkerGlobalScope;
use crate::dom::globals::import_scripts;
use crate::dom::html::scripting::dynamic_import::rename_calls;
use crate::dom::url::resolve;
use crate::environment::Environment;

thread_local! {
    static MODULES: RefCell<HashMap<String, Entry>> = RefCell::default();
}

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
pub(crate) struct Place(Option<String>);

impl ModuleMap {
    /// The module of that URL, once whoever fetches it has it; or the right to fetch it.
    pub(crate) async fn claim(url: &Url) -> Claim {
        poll_fn(|cx| {
            MODULES.with_borrow_mut(|modules| match modules.get_mut(url.as_str()) {
                Some(Entry::Fetched(source)) => Poll::Ready(Claim::Known(source.clone())),
                Some(Entry::Fetching(waiting)) => {
                    waiting.push(cx.waker().clone());
                    Poll::Pending
                }
                None => {
                    modules.insert(url.as_str().to_owned(), Entry::Fetching(Vec::new()));
                    Poll::Ready(Claim::Fetch(Place(Some(url.as_str().to_owned()))))
                }
            })
        })
        .await
    }
}

impl Place {
    /// Puts the module there, or why there is none.
    pub(crate) fn fill(mut self, source: Result<String, String>) {
        if let Some(url) = self.0.take() {
            put(&url, Some(Entry::Fetched(source)));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(url) = self.0.take() {
            put(&url, None);
        }
    }
}

/// Changes an entry and wakes those who wait for it.
fn put(url: &str, entry: Option<Entry>) {
    let before = MODULES.with_borrow_mut(|modules| match entry {
        Some(entry) => modules.insert(url.to_owned(), entry),
        None => modules.remove(url),
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

    fn source(&self, realm: &Realm, url: &str) -> Result<String, String> {
        if let Some(worker) = realm.global_as::<ServiceWorkerGlobalScope>() {
            return worker.module_source(realm, url);
        }
        let known = MODULES.with_borrow(|modules| match modules.get(url) {
            Some(Entry::Fetched(source)) => Some(source.clone()),
            _ => None,
        });
        // What a graph needs was fetched before it is linked. What is left is `import()` in what `eval()` compiled, for
        // which the engine waits here.
        let source = known.unwrap_or_else(|| {
            let parsed = Url::parse(url).map_err(|error| format!("{url:?} is not a URL: {error}"))?;
            let fetched = import_scripts::script(realm, &parsed, RequestMode::Cors, CacheMode::Default);
            let source = fetched.map(|resource| resource.source);
            put(url, Some(Entry::Fetched(source.clone())));
            source
        });
        source.map(|source| match rename_calls(&source) {
            Cow::Borrowed(_) => source,
            Cow::Owned(renamed) => renamed,
        })
    }
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

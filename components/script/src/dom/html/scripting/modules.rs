//! [Fetching module script graphs](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-module-script-tree): every
//! module is in the [module map](crate::scripts) before any of them is linked.

use std::cell::Cell;
use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::task::Poll;

use bgfetch_js::{ModuleRequest, ModuleType, Realm, module_requests};
use bgfetch_traits::fetch::{CredentialsMode, Destination, ParserMetadata};
use bgfetch_traits::policy::Client;
use url::Url;

use super::prepare::{FetchOptions, ForWorker};
use super::{ScriptResult, fetch};
use crate::environment::{Environment, GlobalKind};
use crate::scripts::{Claim, ModuleMap, is_allowed, resolve_specifier};

/// [Fetches an external module script graph](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-module-script-tree).
///
/// # Errors
/// A sentence for the console.
pub(super) async fn fetch_external(
    realm: &Realm,
    url: Url,
    options: &FetchOptions,
) -> Result<ScriptResult, String> {
    fetch_graph(realm, vec![Wanted::new(url.clone(), None, ModuleType::JavaScript)], options).await?;
    Ok(ScriptResult::ExternalModule(url))
}

/// [Fetches an inline module script graph](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-an-inline-module-script-graph).
///
/// # Errors
/// A sentence for the console.
pub(super) async fn fetch_inline(realm: &Realm, base: &Url, source: String) -> Result<ScriptResult, String> {
    let dependencies =
        dependencies(base, &source).into_iter().map(|w| Wanted { referrer: None, ..w }).collect();
    fetch_graph(realm, dependencies, &descendant_options(None)).await?;
    Ok(ScriptResult::InlineModule(source))
}

/// [Fetches an `import()` module script graph](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-an-import()-module-script-graph),
/// for the script at `referrer`, if it has a URL.
///
/// # Errors
/// A sentence for the exception.
pub(super) async fn fetch_dynamic(
    realm: &Realm,
    url: Url,
    referrer: Option<Url>,
    module_type: ModuleType,
) -> Result<(), String> {
    let mut options = descendant_options(None);
    if let Some(credentials) = WORKER_CREDENTIALS.get() {
        options.cors = Some(credentials);
    }
    fetch_graph(realm, vec![Wanted::new(url, referrer, module_type)], &options).await
}

thread_local! {
    /// Credentials mode of a module worker, which all of its modules are fetched with.
    static WORKER_CREDENTIALS: Cell<Option<CredentialsMode>> = const { Cell::new(None) };
}

/// [Fetches a module worker script graph](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-module-worker-script-tree),
/// the first script of which is there. The others are fetched on behalf of the `outside` settings.
///
/// # Errors
/// A sentence for the console.
pub(crate) async fn fetch_for_worker(
    realm: &Realm,
    url: &Url,
    source: &str,
    credentials: CredentialsMode,
    outside: Client,
) -> Result<(), String> {
    WORKER_CREDENTIALS.set(Some(credentials));
    if let Claim::Fetch(place) = ModuleMap::claim(url, ModuleType::JavaScript).await {
        place.fill(Ok(source.to_owned()));
    }
    let destination = match Environment::of(realm).kind {
        GlobalKind::SharedWorker => Destination::SharedWorker,
        _ => Destination::Worker,
    };
    let worker = Some(Rc::new(ForWorker { outside, destination }));
    let options = FetchOptions { cors: Some(credentials), worker, ..descendant_options(None) };
    fetch_graph(realm, dependencies(url, source), &options).await
}

/// [Descendant script fetch options](https://html.spec.whatwg.org/multipage/webappapis.html#descendant-script-fetch-options).
fn descendant_options(of: Option<&FetchOptions>) -> FetchOptions {
    FetchOptions {
        cors: of.map_or(Some(CredentialsMode::SameOrigin), |options| options.cors),
        integrity: String::new(),
        nonce: of.map(|options| options.nonce.clone()).unwrap_or_default(),
        parser_metadata: of.map_or(ParserMetadata::NotParserInserted, |options| options.parser_metadata),
        referrer_policy: of.map(|options| options.referrer_policy).unwrap_or_default(),
        worker: of.and_then(|options| options.worker.clone()),
    }
}

/// A module that is to be fetched.
#[derive(Clone, Debug)]
struct Wanted {
    url: Url,
    /// Who imports it.
    referrer: Option<Url>,
    module_type: ModuleType,
}

impl Wanted {
    const fn new(url: Url, referrer: Option<Url>, module_type: ModuleType) -> Self {
        Self { url, referrer, module_type }
    }
}

/// What a module imports. A specifier or a type that means nothing is the
/// [parse error](https://html.spec.whatwg.org/multipage/webappapis.html#concept-script-parse-error) of the module, which linking it
/// throws: nothing is fetched for it.
fn dependencies(url: &Url, source: &str) -> Vec<Wanted> {
    let wanted = |request: &ModuleRequest| {
        let target = resolve_specifier(url.as_str(), &request.specifier).ok()?;
        Some(Wanted::new(target, Some(url.clone()), request.module_type?))
    };
    module_requests(source, url.as_str()).iter().filter_map(wanted).collect()
}

/// Fetches modules and everything they import, those of one distance from the root at the same time.
async fn fetch_graph(realm: &Realm, roots: Vec<Wanted>, options: &FetchOptions) -> Result<(), String> {
    let descendants = descendant_options(Some(options));
    let mut seen: HashSet<(Url, ModuleType)> = HashSet::new();
    let mut level = roots;
    let mut options = options;
    while !level.is_empty() {
        // What is not allowed is an error when the graph is linked.
        level.retain(|wanted| is_allowed(realm, wanted.module_type));
        level.retain(|wanted| seen.insert((wanted.url.clone(), wanted.module_type)));
        let fetches = level.iter().map(|wanted| fetch_one(realm, wanted, options));
        let sources = all(fetches).await;
        let mut next = Vec::new();
        for (wanted, source) in level.iter().zip(sources) {
            let source = source?;
            if wanted.module_type == ModuleType::JavaScript {
                next.extend(dependencies(&wanted.url, &source));
            }
        }
        level = next;
        options = &descendants;
    }
    Ok(())
}

/// [Fetches a single module script](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-single-module-script), unless
/// it is in the module map or on its way there.
async fn fetch_one(realm: &Realm, wanted: &Wanted, options: &FetchOptions) -> Result<String, String> {
    let Wanted { url, referrer, module_type } = wanted;
    match ModuleMap::claim(url, *module_type).await {
        Claim::Known(source) => source,
        Claim::Fetch(place) => {
            let source = fetch::module(realm, url, referrer.as_ref(), *module_type, options).await;
            place.fill(source.clone());
            source
        }
    }
}

/// Waits for all, in any order.
async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.map(|future| (None, Box::pin(future))).collect();
    poll_fn(|cx| {
        let mut pending = false;
        for (output, future) in waiting.iter_mut().filter(|(output, _)| output.is_none()) {
            match future.as_mut().poll(cx) {
                Poll::Ready(ready) => *output = Some(ready),
                Poll::Pending => pending = true,
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    waiting.into_iter().filter_map(|(output, _)| output).collect()
}

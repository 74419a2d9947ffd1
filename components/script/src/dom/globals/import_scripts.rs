//! [Importing scripts into a worker](https://html.spec.whatwg.org/multipage/workers.html#import-scripts-into-worker-global-scope).

use bgfetch_js::{Exception, Fallible, ModuleType, Realm};
use bgfetch_traits::fetch::{
    CacheMode, CredentialsMode, Destination, ParserMetadata, Priority, Request, RequestHead, RequestMode,
    ResponseType,
};
use bgfetch_traits::service_worker::ScriptResource;
use url::Url;

use crate::agent::Agent;
use crate::blocking::{self, Whole};
use crate::dom::file::blob_url::{self, BlobEntry};
use crate::dom::html::scripting::fetch::{destination_of, fits};
use crate::environment::Environment;
use crate::mime::MimeType;

/// A script, and whether its [errors are muted](https://html.spec.whatwg.org/multipage/webappapis.html#muted-errors).
pub(super) struct Imported {
    pub(super) script: ScriptResource,
    pub(super) muted_errors: bool,
}

/// [Imports scripts into a worker global
/// scope](https://html.spec.whatwg.org/multipage/workers.html#import-scripts-into-worker-global-scope), from step 3 on.
/// `fetch` gives the script of a URL, or says why there is none.
pub(super) fn import(
    realm: &Realm,
    urls: &[String],
    mut fetch: impl FnMut(Url, Option<BlobEntry>) -> Result<Imported, String>,
) -> Fallible<()> {
    // Steps 3 to 5.
    let environment = Environment::of(realm);
    let parse = |text: &String| {
        environment
            .parse_url(text)
            .map_err(|error| Exception::dom("SyntaxError", format!("{text:?} is no URL: {error}")))
    };
    // What blob URLs stand for is known from here on: one of the scripts may revoke them.
    let parsed: Fallible<Vec<_>> =
        urls.iter().map(|text| parse(text).map(|url| (blob_url::resolve(&url), url))).collect();
    // Step 6.
    for (entry, url) in parsed? {
        // Step 6.1.
        let Imported { script, muted_errors } =
            fetch(url, entry).map_err(|why| Exception::dom("NetworkError", why))?;
        // Waiting for the network does not count as running.
        Agent::current().allow_time();
        // Step 6.2: errors of scripts of other origins are muted.
        match realm.evaluate_script(&script.source, script.url.as_str(), 1) {
            Err(exception) if muted_errors && !exception.is_termination() => {
                let message = format!("the script {} of another origin threw", script.url);
                return Err(Exception::dom("NetworkError", message));
            }
            result => drop(result?),
        }
    }
    Ok(())
}

/// [Fetches a classic worker-imported
/// script](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-classic-worker-imported-script).
pub(super) fn fetch(realm: &Realm, url: &Url, entry: Option<&BlobEntry>) -> Result<Imported, String> {
    let (script, kind) = script_and_type(realm, url, entry, RequestMode::NoCors, CacheMode::Default)?;
    let muted_errors = matches!(kind, ResponseType::Opaque | ResponseType::OpaqueRedirect);
    Ok(Imported { script, muted_errors })
}

/// Fetches a script and waits for it: by `importScripts()` in mode "no-cors", or as a module in mode "cors".
pub(crate) fn script(
    realm: &Realm,
    url: &Url,
    mode: RequestMode,
    cache: CacheMode,
) -> Result<ScriptResource, String> {
    script_and_type(realm, url, None, mode, cache).map(|(script, _)| script)
}

/// Fetches a module, of any type, and waits for it.
///
/// # Errors
/// A sentence if it is not there, or of another type.
pub(crate) fn module(realm: &Realm, url: &Url, module_type: ModuleType) -> Result<String, String> {
    let wanted = Wanted { entry: None, mode: RequestMode::Cors, cache: CacheMode::Default, module_type };
    get(realm, url, &wanted).map(|(script, _)| script.source)
}

/// What is fetched, and how.
struct Wanted<'a> {
    entry: Option<&'a BlobEntry>,
    mode: RequestMode,
    cache: CacheMode,
    module_type: ModuleType,
}

fn script_and_type(
    realm: &Realm,
    url: &Url,
    entry: Option<&BlobEntry>,
    mode: RequestMode,
    cache: CacheMode,
) -> Result<(ScriptResource, ResponseType), String> {
    get(realm, url, &Wanted { entry, mode, cache, module_type: ModuleType::JavaScript })
}

fn get(realm: &Realm, url: &Url, wanted: &Wanted<'_>) -> Result<(ScriptResource, ResponseType), String> {
    let Wanted { entry, mode, cache, module_type } = *wanted;
    let environment = Environment::of(realm);
    // Step 1.
    // A worker's module graph is fetched without credentials: step 7 of
    // [Update](https://w3c.github.io/ServiceWorker/#update).
    let credentials =
        if mode == RequestMode::Cors { CredentialsMode::Omit } else { CredentialsMode::SameOrigin };
    let destination = destination_of(module_type).unwrap_or(Destination::Script);
    let parser_metadata = ParserMetadata::NotParserInserted;
    let head = RequestHead {
        mode,
        credentials,
        cache,
        destination,
        parser_metadata,
        ..RequestHead::get(url.clone())
    };
    let request = Request { head, client: environment.client(), body: None, priority: Priority::Foreground };
    // Steps 2 to 4.
    let fetched = if url.scheme() == "blob" {
        blob_url::fetch(&request, entry).and_then(|response| blocking::read(response, None))
    } else {
        blocking::fetch(&environment, request, None, "script")
    };
    let Whole { head, policy, body } =
        fetched.map_err(|error| format!("{url} could not be fetched: {error}"))?;
    let body = body.unwrap_or_default();
    // Step 5.
    if !head.is_ok() {
        return Err(format!("{url} could not be fetched: the server answered with status {}", head.status));
    }
    if !MimeType::extract(&head.headers).is_some_and(|mime_type| fits(module_type, &mime_type.essence)) {
        let mime_type = head.headers.get_str("Content-Type").unwrap_or_default();
        return Err(format!("{url} is no script: its type is {mime_type:?}"));
    }
    // Step 6.
    let (source, _) = encoding_rs::UTF_8.decode_with_bom_removal(&body);
    Ok((ScriptResource { url: url.clone(), source: source.into_owned(), policy }, head.kind))
}

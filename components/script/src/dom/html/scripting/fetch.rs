//! [Fetching scripts](https://html.spec.whatwg.org/multipage/webappapis.html#fetching-scripts).

use bgfetch_js::{ErrorLocation, ModuleType, Realm};
use bgfetch_traits::coordinator::ConsoleLevel;
use bgfetch_traits::fetch::{
    CredentialsMode, Destination, Priority, Referrer, Request, RequestHead, RequestMode, Response,
    ResponseType,
};
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::policy::Client;
use bytes::Bytes;
use encoding_rs::Encoding;
use url::Url;

use super::prepare::FetchOptions;
use super::{ClassicScript, ScriptResult};
use bgfetch_traits::mime::is_javascript;

use crate::dom::file::blob_url;
use crate::environment::Environment;
use crate::mime::MimeType;
use crate::{fetching, report};

/// Largest script that is taken, in bytes.
const MAX_SCRIPT: usize = 64 << 20;

/// Tells the console why a script is not there.
pub(super) fn report_failure(realm: &Realm, why: &str) {
    if let Some(environment) = Environment::try_of(realm) {
        report::to_console(&environment, ConsoleLevel::Error, why.to_owned(), &ErrorLocation::default());
    }
}

/// [Fetches a classic script](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-classic-script).
///
/// # Errors
/// A sentence for the console.
pub(super) async fn classic(
    realm: &Realm,
    url: Url,
    options: &FetchOptions,
    fallback: &'static Encoding,
) -> Result<ScriptResult, String> {
    let head = request(&url, options, Destination::Script);
    let response = send(realm, head, None).await?;
    // Step 5.1: [should it be blocked due to its MIME type](https://fetch.spec.whatwg.org/#ref-for-should-response-to-request-be-blocked-due-to-mime-type?).
    let mime_type = MimeType::extract(&response.head.headers);
    if let Some(mime_type) = mime_type.as_ref().filter(|mime_type| is_blocked_for_scripts(&mime_type.essence))
    {
        return Err(format!("the script {url} was not run: its MIME type is {}", mime_type.essence));
    }
    let muted_errors = matches!(response.head.kind, ResponseType::Opaque | ResponseType::OpaqueRedirect);
    let base = response.head.url().cloned().unwrap_or(url);
    let bytes = read(response, &base).await?;
    // Steps 5.3 to 5.5.
    let encoding = mime_type.as_ref().and_then(encoding_of).unwrap_or(fallback);
    let (text, _, _) = encoding.decode(&bytes);
    let script = ClassicScript { source: text.into_owned(), url: base, line: 1, muted_errors };
    Ok(ScriptResult::Classic(script))
}

/// The encoding that a `charset` parameter names.
fn encoding_of(mime_type: &MimeType) -> Option<&'static Encoding> {
    Encoding::for_label(mime_type.parameter("charset")?.as_bytes())
}

/// [Blocked due to its MIME type](https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?)
/// for a script-like destination.
fn is_blocked_for_scripts(essence: &str) -> bool {
    ["audio/", "image/", "video/"].iter().any(|kind| essence.starts_with(kind)) || essence == "text/csv"
}

/// [Fetches a single module script](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-single-module-script), up
/// to its text.
///
/// # Errors
/// A sentence for the console.
pub(super) async fn module(
    realm: &Realm,
    url: &Url,
    referrer: Option<&Url>,
    module_type: ModuleType,
    options: &FetchOptions,
) -> Result<String, String> {
    let worker = options.worker.as_ref();
    let destination = destination_of(module_type);
    let destination =
        destination.unwrap_or_else(|| worker.map_or(Destination::Script, |worker| worker.destination));
    let mut head = request(url, options, destination);
    if let Some(referrer) = referrer {
        head.referrer = Referrer::Url(referrer.clone());
    }
    let response = send(realm, head, worker.map(|worker| worker.outside.clone())).await?;
    let mime_type = MimeType::extract(&response.head.headers);
    let essence = mime_type.map(|mime_type| mime_type.essence).unwrap_or_default();
    if !fits(module_type, &essence) {
        let found = if essence.is_empty() { "none" } else { &essence };
        return Err(format!("the module {url} was not loaded: its MIME type is another one ({found})"));
    }
    let bytes = read(response, url).await?;
    // [UTF-8 decode](https://encoding.spec.whatwg.org/#utf-8-decode): without a byte order mark.
    let (text, _) = encoding_rs::UTF_8.decode_with_bom_removal(&bytes);
    Ok(text.into_owned())
}

/// [Fetch destination from module type](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-destination-from-module-type); `None`
/// for scripts, which keep theirs.
pub(crate) const fn destination_of(module_type: ModuleType) -> Option<Destination> {
    match module_type {
        ModuleType::JavaScript => None,
        ModuleType::Json => Some(Destination::Json),
        ModuleType::Css => Some(Destination::Style),
    }
}

/// Whether a MIME type is that of modules of a type. [JSON MIME types](https://mimesniff.spec.whatwg.org/#json-mime-type) are several.
pub(crate) fn fits(module_type: ModuleType, essence: &str) -> bool {
    match module_type {
        ModuleType::JavaScript => is_javascript(essence),
        ModuleType::Json => essence.ends_with("+json") || matches!(essence, "application/json" | "text/json"),
        ModuleType::Css => essence == "text/css",
    }
}

/// [Creates a potential-CORS request](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#create-a-potential-cors-request)
/// with script fetch options.
fn request(url: &Url, options: &FetchOptions, destination: Destination) -> RequestHead {
    RequestHead {
        mode: if options.cors.is_some() { RequestMode::Cors } else { RequestMode::NoCors },
        credentials: options.cors.unwrap_or(CredentialsMode::Include),
        destination,
        integrity: options.integrity.clone(),
        nonce: options.nonce.as_str().into(),
        parser_metadata: options.parser_metadata,
        referrer_policy: options.referrer_policy,
        ..RequestHead::get(url.clone())
    }
}

/// Fetches on behalf of `client`, or of the realm's environment.
async fn send(realm: &Realm, head: RequestHead, client: Option<Client>) -> Result<Response, String> {
    let environment = Environment::try_of(realm).ok_or("the page is gone")?;
    let url = head.url.clone();
    let client = client.unwrap_or_else(|| environment.client());
    let request = Request { head, client, body: None, priority: Priority::Foreground };
    let response = match url.scheme() {
        "blob" => blob_url::fetch(&request, None),
        _ => fetching::fetch(&environment, request, CancelHandle::new(), Some("script")).await,
    };
    let response = response.map_err(|error| format!("the script {url} could not be loaded: {error}"))?;
    if response.head.is_ok() {
        Ok(response)
    } else {
        Err(format!("the script {url} could not be loaded: the server answered {}", response.head.status))
    }
}

async fn read(response: Response, url: &Url) -> Result<Bytes, String> {
    match response.body {
        None => Ok(Bytes::new()),
        Some(body) => {
            let read = body.read_all(MAX_SCRIPT).await;
            read.map_err(|error| format!("the script {url} could not be loaded: {error}"))
        }
    }
}

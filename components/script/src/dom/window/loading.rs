//! [Loading a document](https://html.spec.whatwg.org/multipage/browsing-the-web.html#create-navigation-params-by-fetching): from
//! a URL to a window that shows what is there.

use std::rc::Rc;

use bgfetch_js::{Exception, Fallible, Realm, Root};
use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::fetch::{
    CredentialsMode, Destination, NetworkError, NetworkErrorKind, Priority, RedirectMode, Referrer, Request,
    RequestHead, RequestMode, Response,
};
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::net::{CancelHandle, NetMsg};
use bgfetch_traits::policy::Client;
use bgfetch_traits::service_worker::{ClientType, FetchOutcome, FrameType, ServiceWorkerMsg};
use encoding_rs::Encoding;
use url::Url;

use crate::agent::{Agent, TaskSource};
use crate::dom::html::parsing::PageParser;
use crate::dom::html::parsing::decode::Decoding;
use crate::dom::html::scripting::dynamic_import;
use crate::dom::nodes::document::Flavour;
use crate::dom::{Document, Window};
use crate::environment::{Environment, GlobalKind, Hosts};
use crate::mime::MimeType;
use crate::realm_setup::{Setup, create_realm};
use crate::report;
use crate::spawn::{PageLoad, WindowOptions};

/// How many redirects a navigation follows: [20](https://fetch.spec.whatwg.org/#http-redirect-fetch).
const MAX_REDIRECTS: usize = 20;

/// Loads a window's document, and answers when its `load` event has been fired.
pub(crate) async fn load(options: WindowOptions, client: ClientId) {
    let WindowOptions { url, hosts, loaded, .. } = options;
    let response = match fetch_document(&hosts, client, url).await {
        Ok(response) => response,
        Err(error) => return loaded.send(Err(error)),
    };
    match show(hosts, client, response).await {
        Ok(page) => loaded.send(Ok(page)),
        Err(error) => loaded.send(Err(NetworkError::new(NetworkErrorKind::Internal, error))),
    }
}

/// [Creates navigation params by fetching](https://html.spec.whatwg.org/multipage/browsing-the-web.html#create-navigation-params-by-fetching):
/// each hop goes to the service worker that is responsible for its URL first.
async fn fetch_document(hosts: &Hosts, client: ClientId, url: Url) -> Result<Response, NetworkError> {
    let mut url = url;
    for _ in 0..=MAX_REDIRECTS {
        let response = fetch_once(hosts, client, url.clone()).await?;
        let Some(location) = location_url(&response, &url) else { return Ok(response) };
        url = location?;
    }
    let message = format!("the navigation was redirected more than {MAX_REDIRECTS} times, last to {url}");
    Err(NetworkError::new(NetworkErrorKind::Redirect, message))
}

async fn fetch_once(hosts: &Hosts, client: ClientId, url: Url) -> Result<Response, NetworkError> {
    let request = navigation_request(client, &url);
    let has_workers = matches!(url.scheme(), "http" | "https");
    let request = if has_workers {
        let answer = Agent::current().ask(|reply| {
            let message = ServiceWorkerMsg::HandleFetch(Box::new(request), reply);
            hosts.coordinator.send(CoordinatorMsg::ServiceWorker(client, message));
        });
        match answer.await {
            Ok(FetchOutcome::Network(request)) => *request,
            Ok(FetchOutcome::Response(response)) => return Ok(response),
            Ok(FetchOutcome::Error(why)) => {
                let message =
                    format!("the service worker answered the navigation to {url} with an error: {why}");
                return Err(NetworkError::new(NetworkErrorKind::Internal, message));
            }
            Err(dropped) => return Err(NetworkError::new(NetworkErrorKind::Aborted, dropped.to_string())),
        }
    } else {
        request
    };
    let answer = Agent::current().ask(|reply| {
        let cancel = CancelHandle::new();
        hosts.net.send(NetMsg::Fetch { request, cancel, upload_progress: None, reply });
    });
    answer
        .await
        .unwrap_or_else(|dropped| Err(NetworkError::new(NetworkErrorKind::Aborted, dropped.to_string())))
}

fn navigation_request(client: ClientId, url: &Url) -> Request {
    let head = RequestHead {
        mode: RequestMode::Navigate,
        credentials: CredentialsMode::Include,
        redirect: RedirectMode::Manual,
        referrer: Referrer::NoReferrer,
        destination: Destination::Document,
        ..RequestHead::get(url.clone())
    };
    let client = Client { id: client, ..Client::of_url(url) };
    Request { head, client, body: None, priority: Priority::Foreground }
}

/// A response's [location URL](https://fetch.spec.whatwg.org/#concept-response-location-url), if it is a redirect.
fn location_url(response: &Response, current: &Url) -> Option<Result<Url, NetworkError>> {
    if !matches!(response.head.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.head.headers.get_str("location")?;
    let base = response.head.url().unwrap_or(current);
    let joined = base.join(&location).map_err(|error| {
        let message = format!("{base} redirects to {location:?}, which is not a URL: {error}");
        NetworkError::new(NetworkErrorKind::Redirect, message)
    });
    Some(joined.and_then(|mut url| {
        if !matches!(url.scheme(), "http" | "https") {
            let message = format!("{base} redirects to {url}, which is neither http: nor https:");
            return Err(NetworkError::new(NetworkErrorKind::Redirect, message));
        }
        if url.fragment().is_none() {
            url.set_fragment(current.fragment());
        }
        Ok(url)
    }))
}

/// What a response is shown as.
enum Kind {
    Html,
    Text,
}

/// [Loads a document](https://html.spec.whatwg.org/multipage/document-lifecycle.html#loading-a-document) from a response.
async fn show(hosts: Hosts, client: ClientId, mut response: Response) -> Result<PageLoad, String> {
    let url = response.head.url().cloned().unwrap_or_else(crate::dom::nodes::document_methods::about_blank);
    let status = response.head.status;
    let mime_type = MimeType::extract(&response.head.headers);
    let (realm, document) = create_window(hosts, client, &response, &url, mime_type.as_ref())
        .map_err(|error| error.to_string())?;
    let _busy = Agent::current().busy();
    announce(&realm).await;
    let transport = mime_type.as_ref().and_then(|mime_type| mime_type.parameter("charset"));
    let transport = transport.and_then(|label| Encoding::for_label(label.as_bytes()));
    let parser = PageParser::new(&realm, &document).map_err(|error| error.to_string())?;
    let mut decoding = Decoding::new(transport);
    let mut kind = None;
    loop {
        let chunk = match &mut response.body {
            Some(body) => body.read().await,
            None => None,
        };
        let (bytes, last) = match chunk {
            Some(Ok(bytes)) => (bytes, false),
            // What is there is shown, as other browsers do.
            Some(Err(error)) => {
                tracing::warn!(%url, %error, "a document ended early");
                (bytes::Bytes::new(), true)
            }
            None => (bytes::Bytes::new(), true),
        };
        let text = decoding.decode(&bytes, last);
        if let Some(encoding) = decoding.encoding() {
            document.set_encoding(encoding);
        }
        if kind.is_none() && (last || !text.is_empty()) {
            let shown = kind_of(mime_type.as_ref(), &text);
            if matches!(shown, Kind::Text) {
                parser.begin_text().await;
            }
            kind = Some(shown);
        }
        parser.feed(&text).await;
        if last {
            break;
        }
    }
    if let Err(exception) = parser.end().await {
        report::report_exception(&realm, exception);
    }
    Ok(PageLoad { url, status })
}

/// By MIME type, and where there is none by how it begins: [sniffing](https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type)
/// for markup only.
fn kind_of(mime_type: Option<&MimeType>, text: &str) -> Kind {
    let html = match mime_type {
        // There is no XML parser: XHTML is read as HTML.
        Some(mime_type) => matches!(mime_type.essence.as_str(), "text/html" | "application/xhtml+xml"),
        None => text.trim_start().starts_with('<') || text.trim().is_empty(),
    };
    if html { Kind::Html } else { Kind::Text }
}

/// [Creates and initializes a `Document`](https://html.spec.whatwg.org/multipage/document-lifecycle.html#initialise-the-document-object)
/// with its window and realm.
fn create_window(
    hosts: Hosts,
    client: ClientId,
    response: &Response,
    url: &Url,
    mime_type: Option<&MimeType>,
) -> Fallible<(Realm, Root<Document>)> {
    let origin = url.origin();
    let setup = Setup {
        id: client,
        kind: GlobalKind::Window,
        hosts,
        url: url.clone(),
        origin: origin.clone(),
        policy: response.policy.clone(),
    };
    let (realm, window) = create_realm(setup, |_| Ok::<_, Exception>(Window::new()))?;
    dynamic_import::install(&realm)?;
    let mut flavour = Flavour::html();
    if let Some(mime_type) = mime_type {
        flavour.content_type.clone_from(&mime_type.essence);
    }
    let document = realm.wrap(Document::new(flavour, url.clone(), origin, String::new()))?;
    document.set_window(&window);
    document.begin_loading();
    window.set_document(&document);
    Ok((realm, document))
}

/// Tells the coordinator of a new client, before any script of it runs, and learns which worker controls it.
async fn announce(realm: &Realm) {
    let environment: Rc<Environment> = Environment::of(realm);
    environment.announced.set(true);
    let sender = Agent::current().script_sender();
    let answer = Agent::current().ask(|reply| {
        environment.hosts.coordinator.send(CoordinatorMsg::ClientCreated {
            client: Box::new(environment.client()),
            client_type: ClientType::Window,
            frame_type: FrameType::TopLevel,
            sender,
            reply,
        });
    });
    // Without an answer, nothing controls it.
    if let Ok(Some((_, worker))) = answer.await {
        environment.controller.replace(Some(worker));
    }
}

/// Starts loading on this thread.
pub(crate) fn start(agent: &Rc<Agent>, options: WindowOptions, client: ClientId) {
    agent.spawn_detached(TaskSource::Networking, load(options, client));
}

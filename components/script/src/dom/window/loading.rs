//! [Loading a document](https://html.spec.whatwg.org/multipage/browsing-the-web.html#create-navigation-params-by-fetching): from
//! a URL to a window that shows what is there.

use std::rc::Rc;
use std::time::Instant;

use bgfetch_traits::body::BodyReader;
use bgfetch_traits::fetch::{self, NetworkError, NetworkErrorKind, Referrer, Response};
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::policy::PolicyContainer;
use bgfetch_traits::reply::Reply;
use encoding_rs::Encoding;
use url::{Origin, Url};

use super::browsing_context::{Active, BrowsingContext, Navigation};
use super::choosing::matches_about_blank;
use super::documents::{self, DocumentParams};
use super::fetching_documents::{Fetched, Requester, fetch_document};
use super::frames;
use super::framing::unless_framing_is_forbidden;
use super::navigation::{HistoryHandling, LoadDelay, Resource, Source, Target};
use super::sandboxing::Sandbox;
use super::session_history::{self, Entry};
use super::unloading;
use crate::agent::{Agent, TaskSource};
use crate::bindings::NavigationTimingType;
use crate::dom::html::parsing::PageParser;
use crate::dom::html::parsing::decode::Decoding;
use crate::dom::nodes::document_methods::about_blank;
use crate::dom::performance;
use crate::dom::performance::document_timing::DocumentTiming;
use crate::environment::{Environment, Hosts};
use crate::fetching::next_task;
use crate::mime::{MimeType, is_xml};
use crate::report;
use crate::spawn::{PageLoad, WindowOptions};

/// Loads a window's document, and answers when its `load` event has been fired.
pub(crate) async fn load(options: WindowOptions, client: ClientId) {
    let WindowOptions { url, hosts, loaded, .. } = options;
    let context = BrowsingContext::top_level();
    let navigation = context.begin_navigation(&hosts.coordinator, client);
    let timing = Rc::new(DocumentTiming::begin(NavigationTimingType::Navigate));
    let requester = Requester {
        navigation: &navigation,
        source: None,
        destination: fetch::Destination::Document,
        resource: &Resource::Get,
        blob: None,
        timing: &timing,
        has_workers: true,
    };
    let Fetched { response, url, .. } = match fetch_document(&hosts, &requester, url).await {
        Ok(fetched) => fetched,
        Err(error) => return loaded.send(Err(error)),
    };
    let page = PageLoad { url: url.clone(), status: response.head.status };
    let sandbox = Sandbox::none().and_policies(&response.policy);
    let params = DocumentParams {
        origin: sandbox.origin(url.origin()),
        policy: response.policy.clone(),
        about_base: None,
        referrer: String::new(),
        content_type: String::new(),
        status: page.status,
        sandbox,
        timing,
        url,
    };
    let content = Content::of(response);
    let shown = match begin(&hosts, &navigation, params, &content) {
        Ok(active) => {
            session_history::record(
                &context,
                Entry::new(Target::to(page.url.clone())),
                &HistoryHandling::Replace,
            );
            go_on(&navigation, &active, content, None).await
        }
        Err(error) => Err(error),
    };
    match shown {
        Ok(()) => loaded.send(Ok(page)),
        Err(error) => loaded.send(Err(NetworkError::new(NetworkErrorKind::Internal, error))),
    }
}

/// Loads a document for a browsing context of this thread's own, up to and including the `load` event of its container.
/// `sandbox` is that of the [target snapshot params](https://html.spec.whatwg.org/multipage/browsing-the-web.html#target-snapshot-params).
pub(super) async fn load_here(
    navigation: Navigation,
    hosts: Hosts,
    target: Target,
    mut source: Source,
    handling: HistoryHandling,
    sandbox: Sandbox,
    delay: Option<LoadDelay>,
) {
    let context = Rc::clone(&navigation.context);
    // Steps 21 and on run in parallel; the first is to ask whether the document may be left.
    next_task().await;
    unloading::ask_to_leave(&context);
    if !navigation.is_ongoing() {
        return;
    }
    let timing = Rc::new(DocumentTiming::begin(match handling {
        HistoryHandling::Reload => NavigationTimingType::Reload,
        HistoryHandling::Traverse(_) => NavigationTimingType::BackForward,
        _ => NavigationTimingType::Navigate,
    }));
    let found = find(&hosts, &navigation, &target, &source, &timing, sandbox).await;
    let found = unless_framing_is_forbidden(&context, found);
    if !navigation.is_ongoing() {
        return;
    }
    // Nobody is answered for an error page.
    let waiting = source.waiting.take().filter(|_| !matches!(found, Found::Error(..)));
    let Some((params, content)) = document_for(found, &source, sandbox, timing) else { return };
    let entry = match &handling {
        HistoryHandling::Traverse(entry) => Rc::clone(entry),
        HistoryHandling::Reload => context.entry().unwrap_or_else(|| Entry::new(target)),
        _ => Entry::new(Target { url: params.url.clone(), ..target }),
    };
    let begun = begin(&hosts, &navigation, params, &content);
    match begun {
        Ok(active) => {
            session_history::record(&context, entry, &handling);
            let state = session_history::restored_state(&context, &active);
            if let Err(exception) = state {
                report::report_exception(&active.realm, exception);
            }
            if let Err(error) = go_on(&navigation, &active, content, waiting).await {
                tracing::error!(%error, "a document could not be parsed");
            }
        }
        Err(error) => tracing::error!(%error, "a document could not be made"),
    }
    if navigation.is_ongoing() {
        completed(&context);
    }
    drop(delay);
}

/// [Completely finishes loading](https://html.spec.whatwg.org/multipage/document-lifecycle.html#completely-finish-loading) what a frame
/// shows: its element learns of it.
pub(crate) fn completed(context: &BrowsingContext) {
    if let Some(container) = context.container() {
        frames::iframe_load_event_steps(&container);
    }
}

/// Keeps the `load` event of a frame's parent back.
pub(crate) fn delay_of_parent(context: &BrowsingContext) -> Option<LoadDelay> {
    let parent = context.parent().and_then(|parent| parent.active_document());
    parent.map(|document| LoadDelay::new(&document))
}

/// Shows what a `javascript:` URL came to, in place of the document that ran it.
pub(super) fn replace_with_markup(context: &Rc<BrowsingContext>, markup: String) {
    let Some(active) = context.active() else { return };
    let environment = Environment::of(&active.realm);
    let hosts = environment.hosts.clone();
    let navigation = context.begin_navigation(&hosts.coordinator, ClientId::new());
    let delay = delay_of_parent(context);
    let params = DocumentParams {
        timing: Rc::new(DocumentTiming::begin(NavigationTimingType::Navigate)),
        url: active.document.document_url(),
        origin: environment.origin.clone(),
        policy: environment.policy_to_inherit(),
        about_base: Some(active.document.base_url()),
        referrer: environment.url.borrow().to_string(),
        content_type: String::new(),
        status: 0,
        sandbox: Sandbox::none(),
    };
    let context = Rc::clone(context);
    Agent::current().spawn_detached(TaskSource::Networking, async move {
        let content = Content::html(markup);
        match begin(&hosts, &navigation, params, &content) {
            Ok(active) => {
                if let Err(error) = go_on(&navigation, &active, content, None).await {
                    tracing::error!(%error, "a document could not be parsed");
                }
            }
            Err(error) => tracing::error!(%error, "a document could not be made"),
        }
        if navigation.is_ongoing() {
            completed(&context);
        }
        drop(delay);
    });
}

/// What a navigation came to.
pub(super) enum Found {
    Blank(Url),
    Srcdoc(String),
    Response(Box<Fetched>),
    Error(Url, NetworkError),
}

/// [Create navigation params from a srcdoc resource](https://html.spec.whatwg.org/multipage/browsing-the-web.html#create-navigation-params-from-a-srcdoc-resource),
/// or [by fetching](https://html.spec.whatwg.org/multipage/browsing-the-web.html#create-navigation-params-by-fetching).
async fn find(
    hosts: &Hosts,
    navigation: &Navigation,
    target: &Target,
    source: &Source,
    timing: &DocumentTiming,
    sandbox: Sandbox,
) -> Found {
    let url = match &target.resource {
        Resource::Srcdoc(markup) => return Found::Srcdoc(markup.clone()),
        _ if matches_about_blank(&target.url) => return Found::Blank(target.url.clone()),
        _ => target.url.clone(),
    };
    let is_frame = navigation.context.container().is_some();
    let requester = Requester {
        navigation,
        source: Some(source),
        destination: if is_frame { fetch::Destination::Iframe } else { fetch::Destination::Document },
        resource: &target.resource,
        blob: target.blob.as_ref(),
        timing,
        has_workers: sandbox.same_origin && is_in_secure_contexts(&navigation.context),
    };
    match fetch_document(hosts, &requester, url.clone()).await {
        Ok(fetched) => Found::Response(Box::new(fetched)),
        Err(error) => Found::Error(url, error),
    }
}

/// Whether what a browsing context shows can be a [secure context](https://html.spec.whatwg.org/multipage/webappapis.html#secure-context):
/// no document around it is none.
fn is_in_secure_contexts(context: &BrowsingContext) -> bool {
    let around = context.parent().and_then(|parent| parent.environment());
    around.is_none_or(|environment| environment.secure_context)
}

/// [Determines the origin](https://html.spec.whatwg.org/multipage/browsers.html#determining-the-origin) and the
/// [policies](https://html.spec.whatwg.org/multipage/browsers.html#determine-navigation-params-policy-container) of a
/// document; `None` if what was found is [not shown](https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigate-non-displayable).
fn document_for(
    found: Found,
    source: &Source,
    sandbox: Sandbox,
    timing: Rc<DocumentTiming>,
) -> Option<(DocumentParams, Content)> {
    let inherited = |url: Url| DocumentParams {
        url,
        origin: sandbox.origin(source.client.origin.clone()),
        policy: source.client.policy.clone(),
        about_base: Some(source.base_url.clone()),
        referrer: source.client.url.to_string(),
        content_type: "text/html".to_owned(),
        status: 0,
        sandbox,
        timing: Rc::clone(&timing),
    };
    Some(match found {
        Found::Blank(url) => (inherited(url), Content::html(String::new())),
        Found::Srcdoc(markup) => {
            let url = Url::parse("about:srcdoc").unwrap_or_else(|_| about_blank());
            (inherited(url), Content::html(markup))
        }
        Found::Error(url, error) => {
            tracing::debug!(%url, %error, "a frame shows no document");
            let mut params = inherited(url);
            params.origin = Origin::new_opaque();
            params.policy = PolicyContainer::default();
            params.about_base = None;
            (params, Content::html(String::new()))
        }
        Found::Response(fetched) => {
            let Fetched { response, url, referrer } = *fetched;
            let status = response.head.status;
            let disposition = response.head.headers.get_str("content-disposition").unwrap_or_default();
            let is_download = disposition.trim_start().to_ascii_lowercase().starts_with("attachment");
            if matches!(status, 204 | 205) || is_download {
                return None;
            }
            let sandbox = sandbox.and_policies(&response.policy);
            let inherits = matches!(url.scheme(), "blob" | "data" | "about");
            let params = DocumentParams {
                origin: sandbox.origin(url.origin()),
                policy: if inherits { source.client.policy.clone() } else { response.policy.clone() },
                about_base: None,
                referrer: match referrer {
                    Referrer::Url(referrer) => referrer.into(),
                    Referrer::NoReferrer | Referrer::Client => String::new(),
                },
                content_type: String::new(),
                status,
                sandbox,
                timing: Rc::clone(&timing),
                url,
            };
            (params, Content::of(response))
        }
    })
}

/// What is to be parsed.
struct Content {
    body: Option<BodyReader>,
    mime_type: Option<MimeType>,
    /// Of the transport layer.
    encoding: Option<&'static Encoding>,
}

impl Content {
    fn of(response: Response) -> Self {
        let mime_type = MimeType::extract(&response.head.headers);
        let charset = mime_type.as_ref().and_then(|mime_type| mime_type.parameter("charset"));
        let encoding = charset.and_then(|label| Encoding::for_label(label.as_bytes()));
        Self { body: response.body, mime_type, encoding }
    }

    fn html(markup: String) -> Self {
        Self {
            body: Some(BodyReader::from_bytes(markup.into_bytes())),
            mime_type: MimeType::parse("text/html"),
            encoding: Some(encoding_rs::UTF_8),
        }
    }
}

/// What content is shown as.
enum Kind {
    /// HTML, or XML, as the document already knows.
    Markup,
    Text,
}

/// Unloads what a browsing context shows, and makes the document that comes instead.
fn begin(
    hosts: &Hosts,
    navigation: &Navigation,
    mut params: DocumentParams,
    content: &Content,
) -> Result<Active, String> {
    let context = &navigation.context;
    // The window of the initial about:blank is kept for a document of the same origin.
    let before = context.active();
    let is_reused =
        context.is_initial() && before.as_ref().is_some_and(|b| *b.document.origin() == params.origin);
    let reused = before.clone().filter(|_| is_reused);
    if let Some(before) = &before {
        if is_reused {
            unloading::replace_initial(context, before);
        } else {
            let start = Instant::now();
            unloading::unload(context, before);
            if *before.document.origin() == params.origin {
                params.timing.unload_event.set(Some((start, Instant::now())));
            }
        }
    }
    if let Some(mime_type) = &content.mime_type {
        params.content_type.clone_from(&mime_type.essence);
    }
    let parent = context.parent().and_then(|parent| parent.environment());
    let active = documents::create(context, navigation.client(), hosts, parent.as_ref(), params, reused)
        .map_err(|error| error.to_string())?;
    active.document.begin_loading();
    let before = context.set_active(active.clone());
    drop(before);
    context.leave_initial();
    navigation.commit();
    Ok(active)
}

/// [Loads a document](https://html.spec.whatwg.org/multipage/document-lifecycle.html#loading-a-document), until its `load` event has
/// been fired or it was unloaded.
async fn go_on(
    navigation: &Navigation,
    active: &Active,
    content: Content,
    waiting: Option<Reply<Option<ClientId>>>,
) -> Result<(), String> {
    let _busy = Agent::current().busy();
    documents::announce(&active.realm, &navigation.context).await;
    if let Some(waiting) = waiting {
        waiting.send(Some(navigation.client()));
    }
    if active.document.is_discarded() {
        return Ok(());
    }
    parse(active, content).await
}

async fn parse(active: &Active, mut content: Content) -> Result<(), String> {
    let Active { realm, document, .. } = active;
    let parser = PageParser::new(realm, document, false).map_err(|error| error.to_string())?;
    let mut decoding = if document.is_html_document() {
        Decoding::new(content.encoding).within(encoding_of_container(document))
    } else {
        Decoding::of_xml(content.encoding)
    };
    let mut kind = None;
    loop {
        let chunk = match &mut content.body {
            Some(body) => body.read().await,
            None => None,
        };
        if parser.is_stopped() {
            return Ok(());
        }
        if chunk.is_none() {
            report_timing(active);
        }
        let (bytes, last) = match chunk {
            Some(Ok(bytes)) => (bytes, false),
            // What is there is shown, as other browsers do.
            Some(Err(error)) => {
                tracing::warn!(url = %document.document_url(), %error, "a document ended early");
                (bytes::Bytes::new(), true)
            }
            None => (bytes::Bytes::new(), true),
        };
        let text = decoding.decode(&bytes, last);
        if let Some(encoding) = decoding.encoding() {
            document.set_encoding(encoding);
        }
        if kind.is_none() && (last || !text.is_empty()) {
            let shown = kind_of(content.mime_type.as_ref(), &text);
            if matches!(shown, Kind::Text) {
                parser.begin_text().await;
            }
            kind = Some(shown);
        }
        parser.feed(&text).await;
        if last || parser.is_stopped() {
            break;
        }
    }
    if let Err(exception) = parser.end().await {
        report::report_exception(realm, exception);
    }
    Ok(())
}

/// All of a document has come: its own entry, and one of its container's, tell how long that took.
fn report_timing(active: &Active) {
    let environment = Environment::of(&active.realm);
    let is_controlled = environment.controller.borrow().is_some();
    let timing = environment.document_timing.get();
    let Some((url, timing)) = timing.and_then(|timing| timing.body_ended(is_controlled)) else { return };
    let container = active.document.context().and_then(|context| context.container());
    if let Some(realm) = container.and_then(|container| container.owner_doc().realm()) {
        performance::mark_resource_timing(&realm, &url, "iframe", timing);
    }
}

/// The encoding of the document that has the frame, if that is of the same origin.
fn encoding_of_container(document: &crate::dom::Document) -> Option<&'static Encoding> {
    let around = document.context()?.container()?.owner_doc();
    (around.origin() == document.origin()).then(|| around.encoding())
}

/// By MIME type, and where there is none by how it begins: [sniffing](https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type)
/// for markup only.
fn kind_of(mime_type: Option<&MimeType>, text: &str) -> Kind {
    let markup = match mime_type {
        Some(mime_type) => mime_type.essence == "text/html" || is_xml(&mime_type.essence),
        None => text.trim_start().starts_with('<') || text.trim().is_empty(),
    };
    if markup { Kind::Markup } else { Kind::Text }
}

/// Starts loading on this thread.
pub(crate) fn start(agent: &Rc<Agent>, options: WindowOptions, client: ClientId) {
    agent.spawn_detached(TaskSource::Networking, load(options, client));
}

//! A window on a fake network: pages and scripts from a table, every message of the page recorded.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bgfetch_script::{Hosts, PageLoad, ScriptLimits, ScriptThread, WindowOptions, spawn_window};
use bgfetch_traits::body::BodyReader;
use bgfetch_traits::coordinator::{ConsoleMessage, CoordinatorMsg, CoordinatorSender};
use bgfetch_traits::fetch::{
    NetworkError, NetworkErrorKind, Request, RequestMode, Response, ResponseHead, ResponseType,
};
use bgfetch_traits::net::{NetMsg, NetSender};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::{EmbedderRequest, ScriptMsg};
use bgfetch_traits::service_worker::{FetchOutcome, ServiceWorkerMsg};
use bgfetch_traits::storage::StorageSender;
use bgfetch_traits::timing::FetchTiming;
use crossbeam_channel::{Receiver, Sender, unbounded};
use parking_lot::Mutex;
use url::Url;

/// How long a test waits before it counts as failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// What the fake network has.
#[derive(Clone, Default)]
pub(crate) struct Site {
    resources: HashMap<String, Resource>,
}

#[derive(Clone)]
struct Resource {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    delay: Duration,
}

impl Site {
    /// A resource at a path of `https://site.test`, or at a URL, of a MIME type.
    pub(crate) fn with(self, path: &str, mime_type: &str, body: &str) -> Self {
        self.raw(path, 200, &[("content-type", mime_type)], body.as_bytes(), Duration::ZERO)
    }

    /// A page.
    pub(crate) fn page(self, path: &str, html: &str) -> Self {
        self.with(path, "text/html; charset=utf-8", html)
    }

    /// A script.
    pub(crate) fn script(self, path: &str, source: &str) -> Self {
        self.with(path, "text/javascript", source)
    }

    /// A script that takes its time.
    pub(crate) fn slow_script(self, path: &str, delay: Duration, source: &str) -> Self {
        self.raw(path, 200, &[("content-type", "text/javascript")], source.as_bytes(), delay)
    }

    /// Anything.
    pub(crate) fn raw(
        mut self,
        path: &str,
        status: u16,
        headers: &[(&str, &str)],
        body: &[u8],
        delay: Duration,
    ) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.resources.insert(absolute(path), Resource { status, headers, body: body.to_vec(), delay });
        self
    }

    /// Opens a window at a path and waits for its `load` event.
    pub(crate) fn open(self, path: &str) -> Page {
        let (page, loaded) = self.start(path, ScriptLimits::default());
        loaded.recv_timeout(DEADLINE).expect("the page loads in time").expect("the page loads");
        page
    }

    /// Opens a window at a path.
    pub(crate) fn start(
        self,
        path: &str,
        limits: ScriptLimits,
    ) -> (Page, Receiver<Result<PageLoad, NetworkError>>) {
        let (console_sender, console) = unbounded();
        let (navigation_sender, navigations) = unbounded();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let cookies: Arc<Mutex<Vec<String>>> = Arc::default();
        let hosts = Hosts {
            coordinator: coordinator(console_sender, navigation_sender),
            net: net(self, Arc::clone(&requests), Arc::clone(&cookies)),
            storage: StorageSender::new(drop),
            user_agent: "test".into(),
        };
        let url = Url::parse(&absolute(path)).expect("a URL");
        let (reply, loaded) = Reply::channel();
        let thread = spawn_window(WindowOptions { url, hosts, limits, loaded: reply }).expect("a thread");
        (Page { thread: Some(thread), console, navigations, requests }, loaded)
    }
}

fn absolute(path: &str) -> String {
    if path.starts_with('/') { format!("https://site.test{path}") } else { path.to_owned() }
}

fn coordinator(console: Sender<ConsoleMessage>, navigations: Sender<Url>) -> CoordinatorSender {
    CoordinatorSender::new(move |message| match message {
        CoordinatorMsg::ClientCreated { reply, .. } => reply.send(None),
        CoordinatorMsg::ServiceWorker(_, ServiceWorkerMsg::HandleFetch(request, _, reply)) => {
            assert_eq!(request.head.mode, RequestMode::Navigate, "nothing controls the page");
            reply.send(FetchOutcome::Network(request));
        }
        CoordinatorMsg::Report(_, message) => drop(console.send(message)),
        CoordinatorMsg::Navigate(_, url) => drop(navigations.send(url)),
        _ => {}
    })
}

fn net(site: Site, requests: Arc<Mutex<Vec<String>>>, cookies: Arc<Mutex<Vec<String>>>) -> NetSender {
    NetSender::new(move |message| match message {
        NetMsg::Fetch { request, timing, reply, .. } => {
            requests.lock().push(request.head.url.to_string());
            answer(&site, &request, timing, reply);
        }
        NetMsg::GetCookies { reply, .. } => reply.send(cookies.lock().join("; ")),
        NetMsg::SetCookie { cookie, .. } => cookies.lock().push(cookie),
        _ => {}
    })
}

fn answer(
    site: &Site,
    request: &Request,
    timing: Option<Reply<FetchTiming>>,
    reply: Reply<Result<Response, NetworkError>>,
) {
    let start = Instant::now();
    let mut url = request.head.url.clone();
    url.set_fragment(None);
    let Some(resource) = site.resources.get(url.as_str()).cloned() else {
        let message = format!("{url} is not there");
        return reply.send(Err(NetworkError::new(NetworkErrorKind::ConnectionRefused, message)));
    };
    let same_origin = request.client.origin == url.origin() || request.head.mode == RequestMode::Navigate;
    let mut head = ResponseHead {
        kind: if same_origin {
            ResponseType::Basic
        } else if request.head.mode == RequestMode::Cors {
            ResponseType::Cors
        } else {
            ResponseType::Opaque
        },
        url_list: vec![request.head.url.clone()],
        status: resource.status,
        ..ResponseHead::default()
    };
    for (name, value) in &resource.headers {
        head.headers.append(name, value.as_bytes().to_vec());
    }
    let send = move || {
        if let Some(timing) = timing {
            let now = Some(Instant::now());
            let mut told =
                FetchTiming { request_start: now, response_start: now, ..FetchTiming::begin(start) };
            told.end = Instant::now();
            told.allow_passed = same_origin;
            told.status = head.filtered_status();
            told.server_timing = head.headers.get_str("server-timing").unwrap_or_default();
            told.body.encoded_size = resource.body.len() as u64;
            timing.send(told);
        }
        reply.send(Ok(Response::new(head, Some(BodyReader::from_bytes(resource.body)))));
    };
    if resource.delay.is_zero() {
        send();
    } else {
        std::thread::spawn(move || {
            #[expect(clippy::disallowed_methods, reason = "a slow server is what is played here")]
            std::thread::sleep(resource.delay);
            send();
        });
    }
}

/// An open window.
pub(crate) struct Page {
    pub(crate) thread: Option<ScriptThread>,
    pub(crate) console: Receiver<ConsoleMessage>,
    pub(crate) navigations: Receiver<Url>,
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
}

impl Page {
    fn ask<T: Send + 'static>(&self, request: impl FnOnce(Reply<T>) -> EmbedderRequest) -> T {
        let (reply, answer) = Reply::channel();
        let thread = self.thread.as_ref().expect("a thread");
        thread.sender.send(ScriptMsg::Embedder(request(reply)));
        answer.recv_timeout(DEADLINE).expect("an answer in time")
    }

    /// The value of a script, as JSON; `threw ...` if it throws.
    pub(crate) fn eval(&self, source: &str) -> String {
        let result = self.ask(|reply| EmbedderRequest::Evaluate { source: source.to_owned(), reply });
        result.unwrap_or_else(|error| format!("threw {error}"))
    }

    /// Checks what many scripts give.
    #[track_caller]
    pub(crate) fn check(&self, cases: &[(&str, &str)]) {
        for (source, expected) in cases {
            assert_eq!(self.eval(source), *expected, "{source}");
        }
    }

    /// Checks what the promises that many scripts give are fulfilled with.
    #[track_caller]
    pub(crate) fn check_promises(&self, cases: &[(&str, &str)]) {
        for (source, expected) in cases {
            let keep = "value => { kept = value; }, error => { kept = String(error); }";
            self.eval(&format!("globalThis.kept = 'pending'; Promise.resolve({source}).then({keep}); 0"));
            self.idle();
            assert_eq!(self.eval("kept"), *expected, "{source}");
        }
    }

    /// Clicks.
    pub(crate) fn click(&self, selector: &str) -> Result<bool, String> {
        self.ask(|reply| EmbedderRequest::Click { selector: selector.to_owned(), reply })
    }

    /// Waits until there is nothing left to do.
    pub(crate) fn idle(&self) {
        let _performed: u64 = self.ask(EmbedderRequest::WhenIdle);
    }

    /// What the console was told, once the page is idle.
    pub(crate) fn log(&self) -> Vec<String> {
        self.idle();
        self.console.try_iter().map(|message| message.text).collect()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.sender.send(ScriptMsg::Shutdown);
            let ended = thread.join.join();
            if !std::thread::panicking() {
                ended.expect("the thread ends without a panic");
            }
        }
    }
}

//! `fetch` events: who answers a request, and with what.

use bgfetch_traits::body::{BodyReader, pipe};
use bgfetch_traits::fetch::{Priority, RedirectMode, Request, RequestBody, RequestHead, RequestMode};
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::policy::Client;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{EventOutcome, FetchOutcome, FunctionalEvent, MessageData};
use crossbeam_channel::Receiver;
use std::time::Duration;

use crate::support::{World, ended, response, text, url};

fn get(at: &str) -> Request {
    let head = RequestHead { mode: RequestMode::Cors, ..RequestHead::get(url(at)) };
    let client = Client::of_url(&url("https://a.test/dir/page.html"));
    Request { head, client, body: None, priority: Priority::Foreground }
}

struct Fetched {
    outcome: Receiver<FetchOutcome>,
    ended: Receiver<EventOutcome>,
}

impl Fetched {
    fn outcome(&self) -> FetchOutcome {
        self.outcome.recv_timeout(Duration::from_secs(20)).expect("nobody answers the fetch event")
    }

    fn error(&self) -> String {
        match self.outcome() {
            FetchOutcome::Error(why) => why,
            other => panic!("{other:?}"),
        }
    }
}

fn dispatch(world: &World, request: Request) -> Fetched {
    dispatch_cancellable(world, request, CancelHandle::new())
}

fn dispatch_cancellable(world: &World, request: Request, cancel: CancelHandle) -> Fetched {
    let client = Some(request.client.id);
    let (reply, outcome) = Reply::channel();
    let event = FunctionalEvent::Fetch {
        request: Box::new(request),
        client,
        resulting_client: None,
        preload: None,
        cancel,
        reply,
    };
    Fetched { outcome, ended: world.dispatch(event) }
}

/// Answers `https://a.test/x` with a worker that does `body` for each `fetch` event.
fn fetch(body: &str) -> (World, Fetched) {
    let world = World::running(&format!("onfetch = event => {{ {body} }}"));
    let fetched = dispatch(&world, get("https://a.test/x"));
    (world, fetched)
}

#[test]
fn a_response_is_given_with_its_body() {
    let (_world, fetched) = fetch(
        "event.respondWith(new Response('hello ' + event.request.url, { status: 201, headers: { 'X-By': 'worker' } }))",
    );
    let FetchOutcome::Response(response) = fetched.outcome() else { panic!("no response") };
    assert_eq!(response.head.status, 201);
    assert_eq!(response.head.headers.get_str("x-by").as_deref(), Some("worker"));
    assert_eq!(response.head.url().map(url::Url::as_str), Some("https://a.test/x"));
    assert_eq!(text(response.body.unwrap()).unwrap(), "hello https://a.test/x");
    assert_eq!(ended(&fetched.ended), EventOutcome::Completed);
}

#[test]
fn without_an_answer_the_request_comes_back() {
    let (mut world, fetched) = fetch("event.handled.then(() => console.log('handled'))");
    let FetchOutcome::Network(request) = fetched.outcome() else { panic!("not the network") };
    assert_eq!(request.head.url.as_str(), "https://a.test/x");
    assert_eq!(world.logged(), "handled");
}

#[test]
fn a_request_body_comes_back_unless_the_worker_read_it() {
    let world =
        World::running("onfetch = event => { if (event.request.url.endsWith('read')) event.request.text() }");
    let upload = |at, body| {
        let mut request = get(at);
        request.head.method = "POST".parse().unwrap();
        request.body = Some(body);
        dispatch(&world, request)
    };
    // Bytes can be read twice.
    let fetched = upload("https://a.test/read", RequestBody::Bytes("abc".into()));
    let FetchOutcome::Network(request) = fetched.outcome() else { panic!("not the network") };
    assert!(matches!(request.body, Some(RequestBody::Bytes(bytes)) if bytes == "abc"));
    // A stream that nobody read comes back as it is.
    let stream = || RequestBody::Stream { reader: BodyReader::from_bytes("stream"), length: Some(6) };
    let fetched = upload("https://a.test/untouched", stream());
    let FetchOutcome::Network(request) = fetched.outcome() else { panic!("not the network") };
    let Some(RequestBody::Stream { reader, length: Some(6) }) = request.body else { panic!("another body") };
    assert_eq!(text(reader).unwrap(), "stream");
    let fetched = upload("https://a.test/read", stream());
    assert!(fetched.error().contains("read the request's body"));
}

#[test]
fn canceled_without_an_answer_is_a_network_error() {
    let (mut world, fetched) =
        fetch("event.handled.catch(error => console.log(error.name)); event.preventDefault()");
    assert!(fetched.error().contains("preventDefault"));
    assert_eq!(world.logged(), "NetworkError");
}

#[test]
fn what_is_not_a_response_is_a_network_error() {
    for (given, why) in [
        ("'text'", "not a Response"),
        ("Promise.reject(new TypeError('no'))", "TypeError: no"),
        ("Response.error()", "Response.error()"),
        ("(() => { const used = new Response('x'); used.text(); return used })()", "TypeError"),
    ] {
        let (_world, fetched) = fetch(&format!("event.respondWith({given})"));
        let error = fetched.error();
        assert!(error.contains(why), "{given}: {error}");
    }
}

#[test]
fn respond_with_is_for_the_time_of_dispatch_and_once() {
    let attempt = "const attempt = event => {
        try { event.respondWith(new Response('')); console.log('OK') } catch (error) { console.log(error.name) }
    };";
    let (mut world, _fetched) = fetch(&format!("{attempt} attempt(event); attempt(event)"));
    assert_eq!(world.logged(), "OK");
    assert_eq!(world.logged(), "InvalidStateError");
    let (mut world, _fetched) = fetch(&format!("{attempt} setTimeout(() => attempt(event))"));
    assert_eq!(world.logged(), "InvalidStateError");
}

#[test]
fn no_other_listener_is_called_after_respond_with() {
    let script = "addEventListener('fetch', event => event.respondWith(new Response('')));
                  addEventListener('fetch', () => console.log('second'))";
    let mut world = World::running(script);
    let fetched = dispatch(&world, get("https://a.test/x"));
    assert!(matches!(fetched.outcome(), FetchOutcome::Response(_)));
    assert!(world.said_nothing_else());
}

#[test]
fn the_event_tells_who_asks() {
    let world =
        World::running("onfetch = event => console.log(`${event.clientId}|${event.resultingClientId}|`)");
    let mut world = world;
    let (asks, made) = (ClientId::new(), ClientId::new());
    let (reply, _outcome) = Reply::channel();
    let request = Box::new(get("https://a.test/x"));
    world.dispatch(FunctionalEvent::Fetch {
        request,
        client: Some(asks),
        resulting_client: None,
        preload: None,
        cancel: CancelHandle::new(),
        reply,
    });
    assert_eq!(world.logged(), format!("{asks}||"));
    let (reply, _outcome) = Reply::channel();
    let request = Box::new(get("https://a.test/x"));
    world.dispatch(FunctionalEvent::Fetch {
        request,
        client: None,
        resulting_client: Some(made),
        preload: None,
        cancel: CancelHandle::new(),
        reply,
    });
    assert_eq!(world.logged(), format!("|{made}|"));
}

#[test]
fn the_workers_own_fetch_goes_to_the_network_and_its_response_may_be_the_answer() {
    let (mut world, fetched) = fetch("event.respondWith(fetch('/other'))");
    let (request, reply) = world.fetch_asked();
    assert_eq!(request.head.url.as_str(), "https://a.test/other");
    reply.send(Ok(response(200, &[("Content-Type", "text/plain")], "from the network")));
    let FetchOutcome::Response(response) = fetched.outcome() else { panic!("no response") };
    assert_eq!(text(response.body.unwrap()).unwrap(), "from the network");
}

#[test]
fn responses_that_a_request_must_not_have_are_refused() {
    let world = World::running("onfetch = event => event.respondWith(fetch('/other'))");
    let mut world = world;
    let mut answered = |request: Request, change: fn(&mut bgfetch_traits::fetch::ResponseHead)| {
        let fetched = dispatch(&world, request);
        let (_, reply) = world.fetch_asked();
        let mut response = response(200, &[], "");
        response.head.url_list = vec![url("https://a.test/other")];
        change(&mut response.head);
        reply.send(Ok(response));
        fetched.error()
    };
    let request = || get("https://a.test/x");
    let error = answered(request(), |head| head.kind = bgfetch_traits::fetch::ResponseType::Opaque);
    assert!(error.contains("opaque"), "{error}");
    let mut same_origin = request();
    same_origin.head.mode = RequestMode::SameOrigin;
    let error = answered(same_origin, |head| head.kind = bgfetch_traits::fetch::ResponseType::Cors);
    assert!(error.contains("same-origin"), "{error}");
    let error = answered(request(), |head| head.kind = bgfetch_traits::fetch::ResponseType::OpaqueRedirect);
    assert!(error.contains("redirect"), "{error}");
    let mut manual = request();
    manual.head.redirect = RedirectMode::Manual;
    let error = answered(manual, |head| head.url_list.push(url("https://a.test/second")));
    assert!(error.contains("redirected"), "{error}");
}

#[test]
fn a_body_streams_while_it_is_made_and_stops_when_nobody_wants_it() {
    let script = "onfetch = event => {
        let count = 0;
        const body = new ReadableStream({
            pull(controller) { controller.enqueue(new TextEncoder().encode(`chunk ${count++} `.padEnd(65536))) },
            cancel() { console.log('canceled') },
        });
        event.respondWith(new Response(body));
    }";
    let mut world = World::running(script);
    let fetched = dispatch(&world, get("https://a.test/x"));
    let FetchOutcome::Response(response) = fetched.outcome() else { panic!("no response") };
    let mut body = response.body.unwrap();
    let chunk = body.read_blocking().unwrap().unwrap();
    assert!(chunk.starts_with(b"chunk 0 "));
    drop(body);
    assert_eq!(world.logged(), "canceled");
    assert_eq!(ended(&fetched.ended), EventOutcome::Completed);
}

#[test]
fn a_body_from_the_network_passes_through_as_it_comes() {
    let (mut world, fetched) = fetch("event.respondWith(fetch('/slow'))");
    let (_, reply) = world.fetch_asked();
    let (mut writer, reader) = pipe(1024);
    let mut answer = response(200, &[], "");
    answer.body = Some(reader);
    reply.send(Ok(answer));
    let FetchOutcome::Response(response) = fetched.outcome() else { panic!("no response") };
    let mut body = response.body.unwrap();
    writer.write_blocking("first".into()).unwrap();
    assert_eq!(body.read_blocking().unwrap().unwrap(), "first");
    writer.finish(Ok(()));
    assert!(body.read_blocking().is_none());
}

#[test]
fn whoever_aborts_the_fetch_aborts_the_signal_of_the_workers_request() {
    let mut world = World::running(
        "onfetch = event => {
            const { signal } = event.request;
            const told = new Promise(resolve => signal.onabort = resolve);
            event.respondWith(told.then(() => new Response(`${signal.reason.name} ${signal.reason.constructor === DOMException}`)));
            console.log(signal.aborted);
        }",
    );
    let cancel = CancelHandle::new();
    let fetched = dispatch_cancellable(&world, get("https://a.test/x"), cancel.clone());
    assert_eq!(world.logged(), "false");
    cancel.cancel();
    let FetchOutcome::Response(response) = fetched.outcome() else { panic!("no response") };
    assert_eq!(text(response.body.unwrap()).unwrap(), "AbortError true");
}

#[test]
fn a_fetch_aborted_before_its_event_aborts_the_signal_after_it() {
    let mut world = World::running(
        "onfetch = event => {
            event.request.signal.onabort = () => console.log('aborted');
            console.log('dispatched');
        }",
    );
    let cancel = CancelHandle::new();
    // Bytes that are no serialization.
    cancel.cancel_with(Some(MessageData { bytes: vec![0xff; 9], attachments: Vec::new() }));
    dispatch_cancellable(&world, get("https://a.test/x"), cancel);
    assert_eq!((world.logged(), world.logged()), ("dispatched".to_owned(), "aborted".to_owned()));
}

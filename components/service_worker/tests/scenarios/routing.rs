//! Router rules: which requests a worker does not see, and who answers them.

use bgfetch_service_worker::Input;
use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, RequestMode, Response, ResponseHead};
use bgfetch_traits::ids::{ClientId, RegistrationId};
use bgfetch_traits::router::{PatternStrings, RequestCondition, RouterCondition, RouterRule, RouterSource};
use bgfetch_traits::service_worker::{EventOutcome, FetchOutcome, JobError, ServiceWorkerMsg};
use crossbeam_channel::{Receiver, TryRecvError};

use crate::world::World;

fn path(pathname: &str) -> RouterCondition {
    let mut components = ["*"; 8].map(str::to_owned);
    components[5] = pathname.to_owned();
    let url_pattern = Some(PatternStrings { components, ignore_case: false });
    RouterCondition::Request(Box::new(RequestCondition { url_pattern, ..RequestCondition::default() }))
}

fn rule(condition: RouterCondition, source: RouterSource) -> RouterRule {
    RouterRule { condition, source }
}

/// A world whose worker hangs in its `install` event until it has these rules.
fn routed(words: &str, rules: Vec<RouterRule>) -> (World, ClientId, RegistrationId, Result<(), JobError>) {
    let mut world = World::new();
    world.script("/sw.js", &format!("hang:install claim {words}"));
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    let worker = world.info(id).installing.unwrap().worker;
    let environment = world.environment_of(worker);
    let added = world.ask(environment, |reply| ServiceWorkerMsg::AddRoutes(worker, rules, reply));
    let added = added.try_recv().unwrap();
    world.end("install", EventOutcome::Completed);
    (world, page, id, added)
}

fn is_answered_by_worker(outcome: &Receiver<FetchOutcome>) -> bool {
    match outcome.try_recv().unwrap() {
        FetchOutcome::Response(_) => true,
        FetchOutcome::Network(_) => false,
        FetchOutcome::Error(why) => panic!("{why}"),
    }
}

#[test]
fn the_first_rule_that_matches_says_who_answers() {
    let rules = vec![
        rule(path("/api/*"), RouterSource::FetchEvent),
        rule(path("/api/x"), RouterSource::Network),
        rule(path("/static/*"), RouterSource::Network),
        rule(path("/images/*"), RouterSource::Cache(Some("v1".into()))),
        rule(path("/any"), RouterSource::Cache(None)),
    ];
    let (mut world, page, _, added) = routed("respond", rules);
    assert_eq!(added, Ok(()));
    for (at, by_worker) in [("/api/x", true), ("/static/x", false), ("/images/x", false), ("/other", true)] {
        assert_eq!(is_answered_by_worker(&world.subresource(page, at)), by_worker, "{at}");
        assert_eq!(is_answered_by_worker(&world.navigate(at).1), by_worker, "navigating to {at}");
    }
    assert!(!is_answered_by_worker(&world.subresource(page, "/any")));
    assert_eq!(world.looked_up, [Some("v1".to_owned()), Some("v1".to_owned()), None]);
}

#[test]
fn rules_are_looked_at_without_a_fetch_listener_and_after_a_restart() {
    let (world, _, id, _) = routed("no-fetch", vec![rule(path("/x"), RouterSource::Cache(None))]);
    assert_eq!(world.stored[&id].active.as_ref().unwrap().router_rules.len(), 1);
    let mut world = world.restart();
    let page = world.window("/page");
    assert!(!is_answered_by_worker(&world.subresource(page, "/x")));
    assert_eq!(world.looked_up, [None]);
    assert!(world.starts.is_empty(), "nobody needs the worker for it");
}

#[test]
fn conditions_of_requests_and_of_the_worker() {
    let mode = World::fetch_request("/x").head.mode;
    let other = [RequestMode::Cors, RequestMode::NoCors].into_iter().find(|other| *other != mode);
    let other = RequestCondition { mode: other, ..RequestCondition::default() };
    let stopped = RequestCondition { is_running: Some(false), ..RequestCondition::default() };
    let post = RequestCondition { method: Some("POST".into()), ..RequestCondition::default() };
    let request = |condition| RouterCondition::Request(Box::new(condition));
    let either = RouterCondition::Or(vec![request(other), request(stopped), request(post)]);
    let not = RouterCondition::Not(Box::new(path("/never")));
    let rules = vec![rule(path("/never"), RouterSource::FetchEvent), rule(either, RouterSource::Network)];
    let (mut world, page, _, _) = routed("respond", rules);
    assert!(is_answered_by_worker(&world.subresource(page, "/x")), "it runs");
    world.pass(60_000);
    assert!(!is_answered_by_worker(&world.subresource(page, "/x")), "it does not run");
    let same = RequestCondition { mode: Some(mode), ..RequestCondition::default() };
    let (mut world, page, _, _) = routed("respond", vec![rule(request(same), RouterSource::Network)]);
    assert!(!is_answered_by_worker(&world.subresource(page, "/x")));
    let (mut world, page, _, _) = routed("respond", vec![rule(not, RouterSource::Network)]);
    assert!(!is_answered_by_worker(&world.subresource(page, "/x")));
    assert!(is_answered_by_worker(&world.subresource(page, "/never")));
}

#[test]
fn too_many_or_too_deep_conditions_are_refused_and_the_worker_is_installed_all_the_same() {
    let nested =
        |levels: usize| (1..levels).fold(path("/x"), |inner, _| RouterCondition::Not(Box::new(inner)));
    let get = RequestCondition { method: Some("GET".into()), ..RequestCondition::default() };
    let get = rule(RouterCondition::Request(Box::new(get)), RouterSource::Network);
    for (rules, fits) in [
        (vec![rule(nested(10), RouterSource::Network)], true),
        (vec![rule(nested(11), RouterSource::Network)], false),
        (vec![get.clone(); 1023], true),
        (vec![get; 1024], false),
    ] {
        let (world, _, id, added) = routed("respond", rules);
        assert_eq!(added.is_ok(), fits, "{added:?}");
        assert_eq!(world.states(id), "- - activated");
    }
}

#[test]
fn rules_cannot_be_added_later() {
    let (mut world, _, id, _) = routed("respond", Vec::new());
    let worker = world.info(id).active.unwrap().worker;
    let environment = world.environment_of(worker);
    let rules = vec![rule(path("/x"), RouterSource::Network)];
    let added = world.ask(environment, |reply| ServiceWorkerMsg::AddRoutes(worker, rules, reply));
    assert!(matches!(added.try_recv().unwrap(), Err(JobError::InvalidState(_))));
}

/// A race for `/x`; the worker does not answer before its event ends.
fn race(words: &str) -> (World, Receiver<FetchOutcome>) {
    let rules = vec![rule(path("/x"), RouterSource::RaceNetworkAndFetchHandler)];
    let (mut world, page, _, _) = routed(words, rules);
    let outcome = world.subresource(page, "/x");
    assert_eq!(world.raced.len(), 1);
    (world, outcome)
}

fn response(status: u16) -> Result<Response, NetworkError> {
    Ok(Response::new(ResponseHead { status, ..ResponseHead::default() }, None))
}

fn status(outcome: &Receiver<FetchOutcome>) -> u16 {
    match outcome.try_recv().unwrap() {
        FetchOutcome::Response(response) => response.head.status,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_worker_that_is_faster_than_the_network_ends_its_fetch() {
    let (mut world, outcome) = race("respond");
    assert_eq!(status(&outcome), 200);
    let (cancel, reply) = world.raced.pop().unwrap();
    assert!(cancel.is_cancelled());
    reply.send(response(201));
    assert_eq!(outcome.try_recv().unwrap_err(), TryRecvError::Disconnected, "one answer");
}

#[test]
fn a_good_answer_of_the_network_wins_and_a_bad_one_waits_for_the_worker() {
    let (mut world, outcome) = race("hang:fetch");
    let (cancel, reply) = world.raced.pop().unwrap();
    reply.send(response(203));
    assert_eq!(status(&outcome), 203);
    assert!(!cancel.is_cancelled());
    let (mut world, outcome) = race("hang:fetch");
    world.raced.pop().unwrap().1.send(response(404));
    assert_eq!(outcome.try_recv().unwrap_err(), TryRecvError::Empty);
    // The event ends unanswered: that is an error.
    world.end("fetch", EventOutcome::Completed);
    assert!(matches!(outcome.try_recv().unwrap(), FetchOutcome::Error(_)));
}

#[test]
fn a_worker_that_does_not_respond_leaves_it_to_the_network() {
    let (mut world, outcome) = race("");
    assert_eq!(outcome.try_recv().unwrap_err(), TryRecvError::Empty);
    world.raced.pop().unwrap().1.send(response(404));
    assert_eq!(status(&outcome), 404);
    let (mut world, outcome) = race("");
    let failed = NetworkError::new(NetworkErrorKind::ConnectionRefused, "refused");
    world.raced.pop().unwrap().1.send(Err(failed));
    assert!(matches!(outcome.try_recv().unwrap(), FetchOutcome::Error(_)));
    world.give(Input::Timer);
}

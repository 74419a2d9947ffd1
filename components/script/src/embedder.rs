//! What an embedder asks of a page.

use std::rc::Rc;

use bgfetch_js::{DomString, Fallible, Promise, Realm, Value, ValueKind};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::EmbedderRequest;

use crate::agent::{Agent, TaskSource};
use crate::dom::html::activation;
use crate::dom::nodes::{parent_node, selectors};
use crate::dom::{EventTarget, HTMLElement, Window, events};

/// Queues what was asked; without a page, the answer says so.
pub(crate) fn queue(agent: &Rc<Agent>, request: EmbedderRequest) {
    let realm = agent.realms().into_iter().next();
    match request {
        EmbedderRequest::WhenIdle(reply) => agent.when_idle(reply),
        EmbedderRequest::Evaluate { source, reply } => match realm {
            Some(realm) => agent.queue_global(TaskSource::Embedder, &realm, move |realm| {
                evaluate(realm, source, reply);
                Ok(())
            }),
            None => reply.send(Err(NO_PAGE.to_owned())),
        },
        EmbedderRequest::Click { selector, reply } => match realm {
            Some(realm) => agent.queue_global(TaskSource::UserInteraction, &realm, move |realm| {
                reply.send(click(realm, &selector));
                Ok(())
            }),
            None => reply.send(Err(NO_PAGE.to_owned())),
        },
    }
}

const NO_PAGE: &str = "the window shows no page";

/// Runs a script, waits for a promise if that is its value, and answers with the value as text.
fn evaluate(realm: &Realm, source: String, reply: Reply<Result<String, String>>) {
    let owned = realm.clone();
    Agent::current().spawn(TaskSource::Embedder, realm, async move {
        let result = async {
            let value = owned.evaluate_script(&source, "evaluate", 1)?;
            let value = Promise::<Value>::resolve_value(&owned, &value)?.future(&owned)?.await?;
            to_text(&owned, &value)
        };
        let result: Fallible<String> = result.await;
        reply.send(result.map_err(|exception| exception.describe(&owned)));
        Ok(())
    });
}

/// A value as JSON, or as the console shows it where there is no JSON for it.
fn to_text(realm: &Realm, value: &Value) -> Fallible<String> {
    let json = realm.stringify_json(value)?;
    if json.kind() == ValueKind::String {
        return DomString::of(realm, &json).map(DomString::into_string);
    }
    Ok(value.describe(realm))
}

/// Clicks the first element that matches a selector; whether there was one.
fn click(realm: &Realm, selector: &str) -> Result<bool, String> {
    let document = Window::document_of(realm).map_err(|_| NO_PAGE.to_owned())?;
    selectors::parse(selector).map_err(|exception| exception.describe(realm))?;
    let found = parent_node::query_selector(&document.upcast(), selector);
    let Some(element) = found.map_err(|exception| exception.describe(realm))? else { return Ok(false) };
    let clicked = match element.downcast::<HTMLElement>() {
        Some(element) => activation::click(realm, &element, true),
        None => events::event::fire_with::<EventTarget>(
            realm,
            &element.upcast::<EventTarget>(),
            "click",
            true,
            true,
        )
        .map(drop),
    };
    clicked.map(|()| true).map_err(|exception| exception.describe(realm))
}

//! [Posting messages](https://html.spec.whatwg.org/multipage/web-messaging.html#posting-messages) to windows.

use bgfetch_js::{Exception, Fallible, Object, PlatformObject, Realm, Value};
use url::Url;

use super::access;
use crate::agent::{Agent, TaskSource};
use crate::clone;
use crate::dom::Window;
use crate::dom::events::message_event::{self, Message};
use crate::environment::Environment;

/// [Window post message steps](https://html.spec.whatwg.org/multipage/web-messaging.html#window-post-message-steps).
pub(super) fn post(
    window: &Window,
    realm: &Realm,
    message: &Value,
    target_origin: &str,
    transfer: &[Object],
) -> Fallible<()> {
    // Step 2.
    let incumbent = access::incumbent(realm);
    let sender = Environment::of(&incumbent);
    // Steps 3 to 5.
    let wanted = match target_origin {
        "*" => None,
        "/" => Some(sender.origin.clone()),
        other => {
            let parsed = Url::parse(other).map_err(|error| {
                Exception::dom("SyntaxError", format!("the target origin {other:?} is not a URL: {error}"))
            })?;
            Some(parsed.origin())
        }
    };
    // Step 7.
    let data = clone::serialize_from(&incumbent, realm, message, transfer)?;
    // Steps 8.2 and 8.3.
    let origin = sender.origin.ascii_serialization();
    let source = Some(incumbent.global_this());
    let this = window.root();
    // Step 8.
    Agent::current().queue_global(TaskSource::PostedMessage, realm, move |realm| {
        // Step 8.1.
        if wanted.is_some_and(|wanted| wanted != Environment::of(realm).origin) {
            return Ok(());
        }
        // Steps 8.4 to 8.7.
        let (event_type, message) = match clone::deserialize(realm, data) {
            Ok((data, ports)) => ("message", Message { data, origin, source, ports }),
            Err(_) => ("messageerror", Message { data: Value::NULL, origin, source, ports: Vec::new() }),
        };
        message_event::fire(realm, &this, event_type, message)?;
        Ok(())
    });
    Ok(())
}

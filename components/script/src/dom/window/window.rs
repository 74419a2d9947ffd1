//! [`Window`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#window): a top-level one, without frames.

use std::cell::{Cell, OnceCell, RefCell};

use bgfetch_js::{
    DomString, Exception, Fallible, Member, Object, PlatformObject, Realm, Root, Value, platform_object,
    trace_fields,
};
use bgfetch_traits::coordinator::CoordinatorMsg;

use crate::agent::{Agent, TaskSource};
use crate::bindings::{WindowMethods, WindowPostMessageOptions};
use crate::clone;
use crate::dom::events::message_event::{self, Message};
use crate::dom::globals::window_or_worker::{SharedObjects, once, window_or_worker_global_scope};
use crate::dom::{Document, Element, EventTarget, Location, Navigator};
use crate::environment::Environment;

/// `Window`.
pub(crate) struct Window {
    event_target: EventTarget,
    shared: SharedObjects,
    document: RefCell<Option<Member<Document>>>,
    location: OnceCell<Member<Location>>,
    navigator: OnceCell<Member<Navigator>>,
    name: RefCell<DomString>,
    opener: RefCell<bgfetch_js::Traced<Value>>,
    closed: Cell<bool>,
}

trace_fields!(Window { event_target, shared, document, location, navigator, opener });
platform_object!(Window: EventTarget via event_target);
window_or_worker_global_scope!(Window);

impl Window {
    /// A window that shows nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            event_target: EventTarget::new_inherited(),
            shared: SharedObjects::default(),
            document: RefCell::default(),
            location: OnceCell::new(),
            navigator: OnceCell::new(),
            name: RefCell::default(),
            opener: RefCell::new(Value::NULL.into()),
            closed: Cell::new(false),
        }
    }

    fn shared(&self) -> &SharedObjects {
        &self.shared
    }

    /// Makes it show a document.
    pub(crate) fn set_document(&self, document: &Root<Document>) {
        let replaced = self.document.replace(Some(document.clone().into()));
        drop(replaced);
        document.set_window(&self.root());
    }

    /// The document that it shows.
    ///
    /// # Errors
    /// A `TypeError` before there is one, which script does not see.
    pub(crate) fn active_document(&self) -> Fallible<Root<Document>> {
        let document = self.document.borrow().as_ref().map(|document| (**document).clone());
        document.ok_or_else(|| Exception::type_error("the window shows no document yet"))
    }

    /// The document, if it shows one.
    pub(crate) fn document_if_any(&self) -> Option<Root<Document>> {
        self.document.borrow().as_ref().map(|document| (**document).clone())
    }

    /// [Window post message steps](https://html.spec.whatwg.org/multipage/web-messaging.html#window-post-message-steps), to
    /// this window by itself: nobody else can reach it.
    fn post(&self, realm: &Realm, message: &Value, target_origin: &str, transfer: &[Object]) -> Fallible<()> {
        // Steps 4 to 6.
        let environment = Environment::of(realm);
        let target = match target_origin {
            "*" => None,
            "/" => Some(environment.origin.clone()),
            text => {
                let url = url::Url::parse(text).map_err(|error| {
                    Exception::dom("SyntaxError", format!("the target origin {text:?} is neither \"*\", \"/\" nor a URL: {error}"))
                })?;
                Some(url.origin())
            }
        };
        // Step 7.
        let data = clone::serialize(realm, message, transfer)?;
        // Step 8.
        let this = self.root();
        Agent::current().queue_global(TaskSource::PostedMessage, realm, move |realm| {
            let environment = Environment::of(realm);
            if target.is_some_and(|target| target != environment.origin) {
                return Ok(());
            }
            let origin = environment.origin.ascii_serialization();
            let source = Some(this.as_value().clone());
            let (event_type, message) = match clone::deserialize(realm, data) {
                Ok((data, ports)) => ("message", Message { data, origin, source, ports }),
                Err(_) => ("messageerror", Message { data: Value::NULL, origin, source, ports: Vec::new() }),
            };
            message_event::fire(realm, &this, event_type, message)?;
            Ok(())
        });
        Ok(())
    }
}

impl WindowMethods for Window {
    fn window(&self, _: &Realm) -> Fallible<Root<Self>> {
        Ok(self.root())
    }

    fn self_(&self, _: &Realm) -> Fallible<Root<Self>> {
        Ok(self.root())
    }

    fn frames(&self, _: &Realm) -> Fallible<Root<Self>> {
        Ok(self.root())
    }

    fn top(&self, _: &Realm) -> Fallible<Option<Root<Self>>> {
        Ok(Some(self.root()))
    }

    fn parent(&self, _: &Realm) -> Fallible<Option<Root<Self>>> {
        Ok(Some(self.root()))
    }

    fn document(&self, _: &Realm) -> Fallible<Root<Document>> {
        self.active_document()
    }

    fn location(&self, realm: &Realm) -> Fallible<Root<Location>> {
        once(&self.location, || realm.wrap(Location::new(&self.root())))
    }

    fn navigator(&self, realm: &Realm) -> Fallible<Root<Navigator>> {
        once(&self.navigator, || realm.wrap(Navigator::new()))
    }

    fn client_information(&self, realm: &Realm) -> Fallible<Root<Navigator>> {
        WindowMethods::navigator(self, realm)
    }

    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.name.borrow().clone())
    }

    fn set_name(&self, _: &Realm, value: DomString) -> Fallible<()> {
        self.name.replace(value);
        Ok(())
    }

    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(0)
    }

    fn opener(&self, _: &Realm) -> Fallible<Value> {
        Ok((**self.opener.borrow()).clone())
    }

    fn set_opener(&self, _: &Realm, value: Value) -> Fallible<()> {
        let replaced = self.opener.replace(value.into());
        drop(replaced);
        Ok(())
    }

    fn frame_element(&self, _: &Realm) -> Fallible<Option<Root<Element>>> {
        Ok(None)
    }

    fn origin_agent_cluster(&self, _: &Realm) -> Fallible<bool> {
        Ok(true)
    }

    fn closed(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.closed.get())
    }

    /// [`close()`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#dom-window-close): a window that a user
    /// opened is not for script to close.
    fn close(&self, realm: &Realm) -> Fallible<()> {
        let environment = Environment::of(realm);
        let text = "a script may not close a window that it did not open".to_owned();
        let location = bgfetch_js::ErrorLocation::default();
        crate::report::to_console(&environment, bgfetch_traits::coordinator::ConsoleLevel::Warn, text, &location);
        Ok(())
    }

    fn post_message_to_origin(
        &self,
        realm: &Realm,
        message: Value,
        target_origin: String,
        transfer: Vec<Object>,
    ) -> Fallible<()> {
        self.post(realm, &message, &target_origin, &transfer)
    }

    fn post_message(&self, realm: &Realm, message: Value, options: WindowPostMessageOptions) -> Fallible<()> {
        let transfer = options.parent.transfer.clone();
        self.post(realm, &message, &options.target_origin, &transfer)
    }
}

/// Asks the embedder to show another page in the place of this one.
pub(super) fn navigate(realm: &Realm, url: url::Url) {
    let environment = Environment::of(realm);
    environment.hosts.coordinator.send(CoordinatorMsg::Navigate(environment.id, url));
}

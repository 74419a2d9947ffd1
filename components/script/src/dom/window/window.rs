//! [`Window`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-window-object).

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use bgfetch_js::{
    DomString, ErrorLocation, Exception, Fallible, Member, Object, PlatformObject, Realm, Root, ToJs, Value,
    platform_object, trace_fields,
};
use bgfetch_traits::coordinator::ConsoleLevel;

use super::browsing_context::BrowsingContext;
use super::{choosing, focusing, posting, session_history, stopping, viewport};
use crate::bindings::{
    EventOrUndefined, StructuredSerializeOptions, WindowMethods, WindowPostMessageOptions,
};
use crate::dom::globals::animation_frames::animation_frame_provider;
use crate::dom::globals::window_or_worker::{SharedObjects, once, window_or_worker_global_scope};
use crate::dom::{
    CustomElementRegistry, Document, Element, Event, EventTarget, History, Location, Navigator, Screen,
    Storage,
};
use crate::environment::Environment;
use crate::report;

/// `Window`.
pub(crate) struct Window {
    event_target: EventTarget,
    document: RefCell<Option<Member<Document>>>,
    context: RefCell<Option<Rc<BrowsingContext>>>,
    location: OnceCell<Member<Location>>,
    navigator: OnceCell<Member<Navigator>>,
    shared: SharedObjects,
    history: OnceCell<Member<History>>,
    screen: OnceCell<Member<Screen>>,
    session_storage: OnceCell<Member<Storage>>,
    local_storage: OnceCell<Member<Storage>>,
    /// [`status`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#dom-window-status)
    status: RefCell<DomString>,
    /// [Current event](https://dom.spec.whatwg.org/#window-current-event)
    current_event: RefCell<Option<Member<Event>>>,
}

trace_fields!(Window {
    event_target,
    document,
    location,
    navigator,
    shared,
    history,
    screen,
    session_storage,
    local_storage,
    current_event
});
platform_object!(Window: EventTarget via event_target);

impl Window {
    /// A window without a document.
    pub(crate) fn new(context: &Rc<BrowsingContext>) -> Self {
        Self {
            event_target: EventTarget::new_inherited(),
            document: RefCell::default(),
            location: OnceCell::new(),
            navigator: OnceCell::new(),
            shared: SharedObjects::default(),
            context: RefCell::new(Some(Rc::clone(context))),
            history: OnceCell::new(),
            screen: OnceCell::new(),
            session_storage: OnceCell::new(),
            local_storage: OnceCell::new(),
            status: RefCell::default(),
            current_event: RefCell::default(),
        }
    }

    /// Gives it its [document](https://html.spec.whatwg.org/multipage/nav-history-apis.html#concept-document-window).
    pub(crate) fn set_document(&self, document: &Root<Document>) {
        let before = self.document.replace(Some(document.clone().into()));
        drop(before);
    }

    /// Its [browsing context](https://html.spec.whatwg.org/multipage/nav-history-apis.html#window-bc), while that is not closed.
    pub(crate) fn context(&self) -> Option<Rc<BrowsingContext>> {
        self.context.borrow().as_ref().filter(|context| context.active().is_some()).cloned()
    }

    /// Its document.
    pub(crate) fn current_document(&self) -> Option<Root<Document>> {
        self.document.borrow().as_ref().map(|document| (**document).clone())
    }

    /// Its history object, if a page asked for it.
    pub(super) fn known_history(&self) -> Option<Root<History>> {
        self.history.get().map(|history| (**history).clone())
    }

    /// Where its object for the storage of its session is kept.
    pub(crate) const fn known_session_storage(&self) -> &OnceCell<Member<Storage>> {
        &self.session_storage
    }

    /// Where its object for its origin's local storage is kept.
    pub(crate) const fn known_local_storage(&self) -> &OnceCell<Member<Storage>> {
        &self.local_storage
    }

    /// Gives a history object the state that it begins with.
    fn new_history(&self, realm: &Realm, history: &Root<History>) -> Fallible<()> {
        let active = self.context().and_then(|context| Some((context.active()?, context)));
        if let Some((active, context)) = active.filter(|(active, _)| active.realm.is_same(realm)) {
            history.set_state_value(session_history::restored_state(&context, &active)?);
        }
        Ok(())
    }

    /// The [current event](https://dom.spec.whatwg.org/#window-current-event): the one that a listener is called with.
    pub(crate) fn current_event(&self) -> Option<Root<Event>> {
        self.current_event.borrow().as_ref().map(|event| (**event).clone())
    }

    /// Sets the current event; gives the one before.
    pub(crate) fn replace_current_event(&self, event: Option<Root<Event>>) -> Option<Root<Event>> {
        self.current_event.replace(event.map(Into::into)).map(|event| (*event).clone())
    }

    /// The document of a realm's window: what nodes without another document belong to.
    ///
    /// # Errors
    /// A `TypeError` in a realm that is no window's.
    pub(crate) fn document_of(realm: &Realm) -> Fallible<Root<Document>> {
        let window = realm.global_as::<Self>();
        let document = window.and_then(|window| window.current_document());
        document.ok_or_else(|| Exception::type_error("there is no document here"))
    }

    /// `location`
    pub(crate) fn location_object(&self, realm: &Realm) -> Fallible<Root<Location>> {
        once(&self.location, || realm.wrap(Location::new(&self.root())))
    }

    /// What every global object has one of.
    pub(crate) const fn shared(&self) -> &SharedObjects {
        &self.shared
    }
}

impl WindowMethods for Window {
    fn window(&self, _: &Realm) -> Fallible<Root<Self>> {
        Ok(self.root())
    }

    fn self_(&self, _: &Realm) -> Fallible<Root<Self>> {
        Ok(self.root())
    }

    fn document(&self, realm: &Realm) -> Fallible<Root<Document>> {
        Self::document_of(realm)
    }

    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.context().map(|context| context.name()).unwrap_or_default())
    }

    fn set_name(&self, _: &Realm, value: DomString) -> Fallible<()> {
        if let Some(context) = self.context() {
            context.set_name(value);
        }
        Ok(())
    }

    fn location(&self, realm: &Realm) -> Fallible<Root<Location>> {
        self.location_object(realm)
    }

    fn closed(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.context().is_none_or(|context| context.is_closing()))
    }

    /// [`close()`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#dom-window-close): a window that a user
    /// opened is not for script to close.
    fn close(&self, realm: &Realm) -> Fallible<()> {
        let Some(context) = self.context().filter(|context| context.parent().is_none()) else {
            return Ok(());
        };
        if context.is_embedders() {
            let text = "a script may not close a window that it did not open".to_owned();
            report::to_console(&Environment::of(realm), ConsoleLevel::Warn, text, &ErrorLocation::default());
        } else {
            choosing::close(&context);
        }
        Ok(())
    }

    /// [`focus()`](https://html.spec.whatwg.org/multipage/interaction.html#dom-window-focus)
    fn focus(&self, _: &Realm) -> Fallible<()> {
        if let Some(context) = self.context() {
            focusing::focus(&context);
        }
        Ok(())
    }

    fn blur(&self, _: &Realm) -> Fallible<()> {
        // Does nothing, as specified.
        Ok(())
    }

    fn status(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.status.borrow().clone())
    }

    fn set_status(&self, _: &Realm, value: DomString) -> Fallible<()> {
        self.status.replace(value);
        Ok(())
    }

    fn screen(&self, realm: &Realm) -> Fallible<Root<Screen>> {
        once(&self.screen, || realm.wrap(Screen::new()))
    }

    viewport::members!();

    /// [`stop()`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#dom-window-stop)
    fn stop(&self, _: &Realm) -> Fallible<()> {
        if let Some(context) = self.context() {
            stopping::stop_loading(&context);
        }
        Ok(())
    }

    /// [`open()`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#dom-open)
    fn open(
        &self,
        realm: &Realm,
        url: String,
        target: DomString,
        features: DomString,
    ) -> Fallible<Option<Root<Self>>> {
        choosing::open(realm, &url, &target, &features)
    }

    fn custom_elements(&self, realm: &Realm) -> Fallible<Root<CustomElementRegistry>> {
        Self::document_of(realm)?.custom_elements(realm)
    }

    fn history(&self, realm: &Realm) -> Fallible<Root<History>> {
        once(&self.history, || {
            let history = realm.wrap(History::new())?;
            self.new_history(realm, &history)?;
            Ok(history)
        })
    }

    fn frames(&self, _: &Realm) -> Fallible<Root<Self>> {
        Ok(self.root())
    }

    fn length(&self, _: &Realm) -> Fallible<u32> {
        let children = self.context().map(|context| context.children().len());
        Ok(children.and_then(|children| u32::try_from(children).ok()).unwrap_or(0))
    }

    fn top(&self, _: &Realm) -> Fallible<Option<Root<Self>>> {
        Ok(self.context().and_then(|context| context.top().active_window()))
    }

    fn parent(&self, _: &Realm) -> Fallible<Option<Root<Self>>> {
        Ok(self.context().and_then(|context| context.parent().unwrap_or(context).active_window()))
    }

    /// [`opener`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#dom-opener)
    fn opener(&self, realm: &Realm) -> Fallible<Value> {
        let opener = self.context().and_then(|context| context.opener()?.active_window());
        opener.map_or(Ok(Value::NULL), |window| window.to_js(realm))
    }

    fn set_opener(&self, realm: &Realm, value: Value) -> Fallible<()> {
        if value.is_null() {
            if let Some(context) = self.context() {
                context.disown();
            }
            return Ok(());
        }
        realm.global().create(realm, "opener", &value)
    }

    fn event(&self, _: &Realm) -> Fallible<EventOrUndefined> {
        Ok(self.current_event().map_or(EventOrUndefined::Undefined(()), EventOrUndefined::Event))
    }

    /// [`frameElement`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#dom-frameelement)
    fn frame_element(&self, realm: &Realm) -> Fallible<Option<Root<Element>>> {
        let container = self.context().and_then(|context| context.container());
        let origin = &Environment::of(realm).origin;
        Ok(container.filter(|element| element.owner_doc().origin() == origin).map(|element| element.upcast()))
    }

    fn navigator(&self, realm: &Realm) -> Fallible<Root<Navigator>> {
        once(&self.navigator, || realm.wrap(Navigator::new()))
    }

    fn client_information(&self, realm: &Realm) -> Fallible<Root<Navigator>> {
        self.navigator(realm)
    }

    fn origin_agent_cluster(&self, _: &Realm) -> Fallible<bool> {
        // A window has a thread, and with it an agent cluster, of its own.
        Ok(true)
    }

    fn post_message_to_origin(
        &self,
        realm: &Realm,
        message: Value,
        target_origin: String,
        transfer: Vec<Object>,
    ) -> Fallible<()> {
        posting::post(self, realm, &message, &target_origin, &transfer)
    }

    fn post_message(&self, realm: &Realm, message: Value, options: WindowPostMessageOptions) -> Fallible<()> {
        let StructuredSerializeOptions { transfer } = options.parent;
        posting::post(self, realm, &message, &options.target_origin, &transfer)
    }
}

window_or_worker_global_scope!(Window);
animation_frame_provider!(Window);

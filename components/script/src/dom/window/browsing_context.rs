//! [Browsing contexts](https://html.spec.whatwg.org/multipage/document-sequences.html#browsing-context), each together with
//! the [navigable](https://html.spec.whatwg.org/multipage/document-sequences.html#navigable) that shows it: a window, or a
//! frame in a document.
//!
//! All frames of a window run on its thread, those of other origins as well: a simplification of this shell, which has no
//! [site isolation](https://html.spec.whatwg.org/multipage/webappapis.html#obtain-similar-origin-window-agent).

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use bgfetch_js::{DomString, Fallible, Realm, Root, WindowProxy};
use bgfetch_traits::coordinator::{CoordinatorMsg, CoordinatorSender};
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::service_worker::FrameType;

use super::session_history::{Entry, SessionHistory};
use crate::dom::storage::areas::Areas;
use crate::dom::{Document, HTMLIFrameElement, Node, Window};
use crate::environment::Environment;

/// A browsing context of this thread.
///
/// It holds what it shows as roots, until it is [closed](Self::close).
pub(crate) struct BrowsingContext {
    /// Where it is; `None` for a top-level one.
    frame: RefCell<Option<Frame>>,
    /// Whether the embedder shows it: it is a top-level one, and script did not open it.
    embedders: bool,
    /// [Opener](https://html.spec.whatwg.org/multipage/document-sequences.html#opener-browsing-context).
    opener: RefCell<Option<Rc<BrowsingContext>>>,
    /// [Is closing](https://html.spec.whatwg.org/multipage/document-sequences.html#is-closing)
    closing: Cell<bool>,
    /// [Current session history entry](https://html.spec.whatwg.org/multipage/document-sequences.html#nav-current-history-entry).
    entry: RefCell<Option<Rc<Entry>>>,
    /// Of a top-level one.
    history: SessionHistory,
    /// Of a top-level one, [what its session stores](https://storage.spec.whatwg.org/#traversable-navigable-storage-shed).
    session_areas: Areas,
    /// [Target name](https://html.spec.whatwg.org/multipage/document-sequences.html#nav-target).
    name: RefCell<DomString>,
    active: RefCell<Option<Active>>,
    /// What stands for its windows, one after the other.
    proxy: RefCell<Option<WindowProxy>>,
    /// Whether the active document is the [initial `about:blank`](https://html.spec.whatwg.org/multipage/dom.html#is-initial-about:blank).
    initial: Cell<bool>,
    /// [Ongoing navigation](https://html.spec.whatwg.org/multipage/browsing-the-web.html#ongoing-navigation): its number, 0 for
    /// none so far.
    number: Cell<u64>,
    ongoing: RefCell<Option<CancelHandle>>,
    /// Whether the ongoing navigation has not come to its document yet.
    navigating: Cell<bool>,
}

/// Where a nested one is.
struct Frame {
    /// [Container](https://html.spec.whatwg.org/multipage/document-sequences.html#nav-container).
    container: Root<HTMLIFrameElement>,
    parent: Rc<BrowsingContext>,
}

/// What it shows.
#[derive(Clone)]
pub(crate) struct Active {
    /// Its realm.
    pub(crate) realm: Realm,
    /// [Active window](https://html.spec.whatwg.org/multipage/document-sequences.html#nav-window).
    pub(crate) window: Root<Window>,
    /// [Active document](https://html.spec.whatwg.org/multipage/document-sequences.html#nav-document).
    pub(crate) document: Root<Document>,
}

impl BrowsingContext {
    fn new(frame: Option<Frame>, embedders: bool, opener: Option<&Rc<Self>>) -> Rc<Self> {
        Rc::new(Self {
            frame: RefCell::new(frame),
            embedders,
            session_areas: opener.map(|opener| opener.top().session_areas.copy()).unwrap_or_default(),
            opener: RefCell::new(opener.map(Rc::clone)),
            closing: Cell::new(false),
            entry: RefCell::default(),
            history: SessionHistory::default(),
            name: RefCell::default(),
            active: RefCell::default(),
            proxy: RefCell::default(),
            initial: Cell::new(true),
            number: Cell::new(0),
            ongoing: RefCell::default(),
            navigating: Cell::new(false),
        })
    }

    /// A [top-level](https://html.spec.whatwg.org/multipage/document-sequences.html#top-level-browsing-context) one.
    /// that the embedder shows.
    pub(crate) fn top_level() -> Rc<Self> {
        Self::new(None, true, None)
    }

    /// An [auxiliary](https://html.spec.whatwg.org/multipage/document-sequences.html#auxiliary-browsing-context) one.
    pub(crate) fn auxiliary(opener: Option<&Rc<Self>>) -> Rc<Self> {
        Self::new(None, false, opener)
    }

    /// One for a frame.
    pub(crate) fn nested(container: &Root<HTMLIFrameElement>, parent: &Rc<Self>) -> Rc<Self> {
        Self::new(Some(Frame { container: container.clone(), parent: Rc::clone(parent) }), false, None)
    }

    /// [Target name](https://html.spec.whatwg.org/multipage/document-sequences.html#nav-target).
    pub(crate) fn name(&self) -> DomString {
        self.name.borrow().clone()
    }

    /// Sets its target name.
    pub(crate) fn set_name(&self, name: DomString) {
        self.name.replace(name);
    }

    /// The [`WindowProxy`](https://html.spec.whatwg.org/multipage/document-sequences.html#concept-bc-windowproxy), made with
    /// `realm` if there is none yet.
    pub(crate) fn proxy_for(&self, realm: &Realm) -> Fallible<WindowProxy> {
        if let Some(proxy) = self.proxy() {
            return Ok(proxy);
        }
        let proxy = WindowProxy::new(realm)?;
        self.proxy.replace(Some(proxy.clone()));
        Ok(proxy)
    }

    /// Its `WindowProxy`, while it is open.
    pub(crate) fn proxy(&self) -> Option<WindowProxy> {
        self.proxy.borrow().clone()
    }

    /// [Parent](https://html.spec.whatwg.org/multipage/document-sequences.html#nav-parent).
    pub(crate) fn parent(&self) -> Option<Rc<Self>> {
        self.frame.borrow().as_ref().map(|frame| Rc::clone(&frame.parent))
    }

    /// [Top-level traversable](https://html.spec.whatwg.org/multipage/document-sequences.html#nav-top).
    pub(crate) fn top(self: &Rc<Self>) -> Rc<Self> {
        let mut top = Rc::clone(self);
        while let Some(parent) = top.parent() {
            top = parent;
        }
        top
    }

    /// Of a top-level one, what its session stores.
    pub(crate) const fn session_areas(&self) -> &Areas {
        &self.session_areas
    }

    /// [Container](https://html.spec.whatwg.org/multipage/document-sequences.html#nav-container).
    pub(crate) fn container(&self) -> Option<Root<HTMLIFrameElement>> {
        self.frame.borrow().as_ref().map(|frame| frame.container.clone())
    }

    /// Whether the embedder shows it, on a thread for each of its documents.
    pub(crate) const fn is_embedders(&self) -> bool {
        self.embedders
    }

    /// [Opener](https://html.spec.whatwg.org/multipage/document-sequences.html#opener-browsing-context).
    pub(crate) fn opener(&self) -> Option<Rc<Self>> {
        self.opener.borrow().clone()
    }

    /// [Disowns](https://html.spec.whatwg.org/multipage/nav-history-apis.html#dom-opener) its opener.
    pub(crate) fn disown(&self) {
        let before = self.opener.take();
        drop(before);
    }

    /// It is about to be closed; gives whether it was already.
    pub(super) fn set_closing(&self) -> bool {
        self.closing.replace(true)
    }

    /// Whether it is closed, or about to be.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.get()
    }

    /// [Current session history entry](https://html.spec.whatwg.org/multipage/document-sequences.html#nav-current-history-entry).
    pub(super) fn entry(&self) -> Option<Rc<Entry>> {
        self.entry.borrow().clone()
    }

    /// Sets its current entry; gives the one before.
    pub(super) fn set_entry(&self, entry: Rc<Entry>) -> Option<Rc<Entry>> {
        self.entry.replace(Some(entry))
    }

    /// The session history of a top-level one.
    pub(super) const fn history(&self) -> &SessionHistory {
        &self.history
    }

    /// Whether it shows the [initial `about:blank`](https://html.spec.whatwg.org/multipage/dom.html#is-initial-about:blank).
    pub(crate) fn is_initial(&self) -> bool {
        self.initial.get()
    }

    /// As service workers see it.
    pub(crate) fn frame_type(&self) -> FrameType {
        if self.frame.borrow().is_some() {
            FrameType::Nested
        } else if self.embedders {
            FrameType::TopLevel
        } else {
            FrameType::Auxiliary
        }
    }

    /// [Document-tree child navigables](https://html.spec.whatwg.org/multipage/document-sequences.html#document-tree-child-navigables)
    /// of its active document, in tree order.
    pub(crate) fn children(&self) -> Vec<Rc<Self>> {
        let Some(document) = self.active_document() else { return Vec::new() };
        let frames = document.upcast::<Node>().inclusive_descendants();
        frames.into_iter().filter_map(|node| node.downcast::<HTMLIFrameElement>()?.content()).collect()
    }

    /// What it shows; `None` once it is closed.
    pub(crate) fn active(&self) -> Option<Active> {
        self.active.borrow().clone()
    }

    /// [Active document](https://html.spec.whatwg.org/multipage/document-sequences.html#nav-document).
    pub(crate) fn active_document(&self) -> Option<Root<Document>> {
        self.active.borrow().as_ref().map(|active| active.document.clone())
    }

    /// [Active window](https://html.spec.whatwg.org/multipage/document-sequences.html#nav-window).
    pub(crate) fn active_window(&self) -> Option<Root<Window>> {
        self.active.borrow().as_ref().map(|active| active.window.clone())
    }

    /// The environment of the active document.
    pub(crate) fn environment(&self) -> Option<Rc<Environment>> {
        self.active.borrow().as_ref().map(|active| Environment::of(&active.realm))
    }

    /// Shows another document; gives what it showed.
    pub(crate) fn set_active(&self, active: Active) -> Option<Active> {
        self.active.replace(Some(active))
    }

    /// It shows another document from now on.
    pub(crate) fn leave_initial(&self) {
        self.initial.set(false);
    }

    /// Starts a navigation in place of any that is under way.
    pub(crate) fn begin_navigation(
        self: &Rc<Self>,
        coordinator: &CoordinatorSender,
        client: ClientId,
    ) -> Navigation {
        self.stop_navigation();
        let cancel = CancelHandle::new();
        self.ongoing.replace(Some(cancel.clone()));
        self.navigating.set(true);
        Navigation {
            context: Rc::clone(self),
            number: self.number.get(),
            cancel,
            client: Cell::new(client),
            coordinator: coordinator.clone(),
            committed: Cell::new(false),
        }
    }

    /// [Sets the ongoing navigation to null](https://html.spec.whatwg.org/multipage/browsing-the-web.html#set-the-ongoing-navigation).
    pub(crate) fn stop_navigation(&self) {
        self.navigating.set(false);
        self.number.set(self.number.get() + 1);
        let before = self.ongoing.take();
        if let Some(before) = before {
            before.cancel();
        }
    }

    /// Whether its [ongoing navigation](https://html.spec.whatwg.org/multipage/browsing-the-web.html#ongoing-navigation) is a
    /// navigation that has not come to its document yet.
    pub(crate) fn is_navigating(&self) -> bool {
        self.navigating.get()
    }

    /// Lets go of everything: nothing is shown any more.
    pub(crate) fn close(&self) -> Option<Active> {
        self.stop_navigation();
        self.closing.set(true);
        let (frame, proxy, opener) = (self.frame.take(), self.proxy.take(), self.opener.take());
        drop((frame, proxy, opener));
        self.active.take()
    }
}

/// Closes the browsing context of a realm's window, when the thread ends.
pub(crate) fn close_of(realm: &Realm) {
    let context = realm.global_as::<Window>().and_then(|window| window.context());
    let closed = context.and_then(|context| context.close());
    drop(closed);
}

impl fmt::Debug for BrowsingContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrowsingContext").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A navigation under way.
pub(crate) struct Navigation {
    /// Of what.
    pub(crate) context: Rc<BrowsingContext>,
    /// Ends its fetch.
    pub(crate) cancel: CancelHandle,
    client: Cell<ClientId>,
    number: u64,
    coordinator: CoordinatorSender,
    committed: Cell<bool>,
}

impl Navigation {
    /// Whether nothing has taken its place.
    pub(crate) fn is_ongoing(&self) -> bool {
        self.context.number.get() == self.number
    }

    /// The [reserved environment](https://html.spec.whatwg.org/multipage/webappapis.html#environment)'s id: that of the document
    /// that it leads to.
    pub(crate) const fn client(&self) -> ClientId {
        self.client.get()
    }

    /// A redirect leads to another origin, which is to know nothing of the environment that was reserved so far.
    pub(crate) fn reserve_another_client(&self) {
        self.coordinator.send(CoordinatorMsg::ClientGone(self.client.replace(ClientId::new())));
    }

    /// Its document is there.
    pub(crate) fn commit(&self) {
        self.committed.set(true);
        self.ended();
    }

    fn ended(&self) {
        if self.is_ongoing() {
            self.context.navigating.set(false);
        }
    }
}

impl Drop for Navigation {
    fn drop(&mut self) {
        self.ended();
        if !self.committed.get() {
            // The coordinator may know the client as reserved.
            self.coordinator.send(CoordinatorMsg::ClientGone(self.client.get()));
        }
    }
}

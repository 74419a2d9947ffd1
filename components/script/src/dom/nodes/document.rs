//! [`Document`](https://dom.spec.whatwg.org/#interface-document): its state; what script sees of it is in
//! `document_methods`.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use bgfetch_js::{DomString, Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields};
use encoding_rs::Encoding;
use markup5ever::interface::tree_builder::QuirksMode;
use url::{Origin, Url};

use super::parent_node::ParentNodeCache;
use crate::bindings::DocumentReadyState;
use crate::dom::globals::window_or_worker::once;
use crate::dom::html::parsing::page::ParserState;
use crate::dom::html::scripting::ScriptQueues;
use crate::dom::url::resolve_with;
use crate::dom::window::browsing_context::BrowsingContext;
use crate::dom::window::javascript_url::percent_decode;
use crate::dom::window::sandboxing::Sandbox;
use crate::dom::{
    CustomElementRegistry, DOMImplementation, Element, FontFaceSet, HTMLAllCollection, HTMLCollection,
    HTMLElement, HTMLScriptElement, Node, NodeKind, Window, events,
};
use crate::environment::Environment;
use crate::policies;

/// `Document`.
pub(crate) struct Document {
    node: Node,
    pub(super) parent_node: ParentNodeCache,
    flavour: Flavour,
    url: RefCell<Url>,
    /// The URL of the first `base` element that has one; the fallback is the document's own.
    base: RefCell<Option<Url>>,
    /// What its policies said of the URL of its `base` element.
    checked_base: RefCell<Option<(Url, bool)>>,
    origin: Origin,
    /// [About base URL](https://html.spec.whatwg.org/multipage/dom.html#concept-document-about-base-url).
    about_base: RefCell<Option<Url>>,
    /// Whether it was unloaded.
    discarded: Cell<bool>,
    /// [Visibility state](https://html.spec.whatwg.org/multipage/interaction.html#visibility-state): hidden once it is unloaded.
    hidden: Cell<bool>,
    sandbox: Cell<Sandbox>,
    encoding: Cell<&'static Encoding>,
    quirks: Cell<QuirksMode>,
    ready_state: Cell<DocumentReadyState>,
    window: RefCell<Option<Member<Window>>>,
    current_script: RefCell<Option<Member<HTMLScriptElement>>>,
    focused: RefCell<Option<Member<Element>>>,
    /// [Target element](https://html.spec.whatwg.org/multipage/browsing-the-web.html#target-element)
    target: RefCell<Option<Member<Element>>>,
    referrer: String,
    /// Scripts that wait to run, and what delays `load`.
    pub(crate) scripts: ScriptQueues,
    /// What parses it.
    pub(crate) parser: ParserState,
    pub(super) once: SameObjects,
}

/// Objects that a document has one of.
#[derive(Default)]
pub(super) struct SameObjects {
    pub(super) implementation: OnceCell<Member<DOMImplementation>>,
    pub(super) all: OnceCell<Member<HTMLAllCollection>>,
    pub(super) images: OnceCell<Member<HTMLCollection>>,
    pub(super) links: OnceCell<Member<HTMLCollection>>,
    pub(super) forms: OnceCell<Member<HTMLCollection>>,
    pub(super) scripts: OnceCell<Member<HTMLCollection>>,
    template_document: OnceCell<Member<Document>>,
    pub(super) fonts: OnceCell<Member<FontFaceSet>>,
    /// [Custom element registry](https://dom.spec.whatwg.org/#document-custom-element-registry), if a page asked for it.
    custom_elements: OnceCell<Member<CustomElementRegistry>>,
}

/// [Type](https://dom.spec.whatwg.org/#concept-document-type) and
/// [content type](https://dom.spec.whatwg.org/#concept-document-content-type).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flavour {
    /// Whether it is an [HTML document](https://dom.spec.whatwg.org/#html-document).
    pub(crate) html: bool,
    pub(crate) content_type: String,
}

impl Flavour {
    /// An HTML document.
    pub(crate) fn html() -> Self {
        Self { html: true, content_type: "text/html".into() }
    }
}

trace_fields!(SameObjects {
    implementation,
    all,
    images,
    links,
    forms,
    scripts,
    template_document,
    fonts,
    custom_elements
});
trace_fields!(Document { node, parent_node, window, current_script, focused, target, scripts, once });
platform_object!(Document: Node via node);

impl Document {
    /// [Font source](https://drafts.csswg.org/css-font-loading/#font-source)
    pub(crate) fn font_face_set(&self, realm: &Realm) -> Fallible<Root<FontFaceSet>> {
        once(&self.once.fonts, || FontFaceSet::create(realm))
    }

    /// A document without children and window.
    pub(crate) fn new(flavour: Flavour, url: Url, origin: Origin, referrer: String) -> Self {
        Self {
            node: Node::new_inherited(NodeKind::Document, None),
            parent_node: ParentNodeCache::default(),
            flavour,
            url: RefCell::new(url),
            base: RefCell::default(),
            checked_base: RefCell::default(),
            origin,
            about_base: RefCell::default(),
            discarded: Cell::new(false),
            hidden: Cell::new(false),
            sandbox: Cell::new(Sandbox::none()),
            encoding: Cell::new(encoding_rs::UTF_8),
            quirks: Cell::new(QuirksMode::NoQuirks),
            ready_state: Cell::new(DocumentReadyState::Complete),
            window: RefCell::default(),
            current_script: RefCell::default(),
            focused: RefCell::default(),
            target: RefCell::default(),
            referrer,
            scripts: ScriptQueues::default(),
            parser: ParserState::default(),
            once: SameObjects::default(),
        }
    }

    /// A document for markup and elements that no window shows, of this one's origin.
    pub(crate) fn inert(&self, realm: &Realm, flavour: Flavour, url: Url) -> Fallible<Root<Self>> {
        realm.wrap(Self::new(flavour, url, self.origin.clone(), String::new()))
    }

    pub(super) fn copy(&self, realm: &Realm) -> Fallible<Root<Self>> {
        let copy = self.inert(realm, self.flavour.clone(), self.document_url())?;
        copy.encoding.set(self.encoding.get());
        copy.quirks.set(self.quirks.get());
        Ok(copy)
    }

    /// Its [URL](https://dom.spec.whatwg.org/#concept-document-url).
    pub(crate) fn document_url(&self) -> Url {
        self.url.borrow().clone()
    }

    /// Gives it another URL, as navigating to a fragment does.
    pub(crate) fn set_document_url(&self, realm: &Realm, url: Url) {
        self.url.replace(url);
        self.update_base(realm);
    }

    /// Its [base URL](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#document-base-url).
    pub(crate) fn base_url(&self) -> Url {
        self.base.borrow().clone().unwrap_or_else(|| self.fallback_base_url())
    }

    /// [Fallback base URL](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#fallback-base-url).
    fn fallback_base_url(&self) -> Url {
        self.about_base.borrow().clone().unwrap_or_else(|| self.document_url())
    }

    /// Gives it an [about base URL](https://html.spec.whatwg.org/multipage/dom.html#concept-document-about-base-url).
    pub(crate) fn set_about_base(&self, url: Url) {
        self.about_base.replace(Some(url));
    }

    /// Whether it was unloaded.
    pub(crate) fn is_discarded(&self) -> bool {
        self.discarded.get()
    }

    /// Whether nobody sees it any more.
    pub(crate) fn is_hidden(&self) -> bool {
        self.hidden.get()
    }

    /// [Updates its visibility state](https://html.spec.whatwg.org/multipage/interaction.html#update-the-visibility-state) to
    /// hidden.
    pub(crate) fn hide(&self, realm: &Realm) -> Fallible<()> {
        if !self.hidden.replace(true) {
            events::event::fire_with(realm, self, "visibilitychange", true, false)?;
        }
        Ok(())
    }

    /// It was unloaded: its parser and scripts stop.
    pub(crate) fn discard(&self) {
        self.discarded.set(true);
        self.parser.stop();
    }

    /// Its [browsing context](https://html.spec.whatwg.org/multipage/document-sequences.html#concept-document-bc), if it is
    /// [fully active](https://html.spec.whatwg.org/multipage/document-sequences.html#fully-active).
    pub(crate) fn context(&self) -> Option<Rc<BrowsingContext>> {
        self.window.borrow().as_ref().filter(|_| !self.discarded.get())?.context()
    }

    /// [Parses a URL](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#encoding-parsing-a-url) relative to it.
    pub(crate) fn parse_url(&self, text: &str) -> Result<Url, url::ParseError> {
        resolve_with(text, Some(&self.base_url()), self.encoding.get())
    }

    /// [Sets the frozen base URL](https://html.spec.whatwg.org/multipage/semantics.html#set-the-frozen-base-url) anew, when
    /// `base` elements or the document's URL changed.
    pub(crate) fn update_base(&self, realm: &Realm) {
        let first = self.descendant_elements().find(|element| {
            element.is_html_named("base") && element.with_plain_attribute("href", |href| href.is_some())
        });
        let href = first.and_then(|base| base.plain_attribute("href"));
        let fallback = self.fallback_base_url();
        let base = href
            .and_then(|href| resolve_with(&href, Some(&fallback), self.encoding.get()).ok())
            .filter(|url| !matches!(url.scheme(), "data" | "javascript"))
            .filter(|url| self.allows_base(realm, url));
        self.base.replace(base);
        if self.window.borrow().is_some() {
            Environment::of(realm).base_url.replace(self.base_url());
        }
    }

    /// [Is base allowed for document?](https://w3c.github.io/webappsec-csp/#allow-base-for-document) What was asked before
    /// is answered without reporting it again.
    fn allows_base(&self, realm: &Realm, url: &Url) -> bool {
        let checked = self.checked_base.borrow().clone();
        match checked {
            Some((known, allowed)) if known == *url => allowed,
            _ => {
                let shown = self.realm().is_some_and(|own| own.is_same(realm));
                let allowed = !shown || policies::allows_base(realm, url);
                self.checked_base.replace(Some((url.clone(), allowed)));
                allowed
            }
        }
    }

    /// Whether it is an [HTML document](https://dom.spec.whatwg.org/#html-document).
    pub(crate) fn is_html_document(&self) -> bool {
        self.flavour.html
    }

    /// Its [content type](https://dom.spec.whatwg.org/#concept-document-content-type).
    pub(crate) fn mime_type(&self) -> &str {
        &self.flavour.content_type
    }

    /// Its [origin](https://dom.spec.whatwg.org/#concept-document-origin).
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its [encoding](https://dom.spec.whatwg.org/#concept-document-encoding).
    pub(crate) fn encoding(&self) -> &'static Encoding {
        self.encoding.get()
    }

    /// Sets the encoding that it was decoded from.
    pub(crate) fn set_encoding(&self, encoding: &'static Encoding) {
        self.encoding.set(encoding);
    }

    /// Whether it is in [quirks mode](https://dom.spec.whatwg.org/#concept-document-quirks).
    pub(crate) fn is_quirky(&self) -> bool {
        self.quirks.get() == QuirksMode::Quirks
    }

    /// Its mode.
    pub(crate) fn quirks_mode(&self) -> QuirksMode {
        self.quirks.get()
    }

    /// Takes the mode of another document.
    pub(crate) fn copy_mode(&self, other: &Self) {
        self.quirks.set(other.quirks.get());
    }

    /// Sets its mode.
    pub(crate) fn set_quirks_mode(&self, mode: QuirksMode) {
        self.quirks.set(mode);
    }

    /// The window that shows it.
    pub(crate) fn window(&self) -> Option<Root<Window>> {
        self.window.borrow().as_ref().map(|window| (**window).clone())
    }

    /// Makes it the document of a window.
    pub(crate) fn set_window(&self, window: &Root<Window>) {
        let before = self.window.replace(Some(window.clone().into()));
        drop(before);
    }

    /// Whether [scripting is enabled](https://html.spec.whatwg.org/multipage/webappapis.html#concept-n-script) for its nodes.
    pub(crate) fn runs_scripts(&self) -> bool {
        self.sandbox.get().scripts && self.window.borrow().is_some() && !self.discarded.get()
    }

    /// [Active sandboxing flag set](https://html.spec.whatwg.org/multipage/browsers.html#active-sandboxing-flag-set)
    pub(crate) fn sandbox(&self) -> Sandbox {
        self.sandbox.get()
    }

    /// Sets what it may do.
    pub(crate) fn set_sandbox(&self, sandbox: Sandbox) {
        self.sandbox.set(sandbox);
    }

    /// The realm of the window that shows it.
    pub(crate) fn realm(&self) -> Option<Realm> {
        let active = self.context()?.active()?;
        (active.document == self.root()).then_some(active.realm)
    }

    /// Where it came from.
    pub(crate) fn referrer_text(&self) -> &str {
        &self.referrer
    }

    /// Its [readiness](https://html.spec.whatwg.org/multipage/dom.html#current-document-readiness).
    pub(crate) fn readiness(&self) -> DocumentReadyState {
        self.ready_state.get()
    }

    /// [Updates its readiness](https://html.spec.whatwg.org/multipage/dom.html#update-the-current-document-readiness).
    pub(crate) fn set_readiness(&self, realm: &Realm, state: DocumentReadyState) -> Fallible<()> {
        if self.ready_state.replace(state) != state {
            events::event::fire(realm, self, "readystatechange")?;
        }
        Ok(())
    }

    /// Starts loading: [readiness](https://html.spec.whatwg.org/multipage/dom.html#current-document-readiness) "loading",
    /// without an event.
    pub(crate) fn begin_loading(&self) {
        self.ready_state.set(DocumentReadyState::Loading);
    }

    /// The script that runs, if it is a classic one of an element.
    pub(super) fn running_script(&self) -> Option<Root<HTMLScriptElement>> {
        self.current_script.borrow().as_ref().map(|script| (**script).clone())
    }

    /// Sets the script that runs; gives the one before.
    pub(crate) fn set_running_script(
        &self,
        script: Option<Root<HTMLScriptElement>>,
    ) -> Option<Root<HTMLScriptElement>> {
        self.current_script.replace(script.map(Into::into)).map(|script| (*script).clone())
    }

    /// The element that has focus.
    pub(crate) fn focused(&self) -> Option<Root<Element>> {
        self.focused.borrow().as_ref().map(|element| (**element).clone())
    }

    /// Its [target element](https://html.spec.whatwg.org/multipage/browsing-the-web.html#target-element).
    pub(crate) fn target(&self) -> Option<Root<Element>> {
        self.target.borrow().as_ref().map(|element| (**element).clone())
    }

    /// [Scrolls to the fragment](https://html.spec.whatwg.org/multipage/browsing-the-web.html#scroll-to-the-fragment-identifier): nothing
    /// scrolls, but the [indicated part](https://html.spec.whatwg.org/multipage/browsing-the-web.html#select-the-indicated-part) becomes the
    /// target.
    pub(crate) fn scroll_to_the_fragment(&self) {
        let url = self.document_url();
        let fragment = url.fragment().filter(|fragment| !fragment.is_empty());
        let find = |id: &str| {
            let is_named = |element: &Root<Element>| {
                let name = element.plain_attribute("name");
                element.is_html_named("a") && name.is_some_and(|name| &*name == id)
            };
            let by_id = self.descendant_elements().find(|element| element.has_id(id));
            by_id.or_else(|| self.descendant_elements().find(is_named))
        };
        let target = fragment.and_then(|fragment| find(fragment).or_else(|| find(&percent_decode(fragment))));
        let before = self.target.replace(target.map(Into::into));
        drop(before);
        Node::touch();
    }

    /// Moves focus.
    pub(crate) fn set_focused(&self, element: Option<&Root<Element>>) {
        let before = self.focused.replace(element.map(|element| element.clone().into()));
        drop(before);
    }

    /// The [inert document](https://html.spec.whatwg.org/multipage/scripting.html#appropriate-template-contents-owner-document)
    /// for contents of its templates.
    pub(crate) const fn inert_template_document(&self) -> &OnceCell<Member<Self>> {
        &self.once.template_document
    }

    /// Its [custom element registry](https://dom.spec.whatwg.org/#document-custom-element-registry), if a page asked for it.
    pub(crate) fn known_custom_elements(&self) -> Option<Root<CustomElementRegistry>> {
        self.once.custom_elements.get().map(|registry| (**registry).clone())
    }

    /// Its custom element registry.
    pub(crate) fn custom_elements(&self, realm: &Realm) -> Fallible<Root<CustomElementRegistry>> {
        once(&self.once.custom_elements, || realm.wrap(CustomElementRegistry::new()))
    }

    /// Its [document element](https://dom.spec.whatwg.org/#document-element).
    pub(crate) fn document_element(&self) -> Option<Root<Element>> {
        self.child_elements().next()
    }

    /// [The `html` element](https://html.spec.whatwg.org/multipage/dom.html#the-html-element-2).
    pub(crate) fn html_element(&self) -> Option<Root<Element>> {
        self.document_element().filter(|element| element.is_html_named("html"))
    }

    /// [The `head` element](https://html.spec.whatwg.org/multipage/dom.html#the-head-element-2).
    pub(crate) fn head_element(&self) -> Option<Root<Element>> {
        self.html_element()?.child_elements().find(|element| element.is_html_named("head"))
    }

    /// [The body element](https://html.spec.whatwg.org/multipage/dom.html#the-body-element-2).
    pub(crate) fn body_element(&self) -> Option<Root<HTMLElement>> {
        let mut children = self.html_element()?.child_elements();
        children
            .find(|element| element.is_html_named("body") || element.is_html_named("frameset"))?
            .downcast()
    }

    /// [The `title` element](https://html.spec.whatwg.org/multipage/dom.html#the-title-element-2) of HTML documents.
    pub(super) fn title_element(&self) -> Option<Root<Element>> {
        self.descendant_elements().find(|element| element.is_html_named("title"))
    }

    /// Its name for elements that it makes: lower case if it is an HTML document.
    pub(super) fn element_name(&self, name: &DomString) -> String {
        if self.flavour.html { name.to_ascii_lowercase() } else { name.to_string() }
    }

    pub(super) fn node_root(&self) -> Root<Node> {
        self.root().upcast()
    }
}

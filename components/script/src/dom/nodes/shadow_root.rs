//! [`ShadowRoot`](https://dom.spec.whatwg.org/#interface-shadowroot).

use std::cell::Cell;

use bgfetch_js::{
    DomString, Exception, Fallible, PlatformObject, Realm, Root, platform_object, trace_fields,
};

use super::fragment_html;
use crate::bindings::{
    DocumentOrShadowRootMethods, ShadowRootInit, ShadowRootMethods, ShadowRootMode, SlotAssignmentMode,
};
use crate::dom::html::custom_elements::definition::look_up;
use crate::dom::{CSSStyleSheet, DocumentFragment, Element, Node};

thread_local! {
    /// Whether this thread ever made a shadow root.
    static EXIST: Cell<bool> = const { Cell::new(false) };
}

/// Whether there may be shadow trees: what only matters then need not be looked for before.
pub(crate) fn exist() -> bool {
    EXIST.get()
}

/// `ShadowRoot`.
pub(crate) struct ShadowRoot {
    document_fragment: DocumentFragment,
    mode: ShadowRootMode,
    delegates_focus: bool,
    serializable: bool,
    clonable: bool,
    slot_assignment: SlotAssignmentMode,
}

trace_fields!(ShadowRoot { document_fragment });
platform_object!(ShadowRoot: DocumentFragment via document_fragment);

impl ShadowRoot {
    /// Whether its [mode](https://dom.spec.whatwg.org/#shadowroot-mode) is "closed".
    pub(crate) fn is_closed(&self) -> bool {
        self.mode == ShadowRootMode::Closed
    }

    /// Whether its [slot assignment](https://dom.spec.whatwg.org/#shadowroot-slot-assignment) is "manual".
    pub(crate) fn assigns_manually(&self) -> bool {
        self.slot_assignment == SlotAssignmentMode::Manual
    }

    /// What to attach to a copy of its host, if it is
    /// [clonable](https://dom.spec.whatwg.org/#shadowroot-clonable).
    pub(super) fn to_clone(&self) -> Option<ShadowRootInit> {
        self.clonable.then_some(ShadowRootInit {
            mode: self.mode,
            delegates_focus: self.delegates_focus,
            serializable: self.serializable,
            clonable: true,
            slot_assignment: self.slot_assignment,
        })
    }
}

/// [Valid shadow host names](https://dom.spec.whatwg.org/#valid-shadow-host-name) that are no custom elements.
const HOSTS: [&str; 18] = [
    "article",
    "aside",
    "blockquote",
    "body",
    "div",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "main",
    "nav",
    "p",
    "section",
    "span",
];

/// [Attaches a shadow root](https://dom.spec.whatwg.org/#concept-attach-a-shadow-root).
pub(super) fn attach(
    realm: &Realm,
    host: &Root<Element>,
    init: ShadowRootInit,
) -> Fallible<Root<ShadowRoot>> {
    let refused = |why: &str| Exception::dom("NotSupportedError", why);
    // Steps 1 and 2.
    let name = &*host.name().local;
    if !host.is_html() || !(HOSTS.contains(&name) || crate::dom::html::create::is_custom_name(name)) {
        return Err(refused("this element cannot have a shadow tree"));
    }
    // Step 3.
    let definition =
        look_up(&host.owner_doc(), &host.name().ns, &host.name().local, host.is_value().as_ref());
    if definition.is_some_and(|definition| definition.disables_shadow()) {
        return Err(refused("the class of the element forbids shadow trees"));
    }
    // Step 4.
    if host.shadow().is_some() {
        return Err(refused("the element has a shadow tree already"));
    }
    // Steps 5 to 13.
    let shadow = realm.wrap(ShadowRoot {
        document_fragment: DocumentFragment::new_inherited(&host.owner_doc()),
        mode: init.mode,
        delegates_focus: init.delegates_focus,
        serializable: init.serializable,
        clonable: init.clonable,
        slot_assignment: init.slot_assignment,
    })?;
    EXIST.set(true);
    shadow.set_host(host);
    shadow.set_in_document(host.is_in_document());
    host.set_shadow(&shadow);
    Ok(shadow)
}

impl ShadowRootMethods for ShadowRoot {
    fn mode(&self, _: &Realm) -> Fallible<ShadowRootMode> {
        Ok(self.mode)
    }

    fn delegates_focus(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.delegates_focus)
    }

    fn serializable(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.serializable)
    }

    fn slot_assignment(&self, _: &Realm) -> Fallible<SlotAssignmentMode> {
        Ok(self.slot_assignment)
    }

    fn clonable(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.clonable)
    }

    fn host(&self, _: &Realm) -> Fallible<Root<Element>> {
        DocumentFragment::host(self).ok_or_else(|| Exception::type_error("the shadow root has no host"))
    }

    fn inner_html(&self, _: &Realm) -> Fallible<DomString> {
        Ok(fragment_html::serialize_children(&self.root().upcast()).into())
    }

    fn set_inner_html(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        let Some(host) = DocumentFragment::host(self) else { return Ok(()) };
        fragment_html::set_inner_of(realm, &host, &self.root().upcast(), &value)
    }
}

impl DocumentOrShadowRootMethods for ShadowRoot {
    /// [`adoptedStyleSheets`](https://drafts.csswg.org/cssom-1/#dom-documentorshadowroot-adoptedstylesheets)
    fn set_item_of_adopted_style_sheets(
        &self,
        _: &Realm,
        _: u32,
        value: Root<CSSStyleSheet>,
    ) -> Fallible<()> {
        value.check_document(&self.owner_doc())
    }

    /// [`activeElement`](https://html.spec.whatwg.org/multipage/interaction.html#dom-documentorshadowroot-activeelement)
    fn active_element(&self, _: &Realm) -> Fallible<Option<Root<Element>>> {
        let this: Root<Node> = self.root().upcast();
        let mut focused = self.owner_doc().focused();
        while let Some(element) = focused {
            let root = element.tree_root();
            if root == this {
                return Ok(Some(element));
            }
            focused = root.downcast::<Self>().and_then(|root| DocumentFragment::host(&root));
        }
        Ok(None)
    }
}

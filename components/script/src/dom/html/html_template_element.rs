//! [`HTMLTemplateElement`](https://html.spec.whatwg.org/multipage/scripting.html#the-template-element).

use std::cell::OnceCell;

use bgfetch_js::{Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields};

use crate::bindings::HTMLTemplateElementMethods;
use crate::dom::globals::window_or_worker::once;
use crate::dom::nodes::clone;
use crate::dom::nodes::document::Flavour;
use crate::dom::nodes::document_methods::about_blank;
use crate::dom::nodes::mutation;
use crate::dom::{Document, DocumentFragment, Element, HTMLElement, Node};

/// `HTMLTemplateElement`.
pub(crate) struct HTMLTemplateElement {
    html_element: HTMLElement,
    content: OnceCell<Member<DocumentFragment>>,
}

trace_fields!(HTMLTemplateElement { html_element, content });
platform_object!(HTMLTemplateElement: HTMLElement via html_element);

impl HTMLTemplateElement {
    /// A template with empty contents, which belong to the [appropriate template contents owner
    /// document](https://html.spec.whatwg.org/multipage/scripting.html#appropriate-template-contents-owner-document): one
    /// in which no script runs.
    pub(super) fn create(
        realm: &Realm,
        document: &Root<Document>,
        base: HTMLElement,
    ) -> Fallible<Root<Element>> {
        let template = realm.wrap(Self { html_element: base, content: OnceCell::new() })?;
        let owner = document.template_owner(realm)?;
        let content = DocumentFragment::create(realm, &owner)?;
        content.set_host(&template.upcast());
        once(&template.content, || Ok(content))?;
        Ok(template.upcast())
    }

    /// Its [contents](https://html.spec.whatwg.org/multipage/scripting.html#template-contents).
    pub(crate) fn contents(&self) -> Option<Root<DocumentFragment>> {
        self.content.get().map(|content| (**content).clone())
    }

    /// [Cloning steps](https://html.spec.whatwg.org/multipage/scripting.html#the-template-element:concept-node-clone-ext).
    pub(super) fn clone_contents(&self, realm: &Realm, copy: &Self) -> Fallible<()> {
        let (Some(from), Some(to)) = (self.contents(), copy.contents()) else { return Ok(()) };
        let to: Root<Node> = to.upcast();
        for child in from.children_in_order() {
            let copied = clone::clone(realm, &child, Some(&to.owner_doc()), true)?;
            mutation::append(realm, &copied, &to);
        }
        Ok(())
    }
}

impl Document {
    /// The document that contents of templates of this one belong to.
    fn template_owner(&self, realm: &Realm) -> Fallible<Root<Self>> {
        let make = || self.inert(realm, Flavour::html(), about_blank());
        // A document without a window is inert as it is.
        if self.window().is_none() { Ok(self.root()) } else { once(self.inert_template_document(), make) }
    }
}

impl HTMLTemplateElementMethods for HTMLTemplateElement {
    fn content(&self, realm: &Realm) -> Fallible<Root<DocumentFragment>> {
        once(&self.content, || DocumentFragment::create(realm, &self.owner_doc()))
    }
}

//! [`XMLDocument`](https://dom.spec.whatwg.org/#interface-xmldocument).

use bgfetch_js::{Fallible, Realm, Root, platform_object, trace_fields};

use super::document::Flavour;
use super::document_methods::about_blank;
use crate::bindings::XMLDocumentMethods;
use crate::dom::Document;

/// `XMLDocument`.
pub(crate) struct XMLDocument {
    document: Document,
}

trace_fields!(XMLDocument { document });
platform_object!(XMLDocument: Document via document);

impl XMLDocument {
    /// An empty XML document of the origin of another document.
    pub(super) fn create(
        realm: &Realm,
        document: &Root<Document>,
        content_type: String,
    ) -> Fallible<Root<Self>> {
        let flavour = Flavour { html: false, content_type };
        let document = Document::new(flavour, about_blank(), document.origin().clone(), String::new());
        realm.wrap(Self { document })
    }
}

impl XMLDocumentMethods for XMLDocument {}

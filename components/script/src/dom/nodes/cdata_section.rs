//! [`CDATASection`](https://dom.spec.whatwg.org/#interface-cdatasection).

use bgfetch_js::{DomString, Fallible, Realm, Root, platform_object, trace_fields};

use crate::bindings::CDATASectionMethods;
use crate::dom::{Document, NodeKind, Text};

/// `CDATASection`.
pub(crate) struct CDATASection {
    text: Text,
}

trace_fields!(CDATASection { text });
platform_object!(CDATASection: Text via text);

impl CDATASection {
    /// A CDATA section.
    pub(crate) fn create(realm: &Realm, document: &Root<Document>, data: DomString) -> Fallible<Root<Self>> {
        realm.wrap(Self { text: Text::new_inherited(NodeKind::CdataSection, document, data) })
    }
}

impl CDATASectionMethods for CDATASection {}

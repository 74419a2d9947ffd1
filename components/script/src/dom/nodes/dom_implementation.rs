//! [`DOMImplementation`](https://dom.spec.whatwg.org/#interface-domimplementation).

use bgfetch_js::{
    DomString, Exception, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields,
};
use markup5ever::{LocalName, QualName, ns};

use super::document::Flavour;
use super::document_methods::about_blank;
use super::mutation;
use super::namespaces::{NameOf, is_valid_doctype_name, validate_and_extract};
use crate::bindings::DOMImplementationMethods;
use crate::dom::{Document, DocumentType, Element, Node, Text, XMLDocument};

/// `DOMImplementation`.
pub(crate) struct DOMImplementation {
    reflector: Reflector,
    document: Member<Document>,
}

trace_fields!(DOMImplementation { document });
platform_object!(DOMImplementation);

impl DOMImplementation {
    pub(super) fn new(document: &Root<Document>) -> Self {
        Self { reflector: Reflector::new(), document: document.clone().into() }
    }
}

impl DOMImplementationMethods for DOMImplementation {
    fn create_document_type(
        &self,
        realm: &Realm,
        name: DomString,
        public_id: DomString,
        system_id: DomString,
    ) -> Fallible<Root<DocumentType>> {
        if !is_valid_doctype_name(&name) {
            return Err(Exception::dom(
                "InvalidCharacterError",
                format!("{name:?} is not a valid doctype name"),
            ));
        }
        DocumentType::create(realm, &self.document, name, public_id, system_id)
    }

    /// [`createDocument()`](https://dom.spec.whatwg.org/#dom-domimplementation-createdocument)
    fn create_document(
        &self,
        realm: &Realm,
        namespace: Option<DomString>,
        qualified_name: DomString,
        doctype: Option<Root<DocumentType>>,
    ) -> Fallible<Root<XMLDocument>> {
        // Steps 2 and 3; the order of the errors is that of the steps.
        let element = if qualified_name.is_empty() {
            None
        } else {
            Some(validate_and_extract(namespace.as_deref(), &qualified_name, NameOf::Element)?)
        };
        // Steps 1, 6 and 7.
        let content_type = match namespace.as_deref() {
            Some(html) if *html == *ns!(html) => "application/xhtml+xml",
            Some(svg) if *svg == *ns!(svg) => "image/svg+xml",
            _ => "application/xml",
        };
        let document = XMLDocument::create(realm, &self.document, content_type.into())?;
        let node: Root<Node> = document.upcast();
        // Steps 4 and 5.
        if let Some(doctype) = doctype {
            mutation::append(realm, &doctype.upcast(), &node);
        }
        if let Some(name) = element {
            let element = Element::create(realm, &document.upcast(), name)?;
            mutation::append(realm, &element.upcast(), &node);
        }
        Ok(document)
    }

    /// [`createHTMLDocument()`](https://dom.spec.whatwg.org/#dom-domimplementation-createhtmldocument)
    fn create_html_document(&self, realm: &Realm, title: Option<DomString>) -> Fallible<Root<Document>> {
        let document = self.document.inert(realm, Flavour::html(), about_blank())?;
        let doctype = DocumentType::create(
            realm,
            &document,
            "html".into(),
            DomString::default(),
            DomString::default(),
        )?;
        let element = |name: &str| -> Fallible<Root<Node>> {
            let name = QualName::new(None, ns!(html), LocalName::from(name));
            Ok(Element::create(realm, &document, name)?.upcast())
        };
        let (html, head, body) = (element("html")?, element("head")?, element("body")?);
        let root: Root<Node> = document.upcast();
        mutation::append(realm, &doctype.upcast(), &root);
        mutation::append(realm, &html, &root);
        mutation::append(realm, &head, &html);
        if let Some(title) = title {
            let (element, text) = (element("title")?, Text::create(realm, &document, title)?);
            mutation::append(realm, &element, &head);
            mutation::append(realm, &text.upcast(), &element);
        }
        mutation::append(realm, &body, &html);
        Ok(document)
    }

    fn has_feature(&self, _: &Realm) -> Fallible<bool> {
        Ok(true)
    }
}

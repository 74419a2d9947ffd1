//! [`DOMParser`](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#the-domparser-interface).

use bgfetch_js::{
    DomString, Exception, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields,
};
use markup5ever::{LocalName, Namespace, QualName};

use super::document::Flavour;
use super::{mutation, text_content};
use crate::bindings::{DOMParserMethods, DOMParserSupportedType};
use crate::dom::html::parsing;
use crate::dom::{Document, Element, Node, Window};

/// `DOMParser`.
pub(crate) struct DOMParser {
    reflector: Reflector,
    /// Its [relevant global object](https://html.spec.whatwg.org/multipage/webappapis.html#concept-relevant-global).
    window: Member<Window>,
}

trace_fields!(DOMParser { window });
platform_object!(DOMParser);

/// What stands in for a document that is not well-formed
/// ([step 5 of the XML case](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#dom-domparser-parsefromstring)).
fn parser_error(realm: &Realm, document: &Root<Document>) -> Fallible<()> {
    let root: Root<Node> = document.upcast();
    mutation::replace_all(realm, None, &root);
    let namespace = Namespace::from("http://www.mozilla.org/newlayout/xml/parsererror.xml");
    let name = QualName::new(None, namespace, LocalName::from("parsererror"));
    let element: Root<Node> = Element::create(realm, document, name)?.upcast();
    mutation::append(realm, &element, &root);
    text_content::string_replace_all(realm, &element, "the document is not well-formed XML".into())
}

impl DOMParserMethods for DOMParser {
    fn constructor(realm: &Realm) -> Fallible<Self> {
        let window = realm.global_as::<Window>();
        let window = window.ok_or_else(|| Exception::type_error("there is no window here"))?;
        Ok(Self { reflector: Reflector::new(), window: window.into() })
    }

    /// [`parseFromString()`](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#dom-domparser-parsefromstring)
    fn parse_from_string(
        &self,
        realm: &Realm,
        string: DomString,
        type_: DOMParserSupportedType,
    ) -> Fallible<Root<Document>> {
        // Steps 1 and 2; there are no trusted types here.
        let owner = self.window.current_document();
        let owner = owner.ok_or_else(|| Exception::type_error("the window has no document"))?;
        let html = type_ == DOMParserSupportedType::TextHtml;
        let flavour = Flavour { html, content_type: type_.as_str().to_owned() };
        let document = owner.inert(realm, flavour, owner.document_url())?;
        // Step 3.
        if html {
            parsing::parse_document(realm, &document, &string)?;
        } else if !parsing::parse_xml(realm, &document, &string)? {
            parser_error(realm, &document)?;
        }
        Ok(document)
    }
}

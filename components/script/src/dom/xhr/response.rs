//! [Response body](https://xhr.spec.whatwg.org/#response-body): what the received bytes are shown as.

use bgfetch_js::{ArrayBuffer, Fallible, Member, Realm, Root, ToJs, Trace, Traced, Tracer, Value};
use encoding_rs::Encoding;

use super::XMLHttpRequest;
use super::xml_http_request::State;
use crate::bindings::XMLHttpRequestResponseType as ResponseType;
use crate::dom::file::blob::BlobData;
use crate::dom::html::parsing::{self, decode};
use crate::dom::nodes::document::Flavour;
use crate::dom::{Blob, Document, Window};
use crate::mime::MimeType;

/// [Response object](https://xhr.spec.whatwg.org/#response-object).
#[derive(Default)]
pub(super) enum ResponseObject {
    /// None yet.
    #[default]
    Null,
    /// There is no memory for it.
    Failure,
    /// A document.
    Document(Member<Document>),
    /// Anything else.
    Value(Traced<Value>),
}

impl Trace for ResponseObject {
    fn trace(&self, tracer: &mut Tracer) {
        match self {
            Self::Null | Self::Failure => {}
            Self::Document(document) => document.trace(tracer),
            Self::Value(value) => value.trace(tracer),
        }
    }
}

impl ResponseObject {
    /// What a page sees of it.
    fn shown(&self, realm: &Realm) -> Fallible<Option<Value>> {
        Ok(match self {
            Self::Null => None,
            Self::Failure => Some(Value::NULL),
            Self::Document(document) => Some((**document).clone().to_js(realm)?),
            Self::Value(value) => Some((**value).clone()),
        })
    }
}

fn is_html(mime_type: &MimeType) -> bool {
    mime_type.essence == "text/html"
}

fn is_xml(mime_type: &MimeType) -> bool {
    crate::mime::is_xml(&mime_type.essence)
}

impl XMLHttpRequest {
    /// [Get a response MIME type](https://xhr.spec.whatwg.org/#response-mime-type).
    fn response_mime_type(&self) -> MimeType {
        let response = self.response.borrow();
        let extracted = response.as_ref().and_then(|response| MimeType::extract(&response.headers));
        extracted.unwrap_or_else(|| MimeType { essence: "text/xml".into(), parameters: Vec::new() })
    }

    /// [Get a final MIME type](https://xhr.spec.whatwg.org/#final-mime-type).
    fn final_mime_type(&self) -> MimeType {
        let overriding = self.override_mime_type.borrow().clone();
        overriding.unwrap_or_else(|| self.response_mime_type())
    }

    /// [Get a final encoding](https://xhr.spec.whatwg.org/#final-charset).
    fn final_encoding(&self) -> Option<&'static Encoding> {
        let overriding = self.override_mime_type.borrow();
        let label = overriding.as_ref().and_then(|mime_type| mime_type.parameter("charset"));
        let label = label.map(str::to_owned);
        let label = label.or_else(|| self.response_mime_type().parameter("charset").map(str::to_owned));
        Encoding::for_label(label?.as_bytes())
    }

    /// [Get a text response](https://xhr.spec.whatwg.org/#text-response).
    pub(super) fn text_response(&self) -> String {
        // Step 1.
        if !self.has_body.get() {
            return String::new();
        }
        // Steps 2 to 4.
        let received = self.received.borrow();
        let encoding = self.final_encoding().or_else(|| {
            let legacy = self.response_type.get() == ResponseType::Empty && is_xml(&self.final_mime_type());
            legacy.then(|| xml_encoding(&received)).flatten()
        });
        // Step 5.
        encoding.unwrap_or(encoding_rs::UTF_8).decode(&received).0.into_owned()
    }

    /// [`response`](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-response)
    pub(super) fn response_value(&self, realm: &Realm) -> Fallible<Value> {
        let state = self.state.get();
        // Step 1.
        if matches!(self.response_type.get(), ResponseType::Empty | ResponseType::Text) {
            let loaded = matches!(state, State::Loading | State::Done);
            return if loaded { self.text_response() } else { String::new() }.to_js(realm);
        }
        // Step 2.
        if state != State::Done || self.response.borrow().is_none() {
            return Ok(Value::NULL);
        }
        // Steps 3 and 4.
        if let Some(shown) = self.response_object.borrow().shown(realm)? {
            return Ok(shown);
        }
        // Steps 5 to 8.
        let object = match self.response_type.get() {
            ResponseType::Arraybuffer => {
                let bytes = self.received.borrow().clone();
                match ArrayBuffer::from_vec(realm, bytes) {
                    Ok(buffer) => ResponseObject::Value(buffer.to_js(realm)?.into()),
                    Err(_) => ResponseObject::Failure,
                }
            }
            ResponseType::Blob => {
                let mime_type = self.final_mime_type().serialize();
                let bytes = self.received.borrow().clone().into();
                let blob = realm.wrap(Blob::of(BlobData { bytes, mime_type }))?;
                ResponseObject::Value(blob.to_js(realm)?.into())
            }
            ResponseType::Document => self
                .document_response(realm)?
                .map_or(ResponseObject::Null, |document| ResponseObject::Document(document.into())),
            _ => self.json_response(realm),
        };
        let shown = object.shown(realm)?.unwrap_or(Value::NULL);
        self.response_object.replace(object);
        Ok(shown)
    }

    /// [`response`](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-response), step 8.
    fn json_response(&self, realm: &Realm) -> ResponseObject {
        if !self.has_body.get() {
            return ResponseObject::Null;
        }
        let text = encoding_rs::UTF_8.decode_with_bom_removal(&self.received.borrow()).0.into_owned();
        match realm.parse_json(&text) {
            Ok(value) => ResponseObject::Value(value.into()),
            Err(_) => ResponseObject::Null,
        }
    }

    /// [Set a document response](https://xhr.spec.whatwg.org/#document-response), and what it is then.
    pub(super) fn document_response(&self, realm: &Realm) -> Fallible<Option<Root<Document>>> {
        match &*self.response_object.borrow() {
            ResponseObject::Document(document) => return Ok(Some((**document).clone())),
            ResponseObject::Value(_) | ResponseObject::Failure => return Ok(None),
            ResponseObject::Null => {}
        }
        // Steps 1 to 4.
        let mime_type = self.final_mime_type();
        let html = is_html(&mime_type);
        let wanted = self.response_type.get() == ResponseType::Document;
        let Some(owner) = realm.global_as::<Window>().and_then(|window| window.current_document()) else {
            return Ok(None);
        };
        if !self.has_body.get() || !(is_xml(&mime_type) || html && wanted) {
            return Ok(None);
        }
        // Steps 5 to 11.
        let (text, encoding) = self.document_text(html);
        let url = self.response.borrow().as_ref().and_then(|response| response.url().cloned());
        let url = url.unwrap_or_else(crate::dom::nodes::document_methods::about_blank);
        let flavour = Flavour { html, content_type: mime_type.essence };
        let document = owner.inert(realm, flavour, url)?;
        document.set_encoding(encoding);
        if html {
            parsing::parse_document(realm, &document, &text)?;
        } else if !parsing::parse_xml(realm, &document, &text)? {
            return Ok(None);
        }
        self.response_object.replace(ResponseObject::Document(document.clone().into()));
        Ok(Some(document))
    }

    /// The received bytes as a document's text, and the encoding they are in.
    fn document_text(&self, html: bool) -> (String, &'static Encoding) {
        let received = self.received.borrow();
        let guess = || if html { decode::prescan(&received) } else { xml_encoding(&received) };
        let encoding = self.final_encoding().or_else(guess).unwrap_or(encoding_rs::UTF_8);
        let (text, encoding, _) = encoding.decode(&received);
        (text.into_owned(), encoding)
    }
}

/// [The encoding](https://www.w3.org/TR/xml/#sec-guessing) that an XML declaration names.
fn xml_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let declaration = bytes.strip_prefix(b"<?xml")?;
    let end = declaration.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(declaration.get(..end)?).ok()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let label = value.get(1..)?.split_once(quote)?.0;
    Encoding::for_label(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::xml_encoding;

    #[test]
    fn the_encoding_of_an_xml_declaration() {
        let name = |text: &str| xml_encoding(text.as_bytes()).map(|encoding| encoding.name());
        assert_eq!(name("<?xml version='1.0' encoding='koi8-r'?><a/>"), Some("KOI8-R"));
        assert_eq!(name("<?xml version=\"1.0\" encoding = \"windows-1252\"?>"), Some("windows-1252"));
        assert_eq!(name("<?xml version='1.0'?><a encoding='koi8-r'/>"), None);
        assert_eq!(name("<?xml encoding='koi8-r"), None);
    }
}

//! [`XMLSerializer`](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#the-xmlserializer-interface).

use bgfetch_js::{DomString, Fallible, Realm, Reflector, Root, platform_object, trace_fields};

use super::fragment_xml;
use crate::bindings::XMLSerializerMethods;
use crate::dom::Node;

/// `XMLSerializer`.
pub(crate) struct XMLSerializer {
    reflector: Reflector,
}

trace_fields!(XMLSerializer {});
platform_object!(XMLSerializer);

impl XMLSerializerMethods for XMLSerializer {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Self { reflector: Reflector::new() })
    }

    fn serialize_to_string(&self, _: &Realm, root: Root<Node>) -> Fallible<DomString> {
        Ok(fragment_xml::serialize(&root).into())
    }
}

//! [`Tag`](https://webassembly.github.io/spec/js-api/#tag).

use bgfetch_js::{Fallible, Realm, Reflector, Root, platform_object, trace_fields, wasm};

use crate::bindings::{TagMethods, TagType};

/// `Tag`.
pub(crate) struct Tag {
    reflector: Reflector,
    pub(super) raw: wasm::Tag,
}

trace_fields!(Tag {});
platform_object!(Tag);

impl Tag {
    pub(super) fn create(realm: &Realm, raw: wasm::Tag) -> Fallible<Root<Self>> {
        realm.wrap(Self { reflector: Reflector::new(), raw })
    }

    /// [`JSTag`](https://webassembly.github.io/spec/js-api/#dom-webassembly-jstag), one of each realm.
    pub(super) fn js(realm: &Realm) -> Fallible<Root<Self>> {
        let object = realm.once("JSTag", |realm| Ok(Self::create(realm, wasm::Tag::js()?)?.to_object()))?;
        let tag = Root::from_value(object.as_value());
        tag.ok_or_else(|| bgfetch_js::Exception::type_error("the realm has no tag"))
    }
}

impl TagMethods for Tag {
    /// [`new Tag()`](https://webassembly.github.io/spec/js-api/#dom-tag-tag)
    fn constructor(_: &Realm, type_: TagType) -> Fallible<Self> {
        let parameters: Vec<_> = type_.parameters.into_iter().map(super::global::value_type).collect();
        Ok(Self { reflector: Reflector::new(), raw: wasm::Tag::new(&parameters)? })
    }
}

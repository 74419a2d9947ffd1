//! [`CSSStyleDeclaration`](https://drafts.csswg.org/cssom/#the-cssstyledeclaration-interface) and `CSSStyleProperties`, of
//! `style` attributes.

use bgfetch_js::{
    DomString, Exception, Fallible, FromJs, Member, Realm, Reflector, Root, ToJs, Value, platform_object,
    trace_fields,
};

use super::declarations::{self, Declaration};
use super::properties;
use crate::bindings::{CSSStyleDeclarationMethods, CSSStylePropertiesMethods};
use crate::dom::Element;

/// `CSSStyleDeclaration`: the declarations are those of the element's `style` attribute, which is read anew each time.
pub(crate) struct CSSStyleDeclaration {
    reflector: Reflector,
    /// [Owner node](https://drafts.csswg.org/cssom/#cssstyledeclaration-owner-node)
    owner: Member<Element>,
}

trace_fields!(CSSStyleDeclaration { owner });
platform_object!(CSSStyleDeclaration);

/// `CSSStyleProperties`
pub(crate) struct CSSStyleProperties {
    css_style_declaration: CSSStyleDeclaration,
}

trace_fields!(CSSStyleProperties { css_style_declaration });
platform_object!(CSSStyleProperties: CSSStyleDeclaration via css_style_declaration);

impl CSSStyleProperties {
    /// [`style`](https://drafts.csswg.org/cssom/#dom-elementcssinlinestyle-style) of an element.
    pub(crate) fn create(realm: &Realm, owner: &Root<Element>) -> Fallible<Root<Self>> {
        let css_style_declaration =
            CSSStyleDeclaration { reflector: Reflector::new(), owner: owner.clone().into() };
        let style = realm.wrap(Self { css_style_declaration })?;
        define_properties(realm, &style)?;
        Ok(style)
    }
}

/// [An attribute for each property](https://drafts.csswg.org/cssom/#dom-cssstyleproperties-camel_cased_attribute), under both of
/// its names, on the prototype of the realm's first object.
fn define_properties(realm: &Realm, style: &Root<CSSStyleProperties>) -> Fallible<()> {
    let Some(prototype) = style.to_object().prototype(realm)? else { return Ok(()) };
    if prototype.has(realm, "color")? {
        return Ok(());
    }
    let of = |this: &Value| {
        let wrong = || Exception::type_error("this is no CSSStyleProperties");
        Root::<CSSStyleProperties>::from_value(this).ok_or_else(wrong)
    };
    let get = realm.function("get", 1, move |realm, this, args| {
        let name = DomString::from_js(realm, args.get(0))?;
        of(this)?.get_property_value(realm, name)?.to_js(realm)
    })?;
    let set = realm.function("set", 2, move |realm, this, args| {
        let (name, value) = (DomString::from_js(realm, args.get(0))?, args.get(1));
        // `[LegacyNullToEmptyString]`
        let value = if value.is_null() { DomString::default() } else { DomString::from_js(realm, value)? };
        of(this)?.set_property(realm, name, value, DomString::default())?;
        Ok(Value::UNDEFINED)
    })?;
    let camel: Vec<String> = properties::NAMES.iter().map(|name| properties::camel_cased(name)).collect();
    let dashed = properties::NAMES.iter().filter(|name| name.contains('-')).map(|name| (*name, *name));
    let names = camel.iter().map(String::as_str).zip(properties::NAMES.iter().copied()).chain(dashed);
    prototype.define_accessors(realm, &get, &set, names)
}

impl CSSStyleDeclaration {
    fn declarations(&self) -> Vec<Declaration> {
        self.owner.with_plain_attribute("style", |text| text.map(declarations::parse).unwrap_or_default())
    }

    fn declaration(&self, property: &DomString) -> Option<Declaration> {
        let name = properties::known(property)?;
        self.declarations().into_iter().find(|declaration| declaration.name == name)
    }

    /// [Updates the style attribute](https://drafts.csswg.org/cssom/#update-style-attribute-for).
    fn update(&self, realm: &Realm, declarations: &[Declaration]) {
        self.owner.set_plain_attribute(realm, "style", declarations::serialize(declarations).into());
    }
}

impl CSSStyleDeclarationMethods for CSSStyleDeclaration {
    fn css_text(&self, _: &Realm) -> Fallible<DomString> {
        Ok(declarations::serialize(&self.declarations()).into())
    }

    fn set_css_text(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        self.update(realm, &declarations::parse(&value));
        Ok(())
    }

    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.indexed_length())
    }

    fn indexed_length(&self) -> u32 {
        u32::try_from(self.declarations().len()).unwrap_or(u32::MAX)
    }

    fn item(&self, _: &Realm, index: u32) -> Fallible<DomString> {
        let declaration = self.declarations().into_iter().nth(index as usize);
        Ok(declaration.map(|declaration| declaration.name.into()).unwrap_or_default())
    }

    fn get_property_value(&self, _: &Realm, property: DomString) -> Fallible<DomString> {
        Ok(self.declaration(&property).map(|declaration| declaration.value.into()).unwrap_or_default())
    }

    fn get_property_priority(&self, _: &Realm, property: DomString) -> Fallible<DomString> {
        let important = self.declaration(&property).is_some_and(|declaration| declaration.important);
        Ok(if important { "important" } else { "" }.into())
    }

    /// [`setProperty()`](https://drafts.csswg.org/cssom/#dom-cssstyledeclaration-setproperty)
    fn set_property(
        &self,
        realm: &Realm,
        property: DomString,
        value: DomString,
        priority: DomString,
    ) -> Fallible<()> {
        // Steps 2 and 3.
        let Some(name) = properties::known(&property) else { return Ok(()) };
        // Step 4.
        if value.is_empty() {
            return self.remove_property(realm, property).map(drop);
        }
        // Step 5.
        if !priority.is_empty() && !priority.eq_ignore_ascii_case("important") {
            return Ok(());
        }
        // Steps 6 and 7.
        let Some(value) = declarations::parse_value(&name, &value) else { return Ok(()) };
        // Steps 8 to 10.
        let declaration = Declaration { name, value, important: !priority.is_empty() };
        let mut declarations = self.declarations();
        match declarations.iter_mut().find(|known| known.name == declaration.name) {
            Some(known) if *known == declaration => return Ok(()),
            Some(known) => *known = declaration,
            None => declarations.push(declaration),
        }
        self.update(realm, &declarations);
        Ok(())
    }

    /// [`removeProperty()`](https://drafts.csswg.org/cssom/#dom-cssstyledeclaration-removeproperty)
    fn remove_property(&self, realm: &Realm, property: DomString) -> Fallible<DomString> {
        let Some(removed) = self.declaration(&property) else { return Ok(DomString::default()) };
        let mut declarations = self.declarations();
        declarations.retain(|known| known.name != removed.name);
        self.update(realm, &declarations);
        Ok(removed.value.into())
    }
}

impl CSSStylePropertiesMethods for CSSStyleProperties {
    /// [`cssFloat`](https://drafts.csswg.org/cssom/#dom-cssstyleproperties-cssfloat)
    fn css_float(&self, realm: &Realm) -> Fallible<DomString> {
        self.get_property_value(realm, "float".into())
    }

    fn set_css_float(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        self.set_property(realm, "float".into(), value, DomString::default())
    }
}

/// Implements the mixin [`ElementCSSInlineStyle`](https://drafts.csswg.org/cssom/#the-elementcssinlinestyle-mixin).
macro_rules! element_css_inline_style {
    ($name:ident) => {
        impl $crate::bindings::ElementCSSInlineStyleMethods for $name {
            fn style(
                &self,
                realm: &bgfetch_js::Realm,
            ) -> bgfetch_js::Fallible<bgfetch_js::Root<$crate::dom::CSSStyleProperties>> {
                $crate::dom::Node::inline_style(self, realm)
            }
        }
    };
}
pub(crate) use element_css_inline_style;

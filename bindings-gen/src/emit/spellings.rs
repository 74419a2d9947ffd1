//! Attributes for one CSS property under several names: they have one method.

use proc_macro2::TokenStream;
use quote::quote;

use super::Emitter;
use super::docs::doc;
use crate::model::{Attribute, Member, MemberKind};

impl Emitter<'_> {
    /// The attribute before `member`, among `members`, whose method it has: both get and set the same property.
    pub(super) fn spelled_before<'m>(
        &self,
        members: &[&'m Member],
        member: &Member,
        attribute: &Attribute,
    ) -> Option<&'m Attribute> {
        let before = members.iter().take_while(|other| other.span != member.span);
        before.filter_map(|other| as_attribute(other)).find(|other| same_property(other, attribute))
    }

    /// The documentation of those attributes behind `member`, among `members`, that have its method.
    pub(super) fn spelled_behind(
        &self,
        members: &[&Member],
        member: &Member,
        attribute: &Attribute,
    ) -> TokenStream {
        let behind = members.iter().skip_while(|other| other.span != member.span).skip(1);
        let others =
            behind.filter(|other| as_attribute(other).is_some_and(|other| same_property(other, attribute)));
        let docs = others.map(|other| {
            let (space, docs) = (doc(&[String::new()]), self.idl_doc(other.span));
            quote!(#space #docs)
        });
        docs.collect()
    }
}

fn as_attribute(member: &Member) -> Option<&Attribute> {
    match &member.kind {
        MemberKind::Attribute(attribute) => Some(attribute),
        _ => None,
    }
}

/// Whether two attributes are for one CSS property, as the CSS Object Model has them for each: `marginTop` and `margin-top`,
/// `webkitTransform` and `WebkitTransform`.
fn same_property(a: &Attribute, b: &Attribute) -> bool {
    let (a_name, b_name) = (&a.name.name, &b.name.name);
    let css = |name: &str| name.contains('-') || name.starts_with("webkit");
    (css(a_name) || css(b_name))
        && a_name != b_name
        && css_property(a_name) == css_property(b_name)
        && a.ty == b.ty
        && a.readonly == b.readonly
        && a.modifier == b.modifier
}

/// [IDL attribute to CSS property](https://drafts.csswg.org/cssom/#idl-attribute-to-css-property).
fn css_property(attribute: &str) -> String {
    if attribute.contains('-') {
        return attribute.to_owned();
    }
    let mut property = String::new();
    // The webkit-cased attribute: what begins with a dash begins in lower case.
    let webkit = attribute
        .strip_prefix("webkit")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    if webkit {
        property.push('-');
    }
    for c in attribute.chars() {
        if c.is_ascii_uppercase() {
            property.push('-');
        }
        property.push(c.to_ascii_lowercase());
    }
    property
}

#[cfg(test)]
mod tests {
    use super::css_property;

    #[test]
    fn names_of_attributes_tell_the_property() {
        for (attribute, property) in [
            ("marginTop", "margin-top"),
            ("margin-top", "margin-top"),
            ("WebkitTransform", "-webkit-transform"),
            ("webkitTransform", "-webkit-transform"),
            ("cssFloat", "css-float"),
            ("webkit", "webkit"),
        ] {
            assert_eq!(css_property(attribute), property);
        }
    }
}

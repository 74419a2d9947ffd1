//! Interfaces: css. Nothing is styled here; what a page writes into `style` attributes and constructed style sheets it can read
//! again.

pub(crate) mod css_rule;
pub(crate) mod css_rule_list;
pub(crate) mod css_style_declaration;
pub(crate) mod css_style_sheet;
mod declarations;
pub(crate) mod media_list;
mod properties;
mod rule_list;
pub(crate) mod style_sheet;

use crate::dom::Element;

/// What the `style` attribute of an element declares for a property.
pub(crate) fn inline_value(element: &Element, property: &str) -> Option<String> {
    let declarations = element.with_plain_attribute("style", |text| text.map(declarations::parse));
    let declaration = declarations?.into_iter().find(|declaration| declaration.name == property);
    declaration.map(|declaration| declaration.value)
}

pub(crate) use css_rule::CSSRule;
pub(crate) use css_rule_list::CSSRuleList;
pub(crate) use css_style_declaration::{CSSStyleDeclaration, CSSStyleProperties};
pub(crate) use css_style_sheet::CSSStyleSheet;
pub(crate) use media_list::MediaList;
pub(crate) use style_sheet::StyleSheet;

//! Interfaces: css. Nothing is styled here; what a page writes into `style` attributes it can read again.

pub(crate) mod css_style_declaration;
mod declarations;
mod properties;

pub(crate) use css_style_declaration::{CSSStyleDeclaration, CSSStyleProperties};

//! Interfaces: html.

pub(crate) mod html_anchor_element;
pub(crate) mod html_button_element;
pub(crate) mod html_element;
pub(crate) mod html_input_element;
pub(crate) mod html_meta_element;
pub(crate) mod html_script_element;
pub(crate) mod html_unknown_element;

pub(crate) use html_anchor_element::HTMLAnchorElement;
pub(crate) use html_button_element::HTMLButtonElement;
pub(crate) use html_element::HTMLElement;
pub(crate) use html_input_element::HTMLInputElement;
pub(crate) use html_meta_element::HTMLMetaElement;
pub(crate) use html_script_element::HTMLScriptElement;
pub(crate) use html_unknown_element::HTMLUnknownElement;

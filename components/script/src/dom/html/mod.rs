//! Interfaces: html.

pub(crate) mod activation;
pub(crate) mod content_handlers;
pub(crate) mod create;
pub(crate) mod custom_elements;
pub(crate) mod directionality;
pub(crate) mod dom_string_map;
pub(crate) mod entry_list;
pub(crate) mod focus;
mod form_submission;
pub(crate) mod hooks;
pub(crate) mod html_anchor_element;
mod html_area_element;
pub(crate) mod html_button_element;
pub(crate) mod html_data_list_element;
pub(crate) mod html_details_element;
pub(crate) mod html_element;
mod html_form_controls_collection;
pub(crate) mod html_form_element;
pub(crate) mod html_iframe_element;
mod html_image_element;
pub(crate) mod html_input_element;
mod html_link_element;
pub(crate) mod html_media_element;
pub(crate) mod html_meta_element;
mod html_options_collection;
pub(crate) mod html_progress_element;
pub(crate) mod html_script_element;
pub(crate) mod html_select_element;
pub(crate) mod html_slot_element;
pub(crate) mod html_template_element;
pub(crate) mod html_text_area_element;
mod hyperlink;
pub(in crate::dom) mod loading;
pub(crate) mod parsing;
pub(crate) mod reflect;
pub(crate) mod scripting;
pub(crate) mod simple;
pub(crate) mod states;

pub(crate) use custom_elements::CustomElementRegistry;
pub(crate) use dom_string_map::DOMStringMap;
pub(crate) use html_anchor_element::HTMLAnchorElement;
pub(crate) use html_area_element::HTMLAreaElement;
pub(crate) use html_button_element::HTMLButtonElement;
pub(crate) use html_data_list_element::HTMLDataListElement;
pub(crate) use html_details_element::HTMLDetailsElement;
pub(crate) use html_element::HTMLElement;
pub(crate) use html_form_controls_collection::{HTMLFormControlsCollection, RadioNodeList};
pub(crate) use html_form_element::HTMLFormElement;
pub(crate) use html_iframe_element::HTMLIFrameElement;
pub(crate) use html_image_element::HTMLImageElement;
pub(crate) use html_input_element::HTMLInputElement;
pub(crate) use html_link_element::HTMLLinkElement;
pub(crate) use html_media_element::{HTMLAudioElement, HTMLMediaElement, HTMLVideoElement, MediaError};
pub(crate) use html_meta_element::HTMLMetaElement;
pub(crate) use html_options_collection::HTMLOptionsCollection;
pub(crate) use html_progress_element::HTMLProgressElement;
pub(crate) use html_script_element::HTMLScriptElement;
pub(crate) use html_select_element::{HTMLOptionElement, HTMLSelectElement};
pub(crate) use html_slot_element::HTMLSlotElement;
pub(crate) use html_template_element::HTMLTemplateElement;
pub(crate) use html_text_area_element::HTMLTextAreaElement;
pub(crate) use simple::{
    HTMLBRElement, HTMLBaseElement, HTMLBodyElement, HTMLDivElement, HTMLFieldSetElement,
    HTMLFrameSetElement, HTMLHRElement, HTMLHeadElement, HTMLHeadingElement, HTMLHtmlElement, HTMLLIElement,
    HTMLLabelElement, HTMLLegendElement, HTMLOListElement, HTMLOptGroupElement, HTMLParagraphElement,
    HTMLPictureElement, HTMLPreElement, HTMLSourceElement, HTMLSpanElement, HTMLStyleElement,
    HTMLTitleElement, HTMLUListElement, HTMLUnknownElement,
};

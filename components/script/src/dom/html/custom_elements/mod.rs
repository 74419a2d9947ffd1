//! [Custom elements](https://html.spec.whatwg.org/multipage/custom-elements.html): definitions, the reactions that changes of a
//! tree cause, and the constructors that make or upgrade elements.

pub(crate) mod construct;
mod custom_element_registry;
pub(crate) mod definition;
pub(crate) mod reactions;
pub(crate) mod state;
pub(crate) mod upgrade;

use bgfetch_js::glue::CustomElementHooks;

pub(crate) use custom_element_registry::CustomElementRegistry;

/// What generated code asks.
pub(crate) const HOOKS: CustomElementHooks =
    CustomElementHooks { push: reactions::push, pop: reactions::pop, construct: construct::html_constructor };

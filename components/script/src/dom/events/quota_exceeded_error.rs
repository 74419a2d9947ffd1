//! `QuotaExceededError`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::QuotaExceededErrorMethods;
use crate::dom::DOMException;

/// `QuotaExceededError`.
pub(crate) struct QuotaExceededError {
    dom_exception: DOMException,
}

trace_fields!(QuotaExceededError { dom_exception });
platform_object!(QuotaExceededError: DOMException via dom_exception);

impl QuotaExceededErrorMethods for QuotaExceededError {}

//! [`QuotaExceededError`](https://webidl.spec.whatwg.org/#quotaexceedederror).

use bgfetch_js::{DomString, Exception, Fallible, Realm, Root, platform_object, trace_fields};

use super::dom_exception;
use crate::bindings::{QuotaExceededErrorMethods, QuotaExceededErrorOptions};
use crate::dom::DOMException;

/// `QuotaExceededError`.
pub(crate) struct QuotaExceededError {
    dom_exception: DOMException,
    quota: Option<f64>,
    requested: Option<f64>,
}

trace_fields!(QuotaExceededError { dom_exception });
platform_object!(QuotaExceededError: DOMException via dom_exception);

impl QuotaExceededError {
    /// One with a quota and what was requested, in bytes.
    pub(super) const fn with(
        dom_exception: DOMException,
        quota: Option<f64>,
        requested: Option<f64>,
    ) -> Self {
        Self { dom_exception, quota, requested }
    }

    /// The quota and what was requested, as structured cloning keeps them.
    pub(crate) const fn numbers(&self) -> (Option<f64>, Option<f64>) {
        (self.quota, self.requested)
    }
}

impl QuotaExceededErrorMethods for QuotaExceededError {
    /// [`new QuotaExceededError()`](https://webidl.spec.whatwg.org/#dom-quotaexceedederror-quotaexceedederror)
    fn constructor(_: &Realm, message: DomString, options: QuotaExceededErrorOptions) -> Fallible<Self> {
        // Steps 3 and 4.
        for (name, number) in [("quota", options.quota), ("requested", options.requested)] {
            if number.is_some_and(|number| number < 0.0) {
                return Err(Exception::range_error(format!("{name} must not be negative")));
            }
        }
        // Step 5.
        if let (Some(quota), Some(requested)) = (options.quota, options.requested)
            && requested < quota
        {
            return Err(Exception::range_error("requested must not be less than quota"));
        }
        let exception = DOMException::new_inherited("QuotaExceededError".into(), message);
        Ok(Self::with(exception, options.quota, options.requested))
    }

    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        dom_exception::add_stack(realm, this)
    }

    fn quota(&self, _: &Realm) -> Fallible<Option<f64>> {
        Ok(self.quota)
    }

    fn requested(&self, _: &Realm) -> Fallible<Option<f64>> {
        Ok(self.requested)
    }
}

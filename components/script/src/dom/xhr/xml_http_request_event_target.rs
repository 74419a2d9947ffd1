//! [`XMLHttpRequestEventTarget`](https://xhr.spec.whatwg.org/#xmlhttprequesteventtarget) and
//! [`XMLHttpRequestUpload`](https://xhr.spec.whatwg.org/#xmlhttprequestupload): event handlers, nothing else.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::{XMLHttpRequestEventTargetMethods, XMLHttpRequestUploadMethods};
use crate::dom::EventTarget;

/// `XMLHttpRequestEventTarget`.
pub(crate) struct XMLHttpRequestEventTarget {
    event_target: EventTarget,
}

trace_fields!(XMLHttpRequestEventTarget { event_target });
platform_object!(XMLHttpRequestEventTarget: EventTarget via event_target);

impl XMLHttpRequestEventTarget {
    /// For the interfaces that inherit.
    pub(super) fn new_inherited() -> Self {
        Self { event_target: EventTarget::new_inherited() }
    }
}

impl XMLHttpRequestEventTargetMethods for XMLHttpRequestEventTarget {}

/// `XMLHttpRequestUpload`.
pub(crate) struct XMLHttpRequestUpload {
    target: XMLHttpRequestEventTarget,
}

trace_fields!(XMLHttpRequestUpload { target });
platform_object!(XMLHttpRequestUpload: XMLHttpRequestEventTarget via target);

impl XMLHttpRequestUpload {
    /// The upload object of a request.
    pub(super) fn new() -> Self {
        Self { target: XMLHttpRequestEventTarget::new_inherited() }
    }
}

impl XMLHttpRequestUploadMethods for XMLHttpRequestUpload {}

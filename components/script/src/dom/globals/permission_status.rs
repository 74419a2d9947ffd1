//! `PermissionStatus`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::PermissionStatusMethods;
use crate::dom::EventTarget;

/// `PermissionStatus`.
pub(crate) struct PermissionStatus {
    event_target: EventTarget,
}

trace_fields!(PermissionStatus { event_target });
platform_object!(PermissionStatus: EventTarget via event_target);

impl PermissionStatusMethods for PermissionStatus {}

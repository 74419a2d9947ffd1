//! `BackgroundFetchEvent`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::BackgroundFetchEventMethods;
use crate::dom::ExtendableEvent;

/// `BackgroundFetchEvent`.
pub(crate) struct BackgroundFetchEvent {
    extendable_event: ExtendableEvent,
}

trace_fields!(BackgroundFetchEvent { extendable_event });
platform_object!(BackgroundFetchEvent: ExtendableEvent via extendable_event);

impl BackgroundFetchEventMethods for BackgroundFetchEvent {}

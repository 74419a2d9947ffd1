//! Interfaces: events.

pub(crate) mod abort_controller;
pub(crate) mod abort_signal;
pub(crate) mod custom_event;
pub(crate) mod dom_exception;
pub(crate) mod error_event;
pub(crate) mod event;
pub(crate) mod event_handler;
pub(crate) mod event_target;
pub(crate) mod message_event;
pub(crate) mod promise_rejection_event;
pub(crate) mod quota_exceeded_error;

pub(crate) use abort_controller::AbortController;
pub(crate) use abort_signal::AbortSignal;
pub(crate) use custom_event::CustomEvent;
pub(crate) use dom_exception::DOMException;
pub(crate) use error_event::ErrorEvent;
pub(crate) use event::Event;
pub(crate) use event_target::EventTarget;
pub(crate) use message_event::MessageEvent;
pub(crate) use promise_rejection_event::PromiseRejectionEvent;
pub(crate) use quota_exceeded_error::QuotaExceededError;

//! [Cross-realm transforms](https://streams.spec.whatwg.org/#transferrable-streams): a stream on each end of a message
//! channel.
//!
//! An end that goes away without a word, such as that in a worker that is terminated, leaves the other one waiting: the
//! official tests ask for it.
//!
//! Pages never see these ports, so that only the other end sends messages; a message that makes no sense is ignored all
//! the same.

use std::cell::RefCell;

use bgfetch_js::{
    DomString, Exception, Fallible, Member, Object, Promise, Realm, Root, Shared, Traced, Value, ValueKind,
    trace_fields,
};

use super::pulling::PullingController;
use super::queue::Strategy;
use super::readable_stream::Controller;
use super::sink::UnderlyingSinkSteps;
use super::source::UnderlyingSourceSteps;
use crate::bindings::ReadableStreamController;
use crate::dom::messaging::message_port::PortHandler;
use crate::dom::{
    MessagePort, ReadableStream, ReadableStreamDefaultController, WritableStream,
    WritableStreamDefaultController,
};

/// [PackAndPostMessage](https://streams.spec.whatwg.org/#abstract-opdef-packandpostmessage).
///
/// # Errors
/// A `DataCloneError` if the value cannot be cloned.
fn pack_and_post(realm: &Realm, port: &MessagePort, kind: &str, value: &Value) -> Fallible<()> {
    let message = Object::new(realm)?;
    message.create(realm, "type", &Value::string(realm, kind)?)?;
    message.create(realm, "value", value)?;
    port.post(realm, message.as_value(), &[])
}

/// [CrossRealmTransformSendError](https://streams.spec.whatwg.org/#abstract-opdef-crossrealmtransformsenderror).
fn send_error(realm: &Realm, port: &MessagePort, error: &Value) {
    // An error that cannot be cloned cannot be told, and there is nobody else to tell.
    let _discarded = pack_and_post(realm, port, "error", error);
}

/// [PackAndPostMessageHandlingError](https://streams.spec.whatwg.org/#abstract-opdef-packandpostmessagehandlingerror).
fn pack_and_post_handling_error(
    realm: &Realm,
    port: &MessagePort,
    kind: &str,
    value: &Value,
) -> Fallible<()> {
    pack_and_post(realm, port, kind, value).map_err(|exception| {
        let error = exception.to_value(realm);
        send_error(realm, port, &error);
        Exception::js(error)
    })
}

/// Tells the other end why it ends; what a cancel or abort algorithm does.
fn end_with_reason(realm: &Realm, port: &MessagePort, reason: &Value) -> Fallible<Promise<()>> {
    let sent = pack_and_post_handling_error(realm, port, "error", reason);
    port.disentangle();
    match sent {
        Ok(()) => Promise::resolved(realm, ()),
        Err(exception) => Promise::rejected(realm, exception),
    }
}

/// Type and value of a message.
fn unpack(realm: &Realm, data: &Value) -> Fallible<Option<(String, Value)>> {
    let Some(message) = data.as_object() else { return Ok(None) };
    let (kind, value) = (message.get(realm, "type")?, message.get(realm, "value")?);
    if kind.kind() != ValueKind::String {
        return Ok(None);
    }
    Ok(Some((DomString::of(realm, &kind)?.into_string(), value)))
}

fn undelivered(realm: &Realm) -> Value {
    Exception::dom("DataCloneError", "a chunk could not be received").to_value(realm)
}

/// The underlying source of the readable end.
struct PortSource {
    port: Member<MessagePort>,
}

trace_fields!(PortSource { port });

/// What the readable end does with messages.
struct ReadableEnd {
    controller: Member<ReadableStreamDefaultController>,
}

trace_fields!(ReadableEnd { controller });

impl UnderlyingSourceSteps for PortSource {
    fn pull(&self, realm: &Realm, _: &ReadableStreamController) -> Fallible<Promise<()>> {
        pack_and_post(realm, &self.port, "pull", &Value::UNDEFINED)?;
        Promise::resolved(realm, ())
    }

    fn cancel(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        end_with_reason(realm, &self.port, reason)
    }
}

impl PortHandler for ReadableEnd {
    fn message(&self, realm: &Realm, port: &MessagePort, data: &Value) -> Fallible<()> {
        let Some((kind, value)) = unpack(realm, data)? else { return Ok(()) };
        match kind.as_str() {
            "chunk" => self.controller.enqueue_chunk(realm, &value),
            "close" => {
                self.controller.close_steps(realm)?;
                port.disentangle();
                Ok(())
            }
            "error" => {
                self.controller.error_steps(realm, &value)?;
                port.disentangle();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn message_error(&self, realm: &Realm, port: &MessagePort) -> Fallible<()> {
        let error = undelivered(realm);
        send_error(realm, port, &error);
        self.controller.error_steps(realm, &error)?;
        port.disentangle();
        Ok(())
    }
}

/// [SetUpCrossRealmTransformReadable](https://streams.spec.whatwg.org/#abstract-opdef-setupcrossrealmtransformreadable).
pub(super) fn readable_end(realm: &Realm, port: &Root<MessagePort>) -> Fallible<Root<ReadableStream>> {
    let source = PortSource { port: port.clone().into() };
    let stream = ReadableStream::create(realm, Box::new(source), Strategy::counting(0.0))?;
    if let Controller::Default(controller) = stream.controller()? {
        port.handle_with(realm, Box::new(ReadableEnd { controller }));
    }
    Ok(stream)
}

/// What sink and handler of the writable end share.
struct WritableEnd {
    port: Member<MessagePort>,
    /// Settles when the other end pulls; none if it has pulled already.
    backpressure_promise: RefCell<Option<Traced<Promise<()>>>>,
}

trace_fields!(WritableEnd { port, backpressure_promise });

impl WritableEnd {
    fn pulled(&self, realm: &Realm) {
        if let Some(promise) = self.backpressure_promise.take() {
            promise.resolve(realm, ());
        }
    }
}

/// The underlying sink of the writable end.
struct PortSink(Traced<Shared<WritableEnd>>);

impl bgfetch_js::Trace for PortSink {
    fn trace(&self, tracer: &mut bgfetch_js::Tracer) {
        self.0.trace(tracer);
    }
}

/// What the writable end does with messages.
struct WritableHandler {
    end: Traced<Shared<WritableEnd>>,
    controller: Member<WritableStreamDefaultController>,
}

trace_fields!(WritableHandler { end, controller });

impl UnderlyingSinkSteps for PortSink {
    fn write(
        &self,
        realm: &Realm,
        chunk: &Value,
        _: &Root<WritableStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        // Step 1.
        let waiting = self.0.backpressure_promise.borrow().as_deref().cloned();
        let waiting = match waiting {
            Some(promise) => promise,
            None => Promise::resolved(realm, ())?,
        };
        // Step 2.
        waiting.then_with(
            realm,
            (self.0.clone(), Traced::new(chunk.clone())),
            Some(|realm, (end, chunk), _| {
                end.backpressure_promise.replace(Some(Promise::new(realm)?.into()));
                pack_and_post_handling_error(realm, &end.port, "chunk", chunk)
                    .inspect_err(|_| end.port.disentangle())?;
                Ok(Value::UNDEFINED)
            }),
            None,
        )
    }

    fn close(&self, realm: &Realm) -> Fallible<Promise<()>> {
        pack_and_post(realm, &self.0.port, "close", &Value::UNDEFINED)?;
        self.0.port.disentangle();
        Promise::resolved(realm, ())
    }

    fn abort(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        end_with_reason(realm, &self.0.port, reason)
    }
}

impl PortHandler for WritableHandler {
    fn message(&self, realm: &Realm, _: &MessagePort, data: &Value) -> Fallible<()> {
        let Some((kind, value)) = unpack(realm, data)? else { return Ok(()) };
        match kind.as_str() {
            "pull" => self.end.pulled(realm),
            "error" => {
                self.controller.error_if_needed(realm, &value)?;
                self.end.pulled(realm);
            }
            _ => {}
        }
        Ok(())
    }

    fn message_error(&self, realm: &Realm, port: &MessagePort) -> Fallible<()> {
        let error = undelivered(realm);
        send_error(realm, port, &error);
        self.controller.error_if_needed(realm, &error)?;
        port.disentangle();
        Ok(())
    }
}

/// [SetUpCrossRealmTransformWritable](https://streams.spec.whatwg.org/#abstract-opdef-setupcrossrealmtransformwritable).
pub(super) fn writable_end(realm: &Realm, port: &Root<MessagePort>) -> Fallible<Root<WritableStream>> {
    let end: Traced<Shared<WritableEnd>> = realm
        .share(WritableEnd {
            port: port.clone().into(),
            backpressure_promise: RefCell::new(Some(Promise::new(realm)?.into())),
        })?
        .into();
    let sink = PortSink(end.clone());
    let stream = WritableStream::create(realm, Box::new(sink), Strategy::counting(1.0))?;
    let controller = stream.controller()?.into();
    port.handle_with(realm, Box::new(WritableHandler { end, controller }));
    Ok(stream)
}

//! Streams as [transferable objects](https://html.spec.whatwg.org/multipage/structured-data.html#transferable-objects):
//! of [readable](https://streams.spec.whatwg.org/#rs-transfer), [writable](https://streams.spec.whatwg.org/#ws-transfer)
//! and [transform](https://streams.spec.whatwg.org/#ts-transfer) streams.

use bgfetch_js::{Exception, Fallible, Object, Realm, Root, Value};

use super::cross_realm::{readable_end, writable_end};
use super::pipe_to::{PipeOptions, pipe_to};
use crate::dom::messaging::channel::PortHandle;
use crate::dom::{MessagePort, ReadableStream, TransformStream, WritableStream};

/// A stream of one of the three kinds.
pub(crate) enum TransferableStream {
    Readable(Root<ReadableStream>),
    Writable(Root<WritableStream>),
    Transform(Root<TransformStream>),
}

/// A stream on its way to another realm.
pub(crate) enum TransferredStream {
    Readable(PortHandle),
    Writable(PortHandle),
    /// The two sides.
    Transform(PortHandle, PortHandle),
}

fn locked() -> Exception {
    Exception::dom("DataCloneError", "the stream is locked: it cannot be transferred")
}

fn readable_out(realm: &Realm, stream: &Root<ReadableStream>) -> Fallible<PortHandle> {
    let (port, other) = MessagePort::with_other_end(realm)?;
    let writable = writable_end(realm, &port)?;
    pipe_to(realm, stream, &writable, PipeOptions::default())?.mark_as_handled();
    Ok(other)
}

fn writable_out(realm: &Realm, stream: &Root<WritableStream>) -> Fallible<PortHandle> {
    let (port, other) = MessagePort::with_other_end(realm)?;
    let readable = readable_end(realm, &port)?;
    pipe_to(realm, &readable, stream, PipeOptions::default())?.mark_as_handled();
    Ok(other)
}

impl TransferableStream {
    /// The stream that an object is.
    pub(crate) fn of(object: &Object) -> Option<Self> {
        let value = object.as_value();
        Root::from_value(value)
            .map(Self::Readable)
            .or_else(|| Root::from_value(value).map(Self::Writable))
            .or_else(|| Root::from_value(value).map(Self::Transform))
    }

    /// The first steps of the transfer steps.
    ///
    /// # Errors
    /// A `DataCloneError` if it, or a side of it, is locked. Being transferred locks for good.
    pub(crate) fn check(&self) -> Fallible<()> {
        let locked_up = match self {
            Self::Readable(stream) => stream.is_locked(),
            Self::Writable(stream) => stream.is_locked(),
            Self::Transform(stream) => {
                stream.readable_side()?.is_locked() || stream.writable_side()?.is_locked()
            }
        };
        if locked_up { Err(locked()) } else { Ok(()) }
    }

    /// The transfer steps: it is locked from here on.
    ///
    /// # Errors
    /// A `DataCloneError` if it, or a side of it, is locked.
    pub(crate) fn transfer_out(&self, realm: &Realm) -> Fallible<TransferredStream> {
        self.check()?;
        Ok(match self {
            Self::Readable(stream) => TransferredStream::Readable(readable_out(realm, stream)?),
            Self::Writable(stream) => TransferredStream::Writable(writable_out(realm, stream)?),
            Self::Transform(stream) => TransferredStream::Transform(
                readable_out(realm, &stream.readable_side()?)?,
                writable_out(realm, &stream.writable_side()?)?,
            ),
        })
    }
}

impl TransferredStream {
    /// The transfer-receiving steps: the stream's object in its new realm.
    pub(crate) fn transfer_in(self, realm: &Realm) -> Fallible<Value> {
        let readable = |handle| readable_end(realm, &MessagePort::transfer_in(realm, handle)?);
        let writable = |handle| writable_end(realm, &MessagePort::transfer_in(realm, handle)?);
        Ok(match self {
            Self::Readable(handle) => readable(handle)?.as_value().clone(),
            Self::Writable(handle) => writable(handle)?.as_value().clone(),
            Self::Transform(first, second) => {
                TransformStream::of_sides(realm, readable(first)?, writable(second)?)?.as_value().clone()
            }
        })
    }
}

//! [Pull-into descriptors](https://streams.spec.whatwg.org/#pull-into-descriptor) and [queue
//! entries](https://streams.spec.whatwg.org/#readable-byte-stream-queue-entry) of byte streams.

use bgfetch_js::{
    ArrayBuffer, ArrayBufferView, Exception, Fallible, Realm, ToJs, Trace, Traced, Tracer, TypedArray,
    TypedArrayKind, Value, trace_fields,
};

/// Which reader a descriptor was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReaderType {
    Default,
    Byob,
    /// The reader was released.
    None,
}

/// A pull-into descriptor. Lengths are in bytes.
pub(super) struct PullInto {
    pub(super) buffer: Traced<ArrayBuffer>,
    pub(super) buffer_byte_length: usize,
    pub(super) byte_offset: usize,
    pub(super) byte_length: usize,
    pub(super) bytes_filled: usize,
    pub(super) minimum_fill: usize,
    /// The [view constructor](https://streams.spec.whatwg.org/#pull-into-descriptor-view-constructor); `None` is `DataView`.
    pub(super) kind: Option<TypedArrayKind>,
    pub(super) reader_type: ReaderType,
}

impl Trace for PullInto {
    fn trace(&self, tracer: &mut Tracer) {
        self.buffer.trace(tracer);
    }
}

impl PullInto {
    /// Of memory that is allocated for a default reader.
    pub(super) fn allocate(realm: &Realm, chunk_size: u64) -> Fallible<Self> {
        let buffer = ArrayBuffer::zeroed(realm, chunk_size)?;
        let length = buffer.len();
        Ok(Self {
            buffer: buffer.into(),
            buffer_byte_length: length,
            byte_offset: 0,
            byte_length: length,
            bytes_filled: 0,
            minimum_fill: 1,
            kind: Some(TypedArrayKind::Uint8),
            reader_type: ReaderType::Default,
        })
    }

    /// Of the view that a BYOB reader was given, whose buffer is transferred; `min` counts elements.
    pub(super) fn of_view(realm: &Realm, view: &ArrayBufferView, min: usize) -> Fallible<Self> {
        let (buffer, byte_offset, byte_length) = view.parts(realm)?;
        let buffer = buffer.transfer_to_new(realm)?;
        let kind = view.kind();
        let element_size = kind.map_or(1, TypedArrayKind::element_size);
        Ok(Self {
            buffer_byte_length: buffer.len(),
            buffer: buffer.into(),
            byte_offset,
            byte_length,
            bytes_filled: 0,
            minimum_fill: min.saturating_mul(element_size),
            kind,
            reader_type: ReaderType::Byob,
        })
    }

    /// [Element size](https://streams.spec.whatwg.org/#pull-into-descriptor-element-size).
    pub(super) fn element_size(&self) -> usize {
        self.kind.map_or(1, TypedArrayKind::element_size)
    }

    /// Bytes that are filled, but make no whole element.
    pub(super) fn remainder(&self) -> usize {
        self.bytes_filled % self.element_size()
    }

    /// Transfers the buffer, so that earlier views on it are detached.
    pub(super) fn transfer(&mut self, realm: &Realm) -> Fallible<()> {
        self.buffer = self.buffer.transfer_to_new(realm)?.into();
        Ok(())
    }

    /// A view of the descriptor's kind on the first `bytes` bytes.
    pub(super) fn view(&self, realm: &Realm, bytes: usize) -> Fallible<Value> {
        match self.kind {
            Some(kind) => {
                let length = bytes / kind.element_size();
                TypedArray::over(realm, kind, &self.buffer, self.byte_offset, length)?.to_js(realm)
            }
            None => {
                let view =
                    realm.new_data_view(self.buffer.as_value(), self.byte_offset as u64, bytes as u64)?;
                Ok(view.into_value())
            }
        }
    }

    /// [ConvertPullIntoDescriptor](https://streams.spec.whatwg.org/#readable-byte-stream-controller-convert-pull-into-descriptor).
    pub(super) fn convert(mut self, realm: &Realm) -> Fallible<Value> {
        self.transfer(realm)?;
        self.view(realm, self.bytes_filled)
    }
}

/// A queue entry.
pub(super) struct QueueEntry {
    pub(super) buffer: Traced<ArrayBuffer>,
    pub(super) byte_offset: usize,
    pub(super) byte_length: usize,
}

trace_fields!(QueueEntry { buffer });

impl QueueEntry {
    pub(super) fn view(&self, realm: &Realm) -> Fallible<Value> {
        let kind = TypedArrayKind::Uint8;
        TypedArray::over(realm, kind, &self.buffer, self.byte_offset, self.byte_length)?.to_js(realm)
    }

    /// Moves `count` bytes of it into a descriptor, which has room for them.
    pub(super) fn copy_into(&mut self, target: &mut PullInto, count: usize) -> Fallible<()> {
        let to = target.byte_offset + target.bytes_filled;
        if !target.buffer.copy_from(to, &self.buffer, self.byte_offset, count) {
            return Err(Exception::type_error("the memory to read into is gone"));
        }
        self.byte_offset += count;
        self.byte_length -= count;
        target.bytes_filled += count;
        Ok(())
    }
}

/// [CloneArrayBuffer](https://tc39.es/ecma262/#sec-clonearraybuffer).
pub(super) fn clone_array_buffer(
    realm: &Realm,
    buffer: &ArrayBuffer,
    offset: usize,
    length: usize,
) -> Fallible<ArrayBuffer> {
    ArrayBuffer::from_vec(realm, buffer.to_vec(offset, length))
}

/// [CloneAsUint8Array](https://streams.spec.whatwg.org/#abstract-opdef-cloneasuint8array).
pub(super) fn clone_as_uint8_array(realm: &Realm, view: &ArrayBufferView) -> Fallible<ArrayBufferView> {
    Ok(TypedArray::from_vec(realm, TypedArrayKind::Uint8, view.to_vec(realm))?.to_view())
}

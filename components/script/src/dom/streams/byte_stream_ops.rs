//! [Abstract operations of byte stream controllers](https://streams.spec.whatwg.org/#rbs-controller-abstract-ops): how bytes
//! come from the source, by way of the queue or straight into the memory of a reader.

use bgfetch_js::{ArrayBuffer, ArrayBufferView, Exception, Fallible, Realm, TypedArray, TypedArrayKind};
use bytes::Bytes;

use super::pull_into::{PullInto, ReaderType, clone_array_buffer};
use super::pulling::PullingController;
use super::read_request::ReadIntoRequest;
use super::readable_stream::State;
use crate::dom::{ReadableByteStreamController, ReadableStream};

fn no_descriptor() -> Exception {
    Exception::type_error("nobody waits for bytes")
}

/// [CommitPullIntoDescriptor](https://streams.spec.whatwg.org/#readable-byte-stream-controller-commit-pull-into-descriptor).
fn commit(realm: &Realm, stream: &ReadableStream, descriptor: PullInto) -> Fallible<()> {
    let done = stream.state.get() == State::Closed;
    let reader_type = descriptor.reader_type;
    let view = descriptor.convert(realm)?;
    if reader_type == ReaderType::Default {
        // ReadableStreamFulfillReadRequest.
        match stream.default_reader().and_then(|reader| reader.next_request()) {
            Some(request) if done => request.close(realm),
            Some(request) => request.chunk(realm, &view),
            None => Ok(()),
        }
    } else {
        // ReadableStreamFulfillReadIntoRequest.
        match stream.byob_reader().and_then(|reader| reader.next_request()) {
            Some(request) if done => request.close(realm, Some(&view)),
            Some(request) => request.chunk(realm, &view),
            None => Ok(()),
        }
    }
}

impl ReadableByteStreamController {
    /// [Enqueue](https://streams.spec.whatwg.org/#readable-byte-stream-controller-enqueue).
    ///
    /// # Errors
    /// A `TypeError` if the chunk or the memory of the first reader is detached.
    pub(super) fn enqueue_view(&self, realm: &Realm, chunk: &ArrayBufferView) -> Fallible<()> {
        // Step 2.
        if !self.can_close_or_enqueue() {
            return Ok(());
        }
        // Steps 3 to 7.
        let (buffer, offset, length) = chunk.parts(realm)?;
        let transferred = buffer.transfer_to_new(realm)?;
        self.enqueue_buffer(realm, transferred, offset, length)
    }

    /// From step 8 on: `buffer` is the stream's own.
    fn enqueue_buffer(
        &self,
        realm: &Realm,
        buffer: ArrayBuffer,
        offset: usize,
        length: usize,
    ) -> Fallible<()> {
        let stream = &self.stream;
        // Step 8.
        let first = self.pending_pull_intos.borrow().front().map(|first| (*first.buffer).clone());
        if let Some(first) = first {
            if first.is_detached() {
                return Err(Exception::type_error("the memory that is read into is detached"));
            }
            self.invalidate_byob_request();
            if self.transfer_first(realm)? == Some(ReaderType::None) {
                self.enqueue_detached_pull_into_to_queue(realm)?;
            }
        }
        if let Some(reader) = stream.default_reader() {
            // Step 9: ProcessReadRequestsUsingQueue.
            while self.queue_total_size.get() > 0
                && let Some(request) = reader.next_request()
            {
                self.fill_read_request_from_queue(realm, request)?;
            }
            match reader.next_request() {
                None => self.enqueue_chunk_to_queue(buffer, offset, length),
                Some(request) => {
                    drop(self.shift_pending_pull_into());
                    let view = TypedArray::over(realm, TypedArrayKind::Uint8, &buffer, offset, length)?;
                    request.chunk(realm, view.as_object().as_value())?;
                }
            }
        } else {
            // Steps 10 and 11.
            self.enqueue_chunk_to_queue(buffer, offset, length);
            if stream.byob_reader().is_some() {
                for filled in self.process_pull_into_descriptors_using_queue()? {
                    commit(realm, stream, filled)?;
                }
            }
        }
        // Step 12.
        self.call_pull_if_needed(realm)
    }

    /// [Pulls from bytes](https://streams.spec.whatwg.org/#readablestream-pull-from-bytes): what did not fit into the memory
    /// of the first reader is given back.
    pub(super) fn pull_from_bytes(&self, realm: &Realm, mut bytes: Bytes) -> Fallible<Bytes> {
        // As the platform's own sources are never seen by a page, nobody holds a view on the current BYOB request:
        // the bytes go straight to where it would point.
        let place = self.pending_pull_intos.borrow().front().map(|first| {
            let offset = first.byte_offset + first.bytes_filled;
            ((*first.buffer).clone(), offset, first.byte_length - first.bytes_filled)
        });
        match place {
            Some((buffer, offset, room)) => {
                let pulled = bytes.split_to(bytes.len().min(room));
                if buffer.write(offset, &pulled) < pulled.len() {
                    return Err(Exception::type_error("the memory to read into is gone"));
                }
                self.respond(realm, pulled.len() as u64)?;
                Ok(bytes)
            }
            None => {
                let length = bytes.len();
                let buffer = ArrayBuffer::from_vec(realm, bytes.into())?;
                self.enqueue_buffer(realm, buffer, 0, length)?;
                Ok(Bytes::new())
            }
        }
    }

    /// Transfers the buffer of the first descriptor; what reader it is for.
    fn transfer_first(&self, realm: &Realm) -> Fallible<Option<ReaderType>> {
        let first = self.pending_pull_intos.borrow().front().map(|first| (*first.buffer).clone());
        let Some(first) = first else { return Ok(None) };
        let transferred = first.transfer_to_new(realm)?;
        Ok(self.pending_pull_intos.borrow_mut().front_mut().map(|first| {
            first.buffer = transferred.into();
            first.reader_type
        }))
    }

    /// [ShiftPendingPullInto](https://streams.spec.whatwg.org/#readable-byte-stream-controller-shift-pending-pull-into).
    fn shift_pending_pull_into(&self) -> Option<PullInto> {
        self.pending_pull_intos.borrow_mut().pop_front()
    }

    /// [EnqueueClonedChunkToQueue](https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerenqueueclonedchunktoqueue).
    fn enqueue_cloned_chunk_to_queue(
        &self,
        realm: &Realm,
        buffer: &ArrayBuffer,
        offset: usize,
        length: usize,
    ) -> Fallible<()> {
        match clone_array_buffer(realm, buffer, offset, length) {
            Ok(clone) => {
                self.enqueue_chunk_to_queue(clone, 0, length);
                Ok(())
            }
            Err(exception) => {
                let error = exception.to_value(realm);
                self.error_steps(realm, &error)?;
                Err(Exception::js(error))
            }
        }
    }

    /// [EnqueueDetachedPullIntoToQueue](https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerenqueuedetachedpullintotoqueue)
    /// of the first descriptor.
    fn enqueue_detached_pull_into_to_queue(&self, realm: &Realm) -> Fallible<()> {
        let filled = self.pending_pull_intos.borrow().front().and_then(|first| {
            (first.bytes_filled > 0).then(|| ((*first.buffer).clone(), first.byte_offset, first.bytes_filled))
        });
        if let Some((buffer, offset, length)) = filled {
            self.enqueue_cloned_chunk_to_queue(realm, &buffer, offset, length)?;
        }
        drop(self.shift_pending_pull_into());
        Ok(())
    }

    /// [FillPullIntoDescriptorFromQueue](https://streams.spec.whatwg.org/#readable-byte-stream-controller-fill-pull-into-descriptor-from-queue):
    /// whether it is filled far enough.
    fn fill_pull_into_descriptor_from_queue(&self, descriptor: &mut PullInto) -> Fallible<bool> {
        // Steps 1 to 9.
        let room = descriptor.byte_length - descriptor.bytes_filled;
        let mut remaining = self.queue_total_size.get().min(room);
        let most = descriptor.bytes_filled + remaining;
        let aligned = most - most % descriptor.element_size();
        let ready = aligned >= descriptor.minimum_fill;
        if ready {
            remaining = aligned - descriptor.bytes_filled;
        }
        // Steps 10 and 11.
        let mut queue = self.queue.borrow_mut();
        while remaining > 0
            && let Some(head) = queue.front_mut()
        {
            let count = remaining.min(head.byte_length);
            head.copy_into(descriptor, count)?;
            let used_up = head.byte_length == 0;
            if used_up {
                queue.pop_front();
            }
            self.queue_total_size.set(self.queue_total_size.get() - count);
            remaining -= count;
        }
        // Step 13.
        Ok(ready)
    }

    /// [ProcessPullIntoDescriptorsUsingQueue](https://streams.spec.whatwg.org/#readable-byte-stream-controller-process-pull-into-descriptors-using-queue).
    fn process_pull_into_descriptors_using_queue(&self) -> Fallible<Vec<PullInto>> {
        let mut filled = Vec::new();
        while self.queue_total_size.get() > 0 {
            let Some(mut descriptor) = self.shift_pending_pull_into() else { break };
            let ready = self.fill_pull_into_descriptor_from_queue(&mut descriptor);
            if ready.as_ref().is_ok_and(|ready| *ready) {
                filled.push(descriptor);
            } else {
                self.pending_pull_intos.borrow_mut().push_front(descriptor);
                ready?;
            }
        }
        Ok(filled)
    }

    /// [PullInto](https://streams.spec.whatwg.org/#readable-byte-stream-controller-pull-into); `min` counts elements.
    pub(super) fn pull_into(
        &self,
        realm: &Realm,
        view: &ArrayBufferView,
        min: usize,
        request: Box<dyn ReadIntoRequest>,
    ) -> Fallible<()> {
        // Steps 2 to 13.
        let mut descriptor = match PullInto::of_view(realm, view, min) {
            Ok(descriptor) => descriptor,
            Err(exception) => return request.error(realm, &exception.to_value(realm)),
        };
        let add = |descriptor, request| {
            self.pending_pull_intos.borrow_mut().push_back(descriptor);
            if let Some(reader) = self.stream.byob_reader() {
                reader.add_request(request);
            }
        };
        // Step 14.
        if !self.pending_pull_intos.borrow().is_empty() {
            add(descriptor, request);
            return Ok(());
        }
        // Step 15.
        if self.stream.state.get() == State::Closed {
            return request.close(realm, Some(&descriptor.view(realm, 0)?));
        }
        // Step 16.
        if self.queue_total_size.get() > 0 {
            if self.fill_pull_into_descriptor_from_queue(&mut descriptor)? {
                let view = descriptor.convert(realm)?;
                self.handle_queue_drain(realm)?;
                return request.chunk(realm, &view);
            }
            if self.pulling.close_requested.get() {
                let exception = Exception::type_error("the stream ends in the middle of an element");
                let error = exception.to_value(realm);
                self.error_steps(realm, &error)?;
                return request.error(realm, &error);
            }
        }
        // Steps 17 to 19.
        add(descriptor, request);
        self.call_pull_if_needed(realm)
    }

    /// [Respond](https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond).
    ///
    /// # Errors
    /// A `TypeError` or `RangeError` if that many bytes cannot have been written.
    pub(super) fn respond(&self, realm: &Realm, bytes_written: u64) -> Fallible<()> {
        let room =
            self.pending_pull_intos.borrow().front().map(|first| first.byte_length - first.bytes_filled);
        let room = room.ok_or_else(no_descriptor)?;
        // Steps 3 to 5.
        let written = self.check_written(bytes_written)?;
        if written > room {
            return Err(Exception::range_error(format!(
                "{bytes_written} bytes cannot have been written: there was room for {room}"
            )));
        }
        // Steps 6 and 7.
        self.transfer_first(realm)?;
        self.respond_internal(realm, written)
    }

    /// Nothing is written into a closed stream, and something into an open one.
    fn check_written(&self, bytes_written: u64) -> Fallible<usize> {
        let closed = self.stream.state.get() == State::Closed;
        if closed && bytes_written != 0 {
            return Err(Exception::type_error("the stream is closed: nothing can be written any more"));
        }
        if !closed && bytes_written == 0 {
            return Err(Exception::type_error("no bytes were written, and the stream is not closed"));
        }
        Ok(usize::try_from(bytes_written).unwrap_or(usize::MAX))
    }

    /// [RespondWithNewView](https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-with-new-view).
    ///
    /// # Errors
    /// A `TypeError` or `RangeError` if the view is not on the memory that was asked for.
    pub(super) fn respond_with_new_view(&self, realm: &Realm, view: &ArrayBufferView) -> Fallible<()> {
        // The parts of a view whose buffer is detached are a `TypeError`.
        let (buffer, offset, length) = view.parts(realm)?;
        if buffer.is_detached() {
            return Err(Exception::type_error("the view's buffer is detached"));
        }
        let first = self.pending_pull_intos.borrow().front().map(|first| {
            let place = first.byte_offset + first.bytes_filled;
            (place, first.buffer_byte_length, first.byte_length - first.bytes_filled)
        });
        let (place, buffer_length, room) = first.ok_or_else(no_descriptor)?;
        // Steps 5 and 6.
        self.check_written(length as u64)?;
        // Steps 7 to 9.
        if place != offset || buffer_length != buffer.len() || length > room {
            return Err(Exception::range_error("the view is not on the memory that was asked for"));
        }
        // Steps 10 to 12.
        let transferred = buffer.transfer_to_new(realm)?;
        if let Some(first) = self.pending_pull_intos.borrow_mut().front_mut() {
            first.buffer = transferred.into();
        }
        self.respond_internal(realm, length)
    }

    /// [RespondInternal](https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-internal).
    fn respond_internal(&self, realm: &Realm, bytes_written: usize) -> Fallible<()> {
        self.invalidate_byob_request();
        if self.stream.state.get() == State::Closed {
            self.respond_in_closed_state(realm)?;
        } else {
            self.respond_in_readable_state(realm, bytes_written)?;
        }
        self.call_pull_if_needed(realm)
    }

    /// [RespondInClosedState](https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-in-closed-state).
    fn respond_in_closed_state(&self, realm: &Realm) -> Fallible<()> {
        // Step 2.
        if self.first_reader_type() == Some(ReaderType::None) {
            drop(self.shift_pending_pull_into());
        }
        // Step 4.
        let Some(reader) = self.stream.byob_reader() else { return Ok(()) };
        let mut filled = Vec::new();
        while filled.len() < reader.request_count()
            && let Some(descriptor) = self.shift_pending_pull_into()
        {
            filled.push(descriptor);
        }
        filled.into_iter().try_for_each(|descriptor| commit(realm, &self.stream, descriptor))
    }

    fn first_reader_type(&self) -> Option<ReaderType> {
        self.pending_pull_intos.borrow().front().map(|first| first.reader_type)
    }

    /// [RespondInReadableState](https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-in-readable-state).
    fn respond_in_readable_state(&self, realm: &Realm, bytes_written: usize) -> Fallible<()> {
        // Step 2.
        let enough = self.pending_pull_intos.borrow_mut().front_mut().map(|first| {
            first.bytes_filled += bytes_written;
            first.bytes_filled >= first.minimum_fill
        });
        // Step 3.
        if self.first_reader_type() == Some(ReaderType::None) {
            self.enqueue_detached_pull_into_to_queue(realm)?;
            let filled = self.process_pull_into_descriptors_using_queue()?;
            return filled.into_iter().try_for_each(|filled| commit(realm, &self.stream, filled));
        }
        // Step 4.
        if enough != Some(true) {
            return Ok(());
        }
        // Step 5.
        let Some(mut descriptor) = self.shift_pending_pull_into() else { return Ok(()) };
        // Steps 6 to 8.
        let remainder = descriptor.remainder();
        if remainder > 0 {
            let end = descriptor.byte_offset + descriptor.bytes_filled;
            self.enqueue_cloned_chunk_to_queue(realm, &descriptor.buffer, end - remainder, remainder)?;
        }
        descriptor.bytes_filled -= remainder;
        // Steps 9 to 11.
        let filled = self.process_pull_into_descriptors_using_queue()?;
        commit(realm, &self.stream, descriptor)?;
        filled.into_iter().try_for_each(|filled| commit(realm, &self.stream, filled))
    }

    /// Whether the memory of some reader waits to be filled.
    pub(super) fn has_pending_pull_intos(&self) -> bool {
        !self.pending_pull_intos.borrow().is_empty()
    }

    /// The view of the [current BYOB request](https://streams.spec.whatwg.org/#readablestream-current-byob-request-view).
    pub(super) fn byob_view(&self, realm: &Realm) -> Fallible<Option<ArrayBufferView>> {
        let request = self.current_byob_request(realm)?;
        Ok(request.and_then(|request| request.current_view()).map(|view| view.to_view()))
    }
}

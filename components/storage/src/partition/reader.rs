//! Streaming a stored body into a pipe: from disk, as fast as it is read there, and not before.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bgfetch_traits::body::{BodyError, BodyReader, BodyWriter, DEFAULT_CAPACITY, pipe};
use bgfetch_traits::ids::BodyId;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::{StorageError, StoredBody};
use bytes::Bytes;

use super::Partition;
use super::bodies::Place;
use crate::env::Env;
use crate::error::io_error;
use crate::event::{Note, Report, Serve, Task, TaskWaker, Token};
use crate::meta::{BodyRow, Op, not_found};

/// Somebody who reads a body.
pub(super) struct Reader {
    body: BodyId,
    /// Its row, if it was sealed already.
    row: Option<BodyRow>,
    writer: Option<BodyWriter>,
    position: u64,
    /// Where it ends; `None` follows what is appended.
    end: Option<u64>,
    /// It has asked for bytes, so its body is in memory.
    started: bool,
    /// A read is under way.
    reading: bool,
    /// The body was cut below what was read, or is just being read: what follows is something else.
    cut: bool,
    task: Arc<TaskWaker>,
}

/// What to do next for a reader.
enum Step {
    Wait,
    Start,
    Gone,
    Push(Bytes),
    Read(usize),
    End(Result<(), BodyError>),
}

impl Reader {
    pub(super) fn new(env: &Env, partition: usize, index: usize, serve: Serve) -> Self {
        let token = Token { partition, task: Task::Reader(index) };
        let body = serve.body.body;
        // The reader unpins it when it ends.
        serve.body.keep();
        Self {
            body,
            row: serve.row,
            writer: Some(serve.writer),
            position: serve.offset,
            end: serve.end,
            started: false,
            reading: false,
            cut: false,
            task: TaskWaker::new(token, env.inbox.clone()),
        }
    }

    /// The body was cut to `length`.
    pub(super) fn body_was_cut(&mut self, length: u64) {
        self.cut |= self.reading || self.position > length;
    }

    /// Ends the pipe.
    pub(super) fn abandon(mut self, message: &str) {
        if let Some(writer) = self.writer.take() {
            writer.finish(Err(BodyError::Source(message.to_owned())));
        }
    }
}

impl Partition {
    /// A body's bytes from `offset` on.
    pub(super) fn open_body(
        &mut self,
        body: BodyId,
        offset: u64,
        follow: bool,
        reply: Reply<Result<BodyReader, StorageError>>,
    ) {
        if let Some(live) = self.bodies.get(&body).filter(|live| live.loaded) {
            let length = live.written;
            let whole = live.sealed && live.error.is_none() && live.lost == 0;
            if offset > length {
                return reply.send(Err(beyond(body, offset, length)));
            }
            let (writer, mut reader) = pipe(DEFAULT_CAPACITY);
            if offset == 0 && whole {
                reader = reader.backed_by(StoredBody { partition: self.shared.key.clone(), body, length });
            }
            let end = (!follow).then_some(length);
            let body = self.pinner().pin(body);
            self.serve(Serve { body, row: None, writer, offset, end });
            return reply.send(Ok(reader));
        }
        let note = self.notify();
        let pinner = self.pinner();
        let key = self.shared.key.clone();
        self.ops.push(Op::read(
            move |store| {
                let row = store.load_body(body)?.ok_or_else(|| not_found(body))?;
                if offset > row.length {
                    return Err(beyond(body, offset, row.length).into());
                }
                Ok((row, pinner.pin(body)))
            },
            move |row| {
                let (row, pinned) = match row {
                    Ok(found) => found,
                    Err(error) => return reply.send(Err(error)),
                };
                let whole = row.sealed && row.error.is_none() && row.lost == 0;
                let (reader, writer) = match &row.inline {
                    // Short, and all of it is here: there is nothing to wait for.
                    Some(bytes) if whole || (!follow && row.lost == 0) => {
                        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                        (BodyReader::from_bytes(bytes.slice(from..)), None)
                    }
                    _ => {
                        let (writer, reader) = pipe(DEFAULT_CAPACITY);
                        (reader, Some(writer))
                    }
                };
                let stored = StoredBody { partition: key, body, length: row.length };
                let reader = if offset == 0 && whole { reader.backed_by(stored) } else { reader };
                if let Some(writer) = writer {
                    let end = (!follow).then_some(row.length);
                    let row = row.sealed.then_some(row);
                    note(Note::Serve(Serve { body: pinned, row, writer, offset, end }));
                }
                reply.send(Ok(reader));
            },
        ));
    }

    /// Takes on a reader of a pinned body.
    pub(super) fn serve(&mut self, serve: Serve) {
        if self.stopping {
            return serve.writer.finish(Err(BodyError::Source("storage is shutting down".into())));
        }
        let entry = self.readers.vacant_entry();
        let index = entry.key();
        entry.insert(Reader::new(&self.env, self.index, index, serve));
        self.step_reader(index);
    }

    pub(super) fn wake_readers(&mut self, body: BodyId) {
        let Some(live) = self.bodies.get(&body) else { return };
        for reader in live.readers.clone() {
            self.step_reader(reader);
        }
    }

    pub(super) fn step_reader(&mut self, index: usize) {
        while let Some(reader) = self.readers.get_mut(index) {
            let body = reader.body;
            match self.next_step(index) {
                Step::Wait => return,
                Step::Start => {
                    let Some(reader) = self.readers.get_mut(index) else { return };
                    reader.started = true;
                    if let Some(row) = reader.row.take() {
                        self.live_from(body, row);
                    }
                    let live = self.live(body);
                    live.readers.push(index);
                    if !live.loaded {
                        return;
                    }
                }
                Step::Gone => return self.end_reader(index, None),
                Step::Push(bytes) => {
                    let Some(reader) = self.readers.get_mut(index) else { return };
                    let length = bytes.len() as u64;
                    let pushed = reader.writer.as_mut().is_some_and(|writer| writer.push(bytes).is_ok());
                    if !pushed {
                        return self.end_reader(index, None);
                    }
                    reader.position += length;
                }
                Step::Read(length) => return self.start_read(index, length),
                Step::End(end) => return self.end_reader(index, Some(end)),
            }
        }
    }

    fn next_step(&mut self, index: usize) -> Step {
        let Some(reader) = self.readers.get_mut(index) else { return Step::Wait };
        let Some(writer) = &mut reader.writer else { return Step::Wait };
        reader.task.reset();
        let waker = Waker::from(Arc::clone(&reader.task));
        let mut cx = Context::from_waker(&waker);
        if reader.reading {
            return Step::Wait;
        }
        let ready = if reader.started { writer.poll_ready(&mut cx) } else { writer.poll_wanted(&mut cx) };
        match ready {
            Poll::Ready(Err(_)) => return Step::Gone,
            Poll::Pending => return Step::Wait,
            Poll::Ready(Ok(())) if !reader.started => return Step::Start,
            Poll::Ready(Ok(())) => {}
        }
        let Some(live) = self.bodies.get(&reader.body).filter(|live| live.loaded) else { return Step::Wait };
        let cut = || Step::End(Err(BodyError::Source("the stored body was cut meanwhile".into())));
        if reader.cut {
            return cut();
        }
        let limit = reader.end.map_or(live.written, |end| end.min(live.written));
        if reader.position < limit {
            let wanted = usize::try_from(limit - reader.position).unwrap_or(usize::MAX);
            return match &live.place {
                Place::Inline(bytes) => match usize::try_from(reader.position) {
                    Ok(from) if from < bytes.len() => {
                        Step::Push(bytes.slice(from..from.saturating_add(wanted).min(bytes.len())))
                    }
                    _ => Step::End(Err(BodyError::Source("stored bytes are missing".into()))),
                },
                Place::File => Step::Read(wanted.min(self.env.tuning.read_size)),
            };
        }
        if live.lost > 0 {
            let message = format!("the last {} bytes of the stored body are gone", live.lost);
            return Step::End(Err(BodyError::Source(message)));
        }
        match reader.end {
            Some(end) if end <= live.written => Step::End(Ok(())),
            Some(_) => cut(),
            None if live.sealed && live.append.is_none() => Step::End(live.error.clone().map_or(Ok(()), Err)),
            None => Step::Wait,
        }
    }

    fn start_read(&mut self, index: usize, length: usize) {
        let Some(reader) = self.readers.get_mut(index) else { return };
        reader.reading = true;
        let (vfs, path, position) =
            (Arc::clone(&self.env.vfs), self.shared.paths.body(reader.body), reader.position);
        self.job(move || {
            let read = vfs.read_at(&path, position, length);
            Report::Read(index, position, read.map_err(|error| io_error(&path, &error)))
        });
    }

    pub(super) fn was_read(&mut self, index: usize, position: u64, result: Result<Bytes, StorageError>) {
        // The one who asked may have been ended with all of the partition, and another have its place.
        let asked = |reader: &&mut Reader| reader.reading && reader.position == position;
        let Some(reader) = self.readers.get_mut(index).filter(asked) else { return };
        reader.reading = false;
        match result {
            _ if reader.cut => self.step_reader(index),
            Ok(bytes) if bytes.is_empty() => self.fail_reader(index, "bytes of the stored body are gone"),
            Ok(bytes) => {
                reader.position += bytes.len() as u64;
                let pushed = reader.writer.as_mut().is_some_and(|writer| writer.push(bytes).is_ok());
                if pushed { self.step_reader(index) } else { self.end_reader(index, None) }
            }
            Err(error) => self.fail_reader(index, &error.to_string()),
        }
    }

    /// Ends a reader early.
    pub(super) fn fail_reader(&mut self, index: usize, message: &str) {
        self.end_reader(index, Some(Err(BodyError::Source(message.to_owned()))));
    }

    fn end_reader(&mut self, index: usize, end: Option<Result<(), BodyError>>) {
        let Some(mut reader) = self.readers.try_remove(index) else { return };
        if let (Some(writer), Some(end)) = (reader.writer.take(), end) {
            writer.finish(end);
        }
        if let Some(live) = self.bodies.get_mut(&reader.body) {
            live.readers.retain(|other| *other != index);
        }
        self.unpin(reader.body);
        self.advance(reader.body);
    }
}

fn beyond(body: BodyId, offset: u64, length: u64) -> StorageError {
    StorageError::NotFound(format!("byte {offset} of body {body}, which has {length},"))
}

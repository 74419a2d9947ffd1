//! Streaming a stored body into a pipe: from disk, as fast as it is read there, and not before.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bgfetch_traits::body::{BodyError, BodyWriter};
use bgfetch_traits::ids::BodyId;
use bgfetch_traits::storage::StorageError;
use bytes::Bytes;

use super::Partition;
use super::bodies::Place;
use crate::env::Env;
use crate::error::io_error;
use crate::event::{Report, Serve, Task, TaskWaker, Token};

/// Somebody who reads a body.
pub(super) struct Reader {
    body: BodyId,
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
    pub(super) fn step_reader(&mut self, index: usize) {
        while let Some(reader) = self.readers.get_mut(index) {
            let body = reader.body;
            match self.next_step(index) {
                Step::Wait => return,
                Step::Start => {
                    let Some(reader) = self.readers.get_mut(index) else { return };
                    reader.started = true;
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

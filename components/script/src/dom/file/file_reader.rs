//! [`FileReader`](https://w3c.github.io/FileAPI/#dfn-filereader).

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    DomString, Exception, Fallible, Member, PlatformObject, Realm, Root, Traced, platform_object,
    trace_fields,
};

use super::blob::BlobData;
use super::packaging::{ReadAs, package};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{DomStringOrArrayBuffer, FileReaderMethods};
use crate::dom::xhr::progress_event::fire;
use crate::dom::{Blob, DOMException, EventTarget};

/// `FileReader`.
pub(crate) struct FileReader {
    event_target: EventTarget,
    state: Cell<State>,
    result: RefCell<ReadResult>,
    error: RefCell<Option<Member<DOMException>>>,
    /// How many reads were begun: the tasks of an earlier one do nothing any more.
    generation: Cell<u64>,
}

/// [State](https://w3c.github.io/FileAPI/#filereader-state).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Empty,
    Loading,
    Done,
}

/// [Result](https://w3c.github.io/FileAPI/#filereader-result).
#[derive(Default)]
enum ReadResult {
    #[default]
    Null,
    Text(DomString),
    Buffer(Traced<bgfetch_js::ArrayBuffer>),
}

impl bgfetch_js::Trace for ReadResult {
    fn trace(&self, tracer: &mut bgfetch_js::Tracer) {
        if let Self::Buffer(buffer) = self {
            buffer.trace(tracer);
        }
    }
}

trace_fields!(FileReader { event_target, result, error });
platform_object!(FileReader: EventTarget via event_target);

impl FileReader {
    fn set_result(&self, result: ReadResult) {
        let before = self.result.replace(result);
        drop(before);
    }

    /// [Read operation](https://w3c.github.io/FileAPI/#readOperation).
    fn read(&self, realm: &Realm, blob: &Blob, kind: ReadAs) -> Fallible<()> {
        // Step 1.
        if self.state.get() == State::Loading {
            return Err(Exception::dom("InvalidStateError", "the reader is reading another blob"));
        }
        // Steps 2 to 4.
        self.state.set(State::Loading);
        self.set_result(ReadResult::Null);
        self.error.replace(None);
        // Steps 5 to 10. All bytes of a blob are in memory: they are the one chunk that is read.
        let generation = self.generation.get() + 1;
        self.generation.set(generation);
        let (this, data) = (self.root(), blob.data());
        Self::queue(realm, this, generation, move |realm, this| {
            fire(realm, &**this, "loadstart", 0, 0)?;
            let first = this.clone();
            Self::queue(realm, first, generation, move |realm, this| {
                let length = data.bytes.len() as u64;
                if length > 0 {
                    fire(realm, &**this, "progress", length, length)?;
                }
                let this = this.clone();
                Self::queue(realm, this, generation, move |realm, this| this.end(realm, &data, &kind));
                Ok(())
            });
            Ok(())
        });
        Ok(())
    }

    /// Queues a task of a read; it does nothing if that read was aborted meanwhile.
    fn queue(
        realm: &Realm,
        this: Root<Self>,
        generation: u64,
        run: impl FnOnce(&Realm, &Root<Self>) -> Fallible<()> + 'static,
    ) {
        Agent::current().queue_global(TaskSource::FileReading, realm, move |realm| {
            if this.generation.get() == generation { run(realm, &this) } else { Ok(()) }
        });
    }

    /// Step 10.5: everything was read.
    fn end(&self, realm: &Realm, data: &BlobData, kind: &ReadAs) -> Fallible<()> {
        self.state.set(State::Done);
        let length = data.bytes.len() as u64;
        match package(realm, data, kind) {
            Err(exception) => {
                let error = Root::from_value(&exception.to_value(realm));
                self.error.replace(error.map(Into::into));
                fire(realm, self, "error", 0, 0)?;
            }
            Ok(result) => {
                self.set_result(match result {
                    DomStringOrArrayBuffer::DomString(text) => ReadResult::Text(text),
                    DomStringOrArrayBuffer::ArrayBuffer(buffer) => ReadResult::Buffer(buffer.into()),
                });
                fire(realm, self, "load", length, length)?;
            }
        }
        if self.state.get() != State::Loading {
            fire(realm, self, "loadend", length, length)?;
        }
        Ok(())
    }
}

impl FileReaderMethods for FileReader {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Self {
            event_target: EventTarget::new_inherited(),
            state: Cell::new(State::Empty),
            result: RefCell::default(),
            error: RefCell::default(),
            generation: Cell::new(0),
        })
    }

    fn ready_state(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.state.get() as u16)
    }

    fn result(&self, _: &Realm) -> Fallible<Option<DomStringOrArrayBuffer>> {
        Ok(match &*self.result.borrow() {
            ReadResult::Null => None,
            ReadResult::Text(text) => Some(DomStringOrArrayBuffer::DomString(text.clone())),
            ReadResult::Buffer(buffer) => Some(DomStringOrArrayBuffer::ArrayBuffer((**buffer).clone())),
        })
    }

    fn error(&self, _: &Realm) -> Fallible<Option<Root<DOMException>>> {
        Ok(self.error.borrow().as_ref().map(|error| (**error).clone()))
    }

    fn read_as_array_buffer(&self, realm: &Realm, blob: Root<Blob>) -> Fallible<()> {
        self.read(realm, &blob, ReadAs::ArrayBuffer)
    }

    fn read_as_binary_string(&self, realm: &Realm, blob: Root<Blob>) -> Fallible<()> {
        self.read(realm, &blob, ReadAs::BinaryString)
    }

    fn read_as_text(&self, realm: &Realm, blob: Root<Blob>, encoding: Option<DomString>) -> Fallible<()> {
        self.read(realm, &blob, ReadAs::Text(encoding))
    }

    fn read_as_data_url(&self, realm: &Realm, blob: Root<Blob>) -> Fallible<()> {
        self.read(realm, &blob, ReadAs::DataUrl)
    }

    /// [`abort()`](https://w3c.github.io/FileAPI/#dfn-abort)
    fn abort(&self, realm: &Realm) -> Fallible<()> {
        // Steps 1 and 2.
        self.set_result(ReadResult::Null);
        if self.state.get() != State::Loading {
            return Ok(());
        }
        self.state.set(State::Done);
        // Steps 3 and 4.
        self.generation.set(self.generation.get() + 1);
        // Steps 5 and 6.
        fire(realm, self, "abort", 0, 0)?;
        if self.state.get() != State::Loading {
            fire(realm, self, "loadend", 0, 0)?;
        }
        Ok(())
    }
}

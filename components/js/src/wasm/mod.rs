//! [WebAssembly](https://webassembly.github.io/spec/js-api/): its engine, behind the same door.
//!
//! Behind it stands wasmtime. An agent has one store, made when its first page asks for something of WebAssembly; what
//! is in the store lives as long as the agent does. Modules belong to no agent and may go to any thread.
//!
//! What is here is the part of the JavaScript API that has to know the engine: values on their way in and out, functions
//! of either side that call the other, buffers over linear memory. The objects that a page sees are made of it elsewhere.

mod buffers;
mod call;
mod engine;
mod errors;
mod exception;
mod externs;
mod function;
mod global;
mod instance;
mod memory;
mod module;
mod store;
mod table;
mod tag;
mod ticker;
mod types;
mod value;

pub use errors::ErrorKind;
pub use exception::{Exception, ExceptionHooks};
pub use function::Function;
pub use global::Global;
pub use instance::{Extern, Instance};
pub use memory::{Memory, MemoryLimits, SharedMemory};
pub use module::{ExportDescriptor, ExternKind, ImportDescriptor, Module};
pub use table::{Table, TableLimits};
pub use tag::Tag;
pub use types::ValueType;

pub(crate) use buffers::{keeps as keeps_buffer, resize as resize_buffer};
pub(crate) use errors::EXPRESSIONS;
pub(crate) use store::end;

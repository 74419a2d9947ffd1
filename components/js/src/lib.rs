//! The JavaScript engine behind one safe door.
//!
//! Everything that script code and generated bindings need of an engine is here, and nothing of the engine
//! itself: values and promises, realms, platform objects that the collector traces, the conversions of
//! [Web IDL](https://webidl.spec.whatwg.org/), interface objects and prototypes. Behind the door stands
//! QuickJS-NG, by way of its C API; this is the only crate of the workspace with `unsafe` code.
//!
//! # Threads
//! A [`Runtime`] belongs to the thread that made it, and there is one a thread. All handles ([`Value`],
//! [`Object`], [`Root`], [`Promise`], [`Realm`], ...) are counted references into it and cannot leave the thread.
//! A runtime that is dropped while handles are still held somewhere keeps its memory and says so in the log:
//! it never leaves a handle dangling.
//!
//! # Platform objects
//! A Rust struct becomes an object of the page by [`Realm::wrap`]. Handles that it holds in its fields are
//! [`Traced`], listed once in [`trace_fields!`], so that cycles through Rust are collected. A `Traced` handle must
//! be owned by the platform object alone: never put one behind an `Rc` that something else also holds.
#![expect(unsafe_code, reason = "this crate is the one that talks to the engine's C API")]

mod associated_realm;
mod async_sequence;
mod atoms;
mod bigint;
mod buffer;
mod builtins;
#[cfg(feature = "by-hand")]
pub mod by_hand;
mod callback;
mod caller;
mod closure;
pub mod convert;
mod exception;
mod exotic;
pub mod glue;
mod import_attributes;
mod intrinsics;
mod kind;
mod list;
mod module;
mod object;
mod platform;
mod promise;
mod property;
mod reaction;
mod realm;
mod reflector;
mod resizable;
mod root;
mod runtime;
mod sequence;
mod shared;
mod shared_block;
mod shared_builtins;
mod state;
mod string;
mod string_compilation;
mod text;
mod trace;
mod traced_realm;
mod undetectable;
mod value;
pub mod wasm;
mod window_proxy;

pub use async_sequence::{AsyncSequence, AsyncSequenceIterator};
pub use bigint::BigInt;
pub use buffer::{ArrayBuffer, ArrayBufferView, BufferSource, TypedArray, TypedArrayKind};
pub use callback::Callback;
pub use caller::CallerMembers;
pub use convert::{Clamp, EnforceRange, FromJs, FrozenArray, NotImplemented, Record, ToJs, Unrestricted};
pub use exception::{DomExceptionInit, ErrorLocation, Exception, Fallible};
pub use kind::ObjectKind;
pub use module::{
    Evaluation, Module, ModuleLoader, ModuleRequest, ModuleSource, ModuleType, Script, module_requests,
};
pub use object::{Object, PropertyKey};
pub use platform::{DerivedFrom, PlatformObject};
pub use promise::{Promise, PromiseFuture, PromiseState, Reaction};
pub use reaction::{Steps, Transform};
pub use realm::{Realm, RealmOptions};
pub use reflector::{Reflector, Views};
pub use root::{Member, Root};
pub use runtime::{Interrupter, Rejection, Runtime, RuntimeOptions};
pub use shared::Shared;
pub use shared_block::SharedBlock;
pub use string::{ByteString, DomString};
pub use trace::{Handle, Trace, Traced, Tracer};
pub use traced_realm::TracedRealm;
pub use value::{Value, ValueKind};
pub use window_proxy::{WindowHost, WindowProxy};

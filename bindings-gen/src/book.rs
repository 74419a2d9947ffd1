//! The compiler's book: how it works, what it knows, and how it is used.
//!
//! 1. [The passes](passes), from text to Rust.
//! 2. [An interface in twenty lines](interface): what a person writes.
//! 3. [Extended attributes](attributes): what becomes of each.
//! 4. [How a specification is updated](update): a change that is really proposed, step by step.
//! 5. [How a backend is written](backend), for an engine of one's own, or for none.
//! 6. [What a call costs](cost), in time and in space.
//!
//! The chapters are files in `bindings-gen/docs`, where they can be read as well. They are part of the documentation so that
//! what they link to is checked and their code compiled; what they show of the compiler's output is checked by
//! `tests/docs.rs` and written by `UPDATE_GOLDEN=1 cargo test -p bindings-gen --test docs`.

#[doc = include_str!("../docs/passes.md")]
pub mod passes {}

#[doc = include_str!("../docs/interface.md")]
pub mod interface {}

#[doc = include_str!("../docs/attributes.md")]
pub mod attributes {}

#[doc = include_str!("../docs/update.md")]
pub mod update {}

#[doc = include_str!("../docs/backend.md")]
pub mod backend {}

#[doc = include_str!("../docs/cost.md")]
pub mod cost {}

//! [Tags](https://webassembly.github.io/spec/js-api/#tags) of exceptions.

use wasmtime::{FuncType, TagType, ValType};

use super::engine::engine;
use super::store::{Agent, with};
use super::types::ValueType;
use crate::{Exception, Fallible};

/// A tag.
#[derive(Clone, Debug)]
pub struct Tag {
    raw: wasmtime::Tag,
    ty: TagType,
}

impl Tag {
    /// [tag_alloc](https://webassembly.github.io/spec/core/appendix/embedding.html#embed-tag-alloc)
    ///
    /// # Errors
    /// A `RangeError` if there is no room for another.
    pub fn new(parameters: &[ValueType]) -> Fallible<Self> {
        let parameters = parameters.iter().map(|ty| ty.to_engine());
        Self::of_type(TagType::new(FuncType::new(engine()?, parameters, [])))
    }

    fn of_type(ty: TagType) -> Fallible<Self> {
        let raw = with(|context| wasmtime::Tag::new(context, &ty))?;
        let raw = raw.map_err(|error| Exception::range_error(format!("{error:#}")))?;
        Ok(Self { raw, ty })
    }

    /// The [JavaScript exception tag](https://webassembly.github.io/spec/js-api/#get-the-javascript-exception-tag): that of
    /// whatever script throws.
    ///
    /// # Errors
    /// As [`Tag::new`].
    pub fn js() -> Fallible<Self> {
        let agent = Agent::current()?;
        if let Some(tag) = agent.js_tag.borrow().clone() {
            return Ok(tag);
        }
        let tag = Self::new(&[ValueType::Externref])?;
        *agent.js_tag.borrow_mut() = Some(tag.clone());
        Ok(tag)
    }

    pub(super) const fn of_raw(raw: wasmtime::Tag, ty: TagType) -> Self {
        Self { raw, ty }
    }

    pub(super) const fn raw(&self) -> wasmtime::Tag {
        self.raw
    }

    pub(super) const fn ty(&self) -> &TagType {
        &self.ty
    }

    /// The types of what an exception with it carries.
    pub(super) fn parameters(&self) -> Vec<ValType> {
        self.ty.ty().params().collect()
    }

    /// Whether it is the same tag.
    ///
    /// # Errors
    /// A `TypeError` while WebAssembly is at work.
    pub fn is_same(&self, other: &Self) -> Fallible<bool> {
        with(|context| wasmtime::Tag::eq(&self.raw, &other.raw, context))
    }
}

//! The glue between generated types and traits on one side, and the crate `bgfetch_js` on the other.
//!
//! The only part of the generator that knows of that crate: a second engine would be a second folder like this.

mod convert;
mod interface;
mod members;
mod operations;
mod to_json;
mod values;

pub(super) use self::interface::members_name;
pub(super) use self::to_json::is_default_to_json;
pub(super) use self::values::too_many_arguments;

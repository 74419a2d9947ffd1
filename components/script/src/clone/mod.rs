//! [Safe passing of structured data](https://html.spec.whatwg.org/multipage/structured-data.html).
//!
//! A serialized value is a string of bytes in a format of this crate's own, read on another thread of the same
//! process or in the same realm; it is never stored. What cannot be bytes (ports, the data of blobs, transferred
//! buffers) travels beside it as attachments, by index.

mod deserialize;
mod serialize;

use bgfetch_js::{Exception, Fallible, Object, Realm, Root, Value};
use bgfetch_traits::service_worker::MessageData;

use serialize::Whose;

use crate::agent_clusters::Shared;
use crate::dom::MessagePort;
use crate::dom::canvas::image_bitmap::SentBitmap;
use crate::dom::file::blob::BlobData;

/// Tags of the format. Each value begins with one.
mod tag {
    pub(super) const UNDEFINED: u8 = 0;
    pub(super) const NULL: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const FALSE: u8 = 3;
    pub(super) const NUMBER: u8 = 4;
    pub(super) const BIG_INT: u8 = 5;
    pub(super) const STRING: u8 = 6;
    /// A string with lone surrogates.
    pub(super) const STRING_UTF16: u8 = 7;
    /// An object that came before, by its number.
    pub(super) const KNOWN: u8 = 8;
    /// A primitive follows, of which this is the object.
    pub(super) const BOXED: u8 = 9;
    pub(super) const DATE: u8 = 10;
    pub(super) const REG_EXP: u8 = 11;
    pub(super) const ARRAY_BUFFER: u8 = 12;
    pub(super) const TYPED_ARRAY: u8 = 13;
    pub(super) const DATA_VIEW: u8 = 14;
    pub(super) const MAP: u8 = 15;
    pub(super) const SET: u8 = 16;
    pub(super) const ERROR: u8 = 17;
    pub(super) const ARRAY: u8 = 18;
    pub(super) const OBJECT: u8 = 19;
    /// A transferred object, by its place in the transfer list.
    pub(super) const TRANSFERRED: u8 = 20;
    pub(super) const BLOB: u8 = 21;
    pub(super) const FILE: u8 = 22;
    pub(super) const DOM_EXCEPTION: u8 = 23;
    pub(super) const QUOTA_EXCEEDED_ERROR: u8 = 24;
    /// The number to which it may grow, and its bytes.
    pub(super) const RESIZABLE_ARRAY_BUFFER: u8 = 25;
    /// The number of files, and those.
    pub(super) const FILE_LIST: u8 = 26;
    /// An interface of geometry, and its numbers.
    pub(super) const GEOMETRY: u8 = 27;
    /// Width and height, and the array of its pixels.
    pub(super) const IMAGE_DATA: u8 = 28;
    pub(super) const IMAGE_BITMAP: u8 = 29;
    /// Something that only agents of one cluster may have.
    pub(super) const SHARED: u8 = 30;
}

/// For the length of a view: it follows that of its buffer.
const LENGTH_TRACKING: usize = u32::MAX as usize;

/// How deep values may nest: deeper ones would need more stack than a thread has.
const MAX_DEPTH: usize = 4000;

fn clone_error(message: impl Into<String>) -> Exception {
    Exception::dom("DataCloneError", message)
}

fn too_deep() -> Exception {
    clone_error(format!("the value nests deeper than {MAX_DEPTH} levels"))
}

/// [StructuredSerializeWithTransfer](https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializewithtransfer).
pub(crate) fn serialize(realm: &Realm, value: &Value, transfer: &[Object]) -> Fallible<MessageData> {
    serialize_from(realm, realm, value, transfer)
}

/// [`serialize`] of what another realm's script sends.
pub(crate) fn serialize_from(
    sender: &Realm,
    realm: &Realm,
    value: &Value,
    transfer: &[Object],
) -> Fallible<MessageData> {
    serialize::serialize(realm, value, transfer, Whose::Sender(sender))
}

/// [StructuredSerializeForStorage](https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializeforstorage).
pub(crate) fn serialize_for_storage(realm: &Realm, value: &Value) -> Fallible<MessageData> {
    serialize::serialize(realm, value, &[], Whose::Storage)
}

/// [StructuredDeserializeWithTransfer](https://html.spec.whatwg.org/multipage/structured-data.html#structureddeserializewithtransfer):
/// the value, and the ports that were transferred, in order.
pub(crate) fn deserialize(realm: &Realm, data: MessageData) -> Fallible<(Value, Vec<Root<MessagePort>>)> {
    deserialize::deserialize(realm, data)
}

/// [`structuredClone()`](https://html.spec.whatwg.org/multipage/structured-data.html#dom-structuredclone).
pub(crate) fn structured_clone(realm: &Realm, value: &Value, transfer: &[Object]) -> Fallible<Value> {
    let data = serialize(realm, value, transfer)?;
    Ok(deserialize(realm, data)?.0)
}

/// A copy for another reader of a message that transfers nothing.
pub(crate) fn copy(data: &MessageData) -> MessageData {
    let attachments = data.attachments.iter().map(|attachment| {
        if let Some(blob) = attachment.downcast_ref::<BlobData>() {
            return Box::new(blob.clone()) as Box<dyn std::any::Any + Send + Sync>;
        }
        match attachment.downcast_ref::<SentBitmap>() {
            Some(bitmap) => Box::new(bitmap.clone()),
            // Only transferred things cannot be copied, and broadcasts transfer nothing.
            None => Shared::copy(&**attachment).unwrap_or_else(|| Box::new(())),
        }
    });
    MessageData { bytes: data.bytes.clone(), attachments: attachments.collect() }
}

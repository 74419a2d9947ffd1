//! [StructuredSerializeInternal](https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializeinternal).

use std::any::Any;
use std::collections::HashMap;

use bgfetch_js::{
    ArrayBuffer, ArrayBufferView, DomString, Fallible, Object, ObjectKind, Realm, Root, Value, ValueKind,
};
use bgfetch_traits::service_worker::MessageData;

use super::{LENGTH_TRACKING, MAX_DEPTH, clone_error, tag, too_deep};
use crate::agent_clusters::{Shared, SharedThing};
use crate::dom::streams::transfer::TransferableStream;
use crate::dom::{
    Blob, DOMException, File, FileList, ImageBitmap, ImageData, Memory, MessagePort, Module, OffscreenCanvas,
    QuotaExceededError, geometry,
};

/// Bytes of an array buffer on their way to another realm.
pub(super) struct TransferredBuffer {
    pub(super) bytes: Vec<u8>,
    /// To how many bytes it may grow, if it may.
    pub(super) max: Option<usize>,
}

struct Writer<'a> {
    realm: &'a Realm,
    bytes: Vec<u8>,
    attachments: Vec<Box<dyn Any + Send + Sync>>,
    /// Objects written so far, by identity; holding them keeps identities unique.
    known: HashMap<usize, u32>,
    held: Vec<Object>,
    transfer: HashMap<usize, u32>,
    depth: usize,
    whose: Whose<'a>,
}

/// What becomes of it.
#[derive(Clone, Copy)]
pub(super) enum Whose<'a> {
    /// It is for [storage](https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializeforstorage).
    Storage,
    /// It is a message of this realm's.
    Sender(&'a Realm),
}

pub(super) fn serialize(
    realm: &Realm,
    value: &Value,
    transfer: &[Object],
    whose: Whose<'_>,
) -> Fallible<MessageData> {
    let mut writer = Writer {
        realm,
        bytes: Vec::new(),
        attachments: Vec::new(),
        known: HashMap::new(),
        held: Vec::new(),
        transfer: HashMap::new(),
        depth: 0,
        whose,
    };
    // StructuredSerializeWithTransfer, step 2.
    for (index, object) in (0..).zip(transfer) {
        check_transferable(object)?;
        if writer.transfer.insert(object.identity(), index).is_some() {
            return Err(clone_error("an object is in the transfer list twice"));
        }
    }
    // Step 3.
    writer.value(value)?;
    // Step 5: nothing is detached unless everything can be.
    for object in transfer {
        check_attached(object)?;
    }
    let mut attachments: Vec<Box<dyn Any + Send + Sync>> =
        Vec::with_capacity(transfer.len() + writer.attachments.len());
    for object in transfer {
        attachments.push(transfer_out(realm, object)?);
    }
    // Transferred things come first, so that their places are those of the transfer list.
    let mut bytes = u32::try_from(transfer.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
    bytes.extend_from_slice(&writer.bytes);
    attachments.extend(writer.attachments);
    Ok(MessageData { bytes, attachments })
}

fn check_transferable(object: &Object) -> Fallible<()> {
    let transferable = match object.object_kind() {
        ObjectKind::ArrayBuffer => true,
        ObjectKind::Platform => {
            let value = object.as_value();
            Root::<MessagePort>::from_value(value).is_some()
                || Root::<ImageBitmap>::from_value(value).is_some()
                || Root::<OffscreenCanvas>::from_value(value).is_some()
                || TransferableStream::of(object).is_some()
        }
        _ => false,
    };
    if transferable { Ok(()) } else { Err(clone_error("an object in the transfer list is not transferable")) }
}

fn check_attached(object: &Object) -> Fallible<()> {
    if let Some(stream) = TransferableStream::of(object) {
        return stream.check();
    }
    let value = object.as_value();
    let detached = match ArrayBuffer::of_object(object) {
        Some(buffer) => buffer.is_detached(),
        None => {
            Root::<MessagePort>::from_value(value).is_some_and(|port| port.is_detached())
                || Root::<ImageBitmap>::from_value(value).is_some_and(|bitmap| bitmap.bitmap().is_none())
                || Root::<OffscreenCanvas>::from_value(value).is_some_and(|canvas| canvas.is_detached())
        }
    };
    if detached { Err(clone_error("an object in the transfer list is detached")) } else { Ok(()) }
}

fn transfer_out(realm: &Realm, object: &Object) -> Fallible<Box<dyn Any + Send + Sync>> {
    if let Some(buffer) = ArrayBuffer::of_object(object) {
        let max = buffer.max_byte_length(realm)?;
        return Ok(Box::new(TransferredBuffer { bytes: buffer.transfer(realm)?, max }));
    }
    if let Some(stream) = TransferableStream::of(object) {
        return Ok(Box::new(stream.transfer_out(realm)?));
    }
    if let Some(bitmap) = Root::<ImageBitmap>::from_value(object.as_value()) {
        let sent = bitmap.sent()?;
        bitmap.take();
        return Ok(Box::new(sent));
    }
    if let Some(canvas) = Root::<OffscreenCanvas>::from_value(object.as_value()) {
        return Ok(Box::new(canvas.transfer_out()?));
    }
    match Root::<MessagePort>::from_value(object.as_value()) {
        Some(port) => Ok(Box::new(port.transfer_out()?)),
        None => Err(clone_error("an object in the transfer list is not transferable")),
    }
}

impl Writer<'_> {
    fn number(&mut self, number: usize) {
        self.bytes.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
    }

    fn data(&mut self, data: &[u8]) {
        self.number(data.len());
        self.bytes.extend_from_slice(data);
    }

    fn text(&mut self, text: &DomString) {
        if text.has_lone_surrogate() {
            let units: Vec<u8> = text.to_utf16().into_iter().flat_map(u16::to_le_bytes).collect();
            self.bytes.push(tag::STRING_UTF16);
            self.data(&units);
        } else {
            self.bytes.push(tag::STRING);
            self.data(text.as_str().as_bytes());
        }
    }

    fn value(&mut self, value: &Value) -> Fallible<()> {
        match value.kind() {
            ValueKind::Undefined => self.bytes.push(tag::UNDEFINED),
            ValueKind::Null => self.bytes.push(tag::NULL),
            ValueKind::Boolean => {
                self.bytes.push(if value.as_bool() == Some(true) { tag::TRUE } else { tag::FALSE })
            }
            ValueKind::Number => {
                self.bytes.push(tag::NUMBER);
                self.bytes.extend_from_slice(&value.as_number().unwrap_or(f64::NAN).to_le_bytes());
            }
            ValueKind::BigInt => {
                let text = self.realm.bigint_to_text(value)?;
                self.bytes.push(tag::BIG_INT);
                self.data(text.as_bytes());
            }
            ValueKind::String => self.text(&DomString::of(self.realm, value)?),
            ValueKind::Symbol => return Err(clone_error("a symbol cannot be cloned")),
            ValueKind::Object => {
                if let Some(object) = value.as_object() {
                    return self.object(&object);
                }
            }
        }
        Ok(())
    }

    fn object(&mut self, object: &Object) -> Fallible<()> {
        if let Some(index) = self.transfer.get(&object.identity()).copied() {
            self.bytes.push(tag::TRANSFERRED);
            self.number(index as usize);
            return Ok(());
        }
        if let Some(number) = self.known.get(&object.identity()).copied() {
            self.bytes.push(tag::KNOWN);
            self.number(number as usize);
            return Ok(());
        }
        if self.depth == MAX_DEPTH {
            return Err(too_deep());
        }
        // A view is numbered after its buffer, and an object before what it holds: as they are read back.
        self.depth += 1;
        let result = match ArrayBufferView::of_object(object) {
            Some(view) => self.view(object, &view),
            None => {
                self.remember(object);
                self.contents(object)
            }
        };
        self.depth -= 1;
        result
    }

    fn remember(&mut self, object: &Object) {
        let number = u32::try_from(self.held.len()).unwrap_or(u32::MAX);
        self.known.insert(object.identity(), number);
        self.held.push(object.clone());
    }

    fn contents(&mut self, object: &Object) -> Fallible<()> {
        match object.object_kind() {
            ObjectKind::BooleanObject
            | ObjectKind::NumberObject
            | ObjectKind::StringObject
            | ObjectKind::BigIntObject => {
                let primitive = self.realm.unbox(object)?;
                self.bytes.push(tag::BOXED);
                self.value(&primitive)
            }
            ObjectKind::Date => {
                let milliseconds = self.realm.date_value(object)?;
                self.bytes.push(tag::DATE);
                self.bytes.extend_from_slice(&milliseconds.to_le_bytes());
                Ok(())
            }
            ObjectKind::RegExp => {
                let (source, flags) = self.realm.regexp_parts(object)?;
                self.bytes.push(tag::REG_EXP);
                self.value(&source)?;
                self.value(&flags)
            }
            ObjectKind::ArrayBuffer => {
                match ArrayBuffer::of_object(object).filter(|buffer| !buffer.is_detached()) {
                    Some(buffer) => {
                        match buffer.max_byte_length(self.realm)? {
                            Some(max) => {
                                self.bytes.push(tag::RESIZABLE_ARRAY_BUFFER);
                                self.number(max);
                            }
                            None => self.bytes.push(tag::ARRAY_BUFFER),
                        }
                        self.data(&buffer.to_vec(0, usize::MAX));
                        Ok(())
                    }
                    None => Err(clone_error("a detached ArrayBuffer cannot be cloned")),
                }
            }
            ObjectKind::SharedArrayBuffer => {
                let buffer = ArrayBuffer::of_object(object);
                let block = buffer.as_ref().and_then(ArrayBuffer::block);
                let (Some(buffer), Some(block)) = (buffer, block) else {
                    return Err(clone_error("the SharedArrayBuffer has no block"));
                };
                let max = buffer.shared_max(self.realm)?;
                self.shared(SharedThing::Block(block, buffer.len(), max))
            }
            ObjectKind::Map => self.map(object),
            ObjectKind::Set => self.set(object),
            ObjectKind::Error => self.error(object),
            ObjectKind::Array => {
                let length = object.length(self.realm)?;
                self.bytes.push(tag::ARRAY);
                self.bytes.extend_from_slice(&length.to_le_bytes());
                self.properties(object)
            }
            ObjectKind::Platform => self.platform(object),
            ObjectKind::Ordinary | ObjectKind::Arguments => {
                self.bytes.push(tag::OBJECT);
                self.properties(object)
            }
            kind @ (ObjectKind::Function
            | ObjectKind::Weak
            | ObjectKind::Promise
            | ObjectKind::Proxy
            | ObjectKind::Stateful
            | ObjectKind::SymbolObject
            | ObjectKind::TypedArray(_)
            | ObjectKind::DataView) => Err(clone_error(format!("{} cannot be cloned", describe(kind)))),
        }
    }

    fn view(&mut self, object: &Object, view: &ArrayBufferView) -> Fallible<()> {
        // A view that is out of bounds has no parts.
        let parts = view.parts(self.realm).ok().filter(|(buffer, ..)| !buffer.is_detached());
        let (buffer, offset, length) = parts
            .ok_or_else(|| clone_error("a view of a detached or shortened ArrayBuffer cannot be cloned"))?;
        let length = if view.is_length_tracking(self.realm)? { LENGTH_TRACKING } else { length };
        match view.kind() {
            Some(kind) => {
                self.bytes.push(tag::TYPED_ARRAY);
                self.data(kind.name().as_bytes());
            }
            None => self.bytes.push(tag::DATA_VIEW),
        }
        self.number(offset);
        self.number(length);
        self.object(buffer.as_object())?;
        self.remember(object);
        Ok(())
    }

    fn map(&mut self, object: &Object) -> Fallible<()> {
        let entries = self.realm.map_entries(object)?;
        self.bytes.push(tag::MAP);
        self.number(entries.len() / 2);
        entries.iter().try_for_each(|item| self.value(item))
    }

    fn set(&mut self, object: &Object) -> Fallible<()> {
        let values = self.realm.set_values(object)?;
        self.bytes.push(tag::SET);
        self.number(values.len());
        values.iter().try_for_each(|item| self.value(item))
    }

    /// Errors keep their type, message and stack, each only if it is an own data property or inherited name.
    fn error(&mut self, object: &Object) -> Fallible<()> {
        let name = object.get(self.realm, "name")?;
        let name = if name.is_undefined() { "Error".into() } else { DomString::of(self.realm, &name)? };
        self.bytes.push(tag::ERROR);
        self.text(&name);
        let key = bgfetch_js::PropertyKey::String("message".into());
        match object.own_data_property(self.realm, &key)? {
            Some(value) => self.text(&DomString::of(self.realm, &value)?),
            None => self.bytes.push(tag::UNDEFINED),
        }
        self.stack(object)
    }

    /// What the engine keeps of where an error was made, or what a page put in its place.
    fn stack(&mut self, object: &Object) -> Fallible<()> {
        match self.realm.error_stack(object)? {
            Some(stack) => self.text(&stack),
            None => self.bytes.push(tag::UNDEFINED),
        }
        Ok(())
    }

    fn properties(&mut self, object: &Object) -> Fallible<()> {
        let keys = object.own_enumerable_keys(self.realm)?;
        let count_at = self.bytes.len();
        self.number(0);
        let mut count = 0_u32;
        for key in keys {
            let key = bgfetch_js::PropertyKey::String(key);
            // A getter may have deleted it meanwhile.
            if !object.is_own_enumerable(self.realm, &key)? {
                continue;
            }
            let value = object.get_key(self.realm, &key)?;
            if let bgfetch_js::PropertyKey::String(name) = &key {
                self.text(name);
            }
            self.value(&value)?;
            count += 1;
        }
        if let Some(place) = self.bytes.get_mut(count_at..count_at + 4) {
            place.copy_from_slice(&count.to_le_bytes());
        }
        Ok(())
    }

    fn platform(&mut self, object: &Object) -> Fallible<()> {
        let value = object.as_value();
        if let Some(file) = Root::<File>::from_value(value) {
            self.bytes.push(tag::FILE);
            self.file(&file);
            return Ok(());
        }
        if let Some(list) = Root::<FileList>::from_value(value) {
            self.bytes.push(tag::FILE_LIST);
            let files = list.files();
            self.number(files.len());
            files.iter().for_each(|file| self.file(file));
            return Ok(());
        }
        if let Some(blob) = Root::<Blob>::from_value(value) {
            self.bytes.push(tag::BLOB);
            self.attach(blob.data());
            return Ok(());
        }
        if let Some(error) = Root::<QuotaExceededError>::from_value(value) {
            self.bytes.push(tag::QUOTA_EXCEEDED_ERROR);
            self.text(error.parts().1);
            let (quota, requested) = error.numbers();
            for number in [quota, requested] {
                self.bytes.extend_from_slice(&number.unwrap_or(f64::NAN).to_le_bytes());
            }
            return self.stack(object);
        }
        if let Some(exception) = Root::<DOMException>::from_value(value) {
            let (name, message) = exception.parts();
            self.bytes.push(tag::DOM_EXCEPTION);
            self.text(name);
            self.text(message);
            return self.stack(object);
        }
        if let Some((kind, numbers)) = geometry::numbers_of(value) {
            self.bytes.extend_from_slice(&[tag::GEOMETRY, kind as u8]);
            numbers.iter().for_each(|number| self.bytes.extend_from_slice(&number.to_le_bytes()));
            return Ok(());
        }
        if let Some(data) = Root::<ImageData>::from_value(value) {
            let (width, height) = data.size();
            self.bytes.push(tag::IMAGE_DATA);
            self.number(width as usize);
            self.number(height as usize);
            return self.object(data.array());
        }
        if let Some(bitmap) = Root::<ImageBitmap>::from_value(value) {
            let sent = bitmap.sent()?;
            self.bytes.push(tag::IMAGE_BITMAP);
            self.attach(sent);
            return Ok(());
        }
        if let Some(module) = Root::<Module>::from_value(value) {
            return self.shared(SharedThing::Module(module.raw.clone()));
        }
        if let Some(memory) = Root::<Memory>::from_value(value).and_then(|memory| memory.raw.share()) {
            return self.shared(SharedThing::Memory(memory));
        }
        if Root::<MessagePort>::from_value(value).is_some() {
            return Err(clone_error("a MessagePort can only be sent when it is in the transfer list"));
        }
        Err(clone_error(format!("{} cannot be cloned", value.describe(self.realm))))
    }

    fn file(&mut self, file: &File) {
        self.attach(file.data());
        self.text(&file.file_name().into());
        self.bytes.extend_from_slice(&file.modified().to_le_bytes());
    }

    /// [Of what only agents of one cluster may
    /// have](https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializeinternal).
    fn shared(&mut self, what: SharedThing) -> Fallible<()> {
        let Whose::Sender(sender) = self.whose else {
            return Err(clone_error("what is shared between agents cannot be stored"));
        };
        let shared = Shared::from(sender, what)?;
        self.bytes.push(tag::SHARED);
        self.attach(shared);
        Ok(())
    }

    fn attach(&mut self, attachment: impl Any + Send + Sync) {
        let place = self.transfer.len() + self.attachments.len();
        self.attachments.push(Box::new(attachment));
        self.number(place);
    }
}

const fn describe(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Function => "a function",
        ObjectKind::Weak => "a weak collection or reference",
        ObjectKind::Promise => "a promise",
        ObjectKind::Proxy => "a proxy",
        ObjectKind::SymbolObject => "a Symbol object",
        _ => "an object with internal state",
    }
}

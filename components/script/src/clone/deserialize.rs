//! [StructuredDeserialize](https://html.spec.whatwg.org/multipage/structured-data.html#structureddeserialize).

use std::any::Any;

use bgfetch_js::{
    ArrayBuffer, ArrayBufferView, DomString, Fallible, FromJs, Object, PropertyKey, Realm, Root, ToJs,
    TypedArray, TypedArrayKind, Value, wasm,
};
use bgfetch_traits::service_worker::MessageData;

use super::serialize::TransferredBuffer;
use super::{LENGTH_TRACKING, MAX_DEPTH, clone_error, tag, too_deep};
use crate::agent_clusters::{Shared, SharedThing};
use crate::dom::canvas::image_bitmap::SentBitmap;
use crate::dom::canvas::offscreen_canvas::TransferredCanvas;
use crate::dom::file::blob::BlobData;
use crate::dom::geometry::{self, GeometryKind};
use crate::dom::messaging::channel::PortHandle;
use crate::dom::streams::transfer::TransferredStream;
use crate::dom::{
    Blob, File, FileList, ImageBitmap, ImageData, Memory, MessagePort, Module, OffscreenCanvas, dom_exception,
};

struct Reader<'a> {
    realm: &'a Realm,
    bytes: &'a [u8],
    attachments: Vec<Option<Box<dyn Any + Send + Sync>>>,
    transferred: Vec<Value>,
    known: Vec<Object>,
    depth: usize,
}

pub(super) fn deserialize(realm: &Realm, data: MessageData) -> Fallible<(Value, Vec<Root<MessagePort>>)> {
    let mut reader = Reader {
        realm,
        bytes: &data.bytes,
        attachments: data.attachments.into_iter().map(Some).collect(),
        transferred: Vec::new(),
        known: Vec::new(),
        depth: 0,
    };
    // StructuredDeserializeWithTransfer, step 3.
    let mut ports = Vec::new();
    for place in 0..reader.number()? {
        let attachment = reader.attachment(place)?;
        let attachment = match attachment.downcast::<TransferredBuffer>() {
            Ok(buffer) => {
                let TransferredBuffer { bytes, max } = *buffer;
                let buffer = match max {
                    Some(max) => ArrayBuffer::resizable(realm, &bytes, max)?,
                    None => ArrayBuffer::from_vec(realm, bytes)?,
                };
                reader.transferred.push(buffer.to_js(realm)?);
                continue;
            }
            Err(other) => other,
        };
        let attachment = match attachment.downcast::<TransferredStream>() {
            Ok(stream) => {
                let stream = stream.transfer_in(realm)?;
                reader.transferred.push(stream);
                continue;
            }
            Err(other) => other,
        };
        let attachment = match attachment.downcast::<SentBitmap>() {
            Ok(bitmap) => {
                reader.transferred.push(realm.wrap(ImageBitmap::new(bitmap.0))?.as_value().clone());
                continue;
            }
            Err(other) => other,
        };
        let attachment = match attachment.downcast::<TransferredCanvas>() {
            Ok(canvas) => {
                let canvas = OffscreenCanvas::transfer_in(realm, *canvas)?;
                reader.transferred.push(canvas.as_value().clone());
                continue;
            }
            Err(other) => other,
        };
        let handle = attachment.downcast::<PortHandle>().map_err(|_| malformed())?;
        let port = MessagePort::transfer_in(realm, *handle)?;
        reader.transferred.push(port.as_value().clone());
        ports.push(port);
    }
    Ok((reader.value()?, ports))
}

/// Messages come from this process only, so this tells of a bug, not of a page.
fn malformed() -> bgfetch_js::Exception {
    clone_error("the message is malformed")
}

impl Reader<'_> {
    fn take(&mut self, length: usize) -> Fallible<&[u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or_else(malformed)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Fallible<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| malformed())
    }

    fn byte(&mut self) -> Fallible<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn number(&mut self) -> Fallible<usize> {
        Ok(u32::from_le_bytes(self.array()?) as usize)
    }

    fn float(&mut self) -> Fallible<f64> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    fn data(&mut self) -> Fallible<&[u8]> {
        let length = self.number()?;
        self.take(length)
    }

    fn attachment(&mut self, place: usize) -> Fallible<Box<dyn Any + Send + Sync>> {
        self.attachments.get_mut(place).and_then(Option::take).ok_or_else(malformed)
    }

    fn text(&mut self) -> Fallible<Option<DomString>> {
        let tag = self.byte()?;
        match tag {
            tag::STRING => {
                let text = std::str::from_utf8(self.data()?).map_err(|_| malformed())?;
                Ok(Some(text.into()))
            }
            tag::STRING_UTF16 => {
                let units: Vec<u16> =
                    self.data()?.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
                Ok(Some(DomString::from_utf16(&units)))
            }
            tag::UNDEFINED => Ok(None),
            _ => Err(malformed()),
        }
    }

    fn value(&mut self) -> Fallible<Value> {
        let Some(first) = self.bytes.first().copied() else { return Err(malformed()) };
        if matches!(first, tag::STRING | tag::STRING_UTF16) {
            return self.text()?.unwrap_or_default().to_value(self.realm);
        }
        self.byte()?;
        match first {
            tag::UNDEFINED => Ok(Value::UNDEFINED),
            tag::NULL => Ok(Value::NULL),
            tag::TRUE => Ok(Value::boolean(true)),
            tag::FALSE => Ok(Value::boolean(false)),
            tag::NUMBER => Ok(Value::number(self.float()?)),
            tag::BIG_INT => {
                let text = std::str::from_utf8(self.data()?).map_err(|_| malformed())?.to_owned();
                let text = Value::string(self.realm, &text)?;
                self.realm.bigint_of(&text)
            }
            tag::KNOWN => {
                let number = self.number()?;
                self.known.get(number).map(|object| object.as_value().clone()).ok_or_else(malformed)
            }
            tag::TRANSFERRED => {
                let place = self.number()?;
                self.transferred.get(place).cloned().ok_or_else(malformed)
            }
            other => {
                if self.depth == MAX_DEPTH {
                    return Err(too_deep());
                }
                self.depth += 1;
                let object = self.object(other);
                self.depth -= 1;
                object.map(Object::into_value)
            }
        }
    }

    fn object(&mut self, tag: u8) -> Fallible<Object> {
        let realm = self.realm;
        match tag {
            tag::MAP => self.map(),
            tag::SET => self.set(),
            tag::ARRAY | tag::OBJECT => self.properties(tag),
            tag::TYPED_ARRAY | tag::DATA_VIEW => self.view(tag),
            tag::IMAGE_DATA => {
                // As boxed primitives: the object has its number before what is in it.
                let place = self.known.len();
                let (width, height) = (self.pixels()?, self.pixels()?);
                let array = TypedArray::from_js(realm, &self.value()?)?;
                let object = realm.wrap(ImageData::restored(width, height, array))?.to_object();
                self.known.insert(place, object.clone());
                Ok(object)
            }
            tag::BOXED => {
                // The object has its number before the primitive in it, which has none.
                let place = self.known.len();
                let primitive = self.value()?;
                let object = realm.to_object(&primitive)?;
                self.known.insert(place, object.clone());
                Ok(object)
            }
            _ => {
                let object = match tag {
                    tag::DATE => realm.new_date(self.float()?)?,
                    tag::REG_EXP => {
                        let (source, flags) = (self.value()?, self.value()?);
                        realm.new_regexp(&source, &flags)?
                    }
                    tag::ARRAY_BUFFER => {
                        let bytes = self.data()?.to_vec();
                        ArrayBuffer::from_vec(realm, bytes)?.as_object().clone()
                    }
                    tag::RESIZABLE_ARRAY_BUFFER => {
                        let max = self.number()?;
                        let bytes = self.data()?;
                        ArrayBuffer::resizable(realm, bytes, max)?.as_object().clone()
                    }
                    tag::SHARED => {
                        let place = self.number()?;
                        self.shared(place)?
                    }
                    tag::ERROR => self.error()?,
                    _ => self.platform(tag)?,
                };
                self.known.push(object.clone());
                Ok(object)
            }
        }
    }

    /// A width or a height.
    fn pixels(&mut self) -> Fallible<u32> {
        u32::try_from(self.number()?).map_err(|_| malformed())
    }

    fn shared(&mut self, place: usize) -> Fallible<Object> {
        let realm = self.realm;
        let shared = self.attachment(place)?.downcast::<Shared>().map_err(|_| malformed())?;
        Ok(match shared.received(realm)? {
            SharedThing::Block(block, length, max) => {
                ArrayBuffer::of_block(realm, &block, length, max)?.as_object().clone()
            }
            SharedThing::Memory(memory) => Memory::create(realm, wasm::Memory::of_share(memory))?.to_object(),
            SharedThing::Module(module) => Module::create(realm, module)?.to_object(),
        })
    }

    fn map(&mut self) -> Fallible<Object> {
        let map = self.realm.new_map()?;
        self.known.push(map.clone());
        for _ in 0..self.number()? {
            let (key, value) = (self.value()?, self.value()?);
            self.realm.map_set(&map, &key, &value)?;
        }
        Ok(map)
    }

    fn set(&mut self) -> Fallible<Object> {
        let set = self.realm.new_set()?;
        self.known.push(set.clone());
        for _ in 0..self.number()? {
            let value = self.value()?;
            self.realm.set_add(&set, &value)?;
        }
        Ok(set)
    }

    fn properties(&mut self, tag: u8) -> Fallible<Object> {
        let object = if tag == tag::ARRAY {
            let length = u64::from_le_bytes(self.array()?);
            let array = Object::array(self.realm, [])?;
            #[expect(clippy::cast_precision_loss, reason = "array lengths are below 2^32")]
            array.set(self.realm, "length", &Value::number(length as f64))?;
            array
        } else {
            Object::new(self.realm)?
        };
        self.known.push(object.clone());
        for _ in 0..self.number()? {
            let key = self.text()?.ok_or_else(malformed)?;
            let value = self.value()?;
            object.create_data_property(self.realm, &PropertyKey::String(key), &value)?;
        }
        Ok(object)
    }

    fn view(&mut self, tag: u8) -> Fallible<Object> {
        let kind = if tag == tag::TYPED_ARRAY {
            let name = std::str::from_utf8(self.data()?).map_err(|_| malformed())?;
            Some(TypedArrayKind::of_name(name).ok_or_else(malformed)?)
        } else {
            None
        };
        let (offset, length) = (self.number()?, self.number()?);
        let buffer = self.value()?;
        let object = match kind {
            _ if length == LENGTH_TRACKING => {
                let buffer = buffer.as_object().and_then(|object| ArrayBuffer::of_object(&object));
                let name = kind.map_or("DataView", TypedArrayKind::name);
                ArrayBufferView::tracking(self.realm, name, &buffer.ok_or_else(malformed)?, offset)?
            }
            Some(kind) => {
                let buffer = buffer.as_object().and_then(|object| ArrayBuffer::of_object(&object));
                let buffer = buffer.ok_or_else(malformed)?;
                let elements = length / kind.element_size();
                TypedArray::over(self.realm, kind, &buffer, offset, elements)?.as_object().clone()
            }
            None => self.realm.new_data_view(&buffer, offset as u64, length as u64)?,
        };
        self.known.push(object.clone());
        Ok(object)
    }

    fn error(&mut self) -> Fallible<Object> {
        let name = self.text()?.unwrap_or_default();
        let error = self.realm.new_error(&name)?;
        if let Some(message) = self.text()? {
            error.define_hidden(self.realm, "message", &message.to_value(self.realm)?)?;
        }
        self.stack(error)
    }

    fn stack(&mut self, error: Object) -> Fallible<Object> {
        if let Some(stack) = self.text()? {
            error.define_hidden(self.realm, "stack", &stack.to_value(self.realm)?)?;
        }
        Ok(error)
    }

    fn blob(&mut self) -> Fallible<BlobData> {
        let place = self.number()?;
        Ok(*self.attachment(place)?.downcast::<BlobData>().map_err(|_| malformed())?)
    }

    fn file(&mut self) -> Fallible<Root<File>> {
        let data = self.blob()?;
        let name = self.text()?.unwrap_or_default().into_string();
        let modified = i64::from_le_bytes(self.array()?);
        self.realm.wrap(File::of(data, name, modified))
    }

    fn platform(&mut self, tag: u8) -> Fallible<Object> {
        let realm = self.realm;
        match tag {
            tag::BLOB => Ok(realm.wrap(Blob::of(self.blob()?))?.to_object()),
            tag::FILE => Ok(self.file()?.to_object()),
            tag::FILE_LIST => {
                let files: Fallible<Vec<_>> = (0..self.number()?).map(|_| self.file()).collect();
                Ok(realm.wrap(FileList::of(files?))?.to_object())
            }
            tag::IMAGE_BITMAP => {
                let place = self.number()?;
                let bitmap = self.attachment(place)?.downcast::<SentBitmap>().map_err(|_| malformed())?;
                Ok(realm.wrap(ImageBitmap::new(bitmap.0))?.to_object())
            }
            tag::GEOMETRY => {
                let kind = GeometryKind::of_number(self.byte()?).ok_or_else(malformed)?;
                let numbers: Vec<f64> = (0..kind.count()).map(|_| self.float()).collect::<Fallible<_>>()?;
                geometry::restore(realm, kind, &numbers).ok_or_else(malformed)?
            }
            tag::DOM_EXCEPTION => {
                let (name, message) = (self.text()?.unwrap_or_default(), self.text()?.unwrap_or_default());
                let exception = dom_exception::restore(realm, name, message)?;
                self.stack(exception)
            }
            tag::QUOTA_EXCEEDED_ERROR => {
                let message = self.text()?.unwrap_or_default();
                let number = |number: f64| Some(number).filter(|number| !number.is_nan());
                let (quota, requested) = (number(self.float()?), number(self.float()?));
                let exception =
                    bgfetch_js::Exception::quota_exceeded(message.into_string(), quota, requested);
                let exception = exception.to_value(realm).as_object().ok_or_else(malformed)?;
                self.stack(exception)
            }
            _ => Err(malformed()),
        }
    }
}

//! Array buffers and views on them.

use std::ffi::c_void;
use std::ptr;

use rquickjs_sys as q;

use crate::{Exception, Fallible, FromJs, Object, ObjectKind, Realm, ToJs, Value};

/// An [`ArrayBuffer`](https://webidl.spec.whatwg.org/#idl-ArrayBuffer), shared ones included where allowed.
#[derive(Clone, Debug)]
pub struct ArrayBuffer(Object);

/// Any typed array.
#[derive(Clone, Debug)]
pub struct TypedArray {
    object: Object,
    kind: TypedArrayKind,
}

/// A typed array or data view: [`ArrayBufferView`](https://webidl.spec.whatwg.org/#ArrayBufferView).
#[derive(Clone, Debug)]
pub struct ArrayBufferView(Object);

/// [`BufferSource`](https://webidl.spec.whatwg.org/#BufferSource).
#[derive(Clone, Debug)]
pub enum BufferSource {
    /// A whole buffer.
    Buffer(ArrayBuffer),
    /// A part of one.
    View(ArrayBufferView),
}

macro_rules! typed_array_kinds {
    ($($variant:ident = $number:literal, $name:literal, $size:literal);+ $(;)?) => {
        /// Element type of a typed array.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum TypedArrayKind { $(#[doc = concat!("`", $name, "`")] $variant),+ }

        impl TypedArrayKind {
            /// The constructor's name, such as `Uint8Array`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Bytes an element takes.
            #[must_use]
            pub const fn element_size(self) -> usize {
                match self { $(Self::$variant => $size),+ }
            }

            /// The kind of that constructor's name.
            #[must_use]
            pub fn of_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }

            pub(crate) const fn from_raw(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }

            const fn to_raw(self) -> u32 {
                match self { $(Self::$variant => $number),+ }
            }
        }
    };
}

typed_array_kinds!(
    Uint8Clamped = 0, "Uint8ClampedArray", 1;
    Int8 = 1, "Int8Array", 1;
    Uint8 = 2, "Uint8Array", 1;
    Int16 = 3, "Int16Array", 2;
    Uint16 = 4, "Uint16Array", 2;
    Int32 = 5, "Int32Array", 4;
    Uint32 = 6, "Uint32Array", 4;
    BigInt64 = 7, "BigInt64Array", 8;
    BigUint64 = 8, "BigUint64Array", 8;
    Float16 = 9, "Float16Array", 2;
    Float32 = 10, "Float32Array", 4;
    Float64 = 11, "Float64Array", 8;
);

impl ArrayBuffer {
    /// A buffer of the realm that takes over `bytes` without copying.
    pub fn from_vec(realm: &Realm, bytes: Vec<u8>) -> Fallible<Self> {
        let bytes = bytes.into_boxed_slice();
        let length = bytes.len();
        let pointer = Box::into_raw(bytes).cast::<u8>();
        let size = Box::into_raw(Box::new(length));
        // SAFETY: the context is alive; pointer and length are of a boxed slice, which `resize_bytes` owns from here
        // on, with its length in a box of its own. On failure the engine calls it too.
        let value = realm.own(unsafe {
            q::JS_NewArrayBuffer(realm.raw(), pointer, length as _, 0, Some(resize_bytes), size.cast(), false)
        })?;
        Ok(Self(Object::from_value_unchecked(value)))
    }

    /// A buffer of zeros.
    ///
    /// # Errors
    /// A `RangeError` if there is no memory for that many bytes.
    #[expect(clippy::cast_precision_loss, reason = "the engine refuses lengths far below 2^53")]
    pub fn zeroed(realm: &Realm, length: u64) -> Fallible<Self> {
        let length = [Value::number(length as f64)];
        Ok(Self(realm.intrinsics().call_object(realm, "newArrayBuffer", &length)?))
    }

    /// The buffer that an object is.
    #[must_use]
    pub fn of_object(object: &Object) -> Option<Self> {
        let kind = object.object_kind();
        matches!(kind, ObjectKind::ArrayBuffer | ObjectKind::SharedArrayBuffer).then(|| Self(object.clone()))
    }

    /// Length in bytes; 0 when detached.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes().map_or(0, |(_, length)| length)
    }

    /// Whether it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it is detached.
    #[must_use]
    pub fn is_detached(&self) -> bool {
        self.bytes().is_none()
    }

    /// Whether it is a `SharedArrayBuffer`.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.0.object_kind() == ObjectKind::SharedArrayBuffer
    }

    /// Whether its length never changes.
    pub fn is_fixed_length(&self, realm: &Realm) -> Fallible<bool> {
        let intrinsic = if self.is_shared() { "isFixedLengthShared" } else { "isFixedLength" };
        let fixed = realm.intrinsics().call(realm, intrinsic, std::slice::from_ref(self.as_value()))?;
        Ok(fixed.to_boolean(realm))
    }

    /// Where its bytes are; none when detached.
    pub(crate) fn address(&self) -> Option<usize> {
        self.bytes().map(|(pointer, _)| pointer.addr())
    }

    /// Whether script may detach it: it is neither shared nor that of a memory of WebAssembly.
    #[must_use]
    pub fn is_detachable(&self) -> bool {
        !self.is_shared() && !crate::wasm::keeps_buffer(&self.0)
    }

    /// Its bytes from `offset`, at most `length`; fewer, or none, where the buffer is shorter or detached.
    #[must_use]
    pub fn to_vec(&self, offset: usize, length: usize) -> Vec<u8> {
        let Some((pointer, size)) = self.bytes() else { return Vec::new() };
        let start = offset.min(size);
        let count = length.min(size - start);
        // SAFETY: within the buffer; no script runs while copying.
        unsafe { std::slice::from_raw_parts(pointer.add(start), count) }.to_vec()
    }

    /// Writes as much of `bytes` as fits from `offset`; how many that were.
    #[must_use]
    pub fn write(&self, offset: usize, bytes: &[u8]) -> usize {
        let Some((pointer, size)) = self.bytes() else { return 0 };
        let start = offset.min(size);
        let count = bytes.len().min(size - start);
        // SAFETY: within the buffer; `bytes` is Rust memory and does not overlap the engine's.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), pointer.add(start), count) };
        count
    }

    /// [Transfers](https://webidl.spec.whatwg.org/#arraybuffer-transfer) it: its bytes; it is detached.
    ///
    /// # Errors
    /// A `TypeError` if it is detached or shared.
    pub fn transfer(&self, realm: &Realm) -> Fallible<Vec<u8>> {
        if !self.is_detachable() || self.is_detached() {
            return Err(Exception::type_error(
                "the ArrayBuffer cannot be transferred: it is detached, shared or a memory's",
            ));
        }
        let bytes = self.to_vec(0, usize::MAX);
        // SAFETY: context and buffer are alive.
        unsafe { q::JS_DetachArrayBuffer(realm.raw(), self.0.raw()) };
        Ok(bytes)
    }

    /// [TransferArrayBuffer](https://streams.spec.whatwg.org/#transfer-array-buffer): a new buffer with the bytes of this
    /// one, which are not copied; this one is detached.
    ///
    /// # Errors
    /// A `TypeError` if it cannot be detached.
    pub fn transfer_to_new(&self, realm: &Realm) -> Fallible<Self> {
        if !self.is_detachable() {
            return Err(Exception::type_error("the ArrayBuffer cannot be transferred: it is a memory's"));
        }
        let buffer = self.as_value().clone();
        Ok(Self(realm.intrinsics().call_object(realm, "transferBuffer", &[buffer])?))
    }

    /// [CopyDataBlockBytes](https://tc39.es/ecma262/#sec-copydatablockbytes) of `count` bytes from `from` in `source` to `to`
    /// here, if it [can be
    /// done](https://streams.spec.whatwg.org/#abstract-opdef-cancopydatablockbytes): whether it was.
    #[must_use]
    pub fn copy_from(&self, to: usize, source: &Self, from: usize, count: usize) -> bool {
        let (Some((target, size)), Some((origin, available))) = (self.bytes(), source.bytes()) else {
            return false;
        };
        let fits = |start: usize, size: usize| start.checked_add(count).is_some_and(|end| end <= size);
        if self.0.is_same(&source.0) || !fits(to, size) || !fits(from, available) {
            return false;
        }
        // SAFETY: both ranges are within their buffers; no script runs meanwhile.
        unsafe { ptr::copy(origin.add(from), target.add(to), count) };
        true
    }

    fn bytes(&self) -> Option<(*mut u8, usize)> {
        let ctx = Realm::any()?;
        let mut length: q::size_t = 0;
        // SAFETY: context and buffer are alive, and the place is valid.
        let pointer = unsafe { q::JS_GetArrayBuffer(ctx, &raw mut length, self.0.raw()) };
        if pointer.is_null() {
            // Detached: the engine left an exception behind; or empty.
            // SAFETY: the context is alive; the reference is given to us.
            let pending = Value::from_owned(unsafe { q::JS_GetException(ctx) });
            return if pending.is_object() { None } else { Some((ptr::NonNull::dangling().as_ptr(), 0)) };
        }
        Some((pointer, length as usize))
    }

    /// The object.
    #[must_use]
    pub const fn as_object(&self) -> &Object {
        &self.0
    }

    /// The object as a value.
    #[must_use]
    pub const fn as_value(&self) -> &Value {
        self.0.as_value()
    }
}

/// Resizes or frees what [`ArrayBuffer::from_vec`] gave to the engine.
unsafe extern "C" fn resize_bytes(
    _rt: *mut q::JSRuntime,
    opaque: *mut c_void,
    pointer: *mut c_void,
    new_length: q::size_t,
) -> *mut c_void {
    let size = opaque.cast::<usize>();
    // SAFETY: `size` is the box made with the buffer, and `pointer` the boxed slice of that many bytes; the engine
    // owns both until this is called with 0.
    unsafe {
        let bytes = Box::from_raw(ptr::slice_from_raw_parts_mut(pointer.cast::<u8>(), *size));
        if new_length == 0 {
            drop(Box::from_raw(size));
            return ptr::null_mut();
        }
        let mut bytes = bytes.into_vec();
        bytes.resize(new_length as usize, 0);
        *size = bytes.len();
        Box::into_raw(bytes.into_boxed_slice()).cast()
    }
}

impl ArrayBufferView {
    /// The view that an object is.
    #[must_use]
    pub fn of_object(object: &Object) -> Option<Self> {
        matches!(object.object_kind(), ObjectKind::TypedArray(_) | ObjectKind::DataView)
            .then(|| Self(object.clone()))
    }

    /// Its element type; `None` is a data view.
    #[must_use]
    pub fn kind(&self) -> Option<TypedArrayKind> {
        match self.0.object_kind() {
            ObjectKind::TypedArray(kind) => Some(kind),
            _ => None,
        }
    }

    /// Its buffer, byte offset and byte length.
    pub fn parts(&self, realm: &Realm) -> Fallible<(ArrayBuffer, usize, usize)> {
        let (buffer, offset, length) = if self.kind().is_some() {
            let (mut offset, mut length, mut size): (q::size_t, q::size_t, q::size_t) = (0, 0, 0);
            // SAFETY: context and array are alive, and the places are valid.
            let buffer = realm.own(unsafe {
                q::JS_GetTypedArrayBuffer(
                    realm.raw(),
                    self.0.raw(),
                    &raw mut offset,
                    &raw mut length,
                    &raw mut size,
                )
            })?;
            (buffer, offset as usize, length as usize)
        } else {
            let (buffer, offset, length) = realm.data_view_parts(&self.0)?;
            (buffer, usize::try_from(offset).unwrap_or(0), usize::try_from(length).unwrap_or(0))
        };
        let buffer = buffer.as_object().and_then(|buffer| ArrayBuffer::of_object(&buffer));
        buffer
            .map(|buffer| (buffer, offset, length))
            .ok_or_else(|| Exception::type_error("the view has no buffer"))
    }

    /// A copy of its bytes; none if its buffer is detached.
    #[must_use]
    pub fn to_vec(&self, realm: &Realm) -> Vec<u8> {
        self.parts(realm)
            .map_or_else(|_| Vec::new(), |(buffer, offset, length)| buffer.to_vec(offset, length))
    }

    /// The object.
    #[must_use]
    pub const fn as_object(&self) -> &Object {
        &self.0
    }
}

impl TypedArray {
    /// A typed array over all of `bytes`.
    pub fn from_vec(realm: &Realm, kind: TypedArrayKind, bytes: Vec<u8>) -> Fallible<Self> {
        let buffer = ArrayBuffer::from_vec(realm, bytes)?;
        let length = buffer.len() / kind.element_size();
        Self::over(realm, kind, &buffer, 0, length)
    }

    /// A typed array over a part of a buffer: offset in bytes, length in elements.
    #[expect(clippy::cast_precision_loss, reason = "lengths below 2^53")]
    pub fn over(
        realm: &Realm,
        kind: TypedArrayKind,
        buffer: &ArrayBuffer,
        offset: usize,
        length: usize,
    ) -> Fallible<Self> {
        let args = [buffer.as_value().clone(), Value::number(offset as f64), Value::number(length as f64)];
        let mut raw = [args[0].raw(), args[1].raw(), args[2].raw()];
        // SAFETY: context and arguments are alive.
        let array =
            realm.own(unsafe { q::JS_NewTypedArray(realm.raw(), 3, raw.as_mut_ptr(), kind.to_raw()) })?;
        Ok(Self { object: Object::from_value_unchecked(array), kind })
    }

    /// Its element type.
    #[must_use]
    pub const fn kind(&self) -> TypedArrayKind {
        self.kind
    }

    /// As a view.
    #[must_use]
    pub fn to_view(&self) -> ArrayBufferView {
        ArrayBufferView(self.object.clone())
    }

    /// The object.
    #[must_use]
    pub const fn as_object(&self) -> &Object {
        &self.object
    }
}

impl BufferSource {
    /// [A copy of the bytes held by](https://webidl.spec.whatwg.org/#dfn-get-buffer-source-copy) it.
    #[must_use]
    pub fn to_vec(&self, realm: &Realm) -> Vec<u8> {
        match self {
            Self::Buffer(buffer) => buffer.to_vec(0, usize::MAX),
            Self::View(view) => view.to_vec(realm),
        }
    }
}

impl FromJs for ArrayBuffer {
    fn from_js(_: &Realm, value: &Value) -> Fallible<Self> {
        let buffer = value
            .as_object()
            .and_then(|object| Self::of_object(&object))
            .filter(|buffer| !buffer.is_shared());
        buffer.ok_or_else(|| Exception::type_error("the value is not an ArrayBuffer"))
    }
}

impl FromJs for ArrayBufferView {
    fn from_js(_: &Realm, value: &Value) -> Fallible<Self> {
        let view = value.as_object().and_then(|object| Self::of_object(&object));
        view.ok_or_else(|| Exception::type_error("the value is not an ArrayBufferView"))
    }
}

impl FromJs for BufferSource {
    fn from_js(_: &Realm, value: &Value) -> Fallible<Self> {
        let object = value.as_object();
        let source = object.and_then(|object| match ArrayBufferView::of_object(&object) {
            Some(view) => Some(Self::View(view)),
            None => ArrayBuffer::of_object(&object).map(Self::Buffer),
        });
        source.ok_or_else(|| Exception::type_error("the value is not an ArrayBuffer or a view on one"))
    }
}

impl FromJs for TypedArray {
    fn from_js(_: &Realm, value: &Value) -> Fallible<Self> {
        let array = value.as_object().and_then(|object| match object.object_kind() {
            ObjectKind::TypedArray(kind) => Some(Self { object, kind }),
            _ => None,
        });
        array.ok_or_else(|| Exception::type_error("the value is not a typed array"))
    }
}

macro_rules! objects_to_js {
    ($($name:ty => |$v:ident| $object:expr),+ $(,)?) => {$(
        impl ToJs for $name {
            fn to_js(self, _: &Realm) -> Fallible<Value> {
                let $v = self;
                Ok($object)
            }
        }
    )+};
}

objects_to_js!(
    ArrayBuffer => |b| b.0.into_value(),
    ArrayBufferView => |v| v.0.into_value(),
    TypedArray => |a| a.object.into_value(),
    BufferSource => |s| match s { BufferSource::Buffer(b) => b.0.into_value(), BufferSource::View(v) => v.0.into_value() },
);

//! Resizable array buffers, and views that follow their length.

use crate::{ArrayBuffer, ArrayBufferView, Exception, Fallible, Object, Realm, Value};

/// Intrinsics of a realm: see [`crate::intrinsics`].
pub(crate) const EXPRESSIONS: &[(&str, &str)] = &[
    (
        "maxByteLength",
        "((r, m) => b => r(b) ? m(b) : undefined)(...['resizable', 'maxByteLength'].map(n => Function.prototype.call.bind(Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, n).get)))",
    ),
    (
        "sharedMaxByteLength",
        "((r, m) => b => r(b) ? m(b) : undefined)(...['growable', 'maxByteLength'].map(n => Function.prototype.call.bind(Object.getOwnPropertyDescriptor(SharedArrayBuffer.prototype, n).get)))",
    ),
    ("sharedByteLength", "Object.getOwnPropertyDescriptor(SharedArrayBuffer.prototype, 'byteLength').get"),
    (
        "replaceSharedByteLength",
        "get => Object.defineProperty(SharedArrayBuffer.prototype, 'byteLength', { get })",
    ),
    ("sharedConstructor", "SharedArrayBuffer"),
    ("sharedGrow", "SharedArrayBuffer.prototype.grow"),
    ("resize", "ArrayBuffer.prototype.resize"),
    ("transfer", "ArrayBuffer.prototype.transfer"),
    ("transferToFixedLength", "ArrayBuffer.prototype.transferToFixedLength"),
    ("transferToImmutable", "ArrayBuffer.prototype.transferToImmutable"),
    ("atomicsNotify", "Atomics.notify"),
    ("newWeakRef", "(W => o => new W(o))(WeakRef)"),
    ("derefWeakRef", "Function.prototype.call.bind(WeakRef.prototype.deref)"),
    ("newResizable", "(B => (n, m) => new B(n, { maxByteLength: m, __proto__: null }))(ArrayBuffer)"),
    (
        "newTracking",
        "(C => (n, b, o) => new C[n](b, o))({ Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array, BigUint64Array, Float16Array, Float32Array, Float64Array, DataView, __proto__: null })",
    ),
    // There is no way to ask whether a view follows its buffer's length, so the buffer gets another one for a moment, of
    // which nobody can learn: shorter by the view's last byte, which makes a view of fixed length throw, or, for one
    // without bytes, longer.
    (
        "isLengthTracking",
        "((resize, size, bytes, write, touch, length, elements) => (buffer, view, offset, count, isData) => {
            const before = size(buffer);
            if (count === 0) {
                try { resize(buffer, before + 8) } catch { return false }
                const tracking = (isData ? length : elements)(view) !== 0;
                resize(buffer, before);
                return tracking;
            }
            const saved = bytes(buffer, offset + count - 1);
            let tracking = true;
            resize(buffer, offset + count - 1);
            try { isData ? length(view) : touch(view) } catch { tracking = false }
            resize(buffer, before);
            write(buffer, saved, offset + count - 1);
            return tracking;
        })(
            Function.prototype.call.bind(ArrayBuffer.prototype.resize),
            Function.prototype.call.bind(Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength').get),
            ((U, s) => (b, o) => s(new U(b, o)))(Uint8Array, Function.prototype.call.bind(Uint8Array.prototype.slice)),
            ((U, s) => (b, v, o) => s(new U(b, o), v))(Uint8Array, Function.prototype.call.bind(Uint8Array.prototype.set)),
            Function.prototype.call.bind(Uint8Array.prototype.keys),
            Function.prototype.call.bind(Object.getOwnPropertyDescriptor(DataView.prototype, 'byteLength').get),
            Function.prototype.call.bind(Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length').get))",
    ),
];

#[expect(clippy::cast_precision_loss, reason = "lengths below 2^53")]
fn number(length: usize) -> Value {
    Value::number(length as f64)
}

impl ArrayBuffer {
    /// A resizable buffer with these bytes that may grow up to `max` bytes.
    ///
    /// # Errors
    /// A `RangeError` if `max` is too large, or smaller than what there is.
    pub fn resizable(realm: &Realm, bytes: &[u8], max: usize) -> Fallible<Self> {
        let args = [number(bytes.len()), number(max)];
        let object = realm.intrinsics().call_object(realm, "newResizable", &args)?;
        let buffer = Self::of_object(&object);
        let buffer = buffer.ok_or_else(|| Exception::type_error("the engine made no ArrayBuffer"))?;
        let _all = buffer.write(0, bytes);
        Ok(buffer)
    }

    /// To how many bytes it may grow; `None` if its length is fixed, or it is shared.
    ///
    /// # Errors
    /// Only without memory.
    pub fn max_byte_length(&self, realm: &Realm) -> Fallible<Option<usize>> {
        if self.is_shared() {
            return Ok(None);
        }
        self.max_by(realm, "maxByteLength")
    }

    /// To how many bytes a shared one may grow; `None` if its length is fixed, or it is not shared.
    ///
    /// # Errors
    /// Only without memory.
    pub fn shared_max(&self, realm: &Realm) -> Fallible<Option<usize>> {
        if self.is_shared() { self.max_by(realm, "sharedMaxByteLength") } else { Ok(None) }
    }

    fn max_by(&self, realm: &Realm, intrinsic: &'static str) -> Fallible<Option<usize>> {
        let max = realm.intrinsics().call(realm, intrinsic, std::slice::from_ref(self.as_value()))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths below 2^53")]
        let max = max.as_number().map(|max| max as usize);
        Ok(max)
    }

    /// Makes a resizable or growable one that long.
    ///
    /// # Errors
    /// A `RangeError` if it cannot be.
    pub(crate) fn set_length(&self, realm: &Realm, length: usize) -> Fallible<()> {
        let resize = realm.intrinsics().object(if self.is_shared() { "sharedGrow" } else { "resize" })?;
        let entry = crate::state::Entry::new();
        let result = resize.call(realm, self.as_value(), &[number(length)]);
        // What the platform does for itself is no script of the page: no checkpoint follows.
        entry.end_quietly();
        result.map(drop)
    }
}

impl ArrayBufferView {
    /// Whether its length follows that of its buffer. It must not be out of bounds.
    ///
    /// # Errors
    /// Only without memory.
    pub fn is_length_tracking(&self, realm: &Realm) -> Fallible<bool> {
        let (buffer, offset, length) = self.parts(realm)?;
        let element = self.kind().map_or(1, crate::TypedArrayKind::element_size);
        if buffer.max_byte_length(realm)?.is_none() || buffer.len() - (offset + length) >= element {
            return Ok(false);
        }
        let args = [
            buffer.as_value().clone(),
            self.as_object().as_value().clone(),
            number(offset),
            number(length),
            Value::boolean(self.kind().is_none()),
        ];
        Ok(realm.intrinsics().call(realm, "isLengthTracking", &args)?.as_bool() == Some(true))
    }

    /// A view of a resizable buffer from `offset`, in bytes, to wherever that ends. `name` is that of its constructor.
    ///
    /// # Errors
    /// A `RangeError` if the offset is beyond the buffer's end.
    pub fn tracking(realm: &Realm, name: &str, buffer: &ArrayBuffer, offset: usize) -> Fallible<Object> {
        let args = [Value::string(realm, name)?, buffer.as_value().clone(), number(offset)];
        realm.intrinsics().call_object(realm, "newTracking", &args)
    }
}

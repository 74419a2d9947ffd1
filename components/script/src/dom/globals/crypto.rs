//! [`Crypto`](https://w3c.github.io/webcrypto/#Crypto-interface): random values; there is no `SubtleCrypto`.

use bgfetch_js::{
    ArrayBufferView, DomString, Exception, Fallible, Realm, Reflector, TypedArrayKind, platform_object,
    trace_fields,
};

use crate::bindings::CryptoMethods;

/// `Crypto`.
pub(crate) struct Crypto {
    reflector: Reflector,
}

trace_fields!(Crypto {});
platform_object!(Crypto);

impl Crypto {
    /// Of a realm.
    pub(crate) const fn new() -> Self {
        Self { reflector: Reflector::new() }
    }
}

/// The most that is given at once, in bytes.
const MOST: usize = 65_536;

impl CryptoMethods for Crypto {
    /// [`getRandomValues()`](https://w3c.github.io/webcrypto/#Crypto-method-getRandomValues)
    fn get_random_values(&self, realm: &Realm, array: ArrayBufferView) -> Fallible<ArrayBufferView> {
        // Step 1.
        use TypedArrayKind::{Float16, Float32, Float64};
        if !array.kind().is_some_and(|kind| !matches!(kind, Float16 | Float32 | Float64)) {
            return Err(Exception::dom("TypeMismatchError", "random values go into arrays of integers"));
        }
        // Step 2.
        let (buffer, offset, length) = array.parts(realm)?;
        if length > MOST {
            let message =
                format!("the array has {length} bytes; at most {MOST} random bytes are given at once");
            #[expect(clippy::cast_precision_loss, reason = "lengths below 2^53")]
            return Err(Exception::quota_exceeded(message, Some(MOST as f64), Some(length as f64)));
        }
        // Step 3.
        let mut bytes = vec![0; length];
        getrandom::fill(&mut bytes).map_err(|error| Exception::dom("OperationError", error.to_string()))?;
        let _written = buffer.write(offset, &bytes);
        Ok(array)
    }

    /// [`randomUUID()`](https://w3c.github.io/webcrypto/#Crypto-method-randomUUID)
    fn random_uuid(&self, _: &Realm) -> Fallible<DomString> {
        Ok(uuid::Uuid::new_v4().hyphenated().to_string().into())
    }
}

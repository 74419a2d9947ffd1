//! Addresses, of 32 bits or 64: numbers or bigints.

use bgfetch_js::{BigInt, EnforceRange, Exception, Fallible, FromJs, Realm, ToJs, Value};

/// [AddressValueToU64](https://webassembly.github.io/spec/js-api/#addressvaluetou64)
///
/// # Errors
/// A `TypeError` if it is no address of that many bits.
pub(super) fn from_js(realm: &Realm, value: &Value, is_64: bool) -> Fallible<u64> {
    if !is_64 {
        let EnforceRange(address) = EnforceRange::<u32>::from_js(realm, value)?;
        return Ok(u64::from(address));
    }
    let address = BigInt::from_js(realm, value)?.to_text(realm)?;
    address.parse().map_err(|_| Exception::type_error("the address is out of range"))
}

/// [U64ToAddressValue](https://webassembly.github.io/spec/js-api/#u64toaddressvalue)
///
/// # Errors
/// Only without memory.
pub(super) fn to_js(realm: &Realm, address: u64, is_64: bool) -> Fallible<Value> {
    if is_64 {
        return BigInt::from(i128::from(address)).to_js(realm);
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 32 bits")]
    Ok(Value::number(address as f64))
}

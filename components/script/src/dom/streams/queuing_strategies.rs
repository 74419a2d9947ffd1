//! [`ByteLengthQueuingStrategy`](https://streams.spec.whatwg.org/#blqs-class) and
//! [`CountQueuingStrategy`](https://streams.spec.whatwg.org/#cqs-class).

use bgfetch_js::{
    Callback, Exception, Fallible, Realm, Reflector, Traced, Value, platform_object, trace_fields,
};

use crate::bindings::{
    ByteLengthQueuingStrategyMethods, CountQueuingStrategyMethods, Function, QueuingStrategyInit,
};

/// `ByteLengthQueuingStrategy`.
pub(crate) struct ByteLengthQueuingStrategy {
    reflector: Reflector,
    high_water_mark: f64,
    size: Traced<Callback>,
}

trace_fields!(ByteLengthQueuingStrategy { size });
platform_object!(ByteLengthQueuingStrategy);

/// `CountQueuingStrategy`.
pub(crate) struct CountQueuingStrategy {
    reflector: Reflector,
    high_water_mark: f64,
    size: Traced<Callback>,
}

trace_fields!(CountQueuingStrategy { size });
platform_object!(CountQueuingStrategy);

/// [Byte length queuing strategy size
/// function](https://streams.spec.whatwg.org/#byte-length-queuing-strategy-size-function) of a realm.
fn byte_length_size_function(realm: &Realm) -> Fallible<Callback> {
    let function = realm.once("byte length queuing strategy size function", |realm| {
        let function = realm.function("size", 1, |realm, _, args| {
            let chunk = args.get(0);
            // GetV.
            if chunk.is_nullish() {
                return Err(Exception::type_error("undefined and null have no byteLength"));
            }
            realm.to_object(chunk)?.get(realm, "byteLength")
        })?;
        Ok(function.as_object().clone())
    })?;
    Callback::new(function.as_value())
}

/// [Count queuing strategy size
/// function](https://streams.spec.whatwg.org/#count-queuing-strategy-size-function) of a realm.
fn count_size_function(realm: &Realm) -> Fallible<Callback> {
    let function = realm.once("count queuing strategy size function", |realm| {
        let function = realm.function("size", 0, |_, _, _| Ok(Value::int(1)))?;
        Ok(function.as_object().clone())
    })?;
    Callback::new(function.as_value())
}

impl ByteLengthQueuingStrategyMethods for ByteLengthQueuingStrategy {
    fn constructor(realm: &Realm, init: QueuingStrategyInit) -> Fallible<Self> {
        let size = byte_length_size_function(realm)?.into();
        Ok(Self { reflector: Reflector::new(), high_water_mark: init.high_water_mark, size })
    }

    fn high_water_mark(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.high_water_mark)
    }

    fn size(&self, _: &Realm) -> Fallible<Function> {
        Ok(Function((*self.size).clone()))
    }
}

impl CountQueuingStrategyMethods for CountQueuingStrategy {
    fn constructor(realm: &Realm, init: QueuingStrategyInit) -> Fallible<Self> {
        let size = count_size_function(realm)?.into();
        Ok(Self { reflector: Reflector::new(), high_water_mark: init.high_water_mark, size })
    }

    fn high_water_mark(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.high_water_mark)
    }

    fn size(&self, _: &Realm) -> Fallible<Function> {
        Ok(Function((*self.size).clone()))
    }
}

//! [Maplike](https://webidl.spec.whatwg.org/#js-maplike) and [setlike](https://webidl.spec.whatwg.org/#js-setlike)
//! declarations: the entries are kept with the object, in a `Map` or `Set` that no page ever sees.

use std::marker::PhantomData;

use super::iterable::define_symbol;
use crate::object::{ALL, HIDDEN};
use crate::{Callback, Fallible, FromJs, Object, PlatformObject, Realm, Root, ToJs, Value, platform};

const MAP: &str = "[[MapEntries]]";
const SET: &str = "[[SetEntries]]";

/// Which of the two an interface is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    /// `maplike`
    Map,
    /// `setlike`
    Set,
}

/// Defines what a table of members cannot: functions under two names. The others are there already.
pub(super) fn install(realm: &Realm, prototype: &Object, collection: Collection) -> Fallible<()> {
    let iterator = match collection {
        Collection::Map => "entries",
        Collection::Set => "values",
    };
    let iterator = prototype.get(realm, iterator)?;
    if collection == Collection::Set {
        prototype.define(realm, "keys", &iterator, ALL)?;
    }
    define_symbol(realm, prototype, "symbolIterator", &iterator, HIDDEN)
}

fn kept<T: PlatformObject>(
    this: &T,
    name: &'static str,
    make: impl FnOnce() -> Fallible<Object>,
) -> Fallible<Object> {
    let root = this.root();
    match platform::header_of(root.as_value().raw()) {
        // SAFETY: the header lives as long as its object, which `root` holds.
        Some(header) => unsafe { header.as_ref() }.kept_or(name, make),
        None => make(),
    }
}

/// The [map entries](https://webidl.spec.whatwg.org/#dfn-map-entries) of an object of a maplike interface.
#[derive(Clone, Debug)]
pub struct MapEntries<K, V> {
    map: Object,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: ToJs, V: ToJs + FromJs> MapEntries<K, V> {
    /// The entries of an object.
    pub fn of<T: PlatformObject>(realm: &Realm, this: &T) -> Fallible<Self> {
        Ok(Self { map: map(realm, this)?, types: PhantomData })
    }

    /// How many entries there are.
    pub fn len(&self, realm: &Realm) -> Fallible<usize> {
        size(realm, "mapSize", &self.map)
    }

    /// Whether there are none.
    pub fn is_empty(&self, realm: &Realm) -> Fallible<bool> {
        Ok(self.len(realm)? == 0)
    }

    /// The value of a key.
    pub fn get(&self, realm: &Realm, key: K) -> Fallible<Option<V>> {
        let key = key.to_js(realm)?;
        if !has(realm, "mapHas", &self.map, &key)? {
            return Ok(None);
        }
        let value = call(realm, "mapGet", &self.map, &[key])?;
        V::from_js(realm, &value).map(Some)
    }

    /// Whether there is a key.
    pub fn has(&self, realm: &Realm, key: K) -> Fallible<bool> {
        has(realm, "mapHas", &self.map, &key.to_js(realm)?)
    }

    /// Sets the value of a key, which keeps its place in the order if it is there already.
    pub fn set(&self, realm: &Realm, key: K, value: V) -> Fallible<()> {
        realm.map_set(&self.map, &key.to_js(realm)?, &value.to_js(realm)?)
    }

    /// Removes a key; whether it was there.
    pub fn delete(&self, realm: &Realm, key: K) -> Fallible<bool> {
        has(realm, "mapDelete", &self.map, &key.to_js(realm)?)
    }

    /// Removes all keys.
    pub fn clear(&self, realm: &Realm) -> Fallible<()> {
        call(realm, "mapClear", &self.map, &[]).map(drop)
    }
}

/// The [set entries](https://webidl.spec.whatwg.org/#dfn-set-entries) of an object of a setlike interface.
#[derive(Clone, Debug)]
pub struct SetEntries<V> {
    set: Object,
    types: PhantomData<fn() -> V>,
}

impl<V: ToJs + FromJs> SetEntries<V> {
    /// The entries of an object.
    pub fn of<T: PlatformObject>(realm: &Realm, this: &T) -> Fallible<Self> {
        Ok(Self { set: set(realm, this)?, types: PhantomData })
    }

    /// How many entries there are.
    pub fn len(&self, realm: &Realm) -> Fallible<usize> {
        size(realm, "setSize", &self.set)
    }

    /// Whether there are none.
    pub fn is_empty(&self, realm: &Realm) -> Fallible<bool> {
        Ok(self.len(realm)? == 0)
    }

    /// Whether there is a value.
    pub fn has(&self, realm: &Realm, value: V) -> Fallible<bool> {
        has(realm, "setHas", &self.set, &value.to_js(realm)?)
    }

    /// Adds a value at the end, unless it is there already.
    pub fn add(&self, realm: &Realm, value: V) -> Fallible<()> {
        realm.set_add(&self.set, &value.to_js(realm)?)
    }

    /// Removes a value; whether it was there.
    pub fn delete(&self, realm: &Realm, value: V) -> Fallible<bool> {
        has(realm, "setDelete", &self.set, &value.to_js(realm)?)
    }

    /// Removes all values.
    pub fn clear(&self, realm: &Realm) -> Fallible<()> {
        call(realm, "setClear", &self.set, &[]).map(drop)
    }

    /// All values, in order.
    pub fn to_vec(&self, realm: &Realm) -> Fallible<Vec<V>> {
        realm.set_values(&self.set)?.iter().map(|value| V::from_js(realm, value)).collect()
    }
}

fn map<T: PlatformObject>(realm: &Realm, this: &T) -> Fallible<Object> {
    kept(this, MAP, || realm.new_map())
}

fn set<T: PlatformObject>(realm: &Realm, this: &T) -> Fallible<Object> {
    kept(this, SET, || realm.new_set())
}

fn call(realm: &Realm, intrinsic: &'static str, entries: &Object, more: &[Value]) -> Fallible<Value> {
    let mut args = vec![entries.as_value().clone()];
    args.extend_from_slice(more);
    realm.intrinsics().call(realm, intrinsic, &args)
}

fn has(realm: &Realm, intrinsic: &'static str, entries: &Object, key: &Value) -> Fallible<bool> {
    Ok(call(realm, intrinsic, entries, std::slice::from_ref(key))?.to_boolean(realm))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of things in memory")]
fn size(realm: &Realm, intrinsic: &'static str, entries: &Object) -> Fallible<usize> {
    Ok(call(realm, intrinsic, entries, &[])?.as_number().unwrap_or(0.0) as usize)
}

/// `forEach`: the entries as they are when each comes up.
fn for_each<T: PlatformObject>(
    realm: &Realm,
    this: &T,
    intrinsic: &'static str,
    entries: &Object,
    args: &super::Args<'_>,
) -> Fallible<Value> {
    let callback = Callback::new(args.get(0))?;
    let root: Root<T> = this.root();
    let args = [callback.as_value().clone(), args.get(1).clone(), root.as_value().clone()];
    call(realm, intrinsic, entries, &args).map(|_| Value::UNDEFINED)
}

/// The members of maplike interfaces, but for the conversion of their arguments.
pub mod maplike {
    use super::{Fallible, PlatformObject, Realm, Value, call, map};
    use crate::glue::Args;

    /// `size`
    pub fn size<T: PlatformObject>(realm: &Realm, this: &T) -> Fallible<Value> {
        call(realm, "mapSize", &map(realm, this)?, &[])
    }

    /// `entries`
    pub fn entries<T: PlatformObject>(realm: &Realm, this: &T) -> Fallible<Value> {
        call(realm, "mapIterator", &map(realm, this)?, &[])
    }

    /// `keys`
    pub fn keys<T: PlatformObject>(realm: &Realm, this: &T) -> Fallible<Value> {
        call(realm, "mapKeys", &map(realm, this)?, &[])
    }

    /// `values`
    pub fn values<T: PlatformObject>(realm: &Realm, this: &T) -> Fallible<Value> {
        call(realm, "mapValues", &map(realm, this)?, &[])
    }

    /// `forEach`
    pub fn for_each<T: PlatformObject>(realm: &Realm, this: &T, args: &Args<'_>) -> Fallible<Value> {
        super::for_each(realm, this, "mapForEach", &map(realm, this)?, args)
    }

    /// `get`
    pub fn get<T: PlatformObject>(realm: &Realm, this: &T, key: Value) -> Fallible<Value> {
        call(realm, "mapGet", &map(realm, this)?, &[key])
    }

    /// `has`
    pub fn has<T: PlatformObject>(realm: &Realm, this: &T, key: Value) -> Fallible<Value> {
        call(realm, "mapHas", &map(realm, this)?, &[key])
    }

    /// `set`
    pub fn set<T: PlatformObject>(realm: &Realm, this: &T, key: Value, value: Value) -> Fallible<Value> {
        call(realm, "mapSet", &map(realm, this)?, &[key, value])?;
        Ok(this.root().as_value().clone())
    }

    /// `delete`
    pub fn delete<T: PlatformObject>(realm: &Realm, this: &T, key: Value) -> Fallible<Value> {
        call(realm, "mapDelete", &map(realm, this)?, &[key])
    }

    /// `clear`
    pub fn clear<T: PlatformObject>(realm: &Realm, this: &T) -> Fallible<Value> {
        call(realm, "mapClear", &map(realm, this)?, &[])
    }
}

/// The members of setlike interfaces, but for the conversion of their arguments.
pub mod setlike {
    use super::{Fallible, PlatformObject, Realm, Value, call, set};
    use crate::glue::Args;

    /// `size`
    pub fn size<T: PlatformObject>(realm: &Realm, this: &T) -> Fallible<Value> {
        call(realm, "setSize", &set(realm, this)?, &[])
    }

    /// `entries`
    pub fn entries<T: PlatformObject>(realm: &Realm, this: &T) -> Fallible<Value> {
        call(realm, "setEntries", &set(realm, this)?, &[])
    }

    /// `values`, which is `keys`, too.
    pub fn values<T: PlatformObject>(realm: &Realm, this: &T) -> Fallible<Value> {
        call(realm, "setIterator", &set(realm, this)?, &[])
    }

    /// `forEach`
    pub fn for_each<T: PlatformObject>(realm: &Realm, this: &T, args: &Args<'_>) -> Fallible<Value> {
        super::for_each(realm, this, "setForEach", &set(realm, this)?, args)
    }

    /// `has`
    pub fn has<T: PlatformObject>(realm: &Realm, this: &T, value: Value) -> Fallible<Value> {
        call(realm, "setHas", &set(realm, this)?, &[value])
    }

    /// `add`
    pub fn add<T: PlatformObject>(realm: &Realm, this: &T, value: Value) -> Fallible<Value> {
        call(realm, "setAdd", &set(realm, this)?, &[value])?;
        Ok(this.root().as_value().clone())
    }

    /// `delete`
    pub fn delete<T: PlatformObject>(realm: &Realm, this: &T, value: Value) -> Fallible<Value> {
        call(realm, "setDelete", &set(realm, this)?, &[value])
    }

    /// `clear`
    pub fn clear<T: PlatformObject>(realm: &Realm, this: &T) -> Fallible<Value> {
        call(realm, "setClear", &set(realm, this)?, &[])
    }
}

/// The entries of a map as a person may want to look through them.
impl<K: ToJs + FromJs, V: ToJs + FromJs> MapEntries<K, V> {
    /// All keys and values, in order.
    pub fn to_vec(&self, realm: &Realm) -> Fallible<Vec<(K, V)>> {
        let mut all = Vec::new();
        let entries = realm.map_entries(&self.map)?;
        for pair in entries.chunks_exact(2) {
            if let [key, value] = pair {
                all.push((K::from_js(realm, key)?, V::from_js(realm, value)?));
            }
        }
        Ok(all)
    }
}

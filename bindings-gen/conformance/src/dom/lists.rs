//! Maps, sets and lists that a page changes, and objects with indices and names.

use std::cell::RefCell;
use std::collections::BTreeMap;

use bgfetch_js::{DomString, Fallible, Realm, Reflector, Root, platform_object, trace_fields};

use crate::bindings::{
    HolderMembers, HolderMethods, IndexedMethods, MarksMethods, NamedIndexedMethods, NamedMethods,
    OverridingMethods, OwnTagsMethods, ScoresMethods, ShelfMethods, TagsMethods,
};

macro_rules! plain_objects {
    ($($(#[$docs:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$docs])*
        #[derive(Default)]
        pub struct $name {
            reflector: Reflector,
        }

        trace_fields!($name {});
        platform_object!($name);
    )+};
}
pub(super) use plain_objects;

plain_objects!(
    /// A map.
    Scores,
    /// A map that only Rust code changes.
    Marks,
    /// A set.
    Tags,
    /// A set with an `add` of its own.
    OwnTags,
    /// Names that its prototype has, too.
    Named,
);

impl ScoresMethods for Scores {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Scores::default())
    }

    fn fill(&self, realm: &Realm) -> Fallible<()> {
        let entries = self.map_entries(realm)?;
        entries.clear(realm)?;
        entries.set(realm, "one".into(), 1.0)?;
        entries.set(realm, "two".into(), 2.0)?;
        entries.delete(realm, "one".into()).map(drop)
    }

    fn look(&self, realm: &Realm) -> Fallible<DomString> {
        let entries = self.map_entries(realm)?;
        let all = entries.to_vec(realm)?;
        let two = entries.get(realm, "two".into())?;
        Ok(format!("{all:?} {two:?} {} {}", entries.len(realm)?, entries.has(realm, "x".into())?).into())
    }
}

impl MarksMethods for Marks {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Marks::default())
    }

    fn note(&self, realm: &Realm, key: u16) -> Fallible<()> {
        self.map_entries(realm)?.set(realm, key, Root::from_ref(self))
    }
}

impl TagsMethods for Tags {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Tags::default())
    }

    fn fill(&self, realm: &Realm) -> Fallible<()> {
        let entries = self.set_entries(realm)?;
        entries.add(realm, "first".into())?;
        entries.add(realm, "second".into())
    }
}

impl OwnTagsMethods for OwnTags {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(OwnTags::default())
    }

    fn add(&self, realm: &Realm, value: f64) -> Fallible<Root<OwnTags>> {
        self.set_entries(realm)?.add(realm, value * 2.0)?;
        Ok(Root::from_ref(self))
    }
}

/// Lists, and what was done to them.
#[derive(Default)]
pub struct Shelf {
    reflector: Reflector,
    log: RefCell<String>,
}

trace_fields!(Shelf {});
platform_object!(Shelf);

impl ShelfMethods for Shelf {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Shelf::default())
    }

    fn set_item_of_numbers(&self, _: &Realm, index: u32, value: u8) -> Fallible<()> {
        if value == 13 {
            return Err(bgfetch_js::Exception::range_error("thirteen"));
        }
        self.log.borrow_mut().push_str(&format!("+{index}={value} "));
        Ok(())
    }

    fn delete_item_of_numbers(&self, _: &Realm, index: u32, value: u8) -> Fallible<()> {
        self.log.borrow_mut().push_str(&format!("-{index}={value} "));
        Ok(())
    }

    fn log(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.log.take().trim_end().into())
    }

    fn reset(&self, realm: &Realm) -> Fallible<()> {
        let numbers = self.numbers(realm)?;
        let mut all = numbers.to_vec(realm)?;
        all.reverse();
        numbers.set(realm, all)
    }
}

impl HolderMethods for Shelf {
    fn count(&self, realm: &Realm) -> Fallible<u32> {
        Ok(HolderMembers::tags(self, realm)?.len())
    }
}

/// Numbers that a page sets.
#[derive(Default)]
pub struct Indexed {
    reflector: Reflector,
    items: RefCell<Vec<i32>>,
}

trace_fields!(Indexed {});
platform_object!(Indexed);

impl IndexedMethods for Indexed {
    fn constructor(_: &Realm, size: u32) -> Fallible<Self> {
        Ok(Indexed { items: vec![0; size as usize].into(), ..Indexed::default() })
    }

    fn indexed_getter(&self, _: &Realm, index: u32) -> Fallible<i32> {
        Ok(self.items.borrow().get(index as usize).copied().unwrap_or(-1))
    }

    fn indexed_length(&self) -> u32 {
        u32::try_from(self.items.borrow().len()).unwrap_or(u32::MAX)
    }

    fn indexed_setter(&self, _: &Realm, index: u32, value: i32) -> Fallible<()> {
        let mut items = self.items.borrow_mut();
        match items.get_mut(index as usize) {
            Some(item) => *item = value,
            None => items.push(value),
        }
        Ok(())
    }
}

/// Names beside numbers, which it inherits.
#[derive(Default)]
pub struct NamedIndexed {
    numbers: Indexed,
}

trace_fields!(NamedIndexed { numbers });
platform_object!(NamedIndexed: Indexed via numbers);

impl NamedIndexedMethods for NamedIndexed {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(NamedIndexed::default())
    }

    fn named_getter(&self, _: &Realm, name: DomString) -> Fallible<DomString> {
        Ok(format!("the {name}").into())
    }

    fn supported_property_names(&self) -> Vec<DomString> {
        vec!["sum".into()]
    }
}

/// Names that come before everything that the prototype has.
#[derive(Default)]
pub struct Overriding {
    reflector: Reflector,
    items: RefCell<BTreeMap<String, DomString>>,
}

trace_fields!(Overriding {});
platform_object!(Overriding);

impl OverridingMethods for Overriding {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Overriding::default())
    }

    fn named_getter(&self, _: &Realm, name: DomString) -> Fallible<DomString> {
        Ok(self.items.borrow().get(name.as_str()).cloned().unwrap_or_default())
    }

    fn supported_property_names(&self) -> Vec<DomString> {
        self.items.borrow().keys().map(|key| key.as_str().into()).collect()
    }

    fn named_setter(&self, _: &Realm, name: DomString, value: DomString) -> Fallible<()> {
        self.items.borrow_mut().insert(name.into_string(), value);
        Ok(())
    }

    fn named_deleter(&self, _: &Realm, name: DomString) -> Fallible<bool> {
        if name.as_str() == "sticky" {
            return Ok(false);
        }
        Ok(self.items.borrow_mut().remove(name.as_str()).is_some())
    }

    fn method(&self, _: &Realm) -> Fallible<()> {
        Ok(())
    }
}

impl NamedMethods for Named {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Named::default())
    }

    fn named_getter(&self, _: &Realm, name: DomString) -> Fallible<DomString> {
        Ok(format!("the {name}").into())
    }

    fn supported_property_names(&self) -> Vec<DomString> {
        vec!["visible".into(), "7".into(), "toString".into()]
    }
}

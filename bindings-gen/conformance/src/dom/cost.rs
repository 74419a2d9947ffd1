//! What the benchmark calls: as little as can be, so that the glue is what is measured.

use std::cell::Cell;

use bgfetch_js::{DomString, Fallible, Promise, Realm, Reflector, platform_object, trace_fields};

use crate::bindings::{CostMethods, CostOptions, DomStringOrDomStringSequence};

/// Counts.
#[derive(Default)]
pub struct Cost {
    reflector: Reflector,
    count: Cell<i32>,
}

trace_fields!(Cost {});
platform_object!(Cost);

impl CostMethods for Cost {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Self::default())
    }

    fn count(&self, _: &Realm) -> Fallible<i32> {
        Ok(self.count.get())
    }

    fn tick(&self, _: &Realm) -> Fallible<()> {
        self.count.set(self.count.get().wrapping_add(1));
        Ok(())
    }

    fn open(&self, _: &Realm, name: DomString, options: CostOptions) -> Fallible<i32> {
        let texts = name.len() + options.mode.as_str().len();
        Ok(i32::try_from(texts).unwrap_or(0).wrapping_add(options.count).wrapping_add(options.flag.into()))
    }

    fn take(&self, _: &Realm, texts: DomStringOrDomStringSequence) -> Fallible<i32> {
        let length = match texts {
            DomStringOrDomStringSequence::DomString(text) => text.len(),
            DomStringOrDomStringSequence::DomStringSequence(texts) => {
                texts.iter().map(|text| text.len()).sum()
            }
        };
        Ok(i32::try_from(length).unwrap_or(0))
    }

    fn later(&self, realm: &Realm) -> Fallible<Promise<i32>> {
        Promise::resolved(realm, self.count.get())
    }
}

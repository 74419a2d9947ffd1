use std::cell::RefCell;

use bgfetch_js::{DomString, Fallible, Realm, Reflector, platform_object, trace_fields};

use crate::bindings::{GreeterMethods, Greeting};

/// Greets.
pub struct Greeter {
    reflector: Reflector,
    name: RefCell<DomString>,
}

trace_fields!(Greeter {});
platform_object!(Greeter);

impl GreeterMethods for Greeter {
    fn constructor(_: &Realm, name: DomString) -> Fallible<Self> {
        Ok(Greeter { reflector: Reflector::new(), name: RefCell::new(name) })
    }

    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.name.borrow().clone())
    }

    fn set_name(&self, _: &Realm, value: DomString) -> Fallible<()> {
        self.name.replace(value);
        Ok(())
    }

    fn greet(&self, _: &Realm, options: Greeting) -> Fallible<DomString> {
        let end = if options.loud { "!" } else { "." };
        Ok(format!("{}, {}{end}", options.word, self.name.borrow()).into())
    }
}

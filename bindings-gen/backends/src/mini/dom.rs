//! What a person writes: the same as for any other engine.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::bindings::{CounterMethods, CounterOptions, Direction, Watcher};
use super::{Realm, Thrown};

/// Counts, up or down, and tells who watches.
#[derive(Debug)]
pub struct Counter {
    count: Cell<i32>,
    direction: Cell<Direction>,
    parent: Option<Rc<Counter>>,
    children: RefCell<Vec<Rc<Counter>>>,
    watchers: RefCell<Vec<Watcher>>,
}

impl CounterMethods for Counter {
    fn constructor(_: &Realm, options: CounterOptions) -> Result<Self, Thrown> {
        Ok(Counter {
            count: Cell::new(options.start),
            direction: Cell::new(options.direction),
            parent: None,
            children: RefCell::default(),
            watchers: RefCell::default(),
        })
    }

    fn count(&self, _: &Realm) -> Result<i32, Thrown> {
        Ok(self.count.get())
    }

    fn direction(&self, _: &Realm) -> Result<Direction, Thrown> {
        Ok(self.direction.get())
    }

    fn set_direction(&self, _: &Realm, value: Direction) -> Result<(), Thrown> {
        self.direction.set(value);
        Ok(())
    }

    fn parent(&self, _: &Realm) -> Result<Option<Rc<Counter>>, Thrown> {
        Ok(self.parent.clone())
    }

    fn add(&self, realm: &Realm, by: i32) -> Result<i32, Thrown> {
        let by = if self.direction.get() == Direction::Up { by } else { by.wrapping_neg() };
        self.count.set(self.count.get().wrapping_add(by));
        let watchers = self.watchers.borrow().clone();
        for watcher in watchers {
            watcher.call(realm, self.count.get())?;
        }
        Ok(self.count.get())
    }

    fn child(&self, realm: &Realm, name: String) -> Result<Rc<Counter>, Thrown> {
        let start = i32::try_from(name.len()).map_err(|_| Thrown("the name is too long".to_owned()))?;
        let options = CounterOptions { start, ..CounterOptions::default() };
        let child = Rc::new(Counter::constructor(realm, options)?);
        self.children.borrow_mut().push(Rc::clone(&child));
        Ok(child)
    }

    fn watch(&self, _: &Realm, watcher: Watcher) -> Result<(), Thrown> {
        self.watchers.borrow_mut().push(watcher);
        Ok(())
    }
}

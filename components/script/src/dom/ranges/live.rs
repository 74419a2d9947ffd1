//! How [live ranges](https://dom.spec.whatwg.org/#concept-live-range) and node iterators follow what becomes of their trees.
//!
//! What follows is known to its thread by weak references, and only as long as script holds the object. An upgraded reference
//! is never kept while script, or the collector, could run.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use bgfetch_js::Root;

use super::boundary::{Boundaries, Boundary};
use crate::dom::Node;
use crate::dom::nodes::node_iterator::Position;

/// What follows changes of trees, as long as somebody else holds it.
pub(crate) struct Followers<T>(RefCell<Vec<Weak<T>>>);

impl<T> Followers<T> {
    const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    fn add(&self, follower: &Rc<T>) {
        let mut followers = self.0.borrow_mut();
        // Each time that the list would grow, those that are gone leave it.
        if followers.len() == followers.capacity() {
            followers.retain(|follower| follower.strong_count() > 0);
        }
        followers.push(Rc::downgrade(follower));
    }

    fn each(&self, f: impl Fn(&T)) {
        self.0.borrow().iter().filter_map(Weak::upgrade).for_each(|follower| f(&follower));
    }

    fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}

thread_local! {
    static RANGES: Followers<Boundaries> = const { Followers::new() };
    static ITERATORS: Followers<Position> = const { Followers::new() };
}

/// Makes a range a live one.
pub(super) fn follow_by_range(range: &Rc<Boundaries>) {
    RANGES.with(|ranges| ranges.add(range));
}

/// Makes a node iterator's position follow changes.
pub(crate) fn follow_by_iterator(position: &Rc<Position>) {
    ITERATORS.with(|iterators| iterators.add(position));
}

fn each_boundary(f: impl Fn(&Boundary)) {
    RANGES.with(|ranges| ranges.each(|range| range.each().into_iter().for_each(&f)));
}

fn is_nobody_following() -> bool {
    RANGES.with(Followers::is_empty) && ITERATORS.with(Followers::is_empty)
}

/// Step 5 of [inserting](https://dom.spec.whatwg.org/#concept-node-insert): `count` nodes come before `child`.
pub(crate) fn before_insertion(parent: &Root<Node>, child: &Root<Node>, count: usize) {
    if RANGES.with(Followers::is_empty) {
        return;
    }
    let (index, count) = (child.index(), u32::try_from(count).unwrap_or(u32::MAX));
    each_boundary(|boundary| {
        let offset = boundary.offset();
        if boundary.is_in(parent) && offset.get() > index {
            offset.set(offset.get().saturating_add(count));
        }
    });
}

/// [Live range pre-remove steps](https://dom.spec.whatwg.org/#live-range-pre-remove-steps) and those of
/// [node iterators](https://dom.spec.whatwg.org/#nodeiterator-pre-removing-steps).
pub(crate) fn before_removal(node: &Root<Node>, parent: &Root<Node>) {
    if is_nobody_following() {
        return;
    }
    let index = node.index();
    each_boundary(|boundary| {
        let offset = boundary.offset();
        if boundary.is_in(parent) {
            if offset.get() > index {
                offset.set(offset.get() - 1);
            }
        } else if node.is_inclusive_ancestor_of(&boundary.node()) {
            boundary.set(parent, index);
        }
    });
    ITERATORS.with(|iterators| iterators.each(|position| position.before_removal(node)));
}

/// Steps 8 to 11 of [replacing data](https://dom.spec.whatwg.org/#concept-cd-replace): `count` code units from `offset` on are
/// now `length` others.
pub(crate) fn data_replaced(node: &Root<Node>, offset: u32, count: u32, length: u32) {
    let end = offset.saturating_add(count);
    each_boundary(|boundary| {
        let place = boundary.offset();
        if !boundary.is_in(node) || place.get() <= offset {
            return;
        }
        let inside = place.get() <= end;
        place.set(if inside { offset } else { (place.get() - count).saturating_add(length) });
    });
}

/// Step 7 of [splitting a text](https://dom.spec.whatwg.org/#concept-text-split): what was behind `offset` is in `new`, which
/// was inserted after `node`.
pub(crate) fn text_split(node: &Root<Node>, offset: u32, new: &Root<Node>, parent: &Root<Node>) {
    let index = node.index();
    each_boundary(|boundary| {
        let place = boundary.offset();
        if boundary.is_in(node) && place.get() > offset {
            boundary.set(new, place.get() - offset);
        } else if boundary.is_in(parent) && place.get() == index + 1 {
            place.set(index + 2);
        }
    });
}

/// Step 6 of [normalizing](https://dom.spec.whatwg.org/#dom-node-normalize): the data of `merged` is in `node` now, from
/// `length` on, and `merged` will be removed.
pub(crate) fn text_merged(merged: &Root<Node>, node: &Root<Node>, length: u32) {
    if RANGES.with(Followers::is_empty) {
        return;
    }
    let (parent, index) = (merged.parent(), merged.index());
    each_boundary(|boundary| {
        let place = boundary.offset();
        if boundary.is_in(merged) {
            boundary.set(node, place.get().saturating_add(length));
        } else if parent.as_ref().is_some_and(|parent| boundary.is_in(parent)) && place.get() == index {
            boundary.set(node, length);
        }
    });
}

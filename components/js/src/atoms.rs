//! Property names that are part of the program, as atoms that are made once: a dictionary's members, `next` and `done`.

use std::cell::Cell;
use std::ptr;

use rquickjs_sys as q;

use crate::object::Atom;
use crate::{Fallible, Realm, state};

/// How many names there is room for; twice as many as the platform has in dictionaries.
const SLOTS: usize = 1024;
/// How many places a name may be at.
const PROBES: usize = 8;

/// A name by its address and length, and its atom; none if the atom is 0.
#[derive(Clone, Copy)]
struct Slot {
    address: *const u8,
    /// The length in bytes; with [`SYMBOL`], the name of an intrinsic that holds a symbol.
    length: usize,
    atom: q::JSAtom,
}

/// Tells symbols from strings.
const SYMBOL: usize = 1 << (usize::BITS - 1);

thread_local! {
    /// The table of this thread's runtime; null without one.
    static TABLE: Cell<*const [Cell<Slot>; SLOTS]> = const { Cell::new(ptr::null()) };
}

/// An atom of the table, or one of its own.
pub(crate) enum Name {
    /// Alive as long as the runtime.
    Known(q::JSAtom),
    /// Freed when dropped.
    Own(Atom),
}

impl Name {
    /// The atom.
    pub(crate) const fn raw(&self) -> q::JSAtom {
        match self {
            Self::Known(atom) => *atom,
            Self::Own(atom) => atom.0,
        }
    }
}

/// Makes the table, empty, for a runtime that begins.
pub(crate) fn begin() {
    TABLE.set(Box::into_raw(Box::new(
        [const { Cell::new(Slot { address: ptr::null(), length: 0, atom: 0 }) }; SLOTS],
    )));
}

/// Frees the table, for a runtime that ends.
pub(crate) fn end() {
    let table = TABLE.replace(ptr::null());
    if table.is_null() {
        return;
    }
    // SAFETY: made by `begin`, and no longer reachable from here on.
    let table = unsafe { Box::from_raw(table.cast_mut()) };
    for slot in table.iter().map(Cell::get).filter(|slot| slot.atom != 0) {
        // SAFETY: the table owns one reference to each of its atoms, and the runtime is alive.
        unsafe { q::JS_FreeAtomRT(state::runtime(), slot.atom) };
    }
}

/// The atom of a string.
#[inline]
pub(crate) fn name(realm: &Realm, name: &'static str) -> Fallible<Name> {
    find(name, 0, || Atom::of_str(realm, name))
}

/// The atom of a well-known symbol, by the name of the intrinsic that holds it; all realms have the same.
pub(crate) fn symbol(realm: &Realm, intrinsic: &'static str) -> Fallible<Name> {
    find(intrinsic, SYMBOL, || Atom::of_value(realm, &realm.intrinsics().symbol(realm, intrinsic)?))
}

#[inline]
fn find(name: &'static str, flag: usize, make: impl FnOnce() -> Fallible<Atom>) -> Fallible<Name> {
    let table = TABLE.get();
    if table.is_null() {
        return make().map(Name::Own);
    }
    // SAFETY: the table is freed only with the runtime, and by then nothing looks up names any more.
    let table = unsafe { &*table };
    let (address, length) = (name.as_ptr(), name.len() | flag);
    let start = (address.addr() ^ flag).wrapping_mul(0x9E37_79B9_7F4A_7C15_usize) >> (usize::BITS - 10);
    for probe in 0..PROBES {
        let cell = &table[(start + probe) % SLOTS];
        let slot = cell.get();
        if slot.address == address && slot.length == length {
            return Ok(Name::Known(slot.atom));
        }
        if slot.atom == 0 {
            return fill(cell, address, length, make);
        }
    }
    // Names that find no place are as they would be without the table.
    make().map(Name::Own)
}

#[cold]
fn fill(
    cell: &Cell<Slot>,
    address: *const u8,
    length: usize,
    make: impl FnOnce() -> Fallible<Atom>,
) -> Fallible<Name> {
    let made = make()?;
    // Making an atom runs no script, but looking up a symbol asks for another name.
    if cell.get().atom != 0 {
        return Ok(Name::Own(made));
    }
    let atom = made.into_raw();
    cell.set(Slot { address, length, atom });
    Ok(Name::Known(atom))
}

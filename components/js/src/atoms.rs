//! Property names that are part of the program, as atoms that are made once: a dictionary's members, `next` and `done`.

use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};

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
    /// The atoms of [`Names`] in this thread's runtime, by their place; empty where they are not made yet.
    static LISTS: Cell<NonNull<[Cell<List>]>> = const { Cell::new(none()) };
}

/// Atoms that are made at once, in an allocation of their own.
type List = NonNull<[q::JSAtom]>;

/// An allocation of nothing.
const fn none<T>() -> NonNull<[T]> {
    NonNull::slice_from_raw_parts(NonNull::dangling(), 0)
}

/// An allocation that is given back to [`taken`].
fn leak<T>(list: Vec<T>) -> NonNull<[T]> {
    NonNull::from(Box::leak(list.into_boxed_slice()))
}

/// # Safety
/// `list` is from [`leak`] or [`none`], and is used no more after this.
unsafe fn taken<T>(list: NonNull<[T]>) -> Vec<T> {
    // SAFETY: as the caller says.
    unsafe { Box::from_raw(list.as_ptr()) }.into_vec()
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

/// Frees the tables, for a runtime that ends.
pub(crate) fn end() {
    // SAFETY: no realm is left that could ask for the lists.
    for list in unsafe { taken(LISTS.replace(none())) } {
        // SAFETY: as above.
        for atom in unsafe { taken(list.get()) } {
            // SAFETY: the list owns one reference to each of its atoms, and the runtime is alive.
            unsafe { q::JS_FreeAtomRT(state::runtime(), atom) };
        }
    }
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

/// Names that are part of the program, as a static: each runtime makes atoms of all of them at once.
pub(crate) struct Names {
    names: &'static [&'static str],
    /// Where in [`LISTS`]; 0 before the first use.
    place: AtomicUsize,
}

impl Names {
    pub(crate) const fn new(names: &'static [&'static str]) -> Self {
        Self { names, place: AtomicUsize::new(0) }
    }

    /// The name at an index.
    pub(crate) fn name(&self, index: usize) -> &'static str {
        self.names.get(index).copied().unwrap_or_default()
    }

    /// The atoms of the names, in their order.
    #[inline]
    pub(crate) fn atoms<'r>(&self, realm: &'r Realm) -> Fallible<&'r [q::JSAtom]> {
        // SAFETY: the lists live until the runtime ends, or one is added: here nothing adds one.
        let list = unsafe { LISTS.get().as_ref() }.get(self.place.load(Ordering::Relaxed));
        let list = match list.map(Cell::get) {
            Some(list) if !list.is_empty() => list,
            _ if self.names.is_empty() => return Ok(&[]),
            _ => self.make(realm)?,
        };
        // SAFETY: the list lives until the runtime ends, and the realm is of that runtime.
        Ok(unsafe { list.as_ref() })
    }

    #[cold]
    fn make(&self, realm: &Realm) -> Fallible<List> {
        static PLACES: AtomicUsize = AtomicUsize::new(1);
        let atoms = self.names.iter().map(|name| Atom::of_str(realm, name)).collect::<Fallible<Vec<_>>>()?;
        if self.place.load(Ordering::Relaxed) == 0 {
            let place = PLACES.fetch_add(1, Ordering::Relaxed);
            // Where another thread was faster, its place is the place.
            let _ = self.place.compare_exchange(0, place, Ordering::Relaxed, Ordering::Relaxed);
        }
        let place = self.place.load(Ordering::Relaxed);
        // SAFETY: nothing else looks at the lists now.
        let mut lists = unsafe { taken(LISTS.replace(none())) };
        if place >= lists.len() {
            lists.resize((place + 1).next_power_of_two(), Cell::new(none()));
        }
        let list = leak(atoms.into_iter().map(Atom::into_raw).collect());
        lists[place].set(list);
        LISTS.set(leak(lists));
        Ok(list)
    }
}

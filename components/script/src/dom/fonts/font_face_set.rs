//! [`FontFaceSet`](https://drafts.csswg.org/css-font-loading/#fontfaceset). Style sheets of elements are not read, so no face in it
//! comes from one.

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    DomString, Fallible, Member, PlatformObject, Promise, PromiseState, Realm, Root, Traced, platform_object,
    trace_fields,
};

use super::matching::FontQuery;
use crate::agent::{Agent, TaskSource};
use crate::bindings::{FontFaceLoadStatus, FontFaceSetLoadStatus, FontFaceSetMethods};
use crate::dom::globals::window_or_worker::SharedObjects;
use crate::dom::{Document, EventTarget, FontFace, FontFaceSetLoadEvent, WorkerGlobalScope};

/// `FontFaceSet`.
pub(crate) struct FontFaceSet {
    event_target: EventTarget,
    /// `[[LoadingFonts]]`
    loading: RefCell<Vec<Member<FontFace>>>,
    /// `[[LoadedFonts]]`
    loaded: RefCell<Vec<Member<FontFace>>>,
    /// `[[FailedFonts]]`
    failed: RefCell<Vec<Member<FontFace>>>,
    status: Cell<FontFaceSetLoadStatus>,
    /// `[[ReadyPromise]]`
    ready: RefCell<Option<Traced<Promise<Root<FontFaceSet>>>>>,
}

trace_fields!(FontFaceSet { event_target, loading, loaded, failed, ready });
platform_object!(FontFaceSet: EventTarget via event_target);

impl FontFaceSet {
    /// The set of a document or worker. It is ready: nothing is laid out that could need a font.
    pub(crate) fn create(realm: &Realm) -> Fallible<Root<Self>> {
        let set = realm.wrap(Self {
            event_target: EventTarget::new_inherited(),
            loading: RefCell::default(),
            loaded: RefCell::default(),
            failed: RefCell::default(),
            status: Cell::new(FontFaceSetLoadStatus::Loaded),
            ready: RefCell::default(),
        })?;
        let ready = Promise::resolved(realm, set.clone())?;
        set.ready.replace(Some(ready.into()));
        Ok(set)
    }

    fn remove_from(list: &RefCell<Vec<Member<FontFace>>>, face: &Root<FontFace>) -> bool {
        let mut list = list.borrow_mut();
        let before = list.len();
        list.retain(|known| **known != *face);
        list.len() < before
    }

    /// A face of it begins to load.
    pub(super) fn face_began_to_load(&self, realm: &Realm, face: &Root<FontFace>) -> Fallible<()> {
        let was_empty = self.loading.borrow().is_empty();
        self.loading.borrow_mut().push(face.clone().into());
        if was_empty { self.switch_to_loading(realm) } else { Ok(()) }
    }

    /// A face of it has loaded, or failed to.
    pub(super) fn face_ended(&self, realm: &Realm, face: &Root<FontFace>) -> Fallible<()> {
        if !Self::remove_from(&self.loading, face) {
            return Ok(());
        }
        let list = match face.load_status() {
            FontFaceLoadStatus::Loaded => &self.loaded,
            _ => &self.failed,
        };
        list.borrow_mut().push(face.clone().into());
        self.switch_to_loaded_if_empty(realm);
        Ok(())
    }

    /// [Switches to loading](https://drafts.csswg.org/css-font-loading/#switch-the-fontfaceset-to-loading).
    fn switch_to_loading(&self, realm: &Realm) -> Fallible<()> {
        self.status.set(FontFaceSetLoadStatus::Loading);
        let is_settled = |ready: &Traced<Promise<_>>| ready.state() != PromiseState::Pending;
        let needs_fresh = self.ready.borrow().as_ref().is_none_or(is_settled);
        if needs_fresh {
            let before = self.ready.replace(Some(Promise::new(realm)?.into()));
            drop(before);
        }
        let this = self.root();
        Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
            FontFaceSetLoadEvent::fire(realm, &this, "loading", Vec::new())
        });
        Ok(())
    }

    /// [Switches to loaded](https://drafts.csswg.org/css-font-loading/#switch-the-fontfaceset-to-loaded), if no face loads any more
    /// once the current task has ended.
    fn switch_to_loaded_if_empty(&self, realm: &Realm) {
        if !self.loading.borrow().is_empty() || self.status.get() == FontFaceSetLoadStatus::Loaded {
            return;
        }
        let this = self.root();
        Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
            if !this.loading.borrow().is_empty() || this.status.get() == FontFaceSetLoadStatus::Loaded {
                return Ok(());
            }
            this.status.set(FontFaceSetLoadStatus::Loaded);
            let (loaded, failed) = (this.loaded.take(), this.failed.take());
            let ready = this.ready.borrow().as_ref().map(|ready| (**ready).clone());
            if let Some(ready) = ready {
                ready.resolve(realm, this.clone());
            }
            FontFaceSetLoadEvent::fire(realm, &this, "loadingdone", loaded)?;
            if failed.is_empty() {
                return Ok(());
            }
            FontFaceSetLoadEvent::fire(realm, &this, "loadingerror", failed)
        });
    }

    fn faces(&self, realm: &Realm) -> Fallible<Vec<Root<FontFace>>> {
        self.set_entries(realm)?.to_vec(realm)
    }

    fn forget(&self, realm: &Realm, face: &Root<FontFace>) {
        face.removed_from(&self.root());
        Self::remove_from(&self.loaded, face);
        Self::remove_from(&self.failed, face);
        if Self::remove_from(&self.loading, face) {
            self.switch_to_loaded_if_empty(realm);
        }
    }
}

impl FontFaceSetMethods for FontFaceSet {
    fn ready(&self, realm: &Realm) -> Fallible<Promise<Root<FontFaceSet>>> {
        match &*self.ready.borrow() {
            Some(ready) => Ok((**ready).clone()),
            None => Promise::resolved(realm, self.root()),
        }
    }

    fn status(&self, _: &Realm) -> Fallible<FontFaceSetLoadStatus> {
        Ok(self.status.get())
    }

    /// [`add()`](https://drafts.csswg.org/css-font-loading/#dom-fontfaceset-add)
    fn add(&self, realm: &Realm, font: Root<FontFace>) -> Fallible<Root<FontFaceSet>> {
        let entries = self.set_entries(realm)?;
        if entries.has(realm, font.clone())? {
            return Ok(self.root());
        }
        entries.add(realm, font.clone())?;
        font.added_to(&self.root());
        if font.load_status() == FontFaceLoadStatus::Loading {
            self.face_began_to_load(realm, &font)?;
        }
        Ok(self.root())
    }

    /// [`delete()`](https://drafts.csswg.org/css-font-loading/#dom-fontfaceset-delete)
    fn delete(&self, realm: &Realm, font: Root<FontFace>) -> Fallible<bool> {
        if !self.set_entries(realm)?.delete(realm, font.clone())? {
            return Ok(false);
        }
        self.forget(realm, &font);
        Ok(true)
    }

    /// [`clear()`](https://drafts.csswg.org/css-font-loading/#dom-fontfaceset-clear)
    fn clear(&self, realm: &Realm) -> Fallible<()> {
        for face in self.faces(realm)? {
            self.forget(realm, &face);
        }
        self.set_entries(realm)?.clear(realm)
    }

    /// [`load()`](https://drafts.csswg.org/css-font-loading/#dom-fontfaceset-load)
    fn load(
        &self,
        realm: &Realm,
        font: DomString,
        text: DomString,
    ) -> Fallible<Promise<Vec<Root<FontFace>>>> {
        let faces = FontQuery::parse(&font)?.matching(&self.faces(realm)?, &text);
        let promises: Vec<_> = faces.iter().map(|face| face.begin(realm)).collect::<Fallible<_>>()?;
        let promise = Promise::new(realm)?;
        let (waiting, owned) = (promise.clone(), realm.clone());
        Agent::current().spawn(TaskSource::DomManipulation, realm, async move {
            for loaded in promises {
                if let Err(reason) = loaded.future(&owned)?.await {
                    waiting.reject(&owned, reason);
                    return Ok(());
                }
            }
            waiting.resolve(&owned, faces);
            Ok(())
        });
        Ok(promise)
    }

    /// [`check()`](https://drafts.csswg.org/css-font-loading/#dom-fontfaceset-check): text in a family that no face is of would be
    /// drawn without waiting.
    fn check(&self, realm: &Realm, font: DomString, text: DomString) -> Fallible<bool> {
        let faces = FontQuery::parse(&font)?.matching(&self.faces(realm)?, &text);
        Ok(faces.iter().all(|face| face.load_status() == FontFaceLoadStatus::Loaded))
    }
}

impl crate::bindings::FontFaceSourceMethods for Document {
    fn fonts(&self, realm: &Realm) -> Fallible<Root<FontFaceSet>> {
        self.font_face_set(realm)
    }
}

impl crate::bindings::FontFaceSourceMethods for WorkerGlobalScope {
    fn fonts(&self, realm: &Realm) -> Fallible<Root<FontFaceSet>> {
        SharedObjects::with(realm, |shared| shared.fonts(realm))
    }
}

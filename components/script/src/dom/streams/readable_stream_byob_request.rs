//! [`ReadableStreamBYOBRequest`](https://streams.spec.whatwg.org/#rs-byob-request-class).

use std::cell::RefCell;

use bgfetch_js::{
    ArrayBufferView, Exception, Fallible, Member, Realm, Reflector, Root, Traced, TypedArray,
    platform_object, trace_fields,
};

use crate::bindings::ReadableStreamBYOBRequestMethods;
use crate::dom::ReadableByteStreamController;

/// `ReadableStreamBYOBRequest`.
pub(crate) struct ReadableStreamBYOBRequest {
    reflector: Reflector,
    /// `None` once it was answered.
    controller: RefCell<Option<Member<ReadableByteStreamController>>>,
    view: RefCell<Option<Traced<TypedArray>>>,
}

trace_fields!(ReadableStreamBYOBRequest { controller, view });
platform_object!(ReadableStreamBYOBRequest);

impl ReadableStreamBYOBRequest {
    pub(super) fn new(
        realm: &Realm,
        controller: Root<ReadableByteStreamController>,
        view: TypedArray,
    ) -> Fallible<Root<Self>> {
        realm.wrap(Self {
            reflector: Reflector::new(),
            controller: RefCell::new(Some(controller.into())),
            view: RefCell::new(Some(view.into())),
        })
    }

    pub(super) fn current_view(&self) -> Option<TypedArray> {
        self.view.borrow().as_deref().cloned()
    }

    /// [InvalidateBYOBRequest](https://streams.spec.whatwg.org/#readable-byte-stream-controller-invalidate-byob-request),
    /// as far as it is about the request.
    pub(super) fn invalidate(&self) {
        let gone = (self.controller.take(), self.view.take());
        drop(gone);
    }

    fn controller(&self) -> Fallible<Root<ReadableByteStreamController>> {
        let controller = self.controller.borrow().as_deref().cloned();
        controller.ok_or_else(|| Exception::type_error("the request was answered already"))
    }
}

impl ReadableStreamBYOBRequestMethods for ReadableStreamBYOBRequest {
    fn view(&self, _: &Realm) -> Fallible<Option<TypedArray>> {
        Ok(self.current_view())
    }

    /// [`respond()`](https://streams.spec.whatwg.org/#rs-byob-request-respond)
    fn respond(&self, realm: &Realm, bytes_written: u64) -> Fallible<()> {
        // Step 1.
        let controller = self.controller()?;
        // Step 2: the parts of a view whose buffer is detached are a `TypeError`.
        if let Some(view) = self.current_view() {
            view.to_view().parts(realm)?;
        }
        // Step 5.
        controller.respond(realm, bytes_written)
    }

    /// [`respondWithNewView()`](https://streams.spec.whatwg.org/#rs-byob-request-respond-with-new-view)
    fn respond_with_new_view(&self, realm: &Realm, view: ArrayBufferView) -> Fallible<()> {
        let controller = self.controller()?;
        controller.respond_with_new_view(realm, &view)
    }
}

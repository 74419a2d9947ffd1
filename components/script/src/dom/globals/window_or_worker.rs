//! [`WindowOrWorkerGlobalScope`](https://html.spec.whatwg.org/multipage/webappapis.html#windoworworkerglobalscope-mixin):
//! what windows and workers have in common, implemented once.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bgfetch_js::{ByteString, Callback, DomString, Exception, Fallible, Realm};

use crate::report;

/// [Forgiving-base64](https://infra.spec.whatwg.org/#forgiving-base64): padding may be missing, trailing bits anything.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// [`btoa()`](https://html.spec.whatwg.org/multipage/webappapis.html#dom-btoa)
pub(crate) fn btoa(data: &DomString) -> Fallible<DomString> {
    let bytes: Result<Vec<u8>, _> = data.to_utf16().into_iter().map(u8::try_from).collect();
    match bytes {
        Ok(bytes) => Ok(FORGIVING.encode(bytes).into()),
        Err(_) => Err(Exception::dom("InvalidCharacterError", "the string has a character above U+00FF")),
    }
}

/// [`atob()`](https://html.spec.whatwg.org/multipage/webappapis.html#dom-atob)
pub(crate) fn atob(data: &DomString) -> Fallible<ByteString> {
    // [Forgiving-base64 decode](https://infra.spec.whatwg.org/#forgiving-base64-decode), step 1.
    let mut text: Vec<u8> =
        data.bytes().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)).collect();
    // Steps 2 and 3.
    if text.len().is_multiple_of(4) {
        for _ in 0..2 {
            if text.last() == Some(&b'=') {
                text.pop();
            }
        }
    }
    if text.len() % 4 == 1 || text.contains(&b'=') {
        return Err(Exception::dom("InvalidCharacterError", "the string is not base64"));
    }
    let bytes = FORGIVING
        .decode(text)
        .map_err(|_| Exception::dom("InvalidCharacterError", "the string is not base64"))?;
    Ok(ByteString(bytes))
}

/// [`queueMicrotask()`](https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#dom-queuemicrotask): what the
/// callback throws is reported.
pub(crate) fn queue_microtask(realm: &Realm, callback: Callback) -> Fallible<()> {
    realm.queue_microtask(move |realm| {
        if let Err(exception) = callback.call(realm, &bgfetch_js::Value::UNDEFINED, &[]) {
            report::report_exception_of(callback.as_object(), realm, exception);
        }
    })
}

/// Implements the mixin, with everything that other specifications add to it, for a global object.
macro_rules! window_or_worker_global_scope {
    ($name:ident) => {
        impl $crate::bindings::WindowOrWorkerGlobalScopeMethods for $name {
            fn origin(&self, realm: &Realm) -> Fallible<String> {
                Ok($crate::environment::Environment::of(realm).origin.ascii_serialization())
            }

            fn is_secure_context(&self, realm: &Realm) -> Fallible<bool> {
                Ok($crate::environment::Environment::of(realm).secure_context)
            }

            fn cross_origin_isolated(&self, realm: &Realm) -> Fallible<bool> {
                Ok($crate::environment::Environment::of(realm).cross_origin_isolated)
            }

            fn report_error(&self, realm: &Realm, e: Value) -> Fallible<()> {
                $crate::report::report_exception(realm, bgfetch_js::Exception::js(e));
                Ok(())
            }

            fn btoa(&self, _: &Realm, data: DomString) -> Fallible<DomString> {
                $crate::dom::globals::window_or_worker::btoa(&data)
            }

            fn atob(&self, _: &Realm, data: DomString) -> Fallible<bgfetch_js::ByteString> {
                $crate::dom::globals::window_or_worker::atob(&data)
            }

            fn set_timeout(
                &self,
                realm: &Realm,
                handler: $crate::bindings::TimerHandler,
                timeout: i32,
                arguments: Vec<Value>,
            ) -> Fallible<i32> {
                $crate::dom::globals::timers::set(realm, handler, timeout, arguments, false)
            }

            fn clear_timeout(&self, realm: &Realm, id: i32) -> Fallible<()> {
                $crate::dom::globals::timers::clear(realm, id);
                Ok(())
            }

            fn set_interval(
                &self,
                realm: &Realm,
                handler: $crate::bindings::TimerHandler,
                timeout: i32,
                arguments: Vec<Value>,
            ) -> Fallible<i32> {
                $crate::dom::globals::timers::set(realm, handler, timeout, arguments, true)
            }

            fn clear_interval(&self, realm: &Realm, id: i32) -> Fallible<()> {
                $crate::dom::globals::timers::clear(realm, id);
                Ok(())
            }

            fn queue_microtask(
                &self,
                realm: &Realm,
                callback: $crate::bindings::VoidFunction,
            ) -> Fallible<()> {
                let callback = bgfetch_js::ToJs::to_js(callback, realm)?;
                $crate::dom::globals::window_or_worker::queue_microtask(
                    realm,
                    bgfetch_js::Callback::new(&callback)?,
                )
            }

            fn create_image_bitmap(
                &self,
                realm: &Realm,
                image: $crate::bindings::ImageBitmapSource,
                options: $crate::bindings::ImageBitmapOptions,
            ) -> Fallible<bgfetch_js::Promise<bgfetch_js::Root<$crate::dom::ImageBitmap>>> {
                $crate::dom::canvas::create_image_bitmap::create_image_bitmap(realm, image, None, options)
            }

            fn create_image_bitmap_of_rectangle(
                &self,
                realm: &Realm,
                image: $crate::bindings::ImageBitmapSource,
                sx: i32,
                sy: i32,
                sw: i32,
                sh: i32,
                options: $crate::bindings::ImageBitmapOptions,
            ) -> Fallible<bgfetch_js::Promise<bgfetch_js::Root<$crate::dom::ImageBitmap>>> {
                $crate::dom::canvas::create_image_bitmap::create_image_bitmap(
                    realm,
                    image,
                    Some([sx, sy, sw, sh]),
                    options,
                )
            }

            fn structured_clone(
                &self,
                realm: &Realm,
                value: Value,
                options: $crate::bindings::StructuredSerializeOptions,
            ) -> Fallible<Value> {
                let this = self.root().to_object();
                let relevant = $crate::agent::Agent::current().realms();
                let relevant = relevant.iter().find(|realm| realm.global().is_same(&this));
                $crate::clone::structured_clone(relevant.unwrap_or(realm), &value, &options.transfer)
            }

            fn fetch(
                &self,
                realm: &Realm,
                input: $crate::bindings::RequestInfo,
                init: $crate::bindings::RequestInit,
            ) -> Fallible<bgfetch_js::Promise<bgfetch_js::Root<$crate::dom::Response>>> {
                $crate::dom::fetch::global_fetch::fetch(realm, input, init)
            }

            fn caches(&self, realm: &Realm) -> Fallible<bgfetch_js::Root<$crate::dom::CacheStorage>> {
                self.shared().caches(realm)
            }

            fn crypto(&self, realm: &Realm) -> Fallible<bgfetch_js::Root<$crate::dom::Crypto>> {
                self.shared().crypto(realm)
            }

            fn performance(&self, realm: &Realm) -> Fallible<bgfetch_js::Root<$crate::dom::Performance>> {
                self.shared().performance(realm)
            }
        }
    };
}
pub(crate) use window_or_worker_global_scope;

use bgfetch_js::{Member, Root, trace_fields};
use std::cell::OnceCell;

use super::permissions::PermissionObjects;
use crate::dom::service_worker::objects::ServiceWorkerObjects;
use crate::dom::{CacheStorage, Crypto, FontFaceSet, Performance, StorageManager, Window, WorkerGlobalScope};

/// The objects that every global object has one of, made when first asked for.
#[derive(Default)]
pub(crate) struct SharedObjects {
    caches: OnceCell<Member<CacheStorage>>,
    crypto: OnceCell<Member<Crypto>>,
    performance: OnceCell<Member<Performance>>,
    fonts: OnceCell<Member<FontFaceSet>>,
    pub(super) storage: OnceCell<Member<StorageManager>>,
    pub(super) permissions: PermissionObjects,
    pub(crate) service_workers: ServiceWorkerObjects,
}

trace_fields!(SharedObjects { caches, crypto, performance, fonts, storage, permissions, service_workers });

impl SharedObjects {
    /// Runs `with` on the objects of a realm's global.
    ///
    /// # Errors
    /// `InvalidStateError` when the global object is none of those that have them, and what `with` gives.
    pub(crate) fn with<R>(realm: &Realm, with: impl FnOnce(&Self) -> Fallible<R>) -> Fallible<R> {
        if let Some(window) = realm.global_as::<Window>() {
            return with(window.shared());
        }
        if let Some(worker) = realm.global_as::<WorkerGlobalScope>() {
            return with(worker.shared());
        }
        Err(Exception::dom("InvalidStateError", "the document or worker is gone"))
    }

    /// `caches`
    pub(crate) fn caches(&self, realm: &Realm) -> Fallible<Root<CacheStorage>> {
        once(&self.caches, || realm.wrap(CacheStorage::new()))
    }

    /// `crypto`
    pub(crate) fn crypto(&self, realm: &Realm) -> Fallible<Root<Crypto>> {
        once(&self.crypto, || realm.wrap(Crypto::new()))
    }

    /// `fonts` of a worker.
    pub(crate) fn fonts(&self, realm: &Realm) -> Fallible<Root<FontFaceSet>> {
        once(&self.fonts, || FontFaceSet::create(realm))
    }

    /// `performance`
    pub(crate) fn performance(&self, realm: &Realm) -> Fallible<Root<Performance>> {
        once(&self.performance, || realm.wrap(Performance::new()))
    }
}

/// The object in `cell`, made if it is not there yet: for `[SameObject]` attributes.
pub(crate) fn once<T>(
    cell: &OnceCell<Member<T>>,
    make: impl FnOnce() -> Fallible<Root<T>>,
) -> Fallible<Root<T>> {
    if let Some(object) = cell.get() {
        return Ok((**object).clone());
    }
    let object = make()?;
    Ok((**cell.get_or_init(|| object.into())).clone())
}

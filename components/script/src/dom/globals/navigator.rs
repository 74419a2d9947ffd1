//! [`Navigator`](https://html.spec.whatwg.org/multipage/system-state.html#the-navigator-object), and what `WorkerNavigator`
//! has in common with it.

use bgfetch_js::{Fallible, Realm, Reflector, Root, platform_object, trace_fields};

use crate::bindings::{BodyInit, NavigatorCookiesMethods, NavigatorMethods};
use crate::dom::{Permissions, ServiceWorkerContainer};

/// `Navigator`.
pub(crate) struct Navigator {
    reflector: Reflector,
}

trace_fields!(Navigator {});
platform_object!(Navigator);

impl Navigator {
    pub(crate) const fn new() -> Self {
        Self { reflector: Reflector::new() }
    }
}

impl NavigatorMethods for Navigator {
    fn send_beacon(&self, realm: &Realm, url: String, data: Option<BodyInit>) -> Fallible<bool> {
        super::beacon::send(realm, &url, data)
    }

    fn permissions(&self, realm: &Realm) -> Fallible<Root<Permissions>> {
        super::permissions::object(realm)
    }

    fn service_worker(&self, realm: &Realm) -> Fallible<Root<ServiceWorkerContainer>> {
        crate::dom::service_worker::objects::container(realm)
    }
}

impl NavigatorCookiesMethods for Navigator {
    fn cookie_enabled(&self, _: &Realm) -> Fallible<bool> {
        // The network thread keeps cookies for every page.
        Ok(true)
    }
}

/// `navigator.appVersion`: the user agent without its first product's name.
pub(super) fn app_version(user_agent: &str) -> &str {
    user_agent.strip_prefix("Mozilla/").unwrap_or(user_agent)
}

/// [`navigator.platform`](https://html.spec.whatwg.org/multipage/system-state.html#dom-navigator-platform)
pub(super) fn platform() -> String {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("windows", _) => "Win32".to_owned(),
        ("macos", _) => "MacIntel".to_owned(),
        ("linux", arch) => format!("Linux {arch}"),
        (os, arch) => format!("{os} {arch}"),
    }
}

/// [`navigator.hardwareConcurrency`](https://html.spec.whatwg.org/multipage/workers.html#dom-navigator-hardwareconcurrency)
pub(super) fn hardware_concurrency() -> u64 {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u64::try_from(processors).unwrap_or(u64::MAX)
}

/// The language of pages: the shell has no translations.
pub(super) const LANGUAGE: &str = "en-US";

/// Implements the mixins that `Navigator` and `WorkerNavigator` share.
macro_rules! navigator_mixins {
    ($name:ident) => {
        /// In the [compatibility
        /// mode](https://html.spec.whatwg.org/multipage/system-state.html#concept-navigator-compatibility-mode) "Chrome".
        impl $crate::bindings::NavigatorIDMethods for $name {
            fn app_code_name(&self, _: &Realm) -> Fallible<bgfetch_js::DomString> {
                Ok("Mozilla".into())
            }

            fn app_name(&self, _: &Realm) -> Fallible<bgfetch_js::DomString> {
                Ok("Netscape".into())
            }

            fn app_version(&self, realm: &Realm) -> Fallible<bgfetch_js::DomString> {
                let environment = $crate::environment::Environment::of(realm);
                Ok($crate::dom::globals::navigator::app_version(&environment.hosts.user_agent).into())
            }

            fn platform(&self, _: &Realm) -> Fallible<bgfetch_js::DomString> {
                Ok($crate::dom::globals::navigator::platform().into())
            }

            fn product(&self, _: &Realm) -> Fallible<bgfetch_js::DomString> {
                Ok("Gecko".into())
            }

            fn product_sub(&self, _: &Realm) -> Fallible<bgfetch_js::DomString> {
                Ok("20030107".into())
            }

            fn user_agent(&self, realm: &Realm) -> Fallible<bgfetch_js::DomString> {
                Ok((&*$crate::environment::Environment::of(realm).hosts.user_agent).into())
            }

            fn vendor(&self, _: &Realm) -> Fallible<bgfetch_js::DomString> {
                Ok("Google Inc.".into())
            }

            fn vendor_sub(&self, _: &Realm) -> Fallible<bgfetch_js::DomString> {
                Ok("".into())
            }
        }

        impl $crate::bindings::NavigatorLanguageMethods for $name {
            fn language(&self, _: &Realm) -> Fallible<bgfetch_js::DomString> {
                Ok($crate::dom::globals::navigator::LANGUAGE.into())
            }

            fn languages(&self, _: &Realm) -> Fallible<Vec<bgfetch_js::DomString>> {
                Ok(vec![$crate::dom::globals::navigator::LANGUAGE.into()])
            }
        }

        impl $crate::bindings::NavigatorOnLineMethods for $name {
            fn on_line(&self, _: &Realm) -> Fallible<bool> {
                Ok($crate::dom::globals::connectivity::is_online())
            }
        }

        impl $crate::bindings::NavigatorConcurrentHardwareMethods for $name {
            fn hardware_concurrency(&self, _: &Realm) -> Fallible<u64> {
                Ok($crate::dom::globals::navigator::hardware_concurrency())
            }
        }

        impl $crate::bindings::NavigatorStorageMethods for $name {
            fn storage(&self, realm: &Realm) -> Fallible<bgfetch_js::Root<$crate::dom::StorageManager>> {
                $crate::dom::globals::storage_manager::object(realm)
            }
        }
    };
}
pub(super) use navigator_mixins;

navigator_mixins!(Navigator);

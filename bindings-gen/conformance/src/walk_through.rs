//! What `bindings-gen/docs/update.md` walks through: the same interfaces before and after a change of the IDL. The Rust
//! is the same for both; what a page sees is not.

macro_rules! version {
    ($(#[$docs:meta])* $name:ident, $file:literal) => {
        $(#[$docs])*
        pub mod $name {
            /// Generated from the project's own IDL.
            pub mod bindings {
                include!(concat!(env!("OUT_DIR"), $file));
            }

            /// The implementation.
            pub mod dom {
                use bgfetch_js::{DomString, Fallible, Promise, Realm, Reflector, Root};
                use bgfetch_js::{platform_object, trace_fields};

                use super::bindings::{
                    BackgroundFetchManagerMethods, BackgroundFetchOptions, BackgroundFetchRegistrationMethods,
                    EventTargetMethods, UsvStringOrUsvStringSequence, WindowMethods,
                };

                /// What the others inherit from.
                #[derive(Default)]
                pub struct EventTarget {
                    reflector: Reflector,
                }

                trace_fields!(EventTarget {});
                platform_object!(EventTarget);

                impl EventTargetMethods for EventTarget {}

                /// The global object, in windows and workers alike.
                #[derive(Default)]
                pub struct Window {
                    target: EventTarget,
                }

                trace_fields!(Window { target });
                platform_object!(Window: EventTarget via target);

                impl WindowMethods for Window {}

                /// Knows of no fetches.
                #[derive(Default)]
                pub struct BackgroundFetchManager {
                    reflector: Reflector,
                }

                trace_fields!(BackgroundFetchManager {});
                platform_object!(BackgroundFetchManager);

                impl BackgroundFetchManagerMethods for BackgroundFetchManager {
                    fn fetch(
                        &self,
                        realm: &Realm,
                        id: DomString,
                        _: UsvStringOrUsvStringSequence,
                        _: BackgroundFetchOptions,
                    ) -> Fallible<Promise<Root<BackgroundFetchRegistration>>> {
                        let registration = BackgroundFetchRegistration { target: EventTarget::default(), id };
                        Promise::resolved(realm, realm.wrap(registration)?)
                    }

                    fn get(
                        &self,
                        realm: &Realm,
                        _: DomString,
                    ) -> Fallible<Promise<Option<Root<BackgroundFetchRegistration>>>> {
                        Promise::resolved(realm, None)
                    }

                    fn get_ids(&self, realm: &Realm) -> Fallible<Promise<Vec<DomString>>> {
                        Promise::resolved(realm, Vec::new())
                    }
                }

                /// A background fetch.
                pub struct BackgroundFetchRegistration {
                    target: EventTarget,
                    id: DomString,
                }

                trace_fields!(BackgroundFetchRegistration { target });
                platform_object!(BackgroundFetchRegistration: EventTarget via target);

                impl BackgroundFetchRegistrationMethods for BackgroundFetchRegistration {
                    fn id(&self, _: &Realm) -> Fallible<DomString> {
                        Ok(self.id.clone())
                    }

                    fn abort(&self, realm: &Realm) -> Fallible<Promise<bool>> {
                        Promise::resolved(realm, false)
                    }
                }
            }
        }
    };
}

version!(
    /// As published.
    before,
    "/before/mod.rs"
);
version!(
    /// As [pull request 180](https://github.com/WICG/background-fetch/pull/180) would have it.
    after,
    "/after/mod.rs"
);

//! [`WebAssembly`](https://webassembly.github.io/spec/js-api/#webassembly-namespace).

use bgfetch_js::{BufferSource, Fallible, Object, Promise, Realm, Root, wasm};

use super::imports::Imports;
use super::module::{bytes_of, constants_of};
use super::{Instance, Module, Tag, streaming};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{WebAssemblyCompileOptions, WebAssemblyInstantiatedSource, WebAssemblyNamespace};
use crate::dom::Response;

/// `WebAssembly`.
pub(crate) struct WebAssembly;

/// [Instantiates a promise of a
/// module](https://webassembly.github.io/spec/js-api/#instantiate-a-promise-of-a-module), which has been compiled.
pub(super) fn instantiated(
    realm: &Realm,
    module: Root<Module>,
    imports: Option<&Object>,
) -> Fallible<WebAssemblyInstantiatedSource> {
    let imports = Imports::read(realm, &module, imports)?;
    let instance = Instance::create(realm, &module, &imports)?;
    Ok(WebAssemblyInstantiatedSource { module, instance })
}

impl WebAssemblyNamespace for WebAssembly {
    /// [`JSTag`](https://webassembly.github.io/spec/js-api/#dom-webassembly-jstag)
    fn js_tag(realm: &Realm) -> Fallible<Root<Tag>> {
        Tag::js(realm)
    }

    /// [`validate()`](https://webassembly.github.io/spec/js-api/#dom-webassembly-validate)
    fn validate(realm: &Realm, bytes: BufferSource, _: WebAssemblyCompileOptions) -> Fallible<bool> {
        Ok(wasm::Module::validate(&bytes_of(realm, &bytes)))
    }

    /// [`compile()`](https://webassembly.github.io/spec/js-api/#dom-webassembly-compile)
    fn compile(
        realm: &Realm,
        bytes: BufferSource,
        options: WebAssemblyCompileOptions,
    ) -> Fallible<Promise<Root<Module>>> {
        let (bytes, constants) = (bytes_of(realm, &bytes), constants_of(options));
        let owner = realm.clone();
        Agent::current().promise(TaskSource::WebAssembly, realm, async move {
            Module::compile(&owner, bytes, constants).await
        })
    }

    /// [`instantiate()`](https://webassembly.github.io/spec/js-api/#dom-webassembly-instantiate) of bytes.
    fn instantiate(
        realm: &Realm,
        bytes: BufferSource,
        import_object: Option<Object>,
        options: WebAssemblyCompileOptions,
    ) -> Fallible<Promise<WebAssemblyInstantiatedSource>> {
        let (bytes, constants) = (bytes_of(realm, &bytes), constants_of(options));
        let owner = realm.clone();
        Agent::current().promise(TaskSource::WebAssembly, realm, async move {
            let module = Module::compile(&owner, bytes, constants).await?;
            instantiated(&owner, module, import_object.as_ref())
        })
    }

    /// [`instantiate()`](https://webassembly.github.io/spec/js-api/#dom-webassembly-instantiate-moduleobject-importobject) of a
    /// module.
    fn instantiate_2(
        realm: &Realm,
        module_object: Root<Module>,
        import_object: Option<Object>,
    ) -> Fallible<Promise<Root<Instance>>> {
        // The imports are read at once, the instance is made in a task of its own.
        let imports = Imports::read(realm, &module_object, import_object.as_ref())?;
        let promise = Promise::new(realm)?;
        let settled = promise.clone();
        Agent::current().queue_global(TaskSource::WebAssembly, realm, move |realm| {
            match Instance::create(realm, &module_object, &imports) {
                Ok(instance) => settled.resolve(realm, instance),
                Err(exception) => settled.reject(realm, exception),
            }
            Ok(())
        });
        Ok(promise)
    }

    /// [`compileStreaming()`](https://webassembly.github.io/spec/web-api/#dom-webassembly-compilestreaming)
    fn compile_streaming(
        realm: &Realm,
        source: Promise<Root<Response>>,
        options: WebAssemblyCompileOptions,
    ) -> Fallible<Promise<Root<Module>>> {
        let (owner, constants) = (realm.clone(), constants_of(options));
        Agent::current().promise(TaskSource::WebAssembly, realm, async move {
            streaming::compile(&owner, source, constants).await
        })
    }

    /// [`instantiateStreaming()`](https://webassembly.github.io/spec/web-api/#dom-webassembly-instantiatestreaming)
    fn instantiate_streaming(
        realm: &Realm,
        source: Promise<Root<Response>>,
        import_object: Option<Object>,
        options: WebAssemblyCompileOptions,
    ) -> Fallible<Promise<WebAssemblyInstantiatedSource>> {
        let (owner, constants) = (realm.clone(), constants_of(options));
        Agent::current().promise(TaskSource::WebAssembly, realm, async move {
            let module = streaming::compile(&owner, source, constants).await?;
            instantiated(&owner, module, import_object.as_ref())
        })
    }
}

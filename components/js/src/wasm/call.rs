//! Calls, both ways.

use wasmtime::{AsContextMut, Caller, Func, FuncType, Val, ValType};

use super::buffers;
use super::errors::{ErrorKind, Failure, Stopped};
use super::exception;
use super::store::{Agent, Limits, lend, with};
use super::tag::Tag;
use super::ticker::AtWork;
use super::types::is_opaque;
use super::value::Slot;
use crate::sequence::{iterator_method, sequence_with};
use crate::{Callback, Exception, Fallible, Object, Realm, Value, state};

/// What a function takes and gives.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) params: Vec<ValType>,
    pub(super) results: Vec<ValType>,
}

impl Signature {
    pub(super) fn of(ty: &FuncType) -> Self {
        Self { params: ty.params().collect(), results: ty.results().collect() }
    }

    fn check(&self) -> Fallible<()> {
        if self.params.iter().chain(&self.results).any(is_opaque) {
            return Err(Exception::type_error("script has no values of a type of this function"));
        }
        Ok(())
    }
}

/// [Calls an Exported Function](https://webassembly.github.io/spec/js-api/#call-an-exported-function).
pub(super) fn into_wasm(
    realm: &Realm,
    function: Func,
    signature: &Signature,
    args: impl Fn(usize) -> Value,
) -> Fallible<Value> {
    signature.check()?;
    let args: Vec<Slot> = (0..)
        .zip(&signature.params)
        .map(|(index, ty)| Slot::of_js(realm, &args(index), ty))
        .collect::<Fallible<_>>()?;
    let results = running(realm, ErrorKind::Runtime, |context| {
        let params: Vec<Val> = args
            .iter()
            .zip(&signature.params)
            .map(|(slot, ty)| slot.to_engine(context, ty))
            .collect::<wasmtime::Result<_>>()?;
        let mut results = vec![Val::I32(0); signature.results.len()];
        function.call(&mut *context, &params, &mut results)?;
        results.iter().map(|value| Slot::of_engine(context, value)).collect::<wasmtime::Result<Vec<_>>>()
    })?;
    let mut values = Vec::with_capacity(results.len());
    for slot in results {
        let slot = slot.ok_or_else(|| Exception::type_error("script has no values of the type"))?;
        values.push(slot.to_js(realm)?);
    }
    if values.len() > 1 {
        return Object::array(realm, values).map(Object::into_value);
    }
    Ok(values.pop().unwrap_or(Value::UNDEFINED))
}

/// Lets WebAssembly run.
///
/// # Errors
/// What it threw, an error if it trapped, the end of the script if it was stopped; `other` if something else failed.
pub(super) fn running<R>(
    realm: &Realm,
    other: ErrorKind,
    run: impl FnOnce(&mut super::store::Context<'_>) -> wasmtime::Result<R>,
) -> Fallible<R> {
    let entry = state::Entry::new();
    let result = with(|mut context| {
        let _at_work = AtWork::new();
        context.set_epoch_deadline(1);
        run(&mut context).map_err(|error| Failure::of(&mut context, &error))
    });
    buffers::refresh(realm);
    // Whoever has called has the checkpoint to make.
    entry.end_quietly();
    result?.map_err(|failure| failure.into_exception(realm, other))
}

/// A function that calls script: [creates a host
/// function](https://webassembly.github.io/spec/js-api/#create-a-host-function).
pub(super) fn host_function(realm: &Realm, callback: Callback, ty: &FuncType) -> Fallible<Func> {
    let agent = Agent::current()?;
    // Made before it is wanted: what is thrown needs it, while WebAssembly has the store.
    let js_tag = Tag::js()?;
    let number = {
        let mut callbacks = agent.callbacks.borrow_mut();
        callbacks.push((callback, realm.clone()));
        callbacks.len() - 1
    };
    let signature = Signature::of(ty);
    with(|context| {
        Func::new(context, ty.clone(), move |caller, params, results| {
            out_of_wasm(number, &signature, &js_tag, caller, params, results)
        })
    })
}

/// [Runs a host function](https://webassembly.github.io/spec/js-api/#run-a-host-function).
fn out_of_wasm(
    number: usize,
    signature: &Signature,
    js_tag: &Tag,
    mut caller: Caller<'_, Limits>,
    params: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    let lost = || wasmtime::Error::msg("the agent has ended");
    let agent = Agent::existing().ok_or_else(lost)?;
    let (callback, realm) = agent.callbacks.borrow().get(number).cloned().ok_or_else(lost)?;
    let mut context = caller.as_context_mut();
    let mut args = Vec::with_capacity(params.len());
    for value in params {
        args.push(Slot::of_engine(&mut context, value)?);
    }
    let returned = lend(&agent, &mut context, || {
        buffers::refresh(&realm);
        call_script(&realm, &callback, signature, args)
    });
    match returned {
        Ok(slots) => {
            for ((slot, ty), place) in slots.iter().zip(&signature.results).zip(results) {
                *place = slot.to_engine(&mut context, ty)?;
            }
            Ok(())
        }
        Err(exception) if exception.is_termination() => Err(Stopped.into()),
        Err(exception) => {
            let value = exception.to_value(&realm);
            let own = exception::own(&value);
            Err(exception::throw(&mut context, value, own, js_tag))
        }
    }
}

fn call_script(
    realm: &Realm,
    callback: &Callback,
    signature: &Signature,
    args: Vec<Option<Slot>>,
) -> Fallible<Vec<Slot>> {
    signature.check()?;
    let args: Vec<Value> =
        args.into_iter().flatten().map(|slot| slot.to_js(realm)).collect::<Fallible<_>>()?;
    let returned = callback.call(realm, &Value::UNDEFINED, &args)?;
    match signature.results.as_slice() {
        [] => Ok(Vec::new()),
        [ty] => Ok(vec![Slot::of_js(realm, &returned, ty)?]),
        types => {
            let object = returned.as_object();
            let iterable = match &object {
                Some(object) => iterator_method(realm, object)?.map(|method| (object, method)),
                None => None,
            };
            let (object, method) =
                iterable.ok_or_else(|| Exception::type_error("the function did not return an iterable"))?;
            let values = sequence_with(realm, object, &method, |_, value| Ok(value.clone()))?;
            if values.len() != types.len() {
                let message = format!("the function returned {} values, not {}", values.len(), types.len());
                return Err(Exception::type_error(message));
            }
            values.iter().zip(types).map(|(value, ty)| Slot::of_js(realm, value, ty)).collect()
        }
    }
}

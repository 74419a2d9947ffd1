//! WebAssembly and shared memory, as script that runs on several threads finds them.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use bgfetch_js::glue::Exposure;
use bgfetch_js::wasm::{Extern, Instance, Memory, MemoryLimits, Module};
use bgfetch_js::{ArrayBuffer, Realm, RealmOptions, Runtime, RuntimeOptions, Value};

fn with_realm<R>(f: impl FnOnce(&Runtime, &Realm) -> R) -> R {
    let runtime = Runtime::new(RuntimeOptions::default(), &[]).unwrap();
    let options = RealmOptions { exposure: Exposure::WINDOW, ..RealmOptions::default() };
    let realm = Realm::new(options).unwrap();
    let result = f(&runtime, &realm);
    realm.forget();
    drop(realm);
    result
}

fn evaluate(realm: &Realm, source: &str) -> String {
    match realm.evaluate_script(source, "test.js", 1) {
        Ok(value) => value.describe(realm),
        Err(exception) => exception.describe(realm),
    }
}

/// A module of these sections, each by its number.
fn module(sections: &[(u8, &[u8])]) -> Module {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    for (id, section) in sections {
        bytes.extend([*id, u8::try_from(section.len()).unwrap()]);
        bytes.extend_from_slice(section);
    }
    Module::compile(bytes, None).unwrap()
}

fn export(realm: &Realm, module: &Module, imports: &[Extern], name: &str) -> Value {
    let instance = Instance::new(realm, module, imports).unwrap();
    match instance.export(name).unwrap() {
        Extern::Function(function) => function.object(realm, 0).unwrap().into_value(),
        other => panic!("{other:?} is no function"),
    }
}

/// `(module (func (export "f") (loop br 0)))`
fn endless() -> Module {
    module(&[
        (1, &[1, 0x60, 0, 0]),
        (3, &[1, 0]),
        (7, &[1, 1, b'f', 0, 0]),
        (10, &[1, 7, 0, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b]),
    ])
}

#[test]
fn a_loop_without_end_is_stopped() {
    with_realm(|runtime, realm| {
        realm.global().set(realm, "f", &export(realm, &endless(), &[], "f")).unwrap();
        runtime.set_time_limit(Some(Duration::from_millis(100)));
        let started = Instant::now();
        let stopped = realm.evaluate_script("try { f() } catch { 'caught' }", "test.js", 1).unwrap_err();
        assert!(stopped.is_termination());
        assert!(started.elapsed() < Duration::from_secs(20));
        // It can go on afterwards.
        runtime.set_time_limit(None);
        assert_eq!(evaluate(realm, "1 + 1"), "2");
    });
}

#[test]
fn recursion_without_end_is_a_range_error() {
    // (module (func (export "f") call 0))
    let recursive = module(&[
        (1, &[1, 0x60, 0, 0]),
        (3, &[1, 0]),
        (7, &[1, 1, b'f', 0, 0]),
        (10, &[1, 4, 0, 0x10, 0, 0x0b]),
    ]);
    with_realm(|_, realm| {
        realm.global().set(realm, "f", &export(realm, &recursive, &[], "f")).unwrap();
        assert_eq!(evaluate(realm, "try { f() } catch (e) { e instanceof RangeError }"), "true");
        assert_eq!(evaluate(realm, "try { f() } catch (e) { e instanceof RangeError }"), "true");
    });
}

#[test]
fn script_and_webassembly_call_each_other() {
    // (module (import "m" "g" (func (param i32) (result i32)))
    //   (func (export "f") (param i32) (result i32) local.get 0 call 0 i32.const 1 i32.add))
    let calls = module(&[
        (1, &[1, 0x60, 1, 0x7f, 1, 0x7f]),
        (2, &[1, 1, b'm', 1, b'g', 0, 0]),
        (3, &[1, 0]),
        (7, &[1, 1, b'f', 0, 1]),
        (10, &[1, 9, 0, 0x20, 0, 0x10, 0, 0x41, 1, 0x6a, 0x0b]),
    ]);
    with_realm(|_, realm| {
        let callback = realm
            .evaluate_script(
                "x => { if (x > 4) throw new Error('more'); return x < 3 ? x * 2 : f(x - 1) }",
                "",
                1,
            )
            .unwrap();
        let import = calls.import_value(realm, 0, &callback).unwrap();
        realm.global().set(realm, "f", &export(realm, &calls, &[import], "f")).unwrap();
        assert_eq!(evaluate(realm, "f(1)"), "3");
        // f calls g calls f.
        assert_eq!(evaluate(realm, "f(3)"), "6");
        assert_eq!(evaluate(realm, "f(5)"), "Error: more");
        assert_eq!(evaluate(realm, "f(1)"), "3");
    });
}

#[test]
fn the_buffer_of_a_memory_follows_it_and_cannot_be_taken() {
    with_realm(|_, realm| {
        let limits = MemoryLimits { initial: 1, maximum: Some(3), is_64: false, shared: false };
        let memory = Memory::new(limits).unwrap();
        let buffer = memory.buffer(realm).unwrap();
        assert_eq!(buffer.len(), 1 << 16);
        assert!(!buffer.is_detachable());
        realm.global().set(realm, "buffer", buffer.as_value()).unwrap();
        assert!(evaluate(realm, "buffer.transfer()").starts_with("TypeError"));
        assert_eq!(memory.grow(realm, 1).unwrap(), 1);
        assert!(buffer.is_detached());
        assert_eq!(memory.buffer(realm).unwrap().len(), 2 << 16);
        assert!(memory.grow(realm, 2).is_err());

        let resizable = memory.to_buffer(realm, true).unwrap();
        realm.global().set(realm, "buffer", resizable.as_value()).unwrap();
        let written = "new Uint8Array(buffer)[70000] = 7; buffer.resize(3 << 16); \
                       [buffer.byteLength, new Uint8Array(buffer)[70000]].join()";
        assert_eq!(evaluate(realm, written), "196608,7");
        assert!(evaluate(realm, "buffer.resize(1 << 16)").starts_with("RangeError"));
    });
}

#[test]
fn threads_share_what_they_write_wake_each_other_and_grow_together() {
    let (send, receive) = mpsc::channel();
    let other = thread::spawn(move || {
        with_realm(|_, realm| {
            Runtime::allow_blocking();
            let block = receive.recv().unwrap();
            let buffer = ArrayBuffer::of_block(realm, &block, 8, Some(64)).unwrap();
            realm.global().set(realm, "buffer", buffer.as_value()).unwrap();
            let waited = evaluate(realm, "Atomics.wait(new Int32Array(buffer), 0, 0, 30000)");
            format!("{waited} {}", evaluate(realm, "new Int32Array(buffer)[1] + ' ' + buffer.byteLength"))
        })
    });
    with_realm(|_, realm| {
        let source = "var buffer = new SharedArrayBuffer(8, { maxByteLength: 64 }); buffer";
        let value = realm.evaluate_script(source, "test.js", 1).unwrap();
        let buffer = ArrayBuffer::of_object(&value.as_object().unwrap()).unwrap();
        send.send(buffer.block().unwrap()).unwrap();
        assert_eq!(
            evaluate(realm, "Atomics.wait(new Int32Array(buffer), 0, 0)"),
            "TypeError: this thread must not wait"
        );
        let deadline = Instant::now() + Duration::from_secs(30);
        evaluate(realm, "new Int32Array(buffer)[1] = 42; buffer.grow(16)");
        while evaluate(realm, "Atomics.notify(new Int32Array(buffer), 0)") == "0" {
            assert!(Instant::now() < deadline, "nobody waits");
            thread::yield_now();
        }
        assert!(evaluate(realm, "buffer.grow(8)").starts_with("RangeError"));
    });
    assert_eq!(other.join().unwrap(), "ok 42 16");
}

#[test]
fn a_thread_that_waits_for_ever_ends_when_it_is_stopped() {
    with_realm(|runtime, realm| {
        Runtime::allow_blocking();
        runtime.set_time_limit(Some(Duration::from_millis(100)));
        let source = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)";
        assert!(realm.evaluate_script(source, "test.js", 1).unwrap_err().is_termination());
        runtime.set_time_limit(Some(Duration::from_millis(100)));
        let limits = MemoryLimits { initial: 1, maximum: Some(1), is_64: false, shared: true };
        let buffer = Memory::new(limits).unwrap().buffer(realm).unwrap();
        realm.global().set(realm, "buffer", buffer.as_value()).unwrap();
        let source = "Atomics.wait(new Int32Array(buffer), 0, 0)";
        assert!(realm.evaluate_script(source, "test.js", 1).unwrap_err().is_termination());
    });
}

#[test]
fn what_is_no_module_is_refused_with_the_reason() {
    assert!(!Module::validate(b"\0asm\x01\0\0\0\x63"));
    assert!(Module::compile(b"\0asm\x02\0\0\0".to_vec(), None).is_err());
    assert!(Module::compile(Vec::new(), None).unwrap_err().contains("unexpected end"));
}

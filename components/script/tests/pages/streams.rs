//! Streams where the official tests do not look: memory, bodies in odd pieces, the end of a page in the middle.

use std::time::Duration;

use crate::support::{Page, Site};

fn body() -> Vec<u8> {
    (0..100_000_u32).flat_map(u32::to_le_bytes).collect()
}

fn page() -> Page {
    let site = Site::default().raw("/body", 200, &[], &body(), Duration::ZERO);
    site.page("/", "<!DOCTYPE html><title>streams</title>").open("/")
}

/// A reaction that held its stream as a root kept every stream whose source never answered, as long as the source
/// kept the means to answer: the usual way to write one.
#[test]
fn a_pull_that_never_settles_does_not_keep_its_stream() {
    let page = page();
    page.eval(
        "function never(keeper) { return new Promise(resolve => { keeper.resolve = resolve }) }
         function readable() {
             const source = { pull() { return never(source) } };
             return source.stream = new ReadableStream(source);
         }
         function writable() {
             const sink = { write() { return never(sink) } };
             sink.stream = new WritableStream(sink);
             sink.stream.getWriter().write('x');
             return sink.stream;
         }
         function piped() {
             const stream = readable();
             stream.pipeThrough(new TransformStream()).tee();
             return stream;
         }
         var kept = [readable, writable, piped].flatMap(make => [...Array(20)].map(() => new WeakRef(make())))",
    );
    page.idle();
    page.eval("for (let i = 0; i < 400000; i++) { const a = {}, b = { a }; a.b = b }");
    page.check(&[("kept.filter(ref => ref.deref()).length", "0")]);
}

#[test]
fn bodies_come_whole_in_pieces_of_any_size() {
    let page = page();
    page.eval(
        "async function byob(size, min) {
             const reader = (await fetch('/body')).body.getReader({ mode: 'byob' });
             let view = new Uint8Array(size), sum = 0, count = 0, short = 0;
             for (;;) {
                 const { value, done } = await reader.read(view, { min });
                 for (const byte of value) sum += byte;
                 count += value.length;
                 if (done) return [count, sum, short];
                 if (value.length < min) short++;
                 view = new Uint8Array(value.buffer);
             }
         }
         async function words() {
             const reader = (await fetch('/body')).body.getReader({ mode: 'byob' });
             let expected = 0;
             for (;;) {
                 const { value, done } = await reader.read(new Uint32Array(777));
                 if (done) return expected;
                 for (const word of value) if (word !== expected++) throw Error(`${word} at ${expected}`);
             }
         }
         async function both() {
             const [a, b] = (await fetch('/body')).body.tee();
             const sizes = await Promise.all([new Response(a).bytes(), new Response(b).bytes()]);
             return sizes.map(bytes => new Uint32Array(bytes.buffer).every((word, i) => word === i) && bytes.length);
         }",
    );
    let sum: u64 = body().iter().map(|byte| u64::from(*byte)).sum();
    // Only what comes with the end may be shorter than asked for.
    let whole = format!("[400000,{sum},0]");
    page.check(&[
        ("byob(61, 1)", &whole),
        ("byob(4096, 4096)", &whole),
        ("byob(1000000, 1000000)", &whole),
        ("words()", "100000"),
        ("both()", "[400000,400000]"),
    ]);
}

#[test]
fn a_page_may_end_in_the_middle_of_a_pipe() {
    let page = page();
    page.eval(
        "fetch('/body').then(response => response.body
             .pipeThrough(new CompressionStream('gzip'))
             .pipeThrough(new TransformStream())
             .pipeTo(new WritableStream({ write() { return new Promise(() => {}) } })));
         0",
    );
    page.eval(
        "var sent = new ReadableStream(), { port1, port2 } = new MessageChannel();
         port1.postMessage(sent, [sent]);
         var reader = new ReadableStream({ type: 'bytes' }).getReader({ mode: 'byob' });
         reader.read(new Uint8Array(9)); 0",
    );
    // Dropping the page checks that its thread ends without a panic.
    drop(page);
}

#[test]
fn what_is_not_compressed_data_is_an_error_and_what_is_comes_back() {
    let page = page();
    page.eval(
        "async function through(stream, chunks) {
             const writer = stream.writable.getWriter();
             const written = (async () => {
                 for (const chunk of chunks) await writer.write(chunk);
                 await writer.close();
             })().catch(() => {});
             try { return await new Response(stream.readable).bytes() }
             catch (error) { return error.name }
             finally { await written }
         }
         const text = new TextEncoder().encode('0123456789'.repeat(5000));
         async function round(format) {
             const packed = await through(new CompressionStream(format), [text.subarray(0, 7), text.subarray(7)]);
             const pieces = Array.from({ length: Math.ceil(packed.length / 5) }, (_, i) => packed.slice(i * 5, i * 5 + 5));
             const unpacked = await through(new DecompressionStream(format), pieces);
             const cut = await through(new DecompressionStream(format), [packed.slice(0, -1)]);
             const junk = await through(new DecompressionStream(format), [packed, new Uint8Array(3)]);
             const noise = await through(new DecompressionStream(format), [new Uint8Array(100).fill(255)]);
             const nothing = await through(new DecompressionStream(format), []);
             return [packed.length < 1000, unpacked.length, unpacked.every((b, i) => b === text[i]), cut, junk, noise, nothing];
         }",
    );
    let expected = r#"[true,50000,true,"TypeError","TypeError","TypeError","TypeError"]"#;
    page.check(&[
        ("round('gzip')", expected),
        ("round('deflate')", expected),
        ("round('deflate-raw')", expected),
        ("round('brotli')", expected),
    ]);
}

#[test]
fn what_was_transferred_stays_locked() {
    let page = page();
    page.eval(
        "const sent = new TransformStream(), { port1, port2 } = new MessageChannel();
         const received = new Promise(resolve => port2.onmessage = event => resolve(event.data));
         port1.postMessage(sent, [sent]);
         async function pass() {
             const stream = await received;
             const writer = stream.writable.getWriter();
             writer.write({ nested: [1, 2n, new Date(0)] });
             writer.write(() => {}).catch(() => {});
             const reader = stream.readable.getReader();
             const first = await reader.read();
             const second = await reader.read().catch(error => error.name);
             return [first.value.nested.map(String), second, await writer.closed.catch(error => error.name)];
         }",
    );
    page.check(&[
        ("[sent.readable.locked, sent.writable.locked]", "[true,true]"),
        ("try { port1.postMessage(sent, [sent]) } catch (error) { error.name }", "\"DataCloneError\""),
        ("try { structuredClone(new ReadableStream) } catch (error) { error.name }", "\"DataCloneError\""),
        ("pass()", r#"[["1","2","Thu Jan 01 1970 00:00:00 GMT+0000"],"DataCloneError","DataCloneError"]"#),
    ]);
}

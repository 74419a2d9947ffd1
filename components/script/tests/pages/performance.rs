//! The performance timeline: what a page measures itself, and what is told of its resources.

use std::time::Duration;

use crate::support::{Page, Site};

fn page() -> Page {
    Site::default()
        .page("/page.html", "<script src=/script.js></script><iframe id=f src=/child.html></iframe>")
        .page("/child.html", "<p>child")
        .script("/script.js", "var ran = true")
        .with("/data.txt", "text/plain", "hello")
        .raw(
            "/slow.txt",
            200,
            &[("content-type", "text/plain"), ("server-timing", "db;dur=53;desc=\"a, b\", miss")],
            b"12345",
            Duration::from_millis(20),
        )
        .open("/page.html")
}

#[test]
fn marks_and_measures() {
    let page = page();
    page.check(&[
        (
            "performance.mark('a', { startTime: 5, detail: { x: [1] } }); performance.mark('b', { startTime: 9 }); \
             var m = performance.measure('m', 'a', 'b'); [m.startTime, m.duration, m.entryType, m.detail]",
            "[5,4,\"measure\",null]",
        ),
        ("performance.getEntriesByName('a').map(e => [e.detail.x, e.toJSON().name])", "[[[1],\"a\"]]"),
        ("performance.measure('n', { start: 'a', duration: 7 }).duration", "7"),
        (
            "[() => performance.measure('x', 'nothing'), () => performance.mark('loadEventEnd'), \
             () => performance.mark('x', { startTime: -1 }), () => performance.measure('x', { start: 1, end: 2, duration: 1 })] \
             .map(f => { try { f() } catch (e) { return e.name } })",
            r#"["SyntaxError","SyntaxError","TypeError","TypeError"]"#,
        ),
        ("performance.clearMarks('a'); performance.getEntriesByType('mark').map(e => e.name)", "[\"b\"]"),
        ("performance.clearMeasures(); performance.getEntriesByType('measure').length", "0"),
    ]);
}

#[test]
fn observers_are_told_of_what_comes_and_if_asked_of_what_was() {
    let page = page();
    page.check(&[
        (
            "new Promise(done => { performance.mark('before'); let seen = []; \
             new PerformanceObserver((list, observer, options) => { \
             seen.push(...list.getEntries().map(e => e.name)); if (seen.length > 1) done([seen, options.droppedEntriesCount]) }) \
             .observe({ type: 'mark', buffered: true }); performance.mark('after') })",
            r#"[["before","after"],0]"#,
        ),
        (
            "var o = new PerformanceObserver(() => {}); o.observe({ entryTypes: ['mark', 'nothing'] }); performance.mark('taken'); \
             [o.takeRecords().map(e => e.name), o.takeRecords().length]",
            r#"[["taken"],0]"#,
        ),
        ("try { o.observe({ type: 'mark' }) } catch (e) { e.name }", "\"InvalidModificationError\""),
        (
            "var types = PerformanceObserver.supportedEntryTypes; [types, types === PerformanceObserver.supportedEntryTypes]",
            r#"[["mark","measure","navigation","resource"],true]"#,
        ),
    ]);
}

#[test]
fn a_resource_has_an_entry_as_soon_as_its_body_was_read() {
    let page = page();
    page.check(&[
        (
            "performance.getEntriesByType('resource').map(e => [e.initiatorType, new URL(e.name).pathname])",
            r#"[["script","/script.js"],["iframe","/child.html"]]"#,
        ),
        (
            "performance.clearResourceTimings(); fetch('/slow.txt').then(r => r.text()).then(() => { \
             var e = performance.getEntriesByName('https://site.test/slow.txt')[0]; \
             return [e.initiatorType, e.duration >= 20, e.responseEnd >= e.responseStart, e.responseStart >= e.fetchStart, \
             e.serverTiming.map(s => [s.name, s.duration, s.description])] })",
            r#"["fetch",true,true,true,[["db",53,"a, b"],["miss",0,""]]]"#,
        ),
        (
            "var x = new XMLHttpRequest; x.open('GET', '/data.txt', false); x.send(); \
             var e = performance.getEntriesByType('resource').at(-1); [e.initiatorType, e.responseStatus, e.transferSize]",
            "[\"xmlhttprequest\",200,305]",
        ),
        (
            "new Promise(done => { performance.onresourcetimingbufferfull = () => { \
             performance.setResourceTimingBufferSize(9); setTimeout(() => done(performance.getEntriesByType('resource').length)) }; \
             performance.clearResourceTimings(); performance.setResourceTimingBufferSize(1); \
             fetch('/data.txt').then(r => r.text()).then(() => fetch('/slow.txt')) })",
            "2",
        ),
    ]);
}

#[test]
fn a_document_tells_of_its_own_load() {
    let page = page();
    page.check(&[
        (
            "var n = performance.getEntriesByType('navigation')[0]; [n.name, n.type, n.startTime, n.initiatorType, n.redirectCount, \
             n.duration === n.loadEventEnd]",
            r#"["https://site.test/page.html","navigate",0,"navigation",0,true]"#,
        ),
        (
            "[n.fetchStart, n.responseEnd, n.domInteractive, n.domContentLoadedEventEnd, n.domComplete, n.loadEventEnd] \
             .every((time, i, all) => time > 0 && (!i || all[i - 1] <= time))",
            "true",
        ),
        (
            "var t = performance.timing; [t.navigationStart <= t.fetchStart, t.loadEventEnd - t.navigationStart >= 0, \
             t.unloadEventStart, performance.toJSON().timing.domComplete === t.domComplete]",
            "[true,true,0,true]",
        ),
        (
            "f.contentWindow.performance.getEntriesByType('navigation')[0].name",
            "\"https://site.test/child.html\"",
        ),
        ("f.contentWindow.performance.timeOrigin > performance.timeOrigin", "true"),
    ]);
}

//! Frames, the windows that script opens, and what windows may do with each other.

use crate::support::{Page, Site};

const CHILD: &str =
    "<script>var here = location.search; onunload = () => parent.gone = here</script><p>child";

fn page(html: &str) -> Page {
    Site::default()
        .page("/page.html", html)
        .page("/child.html", CHILD)
        .page("/child.html?2", CHILD)
        .page(
            "https://other.test/",
            "<script>onmessage = e => e.source.postMessage([e.data, e.origin], '*')</script>",
        )
        .open("/page.html")
}

/// What a promise of "load" of an element `f` is waited for with.
const LOADED: &str =
    "new Promise(done => f.addEventListener('load', () => done(f.contentDocument?.URL), { once: true }))";

#[test]
fn the_load_event_waits_for_frames_and_a_proxy_stays_over_navigations() {
    let page = page(
        "<iframe id=f name=named src=child.html></iframe><script>var w = f.contentWindow; var early = [w.location.href, w.parent === window]; \
         onload = () => window.late = w.document.body.textContent</script>",
    );
    page.check(&[
        ("early", r#"["about:blank",true]"#),
        ("late", "\"child\""),
        ("[w === window[0], w === named, w === frames.named, w.top === window, w.frameElement === f, length]", "[true,true,true,true,true,1]"),
        (&format!("w.location.search = '?2'; {LOADED}"), "\"https://site.test/child.html?2\""),
        ("[w === f.contentWindow, w.here, gone, w.window === w, this === window, globalThis === self]", r#"[true,"?2","",true,true,true]"#),
        ("f.remove(); [w.closed, gone, length, w.parent]", r#"[true,"?2",0,null]"#),
    ]);
}

#[test]
fn a_window_of_another_origin_shows_what_the_standard_lets_it_show() {
    let page =
        page("<iframe id=f src='https://other.test/'></iframe><script>var w = f.contentWindow</script>");
    page.check(&[
        ("[f.contentDocument, w.length, w.closed, w.parent === window, w.self === w, w.then]", "[null,0,false,true,true,null]"),
        (
            "['document', 'foo', 'eval', 'location.href', 'location.reload'].map(path => { try { \
             return path.split('.').reduce((o, k) => o[k], w) } catch (e) { return e.name } })",
            r#"["SecurityError","SecurityError","SecurityError","SecurityError","SecurityError"]"#,
        ),
        ("try { w.foo = 1 } catch (e) { e.name }", "\"SecurityError\""),
        ("[Object.getPrototypeOf(w), w.postMessage instanceof Function, delete window.nothing]", "[null,true,true]"),
        ("try { Object.getOwnPropertyDescriptor(window, 'document').get.call(w) } catch (e) { e.name }", "\"SecurityError\""),
        (
            "new Promise(done => { onmessage = e => done([e.data, e.origin, e.source === w]); w.postMessage('hello', 'https://other.test') })",
            r#"[["hello","https://site.test"],"https://other.test",true]"#,
        ),
        (
            "new Promise(done => { onmessage = () => done('came'); w.postMessage(1, 'https://elsewhere.test'); setTimeout(done, 20, 'nothing') })",
            "\"nothing\"",
        ),
        (&format!("w.location = 'child.html'; {LOADED}"), "\"https://site.test/child.html\""),
        ("f.contentWindow === w", "true"),
    ]);
}

#[test]
fn history_goes_back_and_forward_through_frames() {
    let page = page("<iframe id=f src=child.html></iframe>");
    page.eval(
        "var w = f.contentWindow, popped = () => new Promise(done => w.onpopstate = e => done(e.state))",
    );
    page.check(&[
        ("history.length + String(history.state)", "\"1null\""),
        (&format!("w.location = 'child.html?2'; {LOADED}"), "\"https://site.test/child.html?2\""),
        ("w.history.pushState({ a: [1] }, '', '#x'); w.history.pushState(2, '', '/other'); [w.location.href, history.length]", r#"["https://site.test/other",4]"#),
        ("history.back(); popped()", r#"{"a":[1]}"#),
        ("[w.location.hash, w.history.state.a[0]]", r##"["#x",1]"##),
        (&format!("history.go(-2); {LOADED}"), "\"https://site.test/child.html\""),
        ("history.back(); history.go(99); history.length", "4"),
        ("try { w.history.pushState(0, '', 'https://other.test/') } catch (e) { e.name }", "\"SecurityError\""),
        ("f.remove(); history.length", "1"),
    ]);
}

#[test]
fn srcdoc_javascript_and_sandboxed_frames() {
    let page = page("<div id=d></div>");
    page.eval("var add = (name, value) => { window.f = document.createElement('iframe'); f[name] = value; d.append(f); return f }");
    page.check(&[
        ("add('srcdoc', '<p>hi<script>document.title = origin<\\/script>'); new Promise(done => f.onload = () => done([f.contentDocument.URL, f.contentDocument.baseURI, f.contentDocument.title]))", r#"["about:srcdoc","https://site.test/page.html","https://site.test"]"#),
        ("add('src', 'javascript:`<b>${1 + 1}</b>`'); new Promise(done => f.onload = () => done(f.contentDocument.body.innerHTML))", "\"<b>2</b>\""),
        ("add('sandbox', 'allow-scripts'); f.src = 'child.html'; new Promise(done => f.onload = () => done(f.contentDocument))", "null"),
        ("add('sandbox', 'allow-same-origin'); f.src = 'child.html'; new Promise(done => f.onload = () => done([f.contentDocument.body.textContent, f.contentWindow.here]))", r#"["child",null]"#),
        ("add('src', 'missing.html'); new Promise(done => f.onload = () => done(f.contentDocument))", "null"),
    ]);
}

#[test]
fn a_window_that_script_opens_is_its_own_top_and_can_be_closed() {
    let page = page("");
    page.check(&[
        ("var w = open('child.html?2', 'popup'); var loaded = new Promise(done => w.onload = () => done([w.here, open('', 'popup') === w, w.name])); [w.opener === window, w.top === w, w.closed, w === window]", "[true,true,false,false]"),
        ("loaded", r#"["?2",true,"popup"]"#),
        ("open('child.html', '_blank', 'noopener')", "null"),
        ("try { open('https://:no') } catch (e) { e.name }", "\"SyntaxError\""),
        ("w.close(); w.closed", "true"),
        ("close(); closed", "false"),
    ]);
}

#[test]
fn what_a_page_does_to_frames_while_they_come_and_go_breaks_nothing() {
    let page = page("<iframe id=f src=child.html></iframe>");
    page.check(&[
        // A frame that removes itself, is moved, and is navigated many times at once.
        ("f.contentWindow.eval('const p = parent; frameElement.remove(); p.still = 1'); still", "1"),
        ("var g = document.createElement('iframe'); document.body.append(g); for (let i = 0; i < 20; i++) g.src = 'child.html?' + i; g.src = 'child.html?2'; new Promise(done => g.onload = () => done(g.contentWindow.here))", "\"?2\""),
        ("var inner = g.contentWindow, old = inner.setTimeout; g.remove(); [typeof old.call(inner, () => {}, 0), inner.document.URL]", r#"["number","https://site.test/child.html?2"]"#),
        ("inner.fetch('x').then(() => 1, e => e.name)", "\"TypeError\""),
        ("for (let i = 0; i < 30; i++) { let x = document.createElement('iframe'); document.body.append(x); x.contentWindow.eval('1'); x.remove() } length", "0"),
        ("var loop = document.createElement('iframe'); loop.src = location.href; document.body.append(loop); loop.contentDocument.URL", "\"about:blank\""),
    ]);
}

//! Objects that hold data for pages: geometry, constructed style sheets, storage of the session, and what could be dragged.

use crate::support::{Page, Site};

fn page(html: &str) -> Page {
    let page = Site::default()
        .page("/page.html", html)
        .page("/frame.html", "<!DOCTYPE html><script>var seen = []; onstorage = e => { seen.push([e.key, e.oldValue, e.newValue, e.url, e.storageArea === sessionStorage].join('|')); parent.told?.() }</script>")
        .open("/page.html");
    page.eval("var err = f => { try { return f() } catch (e) { return e.name } }");
    page
}

#[test]
fn matrices_points_and_rectangles() {
    let page = page("<!DOCTYPE html>");
    page.check(&[
        ("'' + new DOMMatrix('translate(1px, 2px) scale(3)')", "\"matrix(3, 0, 0, 3, 1, 2)\""),
        ("'' + new DOMMatrix().translate(1, 2, 3)", "\"matrix3d(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 2, 3, 1)\""),
        ("const m = new DOMMatrix([1, 2, 3, 4, 5, 6]); m.m13 = 0; const flat = m.is2D; m.m13 = 1; [m.a, m.f, flat, m.is2D]", "[1,6,true,false]"),
        ("[DOMMatrix.fromMatrix({ a: 2 }).m11, err(() => DOMMatrix.fromMatrix({ a: 2, m11: 3 })), err(() => new DOMMatrix([1]))]", r#"[2,"TypeError","TypeError"]"#),
        ("new DOMPoint(1, 2).matrixTransform({ e: 10, d: 2 }).toJSON()", r#"{"x":11,"y":4,"z":0,"w":1}"#),
        ("[...new DOMMatrix([1, 2, 3, 4, 5, 6]).toFloat32Array()].slice(0, 6)", "[1,2,0,0,3,4]"),
        ("const r = new DOMRect(10, 10, -5, 5); [r.left, r.right, r.top, r.bottom, r.width]", "[5,10,10,15,-5]"),
        ("const q = DOMQuad.fromRect({ x: 1, y: 2, width: 3, height: 4 }); q.p3.x = 9; [q.p1 === q.p1, q.getBounds().width, q.p4.y]", "[true,8,6]"),
        ("const c = structuredClone([new DOMPoint(1, 2), new DOMMatrixReadOnly([1, 2, 3, 4, 5, 6]), new DOMQuad({ x: 7 })]); \
          [c[0].y, c[0] instanceof DOMPoint, c[1].is2D, c[1].f, c[1] instanceof DOMMatrix, c[2].p1.x]", "[2,true,true,6,false,7]"),
        ("[err(() => new DOMMatrix('translate(1em)')), WebKitCSSMatrix === DOMMatrix, err(() => '' + new DOMMatrix([NaN, 0, 0, 0, 0, 0]))]", r#"["SyntaxError",true,"InvalidStateError"]"#),
    ]);
}

#[test]
fn style_sheets_that_script_constructs() {
    let page = page("<!DOCTYPE html><div id=d></div>");
    page.eval("var s = new CSSStyleSheet({ media: 'PRINT,  screen' }), text = () => [...s.cssRules].map(r => r.cssText + r.type)");
    page.check(&[
        ("s.replaceSync('@import \"x\"; a { color: red } @media print { b {} } c'); text()", r#"["a { color: red }1","@media print { b {} }4"]"#),
        ("[s.insertRule('i {}', 1), s.cssRules.length, s.cssRules[1].parentStyleSheet === s, s.media.mediaText]", r#"[1,3,true,"print, screen"]"#),
        ("const gone = s.cssRules[0]; s.deleteRule(0); [gone.parentStyleSheet, s.cssRules[0].cssText]", r#"[null,"i {}"]"#),
        ("[err(() => s.insertRule('i {} b {}')), err(() => s.insertRule('@import \"x\";')), err(() => s.insertRule('b {}', 9)), err(() => s.deleteRule(5))]",
            r#"["SyntaxError","SyntaxError","IndexSizeError","IndexSizeError"]"#),
        ("const p = s.replace('u {}'); [err(() => s.insertRule('b {}'))]", r#"["NotAllowedError"]"#),
        ("s.replace('u {}').then(r => r === s && text(), e => e.name)", r#"["u {}1"]"#),
        ("document.adoptedStyleSheets = [s]; document.adoptedStyleSheets.push(s); [document.adoptedStyleSheets.length, document.adoptedStyleSheets[1] === s]", "[2,true]"),
        ("[err(() => document.implementation.createHTMLDocument().adoptedStyleSheets.push(s)), err(() => document.adoptedStyleSheets.push({}))]", r#"["NotAllowedError","TypeError"]"#),
        ("d.attachShadow({ mode: 'open' }).adoptedStyleSheets = [s]; d.shadowRoot.adoptedStyleSheets.length", "1"),
    ]);
}

#[test]
fn the_session_stores_strings_and_tells_other_windows() {
    let page = page(
        "<!DOCTYPE html><iframe id=f src=/frame.html></iframe><iframe id=s sandbox=allow-scripts srcdoc='x'></iframe>",
    );
    page.eval("var st = sessionStorage, w = f.contentWindow");
    page.check(&[
        ("st.a = 1; st.setItem('b', {}); [st.length, st.a, st.getItem('b'), st.getItem('c'), st.key(0), st.key(5), Object.keys(st).join()]",
            r#"[2,"1","[object Object]",null,"a",null,"a,b"]"#),
        ("new Promise(done => { window.told = () => w.seen.length === 4 && done(w.seen); st.a = '1'; delete st.a; st.clear(); st.removeItem('a') })",
            r#"["a||1|https://site.test/page.html|true","b||[object Object]|https://site.test/page.html|true","a|1||https://site.test/page.html|true","|||https://site.test/page.html|true"]"#),
        ("w.sessionStorage.x = 'y'; [st.x, st === sessionStorage, w.sessionStorage === st, 'x' in st, st.constructor === Storage]", r#"["y",true,false,true,true]"#),
        ("[err(() => st.setItem('k', 'v'.repeat(6 << 20))), st.k, st.length]", r#"["QuotaExceededError",null,1]"#),
    ]);
}

#[test]
fn a_data_transfer_that_a_page_makes() {
    let page = page("<!DOCTYPE html><form id=f><input id=i type=file name=up></form>");
    page.eval("var t = new DataTransfer(), file = new File(['abc'], 'a.txt', { type: 'Text/Plain' })");
    page.check(&[
        ("t.setData('text', 'hi'); t.setData('URL', '# c\\nhttps://a.test/'); [t.getData('text/plain'), t.getData('url'), t.types.join()]", r#"["hi","https://a.test/","text/plain,text/uri-list"]"#),
        ("const it = t.items.add(file); [it.kind, it.type, it.getAsFile() === file, t.types.join(), t.files.length, t.items.length]", r#"["file","text/plain",true,"text/plain,text/uri-list,Files",1,3]"#),
        ("err(() => t.items.add('x', 'TEXT/plain'))", "\"NotSupportedError\""),
        ("new Promise(done => t.items[0].getAsString(done))", "\"hi\""),
        ("const gone = t.items[0]; t.items.remove(0); t.clearData('url'); [gone.kind, gone.type, t.items.length, t.types === t.types]", r#"["","",1,true]"#),
        ("i.files = t.files; [i.files[0].name, i.value, new FormData(f).get('up') === file]", r#"["a.txt","C:\\fakepath\\a.txt",true]"#),
        ("i.value = ''; const none = new FormData(f).get('up'); [i.files.length, none.name, none.size, none.type]", r#"[0,"",0,"application/octet-stream"]"#),
        ("new DragEvent('drop', { dataTransfer: t }).dataTransfer === t", "true"),
        ("f.onformdata = e => { e.formData.append('more', 1); window.inner = err(() => new FormData(f)) }; [new FormData(f).get('more'), inner]", r#"["1","InvalidStateError"]"#),
    ]);
}

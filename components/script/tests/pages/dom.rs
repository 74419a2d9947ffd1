//! What pages find of the DOM.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::time::Duration;

use crate::support::{DEADLINE, Page, Site};

fn page(html: &str) -> Page {
    Site::default().page("/dir/page.html", html).open("/dir/page.html")
}

#[test]
fn the_tree_is_what_was_parsed() {
    let page = page(
        "<!DOCTYPE html><html lang=en><head><title> A  page </title><base href='/base/'></head>\
         <body class='a b'><p id=one>1<b>2</b></p><!--c--><table><tr><td>x</table><template><i>t</i></template>",
    );
    page.check(&[
        ("document.title", "\"A page\""),
        ("document.compatMode + document.characterSet + document.contentType", "\"CSS1CompatUTF-8text/html\""),
        ("document.doctype.name + document.documentElement.lang", "\"htmlen\""),
        ("document.body.innerHTML", r#""<p id=\"one\">1<b>2</b></p><!--c--><table><tbody><tr><td>x</td></tr></tbody></table><template><i>t</i></template>""#),
        ("document.baseURI + document.URL", "\"https://site.test/base/https://site.test/dir/page.html\""),
        ("document.head === document.querySelector('head') && document.body.parentNode === document.documentElement", "true"),
        ("[...document.body.children].map(e => e.tagName)", r#"["P","TABLE","TEMPLATE"]"#),
        ("document.getElementById('one').textContent + document.getElementsByClassName('b a').length", "\"121\""),
        ("document.querySelector('template').content.firstChild.localName", "\"i\""),
        ("document.defaultView === window && window.parent === self && top === window && frames.length", "0"),
        ("Object.prototype.toString.call(document.body)", "\"[object HTMLBodyElement]\""),
        ("document.nodeType + document.firstChild.nodeName + document.body.childNodes[1].nodeName", "\"9html#comment\""),
    ]);
}

#[test]
fn nodes_are_moved_as_the_standard_says() {
    let page = page("<div id=a><i></i><b></b></div><div id=b></div>");
    page.eval(
        "var a = document.getElementById('a'), b = document.getElementById('b'), html = n => n.innerHTML",
    );
    page.check(&[
        ("b.append(a.firstChild, 'text'); html(a) + '|' + html(b)", "\"<b></b>|<i></i>text\""),
        ("a.insertBefore(b.firstChild, a.firstChild); html(a)", "\"<i></i><b></b>\""),
        ("a.replaceChild(document.createElement('u'), a.lastChild); html(a)", "\"<i></i><u></u>\""),
        ("try { a.appendChild(document.body) } catch (e) { e.name }", "\"HierarchyRequestError\""),
        ("try { a.removeChild(b) } catch (e) { e.name }", "\"NotFoundError\""),
        ("try { a.insertBefore(b, document.body) } catch (e) { e.name }", "\"NotFoundError\""),
        ("try { document.append('x') } catch (e) { e.name + (e instanceof DOMException) }", "\"HierarchyRequestErrortrue\""),
        ("a.firstChild.before('x', document.createElement('s')); a.prepend('y'); html(a)", "\"yx<s></s><i></i><u></u>\""),
        ("a.lastChild.after('z'); a.normalize(); a.lastChild.remove(); a.firstElementChild.replaceWith('r'); html(a)", "\"yxr<i></i><u></u>\""),
        ("const f = document.createDocumentFragment(); f.append('1', '2'); b.replaceChildren(f); b.childNodes.length + '' + f.childNodes.length", "\"20\""),
        ("const list = a.childNodes, before = list.length; a.append('!'); list.length - before", "1"),
        ("a.contains(a.firstChild) && !a.firstChild.contains(a) && a.isConnected", "true"),
        ("const c = a.cloneNode(true); c.isEqualNode(a) && c !== a && !c.isConnected", "true"),
        ("a.compareDocumentPosition(b) + ',' + b.compareDocumentPosition(a) + ',' + a.compareDocumentPosition(a.firstChild)", "\"4,2,20\""),
        ("a.innerHTML = '<p>1<p>2'; a.outerHTML", r#""<div id=\"a\"><p>1</p><p>2</p></div>""#),
        ("a.insertAdjacentHTML('beforeend', '<td>x'); a.insertAdjacentText('afterbegin', '&'); html(a)", "\"&amp;<p>1</p><p>2</p>x\""),
        ("a.firstElementChild.outerHTML = '<hr>'; html(a)", "\"&amp;<hr><p>2</p>x\""),
        ("a.textContent = '<>'; html(a) + a.innerText", "\"&lt;&gt;<>\""),
    ]);
}

#[test]
fn elements_are_found_by_selectors() {
    let page = page(
        "<ul class=list><li class='a first'>1<li class=b data-n=2>2<li class='a b'>3</ul><input type=checkbox checked>\
         <input disabled><a href=x>l</a><a>no</a>",
    );
    page.check(&[
        ("document.querySelectorAll('li').length", "3"),
        ("document.querySelector('ul.list > li:nth-child(2)').textContent", "\"2\""),
        ("document.querySelector('[data-n=\"2\"]').matches('li.b:not(.a)')", "true"),
        ("document.querySelectorAll('.a.b, .first').length", "2"),
        ("document.querySelector('li:last-child').closest('ul').className", "\"list\""),
        ("document.querySelectorAll(':checked').length + ',' + document.querySelectorAll(':disabled').length + ',' + document.querySelectorAll(':link').length", "\"1,1,1\""),
        ("document.querySelector('ul').querySelector(':scope > .b').textContent", "\"2\""),
        ("document.querySelectorAll('ul:has(> .first) li:is(.a, .x)').length", "2"),
        ("document.querySelector('LI') !== null && document.querySelector('li::before') === null", "true"),
        ("try { document.querySelector('li[') } catch (e) { e.name }", "\"SyntaxError\""),
        ("[...document.querySelectorAll('li')].map(li => li.textContent).join('')", "\"123\""),
    ]);
}

#[test]
fn attributes_are_reflected() {
    let page = page("<div></div>");
    page.eval("var d = document.querySelector('div'), make = n => document.createElement(n)");
    page.check(&[
        ("d.setAttribute('ID', 'x'); d.id + d.getAttribute('id') + d.attributes.length + d.attributes[0].name", "\"xx1id\""),
        ("d.className = 'a  b'; d.classList.add('c'); d.classList.toggle('a'); d.className", "\"b c\""),
        ("d.classList.contains('c') && d.classList.length === 2 && d.classList[0] === 'b'", "true"),
        ("d.dataset.airDate = '1'; d.getAttribute('data-air-date') + Object.keys(d.dataset) + ('airDate' in d.dataset)", "\"1airDatetrue\""),
        ("delete d.dataset.airDate; d.hasAttribute('data-air-date')", "false"),
        ("d.toggleAttribute('hidden') && d.hidden && !d.toggleAttribute('hidden') && !d.hidden", "true"),
        ("d.title = 't'; d.removeAttribute('title'); d.title", "\"\""),
        ("const p = make('progress'); p.value = .5; [p.value, p.max, p.position, p.getAttribute('value')]", "[0.5,1,0.5,\"0.5\"]"),
        ("const i = make('img'); i.src = 'x.png'; i.src + i.getAttribute('src')", "\"https://site.test/dir/x.pngx.png\""),
        ("const n = make('input'); n.value = 'v'; n.type = 'checkbox'; n.checked = true; [n.type, n.value, n.checked, n.hasAttribute('checked')]", "[\"checkbox\",\"on\",true,false]"),
        ("const a = make('a'); a.href = '?q#h'; [a.search, a.hash, a.host, String(a)]", "[\"?q\",\"#h\",\"site.test\",\"https://site.test/dir/page.html?q#h\"]"),
        ("make('blink') instanceof HTMLUnknownElement && !(make('section') instanceof HTMLUnknownElement) && make('x-y') instanceof HTMLElement", "true"),
        ("const s = document.createElementNS('http://www.w3.org/2000/svg', 'g'); s.tagName + (s instanceof HTMLElement)", "\"gfalse\""),
        ("try { make('1') } catch (e) { e.name }", "\"InvalidCharacterError\""),
        ("const at = d.getAttributeNode('id'); at.value = 'y'; d.id + (at === d.getAttributeNode('id')) + at.ownerElement.tagName", "\"ytrueDIV\""),
    ]);
}

#[test]
fn events_go_down_and_come_up() {
    let page = page("<main><section><button>b</button></section></main>");
    page.eval(
        "var log = [], q = s => document.querySelector(s);
         for (const [name, target] of [['window', window], ['document', document], ['main', q('main')], ['section', q('section')], ['button', q('button')]]) {
             target.addEventListener('click', e => log.push(name + ' down ' + e.eventPhase), true);
             target.addEventListener('click', e => log.push(name + ' up ' + e.eventPhase));
         }",
    );
    assert_eq!(page.click("button"), Ok(true));
    page.check(&[
        ("log.splice(0)", r#"["window down 1","document down 1","main down 1","section down 1","button down 2","button up 2","section up 3","main up 3","document up 3","window up 3"]"#),
        ("q('section').addEventListener('click', e => e.stopPropagation(), { once: true }); q('button').click(); log.splice(0).at(-1)", "\"section up 3\""),
        ("q('button').dispatchEvent(new Event('click')); log.splice(0).length", "6"),
        ("let t; q('main').addEventListener('click', e => t = [e.target.tagName, e.currentTarget.tagName, e.isTrusted, e instanceof PointerEvent, e.composedPath().length]); q('button').click(); t", r#"["BUTTON","MAIN",false,true,7]"#),
        ("const e = document.createEvent('MouseEvents'); e.initEvent('x', true, true); e.type + e.bubbles", "\"xtrue\""),
    ]);
    assert_eq!(page.click("nothing"), Ok(false));
    assert!(page.click("[").is_err());
}

#[test]
fn event_handler_attributes_are_compiled_with_their_scope() {
    let page = page(
        "<body onload='loaded = event.type'><form id=f><button type=button id=b value=v onclick='log.push(value, elements_of(id), event.type); return false'>x</button></form>",
    );
    page.check(&[
        ("loaded", "\"load\""),
        ("globalThis.log = []; globalThis.elements_of = x => 'id ' + x; document.querySelector('#b').click(); log", r#"["v","id b","click"]"#),
        ("typeof document.querySelector('#b').onclick + document.querySelector('#b').onclick.name", "\"functiononclick\""),
        ("document.body.onload === window.onload && typeof onload", "\"function\""),
        ("const b = document.querySelector('#b'); b.onclick = () => log.push('new'); b.click(); b.removeAttribute('onclick'); b.click(); log.length", "4"),
    ]);
}

#[test]
fn a_click_does_what_the_element_is_for() {
    let page = page(
        "<a id=link href='next.html'>n</a><a id=fragment href='#there'>f</a><input id=box type=checkbox><label for=box>l</label>\
         <form action=/search onsubmit='submitted = event.submitter.id'><input name=q value='a b'><input type=radio name=r value=1 checked>\
         <input type=radio name=r value=2 id=two><button id=go name=by value=go>go</button></form><button disabled id=off onclick='offRan = 1'></button>",
    );
    page.eval("var log = []; box.onchange = () => log.push('change ' + box.checked); box.oninput = () => log.push('input')".replace("box", "document.querySelector('#box')").as_str());
    assert_eq!(page.click("#box"), Ok(true));
    assert_eq!(page.click("label"), Ok(true));
    page.check(&[
        ("log", r#"["input","change true","input","change false"]"#),
        ("document.querySelector('#box').addEventListener('click', e => e.preventDefault()); document.querySelector('#box').click(); document.querySelector('#box').checked", "false"),
        ("document.querySelector('#two').click(); document.querySelectorAll('[type=radio]:checked')[0].id", "\"two\""),
        ("document.querySelector('#off').click(); typeof offRan", "\"undefined\""),
        ("[...new FormData(document.querySelector('form'))].flat().join()", "\"q,a b,r,2\""),
    ]);
    assert_eq!(page.click("#go"), Ok(true));
    let next = || page.navigations.recv_timeout(DEADLINE).expect("a navigation").to_string();
    assert_eq!(next(), "https://site.test/search?q=a+b&r=2&by=go");
    page.check(&[("submitted", "\"go\"")]);
    assert_eq!(page.click("#link"), Ok(true));
    assert_eq!(next(), "https://site.test/dir/next.html");
    let source = "new Promise(resolve => { onhashchange = e => resolve([e.oldURL, e.newURL, location.hash]); document.querySelector('#fragment').click(); })";
    page.check(&[(
        source,
        r##"["https://site.test/dir/page.html","https://site.test/dir/page.html#there","#there"]"##,
    )]);
    page.eval("location.href = '/elsewhere'");
    assert_eq!(next(), "https://site.test/elsewhere");
}

#[test]
fn cookies_policies_and_messages_reach_the_browser() {
    let page = page("<head></head>");
    page.check(&[
        ("document.cookie = 'a=1'; document.cookie = 'b=2'; document.cookie", "\"a=1; b=2\""),
        ("new Promise(resolve => { onmessage = e => resolve([e.data.x, e.origin, e.source === window]); postMessage({ x: 1 }, '*') })", "[1,\"https://site.test\",true]"),
        ("isSecureContext && document.hasFocus() && !document.hidden", "true"),
    ]);
    // Whether a policy is enforced is for the network thread; here it must be in what that is told.
    page.eval("const m = document.createElement('meta'); m.setAttribute('http-equiv', 'Content-Security-Policy'); m.content = \"connect-src 'none'\"; document.head.append(m)");
}

#[test]
fn text_is_shown_as_text_and_bytes_are_decoded() {
    let site = Site::default()
        .with("/plain", "text/plain", "<b>not bold</b>")
        .raw(
            "/latin",
            200,
            &[("content-type", "text/html")],
            b"<meta charset=latin1><p>\xfc</p>",
            Duration::ZERO,
        )
        .raw(
            "/header",
            200,
            &[("content-type", "text/html;charset=koi8-r")],
            b"<meta charset=utf-8><p>\xc1</p>",
            Duration::ZERO,
        );
    let plain = site.clone().open("/plain");
    plain.check(&[
        ("document.querySelector('pre').textContent", "\"<b>not bold</b>\""),
        ("document.contentType", "\"text/plain\""),
    ]);
    let latin = site.clone().open("/latin");
    latin.check(&[("document.querySelector('p').textContent + document.characterSet", "\"üwindows-1252\"")]);
    let header = site.open("/header");
    header.check(&[("document.querySelector('p').textContent", "\"а\"")]);
}

#[test]
fn a_navigation_follows_redirects_and_tells_what_failed() {
    let site = Site::default()
        .raw("/old", 302, &[("location", "/new")], b"", Duration::ZERO)
        .raw("/loop", 302, &[("location", "/loop")], b"", Duration::ZERO)
        .page("/new", "<title>new</title>");
    let page = site.clone().open("/old#place");
    page.check(&[("document.URL", "\"https://site.test/new#place\"")]);
    for (path, expected) in [("/missing", "not there"), ("/loop", "one redirect too many")] {
        let (_page, loaded) = site.clone().start(path, Default::default());
        let error = loaded.recv_timeout(DEADLINE).expect("in time").expect_err("no page");
        assert!(error.message.contains(expected), "{error}");
    }
}

#[test]
fn nodes_are_written_as_xml() {
    let page = page("<p>");
    page.eval("var xml = t => new XMLSerializer().serializeToString(new DOMParser().parseFromString(t, 'text/xml')), out = n => new XMLSerializer().serializeToString(n)");
    page.check(&[
        ("xml('<a x=\"1 &amp; 2\"><b/>&lt;<!--c--><?d e?></a>')", "\"<a x=\\\"1 &amp; 2\\\"><b/>&lt;<!--c--><?d e?></a>\""),
        ("const a = document.createElementNS('u:1', 'a'); a.setAttributeNS('http://www.w3.org/2000/xmlns/', 'xmlns:p', 'u:2'); a.append(document.createElementNS('u:2', 'p:b')); out(a)", "\"<a xmlns=\\\"u:1\\\" xmlns:p=\\\"u:2\\\"><p:b/></a>\""),
        ("const e = document.createElementNS('u:1', 'q:e'); e.setAttributeNS('u:2', 'f', 'g'); out(e)", "\"<q:e xmlns:q=\\\"u:1\\\" xmlns:ns1=\\\"u:2\\\" ns1:f=\\\"g\\\"/>\""),
        ("const d = document.createElement('div'); d.append(document.createElement('br'), document.createElement('i')); out(d)", "\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\"><br /><i></i></div>\""),
        ("const t = new DOMParser().parseFromString('<template xmlns=\"http://www.w3.org/1999/xhtml\"><i/></template>', 'text/xml').documentElement; [t.childNodes.length, t.content.firstChild.localName]", "[0,\"i\"]"),
    ]);
}

#[test]
fn document_all_is_there_and_says_that_it_is_not() {
    let page = page("<p id=a><img name=a><i id=b name=c></i><input name=d>");
    page.check(&[
        ("[typeof document.all, document.all == null, document.all === undefined, !document.all]", r#"["undefined",true,false,true]"#),
        ("var all = document.all; [all === document.all, all.length, all[0].localName, all.b.localName, all.d.name, 'c' in all]", r#"[true,7,"html","i","d",false]"#),
        ("[all.a.length, all('a') === all.a, all('b').id, all(0).localName, all('01'), all(), all(undefined), all('')]", r#"[2,true,"b","html",null,null,null,null]"#),
        ("[all.item('3').id, all.item(), all.namedItem('d').name, Object.keys(all).join()]", r#"["a",null,"d","0,1,2,3,4,5,6"]"#),
        ("[all instanceof HTMLAllCollection, Object.prototype.toString.call(all), [...all].length]", r#"[true,"[object HTMLAllCollection]",7]"#),
        ("try { Object.getOwnPropertyDescriptor(window, 'document').get.call(all) } catch (e) { e.name }", "\"TypeError\""),
        ("try { new all() } catch (e) { e.name }", "\"TypeError\""),
    ]);
}

#[test]
fn styles_that_are_written_can_be_read() {
    let page = page("<p style='COLOR: red; --x:1;nonsense: 1; width: 1px !important'>");
    page.eval("var p = document.querySelector('p'), style = p.style");
    page.check(&[
        ("style.cssText", "\"color: red; --x: 1; width: 1px !important;\""),
        ("style.color + style.width + style.getPropertyValue('--x') + style.getPropertyPriority('width')", "\"red1px1important\""),
        ("style.display = 'none'; style.borderTopWidth = '2px'; style['margin-left'] = '3px'; p.getAttribute('style')", "\"color: red; --x: 1; width: 1px !important; display: none; border-top-width: 2px; margin-left: 3px;\""),
        ("style.display = ''; style.width = null; style.color = 'blue; top: 1px'; style.cssText", "\"color: red; --x: 1; border-top-width: 2px; margin-left: 3px;\""),
        ("style.length + style[0] + style.item(1) + [...style].length + style.removeProperty('color')", "\"4color--x4red\""),
        ("p.style = 'float: left'; style.cssFloat + style.float + (style === p.style) + (style instanceof CSSStyleDeclaration)", "\"leftlefttruetrue\""),
        ("p.removeAttribute('style'); style.cssText + style.length", "\"0\""),
        ("'zIndex' in style && !('nonsense' in style)", "true"),
        ("try { Object.getOwnPropertyDescriptor(CSSStyleProperties.prototype, 'color').get.call({}) } catch (e) { e.name }", "\"TypeError\""),
        ("document.createElementNS('http://www.w3.org/2000/svg', 'g').style.cssText", "\"\""),
    ]);
}

#[test]
fn the_target_is_what_the_fragment_names() {
    let page =
        Site::default().page("/", "<!DOCTYPE html><p id=a></p><p id='b c'></p><a name=d></a>").open("/#a");
    let target = "document.querySelector(':target')";
    page.check(&[
        (&format!("{target}.id"), r#""a""#),
        (&format!("location.hash = '#b%20c'; {target}.id"), r#""b c""#),
        (&format!("location.hash = '#d'; {target}.getAttribute('name')"), r#""d""#),
        (&format!("location.hash = '#none'; {target}"), "null"),
        (&format!("history.replaceState(null, '', '#a'); {target}"), "null"),
    ]);
}

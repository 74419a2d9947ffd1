//! Shadow trees, mutation observers, walkers and XML: what the official tests that run here do not look at closely.

use crate::support::{Page, Site};

fn page(html: &str) -> Page {
    Site::default().page("/page.html", html).open("/page.html")
}

#[test]
fn slots_show_the_children_of_their_host() {
    let page = page("<div id=host><b slot=x>1</b>text<i>2</i></div>");
    page.eval(
        "var host = document.getElementById('host'), names = nodes => nodes.map(n => n.nodeName).join();
         var root = host.attachShadow({ mode: 'open' }), changes = [];
         root.addEventListener('slotchange', e => changes.push(e.target.name));
         root.innerHTML = '<slot name=x>fallback</slot><slot></slot>';
         var [named, rest] = root.children",
    );
    page.check(&[
        ("changes.splice(0).join()", "\"x,\""),
        ("names(named.assignedNodes()) + '|' + names(rest.assignedNodes())", "\"B|#text,I\""),
        ("names(rest.assignedElements()) + host.firstChild.assignedSlot.name", "\"Ix\""),
        ("host.shadowRoot === root && root.host === host && root.isConnected && host.childNodes.length", "3"),
        (
            "host.firstChild.slot = ''; names(named.assignedNodes()) + '|' + names(rest.assignedNodes())",
            "\"|B,#text,I\"",
        ),
        ("changes.splice(0).join()", "\"x,\""),
        ("names(named.assignedNodes({ flatten: true }))", "\"#text\""),
        ("rest.name = 'y'; host.lastChild.slot = 'y'; names(rest.assignedNodes())", "\"I\""),
        ("host.lastChild.remove(); rest.assignedNodes().length", "0"),
        ("try { host.attachShadow({ mode: 'open' }) } catch (e) { e.name }", "\"NotSupportedError\""),
        (
            "try { document.createElement('img').attachShadow({ mode: 'open' }) } catch (e) { e.name }",
            "\"NotSupportedError\"",
        ),
        ("try { root.cloneNode() } catch (e) { e.name }", "\"NotSupportedError\""),
        ("document.querySelector('slot') === null && root.querySelector('slot') === named", "true"),
        ("named.getRootNode() === root && named.getRootNode({ composed: true }) === document", "true"),
        ("host.remove(); [root.isConnected, named.isConnected]", "[false,false]"),
    ]);
}

#[test]
fn slots_can_be_filled_by_hand() {
    let page = page("<div id=host><b></b><i></i></div>");
    page.eval(
        "var host = document.getElementById('host'), root = host.attachShadow({ mode: 'closed', slotAssignment: 'manual' });
         root.innerHTML = '<slot></slot><slot></slot>';
         var [one, two] = root.children, [b, i] = host.children",
    );
    page.check(&[
        ("one.assignedNodes().length", "0"),
        ("one.assign(i, b, i); one.assignedNodes().map(n => n.localName)", r#"["i","b"]"#),
        (
            "two.assign(b); [one, two].map(slot => slot.assignedNodes().map(n => n.localName).join())",
            r#"["i","b"]"#,
        ),
        ("b.assignedSlot", "null"),
        ("two.assign(); two.assignedNodes().length + one.assignedNodes().length", "1"),
        ("host.shadowRoot", "null"),
    ]);
}

#[test]
fn events_do_not_tell_what_is_inside_of_a_shadow_tree() {
    let page = page("<div id=host><b></b></div>");
    page.eval(
        "var host = document.getElementById('host'), root = host.attachShadow({ mode: 'closed' });
         root.innerHTML = '<p><slot></slot></p>';
         var p = root.firstChild, slot = p.firstChild, b = host.firstChild, log = [];
         var called = t => t === window ? 'window' : t === root ? 'root' : t.localName ?? t.nodeName;
         for (const target of [window, document, host, root, p, slot, b])
             target.addEventListener('x', e => log.push(called(target) + ':' + called(e.target) + e.composedPath().length + e.eventPhase));
         var fire = (target, options) => (target.dispatchEvent(new Event('x', options)), log.splice(0).join(' '))",
    );
    page.check(&[
        ("fire(p)", "\"p:p22\""),
        ("fire(p, { bubbles: true })", "\"p:p22 root:p23\""),
        (
            "fire(p, { bubbles: true, composed: true })",
            "\"p:p72 root:p73 div:div52 #document:div53 window:div53\"",
        ),
        // What is slotted goes by way of the slot.
        ("fire(b, { bubbles: true })", "\"b:b62 slot:b93 p:b93 root:b93 div:b63 #document:b63 window:b63\""),
    ]);
}

#[test]
fn mutation_observers_are_told_once_and_in_order() {
    let page = page("<div id=a><p>x</p></div>");
    page.eval(
        "var a = document.getElementById('a'), told = [];
         var show = r => [r.type, r.target.nodeName, r.attributeName, r.oldValue,
             [...r.addedNodes].map(n => n.nodeName).join(), [...r.removedNodes].map(n => n.nodeName).join()].join('/');
         var observer = new MutationObserver((records, o) => told.push(records.map(show).join(' ') + (o === observer)));
         var take = () => told.splice(0).join(';')",
    );
    page.check(&[
        ("try { observer.observe(a, {}) } catch (e) { e.name }", "\"TypeError\""),
        ("try { observer.observe(a, { attributes: false, attributeOldValue: true, childList: true }) } catch (e) { e.name }", "\"TypeError\""),
        ("observer.observe(a, { childList: true, attributes: true, attributeOldValue: true, subtree: true, characterDataOldValue: true }); a.title = '1'; a.title = '2'; take()", "\"\""),
        ("take()", "\"attributes/DIV/title/// attributes/DIV/title/1//true\""),
        ("const f = document.createDocumentFragment(); f.append('t', document.createElement('hr')); a.append(f); take()", "\"\""),
        ("take()", "\"childList/DIV///#text,HR/true\""),
        ("a.replaceChildren('only'); 0", "0"),
        ("take()", "\"childList/DIV///#text/P,#text,HRtrue\""),
        ("a.firstChild.data = 'other'; a.firstChild.appendData('!'); observer.takeRecords().map(show)", r##"["characterData/#text//only//","characterData/#text//other//"]"##),
        ("take()", "\"\""),
        // What was taken out is observed until they are told.
        ("a.innerHTML = '<i></i>'; const i = a.firstChild; i.remove(); i.id = 'y'; 0", "0"),
        ("take().split(' ').at(-1)", "\"attributes/I/id///true\""),
        ("observer.disconnect(); a.title = '3'; observer.takeRecords().length", "0"),
        ("take()", "\"\""),
    ]);
}

#[test]
fn walkers_go_through_what_their_filter_accepts() {
    let page = page("<div id=a><b><i></i></b><!--c--><u></u>t</div>");
    page.eval(
        "var a = document.getElementById('a'), walk = (w, move) => { const out = []; while (w[move]()) out.push(w.currentNode.nodeName); return out.join() };
         var skip = n => n.nodeName === 'B' ? NodeFilter.FILTER_SKIP : NodeFilter.FILTER_ACCEPT,
             reject = { acceptNode: n => n.nodeName === 'B' ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT }",
    );
    page.check(&[
        ("var w = document.createTreeWalker(a); walk(w, 'nextNode')", "\"B,I,#comment,U,#text\""),
        ("walk(w, 'previousNode') + (w.currentNode === a)", "\"U,#comment,I,B,DIVtrue\""),
        ("walk(document.createTreeWalker(a, NodeFilter.SHOW_ELEMENT, skip), 'nextNode')", "\"I,U\""),
        ("walk(document.createTreeWalker(a, NodeFilter.SHOW_ELEMENT, reject), 'nextNode')", "\"U\""),
        ("w = document.createTreeWalker(a, NodeFilter.SHOW_ELEMENT, skip); w.firstChild().nodeName + w.nextSibling().nodeName + w.parentNode().nodeName + w.lastChild().nodeName", "\"IUDIVU\""),
        ("w.previousSibling().nodeName + w.previousSibling()", "\"Inull\""),
        ("const own = document.createTreeWalker(a, -1, () => own.nextNode()); try { own.nextNode() } catch (e) { e.name }", "\"InvalidStateError\""),
    ]);
}

#[test]
fn xml_is_read_as_xml() {
    let source = "<?xml version='1.0'?><?go on?><html xmlns='http://www.w3.org/1999/xhtml'><head><title>t</title>\
                  <script><![CDATA[var ran = 1 < 2 && document.currentScript.localName]]></script></head>\
                  <body><P/><p/><svg xmlns='http://www.w3.org/2000/svg'><g/></svg></body></html>";
    let site = Site::default().with("/page.xhtml", "application/xhtml+xml", source);
    let page = site.open("/page.xhtml");
    page.check(&[
        ("ran + document.contentType", "\"scriptapplication/xhtml+xml\""),
        ("[...document.body.children].map(e => e.constructor.name + e.tagName)", r#"["HTMLUnknownElementP","HTMLParagraphElementp","SVGElementsvg"]"#),
        ("document.firstChild.nodeType + document.firstChild.target + document.firstChild.data", "\"7goon\""),
        ("document.createElement('B').localName", "\"B\""),
        ("var parse = (text, type) => new DOMParser().parseFromString(text, type ?? 'text/xml'); parse('<a b=\"c\"><d/></a>').documentElement.firstChild.localName", "\"d\""),
        ("parse('<a><b></a>').documentElement.localName", "\"parsererror\""),
        ("parse('').documentElement.localName", "\"parsererror\""),
        ("const html = parse('<p>x<script>ran = 2</'+'script>', 'text/html'); document.adoptNode(html.querySelector('script')); html.body.firstChild.textContent.slice(0, 1) + ran", "\"xscript\""),
        ("const made = document.implementation.createDocument('urn:x', 'a:b', null); made.documentElement.prefix + made.contentType + (made instanceof XMLDocument)", "\"aapplication/xmltrue\""),
        ("made.createCDATASection('x').nodeName + made.createProcessingInstruction('t', 'd').target", "\"#cdata-sectiont\""),
        ("try { document.implementation.createHTMLDocument().createCDATASection('x') } catch (e) { e.name }", "\"NotSupportedError\""),
    ]);
}

#[test]
fn one_option_of_a_drop_down_is_selected() {
    let page = page(
        "<form><select name=s><option disabled>a<option value=2>b<option>c</select><details name=d open></details><details name=d></details></form>",
    );
    page.eval("var s = document.querySelector('select'), [a, b, c] = s.children, state = () => s.value + s.selectedIndex");
    page.check(&[
        ("state()", "\"21\""),
        ("c.selected = true; state()", "\"c2\""),
        ("b.defaultSelected = true; state() + b.selected", "\"21true\""),
        ("s.value = 'none'; state()", "\"21\""),
        ("s.size = 3; s.selectedIndex = -1; state()", "\"-1\""),
        ("s.multiple = true; b.selected = c.selected = true; s.type + [a, b, c].map(o => o.selected)", "\"select-multiplefalse,true,true\""),
        ("document.forms[0].reset(); [a, b, c].map(o => o.selected)", "[false,true,false]"),
        ("const o = new Option('text', 'value', true); o.text + o.value + o.selected + o.defaultSelected", "\"textvaluefalsetrue\""),
        ("document.querySelectorAll('details')[1].open = true; [...document.querySelectorAll('details')].map(d => d.open)", "[false,true]"),
    ]);
}

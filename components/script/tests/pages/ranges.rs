//! Ranges and node iterators follow what becomes of their trees.

use crate::support::{Page, Site};

fn page(body: &str) -> Page {
    let page = Site::default().page("/page.html", &format!("<!DOCTYPE html><body>{body}")).open("/page.html");
    page.eval(
        "var at = (r, n, o) => { r.setStart(n, o); return r }, $ = s => document.querySelector(s);
         var ends = r => [r.startContainer.nodeName, r.startOffset, r.endContainer.nodeName, r.endOffset].join()",
    );
    page
}

#[test]
fn a_live_range_follows_its_text() {
    let page = page("<p>hello</p>");
    page.eval(
        "var t = $('p').firstChild, r = document.createRange(), s; r.setStart(t, 1); r.setEnd(t, 4);
         s = new StaticRange(r)",
    );
    page.check(&[
        ("[r + '', r.collapsed, r.commonAncestorContainer === t].join()", "\"ell,false,true\""),
        // Before it, in it, and over its end.
        ("t.insertData(0, '>>'); [r + '', ends(r)].join()", "\"ell,#text,3,#text,6\""),
        ("t.replaceData(4, 1, 'LLL'); r + ''", "\"eLLLl\""),
        ("t.deleteData(7, 9); [r + '', r.endOffset].join()", "\"eLLL,7\""),
        (
            "var u = t.splitText(5); [r + '', r.endContainer === u, ends(r)].join()",
            "\"eLLL,true,#text,3,#text,2\"",
        ),
        (
            "$('p').normalize(); [r + '', r.endContainer === t, ends(r)].join()",
            "\"eLLL,true,#text,3,#text,7\"",
        ),
        ("t.data = ''; ends(r)", "\"#text,0,#text,0\""),
        (
            "[s.startOffset, s.endOffset, s instanceof AbstractRange, s instanceof Range].join()",
            "\"1,4,true,false\"",
        ),
    ]);
}

#[test]
fn a_live_range_follows_its_nodes() {
    let page = page("<ul><li>a<li>b<li>c</ul>");
    page.eval("var ul = $('ul'), r = document.createRange(); r.setStart(ul, 1); r.setEnd(ul, 3)");
    page.check(&[
        ("ul.prepend('x', 'y'); ends(r)", "\"UL,3,UL,5\""),
        ("ul.append('z'); ends(r)", "\"UL,3,UL,5\""),
        ("ul.firstChild.remove(); ends(r)", "\"UL,2,UL,4\""),
        ("var f = document.createDocumentFragment(); f.append(...ul.childNodes); ends(r)", "\"UL,0,UL,0\""),
        ("ul.append(f); r.setStart(ul.children[0].firstChild, 1); r.setEnd(ul.children[2].firstChild, 1); r + ''", "\"bc\""),
        ("ul.children[2].remove(); ends(r)", "\"#text,1,UL,3\""),
        ("ul.textContent = ''; ends(r)", "\"UL,0,UL,0\""),
    ]);
}

#[test]
fn contents_are_taken_out_cloned_deleted_and_put_in() {
    let page = page("<div><p>one<b>two</b></p><i>mid</i><p><u>three</u>four</p></div>");
    page.eval(
        "var div = $('div'), html = div.innerHTML, out = f => { const d = document.createElement('div'); d.append(f); return d.innerHTML };
         var middle = () => { div.innerHTML = html; const r = document.createRange(); r.setStart($('b').firstChild, 1); r.setEnd($('u').firstChild, 2); return r }",
    );
    page.check(&[
        ("out(middle().cloneContents())", "\"<p><b>wo</b></p><i>mid</i><p><u>th</u></p>\""),
        ("div.innerHTML === html", "true"),
        ("var r = middle(); out(r.extractContents())", "\"<p><b>wo</b></p><i>mid</i><p><u>th</u></p>\""),
        ("div.innerHTML + ends(r)", "\"<p>one<b>t</b></p><p><u>ree</u>four</p>DIV,1,DIV,1\""),
        ("r = middle(); r.deleteContents(); div.innerHTML + ends(r)", "\"<p>one<b>t</b></p><p><u>ree</u>four</p>DIV,1,DIV,1\""),
        ("r.insertNode(document.createElement('hr')); div.innerHTML.slice(18, 30) + ends(r)", "\"<hr><p><u>reDIV,1,DIV,2\""),
        ("r.selectNodeContents($('b').firstChild); r.surroundContents(document.createElement('q')); $('b').outerHTML + ends(r)", "\"<b><q>t</q></b>B,1,B,2\""),
        ("try { middle().surroundContents(document.createElement('q')) } catch (e) { e.name }", "\"InvalidStateError\""),
        ("r.selectNode($('p')); out(r.createContextualFragment('<b>x</b><td>y'))", "\"<b>x</b>y\""),
        ("try { at(r, document.doctype, 0) } catch (e) { e.name }", "\"InvalidNodeTypeError\""),
        ("try { at(r, div, 9) } catch (e) { e.name }", "\"IndexSizeError\""),
        ("r.selectNode(document.documentElement); r.setStartBefore(document.doctype); try { r.extractContents() } catch (e) { e.name }", "\"HierarchyRequestError\""),
    ]);
}

#[test]
fn points_are_compared() {
    let page = page("<div><p>one</p><p>two</p></div>");
    page.eval("var div = $('div'), r = document.createRange(), q = document.createRange(); r.selectNode(div.firstChild); q.selectNodeContents(div)");
    page.check(&[
        ("[0, 1, 2, 3].map(how => r.compareBoundaryPoints(how, q))", "[0,1,-1,-1]"),
        ("[0, 1, 2].map(offset => r.comparePoint(div, offset))", "[0,0,1]"),
        ("[r.isPointInRange(div.firstChild.firstChild, 2), r.isPointInRange(div.lastChild, 0)]", "[true,false]"),
        ("[r.intersectsNode(div), r.intersectsNode(div.lastChild), r.intersectsNode(document.createElement('p'))]", "[true,false,false]"),
        ("try { r.compareBoundaryPoints(4, q) } catch (e) { e.name }", "\"NotSupportedError\""),
        ("const o = new Range(); o.selectNodeContents(document.createElement('p')); try { r.compareBoundaryPoints(0, o) } catch (e) { e.name }", "\"WrongDocumentError\""),
    ]);
}

/// Many levels would overflow the stack, if the algorithms called themselves for each.
#[test]
fn ranges_in_deep_trees_are_taken_out() {
    let page = page("<div></div>");
    let set_up = page.eval(
        "var deep = n => { let e = $('div'); for (; n; n--) e = e.appendChild(document.createElement('i')); return e };
         var a = deep(1000).appendChild(new Text('ab')), b = deep(1000).appendChild(new Text('cd')); null",
    );
    assert_eq!(set_up, "null");
    page.check(&[
        ("var r = new Range(); r.setStart(a, 1); r.setEnd(b, 1); r.extractContents().textContent + a.data + b.data", "\"bcad\""),
    ]);
}

#[test]
fn an_iterator_keeps_its_place() {
    let page = page("<div><p>1</p><p>2</p><p>3</p></div>");
    page.eval("var div = $('div'), i = document.createNodeIterator(div, NodeFilter.SHOW_ELEMENT, n => n.textContent === '2' ? 3 : 1)");
    page.check(&[
        ("[i.nextNode(), i.nextNode(), i.nextNode()].map(n => n.nodeName + n.textContent)", r#"["DIV123","P1","P3"]"#),
        ("[i.nextNode(), i.referenceNode.textContent, i.pointerBeforeReferenceNode]", r#"[null,"3",false]"#),
        ("i.previousNode().textContent + i.pointerBeforeReferenceNode", "\"3true\""),
        // Nothing follows what goes: the place is behind what comes before.
        ("div.lastChild.remove(); i.referenceNode.nodeValue + i.pointerBeforeReferenceNode", "\"2false\""),
        ("i.previousNode().textContent", "\"1\""),
        ("div.firstChild.remove(); i.referenceNode.textContent + i.pointerBeforeReferenceNode", "\"2true\""),
        ("const j = document.createNodeIterator(div, -1, () => j.nextNode()); try { j.nextNode() } catch (e) { e.name }", "\"InvalidStateError\""),
    ]);
}

//! Forms by the names of their controls, and the options of a select element.

use crate::support::{Page, Site};

fn page(html: &str) -> Page {
    Site::default().page("/dir/page.html", html).open("/dir/page.html")
}

#[test]
fn forms_have_their_controls_by_index_and_name() {
    let page = page(
        "<!DOCTYPE html><form id=f><input name=a id=x><input name=r type=radio value=1>\
         <input name=r type=radio value=2 checked><img name=pic><input type=image name=no><select name=s></select></form>",
    );
    page.eval("var f = document.getElementById('f'), a = f.a");
    page.check(&[
        (
            "[f.length, f.elements.length, f[0] === a, f.x === a, f[4], f.elements.no, f.no].join()",
            "\"4,4,true,true,,,\"",
        ),
        ("f.elements === f.elements && f.elements instanceof HTMLCollection", "true"),
        ("f.r instanceof RadioNodeList && f.r instanceof NodeList && f.r.length + f.r.value", "\"22\""),
        (
            "f.r.value = '1'; f.r.value + f.elements.r[0].checked + f.elements.namedItem('r')[1].checked",
            "\"1truefalse\"",
        ),
        ("[f.pic.localName, 'pic' in f.elements].join()", "\"img,false\""),
        // What a name was before is still a name of the form, until the control is not the form's any more.
        (
            "a.name = 'b'; [f.a === a, f.b === a, Object.getOwnPropertyNames(f)].join()",
            "\"true,true,0,1,2,3,x,b,a,r,pic,s\"",
        ),
        ("a.remove(); [f.a, f.b, f.length].join()", "\",,3\""),
        ("Object.keys(f).join() + ';' + Object.getOwnPropertyNames(f.elements)", "\"0,1,2;0,1,2,r,s\""),
        ("const i = document.createElement('input'); i.name = 'method'; f.append(i); f.method === i", "true"),
    ]);
}

#[test]
fn options_are_changed_by_their_index() {
    let page = page(
        "<!DOCTYPE html><select id=s><option value=1>one<optgroup><option name=two value=2>two</optgroup></select>",
    );
    page.eval("var s = document.getElementById('s'), all = () => [...s.options].map(o => o.value).join()");
    page.check(&[
        ("[s.length, s.options.length, s[1].text, s.item(0).text, s.options.two.value].join()", "\"2,2,two,one,2\""),
        ("[s.namedItem('two').value, s.options === s.options, s.selectedOptions[0].value].join()", "\"2,true,1\""),
        ("s.add(new Option('', '3')); s.add(new Option('', '0'), 0); s.options.add(new Option('', 'x'), s[2]); all()", "\"0,1,x,2,3\""),
        ("s[2].parentNode.localName", "\"optgroup\""),
        ("s[2] = new Option('', 'y'); s.options[6] = new Option('', 'z'); all()", "\"0,1,y,2,3,,z\""),
        ("s.length = 3; s.options[0] = null; s[9] = null; all()", "\"1,y\""),
        ("s.remove(0); s.remove(7); s.options.remove(-1); all()", "\"y\""),
        ("s.options.length = 3; s.options.selectedIndex = 2; [s.length, s.selectedIndex, s.selectedOptions.length].join()", "\"3,2,1\""),
        ("s.options.length = 100002; s.length", "3"),
        ("try { s.add(new Option(), document.body) } catch (e) { e.name }", "\"NotFoundError\""),
        ("try { s.options[0] = document.body } catch (e) { e.name }", "\"TypeError\""),
        ("s.remove(); s.isConnected", "false"),
    ]);
}

#[test]
fn images_and_links_have_what_scripts_look_for() {
    let page = page("<!DOCTYPE html><link rel='a b'><form rel=c></form>");
    page.check(&[
        ("const i = new Image(3, 4); [i instanceof HTMLImageElement, i.outerHTML, Image.name, Image.length].join()", r#""true,<img width=\"3\" height=\"4\">,Image,0""#),
        ("document.querySelector('link').relList.length + document.querySelector('form').relList.value", "\"2c\""),
        ("HTMLDocument === Document && !Object.keys(self).includes('HTMLDocument')", "true"),
    ]);
}

//! What `document.write()` and its like do to a page, while it is parsed and later.

use std::time::Duration;

use crate::support::Site;

const SLOW: Duration = Duration::from_millis(60);

#[test]
fn what_a_script_writes_is_parsed_where_the_script_stands() {
    let page = Site::default()
        .page(
            "/",
            r#"<!DOCTYPE html><body><script>var log = [];</script>
<p id=a><script>
    document.write("<i>1</i><scr" + "ipt>document.write('<i>2</i>'); log.push(document.querySelectorAll('i').length);</scr" + "ipt><i>3</i>");
    log.push(document.querySelectorAll("i").length, document.querySelector("b"));
    document.write("<i>4");
</script></i><b>5</b>"#,
        )
        .open("/");
    page.check(&[
        ("log", "[2,3,null]"),
        ("document.querySelector('#a').querySelectorAll('i, b').length", "5"),
        ("[...document.querySelectorAll('#a i, #a b')].map(e => e.textContent).join('')", r#""12345""#),
    ]);
}

#[test]
fn the_parser_waits_for_an_external_script_that_was_written() {
    let page = Site::default()
        .page(
            "/",
            r#"<!DOCTYPE html><body><script>var log = [];
    document.write("<script src=/slow.js></scr" + "ipt><p>after");
    log.push("written", !!document.querySelector("p"));
    document.write("<em>more</em>");
</script><script>log.push("next", document.body.textContent.trim().endsWith("aftermore"))</script>"#,
        )
        .slow_script(
            "/slow.js",
            SLOW,
            "log.push('slow', !!document.querySelector('p')); document.write('<b>in</b>')",
        )
        .open("/");
    page.check(&[
        ("log", r#"["written",false,"slow",false,"next",false]"#),
        ("document.querySelector('b').nextSibling.firstChild.data", r#""after""#),
        ("document.querySelector('em').textContent", r#""more""#),
    ]);
}

#[test]
fn a_script_at_a_time_of_its_own_does_not_write_over_the_page() {
    let page = Site::default()
        .page("/", "<!DOCTYPE html><body><p>stays</p><script async src=/late.js></script>")
        .slow_script("/late.js", SLOW, "document.write('gone'); var ran = true;")
        .open("/");
    page.check(&[("[ran, document.body.textContent]", r#"[true,"stays"]"#)]);
}

#[test]
fn writing_when_the_page_has_loaded_begins_it_anew() {
    let page = Site::default()
        .page("/", "<!DOCTYPE html><title>old</title><body onclick='log.push(1)'><p>old")
        .slow_script("/slow.js", SLOW, "log.push('slow', document.readyState)")
        .open("/");
    let source = r#"
        globalThis.log = [];
        addEventListener("x", () => log.push("never"));
        document.write("<!DOCTYPE html><title>new</title><p>1<script src=/slow.js></scr" + "ipt>");
        document.write("<p>2");
        log.push(document.readyState, document.compatMode, document.querySelectorAll("p").length);
        dispatchEvent(new Event("x"));
        new Promise(resolve => {
            addEventListener("load", () => resolve([...log, "load", document.readyState, document.title]));
            document.addEventListener("DOMContentLoaded", () => log.push(document.querySelectorAll("p").length));
            document.close();
            log.push(document.readyState);
        })"#;
    assert_eq!(
        page.eval(source),
        r#"["loading","CSS1Compat",1,"loading","slow","loading",2,"load","complete","new"]"#
    );
}

#[test]
fn a_frame_that_is_written_delays_the_load_event_around_it() {
    let page = Site::default()
        .page(
            "/",
            r#"<!DOCTYPE html><script>var log = []; addEventListener("load", () => log.push("load"))</script>
            <iframe></iframe><script>
                const inner = frames[0].document;
                inner.open();
                inner.write("<script src=/slow.js></scr" + "ipt>");
                inner.close();
            </script>"#,
        )
        .slow_script("/slow.js", SLOW, "parent.log.push('inner')")
        .open("/");
    page.check(&[("log", r#"["inner","load"]"#)]);
}

#[test]
fn documents_that_cannot_be_written_say_so() {
    let page = Site::default().page("/", "<!DOCTYPE html><iframe></iframe>").open("/");
    let name = |call: &str| format!("try {{ {call}; 'wrote' }} catch (error) {{ error.name }}");
    page.check(&[
        (&name("document.implementation.createDocument(null, 'a').write('x')"), r#""InvalidStateError""#),
        (&name("document.implementation.createDocument(null, 'a').close()"), r#""InvalidStateError""#),
        (
            "(d => { d.write('<p>1<script>var ran = 1</scr' + 'ipt>'); d.close(); return [d.body.innerHTML, typeof ran] })
                (document.implementation.createHTMLDocument())",
            r#"["<p>1<script>var ran = 1</script></p>","undefined"]"#,
        ),
        ("document.close(); document.querySelectorAll('iframe').length", "1"),
    ]);
}

#[test]
fn stopping_a_window_ends_its_parser_and_its_requests() {
    let page = Site::default()
        .page(
            "/",
            r#"<!DOCTYPE html><script>var log = [];
                document.addEventListener("readystatechange", () => log.push(document.readyState));</script>
            <iframe src="/frame.html"></iframe>"#,
        )
        .page("/frame.html", r#"<p>1<script>parent.log.push("in"); window.stop(); parent.log.push(document.readyState)</script><p>2"#)
        .open("/");
    page.check(&[
        ("frames[0].document.querySelectorAll('p').length", "1"),
        ("log[log.indexOf('in') + 1]", r#""complete""#),
    ]);
}

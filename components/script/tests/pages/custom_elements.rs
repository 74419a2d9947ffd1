//! Custom elements: who makes them, when they are upgraded, and in which order they learn what happens.

use crate::support::Site;

/// A class that writes down what it is told.
const TELLING: &str = r#"
    var log = [];
    class Telling extends HTMLElement {
        static observedAttributes = ["a"];
        constructor() { super(); log.push("new " + this.localName); }
        connectedCallback() { log.push("connected " + this.localName); }
        disconnectedCallback() { log.push("disconnected " + this.localName); }
        adoptedCallback(from, to) { log.push("adopted " + (from === document) + " " + (to === document)); }
        attributeChangedCallback(...all) { log.push(all.join(" ")); }
    }
"#;

fn page(html: &str) -> crate::support::Page {
    Site::default().page("/", &format!("<!DOCTYPE html><body><script>{TELLING}</script>{html}")).open("/")
}

#[test]
fn the_parser_constructs_what_is_defined_and_later_ones_are_upgraded() {
    let page = page(
        r#"<x-late a=1></x-late><script>customElements.define("x-early", class extends Telling {});</script>
        <x-early a=2 b=3></x-early><script>log.push("after early");
            customElements.define("x-late", class extends Telling {}); log.push("after late");</script>"#,
    );
    page.check(&[(
        "log",
        r#"["new x-early","a  2 ","connected x-early","after early","new x-late","a  1 ","connected x-late","after late"]"#,
    )]);
}

#[test]
fn reactions_run_before_the_member_that_caused_them_returns() {
    let page = page(r#"<script>customElements.define("x-y", Telling);</script>"#);
    page.check(&[
        (
            r#"log = []; const e = document.createElement("x-y"); log.push(1); e.setAttribute("a", "v"); log.push(2);
               e.setAttribute("b", "v"); document.body.append(e); log.push(3); e.remove(); log.push(4);
               e.toggleAttribute("a"); log"#,
            r#"["new x-y",1,"a  v ",2,"connected x-y",3,"disconnected x-y",4,"a v  "]"#,
        ),
        (
            r#"log = []; document.body.innerHTML = "<p><x-y></x-y><x-y></x-y></p>"; log.push("set"); log"#,
            r#"["new x-y","connected x-y","new x-y","connected x-y","set"]"#,
        ),
        (
            r#"log = []; const other = document.implementation.createHTMLDocument();
               other.body.append(document.querySelector("x-y")); log"#,
            r#"["disconnected x-y","adopted true false","connected x-y"]"#,
        ),
        (
            r#"log = []; const t = document.createElement("template"); t.innerHTML = "<x-y></x-y>";
               const copy = t.content.cloneNode(true); log.push("copied", copy.firstChild instanceof Telling);
               const imported = document.importNode(t.content, true); log.push("imported", imported.firstChild instanceof Telling);
               log"#,
            r#"["copied",false,"new x-y","imported",true]"#,
        ),
    ]);
}

#[test]
fn a_class_can_extend_a_built_in_element() {
    let page = page(
        r#"<script>class Fancy extends HTMLButtonElement { constructor() { super(); log.push("fancy"); } }
            customElements.define("fancy-button", Fancy, {extends: "button"});</script><button is="fancy-button">1</button>"#,
    );
    page.check(&[
        ("log", r#"["fancy"]"#),
        ("[document.querySelector('button') instanceof Fancy, new Fancy().outerHTML]", r#"[true,"<button is=\"fancy-button\"></button>"]"#),
        ("document.createElement('button', {is: 'fancy-button'}).constructor === Fancy", "true"),
        ("try { customElements.define('a-b', class extends HTMLElement {}, {extends: 'bgsound'}) } catch (e) { e.name }", r#""NotSupportedError""#),
    ]);
}

#[test]
fn what_is_no_definition_is_refused() {
    let page = page("");
    let name = |call: &str| format!("try {{ {call}; 'no' }} catch (error) {{ error.name }}");
    page.check(&[
        (&name("customElements.define('nodash', class extends HTMLElement {})"), r#""SyntaxError""#),
        (&name("customElements.define('x-arrow', () => {})"), r#""TypeError""#),
        (&name("customElements.define('x-a', Telling); customElements.define('x-a', class extends HTMLElement {})"), r#""NotSupportedError""#),
        (&name("customElements.define('x-b', Telling)"), r#""NotSupportedError""#),
        (&name("new HTMLElement()"), r#""TypeError""#),
        (&name("new (class extends HTMLElement {})()"), r#""TypeError""#),
        (&name("customElements.define('x-c', class extends HTMLElement { static get observedAttributes() { throw new RangeError() }; attributeChangedCallback() {} })"), r#""RangeError""#),
    ]);
    page.check(&[(
        "[customElements.get('x-a') === Telling, customElements.getName(Telling), customElements.get('x-c') === undefined]",
        r#"[true,"x-a",true]"#,
    )]);
    page.check(&[(
        "const waits = customElements.whenDefined('x-e'); customElements.define('x-e', class E extends HTMLElement {}); waits.then(c => c.name)",
        r#""E""#,
    )]);
}

#[test]
fn a_constructor_that_throws_leaves_an_unknown_element() {
    let page = page(
        r#"<script>customElements.define("x-bad", class extends HTMLElement { constructor() { throw 1; } });</script><x-bad></x-bad><p>"#,
    );
    page.check(&[
        (
            "Object.prototype.toString.call(document.querySelector('x-bad'))",
            r#""[object HTMLUnknownElement]""#,
        ),
        (
            "[document.querySelector('x-bad').matches(':defined'), !!document.querySelector('p')]",
            "[false,true]",
        ),
    ]);
    assert!(page.log().iter().any(|line| line.contains('1')), "the exception is reported");
}

#[test]
fn a_constructor_may_not_write_the_document() {
    let page = page(
        r#"<script>customElements.define("x-w", class extends HTMLElement {
            constructor() { super(); try { document.write("x") } catch (e) { log.push(e.name) } } });</script><x-w></x-w>"#,
    );
    page.check(&[("log", r#"["InvalidStateError"]"#)]);
}

#[test]
fn many_elements_come_and_go_without_a_leak_of_their_reactions() {
    let page = page(r#"<script>customElements.define("x-y", Telling);</script>"#);
    page.check(&[(
        r#"log = []; for (let i = 0; i < 2000; i++) { const e = document.createElement("x-y"); document.body.append(e); e.remove(); } log.length"#,
        "6000",
    )]);
}

#[test]
fn markup_for_an_element_in_no_document_is_upgraded_and_templates_are_not() {
    let page = page(r#"<script>customElements.define("x-y", Telling);</script>"#);
    page.check(&[(
        r#"log = []; const host = document.createElement("div");
           host.innerHTML = "<x-y></x-y><template><x-y></x-y></template>"; host.attachShadow({mode: "open"}).innerHTML = "<x-y></x-y>"; log"#,
        r#"["new x-y","new x-y"]"#,
    )]);
}

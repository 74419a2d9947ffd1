//! Modules that are no JavaScript: what `with {type: ...}` imports.

use crate::support::Site;

fn site() -> Site {
    Site::default()
        .with("/data.json", "application/json", r#"{"list": [1, 2, {"deep": true}]}"#)
        .with("/data.txt", "text/plain", "{}")
        .with("/broken.json", "application/json", "{")
        .with("/sheet.css", "text/css", "p { color: red } @import 'x.css';")
}

#[test]
fn json_is_a_value_and_one_for_all_who_import_it() {
    let page = site()
        .page(
            "/",
            r#"<!DOCTYPE html><script>var log = [];</script>
            <script type="module" src="/a.js"></script>
            <script type="module">import data from "./data.json" with {type: "json"}; import other from "./b.js";
                log.push(data === other, data.list[2].deep);
                const again = await import("./data.json", {with: {type: "json"}}); log.push(again.default === data, Object.keys(again) + "");</script>"#,
        )
        .script("/a.js", r#"import data from "/data.json" with {type: "json"}; log.push(data.list.length);"#)
        .script("/b.js", r#"export {default} from "./data.json" with {type: "json"};"#)
        .open("/");
    page.check(&[("log", r#"[3,true,true,true,"default"]"#)]);
    let requests = page.requests.lock();
    assert_eq!(
        requests.iter().filter(|url| url.ends_with("/data.json")).count(),
        1,
        "a module is fetched once"
    );
}

#[test]
fn a_style_sheet_is_a_constructed_one() {
    let page =
        site().page("/", "<!DOCTYPE html><script>var load = (...all) => import(...all)</script>").open("/");
    page.check(&[(
        r#"load("/sheet.css", {with: {type: "css"}}).then(({default: sheet}) => {
            document.adoptedStyleSheets = [sheet]; return [sheet instanceof CSSStyleSheet, sheet.cssRules.length] })"#,
        "[true,1]",
    )]);
}

#[test]
fn what_is_not_of_its_type_is_refused() {
    let page = site()
        .page(
            "/",
            r#"<!DOCTYPE html><script>var log = [], load = (...all) => import(...all); onerror = (_, __, ___, ____, error) => log.push(error.name);</script>
            <script type="module">import "./data.json" with {type: "nothing"};</script>
            <script type="module">import "./data.json" with {kind: "json"};</script>"#,
        )
        .open("/");
    page.check(&[("log.sort()", r#"["SyntaxError","TypeError"]"#)]);
    let name = |call: &str| format!("{call}.then(() => 'loaded', error => error.name)");
    page.check(&[
        (&name("load('/data.json')"), r#""TypeError""#),
        (&name("load('/data.txt', {with: {type: 'json'}})"), r#""TypeError""#),
        (&name("load('/broken.json', {with: {type: 'json'}})"), r#""SyntaxError""#),
        (&name("load('/data.json', {with: {type: 'nothing'}})"), r#""TypeError""#),
        (&name("load('/data.json', {with: {other: 'json'}})"), r#""TypeError""#),
        (&name("load('/data.json', {with: {type: 1}})"), r#""TypeError""#),
        (&name("load('/data.json', 1)"), r#""TypeError""#),
        (&name("load('/data.json', {with: {type: 'json'}})"), r#""loaded""#),
    ]);
}

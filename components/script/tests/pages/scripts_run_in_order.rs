//! Which script runs when, and what of its errors is told.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::time::Duration;

use crate::support::{DEADLINE, Site};
use bgfetch_script::ScriptLimits;
use bgfetch_traits::coordinator::ConsoleLevel;

const SLOW: Duration = Duration::from_millis(60);

#[test]
fn classic_defer_async_and_module_scripts_run_when_the_standard_says() {
    let page = Site::default()
        .page(
            "/",
            r#"<!DOCTYPE html><title>t</title>
            <script>var log = []; document.addEventListener("DOMContentLoaded", () => log.push("DOMContentLoaded"));
                addEventListener("load", () => log.push("load"));
                document.onreadystatechange = () => log.push(document.readyState);</script>
            <script src="module.js" type="module"></script>
            <script type="module">import { name } from "./dep.js"; log.push("inline module " + name);</script>
            <script defer src="defer1.js"></script>
            <script defer src="defer2.js"></script>
            <script src="slow.js"></script>
            <script>log.push("inline " + !!document.querySelector("p"));</script>
            <p>text</p>
            <script src="fast.js"></script>"#,
        )
        .slow_script("/slow.js", SLOW, r#"log.push("slow " + document.currentScript.getAttribute("src"))"#)
        .script("/fast.js", r#"log.push("fast"); Promise.resolve().then(() => log.push("microtask"));"#)
        .slow_script("/defer1.js", SLOW, r#"log.push("defer 1")"#)
        .script("/defer2.js", r#"log.push("defer 2")"#)
        .script("/module.js", r#"import { name } from "./dep.js"; log.push("module " + name + document.currentScript);"#)
        .slow_script("/dep.js", SLOW, r#"log.push("dep"); export const name = "x";"#)
        .open("/");
    page.check(&[(
        "log",
        r#"["slow slow.js","inline false","fast","microtask","interactive","dep","module xnull","inline module x","defer 1","defer 2","DOMContentLoaded","complete","load"]"#,
    )]);
    let requests = page.requests.lock();
    assert_eq!(requests.iter().filter(|url| url.ends_with("/dep.js")).count(), 1, "a module is fetched once");
}

#[test]
fn an_async_script_runs_when_it_is_there_and_load_waits_for_it() {
    let page = Site::default()
        .page(
            "/",
            r#"<script>var log = []; addEventListener("load", () => log.push("load"));</script>
            <script async src="/slow.js"></script><script>log.push("inline")</script>"#,
        )
        .slow_script("/slow.js", SLOW, r#"log.push("async")"#)
        .open("/");
    page.check(&[("log", r#"["inline","async","load"]"#)]);
}

#[test]
fn scripts_that_script_inserts_run_and_tell_how_it_went() {
    let page = Site::default()
        .page("/", "<!DOCTYPE html><head></head><body></body>")
        .slow_script("/a.js", SLOW, "log.push('a')")
        .script("/b.js", "log.push('b')")
        .script("/image.js", "log.push('never')")
        .with("/picture", "image/png", "log.push('never')")
        .open("/");
    let source = r#"
        globalThis.log = [];
        const insert = (src, async) => new Promise(resolve => {
            const script = document.createElement("script");
            log.push(script.async);
            if (async === false) script.async = false;
            script.src = src;
            script.onload = () => resolve("load " + src);
            script.onerror = () => resolve("error " + src);
            document.head.appendChild(script);
        });
        (async () => {
            const inline = document.createElement("script");
            inline.textContent = "log.push('inline')";
            document.body.append(inline);
            log.push("after");
            const results = await Promise.all([insert("/a.js", false), insert("/b.js", false)]);
            log.push(...results, await insert("/missing.js"), await insert("/picture"), await insert("https://"));
            return log;
        })()"#;
    assert_eq!(
        page.eval(source),
        r#"["inline","after",true,true,"a","b",true,true,true,"load /a.js","load /b.js","error /missing.js","error /picture","error https://"]"#,
    );
}

#[test]
fn scripts_in_inner_html_do_not_run() {
    let page = Site::default().page("/", "<div></div>").open("/");
    page.check(&[
        (
            "document.querySelector('div').innerHTML = '<script>globalThis.ran = 1<\\/script>'; typeof ran",
            "\"undefined\"",
        ),
        ("typeof ran", "\"undefined\""),
    ]);
}

#[test]
fn errors_are_told_with_file_and_line() {
    let page = Site::default()
        .page(
            "/",
            "<!DOCTYPE html>\n<script>\nvar told;\nonerror = (...args) => { told = args.slice(0, 3); return args[0].includes('handled'); };\n</script>\n\
             <p>\n<script>\n\n  throw new Error('handled');</script>\n<script src=/broken.js></script>\n\
             <script src=/syntax.js></script><script>nowhere()</script><script>Promise.reject(new Error('promise'))</script>",
        )
        .script("/broken.js", "\n\nundefined.x")
        .script("/syntax.js", "let = ;")
        .open("/");
    page.idle();
    let console: Vec<_> = page.console.try_iter().collect();
    let place = |index: usize| {
        let message = &console[index];
        (message.level, message.file.as_str(), message.line)
    };
    assert_eq!(console.len(), 4, "{console:?}");
    assert_eq!(place(0), (ConsoleLevel::UncaughtError, "https://site.test/broken.js", 3));
    assert_eq!(place(1), (ConsoleLevel::UncaughtError, "https://site.test/syntax.js", 1));
    assert_eq!(place(2), (ConsoleLevel::UncaughtError, "https://site.test/", 11));
    assert!(console[2].text.contains("nowhere"), "{:?}", console[2]);
    assert_eq!(place(3), (ConsoleLevel::UnhandledRejection, "https://site.test/", 11));
    assert_eq!(console[3].text, "Uncaught (in promise) Error: promise");
    page.check(&[("told[1]", "\"https://site.test/\""), ("told[2]", "11")]);
}

#[test]
fn errors_of_scripts_of_another_origin_are_muted_for_the_page() {
    let page = Site::default()
        .page(
            "/",
            "<script>var told = []; onerror = (...args) => { told.push(args.slice(0, 3)) }</script>
             <script src=https://other.test/x.js></script><script crossorigin src=https://other.test/y.js></script>",
        )
        .script("https://other.test/x.js", "secret()")
        .script("https://other.test/y.js", "known()")
        .open("/");
    page.check(&[(
        "told",
        r#"[["Script error.","",0],["Uncaught ReferenceError: known is not defined","https://other.test/y.js",1]]"#,
    )]);
}

#[test]
fn a_script_over_its_time_limit_is_stopped_and_the_page_goes_on() {
    let limits = ScriptLimits { task_time: Duration::from_millis(300), ..ScriptLimits::default() };
    let (page, loaded) = Site::default()
        .page("/", "<script>for (;;);</script><script>var after = 'ran'</script>")
        .start("/", limits);
    loaded.recv_timeout(DEADLINE).expect("in time").expect("it loads");
    page.check(&[("after", "\"ran\"")]);
    let console = page.log();
    assert!(console.iter().any(|text| text.contains("ran for too long")), "{console:?}");
}

#[test]
fn modules_are_loaded_on_demand() {
    let page = Site::default()
        .page("/dir/", "<script>var log = []</script><script src=/lib/classic.js></script>")
        .script("/lib/classic.js", "var load = name => import(`./${name}.js`)")
        .slow_script(
            "/lib/a.js",
            SLOW,
            "import { b } from './sub/b.js'; log.push('a'); export const a = 'a' + b; export default 1",
        )
        .script(
            "/lib/sub/b.js",
            "log.push('b'); export const b = await import('../c.js').then(c => c.default)",
        )
        .script("/lib/c.js", "export default 'c'")
        .script("/lib/throws.js", "throw new RangeError('no')")
        .script("/dir/d.js", "export const d = import.meta.url")
        .open("/dir/");
    page.check(&[
        ("load('a').then(m => [m.a, m.default, ...log])", r#"["ac",1,"b","a"]"#),
        ("load('a').then(m => log.length)", "2"),
        ("Promise.all([load('a'), load('a')]).then(([x, y]) => x === y)", "true"),
        ("load('missing').catch(e => e.name)", "\"TypeError\""),
        ("load('throws').catch(e => e.name + e.message)", "\"RangeErrorno\""),
        ("document.body.setAttribute('onclick', \"found = import('./d.js')\"); document.body.click(); found.then(m => m.d)", "\"https://site.test/dir/d.js\""),
        ("Object.keys(window).some(name => name.startsWith('imp') && name.endsWith('rt'))", "false"),
    ]);
}

#[test]
fn a_module_that_cannot_be_loaded_fails_alone() {
    let page = Site::default()
        .page(
            "/",
            r#"<script>var log = [];</script>
            <script type=module src=/a.js onerror="log.push('error a')"></script>
            <script type=module src=/text onerror="log.push('error text')"></script>
            <script type=module>import "/syntax.js"; log.push("never")</script>
            <script type=module>import "bare"; log.push("never")</script>
            <script type=module src=/good.js onload="log.push('load good')"></script>"#,
        )
        .script("/a.js", "import './missing.js'; log.push('never')")
        .with("/text", "text/plain", "log.push('never')")
        .script("/syntax.js", "export let = 1")
        .script("/good.js", "await null; log.push('good ' + import.meta.url)")
        .open("/");
    page.check(&[("log", r#"["error a","error text","good https://site.test/good.js","load good"]"#)]);
    let console = page.log().join("\n");
    for expected in ["missing.js", "MIME type", "bare", "SyntaxError"] {
        assert!(console.contains(expected), "{expected}: {console}");
    }
}

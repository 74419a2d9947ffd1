//! `URLPattern`, of which no official tests are taken.

use crate::support::{Page, Site};

fn page() -> Page {
    Site::default().page("/", "<!DOCTYPE html><title>patterns</title>").open("/")
}

#[test]
fn patterns_match_what_they_name() {
    page().check(&[
        ("new URLPattern({ pathname: '/books/:id' }).test('https://a.test/books/1')", "true"),
        ("new URLPattern('/books/*', 'https://a.test/').test('/books/1', 'https://a.test/')", "true"),
        ("new URLPattern('/books/*', 'https://a.test/').test('/books/1', 'https://b.test/')", "false"),
        ("new URLPattern('https://*.a.test/x').hostname", "\"*.a.test\""),
        ("new URLPattern().test('about:blank')", "true"),
        ("new URLPattern({ pathname: '/A' }, { ignoreCase: true }).test('https://a.test/a')", "true"),
        ("new URLPattern({ pathname: '/(\\\\d+)' }).hasRegExpGroups", "true"),
        ("new URLPattern({ pathname: '/:x' }).hasRegExpGroups", "false"),
    ]);
}

#[test]
fn what_matched_is_told_by_component_and_group() {
    let page = page();
    page.eval("var result = new URLPattern({ pathname: '/:kind/:id?' }).exec('https://a.test/book')");
    page.check(&[
        ("result.pathname.input + result.pathname.groups.kind", "\"/bookbook\""),
        ("Object.keys(result.pathname.groups).join()", "\"kind,id\""),
        ("typeof result.pathname.groups.id", "\"undefined\""),
        ("result.hostname.groups[0] + result.inputs.length", "\"a.test1\""),
        ("new URLPattern({ pathname: '/x' }).exec('https://a.test/y')", "null"),
    ]);
}

#[test]
fn what_is_no_pattern_is_refused() {
    let page = page();
    page.eval(
        "function refused(...args) { try { new URLPattern(...args); return 'made' } catch (e) { return e.name } }",
    );
    page.check(&[
        ("refused('/relative')", "\"TypeError\""),
        ("refused({ pathname: '/(' })", "\"TypeError\""),
        ("refused({ pathname: '/((?=x)x)' })", "\"TypeError\""),
        ("refused({}, 'https://a.test/')", "\"TypeError\""),
        ("refused({ pathname: '/x' }, {})", "\"made\""),
    ]);
}

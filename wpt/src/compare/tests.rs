use super::*;

fn report(product: &str, revision: &str, results: serde_json::Value) -> Report {
    let json = serde_json::json!({
        "run_info": { "product": product, "browser_version": "1.0", "revision": revision },
        "time_start": 1, "results": results,
    });
    serde_json::from_value(json).expect("a report")
}

fn example() -> Comparison {
    let first = serde_json::json!([
        { "test": "/a/b/x.html", "status": "OK", "subtests": [
            { "name": "both", "status": "PASS" },
            { "name": "<first> & \"quoted\"", "status": "PASS" },
            { "name": "neither", "status": "TIMEOUT" },
        ] },
        { "test": "/only-first.html", "status": "CRASH", "message": "signal 11" },
    ]);
    let second = serde_json::json!([
        { "test": "/a/b/x.html", "status": "OK", "subtests": [
            { "name": "second", "status": "PASS" },
            { "name": "neither", "status": "FAIL", "message": "</script> no" },
            { "name": "both", "status": "PASS" },
            { "name": "<first> & \"quoted\"", "status": "FAIL" },
        ] },
    ]);
    Comparison::new(report("bgfetch", "1", first), report("chromium", "2", second))
}

#[test]
fn subtests_are_joined_by_name() {
    let comparison = example();
    assert_eq!(comparison.titles, ["bgfetch 1.0", "chromium 1.0"]);
    assert_eq!(comparison.all, Tally { both: 1, first: 1, second: 1, neither: 1, not_compared: 0 });
    let (tally, tests) = &comparison.suites["a/b"];
    assert_eq!(tally.all(), 4);
    let names: Vec<_> = tests[0].subtests.iter().map(|pair| (pair.name.as_str(), pair.standing())).collect();
    assert_eq!(
        names,
        [
            ("both", Standing::Both),
            ("<first> & \"quoted\"", Standing::First),
            ("neither", Standing::Neither),
            ("second", Standing::Second),
        ]
    );
    assert!(comparison.remarks[0].contains("different revisions: 1 and 2"));
    assert!(comparison.suites[""].1[0].whole.sides[1].is_none());
}

#[test]
fn the_page_shows_names_as_text() {
    let page = html::page(&example());
    assert!(page.contains("&lt;first&gt; &amp; &quot;quoted&quot;"));
    assert!(!page.contains("</script> no"));
    for word in ["bgfetch 1.0", "chromium 1.0", "signal 11", "/only-first.html", "50.0 %"] {
        assert!(page.contains(word), "{word}");
    }
}

#[test]
fn of_very_many_that_pass_in_both_the_page_shows_some_and_counts_the_others() {
    let results = |last: &str| {
        let mut subtests: Vec<_> = (0..1_000)
            .map(|n| serde_json::json!({ "name": format!("decodes {n}"), "status": "PASS" }))
            .collect();
        subtests.push(serde_json::json!({ "name": "the last", "status": last }));
        serde_json::json!([{ "test": "/encoding/big5.html", "status": "OK", "subtests": subtests }])
    };
    let page = html::page(&Comparison::new(
        report("bgfetch", "1", results("PASS")),
        report("chromium", "1", results("FAIL")),
    ));
    assert!(page.contains("decodes 99<") && !page.contains("decodes 100<"));
    assert!(page.contains("and 900 more that pass in both"));
    assert!(page.contains("the last"), "what differs is shown however late it comes");
    assert!(page.contains("1001"), "and all are counted");
}

#[test]
fn the_table_sums_the_suites_of_a_folder() {
    let results = |statuses: [&str; 2]| {
        let test = |test: &str, status: &str| {
            let subtests: Vec<_> =
                (0..700).map(|n| serde_json::json!({ "name": n.to_string(), "status": status })).collect();
            serde_json::json!({ "test": test, "status": "OK", "subtests": subtests })
        };
        let [a, b] = statuses;
        serde_json::json!([test("/fetch/api/x.html", a), test("/fetch/range/y.html", b)])
    };
    let comparison = Comparison::new(
        report("bgfetch", "1", results(["PASS", "PASS"])),
        report("chromium", "1", results(["FAIL", "PASS"])),
    );
    let table = markdown::table(&comparison);
    assert!(table.contains("| | subtests | bgfetch 1.0 | chromium 1.0 |"), "{table}");
    assert!(table.contains("| fetch | 1,400 | 1,400 (100.0 %) | 700 (50.0 %) | 700 | 0 |"), "{table}");
    assert!(table.ends_with("| all | 1,400 | 1,400 (100.0 %) | 700 (50.0 %) | 700 | 0 |\n"), "{table}");
}

#[test]
fn a_test_that_one_report_lacks_is_not_held_against_it() {
    let test = |test: &str| {
        let subtests = serde_json::json!([
            { "name": "a", "status": "PASS" }, { "name": "b", "status": "FAIL", "message": "no" },
        ]);
        serde_json::json!({ "test": test, "status": "OK", "subtests": subtests })
    };
    let first = serde_json::json!([test("/url/x.html"), test("/xhr/y.html")]);
    let comparison = Comparison::new(
        report("bgfetch", "1", first),
        report("chromium", "1", serde_json::json!([test("/url/x.html")])),
    );
    let expected = Tally { both: 1, neither: 1, not_compared: 2, ..Tally::default() };
    assert_eq!((comparison.all, comparison.all.all()), (expected, 2));
    let page = html::page(&comparison);
    assert!(page.contains("/xhr/y.html <small>1 of 2, not compared"), "{page}");
    assert!(page.contains("/url/x.html <small>1 and 1 of 2<"), "{page}");
    assert!(page.contains("<li class=alone><b>PASS</b><b>&ndash;</b>"), "{page}");
    let table = markdown::table(&comparison);
    assert!(table.contains("| url | 2 |") && !table.contains("xhr"), "{table}");
    assert!(table.ends_with("| all | 2 | 1 (50.0 %) | 1 (50.0 %) | 0 | 0 |\n\n2 subtests are of tests that only one was run over.\n"), "{table}");
}

//! The page that shows a comparison: figures by suite, below each its tests and subtests. It is one file that needs
//! nothing else, and without scripts only the filter is missing. Of what passes in both, a test with very many subtests
//! (decoders have ten thousands) shows the first and says how many more there are: a page that a browser opens at once.

use std::fmt::Write as _;

use super::markdown::percent;
use super::{Comparison, Pair, Side, Standing, Tally, TestPair};

/// As many subtests that pass in both does a test show; what does not pass in one of them is shown whole.
const SHOWN_OF_BOTH: usize = 100;

const STYLE: &str = "
:root { color-scheme: light dark; --a: #1f77b4; --b: #e6862b; --both: #3a9d5d; --none: #b03a3a; }
body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
table { border-collapse: collapse; width: 100%; }
td, th { padding: .2rem .5rem; text-align: right; font-variant-numeric: tabular-nums; }
td:first-child, th:first-child { text-align: left; }
td { white-space: nowrap; }
tbody tr:hover { background: color-mix(in srgb, currentColor 7%, transparent); }
tr.all td { border-top: 1px solid; font-weight: 600; }
.bar { display: flex; height: .7rem; min-width: 12rem; border-radius: .2rem; overflow: hidden; }
.bar i { display: block; }
.both { background: var(--both); } .first { background: var(--a); }
.second { background: var(--b); } .neither { background: var(--none); }
.key i { display: inline-block; width: .8rem; height: .8rem; border-radius: .15rem; margin: 0 .3rem 0 1rem; }
details { margin: .15rem 0 .15rem .6rem; }
summary { cursor: pointer; }
summary small { opacity: .7; }
h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
ul { list-style: none; margin: .2rem 0 .4rem 1rem; padding: 0; }
li { display: grid; grid-template-columns: 7rem 7rem 1fr; gap: .5rem; padding: .1rem .4rem; border-left: .25rem solid; }
li.both { border-color: var(--both); background: none; } li.first { border-color: var(--a); background: none; }
li.second { border-color: var(--b); background: none; } li.neither { border-color: var(--none); background: none; }
li.alone { border-color: color-mix(in srgb, currentColor 30%, transparent); opacity: .8; }
li b { font-weight: 500; font-size: .85em; }
li .more { grid-column: 1 / -1; }
li p { grid-column: 3; margin: 0; opacity: .75; font-size: .9em; overflow-wrap: anywhere; white-space: pre-wrap; }
.remark { border-left: .25rem solid var(--b); padding-left: .6rem; }
body[data-show=differ] li.both, body[data-show=differ] li.neither,
body[data-show=first] li:not(.second), body[data-show=second] li:not(.first),
body[data-show=wrong] li.both, body:not([data-show=all]) li.alone { display: none; }
";

const SCRIPT: &str = "
for (const choice of document.querySelectorAll('input[name=show]')) {
  choice.addEventListener('change', () => {
    document.body.dataset.show = choice.value;
    for (const test of document.querySelectorAll('details')) {
      const shown = [...test.querySelectorAll('li')].some((item) => getComputedStyle(item).display !== 'none');
      test.hidden = choice.value !== 'all' && !shown;
    }
  });
}
";

/// The whole page.
#[must_use]
pub fn page(comparison: &Comparison) -> String {
    let titles = comparison.titles.each_ref().map(|title| escape(title));
    let [first, second] = &titles;
    let mut out = String::new();
    out.push_str("<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n");
    out.push_str("<meta name=viewport content='width=device-width'>\n");
    out.push_str(&format!(
        "<title>{first} and {second}: web-platform-tests</title>\n<style>{STYLE}</style>\n"
    ));
    out.push_str(&format!("<body data-show=all>\n<h1>web-platform-tests: {first} and {second}</h1>\n"));
    if comparison.all.not_compared > 0 {
        out.push_str("<p>Not compared: what only one of the two was run over.</p>\n");
    }
    for remark in &comparison.remarks {
        out.push_str(&format!("<p class=remark>{}</p>\n", escape(remark)));
    }
    table(comparison, &titles, &mut out);
    filter(&titles, &mut out);
    for (name, (_, tests)) in &comparison.suites {
        let id = escape(name);
        out.push_str(&format!("<h2 id='{id}'>{}</h2>\n", if name.is_empty() { "/" } else { &id }));
        for pair in tests {
            test(pair, &mut out);
        }
    }
    out.push_str(&format!("<script>{SCRIPT}</script>\n"));
    out
}

fn table(comparison: &Comparison, [first, second]: &[String; 2], out: &mut String) {
    out.push_str(&format!(
        "<p class=key><i class=both></i>both pass<i class=first></i>only {first}<i class=second></i>only {second}\
         <i class=neither></i>neither</p>\n<table><thead><tr><th>suite<th>subtests<th>{first}<th>{second}\
         <th>only {first}<th>only {second}<th>neither<th>not compared<th></thead><tbody>\n"
    ));
    for (name, (tally, _)) in &comparison.suites {
        let id = escape(name);
        row(&format!("<a href='#{id}'>{}</a>", if name.is_empty() { "/" } else { &id }), tally, "", out);
    }
    row("all", &comparison.all, " class=all", out);
    out.push_str("</tbody></table>\n");
}

fn row(name: &str, tally: &Tally, class: &str, out: &mut String) {
    let all = tally.all();
    let part = |passed: usize| match all {
        0 => "&ndash;".to_owned(),
        all => format!("{passed} <small>({})</small>", percent(passed, all)),
    };
    // Writing into a string does not fail.
    let _ = write!(
        out,
        "<tr{class}><td>{name}<td>{all}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td><span class=bar>",
        part(tally.both + tally.first),
        part(tally.both + tally.second),
        tally.first,
        tally.second,
        tally.neither,
        tally.not_compared
    );
    let parts =
        [("both", tally.both), ("first", tally.first), ("second", tally.second), ("neither", tally.neither)];
    for (class, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
        let _ = write!(out, "<i class={class} style='flex:{count}'></i>");
    }
    out.push_str("</span>\n");
}

fn filter([first, second]: &[String; 2], out: &mut String) {
    out.push_str("<form>");
    let choices = [
        ("all", "everything".to_owned()),
        ("differ", "where they differ".to_owned()),
        ("first", format!("only {first} fails")),
        ("second", format!("only {second} fails")),
        ("wrong", "what does not pass in both".to_owned()),
    ];
    for (value, label) in choices {
        let checked = if value == "all" { " checked" } else { "" };
        let _ = write!(out, "<label><input type=radio name=show value={value}{checked}> {label}</label> ");
    }
    out.push_str("</form>\n");
}

fn test(pair: &TestPair, out: &mut String) {
    let count = |right: [Standing; 2]| {
        pair.subtests.iter().filter(|subtest| right.contains(&subtest.standing())).count()
    };
    let first = count([Standing::Both, Standing::First]);
    let second = count([Standing::Both, Standing::Second]);
    let differs =
        pair.subtests.iter().any(|pair| matches!(pair.standing(), Standing::First | Standing::Second));
    let all = pair.subtests.len();
    let figures = match pair.is_in_both() {
        true => format!("{first} and {second} of {all}{}", if differs { " &ne;" } else { "" }),
        false => format!("{} of {all}, not compared", first + second),
    };
    let name = escape(&pair.test);
    let _ = writeln!(out, "<details><summary>{name} <small>{figures}</small></summary><ul>");
    let item = |subtest: &Pair, name: &str, out: &mut String| {
        let class = if pair.is_in_both() { class(subtest.standing()) } else { "alone" };
        item(subtest, name, class, out);
    };
    if pair.whole.standing() != Standing::Both {
        item(&pair.whole, "the test as a whole", out);
    }
    let mut both = 0_usize;
    for subtest in &pair.subtests {
        both += usize::from(subtest.standing() == Standing::Both);
        if subtest.standing() != Standing::Both || both <= SHOWN_OF_BOTH {
            item(subtest, &subtest.name, out);
        }
    }
    if let Some(more) = both.checked_sub(SHOWN_OF_BOTH).filter(|more| *more > 0) {
        let _ = writeln!(out, "<li class=both><span class=more>and {more} more that pass in both</span>");
    }
    out.push_str("</ul></details>\n");
}

const fn class(standing: Standing) -> &'static str {
    match standing {
        Standing::Both => "both",
        Standing::First => "first",
        Standing::Second => "second",
        Standing::Neither => "neither",
    }
}

fn item(pair: &Pair, name: &str, class: &str, out: &mut String) {
    let word = |side: &Side| side.as_ref().map_or("&ndash;".to_owned(), |verdict| escape(&verdict.status));
    let [first, second] = &pair.sides;
    let _ = write!(
        out,
        "<li class={class}><b>{}</b><b>{}</b><span>{}</span>",
        word(first),
        word(second),
        escape(name)
    );
    for verdict in pair.sides.iter().flatten().filter(|verdict| !verdict.is_right()) {
        if let Some(message) = &verdict.message {
            let short: String = message.chars().take(400).collect();
            let _ = write!(out, "<p>{}</p>", escape(&short));
        }
    }
    out.push('\n');
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\0' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

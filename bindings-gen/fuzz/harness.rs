// What is done with a text: by the fuzz target, and by the tests of the stable toolchain over a corpus.

use bindings_gen::diff::diff;
use bindings_gen::{BACKENDS, Generator, SourceSet, backend, parse_definitions, print};

/// IDL, and behind a NUL byte an `implemented.toml`; without that, whatever has a capital letter is implemented.
pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match text.split_once('\0') {
        Some((text, implemented)) => compile(text, implemented),
        None => compile(&text, &implement_everything(&text)),
    }
}

/// Generates from a text for each backend, and shows whatever is wrong with it: all of the compiler runs.
pub(crate) fn compile(text: &str, implemented: &str) {
    let mut sources = SourceSet::default();
    sources.add("random.idl", text);
    // Long texts take long, and another backend finds nothing more in them.
    let long = text.len() > 10_000;
    for name in BACKENDS.into_iter().take(if long { 1 } else { BACKENDS.len() }) {
        let backend = backend(name).expect("the list has the backends that there are");
        let generator = Generator::new("", "random.toml").backend(backend);
        match generator.generate_from(sources.clone(), implemented) {
            Ok(generated) => {
                for (name, text) in &generated.files {
                    syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
                }
            }
            Err(problems) => assert!(!problems.render().is_empty() && !problems.render_short().is_empty()),
        }
    }
    if !long && let Ok(definitions) = parse_definitions(&sources) {
        let printed = print(&definitions);
        let mut again = SourceSet::default();
        again.add("printed.idl", printed.as_str());
        let parsed = parse_definitions(&again).unwrap_or_else(|problems| panic!("{}", problems.render()));
        assert_eq!(print(&parsed), printed);
        let js = backend("js").expect("the backend is part of the compiler");
        if let Ok(difference) = diff(&sources, &sources, None, &*js) {
            assert!(difference.is_empty(), "{}", difference.to_text());
        }
    }
}

/// A configuration that implements every capitalised word of a text.
pub(crate) fn implement_everything(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let mut names: Vec<&str> =
        words.filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase())).collect();
    names.sort_unstable();
    names.dedup();
    names.iter().map(|name| format!("[{name}]\n")).collect()
}

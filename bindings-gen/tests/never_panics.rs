//! No input makes the compiler panic: random bytes, random tokens, and real IDL with random damage, from fixed seeds.

#[path = "../fuzz/harness.rs"]
mod harness;

use std::path::{Path, PathBuf};

use self::harness::{compile, implement_everything};

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap_or(0)
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

fn webidl() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../webidl")
}

const TOKENS: [&str; 62] = [
    "interface",
    "mixin",
    "partial",
    "callback",
    "dictionary",
    "enum",
    "namespace",
    "typedef",
    "includes",
    "attribute",
    "readonly",
    "static",
    "stringifier",
    "getter",
    "setter",
    "deleter",
    "const",
    "constructor",
    "inherit",
    "required",
    "optional",
    "iterable",
    "async_iterable",
    "async_sequence",
    "maplike",
    "setlike",
    "sequence",
    "record",
    "Promise",
    "FrozenArray",
    "any",
    "undefined",
    "object",
    "boolean",
    "unsigned",
    "long",
    "double",
    "unrestricted",
    "DOMString",
    "USVString",
    "A",
    "B",
    "C",
    "EventHandlerNonNull",
    "EventTarget",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    ";",
    ",",
    ":",
    "=",
    "?",
    "...",
    "1",
    "-0x7f",
    "\"text\"",
];

#[test]
fn random_bytes() {
    let mut random = Random(1);
    for _ in 0..400 {
        let length = random.below(200);
        let bytes: Vec<u8> = (0..length).map(|_| (random.next() & 0xff) as u8).collect();
        compile(&String::from_utf8_lossy(&bytes), &String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn random_tokens() {
    let mut random = Random(2);
    for _ in 0..700 {
        let length = random.below(60);
        let text: Vec<&str> = (0..length).map(|_| *random.pick(&TOKENS)).collect();
        compile(&text.join(" "), "[A]\n[B]\n[C]\n");
    }
}

#[test]
fn random_members() {
    let mut random = Random(3);
    for _ in 0..700 {
        let mut text =
            String::from("[Exposed=*] interface EventTarget {}; [Exposed=*] interface B : A {};\n");
        for head in
            ["[Exposed=Window] interface A", "dictionary C", "namespace D", "enum E", "callback interface F"]
        {
            text.push_str(head);
            text.push_str(" {");
            for _ in 0..random.below(4) {
                let length = 2 + random.below(8);
                text.extend((0..length).map(|_| format!(" {}", random.pick(&TOKENS[..44]))));
                text.push_str(random.pick::<&str>(&[
                    ";",
                    "();",
                    "(A a);",
                    " x;",
                    "(optional C c = {}, A... b);",
                ]));
            }
            text.push_str("};\n");
        }
        compile(&text, "[A]\n[B]\n[C]\n[D]\n[EventTarget]\n");
    }
}

#[test]
fn damaged_specifications() {
    let mut random = Random(4);
    for file in ["background-fetch.idl", "fetch.idl", "streams.idl", "FileAPI.idl"] {
        let text = std::fs::read_to_string(webidl().join(file)).expect("the file is part of the repository");
        let implemented = implement_everything(&text);
        for _ in 0..15 {
            let mut damaged: Vec<char> = text.chars().collect();
            for _ in 0..=random.below(8) {
                let at = random.below(damaged.len());
                match random.below(4) {
                    0 => drop(damaged.remove(at)),
                    1 => damaged.insert(
                        at,
                        *random.pick(&['{', '}', '(', ')', '<', '"', ';', '/', '*', '\u{1F642}']),
                    ),
                    2 => damaged.truncate(at.max(1)),
                    _ => {
                        let other = random.below(damaged.len());
                        damaged.swap(at, other);
                    }
                }
            }
            compile(&damaged.into_iter().collect::<String>(), &implemented);
        }
    }
}

#[test]
fn very_deep_and_very_long() {
    for (open, close) in [("(", ")"), ("[", "]"), ("sequence<", ">"), ("{", "}"), ("record<DOMString, ", ">")]
    {
        let deep =
            format!("interface A {{ attribute {}long{} x; }};", open.repeat(20_000), close.repeat(20_000));
        compile(&deep, "[A]\n");
        compile(&open.repeat(20_000), "[A]\n");
    }
    let chain: String = (0..60).map(|n| format!("interface I{n} : I{} {{}};\n", n + 1)).collect();
    let names: String = (0..60).map(|n| format!("[I{n}]\n")).collect();
    compile(&chain, &names);
    compile(&format!("{chain}interface I60 : I0 {{}};"), &format!("{names}[I60]\n"));
    let many: String = (0..5_000).map(|n| format!("long a{n}, ")).collect();
    compile(&format!("interface A {{ undefined f({many} long z); }};"), "[A]\n");
}

/// What the fuzz target is given to begin with, on the stable toolchain.
#[test]
fn the_corpus_of_the_fuzz_target() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for folder in [tests.join("golden"), tests.join("errors"), webidl()] {
        let mut count = 0;
        for entry in std::fs::read_dir(folder).expect("the folder is part of the repository") {
            let path = entry.expect("a folder can be listed").path();
            let small =
                |path: &Path| std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() < 10_000);
            if path.extension().is_some_and(|extension| extension == "idl") && small(&path) {
                harness::run(&std::fs::read(path).expect("a file can be read"));
                count += 1;
            }
        }
        assert!(count > 3);
    }
}

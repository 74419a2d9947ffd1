//! IDL names as Rust names: the same in every backend.

use proc_macro2::{Ident, Span};

pub use super::methods::{constructor_name, parameter_name, special_name, trait_name, upper_first};
pub use super::types::enum_variant;

/// An identifier that quote can write; keywords get a trailing underscore.
#[must_use]
pub fn ident(name: &str) -> Ident {
    const KEYWORDS: [&str; 53] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
        "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
        "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self",
        "Self", "static", "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized",
        "use", "virtual", "where", "while", "yield", "_",
    ];
    let mut clean: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if !clean.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        clean.insert(0, '_');
    }
    if KEYWORDS.contains(&clean.as_str()) {
        clean.push('_');
    }
    Ident::new(&clean, Span::call_site())
}

/// `createElementNS` as `create_element_ns`.
#[must_use]
pub fn snake(name: &str) -> String {
    words(name).join("_")
}

/// `createElementNS` as `CREATE_ELEMENT_NS`.
#[must_use]
pub fn shouting(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

/// `no-cors` as `NoCors`, `innerHTML` as `InnerHtml`.
#[must_use]
pub fn camel(name: &str) -> String {
    let mut camel = String::new();
    for word in words(name) {
        let mut chars = word.chars();
        camel.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        camel.extend(chars);
    }
    camel
}

/// The words of a name, in lower case.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or(' ');
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (index, c) in chars.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
            continue;
        }
        let previous = if index == 0 { ' ' } else { at(index - 1) };
        let begins = c.is_ascii_uppercase()
            && (previous.is_ascii_lowercase()
                || previous.is_ascii_digit()
                || (previous.is_ascii_uppercase()
                    && at(index + 1).is_ascii_lowercase()
                    && !plural(&chars, index)));
        if begins {
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
        }
        word.push(c.to_ascii_lowercase());
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// Whether the capital at `index` is followed by nothing but a plural's `s`, as in `URLs`.
fn plural(chars: &[char], index: usize) -> bool {
    chars.get(index + 1) == Some(&'s') && chars.len() == index + 2
}

#[cfg(test)]
mod tests {
    use super::{camel, ident, snake};

    #[test]
    fn names_read_as_rust_does() {
        for (idl, rust) in [
            ("createElementNS", "create_element_ns"),
            ("updateUI", "update_ui"),
            ("innerHTML", "inner_html"),
            ("URL", "url"),
            ("HTMLElement", "html_element"),
            ("getIds", "get_ids"),
            ("toURLs", "to_urls"),
            ("arrayBuffer", "array_buffer"),
            ("BackgroundFetchUIOptions", "background_fetch_ui_options"),
            ("x2Y", "x2_y"),
        ] {
            assert_eq!(snake(idl), rust);
        }
        assert_eq!(camel("no-referrer-when-downgrade"), "NoReferrerWhenDowngrade");
        assert_eq!(ident("match").to_string(), "match_");
        assert_eq!(ident("2d").to_string(), "_2d");
    }
}

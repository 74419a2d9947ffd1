//! Sections into lines, in the form that upstream's own tools write.

use super::condition::Condition;
use super::{Property, Scalar, Section, Value};

const INDENT: &str = "  ";

/// Writes the whole file that `root` stands for.
#[must_use]
pub fn write(root: &Section) -> String {
    let mut out = String::new();
    body(root, 0, &mut out);
    let trimmed = out.trim_end().len();
    out.truncate(trimmed);
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

fn body(section: &Section, depth: usize, out: &mut String) {
    for key in &section.keys {
        comments(&key.comments, depth, out);
        line(depth, out, &format!("{}:", escape(&key.name, ":")));
        write_value(&key.value, depth, key.inline_comment.as_deref(), out);
    }
    for child in &section.sections {
        comments(&child.comments, depth, out);
        line(depth, out, &format!("[{}]", escape(&child.name, "]")));
        inline_comment(child.inline_comment.as_deref(), out);
        out.push('\n');
        body(child, depth + 1, out);
        out.push('\n');
    }
}

fn write_value(value: &Value, depth: usize, comment: Option<&str>, out: &mut String) {
    if value.conditions.is_empty() {
        if let Some(scalar) = &value.default {
            out.push(' ');
            out.push_str(&write_scalar(scalar));
        }
        inline_comment(comment, out);
        out.push('\n');
        return;
    }
    inline_comment(comment, out);
    out.push('\n');
    for (condition, scalar) in &value.conditions {
        line(depth + 1, out, &format!("if {}: {}\n", write_condition(condition, 0), write_scalar(scalar)));
    }
    if let Some(scalar) = &value.default {
        line(depth + 1, out, &write_scalar(scalar));
        out.push('\n');
    }
}

fn comments(comments: &[String], depth: usize, out: &mut String) {
    for comment in comments {
        line(depth, out, &format!("#{comment}\n"));
    }
}

fn inline_comment(comment: Option<&str>, out: &mut String) {
    if let Some(comment) = comment {
        out.push_str("  #");
        out.push_str(comment);
    }
}

fn line(depth: usize, out: &mut String, text: &str) {
    for _ in 0..depth {
        out.push_str(INDENT);
    }
    out.push_str(text);
}

fn write_scalar(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Text(text) => {
            let quoted = text.is_empty()
                || text.contains('#')
                || text.starts_with("if ")
                || text.starts_with(['"', '\'', '[', '@', ' '])
                || text.ends_with(' ');
            if quoted { quote(text) } else { escape(text, "") }
        }
        Scalar::List(items) => {
            let items: Vec<_> = items
                .iter()
                .map(|item| {
                    let plain = !item.is_empty()
                        && !item.contains(['#', ',', ']', '"', '\''])
                        && !item.starts_with(['@', ' '])
                        && !item.ends_with(' ');
                    if plain { escape(item, "") } else { quote(item) }
                })
                .collect();
            format!("[{}]", items.join(", "))
        }
        Scalar::Flag(true) => "@True".to_owned(),
        Scalar::Flag(false) => "@False".to_owned(),
        Scalar::Reset => "@Reset".to_owned(),
    }
}

fn quote(text: &str) -> String {
    let quote = if text.contains('"') { "'" } else { "\"" };
    format!("{quote}{}{quote}", escape(text, quote))
}

/// How tight it binds: what stands in looser surroundings than itself needs no parentheses.
const fn precedence(condition: &Condition) -> u8 {
    match condition {
        Condition::Or(..) => 1,
        Condition::And(..) => 2,
        Condition::Not(_) => 3,
        Condition::Equal(..) | Condition::NotEqual(..) => 4,
        Condition::Variable(_) | Condition::Literal(_) => 5,
    }
}

fn write_condition(condition: &Condition, around: u8) -> String {
    let own = precedence(condition);
    let pair = |a: &Condition, sign: &str, b: &Condition, right: u8| {
        format!("{} {sign} {}", write_condition(a, own), write_condition(b, right))
    };
    let text = match condition {
        Condition::Variable(name) => name.clone(),
        Condition::Literal(Property::Text(text)) => format!("\"{}\"", escape(text, "\"")),
        Condition::Literal(Property::Number(number)) => number.to_string(),
        Condition::Literal(Property::Flag(flag)) => flag.to_string(),
        Condition::Not(inner) => format!("not {}", write_condition(inner, own)),
        Condition::Equal(a, b) => format!("{} == {}", write_condition(a, 5), write_condition(b, 5)),
        Condition::NotEqual(a, b) => format!("{} != {}", write_condition(a, 5), write_condition(b, 5)),
        Condition::And(a, b) => pair(a, "and", b, own + 1),
        Condition::Or(a, b) => pair(a, "or", b, own + 1),
    };
    if own < around { format!("({text})") } else { text }
}

fn escape(text: &str, extras: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if extras.contains(c) => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

//! [Font descriptors](https://drafts.csswg.org/css-fonts-4/#font-resources): what each may be, and how it is serialized.

use cssparser::{ParseError, Parser, ToCss, Token, UnicodeRange};

type Parsed<T> = Result<T, ParseError<()>>;

/// A descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Descriptor {
    Family,
    Style,
    Weight,
    Stretch,
    UnicodeRange,
    FeatureSettings,
    VariationSettings,
    Display,
    AscentOverride,
    DescentOverride,
    LineGapOverride,
}

/// How many descriptors there are.
pub(super) const COUNT: usize = 11;

const DISPLAYS: [&str; 5] = ["auto", "block", "swap", "fallback", "optional"];
const STRETCHES: [&str; 10] = [
    "auto",
    "ultra-condensed",
    "extra-condensed",
    "condensed",
    "semi-condensed",
    "normal",
    "semi-expanded",
    "expanded",
    "extra-expanded",
    "ultra-expanded",
];
/// Words that are no names of fonts: [CSS-wide keywords](https://drafts.csswg.org/css-values-4/#common-keywords).
const RESERVED: [&str; 6] = ["initial", "inherit", "unset", "default", "revert", "revert-layer"];

impl Descriptor {
    /// The value as it is serialized; `None` if it is none of this descriptor.
    pub(super) fn parse(self, text: &str) -> Option<String> {
        let mut parser = Parser::new(text);
        let parsed: Parsed<String> = parser.parse_entirely(|input| match self {
            Self::Family => family_name(input).map(|name| serialize_family(&name)),
            Self::Style => style(input),
            Self::Weight => {
                let word = |word: &str| matches!(word, "auto" | "normal" | "bold");
                one_or_two(input, word, |input| {
                    let number = input.expect_number()?;
                    if (1.0..=1000.0).contains(&number) { Ok(number.to_string()) } else { Err(wrong()) }
                })
            }
            Self::Stretch => one_or_two(input, |word| STRETCHES.contains(&word), percentage),
            Self::UnicodeRange => {
                let ranges =
                    input.parse_comma_separated(|input| Ok(UnicodeRange::parse(input)?.to_css_string()))?;
                Ok(ranges.join(", "))
            }
            Self::FeatureSettings => settings(input, |input| {
                let value = input.try_parse(|input| {
                    if let Ok(number) = input.try_parse(Parser::expect_integer) {
                        return if number >= 0 { Ok(number) } else { Err(wrong()) };
                    }
                    match input.expect_ident_cloned()? {
                        word if word.eq_ignore_ascii_case("on") => Ok(1),
                        word if word.eq_ignore_ascii_case("off") => Ok(0),
                        _ => Err(wrong()),
                    }
                });
                Ok(match value {
                    Ok(1) | Err(_) => String::new(),
                    Ok(number) => format!(" {number}"),
                })
            }),
            Self::VariationSettings => settings(input, |input| Ok(format!(" {}", input.expect_number()?))),
            Self::Display => keyword(input, |word| DISPLAYS.contains(&word)),
            Self::AscentOverride | Self::DescentOverride | Self::LineGapOverride => input
                .try_parse(|input| keyword(input, |word| word == "normal"))
                .or_else(|_| percentage(input)),
        });
        parsed.ok()
    }
}

fn wrong() -> ParseError<()> {
    ParseError::custom(())
}

fn keyword(input: &mut Parser<'_>, known: impl Fn(&str) -> bool) -> Parsed<String> {
    let word = input.expect_ident_cloned()?.to_ascii_lowercase();
    if known(&word) { Ok(word) } else { Err(wrong()) }
}

fn percentage(input: &mut Parser<'_>) -> Parsed<String> {
    let percentage = input.expect_percentage()? * 100.0;
    if percentage >= 0.0 { Ok(format!("{percentage}%")) } else { Err(wrong()) }
}

/// One or two of what `value` takes, or a keyword in its place.
fn one_or_two(
    input: &mut Parser<'_>,
    known: impl Fn(&str) -> bool,
    value: impl Fn(&mut Parser<'_>) -> Parsed<String>,
) -> Parsed<String> {
    let one =
        |input: &mut Parser<'_>| input.try_parse(|input| keyword(input, &known)).or_else(|_| value(input));
    let first = one(input)?;
    Ok(match input.try_parse(one) {
        Ok(second) => format!("{first} {second}"),
        Err(_) => first,
    })
}

fn style(input: &mut Parser<'_>) -> Parsed<String> {
    let word = keyword(input, |word| matches!(word, "auto" | "normal" | "italic" | "oblique"))?;
    let angle = |input: &mut Parser<'_>| match input.next()?.clone() {
        Token::Dimension { value, unit, .. }
            if ["deg", "grad", "rad", "turn"].iter().any(|known| unit.eq_ignore_ascii_case(known)) =>
        {
            Ok(format!(" {value}{}", unit.to_ascii_lowercase()))
        }
        _ => Err(wrong()),
    };
    let mut serialized = word;
    for _ in 0..2 {
        if serialized.starts_with("oblique")
            && let Ok(angle) = input.try_parse(angle)
        {
            serialized.push_str(&angle);
        }
    }
    Ok(serialized)
}

/// `normal`, or a list of tags with what `value` takes.
fn settings(input: &mut Parser<'_>, value: impl Fn(&mut Parser<'_>) -> Parsed<String>) -> Parsed<String> {
    if let Ok(normal) = input.try_parse(|input| keyword(input, |word| word == "normal")) {
        return Ok(normal);
    }
    let settings = input.parse_comma_separated(|input| {
        let tag = input.expect_string_cloned()?;
        if tag.len() != 4 || !tag.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(wrong());
        }
        Ok(format!("{}{}", Token::QuotedString(tag).to_css_string(), value(input)?))
    })?;
    Ok(settings.join(", "))
}

/// [A family's name](https://drafts.csswg.org/css-fonts-4/#family-name-syntax), without quotes.
pub(super) fn family_name(input: &mut Parser<'_>) -> Parsed<String> {
    if let Ok(name) = input.try_parse(Parser::expect_string_cloned) {
        return Ok(name.to_string());
    }
    let mut name = input.expect_ident_cloned()?.to_string();
    let mut words = 1;
    while let Ok(word) = input.try_parse(Parser::expect_ident_cloned) {
        name.push(' ');
        name.push_str(&word);
        words += 1;
    }
    if words == 1 && RESERVED.iter().any(|word| name.eq_ignore_ascii_case(word)) {
        return Err(wrong());
    }
    Ok(name)
}

/// A family's name as CSS: with quotes unless it is made of words.
fn serialize_family(name: &str) -> String {
    let is_words = name.split(' ').all(|word| {
        word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    });
    if is_words && !RESERVED.contains(&name) {
        name.to_owned()
    } else {
        Token::QuotedString(name.into()).to_css_string()
    }
}

/// The name that a serialized family stands for.
pub(super) fn name_of_family(serialized: &str) -> String {
    Parser::new(serialized).parse_entirely(family_name).unwrap_or_default()
}

/// The ranges of a serialized list.
pub(super) fn ranges_of(serialized: &str) -> Vec<(u32, u32)> {
    let ranges: Parsed<Vec<_>> = Parser::new(serialized).parse_entirely(|input| {
        input.parse_comma_separated(|input| {
            Ok(UnicodeRange::parse(input).map(|range| (range.start, range.end))?)
        })
    });
    ranges.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Descriptor;

    #[test]
    fn values_that_are_none_of_a_descriptor_are_refused() {
        for (descriptor, text) in [
            (Descriptor::Weight, "1001"),
            (Descriptor::Weight, "heavy"),
            (Descriptor::AscentOverride, "-50%"),
            (Descriptor::AscentOverride, "10px"),
            (Descriptor::Display, "never"),
            (Descriptor::UnicodeRange, "A-Z"),
            (Descriptor::Family, "inherit"),
            (Descriptor::Family, "a, b"),
            (Descriptor::FeatureSettings, "\"abc\""),
            (Descriptor::Style, "italic 10deg"),
        ] {
            assert_eq!(descriptor.parse(text), None, "{descriptor:?}: {text}");
        }
    }

    #[test]
    fn values_are_serialized_in_one_way() {
        for (descriptor, text, serialized) in [
            (Descriptor::Weight, "BOLD", "bold"),
            (Descriptor::Weight, "100  900", "100 900"),
            (Descriptor::LineGapOverride, "50%", "50%"),
            (Descriptor::UnicodeRange, "u+0-7f,U+4??", "U+0-7F, U+400-4FF"),
            (Descriptor::Family, "  My   Font ", "My Font"),
            (Descriptor::Family, "'3D \"Font\"'", "\"3D \\\"Font\\\"\""),
            (Descriptor::FeatureSettings, "'liga' on, \"kern\" 0", "\"liga\", \"kern\" 0"),
            (Descriptor::VariationSettings, "'wght' 350", "\"wght\" 350"),
            (Descriptor::Style, "Oblique 10deg 20deg", "oblique 10deg 20deg"),
        ] {
            assert_eq!(descriptor.parse(text).as_deref(), Some(serialized), "{descriptor:?}: {text}");
        }
    }
}

//! [Finding the matching font faces](https://drafts.csswg.org/css-font-loading/#find-the-matching-font-faces).

use bgfetch_js::{Exception, Fallible, Root};
use cssparser::{ParseError, Parser, Token};

use super::descriptors::{Descriptor, family_name};
use crate::dom::FontFace;

type Parsed<T> = Result<T, ParseError<()>>;

/// What of a [`font`](https://drafts.csswg.org/css-fonts-4/#font-prop) value selects font faces.
#[derive(Debug, PartialEq)]
pub(super) struct FontQuery {
    families: Vec<String>,
    is_italic: bool,
    weight: f32,
}

/// What may stand before the size, but for weights and styles.
const PREFIXES: [&str; 10] = [
    "small-caps",
    "ultra-condensed",
    "extra-condensed",
    "condensed",
    "semi-condensed",
    "semi-expanded",
    "expanded",
    "extra-expanded",
    "ultra-expanded",
    "normal",
];
const SIZES: [&str; 10] = [
    "xx-small",
    "x-small",
    "small",
    "medium",
    "large",
    "x-large",
    "xx-large",
    "xxx-large",
    "smaller",
    "larger",
];
/// [Lengths](https://drafts.csswg.org/css-values-4/#lengths).
const UNITS: [&str; 22] = [
    "em", "rem", "ex", "rex", "cap", "rcap", "ch", "rch", "ic", "ric", "lh", "rlh", "vw", "vh", "vmin",
    "vmax", "px", "cm", "mm", "in", "pt", "pc",
];

impl FontQuery {
    /// Parses a value of the property `font`.
    ///
    /// # Errors
    /// `SyntaxError` if it is none, or one that has its meaning from elsewhere.
    pub(super) fn parse(text: &str) -> Fallible<Self> {
        let parsed = Parser::new(text).parse_entirely(query);
        parsed
            .map_err(|_| Exception::dom("SyntaxError", format!("{text:?} is no value of the property font")))
    }

    /// The faces that text would be drawn with, of all those that there are.
    pub(super) fn matching(&self, faces: &[Root<FontFace>], text: &str) -> Vec<Root<FontFace>> {
        let mut found = Vec::new();
        for family in &self.families {
            let of_family = faces.iter().filter(|face| face.family_name().eq_ignore_ascii_case(family));
            let nearest =
                of_family.clone().map(|face| self.distance(face)).reduce(|a, b| if b < a { b } else { a });
            let selected = of_family.filter(|face| Some(self.distance(face)) == nearest);
            found.extend(selected.filter(|face| face.has_any_of(text)).cloned());
        }
        found
    }

    /// How far a face is from what is wanted: by [style, then weight](https://drafts.csswg.org/css-fonts-4/#font-style-matching).
    fn distance(&self, face: &FontFace) -> (u8, f32) {
        let style = u8::from(face.value_of(Descriptor::Style).starts_with(['i', 'o']) != self.is_italic);
        let weight = face.value_of(Descriptor::Weight);
        let mut weights = weight.split(' ').map(|weight| match weight {
            "auto" | "normal" => 400.0,
            "bold" => 700.0,
            number => number.parse::<f32>().unwrap_or(400.0),
        });
        let first = weights.next().unwrap_or(400.0);
        let last = weights.next().unwrap_or(first);
        let (low, high) = (first.min(last), first.max(last));
        let wanted = self.weight;
        if (low..=high).contains(&wanted) {
            return (style, 0.0);
        }
        let (is_lighter, apart) = if high < wanted { (true, wanted - high) } else { (false, low - wanted) };
        // Which side is looked at first; the other one is farther than anything there.
        let is_preferred = match wanted {
            400.0..=500.0 => is_lighter || low <= 500.0,
            _ if wanted < 400.0 => is_lighter,
            _ => !is_lighter,
        };
        let between = (400.0..=500.0).contains(&wanted) && is_lighter;
        (
            style,
            apart
                + if !is_preferred {
                    10_000.0
                } else if between {
                    1_000.0
                } else {
                    0.0
                },
        )
    }
}

fn wrong() -> ParseError<()> {
    ParseError::custom(())
}

fn query(input: &mut Parser<'_>) -> Parsed<FontQuery> {
    let (mut is_italic, mut weight) = (false, 400.0);
    loop {
        let before = input.state();
        match input.next()?.clone() {
            Token::Ident(word) => match &*word.to_ascii_lowercase() {
                "italic" => is_italic = true,
                "oblique" => {
                    is_italic = true;
                    let angle = |input: &mut Parser<'_>| match input.next()? {
                        Token::Dimension { unit, .. } if !is_length(unit) => Ok(()),
                        _ => Err(wrong()),
                    };
                    let _without_angle = input.try_parse(angle);
                }
                "bold" | "bolder" => weight = 700.0,
                "lighter" => weight = 100.0,
                word if PREFIXES.contains(&word) => {}
                word if SIZES.contains(&word) => break,
                _ => return Err(wrong()),
            },
            Token::Number { value, .. } if (1.0..=1000.0).contains(&value) => weight = value,
            Token::Dimension { value, ref unit, .. } if value >= 0.0 && is_length(unit) => break,
            Token::Percentage { unit_value, .. } if unit_value >= 0.0 => break,
            Token::Function(ref name) if name.eq_ignore_ascii_case("calc") => {
                input.reset(&before);
                input.expect_function()?;
                input.parse_nested_block(|input| -> Parsed<()> {
                    while input.next().is_ok() {}
                    Ok(())
                })?;
                break;
            }
            _ => return Err(wrong()),
        }
    }
    if input.try_parse(|input| input.expect_delim('/')).is_ok() {
        match input.next()? {
            Token::Ident(word) if word.eq_ignore_ascii_case("normal") => {}
            Token::Number { .. } | Token::Dimension { .. } | Token::Percentage { .. } => {}
            _ => return Err(wrong()),
        }
    }
    let families = input.parse_comma_separated(family_name)?;
    Ok(FontQuery { families, is_italic, weight })
}

fn is_length(unit: &str) -> bool {
    UNITS.iter().any(|known| unit.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::FontQuery;

    #[test]
    fn a_font_value_names_families_style_and_weight() {
        let query = FontQuery::parse("italic bold 12px/30px Georgia, 'My Font', serif").unwrap();
        assert_eq!(query.families, ["Georgia", "My Font", "serif"]);
        assert!(query.is_italic);
        assert!((query.weight - 700.0).abs() < f32::EPSILON);
        assert_eq!(FontQuery::parse("medium \"\"").unwrap().families, [""]);
    }

    #[test]
    fn what_is_no_font_value_is_refused() {
        for text in
            ["", "Georgia", "12px", "initial", "medium inherit", "var(--x) serif", "12deg serif", "12px a,"]
        {
            assert!(FontQuery::parse(text).is_err(), "{text}");
        }
    }
}

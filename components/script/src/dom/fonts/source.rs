//! [The `src` descriptor](https://drafts.csswg.org/css-fonts-4/#src-desc).

use cssparser::{ParseError, Parser};

use super::descriptors::family_name;

type Parsed<T> = Result<T, ParseError<()>>;

/// Where a font may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FontSource {
    /// A URL, relative to whoever made the font.
    Url(String),
    /// A font of the system: there are none.
    Local,
}

/// Formats that can be read.
const FORMATS: [&str; 5] = ["opentype", "truetype", "woff", "woff2", "collection"];
/// [Technologies](https://drafts.csswg.org/css-fonts-4/#font-tech-definitions) that need nothing of who reads the font's tables.
const TECHNOLOGIES: [&str; 2] = ["variations", "features-opentype"];

/// The sources of a list, without those that are of no known format; `None` if none is left.
pub(super) fn parse(text: &str) -> Option<Vec<FontSource>> {
    let mut parser = Parser::new(text);
    let sources = parser.parse_comma_separated_ignoring_errors(source);
    (!sources.is_empty()).then_some(sources)
}

fn source(input: &mut Parser<'_>) -> Parsed<FontSource> {
    let is_local = input.try_parse(|input| -> Parsed<()> {
        input.expect_function_matching("local")?;
        input.parse_nested_block(family_name).map(drop)
    });
    if is_local.is_ok() {
        return Ok(FontSource::Local);
    }
    let url = input.expect_url()?.to_string();
    let wrong = || ParseError::custom(());
    if input.try_parse(|input| input.expect_function_matching("format")).is_ok() {
        let format =
            input.parse_nested_block(|input| Ok(input.expect_ident_or_string()?.to_ascii_lowercase()))?;
        if !FORMATS.contains(&format.trim_end_matches("-variations")) {
            return Err(wrong());
        }
    }
    if input.try_parse(|input| input.expect_function_matching("tech")).is_ok() {
        let needed = input.parse_nested_block(|input| {
            input.parse_comma_separated(|input| Ok(input.expect_ident()?.to_ascii_lowercase()))
        })?;
        if !needed.iter().all(|technology: &String| TECHNOLOGIES.contains(&technology.as_str())) {
            return Err(wrong());
        }
    }
    Ok(FontSource::Url(url))
}

#[cfg(test)]
mod tests {
    use super::{FontSource, parse};

    #[test]
    fn sources_of_unknown_formats_are_skipped() {
        let url = |url: &str| FontSource::Url(url.into());
        assert_eq!(parse("url(a.svg) format(svg), url('b') format('woff2')"), Some(vec![url("b")]));
        assert_eq!(parse("local(Some Font), url(c)"), Some(vec![FontSource::Local, url("c")]));
        assert_eq!(parse("url(d) format(truetype) tech(color-COLRv1)"), None);
        assert_eq!(parse("about:blank"), None);
        assert_eq!(parse(""), None);
    }
}

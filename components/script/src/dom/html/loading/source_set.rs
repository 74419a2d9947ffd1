//! [Source sets](https://html.spec.whatwg.org/multipage/images.html#source-set): `srcset`, and which of its images is loaded.

/// CSS pixels that an image is taken to be wide where `srcset` gives widths: without layout there is no other.
const SOURCE_SIZE: f64 = 1024.0;

/// An [image source](https://html.spec.whatwg.org/multipage/images.html#image-source).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Source {
    pub(super) url: String,
    /// [Pixel density](https://html.spec.whatwg.org/multipage/images.html#pixel-density)
    pub(super) density: f64,
}

/// [Selects an image source from a source set](https://html.spec.whatwg.org/multipage/images.html#select-an-image-source-from-a-source-set)
/// of `srcset` and `src`: the least dense one that is dense enough for a screen of one pixel each, or the densest.
pub(super) fn best_of(srcset: &str, src: Option<&str>) -> Option<Source> {
    let candidates = parse(srcset);
    let has_width = candidates.iter().any(|candidate| candidate.width.is_some());
    // Normalize the source densities.
    let mut sources: Vec<Source> = candidates
        .into_iter()
        .map(|Candidate { url, width, density }| Source {
            url,
            density: width.map_or(density.unwrap_or(1.0), |width| f64::from(width) / SOURCE_SIZE),
        })
        .collect();
    // [Create a source set](https://html.spec.whatwg.org/multipage/images.html#create-a-source-set), step 4.
    if let Some(src) = src.filter(|_| !has_width && !sources.iter().any(|source| source.density == 1.0)) {
        sources.push(Source { url: src.to_owned(), density: 1.0 });
    }
    // The sort is stable: of equals the first counts.
    sources.sort_by(|a, b| a.density.total_cmp(&b.density));
    let enough = sources.iter().position(|source| source.density >= 1.0);
    let densest = sources.last().and_then(|last| sources.iter().position(|s| s.density == last.density));
    enough.or(densest).map(|at| sources.swap_remove(at))
}

#[derive(Debug, PartialEq)]
struct Candidate {
    url: String,
    width: Option<u32>,
    density: Option<f64>,
}

/// [Parses a `srcset` attribute](https://html.spec.whatwg.org/multipage/images.html#parse-a-srcset-attribute).
fn parse(input: &str) -> Vec<Candidate> {
    let is_space = |c: char| c.is_ascii_whitespace();
    let mut candidates = Vec::new();
    let mut rest = input;
    loop {
        // Steps 4 and 5.
        rest = rest.trim_start_matches(|c| is_space(c) || c == ',');
        if rest.is_empty() {
            return candidates;
        }
        // Steps 6 to 8.
        let end = rest.find(is_space).unwrap_or(rest.len());
        let (url, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let descriptors;
        (descriptors, rest) = if url.ends_with(',') { (Vec::new(), after) } else { tokenize(after) };
        let url = url.trim_end_matches(',').to_owned();
        // Steps 9 to 15.
        if let Some((width, density)) = sizes_of(&descriptors) {
            candidates.push(Candidate { url, width, density });
        }
    }
}

/// Step 8, "otherwise": the descriptors of one candidate, and what comes after its comma.
fn tokenize(text: &str) -> (Vec<&str>, &str) {
    let mut in_parens = false;
    let end = text.find(|c| {
        in_parens = (in_parens || c == '(') && c != ')';
        c == ',' && !in_parens
    });
    let (own, rest) = text.split_at_checked(end.unwrap_or(text.len())).unwrap_or((text, ""));
    let mut in_parens = false;
    let tokens = own.split(|c: char| {
        in_parens = (in_parens || c == '(') && c != ')';
        c.is_ascii_whitespace() && !in_parens
    });
    (tokens.filter(|token| !token.is_empty()).collect(), rest)
}

/// Steps 9 to 15: width and density, or `None` for an error.
fn sizes_of(descriptors: &[&str]) -> Option<(Option<u32>, Option<f64>)> {
    let (mut width, mut density, mut height) = (None, None, None);
    let integer = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|_| digits)
    };
    for descriptor in descriptors {
        let value = descriptor.get(..descriptor.len() - 1).unwrap_or_default();
        match descriptor.bytes().last() {
            Some(b'w') if width.is_none() && density.is_none() => {
                width = Some(integer(value).filter(|width| *width > 0)?);
            }
            Some(b'x') if width.is_none() && density.is_none() && height.is_none() => {
                let is_number = !value.starts_with('+') && !value.ends_with('.');
                let number = value.parse::<f64>().ok().filter(|number| number.is_finite() && is_number);
                density = Some(number.filter(|number| *number >= 0.0)?);
            }
            Some(b'h') if height.is_none() && density.is_none() => {
                height = Some(integer(value).filter(|height| *height > 0)?);
            }
            _ => return None,
        }
    }
    // Step 14: a height alone says nothing.
    (height.is_none() || width.is_some()).then_some((width, density))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srcset_is_parsed() {
        let candidate = |url: &str, width, density| Candidate { url: url.into(), width, density };
        let cases = [
            ("", vec![]),
            (
                " , a.png , b.png 2x",
                vec![candidate("a.png", None, None), candidate("b.png", None, Some(2.0))],
            ),
            ("a.png,b.png 1x", vec![candidate("a.png,b.png", None, Some(1.0))]),
            ("a.png, b.png", vec![candidate("a.png", None, None), candidate("b.png", None, None)]),
            ("a 100w 50h, b 1.5x", vec![candidate("a", Some(100), None), candidate("b", None, Some(1.5))]),
            ("a 0w, b 1x 2x, c -1x, d 50h, e x, f 1q, g", vec![candidate("g", None, None)]),
            ("data:,x 1x (a, b), b", vec![candidate("b", None, None)]),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn the_least_that_is_dense_enough_is_chosen() {
        let cases = [
            ("", None, None),
            ("", Some("s"), Some("s")),
            ("a 2x, b 3x", None, Some("a")),
            ("a 2x, b 3x", Some("s"), Some("s")),
            ("a 1x", Some("s"), Some("a")),
            ("a 0.5x, b 0.7x, c .7x", None, Some("b")),
            ("a 500w, b 1200w, c 3000w", Some("s"), Some("b")),
            ("a 500w, b 700w", Some("s"), Some("b")),
        ];
        for (srcset, src, expected) in cases {
            assert_eq!(
                best_of(srcset, src).map(|source| source.url).as_deref(),
                expected,
                "{srcset} {src:?}"
            );
        }
    }
}

//! A [URL pattern](https://urlpattern.spec.whatwg.org/#url-pattern).

use bgfetch_traits::router::PatternStrings;
use url::Url;
use urlpattern::quirks::{
    MatchInput, StringOrInit, UrlPatternInit, parse_match_input, process_construct_pattern_input,
    process_match_input,
};
use urlpattern::{UrlPatternMatchInput, UrlPatternOptions};

use crate::expression::{Expression, Matcher};

/// The components of a URL pattern, in the order that the standard has them in.
pub const COMPONENTS: [&str; 8] =
    ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];

/// A pattern that cannot be made, or an input that cannot be matched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PatternError(String);

impl From<urlpattern::Error> for PatternError {
    fn from(error: urlpattern::Error) -> Self {
        Self(error.to_string())
    }
}

/// What a pattern is made of, or matched with: [`URLPatternInput`](https://urlpattern.spec.whatwg.org/#typedefdef-urlpatterninput).
#[derive(Clone, Debug)]
pub enum Input {
    /// A string.
    Text(String),
    /// [`URLPatternInit`](https://urlpattern.spec.whatwg.org/#dictdef-urlpatterninit).
    Init(UrlPatternInit),
}

impl From<Input> for StringOrInit<'static> {
    fn from(input: Input) -> Self {
        match input {
            Input::Text(text) => Self::String(text.into()),
            Input::Init(init) => Self::Init(init),
        }
    }
}

/// A URL pattern.
#[derive(Debug)]
pub struct UrlPattern {
    components: [Component; 8],
    ignore_case: bool,
    has_regexp_groups: bool,
}

/// A [component](https://urlpattern.spec.whatwg.org/#component).
#[derive(Debug)]
struct Component {
    pattern_string: String,
    group_names: Vec<String>,
    matcher: Matcher,
}

/// What matched, in the order of [`COMPONENTS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Of each component.
    pub components: [ComponentMatch; 8],
}

/// [`URLPatternComponentResult`](https://urlpattern.spec.whatwg.org/#dictdef-urlpatterncomponentresult).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentMatch {
    /// What was matched.
    pub input: String,
    /// What its groups matched, in the pattern's order; `None` is a group that did not take part.
    pub groups: Vec<(String, Option<String>)>,
}

impl UrlPattern {
    /// [Creates a URL pattern](https://urlpattern.spec.whatwg.org/#url-pattern-create).
    ///
    /// # Errors
    /// What is not a pattern, with the reason.
    pub fn new(input: Input, base_url: Option<&str>, ignore_case: bool) -> Result<Self, PatternError> {
        let init = process_construct_pattern_input(input.into(), base_url)?;
        Self::of_init(init, ignore_case)
    }

    /// A pattern of which these are the strings.
    ///
    /// # Errors
    /// Strings that are not of a pattern.
    pub fn of_strings(strings: &PatternStrings) -> Result<Self, PatternError> {
        let [protocol, username, password, hostname, port, pathname, search, hash] =
            strings.components.clone().map(Some);
        let init = urlpattern::UrlPatternInit {
            protocol,
            username,
            password,
            hostname,
            port,
            pathname,
            search,
            hash,
            base_url: None,
        };
        Self::of_init(init, strings.ignore_case)
    }

    fn of_init(init: urlpattern::UrlPatternInit, ignore_case: bool) -> Result<Self, PatternError> {
        let options = UrlPatternOptions { ignore_case, ..UrlPatternOptions::default() };
        let parsed = urlpattern::UrlPattern::<Expression>::parse(init, options)?;
        let has_regexp_groups = parsed.has_regexp_groups();
        // Of the components, only these are compared in any case.
        let in_case = |index: usize| ignore_case && index >= 5;
        let parsed = [
            parsed.protocol,
            parsed.username,
            parsed.password,
            parsed.hostname,
            parsed.port,
            parsed.pathname,
            parsed.search,
            parsed.hash,
        ];
        let mut components = Vec::with_capacity(parsed.len());
        for (index, mut component) in parsed.into_iter().enumerate() {
            let pattern_string = std::mem::take(&mut component.pattern_string);
            let group_names = std::mem::take(&mut component.group_name_list);
            component.pattern_string.clone_from(&pattern_string);
            let matcher = Matcher::new(component, in_case(index)).ok_or_else(|| {
                PatternError(format!("{pattern_string:?} has a regular expression that cannot be used"))
            })?;
            components.push(Component { pattern_string, group_names, matcher });
        }
        let components =
            components.try_into().map_err(|_| PatternError("a pattern has eight components".to_owned()))?;
        Ok(Self { components, ignore_case, has_regexp_groups })
    }

    /// The [pattern string](https://urlpattern.spec.whatwg.org/#component-pattern-string) of one of [`COMPONENTS`].
    #[must_use]
    pub fn component(&self, index: usize) -> &str {
        self.components.get(index).map_or("", |component| &component.pattern_string)
    }

    /// Whether it [has regexp groups](https://urlpattern.spec.whatwg.org/#url-pattern-has-regexp-groups).
    #[must_use]
    pub const fn has_regexp_groups(&self) -> bool {
        self.has_regexp_groups
    }

    /// What it can be made from again: [`UrlPattern::of_strings`].
    #[must_use]
    pub fn strings(&self) -> PatternStrings {
        let components = self.components.each_ref().map(|component| component.pattern_string.clone());
        PatternStrings { components, ignore_case: self.ignore_case }
    }

    /// [Matches](https://urlpattern.spec.whatwg.org/#url-pattern-match) what a page gives; `None` if it does not match.
    ///
    /// # Errors
    /// A base URL beside a dictionary.
    pub fn exec(&self, input: Input, base_url: Option<&str>) -> Result<Option<Match>, PatternError> {
        let input = process_match_input(input.into(), base_url)?;
        Ok(input.and_then(|(input, _)| parse_match_input(input)).and_then(|input| self.match_input(input)))
    }

    /// Whether a URL [matches](https://urlpattern.spec.whatwg.org/#url-pattern-match).
    #[must_use]
    pub fn matches(&self, url: &Url) -> bool {
        let input = parse_match_input(UrlPatternMatchInput::Url(url.clone()));
        input.is_some_and(|input| self.match_input(input).is_some())
    }

    fn match_input(&self, input: MatchInput) -> Option<Match> {
        let MatchInput { protocol, username, password, hostname, port, pathname, search, hash } = input;
        let inputs = [protocol, username, password, hostname, port, pathname, search, hash];
        let mut matched = Vec::with_capacity(inputs.len());
        for (component, input) in self.components.iter().zip(inputs) {
            let values = component.matcher.groups(&input)?;
            let values = values.into_iter().map(|value| value.map(str::to_owned));
            let groups = component.group_names.iter().cloned().zip(values).collect();
            matched.push(ComponentMatch { input, groups });
        }
        Some(Match { components: matched.try_into().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://a.test/dir/sw.js";

    fn of_path(pathname: &str, ignore_case: bool) -> UrlPattern {
        let init = UrlPatternInit { pathname: Some(pathname.to_owned()), ..UrlPatternInit::default() };
        UrlPattern::new(Input::Init(init), None, ignore_case).unwrap()
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_string_is_completed_by_the_base_url_but_for_query_and_fragment() {
        let pattern = UrlPattern::new(Input::Text("/**/x.txt".into()), Some(BASE), false).unwrap();
        assert_eq!(pattern.component(0), "https");
        assert_eq!(pattern.component(3), "a.test");
        for (input, matches) in [
            ("https://a.test/y/x.txt?z#f", true),
            ("https://b.test/y/x.txt", false),
            ("http://a.test/y/x.txt", false),
            ("https://a.test/y/x.txt2", false),
        ] {
            assert_eq!(pattern.matches(&url(input)), matches, "{input}");
        }
        assert!(
            UrlPattern::new(Input::Text("/x".into()), None, false).is_err(),
            "nothing says of which site"
        );
    }

    #[test]
    fn what_a_dictionary_leaves_out_may_be_anything() {
        let pattern = of_path("/books/:id", false);
        assert!(pattern.matches(&url("http://b.test:81/books/1?q")));
        let matched = pattern.exec(Input::Text("https://a.test/books/17".into()), None).unwrap().unwrap();
        assert_eq!(matched.components[5].groups, [("id".to_owned(), Some("17".to_owned()))]);
        assert_eq!(matched.components[3].input, "a.test");
        assert_eq!(pattern.exec(Input::Text("no url".into()), None), Ok(None));
    }

    #[test]
    fn case_counts_in_paths_unless_it_is_told_not_to() {
        for (pattern, ignore_case, matches) in [
            ("/**/DiReCt.TxT", false, false),
            ("/**/DiReCt.TxT", true, true),
            ("/X/Direct.txt", false, false),
            ("/X/Direct.txt", true, true),
        ] {
            let made = of_path(pattern, ignore_case);
            assert_eq!(made.matches(&url("https://a.test/x/direct.txt")), matches, "{pattern} {ignore_case}");
        }
    }

    #[test]
    fn regular_expressions_are_told_of_and_take_part() {
        let pattern = of_path(r"/(\d+)", false);
        assert!(pattern.has_regexp_groups());
        assert!(pattern.matches(&url("https://a.test/12")));
        assert!(!pattern.matches(&url("https://a.test/x")));
        assert!(!of_path("/:x", false).has_regexp_groups());
        let init = UrlPatternInit { pathname: Some("/((?=x).)".into()), ..UrlPatternInit::default() };
        assert!(UrlPattern::new(Input::Init(init), None, false).is_err(), "look-ahead");
    }

    #[test]
    fn a_pattern_is_the_same_after_it_was_stored() {
        let made = [
            UrlPattern::new(Input::Text(r"/a/:b/*\?x=*".into()), Some(BASE), true).unwrap(),
            UrlPattern::new(Input::Text("https://*.a.test/{x}?".into()), None, false).unwrap(),
            of_path("/{a}?b{c}+", false),
        ];
        for pattern in made {
            let strings = pattern.strings();
            let again = UrlPattern::of_strings(&strings).unwrap();
            assert_eq!(again.strings(), strings);
            for input in ["https://a.test/a/1/2?x=3", "https://w.a.test/x", "https://a.test/bbc"] {
                assert_eq!(pattern.matches(&url(input)), again.matches(&url(input)), "{input} {strings:?}");
            }
        }
    }
}

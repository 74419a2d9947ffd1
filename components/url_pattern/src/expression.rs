//! The [regular expression](https://urlpattern.spec.whatwg.org/#component-regular-expression) of a component.

use regex::{Regex, RegexBuilder};
use urlpattern::RegexSyntax;
use urlpattern::component::Component;
use urlpattern::matcher::InnerMatcher;
use urlpattern::regexp::RegExp;

/// An expression as the parser makes them.
#[derive(Debug)]
pub(crate) struct Expression(Regex);

impl RegExp for Expression {
    fn syntax() -> RegexSyntax {
        RegexSyntax::Rust
    }

    fn parse(pattern: &str, flags: &str, _: bool) -> Result<Self, ()> {
        let ignore_case = flags.contains('i');
        RegexBuilder::new(pattern).case_insensitive(ignore_case).build().map(Self).map_err(|_| ())
    }

    fn matches<'a>(&self, text: &'a str) -> Option<Vec<Option<&'a str>>> {
        let captures = self.0.captures(text)?;
        Some(captures.iter().skip(1).map(|group| group.map(|group| group.as_str())).collect())
    }

    fn pattern_string(&self) -> &str {
        self.0.as_str()
    }
}

/// What a component is compared with. Most have no expression: a page may make many patterns.
#[derive(Debug)]
pub(crate) enum Matcher {
    /// `*`
    Anything,
    /// Text, as it is.
    Literal(String),
    Expression(Regex),
}

impl Matcher {
    pub(crate) fn new(component: Component<Expression>, ignore_case: bool) -> Option<Self> {
        if component.pattern_string == "*" {
            return Some(Self::Anything);
        }
        match component.matcher.inner {
            InnerMatcher::Literal { literal } if !ignore_case => Some(Self::Literal(literal)),
            _ => component.regexp.ok().map(|expression| Self::Expression(expression.0)),
        }
    }

    /// The groups of a match, in order; `None` if there is none.
    pub(crate) fn groups<'t>(&self, text: &'t str) -> Option<Vec<Option<&'t str>>> {
        match self {
            Self::Anything => Some(vec![Some(text)]),
            Self::Literal(literal) => (literal == text).then(Vec::new),
            Self::Expression(expression) => {
                let captures = expression.captures(text)?;
                Some(captures.iter().skip(1).map(|group| group.map(|group| group.as_str())).collect())
            }
        }
    }
}

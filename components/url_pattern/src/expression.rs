//! The [regular expression](https://urlpattern.spec.whatwg.org/#component-regular-expression) of a component.

use regex::{Regex, RegexBuilder};
use urlpattern::RegexSyntax;
use urlpattern::component::Component;
use urlpattern::matcher::InnerMatcher;
use urlpattern::regexp::RegExp;

/// An expression as the parser makes them: for every component, though most are never needed.
#[derive(Debug)]
pub(crate) struct Expression {
    pattern: String,
    ignore_case: bool,
}

impl Expression {
    fn compile(&self) -> Option<Regex> {
        RegexBuilder::new(&self.pattern).case_insensitive(self.ignore_case).build().ok()
    }
}

impl RegExp for Expression {
    fn syntax() -> RegexSyntax {
        RegexSyntax::Rust
    }

    fn parse(pattern: &str, flags: &str, _: bool) -> Result<Self, ()> {
        Ok(Self { pattern: pattern.to_owned(), ignore_case: flags.contains('i') })
    }

    fn matches<'a>(&self, text: &'a str) -> Option<Vec<Option<&'a str>>> {
        groups(&self.compile()?, text)
    }

    fn pattern_string(&self) -> &str {
        &self.pattern
    }
}

/// The groups of a match, in order; `None` if there is none.
fn groups<'t>(expression: &Regex, text: &'t str) -> Option<Vec<Option<&'t str>>> {
    let captures = expression.captures(text)?;
    Some(captures.iter().skip(1).map(|group| group.map(|group| group.as_str())).collect())
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
    /// `None` if its regular expression cannot be used.
    pub(crate) fn new(component: Component<Expression>, ignore_case: bool) -> Option<Self> {
        if component.pattern_string == "*" {
            return Some(Self::Anything);
        }
        match component.matcher.inner {
            InnerMatcher::Literal { literal } if !ignore_case => Some(Self::Literal(literal)),
            _ => component.regexp.ok()?.compile().map(Self::Expression),
        }
    }

    /// The groups of a match, in order; `None` if there is none.
    pub(crate) fn groups<'t>(&self, text: &'t str) -> Option<Vec<Option<&'t str>>> {
        match self {
            Self::Anything => Some(vec![Some(text)]),
            Self::Literal(literal) => (literal == text).then(Vec::new),
            Self::Expression(expression) => groups(expression, text),
        }
    }
}

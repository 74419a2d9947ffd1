//! Says where a definition or member that weedle refused stops being WebIDL, and what was expected there.
//!
//! weedle answers with the start of what it could not parse. This walks the tokens along the
//! [grammar](https://webidl.spec.whatwg.org/#idl-grammar) once more, without building anything.

use super::lex::{Kind, Token};
use crate::source::Span;

/// The first token that does not fit, and what would.
pub(super) struct Explanation {
    pub(super) span: Span,
    pub(super) expected: &'static str,
    pub(super) found: String,
}

/// Explains a member of an interface, mixin or namespace; none if it looks right.
pub(super) fn member(tokens: &[Token<'_>]) -> Option<Explanation> {
    Walk { tokens, at: 0 }.explain(Walk::member)
}

/// Explains a member of a dictionary; none if it looks right.
pub(super) fn dictionary_member(tokens: &[Token<'_>]) -> Option<Explanation> {
    Walk { tokens, at: 0 }.explain(Walk::dictionary_member)
}

/// Explains a definition whose body is empty; none if it looks right.
pub(super) fn definition(tokens: &[Token<'_>]) -> Option<Explanation> {
    Walk { tokens, at: 0 }.explain(Walk::definition)
}

/// What was expected at the current token.
struct Expected(&'static str);

type Walked = Result<(), Expected>;

struct Walk<'t, 's> {
    tokens: &'t [Token<'s>],
    at: usize,
}

impl<'s> Walk<'_, 's> {
    fn explain(mut self, walk: fn(&mut Self) -> Walked) -> Option<Explanation> {
        let result = walk(&mut self).and_then(|()| match self.peek() {
            None => Ok(()),
            Some(_) => Err(Expected("nothing more")),
        });
        let Err(Expected(expected)) = result else { return None };
        let token = self.peek().or(self.tokens.last())?;
        let found =
            if self.at < self.tokens.len() { format!("`{}`", token.text) } else { "the end".to_owned() };
        Some(Explanation { span: token.span, expected, found })
    }

    fn peek(&self) -> Option<&Token<'s>> {
        self.tokens.get(self.at)
    }

    fn is(&self, text: &str) -> bool {
        self.peek().is_some_and(|token| token.text == text && token.kind != Kind::Text)
    }

    fn eat(&mut self, text: &str) -> bool {
        let is = self.is(text);
        self.at += usize::from(is);
        is
    }

    fn sign(&mut self, sign: &'static str) -> Walked {
        if self.eat(sign) { Ok(()) } else { Err(Expected(sign)) }
    }

    fn kind(&mut self, kind: Kind, what: &'static str) -> Walked {
        if self.peek().is_some_and(|token| token.kind == kind) {
            self.at += 1;
            Ok(())
        } else {
            Err(Expected(what))
        }
    }

    fn name(&mut self) -> Walked {
        self.kind(Kind::Word, "a name")
    }

    fn any_of(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.eat(word))
    }

    /// Skips extended attributes; the brackets are known to match.
    fn attributes(&mut self) {
        if !self.is("[") {
            return;
        }
        let mut depth = 0_usize;
        while let Some(token) = self.peek() {
            depth += usize::from(token.is('['));
            depth -= usize::from(token.is(']')).min(depth);
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    fn definition(&mut self) -> Walked {
        self.attributes();
        let _ = self.eat("partial");
        if self.eat("typedef") {
            self.ty()?;
            self.name()?;
        } else if self.eat("callback") && !self.is("interface") {
            self.name()?;
            self.sign("=")?;
            self.ty()?;
            self.arguments()?;
        } else if self.eat("enum") {
            self.name()?;
            self.enum_body()?;
        } else if self.any_of(&["interface", "dictionary", "namespace"]) {
            let _ = self.eat("mixin");
            self.name()?;
            if self.eat(":") {
                self.name()?;
            }
            self.sign("{")?;
            self.sign("}")?;
        } else {
            self.name()?;
            self.sign("includes")?;
            self.name()?;
        }
        self.sign(";")
    }

    fn enum_body(&mut self) -> Walked {
        self.sign("{")?;
        self.kind(Kind::Text, "a string")?;
        while self.eat(",") && !self.is("}") {
            self.kind(Kind::Text, "a string")?;
        }
        if self.eat("}") { Ok(()) } else { Err(Expected(", or }")) }
    }

    fn dictionary_member(&mut self) -> Walked {
        self.attributes();
        let required = self.eat("required");
        self.ty()?;
        self.name()?;
        if required && self.is("=") {
            return Err(Expected("; (a required member has no default value)"));
        }
        self.default_value()?;
        self.sign(";")
    }

    fn member(&mut self) -> Walked {
        self.attributes();
        if self.eat("const") {
            return self.constant();
        }
        if self.eat("constructor") {
            self.arguments()?;
            return self.sign(";");
        }
        if self.eat("stringifier") && self.eat(";") {
            return Ok(());
        }
        let _ = self.any_of(&["static", "inherit", "getter", "setter", "deleter", "legacycaller"]);
        let readonly = self.eat("readonly");
        if self.any_of(&["iterable", "async_iterable", "maplike", "setlike"]) {
            self.type_arguments()?;
            if self.is("(") {
                self.arguments()?;
            }
            return self.sign(";");
        }
        if self.eat("attribute") {
            self.ty()?;
            self.name()?;
            return self.sign(";");
        }
        if readonly {
            return Err(Expected("attribute, maplike or setlike"));
        }
        self.ty()?;
        if !self.is("(") {
            self.kind(Kind::Word, "a name or (")?;
        }
        self.arguments()?;
        self.sign(";")
    }

    fn constant(&mut self) -> Walked {
        self.ty()?;
        self.name()?;
        self.sign("=")?;
        if self.eat("true") || self.eat("false") || self.eat("Infinity") || self.eat("NaN") {
            return self.sign(";");
        }
        self.kind(Kind::Number, "a number, true or false")?;
        self.sign(";")
    }

    fn arguments(&mut self) -> Walked {
        self.sign("(")?;
        if self.eat(")") {
            return Ok(());
        }
        loop {
            self.attributes();
            let optional = self.eat("optional");
            self.ty()?;
            if !optional && self.peek().is_some_and(|token| token.kind == Kind::Ellipsis) {
                self.at += 1;
            }
            self.name()?;
            if !optional && self.is("=") {
                return Err(Expected(", or ) (only an optional argument has a default value)"));
            }
            self.default_value()?;
            if self.eat(")") {
                return Ok(());
            }
            if !self.eat(",") {
                return Err(Expected(", or )"));
            }
        }
    }

    fn default_value(&mut self) -> Walked {
        if !self.eat("=") {
            return Ok(());
        }
        for (open, close) in [("[", "]"), ("{", "}")] {
            if self.eat(open) {
                return self.sign(close);
            }
        }
        let literal = |token: &Token<'_>| {
            matches!(token.kind, Kind::Number | Kind::Text)
                || ["true", "false", "null", "undefined", "Infinity", "NaN"].contains(&token.text)
        };
        if self.peek().is_some_and(literal) {
            self.at += 1;
            return Ok(());
        }
        Err(Expected("a default value"))
    }

    fn type_arguments(&mut self) -> Walked {
        self.sign("<")?;
        self.ty()?;
        while self.eat(",") {
            self.ty()?;
        }
        if self.eat(">") { Ok(()) } else { Err(Expected(", or >")) }
    }

    /// A type; its nesting is limited by that of brackets, and by the tokens that there are.
    fn ty(&mut self) -> Walked {
        self.attributes();
        if self.eat("(") {
            self.ty()?;
            while self.eat("or") {
                self.ty()?;
            }
            if !self.eat(")") {
                return Err(Expected("or, or )"));
            }
            let _ = self.eat("?");
            return Ok(());
        }
        if self.eat("any") {
            if self.is("?") {
                return Err(Expected("a name (`any` cannot be nullable)"));
            }
            return Ok(());
        }
        if self.eat("unsigned") {
            if !(self.eat("short") || self.eat("long")) {
                return Err(Expected("short or long"));
            }
            let _ = self.eat("long");
        } else if self.eat("unrestricted") {
            if !(self.eat("float") || self.eat("double")) {
                return Err(Expected("float or double"));
            }
        } else if self.eat("long") {
            let _ = self.eat("long");
        } else {
            self.kind(Kind::Word, "a type")?;
            if self.is("<") {
                self.type_arguments()?;
            }
        }
        let _ = self.eat("?");
        Ok(())
    }
}

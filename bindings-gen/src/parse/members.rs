//! Parsing and lowering of members, each alone.

use weedle::Parse;
use weedle::dictionary::DictionaryMember as WDictionaryMember;
use weedle::interface::{
    AsyncIterableInterfaceMember as WAsyncIterable, InterfaceMember as W,
    IterableInterfaceMember as WIterable, Special, StringifierOrInheritOrStatic, StringifierOrStatic,
};

use super::explain::{self, Explanation};
use super::lex::Token;
use super::lower::Lower;
use super::rewrite::{Rewritten, rewrite};
use crate::ast::{
    Attribute, Definition, DefinitionKind, DictionaryMember, Member, MemberKind, Modifier, Operation,
};
use crate::diagnostics::Problems;

/// Parses the members of a definition that was parsed without them.
pub(super) fn parse_members(definition: &mut Definition, members: &[&[Token<'_>]], problems: &mut Problems) {
    let of = definition.name.name.clone();
    match &mut definition.kind {
        DefinitionKind::Interface(body)
        | DefinitionKind::Mixin(body)
        | DefinitionKind::CallbackInterface(body)
        | DefinitionKind::Namespace(body) => {
            for tokens in members {
                let text = rewrite(tokens);
                if let Some(parsed) = parse_one::<W<'_>>(&of, &text, problems, || explain::member(tokens)) {
                    body.members.extend(Lower { text: &text, problems }.member(parsed));
                }
            }
        }
        DefinitionKind::Dictionary { members: list, .. } => {
            for tokens in members {
                let text = rewrite(tokens);
                if let Some(parsed) = parse_one::<WDictionaryMember<'_>>(&of, &text, problems, || {
                    explain::dictionary_member(tokens)
                }) {
                    list.push(Lower { text: &text, problems }.dictionary_member(parsed));
                }
            }
        }
        DefinitionKind::Enum(_)
        | DefinitionKind::Callback { .. }
        | DefinitionKind::Typedef(_)
        | DefinitionKind::Includes(_) => {}
    }
}

fn parse_one<'t, T: Parse<'t>>(
    of: &str,
    text: &'t Rewritten,
    problems: &mut Problems,
    explain: impl FnOnce() -> Option<Explanation>,
) -> Option<T> {
    match T::parse(&text.text) {
        Ok(("", parsed)) => Some(parsed),
        Ok((rest, _)) => {
            let span = text.span_of(rest);
            problems.add(span, format!("unexpected text in a member of {of}"), "the member ends before this");
            None
        }
        Err(_) => {
            let message = format!("a member of {of} is not WebIDL");
            match explain() {
                Some(wrong) => {
                    let label = format!("expected {}, found {}", wrong.expected, wrong.found);
                    problems.add(wrong.span, message, label);
                }
                None => {
                    let help = "see https://webidl.spec.whatwg.org/#idl-grammar";
                    problems.add_with_help(text.whole(), message, "this member cannot be read", help);
                }
            }
            None
        }
    }
}

impl Lower<'_> {
    fn member(&mut self, parsed: W<'_>) -> Option<Member> {
        let (attributes, kind) = match parsed {
            W::Const(m) => {
                let ty = self.constant_type(m.const_type);
                let value = self.constant_value(m.const_value)?;
                (m.attributes, MemberKind::Constant { name: self.ident(m.identifier), ty, value })
            }
            W::Attribute(m) => {
                let modifier = match m.modifier {
                    None => Modifier::None,
                    Some(StringifierOrInheritOrStatic::Stringifier(_)) => Modifier::Stringifier,
                    Some(StringifierOrInheritOrStatic::Inherit(_)) => Modifier::Inherit,
                    Some(StringifierOrInheritOrStatic::Static(_)) => Modifier::Static,
                };
                let attribute = Attribute {
                    name: self.ident(m.identifier),
                    ty: self.attributed_type(m.type_),
                    readonly: m.readonly.is_some(),
                    modifier,
                };
                (m.attributes, MemberKind::Attribute(attribute))
            }
            W::Constructor(m) => (m.attributes, MemberKind::Constructor(self.arguments(m.args.body))),
            W::Operation(m) => {
                let modifier = match (m.modifier, m.special) {
                    (Some(StringifierOrStatic::Stringifier(_)), _) => Modifier::Stringifier,
                    (Some(StringifierOrStatic::Static(_)), _) => Modifier::Static,
                    (None, Some(Special::Getter(_))) => Modifier::Getter,
                    (None, Some(Special::Setter(_))) => Modifier::Setter,
                    (None, Some(Special::Deleter(_))) => Modifier::Deleter,
                    (None, Some(Special::LegacyCaller(_))) => Modifier::LegacyCaller,
                    (None, None) => Modifier::None,
                };
                let operation = Operation {
                    name: m.identifier.map(|name| self.ident(name)),
                    returns: self.return_type(m.return_type),
                    arguments: self.arguments(m.args.body),
                    modifier,
                };
                (m.attributes, MemberKind::Operation(operation))
            }
            W::Maplike(m) => {
                let (key, _, value) = m.generics.body;
                let (key, value) = (self.attributed_type(key), self.attributed_type(value));
                (m.attributes, MemberKind::Maplike { key, value, readonly: m.readonly.is_some() })
            }
            W::Setlike(m) => {
                let value = self.attributed_type(m.generics.body);
                (m.attributes, MemberKind::Setlike { value, readonly: m.readonly.is_some() })
            }
            W::Stringifier(m) => (m.attributes, MemberKind::Stringifier),
            W::Iterable(m) => return Some(self.iterable(m)),
            W::AsyncIterable(m) => return Some(self.async_iterable(m)),
        };
        let attributes = self.attributes(attributes);
        Some(Member { span: self.text.whole(), attributes, kind })
    }

    fn iterable(&mut self, parsed: WIterable<'_>) -> Member {
        let (attributes, kind) = match parsed {
            WIterable::Single(m) => {
                let value = self.attributed_type(m.generics.body);
                (m.attributes, MemberKind::Iterable { key: None, value })
            }
            WIterable::Double(m) => {
                let (key, _, value) = m.generics.body;
                let (key, value) = (self.attributed_type(key), self.attributed_type(value));
                (m.attributes, MemberKind::Iterable { key: Some(key), value })
            }
        };
        Member { span: self.text.whole(), attributes: self.attributes(attributes), kind }
    }

    fn async_iterable(&mut self, parsed: WAsyncIterable<'_>) -> Member {
        let (attributes, key, value, args) = match parsed {
            WAsyncIterable::Single(m) => (m.attributes, None, self.attributed_type(m.generics.body), m.args),
            WAsyncIterable::Double(m) => {
                let (key, _, value) = m.generics.body;
                let (key, value) = (self.attributed_type(key), self.attributed_type(value));
                (m.attributes, Some(key), value, m.args)
            }
        };
        let arguments = args.map(|args| self.arguments(args.body)).unwrap_or_default();
        let attributes = self.attributes(attributes);
        let kind = MemberKind::AsyncIterable { key, value, arguments };
        Member { span: self.text.whole(), attributes, kind }
    }

    fn dictionary_member(&mut self, parsed: WDictionaryMember<'_>) -> DictionaryMember {
        DictionaryMember {
            span: self.text.whole(),
            name: self.ident(parsed.identifier),
            ty: self.ty(parsed.type_),
            required: parsed.required.is_some(),
            default: parsed.default.and_then(|default| self.default_value(default.value)),
            attributes: self.attributes(parsed.attributes),
        }
    }
}

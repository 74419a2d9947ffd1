//! From the text of the files to [`ast`](crate::ast): tokens, pieces, weedle, lowering.

mod explain;
mod lex;
mod lower;
mod members;
mod rewrite;
mod split;
mod types;

use weedle::Parse;

use self::lex::Token;
use self::lower::Lower;
use self::rewrite::rewrite;
use self::split::Piece;
use crate::ast::Definition;
use crate::diagnostics::Problems;
use crate::source::SourceSet;

/// Parses every file. What cannot be parsed is a problem, and left out; the rest is in the answer.
pub(crate) fn parse(sources: &SourceSet, problems: &mut Problems) -> Vec<Definition> {
    let mut definitions = Vec::new();
    for (index, file) in sources.files.iter().enumerate() {
        let tokens = lex::tokens(index, &file.text, problems);
        for piece in split::definitions(&tokens, problems) {
            definitions.extend(definition(&piece, problems));
        }
    }
    definitions
}

/// Parses one definition: its header with an empty body, then each member alone.
fn definition(piece: &Piece<'_, '_>, problems: &mut Problems) -> Option<Definition> {
    let members_apart = piece.body.is_some() && !piece.header_has("enum");
    let header: Vec<Token<'_>> = match &piece.body {
        Some(body) if members_apart => {
            let (start, end) = (body.start, body.end);
            piece.tokens.iter().take(start).chain(piece.tokens.iter().skip(end)).copied().collect()
        }
        _ => piece.tokens.to_vec(),
    };
    let text = rewrite(&header);
    let parsed = match weedle::Definition::parse(&text.text) {
        Ok(("", parsed)) => parsed,
        Ok((rest, _)) => {
            let span = text.span_of(rest);
            problems.add(span, "unexpected text after a definition", "this does not belong to it");
            return None;
        }
        Err(_) => {
            not_a_definition(piece, &header, problems);
            return None;
        }
    };
    let span = rewrite(piece.tokens).whole();
    let mut definition = Lower { text: &text, problems }.definition(parsed, span)?;
    if members_apart {
        members::parse_members(&mut definition, &piece.members(), problems);
    }
    Some(definition)
}

/// The words that a definition may begin with.
const DEFINITIONS: &str = "expected interface, interface mixin, callback, callback interface, dictionary, enum, \
                           namespace, typedef, partial, or `A includes B`";

fn not_a_definition(piece: &Piece<'_, '_>, header: &[Token<'_>], problems: &mut Problems) {
    let Some(first) = first_word(piece.tokens).or(piece.tokens.first()) else { return };
    let known = ["interface", "callback", "dictionary", "enum", "namespace", "typedef", "partial"];
    if !known.contains(&first.text) && !piece.header_has("includes") {
        problems.add(first.span, format!("`{}` does not begin a definition", first.text), DEFINITIONS);
        return;
    }
    match explain::definition(header) {
        Some(wrong) => problems.add(
            wrong.span,
            format!("this {} definition is not WebIDL", first.text),
            format!("expected {}, found {}", wrong.expected, wrong.found),
        ),
        None => problems.add_with_help(
            first.span,
            format!("this {} definition is not WebIDL", first.text),
            "the header of this definition cannot be read",
            "see https://webidl.spec.whatwg.org/#idl-grammar",
        ),
    }
}

/// The first token behind the extended attributes, which are rarely what is wrong.
fn first_word<'t, 's>(tokens: &'t [Token<'s>]) -> Option<&'t Token<'s>> {
    let mut depth = 0_usize;
    tokens.iter().find(|token| {
        let inside = depth > 0 || token.is('[');
        depth += usize::from(token.is('['));
        depth -= usize::from(token.is(']')).min(depth);
        !inside
    })
}

//! [Parsing HTML](https://html.spec.whatwg.org/multipage/parsing.html) with html5ever into the live tree: a page as it
//! arrives, with its scripts in order, and fragments for `innerHTML` and the like.

pub(crate) mod decode;
pub(crate) mod dynamic_markup;
pub(crate) mod page;
mod sink;
mod the_end;

use bgfetch_js::{Fallible, Realm, Root};
use html5ever::ParseOpts;
use html5ever::driver::parse_fragment_for_element;
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tokenizer::TokenizerOpts;
use html5ever::tree_builder::TreeBuilderOpts;
use xml5ever::driver::XmlParseOpts;

use crate::dom::html::custom_elements::{reactions, upgrade};
use crate::dom::nodes::document::Flavour;
use crate::dom::nodes::document_methods::about_blank;
use crate::dom::nodes::mutation;
use crate::dom::{Document, DocumentFragment, Element};
pub(crate) use page::PageParser;
use sink::{Sink, Source};

/// [Parses a fragment](https://html.spec.whatwg.org/multipage/parsing.html#html-fragment-parsing-algorithm) in the context of
/// an element. Its scripts never run.
pub(crate) fn parse_fragment(
    realm: &Realm,
    context: &Root<Element>,
    html: &str,
) -> Fallible<Root<DocumentFragment>> {
    let owner = context.owner_doc();
    let document = owner.inert(realm, Flavour::html(), about_blank())?;
    document.copy_mode(&owner);
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts {
            scripting_enabled: owner.runs_scripts(),
            quirks_mode: owner.quirks_mode(),
            ..TreeBuilderOpts::default()
        },
        tokenizer: TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() },
    };
    let sink = Sink::new(realm, &document, Source::Fragment)?;
    let form = super::states::form_owner(context).map(|form| form.upcast());
    let parser = parse_fragment_for_element(sink, options, context.upcast(), owner.runs_scripts(), form);
    parser.one(StrTendril::from(html));
    let fragment = DocumentFragment::create(realm, &owner)?;
    if let Some(root) = document.document_element() {
        let children: Vec<_> = root.children_in_order().collect();
        for child in children {
            mutation::append(realm, &child, &fragment.upcast());
        }
    }
    // Elements are created with the registry of the context: what is defined is upgraded, also where it is in no document.
    // The contents of templates have none.
    if reactions::are_in_use() && !context.is_html_named("template") {
        for element in fragment.descendant_elements() {
            upgrade::try_to_upgrade(realm, &element);
        }
    }
    Ok(fragment)
}

/// Parses a whole [HTML document from a string](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#parse-html-from-a-string)
/// into an empty document, as without scripting.
pub(crate) fn parse_document(realm: &Realm, document: &Root<Document>, html: &str) -> Fallible<()> {
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() },
        tokenizer: TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() },
    };
    html5ever::parse_document(Sink::new(realm, document, Source::Document)?, options)
        .one(StrTendril::from(html));
    Ok(())
}

/// Parses XML into an empty document; whether it was well-formed. What stands after a mistake is read all the same.
pub(crate) fn parse_xml(realm: &Realm, document: &Root<Document>, xml: &str) -> Fallible<bool> {
    let sink = Sink::new(realm, document, Source::Document)?;
    let errors = xml5ever::driver::parse_document(sink, XmlParseOpts::default()).one(StrTendril::from(xml));
    Ok(errors == 0 && document.document_element().is_some())
}

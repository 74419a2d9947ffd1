//! [Selectors](https://drafts.csswg.org/selectors-4/) as `querySelector()` and its kin use them.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

use bgfetch_js::{Exception, Fallible, Root};
use cssparser::{ParseError, Parser as CssParser, ToCss, serialize_identifier, serialize_string};
use markup5ever::{LocalName, ns};
use precomputed_hash::PrecomputedHash;
use selectors::attr::{AttrSelectorOperation, CaseSensitivity, NamespaceConstraint};
use selectors::bloom::BloomFilter;
use selectors::context::{
    MatchingContext, MatchingForInvalidation, MatchingMode, NeedsSelectorFlags, QuirksMode, SelectorCaches,
};
use selectors::matching::{ElementSelectorFlags, matches_selector_list};
use selectors::parser::{ParseRelative, Parser, SelectorImpl, SelectorList, SelectorParseErrorKind};
use selectors::{Element as SelectorElement, OpaqueElement};

use crate::dom::html::states;
use crate::dom::{Element, Node, NodeKind};

/// A parsed [selector list](https://drafts.csswg.org/selectors-4/#selector-list).
pub(crate) struct Selectors(SelectorList<Names>);

/// [Parses a selector](https://drafts.csswg.org/selectors-4/#parse-a-selector).
///
/// # Errors
/// A `SyntaxError` DOMException.
pub(crate) fn parse(text: &str) -> Fallible<Selectors> {
    let mut input = CssParser::new(text);
    let list = SelectorList::parse(&Grammar, &mut input, ParseRelative::No);
    list.map(Selectors)
        .map_err(|_| Exception::dom("SyntaxError", format!("{text:?} is not a valid selector")))
}

impl Selectors {
    /// Matches many elements, with `scope` as what `:scope` means.
    pub(crate) fn matcher(&self, scope: &Root<Node>) -> Matcher<'_> {
        let quirks = scope.owner_doc().is_quirky();
        Matcher {
            list: self,
            arena: Arena::default(),
            caches: SelectorCaches::default(),
            scope: scope.as_element(),
            quirks_mode: if quirks { QuirksMode::Quirks } else { QuirksMode::NoQuirks },
        }
    }
}

/// One pass over a tree, which does not change meanwhile.
pub(crate) struct Matcher<'a> {
    list: &'a Selectors,
    arena: Arena,
    caches: SelectorCaches,
    scope: Option<Root<Element>>,
    quirks_mode: QuirksMode,
}

impl Matcher<'_> {
    /// Whether an element matches any of the selectors.
    pub(crate) fn matches(&mut self, element: &Root<Element>) -> bool {
        let mut context = MatchingContext::new(
            MatchingMode::Normal,
            None,
            &mut self.caches,
            self.quirks_mode,
            NeedsSelectorFlags::No,
            MatchingForInvalidation::No,
        );
        let scope = self.scope.as_ref();
        context.scope_element = scope.map(|element| OpaqueElement::new::<Element>(element));
        matches_selector_list(&self.list.0, self.arena.place(element.clone()), &mut context)
    }
}

/// The elements that a pass has met: the matching algorithms want copyable handles.
#[derive(Default)]
struct Arena {
    elements: RefCell<Vec<Root<Element>>>,
    places: RefCell<HashMap<usize, usize>>,
}

impl Arena {
    fn place(&self, element: Root<Element>) -> Placed<'_> {
        let mut elements = self.elements.borrow_mut();
        let mut places = self.places.borrow_mut();
        let index = *places.entry(element.to_object().identity()).or_insert(elements.len());
        if index == elements.len() {
            elements.push(element);
        }
        Placed { arena: self, index }
    }
}

/// An element of an [`Arena`].
#[derive(Clone, Copy)]
struct Placed<'a> {
    arena: &'a Arena,
    index: usize,
}

impl fmt::Debug for Placed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "element {}", self.index)
    }
}

impl Placed<'_> {
    fn get(&self) -> Root<Element> {
        // The index was given out when the element was put there.
        self.arena.elements.borrow()[self.index].clone()
    }
}

/// The kinds of name in a selector.
#[derive(Clone, Debug)]
struct Names;

impl SelectorImpl for Names {
    type ExtraMatchingData<'a> = ();
    type AttrValue = Text;
    type Identifier = Name;
    type LocalName = Name;
    type NamespaceUrl = Name;
    type NamespacePrefix = Name;
    type BorrowedNamespaceUrl = Name;
    type BorrowedLocalName = Name;
    type NonTSPseudoClass = PseudoClass;
    type PseudoElement = PseudoElement;
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Text(String);

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl ToCss for Text {
    fn to_css<W: fmt::Write>(&self, dest: &mut W) -> fmt::Result {
        serialize_string(&self.0, dest)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Name(LocalName);

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(LocalName::from(text))
    }
}

impl Borrow<LocalName> for Name {
    fn borrow(&self) -> &LocalName {
        &self.0
    }
}

impl PrecomputedHash for Name {
    fn precomputed_hash(&self) -> u32 {
        self.0.precomputed_hash()
    }
}

impl ToCss for Name {
    fn to_css<W: fmt::Write>(&self, dest: &mut W) -> fmt::Result {
        serialize_identifier(&self.0, dest)
    }
}

/// [Pseudo-classes](https://html.spec.whatwg.org/multipage/semantics-other.html#pseudo-classes) that go by an element's
/// state rather than its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PseudoClass {
    AnyLink,
    Checked,
    Defined,
    Disabled,
    Enabled,
    Optional,
    Required,
    Target,
    /// There is no pointer, focus or history: never matches.
    Never(&'static str),
}

impl PseudoClass {
    const NEVER: [&'static str; 6] = ["hover", "active", "focus", "focus-visible", "focus-within", "visited"];

    fn name(self) -> &'static str {
        match self {
            Self::AnyLink => "any-link",
            Self::Checked => "checked",
            Self::Defined => "defined",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::Optional => "optional",
            Self::Required => "required",
            Self::Target => "target",
            Self::Never(name) => name,
        }
    }
}

impl ToCss for PseudoClass {
    fn to_css<W: fmt::Write>(&self, dest: &mut W) -> fmt::Result {
        write!(dest, ":{}", self.name())
    }
}

impl selectors::parser::NonTSPseudoClass for PseudoClass {
    fn is_active_or_hover(&self) -> bool {
        matches!(self, Self::Never("hover" | "active"))
    }

    fn is_user_action_state(&self) -> bool {
        matches!(self, Self::Never("hover" | "active" | "focus" | "focus-visible" | "focus-within"))
    }
}

/// Pseudo-elements parse, and match nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PseudoElement(&'static str);

impl PseudoElement {
    const ALL: [&'static str; 4] = ["before", "after", "first-line", "first-letter"];
}

impl ToCss for PseudoElement {
    fn to_css<W: fmt::Write>(&self, dest: &mut W) -> fmt::Result {
        write!(dest, "::{}", self.0)
    }
}

impl selectors::parser::PseudoElement for PseudoElement {}

struct Grammar;

impl<'i> Parser<'i> for Grammar {
    type Impl = Names;
    type Error = SelectorParseErrorKind;

    fn parse_nth_child_of(&self) -> bool {
        true
    }

    fn parse_is_and_where(&self) -> bool {
        true
    }

    fn parse_has(&self) -> bool {
        true
    }

    fn parse_non_ts_pseudo_class(&self, name: &str) -> Result<PseudoClass, ParseError<Self::Error>> {
        let lower = name.to_ascii_lowercase();
        Ok(match lower.as_str() {
            "any-link" | "link" => PseudoClass::AnyLink,
            "checked" => PseudoClass::Checked,
            "defined" => PseudoClass::Defined,
            "disabled" => PseudoClass::Disabled,
            "enabled" => PseudoClass::Enabled,
            "optional" => PseudoClass::Optional,
            "required" => PseudoClass::Required,
            "target" => PseudoClass::Target,
            other => match PseudoClass::NEVER.into_iter().find(|known| *known == other) {
                Some(known) => PseudoClass::Never(known),
                None => {
                    return Err(ParseError::custom(SelectorParseErrorKind::UnsupportedPseudoClassOrElement));
                }
            },
        })
    }

    fn parse_pseudo_element(&self, name: &str) -> Result<PseudoElement, ParseError<Self::Error>> {
        let lower = name.to_ascii_lowercase();
        let known = PseudoElement::ALL.into_iter().find(|known| *known == lower);
        known
            .map(PseudoElement)
            .ok_or_else(|| ParseError::custom(SelectorParseErrorKind::UnsupportedPseudoClassOrElement))
    }
}

impl SelectorElement for Placed<'_> {
    type Impl = Names;

    fn opaque(&self) -> OpaqueElement {
        OpaqueElement::new::<Element>(&self.get())
    }

    fn parent_element(&self) -> Option<Self> {
        self.get().parent_as_element().map(|element| self.arena.place(element))
    }

    fn parent_node_is_shadow_root(&self) -> bool {
        false
    }

    fn containing_shadow_host(&self) -> Option<Self> {
        None
    }

    fn is_pseudo_element(&self) -> bool {
        false
    }

    fn prev_sibling_element(&self) -> Option<Self> {
        self.get().previous_element().map(|element| self.arena.place(element))
    }

    fn next_sibling_element(&self) -> Option<Self> {
        self.get().next_element().map(|element| self.arena.place(element))
    }

    fn first_element_child(&self) -> Option<Self> {
        self.get().child_elements().next().map(|element| self.arena.place(element))
    }

    fn is_html_element_in_html_document(&self) -> bool {
        let element = self.get();
        element.is_html() && element.owner_doc().is_html_document()
    }

    fn has_local_name(&self, local_name: &Name) -> bool {
        self.get().name().local == local_name.0
    }

    fn has_namespace(&self, namespace: &Name) -> bool {
        *self.get().name().ns == *namespace.0
    }

    fn is_same_type(&self, other: &Self) -> bool {
        self.get().name().expanded() == other.get().name().expanded()
    }

    fn attr_matches(
        &self,
        namespace: &NamespaceConstraint<&Name>,
        local_name: &Name,
        operation: &AttrSelectorOperation<&Text>,
    ) -> bool {
        let namespace = match namespace {
            NamespaceConstraint::Any => None,
            NamespaceConstraint::Specific(namespace) if namespace.0.is_empty() => Some(ns!()),
            NamespaceConstraint::Specific(namespace) => Some(markup5ever::Namespace::from(&*namespace.0)),
        };
        self.get().any_attribute(namespace.as_ref(), &local_name.0, |value| operation.eval_str(value))
    }

    fn match_non_ts_pseudo_class(&self, class: &PseudoClass, _: &mut MatchingContext<'_, Names>) -> bool {
        let element = self.get();
        match class {
            PseudoClass::AnyLink => self.is_link(),
            PseudoClass::Checked => states::is_checked(&element),
            PseudoClass::Defined => element.is_defined(),
            PseudoClass::Disabled => states::is_disabled(&element),
            PseudoClass::Enabled => states::can_be_disabled(&element) && !states::is_disabled(&element),
            PseudoClass::Optional => states::can_be_required(&element) && !states::is_required(&element),
            PseudoClass::Required => states::is_required(&element),
            PseudoClass::Target => element.owner_doc().target() == Some(element),
            PseudoClass::Never(_) => false,
        }
    }

    fn match_pseudo_element(&self, _: &PseudoElement, _: &mut MatchingContext<'_, Names>) -> bool {
        false
    }

    fn apply_selector_flags(&self, _: ElementSelectorFlags) {}

    fn is_link(&self) -> bool {
        let element = self.get();
        element.is_html()
            && matches!(&*element.name().local, "a" | "area")
            && element.with_plain_attribute("href", |href| href.is_some())
    }

    fn is_html_slot_element(&self) -> bool {
        false
    }

    fn has_id(&self, id: &Name, case_sensitivity: CaseSensitivity) -> bool {
        self.get().with_plain_attribute("id", |value| {
            value.is_some_and(|value| case_sensitivity.eq(value.as_bytes(), id.0.as_bytes()))
        })
    }

    fn has_class(&self, class: &Name, case_sensitivity: CaseSensitivity) -> bool {
        self.get().with_plain_attribute("class", |value| {
            let mut classes = value.unwrap_or_default().split_ascii_whitespace();
            classes.any(|known| case_sensitivity.eq(known.as_bytes(), class.0.as_bytes()))
        })
    }

    fn has_custom_state(&self, _: &Name) -> bool {
        false
    }

    fn imported_part(&self, _: &Name) -> Option<Name> {
        None
    }

    fn is_part(&self, _: &Name) -> bool {
        false
    }

    fn is_empty(&self) -> bool {
        self.get().children_in_order().all(|node| match node.kind() {
            NodeKind::Element => false,
            NodeKind::Text => node.as_text().is_none_or(|text| text.text().is_empty()),
            _ => true,
        })
    }

    fn is_root(&self) -> bool {
        self.get().parent().is_some_and(|parent| parent.kind() == NodeKind::Document)
    }

    fn add_element_unique_hashes(&self, _: &mut BloomFilter) -> bool {
        false
    }
}

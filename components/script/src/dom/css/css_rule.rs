//! [`CSSRule`](https://drafts.csswg.org/cssom-1/#the-cssrule-interface): its text. What is in it has no objects of its own.

use std::cell::RefCell;

use bgfetch_js::{DomString, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};

use super::rule_list::{Rule, RuleKind};
use crate::bindings::CSSRuleMethods;
use crate::dom::CSSStyleSheet;

/// `CSSRule`.
pub(crate) struct CSSRule {
    reflector: Reflector,
    rule: Rule,
    /// [Parent style sheet](https://drafts.csswg.org/cssom-1/#concept-css-rule-parent-css-style-sheet), until it is removed from it.
    sheet: RefCell<Option<Member<CSSStyleSheet>>>,
}

trace_fields!(CSSRule { sheet });
platform_object!(CSSRule);

impl CSSRule {
    /// A rule of a style sheet.
    pub(super) fn new(rule: Rule, sheet: &Root<CSSStyleSheet>) -> Self {
        Self { reflector: Reflector::new(), rule, sheet: RefCell::new(Some(sheet.clone().into())) }
    }

    /// What kind of rule it is.
    pub(super) const fn kind(&self) -> RuleKind {
        self.rule.kind
    }

    /// It is in no style sheet any more.
    pub(super) fn remove(&self) {
        let before = self.sheet.take();
        drop(before);
    }
}

impl CSSRuleMethods for CSSRule {
    fn css_text(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.rule.text.as_str().into())
    }

    fn set_css_text(&self, _: &Realm, _: DomString) -> Fallible<()> {
        // Does nothing, as specified.
        Ok(())
    }

    fn parent_rule(&self, _: &Realm) -> Fallible<Option<Root<Self>>> {
        Ok(None)
    }

    fn parent_style_sheet(&self, _: &Realm) -> Fallible<Option<Root<CSSStyleSheet>>> {
        Ok(self.sheet.borrow().as_ref().map(|sheet| (**sheet).clone()))
    }

    fn type_(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.rule.kind as u16)
    }
}

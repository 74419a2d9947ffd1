//! [`CSSRuleList`](https://drafts.csswg.org/cssom-1/#the-cssrulelist-interface).

use std::cell::RefCell;

use bgfetch_js::{Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};

use crate::bindings::CSSRuleListMethods;
use crate::dom::CSSRule;

/// `CSSRuleList`.
pub(crate) struct CSSRuleList {
    reflector: Reflector,
    rules: RefCell<Vec<Member<CSSRule>>>,
}

trace_fields!(CSSRuleList { rules });
platform_object!(CSSRuleList);

impl CSSRuleList {
    /// An empty list.
    pub(super) const fn new() -> Self {
        Self { reflector: Reflector::new(), rules: RefCell::new(Vec::new()) }
    }

    /// Its rules, in order.
    pub(super) fn rules(&self) -> Vec<Root<CSSRule>> {
        self.rules.borrow().iter().map(|rule| (**rule).clone()).collect()
    }

    /// It has these rules from now on.
    pub(super) fn set(&self, rules: Vec<Root<CSSRule>>) {
        let before = self.rules.replace(rules.into_iter().map(Into::into).collect());
        before.iter().filter(|rule| !self.has(rule)).for_each(|rule| rule.remove());
    }

    fn has(&self, rule: &Root<CSSRule>) -> bool {
        self.rules.borrow().iter().any(|known| **known == *rule)
    }
}

impl CSSRuleListMethods for CSSRuleList {
    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.indexed_length())
    }

    fn item(&self, _: &Realm, index: u32) -> Fallible<Option<Root<CSSRule>>> {
        Ok(self.rules.borrow().get(index as usize).map(|rule| (**rule).clone()))
    }

    fn indexed_length(&self) -> u32 {
        u32::try_from(self.rules.borrow().len()).unwrap_or(u32::MAX)
    }
}

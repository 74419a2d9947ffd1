//! [`CSSStyleSheet`](https://drafts.csswg.org/cssom-1/#the-cssstylesheet-interface): one that script constructs. There is no other
//! here, as nothing is styled.

use std::cell::Cell;

use bgfetch_js::{
    DomString, Exception, Fallible, Member, PlatformObject, Promise, Realm, Root, platform_object,
    trace_fields,
};

use super::rule_list::{self, Rule, RuleKind};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{CSSStyleSheetInit, CSSStyleSheetMethods, MediaListOrDomString};
use crate::dom::{CSSRule, CSSRuleList, Document, MediaList, StyleSheet, Window};

/// `CSSStyleSheet`.
pub(crate) struct CSSStyleSheet {
    style_sheet: StyleSheet,
    rules: Member<CSSRuleList>,
    /// [Constructor document](https://drafts.csswg.org/cssom-1/#concept-css-style-sheet-constructor-document)
    constructor_document: Member<Document>,
    /// [Disallow modification flag](https://drafts.csswg.org/cssom-1/#concept-css-style-sheet-disallow-modification-flag)
    disallow_modification: Cell<bool>,
}

trace_fields!(CSSStyleSheet { style_sheet, rules, constructor_document });
platform_object!(CSSStyleSheet: StyleSheet via style_sheet);

impl CSSStyleSheet {
    /// Whether a document, and the shadow trees in it, can [adopt](https://drafts.csswg.org/cssom-1/#dom-documentorshadowroot-adoptedstylesheets)
    /// it.
    pub(crate) fn check_document(&self, document: &Root<Document>) -> Fallible<()> {
        if *self.constructor_document == *document {
            return Ok(());
        }
        Err(Exception::dom("NotAllowedError", "the style sheet was constructed for another document"))
    }

    /// A style sheet of that text, as a [CSS module](https://html.spec.whatwg.org/multipage/webappapis.html#css-module-script)
    /// exports it.
    ///
    /// # Errors
    /// A `TypeError` where there is no document.
    pub(crate) fn of_text(realm: &Realm, text: &str) -> Fallible<Root<Self>> {
        let sheet = realm.wrap(Self::constructor(realm, CSSStyleSheetInit::default())?)?;
        sheet.replace_rules(realm, text)?;
        Ok(sheet)
    }

    fn check_modification(&self) -> Fallible<()> {
        if self.disallow_modification.get() {
            return Err(Exception::dom("NotAllowedError", "the style sheet is being replaced"));
        }
        Ok(())
    }

    /// Steps of [replacing](https://drafts.csswg.org/cssom-1/#synchronously-replace-the-rules-of-a-cssstylesheet) its rules.
    fn replace_rules(&self, realm: &Realm, text: &str) -> Fallible<()> {
        let (rules, _) = rule_list::parse(text);
        let rules = rules.into_iter().filter(|rule| rule.kind != RuleKind::Import);
        let sheet = self.root();
        let rules = rules.map(|rule| realm.wrap(CSSRule::new(rule, &sheet))).collect::<Fallible<_>>()?;
        self.rules.set(rules);
        Ok(())
    }

    /// [Inserts a CSS rule](https://drafts.csswg.org/cssom-1/#insert-a-css-rule).
    fn insert(&self, realm: &Realm, rule: Rule, index: u32) -> Fallible<()> {
        // Steps 1 and 2.
        let mut rules = self.rules.rules();
        let index = index as usize;
        if index > rules.len() {
            return Err(no_such_index(index, rules.len()));
        }
        // Step 6.
        if rule.kind == RuleKind::Namespace && rules.iter().any(|rule| rule.kind() != RuleKind::Namespace) {
            let message = "a namespace cannot be added where other rules are";
            return Err(Exception::dom("InvalidStateError", message));
        }
        // Step 5.
        if rule.kind != RuleKind::Namespace
            && rules.iter().skip(index).any(|rule| rule.kind() == RuleKind::Namespace)
        {
            let message = "namespaces come before other rules";
            return Err(Exception::dom("HierarchyRequestError", message));
        }
        // Steps 7 to 9.
        rules.insert(index, realm.wrap(CSSRule::new(rule, &self.root()))?);
        self.rules.set(rules);
        Ok(())
    }
}

fn no_such_index(index: usize, length: usize) -> Exception {
    Exception::dom("IndexSizeError", format!("the index {index} is too great for {length} rules"))
}

impl CSSStyleSheetMethods for CSSStyleSheet {
    /// [The constructor](https://drafts.csswg.org/cssom-1/#dom-cssstylesheet-cssstylesheet)
    fn constructor(realm: &Realm, options: CSSStyleSheetInit) -> Fallible<Self> {
        let document = Window::document_of(realm)?;
        if let Some(url) = options.base_url.filter(|url| document.parse_url(url).is_err()) {
            return Err(Exception::dom("NotAllowedError", format!("{url:?} is not a URL")));
        }
        let media = match options.media {
            MediaListOrDomString::MediaList(list) => MediaList::new(&list.text()),
            MediaListOrDomString::DomString(text) => MediaList::new(&text),
        };
        Ok(Self {
            style_sheet: StyleSheet::new_inherited(&realm.wrap(media)?, options.disabled),
            rules: realm.wrap(CSSRuleList::new())?.into(),
            constructor_document: document.into(),
            disallow_modification: Cell::new(false),
        })
    }

    fn owner_rule(&self, _: &Realm) -> Fallible<Option<Root<CSSRule>>> {
        Ok(None)
    }

    fn css_rules(&self, _: &Realm) -> Fallible<Root<CSSRuleList>> {
        Ok((*self.rules).clone())
    }

    fn rules(&self, realm: &Realm) -> Fallible<Root<CSSRuleList>> {
        self.css_rules(realm)
    }

    /// [`insertRule()`](https://drafts.csswg.org/cssom-1/#dom-cssstylesheet-insertrule)
    fn insert_rule(&self, realm: &Realm, rule: DomString, index: u32) -> Fallible<u32> {
        self.check_modification()?;
        let no_rule =
            || Exception::dom("SyntaxError", format!("{rule:?} is not a rule that can be inserted"));
        let (mut rules, clean) = rule_list::parse(&rule);
        let parsed = rules.pop().filter(|rule| rules.is_empty() && clean && rule.kind != RuleKind::Import);
        self.insert(realm, parsed.ok_or_else(no_rule)?, index)?;
        Ok(index)
    }

    /// [`deleteRule()`](https://drafts.csswg.org/cssom-1/#dom-cssstylesheet-deleterule)
    fn delete_rule(&self, _: &Realm, index: u32) -> Fallible<()> {
        self.check_modification()?;
        let mut rules = self.rules.rules();
        let index = index as usize;
        let Some(rule) = rules.get(index) else { return Err(no_such_index(index, rules.len())) };
        let is_namespace = |rule: &Root<CSSRule>| rule.kind() == RuleKind::Namespace;
        if is_namespace(rule) && !rules.iter().all(is_namespace) {
            let message = "a namespace cannot be removed while there are other rules";
            return Err(Exception::dom("InvalidStateError", message));
        }
        rules.remove(index);
        self.rules.set(rules);
        Ok(())
    }

    /// [`replace()`](https://drafts.csswg.org/cssom-1/#dom-cssstylesheet-replace)
    fn replace(&self, realm: &Realm, text: String) -> Fallible<Promise<Root<Self>>> {
        // Steps 1 to 3.
        if let Err(refused) = self.check_modification() {
            return Promise::rejected(realm, refused);
        }
        self.disallow_modification.set(true);
        // Step 4: the rules are parsed when the task runs, which is not before this has returned.
        let promise = Promise::new(realm)?;
        let (this, pending) = (self.root(), promise.clone());
        Agent::current().queue_global(TaskSource::Networking, realm, move |realm| {
            this.disallow_modification.set(false);
            match this.replace_rules(realm, &text) {
                Ok(()) => pending.resolve(realm, this),
                Err(exception) => pending.reject(realm, exception),
            }
            Ok(())
        });
        // Step 5.
        Ok(promise)
    }

    /// [`replaceSync()`](https://drafts.csswg.org/cssom-1/#dom-cssstylesheet-replacesync)
    fn replace_sync(&self, realm: &Realm, text: String) -> Fallible<()> {
        self.check_modification()?;
        self.replace_rules(realm, &text)
    }

    /// [`addRule()`](https://drafts.csswg.org/cssom-1/#dom-cssstylesheet-addrule)
    fn add_rule(
        &self,
        realm: &Realm,
        selector: DomString,
        style: DomString,
        index: Option<u32>,
    ) -> Fallible<i32> {
        let rule = format!("{selector} {{ {style} }}");
        let last = u32::try_from(self.rules.rules().len()).unwrap_or(u32::MAX);
        self.insert_rule(realm, rule.into(), index.unwrap_or(last))?;
        Ok(-1)
    }

    fn remove_rule(&self, realm: &Realm, index: u32) -> Fallible<()> {
        self.delete_rule(realm, index)
    }
}

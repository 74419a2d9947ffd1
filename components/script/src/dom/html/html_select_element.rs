//! [`HTMLSelectElement`](https://html.spec.whatwg.org/multipage/form-elements.html#the-select-element) and
//! [`HTMLOptionElement`](https://html.spec.whatwg.org/multipage/form-elements.html#the-option-element).

use std::cell::{Cell, RefCell};

use bgfetch_js::{DomString, Fallible, PlatformObject, Realm, Root, platform_object, trace_fields};
use markup5ever::{LocalName, QualName, ns};

use super::simple::html_element;
use super::{reflect, states};
use crate::bindings::HTMLOptionElementMethods;
use crate::dom::nodes::text_content;
use crate::dom::{HTMLElement, HTMLFormElement, Node, Window};

html_element!(
    /// `HTMLSelectElement`
    HTMLSelectElement, HTMLSelectElementMethods {
        reflect::boolean!(disabled, set_disabled, "disabled");
        reflect::boolean!(multiple, set_multiple, "multiple");
        reflect::string!(name, set_name, "name");
        reflect::boolean!(required, set_required, "required");
        reflect::unsigned_long!(size, set_size, "size", 0);

        fn form(&self, _: &Realm) -> Fallible<Option<Root<HTMLFormElement>>> {
            Ok(states::form_owner(self))
        }

        fn type_(&self, _: &Realm) -> Fallible<DomString> {
            Ok(if self.is_multiple() { "select-multiple" } else { "select-one" }.into())
        }

        fn selected_index(&self, _: &Realm) -> Fallible<i32> {
            let index = self.options().iter().position(|option| option.is_selected());
            Ok(index.and_then(|index| i32::try_from(index).ok()).unwrap_or(-1))
        }

        /// [`selectedIndex = ...`](https://html.spec.whatwg.org/multipage/form-elements.html#dom-select-selectedindex)
        fn set_selected_index(&self, _: &Realm, value: i32) -> Fallible<()> {
            let options = self.options();
            let wanted = usize::try_from(value).ok().and_then(|index| options.get(index).cloned());
            self.select_only(wanted.as_ref());
            Ok(())
        }

        fn value(&self, _: &Realm) -> Fallible<DomString> {
            let selected = self.options().into_iter().find(|option| option.is_selected());
            Ok(selected.map(|option| option.current_value()).unwrap_or_default())
        }

        /// [`value = ...`](https://html.spec.whatwg.org/multipage/form-elements.html#dom-select-value)
        fn set_value(&self, _: &Realm, value: DomString) -> Fallible<()> {
            let wanted = self.options().into_iter().find(|option| option.current_value() == value);
            self.select_only(wanted.as_ref());
            Ok(())
        }
    }
);

impl HTMLSelectElement {
    fn is_multiple(&self) -> bool {
        self.with_plain_attribute("multiple", |multiple| multiple.is_some())
    }

    /// Its [list of options](https://html.spec.whatwg.org/multipage/form-elements.html#concept-select-option-list).
    pub(super) fn options(&self) -> Vec<Root<HTMLOptionElement>> {
        self.descendants().filter_map(|node| node.downcast::<HTMLOptionElement>()).collect()
    }

    fn select_only(&self, wanted: Option<&Root<HTMLOptionElement>>) {
        for option in self.options() {
            option.selectedness.set(Some(&option) == wanted);
            if Some(&option) == wanted {
                option.dirty.set(true);
            }
        }
    }

    /// Whether it [shows one option at a time](https://html.spec.whatwg.org/multipage/form-elements.html#concept-select-size),
    /// which is then always selected.
    fn is_drop_down(&self) -> bool {
        !self.is_multiple() && reflect::integer(self, "size").is_none_or(|size| size <= 1)
    }

    /// [Reset algorithm](https://html.spec.whatwg.org/multipage/form-elements.html#the-select-element:concept-form-reset-control).
    pub(super) fn reset(&self) {
        for option in self.options() {
            option.selectedness.set(option.plain_attribute("selected").is_some());
            option.dirty.set(false);
        }
    }
}

/// `HTMLOptionElement`.
pub(crate) struct HTMLOptionElement {
    html_element: HTMLElement,
    /// [Selectedness](https://html.spec.whatwg.org/multipage/form-elements.html#concept-option-selectedness), but for an
    /// option that is selected only because some option must be.
    selectedness: Cell<bool>,
    /// [Dirtiness](https://html.spec.whatwg.org/multipage/form-elements.html#concept-option-dirtiness)
    dirty: Cell<bool>,
    /// What `new Option()` was given, until there is an object to give it to.
    given: RefCell<Option<Box<Given>>>,
}

/// The arguments of [`new Option()`](https://html.spec.whatwg.org/multipage/form-elements.html#dom-option).
struct Given {
    text: DomString,
    value: Option<DomString>,
    default_selected: bool,
    selected: bool,
}

trace_fields!(HTMLOptionElement { html_element });
platform_object!(HTMLOptionElement: HTMLElement via html_element);

impl HTMLOptionElement {
    /// An `option` element.
    pub(super) const fn new(html_element: HTMLElement) -> Self {
        Self {
            html_element,
            selectedness: Cell::new(false),
            dirty: Cell::new(false),
            given: RefCell::new(None),
        }
    }

    fn select(&self) -> Option<Root<HTMLSelectElement>> {
        let mut ancestor = self.parent_as_element();
        while let Some(element) = ancestor {
            if let Some(select) = element.downcast() {
                return Some(select);
            }
            ancestor = element.parent_as_element();
        }
        None
    }

    /// Whether it is selected. In a drop-down, the last one whose selectedness was set is, or else the first that is not
    /// disabled: the [selectedness setting algorithm](https://html.spec.whatwg.org/multipage/form-elements.html#selectedness-setting-algorithm).
    pub(crate) fn is_selected(&self) -> bool {
        let Some(select) = self.select().filter(|select| !select.is_multiple()) else {
            return self.selectedness.get();
        };
        let options = select.options();
        let last = options.iter().rev().find(|option| option.selectedness.get());
        let shown = || options.iter().find(|option| !states::is_disabled(option));
        let chosen = last.or_else(|| if select.is_drop_down() { shown() } else { None });
        chosen == Some(&self.root())
    }

    /// The content attribute `selected` came or went.
    pub(super) fn selected_attribute_changed(&self, present: bool) {
        if !self.dirty.get() {
            self.set_selectedness(present);
        }
    }

    fn set_selectedness(&self, selected: bool) {
        if selected && let Some(select) = self.select().filter(|select| !select.is_multiple()) {
            select.options().iter().for_each(|other| other.selectedness.set(false));
        }
        self.selectedness.set(selected);
    }

    /// What a form would send for it.
    pub(super) fn current_value(&self) -> DomString {
        self.plain_attribute("value").unwrap_or_else(|| self.stripped_text())
    }

    fn stripped_text(&self) -> DomString {
        let text = text_content::descendant_text(&self.root().upcast());
        text.split_ascii_whitespace().collect::<Vec<_>>().join(" ").into()
    }
}

impl HTMLOptionElementMethods for HTMLOptionElement {
    /// [`new Option()`](https://html.spec.whatwg.org/multipage/form-elements.html#dom-option)
    fn option(
        realm: &Realm,
        text: DomString,
        value: Option<DomString>,
        default_selected: bool,
        selected: bool,
    ) -> Fallible<Self> {
        // Steps 1 and 2.
        let name = QualName::new(None, ns!(html), LocalName::from("option"));
        let option = Self::new(HTMLElement::new_inherited(&Window::document_of(realm)?, name));
        option.given.replace(Some(Box::new(Given { text, value, default_selected, selected })));
        Ok(option)
    }

    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        let Some(given) = this.given.take() else { return Ok(()) };
        // Step 3.
        if !given.text.is_empty() {
            this.set_text(realm, given.text)?;
        }
        // Steps 4 and 5.
        if let Some(value) = given.value {
            this.set_value(realm, value)?;
        }
        if given.default_selected {
            this.set_default_selected(realm, true)?;
        }
        // Step 6.
        this.selectedness.set(given.selected);
        Ok(())
    }

    reflect::boolean!(disabled, set_disabled, "disabled");
    reflect::boolean!(default_selected, set_default_selected, "selected");

    fn form(&self, _: &Realm) -> Fallible<Option<Root<HTMLFormElement>>> {
        Ok(self.select().and_then(|select| states::form_owner(&select)))
    }

    fn label(&self, _: &Realm) -> Fallible<DomString> {
        let label = self.plain_attribute("label").filter(|label| !label.is_empty());
        Ok(label.unwrap_or_else(|| self.stripped_text()))
    }

    fn set_label(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        self.set_plain_attribute(realm, "label", value);
        Ok(())
    }

    fn selected(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.is_selected())
    }

    fn set_selected(&self, _: &Realm, value: bool) -> Fallible<()> {
        self.set_selectedness(value);
        self.dirty.set(true);
        Ok(())
    }

    fn value(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.current_value())
    }

    fn set_value(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        self.set_plain_attribute(realm, "value", value);
        Ok(())
    }

    fn text(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.stripped_text())
    }

    fn set_text(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        text_content::string_replace_all(realm, &self.root().upcast::<Node>(), value)
    }

    /// [`index`](https://html.spec.whatwg.org/multipage/form-elements.html#dom-option-index)
    fn index(&self, _: &Realm) -> Fallible<i32> {
        let this = self.root();
        let options = self.select().map(|select| select.options()).unwrap_or_default();
        let index = options.iter().position(|option| *option == this).unwrap_or(0);
        Ok(i32::try_from(index).unwrap_or(0))
    }
}

//! [`HTMLSelectElement`](https://html.spec.whatwg.org/multipage/form-elements.html#the-select-element) and
//! [`HTMLOptionElement`](https://html.spec.whatwg.org/multipage/form-elements.html#the-option-element).

use std::cell::{Cell, OnceCell, RefCell};

use bgfetch_js::{DomString, Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields};
use markup5ever::{LocalName, QualName, ns};

use super::html_options_collection::{self, HTMLOptionsCollection};
use super::{reflect, states};
use crate::bindings::{
    HTMLElementOrLong, HTMLOptionElementMethods, HTMLOptionElementOrHTMLOptGroupElement,
    HTMLSelectElementMethods,
};
use crate::dom::globals::window_or_worker::once;
use crate::dom::nodes::html_collection::Filter;
use crate::dom::nodes::{mutation, text_content};
use crate::dom::{HTMLCollection, HTMLElement, HTMLFormElement, Node, Window};

/// `HTMLSelectElement`.
pub(crate) struct HTMLSelectElement {
    html_element: HTMLElement,
    options: OnceCell<Member<HTMLOptionsCollection>>,
    selected_options: OnceCell<Member<HTMLCollection>>,
}

trace_fields!(HTMLSelectElement { html_element, options, selected_options });
platform_object!(HTMLSelectElement: HTMLElement via html_element);

impl HTMLSelectElementMethods for HTMLSelectElement {
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
        let index = self.option_list().iter().position(|option| option.is_selected());
        Ok(index.and_then(|index| i32::try_from(index).ok()).unwrap_or(-1))
    }

    /// [`selectedIndex = ...`](https://html.spec.whatwg.org/multipage/form-elements.html#dom-select-selectedindex)
    fn set_selected_index(&self, _: &Realm, value: i32) -> Fallible<()> {
        let options = self.option_list();
        let wanted = usize::try_from(value).ok().and_then(|index| options.get(index).cloned());
        self.select_only(wanted.as_ref());
        Ok(())
    }

    fn value(&self, _: &Realm) -> Fallible<DomString> {
        let selected = self.option_list().into_iter().find(|option| option.is_selected());
        Ok(selected.map(|option| option.current_value()).unwrap_or_default())
    }

    /// [`value = ...`](https://html.spec.whatwg.org/multipage/form-elements.html#dom-select-value)
    fn set_value(&self, _: &Realm, value: DomString) -> Fallible<()> {
        let wanted = self.option_list().into_iter().find(|option| option.current_value() == value);
        self.select_only(wanted.as_ref());
        Ok(())
    }

    fn options(&self, realm: &Realm) -> Fallible<Root<HTMLOptionsCollection>> {
        once(&self.options, || realm.wrap(HTMLOptionsCollection::new(&self.root())))
    }

    fn selected_options(&self, realm: &Realm) -> Fallible<Root<HTMLCollection>> {
        let new = || HTMLCollection::new(&self.root().upcast(), Filter::SelectedOptions);
        once(&self.selected_options, || realm.wrap(new()))
    }

    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.indexed_length())
    }

    fn set_length(&self, realm: &Realm, value: u32) -> Fallible<()> {
        html_options_collection::set_length(realm, &self.root(), value)
    }

    fn indexed_length(&self) -> u32 {
        u32::try_from(self.option_list().len()).unwrap_or(u32::MAX)
    }

    fn indexed_setter(
        &self,
        realm: &Realm,
        index: u32,
        option: Option<Root<HTMLOptionElement>>,
    ) -> Fallible<()> {
        html_options_collection::set(realm, &self.root(), index, option)
    }

    fn item(&self, _: &Realm, index: u32) -> Fallible<Option<Root<HTMLOptionElement>>> {
        Ok(self.option_list().into_iter().nth(index as usize))
    }

    fn named_item(&self, _: &Realm, name: DomString) -> Fallible<Option<Root<HTMLOptionElement>>> {
        let named = |option: &Root<HTMLOptionElement>| {
            option.has_id(&name) || option.plain_attribute("name").as_ref() == Some(&name)
        };
        Ok(self.option_list().into_iter().find(|option| !name.is_empty() && named(option)))
    }

    fn add(
        &self,
        realm: &Realm,
        element: HTMLOptionElementOrHTMLOptGroupElement,
        before: Option<HTMLElementOrLong>,
    ) -> Fallible<()> {
        html_options_collection::add(realm, &self.root(), element, before)
    }

    fn remove(&self, realm: &Realm) -> Fallible<()> {
        mutation::remove(realm, &self.root().upcast());
        Ok(())
    }

    fn remove_2(&self, realm: &Realm, index: i32) -> Fallible<()> {
        html_options_collection::remove(realm, &self.root(), index);
        Ok(())
    }
}

impl HTMLSelectElement {
    /// A `select` element.
    pub(super) const fn new(html_element: HTMLElement) -> Self {
        Self { html_element, options: OnceCell::new(), selected_options: OnceCell::new() }
    }

    fn is_multiple(&self) -> bool {
        self.with_plain_attribute("multiple", |multiple| multiple.is_some())
    }

    /// Its [list of options](https://html.spec.whatwg.org/multipage/form-elements.html#concept-select-option-list).
    pub(crate) fn option_list(&self) -> Vec<Root<HTMLOptionElement>> {
        self.descendants().filter_map(|node| node.downcast::<HTMLOptionElement>()).collect()
    }

    fn select_only(&self, wanted: Option<&Root<HTMLOptionElement>>) {
        for option in self.option_list() {
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
        for option in self.option_list() {
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
        let options = select.option_list();
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
            select.option_list().iter().for_each(|other| other.selectedness.set(false));
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
        let options = self.select().map(|select| select.option_list()).unwrap_or_default();
        let index = options.iter().position(|option| *option == this).unwrap_or(0);
        Ok(i32::try_from(index).unwrap_or(0))
    }
}

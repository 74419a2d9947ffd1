//! [`HTMLInputElement`](https://html.spec.whatwg.org/multipage/input.html#the-input-element).

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    DomString, Exception, Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields,
};

use super::{reflect, states};
use crate::bindings::HTMLInputElementMethods;
use crate::dom::{Element, File, FileList, HTMLElement, HTMLFormElement};

/// `HTMLInputElement`.
pub(crate) struct HTMLInputElement {
    html_element: HTMLElement,
    /// The [value](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#concept-fe-value), once it is
    /// [dirty](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#concept-fe-dirty).
    value: RefCell<Option<DomString>>,
    checked: Cell<bool>,
    /// Whether script or the user has set `checked`.
    dirty_checked: Cell<bool>,
    indeterminate: Cell<bool>,
    /// [Selected files](https://html.spec.whatwg.org/multipage/input.html#concept-input-type-file-selected): those that
    /// script has set; nobody chooses any in the shell.
    files: RefCell<Option<Member<FileList>>>,
}

trace_fields!(HTMLInputElement { html_element, files });
platform_object!(HTMLInputElement: HTMLElement via html_element);

const TYPES: [&str; 22] = [
    "hidden",
    "text",
    "search",
    "tel",
    "url",
    "email",
    "password",
    "date",
    "month",
    "week",
    "time",
    "datetime-local",
    "number",
    "range",
    "color",
    "checkbox",
    "radio",
    "file",
    "submit",
    "image",
    "reset",
    "button",
];

/// [Modes of the `value` attribute](https://html.spec.whatwg.org/multipage/input.html#dom-input-value).
#[derive(Clone, Copy, PartialEq, Eq)]
enum ValueMode {
    Value,
    Default,
    DefaultOn,
    Filename,
}

/// What checkedness was before a click toggled it.
pub(super) struct CheckedBefore {
    checked: bool,
    indeterminate: bool,
    /// The radio button of the group that was checked.
    other: Option<Root<HTMLInputElement>>,
}

impl HTMLInputElement {
    /// An `input` element.
    pub(super) const fn new(html_element: HTMLElement) -> Self {
        Self {
            html_element,
            value: RefCell::new(None),
            checked: Cell::new(false),
            dirty_checked: Cell::new(false),
            indeterminate: Cell::new(false),
            files: RefCell::new(None),
        }
    }

    /// Its [type](https://html.spec.whatwg.org/multipage/input.html#attr-input-type).
    pub(super) fn input_type(&self) -> &'static str {
        reflect::known(self, "type", &TYPES, "text", "text")
    }

    /// Whether it is a checkbox or a radio button.
    pub(super) fn is_checkable(&self) -> bool {
        matches!(self.input_type(), "checkbox" | "radio")
    }

    /// Its [checkedness](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#concept-fe-checked).
    pub(super) fn is_checked(&self) -> bool {
        self.checked.get()
    }

    fn mode(&self) -> ValueMode {
        match self.input_type() {
            "hidden" | "submit" | "image" | "reset" | "button" => ValueMode::Default,
            "checkbox" | "radio" => ValueMode::DefaultOn,
            "file" => ValueMode::Filename,
            _ => ValueMode::Value,
        }
    }

    /// The files that were chosen for it.
    pub(super) fn selected_files(&self) -> Vec<Root<File>> {
        self.files.borrow().as_ref().map(|files| files.files()).unwrap_or_default()
    }

    /// What a form would send for it.
    pub(super) fn current_value(&self) -> DomString {
        let attribute = || self.plain_attribute("value");
        match self.mode() {
            ValueMode::Value => self.value.borrow().clone().or_else(attribute).unwrap_or_default(),
            ValueMode::Default => attribute().unwrap_or_default(),
            ValueMode::DefaultOn => attribute().unwrap_or_else(|| "on".into()),
            ValueMode::Filename => {
                let first = self.selected_files().first().map(|file| file.file_name());
                first.map(|name| format!("C:\\fakepath\\{name}").into()).unwrap_or_default()
            }
        }
    }

    /// [Value sanitization](https://html.spec.whatwg.org/multipage/input.html#value-sanitization-algorithm), of the types
    /// that every page uses.
    fn sanitize(&self, value: DomString) -> DomString {
        let one_line = || {
            let units = value.to_utf16().into_iter();
            DomString::from_utf16(&units.filter(|unit| !matches!(unit, 0x0A | 0x0D)).collect::<Vec<_>>())
        };
        match self.input_type() {
            "text" | "search" | "tel" | "password" => one_line(),
            "url" | "email" => one_line().trim_matches(|c: char| c.is_ascii_whitespace()).into(),
            "number" if reflect::parse_float(&value).is_none() => DomString::default(),
            _ => value,
        }
    }

    /// The other radio buttons of its [group](https://html.spec.whatwg.org/multipage/input.html#radio-button-group).
    fn group(&self) -> Vec<Root<Self>> {
        let Some(name) = self.plain_attribute("name").filter(|name| !name.is_empty()) else {
            return Vec::new();
        };
        let (this, form) = (self.root(), states::form_owner(self));
        let others = self.tree_root().descendant_elements().filter_map(|element| element.downcast::<Self>());
        others
            .filter(|other| {
                *other != this
                    && other.input_type() == "radio"
                    && other.plain_attribute("name").as_ref() == Some(&name)
                    && states::form_owner(other) == form
            })
            .collect()
    }

    fn check(&self, checked: bool) {
        self.checked.set(checked);
        if checked && self.input_type() == "radio" {
            self.group().iter().for_each(|other| other.checked.set(false));
        }
    }

    /// [Legacy-pre-activation behavior](https://html.spec.whatwg.org/multipage/input.html#the-input-element:legacy-pre-activation-behavior).
    pub(super) fn toggle(&self) -> Option<CheckedBefore> {
        if !self.is_checkable() {
            return None;
        }
        let is_radio = self.input_type() == "radio";
        let before = CheckedBefore {
            checked: self.checked.get(),
            indeterminate: self.indeterminate.replace(false),
            other: if is_radio { self.group().into_iter().find(|other| other.checked.get()) } else { None },
        };
        self.check(is_radio || !before.checked);
        self.dirty_checked.set(true);
        Some(before)
    }

    /// [Legacy-canceled-activation behavior](https://html.spec.whatwg.org/multipage/input.html#the-input-element:legacy-canceled-activation-behavior).
    pub(super) fn restore(&self, before: &CheckedBefore) {
        self.checked.set(before.checked);
        self.indeterminate.set(before.indeterminate);
        if let Some(other) = &before.other {
            other.check(true);
        }
    }

    /// The content attribute `checked` came or went.
    pub(super) fn checked_attribute_changed(&self, present: bool) {
        if !self.dirty_checked.get() {
            self.check(present);
        }
    }

    /// [Cloning steps](https://html.spec.whatwg.org/multipage/input.html#the-input-element:concept-node-clone-ext).
    pub(super) fn clone_state(&self, copy: &Self) {
        copy.value.replace(self.value.borrow().clone());
        copy.dirty_checked.set(self.dirty_checked.get());
        copy.checked.set(self.checked.get());
        copy.indeterminate.set(self.indeterminate.get());
    }

    /// [Reset algorithm](https://html.spec.whatwg.org/multipage/input.html#the-input-element:concept-form-reset-control).
    pub(super) fn reset(&self) {
        self.value.replace(None);
        let files = self.files.take();
        drop(files);
        self.dirty_checked.set(false);
        self.checked.set(self.plain_attribute("checked").is_some());
    }
}

impl HTMLInputElementMethods for HTMLInputElement {
    reflect::string!(accept, set_accept, "accept");
    reflect::string!(alt, set_alt, "alt");
    reflect::boolean!(default_checked, set_default_checked, "checked");
    reflect::string!(dir_name, set_dir_name, "dirname");
    reflect::boolean!(disabled, set_disabled, "disabled");
    reflect::submission!();
    reflect::string!(max, set_max, "max");
    reflect::string!(min, set_min, "min");
    reflect::boolean!(multiple, set_multiple, "multiple");
    reflect::string!(name, set_name, "name");
    reflect::string!(pattern, set_pattern, "pattern");
    reflect::string!(placeholder, set_placeholder, "placeholder");
    reflect::boolean!(read_only, set_read_only, "readonly");
    reflect::boolean!(required, set_required, "required");
    reflect::url!(src, set_src, "src");
    reflect::string!(step, set_step, "step");
    reflect::string!(default_value, set_default_value, "value");

    fn type_(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.input_type().into())
    }

    fn set_type(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        self.set_plain_attribute(realm, "type", value);
        Ok(())
    }

    fn checked(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.checked.get())
    }

    fn set_checked(&self, _: &Realm, value: bool) -> Fallible<()> {
        self.check(value);
        self.dirty_checked.set(true);
        Ok(())
    }

    fn indeterminate(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.indeterminate.get())
    }

    fn set_indeterminate(&self, _: &Realm, value: bool) -> Fallible<()> {
        self.indeterminate.set(value);
        Ok(())
    }

    fn form(&self, _: &Realm) -> Fallible<Option<Root<HTMLFormElement>>> {
        Ok(states::form_owner(self))
    }

    fn value(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.current_value())
    }

    /// [`value`](https://html.spec.whatwg.org/multipage/input.html#dom-input-value)
    fn set_value(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        match self.mode() {
            ValueMode::Value => {
                self.value.replace(Some(self.sanitize(value)));
            }
            ValueMode::Default | ValueMode::DefaultOn => self.set_plain_attribute(realm, "value", value),
            ValueMode::Filename if value.is_empty() => {
                let before = self.files.take();
                drop(before);
            }
            ValueMode::Filename => {
                return Err(Exception::dom("InvalidStateError", "script cannot choose a file"));
            }
        }
        Ok(())
    }

    /// [`files`](https://html.spec.whatwg.org/multipage/input.html#dom-input-files)
    fn files(&self, realm: &Realm) -> Fallible<Option<Root<FileList>>> {
        if self.mode() != ValueMode::Filename {
            return Ok(None);
        }
        let known = self.files.borrow().as_ref().map(|files| (**files).clone());
        if known.is_some() {
            return Ok(known);
        }
        let files = realm.wrap(FileList::empty())?;
        self.files.replace(Some(files.clone().into()));
        Ok(Some(files))
    }

    fn set_files(&self, _: &Realm, value: Option<Root<FileList>>) -> Fallible<()> {
        if let Some(files) = value.filter(|_| self.mode() == ValueMode::Filename) {
            let before = self.files.replace(Some(files.into()));
            drop(before);
        }
        Ok(())
    }

    /// [`valueAsNumber`](https://html.spec.whatwg.org/multipage/input.html#dom-input-valueasnumber) of numbers and ranges.
    fn value_as_number(&self, _: &Realm) -> Fallible<f64> {
        Ok(match self.input_type() {
            "number" | "range" => reflect::parse_float(&self.current_value()).unwrap_or(f64::NAN),
            _ => f64::NAN,
        })
    }

    fn set_value_as_number(&self, _: &Realm, value: f64) -> Fallible<()> {
        if value.is_infinite() {
            return Err(Exception::type_error("the value is infinite"));
        }
        if !matches!(self.input_type(), "number" | "range") {
            return Err(Exception::dom("InvalidStateError", "only numbers and ranges have a number"));
        }
        let text = if value.is_nan() { String::new() } else { value.to_string() };
        self.value.replace(Some(text.into()));
        Ok(())
    }
}

/// The element, as an input.
pub(super) fn of(element: &Root<Element>) -> Option<Root<HTMLInputElement>> {
    element.downcast()
}

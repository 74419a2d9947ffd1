//! [Constructing the entry list](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#constructing-the-form-data-set)
//! of a form.

use bgfetch_js::{DomString, Fallible, Realm, Root};
use encoding_rs::Encoding;

use super::html_form_element::is_submit_button;
use super::{directionality, html_input_element, states};
use crate::dom::file::blob::BlobData;
use crate::dom::file::file::now;
use crate::dom::{
    Element, File, FormData, FormDataEvent, HTMLElement, HTMLFormElement, HTMLInputElement,
    HTMLSelectElement, HTMLTextAreaElement,
};

/// The entries of a form; `None` if they are being collected already.
pub(crate) fn construct(
    realm: &Realm,
    form: &Root<HTMLFormElement>,
    submitter: Option<&Root<HTMLElement>>,
    encoding: &'static Encoding,
) -> Fallible<Option<FormData>> {
    // Steps 1 and 2.
    if form.constructing_entry_list.replace(true) {
        return Ok(None);
    }
    let entries = collect(realm, form, submitter, encoding);
    // Step 8.
    form.constructing_entry_list.set(false);
    entries.map(Some)
}

/// Steps 3 to 7, and 9.
fn collect(
    realm: &Realm,
    form: &Root<HTMLFormElement>,
    submitter: Option<&Root<HTMLElement>>,
    encoding: &'static Encoding,
) -> Fallible<FormData> {
    // Steps 3 and 4.
    let data = realm.wrap(FormData::empty())?;
    let submitter: Option<Root<Element>> = submitter.map(|submitter| submitter.upcast());
    // Step 5.
    for control in form.controls() {
        add(realm, &data, &control, submitter.as_ref(), encoding)?;
    }
    // Steps 6 and 7.
    FormDataEvent::fire(realm, form, &data)?;
    Ok(data.copy())
}

/// Step 5, for one control.
fn add(
    realm: &Realm,
    data: &FormData,
    control: &Root<Element>,
    submitter: Option<&Root<Element>>,
    encoding: &'static Encoding,
) -> Fallible<()> {
    // Step 5.1.
    let input = html_input_element::of(control);
    if is_left_out(control, input.as_ref(), submitter) {
        return Ok(());
    }
    let name = control.plain_attribute("name").filter(|name| !name.is_empty()).map(DomString::into_string);
    let kind = input.as_ref().map(|input| input.input_type());
    // Step 5.2: there is no layout in which a coordinate could be selected.
    if kind == Some("image") {
        let prefix = name.map(|name| format!("{name}.")).unwrap_or_default();
        data.append_text(format!("{prefix}x"), "0".to_owned());
        data.append_text(format!("{prefix}y"), "0".to_owned());
        return Ok(());
    }
    // Steps 5.4 and 5.5.
    let Some(name) = name else { return Ok(()) };
    // Steps 5.6 to 5.10.
    if let Some(select) = control.downcast::<HTMLSelectElement>() {
        let chosen = select.option_list().into_iter();
        for option in chosen.filter(|option| option.is_selected() && !states::is_disabled(option)) {
            data.append_text(name.clone(), option.current_value().into_string());
        }
    } else if let Some(input) = input.as_ref().filter(|_| kind == Some("file")) {
        for file in files_of(realm, input)? {
            data.append_file(name.clone(), file);
        }
    } else if kind == Some("hidden") && name.eq_ignore_ascii_case("_charset_") {
        data.append_text(name, encoding.name().to_owned());
    } else if let Some(area) = control.downcast::<HTMLTextAreaElement>() {
        data.append_text(name, area.current_value().into_string());
    } else if let Some(input) = &input {
        data.append_text(name, input.current_value().into_string());
    } else {
        let value = control.plain_attribute("value").unwrap_or_default();
        data.append_text(name, value.into_string());
    }
    // Step 5.11.
    let dirname = control.plain_attribute("dirname").filter(|dirname| !dirname.is_empty());
    if let Some(dirname) = dirname.filter(|_| takes_dirname(control, kind)) {
        data.append_text(dirname.into_string(), directionality::of(control).as_str().to_owned());
    }
    Ok(())
}

/// Whether a control has no entries.
fn is_left_out(
    control: &Root<Element>,
    input: Option<&Root<HTMLInputElement>>,
    submitter: Option<&Root<Element>>,
) -> bool {
    let is_submittable = matches!(&*control.name().local, "button" | "input" | "select" | "textarea");
    let is_button = match input {
        Some(input) => matches!(input.input_type(), "submit" | "image" | "reset" | "button"),
        None => control.is_html_named("button"),
    };
    let is_unchecked = input.is_some_and(|input| input.is_checkable() && !input.is_checked());
    let in_datalist = || {
        let mut ancestors = std::iter::successors(control.parent_as_element(), |e| e.parent_as_element());
        ancestors.any(|ancestor| ancestor.is_html_named("datalist"))
    };
    !is_submittable
        || states::is_disabled(control)
        || (is_button && !(submitter == Some(control) && is_submit_button(control)))
        || is_unchecked
        || in_datalist()
}

/// The files of an input, or the one without name and bytes that stands for none.
fn files_of(realm: &Realm, input: &HTMLInputElement) -> Fallible<Vec<Root<File>>> {
    let files = input.selected_files();
    if !files.is_empty() {
        return Ok(files);
    }
    let nothing = BlobData { bytes: bytes::Bytes::new(), mime_type: "application/octet-stream".to_owned() };
    Ok(vec![realm.wrap(File::of(nothing, String::new(), now()))?])
}

/// Whether [`dirname`](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#attr-fe-dirname) applies.
fn takes_dirname(control: &Element, kind: Option<&str>) -> bool {
    const KINDS: [&str; 8] = ["hidden", "text", "search", "tel", "url", "email", "password", "submit"];
    kind.map_or_else(|| control.is_html_named("textarea"), |kind| KINDS.contains(&kind))
}

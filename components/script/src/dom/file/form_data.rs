//! [`FormData`](https://xhr.spec.whatwg.org/#interface-formdata).

use std::cell::RefCell;

use bgfetch_js::{Fallible, Member, Realm, Reflector, Root, Trace, Tracer, platform_object, trace_fields};

use super::file::now;
use crate::bindings::{FormDataEntryValue, FormDataMethods};
use crate::dom::html::html_form_element;
use crate::dom::{Blob, File, HTMLElement, HTMLFormElement};

/// `FormData`.
pub(crate) struct FormData {
    reflector: Reflector,
    entries: RefCell<Vec<Entry>>,
}

trace_fields!(FormData { entries });
platform_object!(FormData);

/// An [entry](https://xhr.spec.whatwg.org/#concept-formdata-entry).
struct Entry {
    name: String,
    value: EntryValue,
}

enum EntryValue {
    Text(String),
    File(Member<File>),
}

impl Trace for Entry {
    fn trace(&self, tracer: &mut Tracer) {
        if let EntryValue::File(file) = &self.value {
            file.trace(tracer);
        }
    }
}

impl EntryValue {
    fn show(&self) -> FormDataEntryValue {
        match self {
            Self::Text(text) => FormDataEntryValue::UsvString(text.clone()),
            Self::File(file) => FormDataEntryValue::File((**file).clone()),
        }
    }

    /// [Creates an entry](https://xhr.spec.whatwg.org/#create-an-entry) of a blob: a file of that name.
    fn of_blob(realm: &Realm, blob: &Root<Blob>, name: Option<String>) -> Fallible<Self> {
        let file = blob.downcast::<File>();
        if let (Some(file), None) = (&file, &name) {
            return Ok(Self::File(file.clone().into()));
        }
        let modified = file.as_ref().map_or_else(now, |file| file.modified());
        let name = name.unwrap_or_else(|| "blob".into());
        Ok(Self::File(realm.wrap(File::of(blob.data(), name, modified))?.into()))
    }
}

impl FormData {
    /// An empty one.
    pub(crate) fn empty() -> Self {
        Self { reflector: Reflector::new(), entries: RefCell::default() }
    }

    /// Adds a text.
    pub(crate) fn append_text(&self, name: String, value: String) {
        self.entries.borrow_mut().push(Entry { name, value: EntryValue::Text(value) });
    }

    /// Adds a file.
    pub(crate) fn append_file(&self, name: String, file: Root<File>) {
        self.entries.borrow_mut().push(Entry { name, value: EntryValue::File(file.into()) });
    }

    /// [Encodes](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data) it as
    /// `multipart/form-data`.
    pub(crate) fn encode(&self, boundary: &str) -> Vec<u8> {
        let mut whole = Vec::new();
        for entry in self.entries.borrow().iter() {
            whole.extend_from_slice(
                format!("--{boundary}\r\nContent-Disposition: form-data; name=\"").as_bytes(),
            );
            whole.extend_from_slice(escape(&normalize_newlines(&entry.name)).as_bytes());
            match &entry.value {
                EntryValue::Text(text) => {
                    whole.extend_from_slice(b"\"\r\n\r\n");
                    whole.extend_from_slice(normalize_newlines(text).as_bytes());
                }
                EntryValue::File(file) => {
                    let data = file.data();
                    let mime_type =
                        if data.mime_type.is_empty() { "application/octet-stream" } else { &data.mime_type };
                    whole.extend_from_slice(b"\"; filename=\"");
                    whole.extend_from_slice(escape(&file.file_name()).as_bytes());
                    whole.extend_from_slice(format!("\"\r\nContent-Type: {mime_type}\r\n\r\n").as_bytes());
                    whole.extend_from_slice(&data.bytes);
                }
            }
            whole.extend_from_slice(b"\r\n");
        }
        whole.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        whole
    }

    fn replace(&self, name: String, value: EntryValue) {
        let mut entries = self.entries.borrow_mut();
        let Some(first) = entries.iter().position(|entry| entry.name == name) else {
            entries.push(Entry { name, value });
            return;
        };
        let mut index = 0;
        entries.retain(|entry| {
            index += 1;
            index <= first + 1 || entry.name != name
        });
        if let Some(entry) = entries.get_mut(first) {
            entry.value = value;
        }
    }
}

fn normalize_newlines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

fn escape(text: &str) -> String {
    text.replace('\n', "%0A").replace('\r', "%0D").replace('"', "%22")
}

impl FormDataMethods for FormData {
    fn constructor(
        _: &Realm,
        form: Option<Root<HTMLFormElement>>,
        submitter: Option<Root<HTMLElement>>,
    ) -> Fallible<Self> {
        let data = Self::empty();
        if let Some(form) = form {
            if let Some(submitter) = &submitter {
                html_form_element::check_submitter(&form, submitter)?;
            }
            for (name, value) in form.entries(submitter.as_ref()) {
                data.append_text(name, value);
            }
        }
        Ok(data)
    }

    fn append(&self, _: &Realm, name: String, value: String) -> Fallible<()> {
        self.append_text(name, value);
        Ok(())
    }

    fn append_2(
        &self,
        realm: &Realm,
        name: String,
        blob_value: Root<Blob>,
        filename: Option<String>,
    ) -> Fallible<()> {
        let value = EntryValue::of_blob(realm, &blob_value, filename)?;
        self.entries.borrow_mut().push(Entry { name, value });
        Ok(())
    }

    fn delete(&self, _: &Realm, name: String) -> Fallible<()> {
        let gone: Vec<Entry> = self.entries.borrow_mut().extract_if(.., |entry| entry.name == name).collect();
        drop(gone);
        Ok(())
    }

    fn get(&self, _: &Realm, name: String) -> Fallible<Option<FormDataEntryValue>> {
        Ok(self.entries.borrow().iter().find(|entry| entry.name == name).map(|entry| entry.value.show()))
    }

    fn get_all(&self, _: &Realm, name: String) -> Fallible<Vec<FormDataEntryValue>> {
        let entries = self.entries.borrow();
        Ok(entries.iter().filter(|entry| entry.name == name).map(|entry| entry.value.show()).collect())
    }

    fn has(&self, _: &Realm, name: String) -> Fallible<bool> {
        Ok(self.entries.borrow().iter().any(|entry| entry.name == name))
    }

    fn set(&self, _: &Realm, name: String, value: String) -> Fallible<()> {
        self.replace(name, EntryValue::Text(value));
        Ok(())
    }

    fn set_2(
        &self,
        realm: &Realm,
        name: String,
        blob_value: Root<Blob>,
        filename: Option<String>,
    ) -> Fallible<()> {
        let value = EntryValue::of_blob(realm, &blob_value, filename)?;
        self.replace(name, value);
        Ok(())
    }

    fn pair_at(&self, _: &Realm, index: usize) -> Fallible<Option<(String, FormDataEntryValue)>> {
        Ok(self.entries.borrow().get(index).map(|entry| (entry.name.clone(), entry.value.show())))
    }
}

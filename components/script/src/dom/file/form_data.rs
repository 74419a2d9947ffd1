//! [`FormData`](https://xhr.spec.whatwg.org/#interface-formdata).

use std::cell::RefCell;

use bgfetch_js::{
    Exception, Fallible, Member, Realm, Reflector, Root, Trace, Tracer, platform_object, trace_fields,
};
use encoding_rs::Encoding;

use super::file::now;
use crate::bindings::{FormDataEntryValue, FormDataMethods};
use crate::dom::html::{entry_list, html_form_element};
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

/// The value of an entry.
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

    /// Another one with the same entries.
    pub(crate) fn copy(&self) -> Self {
        let copy = |entry: &Entry| {
            let value = match &entry.value {
                EntryValue::Text(text) => EntryValue::Text(text.clone()),
                EntryValue::File(file) => EntryValue::File((**file).clone().into()),
            };
            Entry { name: entry.name.clone(), value }
        };
        let entries = self.entries.borrow().iter().map(copy).collect();
        Self { reflector: Reflector::new(), entries: RefCell::new(entries) }
    }

    /// [Converts](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#convert-to-a-list-of-name-value-pairs) it
    /// to names and values: of a file, its name.
    pub(crate) fn name_value_pairs(&self) -> Vec<(String, String)> {
        let pair = |entry: &Entry| {
            let value = match &entry.value {
                EntryValue::Text(text) => normalize_newlines(text),
                EntryValue::File(file) => normalize_newlines(&file.file_name()),
            };
            (normalize_newlines(&entry.name), value)
        };
        self.entries.borrow().iter().map(pair).collect()
    }

    /// [Encodes](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data) it as
    /// `multipart/form-data`, with texts in that encoding.
    pub(crate) fn encode(&self, boundary: &str, encoding: &'static Encoding) -> Vec<u8> {
        // What the encoding lacks becomes a reference to the character.
        let encoded = |text: &str| encoding.encode(text).0.into_owned();
        let mut whole = Vec::new();
        for entry in self.entries.borrow().iter() {
            whole.extend_from_slice(
                format!("--{boundary}\r\nContent-Disposition: form-data; name=\"").as_bytes(),
            );
            whole.extend(escape(encoded(&normalize_newlines(&entry.name))));
            match &entry.value {
                EntryValue::Text(text) => {
                    whole.extend_from_slice(b"\"\r\n\r\n");
                    whole.extend(encoded(&normalize_newlines(text)));
                }
                EntryValue::File(file) => {
                    let data = file.data();
                    let mime_type =
                        if data.mime_type.is_empty() { "application/octet-stream" } else { &data.mime_type };
                    whole.extend_from_slice(b"\"; filename=\"");
                    whole.extend(escape(encoded(&file.file_name())));
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

/// Each line break as CR LF.
fn normalize_newlines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

/// Escapes line breaks and quotes. All encodings that a form can have write them as ASCII does, and nothing else with these
/// bytes.
fn escape(text: Vec<u8>) -> Vec<u8> {
    let one = |byte: u8| match byte {
        b'\n' => b"%0A".to_vec(),
        b'\r' => b"%0D".to_vec(),
        b'"' => b"%22".to_vec(),
        byte => vec![byte],
    };
    text.into_iter().flat_map(one).collect()
}

impl FormDataMethods for FormData {
    /// [The constructor](https://xhr.spec.whatwg.org/#dom-formdata)
    fn constructor(
        realm: &Realm,
        form: Option<Root<HTMLFormElement>>,
        submitter: Option<Root<HTMLElement>>,
    ) -> Fallible<Self> {
        let Some(form) = form else { return Ok(Self::empty()) };
        if let Some(submitter) = &submitter {
            html_form_element::check_submitter(&form, submitter)?;
        }
        let entries = entry_list::construct(realm, &form, submitter.as_ref(), encoding_rs::UTF_8)?;
        entries.ok_or_else(|| {
            Exception::dom("InvalidStateError", "the form's entries are being collected right now")
        })
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

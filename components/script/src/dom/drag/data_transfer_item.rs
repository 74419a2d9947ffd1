//! [`DataTransferItem`](https://html.spec.whatwg.org/multipage/dnd.html#the-datatransferitem-interface).

use std::cell::Cell;

use bgfetch_js::{
    DomString, Fallible, Member, Realm, Reflector, Root, Trace, Tracer, Value, platform_object,
};

use crate::agent::{Agent, TaskSource};
use crate::bindings::{DataTransferItemMethods, FunctionStringCallback};
use crate::dom::File;
use crate::report;

/// `DataTransferItem`.
pub(crate) struct DataTransferItem {
    reflector: Reflector,
    data: ItemData,
    /// Its [type string](https://html.spec.whatwg.org/multipage/dnd.html#the-drag-data-item-type-string).
    type_: DomString,
    /// Whether it is no longer in a list, which is its [disabled
    /// mode](https://html.spec.whatwg.org/multipage/dnd.html#concept-datatransferitem-dnd).
    disabled: Cell<bool>,
}

/// What it is of.
pub(super) enum ItemData {
    Text(DomString),
    File(Member<File>),
}

impl Trace for DataTransferItem {
    fn trace(&self, tracer: &mut Tracer) {
        if let ItemData::File(file) = &self.data {
            file.trace(tracer);
        }
    }
}

platform_object!(DataTransferItem);

impl DataTransferItem {
    /// An item of a list.
    pub(super) const fn new(data: ItemData, type_: DomString) -> Self {
        Self { reflector: Reflector::new(), data, type_, disabled: Cell::new(false) }
    }

    /// It is no longer in a list.
    pub(super) fn disable(&self) {
        self.disabled.set(true);
    }

    /// What it is of, while it is in a list.
    fn enabled(&self) -> Option<&ItemData> {
        (!self.disabled.get()).then_some(&self.data)
    }

    /// Its type string.
    pub(super) fn type_name(&self) -> DomString {
        self.type_.clone()
    }

    /// The file that it is of.
    pub(super) fn file(&self) -> Option<Root<File>> {
        match self.enabled()? {
            ItemData::File(file) => Some((**file).clone()),
            ItemData::Text(_) => None,
        }
    }

    /// The text that it is of.
    pub(super) fn text(&self) -> Option<DomString> {
        match self.enabled()? {
            ItemData::Text(text) => Some(text.clone()),
            ItemData::File(_) => None,
        }
    }
}

impl DataTransferItemMethods for DataTransferItem {
    /// [`kind`](https://html.spec.whatwg.org/multipage/dnd.html#dom-datatransferitem-kind)
    fn kind(&self, _: &Realm) -> Fallible<DomString> {
        Ok(match self.enabled() {
            None => "",
            Some(ItemData::Text(_)) => "string",
            Some(ItemData::File(_)) => "file",
        }
        .into())
    }

    fn type_(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.enabled().map(|_| self.type_name()).unwrap_or_default())
    }

    /// [`getAsString()`](https://html.spec.whatwg.org/multipage/dnd.html#dom-datatransferitem-getasstring)
    fn get_as_string(&self, realm: &Realm, callback: Option<FunctionStringCallback>) -> Fallible<()> {
        let (Some(callback), Some(text)) = (callback, self.text()) else { return Ok(()) };
        Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
            if let Err(exception) = callback.call(realm, &Value::UNDEFINED, text) {
                report::report_exception_of(callback.0.as_object(), realm, exception);
            }
            Ok(())
        });
        Ok(())
    }

    fn get_as_file(&self, _: &Realm) -> Fallible<Option<Root<File>>> {
        Ok(self.file())
    }
}

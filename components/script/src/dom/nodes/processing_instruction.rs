//! [`ProcessingInstruction`](https://dom.spec.whatwg.org/#interface-processinginstruction).

use bgfetch_js::{DomString, Fallible, Realm, Root, platform_object, trace_fields};

use crate::bindings::ProcessingInstructionMethods;
use crate::dom::{CharacterData, Document, NodeKind};

/// `ProcessingInstruction`.
pub(crate) struct ProcessingInstruction {
    character_data: CharacterData,
    target: DomString,
}

trace_fields!(ProcessingInstruction { character_data });
platform_object!(ProcessingInstruction: CharacterData via character_data);

impl ProcessingInstruction {
    /// A processing instruction.
    pub(crate) fn create(
        realm: &Realm,
        document: &Root<Document>,
        target: DomString,
        data: DomString,
    ) -> Fallible<Root<Self>> {
        let character_data = CharacterData::new_inherited(NodeKind::ProcessingInstruction, document, data);
        realm.wrap(Self { character_data, target })
    }

    /// Its [target](https://dom.spec.whatwg.org/#concept-pi-target).
    pub(crate) fn target_name(&self) -> DomString {
        self.target.clone()
    }
}

impl ProcessingInstructionMethods for ProcessingInstruction {
    fn target(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.target.clone())
    }
}

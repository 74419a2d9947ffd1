//! What the engine's objects and tables have no room for.

use crate::ast::Modifier;
use crate::emit::Emitter;
use crate::model::{Member, MemberKind};

/// How deep interfaces may inherit: what the engine's platform objects have room for.
const MAX_DEPTH: u8 = 8;

impl Emitter<'_> {
    /// Reports everything that the glue cannot express.
    pub(super) fn check_glue(&self) {
        for interface in self.types.selection.interfaces.values() {
            let depth = self.places.get(&interface.name.name).map_or(0, |place| place.depth);
            if depth >= MAX_DEPTH {
                let message =
                    format!("{} inherits from more than {} others", interface.name.name, MAX_DEPTH - 1);
                self.problem(
                    interface.name.span,
                    &message,
                    "inheritance is too deep for the engine's objects",
                );
            }
            interface.members.iter().for_each(|member| self.check_mixin_member(member));
        }
    }

    /// A mixin's table has attributes and regular operations.
    fn check_mixin_member(&self, member: &Member) {
        let supported = match &member.kind {
            MemberKind::Attribute(attribute) => attribute.modifier != Modifier::Static,
            MemberKind::Operation(operation) => {
                matches!(operation.modifier, Modifier::None | Modifier::Stringifier)
            }
            MemberKind::Stringifier | MemberKind::Constant { .. } => true,
            _ => false,
        } && !member.has("LegacyUnforgeable");
        if member.mixin.is_some() && !supported {
            let label = "only constants, attributes and regular operations are supported in a mixin";
            self.problem(member.span, "not supported in a mixin", label);
        }
    }
}

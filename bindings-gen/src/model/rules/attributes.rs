//! Rules about attributes and the extended attributes on them.

use super::{Rules, identifier, is_namespace};
use crate::ast::{Generic, Modifier};
use crate::model::{Attribute, Interface, Member, MemberKind, Type};

impl Rules<'_> {
    pub(super) fn attribute(&mut self, interface: &Interface, member: &Member, attribute: &Attribute) {
        let (name, place) = (&attribute.name.name, attribute.name.span);
        self.attribute_type(attribute);
        if attribute.modifier == Modifier::Stringifier && !is_string(&attribute.ty) {
            let message = format!("`{name}` cannot be the stringifier: its type is no string type");
            self.wrong(place, message, "this attribute", "dfn-stringifier");
        }
        if attribute.modifier == Modifier::Inherit && !self.inherits(interface, name) {
            let message = format!("no ancestor of {} has an attribute `{name}`", interface.name.name);
            self.wrong(place, message, "its getter cannot be inherited", "dfn-inherit-getter");
        }
        if is_namespace(interface) && !attribute.readonly {
            let message = format!("`{name}` of the namespace {} can be set", interface.name.name);
            self.wrong(place, message, "must be readonly", "idl-namespaces");
        }
        let is_promise = matches!(attribute.ty, Type::Generic(Generic::Promise, _));
        if is_promise && !attribute.readonly {
            let message = format!("`{name}` is a promise, and can be set");
            self.wrong(place, message, "must be readonly", "idl-attributes");
        }
        for one in ["PutForwards", "Replaceable", "LegacyLenientSetter"] {
            if !member.has(one) {
                continue;
            }
            if !attribute.readonly || attribute.modifier == Modifier::Static || is_namespace(interface) {
                let message =
                    format!("[{one}] is on `{name}`, which is no regular attribute that is read-only");
                self.wrong(place, message, "this attribute", one);
            }
            let other = ["PutForwards", "Replaceable", "LegacyLenientSetter"];
            if let Some(other) = other.iter().find(|other| **other > one && member.has(other)) {
                let message = format!("`{name}` has both [{one}] and [{other}]");
                self.wrong(place, message, "they exclude each other", one);
            }
        }
        self.put_forwards(member, attribute);
        for one in ["SameObject", "NewObject"] {
            let objects = is_object(&attribute.ty);
            if member.has(one) && !objects {
                let message = format!("[{one}] is on `{name}`, whose type has no objects");
                self.wrong(place, message, "this attribute", one);
            }
        }
        if member.has("SameObject") && !attribute.readonly {
            let message = format!("[SameObject] is on `{name}`, which can be set");
            self.wrong(place, message, "must be readonly", "SameObject");
        }
    }

    fn attribute_type(&mut self, attribute: &Attribute) {
        let members = match attribute.ty.inner() {
            Type::Union(members) => members.as_slice(),
            _ => std::slice::from_ref(attribute.ty.inner()),
        };
        let wrong = members.iter().find_map(|ty| match ty {
            Type::Dictionary(_) => Some("a dictionary"),
            Type::Record(..) => Some("a record"),
            Type::Generic(Generic::Sequence, _) => Some("a sequence"),
            Type::Generic(Generic::AsyncSequence, _) => Some("an async sequence"),
            _ => None,
        });
        if let Some(what) = wrong {
            let message =
                format!("`{}` cannot be {what}: attributes keep their identity", attribute.name.name);
            self.wrong(attribute.name.span, message, "this attribute", "idl-attributes");
        }
    }

    /// The attribute that is forwarded to has to be there.
    fn put_forwards(&mut self, member: &Member, attribute: &Attribute) {
        let Some(to) = identifier(&member.attributes, "PutForwards") else { return };
        let Type::Interface(target) = attribute.ty.inner() else {
            let message =
                format!("[PutForwards] is on `{}`, which is no object of an interface", attribute.name.name);
            self.wrong(attribute.name.span, message, "this attribute", "PutForwards");
            return;
        };
        let is_there = self.world.ancestry(target).iter().flat_map(|one| &one.members).any(
            |member| matches!(&member.kind, MemberKind::Attribute(attribute) if attribute.name.name == to),
        );
        if !is_there {
            let message = format!("{target} has no attribute `{to}`, which [PutForwards] forwards to");
            self.wrong(attribute.name.span, message, "this attribute", "PutForwards");
        }
    }

    fn inherits(&self, interface: &Interface, name: &str) -> bool {
        let ancestors = self.world.ancestry(&interface.name.name);
        ancestors.iter().rev().skip(1).flat_map(|one| &one.members).any(
            |member| matches!(&member.kind, MemberKind::Attribute(attribute) if attribute.name.name == name),
        )
    }
}

fn is_string(ty: &Type) -> bool {
    matches!(ty, Type::DomString { .. } | Type::UsvString | Type::ByteString)
}

/// Whether values of a type are objects with an identity.
fn is_object(ty: &Type) -> bool {
    matches!(
        ty.inner(),
        Type::Interface(_)
            | Type::Object
            | Type::Any
            | Type::Unknown(..)
            | Type::Buffer { .. }
            | Type::Union(_)
            | Type::Generic(Generic::FrozenArray | Generic::ObservableArray | Generic::Promise, _)
    )
}

//! [`MutationRecord`](https://dom.spec.whatwg.org/#interface-mutationrecord).

use bgfetch_js::{DomString, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};

use super::mutation_observer::Mutation;
use crate::bindings::MutationRecordMethods;
use crate::dom::{Node, NodeList};

/// `MutationRecord`.
pub(crate) struct MutationRecord {
    reflector: Reflector,
    kind: &'static str,
    target: Member<Node>,
    added: Member<NodeList>,
    removed: Member<NodeList>,
    previous: Option<Member<Node>>,
    next: Option<Member<Node>>,
    attribute: Option<DomString>,
    namespace: Option<DomString>,
    old: Option<DomString>,
}

trace_fields!(MutationRecord { target, added, removed, previous, next });
platform_object!(MutationRecord);

impl MutationRecord {
    /// A record of what happened to `target`.
    pub(super) fn create(
        realm: &Realm,
        target: &Root<Node>,
        mutation: &Mutation<'_>,
        with_old: bool,
    ) -> Fallible<Root<Self>> {
        let list = |nodes: &[Root<Node>]| realm.wrap(NodeList::of(target, nodes.to_vec()));
        let (added, removed) = match mutation {
            Mutation::ChildList { added, removed, .. } => (list(added)?, list(removed)?),
            _ => (list(&[])?, list(&[])?),
        };
        let mut record = Self {
            reflector: Reflector::new(),
            kind: "childList",
            target: target.clone().into(),
            added: added.into(),
            removed: removed.into(),
            previous: None,
            next: None,
            attribute: None,
            namespace: None,
            old: None,
        };
        match mutation {
            Mutation::Attributes { name, namespace, old } => {
                record.kind = "attributes";
                record.attribute = Some((*name).into());
                record.namespace = namespace.clone();
                record.old = old.clone().filter(|_| with_old);
            }
            Mutation::CharacterData { old } => {
                record.kind = "characterData";
                record.old = with_old.then(|| old.clone());
            }
            Mutation::ChildList { previous, next, .. } => {
                record.previous = previous.clone().map(Into::into);
                record.next = next.clone().map(Into::into);
            }
        }
        realm.wrap(record)
    }
}

fn root<T>(member: &Option<Member<T>>) -> Option<Root<T>> {
    member.as_ref().map(|member| (**member).clone())
}

impl MutationRecordMethods for MutationRecord {
    fn type_(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.kind.into())
    }

    fn target(&self, _: &Realm) -> Fallible<Root<Node>> {
        Ok((*self.target).clone())
    }

    fn added_nodes(&self, _: &Realm) -> Fallible<Root<NodeList>> {
        Ok((*self.added).clone())
    }

    fn removed_nodes(&self, _: &Realm) -> Fallible<Root<NodeList>> {
        Ok((*self.removed).clone())
    }

    fn previous_sibling(&self, _: &Realm) -> Fallible<Option<Root<Node>>> {
        Ok(root(&self.previous))
    }

    fn next_sibling(&self, _: &Realm) -> Fallible<Option<Root<Node>>> {
        Ok(root(&self.next))
    }

    fn attribute_name(&self, _: &Realm) -> Fallible<Option<DomString>> {
        Ok(self.attribute.clone())
    }

    fn attribute_namespace(&self, _: &Realm) -> Fallible<Option<DomString>> {
        Ok(self.namespace.clone())
    }

    fn old_value(&self, _: &Realm) -> Fallible<Option<DomString>> {
        Ok(self.old.clone())
    }
}

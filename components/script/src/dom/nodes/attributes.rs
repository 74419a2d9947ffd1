//! An element's [attributes](https://dom.spec.whatwg.org/#concept-element-attribute).

use bgfetch_js::{DomString, Exception, Fallible, Member, PlatformObject, Realm, Root, Trace, Tracer};
use markup5ever::{LocalName, Namespace, QualName, ns};

use super::mutation_observer::{self, Mutation};
use crate::dom::html::custom_elements::reactions::{self, Lifecycle};
use crate::dom::html::hooks;
use crate::dom::{Attr, Document, Element, Node};

/// An attribute of an element.
pub(super) struct Attribute {
    pub(super) name: QualName,
    pub(super) value: DomString,
    /// The object that script got for it.
    pub(super) object: Option<Member<Attr>>,
}

impl Trace for Attribute {
    fn trace(&self, tracer: &mut Tracer) {
        self.object.trace(tracer);
    }
}

/// A [qualified name](https://dom.spec.whatwg.org/#concept-attribute-qualified-name).
pub(super) fn qualified(name: &QualName) -> String {
    match &name.prefix {
        Some(prefix) => format!("{}:{}", &**prefix, &*name.local),
        None => (*name.local).to_owned(),
    }
}

/// The name of an attribute without a namespace.
fn plain(name: &str) -> QualName {
    QualName::new(None, ns!(), LocalName::from(name))
}

impl Element {
    fn position(&self, wanted: impl Fn(&QualName) -> bool) -> Option<usize> {
        self.attributes.borrow().iter().position(|attribute| wanted(&attribute.name))
    }

    fn position_of_expanded(&self, name: &QualName) -> Option<usize> {
        self.position(|known| known.local == name.local && known.ns == name.ns)
    }

    /// A name as [`getAttribute()`](https://dom.spec.whatwg.org/#concept-element-attributes-get-by-name) takes it.
    pub(super) fn adjust_name(&self, qualified_name: &str) -> String {
        if self.is_html() && self.owner_doc().is_html_document() {
            qualified_name.to_ascii_lowercase()
        } else {
            qualified_name.to_owned()
        }
    }

    fn position_of_qualified(&self, name: &str) -> Option<usize> {
        let name = self.adjust_name(name);
        self.position(|known| match &known.prefix {
            None => *known.local == *name,
            Some(_) => qualified(known) == name,
        })
    }

    fn value_at(&self, index: Option<usize>) -> Option<DomString> {
        self.attributes.borrow().get(index?).map(|attribute| attribute.value.clone())
    }

    /// The value of an attribute without a namespace, by its local name.
    pub(crate) fn plain_attribute(&self, name: &str) -> Option<DomString> {
        self.value_at(self.position(|known| *known.local == *name && known.ns.is_empty()))
    }

    /// The value of an attribute.
    pub(crate) fn attribute_in(&self, namespace: &Namespace, local_name: &LocalName) -> Option<DomString> {
        self.value_at(self.position(|known| known.local == *local_name && known.ns == *namespace))
    }

    /// The value of an attribute by its qualified name.
    pub(super) fn attribute_by_name(&self, name: &str) -> Option<DomString> {
        self.value_at(self.position_of_qualified(name))
    }

    /// Sets an attribute without a namespace, by its local name.
    pub(crate) fn set_plain_attribute(&self, realm: &Realm, name: &str, value: DomString) {
        self.set_attribute_value(realm, plain(name), value);
    }

    /// [Sets an attribute value](https://dom.spec.whatwg.org/#concept-element-attributes-set-value).
    pub(crate) fn set_attribute_value(&self, realm: &Realm, name: QualName, value: DomString) {
        let position = self.position_of_expanded(&name);
        self.put(realm, position, name, value);
    }

    /// [`setAttribute()`](https://dom.spec.whatwg.org/#dom-element-setattribute) with an adjusted name.
    pub(super) fn set_attribute_by_name(&self, realm: &Realm, name: &str, value: DomString) {
        self.put(realm, self.position_of_qualified(name), plain(name), value);
    }

    fn put(&self, realm: &Realm, position: Option<usize>, name: QualName, value: DomString) {
        let change = {
            let mut attributes = self.attributes.borrow_mut();
            match position.and_then(|index| attributes.get_mut(index)) {
                // [Change an attribute](https://dom.spec.whatwg.org/#concept-element-attributes-change).
                Some(attribute) => {
                    let old = std::mem::replace(&mut attribute.value, value.clone());
                    if let Some(object) = &attribute.object {
                        object.update_value(value.clone());
                    }
                    (attribute.name.clone(), Some(old))
                }
                // [Append an attribute](https://dom.spec.whatwg.org/#concept-element-attributes-append).
                None => {
                    attributes.push(Attribute { name: name.clone(), value: value.clone(), object: None });
                    (name, None)
                }
            }
        };
        self.changed(realm, &change.0, change.1.as_ref(), Some(&value));
    }

    /// [Handles attribute changes](https://dom.spec.whatwg.org/#handle-attribute-changes).
    fn changed(&self, realm: &Realm, name: &QualName, old: Option<&DomString>, new: Option<&DomString>) {
        Node::touch();
        // Step 1.
        if mutation_observer::is_anything_observed() {
            let mutation = Mutation::Attributes {
                name: &name.local,
                namespace: super::namespaces::nullable(&name.ns),
                old: old.cloned(),
            };
            mutation_observer::queue_record(realm, &self.root().upcast(), &mutation);
        }
        // Step 2.
        if self.is_custom() {
            let change = Lifecycle::AttributeChanged {
                name: (&*name.local).into(),
                old: old.cloned(),
                new: new.cloned(),
                namespace: super::namespaces::nullable(&name.ns),
            };
            reactions::enqueue_callback(realm, &self.root(), change);
        }
        // Step 3.
        if name.ns.is_empty() {
            hooks::attribute_changed(realm, &self.root(), &name.local, old, new);
            if old != new && matches!(&*name.local, "slot" | "name") {
                super::slots::attribute_changed(realm, &self.root(), &name.local);
            }
        }
    }

    /// Adds an attribute that is not there yet, as a parser does.
    pub(crate) fn add_parsed_attribute(&self, realm: &Realm, name: QualName, value: DomString) {
        if self.position_of_expanded(&name).is_none() {
            self.put(realm, None, name, value);
        }
    }

    /// [Removes an attribute](https://dom.spec.whatwg.org/#concept-element-attributes-remove).
    fn remove_at(&self, realm: &Realm, index: usize) -> Option<Attribute> {
        let removed = {
            let mut attributes = self.attributes.borrow_mut();
            (index < attributes.len()).then(|| attributes.remove(index))?
        };
        if let Some(object) = &removed.object {
            object.update_owner(None);
        }
        self.changed(realm, &removed.name, Some(&removed.value), None);
        Some(removed)
    }

    /// Removes an attribute without a namespace, by its local name.
    pub(crate) fn remove_plain_attribute(&self, realm: &Realm, name: &str) {
        if let Some(index) = self.position(|known| *known.local == *name && known.ns.is_empty()) {
            drop(self.remove_at(realm, index));
        }
    }

    /// Removes an attribute by its qualified name.
    pub(super) fn remove_attribute_by_name(&self, realm: &Realm, name: &str) {
        if let Some(index) = self.position_of_qualified(name) {
            drop(self.remove_at(realm, index));
        }
    }

    /// Removes an attribute by namespace and local name.
    pub(super) fn remove_attribute_in(&self, realm: &Realm, namespace: &Namespace, local_name: &str) {
        if let Some(index) = self.position(|known| *known.local == *local_name && known.ns == *namespace) {
            drop(self.remove_at(realm, index));
        }
    }

    /// The objects of attributes, made when first asked for.
    fn attribute_object(&self, realm: &Realm, index: usize) -> Fallible<Option<Root<Attr>>> {
        let (name, value) = {
            let attributes = self.attributes.borrow();
            let Some(attribute) = attributes.get(index) else { return Ok(None) };
            if let Some(object) = &attribute.object {
                return Ok(Some((**object).clone()));
            }
            (attribute.name.clone(), attribute.value.clone())
        };
        let object = Attr::create(realm, &self.owner_doc(), name, value, Some(&self.root()))?;
        if let Some(attribute) = self.attributes.borrow_mut().get_mut(index) {
            attribute.object = Some(object.clone().into());
        }
        Ok(Some(object))
    }

    /// How many attributes there are.
    pub(super) fn attribute_count(&self) -> usize {
        self.attributes.borrow().len()
    }

    /// The attribute at an index, as an object.
    pub(super) fn attr_at(&self, realm: &Realm, index: usize) -> Fallible<Option<Root<Attr>>> {
        self.attribute_object(realm, index)
    }

    /// The attribute of a qualified name, as an object.
    pub(super) fn attr_by_name(&self, realm: &Realm, name: &str) -> Fallible<Option<Root<Attr>>> {
        self.position_of_qualified(name).map_or(Ok(None), |index| self.attribute_object(realm, index))
    }

    /// The attribute of a namespace and local name, as an object.
    pub(super) fn attr_in(
        &self,
        realm: &Realm,
        namespace: &Namespace,
        name: &str,
    ) -> Fallible<Option<Root<Attr>>> {
        let index = self.position(|known| *known.local == *name && known.ns == *namespace);
        index.map_or(Ok(None), |index| self.attribute_object(realm, index))
    }

    /// [Sets an attribute](https://dom.spec.whatwg.org/#concept-element-attributes-set); gives the one it replaced.
    pub(super) fn set_attr(&self, realm: &Realm, attr: &Root<Attr>) -> Fallible<Option<Root<Attr>>> {
        // Step 2.
        let this = self.root();
        if attr.owner().is_some_and(|owner| owner != this) {
            return Err(Exception::dom("InUseAttributeError", "the attribute belongs to another element"));
        }
        // Steps 3 and 4.
        let index = self.position_of_expanded(attr.name());
        let old = index.map_or(Ok(None), |index| self.attribute_object(realm, index))?;
        if old.as_ref() == Some(attr) {
            return Ok(old);
        }
        // Steps 5 to 7.
        super::mutation::adopt(realm, &attr.upcast(), &self.owner_doc());
        let value = attr.text();
        let entry =
            Attribute { name: attr.name().clone(), value: value.clone(), object: Some(attr.clone().into()) };
        attr.update_owner(Some(&this));
        let before = {
            let mut attributes = self.attributes.borrow_mut();
            match index.and_then(|index| attributes.get_mut(index)) {
                Some(place) => Some(std::mem::replace(place, entry)),
                None => {
                    attributes.push(entry);
                    None
                }
            }
        };
        if let Some(old) = &old {
            old.update_owner(None);
        }
        self.changed(realm, attr.name(), before.as_ref().map(|before| &before.value), Some(&value));
        Ok(old)
    }

    /// [Removes an attribute](https://dom.spec.whatwg.org/#dom-element-removeattributenode) that is given as an object.
    pub(super) fn remove_attr(&self, realm: &Realm, attr: &Root<Attr>) -> Fallible<()> {
        let index = self.place_of_attribute(attr);
        match index.and_then(|index| self.remove_at(realm, index)) {
            Some(_) => Ok(()),
            None => Err(super::node::not_found("the attribute is not one of this element")),
        }
    }

    /// The index of an attribute that is given as an object.
    pub(super) fn place_of_attribute(&self, attr: &Root<Attr>) -> Option<usize> {
        self.attributes
            .borrow()
            .iter()
            .position(|known| known.object.as_ref().is_some_and(|object| **object == *attr))
    }

    /// The qualified names of all, in order.
    pub(super) fn attribute_names(&self) -> Vec<DomString> {
        self.attributes.borrow().iter().map(|attribute| qualified(&attribute.name).into()).collect()
    }

    /// Names and values of all, in order.
    pub(crate) fn attribute_list(&self) -> Vec<(QualName, DomString)> {
        self.attributes.borrow().iter().map(|a| (a.name.clone(), a.value.clone())).collect()
    }

    pub(super) fn copy_attributes(&self, realm: &Realm, from: &Self) {
        for (name, value) in from.attribute_list() {
            self.put(realm, None, name, value);
        }
    }

    pub(super) fn has_same_attributes(&self, other: &Self) -> bool {
        self.attribute_count() == other.attribute_count()
            && self
                .attribute_list()
                .iter()
                .all(|(name, value)| other.value_at(other.position_of_expanded(name)).as_ref() == Some(value))
    }

    /// The prefix that is declared here for a namespace.
    pub(super) fn declared_prefix(&self, namespace: &DomString) -> Option<DomString> {
        let attributes = self.attributes.borrow();
        let declares = |a: &&Attribute| a.name.prefix.as_deref() == Some("xmlns") && a.value == *namespace;
        attributes.iter().find(declares).map(|attribute| (&*attribute.name.local).into())
    }

    pub(super) fn set_attribute_documents(&self, document: &Root<Document>) {
        let objects: Vec<_> = {
            let attributes = self.attributes.borrow();
            attributes
                .iter()
                .filter_map(|attribute| attribute.object.as_ref())
                .map(|object| (**object).clone())
                .collect()
        };
        for object in objects {
            object.set_owner_doc(document);
        }
    }

    /// Whether it has that [ID](https://dom.spec.whatwg.org/#concept-id).
    pub(crate) fn has_id(&self, id: &str) -> bool {
        let attributes = self.attributes.borrow();
        attributes.iter().any(|a| *a.name.local == *"id" && a.name.ns.is_empty() && *a.value == *id)
    }

    /// Runs `f` with the value of an attribute without a namespace.
    pub(crate) fn with_plain_attribute<R>(&self, name: &str, f: impl FnOnce(Option<&str>) -> R) -> R {
        let attributes = self.attributes.borrow();
        let found = attributes.iter().find(|a| *a.name.local == *name && a.name.ns.is_empty());
        f(found.map(|attribute| &*attribute.value))
    }

    /// Whether any attribute of that local name satisfies `wanted`, in that namespace or in any.
    pub(super) fn any_attribute(
        &self,
        namespace: Option<&Namespace>,
        local_name: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> bool {
        self.attributes.borrow().iter().any(|a| {
            *a.name.local == *local_name && namespace.is_none_or(|ns| *ns == a.name.ns) && wanted(&a.value)
        })
    }

    /// Whether it has that class, letter by letter; in quirks mode, upper and lower case are the same.
    pub(crate) fn has_class_name(&self, class: &str) -> bool {
        let quirky = self.owner_doc().is_quirky();
        let is_class = |known: &str| known == class || (quirky && known.eq_ignore_ascii_case(class));
        self.with_plain_attribute("class", |value| {
            value.is_some_and(|value| value.split_ascii_whitespace().any(is_class))
        })
    }
}

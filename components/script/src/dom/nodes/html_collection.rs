//! [`HTMLCollection`](https://dom.spec.whatwg.org/#interface-htmlcollection).

use std::cell::{Cell, RefCell};

use bgfetch_js::{DomString, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};
use markup5ever::{LocalName, Namespace, ns};

use super::attributes::qualified;
use super::html_all_collection;
use crate::bindings::HTMLCollectionMethods;
use crate::dom::nodes::dom_token_list::tokens;
use crate::dom::{Element, HTMLFormElement, HTMLOptionElement, HTMLSelectElement, Node};

/// `HTMLCollection`: elements below a node, live.
pub(crate) struct HTMLCollection {
    reflector: Reflector,
    root: Member<Node>,
    filter: Filter,
    elements: RefCell<Vec<Member<Element>>>,
    /// The tree's version when `elements` was made.
    version: Cell<u64>,
}

/// How many collections a node remembers.
const REMEMBERED: usize = 16;

/// The collections that script asked a node for lately: the [same ones again, for the same
/// arguments](https://dom.spec.whatwg.org/#concept-getelementsbytagname).
#[derive(Default)]
pub(super) struct Collections(RefCell<Vec<Member<HTMLCollection>>>);

impl bgfetch_js::Trace for Collections {
    fn trace(&self, tracer: &mut bgfetch_js::Tracer) {
        self.0.trace(tracer);
    }
}

impl Collections {
    /// The collection of `root`, whose collections these are, with that filter.
    pub(super) fn get(
        &self,
        realm: &Realm,
        root: &Root<Node>,
        filter: Filter,
    ) -> Fallible<Root<HTMLCollection>> {
        let known = self.0.borrow().iter().position(|collection| collection.filter == filter);
        if let Some(known) = known {
            let mut collections = self.0.borrow_mut();
            let collection = collections.remove(known);
            let root = (*collection).clone();
            collections.push(collection);
            return Ok(root);
        }
        let collection = realm.wrap(HTMLCollection::new(root, filter))?;
        let mut collections = self.0.borrow_mut();
        let forgotten = if collections.len() < REMEMBERED { None } else { Some(collections.remove(0)) };
        collections.push(collection.clone().into());
        drop(collections);
        drop(forgotten);
        Ok(collection)
    }
}

/// Which elements a collection has.
#[derive(PartialEq, Eq)]
pub(crate) enum Filter {
    /// `children`
    Children,
    /// All of them.
    All,
    /// [By qualified name](https://dom.spec.whatwg.org/#concept-getelementsbytagname): as it is, and in lower case for
    /// HTML elements of HTML documents.
    QualifiedName { exact: String, lower: String },
    /// [By namespace and local name](https://dom.spec.whatwg.org/#concept-getelementsbytagnamens); `None` is any.
    Name { namespace: Option<Namespace>, local_name: Option<LocalName> },
    /// [By classes](https://dom.spec.whatwg.org/#concept-getelementsbyclassname), all of them.
    Classes(Vec<String>),
    /// HTML elements of one of these names, with that attribute if one is named.
    Html(&'static [&'static str], Option<&'static str>),
    /// The [controls](https://html.spec.whatwg.org/multipage/forms.html#dom-form-elements) of the form that is the root.
    Controls,
    /// The options of the select element that is the root.
    Options,
    /// Those of them that are selected.
    SelectedOptions,
    /// ["all"-named elements](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#concept-get-all-named).
    AllNamed(String),
    /// [Named objects](https://html.spec.whatwg.org/multipage/nav-history-apis.html#dom-window-nameditem-filter) of a window.
    Named(String),
}

trace_fields!(HTMLCollection { root, elements });
platform_object!(HTMLCollection);

impl HTMLCollection {
    /// The elements below `root` that `filter` lets through.
    pub(crate) fn new(root: &Root<Node>, filter: Filter) -> Self {
        Self {
            reflector: Reflector::new(),
            root: root.clone().into(),
            filter,
            elements: RefCell::default(),
            version: Cell::new(0),
        }
    }

    fn refresh(&self) {
        let version = super::node::tree_version();
        // What is selected can change without the tree.
        if self.version.replace(version) == version && !matches!(self.filter, Filter::SelectedOptions) {
            return;
        }
        let elements: Vec<Member<Element>> = match &self.filter {
            Filter::Children => self.root.child_elements().map(Into::into).collect(),
            Filter::Controls => {
                let form = self.root.downcast::<HTMLFormElement>();
                form.map(|form| form.elements_in_order())
                    .unwrap_or_default()
                    .into_iter()
                    .map(Into::into)
                    .collect()
            }
            Filter::Options => self.options(|_| true),
            Filter::SelectedOptions => self.options(|option| option.is_selected()),
            filter => self.root.descendant_elements().filter(|e| filter.matches(e)).map(Into::into).collect(),
        };
        let before = self.elements.replace(elements);
        drop(before);
    }

    fn options(&self, wanted: impl Fn(&Root<HTMLOptionElement>) -> bool) -> Vec<Member<Element>> {
        let select = self.root.downcast::<HTMLSelectElement>();
        let options = select.map(|select| select.option_list()).unwrap_or_default().into_iter();
        options.filter(wanted).map(|option| option.upcast::<Element>().into()).collect()
    }

    fn find(&self, wanted: impl Fn(&Root<Element>) -> bool) -> Option<Root<Element>> {
        self.refresh();
        self.elements.borrow().iter().map(|element| (**element).clone()).find(wanted)
    }

    fn len(&self) -> u32 {
        self.refresh();
        u32::try_from(self.elements.borrow().len()).unwrap_or(u32::MAX)
    }
}

impl Filter {
    /// [`getElementsByTagName()`](https://dom.spec.whatwg.org/#concept-getelementsbytagname)
    pub(super) fn by_tag_name(name: &DomString) -> Self {
        if *name == "*" {
            Self::All
        } else {
            Self::QualifiedName { exact: name.to_string(), lower: name.to_ascii_lowercase() }
        }
    }

    /// [`getElementsByTagNameNS()`](https://dom.spec.whatwg.org/#concept-getelementsbytagnamens)
    pub(super) fn by_name(namespace: Option<DomString>, local_name: &DomString) -> Self {
        let namespace = namespace.unwrap_or_default();
        Self::Name {
            namespace: (namespace != "*").then(|| Namespace::from(&*namespace)),
            local_name: (*local_name != "*").then(|| LocalName::from(&**local_name)),
        }
    }

    /// [`getElementsByClassName()`](https://dom.spec.whatwg.org/#concept-getelementsbyclassname)
    pub(super) fn by_class_names(names: &DomString) -> Self {
        Self::Classes(tokens(names))
    }

    fn matches(&self, element: &Root<Element>) -> bool {
        match self {
            Self::Children | Self::All | Self::Controls | Self::Options | Self::SelectedOptions => true,
            Self::QualifiedName { exact, lower } => {
                let in_html = element.is_html() && element.owner_doc().is_html_document();
                qualified(element.name()) == if in_html { lower.as_str() } else { exact.as_str() }
            }
            Self::Name { namespace, local_name } => {
                namespace.as_ref().is_none_or(|namespace| *namespace == element.name().ns)
                    && local_name.as_ref().is_none_or(|name| *name == element.name().local)
            }
            Self::Classes(classes) => {
                !classes.is_empty() && classes.iter().all(|class| element.has_class_name(class))
            }
            Self::Named(name) => is_named(element, name),
            Self::AllNamed(name) => html_all_collection::has_name(element, name),
            Self::Html(names, attribute) => {
                element.name().ns == ns!(html)
                    && names.contains(&&*element.name().local)
                    && attribute.is_none_or(|attribute| element.plain_attribute(attribute).is_some())
            }
        }
    }
}

impl HTMLCollectionMethods for HTMLCollection {
    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.len())
    }

    fn item(&self, _: &Realm, index: u32) -> Fallible<Option<Root<Element>>> {
        self.refresh();
        Ok(self.elements.borrow().get(index as usize).map(|element| (**element).clone()))
    }

    fn indexed_length(&self) -> u32 {
        self.len()
    }

    /// [`namedItem()`](https://dom.spec.whatwg.org/#dom-htmlcollection-nameditem)
    fn named_item(&self, _: &Realm, name: DomString) -> Fallible<Option<Root<Element>>> {
        if name.is_empty() {
            return Ok(None);
        }
        Ok(self.find(|element| {
            element.has_id(&name)
                || (element.is_html() && element.plain_attribute("name").as_ref() == Some(&name))
        }))
    }

    fn supported_property_names(&self) -> Vec<DomString> {
        self.refresh();
        let mut names: Vec<DomString> = Vec::new();
        for element in self.elements.borrow().iter() {
            let id = element.plain_attribute("id");
            let name = if element.is_html() { element.plain_attribute("name") } else { None };
            for name in [id, name].into_iter().flatten().filter(|name| !name.is_empty()) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }
}

/// Whether an element is a [named object](https://html.spec.whatwg.org/multipage/nav-history-apis.html#dom-window-nameditem-filter).
pub(crate) fn is_named(element: &Root<Element>, name: &str) -> bool {
    if element.with_plain_attribute("id", |id| id.is_some_and(|id| id == name)) {
        return true;
    }
    let has_name = matches!(&*element.name().local, "embed" | "form" | "img" | "object");
    has_name
        && element.is_html()
        && element.with_plain_attribute("name", |known| known.is_some_and(|known| known == name))
}

//! Interfaces: nodes.

pub(crate) mod attr;
pub(crate) mod attributes;
pub(crate) mod cdata_section;
pub(crate) mod character_data;
pub(crate) mod clone;
pub(crate) mod comment;
pub(crate) mod document;
pub(crate) mod document_fragment;
pub(crate) mod document_methods;
pub(crate) mod document_type;
pub(crate) mod dom_implementation;
pub(crate) mod dom_token_list;
pub(crate) mod element;
pub(crate) mod fragment_html;
pub(crate) mod html_collection;
pub(crate) mod mutation;
pub(crate) mod mutation_observer;
pub(crate) mod mutation_record;
pub(crate) mod named_node_map;
pub(crate) mod namespaces;
pub(crate) mod node;
pub(crate) mod node_list;
pub(crate) mod parent_node;
pub(crate) mod processing_instruction;
pub(crate) mod selectors;
pub(crate) mod shadow_root;
pub(crate) mod slots;
pub(crate) mod svg_element;
pub(crate) mod text;
pub(crate) mod text_content;
pub(crate) mod traversal;

pub(crate) use attr::Attr;
pub(crate) use cdata_section::CDATASection;
pub(crate) use character_data::CharacterData;
pub(crate) use comment::Comment;
pub(crate) use document::Document;
pub(crate) use document_fragment::DocumentFragment;
pub(crate) use document_type::DocumentType;
pub(crate) use dom_implementation::DOMImplementation;
pub(crate) use dom_token_list::DOMTokenList;
pub(crate) use element::Element;
pub(crate) use html_collection::HTMLCollection;
pub(crate) use mutation_observer::MutationObserver;
pub(crate) use mutation_record::MutationRecord;
pub(crate) use named_node_map::NamedNodeMap;
pub(crate) use node::{Node, NodeKind};
pub(crate) use node_list::NodeList;
pub(crate) use parent_node::{
    child_node, non_document_type_child_node, non_element_parent_node, parent_node,
};
pub(crate) use processing_instruction::ProcessingInstruction;
pub(crate) use shadow_root::ShadowRoot;
pub(crate) use slots::slottable;
pub(crate) use svg_element::{MathMLElement, SVGElement};
pub(crate) use text::Text;

//! The tree.

use std::{fmt, sync::Arc};

/// A name with its namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The namespace; none where it is in none.
    pub namespace: Option<Arc<str>>,
    /// Without prefix.
    pub local: String,
}

impl Name {
    /// Whether it is this name of this namespace.
    #[must_use]
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local == local && self.namespace.as_deref() == Some(namespace)
    }
}

/// An attribute; declarations of namespaces are none.
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: Name,
    /// Its value, normalised.
    pub value: String,
}

/// An element.
#[derive(Clone, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: Name,
    /// Its attributes, in order.
    pub attributes: Vec<Attribute>,
    /// What is in it, in order.
    pub nodes: Vec<Node>,
}

/// What is in an element.
#[derive(Clone, PartialEq, Eq)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text, CDATA sections and references as one. No two stand side by side.
    Text(String),
    /// A comment. What it says is not kept.
    Comment,
}

// What is in elements may be a secret or somebody's data.
impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}> of {} nodes", self.name.local, self.nodes.len())
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=[hidden]", self.name.local)
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(element) => element.fmt(f),
            Self::Text(_) => f.write_str("[text]"),
            Self::Comment => f.write_str("[comment]"),
        }
    }
}

impl Element {
    /// The elements in it.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) | Node::Comment => None,
        })
    }

    /// An attribute by its name.
    #[must_use]
    pub fn attribute(&self, namespace: Option<&str>, local: &str) -> Option<&str> {
        let found = self
            .attributes
            .iter()
            .find(|a| a.name.local == local && a.name.namespace.as_deref() == namespace);
        found.map(|a| a.value.as_str())
    }

    /// Its text with comments left out; none where it holds elements.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let mut text = String::new();
        for node in &self.nodes {
            match node {
                Node::Text(part) => text.push_str(part),
                Node::Comment => {}
                Node::Element(_) => return None,
            }
        }
        Some(text)
    }

    /// Whether there is nothing in it but elements, comments and white space.
    #[must_use]
    pub fn is_structure(&self) -> bool {
        self.nodes.iter().all(|node| match node {
            Node::Text(text) => text.bytes().all(crate::names::is_space),
            Node::Element(_) | Node::Comment => true,
        })
    }

    /// Whether there is a comment in it, however deep.
    #[must_use]
    pub fn has_comment(&self) -> bool {
        self.nodes.iter().any(|node| match node {
            Node::Element(element) => element.has_comment(),
            Node::Text(_) => false,
            Node::Comment => true,
        })
    }
}

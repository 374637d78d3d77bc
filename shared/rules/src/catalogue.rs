//! What a condition can ask of an event.

use crate::Kind;

/// What an event says under one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its type.
    pub kind: Kind,
    /// Whether some events do not have it.
    pub may_be_missing: bool,
}

/// The attributes of one kind of event.
pub trait Catalogue {
    /// The attribute of a name.
    fn attribute(&self, name: &str) -> Option<Attribute>;
}

/// The attributes that some programs read, each once. A program finds the value of an attribute by its place here, so that one event is
/// looked up once for all of them.
#[derive(Clone, Debug, Default)]
pub struct Slots(Vec<String>);

impl Slots {
    /// The names, in the order in which programs want their values.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// The place of a name.
    pub(crate) fn of(&mut self, name: &str) -> usize {
        if let Some(at) = self.0.iter().position(|known| known == name) {
            return at;
        }
        self.0.push(name.to_owned());
        self.0.len() - 1
    }
}

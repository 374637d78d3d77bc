//! Documents that are made as a whole, such as schemas.

use crate::{Unwritable, Writer};

/// An element and what is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// Its name, with its prefix.
    pub name: &'static str,
    /// Its attributes, in order.
    pub attributes: Vec<(&'static str, String)>,
    /// Its text; then there are no elements in it.
    pub text: Option<String>,
    /// The elements in it.
    pub inside: Vec<Self>,
}

impl Tag {
    /// Empty.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            attributes: Vec::new(),
            text: None,
            inside: Vec::new(),
        }
    }

    /// With an attribute more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// With these elements in it, behind those that are there.
    #[must_use]
    pub fn holding(mut self, inside: impl IntoIterator<Item = Self>) -> Self {
        self.inside.extend(inside);
        self
    }

    /// With a documentation in front (XML Schema part 1, section 3.15).
    #[must_use]
    pub fn about(mut self, about: &str) -> Self {
        let about = about.trim();
        if about.is_empty() {
            return self;
        }
        let mut documentation = Self::new("xs:documentation");
        documentation.text = Some(about.to_owned());
        self.inside
            .insert(0, Self::new("xs:annotation").holding([documentation]));
        self
    }

    fn write(&self, writer: &mut Writer) -> Result<(), Unwritable> {
        let attributes: Vec<(&str, &str)> = self.attributes.iter().map(|(n, v)| (*n, v.as_str())).collect();
        if self.inside.is_empty() && self.text.is_none() {
            return writer.empty(self.name, &attributes);
        }
        writer.start(self.name, &attributes)?;
        if let Some(text) = &self.text {
            writer.text(text)?;
        }
        for tag in &self.inside {
            writer.line();
            tag.write(writer)?;
        }
        if self.text.is_none() {
            writer.line();
        }
        writer.end()
    }

    /// The document.
    ///
    /// # Errors
    /// A name that is none, or a value that XML cannot hold.
    pub fn document(&self) -> Result<String, Unwritable> {
        let mut writer = Writer::new();
        self.write(&mut writer)?;
        Ok(writer.finish()? + "\n")
    }
}

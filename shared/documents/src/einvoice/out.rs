//! A writer of elements, for the two syntaxes.

use super::NoEinvoice;
use xml::Writer;

/// Writes elements, one to a line.
pub struct Out(Writer);

impl Out {
    pub fn new() -> Self {
        Self(Writer::new())
    }

    /// An element with what is written within.
    pub fn within(
        &mut self,
        name: &str,
        what: impl FnOnce(&mut Self) -> Result<(), NoEinvoice>,
    ) -> Result<(), NoEinvoice> {
        self.root(name, &[], what)
    }

    /// The same with attributes.
    pub fn root(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        what: impl FnOnce(&mut Self) -> Result<(), NoEinvoice>,
    ) -> Result<(), NoEinvoice> {
        self.0.start(name, attributes)?;
        self.0.line();
        what(self)?;
        self.0.end()?;
        self.0.line();
        Ok(())
    }

    /// An element with text.
    pub fn leaf(&mut self, name: &str, text: &str) -> Result<(), NoEinvoice> {
        self.with(name, &[], text)
    }

    /// The same with attributes.
    pub fn with(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) -> Result<(), NoEinvoice> {
        self.0.start(name, attributes)?;
        self.0.text(text)?;
        self.0.end()?;
        self.0.line();
        Ok(())
    }

    /// An element with text where there is some.
    pub fn maybe(&mut self, name: &str, text: Option<&String>) -> Result<(), NoEinvoice> {
        text.map_or(Ok(()), |text| self.leaf(name, text))
    }

    /// An element with text and the scheme that it is of.
    pub fn scheme(&mut self, name: &str, scheme: Option<&String>, text: &str) -> Result<(), NoEinvoice> {
        match scheme {
            Some(scheme) => self.with(name, &[("schemeID", scheme)], text),
            None => self.leaf(name, text),
        }
    }

    pub fn finish(self) -> Result<String, NoEinvoice> {
        Ok(self.0.finish()?)
    }
}

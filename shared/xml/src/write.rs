//! The writer: what it makes is well-formed, or it makes nothing.

use crate::names::{is_char, is_name};

/// Writes elements one after the other.
#[derive(Default)]
pub struct Writer {
    out: String,
    open: Vec<String>,
}

/// Something that XML 1.0 cannot hold, or an end without a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwritable;

impl Writer {
    /// With the declaration.
    #[must_use]
    pub fn new() -> Self {
        let mut writer = Self::default();
        writer
            .out
            .push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        writer
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) -> Result<(), Unwritable> {
        self.out.push('<');
        self.name(name)?;
        for (name, value) in attributes {
            self.out.push(' ');
            self.name(name)?;
            self.out.push_str("=\"");
            self.escape(value, true)?;
            self.out.push('"');
        }
        Ok(())
    }

    fn name(&mut self, name: &str) -> Result<(), Unwritable> {
        let good = match name.split_once(':') {
            Some((prefix, local)) => is_name(prefix) && is_name(local),
            None => is_name(name),
        };
        if !good {
            return Err(Unwritable);
        }
        self.out.push_str(name);
        Ok(())
    }

    fn escape(&mut self, text: &str, attribute: bool) -> Result<(), Unwritable> {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' if attribute => self.out.push_str("&quot;"),
                // Otherwise a reader makes line ends and blanks of them.
                '\r' => self.out.push_str("&#13;"),
                '\n' if attribute => self.out.push_str("&#10;"),
                '\t' if attribute => self.out.push_str("&#9;"),
                c if is_char(c) => self.out.push(c),
                _ => return Err(Unwritable),
            }
        }
        Ok(())
    }

    /// Begins an element; declarations of namespaces are attributes here.
    ///
    /// # Errors
    /// A name that is none, or a value that XML cannot hold.
    pub fn start(&mut self, name: &str, attributes: &[(&str, &str)]) -> Result<(), Unwritable> {
        self.tag(name, attributes)?;
        self.out.push('>');
        self.open.push(name.to_owned());
        Ok(())
    }

    /// An element with nothing in it.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> Result<(), Unwritable> {
        self.tag(name, attributes)?;
        self.out.push_str("/>");
        Ok(())
    }

    /// Text.
    ///
    /// # Errors
    /// A character that XML cannot hold.
    pub fn text(&mut self, text: &str) -> Result<(), Unwritable> {
        self.escape(text, false)
    }

    /// An element with text in it.
    ///
    /// # Errors
    /// As [`Self::start`] and [`Self::text`].
    pub fn leaf(&mut self, name: &str, text: &str) -> Result<(), Unwritable> {
        self.start(name, &[])?;
        self.text(text)?;
        self.end()
    }

    /// Ends the element that was begun last.
    ///
    /// # Errors
    /// When none is open.
    pub fn end(&mut self) -> Result<(), Unwritable> {
        let name = self.open.pop().ok_or(Unwritable)?;
        self.out.push_str("</");
        self.out.push_str(&name);
        self.out.push('>');
        Ok(())
    }

    /// A line end, for people.
    pub fn line(&mut self) {
        self.out.push('\n');
        for _ in &self.open {
            self.out.push_str("  ");
        }
    }

    /// What was written.
    ///
    /// # Errors
    /// When an element is open still.
    pub fn finish(self) -> Result<String, Unwritable> {
        if self.open.is_empty() {
            Ok(self.out)
        } else {
            Err(Unwritable)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, read};

    #[test]
    fn what_is_written_is_read_again() {
        let text = "a & b < c > \"d\" ]]> \r\n\t\u{1F600} é";
        let mut writer = Writer::new();
        writer.start("p:a", &[("xmlns:p", "urn:p"), ("q", text)]).unwrap();
        writer.leaf("p:b", text).unwrap();
        writer.empty("p:c", &[]).unwrap();
        writer.end().unwrap();
        let written = writer.finish().unwrap();
        let read = read(written.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(read.attribute(None, "q"), Some(text));
        assert_eq!(read.elements().next().unwrap().text().as_deref(), Some(text));
    }

    #[test]
    fn what_xml_cannot_hold_is_refused() {
        for bad in ["\u{0}", "\u{1}", "\u{b}", "\u{FFFE}", "\u{FFFF}"] {
            assert_eq!(Writer::new().leaf("a", bad), Err(Unwritable), "{bad:?}");
            assert_eq!(
                Writer::new().start("a", &[("b", bad)]),
                Err(Unwritable),
                "{bad:?}"
            );
        }
        for bad in ["", "1", "a b", "a:b:c", ":a", "a:", "a>"] {
            assert_eq!(Writer::new().start(bad, &[]), Err(Unwritable), "{bad:?}");
        }
        assert_eq!(Writer::new().end(), Err(Unwritable));
        let mut open = Writer::new();
        open.start("a", &[]).unwrap();
        assert_eq!(open.finish(), Err(Unwritable));
    }
}

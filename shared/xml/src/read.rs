//! The reader.

use crate::{
    names::{is_char, is_name, is_space},
    refusal::Refusal,
    tree::{Attribute, Element, Name, Node},
};
use quick_xml::{Reader, events::Event};
use std::sync::Arc;

/// The namespace of the prefix `xml`.
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The namespace of declarations of namespaces.
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// What a document may be at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes.
    pub bytes: usize,
    /// Elements in one another.
    pub depth: usize,
    /// Elements.
    pub elements: usize,
    /// Attributes of an element.
    pub attributes: usize,
    /// Declarations of namespaces of an element.
    pub declarations: usize,
    /// Declarations of namespaces that hold at once.
    pub scope: usize,
    /// Bytes of a name, prefix and all.
    pub name: usize,
}

impl Limits {
    /// Of what strangers send.
    pub const DEFAULT: Self = Self {
        bytes: 256 * 1024,
        depth: 32,
        elements: 5_000,
        attributes: 16,
        declarations: 16,
        scope: 64,
        name: 100,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Reads a document.
///
/// # Errors
/// Whatever is not well-formed, not taken, or too much.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Element, Refusal> {
    if bytes.len() > limits.bytes {
        return Err(Refusal::Size);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::Encoding)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if !text.chars().all(is_char) {
        return Err(Refusal::Character);
    }
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    // Names of ends are compared here, byte by byte.
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.trim_markup_names_in_closing_tags = false;
    let position = |reader: &Reader<&[u8]>| usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
    let mut builder = Builder {
        limits,
        open: Vec::new(),
        scope: Vec::new(),
        root: None,
        elements: 0,
    };
    let mut began = false;
    loop {
        let from = position(&reader);
        let event = reader.read_event().map_err(|_| Refusal::Token)?;
        // What is looked at is the text itself, whatever the tokenizer has made of it.
        let token = text.get(from..position(&reader)).ok_or(Refusal::Token)?;
        match event {
            Event::Eof if token.is_empty() => return builder.finish(),
            Event::Eof => return Err(Refusal::Token),
            Event::Decl(_) if began => return Err(Refusal::Declaration),
            Event::Decl(_) => declaration(token)?,
            Event::DocType(_) => return Err(Refusal::DocumentType),
            Event::PI(_) => return Err(Refusal::Instruction),
            Event::Start(_) => builder.start(within(token, "<", ">")?, false)?,
            Event::Empty(_) => builder.start(within(token, "<", "/>")?, true)?,
            Event::End(_) => builder.end(within(token, "</", ">")?)?,
            Event::Text(_) => builder.text(token)?,
            Event::CData(_) => builder.literal(within(token, "<![CDATA[", "]]>")?, true)?,
            Event::GeneralRef(_) => {
                let c = reference(within(token, "&", ";")?)?;
                builder.literal(c.encode_utf8(&mut [0; 4]), false)?;
            }
            Event::Comment(_) => {
                let inside = within(token, "<!--", "-->")?;
                if inside.contains("--") || inside.ends_with('-') {
                    return Err(Refusal::Comment);
                }
                builder.comment();
            }
        }
        began = true;
    }
}

/// What stands between the two ends of a token.
fn within<'t>(token: &'t str, from: &str, to: &str) -> Result<&'t str, Refusal> {
    let inside = token.strip_prefix(from).and_then(|rest| rest.strip_suffix(to));
    inside.ok_or(Refusal::Token)
}

/// `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`, the latter two or none.
fn declaration(token: &str) -> Result<(), Refusal> {
    let inside = within(token, "<?xml", "?>").map_err(|_| Refusal::Declaration)?;
    let mut rest = inside;
    let mut expected = ["version", "encoding", "standalone"].iter();
    let mut any = false;
    while let Some((name, value, left)) = pair(rest).map_err(|_| Refusal::Declaration)? {
        // In this order, each at most once.
        if !expected.any(|e| *e == name) || (!any && name != "version") {
            return Err(Refusal::Declaration);
        }
        match name {
            "version" if value != "1.0" => return Err(Refusal::Declaration),
            "encoding" if !value.eq_ignore_ascii_case("utf-8") => return Err(Refusal::Encoding),
            "standalone" if !matches!(value, "yes" | "no") => return Err(Refusal::Declaration),
            _ => {}
        }
        any = true;
        rest = left;
    }
    if any { Ok(()) } else { Err(Refusal::Declaration) }
}

/// The next `name="value"` after white space, and what is left; none where only white space is.
fn pair(text: &str) -> Result<Option<(&str, &str, &str)>, Refusal> {
    let trimmed = text.trim_start_matches(|c: char| c.is_ascii() && is_space(c as u8));
    if trimmed.is_empty() {
        return Ok(None);
    }
    if trimmed.len() == text.len() {
        return Err(Refusal::Attribute);
    }
    let blank = |c: char| c.is_ascii() && is_space(c as u8);
    let (name, rest) = trimmed.split_once('=').ok_or(Refusal::Attribute)?;
    let rest = rest.trim_start_matches(blank);
    let quote = rest
        .chars()
        .next()
        .filter(|q| matches!(q, '"' | '\''))
        .ok_or(Refusal::Attribute)?;
    let (value, rest) = rest
        .get(1..)
        .and_then(|rest| rest.split_once(quote))
        .ok_or(Refusal::Attribute)?;
    Ok(Some((name.trim_end_matches(blank), value, rest)))
}

/// The character that a reference stands for: `#10`, `#xA` or one of the five entities.
fn reference(inside: &str) -> Result<char, Refusal> {
    let number = match inside {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        _ => inside.strip_prefix('#'),
    };
    let Some(number) = number else {
        return Err(if is_name(inside) {
            Refusal::Entity
        } else {
            Refusal::Reference
        });
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
    // `from_str_radix` would take a sign.
    if digits.is_empty() || !digits.chars().all(|d| d.is_digit(radix)) {
        return Err(Refusal::Reference);
    }
    let code = u32::from_str_radix(digits, radix).map_err(|_| Refusal::Reference)?;
    char::from_u32(code)
        .filter(|c| is_char(*c))
        .ok_or(Refusal::Reference)
}

/// Text with line ends as one `\n` each (XML 1.0, section 2.11).
fn lines(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some((line, more)) = rest.split_once('\r') {
        out.push_str(line);
        out.push('\n');
        rest = more.strip_prefix('\n').unwrap_or(more);
    }
    out.push_str(rest);
}

/// The value of an attribute as it is told (XML 1.0, section 3.3.3, for CDATA).
fn value(raw: &str) -> Result<String, Refusal> {
    if raw.contains('<') {
        return Err(Refusal::Attribute);
    }
    let mut plain = String::with_capacity(raw.len());
    let mut rest = raw;
    let mut blanks = String::new();
    let mut put = |part: &str, plain: &mut String| {
        blanks.clear();
        lines(part, &mut blanks);
        plain.extend(
            blanks
                .chars()
                .map(|c| if matches!(c, '\n' | '\t') { ' ' } else { c }),
        );
    };
    while let Some((part, more)) = rest.split_once('&') {
        put(part, &mut plain);
        let (inside, more) = more.split_once(';').ok_or(Refusal::Reference)?;
        plain.push(reference(inside)?);
        rest = more;
    }
    put(rest, &mut plain);
    Ok(plain)
}

/// A name as it is written, in two parts.
fn split(name: &str) -> Result<(Option<&str>, &str), Refusal> {
    let (prefix, local) = match name.split_once(':') {
        Some((prefix, local)) => (Some(prefix), local),
        None => (None, name),
    };
    if !is_name(local) || prefix.is_some_and(|prefix| !is_name(prefix)) {
        return Err(Refusal::Name);
    }
    Ok((prefix, local))
}

struct Open<'t> {
    element: Element,
    /// As it is written, prefix and all.
    name: &'t str,
    /// Declarations that hold outside of it.
    outside: usize,
}

struct Builder<'t> {
    limits: &'t Limits,
    open: Vec<Open<'t>>,
    /// Declarations that hold, the nearest last; the default one has no prefix, and none of it is none.
    scope: Vec<(&'t str, Option<Arc<str>>)>,
    root: Option<Element>,
    elements: usize,
}

impl<'t> Builder<'t> {
    fn start(&mut self, tag: &'t str, empty: bool) -> Result<(), Refusal> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(Refusal::Structure);
        }
        self.elements += 1;
        if self.elements > self.limits.elements || self.open.len() >= self.limits.depth {
            return Err(Refusal::Limit);
        }
        let end = tag.bytes().position(is_space).unwrap_or(tag.len());
        let (name, rest) = tag.split_at(end);
        let outside = self.scope.len();
        let own = self.declare(name, rest)?;
        let attributes = self.attributes(own)?;
        let element = Element {
            name: self.resolved(name, false)?,
            attributes,
            nodes: Vec::new(),
        };
        self.open.push(Open {
            element,
            name,
            outside,
        });
        if empty { self.close() } else { Ok(()) }
    }

    /// Reads what stands in a start: declarations into the scope, attributes as they are written.
    fn declare(&mut self, name: &str, rest: &'t str) -> Result<Vec<(&'t str, String)>, Refusal> {
        if name.len() > self.limits.name {
            return Err(Refusal::Limit);
        }
        let (mut own, mut rest, first) = (Vec::new(), rest, self.scope.len());
        while let Some((name, raw, left)) = pair(rest)? {
            rest = left;
            if name.len() > self.limits.name {
                return Err(Refusal::Limit);
            }
            let value = value(raw)?;
            let prefix = match split(name)? {
                (None, "xmlns") => "",
                (Some("xmlns"), prefix) => prefix,
                _ => {
                    own.push((name, value));
                    if own.len() > self.limits.attributes {
                        return Err(Refusal::Limit);
                    }
                    continue;
                }
            };
            let declared = self.scope.get(first..).unwrap_or_default();
            if declared.iter().any(|(other, _)| *other == prefix) {
                return Err(Refusal::Attribute);
            }
            if declared.len() >= self.limits.declarations || self.scope.len() >= self.limits.scope {
                return Err(Refusal::Limit);
            }
            match (prefix, value.as_str()) {
                // "xml" means what it means, and nothing else means it.
                ("xml", XML) => {}
                ("xmlns" | "xml", _) | (_, XML | XMLNS) => return Err(Refusal::Namespace),
                ("", "") => self.scope.push((prefix, None)),
                (_, "") => return Err(Refusal::Namespace),
                _ => self.scope.push((prefix, Some(value.into()))),
            }
        }
        Ok(own)
    }

    fn attributes(&self, own: Vec<(&str, String)>) -> Result<Vec<Attribute>, Refusal> {
        let mut attributes: Vec<Attribute> = Vec::with_capacity(own.len());
        for (name, value) in own {
            let name = self.resolved(name, true)?;
            if attributes.iter().any(|a| a.name == name) {
                return Err(Refusal::Attribute);
            }
            attributes.push(Attribute { name, value });
        }
        Ok(attributes)
    }

    fn resolved(&self, name: &str, attribute: bool) -> Result<Name, Refusal> {
        let (prefix, local) = split(name)?;
        let wanted = match prefix {
            // The default namespace is not for attributes.
            None if attribute => None,
            None => Some(""),
            some => some,
        };
        let found = wanted.and_then(|wanted| self.scope.iter().rev().find(|(prefix, _)| *prefix == wanted));
        let namespace = match (prefix, found) {
            (_, Some((_, namespace))) => namespace.clone(),
            (Some("xml"), None) => Some(XML.into()),
            (None, None) => None,
            (Some(_), None) => return Err(Refusal::Namespace),
        };
        Ok(Name {
            namespace,
            local: local.to_owned(),
        })
    }

    fn end(&mut self, tag: &str) -> Result<(), Refusal> {
        let name = tag.trim_end_matches(|c: char| c.is_ascii() && is_space(c as u8));
        match self.open.last() {
            Some(open) if open.name == name => self.close(),
            _ => Err(Refusal::Structure),
        }
    }

    fn close(&mut self) -> Result<(), Refusal> {
        let open = self.open.pop().ok_or(Refusal::Structure)?;
        self.scope.truncate(open.outside);
        match self.open.last_mut() {
            Some(parent) => parent.element.nodes.push(Node::Element(open.element)),
            None => self.root = Some(open.element),
        }
        Ok(())
    }

    fn text(&mut self, token: &str) -> Result<(), Refusal> {
        if token.contains("]]>") || token.contains(['<', '&']) {
            return Err(Refusal::Text);
        }
        if self.open.is_empty() {
            return if token.bytes().all(is_space) {
                Ok(())
            } else {
                Err(Refusal::Text)
            };
        }
        self.literal(token, true)
    }

    /// Text that stands for itself, with line ends made one where it is `written` so.
    fn literal(&mut self, text: &str, written: bool) -> Result<(), Refusal> {
        let nodes = match self.open.last_mut() {
            Some(open) => &mut open.element.nodes,
            None => return Err(Refusal::Text),
        };
        if text.is_empty() {
            return Ok(());
        }
        if !matches!(nodes.last(), Some(Node::Text(_))) {
            nodes.push(Node::Text(String::new()));
        }
        if let Some(Node::Text(before)) = nodes.last_mut() {
            if written {
                lines(text, before);
            } else {
                before.push_str(text);
            }
        }
        Ok(())
    }

    fn comment(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.element.nodes.push(Node::Comment);
        }
    }

    fn finish(self) -> Result<Element, Refusal> {
        if !self.open.is_empty() {
            return Err(Refusal::Structure);
        }
        self.root.ok_or(Refusal::Structure)
    }
}

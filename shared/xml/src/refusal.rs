//! Why a document is not taken.

/// Why a document is not taken. Nothing of it holds what was in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It has more bytes than allowed.
    Size,
    /// It is not UTF-8, or says that it is something else.
    Encoding,
    /// A character that XML 1.0 cannot hold.
    Character,
    /// The declaration is malformed, late, a second one, or of another version than 1.0.
    Declaration,
    /// There is a document type.
    DocumentType,
    /// There is a processing instruction.
    Instruction,
    /// An entity that is none of the five.
    Entity,
    /// A malformed reference, or one to what is no character.
    Reference,
    /// A name that is none.
    Name,
    /// A prefix that is not declared, or a declaration that may not be.
    Namespace,
    /// A malformed attribute, or one that stands twice.
    Attribute,
    /// A malformed comment.
    Comment,
    /// `]]>` in text, or text outside of the root.
    Text,
    /// A start without its end, an end without its start, no root, or two.
    Structure,
    /// A token that has no end.
    Token,
    /// More depth, elements, attributes, declarations or letters of a name than allowed.
    Limit,
}

impl Refusal {
    /// In one word, for tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Encoding => "encoding",
            Self::Character => "character",
            Self::Declaration => "declaration",
            Self::DocumentType => "document_type",
            Self::Instruction => "instruction",
            Self::Entity => "entity",
            Self::Reference => "reference",
            Self::Name => "name",
            Self::Namespace => "namespace",
            Self::Attribute => "attribute",
            Self::Comment => "comment",
            Self::Text => "text",
            Self::Structure => "structure",
            Self::Token => "token",
            Self::Limit => "limit",
        }
    }

    /// In one sentence, for people.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Size => "The document is too large.",
            Self::Encoding => "The document is not UTF-8.",
            Self::Character => "The document holds a character that XML 1.0 does not have.",
            Self::Declaration => "The XML declaration is not one of XML 1.0 at the beginning.",
            Self::DocumentType => "A document type is not taken.",
            Self::Instruction => "Processing instructions are not taken.",
            Self::Entity => "Entities but the five of XML are not taken.",
            Self::Reference => "A reference is malformed.",
            Self::Name => "A name is malformed.",
            Self::Namespace => "A namespace prefix is not declared, or declared as it may not be.",
            Self::Attribute => "An attribute is malformed or stands twice.",
            Self::Comment => "A comment is malformed.",
            Self::Text => "There is text where none may stand.",
            Self::Structure => "Starts and ends of elements do not match.",
            Self::Token => "Something has no end.",
            Self::Limit => "The document nests too deep, or has too much of something.",
        }
    }
}

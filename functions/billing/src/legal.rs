//! Legal documents: what an invoice or credit note says, frozen when it is issued. What they look like as XML, page or PDF is made of
//! this and of nothing else.

pub(crate) mod archived;
mod digest;
pub mod forms;
pub(crate) mod parts;
pub mod render;
pub(crate) mod shown;

pub(crate) use digest::sha256;
pub use forms::{Form, Format, RenderedForm};

use documents::Document;
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals, SubjectCipher},
    ids::TenantId,
    problem::Problem,
    processing::{Basis, Processing, Reach, Subjects},
    record::Record,
    store::{Item, Listing, Sealed, Table},
    time::Timestamp,
};

/// A document as kept, beside the invoice or credit note that it is of.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct IssuedDocument {
    /// The invoice or credit note.
    #[public]
    pub of: String,
    /// What it says, as JSON, sealed under the retention key of its year.
    #[personal]
    pub document: Sealed,
    /// SHA-256 of that JSON, in hex.
    #[internal]
    pub sha256: String,
    /// Whose key seals it.
    #[public]
    pub retained: String,
    /// When it was issued.
    #[public]
    pub issued_at: Timestamp,
    /// What it has been rendered as; nothing until then.
    #[nested]
    #[serde(default)]
    pub forms: Vec<Form>,
    /// The key of its forms in the archive, sealed as the document is.
    #[personal]
    #[serde(default)]
    pub archive_key: Option<Sealed>,
    /// When it was rendered, once and for all.
    #[public]
    #[serde(default)]
    pub rendered_at: Option<Timestamp>,
}

/// The list of those that are to be rendered, in the first index.
pub(crate) const UNRENDERED: &str = "documents-unrendered";

impl SealedItem for IssuedDocument {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(&self.retained, Purpose::Pii);
        seals.field("document", &mut self.document);
        seals.maybe("archive_key", self.archive_key.as_mut());
        seals
    }
}

impl Item for IssuedDocument {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "issued-document";
    const PROCESSING: Option<Processing> = Some(
        Processing::new(
            "Keep what an issued invoice or credit note says, as it was issued; its own item says the same",
            Subjects::Customers,
            Basis::LegalObligation,
            "For ten years, as tax law has it kept, also after an erasure (GDPR art. 17(3)(b))",
            Reach::Nothing,
        )
        .sealed(Purpose::Pii),
    );
    fn id(&self) -> &str {
        &self.of
    }
    fn subject(&self) -> &str {
        &self.retained
    }
    fn listing(&self) -> Option<Listing> {
        self.rendered_at.is_none().then(|| Listing {
            list: UNRENDERED.into(),
            sort: self.of.clone(),
        })
    }
}

impl IssuedDocument {
    /// Freezes a document of an invoice or credit note.
    ///
    /// # Errors
    /// 500 when it cannot be sealed.
    pub fn new(
        of: &str,
        document: &Document,
        cipher: &SubjectCipher,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let text = serde_json::to_vec(document).map_err(|e| Problem::internal(e.to_string()))?;
        Ok(Self {
            of: of.to_owned(),
            document: cipher.seal::<Self>(of, "-", "document", &text)?,
            sha256: sha256(&text),
            retained: cipher.subject().to_owned(),
            issued_at: now,
            forms: Vec::new(),
            archive_key: None,
            rendered_at: None,
        })
    }

    /// The document; its hash is held against what is opened.
    ///
    /// # Errors
    /// 500 when it does not open, or is not what was issued.
    pub fn open(&self, cipher: &SubjectCipher) -> Result<Document, Problem> {
        let text = cipher.open_text::<Self>(&self.of, "-", "document", &self.document)?;
        if sha256(text.as_bytes()) != self.sha256 {
            return Err(Problem::internal("a document is not what was issued"));
        }
        serde_json::from_str(&text).map_err(|_| Problem::internal("an issued document does not parse"))
    }
}

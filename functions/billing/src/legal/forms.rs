//! The forms that an issued document has, and each as it is kept.

use super::digest::sha256;
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals, SubjectCipher},
    ids::TenantId,
    problem::Problem,
    processing::{Basis, Processing, Reach, Subjects},
    record::Record,
    store::{Item, Sealed, Table},
};
use zeroize::Zeroizing;

/// The name of the field that keeps a form's bytes.
const CONTENT: &str = "content";

/// A form of a document.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, shared::shape::Choice,
)]
#[serde(rename_all = "snake_case")]
#[choice(name = "DocumentFormat")]
pub enum Format {
    /// PDF/A-3, with the CII inside where there is one (Factur-X, ZUGFeRD).
    Pdf,
    /// A page.
    Html,
    /// UBL 2.1, after EN 16931 and the profile of the settings.
    Ubl,
    /// CII D16B, after EN 16931 and the profile of the settings.
    Cii,
    /// UBL 2.1 that keeps the rules of XRechnung 3.0.
    Xrechnung,
    /// UBL 2.1 that keeps the rules of Peppol BIS Billing 3.0.
    Peppol,
}

impl Format {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Pdf,
        Self::Html,
        Self::Ubl,
        Self::Cii,
        Self::Xrechnung,
        Self::Peppol,
    ];

    /// Its name, as it is asked for.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Html => "html",
            Self::Ubl => "ubl",
            Self::Cii => "cii",
            Self::Xrechnung => "xrechnung",
            Self::Peppol => "peppol",
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Html => "text/html",
            Self::Ubl | Self::Cii | Self::Xrechnung | Self::Peppol => "application/xml",
        }
    }
}

/// What became of a form: its hash and size, or the rule that does not let it be.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
#[record(name = "DocumentForm")]
pub struct Form {
    /// Which.
    #[public]
    pub format: Format,
    /// SHA-256 of its bytes, in hex; none where there is no such form.
    #[internal]
    pub sha256: Option<String>,
    /// How many bytes.
    #[internal]
    pub bytes: Option<u32>,
    /// The rule that does not hold where there is no such form: of EN 16931, of the profile, or our own.
    #[public]
    pub refused: Option<String>,
}

/// A form as kept: rendered once, and never again.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct RenderedForm {
    /// The invoice or credit note.
    #[public]
    pub of: String,
    /// Which form.
    #[public]
    pub format: Format,
    /// Its bytes, sealed under the retention key of the document's year.
    #[personal]
    pub content: Sealed,
    /// SHA-256 of them, in hex.
    #[internal]
    pub sha256: String,
    /// Whose key seals them.
    #[public]
    pub retained: String,
    /// Which version of its object in the archive is this one.
    #[internal]
    pub version: Option<String>,
}

impl SealedItem for RenderedForm {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(&self.retained, Purpose::Pii);
        seals.field(CONTENT, &mut self.content);
        seals
    }
}

impl Item for RenderedForm {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "rendered-document";
    const PROCESSING: Option<Processing> = Some(
        Processing::new(
            "Hand out an issued invoice or credit note as it was sent; its own item says the same",
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
    fn sort(&self) -> String {
        self.format.name().to_owned()
    }
    fn subject(&self) -> &str {
        &self.retained
    }
}

impl RenderedForm {
    /// A form of an invoice or credit note.
    ///
    /// # Errors
    /// 500 when it cannot be sealed.
    pub fn new(
        of: &str,
        format: Format,
        bytes: &[u8],
        cipher: &SubjectCipher,
        version: Option<String>,
    ) -> Result<Self, Problem> {
        Ok(Self {
            of: of.to_owned(),
            format,
            content: cipher.seal::<Self>(of, format.name(), CONTENT, bytes)?,
            sha256: sha256(bytes),
            retained: cipher.subject().to_owned(),
            version,
        })
    }

    /// Its bytes; their hash is held against the one that was noted.
    ///
    /// # Errors
    /// 500 when they do not open, or are not what was rendered.
    pub fn open(&self, cipher: &SubjectCipher) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let bytes = cipher.open::<Self>(&self.of, self.format.name(), CONTENT, &self.content)?;
        if sha256(&bytes) != self.sha256 {
            return Err(Problem::internal("a form of a document is not what was rendered"));
        }
        Ok(bytes)
    }
}

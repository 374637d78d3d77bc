//! Credit notes: what of an issued invoice is taken back, per line and with its tax. They have a gapless series of their own, and what
//! they say is kept as long as the invoice.

mod books;
pub mod create;
pub mod document;
mod issue;
mod kept;
pub mod list;
pub mod read;
pub mod read_document;
pub mod void;

pub use issue::{Asked, Issue};

use crate::{
    invoices::{InvoiceId, texts::Texts},
    tax::{Day, Treatment},
};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals, SubjectCipher},
    ids::{CustomerId, TenantId},
    money::Currency,
    problem::Problem,
    record::Record,
    road::Context,
    store::{Item, Sealed, Table},
    text::Line,
    time::{Instant, Timestamp},
};

shared::id_type!(
    /// A credit note.
    CreditNoteId, "cn"
);

/// The list of every credit note, in the first index.
pub(crate) const ALL: &str = "credit-notes";

/// The list of a customer's credit notes, in the second index.
pub(crate) fn of_customer(customer: &str) -> String {
    format!("credit-notes#{customer}")
}

/// Where what was paid and is credited goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "CreditDestination")]
pub enum Destination {
    /// It becomes the customer's credit.
    Wallet,
    /// Nowhere: it is given back by other means.
    Nobody,
}

/// What a note takes back of a line.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct CreditNoteLine {
    /// The line's place on the invoice, from 0.
    #[internal]
    pub line: u32,
    /// How much of its net, in minor units.
    #[internal]
    pub net: i64,
}

/// What a note takes back of a tax.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct CreditNoteTax {
    /// How the lines are taxed.
    #[nested]
    pub treatment: Treatment,
    /// How much of their net, in minor units.
    #[internal]
    pub net: i64,
    /// How much of the tax.
    #[internal]
    pub tax: i64,
}

/// A credit note as kept. Amounts are minor units of its currency.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct CreditNoteItem {
    /// Its id.
    #[public]
    pub id: CreditNoteId,
    /// Its place in its series, from 1 and without gaps.
    #[internal]
    pub sequence: i64,
    /// What its number begins with.
    #[internal]
    pub series: String,
    /// The invoice.
    #[public]
    pub invoice: InvoiceId,
    /// The invoice's number.
    #[internal]
    pub invoice_number: Option<String>,
    /// Whose invoice it is.
    #[public]
    pub customer: CustomerId,
    /// In which currency.
    #[internal]
    pub currency: Currency,
    /// What is taken back of each line.
    #[nested]
    pub lines: Vec<CreditNoteLine>,
    /// What is taken back of each tax.
    #[nested]
    pub taxes: Vec<CreditNoteTax>,
    /// What it is over, with tax.
    #[internal]
    pub total: i64,
    /// How much of that was owed, and is not any more.
    #[internal]
    pub reduced: i64,
    /// How much of that was paid, and is given back.
    #[internal]
    pub returned: i64,
    /// Where that goes.
    #[public]
    pub to: Destination,
    /// Why, and what the invoice says of seller, buyer and lines: sealed under the retention key of its year.
    #[personal]
    pub texts: Sealed,
    /// Whose key that is.
    #[public]
    pub retained: String,
    /// The day of issue.
    #[internal]
    pub issued_on: Day,
    /// When it was issued.
    #[public]
    pub created_at: Timestamp,
}

/// What stands on a note, and is kept sealed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteTexts {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Line>,
    /// What the invoice says.
    #[serde(flatten)]
    pub invoice: Texts,
}

impl SealedItem for CreditNoteItem {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(&self.retained, Purpose::Pii);
        seals.field("texts", &mut self.texts);
        seals
    }
}

impl CreditNoteItem {
    /// Its number, as customers see it.
    #[must_use]
    pub fn number(&self) -> String {
        format!("{}{:06}", self.series, self.sequence)
    }
}

impl NoteTexts {
    /// Seals them for a note.
    ///
    /// # Errors
    /// 500 when they cannot be sealed.
    pub fn sealed(&self, cipher: &SubjectCipher, note: &str) -> Result<Sealed, Problem> {
        let text = serde_json::to_vec(self).map_err(|e| Problem::internal(e.to_string()))?;
        cipher.seal::<CreditNoteItem>(note, "-", "texts", &text)
    }

    /// Opens those of a note.
    ///
    /// # Errors
    /// 500 when they do not open.
    pub fn open(cipher: &SubjectCipher, note: &CreditNoteItem) -> Result<Self, Problem> {
        let text = cipher.open_text::<CreditNoteItem>(note.id.as_str(), "-", "texts", &note.texts)?;
        serde_json::from_str(&text)
            .map_err(|_| Problem::internal("what stands on a credit note does not parse"))
    }
}

/// The last number of a series of credit notes.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct CreditNoteCounter {
    /// The last number.
    #[internal]
    pub last: i64,
    /// The series.
    #[internal]
    pub series: String,
}

impl Item for CreditNoteCounter {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "credit-note-counter";
    fn id(&self) -> &str {
        &self.series
    }
}

/// A credit note as answered. Amounts are minor units of its currency.
#[derive(Record, Serialize)]
pub struct CreditNote {
    /// Its id.
    #[public]
    pub id: CreditNoteId,
    /// Its number: gapless within its series.
    #[internal]
    pub number: String,
    /// The invoice.
    #[public]
    pub invoice: InvoiceId,
    /// The invoice's number.
    #[internal]
    pub invoice_number: Option<String>,
    /// Whose invoice it is.
    #[public]
    pub customer: CustomerId,
    /// In which currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// What is taken back of each line.
    #[nested]
    pub lines: Vec<CreditNoteLine>,
    /// What is taken back of each tax.
    #[nested]
    pub taxes: Vec<CreditNoteTax>,
    /// The sum of the nets.
    #[internal]
    pub net: i64,
    /// The sum of the taxes.
    #[internal]
    pub tax: i64,
    /// What it is over, with tax.
    #[internal]
    pub total: i64,
    /// How much of that was owed, and is not any more.
    #[internal]
    pub reduced: i64,
    /// How much of that was paid, and is given back.
    #[internal]
    pub returned: i64,
    /// Where that goes.
    #[public]
    pub to: Destination,
    /// Why; none once its key is gone.
    #[personal]
    pub reason: Option<Line>,
    /// The day of issue (UTC).
    #[internal]
    pub issued_on: Day,
    /// When it was issued (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
}

impl CreditNote {
    /// As answered.
    #[must_use]
    pub fn of(item: &CreditNoteItem, reason: Option<Line>) -> Self {
        Self {
            id: item.id.clone(),
            number: item.number(),
            invoice: item.invoice.clone(),
            invoice_number: item.invoice_number.clone(),
            customer: item.customer.clone(),
            currency: item.currency,
            lines: item.lines.clone(),
            taxes: item.taxes.clone(),
            net: item.taxes.iter().map(|tax| tax.net).sum(),
            tax: item.taxes.iter().map(|tax| tax.tax).sum(),
            total: item.total,
            reduced: item.reduced,
            returned: item.returned,
            to: item.to,
            reason,
            issued_on: item.issued_on.clone(),
            created_at: item.created_at.into(),
        }
    }

    /// As answered, opened. One read where its key has not been read in this call.
    ///
    /// # Errors
    /// 503 when the store or KMS does not answer.
    pub async fn shown(cx: &Context, item: &CreditNoteItem) -> Result<Self, Problem> {
        let texts = match cx.cipher_of(&item.retained, Purpose::Pii).await? {
            Some(cipher) => NoteTexts::open(&cipher, item)?,
            None => NoteTexts::default(),
        };
        Ok(Self::of(item, texts.reason))
    }
}

//! What people wrote on an invoice, and who sold and who bought: kept sealed, together. While it is a draft that is under the
//! customer's key, and goes with them. What is issued is kept for as long as tax law has it kept (GDPR art. 17(3)(b)), under a key of
//! the tenant and the year.

use super::{InvoiceItem, KeptLine, TEXTS};
use crate::parties::{Buyer, Seller};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SubjectCipher, SubjectKeyItem},
    ids::TenantId,
    problem::Problem,
    road::Context,
    store::{Key, Sealed},
    text::{Line, Reference},
};

/// What people wrote on an invoice.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// A line for the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<Line>,
    /// The tenant's own reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// The customer's purchase order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase_order: Option<Line>,
    /// What each line is about.
    #[serde(default)]
    pub lines: Vec<Line>,
    /// What each discount is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<Line>,
    /// Who sold, once it is issued and the tenant has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller: Option<Seller>,
    /// Who bought, once it is issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<Buyer>,
}

impl Texts {
    /// What a line is about; none where the key is gone.
    #[must_use]
    pub fn line(of: Option<&Self>, at: usize, line: &KeptLine) -> Option<Line> {
        let sealed = of.and_then(|texts| texts.lines.get(at)).cloned();
        sealed.or_else(|| line.description.clone())
    }

    /// Seals them for an invoice.
    ///
    /// # Errors
    /// 500 when they cannot be sealed.
    pub fn sealed(&self, cipher: &SubjectCipher, invoice: &str) -> Result<Sealed, Problem> {
        let text = serde_json::to_vec(self).map_err(|e| Problem::internal(e.to_string()))?;
        cipher.seal::<InvoiceItem>(invoice, "-", TEXTS, &text)
    }

    /// Opens those of an invoice.
    ///
    /// # Errors
    /// 500 when they do not open.
    pub fn open(cipher: &SubjectCipher, invoice: &InvoiceItem) -> Result<Option<Self>, Problem> {
        let Some(sealed) = &invoice.texts else {
            return Ok(Some(Self::kept_in_clear(invoice)));
        };
        let text = cipher.open_text::<InvoiceItem>(invoice.id.as_str(), "-", TEXTS, sealed)?;
        let opened = serde_json::from_str(&text);
        opened
            .map(Some)
            .map_err(|_| Problem::internal("what stands on an invoice does not parse"))
    }

    /// Those of an invoice; none where their key has been destroyed. One read where it has not been read in this call.
    ///
    /// # Errors
    /// 503 when the store or KMS does not answer.
    pub async fn of(cx: &Context, invoice: &InvoiceItem) -> Result<Option<Self>, Problem> {
        if invoice.texts.is_none() {
            return Ok(Some(Self::kept_in_clear(invoice)));
        }
        match cx.cipher_of(invoice.keeper_of_texts(), Purpose::Pii).await? {
            Some(cipher) => Self::open(&cipher, invoice),
            None => Ok(None),
        }
    }

    fn kept_in_clear(invoice: &InvoiceItem) -> Self {
        Self {
            memo: invoice.memo.clone(),
            reference: invoice.reference.clone(),
            lines: invoice
                .lines
                .iter()
                .filter_map(|line| line.description.clone())
                .collect(),
            ..Self::default()
        }
    }
}

impl InvoiceItem {
    /// Whose key seals what stands on it.
    #[must_use]
    pub fn keeper_of_texts(&self) -> &str {
        self.retained.as_deref().unwrap_or(self.customer.as_str())
    }

    /// Where the keys stand that open it.
    #[must_use]
    pub fn keys(&self, tenant: &TenantId) -> Vec<Key> {
        let texts = self.texts.as_ref().map(|_| self.keeper_of_texts());
        let metadata = self.metadata.as_ref().map(|_| self.customer.as_str());
        let mut keys: Vec<Key> = texts
            .into_iter()
            .chain(metadata)
            .map(|subject| SubjectKeyItem::key(tenant, subject, Purpose::Pii))
            .collect();
        keys.dedup();
        keys
    }
}

//! Payments: one charge of one card. Its states and what moves it between them stand in [`state`].

pub mod cancel;
pub mod capture;
pub mod create;
mod kept;
pub mod list;
pub mod read;
pub mod state;
mod status;

pub use crate::names::PaymentId;
pub use status::PaymentStatus;

use crate::provider::ProviderName;
use risk::{ShadowVerdict, Verdict, reviews::ReviewId};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals, SubjectCipher},
    ids::{CustomerId, PaymentMethodId, TenantId},
    metadata::{self, Kept, Metadata},
    money::Currency,
    problem::Problem,
    record::Record,
    road::Context,
    text::Reference,
    time::Timestamp,
    words::Words,
};
use vault::brand::Brand;

/// The list of every payment, in the first index.
pub(crate) const ALL: &str = "payments";

/// The list of a customer's payments, in the second index.
pub(crate) fn of_customer(customer: &str) -> String {
    format!("payments#{customer}")
}

/// The card of a payment, as people recognise it.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct CardSummary {
    /// Its brand.
    #[internal]
    pub brand: Brand,
    /// Its last four digits.
    #[internal]
    pub last4: String,
}

/// A payment as kept. Amounts are minor units of its currency.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct PaymentItem {
    /// Its id.
    #[public]
    pub id: PaymentId,
    /// Who pays.
    #[public]
    pub customer: CustomerId,
    /// With what.
    #[public]
    pub payment_method: PaymentMethodId,
    /// How much.
    #[internal]
    pub amount: i64,
    /// In which currency.
    #[internal]
    pub currency: Currency,
    /// Where it stands.
    #[public]
    pub status: PaymentStatus,
    /// Whether it is captured together with its authorisation.
    #[internal]
    pub capture: bool,
    /// Captured so far.
    #[internal]
    pub captured: i64,
    /// Asked to be captured; the answer is not known yet.
    #[internal]
    pub capture_pending: i64,
    /// Let go of: reserved once, and never to be captured.
    #[internal]
    #[serde(default)]
    pub released: i64,
    /// Let go of once the final capture that is under way has taken place.
    #[internal]
    #[serde(default)]
    pub release_pending: i64,
    /// Refunded so far.
    #[internal]
    pub refunded: i64,
    /// Asked to be refunded; the answer is not known yet.
    #[internal]
    pub refund_pending: i64,
    /// Whether it was asked to be canceled; the answer is not known yet.
    #[internal]
    pub cancel_pending: bool,
    /// The invoice that it pays.
    #[public]
    #[serde(default)]
    pub invoice: Option<String>,
    /// What the screen said.
    #[nested]
    pub risk: Verdict,
    /// What the version in shadow would have said.
    #[nested]
    #[serde(default)]
    pub shadow: Option<ShadowVerdict>,
    /// The review that it waits for or has waited for.
    #[public]
    #[serde(default)]
    pub review: Option<ReviewId>,
    /// Why the latest thing asked for was declined.
    #[internal]
    #[record(shape = Option<shared::problem::DeclineCode>)]
    pub decline_code: Option<String>,
    /// The tenant's own reference: sealed under the customer's key, found by a keyed hash.
    #[personal]
    pub reference: Option<Words>,
    /// The card.
    #[nested]
    pub card: CardSummary,
    /// Who charges the card.
    #[internal]
    pub provider: ProviderName,
    /// The key of the authorisation at the provider.
    #[internal]
    pub provider_key: String,
    /// When it was created.
    #[public]
    pub created_at: Timestamp,
    /// Sealed under the customer's key.
    #[personal]
    #[serde(default)]
    pub metadata: Option<Kept>,
}

impl SealedItem for PaymentItem {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.customer.as_str(), Purpose::Pii);
        seals
            .maybe(metadata::FIELD, self.metadata.as_mut().map(Kept::sealed))
            .maybe("reference", self.reference.as_mut().and_then(Words::seal));
        seals
    }
}

/// A payment as answered and as told in events. Amounts are minor units of its currency.
#[derive(Record, Serialize)]
pub struct Payment {
    /// Its id.
    #[public]
    pub id: PaymentId,
    /// Who pays.
    #[public]
    pub customer: CustomerId,
    /// With what.
    #[public]
    pub payment_method: PaymentMethodId,
    /// How much.
    #[internal]
    pub amount: i64,
    /// In which currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// Where it stands.
    #[public]
    pub status: PaymentStatus,
    /// Captured so far.
    #[internal]
    pub captured: i64,
    /// Asked to be captured; the answer is not known yet.
    #[internal]
    pub capture_pending: i64,
    /// Reserved once and let go of: a final capture or a cancellation left it.
    #[internal]
    pub released: i64,
    /// Refunded so far.
    #[internal]
    pub refunded: i64,
    /// Asked to be refunded; the answer is not known yet.
    #[internal]
    pub refund_pending: i64,
    /// Whether it was asked to be canceled; the answer is not known yet.
    #[internal]
    pub cancel_pending: bool,
    /// What the screen said.
    #[nested]
    pub risk: Verdict,
    /// What the version of rules in shadow would have said, for those who may read reviews; only where the payment is read by itself.
    #[nested]
    pub shadow: Option<ShadowVerdict>,
    /// The review that it waits for or has waited for, where a person was to decide.
    #[public]
    pub review: Option<ReviewId>,
    /// Why the latest thing asked for was declined.
    #[internal]
    #[record(shape = Option<shared::problem::DeclineCode>)]
    pub decline_code: Option<String>,
    /// The tenant's own reference; none once the customer has been erased.
    #[personal]
    pub reference: Option<Reference>,
    /// The card.
    #[nested]
    pub card: CardSummary,
    /// What the tenant keeps with it; none once the customer has been erased.
    #[personal]
    pub metadata: Option<Metadata>,
    /// When it was created (RFC 3339 UTC).
    #[public]
    pub created_at: shared::time::Instant,
}

impl Payment {
    /// A payment as answered. Where it keeps metadata, its customer's key is read unless this call has read it.
    ///
    /// # Errors
    /// 503 when the store or KMS does not answer.
    pub async fn shown(cx: &Context, item: &PaymentItem) -> Result<Self, Problem> {
        let cipher = match item.is_sealed() {
            true => cx.cipher_of(item.customer.as_str(), Purpose::Pii).await?,
            false => None,
        };
        Self::opened(item, cipher.as_ref())
    }

    /// A payment whose customer's key has been read; none where they have been erased or nothing is sealed.
    ///
    /// # Errors
    /// 500 when something does not open.
    pub fn opened(item: &PaymentItem, cipher: Option<&SubjectCipher>) -> Result<Self, Problem> {
        let id = item.id.as_str();
        let reference = cipher.zip(item.reference.as_ref());
        let reference = reference.map(|(c, words)| words.open::<PaymentItem>(c, id, "-", "reference"));
        let reference = reference.transpose()?.map(|text| Reference::parse(&text));
        let metadata = cipher.map(|c| Metadata::open::<PaymentItem>(c, id, item.metadata.as_ref()));
        Ok(Self {
            reference: reference
                .transpose()
                .map_err(|_| Problem::internal("a stored reference does not parse"))?,
            metadata: metadata.transpose()?.flatten(),
            ..Self::from(item)
        })
    }
}

impl PaymentItem {
    /// Whether anything of it is sealed.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.metadata.is_some() || self.reference.is_some()
    }
}

/// As events tell it: masked, so that metadata need not be opened.
impl From<&PaymentItem> for Payment {
    fn from(item: &PaymentItem) -> Self {
        Self {
            id: item.id.clone(),
            customer: item.customer.clone(),
            payment_method: item.payment_method.clone(),
            amount: item.amount,
            currency: item.currency,
            status: item.status,
            captured: item.captured,
            capture_pending: item.capture_pending,
            released: item.released,
            refunded: item.refunded,
            refund_pending: item.refund_pending,
            cancel_pending: item.cancel_pending,
            risk: item.risk.clone(),
            shadow: None,
            review: item.review.clone(),
            decline_code: item.decline_code.clone(),
            reference: item.reference.as_ref().and_then(|_| Reference::parse("-").ok()),
            card: item.card.clone(),
            metadata: Metadata::unopened(item.metadata.as_ref()),
            created_at: shared::time::Instant::from(item.created_at),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use risk::RiskOutcome;
    use shared::store::{decode, encode};

    /// A payment of 1,000 that the provider has been asked for.
    pub(crate) fn processing(capture: bool) -> PaymentItem {
        PaymentItem {
            id: PaymentId::new(Timestamp::UNIX_EPOCH),
            customer: CustomerId::new(Timestamp::UNIX_EPOCH),
            payment_method: PaymentMethodId::new(Timestamp::UNIX_EPOCH),
            amount: 1_000,
            currency: "EUR".parse().unwrap(),
            status: PaymentStatus::Processing,
            capture,
            captured: 0,
            capture_pending: 0,
            released: 0,
            release_pending: 0,
            refunded: 0,
            refund_pending: 0,
            cancel_pending: false,
            invoice: None,
            risk: Verdict {
                score: 0,
                outcome: RiskOutcome::Accept,
                reasons: Vec::new(),
                version: None,
            },
            shadow: None,
            review: None,
            decline_code: None,
            reference: None,
            card: CardSummary {
                brand: Brand::Visa,
                last4: "4242".into(),
            },
            provider: ProviderName::Sandbox,
            provider_key: "00".into(),
            created_at: Timestamp::UNIX_EPOCH,
            metadata: None,
        }
    }

    #[test]
    fn items_come_back_as_they_were() {
        let payment = processing(true);
        let attributes = encode(&shared::ids::TenantId::platform(), &payment, 1).unwrap();
        assert!(attributes.contains_key("gsi1pk") && attributes.contains_key("gsi2pk"));
        assert_eq!(decode::<PaymentItem>(attributes).unwrap().item, payment);
    }

    #[test]
    fn an_answer_says_what_the_contract_says() {
        let json = serde_json::to_value(Payment::from(&processing(true))).unwrap();
        assert_eq!(json["status"], "processing");
        assert_eq!(
            json["card"],
            serde_json::json!({"brand": "visa", "last4": "4242"})
        );
        assert_eq!(json["risk"]["outcome"], "accept");
        assert_eq!(json["created_at"], "1970-01-01T00:00:00.000Z");
        assert!(json.get("provider_key").is_none());
    }
}

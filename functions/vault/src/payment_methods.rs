//! Payment methods: cards, by a token. The number is sealed under a key of its own and never answered.

pub mod create;
pub mod list;
pub mod read;

use crate::{
    brand::Brand,
    expiry::{Month, Year},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    crypto::SubjectCipher,
    ids::{CustomerId, PaymentMethodId},
    problem::Problem,
    record::Record,
    store::{Attributes, BlindIndex, Item, Listing, Sealed, Table},
    text::Name,
    time::Timestamp,
};

/// The list of every payment method, in the second index.
pub(crate) const ALL: &str = "payment-methods";

/// The list of a customer's payment methods, in the first index.
pub(crate) fn of_customer(customer: &CustomerId) -> String {
    format!("payment-methods#{customer}")
}

/// What is tokenised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum MethodType {
    /// A card.
    Card,
}

/// A card as kept. Its subject key has the payment method's own id as its subject.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct CardItem {
    /// Its id.
    #[public]
    pub id: PaymentMethodId,
    /// Whose it is.
    #[public]
    pub customer: CustomerId,
    /// The sealed number.
    #[card]
    pub number: Sealed,
    /// The sealed name on the card.
    #[personal]
    pub holder: Option<Sealed>,
    /// Its brand.
    #[internal]
    pub brand: Brand,
    /// The first six digits.
    #[internal]
    pub first6: String,
    /// The last four digits.
    #[internal]
    pub last4: String,
    /// The month it ends with.
    #[internal]
    pub exp_month: Month,
    /// The year it ends in.
    #[internal]
    pub exp_year: Year,
    /// Keyed hash of the number, made inside KMS: the same for the same number of the same tenant.
    #[card]
    pub fingerprint: BlindIndex,
    /// When it was tokenised.
    #[public]
    pub created_at: Timestamp,
}

impl Item for CardItem {
    const TABLE: Table = Table::Vault;
    const KIND: &'static str = "payment-method";
    const PROCESSING: Option<shared::processing::Processing> = Some(
        shared::processing::Processing::new(
            "Charge cards that customers have stored",
            shared::processing::Subjects::Customers,
            shared::processing::Basis::Contract,
            "Until it is deleted or the person is erased",
            shared::processing::Reach::Listed {
                of: &["customer"],
                index: 1,
                list: |id| format!("payment-methods#{id}"),
            },
        )
        .recipients(&["payment provider"])
        .sealed(shared::crypto::Purpose::Card),
    );
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: of_customer(&self.customer),
            sort: self.id.to_string(),
        })
    }
    fn second_listing(&self) -> Option<Listing> {
        Some(Listing {
            list: ALL.into(),
            sort: self.id.to_string(),
        })
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([
            ("brand", self.brand.name().into()),
            ("customer", self.customer.as_str().into()),
        ])
    }
}

impl CardItem {
    /// 128 bits of the fingerprint in hex: what counters and lists know the card by.
    #[must_use]
    pub fn tag(&self) -> String {
        hex::encode(self.fingerprint.0.get(..16).unwrap_or_default())
    }
}

/// A payment method as answered.
#[derive(Record, Serialize, JsonSchema)]
pub struct PaymentMethod {
    /// Its id.
    #[public]
    pub id: PaymentMethodId,
    /// Whose it is.
    #[public]
    pub customer: CustomerId,
    /// What it is.
    #[public]
    pub r#type: MethodType,
    /// Brand of the card.
    #[internal]
    pub brand: Brand,
    /// The first six digits.
    #[internal]
    pub first6: String,
    /// The last four digits.
    #[internal]
    pub last4: String,
    /// The month it ends with.
    #[internal]
    pub exp_month: Month,
    /// The year it ends in.
    #[internal]
    pub exp_year: Year,
    /// The name on the card.
    #[personal]
    pub holder: Option<Name>,
    /// 16 hex characters that are the same for the same number of the same tenant.
    #[internal]
    pub fingerprint: String,
    /// When it was tokenised (RFC 3339 UTC).
    #[public]
    pub created_at: String,
}

impl PaymentMethod {
    /// A payment method, with the name on it opened and the number left sealed.
    ///
    /// # Errors
    /// 500 when the name does not open.
    pub fn open(item: &CardItem, cipher: &SubjectCipher) -> Result<Self, Problem> {
        let holder = match &item.holder {
            None => None,
            Some(sealed) => {
                let text = cipher.open_text::<CardItem>(item.id.as_str(), "-", "holder", sealed)?;
                Some(
                    Name::parse(&text)
                        .map_err(|_| Problem::internal("a stored card holder does not parse"))?,
                )
            }
        };
        Ok(Self {
            id: item.id.clone(),
            customer: item.customer.clone(),
            r#type: MethodType::Card,
            brand: item.brand,
            first6: item.first6.clone(),
            last4: item.last4.clone(),
            exp_month: item.exp_month,
            exp_year: item.exp_year,
            holder,
            fingerprint: item.tag().chars().take(16).collect(),
            created_at: shared::time::rfc3339(item.created_at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::store::{decode, encode};

    fn item() -> CardItem {
        CardItem {
            id: PaymentMethodId::new(Timestamp::UNIX_EPOCH),
            customer: CustomerId::new(Timestamp::UNIX_EPOCH),
            number: Sealed(vec![0xe1, 2, 3]),
            holder: None,
            brand: Brand::Visa,
            first6: "424242".into(),
            last4: "4242".into(),
            exp_month: Month::new(2).unwrap(),
            exp_year: Year::new(2031).unwrap(),
            fingerprint: BlindIndex((0..32).collect()),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn items_come_back_as_they_were() {
        let (tenant, card) = (shared::ids::TenantId::platform(), item());
        let attributes = encode(&tenant, &card, 3).unwrap();
        assert!(attributes.contains_key("gsi1pk") && attributes.contains_key("gsi2pk"));
        let back = decode::<CardItem>(attributes).unwrap();
        assert_eq!(
            (back.revision, &back.fingerprint, &back.number),
            (3, &card.fingerprint, &card.number)
        );
        assert_eq!(
            (back.exp_month, back.exp_year, back.brand),
            (card.exp_month, card.exp_year, card.brand)
        );
    }

    #[test]
    fn what_is_masked_shows_neither_number_nor_fingerprint() {
        let card = item();
        let masked = card.masked();
        assert_eq!(
            (&masked["number"], &masked["fingerprint"]),
            (&"[card]".into(), &"[card]".into())
        );
        assert_eq!(card.tag(), "000102030405060708090a0b0c0d0e0f");
    }
}

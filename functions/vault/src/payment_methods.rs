//! Payment methods: cards and IBANs, by a token.
//!
//! Each has two keys of its own, with its own id as their subject: the number is sealed under the one for cards, the
//! holder's name under the one for personal data. So what shows a payment method masked holds no key that opens a
//! number. Both keys are only ever destroyed together ([`KEYS`]).

pub mod create;
pub mod delete;
pub mod guesses;
pub mod list;
pub mod read;
pub mod reveal;

use crate::{
    brand::Brand,
    expiry::{Month, Year},
};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals, SubjectCipher, SubjectKeyItem},
    ids::{CustomerId, PaymentMethodId, TenantId},
    problem::Problem,
    record::Record,
    road::Context,
    store::{Attributes, BlindIndex, Event, Item, Key, Listing, Sealed, Table},
    text::Name,
    time::Timestamp,
};

/// The list of every payment method, in the second index.
pub(crate) const ALL: &str = "payment-methods";

/// The list of a customer's payment methods, in the first index.
pub(crate) fn of_customer(customer: &str) -> String {
    format!("payment-methods#{customer}")
}

/// What is tokenised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "PaymentMethodType")]
pub enum MethodType {
    /// A card.
    #[default]
    Card,
    /// A bank account with an IBAN.
    Iban,
}

/// The purposes of a payment method's keys.
pub const KEYS: [Purpose; 2] = [Purpose::Card, Purpose::Pii];

/// A payment method as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct MethodItem {
    /// Its id.
    #[public]
    pub id: PaymentMethodId,
    /// Whose it is.
    #[public]
    pub customer: CustomerId,
    /// What it is.
    #[public]
    #[serde(default)]
    pub r#type: MethodType,
    /// The sealed number.
    #[card]
    pub number: Sealed,
    /// The sealed name of its holder.
    #[personal]
    pub holder: Option<Sealed>,
    /// Brand of a card.
    #[internal]
    pub brand: Option<Brand>,
    /// The first six digits of a card.
    #[internal]
    pub first6: Option<String>,
    /// The last four characters.
    #[internal]
    pub last4: String,
    /// The month that a card ends with.
    #[internal]
    pub exp_month: Option<Month>,
    /// The year that a card ends in.
    #[internal]
    pub exp_year: Option<Year>,
    /// The country of a bank account.
    #[internal]
    #[serde(default)]
    pub country: Option<String>,
    /// Keyed hash of the number, made inside KMS: the same for the same number of the same tenant. It is compared here, and no
    /// answer and no event shows it: beside the first six and the last four it would tell a right guess of the rest.
    #[card]
    pub fingerprint: BlindIndex,
    /// When it was tokenised.
    #[public]
    pub created_at: Timestamp,
}

impl SealedItem for MethodItem {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.id.as_str(), Purpose::Card);
        seals.field("number", &mut self.number);
        seals.under(Purpose::Pii).maybe("holder", self.holder.as_mut());
        seals
    }
}

impl Item for MethodItem {
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
        .sealed(shared::crypto::Purpose::Pii),
    );
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: of_customer(self.customer.as_str()),
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
        let mut attributes = Attributes::from([("customer", self.customer.as_str().into())]);
        attributes.extend(self.brand.map(|brand| ("brand", brand.name().into())));
        attributes
    }
}

impl MethodItem {
    /// The purpose of the key that a masked read takes: the one for the holder's name, or where there is none the
    /// one for the number, which then only shows that the payment method has not been erased.
    #[must_use]
    pub fn shown_by(&self) -> Purpose {
        if self.holder.is_some() {
            Purpose::Pii
        } else {
            Purpose::Card
        }
    }

    /// Opens what may be shown, with the key named by [`Self::shown_by`]. Needs `Uses::Key(Purpose::Pii)`.
    ///
    /// # Errors
    /// 503 when KMS does not answer, 500 when the name does not open.
    pub async fn shown(&self, cx: &Context, key: &SubjectKeyItem) -> Result<PaymentMethod, Problem> {
        let cipher = match key.purpose {
            Purpose::Pii => Some(cx.subject(key).await?),
            _ => None,
        };
        PaymentMethod::open(self, cipher.as_ref())
    }

    /// An event about it, without its fingerprint.
    #[must_use]
    pub fn event(&self, kind: &'static str) -> Event {
        let mut event = Event::about(kind, self.id.as_str(), self).of(self);
        if let Some(told) = event.data.as_object_mut() {
            told.remove("fingerprint");
        }
        event
    }

    /// 128 bits of the fingerprint in hex: what counters and lists know it by. Never answered.
    #[must_use]
    pub fn tag(&self) -> String {
        hex::encode(self.fingerprint.0.get(..16).unwrap_or_default())
    }
}

/// A payment method as answered.
#[derive(Record, Serialize)]
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
    /// Brand of a card.
    #[internal]
    pub brand: Option<Brand>,
    /// The first six digits of a card.
    #[internal]
    pub first6: Option<String>,
    /// The last four characters.
    #[internal]
    pub last4: String,
    /// The month that a card ends with.
    #[internal]
    pub exp_month: Option<Month>,
    /// The year that a card ends in.
    #[internal]
    pub exp_year: Option<Year>,
    /// The country of a bank account (ISO 3166-1 alpha-2, and XK).
    #[internal]
    pub country: Option<String>,
    /// The name of the holder.
    #[personal]
    pub holder: Option<Name>,
    /// When it was tokenised (RFC 3339 UTC).
    #[public]
    pub created_at: shared::time::Instant,
}

impl PaymentMethod {
    /// A payment method, with the holder's name opened and the number left sealed. `cipher` is the one for personal
    /// data; without it the name is left out.
    ///
    /// # Errors
    /// 500 when the name does not open.
    pub fn open(item: &MethodItem, cipher: Option<&SubjectCipher>) -> Result<Self, Problem> {
        let holder = match item.holder.as_ref().zip(cipher) {
            None => None,
            Some((sealed, cipher)) => {
                let text = cipher.open_text::<MethodItem>(item.id.as_str(), "-", "holder", sealed)?;
                Some(Name::parse(&text).map_err(|_| Problem::internal("a stored holder does not parse"))?)
            }
        };
        Ok(Self {
            id: item.id.clone(),
            customer: item.customer.clone(),
            r#type: item.r#type,
            brand: item.brand,
            first6: item.first6.clone(),
            last4: item.last4.clone(),
            exp_month: item.exp_month,
            exp_year: item.exp_year,
            country: item.country.clone(),
            holder,
            created_at: shared::time::Instant::from(item.created_at),
        })
    }
}

/// The keys of a card and of its subject key, for a batch.
#[must_use]
pub fn keys(cx: &Context, id: &PaymentMethodId) -> [Key; 2] {
    [
        cx.key::<MethodItem>(id.as_str()),
        SubjectKeyItem::key(cx.tenant(), id.as_str(), Purpose::Card),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::store::{decode, encode};

    fn item() -> MethodItem {
        MethodItem {
            id: PaymentMethodId::new(Timestamp::UNIX_EPOCH),
            customer: CustomerId::new(Timestamp::UNIX_EPOCH),
            number: Sealed(vec![0xe1, 2, 3]),
            r#type: MethodType::Card,
            holder: None,
            brand: Some(Brand::Visa),
            first6: Some("424242".into()),
            last4: "4242".into(),
            exp_month: Some(Month::new(2).unwrap()),
            exp_year: Some(Year::new(2031).unwrap()),
            country: None,
            fingerprint: BlindIndex((0..32).collect()),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn items_come_back_as_they_were() {
        let (tenant, card) = (shared::ids::TenantId::platform(), item());
        let attributes = encode(&tenant, &card, 3).unwrap();
        assert!(attributes.contains_key("gsi1pk") && attributes.contains_key("gsi2pk"));
        let back = decode::<MethodItem>(attributes).unwrap();
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
        let told = card.event("payment_method.created").data;
        assert!(
            told.get("fingerprint").is_none() && told["number"] == "[card]",
            "{told}"
        );
        let answered = serde_json::to_value(PaymentMethod::open(&card, None).unwrap()).unwrap();
        assert!(answered.get("fingerprint").is_none(), "{answered}");
    }
}

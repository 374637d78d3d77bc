//! Customers: the people and companies that a tenant bills. Name and e-mail address are personal.

pub mod create;
mod kept;
pub mod list;
pub mod privacy;
pub mod read;
pub mod search;
pub mod update;

pub use crate::country::Country;

use crate::{
    parties::{Address, Buyer, BuyerDetails, Endpoint, Language, Zone},
    tax_ids::TaxId,
};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals, SubjectCipher},
    ids::{CustomerId, PaymentMethodId, TenantId},
    metadata::{self, Kept, Metadata},
    problem::Problem,
    record::Record,
    road::Context,
    store::{Item, Sealed, Table},
    text::{EmailAddress, Line, Name, Reference},
    time::Timestamp,
    words::Words,
};

/// What their documents say of a customer: the name of the field that keeps it.
pub(crate) const BILLING: &str = "billing";

/// The list of every customer, in the first index.
pub(crate) const ALL: &str = "customers";

/// A customer as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct CustomerItem {
    /// Its id.
    #[public]
    pub id: CustomerId,
    /// Sealed.
    #[personal]
    pub name: Sealed,
    /// Sealed; found by a blind index.
    #[personal]
    pub email: Sealed,
    /// Where they are.
    #[internal]
    pub country: Option<Country>,
    /// The tenant's own number: sealed, found by a keyed hash.
    #[personal]
    pub reference: Option<Words>,
    /// What invoices are paid with.
    #[public]
    pub default_payment_method: Option<PaymentMethodId>,
    /// Since when their data is kept only (GDPR art. 18).
    #[public]
    #[serde(default)]
    pub restricted_at: Option<Timestamp>,
    /// When they were erased (GDPR art. 17): what was sealed is gone.
    #[public]
    #[serde(default)]
    pub erased_at: Option<Timestamp>,
    /// When it was created.
    #[public]
    pub created_at: Timestamp,
    /// What their documents say of them beside the name, sealed.
    #[personal]
    #[serde(default)]
    pub billing: Option<Sealed>,
    /// Sealed.
    #[personal]
    #[serde(default)]
    pub metadata: Option<Kept>,
}

impl SealedItem for CustomerItem {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.id.as_str(), Purpose::Pii);
        seals
            .field("name", &mut self.name)
            .field("email", &mut self.email)
            .maybe(metadata::FIELD, self.metadata.as_mut().map(Kept::sealed))
            .maybe("reference", self.reference.as_mut().and_then(Words::seal))
            .maybe(BILLING, self.billing.as_mut());
        seals
    }
}

impl CustomerItem {
    /// What their documents say of them, opened.
    ///
    /// # Errors
    /// 500 when it does not open.
    pub fn details(&self, cipher: &SubjectCipher) -> Result<BuyerDetails, Problem> {
        let Some(sealed) = &self.billing else {
            return Ok(BuyerDetails::default());
        };
        let text = cipher.open_text::<Self>(self.id.as_str(), "-", BILLING, sealed)?;
        serde_json::from_str(&text)
            .map_err(|_| Problem::internal("what a customer's documents say does not parse"))
    }

    /// Seals what their documents say of them.
    ///
    /// # Errors
    /// 500 when it cannot be sealed.
    pub fn sealed(
        id: &CustomerId,
        details: &BuyerDetails,
        cipher: &SubjectCipher,
    ) -> Result<Option<Sealed>, Problem> {
        if details.is_empty() {
            return Ok(None);
        }
        let text = serde_json::to_vec(details).map_err(|e| Problem::internal(e.to_string()))?;
        cipher.seal::<Self>(id.as_str(), "-", BILLING, &text).map(Some)
    }

    /// Who buys, as an issued document says.
    ///
    /// # Errors
    /// 500 when it does not open.
    pub fn buyer(&self, cipher: &SubjectCipher) -> Result<Buyer, Problem> {
        let text =
            |field: &str, sealed: &Sealed| cipher.open_text::<Self>(self.id.as_str(), "-", field, sealed);
        Ok(Buyer {
            name: text("name", &self.name)?,
            email: text("email", &self.email)?,
            country: self.country.clone(),
            details: self.details(cipher)?,
        })
    }
}

/// Where an e-mail address leads: one item for each customer that has it.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct EmailLookup {
    /// Hex of the blind index.
    #[internal]
    pub lookup: String,
    /// The customer.
    #[public]
    pub customer: CustomerId,
}

impl EmailLookup {
    /// Where an address leads.
    ///
    /// # Errors
    /// 503 when KMS does not answer.
    pub(crate) async fn of(
        cx: &Context,
        email: &EmailAddress,
        customer: &CustomerId,
    ) -> Result<Self, Problem> {
        let index = cx
            .blind_index(Table::Billing, "email", &email.normalised())
            .await?;
        Ok(Self {
            lookup: hex::encode(index),
            customer: customer.clone(),
        })
    }
}

impl Item for EmailLookup {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "customer-email";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Find customers by their e-mail address, as a keyed hash",
        shared::processing::Subjects::Customers,
        shared::processing::Basis::Contract,
        "Until the address changes or the person is erased",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.lookup
    }
    fn sort(&self) -> String {
        self.customer.to_string()
    }
}

/// A customer as answered.
#[derive(Record, Serialize)]
pub struct Customer {
    /// Its id.
    #[public]
    pub id: CustomerId,
    /// Full name of the person or company.
    #[personal]
    pub name: Name,
    /// E-mail address.
    #[personal]
    pub email: EmailAddress,
    /// Country (ISO 3166-1 alpha-2).
    #[internal]
    pub country: Option<Country>,
    /// The tenant's own number.
    #[personal]
    pub reference: Option<Reference>,
    /// What invoices are paid with when nothing else is named.
    #[public]
    pub default_payment_method: Option<PaymentMethodId>,
    /// Where they are, in the country above.
    #[personal]
    pub address: Option<Address>,
    /// Their tax ids.
    #[personal]
    pub tax_ids: Vec<TaxId>,
    /// What their documents speak.
    #[personal]
    pub language: Option<Language>,
    /// Their time zone (IANA).
    #[personal]
    pub time_zone: Option<Zone>,
    /// Days that they have to pay.
    #[personal]
    pub due_days: Option<u16>,
    /// Where their electronic documents go.
    #[personal]
    pub electronic_address: Option<Endpoint>,
    /// What they ask to see on their documents, such as a Leitweg-ID.
    #[personal]
    pub buyer_reference: Option<Line>,
    /// What the tenant keeps with it.
    #[personal]
    pub metadata: Option<Metadata>,
    /// When it was created (RFC 3339 UTC).
    #[public]
    pub created_at: shared::time::Instant,
}

impl Customer {
    /// Opens a customer.
    ///
    /// # Errors
    /// 500 when a field does not open.
    pub fn open(item: &CustomerItem, cipher: &SubjectCipher) -> Result<Self, Problem> {
        let text = |field: &str, sealed: &Sealed| {
            cipher.open_text::<CustomerItem>(item.id.as_str(), "-", field, sealed)
        };
        let parsed = |_: &str| Problem::internal("a stored customer does not parse");
        let details = item.details(cipher)?;
        Ok(Self {
            id: item.id.clone(),
            name: Name::parse(&text("name", &item.name)?).map_err(parsed)?,
            email: EmailAddress::kept(text("email", &item.email)?),
            country: item.country.clone(),
            reference: match &item.reference {
                Some(words) => {
                    let text = words.open::<CustomerItem>(cipher, item.id.as_str(), "-", "reference")?;
                    Some(Reference::parse(&text).map_err(parsed)?)
                }
                None => None,
            },
            default_payment_method: item.default_payment_method.clone(),
            address: details.address,
            tax_ids: details.tax_ids,
            language: details.language,
            time_zone: details.time_zone,
            due_days: details.due_days,
            electronic_address: details.electronic_address,
            buyer_reference: details.buyer_reference,
            metadata: Metadata::open::<CustomerItem>(cipher, item.id.as_str(), item.metadata.as_ref())?,
            created_at: shared::time::Instant::from(item.created_at),
        })
    }
}

//! Customers: the people and companies that a tenant bills. Name and e-mail address are personal.

pub mod create;
pub mod list;
pub mod privacy;
pub mod read;
pub mod search;
pub mod update;

use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals, SubjectCipher, SubjectKeyItem},
    ids::{CustomerId, PaymentMethodId, TenantId},
    problem::Problem,
    record::Record,
    road::Context,
    store::{Attributes, Item, Key, Listing, Sealed, Stored, Table},
    text::{EmailAddress, Name, Reference},
    time::Timestamp,
};

shared::text_type!(
    /// A country: ISO 3166-1 alpha-2.
    Country, "^[A-Z]{2}$", "DE", |t| {
        if t.len() == 2 && t.bytes().all(|b| b.is_ascii_uppercase()) {
            Ok(t.to_owned())
        } else {
            Err("must be two capital letters (ISO 3166-1)")
        }
    }
);

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
    /// The tenant's own number.
    #[internal]
    pub reference: Option<Reference>,
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
}

impl SealedItem for CustomerItem {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.id.as_str(), Purpose::Pii);
        seals
            .field("name", &mut self.name)
            .field("email", &mut self.email);
        seals
    }
}

impl Item for CustomerItem {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "customer";
    const PROCESSING: Option<shared::processing::Processing> = Some(
        shared::processing::Processing::new(
            "Bill customers and reach them",
            shared::processing::Subjects::Customers,
            shared::processing::Basis::Contract,
            "Until the tenant ends or the person is erased",
            shared::processing::Reach::Own,
        )
        .sealed(shared::crypto::Purpose::Pii),
    );
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: "customers".into(),
            sort: self.id.to_string(),
        })
    }
    fn filterable(&self) -> Attributes {
        self.country
            .iter()
            .map(|c| ("country", c.as_str().into()))
            .collect()
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
    #[internal]
    pub reference: Option<Reference>,
    /// What invoices are paid with when nothing else is named.
    #[public]
    pub default_payment_method: Option<PaymentMethodId>,
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
        Ok(Self {
            id: item.id.clone(),
            name: Name::parse(&text("name", &item.name)?).map_err(parsed)?,
            email: EmailAddress::parse(&text("email", &item.email)?).map_err(parsed)?,
            country: item.country.clone(),
            reference: item.reference.clone(),
            default_payment_method: item.default_payment_method.clone(),
            created_at: shared::time::Instant::from(item.created_at),
        })
    }
}

/// Opens several customers with one read of their keys. One whose key has been destroyed is left out.
pub(crate) async fn open_all(cx: &Context, items: &[Stored<CustomerItem>]) -> Result<Vec<Customer>, Problem> {
    let key = |c: &CustomerItem| SubjectKeyItem::key(cx.tenant(), c.id.as_str(), Purpose::Pii);
    let keys: Vec<Key> = items.iter().map(|c| key(c)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut batch = cx.batch(&keys).await?;
    let mut customers = Vec::with_capacity(items.len());
    for item in items {
        if let Some(subject) = batch.take::<SubjectKeyItem>(&key(item))? {
            customers.push(Customer::open(item, &cx.subject(&subject).await?)?);
        }
    }
    Ok(customers)
}

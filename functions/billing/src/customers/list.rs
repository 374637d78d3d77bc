//! `GET /billing/v1/customers`: a page of customers, newest first.

use super::{ALL, Country, Customer, CustomerItem};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Uses, methods},
    ids::TenantId,
    lists::{Beside, By, MetadataFilter, Moment, Order, Rows, Way},
    problem::Problem,
    rbac,
    road::Context,
    store::Key,
    text::Reference,
};

shared::list! {
    CustomerItem as Customer,
    Declaration::new(
        "list_customers",
        methods::get,
        "/billing/v1/customers",
        Access::Right(&rbac::CUSTOMER_READ),
        Audit::Sensitive,
        "List customers, newest first",
    ),
    Plan { all: Way::index(1, |_, _| ALL.into()), order: Order::Ids("cus"), most: 100 },
    uses [Uses::Key(Purpose::Pii), Uses::Key(Purpose::Index)],
    filters {
        /// Only those with this number of the tenant's own.
        #[personal]
        reference: Reference = By::Words(|customer| customer.reference.as_ref()),
        /// Only those with this value of a key that the tenant has declared: `key:value`.
        #[personal]
        metadata: MetadataFilter = By::Metadata(|customer| customer.metadata.as_ref()),
        /// Only those in this country (ISO 3166-1 alpha-2).
        #[internal]
        country: Country = By::Attribute(|customer| Some(customer.country.as_ref()?.as_str().into())),
        /// Only those created at this time or later.
        #[public]
        created_from: Moment = By::From,
        /// Only those created at this time or earlier.
        #[public]
        created_to: Moment = By::To,
    },
}

impl Rows<CustomerItem> for Customer {
    const EARLY: bool = true;

    fn beside(tenant: &TenantId, customer: &CustomerItem) -> Vec<Key> {
        vec![SubjectKeyItem::key(tenant, customer.id.as_str(), Purpose::Pii)]
    }

    fn subject(customer: &CustomerItem) -> Option<&str> {
        Some(customer.id.as_str())
    }

    async fn of(
        _: &Context,
        customer: &CustomerItem,
        beside: &mut Beside<'_>,
    ) -> Result<Option<Self>, Problem> {
        // One whose key has been destroyed is left out.
        let cipher = beside.cipher(customer.id.as_str(), Purpose::Pii).await?;
        cipher.map(|cipher| Self::open(customer, &cipher)).transpose()
    }
}

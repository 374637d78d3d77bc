//! `GET /billing/v1/customers/{id}`.

use super::{Customer, CustomerItem};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::CustomerId,
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The customer.
    #[public]
    id: CustomerId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_customer",
        methods::get,
        "/billing/v1/customers/{id}",
        Access::Right(&rbac::CUSTOMER_READ),
        Audit::Sensitive,
        "Read a customer",
    )
    .soap("getCustomer")
    .uses(&[Uses::Read(Table::Billing), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = Customer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<CustomerItem>(), at.subject(Purpose::Pii)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Customer>, Problem> {
        let id = input.id.as_str();
        let (item, cipher) = cx.get_with_subject::<CustomerItem>(id, Purpose::Pii).await?;
        Ok(Outcome::read(Customer::open(&item, &cipher)?).concerning(id))
    }
}

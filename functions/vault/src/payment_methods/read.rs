//! `GET /vault/v1/payment-methods/{id}`: masked.

use super::{CardItem, PaymentMethod};
use schemars::JsonSchema;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::PaymentMethodId,
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// The payment method.
    #[public]
    id: PaymentMethodId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_payment_method",
        methods::get,
        "/vault/v1/payment-methods/{id}",
        Access::Right(&rbac::VAULT_READ),
        Audit::Sensitive,
        "Read a payment method, masked",
    )
    .uses(&[Uses::Read(Table::Vault), Uses::Key(Purpose::Card)]);
    type Input = Input;
    type Answer = PaymentMethod;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<CardItem>(), at.subject(Purpose::Card)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<PaymentMethod>, Problem> {
        let id = input.id.as_str();
        let (item, cipher) = cx.get_with_subject::<CardItem>(id, Purpose::Card).await?;
        Ok(Outcome::read(PaymentMethod::open(&item, &cipher)?).concerning(id))
    }
}

//! `GET /vault/v1/payment-methods/{id}`: masked.

use super::{MethodItem, PaymentMethod};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::PaymentMethodId,
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
    .uses(&[Uses::Read(Table::Vault), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = PaymentMethod;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![
            at.key::<MethodItem>(),
            at.subject(Purpose::Card),
            at.subject(Purpose::Pii),
        ]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<PaymentMethod>, Problem> {
        let id = input.id.as_str();
        let item = cx.get::<MethodItem>(id).await?;
        let key = cx
            .find_sub::<SubjectKeyItem>(id, item.shown_by().name())
            .await?
            .ok_or_else(Problem::not_found)?;
        Ok(Outcome::read(item.shown(cx, &key).await?).concerning(id))
    }
}

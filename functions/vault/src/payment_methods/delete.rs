//! `DELETE /vault/v1/payment-methods/{id}`: crypto-erasure.

use super::{KEYS, MethodItem};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::PaymentMethodId,
    problem::Problem,
    rbac,
    record::{Nothing, Record},
    road::Context,
    store::{Changes, Key, Table},
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
pub struct Delete;

impl Endpoint for Delete {
    const DECLARATION: Declaration = Declaration::new(
        "delete_payment_method",
        methods::delete,
        "/vault/v1/payment-methods/{id}",
        Access::Right(&rbac::VAULT_DELETE),
        Audit::Alert,
        "Delete a payment method and destroy its keys; payments keep brand and last four, and can still be refunded",
    )
    .status(204)
    .uses(&[Uses::Write(Table::Vault), Uses::Write(Table::Keys)]);
    type Input = Input;
    type Answer = Nothing;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![
            at.key::<MethodItem>(),
            at.subject(Purpose::Card),
            at.subject(Purpose::Pii),
        ]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let id = input.id.as_str();
        let item = cx.get::<MethodItem>(id).await?;
        let mut changes = Changes::new().write(cx.delete(&item));
        for write in cx.erase(id, &KEYS).await?.writes {
            changes = changes.write(write);
        }
        let changes = changes
            .event(item.event("payment_method.deleted"))
            .object(id, Some(&item.item), None);
        Ok(Outcome::changed(Nothing {}, changes))
    }
}

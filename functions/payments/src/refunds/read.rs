//! `GET /payments/v1/refunds/{id}`.

use super::{Refund, RefundId, RefundItem};
use crate::payments::PaymentItem;
use schemars::JsonSchema;
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Item, Key, Table},
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// The refund.
    #[public]
    id: RefundId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_refund",
        methods::get,
        "/payments/v1/refunds/{id}",
        Access::Right(&rbac::PAYMENT_READ),
        Audit::Log,
        "Read a refund",
    )
    .uses(&[Uses::Read(Table::Payments), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = Refund;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<RefundItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Refund>, Problem> {
        let item = cx.get::<RefundItem>(input.id.as_str()).await?;
        // The caller's filters look at payments: whoever may not see one may not see its refunds either.
        let payment = cx.key::<PaymentItem>(item.payment.as_str());
        let mut keys = vec![payment.clone()];
        if item.metadata.is_some() {
            keys.push(SubjectKeyItem::key(
                cx.tenant(),
                item.item.subject(),
                Purpose::Pii,
            ));
        }
        let seen = cx.batch(&keys).await?.take::<PaymentItem>(&payment)?;
        seen.ok_or_else(Problem::not_found)?;
        Ok(Outcome::read(Refund::shown(cx, &item.item).await?).concerning(input.id.as_str()))
    }
}

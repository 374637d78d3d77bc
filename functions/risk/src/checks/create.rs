//! `POST /risk/v1/checks`: screens as a payment would be screened, and counts nothing.

use super::{Check, CheckId, CheckItem};
use crate::{facts::Asking, screen, shadowed};
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::{CustomerId, PaymentMethodId},
    metadata::Metadata,
    money::{Amount, Currency},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// Who would pay.
    #[public]
    customer: CustomerId,
    /// With what: a payment method of this customer.
    #[public]
    payment_method: Option<PaymentMethodId>,
    /// How much, in minor units.
    #[internal]
    amount: Amount,
    /// In which currency (ISO 4217).
    #[internal]
    currency: Currency,
    /// What a payment would be made with, for rules that ask for it. It is not kept.
    #[personal]
    metadata: Option<Metadata>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_check",
        methods::post,
        "/risk/v1/checks",
        Access::Right(&rbac::RISK_CHECK),
        Audit::Log,
        "Decide about a payment that is not made: score, outcome and reasons",
    )
    .soap("checkRisk")
    .refuses(&[codes::CUSTOMER_ERASED, codes::PROCESSING_RESTRICTED])
    .status(201)
    .uses(&[
        Uses::Write(Table::Risk),
        Uses::Read(Table::Billing),
        Uses::Read(Table::Vault),
        Uses::Read(Table::Keys),
    ]);
    type Input = Input;
    type Answer = Check;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Check>, Problem> {
        let asking = Asking {
            customer: &input.customer,
            payment_method: input.payment_method.as_ref(),
            amount: input.amount,
            currency: input.currency,
        };
        let (mut facts, _) = asking.facts(cx, &[]).await?;
        facts.event.metadata = input.metadata;
        let item = CheckItem {
            id: CheckId::new(cx.now()),
            customer: input.customer,
            payment_method: input.payment_method,
            amount: facts.amount,
            currency: facts.currency,
            verdict: screen(&facts),
            shadow: shadowed(&facts),
            created_at: cx.now(),
        };
        let changes = Changes::new()
            .write(cx.create(&item)?)
            .object(item.id.as_str(), None, Some(&item));
        Ok(Outcome::changed(Check::shown(cx, &item), changes))
    }
}

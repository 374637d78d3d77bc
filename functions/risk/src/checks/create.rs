//! `POST /risk/v1/checks`: screens as a payment would be screened, and counts nothing.

use super::{Check, CheckId, CheckItem};
use crate::{Facts, Standing, Subject, limits_key, screen, take_limits};
use shared::{
    customer::CustomerRef,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::{CustomerId, PaymentMethodId},
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
        let facts = facts(cx, &input).await?;
        let item = CheckItem {
            id: CheckId::new(cx.now()),
            customer: input.customer,
            payment_method: input.payment_method,
            amount: facts.amount,
            currency: facts.currency,
            verdict: screen(&facts),
            created_at: cx.now(),
        };
        let changes = Changes::new()
            .write(cx.create(&item)?)
            .object(item.id.as_str(), None, Some(&item));
        Ok(Outcome::changed(Check::from(&item), changes))
    }
}

/// What is known, read in two calls: how the card stands can only be looked up once the card is known.
async fn facts(cx: &Context, input: &Input) -> Result<Facts, Problem> {
    let customer_key = cx.key::<CustomerRef>(input.customer.as_str());
    let customer = Subject::Customer(input.customer.clone());
    let mut keys = vec![customer_key.clone(), limits_key(cx)];
    keys.extend(customer.keys(cx));
    if let Some(method) = &input.payment_method {
        keys.extend(vault::cards::keys(cx, method));
    }
    let mut batch = cx.batch(&keys).await?;
    batch
        .take::<CustomerRef>(&customer_key)?
        .ok_or_else(|| Problem::invalid("/customer", "is not a customer"))?
        .may_be_processed()?;
    let limits = take_limits(cx, &mut batch)?;
    let standing = customer.standing(cx, &mut batch)?;
    let card = match &input.payment_method {
        None => Standing::default(),
        Some(method) => {
            let card = vault::cards::take(cx, &mut batch, method)?;
            let card = card.filter(|card| card.item.customer == input.customer);
            let card = card.ok_or_else(|| {
                Problem::invalid("/payment_method", "is not a payment method of this customer")
            })?;
            let card = Subject::Card(card.item.tag());
            let mut batch = cx.batch(&card.keys(cx)).await?;
            card.standing(cx, &mut batch)?
        }
    };
    Ok(Facts {
        amount: input.amount.minor(),
        currency: input.currency,
        limits,
        customer: standing,
        card,
    })
}

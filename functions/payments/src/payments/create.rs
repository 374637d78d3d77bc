//! `POST /payments/v1/payments`: screen, then authorise or charge.

use super::Payment;
use crate::{
    charge::{Charge, Charging, Decision},
    cvv::Cvv,
    provider::{LiveCard, Reply},
};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, EffectEndpoint, Intended, Outcome, Uses, methods},
    ids::{CustomerId, PaymentMethodId},
    metadata::Metadata,
    money::{Amount, Currency},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::Table,
    text::Reference,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// Who pays.
    #[public]
    customer: CustomerId,
    /// With what: a payment method of this customer.
    #[public]
    payment_method: PaymentMethodId,
    /// How much, in minor units.
    #[internal]
    amount: Amount,
    /// In which currency (ISO 4217).
    #[internal]
    currency: Currency,
    /// Whether the money is taken at once (the default) or only reserved.
    #[internal]
    capture: Option<bool>,
    /// The tenant's own reference.
    #[personal]
    reference: Option<Reference>,
    /// What the tenant keeps with it: at most 20 keys.
    #[personal]
    metadata: Option<Metadata>,
    /// The card verification value, where the payer has just given it. It goes to the provider and is kept nowhere.
    #[card]
    cvv: Option<Cvv>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl EffectEndpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_payment",
        methods::post,
        "/payments/v1/payments",
        Access::Right(&rbac::PAYMENT_WRITE),
        Audit::Change,
        "Charge a card, or reserve an amount on it",
    )
    .soap("initiatePayment")
    .refuses(&[codes::CUSTOMER_ERASED, codes::PROCESSING_RESTRICTED])
    .status(201)
    .uses(&[
        Uses::Post,
        Uses::Write(Table::Payments),
        Uses::Write(Table::Risk),
        Uses::Read(Table::Billing),
        Uses::Read(Table::Vault),
        Uses::Key(Purpose::Card),
        Uses::Key(Purpose::Index),
        Uses::Key(Purpose::Pii),
    ]);
    type Input = Input;
    type Answer = Payment;
    type Intent = Charging;
    type Live = LiveCard;
    type Effect = Reply;

    async fn intend(cx: &Context, input: Input) -> Result<Intended<Charging, LiveCard, Payment>, Problem> {
        let charge = Charge {
            customer: input.customer,
            payment_method: input.payment_method,
            amount: input.amount,
            currency: input.currency,
            capture: input.capture.unwrap_or(true),
            reference: input.reference,
            metadata: input.metadata,
            opens: Vec::new(),
            cvv: input.cvv,
        };
        Ok(match charge.decide(cx, "-").await? {
            Decision::Ask {
                charging,
                card,
                changes,
            } => Intended::Go {
                intent: charging,
                live: card,
                changes,
            },
            Decision::Stop { payment, changes } => {
                Intended::Stop(Outcome::changed(Payment::shown(cx, &payment).await?, changes))
            }
        })
    }

    async fn perform(cx: &Context, intent: &Charging, live: LiveCard) -> Reply {
        intent.ask(cx, live).await
    }

    async fn recover(cx: &Context, intent: &Charging) -> Option<Reply> {
        intent.asked(cx).await
    }

    async fn conclude(cx: &Context, intent: &Charging, reply: &Reply) -> Result<Outcome<Payment>, Problem> {
        let (next, changes) = intent.settle(cx, reply).await?;
        Ok(Outcome::changed(
            Payment::shown(cx, &next.payment).await?,
            changes,
        ))
    }
}

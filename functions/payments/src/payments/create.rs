//! `POST /payments/v1/payments`: screen, then authorise or charge.

use super::{CardSummary, Payment, PaymentId, PaymentItem, PaymentStatus};
use crate::{
    provider::{LiveCard, Operation, Order, Provider, ProviderName, Reply, asked, order_key},
    settle::Objects,
};
use risk::{Facts, RiskOutcome, Standing, Subject, Verdict, limits::Limits, screen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    crypto::Purpose,
    customer::CustomerRef,
    endpoint::{Access, Audit, Declaration, EffectEndpoint, Intended, Outcome, Uses, methods},
    ids::{CustomerId, PaymentMethodId},
    money::{Amount, Currency},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Event, Stored, Table},
    text::Reference,
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
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
    #[internal]
    reference: Option<Reference>,
}

/// What is kept of it until its outcome is known. Nobody changes a payment that is being processed, so its
/// item need not be read again.
#[derive(Serialize, Deserialize)]
pub struct Intent {
    payment: PaymentItem,
    order: Order,
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
    .status(201)
    .uses(&[
        Uses::Write(Table::Payments),
        Uses::Write(Table::Risk),
        Uses::Read(Table::Billing),
        Uses::Read(Table::Vault),
        Uses::Key(Purpose::Card),
    ]);
    type Input = Input;
    type Answer = Payment;
    type Intent = Intent;
    type Live = LiveCard;
    type Effect = Reply;

    async fn intend(cx: &Context, input: Input) -> Result<Intended<Intent, LiveCard, Payment>, Problem> {
        let known = Known::read(cx, &input).await?;
        let verdict = screen(&Facts {
            amount: input.amount.minor(),
            currency: input.currency,
            limits: known.limits.clone(),
            customer: known.customer_standing,
            card: known.card_standing,
        });
        let accepted = verdict.outcome == RiskOutcome::Accept;
        let payment = payment(cx, input, &known.card, verdict)?;
        let id = payment.id.to_string();
        let changes = Changes::new()
            .write(cx.create(&payment)?)
            .object(&id, None, Some(&payment));
        if !accepted {
            let answer = Payment::from(&payment);
            let changes = changes.event(Event::about("payment.declined", &id, &answer));
            return Ok(Intended::Stop(Outcome::changed(answer, changes)));
        }
        let mut changes = changes.write(known.card_subject.not_denied(cx));
        for (subject, standing) in [
            (&known.customer, known.customer_standing),
            (&known.card_subject, known.card_standing),
        ] {
            // Velocity does not hold up whom an allow list names.
            if !standing.allowed {
                changes = changes.write(subject.count(cx, &known.limits));
            }
        }
        let live = LiveCard {
            number: known.card.number(cx).await?,
            exp_month: known.card.item.exp_month,
            exp_year: known.card.item.exp_year,
        };
        let order = Order {
            operation: Operation::Authorise,
            provider: payment.provider,
            key: payment.provider_key.clone(),
            of: None,
            payment: payment.id.clone(),
            refund: None,
            amount: payment.amount,
            currency: payment.currency,
            capture: payment.capture,
        };
        Ok(Intended::Go {
            intent: Intent { payment, order },
            live,
            changes,
        })
    }

    async fn perform(cx: &Context, intent: &Intent, live: LiveCard) -> Reply {
        intent.order.provider.authorise(cx, &intent.order, &live).await
    }

    async fn recover(cx: &Context, intent: &Intent) -> Option<Reply> {
        asked(cx, &intent.order).await
    }

    async fn conclude(cx: &Context, intent: &Intent, reply: &Reply) -> Result<Outcome<Payment>, Problem> {
        let payment = Stored {
            item: intent.payment.clone(),
            revision: 1,
        };
        let (next, changes) = Objects {
            payment,
            refund: None,
        }
        .settle(cx, &intent.order, reply)?;
        Ok(Outcome::changed(Payment::from(&next.payment), changes))
    }
}

/// What is known before a payment is screened.
struct Known {
    card: vault::Card,
    customer: Subject,
    card_subject: Subject,
    limits: Limits,
    customer_standing: Standing,
    card_standing: Standing,
}

impl Known {
    /// Reads it in one call. How the card stands can only be looked up once the card is known, so the first
    /// time this is left to the conditions of the transaction; when they do not hold, the road runs the
    /// handler again, and a second call reads it.
    async fn read(cx: &Context, input: &Input) -> Result<Self, Problem> {
        let customer_key = cx.key::<CustomerRef>(input.customer.as_str());
        let customer = Subject::Customer(input.customer.clone());
        let mut keys = vec![customer_key.clone(), risk::limits_key(cx)];
        keys.extend(vault::cards::keys(cx, &input.payment_method));
        keys.extend(customer.keys(cx));
        let mut batch = cx.batch(&keys).await?;
        if batch.take::<CustomerRef>(&customer_key)?.is_none() {
            return Err(Problem::invalid("/customer", "is not a customer"));
        }
        let card = vault::cards::take(cx, &mut batch, &input.payment_method)?;
        let card = card.filter(|c| c.item.customer == input.customer);
        let card = card
            .ok_or_else(|| Problem::invalid("/payment_method", "is not a payment method of this customer"))?;
        let limits = risk::take_limits(cx, &mut batch)?;
        let customer_standing = customer.standing(cx, &mut batch)?;
        let card_subject = Subject::Card(card.item.tag());
        let card_standing = if cx.round() == 0 {
            Standing::default()
        } else {
            let mut batch = cx.batch(&card_subject.keys(cx)).await?;
            card_subject.standing(cx, &mut batch)?
        };
        Ok(Self {
            card,
            customer,
            card_subject,
            limits,
            customer_standing,
            card_standing,
        })
    }
}

fn payment(cx: &Context, input: Input, card: &vault::Card, risk: Verdict) -> Result<PaymentItem, Problem> {
    let declined = risk.outcome == RiskOutcome::Decline;
    Ok(PaymentItem {
        id: PaymentId::new(cx.now()),
        customer: input.customer,
        payment_method: input.payment_method,
        amount: input.amount.minor(),
        currency: input.currency,
        status: if declined {
            PaymentStatus::Declined
        } else {
            PaymentStatus::Processing
        },
        capture: input.capture.unwrap_or(true),
        captured: 0,
        capture_pending: 0,
        refunded: 0,
        refund_pending: 0,
        cancel_pending: false,
        risk,
        decline_code: declined.then(|| "risk".to_owned()),
        reference: input.reference,
        card: CardSummary {
            brand: card.item.brand,
            last4: card.item.last4.clone(),
        },
        provider: ProviderName::of_tenant(cx),
        provider_key: order_key(cx, Operation::Authorise, "-")?,
        created_at: cx.now(),
    })
}

//! Charging a card: what decides on a new payment and settles it, for this service's own endpoint and for whoever
//! bills through it. The caller commits what comes out of it together with changes of its own.

use crate::{
    cvv::Cvv,
    payments::{CardSummary, Payment, PaymentId, PaymentItem, PaymentStatus},
    provider::{LiveCard, Operation, Order, Provider, ProviderName, Reply, asked, order_key},
    settle::{Next, Objects},
};
use risk::{
    Counting, Event as Asked, Facts, InForce, Method, RiskOutcome, Standing, Subject, Verdict,
    reviews::{self, ReviewId, Waiting},
    screen, shadowed,
};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    customer::CustomerRef,
    ids::{CustomerId, PaymentMethodId, time_of},
    metadata::Metadata,
    money::{Amount, Currency},
    problem::Problem,
    road::Context,
    store::{Changes, Event, Key, Stored},
    text::Reference,
    words::Words,
};

/// What is to be charged.
pub struct Charge {
    /// Who pays.
    pub customer: CustomerId,
    /// With what: a payment method of this customer.
    pub payment_method: PaymentMethodId,
    /// How much.
    pub amount: Amount,
    /// In which currency.
    pub currency: Currency,
    /// Whether the money is taken at once or only reserved.
    pub capture: bool,
    /// The tenant's own reference.
    pub reference: Option<Reference>,
    /// What the tenant keeps with it.
    pub metadata: Option<Metadata>,
    /// Where the keys stand of what else the caller opens: they are read in the same call.
    pub opens: Vec<Key>,
    /// The card verification value, for this invocation only.
    pub cvv: Option<Cvv>,
}

/// A payment that the provider is asked for: what is kept of it until its outcome is known. Nobody changes a
/// payment that is being processed, so its item need not be read again.
#[derive(Serialize, Deserialize)]
pub struct Charging {
    payment: PaymentItem,
    revision: u64,
    order: Order,
}

/// What was decided about a charge.
pub enum Decision {
    /// The provider is to be asked.
    Ask {
        /// What is kept with the intent.
        charging: Charging,
        /// The card, for this invocation only.
        card: LiveCard,
        /// The payment and its counters.
        changes: Changes,
    },
    /// The provider is not asked: the screen has said no, a person is to decide, or it has answered before.
    Stop {
        /// The payment.
        payment: PaymentItem,
        /// The payment and its event, unless they were there.
        changes: Changes,
    },
}

impl Charge {
    /// Screens the payment, and makes everything that asking the provider needs. `object` is what the provider's
    /// key is about beside tenant, principal and `Idempotency-Key`: `-` for a payment by itself, and otherwise the
    /// id of what is paid, so that one key used for two things is two orders.
    ///
    /// The function must declare that it posts, writes payments and risk, reads billing and vault, and holds
    /// `Purpose::Card`, and `Purpose::Pii` and `Purpose::Index` for what comes with metadata or a reference.
    ///
    /// # Errors
    /// 422 when customer and payment method do not fit together, 503.
    pub async fn decide(mut self, cx: &Context, object: &str) -> Result<Decision, Problem> {
        let known = Known::read(cx, &self).await?;
        let cvv = self.cvv.take();
        if cvv.as_ref().is_some_and(|cvv| !cvv.fits(known.details.brand)) {
            return Err(Problem::invalid(
                "/cvv",
                "has another length on cards of this brand",
            ));
        }
        let key = order_key(cx, Operation::Authorise, object)?;
        let id = PaymentId::of_key(&key, cx.now());
        // The id is free unless the record of a call was lost, which a lost race tells.
        let before = if cx.round() == 0 {
            None
        } else {
            cx.find::<PaymentItem>(id.as_str()).await?
        };
        if let Some(before) = before {
            return self.again(cx, before, known.live(cx, cvv).await?);
        }
        let facts = Facts {
            amount: self.amount.minor(),
            currency: self.currency,
            rules: known.rules.clone(),
            customer: known.customer_standing.clone(),
            card: known.card_standing.clone(),
            event: Asked {
                now: cx.now(),
                check: false,
                customer_since: time_of(self.customer.as_str()),
                method: Some(Method::of(&known.card)),
                capture: Some(self.capture),
                cvv: Some(cvv.is_some()),
                invoice: Some(object != "-"),
                metadata: self.metadata.clone(),
            },
        };
        let (verdict, shadow) = (screen(&facts), shadowed(&facts));
        let (accepted, waits) = (
            verdict.outcome == RiskOutcome::Accept,
            verdict.outcome == RiskOutcome::Review,
        );
        let (customer, metadata, reference) =
            (self.customer.clone(), self.metadata.take(), self.reference.take());
        let mut payment = payment(cx, self, &known, verdict, id, key);
        payment.shadow = shadow;
        payment.invoice = (object != "-").then(|| object.to_owned());
        let kept =
            Metadata::about::<PaymentItem>(metadata.as_ref(), cx, customer.as_str(), payment.id.as_str());
        payment.metadata = kept.await?;
        if let Some(reference) = reference {
            let cipher = cx.customer_cipher(customer.as_str()).await?;
            let (own, text) = (payment.id.as_str(), reference.as_str());
            let words = Words::found::<PaymentItem>(cx, &cipher, own, "reference", text);
            payment.reference = Some(words.await?);
        }
        let id = payment.id.to_string();
        let changes = Changes::new()
            .write(cx.create(&payment)?)
            .object(&id, None, Some(&payment));
        // What rules have been told of a card that has not been read holds, or the payment is screened again.
        let guessed = cx.round() == 0 && known.asks_for_the_card();
        let changes = if guessed {
            changes.write(known.card_subject.not_allowed(cx))
        } else {
            changes
        };
        if !accepted && !waits {
            let changes = if guessed {
                changes.write(known.card_subject.not_counted(cx))
            } else {
                changes
            };
            let event = Event::about("payment.declined", &id, &Payment::from(&payment)).of(&payment);
            let changes = changes.event(event);
            return Ok(Decision::Stop { payment, changes });
        }
        let mut changes = changes.write(known.card_subject.not_denied(cx));
        for (subject, standing) in [
            (&known.customer, &known.customer_standing),
            (&known.card_subject, &known.card_standing),
        ] {
            // Velocity does not hold up whom an allow list names.
            if !standing.allowed {
                let counts = subject.count(cx, &known.rules.limits, known.counting(subject, guessed));
                changes = counts.into_iter().fold(changes, Changes::write);
            }
        }
        if waits {
            let changes = waiting(cx, &payment, known.rules.conditions.review_hours, changes)?;
            return Ok(Decision::Stop { payment, changes });
        }
        let card = known.live(cx, cvv).await?;
        Ok(Decision::Ask {
            charging: Charging::of(payment, 1),
            card,
            changes,
        })
    }

    /// Goes on with the payment of a call whose own record was lost with a region: the same order under the same id.
    fn again(self, cx: &Context, before: Stored<PaymentItem>, card: LiveCard) -> Result<Decision, Problem> {
        let same = before.customer == self.customer
            && before.payment_method == self.payment_method
            && before.amount == self.amount.minor()
            && before.currency == self.currency
            && before.capture == self.capture;
        if !same {
            return Err(Problem::key_reused());
        }
        let Stored { item, revision } = before;
        if item.status != PaymentStatus::Processing {
            return Ok(Decision::Stop {
                payment: item,
                changes: Changes::new(),
            });
        }
        tracing::warn!(
            payment = item.id.as_str(),
            tenant = cx.tenant().as_str(),
            "a payment without the record of its call"
        );
        Ok(Decision::Ask {
            charging: Charging::of(item, revision),
            card,
            changes: Changes::new(),
        })
    }
}

/// Adds what a payment that a person is to decide about begins with. No provider hears of it before.
fn waiting(cx: &Context, payment: &PaymentItem, hours: i64, changes: Changes) -> Result<Changes, Problem> {
    let review = payment.review.clone();
    let review = review.ok_or_else(|| Problem::internal("a payment in review without a review"))?;
    let event = Event::about("payment.in_review", payment.id.as_str(), &Payment::from(payment));
    let waiting = Waiting {
        review,
        payment: payment.id.clone(),
        customer: payment.customer.clone(),
        payment_method: payment.payment_method.clone(),
        amount: payment.amount,
        currency: payment.currency,
        risk: payment.risk.clone(),
        hours,
    };
    reviews::open(cx, waiting, changes.event(event.of(payment)))
}

impl Charging {
    fn of(payment: PaymentItem, revision: u64) -> Self {
        let order = Order::first(&payment);
        Self {
            payment,
            revision,
            order,
        }
    }

    /// The payment as its intent has left it.
    #[must_use]
    pub fn payment(&self) -> &PaymentItem {
        &self.payment
    }

    /// Asks the provider for the money, once.
    pub async fn ask(&self, cx: &Context, card: LiveCard) -> Reply {
        self.order.provider.authorise(cx, &self.order, &card).await
    }

    /// Asks what became of an order whose answer was lost; `None` when the provider cannot tell yet.
    pub async fn asked(&self, cx: &Context) -> Option<Reply> {
        asked(cx, &self.order).await
    }

    /// Turns the provider's answer into changes. One that is missing leaves an open question behind.
    ///
    /// # Errors
    /// As [`Objects::settle`].
    pub async fn settle(&self, cx: &Context, reply: &Reply) -> Result<(Next, Changes), Problem> {
        let payment = Stored {
            item: self.payment.clone(),
            revision: self.revision,
        };
        Objects {
            payment,
            refund: None,
        }
        .settle(cx, &self.order, reply)
        .await
    }
}

/// What is known before a payment is screened.
struct Known {
    card: vault::Card,
    details: vault::cards::Details,
    customer: Subject,
    card_subject: Subject,
    rules: InForce,
    customer_standing: Standing,
    card_standing: Standing,
}

impl Known {
    /// Reads it in one call. How the card stands can only be looked up once the card is known, so the first
    /// time this is left to the conditions of the transaction; when they do not hold, the road runs the
    /// handler again, and a second call reads it.
    async fn read(cx: &Context, charge: &Charge) -> Result<Self, Problem> {
        let customer_key = cx.key::<CustomerRef>(charge.customer.as_str());
        let customer = Subject::Customer(charge.customer.clone());
        let mut keys = vec![customer_key.clone(), risk::rules_key(cx)];
        keys.extend(vault::cards::keys(cx, &charge.payment_method));
        keys.extend(charge.opens.iter().cloned());
        if charge.metadata.is_some() || charge.reference.is_some() {
            keys.push(SubjectKeyItem::key(
                cx.tenant(),
                charge.customer.as_str(),
                Purpose::Pii,
            ));
        }
        keys.extend(customer.keys(cx));
        keys.sort();
        keys.dedup();
        let mut batch = cx.batch(&keys).await?;
        batch
            .take::<CustomerRef>(&customer_key)?
            .ok_or_else(|| Problem::invalid("/customer", "is not a customer"))?
            .may_be_processed()?;
        let card = vault::cards::take(cx, &mut batch, &charge.payment_method)?;
        let card = card.filter(|c| c.item.customer == charge.customer);
        let card = card
            .ok_or_else(|| Problem::invalid("/payment_method", "is not a payment method of this customer"))?;
        let details = card.details().ok_or_else(|| {
            let text =
                "is an IBAN, and no provider that collects from bank accounts is connected: name a card";
            Problem::invalid("/payment_method", text)
        })?;
        let rules = risk::take_rules(cx, &mut batch)?;
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
            details,
            customer,
            card_subject,
            rules,
            customer_standing,
            card_standing,
        })
    }

    /// Whether a rule asks how the card stands.
    fn asks_for_the_card(&self) -> bool {
        self.rules.conditions.asks(risk::attributes::of_cards_standing)
    }

    /// Why a payment of a subject is counted. Whoever is asked for is, whether a limit holds or not.
    fn counting(&self, subject: &Subject, guessed: bool) -> Counting {
        let name = format!("{}.payments_hour", subject.kind());
        match subject {
            Subject::Card(_) if guessed => Counting::First,
            _ if self.rules.conditions.asks(|asked| asked == name) => Counting::Asked,
            _ => Counting::Limited,
        }
    }

    /// The card, opened.
    async fn live(&self, cx: &Context, cvv: Option<Cvv>) -> Result<LiveCard, Problem> {
        Ok(LiveCard {
            number: self.card.number(cx).await?,
            exp_month: self.details.exp_month,
            exp_year: self.details.exp_year,
            cvv,
        })
    }
}

fn payment(
    cx: &Context,
    charge: Charge,
    known: &Known,
    risk: Verdict,
    id: PaymentId,
    provider_key: String,
) -> PaymentItem {
    let status = match risk.outcome {
        RiskOutcome::Accept => PaymentStatus::Processing,
        RiskOutcome::Review => PaymentStatus::InReview,
        RiskOutcome::Decline | RiskOutcome::Challenge => PaymentStatus::Declined,
    };
    let review = (status == PaymentStatus::InReview).then(|| ReviewId::new(cx.now()));
    PaymentItem {
        id,
        customer: charge.customer,
        payment_method: charge.payment_method,
        amount: charge.amount.minor(),
        currency: charge.currency,
        status,
        capture: charge.capture,
        captured: 0,
        capture_pending: 0,
        released: 0,
        release_pending: 0,
        refunded: 0,
        refund_pending: 0,
        cancel_pending: false,
        invoice: None,
        risk,
        shadow: None,
        review,
        decline_code: (status == PaymentStatus::Declined).then(|| "risk".to_owned()),
        reference: None,
        card: CardSummary {
            brand: known.details.brand,
            last4: known.card.item.last4.clone(),
        },
        provider: ProviderName::of_tenant(cx),
        provider_key,
        created_at: cx.now(),
        metadata: None,
    }
}

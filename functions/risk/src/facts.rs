//! What is known of a payment that is not made.

use crate::{Event, Facts, Method, Standing, Subject, rules_key, take_rules};
use shared::{
    customer::CustomerRef,
    ids::{CustomerId, PaymentMethodId, time_of},
    money::{Amount, Currency},
    problem::Problem,
    road::{Batch, Context},
    store::Key,
};

/// Who would pay how much.
#[derive(Debug)]
pub struct Asking<'a> {
    /// Who.
    pub customer: &'a CustomerId,
    /// With what: a payment method of this customer.
    pub payment_method: Option<&'a PaymentMethodId>,
    /// How much.
    pub amount: Amount,
    /// In which currency.
    pub currency: Currency,
}

impl Asking<'_> {
    /// What is known, read in two calls: how the card stands can only be looked up once the card is known. What else has these keys
    /// comes from the first one.
    ///
    /// # Errors
    /// 422 when customer and payment method do not fit together, 409 when the customer may not be processed, 503.
    pub async fn facts<'c>(&self, cx: &'c Context, beside: &[Key]) -> Result<(Facts, Batch<'c>), Problem> {
        let customer_key = cx.key::<CustomerRef>(self.customer.as_str());
        let customer = Subject::Customer(self.customer.clone());
        let mut keys = vec![customer_key.clone(), rules_key(cx)];
        keys.extend(customer.keys(cx));
        keys.extend(beside.iter().cloned());
        if let Some(method) = self.payment_method {
            keys.extend(vault::cards::keys(cx, method));
        }
        let mut batch = cx.batch(&keys).await?;
        batch
            .take::<CustomerRef>(&customer_key)?
            .ok_or_else(|| Problem::invalid("/customer", "is not a customer"))?
            .may_be_processed()?;
        let rules = take_rules(cx, &mut batch)?;
        let standing = customer.standing(cx, &mut batch)?;
        let (card, method) = match self.payment_method {
            None => (Standing::default(), None),
            Some(method) => {
                let card = vault::cards::take(cx, &mut batch, method)?;
                let card = card.filter(|card| card.item.customer == *self.customer);
                let card = card.ok_or_else(|| {
                    Problem::invalid("/payment_method", "is not a payment method of this customer")
                })?;
                let subject = Subject::Card(card.item.tag());
                let mut batch = cx.batch(&subject.keys(cx)).await?;
                (subject.standing(cx, &mut batch)?, Some(Method::of(&card)))
            }
        };
        let facts = Facts {
            amount: self.amount.minor(),
            currency: self.currency,
            rules,
            customer: standing,
            card,
            event: Event {
                now: cx.now(),
                check: true,
                customer_since: time_of(self.customer.as_str()),
                method,
                ..Event::default()
            },
        };
        Ok((facts, batch))
    }
}

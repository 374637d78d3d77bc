//! What is known when a payment is screened, and what rules read of it.

use crate::{Event, InForce, Standing, attributes::METADATA};
use ::rules::Value;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use shared::{money::Currency, time::Timestamp};
use std::{borrow::Cow, collections::BTreeMap};

/// What is known when a payment is screened.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Minor units.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// The rules that count.
    pub rules: InForce,
    /// How the customer stands.
    pub customer: Standing,
    /// How the card stands.
    pub card: Standing,
    /// What else is known.
    pub event: Event,
}

/// Whole days until `now`; none before.
fn days(since: Timestamp, now: Timestamp) -> i64 {
    now.as_second().saturating_sub(since.as_second()).max(0) / 86_400
}

fn yes<'a>(yes: Option<bool>) -> Value<'a> {
    yes.map_or(Value::Missing, Value::Boolean)
}

fn standing<'a>(of: &'a Standing, what: &str) -> Value<'a> {
    match what {
        "payments_hour" => Value::number(Some(of.count)),
        "allowed" => Value::Boolean(of.allowed),
        _ => Value::Texts(Cow::Borrowed(&of.lists)),
    }
}

impl Facts {
    /// The values of attributes, in this order.
    #[must_use]
    pub fn values<'a>(&'a self, names: &[String]) -> Vec<Value<'a>> {
        let wants = names.iter().any(|name| name.starts_with(METADATA));
        let metadata = self.event.metadata.as_ref().filter(|_| wants);
        let metadata = metadata.and_then(|m| serde_json::to_value(m).ok());
        let metadata: BTreeMap<String, String> = metadata
            .and_then(|m| serde_json::from_value(m).ok())
            .unwrap_or_default();
        let one = |name: &String| match name.strip_prefix(METADATA) {
            Some(key) => metadata
                .get(key)
                .map_or(Value::Missing, |text| Value::Text(Cow::Owned(text.clone()))),
            None => self.value(name),
        };
        names.iter().map(one).collect()
    }

    fn value(&self, name: &str) -> Value<'_> {
        let event = &self.event;
        let method = event.method.as_ref();
        let card = method.filter(|m| m.brand.is_some());
        match name {
            "amount" => Value::number(Some(self.amount)),
            "amount_major" => Value::Decimal(Decimal::new(self.amount, self.currency.exponent())),
            "currency" => Value::text(Some(self.currency.code())),
            "now" => Value::Instant(event.now),
            "customer.age_days" => Value::number(Some(
                event.customer_since.map_or(0, |since| days(since, event.now)),
            )),
            "card.brand" => Value::text(card.and_then(|m| m.brand.as_deref())),
            "card.bin" => Value::text(card.and_then(|m| m.first6.as_deref())),
            "card.months_left" => Value::number(card.and_then(|m| m.ends).map(|(month, year)| {
                let now = event.now.to_zoned(TimeZone::UTC);
                (year - i64::from(now.year())).saturating_mul(12) + month - i64::from(now.month())
            })),
            "card.age_days" => Value::number(card.map(|m| days(m.since, event.now))),
            "account.country" => Value::text(method.and_then(|m| m.country.as_deref())),
            "capture" => yes(event.capture),
            "cvv_given" => yes(event.cvv),
            "pays_invoice" => yes(event.invoice),
            _ => match name.split_once('.') {
                Some(("customer", what)) => standing(&self.customer, what),
                Some(("card", what)) if method.is_some() => standing(&self.card, what),
                _ => Value::Missing,
            },
        }
    }
}

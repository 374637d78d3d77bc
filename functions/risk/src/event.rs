//! What rules can ask of a payment or a check. All of it is read anyway; nothing here is worth a further call.

use crate::{Facts, Standing};
use ::rules::{Attribute, Catalogue, Kind, Value};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use shared::{metadata::Metadata, time::Timestamp};
use std::{borrow::Cow, collections::BTreeMap};

/// Before the name of a key of metadata.
const METADATA: &str = "metadata.";

/// Attributes: name, type, and whether some events do not have them.
pub const ATTRIBUTES: [(&str, Kind, bool); 19] = [
    ("amount", Kind::Number, false),
    ("amount_major", Kind::Decimal, false),
    ("currency", Kind::Text, false),
    ("now", Kind::Instant, false),
    ("customer.age_days", Kind::Number, false),
    ("customer.payments_hour", Kind::Number, false),
    ("customer.allowed", Kind::Boolean, false),
    ("customer.lists", Kind::Texts, false),
    ("card.brand", Kind::Text, true),
    ("card.bin", Kind::Text, true),
    ("card.months_left", Kind::Number, true),
    ("card.age_days", Kind::Number, true),
    ("card.payments_hour", Kind::Number, true),
    ("card.allowed", Kind::Boolean, true),
    ("card.lists", Kind::Texts, true),
    ("account.country", Kind::Text, true),
    ("capture", Kind::Boolean, true),
    ("cvv_given", Kind::Boolean, true),
    ("pays_invoice", Kind::Boolean, true),
];

/// The catalogue that conditions are compiled against.
#[derive(Debug)]
pub struct Asked;

impl Catalogue for Asked {
    fn attribute(&self, name: &str) -> Option<Attribute> {
        if let Some(key) = name.strip_prefix(METADATA) {
            shared::metadata::MetadataKey::parse(key).ok()?;
            return Some(Attribute {
                kind: Kind::Text,
                may_be_missing: true,
            });
        }
        let (_, kind, may_be_missing) = ATTRIBUTES.iter().find(|(known, ..)| *known == name)?;
        Some(Attribute {
            kind: *kind,
            may_be_missing: *may_be_missing,
        })
    }
}

/// Whether an attribute tells how a card stands, which is known only once the card is.
#[must_use]
pub fn of_cards_standing(name: &str) -> bool {
    matches!(name, "card.payments_hour" | "card.allowed" | "card.lists")
}

/// Whether the value of an attribute may be shown in a reason. What people type freely is not: it is sealed elsewhere.
#[must_use]
pub fn shown(name: &str) -> bool {
    !name.starts_with(METADATA)
}

/// With what somebody pays.
#[derive(Clone, Debug, Default)]
pub struct Method {
    /// Its card's brand.
    pub brand: Option<String>,
    /// Its card's first six digits.
    pub first6: Option<String>,
    /// The month and year that its card ends with.
    pub ends: Option<(i64, i64)>,
    /// The country of a bank account.
    pub country: Option<String>,
    /// Since when it is kept.
    pub since: Timestamp,
}

impl Method {
    /// What is kept of a payment method.
    #[must_use]
    pub fn of(card: &vault::Card) -> Self {
        let item = &card.item;
        let details = card.details();
        let brand = details.as_ref().and_then(|d| serde_json::to_value(d.brand).ok());
        let month = details
            .as_ref()
            .and_then(|d| serde_json::to_value(d.exp_month).ok()?.as_i64());
        let year = details
            .as_ref()
            .and_then(|d| serde_json::to_value(d.exp_year).ok()?.as_i64());
        Self {
            brand: brand.and_then(|b| b.as_str().map(str::to_owned)),
            first6: item.first6.clone(),
            ends: month.zip(year),
            country: item.country.clone(),
            since: item.created_at,
        }
    }
}

/// What is known of an event beside its amount and how customer and card stand.
#[derive(Clone, Debug, Default)]
pub struct Event {
    /// When it happens.
    pub now: Timestamp,
    /// Whether it is a check, and no payment.
    pub check: bool,
    /// Since when there is the customer.
    pub customer_since: Option<Timestamp>,
    /// With what.
    pub method: Option<Method>,
    /// Whether the money is taken at once.
    pub capture: Option<bool>,
    /// Whether the card verification value was given.
    pub cvv: Option<bool>,
    /// Whether it pays an invoice.
    pub invoice: Option<bool>,
    /// What the tenant keeps with it.
    pub metadata: Option<Metadata>,
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

//! What is known of a payment or a check beside its amount, and of what it is made with.

use shared::{metadata::Metadata, time::Timestamp};

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

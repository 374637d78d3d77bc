//! What a tenant has set about tax and its documents: one item.

use super::Supply;
use crate::{
    compute::Rate,
    country::Country,
    parties::{MOST_DAYS, Seller},
    tax_ids::TaxId,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use shared::{
    problem::Problem,
    record::{FieldError, Record},
    store::{Item, Table},
    text::Line,
    time::{Instant, Timestamp},
};

shared::text_type!(
    /// A day of the calendar (ISO 8601).
    Day called "CalendarDay", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "2026-01-31", |t| {
        let shaped = t.len() == 10 && t.is_ascii();
        let day: Option<Date> = shaped.then(|| t.parse().ok()).flatten();
        day.map(|day| day.to_string()).ok_or("is not a day (ISO 8601)")
    }
);

impl From<Date> for Day {
    fn from(day: Date) -> Self {
        Self(day.to_string())
    }
}

impl std::fmt::Debug for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Day {
    /// The day (UTC) of an instant.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        at.to_zoned(jiff::tz::TimeZone::UTC).date().into()
    }
    /// So many days later.
    #[must_use]
    pub fn after(&self, days: u16) -> Self {
        let date = self.date();
        date.checked_add(jiff::Span::new().days(days))
            .unwrap_or(date)
            .into()
    }
    /// As a date.
    #[must_use]
    pub fn date(&self) -> Date {
        self.as_str().parse().unwrap_or_default()
    }
}

shared::text_type!(
    /// What is taxed alike, as the tenant calls it: `standard`, `reduced`, `books`.
    TaxClass called "TaxCategoryName", "^[a-z][a-z0-9_]{0,39}$", "standard", |t| {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let ok = (1..=40).contains(&t.len()) && t.bytes().all(good) && t.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
        if ok { Ok(t.to_owned()) } else { Err("must be 1 to 40 lower case letters, digits and underscores") }
    }
);

impl TaxClass {
    /// What is taxed as most things are.
    #[must_use]
    pub fn standard() -> Self {
        Self("standard".to_owned())
    }
}

shared::text_type!(
    /// Why no tax is charged, as a code of the list VATEX.
    ExemptionCode called "VatExemptionCode", "^VATEX-[A-Z]{2}-[0-9A-Z-]{1,30}$", "VATEX-EU-132-1I", |t| {
        let (country, rest) = t.strip_prefix("VATEX-").and_then(|r| r.split_once('-')).unwrap_or_default();
        let capital = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
        let ok = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase())
            && (1..=30).contains(&rest.len()) && rest.bytes().all(capital);
        if ok { Ok(t.to_owned()) } else { Err("is not a code of the list VATEX") }
    }
);

shared::text_type!(
    /// What the numbers of a series begin with: up to 20 capitals, digits and signs, the last of them no digit.
    Series called "NumberPrefix", r"^[0-9A-Z/._-]{0,19}[A-Z/._-]$", "INV-", |t| {
        let good = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"/._-".contains(&b);
        let ends = t.bytes().last().is_some_and(|b| !b.is_ascii_digit());
        if (1..=20).contains(&t.len()) && ends && t.bytes().all(good) {
            Ok(t.to_owned())
        } else {
            Err("must be 1 to 20 capitals, digits and signs, the last of them no digit")
        }
    }
);

/// What the numbers of invoices begin with where a tenant has set nothing.
pub const SERIES: &str = "INV-";

/// What the numbers of credit notes begin with where a tenant has set nothing.
pub const NOTE_SERIES: &str = "CN-";

/// Which rules electronic documents keep beyond our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "EinvoiceProfile")]
pub enum Profile {
    /// EN 16931-1.
    En16931,
    /// XRechnung 3.0, which German authorities ask for.
    Xrechnung,
    /// Peppol BIS Billing 3.0.
    Peppol,
}

/// Where the tenant is registered for tax, beside its own country.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(input, stored)]
#[record(name = "TaxRegistration")]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// The country (ISO 3166-1 alpha-2).
    #[internal]
    pub country: Country,
    /// Under which number.
    #[internal]
    pub tax_id: Option<TaxId>,
    /// Since which day.
    #[internal]
    pub from: Day,
    /// Until which day, inclusive.
    #[internal]
    pub to: Option<Day>,
}

/// A rate, of a country and a category, from a day on.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(input, stored)]
#[record(name = "DatedTaxRate")]
#[serde(deny_unknown_fields)]
pub struct DatedRate {
    /// The country (ISO 3166-1 alpha-2).
    #[internal]
    pub country: Country,
    /// What it is the rate of.
    #[internal]
    pub category: TaxClass,
    /// In percent.
    #[internal]
    pub rate: Rate,
    /// From which day on.
    #[internal]
    pub from: Day,
    /// Until which day, inclusive.
    #[internal]
    pub to: Option<Day>,
}

/// What no tax is charged on, and why.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(input, stored)]
#[record(name = "TaxExemption")]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// The category; all of them when absent, as for a small business.
    #[internal]
    pub category: Option<TaxClass>,
    /// Why, as a code of the list VATEX.
    #[internal]
    pub code: Option<ExemptionCode>,
    /// Why, in words.
    #[internal]
    pub reason: Line,
}

/// The settings, as given and as answered.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(input, stored)]
#[record(name = "TaxSettingsValues")]
#[record(
    example = r#"{"seller": {"name": "Ledgerkeep GmbH", "address": {"lines": ["Hauptstr. 1"], "city": "Berlin", "postal_code": "10115"}, "country": "DE", "tax_ids": ["DE136695976"]}, "rates": [{"country": "DE", "category": "standard", "rate": "19", "from": "2021-01-01"}]}"#
)]
pub struct Settings {
    /// Who sells.
    #[nested]
    pub seller: Seller,
    /// Where the tenant is registered beside the seller's country.
    #[nested]
    #[record(length(max = 50))]
    #[serde(default)]
    pub registrations: Vec<Registered>,
    /// Rates with their days.
    #[nested]
    #[record(length(max = 300))]
    #[serde(default)]
    pub rates: Vec<DatedRate>,
    /// What is exempt.
    #[nested]
    #[record(length(max = 50))]
    #[serde(default)]
    pub exemptions: Vec<Exemption>,
    /// Whether prices include tax.
    #[internal]
    #[serde(default)]
    pub inclusive: bool,
    /// Which rules electronic documents keep.
    #[internal]
    pub profile: Option<Profile>,
    /// What the numbers of invoices begin with; `INV-` when absent. Another series begins at 1.
    #[internal]
    pub series: Option<Series>,
    /// What the numbers of credit notes begin with; `CN-` when absent.
    #[internal]
    pub credit_note_series: Option<Series>,
    /// Days that customers have to pay when neither they nor the invoice say otherwise.
    #[internal]
    #[record(range(min = 0, max = 365))]
    pub due_days: Option<u16>,
}

impl Settings {
    /// What the numbers of invoices begin with.
    #[must_use]
    pub fn series(&self) -> &str {
        self.series.as_ref().map_or(SERIES, Series::as_str)
    }

    /// What the numbers of credit notes begin with.
    #[must_use]
    pub fn note_series(&self) -> &str {
        self.credit_note_series
            .as_ref()
            .map_or(NOTE_SERIES, Series::as_str)
    }

    /// The rate of a country and a category on a day; the one that began last where there are several.
    #[must_use]
    pub fn rate(&self, country: &str, category: &TaxClass, day: &Day) -> Option<&Rate> {
        let valid = |rate: &&DatedRate| {
            rate.country.as_str() == country
                && rate.category == *category
                && rate.from <= *day
                && rate.to.as_ref().is_none_or(|to| day <= to)
        };
        let newest = self.rates.iter().filter(valid).max_by(|a, b| a.from.cmp(&b.from));
        newest.map(|rate| &rate.rate)
    }

    /// Whether the tenant is registered in a country on a day.
    #[must_use]
    pub fn registered(&self, country: &str, day: &Day) -> bool {
        let valid = |r: &Registered| {
            r.country.as_str() == country && r.from <= *day && r.to.as_ref().is_none_or(|to| day <= to)
        };
        self.seller.country.as_str() == country || self.registrations.iter().any(valid)
    }

    /// Refuses what does not fit together.
    ///
    /// # Errors
    /// 422 for every field that cannot be.
    pub fn check(&self) -> Result<(), Problem> {
        let mut errors = Vec::new();
        let mut add = |pointer: String, detail: &str| {
            errors.push(FieldError {
                pointer,
                detail: detail.into(),
            });
        };
        let countries = std::iter::once(("/seller/country".to_owned(), &self.seller.country))
            .chain(
                (0..)
                    .zip(&self.registrations)
                    .map(|(at, r): (usize, _)| (format!("/registrations/{at}/country"), &r.country)),
            )
            .chain(
                (0..)
                    .zip(&self.rates)
                    .map(|(at, r): (usize, _)| (format!("/rates/{at}/country"), &r.country)),
            );
        for (pointer, country) in countries {
            if let Err(problem) = country.is_there() {
                let detail = problem
                    .errors
                    .first()
                    .map_or("is not a country", |e| e.detail.as_str());
                add(pointer, detail);
            }
        }
        let days = (0..)
            .zip(&self.registrations)
            .map(|(at, r): (usize, _)| (format!("/registrations/{at}/to"), &r.from, &r.to));
        let days = days.chain(
            (0..)
                .zip(&self.rates)
                .map(|(at, r): (usize, _)| (format!("/rates/{at}/to"), &r.from, &r.to)),
        );
        for (pointer, from, to) in days {
            if to.as_ref().is_some_and(|to| to < from) {
                add(pointer, "ends before it begins");
            }
        }
        if self.series() == self.note_series() {
            add(
                "/credit_note_series".into(),
                "must be another one than that of invoices",
            );
        }
        if self.due_days.is_some_and(|days| days > MOST_DAYS) {
            add("/due_days".into(), "must be 0 to 365");
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::validation(errors))
        }
    }
}

/// The settings as kept: one item of a tenant.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct TaxSettingsItem {
    /// What is set.
    #[nested]
    pub settings: Settings,
    /// How often it has been set.
    #[public]
    pub version: u32,
    /// When it was set last.
    #[public]
    pub updated_at: Timestamp,
}

impl TaxSettingsItem {
    /// The id of a tenant's only settings.
    pub const ID: &'static str = "-";
}

impl Item for TaxSettingsItem {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "tax-settings";
    fn id(&self) -> &str {
        Self::ID
    }
}

/// The settings as answered.
#[derive(Record, Serialize)]
pub struct TaxSettings {
    /// What is set.
    #[nested]
    pub settings: Settings,
    /// How often it has been set; `replaces` names the one that the caller has seen.
    #[public]
    pub version: u32,
    /// When it was set last (RFC 3339 UTC).
    #[public]
    pub updated_at: Instant,
}

impl From<&TaxSettingsItem> for TaxSettings {
    fn from(item: &TaxSettingsItem) -> Self {
        Self {
            settings: item.settings.clone(),
            version: item.version,
            updated_at: item.updated_at.into(),
        }
    }
}

/// What a line is taxed by, beside its amount.
#[derive(Clone, PartialEq, Eq)]
pub struct Sold {
    /// What is taxed alike.
    pub class: TaxClass,
    /// Services or goods.
    pub supply: Supply,
}

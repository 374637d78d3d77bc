//! How a sale is taxed: by where the seller is registered, where the buyer is and whether they are in business (Directive
//! 2006/112/EC: place of supply art. 44, 45, 58; exemptions art. 132, 138, 146; reverse charge art. 196).

use super::{
    Supply,
    settings::{Day, ExemptionCode, Settings, Sold, TaxClass},
};
use crate::{
    compute::{Rate, tax::Treated},
    country::Country,
    tax_ids::{TaxId, vat},
};
use serde::{Deserialize, Serialize};
use shared::{problem::Problem, record::Record, text::Line};

/// A tax category (UNTDID 5305).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[choice(name = "TaxCategory")]
pub enum Category {
    /// Taxed at a rate.
    S,
    /// Taxed at zero.
    Z,
    /// Exempt.
    E,
    /// Reverse charge: the buyer accounts for the tax.
    AE,
    /// Supply of goods within the European Economic Area.
    K,
    /// Export.
    G,
    /// Outside of the scope of tax.
    O,
}

/// How lines are taxed.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
#[record(name = "TaxTreatment")]
pub struct Treatment {
    /// The category.
    #[internal]
    pub category: Category,
    /// The rate in percent; 0 where none is charged.
    #[internal]
    pub rate: Rate,
    /// The country whose tax it is.
    #[internal]
    pub country: Option<Country>,
    /// Why none is charged, as a code of the list VATEX.
    #[internal]
    pub reason_code: Option<ExemptionCode>,
    /// Why none is charged, in words.
    #[internal]
    pub reason: Option<Line>,
}

impl Treated for Treatment {
    fn rate(&self) -> &Rate {
        &self.rate
    }
}

impl Treatment {
    fn taxed(country: &str, rate: &Rate) -> Self {
        let category = if rate.is_zero() { Category::Z } else { Category::S };
        Self {
            category,
            rate: rate.clone(),
            country: Country::parse(country).ok(),
            reason_code: None,
            reason: None,
        }
    }

    fn untaxed(category: Category, code: Option<&str>, reason: &str) -> Self {
        Self {
            category,
            rate: Rate::zero(),
            country: None,
            reason_code: code.and_then(|code| ExemptionCode::parse(code).ok()),
            reason: Line::parse(reason).ok(),
        }
    }

    /// How everything is taxed where a tenant has set nothing: not at all.
    #[must_use]
    pub fn none() -> Self {
        Self {
            category: Category::O,
            rate: Rate::zero(),
            country: None,
            reason_code: None,
            reason: None,
        }
    }
}

/// Who buys, as far as tax looks at it.
#[derive(Clone, Copy)]
pub struct BuyerPlace<'a> {
    /// Where they are.
    pub country: &'a Country,
    /// Their tax ids.
    pub tax_ids: &'a [TaxId],
}

impl BuyerPlace<'_> {
    /// Whether they have a VAT id of the country that they are in.
    fn in_business(&self) -> bool {
        self.tax_ids
            .iter()
            .any(|id| id.vat_country() == Some(self.country.as_str()))
    }
}

/// How what is sold is taxed on a day.
///
/// # Errors
/// 409 `tax_rate_missing` where tax is due and the settings have no rate for it.
pub fn treatment(
    settings: &Settings,
    buyer: &BuyerPlace<'_>,
    sold: &Sold,
    day: &Day,
) -> Result<Treatment, Problem> {
    let (home, there) = (settings.seller.country.as_str(), buyer.country.as_str());
    let (from_union, to_union) = (vat::is_member(home), vat::is_member(there));
    let goods = sold.supply == Supply::Goods;
    if there == home {
        return at_rate(settings, home, &sold.class, day);
    }
    if from_union && to_union {
        if buyer.in_business() {
            return Ok(if goods {
                Treatment::untaxed(Category::K, Some("VATEX-EU-IC"), "Intra-Community supply")
            } else {
                Treatment::untaxed(Category::AE, Some("VATEX-EU-AE"), "Reverse charge")
            });
        }
        // Consumers are taxed where they are, once there is a rate of it (One-Stop Shop), and at home below the threshold.
        if exempt(settings, &sold.class).is_none() && settings.rate(there, &sold.class, day).is_some() {
            return at_rate(settings, there, &sold.class, day);
        }
        return at_rate(settings, home, &sold.class, day);
    }
    if settings.registered(there, day) {
        return at_rate(settings, there, &sold.class, day);
    }
    Ok(if from_union && goods {
        Treatment::untaxed(Category::G, Some("VATEX-EU-G"), "Export outside the EU")
    } else {
        let code = from_union.then_some("VATEX-EU-O");
        Treatment::untaxed(Category::O, code, "Not subject to VAT")
    })
}

fn exempt(settings: &Settings, class: &TaxClass) -> Option<Treatment> {
    let covers = |c: &Option<TaxClass>| c.as_ref().is_none_or(|c| c == class);
    let found = settings.exemptions.iter().find(|e| covers(&e.category))?;
    Some(Treatment {
        reason: Some(found.reason.clone()),
        ..Treatment::untaxed(
            Category::E,
            found.code.as_ref().map(ExemptionCode::as_str),
            "Exempt",
        )
    })
}

/// Taxed by a country: exempt, or at its rate.
fn at_rate(settings: &Settings, country: &str, class: &TaxClass, day: &Day) -> Result<Treatment, Problem> {
    if let Some(exempt) = exempt(settings, class) {
        return Ok(exempt);
    }
    match settings.rate(country, class, day) {
        Some(rate) => Ok(Treatment::taxed(country, rate)),
        None => {
            let text = "The tax settings have no rate for this: add one, or exempt the category.";
            Err(Problem::conflict("tax_rate_missing", text)
                .with("country", country.into())
                .with("category", class.as_str().into())
                .with("day", day.as_str().into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings() -> Settings {
        serde_json::from_value(json!({
            "seller": {"name": "Shop", "address": {"lines": ["Street 1"]}, "country": "DE", "tax_ids": ["DE136695976"]},
            "registrations": [{"country": "GB", "from": "2026-01-01"}],
            "rates": [
                {"country": "DE", "category": "standard", "rate": "19", "from": "2007-01-01", "to": "2020-06-30"},
                {"country": "DE", "category": "standard", "rate": "16", "from": "2020-07-01", "to": "2020-12-31"},
                {"country": "DE", "category": "standard", "rate": "19", "from": "2021-01-01"},
                {"country": "DE", "category": "books", "rate": "7", "from": "2021-01-01"},
                {"country": "DE", "category": "zero", "rate": "0", "from": "2021-01-01"},
                {"country": "FR", "category": "standard", "rate": "20", "from": "2021-01-01"},
                {"country": "GB", "category": "standard", "rate": "20", "from": "2021-01-01"},
            ],
            "exemptions": [{"category": "teaching", "code": "VATEX-EU-132-1I", "reason": "Education"}],
        })).unwrap()
    }

    fn decided(
        country: &str,
        ids: &[&str],
        class: &str,
        supply: Supply,
        day: &str,
    ) -> Result<(Category, String, Option<String>), String> {
        let country = Country::parse(country).unwrap();
        let ids: Vec<TaxId> = ids.iter().map(|id| TaxId::parse(id).unwrap()).collect();
        let buyer = BuyerPlace {
            country: &country,
            tax_ids: &ids,
        };
        let sold = Sold {
            class: TaxClass::parse(class).unwrap(),
            supply,
        };
        let made = treatment(&settings(), &buyer, &sold, &Day::parse(day).unwrap());
        made.map(|t| {
            (
                t.category,
                t.rate.as_str().to_owned(),
                t.reason_code.map(|c| c.as_str().to_owned()),
            )
        })
        .map_err(|p| p.code.to_owned())
    }

    #[test]
    fn a_sale_is_taxed_where_it_belongs() {
        use Category::*;
        use Supply::{Goods, Services};
        let code = |c: &str| Some(c.to_owned());
        for (country, ids, class, supply, day, expected) in [
            ("DE", &[][..], "standard", Services, "2026-05-01", (S, "19", None)),
            (
                "DE",
                &["DE136695976"],
                "standard",
                Services,
                "2026-05-01",
                (S, "19", None),
            ),
            ("DE", &[], "standard", Services, "2020-12-31", (S, "16", None)),
            ("DE", &[], "standard", Services, "2020-06-30", (S, "19", None)),
            ("DE", &[], "books", Goods, "2026-05-01", (S, "7", None)),
            ("DE", &[], "zero", Goods, "2026-05-01", (Z, "0", None)),
            (
                "DE",
                &[],
                "teaching",
                Services,
                "2026-05-01",
                (E, "0", code("VATEX-EU-132-1I")),
            ),
            (
                "AT",
                &["ATU13585627"],
                "standard",
                Services,
                "2026-05-01",
                (AE, "0", code("VATEX-EU-AE")),
            ),
            (
                "AT",
                &["ATU13585627"],
                "standard",
                Goods,
                "2026-05-01",
                (K, "0", code("VATEX-EU-IC")),
            ),
            // A VAT id of another country than theirs does not make them a business there.
            (
                "FR",
                &["ATU13585627"],
                "standard",
                Services,
                "2026-05-01",
                (S, "20", None),
            ),
            ("FR", &[], "standard", Services, "2026-05-01", (S, "20", None)),
            // No rate of Austria: below the threshold the seller's own.
            ("AT", &[], "standard", Services, "2026-05-01", (S, "19", None)),
            ("GB", &[], "standard", Services, "2026-05-01", (S, "20", None)),
            (
                "GB",
                &[],
                "standard",
                Services,
                "2025-12-31",
                (O, "0", code("VATEX-EU-O")),
            ),
            (
                "US",
                &[],
                "standard",
                Services,
                "2026-05-01",
                (O, "0", code("VATEX-EU-O")),
            ),
            (
                "US",
                &[],
                "standard",
                Goods,
                "2026-05-01",
                (G, "0", code("VATEX-EU-G")),
            ),
        ] {
            let (category, rate, reason) = expected;
            let decided = decided(country, ids, class, supply, day).unwrap();
            assert_eq!(
                decided,
                (category, rate.to_owned(), reason),
                "{country} {ids:?} {class} {day}"
            );
        }
    }

    #[test]
    fn a_rate_that_is_not_set_is_asked_for_and_never_guessed() {
        for (country, class, day) in [
            ("DE", "other", "2026-05-01"),
            ("DE", "standard", "2006-12-31"),
            ("GB", "books", "2026-05-01"),
        ] {
            assert_eq!(
                decided(country, &[], class, Supply::Services, day),
                Err("tax_rate_missing".into())
            );
        }
    }
}

//! What a subscription is for: items of a price and a quantity, and lines that wait for its next invoice.

use super::segments::KeptSegment;
use crate::{
    compute::Units,
    invoices::{KeptLine, charges::number},
    prices::PriceItem,
    rated::{Exact, Over, RatedUsage},
    tax::{Supply, TaxClass},
};
use rating::{Fraction, Segment, Terms};
use serde::{Deserialize, Serialize};
use shared::{problem::Problem, record::Record, text::Line};

shared::id_type!(
    /// An item of a subscription.
    SubscriptionLineId called "SubscriptionItemId", "si"
);

/// What an item is billed at. Prices never change, so a subscription keeps the whole of its own.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct KeptTerms {
    /// The price.
    #[nested]
    pub price: PriceItem,
    /// What its lines say: the name of the product.
    #[internal]
    pub name: Line,
    /// What it is taxed with.
    #[internal]
    pub tax_category: Option<TaxClass>,
    /// Services or goods.
    #[internal]
    pub supply: Option<Supply>,
    /// How many units.
    #[internal]
    pub quantity: Units,
}

/// An item as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct KeptLineItem {
    /// Its id.
    #[public]
    pub id: SubscriptionLineId,
    /// What it is billed at.
    #[nested]
    pub terms: KeptTerms,
    /// What it will be billed at from the next boundary on, where that differs.
    #[nested]
    #[serde(default)]
    pub pending: Option<KeptTerms>,
    /// What was billed of the current period.
    #[nested]
    #[serde(default)]
    pub segments: Vec<KeptSegment>,
}

/// A line that waits for the next invoice.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct Waiting {
    /// The line.
    #[nested]
    pub line: KeptLine,
    /// What it says.
    #[internal]
    pub name: Line,
}

impl KeptTerms {
    /// What changes of it are computed with.
    ///
    /// # Errors
    /// 422 when the price has no answer to the quantity.
    pub fn rating(&self) -> Result<Terms, Problem> {
        let priced = self.price.model().and_then(|model| {
            model
                .price(number(&self.quantity)?)
                .map_err(rating::Wrong::reason)
        });
        Ok(Terms {
            name: format!("{}#{}", self.price.id, self.quantity.as_str()),
            amount: priced.map_err(|why| Problem::invalid("/items", why))?.exact,
        })
    }

    /// With what the line of an invoice says of its tax.
    #[must_use]
    pub fn taxed(&self, line: KeptLine) -> Waiting {
        Waiting {
            line: KeptLine {
                tax_category: self.tax_category.clone(),
                supply: self.supply,
                ..line
            },
            name: self.name.clone(),
        }
    }

    /// The line for a part of a period.
    ///
    /// # Errors
    /// 422 when it is too large.
    pub fn charge(&self, over: Over) -> Result<Waiting, Problem> {
        let line = crate::invoices::charges::charge(&self.price, &self.quantity, Some(over));
        Ok(self.taxed(line.map_err(|why| Problem::invalid("/items", why))?))
    }

    /// The line for what was used in a period, or for what is more of it than was billed.
    ///
    /// # Errors
    /// 422 when it is too large.
    pub fn usage(&self, used: RatedUsage, period: rating::Period) -> Result<Waiting, Problem> {
        let line = crate::invoices::charges::usage(&self.price, used, period);
        Ok(self.taxed(line.map_err(|why| Problem::invalid("/items", why))?))
    }

    /// The line for what is taken back, or given back of that where the amount is below zero.
    ///
    /// # Errors
    /// 422 when it is too large.
    pub fn credit(&self, amount: i64, over: Over) -> Result<Waiting, Problem> {
        let line = crate::invoices::charges::credit(&self.price, &self.quantity, amount, over);
        Ok(self.taxed(line.map_err(|why| Problem::invalid("/items", why))?))
    }
}

impl Waiting {
    /// What it comes to, and of what.
    fn what(&self) -> (i64, Option<&str>, Option<&str>) {
        let price = self.line.price.as_ref().map(|price| price.as_str());
        let rated = self.line.rated.as_ref();
        (
            self.line.amount,
            price,
            rated.map(|rated| rated.quantity.as_str()),
        )
    }

    /// Whether the other takes back what this charges, or the other way round.
    #[must_use]
    pub fn undoes(&self, other: &Self) -> bool {
        let ((amount, price, units), (its, of, so_many)) = (self.what(), other.what());
        amount == -its && price == of && units == so_many
    }
}

impl From<Segment> for KeptSegment {
    fn from(segment: Segment) -> Self {
        Self {
            from: segment.from,
            to: segment.to,
            name: segment.terms.name,
            amount: segment.terms.amount.into(),
            net: segment.net,
            taken: segment.taken,
        }
    }
}

impl KeptSegment {
    /// As changes are computed with it.
    ///
    /// # Errors
    /// 500 when its amount does not parse.
    pub fn rating(&self) -> Result<Segment, Problem> {
        Ok(Segment {
            from: self.from,
            to: self.to,
            terms: Terms {
                name: self.name.clone(),
                amount: Exact::number(&self.amount).map_err(Problem::internal)?,
            },
            net: self.net,
            taken: self.taken,
        })
    }

    /// Of what a line has billed.
    #[must_use]
    pub fn billed(from: i64, to: i64, terms: Terms, net: i64) -> Self {
        Segment {
            from,
            to,
            terms,
            net,
            taken: 0,
        }
        .into()
    }
}

/// Nothing but the whole.
#[must_use]
pub fn whole(period: rating::Period) -> Over {
    Over {
        part: Fraction::ALL,
        period,
    }
}

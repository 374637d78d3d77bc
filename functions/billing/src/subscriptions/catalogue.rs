//! What subscriptions name of the catalogue: prices with what their lines take of the products.

use super::KeptTerms;
use crate::{
    compute::Units,
    customers::CustomerItem,
    invoices::charges::number,
    prices::{PriceId, PriceItem},
    products::ProductItem,
};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    ids::CustomerId,
    problem::Problem,
    road::Context,
    store::{Key, Stored},
    text::Line,
};
use std::collections::HashMap;

/// What was read.
pub struct Catalogue {
    /// The customer, where there is one.
    pub customer: Option<Stored<CustomerItem>>,
    prices: HashMap<PriceId, KeptTerms>,
}

impl Catalogue {
    /// Reads prices with a customer and their key in one call, and in a second one the products of the prices.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn read(cx: &Context, customer: &CustomerId, prices: &[PriceId]) -> Result<Self, Problem> {
        let whose = cx.key::<CustomerItem>(customer.as_str());
        let of = |id: &PriceId| cx.key::<PriceItem>(id.as_str());
        let mut keys: Vec<Key> = prices.iter().map(of).collect();
        keys.push(whose.clone());
        keys.push(SubjectKeyItem::key(cx.tenant(), customer.as_str(), Purpose::Pii));
        keys.sort();
        keys.dedup();
        let mut batch = cx.batch(&keys).await?;
        let customer = batch.take::<CustomerItem>(&whose)?;
        let mut found = Vec::new();
        for id in prices {
            found.extend(batch.take::<PriceItem>(&of(id))?);
        }
        let mut keys: Vec<Key> = found
            .iter()
            .map(|price| cx.key::<ProductItem>(price.product.as_str()))
            .collect();
        keys.sort();
        keys.dedup();
        let mut products = HashMap::new();
        if !keys.is_empty() {
            let mut batch = cx.batch(&keys).await?;
            for key in keys {
                products.extend(
                    batch
                        .take::<ProductItem>(&key)?
                        .map(|product| (product.id.clone(), product.item)),
                );
            }
        }
        let mut terms = HashMap::new();
        for price in found {
            let product = products.get(&price.product);
            let product = product.ok_or_else(|| Problem::internal("a price without its product"))?;
            let name = Line::parse(product.name.as_str());
            let name = name.map_err(|_| Problem::internal("a product's name is no line"))?;
            let mut price = price.item;
            price.archived_at = price.archived_at.or(product.archived_at);
            let id = price.id.clone();
            let kept = KeptTerms {
                price,
                name,
                tax_category: product.tax_category.clone(),
                supply: product.supply,
                quantity: crate::amounts::Quantity::ONE.into(),
            };
            terms.insert(id, kept);
        }
        Ok(Self {
            customer,
            prices: terms,
        })
    }

    /// Whether a price is for what a meter counts.
    #[must_use]
    pub fn metered(&self, price: &PriceId) -> bool {
        self.prices
            .get(price)
            .is_some_and(|terms| terms.price.meter.is_some())
    }

    /// So many units at a price, of which new ones are billed.
    ///
    /// # Errors
    /// What is wrong with which field of the item.
    pub fn terms(&self, price: &PriceId, quantity: Units) -> Result<KeptTerms, (&'static str, &'static str)> {
        let Some(found) = self.prices.get(price) else {
            return Err(("price", "is not a price"));
        };
        if found.price.archived_at.is_some() {
            return Err(("price", "is archived, or its product is"));
        }
        if found.price.recurs().is_none() {
            return Err(("price", "does not recur"));
        }
        let terms = KeptTerms {
            quantity,
            ..found.clone()
        };
        terms.fits()?;
        Ok(terms)
    }
}

impl KeptTerms {
    /// Whether so many units can be billed.
    ///
    /// # Errors
    /// What is wrong with which field of the item.
    pub fn fits(&self) -> Result<(), (&'static str, &'static str)> {
        if self.quantity.as_str().starts_with('-') {
            return Err(("quantity", "must not be negative"));
        }
        self.price
            .takes(&self.quantity)
            .map_err(|why| ("quantity", why))?;
        let cost = self.price.model().and_then(|model| {
            let priced = model.price(number(&self.quantity)?);
            priced
                .and_then(|priced| priced.exact.minor())
                .map_err(rating::Wrong::reason)
        });
        cost.map(drop).map_err(|why| ("quantity", why))
    }
}

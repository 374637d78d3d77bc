//! Lines of invoices: what is asked for, and what of it the invoice keeps.

use crate::{
    amounts::{Quantity, UnitAmount, total},
    prices::{PriceId, PriceItem},
    products::{ProductId, ProductItem},
};
use payments::payments::{PaymentId, PaymentItem};
use serde::{Deserialize, Serialize};
use shared::{
    customer::CustomerRef,
    ids::CustomerId,
    money::Currency,
    problem::Problem,
    record::{FieldError, Record},
    road::Context,
    store::Key,
    text::Line,
};
use std::collections::HashMap;

/// Most lines of one invoice.
pub const MOST: usize = 100;

/// A line as asked for: a price, or a description with a unit amount.
#[derive(Record)]
#[record(input)]
#[record(name = "NewInvoiceLine")]
pub struct LineInput {
    /// A price of the catalogue; the line then takes its description and unit amount from there.
    #[public]
    price: Option<PriceId>,
    /// How many units; 1 when absent.
    #[internal]
    quantity: Option<Quantity>,
    /// What the line is about. Not a place for personal data.
    #[internal]
    description: Option<Line>,
    /// What one unit costs, in minor units.
    #[internal]
    unit_amount: Option<UnitAmount>,
    /// A payment of this customer that the line is about. It is named only: it does not pay the line.
    #[public]
    payment: Option<PaymentId>,
}

/// A line as kept and as answered.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct InvoiceLine {
    /// What the line is about.
    #[internal]
    pub description: Line,
    /// How many units.
    #[internal]
    pub quantity: Quantity,
    /// What one unit costs, in minor units.
    #[internal]
    pub unit_amount: UnitAmount,
    /// What the line costs, in minor units, rounded once and half away from zero.
    #[internal]
    pub amount: i64,
    /// The price that it was made from.
    #[public]
    pub price: Option<PriceId>,
    /// The product of that price: whose revenue it is.
    #[public]
    #[serde(default)]
    pub product: Option<ProductId>,
    /// The payment that it is about.
    #[public]
    pub payment: Option<PaymentId>,
}

/// What is wrong with which field.
#[derive(Default)]
struct Errors(Vec<FieldError>);

impl Errors {
    fn add(&mut self, pointer: String, detail: &str) {
        self.0.push(FieldError {
            pointer,
            detail: detail.into(),
        });
    }
    fn none(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Problem::validation(self.0))
        }
    }
}

/// Reads what the lines name and makes the invoice's own copy of it: the lines, and their sum.
///
/// # Errors
/// 422 for every field that cannot be, 503.
pub async fn take(
    cx: &Context,
    customer: &CustomerId,
    currency: Currency,
    lines: Vec<LineInput>,
    also: Option<Key>,
) -> Result<(Vec<InvoiceLine>, i64), Problem> {
    shape(&lines)?;
    let catalogue = Catalogue::read(cx, customer, &lines, also).await?;
    let mut errors = Errors::default();
    if !catalogue.customer {
        errors.add("/customer".into(), "is not a customer");
    }
    let mut made = Vec::with_capacity(lines.len());
    for (at, line) in lines.into_iter().enumerate() {
        made.extend(one(&catalogue, customer, currency, at, line, &mut errors));
    }
    errors.none()?;
    let sum = total(made.iter().map(|line| line.amount)).map_err(|why| Problem::invalid("/lines", why))?;
    Ok((made, sum))
}

/// What can be said about the lines without reading anything.
fn shape(lines: &[LineInput]) -> Result<(), Problem> {
    let mut errors = Errors::default();
    if lines.is_empty() || lines.len() > MOST {
        errors.add("/lines".into(), "must be a list of 1 to 100 lines");
    }
    for (at, line) in lines.iter().enumerate().take(MOST) {
        let own = [
            ("description", line.description.is_some()),
            ("unit_amount", line.unit_amount.is_some()),
        ];
        for (name, there) in own {
            match (line.price.is_some(), there) {
                (true, true) => errors.add(format!("/lines/{at}/{name}"), "comes from the price"),
                (false, false) => errors.add(
                    format!("/lines/{at}/{name}"),
                    "is required for a line without a price",
                ),
                _ => {}
            }
        }
        if line.price.is_some() && line.payment.is_some() {
            errors.add(format!("/lines/{at}/payment"), "is for lines without a price");
        }
    }
    errors.none()
}

fn one(
    catalogue: &Catalogue,
    customer: &CustomerId,
    currency: Currency,
    at: usize,
    line: LineInput,
    errors: &mut Errors,
) -> Option<InvoiceLine> {
    let quantity = line.quantity.unwrap_or(Quantity::ONE);
    let mut field = |name: &str, detail: &str| errors.add(format!("/lines/{at}/{name}"), detail);
    let (description, unit_amount, product) = match &line.price {
        None => (line.description?, line.unit_amount?, None),
        Some(id) => {
            let Some((price, name)) = catalogue.prices.get(id) else {
                field("price", "is not a price");
                return None;
            };
            if price.currency != currency {
                field("price", "is in another currency");
                return None;
            }
            if price.archived_at.is_some() {
                field("price", "is archived, or its product is");
                return None;
            }
            if let Err(why) = price.takes(quantity) {
                field("quantity", why);
                return None;
            }
            (
                name.clone(),
                price.unit_amount.clone(),
                Some(price.product.clone()),
            )
        }
    };
    if let Some(id) = &line.payment {
        let payment = catalogue.payments.get(id);
        let Some(payment) = payment.filter(|p| p.customer == *customer) else {
            field("payment", "is not a payment of this customer");
            return None;
        };
        if payment.currency != currency {
            field("payment", "is in another currency");
            return None;
        }
    }
    match unit_amount.times(quantity) {
        Ok(amount) => Some(InvoiceLine {
            description,
            quantity,
            unit_amount,
            amount,
            price: line.price,
            product,
            payment: line.payment,
        }),
        Err(why) => {
            let culprit = if line.price.is_some() {
                "quantity"
            } else {
                "unit_amount"
            };
            field(culprit, why);
            None
        }
    }
}

/// What the lines name.
struct Catalogue {
    customer: bool,
    /// Prices, with what a line about them says; those of archived products as archived.
    prices: HashMap<PriceId, (PriceItem, Line)>,
    payments: HashMap<PaymentId, PaymentItem>,
}

impl Catalogue {
    /// Reads it in one call, and in a second one the products of the prices. `BatchGetItem` takes 100 keys, so the
    /// customer of a full invoice is a call of its own.
    async fn read(
        cx: &Context,
        customer: &CustomerId,
        lines: &[LineInput],
        also: Option<Key>,
    ) -> Result<Self, Problem> {
        let key = cx.key::<CustomerRef>(customer.as_str());
        let prices = lines.iter().filter_map(|line| line.price.as_ref());
        let payments = lines.iter().filter_map(|line| line.payment.as_ref());
        let mut keys: Vec<Key> = vec![key.clone()];
        keys.extend(also);
        keys.extend(prices.clone().map(|id| cx.key::<PriceItem>(id.as_str())));
        keys.extend(payments.clone().map(|id| cx.key::<PaymentItem>(id.as_str())));
        keys.sort();
        keys.dedup();
        let mut found = Self {
            customer: false,
            prices: HashMap::new(),
            payments: HashMap::new(),
        };
        let mut priced = Vec::new();
        for keys in keys.chunks(100) {
            let mut batch = cx.batch(keys).await?;
            found.customer |= batch.take::<CustomerRef>(&key)?.is_some();
            for id in prices.clone() {
                priced.extend(batch.take::<PriceItem>(&cx.key::<PriceItem>(id.as_str()))?);
            }
            for id in payments.clone() {
                if let Some(payment) = batch.take::<PaymentItem>(&cx.key::<PaymentItem>(id.as_str()))? {
                    found.payments.insert(id.clone(), payment.item);
                }
            }
        }
        let mut keys: Vec<Key> = priced
            .iter()
            .map(|price| cx.key::<ProductItem>(price.product.as_str()))
            .collect();
        keys.sort();
        keys.dedup();
        if keys.is_empty() {
            return Ok(found);
        }
        let mut names = HashMap::new();
        let mut batch = cx.batch(&keys).await?;
        for key in keys {
            if let Some(product) = batch.take::<ProductItem>(&key)? {
                let name = Line::parse(product.name.as_str());
                let name = name.map_err(|_| Problem::internal("a product's name is no line"))?;
                names.insert(product.id.clone(), (name, product.archived_at));
            }
        }
        for mut price in priced {
            let product = names.get(&price.product).cloned();
            let (name, archived_at) =
                product.ok_or_else(|| Problem::internal("a price without its product"))?;
            price.item.archived_at = price.item.archived_at.or(archived_at);
            found.prices.insert(price.id.clone(), (price.item, name));
        }
        Ok(found)
    }
}

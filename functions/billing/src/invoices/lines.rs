//! Lines of invoices: what is asked for, and what of it the invoice keeps.

use super::{charges::charge, kept_line::KeptLine};
use crate::{
    amounts::{Quantity, UnitAmount},
    compute::Units,
    prices::{PriceId, PriceItem},
    products::ProductItem,
    rated::LineRating,
    tax::{Supply, TaxClass},
};
use payments::payments::{PaymentId, PaymentItem};
use serde::Serialize;
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    customer::CustomerRef,
    ids::CustomerId,
    money::Currency,
    problem::Problem,
    record::{FieldError, Record},
    road::Context,
    store::Key,
    text::Line,
    time::Timestamp,
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
    /// How many units, in place of `quantity` where that is no whole number from 1: a decimal, which may be 0 or negative.
    #[internal]
    quantity_decimal: Option<Units>,
    /// What the line is about.
    #[personal]
    description: Option<Line>,
    /// What one unit costs, in minor units.
    #[internal]
    unit_amount: Option<UnitAmount>,
    /// A payment of this customer that the line is about. It is named only: it does not pay the line.
    #[public]
    payment: Option<PaymentId>,
    /// What it is taxed with: a category of the tax settings; that of the product, or `standard`, when absent.
    #[internal]
    tax_category: Option<TaxClass>,
    /// Services or goods; as the product, or services, when absent.
    #[internal]
    supply: Option<Supply>,
}

/// A line as answered.
#[derive(Record, Serialize)]
pub struct InvoiceLine {
    /// What the line is about; `(erased)` once its key is gone.
    #[personal]
    #[record(shape = Line)]
    pub description: String,
    /// How many units, where that is a whole number from 1; 1 otherwise.
    #[internal]
    pub quantity: Quantity,
    /// How many units, exactly.
    #[internal]
    pub quantity_decimal: Units,
    /// What one unit costs, in minor units.
    #[internal]
    pub unit_amount: UnitAmount,
    /// What the line costs, in minor units, rounded once and half away from zero.
    #[internal]
    pub amount: i64,
    /// The price that it was made from.
    #[public]
    pub price: Option<PriceId>,
    /// The payment that it is about.
    #[public]
    pub payment: Option<PaymentId>,
    /// What it is taxed with.
    #[internal]
    pub tax_category: Option<TaxClass>,
    /// Services or goods.
    #[internal]
    pub supply: Option<Supply>,
    /// What discounts take off, in minor units.
    #[internal]
    pub discount: i64,
    /// Its net in minor units, discounts taken off; of a draft, what it costs before tax is known.
    #[internal]
    pub net: Option<i64>,
    /// The place of its tax among those of the invoice, once it is issued.
    #[internal]
    pub tax: Option<u32>,
    /// How much of the net credit notes have taken back.
    #[internal]
    pub credited: i64,
    /// How it came about, where it is no plain product of quantity and unit amount: of tiers, of packages, or for a part of a period.
    #[nested]
    pub rated: Option<LineRating>,
}

impl InvoiceLine {
    /// As answered.
    #[must_use]
    pub fn of(line: &KeptLine, description: Option<Line>) -> Self {
        let description = description.map_or("(erased)".to_owned(), |text| text.as_str().to_owned());
        Self {
            description,
            quantity: line.quantity,
            quantity_decimal: line.units(),
            unit_amount: line.unit_amount.clone(),
            amount: line.amount,
            price: line.price.clone(),
            payment: line.payment.clone(),
            tax_category: line.tax_category.clone(),
            supply: line.supply,
            discount: line.discount,
            net: line.net,
            tax: line.tax,
            credited: line.credited,
            rated: line.rated.as_ref().map(LineRating::from),
        }
    }
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

/// Reads what the lines name, and the customer's key with it, and makes the invoice's own copy of it: the lines, and what each is
/// about.
///
/// # Errors
/// 422 for every field that cannot be, 503.
pub async fn take(
    cx: &Context,
    customer: &CustomerId,
    currency: Currency,
    lines: Vec<LineInput>,
) -> Result<(Vec<KeptLine>, Vec<Line>), Problem> {
    shape(&lines)?;
    let catalogue = Catalogue::read(cx, customer, &lines).await?;
    let mut errors = Errors::default();
    if !catalogue.customer {
        errors.add("/customer".into(), "is not a customer");
    }
    let mut made = Vec::with_capacity(lines.len());
    for (at, line) in lines.into_iter().enumerate() {
        made.extend(one(&catalogue, customer, currency, at, line, &mut errors));
    }
    errors.none()?;
    Ok(made.into_iter().unzip())
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
        if line.quantity.is_some() && line.quantity_decimal.is_some() {
            let pointer = format!("/lines/{at}/quantity_decimal");
            errors.add(pointer, "stands in place of `quantity`");
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
) -> Option<(KeptLine, Line)> {
    let whole = line.quantity.unwrap_or(Quantity::ONE);
    let units = line.quantity_decimal.clone().unwrap_or_else(|| whole.into());
    let mut taxed = (line.tax_category.clone(), line.supply);
    let mut field = |name: &str, detail: &str| errors.add(format!("/lines/{at}/{name}"), detail);
    let (description, made) = match &line.price {
        None => {
            let unit = line.unit_amount?;
            let made = units.of(&unit).map(|amount| KeptLine::new(units, unit, amount));
            (line.description?, made)
        }
        Some(id) => {
            let Some((price, product)) = catalogue.prices.get(id) else {
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
            if let Err(why) = price.takes(&units) {
                field("quantity", why);
                return None;
            }
            taxed = (
                taxed.0.or_else(|| product.tax_category.clone()),
                taxed.1.or(product.supply),
            );
            (product.name.clone(), charge(price, &units, None))
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
    match made {
        Ok(made) => {
            let kept = KeptLine {
                payment: line.payment,
                tax_category: taxed.0,
                supply: taxed.1,
                ..made
            };
            Some((kept, description))
        }
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
    prices: HashMap<PriceId, (PriceItem, Sells)>,
    payments: HashMap<PaymentId, PaymentItem>,
}

/// What a line takes from its price's product.
#[derive(Clone)]
struct Sells {
    name: Line,
    tax_category: Option<TaxClass>,
    supply: Option<Supply>,
    archived_at: Option<Timestamp>,
}

impl Catalogue {
    /// Reads it in one call, and in a second one the products of the prices. `BatchGetItem` takes 100 keys, so the
    /// customer of a full invoice is a call of its own.
    async fn read(cx: &Context, customer: &CustomerId, lines: &[LineInput]) -> Result<Self, Problem> {
        let key = cx.key::<CustomerRef>(customer.as_str());
        let prices = lines.iter().filter_map(|line| line.price.as_ref());
        let payments = lines.iter().filter_map(|line| line.payment.as_ref());
        let subject = SubjectKeyItem::key(cx.tenant(), customer.as_str(), Purpose::Pii);
        let mut keys: Vec<Key> = vec![key.clone(), subject];
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
                let sells = Sells {
                    name,
                    tax_category: product.tax_category.clone(),
                    supply: product.supply,
                    archived_at: product.archived_at,
                };
                names.insert(product.id.clone(), sells);
            }
        }
        for mut price in priced {
            let product = names.get(&price.product).cloned();
            let product = product.ok_or_else(|| Problem::internal("a price without its product"))?;
            price.item.archived_at = price.item.archived_at.or(product.archived_at);
            found.prices.insert(price.id.clone(), (price.item, product));
        }
        Ok(found)
    }
}

//! Lines made of prices: what so many units cost, whole or for a part of a period, and what is taken back.

use super::kept_line::KeptLine;
use crate::{
    amounts::{Quantity, UnitAmount},
    compute::Units,
    prices::{BillingScheme, PriceItem},
    rated::{Over, Rated, RatedUsage},
};
use rating::{Fraction, Number, Period, Wrong};

/// A quantity as prices take it.
///
/// # Errors
/// A fixed reason, which nothing that was parsed meets.
pub fn number(units: &Units) -> Result<Number, &'static str> {
    Number::parse(units.as_str()).map_err(Wrong::reason)
}

fn once(amount: i64) -> Result<(Units, UnitAmount), &'static str> {
    let unit = UnitAmount::parse(&amount.unsigned_abs().to_string())?;
    let units = if amount < 0 {
        Units::parse("-1")?
    } else {
        Quantity::ONE.into()
    };
    Ok((units, unit))
}

/// What so many units cost at a price. A line that is one product says so; every other is once what it costs, and keeps its
/// arithmetic beside it.
///
/// # Errors
/// A fixed reason when the price has no answer to the quantity, or it is too large.
pub fn charge(price: &PriceItem, units: &Units, over: Option<Over>) -> Result<KeptLine, &'static str> {
    let whole = over.is_none_or(|over| over.part.is_all());
    let plain = matches!(price.billing_scheme, BillingScheme::Flat | BillingScheme::PerUnit);
    let part = over.map_or(Fraction::ALL, |over| over.part);
    let priced = price.model()?.price(number(units)?).map_err(Wrong::reason)?;
    let amount = priced.amount(part).map_err(Wrong::reason)?;
    let rated = (over.is_some() || !plain).then(|| Rated::new(units.clone(), over, Some(&priced)));
    let (shown, unit) = match (plain && whole, price.billing_scheme) {
        (true, BillingScheme::Flat) => (Quantity::ONE.into(), price.unit_amount.clone()),
        (true, _) => (units.clone(), price.unit_amount.clone()),
        (false, _) => once(amount)?,
    };
    Ok(KeptLine {
        price: Some(price.id.clone()),
        product: Some(price.product.clone()),
        rated,
        ..KeptLine::new(shown, unit, amount)
    })
}

/// What was used in a period costs: all of it, or what is more than was billed of it, which may be less than nothing. Usage below
/// nothing costs nothing.
///
/// # Errors
/// A fixed reason when it is too large.
pub fn usage(price: &PriceItem, used: RatedUsage, period: Period) -> Result<KeptLine, &'static str> {
    let quantity = used.quantity.number()?;
    let priced = price
        .model()?
        .price(quantity.most(Number::ZERO).map_err(Wrong::reason)?);
    let priced = priced.map_err(Wrong::reason)?;
    let cost = priced.amount(Fraction::ALL).map_err(Wrong::reason)?;
    let amount = cost.checked_sub(used.billed_amount.unwrap_or_default());
    let amount = amount.ok_or("is too large")?;
    let shown = quantity.to_places(6).map_err(Wrong::reason)?.to_string();
    let units = Units::parse(&shown).map_err(|_| "is more than a line can say")?;
    let plain = price.billing_scheme == BillingScheme::PerUnit
        && used.billed_amount.is_none()
        && units.of(&price.unit_amount) == Ok(amount);
    let over = Over {
        part: Fraction::ALL,
        period,
    };
    let (shown, unit) = match plain {
        true => (units.clone(), price.unit_amount.clone()),
        false => once(amount)?,
    };
    let rated = Rated {
        usage: Some(used),
        ..Rated::new(units, Some(over), Some(&priced))
    };
    Ok(KeptLine {
        price: Some(price.id.clone()),
        product: Some(price.product.clone()),
        rated: Some(rated),
        ..KeptLine::new(shown, unit, amount)
    })
}

/// What is taken back of so many units (a sum above zero), or given back of what was taken (one below).
///
/// # Errors
/// A fixed reason when it is too large.
pub fn credit(price: &PriceItem, units: &Units, amount: i64, over: Over) -> Result<KeptLine, &'static str> {
    let taken = amount.checked_neg().ok_or("is too large")?;
    let (shown, unit) = once(taken)?;
    Ok(KeptLine {
        price: Some(price.id.clone()),
        product: Some(price.product.clone()),
        rated: Some(Rated::new(units.clone(), Some(over), None)),
        ..KeptLine::new(shown, unit, taken)
    })
}

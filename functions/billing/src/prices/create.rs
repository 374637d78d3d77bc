//! `POST /billing/v1/prices`: a flat price, one for each unit, or one of tiers or packages.

use super::{BillingScheme, Interval, Price, PriceId, PriceItem, PriceKind, PriceTier};
use crate::{
    amounts::UnitAmount,
    compute::Units,
    meters::{MeterId, MeterItem},
    products::{ProductId, ProductItem},
};
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    money::Currency,
    problem::Problem,
    rbac,
    record::{FieldError, Record},
    road::Context,
    store::{Changes, Event, Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(
    example = r#"{"product": "prod_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "currency": "EUR", "billing_scheme": "per_unit", "unit_amount": "0.25"}"#
)]
pub struct Input {
    /// Of which product.
    #[public]
    product: ProductId,
    /// In which currency (ISO 4217).
    #[internal]
    currency: Currency,
    /// How it becomes an amount.
    #[internal]
    billing_scheme: BillingScheme,
    /// What one unit costs, or a package of them, in minor units: whole for a flat price, with up to 12 decimals for others. Required
    /// but for tiers, which have their own.
    #[internal]
    unit_amount: Option<UnitAmount>,
    /// The tiers of a graduated or volume price, rising; only the last has no end.
    #[nested]
    #[record(length(max = 50))]
    #[serde(default)]
    tiers: Vec<PriceTier>,
    /// How many units a package holds.
    #[internal]
    package_size: Option<Units>,
    /// How many units are free before the first package; none when absent.
    #[internal]
    free_units: Option<Units>,
    /// Whether it is charged once (the default) or again and again.
    #[internal]
    kind: Option<PriceKind>,
    /// How often, where it recurs.
    #[internal]
    interval: Option<Interval>,
    /// How many of them make a period, where it recurs: one when absent, at most ten years.
    #[internal]
    #[record(range(min = 1, max = 3650))]
    interval_count: Option<u16>,
    /// A meter: then it is for what customers use by it, and billed when a period has ended. It recurs and is not flat.
    #[public]
    meter: Option<MeterId>,
    /// How many hours after a period its late events are still billed with it, at most 72; none when absent. What comes later is a
    /// correction on the next invoice. Invoices of such a price are made when these hours have passed.
    #[internal]
    #[record(range(min = 0, max = 72))]
    usage_grace_hours: Option<u16>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_price",
        methods::post,
        "/billing/v1/prices",
        Access::Right(&rbac::CATALOG_WRITE),
        Audit::Change,
        "Create a price of a product: flat, per unit, graduated, by volume or per package",
    )
    .status(201)
    .uses(&[Uses::Write(Table::Billing)]);
    type Input = Input;
    type Answer = Price;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Price>, Problem> {
        let kind = input.kind.unwrap_or(PriceKind::OneOff);
        let errors = wrong(&input, kind);
        if !errors.is_empty() {
            return Err(Problem::validation(errors));
        }
        let product = cx.key::<ProductItem>(input.product.as_str());
        let meter = input
            .meter
            .as_ref()
            .map(|meter| cx.key::<MeterItem>(meter.as_str()));
        let keys: Vec<Key> = std::iter::once(product.clone()).chain(meter.clone()).collect();
        let mut found = cx.batch(&keys).await?;
        let (aggregation, value_property) = match &meter {
            None => (None, None),
            Some(key) => match found.take::<MeterItem>(key)? {
                None => return Err(Problem::invalid("/meter", "is not a meter")),
                Some(meter) if meter.archived_at.is_some() => {
                    return Err(Problem::invalid("/meter", "is archived"));
                }
                Some(meter) => (Some(meter.aggregation), meter.item.value_property),
            },
        };
        match found.take::<ProductItem>(&product)? {
            None => return Err(Problem::invalid("/product", "is not a product")),
            Some(product) if product.archived_at.is_some() => {
                return Err(Problem::invalid("/product", "is archived"));
            }
            Some(_) => {}
        }
        let first = input.tiers.first().map(|tier| tier.unit_amount.clone());
        let unit_amount = input.unit_amount.or(first);
        let unit_amount = unit_amount.ok_or_else(|| Problem::invalid("/unit_amount", "is required"))?;
        let item = PriceItem {
            id: PriceId::new(cx.now()),
            product: input.product,
            currency: input.currency,
            billing_scheme: input.billing_scheme,
            unit_amount,
            tiers: input.tiers,
            package_size: input.package_size,
            free_units: input.free_units,
            kind,
            interval: input.interval,
            interval_count: input.interval_count,
            meter: input.meter,
            aggregation,
            value_property,
            usage_grace_hours: input.usage_grace_hours,
            created_at: cx.now(),
            archived_at: None,
        };
        let pointer = if item.tiers.is_empty() {
            "/package_size"
        } else {
            "/tiers"
        };
        item.model().map_err(|why| Problem::invalid(pointer, why))?;
        let changes = Changes::new()
            .write(cx.create(&item)?)
            .event(Event::about("price.created", item.id.as_str(), &item))
            .object(item.id.as_str(), None, Some(&item));
        Ok(Outcome::changed(Price::from(&item), changes))
    }
}

/// What does not fit together.
fn wrong(input: &Input, kind: PriceKind) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut must = |holds: bool, pointer: &str, detail: &str| {
        if !holds {
            errors.push(FieldError {
                pointer: pointer.into(),
                detail: detail.into(),
            });
        }
    };
    let scheme = input.billing_scheme;
    let tiered = matches!(scheme, BillingScheme::Graduated | BillingScheme::Volume);
    let packed = scheme == BillingScheme::Package;
    must(
        input.unit_amount.is_some() || tiered,
        "/unit_amount",
        "is required",
    );
    must(
        input.unit_amount.is_none() || !tiered,
        "/unit_amount",
        "comes from the tiers",
    );
    must(
        input.tiers.is_empty() != tiered,
        "/tiers",
        "are for graduated and volume prices, which need them",
    );
    must(
        input.package_size.is_some() == packed,
        "/package_size",
        "is for prices per package, which need it",
    );
    must(
        input.free_units.is_none() || packed,
        "/free_units",
        "are for prices per package only",
    );
    let long = input.interval.zip(input.interval_count);
    must(
        long.is_none_or(|(unit, count)| rating::Interval::new(unit.unit(), count).is_ok()),
        "/interval_count",
        "must make a period of at most ten years",
    );
    must(
        input.interval_count.is_none() || input.interval.is_some(),
        "/interval_count",
        "is for recurring prices only",
    );
    let metered = input.meter.is_some();
    must(
        !metered || (kind == PriceKind::Recurring && scheme != BillingScheme::Flat),
        "/meter",
        "is for recurring prices that are not flat",
    );
    must(
        metered || input.usage_grace_hours.is_none(),
        "/usage_grace_hours",
        "are for prices with a meter only",
    );
    let amount = input.unit_amount.as_ref();
    let whole = scheme != BillingScheme::Flat || amount.is_none_or(UnitAmount::is_whole);
    must(
        whole,
        "/unit_amount",
        "must be whole minor units for a flat price",
    );
    match kind {
        PriceKind::OneOff => must(
            input.interval.is_none(),
            "/interval",
            "is for recurring prices only",
        ),
        PriceKind::Recurring => must(
            input.interval.is_some(),
            "/interval",
            "is required for a recurring price",
        ),
    }
    errors
}

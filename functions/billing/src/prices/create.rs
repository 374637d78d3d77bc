//! `POST /billing/v1/prices`: a flat price, or one for each unit.

use super::{BillingScheme, Interval, Price, PriceId, PriceItem, PriceKind};
use crate::{
    amounts::UnitAmount,
    products::{ProductId, ProductItem},
};
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    money::Currency,
    problem::Problem,
    rbac,
    record::{FieldError, Record},
    road::Context,
    store::{Changes, Event, Table},
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
    /// What one unit costs, in minor units: whole for a flat price, with up to 12 decimals for one per unit.
    #[internal]
    unit_amount: UnitAmount,
    /// Whether it is charged once (the default) or again and again.
    #[internal]
    kind: Option<PriceKind>,
    /// How often, where it recurs.
    #[internal]
    interval: Option<Interval>,
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
        "Create a price of a product, flat or per unit",
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
        match cx.find::<ProductItem>(input.product.as_str()).await? {
            None => return Err(Problem::invalid("/product", "is not a product")),
            Some(product) if product.archived_at.is_some() => {
                return Err(Problem::invalid("/product", "is archived"));
            }
            Some(_) => {}
        }
        let item = PriceItem {
            id: PriceId::new(cx.now()),
            product: input.product,
            currency: input.currency,
            billing_scheme: input.billing_scheme,
            unit_amount: input.unit_amount,
            kind,
            interval: input.interval,
            created_at: cx.now(),
            archived_at: None,
        };
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
    let whole = input.billing_scheme != BillingScheme::Flat || input.unit_amount.is_whole();
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

//! `POST /risk/v1/labels`: what a payment or a check turned out to be. The same label of the same time again is the one that is there.

use super::{Label, LabelId, LabelItem, LabelKind, PaymentRef};
use crate::checks::{CheckId, CheckItem};
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::PaymentId,
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Item, Key, Table},
    time::Instant,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(example = r#"{"payment": "pay_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "label": "chargeback"}"#)]
pub struct Input {
    /// A payment; either this or a check.
    #[public]
    payment: Option<PaymentId>,
    /// A check.
    #[public]
    check: Option<CheckId>,
    /// What it turned out to be.
    #[internal]
    label: LabelKind,
    /// When it happened; when the payment or check was made, where it is left out.
    #[public]
    occurred_at: Option<Instant>,
    /// Since when it is known; since now, where it is left out.
    #[public]
    label_at: Option<Instant>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_risk_label",
        methods::post,
        "/risk/v1/labels",
        Access::Right(&rbac::RISK_LABEL),
        Audit::Change,
        "Say what a payment or a check turned out to be, and since when that is known",
    )
    .refuses(&[codes::ALREADY_LABELED])
    .status(201)
    .uses(&[Uses::Write(Table::Risk), Uses::Read(Table::Payments)]);
    type Input = Input;
    type Answer = Label;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Label>, Problem> {
        let mut item = about(cx, &input).await?;
        item.occurred_at = input.occurred_at.map_or(item.occurred_at, Instant::timestamp);
        item.label_at = input.label_at.map_or(cx.now(), Instant::timestamp);
        if item.label_at > cx.now() {
            return Err(Problem::invalid("/label_at", "is still to come"));
        }
        if item.occurred_at > item.label_at {
            return Err(Problem::invalid("/occurred_at", "is after it became known"));
        }
        let key = Key::sub::<LabelItem>(cx.tenant(), Item::id(&item), &item.sort());
        let before = cx
            .batch(std::slice::from_ref(&key))
            .await?
            .take::<LabelItem>(&key)?;
        let (item, changes) = match before {
            Some(before) if before.occurred_at == item.occurred_at => (before.item, Changes::new()),
            Some(_) => {
                let text = "It is labeled so as of that time, and happened at another.";
                return Err(Problem::conflict("already_labeled", text));
            }
            None => {
                let changes = Changes::new().write(cx.create(&item)?);
                (item, changes)
            }
        };
        let changes = changes.object(Item::id(&item), None, Some(&item));
        Ok(Outcome::changed(Label::from(&item), changes))
    }
}

/// A label of what is named, as of now.
async fn about(cx: &Context, input: &Input) -> Result<LabelItem, Problem> {
    let made = |about: String, customer, amount, currency, at| LabelItem {
        id: LabelId::new(cx.now()),
        about,
        payment: input.payment.clone(),
        check: input.check.clone(),
        customer,
        amount,
        currency,
        label: input.label,
        occurred_at: at,
        label_at: cx.now(),
        labeled_by: cx.principal().id(),
        created_at: cx.now(),
    };
    match (&input.payment, &input.check) {
        (Some(id), None) => {
            let payment = cx.find::<PaymentRef>(id.as_str()).await?;
            let p = payment
                .ok_or_else(|| Problem::invalid("/payment", "is not a payment"))?
                .item;
            Ok(made(
                p.id.to_string(),
                p.customer,
                p.amount,
                p.currency,
                p.created_at,
            ))
        }
        (None, Some(id)) => {
            let check = cx.find::<CheckItem>(id.as_str()).await?;
            let c = check
                .ok_or_else(|| Problem::invalid("/check", "is not a check"))?
                .item;
            Ok(made(
                c.id.to_string(),
                c.customer,
                c.amount,
                c.currency,
                c.created_at,
            ))
        }
        (None, None) => Err(Problem::invalid("/payment", "either this or check is required")),
        (Some(_), Some(_)) => {
            let text = "does not go with payment: a label is about one or the other";
            Err(Problem::invalid("/check", text))
        }
    }
}

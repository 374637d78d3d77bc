//! `POST /vault/v1/payment-methods/{id}/reveal`: the whole number, once, to whoever a second person lets see it.

use super::{MethodItem, MethodType, keys};
use serde::Serialize;
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::PaymentMethodId,
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
    text::{IssuedSecret, Line},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(example = r#"{"reason": "The issuer asks for it"}"#)]
pub struct Input {
    /// The payment method.
    #[public]
    id: PaymentMethodId,
    /// Why it must be seen; `X-Access-Reason` says it as well.
    #[internal]
    reason: Option<Line>,
}

/// What goes out, to the caller alone: it is neither stored for repetitions nor logged.
#[derive(Record, Serialize)]
#[record(name = "RevealedPaymentMethod")]
pub struct Answer {
    /// The payment method.
    #[public]
    id: PaymentMethodId,
    /// What it is.
    #[public]
    r#type: MethodType,
    /// The whole number.
    #[card]
    number: IssuedSecret,
}

/// The endpoint.
#[derive(Debug)]
pub struct Reveal;

impl Endpoint for Reveal {
    const DECLARATION: Declaration = Declaration::new(
        "reveal_payment_method",
        methods::post,
        "/vault/v1/payment-methods/{id}/reveal",
        Access::Right(&rbac::VAULT_REVEAL),
        Audit::Alert,
        "See the whole number of a payment method once, with a reason and a second person's approval",
    )
    .four_eyes()
    .uses(&[Uses::Write(Table::Vault), Uses::Key(Purpose::Card)]);
    type Input = Input;
    type Answer = Answer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<MethodItem>(), at.subject(Purpose::Card)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let id = input.id.as_str();
        let reason = cx
            .request()
            .reason
            .as_deref()
            .is_some_and(|r| !r.trim().is_empty());
        if input.reason.is_none() && !reason {
            let text = "is required, here or as X-Access-Reason: say why the number must be seen";
            return Err(Problem::invalid("/reason", text));
        }
        let mut batch = cx.batch(&keys(cx, &input.id)).await?;
        let [item, subject] = keys(cx, &input.id);
        let item = batch.take::<MethodItem>(&item)?.ok_or_else(Problem::not_found)?;
        let subject = batch.take::<SubjectKeyItem>(&subject)?;
        let subject = subject.ok_or_else(Problem::not_found)?;
        // Whoever only asks for an approval has nothing opened.
        let number = if cx.request().approval.is_some() {
            let cipher = cx.subject(&subject).await?;
            cipher.open_text::<MethodItem>(id, "-", "number", &item.number)?
        } else {
            String::new()
        };
        // What was approved is this state of it, and it is still there when the approval is used up.
        let changes = Changes::new().write(cx.check(&item)).concerning(id);
        let answer = Answer {
            id: input.id.clone(),
            r#type: item.r#type,
            number: IssuedSecret::new(number),
        };
        Ok(Outcome::changed(answer, changes))
    }
}

//! `POST /vault/v1/payment-methods`: tokenises a card.

use super::{CardItem, PaymentMethod};
use crate::{
    CardNumber,
    brand::Brand,
    expiry::{self, Month, Year},
};
use schemars::JsonSchema;
use shared::{
    crypto::{KeyUse, Purpose, formats::lp_list},
    customer::CustomerRef,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::{CustomerId, PaymentMethodId},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{BlindIndex, Changes, Event, Table},
    text::Name,
};
use zeroize::Zeroizing;

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// Whose card it is.
    #[public]
    customer: CustomerId,
    /// The card number, with or without spaces and hyphens.
    #[card]
    number: CardNumber,
    /// The month it ends with.
    #[internal]
    exp_month: Month,
    /// The year it ends in.
    #[internal]
    exp_year: Year,
    /// The name on the card.
    #[personal]
    holder: Option<Name>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_payment_method",
        methods::post,
        "/vault/v1/payment-methods",
        Access::Right(&rbac::VAULT_WRITE),
        Audit::Change,
        "Tokenise a card; its number is sealed under a key of its own",
    )
    .status(201)
    .uses(&[
        Uses::Write(Table::Vault),
        Uses::Write(Table::Keys),
        Uses::Read(Table::Billing),
        Uses::Key(Purpose::Card),
        Uses::Mac(KeyUse::Fingerprint),
    ]);
    type Input = Input;
    type Answer = PaymentMethod;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<PaymentMethod>, Problem> {
        if expiry::is_over(input.exp_year, input.exp_month, cx.now()) {
            let pointer = if expiry::is_over(input.exp_year, Month::LAST, cx.now()) {
                "/exp_year"
            } else {
                "/exp_month"
            };
            return Err(Problem::invalid(pointer, "is in the past"));
        }
        cx.find::<CustomerRef>(input.customer.as_str())
            .await?
            .ok_or_else(|| Problem::invalid("/customer", "is not a customer"))?
            .may_be_processed()?;
        let id = PaymentMethodId::new(cx.now());
        let fingerprint = fingerprint(cx, &input.number).await?;
        let (cipher, keep_key) = cx.new_subject(id.as_str(), Purpose::Card).await?;
        let seal =
            |field: &str, text: &str| cipher.seal::<CardItem>(id.as_str(), "-", field, text.as_bytes());
        let number = &input.number;
        let item = CardItem {
            id: id.clone(),
            customer: input.customer,
            number: seal("number", number.expose())?,
            holder: input.holder.map(|h| seal("holder", h.as_str())).transpose()?,
            brand: Brand::of(number.first6(), number.expose().len()),
            first6: number.first6().to_owned(),
            last4: number.last4().to_owned(),
            exp_month: input.exp_month,
            exp_year: input.exp_year,
            fingerprint,
            created_at: cx.now(),
        };
        let changes = Changes::new()
            .write(cx.create(&item)?)
            .write(keep_key)
            .event(Event::about("payment_method.created", id.as_str(), &item))
            .object(id.as_str(), None, Some(&item));
        Ok(Outcome::changed(PaymentMethod::open(&item, &cipher)?, changes))
    }
}

/// The keyed hash of a number (PCI DSS 4.0.1, 3.5.1.1). Its key never leaves KMS, and the tenant is part of
/// what is hashed, so that nobody learns who else holds the same card.
async fn fingerprint(cx: &Context, number: &CardNumber) -> Result<BlindIndex, Problem> {
    cx.may(Uses::Mac(KeyUse::Fingerprint))?;
    let parts = lp_list(&[cx.tenant().as_str().as_bytes(), number.expose().as_bytes()]);
    let parts = Zeroizing::new(parts.map_err(|e| Problem::internal(e.to_string()))?);
    let message = Zeroizing::new([b"fp/v1", parts.as_slice()].concat());
    let mac = cx.app().kms.mac(cx.meter(), KeyUse::Fingerprint, &message).await;
    mac.map(BlindIndex).map_err(|e| Problem::unavailable(e.0))
}

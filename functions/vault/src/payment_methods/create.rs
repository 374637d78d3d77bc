//! `POST /vault/v1/payment-methods`: tokenises a card or an IBAN.

use super::{MethodItem, MethodType, PaymentMethod, guesses};
use crate::{
    account::AccountNumber,
    brand::Brand,
    expiry::{self, Month, Year},
};
use shared::{
    crypto::{KeyUse, Purpose, formats::lp_list},
    customer::CustomerRef,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::{CustomerId, PaymentMethodId},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{BlindIndex, Changes, Table},
    text::Name,
    time::Timestamp,
};
use zeroize::Zeroizing;

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(
    example = r#"{ "customer": "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "number": "4242424242424242", "exp_month": 12, "exp_year": 2034 }"#
)]
pub struct Input {
    /// Whose it is.
    #[public]
    customer: CustomerId,
    /// A card number or an IBAN, with or without spaces and hyphens.
    #[card]
    number: AccountNumber,
    /// The month that a card ends with: for cards, and for nothing else.
    #[internal]
    exp_month: Option<Month>,
    /// The year that a card ends in: for cards, and for nothing else.
    #[internal]
    exp_year: Option<Year>,
    /// The name on the card, or of the account's holder.
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
        "Tokenise a card or an IBAN; its number is sealed under a key of its own",
    )
    .soap("tokenizePaymentMethod")
    .refuses(&[
        codes::CUSTOMER_ERASED,
        codes::PROCESSING_RESTRICTED,
        codes::SUBJECT_KEY_TAKEN,
        codes::TOO_MANY_GUESSES,
    ])
    .status(201)
    .uses(&[
        Uses::Write(Table::Vault),
        Uses::Write(Table::Keys),
        Uses::Read(Table::Billing),
        Uses::Key(Purpose::Card),
        Uses::Key(Purpose::Pii),
        Uses::Mac(KeyUse::Fingerprint),
    ]);
    type Input = Input;
    type Answer = PaymentMethod;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<PaymentMethod>, Problem> {
        let shown = Shown::of(&input, cx.now())?;
        cx.find::<CustomerRef>(input.customer.as_str())
            .await?
            .ok_or_else(|| Problem::invalid("/customer", "is not a customer"))?
            .may_be_processed()?;
        let id = PaymentMethodId::new(cx.now());
        let fingerprint = fingerprint(cx, &input.number).await?;
        let counted = guesses::counted(cx, &shown.seen(), &fingerprint).await?;
        let (cipher, keep_key) = cx.new_subject(id.as_str(), Purpose::Card).await?;
        let mut changes = Changes::new().write(keep_key);
        changes.writes.extend(counted);
        let (mut holder, mut holder_cipher) = (None, None);
        if let Some(name) = &input.holder {
            let (cipher, keep_key) = cx.new_subject(id.as_str(), Purpose::Pii).await?;
            let sealed = cipher.seal::<MethodItem>(id.as_str(), "-", "holder", name.as_str().as_bytes())?;
            (holder, holder_cipher) = (Some(sealed), Some(cipher));
            changes = changes.write(keep_key);
        }
        let number = input.number.expose().as_bytes();
        let item = MethodItem {
            number: cipher.seal::<MethodItem>(id.as_str(), "-", "number", number)?,
            id: id.clone(),
            customer: input.customer,
            r#type: shown.r#type,
            holder,
            brand: shown.brand,
            first6: shown.first6,
            last4: shown.last4,
            exp_month: input.exp_month,
            exp_year: input.exp_year,
            country: shown.country,
            fingerprint,
            created_at: cx.now(),
        };
        let changes = changes
            .write(cx.create(&item)?)
            .event(item.event("payment_method.created"))
            .object(id.as_str(), None, Some(&item));
        Ok(Outcome::changed(
            PaymentMethod::open(&item, holder_cipher.as_ref())?,
            changes,
        ))
    }
}

/// What may be shown of a number.
struct Shown {
    r#type: MethodType,
    brand: Option<Brand>,
    first6: Option<String>,
    last4: String,
    country: Option<String>,
}

impl Shown {
    /// All that is shown of the number.
    fn seen(&self) -> String {
        let begins = self.first6.as_ref().or(self.country.as_ref());
        format!("{}…{}", begins.map_or("", String::as_str), self.last4)
    }

    /// Takes it out of the number, after checking that expiry and number fit together.
    ///
    /// # Errors
    /// 422 for a card without an expiry or past it, and for an IBAN with one.
    fn of(input: &Input, now: Timestamp) -> Result<Self, Problem> {
        match &input.number {
            AccountNumber::Card(number) => {
                let missing = |pointer| Problem::invalid(pointer, "is required for a card");
                let month = input.exp_month.ok_or_else(|| missing("/exp_month"))?;
                let year = input.exp_year.ok_or_else(|| missing("/exp_year"))?;
                if expiry::is_over(year, month, now) {
                    let whole_year = expiry::is_over(year, Month::LAST, now);
                    let pointer = if whole_year { "/exp_year" } else { "/exp_month" };
                    return Err(Problem::invalid(pointer, "is in the past"));
                }
                Ok(Self {
                    r#type: MethodType::Card,
                    brand: Some(Brand::of(number.first6(), number.expose().len())),
                    first6: Some(number.first6().to_owned()),
                    last4: number.last4().to_owned(),
                    country: None,
                })
            }
            AccountNumber::Iban(iban) => {
                let given = [
                    ("/exp_month", input.exp_month.is_some()),
                    ("/exp_year", input.exp_year.is_some()),
                ];
                if let Some((pointer, _)) = given.iter().find(|(_, given)| *given) {
                    return Err(Problem::invalid(pointer, "is for cards: an IBAN does not expire"));
                }
                Ok(Self {
                    r#type: MethodType::Iban,
                    brand: None,
                    first6: None,
                    last4: iban.last4().to_owned(),
                    country: Some(iban.country().to_owned()),
                })
            }
        }
    }
}

/// The keyed hash of a number (PCI DSS 4.0.1, 3.5.1.1). Its key never leaves KMS, and the tenant is part of
/// what is hashed, so that nobody learns who else holds the same card or account.
async fn fingerprint(cx: &Context, number: &AccountNumber) -> Result<BlindIndex, Problem> {
    cx.may(Uses::Mac(KeyUse::Fingerprint))?;
    let parts = lp_list(&[cx.tenant().as_str().as_bytes(), number.expose().as_bytes()]);
    let parts = Zeroizing::new(parts.map_err(|e| Problem::internal(e.to_string()))?);
    let message = Zeroizing::new([b"fp/v1", parts.as_slice()].concat());
    let mac = cx.app().kms.mac(cx.meter(), KeyUse::Fingerprint, &message).await;
    mac.map(BlindIndex).map_err(|e| Problem::unavailable(e.0))
}

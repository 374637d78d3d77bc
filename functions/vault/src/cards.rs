//! What payments reads of a payment method: its item and its key in the same batch as everything else, and the number
//! only when it is charged.

use crate::{
    CardNumber,
    brand::Brand,
    expiry::{Month, Year},
    payment_methods::{MethodItem, MethodType, of_customer},
};

pub use crate::payment_methods::keys;

use shared::{
    crypto::SubjectKeyItem,
    ids::{CustomerId, PaymentMethodId},
    problem::Problem,
    road::{Batch, Context},
    store::Stored,
};

/// A card as read: still sealed.
pub struct Card {
    /// What is kept of it.
    pub item: Stored<MethodItem>,
    subject: Stored<SubjectKeyItem>,
}

/// The card that a customer has had for longest, of the twenty oldest payment methods.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn first_of(cx: &Context, customer: &CustomerId) -> Result<Option<PaymentMethodId>, Problem> {
    let between = ("pm_".to_owned(), "pm_~".to_owned());
    let list = of_customer(customer.as_str());
    let found = cx.within_list::<MethodItem>(1, &list, between, 20).await?;
    let mut cards = found.into_iter().filter(|m| m.r#type == MethodType::Card);
    Ok(cards.next().map(|card| card.item.id))
}

/// Whose payment method it is; `None` where there is no such one.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn owner(cx: &Context, id: &PaymentMethodId) -> Result<Option<CustomerId>, Problem> {
    let card = cx.find::<MethodItem>(id.as_str()).await?;
    Ok(card.map(|card| card.item.customer))
}

/// Takes a card from a batch with its keys. `None` also when its key has been destroyed.
///
/// # Errors
/// 500 when an item does not decode.
pub fn take(cx: &Context, batch: &mut Batch<'_>, id: &PaymentMethodId) -> Result<Option<Card>, Problem> {
    let [item, subject] = keys(cx, id);
    let (item, subject) = (
        batch.take::<MethodItem>(&item)?,
        batch.take::<SubjectKeyItem>(&subject)?,
    );
    Ok(item.zip(subject).map(|(item, subject)| Card { item, subject }))
}

/// What a card is shown and charged by.
pub struct Details {
    /// Its brand.
    pub brand: Brand,
    /// The month it ends with.
    pub exp_month: Month,
    /// The year it ends in.
    pub exp_year: Year,
}

impl Card {
    /// What only a card has; `None` for an IBAN.
    #[must_use]
    pub fn details(&self) -> Option<Details> {
        let item = &self.item;
        Some(Details {
            brand: item.brand?,
            exp_month: item.exp_month?,
            exp_year: item.exp_year?,
        })
    }

    /// Opens the number, for the provider and nobody else. The function must declare
    /// `Uses::Key(Purpose::Card)`; reading a card does not need it.
    ///
    /// # Errors
    /// 503 when KMS does not answer, 500 when the number does not open.
    pub async fn number(&self, cx: &Context) -> Result<CardNumber, Problem> {
        let cipher = cx.subject(&self.subject).await?;
        let bytes = cipher.open::<MethodItem>(self.item.id.as_str(), "-", "number", &self.item.number)?;
        let text =
            std::str::from_utf8(&bytes).map_err(|_| Problem::internal("a card number is not a text"))?;
        CardNumber::parse(text).map_err(|_| Problem::internal("a stored card number does not parse"))
    }
}

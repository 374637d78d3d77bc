//! What payments reads of a card: its item and its key in the same batch as everything else, and the number
//! only when it is charged.

use crate::{
    CardNumber,
    payment_methods::{CardItem, of_customer},
};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    ids::{CustomerId, PaymentMethodId},
    problem::Problem,
    road::{Batch, Context},
    store::{Key, Stored},
};

/// A card as read: still sealed.
pub struct Card {
    /// What is kept of it.
    pub item: Stored<CardItem>,
    subject: Stored<SubjectKeyItem>,
}

/// The keys of a card and of its subject key, for a batch.
#[must_use]
pub fn keys(cx: &Context, id: &PaymentMethodId) -> [Key; 2] {
    [
        cx.key::<CardItem>(id.as_str()),
        SubjectKeyItem::key(cx.tenant(), id.as_str(), Purpose::Card),
    ]
}

/// The payment method that a customer has had for longest.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn first_of(cx: &Context, customer: &CustomerId) -> Result<Option<PaymentMethodId>, Problem> {
    let between = ("pm_".to_owned(), "pm_~".to_owned());
    let list = of_customer(customer);
    let found = cx.within_list::<CardItem>(1, &list, between, 1).await?;
    Ok(found.into_iter().next().map(|card| card.item.id))
}

/// Whose payment method it is; `None` where there is no such one.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn owner(cx: &Context, id: &PaymentMethodId) -> Result<Option<CustomerId>, Problem> {
    let card = cx.find::<CardItem>(id.as_str()).await?;
    Ok(card.map(|card| card.item.customer))
}

/// Takes a card from a batch with its keys. `None` also when its key has been destroyed.
///
/// # Errors
/// 500 when an item does not decode.
pub fn take(cx: &Context, batch: &mut Batch<'_>, id: &PaymentMethodId) -> Result<Option<Card>, Problem> {
    let [item, subject] = keys(cx, id);
    let (item, subject) = (
        batch.take::<CardItem>(&item)?,
        batch.take::<SubjectKeyItem>(&subject)?,
    );
    Ok(item.zip(subject).map(|(item, subject)| Card { item, subject }))
}

impl Card {
    /// Opens the number, for the provider and nobody else. The function must declare
    /// `Uses::Key(Purpose::Card)`; reading a card does not need it.
    ///
    /// # Errors
    /// 503 when KMS does not answer, 500 when the number does not open.
    pub async fn number(&self, cx: &Context) -> Result<CardNumber, Problem> {
        let cipher = cx.subject(&self.subject).await?;
        let bytes = cipher.open::<CardItem>(self.item.id.as_str(), "-", "number", &self.item.number)?;
        let text =
            std::str::from_utf8(&bytes).map_err(|_| Problem::internal("a card number is not a text"))?;
        CardNumber::parse(text).map_err(|_| Problem::internal("a stored card number does not parse"))
    }
}

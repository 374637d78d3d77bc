//! What becomes of a customer when they ask to be erased, or that their data is kept only.

use super::{Customer, CustomerItem, EmailLookup};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    problem::Problem,
    road::Context,
    store::{Key, Sealed, Stored, Write},
};

/// Takes what is personal out of a customer and removes the lookup of their address. Their key is destroyed beside
/// this, by whoever calls it.
///
/// # Errors
/// 409 when the customer has been erased before, 503 when the store or KMS does not answer.
pub async fn erase(cx: &Context, old: &Stored<CustomerItem>) -> Result<Vec<Write>, Problem> {
    let erased = || Problem::conflict("customer_erased", "This customer has been erased.");
    let key = SubjectKeyItem::key(cx.tenant(), old.id.as_str(), Purpose::Pii);
    let mut batch = cx.batch(&[Key::clone(&key)]).await?;
    let subject = batch.take::<SubjectKeyItem>(&key)?.ok_or_else(erased)?;
    if old.erased_at.is_some() {
        return Err(erased());
    }
    let email = Customer::open(old, &cx.subject(&subject).await?)?.email;
    let lookup = EmailLookup::of(cx, &email, &old.id).await?;
    let next = CustomerItem {
        name: Sealed(Vec::new()),
        email: Sealed(Vec::new()),
        country: None,
        reference: None,
        default_payment_method: None,
        erased_at: Some(cx.now()),
        billing: None,
        metadata: None,
        ..old.item.clone()
    };
    // A lookup is written once and never changed, so it need not be read.
    let lookup = Stored {
        item: lookup,
        revision: 1,
    };
    Ok(vec![cx.replace(old, &next)?, cx.delete(&lookup)])
}

/// Restricts what may be done with a customer's data, or lifts that.
///
/// # Errors
/// 409 when it is so already.
pub fn restrict(cx: &Context, old: &Stored<CustomerItem>, on: bool) -> Result<Write, Problem> {
    if old.restricted_at.is_some() == on {
        let state = if on { "restricted" } else { "unrestricted" };
        return Err(Problem::wrong_state(state, "Nothing would change."));
    }
    let next = CustomerItem {
        restricted_at: on.then(|| cx.now()),
        ..old.item.clone()
    };
    cx.replace(old, &next)
}

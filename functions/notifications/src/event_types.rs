//! The catalogue of events that a webhook can ask for.

pub mod list;
pub(crate) mod schemas;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::{
    rbac::{self, Right},
    road::Standing,
    store::{Attributes, Value as AttributeValue},
};
use std::collections::BTreeMap;

macro_rules! catalogue {
    ($($id:ident = $name:literal, $about:literal;)*) => {
        /// What a webhook asks for: one kind of event, or all of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, shared::shape::Choice)]
        pub enum EventType {
            /// Every event, also of kinds that come later.
            #[serde(rename = "*")]
            All,
            $(#[doc = $about] #[serde(rename = $name)] $id,)*
        }

        /// Every kind of event: its name and what it tells.
        pub static CATALOGUE: &[(EventType, &str, &str)] = &[$((EventType::$id, $name, $about)),*];
    };
}

catalogue! {
    CustomerCreated = "customer.created", "A customer was created.";
    CustomerUpdated = "customer.updated", "A customer was changed.";
    ProductUpdated = "product.updated", "A product was renamed, described anew or archived.";
    ProductCreated = "product.created", "A product was created.";
    PriceUpdated = "price.updated", "A price was archived, or is in use again.";
    PriceCreated = "price.created", "A price was created.";
    MeterUpdated = "meter.updated", "A meter was archived, or is in use again.";
    MeterCreated = "meter.created", "A meter was created.";
    InvoiceCreated = "invoice.created", "An invoice was drafted.";
    InvoiceUpdated = "invoice.updated", "The draft of an invoice was changed.";
    InvoiceDeleted = "invoice.deleted", "The draft of an invoice was deleted.";
    InvoiceFinalized = "invoice.finalized", "An invoice got its number and is due.";
    InvoicePaid = "invoice.paid", "An invoice was paid.";
    InvoiceVoided = "invoice.voided", "An invoice was taken back as a whole, by a credit note.";
    InvoiceUncollectible = "invoice.uncollectible", "An invoice was written off.";
    InvoiceReopened = "invoice.reopened", "What somebody said of an invoice was taken back: it is open again.";
    SubscriptionCreated = "subscription.created", "A customer is billed again and again.";
    SubscriptionUpdated = "subscription.updated", "A subscription was changed or billed, or will end with its period.";
    SubscriptionCanceled = "subscription.canceled", "A subscription has ended.";
    CreditNoteCreated = "credit_note.created", "A credit note on an invoice was issued.";
    WalletGranted = "wallet.granted", "A customer was given credit.";
    InvoicePaymentFailed = "invoice.payment_failed", "A payment of an invoice was declined; the invoice stays open.";
    PaymentMethodCreated = "payment_method.created", "A card or an IBAN was tokenised.";
    PaymentMethodDeleted = "payment_method.deleted", "A payment method was deleted and its keys destroyed.";
    PaymentAuthorized = "payment.authorized", "A payment was authorised.";
    PaymentCaptured = "payment.captured", "A payment was captured, whole or in part.";
    PaymentDeclined = "payment.declined", "A payment was declined.";
    PaymentCanceled = "payment.canceled", "An authorised payment was canceled.";
    PaymentReleased = "payment.released", "What was left of a hold after a part was captured has been let go.";
    PaymentInReview = "payment.in_review", "A payment waits for a person; nothing is charged before they have decided.";
    PaymentUnknown = "payment.unknown", "The provider has not told the outcome of a payment yet.";
    ReviewOpened = "review.opened", "A payment waits for a person.";
    ReviewDecided = "review.decided", "A person has decided about a payment that waited.";
    ReviewExpired = "review.expired", "Nobody has decided about a payment in time; it is declined.";
    ReviewWithdrawn = "review.withdrawn", "A payment was canceled before a person decided about it.";
    RefundSucceeded = "refund.succeeded", "A refund was made.";
    RefundFailed = "refund.failed", "A refund was not made.";
    UserInvited = "user.invited", "A user was invited.";
    UserActivated = "user.activated", "An invited user has chosen a password.";
    PasswordChanged = "user.password_changed", "A user has set a new password; every earlier sign-in has ended.";
    UserUpdated = "user.updated", "A user's status or roles were changed.";
    UserLocked = "user.locked", "Too many attempts on a user's account failed: nobody signs in as them for a while.";
    UserUnlocked = "user.unlocked", "The lock of a user was cleared.";
    UserDisabled = "user.disabled", "A user who had not signed in for ninety days was disabled.";
    UserResetForced = "user.reset_forced", "An administrator wants a user to choose another password; every sign-in has ended.";
    SecondFactorEnrolled = "user.second_factor_enrolled", "A user has enrolled a second factor.";
    SecondFactorRemoved = "user.second_factor_removed", "A user has removed their second factor.";
    PasskeyCloned = "user.passkey_cloned", "The counter of a passkey went back, so somebody else has it, too; it is blocked.";
    SessionReuseDetected = "session.reuse_detected", "A spent refresh token was presented; its session is revoked.";
    ApprovalRequested = "approval.requested", "Something waits for a second person.";
    AlertRaised = "alert.raised", "A rule about audit entries has raised an alert.";
}

/// The version of what events tell (semantic versioning 2.0.0).
pub const VERSION: &str = "1.1.0";

/// The contract of the events: every kind with the JSON Schema of its data.
#[must_use]
pub fn document() -> Value {
    let kinds = CATALOGUE.iter().map(|(_, kind, about)| {
        let event = json!({"description": about, "schema": schemas::data(kind)});
        ((*kind).to_owned(), event)
    });
    json!({
        "info": {"title": "Ledgerkeep events", "version": VERSION},
        "events": Value::Object(kinds.collect()),
    })
}

/// The right that one needs to be told of events of this kind, which is the one that reads their object; none for a noun that no
/// service tells about, and nobody is told of those.
#[must_use]
pub fn right(kind: &str) -> Option<&'static Right> {
    Some(match kind.split_once('.')?.0 {
        "customer" => &rbac::CUSTOMER_READ,
        "product" | "price" | "meter" => &rbac::CATALOG_READ,
        "invoice" | "credit_note" => &rbac::INVOICE_READ,
        "subscription" => &rbac::SUBSCRIPTION_READ,
        "wallet" => &rbac::CREDIT_READ,
        "payment_method" => &rbac::VAULT_READ,
        "payment" | "refund" => &rbac::PAYMENT_READ,
        "review" => &rbac::REVIEW_READ,
        "user" | "session" => &rbac::USER_READ,
        "approval" => &rbac::APPROVAL_READ,
        "alert" => &rbac::AUDIT_READ,
        _ => return None,
    })
}

/// Whether somebody may be told of an event of this kind whose object has these attributes (JSON text). Events of before they were
/// kept have none, and are told to whom no filter limits.
#[must_use]
pub fn may_be_told(owner: &Standing, kind: &str, attributes: Option<&str>) -> bool {
    let Some(right) = right(kind) else { return false };
    let kept: BTreeMap<String, AttributeValue> =
        match attributes.map_or_else(|| Ok(BTreeMap::new()), serde_json::from_str) {
            Ok(kept) => kept,
            Err(_) => return false,
        };
    let named = right.attributes.iter();
    let attributes: Attributes = named
        .filter_map(|name| Some((*name, kept.get(*name)?.clone())))
        .collect();
    owner.permits(right, &attributes)
}

impl EventType {
    /// Whether an event of this kind is asked for.
    #[must_use]
    pub fn covers(self, kind: &str) -> bool {
        self == Self::All || CATALOGUE.iter().any(|(t, name, _)| *t == self && *name == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_right_that_reads_its_object() {
        for (_, name, _) in CATALOGUE {
            let right = right(name).unwrap_or_else(|| panic!("{name}"));
            assert!(right.name.ends_with(".read"), "{name}: {}", right.name);
        }
        assert!(right("secret.created").is_none() && right("*").is_none());
    }

    #[test]
    fn a_type_covers_its_own_kind_and_the_star_covers_all() {
        for (own, name, _) in CATALOGUE {
            assert_eq!(serde_json::to_value(own).unwrap(), *name);
            for (other, _, _) in CATALOGUE {
                assert_eq!(other.covers(name), own == other);
            }
            assert!(EventType::All.covers(name));
        }
        assert!(
            EventType::All.covers("invoice.voided") && !EventType::PaymentCaptured.covers("invoice.paid")
        );
        assert_eq!(serde_json::to_value(EventType::All).unwrap(), "*");
        assert!(serde_json::from_value::<EventType>("payment.*".into()).is_err());
    }
}

//! The catalogue of events that a webhook can ask for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! catalogue {
    ($($id:ident = $name:literal, $about:literal;)*) => {
        /// What a webhook asks for: one kind of event, or all of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[schemars(inline)]
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
    PaymentMethodCreated = "payment_method.created", "A card was tokenised.";
    PaymentAuthorized = "payment.authorized", "A payment was authorised.";
    PaymentCaptured = "payment.captured", "A payment was captured, whole or in part.";
    PaymentDeclined = "payment.declined", "A payment was declined.";
    PaymentCanceled = "payment.canceled", "An authorised payment was canceled.";
    PaymentUnknown = "payment.unknown", "The provider has not told the outcome of a payment yet.";
    RefundSucceeded = "refund.succeeded", "A refund was made.";
    RefundFailed = "refund.failed", "A refund was not made.";
    AlertRaised = "alert.raised", "A rule about audit entries has raised an alert.";
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
    fn a_type_covers_its_own_kind_and_the_star_covers_all() {
        for (own, name, _) in CATALOGUE {
            assert_eq!(serde_json::to_value(own).unwrap(), *name);
            for (other, _, _) in CATALOGUE {
                assert_eq!(other.covers(name), own == other);
            }
            assert!(EventType::All.covers(name));
        }
        assert!(EventType::All.covers("invoice.paid") && !EventType::PaymentCaptured.covers("invoice.paid"));
        assert_eq!(serde_json::to_value(EventType::All).unwrap(), "*");
        assert!(serde_json::from_value::<EventType>("payment.*".into()).is_err());
    }
}

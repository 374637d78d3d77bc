//! `GET /risk/v1/labels`: what payments and checks turned out to be, what became known last before the others.

use super::{ALL, Label, LabelItem, LabelKind, of_customer};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    ids::{CustomerId, PaymentId},
    lists::{By, Moment, Order, Way},
    rbac,
};

shared::list! {
    LabelItem as Label,
    Declaration::new(
        "list_risk_labels",
        methods::get,
        "/risk/v1/labels",
        Access::Right(&rbac::RISK_READ),
        Audit::Sensitive,
        "List what payments and checks turned out to be",
    ),
    Plan { all: Way::index(1, |_, _| ALL.into()), order: Order::Times, most: 100 },
    uses [],
    filters {
        /// Only those of this payment.
        #[public]
        payment: PaymentId = By::List(
            Way::below(|_, payment| format!("risk-label#{payment}")),
            |label| label.payment.as_ref().map(|payment| payment.as_str().into()),
        ),
        /// Only those of this customer.
        #[public]
        customer: CustomerId = By::List(
            Way::index(2, |_, customer| of_customer(customer)),
            |label| Some(label.customer.as_str().into()),
        ),
        /// Only these.
        #[internal]
        label: LabelKind = By::Attribute(|label| Some(label.label.name().into())),
        /// Only those that became known at this time or later.
        #[public]
        created_from: Moment = By::From,
        /// Only those that became known at this time or earlier.
        #[public]
        created_to: Moment = By::To,
    },
}

shared::rows!(LabelItem => Label);

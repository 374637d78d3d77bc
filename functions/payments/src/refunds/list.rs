//! `GET /payments/v1/payments/{id}/refunds`: a page of a payment's refunds, newest first.

use super::{Refund, RefundItem, of_payment};
use crate::payments::{PaymentId, PaymentItem};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Uses, methods},
    lists::{Order, Way},
    rbac,
};

// The caller's filters look at payments: whoever may not see one may not see its refunds either.
shared::list! {
    RefundItem as Refund,
    Declaration::new(
        "list_refunds",
        methods::get,
        "/payments/v1/payments/{id}/refunds",
        Access::Right(&rbac::PAYMENT_READ),
        Audit::Log,
        "List the refunds of a payment, newest first",
    ),
    Plan { all: Way::index(1, |_, payment| of_payment(payment)), order: Order::Times, most: 100 },
    within PaymentItem {
        /// The payment.
        id: PaymentId
    },
    uses [Uses::Key(Purpose::Pii)],
    filters {},
}

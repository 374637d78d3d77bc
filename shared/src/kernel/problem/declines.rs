//! Why a payment is declined or a refund fails, as issuers and providers say it.

use crate::kernel::shape::{Choices, Shape, Shaped};

/// The shape of a decline code: those that there are today. A provider may say others, which answers let through.
#[derive(Debug)]
pub struct DeclineCode;

impl Shaped for DeclineCode {
    fn shape() -> Shape {
        Shape::Choice(Choices {
            name: "DeclineCode",
            about: "Why a payment was declined, or a refund was not made.",
            values: vec![
                ("expired", "The authorisation ran out before it was captured."),
                ("expired_card", "The card is past its last month."),
                ("generic_decline", "The issuer does not say why."),
                ("incorrect_cvc", "The card verification value is wrong."),
                ("insufficient_funds", "The account does not hold enough."),
                (
                    "processing_error",
                    "The issuer could not process it; trying again may work.",
                ),
                (
                    "not_chargeable",
                    "When its review approved it the card was deleted or the customer might not be worked with.",
                ),
                (
                    "review_declined",
                    "A person has declined it; no issuer was asked.",
                ),
                (
                    "review_expired",
                    "Nobody decided on it in time; no issuer was asked.",
                ),
                ("risk", "The risk check declined it; no issuer was asked."),
            ],
            example: None,
        })
    }
}

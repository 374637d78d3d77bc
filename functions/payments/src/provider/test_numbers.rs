//! The numbers that the sandbox takes, and what it does with each: a table for tests and for documentation.

use serde::{Deserialize, Serialize};

/// What the sandbox does with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// Everything is approved.
    Approved,
    /// Declined: `generic_decline`.
    GenericDecline,
    /// Declined: `insufficient_funds`.
    InsufficientFunds,
    /// Declined: `processing_error`.
    ProcessingError,
    /// The authorisation is not answered. Asked later, it was approved where the last digit of the number is
    /// even and declined (`generic_decline`) where it is odd.
    Timeout,
    /// Approved; every refund fails (`refund_failed`).
    RefundFails,
    /// Approved; captures, cancellations and refunds are not answered. Asked later, those of an even amount
    /// took place and those of an odd one were declined (`generic_decline`).
    LaterTimeout,
    /// Declined: `test_card_required`. What happens to every number that is not in the table.
    NotATestNumber,
}

/// A line of the table.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TestNumber {
    /// The digits that it begins with.
    pub prefix: &'static str,
    /// A whole number of this kind.
    pub example: &'static str,
    /// What happens.
    pub behaviour: Behaviour,
}

/// Every test number.
pub const TEST_NUMBERS: &[TestNumber] = &[
    line("42424242", "4242424242424242", Behaviour::Approved),
    line("55555555", "5555555555554444", Behaviour::Approved),
    line("3782822", "378282246310005", Behaviour::Approved),
    line("40000002", "4000000200000000", Behaviour::GenericDecline),
    line("40000095", "4000009500000008", Behaviour::InsufficientFunds),
    line("40000119", "4000011900000000", Behaviour::ProcessingError),
    line("40000044", "4000004400000000", Behaviour::Timeout),
    line("40000044", "4000004400000059", Behaviour::Timeout),
    line("40005126", "4000512600000000", Behaviour::RefundFails),
    line("40007726", "4000772600000000", Behaviour::LaterTimeout),
];

const fn line(prefix: &'static str, example: &'static str, behaviour: Behaviour) -> TestNumber {
    TestNumber {
        prefix,
        example,
        behaviour,
    }
}

/// What happens to a number.
#[must_use]
pub fn behaviour(number: &str) -> Behaviour {
    let line = TEST_NUMBERS.iter().find(|line| number.starts_with(line.prefix));
    line.map_or(Behaviour::NotATestNumber, |line| line.behaviour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_a_card_number_of_its_line() {
        for line in TEST_NUMBERS {
            let number = vault::CardNumber::parse(line.example).expect(line.example);
            assert_eq!(behaviour(number.expose()), line.behaviour, "{}", line.example);
        }
        assert_eq!(behaviour("4111111111111111"), Behaviour::NotATestNumber);
        let odd = |line: &&TestNumber| line.example.ends_with(['1', '3', '5', '7', '9']);
        let timeouts = TEST_NUMBERS.iter().filter(|l| l.behaviour == Behaviour::Timeout);
        assert_eq!(
            timeouts.filter(odd).count(),
            1,
            "both ends of a timeout have an example"
        );
    }
}

//! The screen: facts in, verdict out. Pure.

use crate::{
    Standing,
    limits::{Limits, Of},
};
use serde::{Deserialize, Serialize};
use shared::{money::Currency, record::Record};

/// The score from which a payment is declined.
pub const DECLINE_FROM: u8 = 75;

/// What is known when a payment is screened.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Minor units.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// The limits that count.
    pub limits: Limits,
    /// How the customer stands.
    pub customer: Standing,
    /// How the card stands.
    pub card: Standing,
}

/// Whether the payment may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum RiskOutcome {
    /// It may.
    Accept,
    /// It may not.
    Decline,
}

/// Why a payment was declined, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "RiskReasonCode")]
pub enum ReasonCode {
    /// The customer or the card is on a deny list.
    DenyList,
    /// The amount is above the limit of its currency.
    AmountLimit,
    /// Too many payments of the customer or of the card this hour.
    Velocity,
}

impl ReasonCode {
    /// What the reason alone makes the score.
    const fn score(self) -> u8 {
        match self {
            Self::DenyList => 100,
            Self::AmountLimit => 90,
            Self::Velocity => 80,
        }
    }
}

/// Why a payment was declined.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
#[record(name = "RiskReason")]
pub struct Reason {
    /// For programs.
    #[internal]
    pub code: ReasonCode,
    /// The rule whose limit it is.
    #[internal]
    #[serde(default)]
    pub rule: Option<String>,
    /// For people.
    #[internal]
    pub detail: String,
}

/// What the screen says.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct Verdict {
    /// 0 (nothing known against it) to 100.
    #[internal]
    pub score: u8,
    /// Whether the payment may go on.
    #[internal]
    pub outcome: RiskOutcome,
    /// Why not.
    #[nested]
    pub reasons: Vec<Reason>,
}

/// Screens a payment.
#[must_use]
pub fn screen(facts: &Facts) -> Verdict {
    let limits = &facts.limits;
    let most = limits.amount(facts.currency);
    let mut reasons = Vec::new();
    let mut found = |code: ReasonCode, rule: Option<&str>, detail: String| {
        let rule = rule.map(str::to_owned);
        reasons.push(Reason { code, rule, detail });
    };
    for (standing, whose) in [(&facts.customer, "customer"), (&facts.card, "card")] {
        if standing.denied {
            let detail = format!("The {whose} is on a deny list.");
            found(ReasonCode::DenyList, None, detail);
        }
    }
    if let Some((rule, most)) = most.filter(|(_, most)| facts.amount > *most) {
        let detail = format!(
            "The amount is above the limit of {most} minor units of {}.",
            facts.currency
        );
        found(ReasonCode::AmountLimit, Some(rule), detail);
    }
    for (standing, whose, limit) in [
        (&facts.customer, "customer", &limits.customer_per_hour),
        (&facts.card, "card", &limits.card_per_hour),
    ] {
        let reached = |(_, limit): &&Of| !standing.allowed && standing.count >= *limit;
        if let Some((rule, limit)) = limit.as_ref().filter(reached) {
            let detail = format!("The {whose} has had {limit} payments within the hour.");
            found(ReasonCode::Velocity, Some(rule), detail);
        }
    }
    let worst = reasons.iter().map(|r| r.code.score()).max();
    let score = worst.unwrap_or_else(|| unsuspicious(facts));
    let outcome = if score >= DECLINE_FROM {
        RiskOutcome::Decline
    } else {
        RiskOutcome::Accept
    };
    Verdict {
        score,
        outcome,
        reasons,
    }
}

/// The score of a payment that nothing speaks against: how near its amount and its customer are to their
/// limits, up to 40 and 30, where they have any. The card does not count in, because most payments are screened before its
/// counter is read (the transaction then holds the limit); nor does a customer whom velocity does not hold up.
fn unsuspicious(facts: &Facts) -> u8 {
    let share = |of: i64, limit: Option<&Of>, weight: i64| {
        let limit = limit.map_or(0, |(_, limit)| *limit);
        of.clamp(0, limit.max(0))
            .saturating_mul(weight)
            .checked_div(limit)
            .unwrap_or(0)
    };
    let payments = if facts.customer.allowed {
        0
    } else {
        share(facts.customer.count, facts.limits.customer_per_hour.as_ref(), 30)
    };
    let score = share(facts.amount, facts.limits.amount(facts.currency), 40) + payments;
    u8::try_from(score).unwrap_or(0).min(DECLINE_FROM - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;
    use proptest::prelude::*;

    /// What is shipped, and 1,000 EUR.
    fn limits() -> Limits {
        let mut limits = rules::limits(&rules::shipped());
        limits
            .amounts
            .insert("EUR".into(), ("amount_eur".into(), 100_000));
        limits
    }

    fn facts(amount: i64, customer: i64, card: i64) -> Facts {
        let standing = |count| Standing {
            count,
            ..Standing::default()
        };
        Facts {
            amount,
            currency: "EUR".parse().unwrap(),
            limits: limits(),
            customer: standing(customer),
            card: standing(card),
        }
    }

    #[test]
    fn no_amount_is_too_large_in_a_currency_without_a_limit() {
        let mut yen = facts(shared::money::MAX_AMOUNT, 0, 0);
        yen.currency = "JPY".parse().unwrap();
        assert_eq!((codes(&yen), screen(&yen).score), (vec![], 0));
        let mut free = facts(shared::money::MAX_AMOUNT, 1_000, 1_000);
        free.limits = Limits::default();
        assert_eq!((codes(&free), screen(&free).score), (vec![], 0));
    }

    #[test]
    fn a_reason_names_the_rule_that_a_tenant_can_change() {
        let verdict = screen(&facts(100_001, 30, 20));
        let named: Vec<_> = verdict
            .reasons
            .iter()
            .map(|r| r.rule.as_deref().unwrap())
            .collect();
        assert_eq!(
            named,
            ["amount_eur", "payments_of_a_customer", "payments_of_a_card"]
        );
    }

    fn codes(facts: &Facts) -> Vec<ReasonCode> {
        screen(facts).reasons.iter().map(|r| r.code).collect()
    }

    #[test]
    fn each_limit_is_reached_exactly() {
        assert_eq!(codes(&facts(100_000, 29, 19)), []);
        assert_eq!(codes(&facts(100_001, 0, 0)), [ReasonCode::AmountLimit]);
        assert_eq!(codes(&facts(1, 30, 0)), [ReasonCode::Velocity]);
        assert_eq!(codes(&facts(1, 0, 20)), [ReasonCode::Velocity]);
        assert_eq!(screen(&facts(1, 0, 0)).score, 0);
        assert_eq!(screen(&facts(100_000, 29, 19)).score, 69);
    }

    #[test]
    fn a_denied_customer_or_card_is_declined_with_the_highest_score() {
        for (customer, card) in [(true, false), (false, true)] {
            let mut facts = facts(1, 0, 0);
            facts.customer.denied = customer;
            facts.card.denied = card;
            let verdict = screen(&facts);
            assert_eq!((verdict.score, verdict.outcome), (100, RiskOutcome::Decline));
            assert_eq!(codes(&facts), [ReasonCode::DenyList]);
        }
    }

    #[test]
    fn an_allow_list_lifts_velocity_of_its_own_subject_and_nothing_else() {
        for whose in ["customer", "card"] {
            let mut facts = facts(1, 30, 20);
            if whose == "customer" {
                facts.customer.allowed = true;
            } else {
                facts.card.allowed = true;
            }
            assert_eq!(
                codes(&facts),
                [ReasonCode::Velocity],
                "the other one is still held up"
            );
        }
        let mut facts = facts(1, 500, 500);
        (facts.customer.allowed, facts.card.allowed) = (true, true);
        assert_eq!(codes(&facts), []);
        assert_eq!(screen(&facts).score, 0);
        facts.amount = 100_001;
        assert_eq!(codes(&facts), [ReasonCode::AmountLimit]);
        facts.card.denied = true;
        assert_eq!(codes(&facts), [ReasonCode::DenyList, ReasonCode::AmountLimit]);
        assert_eq!(screen(&facts).score, 100);
    }

    #[test]
    fn it_is_answered_in_the_words_of_the_contract() {
        let json = serde_json::to_value(screen(&facts(200_000, 0, 0))).unwrap();
        assert_eq!(json["outcome"], "decline");
        assert_eq!(json["reasons"][0]["code"], "amount_limit");
    }

    proptest! {
        #[test]
        fn a_decline_has_a_reason_and_an_accept_has_none(
            amount in 1..=shared::money::MAX_AMOUNT, customer in 0i64..60, card in 0i64..60, denied: (bool, bool),
            code in proptest::sample::select(vec!["JPY", "EUR", "KWD", "CLF"]), per_hour in -1i64..40,
        ) {
            let mut facts = facts(amount, customer, card);
            facts.currency = code.parse().unwrap();
            facts.limits.card_per_hour = Some(("card".into(), per_hour));
            (facts.customer.denied, facts.card.denied) = denied;
            let verdict = screen(&facts);
            prop_assert!(verdict.score <= 100);
            prop_assert_eq!(verdict.outcome == RiskOutcome::Decline, !verdict.reasons.is_empty());
            prop_assert_eq!(verdict.outcome == RiskOutcome::Decline, verdict.score >= DECLINE_FROM);
        }
    }
}

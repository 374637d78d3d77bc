//! The state machine of a review: pure transitions, each to be stored by one conditional write.
//!
//! ```text
//! open ──► approved | declined    a person, once
//!   │ ▲
//!   │ └─ claimed, released, snoozed
//!   ├────► expired                at its due time
//!   └────► withdrawn              with its payment
//! ```

use super::{CLAIM, ReviewClaim, ReviewItem, ReviewStatus};
use crate::label_kind::LabelKind;
use shared::{
    problem::Problem,
    time::{Timestamp, after},
};

impl ReviewItem {
    fn is_open(&self, now: Timestamp) -> Result<(), Problem> {
        if self.status != ReviewStatus::Open {
            return Err(Problem::wrong_state(
                self.status.name(),
                "The review has been decided.",
            ));
        }
        if now >= self.due_at {
            return Err(Problem::wrong_state(
                "expired",
                "The review has not been decided in time.",
            ));
        }
        Ok(())
    }

    /// Whether this caller may take it up: it is open, and nobody else's claim holds.
    fn is_free(&self, who: &str, now: Timestamp) -> Result<(), Problem> {
        self.is_open(now)?;
        let holds = |since| after(since, CLAIM) > now;
        let other = self.claimed_by.as_deref().is_some_and(|by| by != who);
        if other && self.claimed_at.is_some_and(holds) {
            let text = "Somebody else looks at it. Wait until they release it, or an hour from when they claimed it.";
            return Err(Problem::conflict("review_claimed", text));
        }
        Ok(())
    }

    /// Somebody looks at it from now on.
    ///
    /// # Errors
    /// 409 unless it is open and free.
    pub fn claimed(&self, who: &str, now: Timestamp) -> Result<Self, Problem> {
        self.is_free(who, now)?;
        Ok(Self {
            claim: ReviewClaim::Claimed,
            claimed_by: Some(who.to_owned()),
            claimed_at: Some(now),
            snoozed_until: None,
            ..self.clone()
        })
    }

    /// Nobody looks at it any more.
    ///
    /// # Errors
    /// 409 unless it is open and free, or the caller's.
    pub fn released(&self, who: &str, now: Timestamp) -> Result<Self, Problem> {
        self.is_free(who, now)?;
        Ok(Self {
            claim: ReviewClaim::Free,
            claimed_by: None,
            claimed_at: None,
            ..self.clone()
        })
    }

    /// Nobody wants to look at it until then.
    ///
    /// # Errors
    /// 409 unless it is open and free, or the caller's; 422 unless the time is to come and before it is due.
    pub fn snoozed(&self, who: &str, until: Timestamp, now: Timestamp) -> Result<Self, Problem> {
        let next = self.released(who, now)?;
        if until <= now || until >= self.due_at {
            let text = "must be to come, and before the review is due";
            return Err(Problem::invalid("/until", text));
        }
        Ok(Self {
            snoozed_until: Some(until),
            ..next
        })
    }

    /// A person has decided. `person` is who is behind `who`.
    ///
    /// # Errors
    /// 403 where they made the payment, 409 unless it is open and free.
    pub fn decided(
        &self,
        (who, person): (&str, &str),
        approve: bool,
        label: Option<LabelKind>,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        if self.asked_by == person {
            let text = "Another person must decide on a payment that you or your API client have made.";
            return Err(Problem::new(403, "own_request", text));
        }
        self.is_free(who, now)?;
        Ok(Self {
            status: if approve {
                ReviewStatus::Approved
            } else {
                ReviewStatus::Declined
            },
            decided_by: Some(who.to_owned()),
            decided_at: Some(now),
            snoozed_until: None,
            label,
            ..self.clone()
        })
    }

    /// Nobody has decided in time.
    ///
    /// # Errors
    /// 409 unless it is open and its time has come.
    pub fn expired(&self, now: Timestamp) -> Result<Self, Problem> {
        if self.status != ReviewStatus::Open || now < self.due_at {
            return Err(Problem::wrong_state(
                self.status.name(),
                "Only an open review that is due expires.",
            ));
        }
        Ok(Self {
            status: ReviewStatus::Expired,
            decided_at: Some(now),
            ..self.clone()
        })
    }

    /// Its payment was canceled.
    ///
    /// # Errors
    /// 409 unless it is open.
    pub fn withdrawn(&self, now: Timestamp) -> Result<Self, Problem> {
        self.is_open(now)?;
        Ok(Self {
            status: ReviewStatus::Withdrawn,
            decided_at: Some(now),
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RiskOutcome, Verdict, reviews::ReviewId};
    use proptest::prelude::*;
    use shared::{
        ids::{CustomerId, PaymentId, PaymentMethodId, TenantId},
        store::{Item, decode, encode},
    };

    const DUE: i64 = 100_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn open() -> ReviewItem {
        let now = Timestamp::UNIX_EPOCH;
        ReviewItem {
            id: ReviewId::new(now),
            payment: PaymentId::new(now),
            customer: CustomerId::new(now),
            payment_method: PaymentMethodId::new(now),
            amount: 5_000,
            currency: "EUR".parse().unwrap(),
            risk: Verdict {
                score: 50,
                outcome: RiskOutcome::Review,
                reasons: Vec::new(),
                version: Some(1),
            },
            status: ReviewStatus::Open,
            due_at: at(DUE),
            claim: ReviewClaim::Free,
            claimed_by: None,
            claimed_at: None,
            snoozed_until: None,
            decided_by: None,
            decided_at: None,
            reason: None,
            label: None,
            asked_by: "usr_1".into(),
            created_at: now,
        }
    }

    fn code(of: Result<ReviewItem, Problem>) -> &'static str {
        of.err().map_or("fine", |problem| problem.code)
    }

    #[test]
    fn a_claim_keeps_others_away_for_an_hour() {
        let claimed = open().claimed("usr_2", at(10)).unwrap();
        assert_eq!(code(claimed.claimed("usr_2", at(20))), "fine");
        for step in [
            claimed.claimed("usr_3", at(10 + CLAIM - 1)),
            claimed.released("usr_3", at(20)),
            claimed.snoozed("usr_3", at(90), at(20)),
            claimed.decided(("usr_3", "usr_3"), true, None, at(20)),
        ] {
            assert_eq!(code(step), "review_claimed");
        }
        let taken = claimed.claimed("usr_3", at(10 + CLAIM)).unwrap();
        assert_eq!(taken.claimed_by.as_deref(), Some("usr_3"));
        let released = claimed.released("usr_2", at(20)).unwrap();
        assert_eq!(code(released.claimed("usr_3", at(21))), "fine");
    }

    #[test]
    fn who_made_the_payment_does_not_decide_by_themselves_or_by_a_client() {
        assert_eq!(
            code(open().decided(("usr_1", "usr_1"), true, None, at(1))),
            "own_request"
        );
        assert_eq!(
            code(open().decided(("cli_9", "usr_1"), false, None, at(1))),
            "own_request"
        );
        assert_eq!(
            code(open().decided(("cli_9", "usr_2"), false, None, at(1))),
            "fine"
        );
    }

    #[test]
    fn nothing_is_snoozed_beyond_its_due_time() {
        for (until, expected) in [(1, "invalid_input"), (DUE, "invalid_input"), (DUE - 1, "fine")] {
            assert_eq!(
                code(open().snoozed("usr_2", at(until), at(1))),
                expected,
                "{until}"
            );
        }
    }

    #[test]
    fn what_is_due_first_stands_first_in_a_list_that_is_read_from_its_end() {
        let later = ReviewItem {
            due_at: at(DUE + 1),
            ..open()
        };
        let sort = |item: &ReviewItem| item.listing().unwrap().sort;
        assert!(sort(&open()) > sort(&later));
        let attributes = encode(&TenantId::platform(), &later, 1).unwrap();
        assert!(decode::<ReviewItem>(attributes).unwrap().item == later);
    }

    proptest! {
        #[test]
        fn an_end_is_an_end(steps in proptest::collection::vec((0u8..7, 0i64..2 * DUE, 0u8..3), 0..40)) {
            let mut review = open();
            for (step, now, who) in steps {
                let (now, who) = (at(now), format!("usr_{who}"));
                let next = match step {
                    0 => review.claimed(&who, now),
                    1 => review.released(&who, now),
                    2 => review.snoozed(&who, after(now, 60), now),
                    3 => review.decided((&who, &who), true, None, now),
                    4 => review.decided((&who, &who), false, Some(LabelKind::Fraud), now),
                    5 => review.expired(now),
                    _ => review.withdrawn(now),
                };
                if let Ok(next) = next {
                    prop_assert_eq!(review.status, ReviewStatus::Open, "an end is an end");
                    let decided = matches!(next.status, ReviewStatus::Approved | ReviewStatus::Declined);
                    prop_assert_eq!(decided, next.decided_by.is_some());
                    prop_assert!(!decided || (who != "usr_1" && now < next.due_at));
                    prop_assert_eq!(next.status == ReviewStatus::Open, next.decided_at.is_none());
                    review = next;
                }
            }
        }
    }
}

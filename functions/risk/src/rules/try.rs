//! `POST /risk/v1/rules/try`: what a version, or rules that are not drafted yet, would say of a payment. Nothing is kept or counted.

use super::{Rule, RulesItem, VersionItem, VersionNumber, check, limits};
use crate::{
    InForce, Reason, RiskOutcome,
    conditions::{self, Conditional, Conditions},
    facts::Asking,
    screen,
};
use serde::Serialize;
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::{CustomerId, PaymentMethodId},
    metadata::Metadata,
    money::{Amount, Currency},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::Table,
    time::Instant,
};
use std::sync::Arc;

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(
    example = r#"{"conditions": [{"id": "large", "when": "amount > 50000", "points": 40}], "customer": "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "amount": 60000, "currency": "EUR"}"#
)]
pub struct Input {
    /// The version to try; without it and without rules, the one in force.
    #[public]
    version: Option<VersionNumber>,
    /// Limits to try, in place of those of a version.
    #[nested]
    #[record(length(max = 200))]
    rules: Option<Vec<Rule>>,
    /// Rules with conditions to try, in place of those of a version.
    #[nested]
    #[record(length(max = 200))]
    conditions: Option<Vec<Conditional>>,
    /// The points from which a payment is blocked, in place of those of a version.
    #[internal]
    #[record(range(min = 1, max = 100))]
    block_from: Option<i64>,
    /// The points from which a payment waits for a person, in place of those of a version.
    #[internal]
    #[record(range(min = 1, max = 100))]
    review_from: Option<i64>,
    /// Who would pay.
    #[public]
    customer: CustomerId,
    /// With what: a payment method of this customer.
    #[public]
    payment_method: Option<PaymentMethodId>,
    /// How much, in minor units.
    #[internal]
    amount: Amount,
    /// In which currency (ISO 4217).
    #[internal]
    currency: Currency,
    /// When; now where it is left out. Counts of payments and lists are those of now.
    #[internal]
    at: Option<Instant>,
    /// Whether it is tried as a check, so that rules for checks alone hold too.
    #[internal]
    check: Option<bool>,
    /// Whether the money is taken at once.
    #[internal]
    capture: Option<bool>,
    /// What the payment would be made with. It is not kept.
    #[personal]
    metadata: Option<Metadata>,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "RiskTrial")]
pub struct Answer {
    /// 0 (nothing known against it) to 100.
    #[internal]
    score: u8,
    /// Whether such a payment might go on.
    #[internal]
    outcome: RiskOutcome,
    /// What the score is made of.
    #[nested]
    reasons: Vec<Reason>,
    /// What the rules in force say of it.
    #[internal]
    outcome_now: RiskOutcome,
    /// Their score.
    #[internal]
    score_now: u8,
}

/// The endpoint.
#[derive(Debug)]
pub struct Try;

impl Endpoint for Try {
    const DECLARATION: Declaration = Declaration::new(
        "try_risk_rules",
        methods::post,
        "/risk/v1/rules/try",
        Access::Right(&rbac::RISK_RULE),
        Audit::Sensitive,
        "Try a version, a draft or rules that are not drafted yet on a payment that is not made",
    )
    .reads_only()
    .refuses(&[codes::CUSTOMER_ERASED, codes::PROCESSING_RESTRICTED])
    .uses(&[
        Uses::Read(Table::Risk),
        Uses::Read(Table::Billing),
        Uses::Read(Table::Vault),
        Uses::Read(Table::Keys),
    ]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let asking = Asking {
            customer: &input.customer,
            payment_method: input.payment_method.as_ref(),
            amount: input.amount,
            currency: input.currency,
        };
        let version = input.version.as_ref().filter(|v| v.number() > 0);
        let key = version.map(|v| cx.key::<VersionItem>(v.as_str()));
        let (mut facts, mut batch) = asking.facts(cx, key.as_slice()).await?;
        let live = facts.rules.clone();
        let base = match (&input.version, key) {
            (None, _) => live.clone(),
            (Some(_), None) => RulesItem::shipped().in_force()?,
            (Some(_), Some(key)) => {
                let item = batch.take::<VersionItem>(&key)?;
                let item = item.ok_or_else(|| Problem::invalid("/version", "is not a version"))?;
                RulesItem::of(&item, 0)?.in_force()?
            }
        };
        let from = (input.block_from, input.review_from);
        facts.rules = tried(base, input.rules, input.conditions, from)?;
        facts.event.check = input.check == Some(true);
        facts.event.capture = input.capture;
        facts.event.metadata = input.metadata;
        if let Some(at) = input.at {
            facts.event.now = at.timestamp();
        }
        let verdict = screen(&facts);
        facts.rules = live;
        let now = screen(&facts);
        let answer = Answer {
            score: verdict.score,
            outcome: verdict.outcome,
            reasons: verdict.reasons,
            outcome_now: now.outcome,
            score_now: now.score,
        };
        Ok(Outcome::read(answer).concerning(input.customer.as_str()))
    }
}

/// A version with what is to be tried in place of its own.
fn tried(
    base: InForce,
    rules: Option<Vec<Rule>>,
    given: Option<Vec<Conditional>>,
    (block_from, review_from): (Option<i64>, Option<i64>),
) -> Result<InForce, Problem> {
    let mut tried = base;
    if let Some(rules) = &rules {
        check(rules)?;
        tried.limits = limits(rules);
    }
    if let Some(given) = given {
        let taken = rules.iter().flatten().map(|rule| &rule.id).collect();
        let given = Conditions {
            rules: given,
            block_from,
            review_from,
            review_hours: None,
        };
        let (_, compiled) = conditions::check(given, &taken)?;
        tried.conditions = Arc::new(compiled);
    } else if block_from.or(review_from).is_some() {
        let mut compiled = (*tried.conditions).clone();
        compiled.block_from = block_from.unwrap_or(compiled.block_from);
        compiled.review_from = review_from.or(compiled.review_from);
        tried.conditions = Arc::new(compiled);
    }
    Ok(tried)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limits_are_tried_as_none_and_limits_that_are_not_given_as_they_are() {
        let base = || RulesItem::shipped().in_force().unwrap();
        let hour = |rules| {
            let tried = tried(base(), rules, None, (None, None)).unwrap();
            tried.limits.customer_per_hour
        };
        assert!(hour(None).is_some());
        assert_eq!(hour(Some(Vec::new())), None);
    }
}

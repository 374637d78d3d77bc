//! Rules: what payments are limited to and judged by. A set of rules is a version; versions never change, and a second person puts
//! one into force.

pub mod draft;
pub mod publish;
pub mod read;
pub mod read_version;
pub mod shadow;
pub mod r#try;

use crate::{
    InForce, InShadow,
    conditions::{BLOCK_FROM, Conditional, Conditions, REVIEW_HOURS, compiled},
    limits::Limits,
    rule_id::RuleId,
};
use serde::{Deserialize, Serialize};
use shared::{
    money::{Amount, Currency},
    problem::Problem,
    record::{FieldError, Record},
    road::Context,
    store::{Item, Key, Stored, Table},
    text::Line,
    time::{Instant, Timestamp},
};
use std::collections::BTreeSet;

/// Most rules of a version.
const MOST: usize = 200;
/// Most payments an hour that a rule can say.
const MOST_PAYMENTS: i64 = 1_000_000;

shared::text_type!(
    /// The number of a version; 0 are the rules that are shipped.
    VersionNumber called "RiskRulesVersion", r"^(0|[1-9][0-9]{0,8})$", "1", |t| {
        let plain = t == "0" || !t.starts_with('0');
        let ok = (1..=9).contains(&t.len()) && plain && t.bytes().all(|b| b.is_ascii_digit());
        if ok { Ok(t.to_owned()) } else { Err("is not the number of a version") }
    }
);

impl VersionNumber {
    /// As a number.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.as_str().parse().unwrap_or(u32::MAX)
    }
}

/// Whose payments are counted.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, shared::shape::Choice,
)]
#[serde(rename_all = "snake_case")]
#[choice(name = "RiskCounted")]
pub enum Counted {
    /// Those of one customer.
    Customer,
    /// Those of one card, whoever has stored it.
    Card,
}

/// The largest payment in a currency.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(input, stored)]
#[record(name = "RiskAmountLimit")]
pub struct AmountLimit {
    /// The currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// Minor units, at most.
    #[internal]
    #[record(shape = Amount)]
    pub most: i64,
}

/// How many payments an hour.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(input, stored)]
#[record(name = "RiskPaymentsLimit")]
pub struct PaymentsLimit {
    /// Of whom.
    #[internal]
    pub of: Counted,
    /// Within an hour, however it lies, at most; 0 lets nothing through.
    #[internal]
    #[record(range(min = 0, max = 1000000))]
    pub most: i64,
}

/// What a rule limits: one of the two.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(input, stored)]
#[record(name = "RiskLimit")]
pub struct Limit {
    /// How large a payment may be.
    #[nested]
    pub amount: Option<AmountLimit>,
    /// How many payments there may be.
    #[nested]
    pub payments: Option<PaymentsLimit>,
}

/// A rule. Beyond its limit a payment is declined.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(input, stored)]
#[record(name = "RiskRule")]
#[record(example = r#"{"id": "amount_eur", "limit": {"amount": {"currency": "EUR", "most": 500000}}}"#)]
pub struct Rule {
    /// Its id.
    #[internal]
    pub id: RuleId,
    /// What it is for.
    #[internal]
    pub about: Option<Line>,
    /// What it limits.
    #[nested]
    pub limit: Limit,
}

/// The rules in force before a tenant has set its own: how many payments an hour, and no limit of amounts.
#[must_use]
pub fn shipped() -> Vec<Rule> {
    let rule = |id: &str, of, most| {
        Some(Rule {
            id: RuleId::parse(id).ok()?,
            about: None,
            limit: Limit {
                amount: None,
                payments: Some(PaymentsLimit { of, most }),
            },
        })
    };
    [
        rule("payments_of_a_customer", Counted::Customer, 30),
        rule("payments_of_a_card", Counted::Card, 20),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Refuses rules that say nothing, or two things about one.
///
/// # Errors
/// 422 for every such rule.
pub fn check(rules: &[Rule]) -> Result<(), Problem> {
    let mut errors = Vec::new();
    let mut wrong = |pointer: String, detail: &str| {
        errors.push(FieldError {
            pointer,
            detail: detail.to_owned(),
        });
    };
    if rules.len() > MOST {
        return Err(Problem::invalid("/rules", format!("must be {MOST} at most")));
    }
    let (mut ids, mut about) = (BTreeSet::new(), BTreeSet::new());
    for (n, rule) in rules.iter().enumerate() {
        if !ids.insert(&rule.id) {
            wrong(format!("/rules/{n}/id"), "is taken by another rule");
        }
        let at = format!("/rules/{n}/limit");
        let of = match (&rule.limit.amount, &rule.limit.payments) {
            (Some(amount), None) => {
                if let Err(why) = Amount::new(amount.most) {
                    wrong(format!("{at}/amount/most"), why);
                }
                format!("amount {}", amount.currency)
            }
            (None, Some(payments)) => {
                if !(0..=MOST_PAYMENTS).contains(&payments.most) {
                    wrong(format!("{at}/payments/most"), "must be 0 to 1000000");
                }
                format!("payments {:?}", payments.of)
            }
            _ => {
                wrong(at, "must be either an amount or payments");
                continue;
            }
        };
        if !about.insert(of) {
            wrong(at, "is limited by another rule already");
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Problem::validation(errors))
    }
}

/// A version as kept. It is made once; being put into force is all that is added to it.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct VersionItem {
    /// Its number.
    #[internal]
    pub id: String,
    /// Its number.
    #[internal]
    pub version: u32,
    /// Its rules.
    #[nested]
    pub rules: Vec<Rule>,
    /// Its rules with conditions.
    #[nested]
    #[serde(default)]
    pub conditions: Conditions,
    /// Who made it.
    #[internal]
    pub made_by: String,
    /// When.
    #[public]
    pub created_at: Timestamp,
    /// Who put it into force last.
    #[internal]
    pub published_by: Option<String>,
    /// When.
    #[public]
    pub published_at: Option<Timestamp>,
}

impl Item for VersionItem {
    const TABLE: Table = Table::Risk;
    const KIND: &'static str = "risk-rules-version";
    fn id(&self) -> &str {
        &self.id
    }
}

/// A tenant's rules as payments read them: those in force, and the last number given to a version.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct RulesItem {
    /// The version in force.
    #[internal]
    pub version: u32,
    /// Its rules.
    #[nested]
    pub rules: Vec<Rule>,
    /// Its [`Conditions`] as JSON, where it has any: a payment that finds them compiled does not decode them.
    #[internal]
    #[serde(default)]
    pub packed: Option<String>,
    /// The newest version.
    #[internal]
    pub latest: u32,
    /// The version that judges beside it and decides nothing.
    #[nested]
    #[serde(default)]
    pub shadow: Option<Shadowing>,
}

/// A version in shadow, as payments read it.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct Shadowing {
    /// The version.
    #[internal]
    pub version: u32,
    /// Its rules.
    #[nested]
    pub rules: Vec<Rule>,
    /// Its [`Conditions`] as JSON, where it has any.
    #[internal]
    pub packed: Option<String>,
    /// Until when.
    #[public]
    pub until: Timestamp,
}

impl Shadowing {
    /// A version in shadow until then.
    ///
    /// # Errors
    /// 500 when its conditions cannot be written.
    pub fn of(version: &VersionItem, until: Timestamp) -> Result<Self, Problem> {
        Ok(Self {
            version: version.version,
            rules: version.rules.clone(),
            packed: packed(version)?,
            until,
        })
    }
}

/// The conditions of a version as payments read them; none where there are none.
fn packed(version: &VersionItem) -> Result<Option<String>, Problem> {
    if version.conditions == Conditions::default() {
        return Ok(None);
    }
    let text = serde_json::to_string(&version.conditions);
    text.map(Some)
        .map_err(|_| Problem::internal("conditions cannot be written"))
}

impl RulesItem {
    /// The id of a tenant's only set.
    pub const ID: &'static str = "-";

    /// What a tenant has before it has set anything.
    #[must_use]
    pub fn shipped() -> Self {
        Self {
            version: 0,
            rules: shipped(),
            packed: None,
            latest: 0,
            shadow: None,
        }
    }

    /// What a tenant has once a version is in force.
    ///
    /// # Errors
    /// 500 when the conditions cannot be written.
    pub fn of(version: &VersionItem, latest: u32) -> Result<Self, Problem> {
        Ok(Self {
            version: version.version,
            rules: version.rules.clone(),
            packed: packed(version)?,
            latest,
            shadow: None,
        })
    }

    /// What it says, to be judged by.
    ///
    /// # Errors
    /// 500 when its conditions do not compile.
    pub fn in_force(&self) -> Result<InForce, Problem> {
        let conditions = self.packed.as_deref().map(compiled).transpose()?;
        let shadow = self.shadow.as_ref().map(|shadow| {
            let conditions = shadow.packed.as_deref().map(compiled).transpose()?;
            Ok::<_, Problem>(InShadow {
                until: shadow.until,
                rules: Box::new(InForce {
                    version: shadow.version,
                    limits: limits(&shadow.rules),
                    conditions: conditions.unwrap_or_default(),
                    shadow: None,
                }),
            })
        });
        Ok(InForce {
            version: self.version,
            limits: limits(&self.rules),
            conditions: conditions.unwrap_or_default(),
            shadow: shadow.transpose()?,
        })
    }
}

impl Item for RulesItem {
    const TABLE: Table = Table::Risk;
    const KIND: &'static str = "risk-rules";
    fn id(&self) -> &str {
        Self::ID
    }
}

/// Where a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "RiskRulesStatus")]
pub enum VersionStatus {
    /// It has never been in force.
    Draft,
    /// It is in force.
    Live,
    /// It was in force.
    Retired,
}

/// A version as answered.
#[derive(Record, Serialize)]
#[record(name = "RiskRulesOfVersion")]
pub struct Version {
    /// Its number; 0 are the rules that are shipped.
    #[public]
    pub version: u32,
    /// Where it stands.
    #[public]
    pub status: VersionStatus,
    /// Its limits. What no rule limits is not limited.
    #[nested]
    pub rules: Vec<Rule>,
    /// Its rules with conditions.
    #[nested]
    pub conditions: Vec<Conditional>,
    /// The points from which a payment is blocked.
    #[internal]
    pub block_from: i64,
    /// The points from which a payment waits for a person; none where none does by its points.
    #[internal]
    pub review_from: Option<i64>,
    /// Hours for which a payment waits for a person, and is declined then.
    #[internal]
    pub review_hours: i64,
    /// Who made it.
    #[internal]
    pub made_by: Option<String>,
    /// When it was made (RFC 3339 UTC).
    #[public]
    pub created_at: Option<Instant>,
    /// Who put it into force last.
    #[internal]
    pub published_by: Option<String>,
    /// When it was put into force last.
    #[public]
    pub published_at: Option<Instant>,
}

impl Version {
    /// A version as it stands while `live` is in force.
    #[must_use]
    pub fn of(item: &VersionItem, live: u32) -> Self {
        let status = if item.version == live {
            VersionStatus::Live
        } else if item.published_at.is_some() {
            VersionStatus::Retired
        } else {
            VersionStatus::Draft
        };
        Self {
            version: item.version,
            status,
            rules: item.rules.clone(),
            conditions: item.conditions.rules.clone(),
            block_from: item.conditions.block_from.unwrap_or(BLOCK_FROM),
            review_from: item.conditions.review_from,
            review_hours: item.conditions.review_hours.unwrap_or(REVIEW_HOURS),
            made_by: Some(item.made_by.clone()),
            created_at: Some(Instant::from(item.created_at)),
            published_by: item.published_by.clone(),
            published_at: item.published_at.map(Instant::from),
        }
    }

    /// The rules that are shipped.
    #[must_use]
    pub fn shipped(live: u32) -> Self {
        Self {
            version: 0,
            status: if live == 0 {
                VersionStatus::Live
            } else {
                VersionStatus::Retired
            },
            rules: shipped(),
            conditions: Vec::new(),
            block_from: BLOCK_FROM,
            review_from: None,
            review_hours: REVIEW_HOURS,
            made_by: None,
            created_at: None,
            published_by: None,
            published_at: None,
        }
    }
}

/// A tenant's rules, and under which version they are kept.
pub(crate) async fn current(cx: &Context) -> Result<Option<Stored<RulesItem>>, Problem> {
    cx.find::<RulesItem>(RulesItem::ID).await
}

/// The key of the tenant's rules, for a batch.
#[must_use]
pub fn key(cx: &Context) -> Key {
    cx.key::<RulesItem>(RulesItem::ID)
}

/// What rules limit payments to.
#[must_use]
pub fn limits(rules: &[Rule]) -> Limits {
    let mut limits = Limits::default();
    for rule in rules {
        if let Some(amount) = &rule.limit.amount {
            let code = amount.currency.code().to_owned();
            let limit = (rule.id.as_str().to_owned(), amount.most);
            limits.amounts.insert(code, limit);
        }
        if let Some(payments) = &rule.limit.payments {
            let limit = Some((rule.id.as_str().to_owned(), payments.most));
            match payments.of {
                Counted::Customer => limits.customer_per_hour = limit,
                Counted::Card => limits.card_per_hour = limit,
            }
        }
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::store::{decode, encode};

    fn rule(json: serde_json::Value) -> Rule {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn what_is_shipped_limits_no_amount_in_any_currency() {
        check(&shipped()).unwrap();
        let limits = limits(&shipped());
        assert!(limits.amounts.is_empty());
        assert_eq!(limits.customer_per_hour.unwrap().1, 30);
        assert_eq!(limits.card_per_hour.unwrap().1, 20);
    }

    #[test]
    fn rules_say_one_thing_each_and_no_two_about_the_same() {
        let eur = |id: &str, most: i64| {
            rule(serde_json::json!({"id": id, "limit": {"amount": {"currency": "EUR", "most": most}}}))
        };
        let card = rule(serde_json::json!({"id": "c", "limit": {"payments": {"of": "card", "most": 0}}}));
        check(&[eur("a", 120_000), card.clone()]).unwrap();
        let nothing = rule(serde_json::json!({"id": "n", "limit": {}}));
        let mut both = card.clone();
        both.limit.amount = eur("a", 1).limit.amount;
        for (rules, pointer) in [
            (vec![eur("a", 1), eur("b", 2)], "/rules/1/limit"),
            (vec![eur("a", 0)], "/rules/0/limit/amount/most"),
            (vec![card.clone(), card.clone()], "/rules/1/id"),
            (vec![nothing], "/rules/0/limit"),
            (vec![both], "/rules/0/limit"),
        ] {
            let problem = check(&rules).unwrap_err();
            assert_eq!(problem.errors[0].pointer, pointer);
        }
    }

    #[test]
    fn a_version_is_a_draft_then_live_then_retired_and_comes_back_as_it_was() {
        let mut item = VersionItem {
            id: "3".into(),
            version: 3,
            rules: shipped(),
            conditions: Conditions::default(),
            made_by: "usr_1".into(),
            created_at: Timestamp::UNIX_EPOCH,
            published_by: None,
            published_at: None,
        };
        assert_eq!(Version::of(&item, 2).status, VersionStatus::Draft);
        item.published_at = Some(Timestamp::UNIX_EPOCH);
        assert_eq!(Version::of(&item, 3).status, VersionStatus::Live);
        assert_eq!(Version::of(&item, 4).status, VersionStatus::Retired);
        let attributes = encode(&shared::ids::TenantId::platform(), &item, 1).unwrap();
        assert_eq!(decode::<VersionItem>(attributes).unwrap().item, item);
    }

    #[test]
    fn numbers_of_versions() {
        for good in ["0", "1", "999999999"] {
            assert_eq!(VersionNumber::parse(good).unwrap().number().to_string(), good);
        }
        for bad in ["", "01", "-1", "1.0", "1e3", "live", "1000000000"] {
            assert!(VersionNumber::parse(bad).is_err(), "{bad}");
        }
    }
}

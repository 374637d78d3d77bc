//! Risk: whether a payment may go on. Payments reads, screens and counts through it; checks screen alike without
//! a payment, and lists say who pays nothing and who is not held up.

pub mod attributes;
pub mod checks;
pub mod conditions;
pub mod contract;
pub mod event;
pub mod facts;
pub mod known;
pub mod label_kind;
pub mod labels;
pub mod limits;
pub mod lines;
pub mod lists;
pub mod reviews;
pub mod rule_id;
pub mod rules;
pub mod screen;
pub mod velocity;

pub use event::{Event, Method};
pub use known::Facts;
pub use screen::{Reason, ReasonCode, RiskOutcome, ShadowVerdict, Verdict, screen, shadowed};

use conditions::Compiled;
use limits::Limits;
use lines::{LineItem, line_id};
use lists::ListKind;
use shared::{
    Function, Service, function,
    ids::CustomerId,
    problem::Problem,
    processing::{ItemType, item},
    rbac::{self, Decision},
    road::{Batch, Context},
    store::{Key, Write},
    time::Timestamp,
};
use std::sync::Arc;
use velocity::VelocityItem;

/// What this service answers, one line each.
pub static ENDPOINTS: &[Function] = &[
    function::<checks::create::Create>(),
    function::<checks::read::Read>(),
    function::<lists::create::Create>(),
    function::<lists::list::List>(),
    function::<lists::add::Add>(),
    function::<lists::items::List>(),
    function::<rules::read::Read>(),
    function::<rules::draft::Draft>(),
    function::<rules::read_version::Read>(),
    function::<rules::publish::Publish>(),
    function::<rules::r#try::Try>(),
    function::<rules::shadow::Shadow>(),
    function::<reviews::list::List>(),
    function::<reviews::read::Read>(),
    function::<reviews::claim::Claim>(),
    function::<reviews::release::Release>(),
    function::<reviews::snooze::Snooze>(),
    function::<reviews::decide::Decide>(),
    function::<labels::create::Create>(),
    function::<labels::list::List>(),
    function::<contract::Read>(),
];

/// What it keeps, one line each.
pub static ITEMS: &[ItemType] = &[
    item::<checks::CheckItem>(),
    item::<lists::ListItem>(),
    item::<lists::ListCount>(),
    item::<lists::MemberItem>(),
    item::<lines::LineItem>(),
    item::<rules::RulesItem>(),
    item::<rules::VersionItem>(),
    item::<velocity::VelocityItem>(),
    item::<reviews::ReviewItem>(),
    item::<reviews::ReviewTask>(),
    item::<labels::LabelItem>(),
];

/// The service.
pub static SERVICE: Service = Service {
    name: "risk",
    version: "1.2.0",
    about: "Decides whether a payment may go on: limits and rules that the tenant sets, allow and deny lists, reviews by people, labels.",
    endpoints: ENDPOINTS,
    workers: &[],
    items: ITEMS,
};

/// Whom something is counted for or refused to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A customer.
    Customer(CustomerId),
    /// A card, by the tag of its fingerprint, whoever has stored it and however often.
    Card(String),
}

impl Subject {
    /// What it is, in ids and sentences: `customer` or `card`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Customer(_) => "customer",
            Self::Card(_) => "card",
        }
    }

    /// `<kind>#<value>`.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Customer(id) => format!("customer#{id}"),
            Self::Card(tag) => format!("card#{tag}"),
        }
    }

    fn counter(&self, now: Timestamp) -> String {
        velocity::counter(&self.id(), now)
    }

    /// The keys of its counter of the last hour and of what deny and allow lists say about it, for a batch.
    #[must_use]
    pub fn keys(&self, cx: &Context) -> [Key; 3] {
        [
            cx.key::<VelocityItem>(&self.counter(cx.now())),
            cx.key::<LineItem>(&line_id(ListKind::Deny, self)),
            cx.key::<LineItem>(&line_id(ListKind::Allow, self)),
        ]
    }

    /// Takes what a batch with its keys has found.
    ///
    /// # Errors
    /// 500 when an item does not decode.
    pub fn standing(&self, cx: &Context, batch: &mut Batch<'_>) -> Result<Standing, Problem> {
        let [counter, deny, allow] = self.keys(cx);
        let count = batch.take::<VelocityItem>(&counter)?;
        let count = count.map_or(0, |c| c.count(cx.now()));
        let now = cx.now().as_second();
        let allow = batch.take::<LineItem>(&allow)?;
        Ok(Standing {
            count,
            denied: batch.take::<LineItem>(&deny)?.is_some_and(|line| line.holds(now)),
            allowed: allow.as_ref().is_some_and(|line| line.holds(now)),
            lists: allow.map_or_else(Vec::new, |line| line.item.naming(now)),
        })
    }

    /// The writes that count one more payment, where payments are limited. However many payments race for the last place, every hour
    /// stays within its limit.
    ///
    /// A failed condition is a lost race, so that the payment is screened again, on what is true by then.
    #[must_use]
    pub fn count(&self, cx: &Context, limits: &Limits, counting: Counting) -> Vec<Write> {
        let limit = limits.per_hour(self).map(|(_, limit)| *limit);
        let limit = match (counting, limit) {
            (Counting::Limited, None) => return Vec::new(),
            (Counting::Limited, Some(limit)) => limit,
            (Counting::Asked, limit) => limit.unwrap_or(i64::MAX),
            (Counting::First, limit) => limit.unwrap_or(1).min(1),
        };
        velocity::admit(&self.id(), limit, cx.now())
            .into_iter()
            .map(|(id, update)| cx.update::<VelocityItem>(&id, "-", update))
            .collect()
    }

    /// The write that demands that no payment has been counted in the last hour (nor some hours before), for one that is declined by
    /// what has not been read. A failed condition is a lost race, as above.
    #[must_use]
    pub fn not_counted(&self, cx: &Context) -> Write {
        cx.absent_or_over::<VelocityItem>(&self.counter(cx.now()))
    }

    /// The write that demands that the subject is on no allow list, for one whose line has not been read but asked for. A failed
    /// condition is a lost race, as above.
    #[must_use]
    pub fn not_allowed(&self, cx: &Context) -> Write {
        cx.absent_or_over::<LineItem>(&line_id(ListKind::Allow, self))
    }

    /// The write that demands that the subject is on no deny list, for one whose line has not been read. A
    /// failed condition is a lost race, as above.
    #[must_use]
    pub fn not_denied(&self, cx: &Context) -> Write {
        cx.absent_or_over::<LineItem>(&line_id(ListKind::Deny, self))
    }
}

/// Why a payment is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Where a rule limits how many there may be.
    Limited,
    /// Because a condition asks how many there were, too.
    Asked,
    /// Because a condition asks, and has been told that this is the first one within an hour.
    First,
}

/// What is known about a subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Payments of the last hour.
    pub count: i64,
    /// Whether it is on a deny list.
    pub denied: bool,
    /// Whether it is on an allow list, so that velocity does not hold it up.
    pub allowed: bool,
    /// The allow lists that name it.
    pub lists: Vec<String>,
}

/// What a payment is judged by: the version in force.
#[derive(Clone, Debug, Default)]
pub struct InForce {
    /// Its number.
    pub version: u32,
    /// Its limits.
    pub limits: Limits,
    /// Its conditions.
    pub conditions: Arc<Compiled>,
    /// The version in shadow of it.
    pub shadow: Option<InShadow>,
}

/// A version that judges beside the one in force and decides nothing.
#[derive(Clone, Debug)]
pub struct InShadow {
    /// Until when.
    pub until: Timestamp,
    /// What it says.
    pub rules: Box<InForce>,
}

/// Whether a caller is shown what versions in shadow say: those who work with rules and reviews.
#[must_use]
pub fn sees_shadows(cx: &Context) -> bool {
    Decision::of(&rbac::REVIEW_READ, &cx.principal().roles).may_begin()
}

/// The key of the tenant's rules, for a batch.
#[must_use]
pub fn rules_key(cx: &Context) -> Key {
    rules::key(cx)
}

/// Takes the tenant's rules from a batch; the shipped ones where it has set none.
///
/// # Errors
/// 500 when the item does not decode.
pub fn take_rules(cx: &Context, batch: &mut Batch<'_>) -> Result<InForce, Problem> {
    let live = batch.take::<rules::RulesItem>(&rules_key(cx))?;
    live.map_or_else(rules::RulesItem::shipped, |live| live.item)
        .in_force()
}

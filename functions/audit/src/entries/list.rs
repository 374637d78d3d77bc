//! `GET /audit/v1/entries`: a page of entries, newest first; all, or by caller, object, customer, address, activity, outcome and
//! time.
//!
//! Two indexes of the audit table hold all entries and those of each caller, two of the seals table those about each
//! object and from each address (`infra/decisions/0006-audit-search.md`). The narrowest one is read, and the other
//! conditions pick from it. What nobody asked of the platform stands in the list of that caller alone, so `actor=nobody` finds it.

use super::{Summary, made_between};
use crate::{
    activities,
    alert_rules::EntryOutcome,
    log::items::{LeafItem, TouchItem},
};
use serde::Serialize;
use shared::{
    audit::EntryItem,
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::CustomerId,
    paging::{CursorText, Limit, page},
    problem::Problem,
    rbac,
    record::Record,
    road::{Context, Page},
    store::{Key, Table},
    time::Instant,
};
use std::net::IpAddr;

/// Most entries that one call looks at where it picks some of them.
const DEPTH: i32 = 500;

shared::text_type!(
    /// The id of a caller or of an object, or an activity.
    Term called "SearchTerm", r"^[A-Za-z0-9_.:#-]{1,120}$", "usr_01JD3X8M9V5T2Q4R6S8W0Y1Z2A",
    |t| {
        let good = |b: u8| b.is_ascii_alphanumeric() || b"_.:#-".contains(&b);
        if (1..=120).contains(&t.len()) && t.bytes().all(good) { Ok(t.to_owned()) } else { Err("is not an id or an activity") }
    }
);

shared::text_type!(
    /// An IPv4 or IPv6 address.
    Address called "IpAddress", r"^[0-9A-Fa-f:.]{2,45}$", "192.0.2.1",
    |t| t.parse::<IpAddr>().map(|a| a.to_string()).map_err(|_| "is not an address")
);

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on. A page may be short or empty and yet have a cursor.
    #[public]
    cursor: Option<CursorText>,
    /// Entries made at this time or later.
    #[public]
    from: Option<Instant>,
    /// Entries made at this time or earlier.
    #[public]
    to: Option<Instant>,
    /// Only those of this caller.
    #[public]
    actor: Option<Term>,
    /// Only those about this object. Found once they are sealed, which takes seconds.
    #[public]
    object: Option<Term>,
    /// Only those that name this customer, whatever they are about: reads, lists, searches, payments and what was done for
    /// their erasure. Found once they are sealed, which takes seconds.
    #[public]
    customer: Option<CustomerId>,
    /// Only those from this address. Found once they are sealed, which takes seconds.
    #[internal]
    address: Option<Address>,
    /// Only this activity: `<service>.<function>`.
    #[public]
    activity: Option<Term>,
    /// Only those that went like this.
    #[public]
    outcome: Option<EntryOutcome>,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "EntryList")]
pub struct Answer {
    /// The entries.
    #[nested]
    data: Vec<Summary>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_entries",
        methods::get,
        "/audit/v1/entries",
        Access::Right(&rbac::AUDIT_READ),
        Audit::Sensitive,
        "List and search audit entries, newest first",
    )
    .uses(&[
        Uses::Read(Table::Audit),
        Uses::Read(Table::Seals),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Audit, 1),
        Uses::List(Table::Audit, 2),
        Uses::List(Table::Seals, 1),
        Uses::List(Table::Seals, 2),
        Uses::Below(Table::Seals),
    ]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let between = made_between(input.from.as_ref(), input.to.as_ref())?;
        if let Some(activity) = &input.activity {
            activities::known(activity.as_str()).map_err(|why| Problem::invalid("/activity", why))?;
        }
        let wanted = wanted(&input);
        let page = Page {
            between,
            ..page(input.limit, input.cursor)
        };
        let text = |term: &Option<Term>| term.as_ref().map(|t| t.as_str().to_owned());
        let (object, actor) = (text(&input.object), text(&input.actor));
        let customer = input.customer.as_ref();
        let (items, next_cursor) = match (object, input.address, actor) {
            _ if customer.is_some() => {
                let customer = customer.map(CustomerId::as_str).unwrap_or_default();
                let (touches, next) = cx.list_below::<TouchItem>(customer, &page).await?;
                let ids = touches.iter().map(|touch| touch.entry.as_str());
                (entries(cx, ids, &wanted).await?, next)
            }
            (Some(object), _, _) => sealed(cx, 1, &LeafItem::about(&object), &page, &wanted).await?,
            (_, Some(address), None) => {
                sealed(cx, 2, &LeafItem::from(address.as_str()), &page, &wanted).await?
            }
            (_, _, Some(actor)) if EntryItem::is_by(cx.tenant(), &actor) => {
                listed(cx, 2, &EntryItem::by(&actor), &page, &wanted).await?
            }
            _ => listed(cx, 1, EntryItem::ALL, &page, &wanted).await?,
        };
        let data = items.into_iter().map(Summary::of).collect::<Result<_, _>>()?;
        Ok(Outcome::read(Answer { data, next_cursor }))
    }
}

type Found = (Vec<EntryItem>, Option<String>);

/// The attributes that an entry must have.
fn wanted(input: &Input) -> Vec<(&'static str, String)> {
    let text = |term: &Option<Term>| term.as_ref().map(|t| t.as_str().to_owned());
    let conditions = [
        ("actor", text(&input.actor)),
        ("object", text(&input.object)),
        ("address", input.address.as_ref().map(|a| a.as_str().to_owned())),
        ("activity", text(&input.activity)),
        ("outcome", input.outcome.map(|o| o.name().to_owned())),
    ];
    conditions
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// From an index of the audit table, where DynamoDB itself picks.
async fn listed(
    cx: &Context,
    index: u8,
    list: &str,
    page: &Page,
    wanted: &[(&'static str, String)],
) -> Result<Found, Problem> {
    let own = if index == 2 { 1 } else { 0 };
    let depth = if wanted.len() > own { DEPTH } else { 0 };
    let (items, next) = cx.search::<EntryItem>(index, list, page, wanted, depth).await?;
    Ok((items.into_iter().map(|e| e.item).collect(), next))
}

/// From an index of the leaves: the entries that they stand for, as far as they match and the caller may see them.
async fn sealed(
    cx: &Context,
    index: u8,
    list: &str,
    page: &Page,
    wanted: &[(&'static str, String)],
) -> Result<Found, Problem> {
    let (leaves, next) = cx.list::<LeafItem>(index, list, page).await?;
    let ids = leaves.iter().map(|leaf| leaf.id.as_str());
    Ok((entries(cx, ids, wanted).await?, next))
}

/// The entries of these ids, as far as they match and the caller may see them.
async fn entries<'i>(
    cx: &Context,
    ids: impl Iterator<Item = &'i str>,
    wanted: &[(&'static str, String)],
) -> Result<Vec<EntryItem>, Problem> {
    let keys: Vec<Key> = ids.map(|id| cx.key::<EntryItem>(id)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut batch = cx.batch(&keys).await?;
    let mut items = Vec::new();
    for key in &keys {
        let found = batch.take::<EntryItem>(key)?.map(|e| e.item);
        items.extend(found.filter(|e| wanted.iter().all(|(name, value)| has(e, name, value))));
    }
    Ok(items)
}

fn has(entry: &EntryItem, name: &str, value: &str) -> bool {
    let found = match name {
        "actor" => Some(entry.actor.as_str()),
        "activity" => Some(entry.activity.as_str()),
        "outcome" => Some(entry.outcome.as_str()),
        "object" => entry.object.as_deref(),
        "address" => entry.address.as_deref(),
        _ => None,
    };
    found == Some(value)
}

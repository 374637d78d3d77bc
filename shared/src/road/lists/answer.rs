//! How a list is read: the narrowest list that the filters lead to, the page, and what each row is opened with.

use super::{
    declare::{Asked, By, Lists, Order},
    rows::{Beside, Rows},
};
use crate::{
    crypto::SubjectKeyItem,
    declaration::paging::Listed,
    kernel::{problem::Problem, purpose::Purpose},
    road::{
        context::Context,
        early::SEEN,
        endpoint::Early,
        metadata::{self, Kept},
        outcome::Outcome,
        words::{self, Words},
    },
    store::{Entry, IndexItem, Item, Key, Page, Stored},
};
use std::borrow::Cow;

/// Most items that DynamoDB looks at for one page where it picks some of them.
const DEPTH: i32 = 500;

/// A value as it stands in the name of a list: `#` divides there.
fn escaped(value: &str) -> Cow<'_, str> {
    if value.contains(['#', '%']) {
        value.replace('%', "%25").replace('#', "%23").into()
    } else {
        value.into()
    }
}

fn entry_name(filter: &str, value: &str) -> String {
    format!("{filter}#{}", escaped(value))
}

fn metadata_name(filter: &str, key: &str, lookup: &[u8]) -> String {
    format!("{filter}#{key}#{}", hex::encode(lookup))
}

/// The index items of an item, as its list declares them.
#[must_use]
pub fn entries<L: Lists>(item: &L::Item) -> Vec<Entry> {
    let mut lists = Vec::new();
    for filter in L::PLAN.filters {
        match &filter.by {
            By::Entry(text) => lists.extend(text(item).map(|value| entry_name(filter.name, &value))),
            By::Rare(text, rare) => {
                let value = text(item).filter(|value| rare(value));
                lists.extend(value.map(|value| entry_name(filter.name, &value)));
            }
            By::Words(words) => {
                let lookup = words(item).and_then(Words::lookup);
                lists.extend(lookup.map(|lookup| entry_name(filter.name, &hex::encode(&lookup.0))));
            }
            By::Metadata(kept) => {
                let lookups = kept(item).into_iter().flat_map(Kept::lookups);
                lists.extend(lookups.map(|(key, lookup)| metadata_name(filter.name, key, &lookup.0)));
            }
            By::List(..) | By::Attribute(_) | By::From | By::To => {}
        }
    }
    if lists.is_empty() {
        return Vec::new();
    }
    let sort = item.listing().map_or_else(|| item.id().to_owned(), |l| l.sort);
    let subject = <L::Row as Rows<L::Item>>::subject(item).map(str::to_owned);
    let entry = |list| Entry {
        list,
        sort: sort.clone(),
        subject: subject.clone(),
    };
    lists.into_iter().map(entry).collect()
}

/// Where a list is read.
enum Lead {
    /// In an index, or below a partition.
    List(Option<u8>, String),
    /// Below index items.
    Entries(String),
}

/// How a list is read for what was asked.
struct Choice {
    lead: Lead,
    page: Page,
    /// Attributes that DynamoDB picks by.
    equal: Vec<(&'static str, String)>,
    /// Index items that an item must have.
    stands: Vec<String>,
}

impl Choice {
    async fn of<L: Lists>(cx: &Context, asked: &Asked) -> Result<Self, Problem> {
        let plan = &L::PLAN;
        let (mut lead, mut equal, mut stands) = (None, Vec::new(), Vec::new());
        let (mut from, mut to) = (None, None);
        for filter in plan.filters {
            let Some(value) = asked.given(filter.name) else {
                continue;
            };
            match &filter.by {
                By::From => from = asked.time(filter.name),
                By::To => to = asked.time(filter.name),
                By::Attribute(_) => equal.push((filter.name, value.to_owned())),
                By::List(way, _) if lead.is_none() => {
                    lead = Some(Lead::List(way.index, (way.name)(cx, value)));
                }
                By::List(..) => equal.push((filter.name, value.to_owned())),
                By::Rare(_, rare) if lead.is_some() || !rare(value) => {
                    equal.push((filter.name, value.to_owned()));
                }
                By::Entry(_) | By::Rare(..) => stands.push(entry_name(filter.name, value)),
                By::Words(_) => {
                    let lookup = words::lookup::<L::Item>(cx, filter.name, value).await?;
                    stands.push(entry_name(filter.name, &hex::encode(lookup)));
                }
                By::Metadata(_) => {
                    let (key, value) = value.split_once(':').unwrap_or((value, ""));
                    let lookup = metadata::lookup::<L::Item>(cx, key, value).await?;
                    stands.push(metadata_name(filter.name, key, &lookup));
                }
            }
            // Filters stand in the order in which they lead.
            if let (None, Some(list)) = (&lead, stands.first()) {
                lead = Some(Lead::Entries(list.clone()));
            }
        }
        let all = || Lead::List(plan.all.index, (plan.all.name)(cx, asked.id()));
        let lead = lead.unwrap_or_else(all);
        let most = match lead {
            Lead::List(..) => plan.most,
            // Each has its own item and the key that opens it.
            Lead::Entries(_) => plan.most.min(SEEN / 2),
        };
        Ok(Self {
            lead,
            page: Page {
                limit: asked.page.limit.min(most),
                between: plan.order.between(from, to)?,
                ..asked.page.clone()
            },
            equal,
            stands,
        })
    }

    /// Whether an item is what was asked for, as far as its index items and attributes tell.
    fn takes<L: Lists>(&self, item: &L::Item) -> bool {
        let entries = if self.stands.is_empty() {
            Vec::new()
        } else {
            item.entries()
        };
        let stands = |list: &String| entries.iter().any(|e| e.list == *list);
        let equal = |(name, wanted): &(&'static str, String)| {
            let filter = L::PLAN.filters.iter().find(|f| f.name == *name);
            let text = filter.and_then(|f| match &f.by {
                By::List(_, text) | By::Rare(text, _) | By::Attribute(text) => text(item),
                _ => None,
            });
            text.is_some_and(|text| text == wanted.as_str())
        };
        self.stands.iter().all(stands) && self.equal.iter().all(equal)
    }
}

/// What was found of a page.
struct Looked<T> {
    items: Vec<Stored<T>>,
    next: Option<String>,
    last: Option<String>,
}

async fn look<L: Lists>(cx: &Context, choice: &Choice) -> Result<Looked<L::Item>, Problem> {
    match &choice.lead {
        Lead::List(index, list) => {
            let depth = if choice.equal.is_empty() && choice.stands.is_empty() {
                0
            } else {
                DEPTH
            };
            let place = (L::Item::TABLE, *index);
            let seen = cx.seen::<L::Item>(place, list, &choice.page, &choice.equal, depth);
            let (mut items, next, last) = seen.await?;
            if !choice.stands.is_empty() {
                items.retain(|item| choice.takes::<L>(&item.item));
            }
            Ok(Looked { items, next, last })
        }
        Lead::Entries(list) => {
            let (found, next, last) = pointers::<L>(cx, list, &choice.page).await?;
            let keys: Vec<Key> = found.iter().map(|e| cx.key::<L::Item>(&e.of)).collect();
            let mut items = Vec::with_capacity(keys.len());
            if !keys.is_empty() {
                let mut batch = cx.batch(&keys).await?;
                for key in &keys {
                    let item = batch.take_readable::<L::Item>(key);
                    items.extend(item.filter(|item| choice.takes::<L>(&item.item)));
                }
            }
            Ok(Looked { items, next, last })
        }
    }
}

async fn pointers<L: Lists>(
    cx: &Context,
    list: &str,
    page: &Page,
) -> Result<(Vec<Stored<IndexItem>>, Option<String>, Option<String>), Problem> {
    let partition = format!("{}#{}", IndexItem::KIND, IndexItem::list_of::<L::Item>(list));
    cx.seen::<IndexItem>((L::Item::TABLE, None), &partition, page, &[], 0)
        .await
}

/// What is read before the caller is known: where each row has keys to be read with it, so that one read brings them and the caller.
#[must_use]
pub const fn early<L: Lists>() -> Option<Early<L::Input>> {
    if <L::Row as Rows<L::Item>>::EARLY || L::PLAN.has_entries() {
        Some(|cx, input| Box::pin(begins::<L>(cx, input.into())))
    } else {
        None
    }
}

/// Where what belongs to a page stands, for the read that brings the caller.
///
/// # Errors
/// As [`answer`].
pub async fn begins<L: Lists>(cx: &Context, asked: Asked) -> Result<Vec<Key>, Problem> {
    let choice = Choice::of::<L>(cx, &asked).await?;
    let mut keys = Vec::new();
    match &choice.lead {
        Lead::List(..) => {
            // What is not read beside its rows need not be read ahead of its caller.
            if <L::Row as Rows<L::Item>>::EARLY {
                for item in look::<L>(cx, &choice).await?.items {
                    keys.extend(<L::Row as Rows<L::Item>>::beside(cx.tenant(), &item.item));
                }
            }
        }
        Lead::Entries(list) => {
            for entry in pointers::<L>(cx, list, &choice.page).await?.0 {
                keys.push(cx.key::<L::Item>(&entry.of));
                let subject = entry.subject.as_deref();
                keys.extend(subject.map(|s| SubjectKeyItem::key(cx.tenant(), s, Purpose::Pii)));
            }
            if !keys.is_empty() {
                keys.extend(<L::Row as Rows<L::Item>>::likely(cx.tenant(), cx.now()));
            }
        }
    }
    keys.sort();
    keys.dedup();
    Ok(keys)
}

/// Answers a list.
///
/// # Errors
/// 400 for a cursor that is not one of ours for this list, 422 for a range that ends before it begins or metadata that is not
/// searched for, whatever refuses the list as a whole, 503 when the store or KMS does not answer.
pub async fn answer<L: Lists>(cx: &Context, asked: Asked) -> Result<Outcome<Listed<L::Row>>, Problem> {
    L::within(cx, &asked).await?;
    for filter in L::PLAN.filters {
        if let (By::Metadata(_), Some(value)) = (&filter.by, asked.given(filter.name)) {
            metadata::is_searched(cx, filter.name, value).await?;
        }
    }
    let choice = Choice::of::<L>(cx, &asked).await?;
    let Looked { items, next, last } = look::<L>(cx, &choice).await?;
    let mut keys = Vec::new();
    for item in &items {
        keys.extend(<L::Row as Rows<L::Item>>::beside(cx.tenant(), &item.item));
    }
    let mut beside = Beside::read(cx, keys).await?;
    let by_words = L::PLAN
        .filters
        .iter()
        .any(|f| matches!(f.by, By::Metadata(_) | By::Words(_)) && asked.given(f.name).is_some());
    let mut data = Vec::with_capacity(items.len());
    for item in &items {
        // What is left of somebody who has been erased is not found by what they were known by.
        if by_words
            && let Some(subject) = <L::Row as Rows<L::Item>>::subject(&item.item)
            && beside.cipher(subject, Purpose::Pii).await?.is_none()
        {
            continue;
        }
        let row = <L::Row as Rows<L::Item>>::of(cx, &item.item, &mut beside).await;
        data.extend(cx.left_out::<L::Item, _>(item.item.id(), row)?.flatten());
    }
    let full = data.len() >= usize::try_from(asked.page.limit).unwrap_or(usize::MAX);
    let looked_until = match (&next, last) {
        (Some(_), Some(last)) if !full => Order::time(L::PLAN.order, &last),
        _ => None,
    };
    let mut outcome = Outcome::read(Listed {
        data,
        next_cursor: next,
        looked_until,
    });
    if let Some(of) = &asked.of {
        outcome = outcome.concerning(of);
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        endpoint::{Access, Audit, Declaration, Endpoint, Uses, methods},
        kernel::{ids::TenantId, record::Record, text::Reference},
        lists::Way,
        store::{Listing, Table, Write},
    };
    use serde::{Deserialize, Serialize};

    #[derive(Record, Clone, Serialize, Deserialize)]
    #[record(stored)]
    pub struct Parcel {
        #[public]
        id: String,
        #[internal]
        reference: Option<String>,
        #[public]
        state: String,
    }

    impl Item for Parcel {
        const TABLE: Table = Table::Billing;
        const KIND: &'static str = "parcel";
        fn id(&self) -> &str {
            &self.id
        }
        fn listing(&self) -> Option<Listing> {
            Some(Listing {
                list: "parcels".into(),
                sort: self.id.clone(),
            })
        }
        fn entries(&self) -> Vec<Entry> {
            entries::<List>(self)
        }
    }

    #[derive(Record, Serialize)]
    pub struct Shown {
        #[public]
        id: String,
    }

    impl From<&Parcel> for Shown {
        fn from(parcel: &Parcel) -> Self {
            Self {
                id: parcel.id.clone(),
            }
        }
    }

    crate::rows!(Parcel => Shown);

    crate::list! {
        Parcel as Shown,
        Declaration::new("list_parcels", methods::get, "/it/v1/parcels", Access::Public, Audit::Log, "List parcels"),
        Plan { all: Way::index(1, |_, _| "parcels".into()), order: Order::Other, most: 100 },
        uses [],
        filters {
            /// Only those with this reference.
            #[internal]
            reference: Reference = By::Entry(|parcel| Some(parcel.reference.as_deref()?.into())),
            /// Only those in this state.
            #[public]
            state: Reference = By::Rare(|parcel| Some(parcel.state.as_str().into()), |state| state != "gone"),
        },
    }

    fn parcel(reference: Option<&str>, state: &str) -> Parcel {
        Parcel {
            id: "par_1".into(),
            reference: reference.map(str::to_owned),
            state: state.into(),
        }
    }

    #[test]
    fn an_item_stands_where_its_list_says_and_moves_with_what_changes() {
        let names =
            |parcel: &Parcel| -> Vec<String> { parcel.entries().into_iter().map(|e| e.list).collect() };
        assert_eq!(
            names(&parcel(Some("a#b%c"), "lost")),
            ["reference#a%23b%25c", "state#lost"]
        );
        assert!(names(&parcel(None, "gone")).is_empty());

        let tenant = TenantId::platform();
        let written = |write: Write| -> Vec<String> {
            let name = |write: &Write| {
                format!(
                    "{} {:?}",
                    write.key().pk.replace(tenant.as_str(), "t"),
                    write.leaves()
                )
            };
            Write::whole(vec![write]).iter().map(name).collect()
        };
        let old = parcel(Some("r"), "lost");
        assert_eq!(
            written(Write::create(&tenant, &old).unwrap()),
            [
                "T#t#parcel#par_1 Some(Some(1))",
                "T#t#index#parcel#reference#r Some(Some(1))",
                "T#t#index#parcel#state#lost Some(Some(1))",
            ]
        );
        let old = Stored {
            item: old,
            revision: 1,
        };
        let moved = Write::replace(&tenant, &old, &parcel(Some("r"), "found")).unwrap();
        assert_eq!(
            written(moved),
            [
                "T#t#parcel#par_1 Some(Some(2))",
                "T#t#index#parcel#state#lost Some(Some(0))",
                "T#t#index#parcel#state#found Some(Some(1))",
            ]
        );
        let gone = Write::replace(&tenant, &old, &parcel(Some("r"), "gone")).unwrap();
        assert_eq!(written(gone).len(), 2, "what stays costs nothing");
        assert_eq!(written(Write::delete(&tenant, &old)).len(), 3);
    }

    #[test]
    fn a_list_needs_what_its_ways_need() {
        let uses = <List as Endpoint>::DECLARATION.uses;
        for wanted in [
            Uses::Read(Table::Billing),
            Uses::List(Table::Billing, 1),
            Uses::Below(Table::Billing),
        ] {
            assert!(uses.contains(&wanted), "{wanted:?}");
        }
        assert!(
            <List as Endpoint>::EARLY.is_some(),
            "what stands below index items is read with the caller"
        );
    }
}

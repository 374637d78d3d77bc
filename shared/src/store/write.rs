//! What a handler wants changed: data only, until the commit turns it into one transaction.

use super::{
    entry::Entry,
    index::IndexItem,
    item::{self, Attrs, Item, Key, Stored},
    posting::{ENTRY_KIND, GATE_KIND},
    table::Table,
};
use crate::kernel::{
    ids::TenantId,
    problem::{Consequence, Problem},
    purpose::Purpose,
    record::Record,
};
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update as SdkUpdate,
};
use serde_json::Value;
use std::collections::HashMap;

enum Operation {
    Create(Attrs),
    Replace {
        attributes: Attrs,
        revision: u64,
    },
    PutWhen {
        attributes: Attrs,
        condition: &'static str,
        values: Attrs,
        revision: u64,
    },
    Delete {
        revision: u64,
    },
    Check {
        revision: u64,
    },
    AbsentOrOver {
        now: i64,
    },
    Through {
        epoch: u64,
    },
    Update(Update),
    /// An index item, which stands or falls with the item that it leads to: that one carries the condition.
    Point(Attrs),
    Unpoint,
}

/// One conditional write.
pub struct Write {
    key: Key,
    operation: Operation,
    otherwise: Option<Problem>,
    /// Kind and filterable attributes of what a create or replace leaves behind, for the caller's filters.
    pub(crate) left: Option<(&'static str, item::Attributes)>,
    /// Whose key seals what a create or replace leaves behind, and for which purpose.
    seal: Option<(String, Purpose)>,
    /// Index items that come and go with it.
    beside: Vec<Write>,
}

/// Whose key seals an item's fields.
fn sealed<T: Item>(item: &T) -> Option<(String, Purpose)> {
    let purpose = T::PROCESSING.and_then(|processing| processing.key)?;
    Some((item.subject().to_owned(), purpose))
}

impl std::fmt::Debug for Write {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Write {}/{}", self.key.pk, self.key.sk)
    }
}

impl Write {
    /// A new item; refused if the key is taken.
    ///
    /// # Errors
    /// When the item does not encode.
    pub fn create<T: Item>(tenant: &TenantId, item: &T) -> Result<Self, Problem> {
        let attributes = item::encode(tenant, item, 1).map_err(Problem::internal)?;
        Ok(Self {
            key: Key::sub::<T>(tenant, item.id(), &item.sort()),
            operation: Operation::Create(attributes),
            otherwise: None,
            left: Some((T::KIND, item.filterable())),
            seal: sealed(item),
            beside: Self::moved::<T>(tenant, item.id(), Vec::new(), item.entries())?,
        })
    }

    /// A new item in a table of the caller's choice: outbox records and intents stand in their service's.
    pub(crate) fn create_in<T: Item>(table: Table, tenant: &TenantId, item: &T) -> Result<Self, Problem> {
        let mut write = Self::create(tenant, item)?;
        write.key.table = table;
        Ok(write)
    }

    /// A new item where there is none, or one that has run out.
    pub(crate) fn create_or_expired<T: Item>(
        table: Table,
        tenant: &TenantId,
        item: &T,
        now: i64,
    ) -> Result<Self, Problem> {
        let values = HashMap::from([(":now".to_owned(), AttributeValue::N(now.to_string()))]);
        Self::put_when(
            table,
            tenant,
            item,
            "attribute_not_exists(#pk) OR #until <= :now",
            values,
            1,
        )
    }

    /// Replaces a record that is in flight.
    pub(crate) fn when_in_flight<T: Item>(
        table: Table,
        tenant: &TenantId,
        item: &T,
    ) -> Result<Self, Problem> {
        let values = HashMap::from([(":done".to_owned(), AttributeValue::Bool(false))]);
        Self::put_when(table, tenant, item, "#done = :done", values, 2)
    }

    fn put_when<T: Item>(
        table: Table,
        tenant: &TenantId,
        item: &T,
        condition: &'static str,
        values: Attrs,
        revision: u64,
    ) -> Result<Self, Problem> {
        let attributes = item::encode(tenant, item, revision).map_err(Problem::internal)?;
        Ok(Self {
            key: Key {
                table,
                ..Key::sub::<T>(tenant, item.id(), &item.sort())
            },
            operation: Operation::PutWhen {
                attributes,
                condition,
                values,
                revision,
            },
            otherwise: None,
            left: None,
            seal: None,
            beside: Vec::new(),
        })
    }

    /// Removes an item of a table of the caller's choice, if it is still what was read.
    pub(crate) fn delete_in<T: Item>(table: Table, tenant: &TenantId, id: &str, revision: u64) -> Self {
        Self {
            key: Key {
                table,
                ..Key::of::<T>(tenant, id)
            },
            operation: Operation::Delete { revision },
            otherwise: None,
            left: None,
            seal: None,
            beside: Vec::new(),
        }
    }

    /// The next revision of an item that was read; lost races make the road read again.
    ///
    /// # Errors
    /// When the item does not encode.
    pub fn replace<T: Item>(tenant: &TenantId, old: &Stored<T>, new: &T) -> Result<Self, Problem> {
        let attributes =
            item::encode(tenant, new, old.revision.saturating_add(1)).map_err(Problem::internal)?;
        Ok(Self {
            key: Key::sub::<T>(tenant, new.id(), &new.sort()),
            operation: Operation::Replace {
                attributes,
                revision: old.revision,
            },
            otherwise: None,
            left: Some((T::KIND, new.filterable())),
            seal: sealed(new),
            beside: Self::moved::<T>(tenant, new.id(), old.item.entries(), new.entries())?,
        })
    }

    /// Removes an item that was read.
    #[must_use]
    pub fn delete<T: Item>(tenant: &TenantId, old: &Stored<T>) -> Self {
        Self {
            key: Key::sub::<T>(tenant, old.item.id(), &old.item.sort()),
            operation: Operation::Delete {
                revision: old.revision,
            },
            otherwise: None,
            left: None,
            seal: None,
            beside: old
                .item
                .entries()
                .iter()
                .map(|e| Self::unpoint::<T>(tenant, e))
                .collect(),
        }
    }

    /// What becomes of the index items of an item: those that it no longer stands under go, those that it newly stands under come.
    fn moved<T: Item>(
        tenant: &TenantId,
        id: &str,
        old: Vec<Entry>,
        new: Vec<Entry>,
    ) -> Result<Vec<Self>, Problem> {
        let mut writes = Vec::new();
        // What stands in the same place as before is written over there: a transaction writes no item twice.
        let stays = |gone: &Entry| new.iter().any(|e| (&e.list, &e.sort) == (&gone.list, &gone.sort));
        for gone in old.iter().filter(|e| !stays(e)) {
            writes.push(Self::unpoint::<T>(tenant, gone));
        }
        for entry in new.iter().filter(|e| !old.contains(e)) {
            let item = IndexItem::leading::<T>(id, entry);
            let attributes = item::encode(tenant, &item, 1).map_err(Problem::internal)?;
            writes.push(Self::beside::<T>(tenant, entry, Operation::Point(attributes)));
        }
        Ok(writes)
    }

    fn unpoint<T: Item>(tenant: &TenantId, entry: &Entry) -> Self {
        Self::beside::<T>(tenant, entry, Operation::Unpoint)
    }

    fn beside<T: Item>(tenant: &TenantId, entry: &Entry, operation: Operation) -> Self {
        let list = IndexItem::list_of::<T>(&entry.list);
        Self {
            key: Key {
                table: T::TABLE,
                ..Key::sub::<IndexItem>(tenant, &list, &entry.sort)
            },
            operation,
            otherwise: None,
            left: None,
            seal: None,
            beside: Vec::new(),
        }
    }

    /// Writes with those of their index items behind them.
    pub(crate) fn whole(writes: Vec<Self>) -> Vec<Self> {
        let mut whole = Vec::with_capacity(writes.len());
        for mut write in writes {
            let beside = std::mem::take(&mut write.beside);
            whole.push(write);
            whole.extend(beside);
        }
        whole
    }

    /// Demands that an item is still what was read.
    #[must_use]
    pub fn check<T: Item>(tenant: &TenantId, seen: &Stored<T>) -> Self {
        Self {
            key: Key::sub::<T>(tenant, seen.item.id(), &seen.item.sort()),
            operation: Operation::Check {
                revision: seen.revision,
            },
            otherwise: None,
            left: None,
            seal: None,
            beside: Vec::new(),
        }
    }

    /// Demands that there is no such item, or that its `until` (unix seconds) is not after `now`.
    #[must_use]
    pub fn absent_or_over<T: Item>(tenant: &TenantId, id: &str, now: i64) -> Self {
        Self {
            key: Key::of::<T>(tenant, id),
            operation: Operation::AbsentOrOver { now },
            otherwise: None,
            left: None,
            seal: None,
            beside: Vec::new(),
        }
    }

    /// Demands that a gate lets an epoch pass.
    pub(crate) fn through(gate: Key, epoch: u64) -> Self {
        Self {
            key: gate,
            operation: Operation::Through { epoch },
            otherwise: None,
            left: None,
            seal: None,
            beside: Vec::new(),
        }
    }

    /// Counters and single attributes, under a condition of their own.
    #[must_use]
    pub fn update<T: Item>(tenant: &TenantId, id: &str, sort: &str, update: Update) -> Self {
        Self {
            key: Key::sub::<T>(tenant, id, sort),
            operation: Operation::Update(update),
            otherwise: None,
            left: None,
            seal: None,
            beside: Vec::new(),
        }
    }

    /// What to answer when the condition fails. Without it a failed condition is a lost race.
    #[must_use]
    pub fn otherwise(mut self, problem: Problem) -> Self {
        self.otherwise = Some(problem);
        self
    }

    /// The table it goes to.
    #[must_use]
    pub fn table(&self) -> Table {
        self.key.table
    }

    /// The key it goes to.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The revision that it demands, where it demands one.
    pub(crate) fn seen(&self) -> Option<u64> {
        match self.operation {
            Operation::Replace { revision, .. }
            | Operation::Delete { revision }
            | Operation::Check { revision } => Some(revision),
            _ => None,
        }
    }

    /// Whether it demands that this very epoch passes a gate.
    pub(crate) const fn passes(&self, epoch: u64) -> bool {
        matches!(self.operation, Operation::Through { epoch: own } if own == epoch)
    }

    /// The revision that it leaves behind: none where it only demands something, 0 where it removes the item, and unknown
    /// (`Some(None)`) where it changes single attributes.
    pub(crate) fn leaves(&self) -> Option<Option<u64>> {
        match self.operation {
            Operation::Create(_) | Operation::Point(_) => Some(Some(1)),
            Operation::PutWhen { revision, .. } => Some(Some(revision)),
            Operation::Replace { revision, .. } => Some(Some(revision.saturating_add(1))),
            Operation::Delete { .. } | Operation::Unpoint => Some(Some(0)),
            Operation::Update(_) => Some(None),
            Operation::Check { .. } | Operation::AbsentOrOver { .. } | Operation::Through { .. } => None,
        }
    }

    /// Whether it appends a journal entry, or demands that its month is open.
    pub(crate) fn posts(&self) -> bool {
        let of = |kind: &str| self.key.pk.split('#').nth(2) == Some(kind);
        match self.operation {
            Operation::Create(_) => self.key.table == Table::Journal && of(ENTRY_KIND),
            Operation::AbsentOrOver { .. } => self.key.table == Table::Ledger && of(GATE_KIND),
            _ => false,
        }
    }

    /// Whether it removes its item.
    pub(crate) const fn removes(&self) -> bool {
        matches!(self.operation, Operation::Delete { .. } | Operation::Unpoint)
    }

    /// Whether it makes an item whose place may be taken, which is then what is answered.
    pub(crate) const fn may_be_taken(&self) -> bool {
        matches!(self.operation, Operation::Create(_)) && self.otherwise.is_some()
    }

    /// Whose key seals what it leaves behind.
    pub(crate) fn seal(&self) -> Option<(&str, Purpose)> {
        self.seal
            .as_ref()
            .map(|(subject, purpose)| (subject.as_str(), *purpose))
    }

    /// The new item, where it makes one.
    pub(crate) fn made(&self) -> Option<&Attrs> {
        match &self.operation {
            Operation::Create(attributes) => Some(attributes),
            _ => None,
        }
    }

    /// What the item weighs that it leaves behind, as far as it says.
    pub(crate) fn weight(&self) -> usize {
        match &self.operation {
            Operation::Create(attributes)
            | Operation::Replace { attributes, .. }
            | Operation::PutWhen { attributes, .. }
            | Operation::Point(attributes) => item::weight(attributes),
            _ => 0,
        }
    }

    pub(crate) fn take_refusal(&mut self) -> Option<Problem> {
        self.otherwise.take()
    }

    /// As one action of a transaction; business items keep the id of their last audit entry.
    pub(crate) fn action(&self, table_name: &str, entry: &str) -> Result<TransactWriteItem, Problem> {
        let build = |e: aws_sdk_dynamodb::error::BuildError| Problem::internal(format!("write: {e}"));
        let item = TransactWriteItem::builder();
        let revision_is = "rev = :rev";
        let rev = |r: u64| AttributeValue::N(r.to_string());
        let with_entry = |attributes: &Attrs| {
            let mut attributes = attributes.clone();
            if self.key.table != Table::Audit {
                attributes.insert("audit".into(), AttributeValue::S(entry.into()));
            }
            attributes
        };
        Ok(match &self.operation {
            Operation::Create(attributes) => item.put(
                Put::builder()
                    .table_name(table_name)
                    .set_item(Some(with_entry(attributes)))
                    .condition_expression("attribute_not_exists(pk)")
                    .build()
                    .map_err(build)?,
            ),
            Operation::Replace { attributes, revision } => item.put(
                Put::builder()
                    .table_name(table_name)
                    .set_item(Some(with_entry(attributes)))
                    .condition_expression(revision_is)
                    .expression_attribute_values(":rev", rev(*revision))
                    .build()
                    .map_err(build)?,
            ),
            Operation::PutWhen {
                attributes,
                condition,
                values,
                ..
            } => item.put(
                Put::builder()
                    .table_name(table_name)
                    .set_item(Some(with_entry(attributes)))
                    .condition_expression(*condition)
                    .set_expression_attribute_names(Some(names_in(condition)))
                    .set_expression_attribute_values(Some(values.clone()))
                    .build()
                    .map_err(build)?,
            ),
            Operation::Delete { revision } => item.delete(
                Delete::builder()
                    .table_name(table_name)
                    .set_key(Some(self.key.attributes()))
                    .condition_expression(revision_is)
                    .expression_attribute_values(":rev", rev(*revision))
                    .build()
                    .map_err(build)?,
            ),
            Operation::Point(attributes) => item.put(
                Put::builder()
                    .table_name(table_name)
                    .set_item(Some(with_entry(attributes)))
                    .build()
                    .map_err(build)?,
            ),
            Operation::Unpoint => item.delete(
                Delete::builder()
                    .table_name(table_name)
                    .set_key(Some(self.key.attributes()))
                    .build()
                    .map_err(build)?,
            ),
            Operation::Check { revision } => item.condition_check(
                ConditionCheck::builder()
                    .table_name(table_name)
                    .set_key(Some(self.key.attributes()))
                    .condition_expression(revision_is)
                    .expression_attribute_values(":rev", rev(*revision))
                    .build()
                    .map_err(build)?,
            ),
            Operation::AbsentOrOver { now } => item.condition_check(
                ConditionCheck::builder()
                    .table_name(table_name)
                    .set_key(Some(self.key.attributes()))
                    .condition_expression("attribute_not_exists(pk) OR #until <= :now")
                    .expression_attribute_names("#until", "until")
                    .expression_attribute_values(":now", AttributeValue::N(now.to_string()))
                    .build()
                    .map_err(build)?,
            ),
            Operation::Through { epoch } => item.condition_check(
                ConditionCheck::builder()
                    .table_name(table_name)
                    .set_key(Some(self.key.attributes()))
                    .condition_expression("attribute_not_exists(pk) OR #epoch <= :epoch")
                    .expression_attribute_names("#epoch", "epoch")
                    .expression_attribute_values(":epoch", rev(*epoch))
                    .build()
                    .map_err(build)?,
            ),
            Operation::Update(update) => {
                let mut update = update.clone().set("audit", AttributeValue::S(entry.into()));
                update.adds.push(("rev".into(), 1));
                item.update(
                    SdkUpdate::builder()
                        .table_name(table_name)
                        .set_key(Some(self.key.attributes()))
                        .update_expression(update.expression())
                        .set_condition_expression(update.condition())
                        .set_expression_attribute_names(Some(update.names()))
                        .set_expression_attribute_values(Some(update.values()))
                        .build()
                        .map_err(build)?,
                )
            }
        }
        .build())
    }
}

/// Every `#name` of a condition, as the attribute of that name.
fn names_in(condition: &str) -> HashMap<String, String> {
    condition
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '#'))
        .filter_map(|word| Some((word.to_owned(), word.strip_prefix('#')?.to_owned())))
        .collect()
}

/// An update expression in the making. Names are always aliased, so no reserved word gets in the way.
#[derive(Clone, Default)]
pub struct Update {
    sets: Vec<(String, AttributeValue)>,
    adds: Vec<(String, i64)>,
    conditions: Vec<String>,
    condition_names: Vec<String>,
    condition_values: Vec<(String, AttributeValue)>,
}

impl Update {
    /// An empty update.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// Sets an attribute.
    #[must_use]
    pub fn set(mut self, name: &str, value: AttributeValue) -> Self {
        self.sets.push((name.to_owned(), value));
        self
    }
    /// Sets a number.
    #[must_use]
    pub fn number(self, name: &str, value: i64) -> Self {
        self.set(name, AttributeValue::N(value.to_string()))
    }
    /// Sets a text.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.set(name, AttributeValue::S(value.to_owned()))
    }
    /// Sets bytes that are safe at rest.
    #[must_use]
    pub fn bytes(self, name: &str, value: &[u8]) -> Self {
        let blob = aws_sdk_dynamodb::primitives::Blob::new(value);
        self.set(name, AttributeValue::B(blob))
    }
    /// Sets what serialises, such as a list.
    ///
    /// # Errors
    /// 500 when it does not serialise.
    pub fn value<T: serde::Serialize>(self, name: &str, value: &T) -> Result<Self, Problem> {
        let value = serde_dynamo::to_attribute_value(value);
        let value = value.map_err(|_| Problem::internal(format!("{name} does not encode")))?;
        Ok(self.set(name, value))
    }
    /// Sets a truth value.
    #[must_use]
    pub fn truth(self, name: &str, value: bool) -> Self {
        self.set(name, AttributeValue::Bool(value))
    }
    /// Adds to a number; an absent one counts as zero.
    #[must_use]
    pub fn add(mut self, name: &str, by: i64) -> Self {
        self.adds.push((name.to_owned(), by));
        self
    }
    /// Adds a condition such as `#attempts < :max`; every `#name` in it is the attribute of that name.
    #[must_use]
    pub fn when(mut self, condition: &str, values: &[(&str, AttributeValue)]) -> Self {
        self.condition_names.extend(names_in(condition).into_values());
        self.conditions.push(format!("({condition})"));
        self.condition_values
            .extend(values.iter().map(|(n, v)| ((*n).to_owned(), v.clone())));
        self
    }

    pub(crate) fn expression(&self) -> String {
        let sets: Vec<String> = self
            .sets
            .iter()
            .map(|(n, _)| format!("#{n} = :set_{n}"))
            .collect();
        let adds: Vec<String> = self.adds.iter().map(|(n, _)| format!("#{n} :add_{n}")).collect();
        let mut parts = Vec::new();
        if !sets.is_empty() {
            parts.push(format!("SET {}", sets.join(", ")));
        }
        if !adds.is_empty() {
            parts.push(format!("ADD {}", adds.join(", ")));
        }
        parts.join(" ")
    }

    pub(crate) fn condition(&self) -> Option<String> {
        (!self.conditions.is_empty()).then(|| self.conditions.join(" AND "))
    }

    pub(crate) fn names(&self) -> HashMap<String, String> {
        let changed = self
            .sets
            .iter()
            .map(|(n, _)| n)
            .chain(self.adds.iter().map(|(n, _)| n));
        changed
            .chain(&self.condition_names)
            .map(|n| (format!("#{n}"), n.clone()))
            .collect()
    }

    pub(crate) fn values(&self) -> Attrs {
        let sets = self.sets.iter().map(|(n, v)| (format!(":set_{n}"), v.clone()));
        let adds = self
            .adds
            .iter()
            .map(|(n, by)| (format!(":add_{n}"), AttributeValue::N(by.to_string())));
        sets.chain(adds)
            .chain(self.condition_values.iter().cloned())
            .collect()
    }
}

/// Something that happened, for webhooks. It carries ids and what is public or internal, never more.
#[derive(Debug)]
pub struct Event {
    /// `<noun>.<past participle>`.
    pub kind: &'static str,
    /// The object it is about.
    pub object: String,
    /// Masked data.
    pub data: Value,
    /// What filters look at when it is decided who may be told.
    pub attributes: item::Attributes,
}

impl Event {
    /// An event about a record; personal, card and secret fields are masked.
    #[must_use]
    pub fn about<T: Record>(kind: &'static str, object: &str, record: &T) -> Self {
        Self {
            kind,
            object: object.to_owned(),
            data: record.masked(),
            attributes: item::Attributes::new(),
        }
    }

    /// Told to whoever may see this item.
    #[must_use]
    pub fn of<T: Item>(mut self, item: &T) -> Self {
        self.attributes = item.filterable();
        self
    }
}

/// Everything that one call changes.
#[derive(Default)]
pub struct Changes {
    /// Writes, in order.
    pub writes: Vec<Write>,
    /// Events, in order.
    pub events: Vec<Event>,
    /// The object that the audit entry names.
    pub object: Option<String>,
    /// The object before, masked.
    pub before: Option<Value>,
    /// The object after, masked.
    pub after: Option<Value>,
    /// Ids of the journal entries among the writes.
    pub posted: Vec<String>,
    /// Whether the audit entry is an alert although the endpoint's usual one is not.
    pub alert: bool,
    /// The tenant that they make: this region becomes its home first.
    pub founds: Option<TenantId>,
    /// Whether they take a second person and a fresh sign-in, although not every call of the endpoint does.
    pub two_people: bool,
    /// Who made a call that came from nobody: found by what they presented, whether it was right or not.
    pub actor: Option<String>,
}

impl Consequence for Changes {}

impl Changes {
    /// No changes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds a write.
    #[must_use]
    pub fn write(mut self, write: Write) -> Self {
        self.writes.push(write);
        self
    }
    /// Adds an event.
    #[must_use]
    pub fn event(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }
    /// Names a journal entry that is among the writes.
    #[must_use]
    pub fn posted(mut self, entry: String) -> Self {
        self.posted.push(entry);
        self
    }
    /// Names the object and its states before and after.
    #[must_use]
    pub fn object<T: Record>(mut self, id: &str, before: Option<&T>, after: Option<&T>) -> Self {
        self.object = Some(id.to_owned());
        self.before = before.map(Record::masked);
        self.after = after.map(Record::masked);
        self
    }
    /// Names the object alone.
    #[must_use]
    pub fn concerning(mut self, id: &str) -> Self {
        self.object = Some(id.to_owned());
        self
    }
    /// Names the account that a call from nobody was for, as who made it.
    #[must_use]
    pub fn by(mut self, account: &str) -> Self {
        self.actor = Some(account.to_owned());
        self
    }
    /// Makes the audit entry an alert, whatever the endpoint declares.
    #[must_use]
    pub fn alert(mut self) -> Self {
        self.alert = true;
        self
    }
    /// Has them take a second person and a fresh sign-in, where this is so. The endpoint declares `four_eyes_where_asked`.
    #[must_use]
    pub fn two_people(mut self, needed: bool) -> Self {
        self.two_people |= needed;
        self
    }
    /// Makes this region the home of a new tenant before anything of it is written.
    #[must_use]
    pub fn founding(mut self, tenant: &TenantId) -> Self {
        self.founds = Some(tenant.clone());
        self
    }
    /// Whether there is anything to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.events.is_empty()
    }
}

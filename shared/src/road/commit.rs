//! The commit: change, audit entry, outbox events and idempotency record as one transaction.

use super::{
    call::{Call, Who, locked},
    outbox::OutboxItem,
};
use crate::{
    access::{auth::PrincipalKind, rbac::not_covered},
    crypto::{SubjectCipher, SubjectKeyItem},
    declaration::{
        endpoint::{Access, Audit},
        uses::Uses,
    },
    kernel::{
        ids::{self, EventId, TenantId},
        problem::Problem,
        purpose::Purpose,
        time::rfc3339,
    },
    ports::{
        audit::{Entry, Weight},
        home::Unknown,
    },
    store::{
        Attributes, Changes, HEAVIEST, Item, Key, StoreError, TENANT_PREFIX, Table, TransactError, Write,
        decode, encode,
    },
};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

/// Most actions of one transaction.
const ACTIONS: usize = 100;
/// Most bytes of all its items, what they weigh beside their attributes left free.
const BYTES: usize = 4 * 1024 * 1024 - 64 * 1024;
/// Tenants whose items one transaction may write: one, or the platform and one that it makes.
const MOST_GATES: usize = 2;

/// What the audit entry says beside the changes.
pub(crate) struct Verdict<'a> {
    pub(crate) outcome: &'static str,
    pub(crate) status: u16,
    pub(crate) code: Option<&'a str>,
    pub(crate) answer: Option<Value>,
}

impl Call {
    fn entry(
        &self,
        tenant: &TenantId,
        changes: &mut Changes,
        wrote: &[Value],
        beside: usize,
        verdict: &Verdict<'_>,
    ) -> Entry {
        let actor = match (&self.principal.kind, changes.actor.take()) {
            (PrincipalKind::Nobody, Some(account)) => account,
            _ => self.principal.id(),
        };
        let activity = self.activity();
        // The id begins with the same time, so that a search by time and the entry say the same.
        let made = self.app.clock.now();
        let mut entry = Entry {
            id: ids::EntryId::new(made).to_string(),
            activity: activity.clone(),
            actor: actor.clone(),
            outcome: verdict.outcome,
            object: changes.object.clone(),
            address: self.request.address.map(|a| a.to_string()),
            apart: actor == "nobody" && *tenant == TenantId::platform(),
            ..Entry::default()
        };
        let nobody = matches!(self.principal.kind, PrincipalKind::Nobody);
        entry.weight = match verdict.outcome {
            _ if nobody && wrote.is_empty() => Weight::Nobody,
            "refused" | "failed" => Weight::Refusal,
            _ => Weight::beside(beside),
        };
        let session = match &self.principal.kind {
            PrincipalKind::User { session, .. } => Some(session.to_string()),
            _ => None,
        };
        let declaration = self.declaration();
        let retired = self.used_retired.load(Ordering::Relaxed);
        let unreadable = std::mem::take(&mut *locked(&self.unreadable));
        let code = match declaration {
            _ if changes.alert || retired || !unreadable.is_empty() => Audit::Alert.code(),
            Some(declaration) => declaration.audit.code(),
            None => Audit::Log.code(),
        };
        let members = [
            ("id", json!(entry.id)),
            ("tenant", json!(tenant)),
            ("region", json!(self.app.config.region)),
            ("at", json!(rfc3339(made))),
            ("request_id", json!(self.request.id)),
            ("activity", json!(activity)),
            ("code", json!(code)),
            ("method", json!(declaration.map(|d| (d.method)().to_string()))),
            ("path", json!(declaration.map(|d| d.path))),
            ("actor", json!(actor)),
            ("actor_tenant", json!(self.principal.tenant)),
            ("session", json!(session)),
            ("address", json!(entry.address)),
            ("agent", json!(self.request.agent)),
            ("reason", json!(self.request.reason)),
            ("trace", json!(self.request.trace)),
            ("protocol", json!(self.request.protocol)),
            (
                "right",
                json!(declaration.and_then(|d| d.access.right()).map(|r| r.name)),
            ),
            ("grant", json!(self.decision.decided_by())),
            ("policy", json!(self.principal.policy())),
            ("object", json!(changes.object)),
            ("outcome", json!(verdict.outcome)),
            ("status", json!(verdict.status)),
            ("problem", json!(verdict.code)),
            (
                "policy_change",
                json!(
                    (verdict.outcome == "succeeded" && declaration.is_some_and(|d| d.changes_policy))
                        .then_some(true)
                ),
            ),
            (
                "alert",
                match (retired, unreadable.is_empty()) {
                    (true, _) => json!("retired_key_used"),
                    (false, false) => json!("unreadable_item"),
                    (false, true) => Value::Null,
                },
            ),
            (
                "unreadable",
                json!((!unreadable.is_empty()).then_some(&unreadable)),
            ),
            (
                "events",
                json!(changes.events.iter().map(|e| e.kind).collect::<Vec<_>>()),
            ),
            (
                "posted",
                json!((!changes.posted.is_empty()).then_some(&changes.posted)),
            ),
            ("wrote", json!((!wrote.is_empty()).then_some(wrote))),
        ];
        for (name, value) in members {
            if !value.is_null() {
                entry.members.insert(name.into(), value);
            }
        }
        let request = locked(&self.masked_input).clone();
        for (name, value) in [
            ("request", request),
            ("answer", verdict.answer.clone()),
            ("before", changes.before.take()),
            ("after", changes.after.take()),
        ] {
            if let Some(value) = value {
                entry.details.insert(name.into(), value);
            }
        }
        entry
    }

    /// The cipher of the subject key at this place; none where it has been destroyed. Read unless this call has read it.
    pub(crate) async fn cipher_at(&self, key: &Key) -> Result<Option<SubjectCipher>, Problem> {
        let known = locked(&self.prefetched).get(key).cloned();
        let item = match known {
            Some(item) => Some(item),
            None => self
                .app
                .database
                .get(&self.meter, key)
                .await
                .map_err(StoreError::problem)?,
        };
        let Some(item) = item else { return Ok(None) };
        let item = decode::<SubjectKeyItem>(item).map_err(Problem::internal)?.item;
        if item.is_gone() {
            return Ok(None);
        }
        self.cipher_of(&item).await.map(Some)
    }

    async fn cipher_of(&self, item: &SubjectKeyItem) -> Result<SubjectCipher, Problem> {
        let tenant = locked(&self.scope).clone();
        let keys = self.app.keyring.for_subject(&self.meter, &tenant, item).await;
        let keys = keys.map_err(|e| Problem::unavailable(e.0))?;
        SubjectCipher::open_item(self.app.kms.env(), &tenant, item, &keys)
    }

    /// Under whose key an answer about somebody is kept: that of the object where something of it is sealed, of whatever else is
    /// sealed otherwise. A key that these changes make is not yet in any table.
    pub(crate) async fn sealer(
        &self,
        changes: &Changes,
        answer: &Value,
    ) -> Result<Option<(SubjectCipher, Purpose)>, Problem> {
        let mut seals: Vec<(&str, Purpose)> = changes.writes.iter().filter_map(Write::seal).collect();
        seals.sort_by_key(|(subject, _)| changes.object.as_deref() != Some(*subject));
        // Where nothing changes, the answer says whom it is about.
        let named = answer.get("customer").and_then(Value::as_str);
        let named = named.map(|customer| (customer, Purpose::Pii));
        let Some((subject, purpose)) = seals.first().copied().or(named) else {
            return Ok(None);
        };
        let key = SubjectKeyItem::key(&locked(&self.scope).clone(), subject, purpose);
        let made = changes
            .writes
            .iter()
            .find(|w| *w.key() == key)
            .and_then(Write::made);
        let cipher = match made {
            Some(item) => {
                let item = decode::<SubjectKeyItem>(item.clone()).map_err(Problem::internal)?;
                Some(self.cipher_of(&item.item).await?)
            }
            None => self.cipher_at(&key).await?,
        };
        Ok(cipher.map(|cipher| (cipher, purpose)))
    }

    /// The tenant that the platform changes, where it changes one that is there.
    fn acted_on(&self, own: &TenantId, writes: &[Write]) -> Option<TenantId> {
        if !self.declaration()?.founds_tenants {
            return None;
        }
        let owner = |write: &Write| {
            let (id, _) = write.key().pk.strip_prefix(TENANT_PREFIX)?.split_once('#')?;
            TenantId::parse(id).ok()
        };
        writes.iter().filter_map(owner).find(|tenant| tenant != own)
    }

    /// The same entry in the log of the tenant that it is about, so that its people see what the platform did.
    fn told(&self, mut entry: Entry, tenant: &TenantId) -> Entry {
        entry.id = ids::EntryId::new(self.app.clock.now()).to_string();
        entry.members.insert("id".into(), json!(entry.id));
        entry.members.insert("tenant".into(), json!(tenant));
        entry
    }

    pub(crate) fn within_walls(&self, tenant: &TenantId, changes: &Changes) -> Result<(), Problem> {
        let prefix = format!("{TENANT_PREFIX}{tenant}#");
        let founds = self.declaration().is_some_and(|d| d.founds_tenants);
        for write in &changes.writes {
            self.may(match write.posts() {
                true => Uses::Post,
                false => Uses::Write(write.table()),
            })?;
            // Whatever else is done to the journal is done by nobody.
            if write.table() == Table::Journal && !write.posts() {
                return Err(Problem::internal("the journal is append only"));
            }
            // Entries are appended by the road alone; what handlers and workers change is never among them.
            if write.table() == Table::Audit {
                if !write.removes() {
                    return Err(Problem::internal("a write into the audit table"));
                }
                self.may(Uses::Purge(Table::Audit))?;
            }
            if !write.key().pk.starts_with(&prefix) && !founds {
                return Err(Problem::internal("a write outside the caller's tenant"));
            }
            let Some(Access::Right(right)) = self.declaration().map(|d| d.access) else {
                continue;
            };
            if let Some((kind, attributes)) = &write.left
                && *kind == right.kind
            {
                let mut attributes = attributes.clone();
                attributes.extend(locked(&self.operation).clone());
                if !self.decision.permits(&attributes, &self.principal.attributes()) {
                    return Err(not_covered(right, &self.decision));
                }
            }
        }
        Ok(())
    }

    /// What filters look at of the object that changes leave behind, where it is one that the call's right governs.
    pub(crate) fn left(&self, changes: &Changes) -> Option<Attributes> {
        let right = self.declaration()?.access.right()?;
        let mut left = changes.writes.iter().filter_map(|write| write.left.as_ref());
        let (_, attributes) = left.find(|(kind, _)| *kind == right.kind)?;
        let mut attributes = attributes.clone();
        attributes.extend(locked(&self.operation).clone());
        Some(attributes)
    }

    /// Commits a call. `own` are the road's writes: idempotency record, intent.
    ///
    /// # Errors
    /// The `otherwise` of a failed write, a lost race, or 503: then nothing has been changed.
    pub(crate) async fn commit(
        &self,
        mut changes: Changes,
        own: Vec<Write>,
        verdict: &Verdict<'_>,
    ) -> Result<(), Problem> {
        let tenant = locked(&self.scope).clone();
        self.within_walls(&tenant, &changes)?;
        let mut touch = locked(&self.touch).take();
        // It stays until it has been written down, so that a refusal does it where a success has failed.
        let mut proof = locked(&self.proof).clone();
        if changes.is_empty()
            && own.is_empty()
            && (touch.is_some() || proof.is_some())
            && !self.stamps().await
        {
            // What is not read at home is not stamped, and a refusal spends nothing there.
            touch = None;
            if verdict.outcome != "succeeded" {
                proof = None;
            }
        }
        let founding = changes.founds.take();
        if let Some(founded) = &founding {
            self.found(founded).await?;
        }
        let mut writes = Write::whole(std::mem::take(&mut changes.writes));
        writes.extend(own);
        if !changes.events.is_empty() {
            writes.extend(self.outbox(&tenant, &changes)?);
        }
        if let Some(proof) = proof {
            // First, as what comes of a used one is told before anything else.
            writes.insert(0, proof.spend(&self.principal.tenant)?);
        }
        writes.extend(touch);
        let own_keys = format!("{TENANT_PREFIX}{tenant}#");
        let wrote: Vec<Value> = writes.iter().filter_map(|w| wrote(&own_keys, w)).collect();
        let entry = self.entry(&tenant, &mut changes, &wrote, writes.len(), verdict);
        let entry_id = entry.id.clone();
        if founding.is_none()
            && let Some(other) = self.acted_on(&tenant, &writes)
        {
            writes.extend(self.told(entry.clone(), &other).into_writes(&other)?);
        }
        if writes.is_empty() {
            let (item, chunks) = entry.into_items();
            if chunks.is_empty() {
                let attributes = encode(&tenant, &item, 1).map_err(Problem::internal)?;
                let put = self
                    .app
                    .database
                    .put_new(&self.meter, Table::Audit, attributes)
                    .await;
                return put.map_err(no_entry);
            }
            let mut writes = vec![Write::create(&tenant, &item)?];
            for chunk in &chunks {
                writes.push(Write::create(&tenant, chunk)?);
            }
            return self.transact(writes, &entry_id).await;
        }
        writes.extend(entry.into_writes(&tenant)?);
        self.transact(writes, &entry_id).await?;
        locked(&self.proof).take();
        Ok(())
    }

    fn outbox(&self, tenant: &TenantId, changes: &Changes) -> Result<Vec<Write>, Problem> {
        let service = match self.who {
            Who::Function(d) => d.service(),
            Who::Worker(w) => w.service,
        };
        let table = Table::outbox_of(service);
        let table = table.ok_or_else(|| Problem::internal("this service has no outbox"))?;
        self.may(Uses::Write(table))?;
        changes
            .events
            .iter()
            .map(|event| {
                let item = OutboxItem {
                    id: EventId::new(self.now),
                    tenant: tenant.clone(),
                    kind: event.kind.to_owned(),
                    occurred_at: self.now,
                    data: json!({"id": event.object, "object": event.data}).to_string(),
                    attributes: Some(json!(event.attributes).to_string()),
                    trace: self.request.trace.clone(),
                    region: self.app.config.region.clone(),
                };
                Write::create_in(table, tenant, &item)
            })
            .collect()
    }

    /// One transaction, under a lease and through a gate of each tenant whose items it writes.
    pub(super) async fn transact(&self, mut writes: Vec<Write>, entry: &str) -> Result<(), Problem> {
        if writes.len() + MOST_GATES > ACTIONS {
            return Err(Problem::internal(format!(
                "{} actions in one transaction",
                writes.len()
            )));
        }
        // What no table takes it never takes, whoever tries again.
        let heaviest = writes.iter().map(Write::weight).max().unwrap_or_default();
        let all: usize = writes.iter().map(Write::weight).sum();
        if heaviest > HEAVIEST || all > BYTES {
            return Err(Problem::too_large());
        }
        let database = &self.app.database;
        let mut pass = self.pass(&writes).await?;
        let gates = writes.len();
        writes.extend(pass.gates);
        let mut tables: Vec<Table> = writes.iter().map(Write::table).collect();
        let actions: Result<Vec<_>, Problem> = writes
            .iter()
            .map(|w| w.action(database.name(w.table()).map_err(Problem::internal)?, entry))
            .collect();
        tables.sort();
        tables.dedup();
        match database
            .transact(&self.meter, &mut pass.guard, &tables, actions?)
            .await
        {
            Ok(()) => Ok(()),
            Err(TransactError::Unavailable(why)) if !pass.guard.holds(&*self.app.clock) => {
                Err(Unknown(why).into())
            }
            Err(TransactError::Unavailable(why)) => Err(Problem::unavailable(why)),
            Err(TransactError::Conditions(failed)) => {
                // A gate that is shut: another epoch has begun, whatever else failed.
                if let Some(gate) = failed
                    .iter()
                    .filter(|at| **at >= gates)
                    .find_map(|at| writes.get(*at))
                {
                    return Err(self.turned_away(gate).await);
                }
                for at in failed {
                    if let Some(problem) = writes.get_mut(at).and_then(Write::take_refusal) {
                        return Err(problem);
                    }
                }
                Err(Problem::raced())
            }
        }
    }
}

/// What an entry says of a write: table, partition key, without the tenant where it is the entry's own, sort key, and the revision that it left behind; 0
/// where it removed the item, none where it changed single attributes.
fn wrote(own_keys: &str, write: &Write) -> Option<Value> {
    let revision = write.leaves()?;
    let key = write.key();
    let name = key.pk.strip_prefix(own_keys).unwrap_or(&key.pk);
    Some(json!([key.table.name(), name, key.sk, revision]))
}

fn no_entry(e: StoreError) -> Problem {
    match e {
        StoreError::Unavailable(why) => Problem::unavailable(format!("no audit entry: {why}")),
        StoreError::Condition(_) => Problem::unavailable("no audit entry: its id is taken"),
    }
}

//! One step of a rotation: a page of one segment, or what a stage does at once. Whatever it does is conditional, and
//! done again it changes nothing.

use super::{Cursor, RotationItem, RotationSlot, Scope, Stage};
use crate::KINDS;
use shared::{
    crypto::{KmsError, Place, SubjectCipher, SubjectKeyItem, TenantKeyItem, sealed_bytes},
    problem::Problem,
    road::Context,
    store::{AtRestBytes, Attribute, Changes, Item, Key, Segment, Stored, Table, decode},
};
use std::collections::{BTreeMap, HashMap};

type Attrs = HashMap<String, Attribute>;

/// Items that one page looks at.
const PAGE: i32 = 50;
/// Parts that each table is gone through in.
const SEGMENTS: i32 = 4;
/// How often an item is read again after a lost race; after that the next pass takes it.
const ROUNDS: u32 = 5;
/// Seconds after which nobody works with a tenant key that was read before: the cache's life with its jitter, and a call.
const CACHED: i64 = 360;
/// Seconds after which no call is left that has read a subject's key before.
const CALLED: i64 = 60;
/// Seconds that old versions are kept for opening only.
pub(crate) const KEPT: i64 = 7 * 24 * 3600;

/// Where sealed fields are looked for. Entries of the audit log seal nothing, and never change.
pub const DATA: [Table; 10] = [
    Table::Identity,
    Table::Tenancy,
    Table::Billing,
    Table::Vault,
    Table::Payments,
    Table::Risk,
    Table::Notifications,
    Table::Seals,
    Table::Alerts,
    Table::Privacy,
];

/// What a step did.
pub struct Step {
    /// The job after it, not yet saved.
    pub next: RotationItem,
    /// Capacity units that it took.
    pub units: f64,
}

impl RotationItem {
    /// The job at the beginning of a stage.
    pub(crate) fn entering(mut self, stage: Stage) -> Self {
        let tables: &[Table] = match (stage, self.scope) {
            (Stage::Fields | Stage::Recount | Stage::Recheck, Scope::Subjects) => &DATA,
            (Stage::Fields | Stage::Recount | Stage::Recheck, Scope::Tenant)
            | (Stage::NewKeys | Stage::Retire | Stage::Destroy, Scope::Subjects) => &[Table::Keys],
            _ => &[],
        };
        let cursor = |table: &Table, segment| Cursor {
            table: table.name().to_owned(),
            segment,
            after: None,
        };
        let cursors = tables
            .iter()
            .flat_map(|table| (0..SEGMENTS).map(move |segment| cursor(table, segment)));
        self.cursors = cursors.collect();
        self.segments = u32::try_from(self.cursors.len()).unwrap_or(0);
        if matches!(stage, Stage::Recount | Stage::Recheck) {
            (self.left, self.unknown) = (0, 0);
        }
        if stage == Stage::Fields {
            self.passes = self.passes.saturating_add(1);
        }
        self.stage = stage;
        self
    }

    /// How much of the stage is done, in percent.
    #[must_use]
    pub fn percent(&self) -> u32 {
        let left = u32::try_from(self.cursors.len()).unwrap_or(0);
        match (self.stage, self.segments) {
            (Stage::Done, _) => 100,
            (_, 0) => 0,
            (_, all) => all.saturating_sub(left).saturating_mul(100) / all,
        }
    }

    /// One step.
    ///
    /// # Errors
    /// 503 when the store or KMS does not answer, 500 when something does not open; nothing of the job has moved.
    pub async fn step(&self, cx: &Context) -> Result<Step, Problem> {
        let mut step = Step {
            next: self.clone(),
            units: 0.0,
        };
        let Some(cursor) = self.cursors.first() else {
            step.next = self.clone().after_stage(cx).await?;
            return Ok(step);
        };
        let table = Table::ALL.into_iter().find(|t| t.name() == cursor.table);
        let table = table.ok_or_else(|| Problem::internal("a cursor in no table"))?;
        let segment = Segment {
            number: cursor.segment,
            of: SEGMENTS,
        };
        let page = cx.sweep(table, segment, cursor.after.as_ref(), PAGE).await?;
        step.units += page.units;
        step.next.seen += page.items.len() as u64;
        let work = Work { cx, job: self, table };
        if table == Table::Keys {
            for raw in &page.items {
                work.key(raw, &mut step).await?;
            }
        } else {
            work.data(&page.items, &mut step).await?;
        }
        match page.next {
            Some(after) => {
                if let Some(cursor) = step.next.cursors.first_mut() {
                    cursor.after = Some(after);
                }
            }
            None => drop(step.next.cursors.remove(0)),
        }
        Ok(step)
    }

    /// What comes when a stage has no segment left: what it does at once, and the next stage.
    async fn after_stage(mut self, cx: &Context) -> Result<Self, Problem> {
        let now = cx.now().as_second();
        let found = self.left > 0 || self.unknown > 0;
        Ok(match self.stage {
            Stage::NewKeys => {
                if self.scope == Scope::Tenant {
                    self.new_version(cx).await?;
                }
                self.not_before = 0;
                self.entering(Stage::Fields)
            }
            Stage::Fields => {
                // What was read before the keys changed may still be written; then the count has found it.
                let stale = if self.scope == Scope::Tenant {
                    CACHED
                } else {
                    CALLED
                };
                if self.passes == 1 {
                    self.not_before = now.saturating_add(stale);
                }
                self.entering(Stage::Recount)
            }
            Stage::Recount | Stage::Recheck if found => {
                tracing::warn!(
                    rotation = self.id.as_str(),
                    left = self.left,
                    unknown = self.unknown,
                    "something is sealed under an old key; going through everything again"
                );
                // What no type accounts for is not helped by going on at once.
                self.not_before = now.saturating_add(if self.left > 0 { 0 } else { 3600 });
                self.entering(Stage::Fields)
            }
            Stage::Recount => self.entering(Stage::Retire),
            Stage::Retire => {
                if self.scope == Scope::Tenant {
                    let to = self.to;
                    self.tenant_key(cx, |key| key.retired = key.retired.max(to))
                        .await?;
                } else {
                    self.tenant_key(cx, |key| key.subjects_rotated = now).await?;
                }
                self.retired_at = Some(cx.now());
                self.not_before = now.saturating_add(KEPT);
                self.entering(Stage::Kept)
            }
            Stage::Kept => self.entering(Stage::Recheck),
            Stage::Recheck => self.entering(Stage::Destroy),
            Stage::Destroy => {
                if self.scope == Scope::Tenant {
                    let to = self.to;
                    let old = |v: &String| v.parse::<u32>().is_ok_and(|v| v < to);
                    self.tenant_key(cx, |key| {
                        key.versions.retain(|v, _| !old(v));
                        key.made.retain(|v, _| !old(v));
                        key.kms.retain(|v, _| !old(v));
                    })
                    .await?;
                }
                self.destroyed_at = Some(cx.now());
                self.entering(Stage::Done)
            }
            Stage::Done => self,
        })
    }

    /// Makes the next version of the tenant key, unless an earlier run has.
    async fn new_version(&self, cx: &Context) -> Result<(), Problem> {
        let key = cx.get::<TenantKeyItem>(self.purpose.name()).await?;
        if key.current >= self.to {
            return Ok(());
        }
        let own = key.kms.get(&key.current.to_string()).cloned();
        let made = cx.new_tenant_key(self.purpose, self.to, own.as_deref()).await?;
        let (to, now) = (self.to, cx.now().as_second());
        self.tenant_key(cx, |key| {
            if key.current < to {
                key.versions.insert(to.to_string(), AtRestBytes(made.clone()));
                key.made.insert(to.to_string(), now);
                key.kms.extend(own.clone().map(|own| (to.to_string(), own)));
                key.current = to;
            }
        })
        .await
    }

    /// Changes the tenant key's item, whoever else does.
    async fn tenant_key(&self, cx: &Context, change: impl Fn(&mut TenantKeyItem)) -> Result<(), Problem> {
        let at = cx.key::<TenantKeyItem>(self.purpose.name());
        for _ in 0..ROUNDS {
            let raw = cx.as_kept(&at).await?.ok_or_else(Problem::not_found)?;
            let old = decode::<TenantKeyItem>(raw.clone())
                .map_err(Problem::internal)?
                .item;
            let mut new = old.clone();
            change(&mut new);
            let (put, _) = cx.put_state(&raw, &old, &new).await?;
            if put {
                cx.app().keyring.refresh(cx.tenant(), self.purpose);
                return Ok(());
            }
        }
        Err(Problem::unavailable("lost too many races for a tenant key"))
    }

    /// What is committed with a step that ends something.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn milestone(&self, cx: &Context, old: &Self) -> Result<Option<Changes>, Problem> {
        if self.stage == old.stage || !matches!(self.stage, Stage::Kept | Stage::Done) {
            return Ok(None);
        }
        let mut changes = Changes::new().object(self.id.as_str(), Some(old), Some(self));
        if self.stage == Stage::Kept {
            let slot = cx
                .find::<RotationSlot>(&RotationSlot::id_of(self.scope, self.purpose))
                .await?;
            if let Some(slot) = slot.filter(|s| s.rotation == self.id) {
                changes = changes.write(cx.delete(&slot));
            }
        }
        Ok(Some(changes))
    }
}

/// A page being worked on.
struct Work<'a> {
    cx: &'a Context,
    job: &'a RotationItem,
    table: Table,
}

impl Work<'_> {
    fn kind<'r>(&self, raw: &'r Attrs) -> Option<&'r str> {
        let Some(Attribute::S(pk)) = raw.get("pk") else {
            return None;
        };
        let rest = pk.strip_prefix(&format!("T#{}#", self.cx.tenant()))?;
        rest.split_once('#').map(|(kind, _)| kind)
    }

    fn place(&self, raw: &Attrs) -> Option<Key> {
        match (raw.get("pk"), raw.get("sk")) {
            (Some(Attribute::S(pk)), Some(Attribute::S(sk))) => Some(Key {
                table: self.table,
                pk: pk.clone(),
                sk: sk.clone(),
            }),
            _ => None,
        }
    }

    /// One item of the table of keys.
    async fn key(&self, raw: &Attrs, step: &mut Step) -> Result<(), Problem> {
        if self.kind(raw) != Some(SubjectKeyItem::KIND) {
            return Ok(());
        }
        let mut raw = raw.clone();
        for _ in 0..ROUNDS {
            // What has been erased stays erased.
            let Some(old) = self.cx.live_key(&raw)?.filter(|k| k.purpose == self.job.purpose) else {
                return Ok(());
            };
            let Some(new) = self.changed(&old, step).await? else {
                return Ok(());
            };
            let (put, units) = self.cx.put_state(&raw, &old, &new).await?;
            step.units += units;
            if put {
                step.next.changed += 1;
                return Ok(());
            }
            step.next.lost += 1;
            let Some(at) = self.place(&raw) else { return Ok(()) };
            match self.cx.as_kept(&at).await? {
                Some(now) => raw = now,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// A subject's key as this stage leaves it; `None` where nothing is to be done.
    async fn changed(
        &self,
        old: &SubjectKeyItem,
        step: &mut Step,
    ) -> Result<Option<SubjectKeyItem>, Problem> {
        let (cx, job) = (self.cx, self.job);
        let under_old =
            |old: &SubjectKeyItem| Ok::<_, Problem>(old.oldest_wrap()?.is_some_and(|v| v < job.to));
        let keys = async || {
            let keyring = &cx.app().keyring;
            let read = || keyring.for_subject(cx.meter(), cx.tenant(), old);
            let told = |e: KmsError| Problem::unavailable(e.0);
            let keys = read().await.map_err(told)?;
            if keys.current().map_err(told)?.version() >= job.to {
                return Ok(keys);
            }
            // Another run has made the new version, after this process had read the key.
            keyring.refresh(cx.tenant(), job.purpose);
            read().await.map_err(told)
        };
        let own = old.rotation.as_deref() == Some(job.id.as_str());
        Ok(match (job.scope, job.stage) {
            (Scope::Tenant, Stage::Fields) if under_old(old)? => {
                Some(old.rewrapped(cx.tenant(), &*keys().await?)?)
            }
            (Scope::Tenant, Stage::Recount | Stage::Recheck) => {
                step.next.left += u64::from(under_old(old)?);
                None
            }
            (Scope::Subjects, Stage::NewKeys) if !own => {
                Some(old.renewed(cx.tenant(), &*keys().await?, job.id.as_str())?)
            }
            (Scope::Subjects, Stage::Retire) if own && old.retired < old.current => {
                let mut next = old.clone();
                next.retired = old.current;
                Some(next)
            }
            (Scope::Subjects, Stage::Destroy) if own && old.versions.len() > 1 => {
                let mut next = old.clone();
                let retired = old.retired;
                next.versions
                    .retain(|v, _| v.parse::<u32>().is_ok_and(|v| v >= retired));
                Some(next)
            }
            _ => None,
        })
    }

    /// Items of any other table.
    async fn data(&self, items: &[Attrs], step: &mut Step) -> Result<(), Problem> {
        let mut sealed = Vec::new();
        for raw in items {
            let bytes = sealed_bytes(raw);
            if bytes == 0 {
                continue;
            }
            let name = self.kind(raw);
            let kind = KINDS.iter().find(|k| Some(k.kind) == name);
            let places = match kind {
                Some(kind) => kind.places(self.cx.tenant(), raw).map_err(Problem::internal)?,
                None => Vec::new(),
            };
            if places.len() != bytes {
                tracing::error!(kind = name, "sealed bytes that no type accounts for");
                step.next.unknown += u64::from(self.job.stage != Stage::Fields);
            }
            let wanted: Vec<Place> = places
                .into_iter()
                .filter(|p| p.purpose == self.job.purpose)
                .collect();
            sealed.extend(
                kind.filter(|_| !wanted.is_empty())
                    .map(|kind| (kind, raw, wanted)),
            );
        }
        let at = |p: &Place| SubjectKeyItem::key(self.cx.tenant(), &p.subject, p.purpose);
        let mut keys: Vec<Key> = sealed.iter().flat_map(|(_, _, p)| p.iter().map(at)).collect();
        keys.sort();
        keys.dedup();
        let mut subjects: BTreeMap<String, Stored<SubjectKeyItem>> = BTreeMap::new();
        for keys in keys.chunks(100) {
            let mut batch = self.cx.batch(keys).await?;
            step.units += keys.len() as f64;
            for key in keys {
                let found = batch.take::<SubjectKeyItem>(key)?;
                subjects.extend(found.map(|k| (k.subject.clone(), k)));
            }
        }
        for (kind, raw, places) in sealed {
            // What nobody can open any more needs no new key.
            let old = places.iter().filter(|p| {
                subjects
                    .get(&p.subject)
                    .is_some_and(|key| p.version < key.current)
            });
            let old: Vec<&Place> = old.collect();
            if old.is_empty() {
                continue;
            }
            if self.job.stage != Stage::Fields {
                step.next.left += old.len() as u64;
                continue;
            }
            let mut ciphers: BTreeMap<&str, SubjectCipher> = BTreeMap::new();
            for place in old {
                if let Some(key) = subjects.get(&place.subject) {
                    ciphers.insert(&place.subject, self.cx.subject(key).await?);
                }
            }
            let ciphers: Vec<_> = ciphers.values().map(|c| (self.job.purpose, c)).collect();
            self.reseal(kind, raw, &ciphers, step).await?;
        }
        Ok(())
    }

    async fn reseal(
        &self,
        kind: &shared::crypto::SealedKind,
        raw: &Attrs,
        ciphers: &[(shared::crypto::Purpose, &SubjectCipher)],
        step: &mut Step,
    ) -> Result<(), Problem> {
        let mut raw = raw.clone();
        for _ in 0..ROUNDS {
            let new = kind.reseal(self.cx.tenant(), &raw, ciphers)?;
            if new == raw {
                return Ok(());
            }
            let (put, units) = self.cx.put_back(self.table, new).await?;
            step.units += units;
            if put {
                step.next.changed += 1;
                return Ok(());
            }
            step.next.lost += 1;
            let Some(at) = self.place(&raw) else { return Ok(()) };
            match self.cx.as_kept(&at).await? {
                Some(now) => raw = now,
                None => return Ok(()),
            }
        }
        Ok(())
    }
}

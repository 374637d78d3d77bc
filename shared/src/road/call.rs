//! One call: what the road found out about it, and what a handler may reach through it.

use super::{early::Lists, idempotency::Slot, pages::Page};
use crate::{
    app::App,
    auth::{
        Principal, PrincipalKind, Tenant, TenantStatus,
        dpop::{Expected, Proof},
    },
    crypto::{Purpose, SubjectCipher, SubjectKeyItem, TenantKeys},
    endpoint::{Declaration, Function, Uses},
    ids::TenantId,
    meter::Meter,
    problem::Problem,
    rbac::{Decision, Effect, Grant, Policy, Role},
    store::{Cursor, Item, Key, Query, StoreError, Stored, Table, Update, Write, decode},
    time::Timestamp,
    worker::Worker,
};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

pub(crate) type Attrs = HashMap<String, AttributeValue>;

/// What the gateway said about a request. The address comes from its request context only.
#[derive(Clone, Debug, Default)]
pub struct RequestInfo {
    /// `X-Request-Id`, given or made.
    pub id: String,
    /// Address of the caller.
    pub address: Option<IpAddr>,
    /// User agent, cut.
    pub agent: String,
    /// W3C `traceparent` of this call: its trace, and itself as the parent of what it causes.
    pub trace: Option<String>,
    /// Why sensitive data is read (`X-Access-Reason`), cut.
    pub reason: Option<String>,
    /// The parsed `Authorization: Basic` pair of the OAuth endpoints.
    pub basic: Option<(String, crate::text::SecretText)>,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// `Approval-Id`.
    pub approval: Option<String>,
    /// `Origin`, when it stands once.
    pub origin: Option<String>,
    /// `Sec-Fetch-Site`.
    pub site: Option<String>,
    /// The cookies.
    pub cookies: Vec<(String, crate::text::SecretText)>,
    /// Every `DPoP` header.
    pub proofs: Vec<String>,
    /// The path as it was called.
    pub path: String,
    /// `Accept` names `text/html` and not JSON.
    pub prefers_page: bool,
}

impl RequestInfo {
    /// The one proof that came with a call.
    pub(crate) fn proof(
        &self,
        declaration: Option<&Declaration>,
        address: &str,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Proof>, ()> {
        let text = match self.proofs.as_slice() {
            [] => return Ok(None),
            [text] => text,
            _ => return Err(()),
        };
        let method = declaration.map(|d| (d.method)()).unwrap_or_default();
        let expected = Expected {
            method: method.as_str(),
            address: &format!("{address}{}", self.path),
            token,
            now,
        };
        Proof::verify(text, expected).map(Some).ok_or(())
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Who {
    Function(&'static Function),
    Worker(&'static Worker),
}

/// One call, as far as the road got.
pub struct Call {
    pub(crate) app: Arc<App>,
    pub(crate) who: Who,
    pub(crate) request: RequestInfo,
    pub(crate) principal: Principal,
    pub(crate) decision: Decision,
    pub(crate) now: Timestamp,
    pub(crate) meter: Arc<Meter>,
    /// What was read with the caller.
    pub(crate) prefetched: Mutex<HashMap<Key, Attrs>>,
    pub(crate) slot: Option<Slot>,
    pub(crate) touch: Mutex<Option<Write>>,
    /// The proof that came with a bound token, until it has been written down as used.
    pub(crate) proof: Mutex<Option<Proof>>,
    /// The tenant that the audit entry goes to: the caller's, or the one that a public call entered.
    pub(crate) scope: Mutex<TenantId>,
    /// The masked input, once it has been parsed.
    pub(crate) masked_input: Mutex<Option<Value>>,
    /// How often the handler has run before for this request, after lost races.
    pub(crate) round: AtomicU64,
    /// The monotonic reading after which nothing new is tried for it.
    pub(crate) deadline: Duration,
    /// Whether a key has been used that is kept for opening only.
    pub(crate) used_retired: Arc<AtomicBool>,
    /// Whether nothing is known of the caller yet.
    pub(crate) early: bool,
    /// What was listed before the caller was known.
    pub(crate) lists: Mutex<Lists>,
}

/// How long after its beginning something new is tried for a call. The gateway waits 29 s; the rest is for
/// what is under way then, and for the audit entry.
pub(crate) const PATIENCE: Duration = Duration::from_secs(18);

/// What a cursor of a page must not be carried across, beside who asks and for what.
pub(super) fn bound_to(list: &str, page: &Page, equal: &[(&'static str, String)]) -> String {
    format!("{list}|{:?}|{}|{equal:?}", page.between, page.descending)
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Call {
    /// The context of a worker in one tenant.
    #[must_use]
    pub fn for_worker(
        app: Arc<App>,
        worker: &'static Worker,
        tenant: &TenantId,
        meter: Arc<Meter>,
    ) -> Arc<Self> {
        let now = app.clock.now();
        let deadline = app.clock.monotonic().saturating_add(PATIENCE);
        let kind = PrincipalKind::Worker { name: worker.name };
        Arc::new(Self {
            request: RequestInfo {
                id: crate::ids::fresh("req", now),
                trace: Some(crate::trace::begin()),
                ..RequestInfo::default()
            },
            principal: Principal {
                tenant: tenant.clone(),
                kind,
                roles: Arc::default(),
            },
            scope: Mutex::new(tenant.clone()),
            app,
            who: Who::Worker(worker),
            decision: Decision::default(),
            now,
            meter,
            prefetched: Mutex::default(),
            slot: None,
            touch: Mutex::default(),
            proof: Mutex::default(),
            masked_input: Mutex::default(),
            round: AtomicU64::new(0),
            deadline,
            used_retired: Arc::default(),
            early: false,
            lists: Mutex::default(),
        })
    }

    /// The call in which a worker finishes what a function has begun: the function's declaration, and the
    /// worker as the caller. Whether the one who asked may do it has been decided when the intent was
    /// committed, so no filter applies any more.
    pub(crate) fn for_resume(
        app: Arc<App>,
        function: &'static Function,
        worker: &'static str,
        tenant: &TenantId,
        meter: Arc<Meter>,
    ) -> Self {
        let now = app.clock.now();
        let deadline = app.clock.monotonic().saturating_add(PATIENCE);
        let decision = match function.declaration.access {
            crate::endpoint::Access::Right(right) => {
                let all = Grant {
                    right: right.name.to_owned(),
                    effect: Effect::Allow,
                    filter: None,
                };
                Decision::of(right, &Policy::of(vec![Role::new(worker, 1, worker, vec![all])]))
            }
            _ => Decision::default(),
        };
        Self {
            request: RequestInfo {
                id: crate::ids::fresh("req", now),
                trace: Some(crate::trace::begin()),
                ..RequestInfo::default()
            },
            principal: Principal {
                tenant: tenant.clone(),
                kind: PrincipalKind::Worker { name: worker },
                roles: Arc::default(),
            },
            scope: Mutex::new(tenant.clone()),
            app,
            who: Who::Function(function),
            decision,
            now,
            meter,
            prefetched: Mutex::default(),
            slot: None,
            touch: Mutex::default(),
            proof: Mutex::default(),
            masked_input: Mutex::default(),
            round: AtomicU64::new(0),
            deadline,
            used_retired: Arc::default(),
            early: false,
            lists: Mutex::default(),
        }
    }

    /// The context that a handler works with.
    #[must_use]
    pub fn context(self: &Arc<Self>) -> Context {
        Context {
            call: self.clone(),
            tenant: self.principal.tenant.clone(),
        }
    }

    pub(crate) fn declaration(&self) -> Option<&'static Declaration> {
        match self.who {
            Who::Function(f) => Some(&f.declaration),
            Who::Worker(_) => None,
        }
    }

    pub(crate) fn activity(&self) -> String {
        match self.who {
            Who::Function(f) => f.declaration.activity(),
            Who::Worker(w) => format!("{}.{}", w.service, w.name),
        }
    }

    fn needs(&self) -> Vec<Uses> {
        match self.who {
            Who::Function(f) => f.declaration.needs(),
            Who::Worker(w) => w.needs(),
        }
    }

    /// The role of the function, as the store enforces it locally: what is not declared is refused.
    pub(crate) fn may(&self, uses: Uses) -> Result<(), Problem> {
        let needs = self.needs();
        let covered = needs.contains(&uses)
            || matches!(uses, Uses::Read(t) if needs.contains(&Uses::Write(t)) && t != Table::Audit);
        if covered {
            Ok(())
        } else {
            Err(Problem::internal(format!(
                "{} does not declare {uses:?}",
                self.activity()
            )))
        }
    }

    /// Whether lists of this index of a table, or what is below its partitions, have been declared.
    fn may_list(&self, table: Table, index: Option<u8>) -> Result<(), Problem> {
        self.may(index.map_or(Uses::Below(table), |index| Uses::List(table, index)))
    }
}

/// What a handler may reach: one tenant's items, through the caller's filters.
#[derive(Clone)]
pub struct Context {
    pub(crate) call: Arc<Call>,
    tenant: TenantId,
}

/// An item, as the sweep of audit entries sees it.
#[derive(Clone, Debug)]
pub struct Audited {
    /// Its partition key.
    pub pk: String,
    /// Its place in the list.
    pub sort: String,
    /// Its last audit entry, unless only the platform's own bookkeeping has written it.
    pub entry: Option<String>,
}

/// The key of an item, and its key in an index: where a list goes on after it.
fn keys_of(item: &Attrs, index: Option<u8>) -> Attrs {
    let mut names = vec!["pk".to_owned(), "sk".to_owned()];
    names.extend(
        index
            .iter()
            .flat_map(|n| [format!("gsi{n}pk"), format!("gsi{n}sk")]),
    );
    let value = |name: String| item.get(&name).cloned().map(|value| (name, value));
    names.into_iter().filter_map(value).collect()
}

impl Context {
    /// The process.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.call.app
    }
    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }
    /// The caller.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.call.principal
    }
    /// Whether the answer is wanted as a page: the declaration offers one, and the caller prefers it.
    #[must_use]
    pub fn wants_page(&self) -> bool {
        self.call.request.prefers_page && self.call.declaration().is_some_and(|d| d.printable)
    }
    /// The time of the call.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.call.now
    }
    /// What the gateway said.
    #[must_use]
    pub fn request(&self) -> &RequestInfo {
        &self.call.request
    }
    /// The proof that a caller of the token endpoint holds a key (RFC 9449, section 5); none where none came. Its use is
    /// for the handler to write.
    ///
    /// # Errors
    /// `invalid_dpop_proof`.
    pub fn proof(&self) -> Result<Option<Proof>, Problem> {
        self.request()
            .proof(
                self.call.declaration(),
                &self.app().config.issuer,
                None,
                self.now(),
            )
            .map_err(|()| crate::auth::dpop::refused(400))
    }
    /// Counters of this call.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.call.meter
    }
    /// How often the road has run the handler before for this request, after lost races. A handler may leave
    /// a rarely needed read to the conditions of its transaction and make up for it when this is not 0.
    #[must_use]
    pub fn round(&self) -> u64 {
        self.call.round.load(Ordering::Relaxed)
    }
    /// Refuses what the function does not declare.
    ///
    /// # Errors
    /// 500: a programming error, found in the first test.
    pub fn may(&self, uses: Uses) -> Result<(), Problem> {
        self.call.may(uses)
    }

    /// Enters a tenant that a public call names. `None` when there is none or it is suspended.
    ///
    /// # Errors
    /// 421 and 503 where the call is for writing and this region may not; 503 when the store does not answer.
    pub async fn enter(&self, tenant: &TenantId) -> Result<Option<Self>, Problem> {
        let public = self
            .call
            .declaration()
            .is_some_and(|d| matches!(d.access, crate::endpoint::Access::Public));
        if !public && self.tenant != *tenant {
            return Err(Problem::internal("only public calls choose their tenant"));
        }
        let there = Self {
            call: self.call.clone(),
            tenant: tenant.clone(),
        };
        let Some(record) = there.find::<Tenant>(tenant.as_str()).await? else {
            return Ok(None);
        };
        // From a network that it does not list there is no such tenant.
        let listed = crate::networks::network_allows(&record.networks, self.request().address);
        if record.status != TenantStatus::Active || !listed {
            return Ok(None);
        }
        *locked(&self.call.scope) = tenant.clone();
        if self.call.declaration().is_some_and(Declaration::writes) {
            self.call.at_home(tenant).await?;
        }
        Ok(Some(there))
    }

    /// Another tenant's context, for the endpoints by which the platform makes and suspends tenants.
    ///
    /// # Errors
    /// 500 anywhere else.
    pub fn founding(&self, tenant: &TenantId) -> Result<Self, Problem> {
        if self.call.declaration().is_some_and(|d| d.founds_tenants) {
            Ok(Self {
                call: self.call.clone(),
                tenant: tenant.clone(),
            })
        } else {
            Err(Problem::internal("this function makes no tenants"))
        }
    }

    fn visible<T: Item>(&self, item: &T) -> bool {
        match self.call.declaration().map(|d| d.access) {
            // Before the caller is known nothing is handed out, so nothing is hidden.
            _ if self.call.early => true,
            Some(crate::endpoint::Access::Right(right)) if right.kind == T::KIND => self
                .call
                .decision
                .permits(&item.filterable(), &self.principal().attributes()),
            _ => true,
        }
    }

    /// Whether the caller's filters show an object of this kind that has these attributes: for what stands beside such an object and
    /// is seen with it.
    #[must_use]
    pub fn shows(&self, kind: &str, attributes: &crate::store::Attributes) -> bool {
        match self.call.declaration().map(|d| d.access) {
            _ if self.call.early => true,
            Some(crate::endpoint::Access::Right(right)) if right.kind == kind => {
                let principal = self.principal().attributes();
                self.call.decision.permits(attributes, &principal)
            }
            _ => true,
        }
    }

    pub(super) fn decoded<T: Item>(&self, attributes: Attrs) -> Result<Option<Stored<T>>, Problem> {
        let stored = decode::<T>(attributes).map_err(Problem::internal)?;
        Ok((!stored.item.is_gone() && self.visible(&stored.item)).then_some(stored))
    }

    /// Reads an item; `None` also when the caller's filters hide it.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn find<T: Item>(&self, id: &str) -> Result<Option<Stored<T>>, Problem> {
        self.find_sub(id, "-").await
    }

    /// Reads an item with a sort key of its own.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn find_sub<T: Item>(&self, id: &str, sort: &str) -> Result<Option<Stored<T>>, Problem> {
        self.call.may(Uses::Read(T::TABLE))?;
        let key = Key::sub::<T>(&self.tenant, id, sort);
        let ahead = locked(&self.call.prefetched).get(&key).cloned();
        let found = match ahead {
            Some(attributes) => Some(attributes),
            None => {
                let read = self.app().database.get(self.meter(), &key).await;
                let read = read.map_err(StoreError::problem)?;
                // As with those of a batch.
                if let (Table::Keys, Some(item)) = (key.table, &read) {
                    locked(&self.call.prefetched).insert(key, item.clone());
                }
                read
            }
        };
        found.map_or(Ok(None), |attributes| self.decoded(attributes))
    }

    /// Reads an item or answers 404.
    ///
    /// # Errors
    /// 404 or 503.
    pub async fn get<T: Item>(&self, id: &str) -> Result<Stored<T>, Problem> {
        self.find(id).await?.ok_or_else(Problem::not_found)
    }

    /// Reads several items of any kind in one call.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn batch(&self, keys: &[Key]) -> Result<Batch<'_>, Problem> {
        let prefix = format!("{}{}#", crate::store::TENANT_PREFIX, self.tenant);
        for key in keys {
            self.call.may(Uses::Read(key.table))?;
            if !key.pk.starts_with(&prefix) {
                return Err(Problem::internal("a key of another tenant"));
            }
        }
        let mut found = HashMap::new();
        let mut missing = Vec::new();
        {
            let ahead = locked(&self.call.prefetched);
            for key in keys {
                match ahead.get(key) {
                    Some(attributes) => drop(found.insert(key.clone(), attributes.clone())),
                    None => missing.push(key.clone()),
                }
            }
        }
        if !missing.is_empty() {
            let read = self.app().database.batch_get(self.meter(), &missing).await;
            let read = read.map_err(StoreError::problem)?;
            // Keys are needed again where what they seal is answered, and stay as they are for the length of a call.
            let keys = read.iter().filter(|(key, _)| key.table == Table::Keys);
            locked(&self.call.prefetched).extend(keys.map(|(key, item)| (key.clone(), item.clone())));
            found.extend(read);
        }
        Ok(Batch { cx: self, found })
    }

    /// The key of an item of this tenant.
    #[must_use]
    pub fn key<T: Item>(&self, id: &str) -> Key {
        Key::of::<T>(&self.tenant, id)
    }

    pub(super) async fn cursor<T: Item>(&self, list: &str) -> Result<Cursor, Problem> {
        let keys = self.tenant_key(Purpose::Secret).await?;
        let key = keys
            .current()
            .map_err(|e| Problem::unavailable(e.0))?
            .derive("cursor/v1");
        let key = key.map_err(|e| Problem::internal(e.to_string()))?;
        let roles = self.principal().policy();
        let bound = format!(
            "{}|{}|{}|{}|{list}",
            self.tenant,
            self.principal().id(),
            roles.join(","),
            T::KIND
        );
        Ok(Cursor::new(key.as_bytes(), bound))
    }

    /// Reads a page of a list (`index` 1 or 2). What the caller's filters hide is left out, and the page
    /// may then be short.
    ///
    /// # Errors
    /// 400 for a cursor that is not one of ours for this list, 503 when the store does not answer.
    pub async fn list<T: Item>(
        &self,
        index: u8,
        list: &str,
        page: &Page,
    ) -> Result<(Vec<Stored<T>>, Option<String>), Problem> {
        self.page_of(T::TABLE, Some(index), list, page).await
    }

    /// As [`Self::list`], of items that stand in their service's table, wherever that is: intents.
    pub(crate) async fn list_in<T: Item>(
        &self,
        table: Table,
        index: u8,
        list: &str,
        page: &Page,
    ) -> Result<(Vec<Stored<T>>, Option<String>), Problem> {
        self.page_of(table, Some(index), list, page).await
    }

    /// Reads a page of the items below one partition, by sort key, strongly consistent.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn list_below<T: Item>(
        &self,
        id: &str,
        page: &Page,
    ) -> Result<(Vec<Stored<T>>, Option<String>), Problem> {
        self.page_of(T::TABLE, None, &format!("{}#{id}", T::KIND), page)
            .await
    }

    /// Searches a list (`index` 1 or 2) for items whose attributes have these texts. DynamoDB looks at up to `depth`
    /// items of the list, and hands out what matches; a page may be short or empty and yet have a cursor.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn search<T: Item>(
        &self,
        index: u8,
        list: &str,
        page: &Page,
        equal: &[(&'static str, String)],
        depth: i32,
    ) -> Result<(Vec<Stored<T>>, Option<String>), Problem> {
        self.found((T::TABLE, Some(index)), list, page, equal, depth)
            .await
    }

    async fn page_of<T: Item>(
        &self,
        table: Table,
        index: Option<u8>,
        list: &str,
        page: &Page,
    ) -> Result<(Vec<Stored<T>>, Option<String>), Problem> {
        self.found((table, index), list, page, &[], 0).await
    }

    async fn found<T: Item>(
        &self,
        place: (Table, Option<u8>),
        list: &str,
        page: &Page,
        equal: &[(&'static str, String)],
        depth: i32,
    ) -> Result<(Vec<Stored<T>>, Option<String>), Problem> {
        let (items, last) = self.raw::<T>(place, list, page, equal, depth).await?;
        let mut visible = Vec::new();
        for attributes in items {
            visible.extend(self.decoded::<T>(attributes)?);
        }
        let next = match last {
            Some(key) if !self.call.early => {
                Some(self.cursor::<T>(&bound_to(list, page, equal)).await?.make(&key))
            }
            _ => None,
        };
        Ok((visible, next))
    }

    /// A page as it is stored, and the key after which there are more.
    pub(super) async fn raw<T: Item>(
        &self,
        (table, index): (Table, Option<u8>),
        list: &str,
        page: &Page,
        equal: &[(&'static str, String)],
        depth: i32,
    ) -> Result<(Vec<Attrs>, Option<Attrs>), Problem> {
        self.call.may_list(table, index)?;
        let start = match &page.cursor {
            None => None,
            Some(text) => {
                let start = self.start::<T>(&bound_to(list, page, equal), text).await?;
                Some(start.ok_or_else(|| {
                    Problem::bad_request("bad_cursor", "This cursor does not belong to this list.")
                })?)
            }
        };
        let limit = page.limit.clamp(1, 100);
        let query = Query {
            table,
            tenant: &self.tenant,
            index,
            partition: list.to_owned(),
            between: page.between.clone(),
            descending: page.descending,
            limit: limit.max(depth),
            start,
        };
        let (mut items, mut last) = self.listed(query, equal).await?;
        let most = usize::try_from(limit).unwrap_or(1);
        if items.len() > most {
            items.truncate(most);
            last = items.last().map(|item| keys_of(item, index));
        }
        Ok((items, last))
    }

    /// Reads part of a list without a cursor: how a worker goes through a list, by sort key.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn within_list<T: Item>(
        &self,
        index: u8,
        list: &str,
        between: (String, String),
        limit: i32,
    ) -> Result<Vec<Stored<T>>, Problem> {
        self.call.may_list(T::TABLE, Some(index))?;
        let query = Query {
            table: T::TABLE,
            tenant: &self.tenant,
            index: Some(index),
            partition: list.to_owned(),
            between: Some(between),
            descending: false,
            limit,
            start: None,
        };
        let items = self.page(query).await?;
        items
            .into_iter()
            .filter_map(|a| self.decoded::<T>(a).transpose())
            .collect()
    }

    /// Reads which audit entry was the last about each item of part of a list, whatever the items are: how a
    /// sweep finds entries that are gone. Items that no audited call has written are left out.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn audited(
        &self,
        table: Table,
        list: &str,
        between: (String, String),
        limit: i32,
    ) -> Result<Vec<Audited>, Problem> {
        self.call.may_list(table, Some(1))?;
        let query = Query {
            table,
            tenant: &self.tenant,
            index: Some(1),
            partition: list.to_owned(),
            between: Some(between),
            descending: false,
            limit,
            start: None,
        };
        let items = self.page(query).await?;
        let text = |item: &Attrs, name: &str| item.get(name).and_then(|v| v.as_s().ok()).cloned();
        let audited = |item: &Attrs| {
            let (pk, sort) = (text(item, "pk")?, text(item, "gsi1sk")?);
            let entry = text(item, "audit").filter(|a| crate::ids::EntryId::parse(a).is_ok());
            Some(Audited { pk, sort, entry })
        };
        Ok(items.iter().filter_map(audited).collect())
    }

    async fn page(&self, query: Query<'_>) -> Result<Vec<Attrs>, Problem> {
        Ok(self.listed(query, &[]).await?.0)
    }

    /// Reads the items below one partition, by sort key, strongly consistent.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn below<T: Item>(
        &self,
        id: &str,
        between: (String, String),
        descending: bool,
        limit: i32,
    ) -> Result<Vec<Stored<T>>, Problem> {
        self.call.may_list(T::TABLE, None)?;
        let query = Query {
            table: T::TABLE,
            tenant: &self.tenant,
            index: None,
            partition: format!("{}#{id}", T::KIND),
            between: Some(between),
            descending,
            limit,
            start: None,
        };
        let items = self.page(query).await?;
        items
            .into_iter()
            .filter_map(|a| self.decoded::<T>(a).transpose())
            .collect()
    }

    /// Reserves something with one conditional update before costly work, such as a sign-in attempt. Like a commit it is made at
    /// home only; no gate stands before a single update, so that a process which is frozen right before it sends may count an
    /// attempt late.
    /// `Err(item)` gives the item as it is when the condition fails.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn reserve<T: Item>(
        &self,
        id: &str,
        sort: &str,
        update: &Update,
    ) -> Result<Result<Stored<T>, Option<Stored<T>>>, Problem> {
        self.call.may(Uses::Write(T::TABLE))?;
        let mut guard = self.call.guard(&self.tenant).await?;
        let key = Key::sub::<T>(&self.tenant, id, sort);
        let database = &self.app().database;
        match database.update(self.meter(), &mut guard, &key, update).await {
            Ok(attributes) => decode::<T>(attributes).map(Ok).map_err(Problem::internal),
            Err(StoreError::Condition(None)) => Ok(Err(None)),
            Err(StoreError::Condition(Some(attributes))) => decode::<T>(attributes)
                .map(|s| Err(Some(s)))
                .map_err(Problem::internal),
            Err(StoreError::Unavailable(why)) => Err(Problem::unavailable(why)),
        }
    }

    /// A write that makes a new item in this tenant.
    ///
    /// # Errors
    /// 500 when it does not encode.
    pub fn create<T: Item>(&self, item: &T) -> Result<Write, Problem> {
        Write::create(&self.tenant, item)
    }
    /// A write that replaces what was read.
    ///
    /// # Errors
    /// 500 when it does not encode.
    pub fn replace<T: Item>(&self, old: &Stored<T>, new: &T) -> Result<Write, Problem> {
        Write::replace(&self.tenant, old, new)
    }
    /// A write that removes what was read.
    #[must_use]
    pub fn delete<T: Item>(&self, old: &Stored<T>) -> Write {
        Write::delete(&self.tenant, old)
    }
    /// A write that demands that what was read is still so.
    #[must_use]
    pub fn check<T: Item>(&self, seen: &Stored<T>) -> Write {
        Write::check(&self.tenant, seen)
    }
    /// A write that changes single attributes.
    #[must_use]
    pub fn update<T: Item>(&self, id: &str, sort: &str, update: Update) -> Write {
        Write::update::<T>(&self.tenant, id, sort, update)
    }

    /// A write that demands that there is no such item, or that its `until` (unix seconds) has come.
    #[must_use]
    pub fn absent_or_over<T: Item>(&self, id: &str) -> Write {
        Write::absent_or_over::<T>(&self.tenant, id, self.now().as_second())
    }

    /// Keeps an item of somebody who is not the platform, outside every commit; `false` when there is one
    /// under its key. For the sandbox payment provider only: a real provider keeps its side itself.
    ///
    /// # Errors
    /// 503 when the store does not answer; the item may have been kept all the same.
    pub async fn outside_put<T: Item>(&self, item: &T) -> Result<bool, Problem> {
        self.call.may(Uses::Write(T::TABLE))?;
        let attributes = crate::store::encode(&self.tenant, item, 1).map_err(Problem::internal)?;
        let provider = &self.app().provider;
        let put = provider
            .put_new(&self.meter().outside(), T::TABLE, attributes)
            .await;
        match put {
            Ok(()) => Ok(true),
            Err(StoreError::Condition(_)) => Ok(false),
            Err(StoreError::Unavailable(why)) => Err(Problem::unavailable(why)),
        }
    }

    /// Reads what [`Self::outside_put`] has kept.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn outside_get<T: Item>(&self, id: &str) -> Result<Option<T>, Problem> {
        self.call.may(Uses::Read(T::TABLE))?;
        let (provider, key) = (&self.app().provider, self.key::<T>(id));
        let found = provider.get(&self.meter().outside(), &key).await;
        found
            .map_err(StoreError::problem)?
            .map(|a| {
                decode::<T>(a)
                    .map(|stored| stored.item)
                    .map_err(Problem::internal)
            })
            .transpose()
    }

    /// The tenant's key of one purpose.
    ///
    /// # Errors
    /// 503 when KMS does not answer.
    pub async fn tenant_key(&self, purpose: Purpose) -> Result<Arc<TenantKeys>, Problem> {
        self.call.may(Uses::Key(purpose))?;
        let keys = self
            .app()
            .keyring
            .tenant(self.meter(), &self.tenant, purpose)
            .await;
        keys.map_err(|e| Problem::unavailable(e.0))
    }

    /// A new subject: its cipher, and the write that keeps its key.
    ///
    /// # Errors
    /// 503 when KMS does not answer.
    pub async fn new_subject(
        &self,
        subject: &str,
        purpose: Purpose,
    ) -> Result<(SubjectCipher, Write), Problem> {
        let keys = self.tenant_key(purpose).await?;
        let (cipher, item) =
            SubjectCipher::create(self.app().kms.env(), &self.tenant, subject, purpose, &keys)?;
        let text = "There is a key under this subject, or there was one and it has been destroyed.";
        let taken = Problem::conflict("subject_key_taken", text);
        Ok((cipher, self.create(&item)?.otherwise(taken)))
    }

    /// The cipher of a subject whose key item has been read.
    ///
    /// # Errors
    /// 503 when KMS does not answer, 500 when the key does not unwrap.
    pub async fn subject(&self, item: &SubjectKeyItem) -> Result<SubjectCipher, Problem> {
        self.call.may(Uses::Key(item.purpose))?;
        let keyring = &self.app().keyring;
        let keys = keyring.for_subject(self.meter(), &self.tenant, item).await;
        let keys = keys.map_err(|e| Problem::unavailable(e.0))?;
        let cipher = SubjectCipher::open_item(self.app().kms.env(), &self.tenant, item, &keys)?;
        Ok(cipher.watched_by(&self.call.used_retired))
    }

    /// Wraps a version of this tenant's key by another KMS key: its own, or the platform's. The inner error is what KMS
    /// refuses either for.
    ///
    /// # Errors
    /// 503 when KMS does not answer.
    pub async fn rewrap_tenant_key(
        &self,
        purpose: Purpose,
        version: u32,
        wrapped: &[u8],
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<Result<Vec<u8>, String>, Problem> {
        self.call.may(Uses::Rewrap)?;
        let which = (&self.tenant, purpose, version);
        let kms = &self.app().kms;
        let made = kms
            .rewrap_tenant_key(self.meter(), which, wrapped, from, to)
            .await;
        made.map_err(|e| Problem::unavailable(e.0))
    }

    /// Notes that something was opened under a key that is kept for opening only: the call's audit entry raises an
    /// alert.
    pub fn used_retired_key(&self) {
        self.call
            .used_retired
            .store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// Reads an item together with the cipher of its own subject, in one call.
    ///
    /// # Errors
    /// 404, also when the subject's key has been destroyed; 503.
    pub async fn get_with_subject<T: Item>(
        &self,
        id: &str,
        purpose: Purpose,
    ) -> Result<(Stored<T>, SubjectCipher), Problem> {
        let (item_key, subject_key) = (self.key::<T>(id), SubjectKeyItem::key(&self.tenant, id, purpose));
        let mut batch = self.batch(&[item_key.clone(), subject_key.clone()]).await?;
        let item = batch.take::<T>(&item_key)?.ok_or_else(Problem::not_found)?;
        let key = batch
            .take::<SubjectKeyItem>(&subject_key)?
            .ok_or_else(Problem::not_found)?;
        Ok((item, self.subject(&key).await?))
    }

    /// A blind index over a normalised value.
    ///
    /// # Errors
    /// 503 when KMS does not answer.
    pub async fn blind_index(&self, table: Table, field: &str, value: &str) -> Result<Vec<u8>, Problem> {
        let keys = self.tenant_key(Purpose::Index).await?;
        let key = keys.current().map_err(|e| Problem::unavailable(e.0))?;
        crate::crypto::formats::blind_index(key, self.tenant.as_str(), table.name(), field, value.as_bytes())
            .map_err(|e| Problem::internal(e.to_string()))
    }
}

/// Several items, read in one call.
pub struct Batch<'a> {
    cx: &'a Context,
    found: HashMap<Key, Attrs>,
}

impl Batch<'_> {
    /// Takes one of them.
    ///
    /// # Errors
    /// 500 when it does not decode.
    pub fn take<T: Item>(&mut self, key: &Key) -> Result<Option<Stored<T>>, Problem> {
        self.found
            .remove(key)
            .map_or(Ok(None), |attributes| self.cx.decoded(attributes))
    }

    /// Takes in what another read brought.
    pub(crate) fn join(&mut self, other: Self) {
        self.found.extend(other.found);
    }

    /// One of them, which stays for others to look at.
    ///
    /// # Errors
    /// 500 when it does not decode.
    pub fn look<T: Item>(&self, key: &Key) -> Result<Option<Stored<T>>, Problem> {
        let found = self.found.get(key).cloned();
        found.map_or(Ok(None), |attributes| self.cx.decoded(attributes))
    }

    /// Takes the roles among them, compiled. Those that are missing grant nothing.
    ///
    /// # Errors
    /// 500 when one does not decode.
    pub fn policy(&mut self, roles: &[Key]) -> Result<Arc<Policy>, Problem> {
        let cx = self.cx;
        cx.app().policies.policy(&mut self.found, roles, |found| {
            let items = roles.iter().filter_map(|key| found.remove(key));
            let roles = items.filter_map(|item| cx.decoded::<Role>(item).transpose());
            roles.map(|role| Ok(role?.item)).collect()
        })
    }

    /// Takes one of them also where it only keeps its place.
    pub(crate) fn take_even_gone<T: Item>(&mut self, key: &Key) -> Result<Option<Stored<T>>, Problem> {
        let found = self.found.remove(key);
        found
            .map(|attributes| decode::<T>(attributes).map_err(Problem::internal))
            .transpose()
    }
}

//! Rotations against the stand-ins of AWS, on a clock that tests move: workers killed at every step, two at once, writes
//! and erasures in between.

mod archive;
mod erasure;
mod pace;
mod watch;

use super::testing::{Stage0, killed};
use billing::customers::CustomerItem;
use keys::rotations::{RotationItem, Scope, Stage, begin};
use shared::{
    crypto::{Keyring, Purpose, SubjectKeyItem, TenantKeyItem},
    home::{HomeItem, HomeState},
    ids::{CustomerId, TenantId},
    meter::Meter,
    road::Context,
    store::{AtRestBytes, Changes, Key, Stored, decode},
};
use std::collections::BTreeMap;

impl Stage0 {
    /// A context that may do what the rotating worker may.
    fn cx(&self) -> Context {
        self.work("rotate_keys").context(&TenantId::platform())
    }

    pub(super) async fn begin(&self, scope: Scope, purpose: Purpose) -> RotationItem {
        let cx = self.cx();
        let key = cx.get::<TenantKeyItem>(purpose.name()).await.unwrap();
        let (item, changes) = begin(&cx, scope, purpose, key.current).unwrap();
        cx.apply(changes).await.unwrap();
        item
    }

    async fn job(&self, job: &RotationItem) -> RotationItem {
        self.cx().get::<RotationItem>(job.id.as_str()).await.unwrap().item
    }

    /// Runs the worker until the job is at a stage; gives the number of runs.
    pub(super) async fn until(&self, job: &RotationItem, stage: Stage) -> usize {
        for run in 0..40 {
            let now = self.job(job).await.stage;
            if now == stage {
                return run;
            }
            let week = 7 * 24 * 3600;
            self.clock.by(if now == Stage::Kept { week } else { 400 });
            self.run("rotate_keys").await.unwrap();
        }
        panic!("the rotation hangs: {:?}", self.job(job).await);
    }

    async fn customer(&self, name: &str) -> CustomerId {
        let cx = self.cx();
        let id = CustomerId::new(cx.now());
        let (cipher, keep) = cx.new_subject(id.as_str(), Purpose::Pii).await.unwrap();
        let seal = |field: &str, text: &str| {
            cipher
                .seal::<CustomerItem>(id.as_str(), "-", field, text.as_bytes())
                .unwrap()
        };
        let item = CustomerItem {
            restricted_at: None,
            erased_at: None,
            billing: None,
            metadata: None,
            id: id.clone(),
            name: seal("name", name),
            email: seal("email", "ada@example.com"),
            country: None,
            reference: None,
            default_payment_method: None,
            created_at: cx.now(),
        };
        let changes = Changes::new().write(cx.create(&item).unwrap()).write(keep);
        cx.apply(changes).await.unwrap();
        id
    }

    async fn key(&self, id: &CustomerId) -> Option<Stored<SubjectKeyItem>> {
        let cx = self.cx();
        let found = cx
            .find_sub::<SubjectKeyItem>(id.as_str(), Purpose::Pii.name())
            .await;
        found.unwrap()
    }

    /// The name that a customer has, and the version that it is sealed under.
    async fn name(&self, id: &CustomerId) -> Option<(String, u32)> {
        let key = self.key(id).await?;
        let cx = self.cx();
        let cipher = cx.subject(&key).await.unwrap();
        let item = cx.get::<CustomerItem>(id.as_str()).await.unwrap();
        let version = shared::crypto::formats::field_key_version(&item.name.0).unwrap();
        let name = cipher.open_text::<CustomerItem>(id.as_str(), "-", "name", &item.name);
        Some((name.unwrap(), version))
    }

    /// Gives a customer another name, as an endpoint would: reading first, and again after a lost race.
    async fn rename(&self, id: &CustomerId, name: &str) {
        for _ in 0..20 {
            let key = self.key(id).await.unwrap();
            let cx = self.cx();
            let cipher = cx.subject(&key).await.unwrap();
            let old = cx.get::<CustomerItem>(id.as_str()).await.unwrap();
            let mut new = old.item.clone();
            new.name = cipher
                .seal::<CustomerItem>(id.as_str(), "-", "name", name.as_bytes())
                .unwrap();
            let changes = Changes::new().write(cx.replace(&old, &new).unwrap());
            match cx.apply(changes).await {
                Ok(()) => return,
                Err(None) => {}
                Err(Some(problem)) => panic!("{problem:?}"),
            }
        }
        panic!("{id} is never free");
    }

    async fn erase(&self, id: &CustomerId) {
        for _ in 0..20 {
            let cx = self.cx();
            let erasure = cx.erase(id.as_str(), &[Purpose::Pii]).await.unwrap();
            let changes = erasure.writes.into_iter().fold(Changes::new(), Changes::write);
            if cx.apply(changes).await.is_ok() {
                return;
            }
        }
        panic!("{id} is never free");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_anywhere_writes_and_erasures_in_between_lose_nothing() {
    let it = Stage0::set("rotation-killed").await;
    let mut names = BTreeMap::new();
    for n in 0..60 {
        let name = format!("Customer {n}");
        names.insert(it.customer(&name).await, name);
    }
    let ids: Vec<CustomerId> = names.keys().cloned().collect();
    let stolen = it.key(&ids[5]).await.unwrap();
    let job = it.begin(Scope::Subjects, Purpose::Pii).await;
    let mut erased = Vec::new();
    let mut runs = 0usize;
    while it.job(&job).await.stage != Stage::Kept {
        assert!(runs < 900, "it does not converge: {:?}", it.job(&job).await);
        // The lease of whoever was killed runs out.
        it.clock.by(61);
        let polls = 4 + runs % 61;
        if runs.is_multiple_of(7) {
            let (one, two) = (it.run("rotate_keys"), it.run("rotate_keys"));
            tokio::join!(killed(one, polls), killed(two, polls + 3));
        } else {
            killed(it.run("rotate_keys"), polls).await;
        }
        let id = &ids[runs % 50];
        if !erased.contains(id) {
            if runs % 23 == 11 {
                it.erase(id).await;
                erased.push(id.clone());
            } else {
                let name = format!("Renamed {runs}");
                it.rename(id, &name).await;
                names.insert(id.clone(), name);
            }
        }
        if runs.is_multiple_of(10) {
            let name = format!("Newcomer {runs}");
            names.insert(it.customer(&name).await, name);
        }
        runs += 1;
        if runs == 300 {
            it.until(&job, Stage::Kept).await;
        }
    }
    assert!(
        runs > 20 && !erased.is_empty(),
        "{runs} runs, {} erased",
        erased.len()
    );
    for (id, name) in &names {
        if erased.contains(id) {
            assert!(it.key(id).await.is_none(), "{id} was erased");
            continue;
        }
        let (found, version) = it.name(id).await.unwrap();
        let key = it.key(id).await.unwrap();
        assert_eq!((&found, version), (name, key.current), "{id}");
        assert_eq!(key.rotation.is_some(), key.current == 2, "{id}");
    }

    it.until(&job, Stage::Done).await;
    for (id, name) in names.iter().filter(|(id, _)| !erased.contains(id)) {
        let key = it.key(id).await.unwrap();
        assert_eq!(key.versions.len(), 1, "only the current version is left");
        assert_eq!(&it.name(id).await.unwrap().0, name);
    }
    // Whoever has kept the old key opens nothing with it.
    if !erased.contains(&ids[5]) {
        let cx = it.cx();
        let cipher = cx.subject(&stolen).await.unwrap();
        let item = cx.get::<CustomerItem>(ids[5].as_str()).await.unwrap();
        let opened = cipher.open::<CustomerItem>(ids[5].as_str(), "-", "name", &item.name);
        assert!(opened.is_err());
    }
    for id in &erased {
        let cx = it.cx();
        let (_, keep) = cx.new_subject(id.as_str(), Purpose::Pii).await.unwrap();
        let refused = cx.apply(Changes::new().write(keep)).await.unwrap_err();
        assert_eq!(refused.unwrap().code, "subject_key_taken");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_key_is_replaced_under_running_readers_and_destroyed_a_week_later() {
    let it = Stage0::set("rotation-tenant").await;
    let mut ids = Vec::new();
    for n in 0..20 {
        ids.push(it.customer(&format!("Customer {n}")).await);
    }
    let job = it.begin(Scope::Tenant, Purpose::Pii).await;
    assert_eq!((job.from, job.to), (1, 2));
    it.until(&job, Stage::Kept).await;
    let tenant = it.cx().get::<TenantKeyItem>("pii").await.unwrap();
    assert_eq!((tenant.current, tenant.retired, tenant.versions.len()), (2, 2, 2));
    for id in &ids {
        assert_eq!(it.key(id).await.unwrap().oldest_wrap().unwrap(), Some(2));
        assert!(it.name(id).await.is_some());
    }
    // One that a process with an old cache has written meanwhile is found before the old key goes.
    let cx = it.cx();
    let at = Key::of::<TenantKeyItem>(cx.tenant(), "pii");
    let raw = cx.as_kept(&at).await.unwrap().unwrap();
    let mut old = tenant.item.clone();
    old.current = 1;
    cx.put_state(&raw, &tenant.item, &old).await.unwrap();
    it.stand_ins.app.keyring.refresh(cx.tenant(), Purpose::Pii);
    let late = it.customer("Late").await;
    assert_eq!(it.key(&late).await.unwrap().oldest_wrap().unwrap(), Some(1));
    let raw = cx.as_kept(&at).await.unwrap().unwrap();
    cx.put_state(&raw, &old, &tenant.item).await.unwrap();
    it.stand_ins.app.keyring.refresh(cx.tenant(), Purpose::Pii);

    it.clock.by(7 * 24 * 3600);
    it.until(&job, Stage::Done).await;
    let tenant = it.cx().get::<TenantKeyItem>("pii").await.unwrap();
    assert_eq!(tenant.versions.keys().collect::<Vec<_>>(), ["2"]);
    assert_eq!(it.name(&late).await.unwrap().0, "Late");
    for id in &ids {
        assert!(it.name(id).await.is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sealed_bytes_that_no_type_accounts_for_keep_the_old_key_alive() {
    let it = Stage0::set("rotation-unknown").await;
    let id = it.customer("Ada").await;
    let cx = it.cx();
    let at = cx.key::<CustomerItem>(id.as_str());
    let mut raw = cx.as_kept(&at).await.unwrap().unwrap();
    let forgotten = raw["name"].clone();
    raw.insert("forgotten".into(), forgotten);
    cx.put_back(at.table, raw).await.unwrap();
    let job = it.begin(Scope::Subjects, Purpose::Pii).await;
    for _ in 0..12 {
        it.clock.by(400);
        it.run("rotate_keys").await.unwrap();
    }
    let job = it.job(&job).await;
    assert!(job.unknown > 0 && job.retired_at.is_none(), "{job:?}");
    assert_eq!(it.key(&id).await.unwrap().versions.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_keys_are_replaced_by_themselves_and_once() {
    let it = Stage0::set("rotation-schedule").await;
    let begun = async || it.run("schedule_rotations").await.unwrap()["begun"].as_u64();
    assert_eq!(begun().await, Some(0), "they are new");
    it.clock.by(89 * 24 * 3600);
    assert_eq!(begun().await, Some(0));
    it.clock.by(2 * 24 * 3600);
    assert_eq!(begun().await, Some(4), "one for each purpose but that of indexes");
    assert_eq!(begun().await, Some(0), "they are running");
    it.clock.by(280 * 24 * 3600);
    assert_eq!(begun().await, Some(4), "and those of subjects");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_cold_readers_make_one_call_of_kms() {
    let it = Stage0::set("rotation-cold").await;
    let app = &it.stand_ins.app;
    let keyring = Keyring::new(app.kms.clone(), app.database.clone(), it.clock.clone());
    let meter = Meter::default();
    let tenant = TenantId::platform();
    let readers = (0..100).map(|_| keyring.tenant(&meter, &tenant, Purpose::Pii));
    let read = futures::future::join_all(readers).await;
    assert!(read.iter().all(Result::is_ok));
    assert_eq!(meter.counts()[1], 1, "calls of KMS for data");
    it.clock.by(400);
    keyring.tenant(&meter, &tenant, Purpose::Pii).await.unwrap();
    assert_eq!(meter.counts()[1], 2, "it has run out");
    // What does not unwrap is refused, and not kept.
    let cx = it.cx();
    let at = Key::of::<TenantKeyItem>(&tenant, "pii");
    let raw = cx.as_kept(&at).await.unwrap().unwrap();
    let good = cx.get::<TenantKeyItem>("pii").await.unwrap().item;
    let mut bad = good.clone();
    bad.versions.insert("1".into(), AtRestBytes(vec![7; 80]));
    cx.put_state(&raw, &good, &bad).await.unwrap();
    it.clock.by(400);
    assert!(keyring.tenant(&meter, &tenant, Purpose::Pii).await.is_err());
    let raw = cx.as_kept(&at).await.unwrap().unwrap();
    cx.put_state(&raw, &bad, &good).await.unwrap();
    assert!(keyring.tenant(&meter, &tenant, Purpose::Pii).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_runs_in_the_tenants_home_region_only() {
    let it = Stage0::set("rotation-home").await;
    it.customer("Ada").await;
    let job = it.begin(Scope::Subjects, Purpose::Pii).await;
    let moved = async |region: &str| {
        let (cx, app) = (it.cx(), &it.stand_ins.app);
        let key = Key::of::<HomeItem>(cx.tenant(), cx.tenant().as_str());
        let old = app.database.get(&app.meter, &key).await.unwrap().unwrap();
        let old = decode::<HomeItem>(old).unwrap().item;
        let new = old.next(region, HomeState::Active, None, cx.now(), "test");
        app.database
            .put_home(&app.meter, &new, Some(old.epoch))
            .await
            .unwrap();
        // What the process has read before runs out.
        it.clock.by(6);
        old.region
    };
    let home = moved("eu-central-1").await;
    assert_eq!(it.run("rotate_keys").await.unwrap()["steps"], 0);
    assert_eq!((it.job(&job).await.seen, it.job(&job).await.lease), (0, None));
    moved(&home).await;
    it.until(&job, Stage::Kept).await;
}

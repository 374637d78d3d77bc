//! Two regions with tables of their own and one home table: a take-over while the old home still believes in its lease, and what is
//! done about transactions of which a part has not arrived.

use super::{
    StandIns,
    testing::{Ahead, Stage0},
    worker,
};
use keys::rotations::{Scope, begin};
use shared::{
    app::{App, Config, Endpoints},
    crypto::{Purpose, TenantKeyItem},
    home::{
        HomeState,
        repair::{compare, repair, replay},
        takeover::{Step, Takeover},
    },
    ids::TenantId,
    problem::Problem,
    road::Context,
    store::{Attribute, Changes, Event, Key, Table},
    time::{Clock, Timestamp, after},
    worker::Work,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::Path,
    sync::Arc,
};
use topology::Topology;

const THERE: &str = "eu-central-1";

/// The second region: stand-ins of its own, and the first one's home table.
struct Second {
    dir: std::path::PathBuf,
    app: Arc<App>,
    stand_ins: StandIns,
}

impl Drop for Second {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Second {
    async fn of(first: &Stage0, name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("ledgerkeep-{name}-there-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        let root = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../..");
        let topology = Topology::read(&root).unwrap();
        let clock: Arc<Ahead> = first.clock.clone();
        let stand_ins = StandIns::start(&topology, &dir, clock.clone()).await.unwrap();
        let endpoints = Endpoints {
            home: first.stand_ins.endpoints.dynamodb.clone(),
            ..stand_ins.endpoints.clone()
        };
        let mut variables: BTreeMap<String, String> = stand_ins.variables.clone();
        variables.insert("AWS_REGION".into(), THERE.into());
        let config = Config::from_vars(&variables).unwrap();
        let app = App::new(config, &stand_ins.sdk, &endpoints, clock);
        Self { dir, app, stand_ins }
    }

    /// Replicates what the first region has, but for these partition keys.
    async fn replicate(&self, first: &Stage0, without: &HashSet<String>) {
        let mut conf = aws_sdk_dynamodb::config::Builder::from(&self.stand_ins.sdk);
        conf.set_endpoint_url(self.stand_ins.endpoints.dynamodb.clone());
        let there = aws_sdk_dynamodb::Client::from_conf(conf.build());
        for table in Table::ALL.into_iter().filter(|t| *t != Table::Home) {
            let name = &self.app.config.tables[&table];
            let page = first.tables().scan().table_name(name).send().await.unwrap();
            assert!(page.last_evaluated_key.is_none(), "one page");
            for item in page.items.unwrap_or_default() {
                if !without.contains(item["pk"].as_s().unwrap()) {
                    let put = there.put_item().table_name(name).set_item(Some(item));
                    put.send().await.unwrap();
                }
            }
        }
    }
}

fn cx(app: &Arc<App>) -> Context {
    Work::new(app.clone(), worker("rotate_keys").unwrap()).context(&TenantId::platform())
}

/// Begins a rotation, as an audited commit with several items.
async fn rotation(app: &Arc<App>, purpose: Purpose) -> Result<(), Option<Problem>> {
    let cx = cx(app);
    let key = cx.get::<TenantKeyItem>(purpose.name()).await.unwrap();
    let (_, changes): (_, Changes) = begin(&cx, Scope::Subjects, purpose, key.current).unwrap();
    cx.commit(changes).await
}

fn takeover(first: &Stage0, second: &Second, by: &str) -> Takeover {
    Takeover {
        to: second.app.clone(),
        old: Some(first.stand_ins.app.clone()),
        from: first.stand_ins.app.config.region.clone(),
        by: by.to_owned(),
        planned: false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stalled_in_the_old_home_does_not_land_and_the_new_one_goes_on() {
    let it = Stage0::set("home-taken").await;
    let second = Second::of(&it, "home-taken").await;
    let tenant = TenantId::platform();
    rotation(&it.stand_ins.app, Purpose::Pii).await.unwrap();
    second.replicate(&it, &HashSet::new()).await;
    // The other region is told where the home is.
    let Err(Some(away)) = rotation(&second.app, Purpose::Card).await else {
        panic!("it wrote away from home");
    };
    assert_eq!((away.status, away.code), (421, "not_home"));
    // Fifty at once: one puts the epoch, and whoever comes after goes on with it.
    let racers = (0..50).map(|n| {
        let one = takeover(&it, &second, &format!("racer {n}"));
        let tenant = tenant.clone();
        async move {
            let step = one.begin(&tenant).await;
            matches!(step, Ok(Step::Open(home)) if home.changed_by == one.by)
        }
    });
    let won = futures::future::join_all(racers)
        .await
        .into_iter()
        .filter(|w| *w)
        .count();
    assert_eq!(won, 1);
    let one = takeover(&it, &second, "operator");
    let home = one.seen(&tenant).await.unwrap().unwrap();
    assert_eq!(
        (home.epoch, home.region.as_str(), home.state),
        (2, THERE, HomeState::Moving)
    );
    // The old home still believes in its lease, and only the gates keep what it sends from landing.
    one.shut(&it.stand_ins.app, &home).await.unwrap();
    let Err(Some(late)) = rotation(&it.stand_ins.app, Purpose::Card).await else {
        panic!("a stalled commit landed");
    };
    assert_eq!(late.code, "not_home");
    let Err(Some(early)) = rotation(&second.app, Purpose::Card).await else {
        panic!("it wrote before the take-over was concluded");
    };
    // What it had read before says 421 until it runs out.
    assert!(["not_home", "home_moving"].contains(&early.code), "{early:?}");
    let done = one.conclude(&home, serde_json::json!({})).await.unwrap();
    assert!(one.conclude(&home, serde_json::json!({})).await.is_err(), "once");
    assert_eq!((done.epoch, done.state), (3, HomeState::Active));
    it.clock.by(6);
    rotation(&second.app, Purpose::Card).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_arrived_in_part_is_repaired_or_told() {
    let it = Stage0::set("home-torn").await;
    let second = Second::of(&it, "home-torn").await;
    let (tenant, first) = (TenantId::platform(), it.stand_ins.app.clone());
    let begun = it.clock.now();
    rotation(&first, Purpose::Pii).await.unwrap();
    // An event too, in the table of a service that has an outbox.
    let worker = Work::new(first.clone(), worker("finish_intents").unwrap());
    let told = Changes::new().event(Event {
        kind: "payment.captured",
        object: "pay_1".into(),
        data: serde_json::json!({}),
        attributes: shared::store::Attributes::new(),
    });
    worker.context(&tenant).commit(told).await.unwrap();
    let region = first.config.region.clone();
    let since: Timestamp = after(begun, -5);
    let none = BTreeSet::new();
    let whole = compare(&first, None, &region, &tenant, since, &none)
        .await
        .unwrap();
    assert_eq!((whole.entries, whole.missing.len(), whole.whole.len()), (2, 0, 2));
    let rotations = it.kept(Table::Tenancy).await;
    let torn: HashSet<String> = rotations
        .iter()
        .filter_map(|i| i["pk"]["S"].as_str())
        .filter(|pk| pk.contains("#rotation"))
        .map(str::to_owned)
        .collect();
    assert!(!torn.is_empty());
    second.replicate(&it, &torn).await;
    let old = Some(&*first);
    let found = compare(&second.app, old, &region, &tenant, since, &none)
        .await
        .unwrap();
    // What was whole before is left out, and what was not is found again.
    let later = compare(&second.app, old, &region, &tenant, since, &found.whole)
        .await
        .unwrap();
    assert_eq!((later.entries, &later.missing), (2, &found.missing));
    assert_eq!(found.whole.len(), 1);
    let keys: HashSet<String> = found.missing.iter().map(|m| m.key.pk.clone()).collect();
    assert_eq!(keys, torn);
    // Without the old home they are lost, and said to be; with it they are copied.
    let lost = repair(&second.app, None, &found).await.unwrap();
    assert_eq!((lost.copied, lost.lost.len()), (0, found.missing.len()));
    let done = repair(&second.app, old, &found).await.unwrap();
    assert_eq!((done.copied, done.lost.len()), (found.missing.len(), 0));
    let again = compare(&second.app, old, &region, &tenant, since, &none)
        .await
        .unwrap();
    assert!(again.missing.is_empty(), "{:?}", again.missing);
    // An entry that has not arrived is copied like its items.
    let entry = &found.missing[0].entry;
    let key = Key::of::<shared::audit::EntryItem>(&tenant, entry);
    let there: HashMap<String, Attribute> = second
        .app
        .database
        .get(&second.app.meter, &key)
        .await
        .unwrap()
        .unwrap();
    assert!(there["body"].as_s().unwrap().contains("\"wrote\":[["));
    // Events come again, each once.
    assert_eq!(replay(&second.app, &tenant, 3, since).await, Ok(1));
    assert_eq!(replay(&second.app, &tenant, 3, since).await, Ok(0));
}

//! The log against a model: random histories of calls, kills, clock steps and records that come twice, late, in any order or never.
//! After each, every answered call has one sealed entry, no call has two, nothing changed without one, and every proof verifies.

use super::testing::{Stage0, inserted, killed};
use audit::{
    alerting::items::ComparedItem,
    checkpoints::CheckpointItem,
    exports::bundle,
    log::{
        Log,
        items::{HeadItem, LeafItem},
    },
};
use serde_json::{Map, Value, json};
use shared::{
    auth::User,
    crypto::KeyUse,
    ids::{EntryId, TenantId},
    merkle::{self, Hash, TileId},
    road::Context,
    store::{Attribute, Changes, Table},
    time::{Clock, SystemClock},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use verifier::{PublicKey, verify};

/// A dice that falls the same way each time.
struct Dice(u64);

impl Dice {
    /// xorshift64*.
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let random = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(random).unwrap() % n
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// What a caller knows.
#[derive(Default)]
struct Model {
    /// Calls that were answered.
    answered: BTreeSet<String>,
    /// Calls whose answer nobody got.
    unknown: BTreeSet<String>,
}

impl Stage0 {
    fn caller(&self) -> Context {
        self.work("sweep_altered").context(&TenantId::platform())
    }

    /// A call: a change and its entry, or an entry alone.
    async fn call(&self, label: String, changes_something: bool) -> String {
        let cx = self.caller();
        let mut changes = Changes::new().concerning(&label);
        if changes_something {
            let item = ComparedItem {
                id: label.clone(),
                upto: String::new(),
            };
            changes = changes.write(cx.create(&item).unwrap());
        }
        cx.commit(changes).await.unwrap();
        label
    }

    /// The records that the stream of the audit table holds by now.
    async fn records(&self) -> Vec<Value> {
        let items = self.kept(Table::Audit).await;
        items
            .iter()
            .enumerate()
            .map(|(n, item)| inserted(item, n))
            .collect()
    }

    async fn history(&self, seed: u64, steps: usize, lossy: bool) -> Model {
        let (mut dice, mut model) = (Dice(seed), Model::default());
        for step in 0..steps {
            match dice.below(10) {
                0..4 => {
                    let calls: Vec<(String, bool, usize)> = (0..1 + dice.below(12))
                        .map(|n| {
                            let polls = if dice.one_in(4) {
                                1 + dice.below(9)
                            } else {
                                usize::MAX
                            };
                            (format!("call_{seed}_{step}_{n}"), dice.one_in(2), polls)
                        })
                        .collect();
                    let made = calls
                        .iter()
                        .map(|(label, changes, polls)| killed(self.call(label.clone(), *changes), *polls));
                    let made = futures::future::join_all(made).await;
                    for ((label, ..), answer) in calls.into_iter().zip(made) {
                        let known = if answer.is_some() {
                            &mut model.answered
                        } else {
                            &mut model.unknown
                        };
                        known.insert(label);
                    }
                }
                4..7 => {
                    let all = self.records().await;
                    // Some of them, some twice, in any order.
                    let some = |dice: &mut Dice| -> Vec<Value> {
                        let count = dice.below(60);
                        (0..count)
                            .filter_map(|_| all.get(dice.below(all.len().max(1))))
                            .cloned()
                            .collect()
                    };
                    let (one, two) = (some(&mut dice), some(&mut dice));
                    let polls = [1 + dice.below(120), if dice.one_in(2) { usize::MAX } else { 40 }];
                    let sealer = |records: Vec<Value>| self.hand("seal_entries", json!({"Records": records}));
                    tokio::join!(killed(sealer(one), polls[0]), killed(sealer(two), polls[1]));
                }
                7..9 => {
                    let worker = ["sweep_unsealed", "sign_checkpoints", "archive_log"][dice.below(3)];
                    killed(self.run(worker), 1 + dice.below(200)).await;
                }
                // A sweep looks back five minutes; a stream forgets nothing.
                _ if dice.one_in(3) => self.clock.by(if lossy { -60 } else { -5_000 }),
                _ => self.clock.by(i64::try_from(dice.below(5_000)).unwrap()),
            }
        }
        // What a killed caller had sent may still be on its way.
        SystemClock::default().sleep(Duration::from_millis(300)).await;
        if !lossy {
            let mut all = self.records().await;
            for n in 0..all.len() {
                all.swap(n, dice.below(n + 1));
            }
            for some in all.chunks(100) {
                self.hand("seal_entries", json!({"Records": some})).await.unwrap();
            }
        }
        self.clock.by(20_000);
        self.run("sweep_unsealed").await.unwrap();
        self.run("sign_checkpoints").await.unwrap();
        model
    }

    /// Everything that must hold after a history.
    async fn holds(&self, model: &Model) {
        let items = self.kept(Table::Audit).await;
        let text = |item: &Map<String, Value>, name: &str| {
            item.get(name).and_then(|v| v["S"].as_str().map(str::to_owned))
        };
        let entries: BTreeMap<String, Option<String>> = items
            .iter()
            .filter(|i| i["sk"]["S"] == "-")
            .map(|i| (text(i, "id").unwrap(), text(i, "object")))
            .collect();
        let count = |label: &str| entries.values().filter(|o| o.as_deref() == Some(label)).count();
        for label in &model.answered {
            assert_eq!(count(label), 1, "{label} was answered");
        }
        for label in &model.unknown {
            assert!(count(label) <= 1, "{label}");
        }
        let cx = self.caller();
        for item in self.kept(Table::Alerts).await {
            let id = text(&item, "id").unwrap_or_default();
            if id.starts_with("call_") {
                assert_eq!(count(&id), 1, "{id} changed something");
            }
        }
        // Each is sealed once, and the log has no holes.
        let log = Log::here(&cx);
        let head = cx.get::<HeadItem>(&log.id()).await.unwrap();
        assert_eq!(head.size, entries.len() as u64);
        let mut indexes = BTreeMap::new();
        for id in entries.keys() {
            let leaf = cx.get::<LeafItem>(id).await.unwrap();
            assert!(
                indexes.insert(leaf.index, leaf.item).is_none(),
                "two at one place"
            );
        }
        assert_eq!(indexes.len() as u64, head.size);

        // Whoever checks it offline finds nothing wrong.
        let cx = self.reader();
        let (places, bodies) = bundle::contents(&cx, &log, 0, head.size).await.unwrap();
        let lines = bundle::numbered(&cx, &log, (0, head.size), &places, &bodies)
            .await
            .unwrap();
        let header = json!({"type": "header", "format": "ledgerkeep-audit-bundle/1", "tenant": cx.tenant(),
            "region": log.region, "shard": log.shard, "size": head.size});
        let file = format!("{header}\n{}\n", lines.join("\n"));
        let kms = &self.stand_ins.app.kms;
        let key = kms.public_key(cx.meter(), KeyUse::Checkpoint).await.unwrap();
        let keys = PublicKey::from_file(audit::checkpoints::pem(&key).as_bytes()).unwrap();
        let report = verify(file.as_bytes(), &keys, &|_| {});
        assert!(report.clean() && report.confirmed == head.size, "{report}");

        // Every proof of every entry, and of every two checkpoints that follow each other.
        let tiles = |wanted: Vec<TileId>| {
            let (log, cx) = (&log, &cx);
            async move { log.hashes(cx, &wanted).await.unwrap() }
        };
        let root = log.root(&cx, head.size).await.unwrap();
        for (index, leaf) in &indexes {
            let known = tiles(merkle::tiles_for_inclusion(*index, head.size)).await;
            let path = merkle::inclusion_proof(*index, head.size, &known).unwrap();
            let hash: Hash = leaf.leaf.0.as_slice().try_into().unwrap();
            merkle::verify_inclusion(*index, head.size, &hash, &path, &root).unwrap();
        }
        let signed = cx
            .below::<CheckpointItem>(&log.id(), audit::checkpoints::sizes(0, u64::MAX), false, 1000)
            .await
            .unwrap();
        assert_eq!(signed.last().map(|c| c.size), Some(head.size));
        for pair in signed.windows(2) {
            let (old, new) = (pair[0].size, pair[1].size);
            let known = tiles(merkle::tiles_for_consistency(old, new)).await;
            let path = merkle::consistency_proof(old, new, &known).unwrap();
            let (first, second) = (
                log.root(&cx, old).await.unwrap(),
                log.root(&cx, new).await.unwrap(),
            );
            assert_eq!(
                hex::encode(first),
                pair[0].root,
                "what was signed is the root of then"
            );
            merkle::verify_consistency(old, new, &first, &second, &path).unwrap();
        }
    }
}

async fn histories(name: &str, seeds: std::ops::Range<u64>, lossy: bool) {
    for seed in seeds {
        let it = Stage0::set(&format!("{name}-{seed}")).await;
        let model = it.history(0x9e37_79b9_7f4a_7c15 ^ (seed + 1), 40, lossy).await;
        assert!(model.answered.len() > 20, "{} calls", model.answered.len());
        it.holds(&model).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_every_answered_call_has_one_sealed_entry() {
    histories("log", 0..6, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_stream_loses_the_sweep_finds() {
    histories("log-lossy", 100..104, true).await;
}

impl Stage0 {
    /// An entry as a call leaves it; gives its id and the record of the stream.
    async fn entry(&self, members: Value) -> (String, Value) {
        let cx = self.caller();
        let (id, tenant) = (EntryId::new(cx.now()).to_string(), cx.tenant());
        let mut body = json!({"id": id, "tenant": tenant, "region": Log::here(&cx).region, "activity": "identity.put_role",
            "outcome": "succeeded", "details": {}});
        body.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        let texts = [
            ("pk", format!("T#{tenant}#audit-entry#{id}")),
            ("sk", "-".into()),
            ("id", id.clone()),
            ("body", body.to_string()),
            ("activity", "identity.put_role".into()),
            ("actor", "usr_1".into()),
            ("outcome", "succeeded".into()),
            ("gsi1pk", format!("T#{tenant}#entries")),
            ("gsi1sk", id.clone()),
        ];
        let table = &self.stand_ins.app.config.tables[&Table::Audit];
        let mut put = self.tables().put_item().table_name(table);
        for (name, text) in &texts {
            put = put.item(*name, Attribute::S(text.clone()));
        }
        put.item("rev", Attribute::N("1".into())).send().await.unwrap();
        let image: Map<String, Value> = texts
            .into_iter()
            .map(|(n, t)| (n.to_owned(), json!({"S": t})))
            .collect();
        (id, inserted(&image, 1))
    }

    /// Whether the log was signed at the size that it had right after an entry had been sealed.
    async fn signed(&self, entry: &str) -> bool {
        let cx = self.caller();
        let leaf = cx.get::<LeafItem>(entry).await.unwrap();
        let size = audit::log::padded(leaf.size);
        let checkpoint = cx.find_sub::<CheckpointItem>(&Log::here(&cx).id(), &size).await;
        checkpoint.unwrap().is_some()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_policy_is_signed_though_its_sealer_is_killed_anywhere() {
    let it = Stage0::set("log-policy").await;
    let (first, record) = it.entry(json!({})).await;
    it.hand("seal_entries", json!({"Records": [record]}))
        .await
        .unwrap();
    assert!(it.signed(&first).await, "a log is signed when it begins");
    for polls in (4..100).step_by(8) {
        let (plain, before) = it.entry(json!({})).await;
        it.hand("seal_entries", json!({"Records": [before]}))
            .await
            .unwrap();
        assert!(!it.signed(&plain).await, "other calls wait for the hour");
        let (change, record) = it.entry(json!({"policy_change": true})).await;
        let batch = json!({"Records": [record]});
        killed(it.hand("seal_entries", batch.clone()), polls).await;
        it.hand("seal_entries", batch).await.unwrap();
        assert!(it.signed(&change).await, "killed after {polls}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_lists_what_it_declares_and_nothing_else() {
    let it = Stage0::set("log-lists").await;
    let cx = it.work("sweep_altered").context(&TenantId::platform());
    let every = || (" ".to_owned(), "~".to_owned());
    cx.within_list::<User>(1, "users", every(), 1).await.unwrap();
    let index = cx.within_list::<User>(2, "users", every(), 1).await;
    let below = cx.below::<CheckpointItem>("log", every(), false, 1).await;
    for problem in [index.err().unwrap(), below.err().unwrap()] {
        let why = problem.internal.unwrap_or_default();
        assert_eq!(problem.status, 500);
        assert!(why.contains("does not declare"), "{why}");
    }
}

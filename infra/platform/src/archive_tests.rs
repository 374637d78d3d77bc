//! The archive on a clock that tests move: what gets into the bucket when, what a bucket that is down holds up, and that what is
//! there is a bundle.

use super::testing::{Stage0, killed};
use audit::{
    archive::{self, ArchiveItem},
    checkpoints::{CheckpointItem, LatestItem},
    log::Log,
    purges::{FloorItem, PurgeId, PurgeItem, PurgeState},
};
use serde_json::{Value, json};
use shared::{
    audit::EntryItem,
    auth::Tenant,
    crypto::KeyUse,
    ids::TenantId,
    road::Context,
    store::{Changes, Stored},
    time::after,
};
use std::{fs, path::PathBuf};
use verifier::{PublicKey, Report, verify_folder};

const DAY: i64 = 24 * 3600;
const MONTH: i64 = 31 * DAY;

impl Stage0 {
    fn archivist(&self) -> Context {
        self.work("archive_log").context(&TenantId::platform())
    }

    /// Makes entries as a worker's commits do, and has them sealed and signed.
    async fn entries(&self, count: usize) {
        let cx = self.work("purge_entries").context(&TenantId::platform());
        for n in 0..count {
            let mut changes = Changes::new().concerning(&format!("thing_{n}"));
            if n == 3 {
                changes.after = Some(json!({"note": "é".repeat(50_000)}));
            }
            cx.commit(changes).await.unwrap();
        }
        self.clock.by(120);
        self.run("sweep_unsealed").await.unwrap();
        self.run("sign_checkpoints").await.unwrap();
    }

    async fn archived(&self) -> u64 {
        let cx = self.archivist();
        let item = cx.find::<ArchiveItem>(&Log::here(&cx).id()).await.unwrap();
        item.map_or(0, |i| i.size)
    }

    async fn latest(&self) -> Stored<LatestItem> {
        let cx = self.archivist();
        cx.get::<LatestItem>(&Log::here(&cx).id()).await.unwrap()
    }

    fn bucket(&self) -> PathBuf {
        let bucket = self.stand_ins.app.config.archive.as_deref().unwrap();
        self.dir.join("aws/s3").join(bucket)
    }

    /// Every version of an object, oldest first.
    fn versions(&self, key: &str) -> Vec<Vec<u8>> {
        let Ok(files) = fs::read_dir(self.bucket().join(key)) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = files.map(|f| f.unwrap().path()).collect();
        files.retain(|f| f.extension().is_some_and(|e| e == "object"));
        files.sort();
        files.iter().map(|f| fs::read(f).unwrap()).collect()
    }

    /// Downloads the entries of the archive as an auditor would, and verifies them.
    async fn verified(&self) -> Report {
        let cx = self.archivist();
        let folder = self.dir.join("downloaded");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let log = Log::here(&cx);
        for first in (0..).step_by(256) {
            let key = archive::entries(cx.tenant(), &log, first);
            let Some(newest) = self.versions(&key).pop() else {
                break;
            };
            fs::write(folder.join(key.rsplit('/').next().unwrap()), newest).unwrap();
        }
        let kms = &self.stand_ins.app.kms;
        let key = kms.public_key(cx.meter(), KeyUse::Checkpoint).await.unwrap();
        let keys = PublicKey::from_file(audit::checkpoints::pem(&key).as_bytes()).unwrap();
        verify_folder(&folder, &keys).unwrap()
    }

    async fn keep_online(&self, months: u32) {
        let cx = self.work("bootstrap_platform").context(&TenantId::platform());
        let old = cx.get::<Tenant>(TenantId::platform().as_str()).await.unwrap();
        let mut new = old.item.clone();
        (new.online_months, new.retention_months) = (months, new.retention_months.max(months));
        cx.apply(Changes::new().write(cx.replace(&old, &new).unwrap()))
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoints_get_into_the_bucket_when_it_is_there_again() {
    let it = Stage0::set("archive-checkpoints").await;
    it.entries(5).await;
    let latest = it.latest().await;
    let cx = it.archivist();
    let log = Log::here(&cx);
    let key = archive::checkpoint(cx.tenant(), &log, latest.size);
    // The bucket is down: the run fails, the log goes on.
    fs::write(it.bucket(), "").unwrap();
    assert!(it.run("archive_log").await.is_err());
    it.entries(3).await;
    fs::remove_file(it.bucket()).unwrap();
    assert!(it.versions(&key).is_empty());

    let list = CheckpointItem::unarchived(&log.region);
    let due = async || {
        let due = it
            .reader()
            .within_list::<CheckpointItem>(2, &list, (" ".into(), "~".into()), 100)
            .await;
        due.unwrap().len()
    };
    let waiting = due().await;
    assert!(waiting >= 2, "{waiting}");
    it.run("archive_log").await.unwrap();
    assert_eq!(due().await, 0);
    let line: Value = serde_json::from_slice(&it.versions(&key)[0]).unwrap();
    assert_eq!(
        line,
        json!({"type": "checkpoint", "body": latest.body, "signature": latest.signature})
    );
    let kept = it.versions(&archive::checkpoint(cx.tenant(), &log, it.latest().await.size));
    assert_eq!(kept.len(), 1);
    // Done is done.
    it.run("archive_log").await.unwrap();
    assert_eq!(it.versions(&key).len(), 1);
    let locked = |key: &str| {
        let files = fs::read_dir(it.bucket().join(key)).unwrap();
        let mut files = files.map(|f| f.unwrap().path());
        let known = files.find(|f| f.extension().is_some_and(|e| e == "json"));
        let known: Value = serde_json::from_slice(&fs::read(known.unwrap()).unwrap()).unwrap();
        known["locked_until"].as_i64().unwrap()
    };
    let months = |n: i64| after(cx.now(), n * MONTH - 3600).as_millisecond();
    assert!(
        (months(12)..months(14)).contains(&locked(&key)),
        "as the bucket locks"
    );
    // A tenant that keeps its log for longer has it locked for longer.
    it.keep_online(24).await;
    it.entries(1).await;
    it.run("archive_log").await.unwrap();
    let key = archive::checkpoint(cx.tenant(), &log, it.latest().await.size);
    assert!(locked(&key) > months(24));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_get_into_the_bucket_when_their_online_time_is_over_and_are_a_bundle_there() {
    let it = Stage0::set("archive-entries").await;
    it.entries(300).await;
    it.run("archive_log").await.unwrap();
    assert_eq!(it.archived().await, 0, "they are young");
    it.clock.by(3 * MONTH - 3600);
    it.run("archive_log").await.unwrap();
    assert_eq!(it.archived().await, 0, "three months are not over");
    // The online time is the tenant's to say.
    it.keep_online(6).await;
    it.clock.by(DAY);
    it.run("archive_log").await.unwrap();
    assert_eq!(it.archived().await, 0, "it wants six months now");
    it.keep_online(3).await;
    it.run("archive_log").await.unwrap();
    assert_eq!(it.archived().await, 0, "it has looked less than an hour ago");
    it.clock.by(3600);
    it.run("archive_log").await.unwrap();
    let size = it.archived().await;
    assert!((300..320).contains(&size), "{size}");
    let report = it.verified().await;
    assert!(report.clean(), "{report}");
    assert_eq!((report.entries, report.confirmed), (size, size));

    // The details of a large entry are there, and their hash is in the entry.
    let cx = it.archivist();
    let details: Vec<PathBuf> = fs::read_dir(
        it.bucket()
            .join(archive::details(cx.tenant(), &Log::here(&cx), ""))
            .parent()
            .unwrap(),
    )
    .unwrap()
    .map(|f| f.unwrap().path())
    .collect();
    assert_eq!(details.len(), 1, "{details:?}");
    let name = details[0].file_stem().unwrap().to_str().unwrap().to_owned();
    let text = it
        .versions(&archive::details(cx.tenant(), &Log::here(&cx), &name))
        .pop()
        .unwrap();
    let entry = it.work("purge_entries").context(&TenantId::platform());
    let entry = entry.get::<EntryItem>(&name).await.unwrap();
    let hash = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &text));
    assert!(entry.body.contains(&hash), "{}", entry.body);

    // What comes later goes into the same object until it is full, at most once an hour; the first version stays.
    it.entries(20).await;
    it.clock.by(3 * MONTH + DAY);
    it.run("archive_log").await.unwrap();
    let grown = it.archived().await;
    assert!(grown >= size + 20, "{grown}");
    let key = archive::entries(cx.tenant(), &Log::here(&cx), size / 256 * 256);
    let versions = it.versions(&key);
    assert_eq!(versions.len(), 2);
    assert!(versions[1].starts_with(&versions[0]));
    let report = it.verified().await;
    assert!(report.clean() && report.entries == grown, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_killed_anywhere_and_two_at_once_leave_nothing_out() {
    let it = Stage0::set("archive-killed").await;
    it.entries(600).await;
    it.clock.by(3 * MONTH + DAY);
    let mut runs = 0;
    while it.archived().await < 600 {
        assert!(runs < 400, "it does not converge: {}", it.archived().await);
        let (one, two) = (it.run("archive_log"), it.run("archive_log"));
        tokio::join!(killed(one, 3 + runs % 47), killed(two, 5 + runs % 31));
        it.clock.by(600);
        runs += 1;
    }
    it.clock.by(3600);
    it.run("archive_log").await.unwrap();
    let report = it.verified().await;
    assert!(
        runs > 3 && report.clean() && report.entries >= 600,
        "{runs} runs: {report}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_removes_nothing_that_is_not_archived() {
    let it = Stage0::set("archive-purge").await;
    it.entries(40).await;
    it.clock.by(13 * MONTH);
    let cx = it.work("purge_entries").context(&TenantId::platform());
    let log = Log::here(&cx);
    let below = audit::bounds::entries_at(after(cx.now(), -12 * MONTH).as_millisecond()).0;
    let size = log.sealed_below(&cx, &below).await.unwrap();
    assert!(size >= 40, "{size}");
    let purge = PurgeItem {
        id: PurgeId::new(cx.now()),
        region: log.region.clone(),
        state: PurgeState::Running,
        before: after(cx.now(), -12 * MONTH),
        below: below.clone(),
        size,
        upto: audit::bounds::entries_at(0).0,
        removed: 0,
        kept: 0,
        created_by: "usr_1".into(),
        created_at: cx.now(),
        done_at: None,
    };
    let floor = FloorItem {
        id: log.region.clone(),
        below,
        size,
        running: Some(purge.id.clone()),
    };
    let changes = Changes::new()
        .write(cx.create(&purge).unwrap())
        .write(cx.create(&floor).unwrap());
    cx.apply(changes).await.unwrap();

    let removed = async || {
        it.run("purge_entries").await.unwrap();
        cx.get::<PurgeItem>(purge.id.as_str()).await.unwrap().removed
    };
    fs::write(it.bucket(), "").unwrap();
    assert!(it.run("archive_log").await.is_err());
    assert_eq!(removed().await, 0, "the bucket is down");
    fs::remove_file(it.bucket()).unwrap();
    it.run("archive_log").await.unwrap();
    assert!(removed().await >= 40);
    let done = cx.get::<PurgeItem>(purge.id.as_str()).await.unwrap();
    assert_eq!((done.state, done.kept), (PurgeState::Done, 0));
    // What is gone from the table is still in the archive, whole.
    let report = it.verified().await;
    assert!(report.clean() && report.purged == 0, "{report}");
    assert!(report.entries >= size);
}

//! Crashes: the process aborts at a call, or its disk is full, and starts again on what it left behind.

use super::{
    jobs::{Job, Kind},
    once::rule,
};
use crate::support::{
    Platform, Tenant,
    platform::{root, scratch, serve},
    random, run, world,
};
use serde_json::json;
use std::{fs, process::Command};

#[test]
fn a_process_that_aborts_at_any_write_loses_nothing_and_charges_once() {
    let dir = scratch("aborts");
    let mut platform = Platform::faulty(&dir);
    for kind in [Kind::Customer, Kind::Payment, Kind::Refund] {
        for (number, fault) in [
            (1, "abort_before"),
            (1, "abort_after"),
            (2, "abort_before"),
            (2, "abort_after"),
        ] {
            let mut job = run(Job::new(&platform, kind));
            let shot = run(job.shot());
            let more = json!({"operation": "TransactWriteItems", "from": number, "fault": fault});
            run(async {
                platform.faults().set(&[rule(&job, &more)]).await;
                let answer = job.fire(&shot).await;
                // A customer is one transaction, so there is no second one to abort at.
                assert_eq!(
                    answer.status == 0,
                    kind != Kind::Customer || number == 1,
                    "{}",
                    answer.told()
                );
                if answer.status != 0 {
                    platform.kill();
                }
            });
            platform.ends();
            drop(platform);
            platform = Platform::faulty(&dir);
            job.tenant.all = job.tenant.all.at(&platform.http);
            job.tenant.admin = job.tenant.admin.at(&platform.http);
            run(async {
                job.finish(&shot).await;
                job.settled(&platform).await;
            });
        }
    }
}

#[test]
fn on_a_full_disk_nothing_is_confirmed_that_is_not_kept() {
    let dir = scratch("full");
    let platform = Platform::faulty(&dir);
    let tenant = run(Tenant::on(&platform));
    drop(platform);
    let size = ["tables.sqlite", "tables.sqlite-wal"]
        .iter()
        .filter_map(|name| fs::metadata(dir.join(name)).ok())
        .map(|data| data.len())
        .max()
        .expect("the tables");
    // No file may grow beyond this many blocks of 512 bytes: a real refusal of the file system.
    let blocks = (size + 3 * 1024 * 1024) / 512;
    let inner = serve(&dir, &root(), 0);
    let mut command = Command::new("sh");
    command.args([
        "-c",
        &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""),
    ]);
    command.arg(inner.get_program()).args(inner.get_args());
    command.env("LEDGERKEEP_PARENT", std::process::id().to_string());
    let platform = Platform::run(&dir, command);
    let (kept, lost) = run(async {
        let all = tenant.all.at(&platform.http);
        let (mut kept, mut lost) = (Vec::new(), 0);
        for _ in 0..2_000 {
            let (key, body) = (random(20), world::customer_body());
            let request = all.request("POST", "/billing/v1/customers").await;
            let answer = request.key(&key).json(&body).send().await;
            match answer.status {
                201 => kept.push((key, body, answer.json())),
                503 => lost += 1,
                _ => panic!("{}", answer.told()),
            }
            if lost == 3 {
                break;
            }
        }
        (kept, lost)
    });
    assert!(
        lost > 0 && !kept.is_empty(),
        "{lost} refused, {} kept",
        kept.len()
    );
    platform.kill();
    drop(platform);
    let platform = Platform::faulty(&dir);
    run(async {
        let all = tenant.all.at(&platform.http);
        for (key, body, heard) in &kept {
            assert_eq!(
                all.post_as("/billing/v1/customers", key, body).await.is(201),
                *heard
            );
        }
        assert_eq!(all.all("/billing/v1/customers").await.len(), kept.len());
    });
}

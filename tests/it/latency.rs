//! What a warm call of every endpoint costs, one at a time: a measurement and no test. `make bench` asks for it and reads the file.

use crate::{
    cases::case,
    contracts::operations,
    support::{Tenant, platform, run, time::Since, world},
};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

/// Calls of an endpoint that reads.
const READS: usize = 100;
/// Calls of one that writes: a tenant has at most 50 of some things.
const WRITES: usize = 40;
/// Seconds after which an endpoint has been called often enough, as some calls need much made beforehand.
const ENOUGH: u64 = 10;
/// Calls of one that starts a long job, of which a tenant has few at once: a rotation of each of five kinds of keys.
const JOBS: usize = 4;

#[test]
#[ignore = "a measurement: `make bench`"]
fn what_a_warm_call_of_every_endpoint_costs() {
    run(async {
        let file = PathBuf::from(
            std::env::var_os("LEDGERKEEP_BENCH").expect("LEDGERKEEP_BENCH names the file to write"),
        );
        let (b, operator) = (Tenant::new().await, world::operator(platform()));
        let mut endpoints: Vec<Value> = Vec::new();
        for operation in operations(&platform().http).await {
            let reads = operation.method == "GET"
                || (operation.method == "POST" && !operation.takes_key() && operation.access != "public");
            let job = operation.id == "create_rotation";
            // Of its own, as a tenant has few of some things and the calls of others make them, too.
            let a = Tenant::new().await;
            let new = async || {
                let case = case(&operation.id, &a, &b).await;
                case.unwrap_or_else(|| panic!("{} has no case", operation.id))
            };
            let (began, mut calls) = (Since::now(), Vec::new());
            let mut current = new().await;
            // The first call warms what is cached and does not count.
            let calls_of = match (job, reads) {
                (true, _) => JOBS,
                (false, true) => READS,
                (false, false) => WRITES,
            };
            for number in 0..=calls_of {
                let answer = current.send(&a, &operator, &operation.method).await;
                assert!(
                    answer.is_success(),
                    "{}, call {number}: {}",
                    operation.id,
                    answer.told()
                );
                if number > 0 {
                    calls.push(answer.header("x-ledgerkeep-calls").to_owned());
                    if began.elapsed().as_secs() >= ENOUGH {
                        break;
                    }
                }
                if !reads {
                    current = new().await;
                }
            }
            endpoints.push(json!({"operation": operation.id, "calls": calls}));
        }
        let text = json!({"endpoints": endpoints}).to_string();
        fs::write(&file, text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    });
}

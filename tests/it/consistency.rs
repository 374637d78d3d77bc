//! Consistency: whoever has kept an older checkpoint can check that the log of a newer one begins with it.

use crate::{
    cases::text,
    support::{Tenant, merkle, run, time::until, world},
};
use serde_json::{Value, json};

const CHECKPOINTS: &str = "/audit/v1/checkpoints";

/// The checkpoints of a tenant, oldest first.
async fn checkpoints(tenant: &Tenant) -> Vec<Value> {
    let mut found = tenant.all.all(CHECKPOINTS).await;
    found.reverse();
    found
}

/// A log with at least so many checkpoints. An export has one signed at once; otherwise that happens once an hour.
async fn grown(tenant: &Tenant, wanted: usize) -> Vec<Value> {
    loop {
        let before = checkpoints(tenant).await.len();
        if before >= wanted {
            return checkpoints(tenant).await;
        }
        for _ in 0..before * 2 {
            tenant.customer().await;
        }
        tenant.all.post("/audit/v1/exports", &json!({})).await.is(202);
        let signed = async || (checkpoints(tenant).await.len() > before).then_some(());
        until("a checkpoint", 60, signed).await;
    }
}

fn size(checkpoint: &Value) -> u64 {
    checkpoint["size"].as_u64().expect("a size")
}

#[test]
fn each_pair_of_checkpoints_is_joined_by_a_proof_that_a_stranger_verifies() {
    run(async {
        let tenant = Tenant::new().await;
        let signed = grown(&tenant, 4).await;
        for (n, newer) in signed.iter().enumerate() {
            for older in &signed[..=n] {
                let (from, to) = (size(older), size(newer));
                let answer = tenant
                    .all
                    .get(&format!("{CHECKPOINTS}?from={from}&to={to}"))
                    .await;
                let joined = answer.ok();
                let key = text(&joined, "public_key");
                let data = joined["data"].as_array().expect("data");
                let expected = if from == to {
                    vec![newer]
                } else {
                    vec![newer, older]
                };
                assert_eq!(data.iter().collect::<Vec<_>>(), expected, "{}", answer.told());
                for checkpoint in data {
                    let (body, signature) = (text(checkpoint, "body"), text(checkpoint, "signature"));
                    assert!(merkle::signed(&key, &body, &signature), "{checkpoint}");
                }
                let proof = &joined["consistency"];
                assert_eq!((&proof["from"], &proof["to"]), (&json!(from), &json!(to)));
                let path: Vec<String> = serde_json::from_value(proof["path"].clone()).expect("hashes");
                let path: Vec<merkle::Hash> = path.iter().map(|hash| merkle::hash(hash)).collect();
                // The roots that were signed, and not what the answer says beside them.
                let root = |checkpoint: &Value| {
                    let body: Value = serde_json::from_str(&text(checkpoint, "body")).expect("JSON");
                    merkle::hash(&text(&body, "root"))
                };
                let (old, new) = (root(older), root(newer));
                assert!(merkle::consistent(from, to, old, new, &path), "{}", answer.told());
                if from < to {
                    let other = merkle::leaf(b"another log");
                    assert!(
                        !merkle::consistent(from, to, other, new, &path),
                        "any older log is proven"
                    );
                    assert!(
                        !merkle::consistent(from, to, old, other, &path),
                        "any newer log is proven"
                    );
                    assert!(
                        !merkle::consistent(from + 1, to, old, new, &path),
                        "any size is proven"
                    );
                    assert!(
                        !merkle::consistent(from, to, old, new, &path[1..]),
                        "half a proof is enough"
                    );
                    assert!(answer.calls().dynamodb <= 3, "{:?}", answer.calls());
                }
            }
        }
        let page = tenant.all.get(CHECKPOINTS).await.ok();
        assert!(page.get("consistency").is_none(), "a page proves nothing: {page}");
    });
}

#[test]
fn sizes_that_were_never_signed_and_half_a_question_are_refused() {
    run(async {
        let (tenant, other) = (Tenant::new().await, world::neighbour().await);
        let signed = grown(&tenant, 2).await;
        let (from, to) = (size(&signed[0]), size(&signed[1]));
        let never = (from + 1..to).chain([to + 1_000_000]).next().expect("a size");
        for (query, missing) in [
            (format!("from={never}&to={}", to.max(never)), never),
            (format!("from={from}&to={}", to + 1_000_000), to + 1_000_000),
            (format!("from=0&to={to}"), 0),
            (
                "from=999999999999998&to=999999999999999".to_owned(),
                999_999_999_999_999,
            ),
        ] {
            let answer = tenant.all.get(&format!("{CHECKPOINTS}?{query}")).await;
            let problem = answer.refused(404, "no_such_checkpoint");
            let named = [json!(missing), json!(to.max(never))];
            assert!(named.contains(&problem["size"]), "{}", answer.told());
        }
        for (query, pointer) in [
            (format!("from={from}"), "/to"),
            (format!("to={to}"), "/from"),
            (format!("from={to}&to={from}"), "/from"),
            (format!("from={from}&to={to}&limit=5"), "/limit"),
            (format!("from={from}&to={to}&cursor=abc"), "/cursor"),
            (format!("from=-1&to={to}"), "/from"),
            (format!("from=1.5&to={to}"), "/from"),
            (format!("from=abc&to={to}"), "/from"),
            (format!("from={from}&to=99999999999999999999"), "/to"),
        ] {
            let answer = tenant.all.get(&format!("{CHECKPOINTS}?{query}")).await;
            answer.refused(422, "invalid_input");
            assert_eq!(answer.pointers(), [pointer], "{}", answer.told());
        }
        // The sizes of one tenant's log say nothing about another's.
        let theirs: Vec<u64> = checkpoints(other).await.iter().map(size).collect();
        let own = signed.iter().map(size).find(|size| !theirs.contains(size));
        if let Some(own) = own {
            let answer = other.all.get(&format!("{CHECKPOINTS}?from={own}&to={own}")).await;
            answer.refused(404, "no_such_checkpoint");
        }
    });
}

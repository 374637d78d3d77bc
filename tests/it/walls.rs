//! The walls, for every operation that the contracts name: nobody, forgers, callers without the right and other
//! tenants get nothing and change nothing. An operation without a line in the table of cases fails.

use crate::{
    cases::{Case, Cross, Who, case},
    contracts::{Operation, operations},
    support::{Answer, Caller, Findings, Tenant, forge, platform, random, run, world},
};
use futures::{FutureExt, future::join_all};
use serde_json::Value;
use std::panic::AssertUnwindSafe;

/// How many worlds are attacked at once.
const WORLDS: usize = 3;

/// Two tenants, the operator, and callers that hold little.
struct World {
    a: Tenant,
    b: Tenant,
    operator: Caller,
    weak: Vec<(Caller, Vec<String>)>,
}

impl World {
    async fn new() -> Self {
        let (a, b) = (Tenant::new().await, Tenant::new().await);
        let mut weak = Vec::new();
        for role in ["support", "auditor", "webhook_manager", "finance"] {
            let caller = a.client(&[role]).await;
            let rights = caller.get("/identity/v1/me").await.ok()["rights"].clone();
            weak.push((caller, serde_json::from_value(rights).expect("rights are texts")));
        }
        Self {
            a,
            b,
            operator: world::operator(platform()),
            weak,
        }
    }

    async fn send(&self, case: &Case, method: &str, caller: Option<&Caller>) -> Answer {
        let request = case.request(&self.operator.http, method);
        match caller {
            None => request.send().await,
            Some(caller) => request.bearer(&caller.token().await).send().await,
        }
    }
}

#[test]
fn every_operation_refuses_nobody_forgers_the_wrong_role_and_the_other_tenant() {
    run(async {
        let operations = operations(&platform().http).await;
        // A world for each of them, as what one changes another must not see: one after the other they would be what all wait for.
        let worlds = (0..WORLDS).map(|first| attacked(operations.iter().skip(first).step_by(WORLDS)));
        join_all(worlds).await.into_iter().for_each(Findings::none);
    });
}

/// What is found where these operations are attacked one after the other.
async fn attacked(operations: impl Iterator<Item = &Operation>) -> Findings {
    let world = World::new().await;
    let mut findings = Findings::default();
    for operation in operations {
        let attack = AssertUnwindSafe(attack(&world, operation, &mut findings))
            .catch_unwind()
            .await;
        if let Err(panic) = attack {
            let told = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            findings.check(false, || format!("{}: {told}", operation.id));
        }
    }
    findings
}

async fn attack(world: &World, operation: &Operation, findings: &mut Findings) {
    let (id, method) = (operation.id.as_str(), operation.method.as_str());
    let Some(case) = case(id, &world.a, &world.b).await else {
        findings.check(false, || {
            format!("{id} ({method} {}) has no case", operation.path)
        });
        return;
    };
    let before = world.a.snapshot(&case.watch).await;
    let public = operation.access == "public";
    findings.check(public == (case.who == Who::Nobody), || {
        format!("{id}: access is {}", operation.access)
    });

    if !public {
        let nobody = world.send(&case, method, None).await;
        findings.check(nobody.status == 401 && nobody.code() == "unauthenticated", || {
            format!("nobody: {}", nobody.told())
        });
        let challenge = nobody.header("www-authenticate").to_owned();
        findings.check(
            challenge.starts_with("Bearer") && !challenge.contains("error="),
            || format!("{id}: no challenge but {challenge:?}"),
        );
        let real = case
            .caller(&world.a, &world.operator)
            .expect("a caller")
            .token()
            .await;
        for token in [
            "garbage".to_owned(),
            random(300),
            "a.b.c".to_owned(),
            forge::forged(&real),
            format!("{real}x"),
        ] {
            let answer = case
                .request(&world.operator.http, method)
                .bearer(&token)
                .send()
                .await;
            let said = answer
                .header("www-authenticate")
                .contains("error=\"invalid_token\"");
            let refused = said && answer.status == 401 && answer.code() == "unauthenticated";
            findings.check(refused, || format!("token {token:.40}: {}", answer.told()));
        }
    }
    if !public && operation.access != "session" {
        let without = world
            .weak
            .iter()
            .filter(|(_, rights)| !rights.contains(&operation.access));
        let without: Vec<_> = without.collect();
        findings.check(!without.is_empty(), || {
            format!("{id}: nobody lacks {}", operation.access)
        });
        for (caller, _) in without {
            let answer = world.send(&case, method, Some(caller)).await;
            let refused = answer.status == 403 && answer.code() == "forbidden";
            findings.check(refused, || {
                format!("without {}: {}", operation.access, answer.told())
            });
        }
    }
    across(world, &case, method, findings).await;
    let after = world.a.snapshot(&case.watch).await;
    findings.check(before == after, || {
        format!("{id} changed something: {}", difference(&before, &after))
    });

    let right = case.send(&world.a, &world.operator, method).await;
    findings.check(right.is_success(), || {
        format!("the positive control: {}", right.told())
    });
}

/// What the other tenant tries, with every right of its own.
async fn across(world: &World, case: &Case, method: &str, findings: &mut Findings) {
    let other = case.caller(&world.b, &world.operator);
    match &case.cross {
        Cross::Nothing => {}
        Cross::Path => {
            let answer = world.send(case, method, other).await;
            let hidden = answer.status == 404 && answer.code() == "not_found";
            findings.check(hidden, || format!("the other tenant: {}", answer.told()));
        }
        Cross::Bodies(bodies) => {
            for body in bodies {
                let mut request = case.request(&world.operator.http, method).json(body);
                if let Some(other) = other {
                    request = request.bearer(&other.token().await);
                }
                let answer = request.send().await;
                let statuses: &[u16] = if other.is_some() { &[404, 409, 422] } else { &[401] };
                findings.check(statuses.contains(&answer.status), || {
                    format!("the other tenant: {}", answer.told())
                });
            }
        }
        Cross::Lists(paths) => {
            let own = case
                .caller(&world.a, &world.operator)
                .expect("a caller")
                .get(&case.path)
                .await;
            let hidden = listed(&own.ok());
            findings.check(!hidden.is_empty(), || {
                format!("there is nothing to hide: {}", own.told())
            });
            for path in paths {
                let answer = other.expect("a caller").get(path).await;
                let shown = listed(&answer.json()).into_iter().find(|id| hidden.contains(id));
                let refused = [404, 422].contains(&answer.status) || answer.is_success();
                findings.check(refused && shown.is_none(), || {
                    format!("shown {shown:?}: {}", answer.told())
                });
            }
        }
        Cross::Requests(requests) => {
            for request in requests {
                let answer = request.clone().send().await;
                findings.check([400, 401].contains(&answer.status), || {
                    format!("across: {}", answer.told())
                });
            }
        }
    }
}

/// The ids of what a list shows, or what it says where it has none.
fn listed(value: &Value) -> Vec<String> {
    let data = value["data"].as_array().cloned().unwrap_or_default();
    // What is counted has no id, and is known by what it says.
    let known = |row: &Value| row["id"].as_str().map_or_else(|| row.to_string(), str::to_owned);
    data.iter().map(known).collect()
}

/// The first part of two snapshots that differs.
pub fn difference(before: &Value, after: &Value) -> String {
    let names = before.as_object().expect("a snapshot").keys();
    let changed = names.filter(|name| before[*name] != after[*name]);
    changed
        .map(|name| {
            format!(
                "{name}: {:.300} … {:.300}",
                before[name].to_string(),
                after[name].to_string()
            )
        })
        .collect()
}

#[test]
fn a_token_works_in_its_own_tenant_only_and_suffers_no_choice_of_another() {
    run(async {
        let (shop, neighbour) = (world::shop().await, world::neighbour().await);
        let customer = shop.customer().await;
        // Headers and fields that some platforms take a tenant from.
        for (name, value) in [
            ("x-tenant", &shop.id),
            ("x-tenant-id", &shop.id),
            ("x-ledgerkeep-tenant", &shop.id),
        ] {
            let request = neighbour
                .all
                .request("GET", &format!("/billing/v1/customers/{customer}"))
                .await;
            request.header(name, value).send().await.refused(404, "not_found");
        }
        let me = neighbour.all.get("/identity/v1/me").await.ok();
        assert_eq!(me["tenant"], neighbour.id.as_str());
        for path in ["/billing/v1/customers?tenant=", "/payments/v1/payments?tenant="] {
            neighbour
                .all
                .get(&format!("{path}{}", shop.id))
                .await
                .refused(422, "invalid_input");
        }
    });
}

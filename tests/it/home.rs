//! Home regions: away from its home a tenant is read and not written, nobody writes while it is not known where the home is, and
//! of many that take over one wins.

use crate::{
    cases::{Case, Who, case, text},
    contracts::operations,
    support::{
        Findings, Platform, Tenant,
        envelope::{Soap, fault, of},
        platform,
        platform::{binary, scratch},
        run,
        tables::Tables,
        time::{Since, pause, until},
        world,
    },
    walls::difference,
};
use serde_json::{Value, json};
use std::process::{Command, Output};

/// The region that the platform plays.
const HERE: &str = "eu-west-1";
/// The other one.
const THERE: &str = "eu-central-1";
/// Milliseconds after which every process has read its home anew.
const LEASE: u64 = 5_500;

fn key(tenant: &str) -> Value {
    json!({"pk": {"S": format!("T#{tenant}#home#{tenant}")}, "sk": {"S": "-"}})
}

/// A tenant's home as the table keeps it.
async fn home(tables: &Tables, tenant: &str) -> Value {
    let wanted = json!({"TableName": "ledgerkeep-local-home", "Key": key(tenant), "ConsistentRead": true});
    tables.call("GetItem", &wanted).await["Item"].clone()
}

fn epoch(home: &Value) -> u64 {
    home["epoch"]["N"]
        .as_str()
        .and_then(|n| n.parse().ok())
        .expect("an epoch")
}

/// Moves a home by hand, as a take-over that is done leaves it, and waits until every process knows.
async fn put(tables: &Tables, tenant: &str, region: &str) {
    let update = json!({"TableName": "ledgerkeep-local-home", "Key": key(tenant),
        "UpdateExpression": "SET #r = :r ADD epoch :one", "ExpressionAttributeNames": {"#r": "region"},
        "ExpressionAttributeValues": {":r": {"S": region}, ":one": {"N": "1"}}});
    tables.call("UpdateItem", &update).await;
    pause(LEASE).await;
}

/// Runs the operator's command against a platform.
fn operate(platform: &Platform, args: &[&str]) -> Command {
    let told = std::fs::read(platform.dir.join("platform.json")).expect("platform.json");
    let told: Value = serde_json::from_slice(&told).expect("JSON");
    let mut command = Command::new(binary());
    command.args(args).args(["--by", "tester"]);
    command.env("AWS_ENDPOINT_URL", told["dynamodb"].as_str().expect("an address"));
    command
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

/// Whether an operation changes something, as its contract says.
fn writes(method: &str, takes_key: bool, public: bool) -> bool {
    method != "GET" && (method != "POST" || takes_key || public)
}

#[test]
fn away_from_home_every_write_is_sent_home_and_every_read_is_served() {
    run(async {
        let (a, b) = (Tenant::new().await, Tenant::new().await);
        let operator = world::operator(platform());
        let tables = Tables::of(platform());
        let mut findings = Findings::default();
        let mut prepared: Vec<(String, String, bool, Case)> = Vec::new();
        for operation in operations(&platform().http).await {
            let Some(case) = case(&operation.id, &a, &b).await else {
                findings.check(false, || format!("{} has no case", operation.id));
                continue;
            };
            // The platform's own tenant stays where it is.
            if case.who == Who::Operator {
                continue;
            }
            let public = operation.access == "public";
            let writes = writes(&operation.method, operation.takes_key(), public);
            prepared.push((operation.id.clone(), operation.method.clone(), writes, case));
        }
        let watch: Vec<String> = prepared
            .iter()
            .flat_map(|(.., case)| case.watch.clone())
            .collect();
        let before = a.snapshot(&watch).await;
        // Tokens are made at home.
        let mut tokens = Vec::new();
        for (.., case) in &prepared {
            tokens.push(match case.caller(&a, &operator) {
                Some(caller) => Some(caller.token().await),
                None => None,
            });
        }
        put(&tables, &a.id, THERE).await;
        for ((id, method, writes, case), token) in prepared.iter().zip(&tokens) {
            let mut request = case.request(&operator.http, method);
            if let Some(token) = token {
                request = request.bearer(token);
            }
            let answer = request.send().await;
            if *writes {
                // Errors of OAuth have codes of their own.
                let oauth = answer.json()["error"] == "invalid_request";
                let sent_home = answer.status == 421 && (oauth || answer.code() == "not_home");
                findings.check(sent_home, || format!("{id} writes: {}", answer.told()));
                findings.check(oauth || answer.json()["home_region"] == THERE, || answer.told());
            } else {
                findings.check(answer.is_success(), || format!("{id} reads: {}", answer.told()));
            }
        }
        let after = a.snapshot(&watch).await;
        findings.check(before == after, || {
            format!("changed: {}", difference(&before, &after))
        });
        // The refusals stand in the log of the region that refused.
        let refused = a.all.all("/audit/v1/entries?outcome=refused").await;
        let mut told = refused.iter().filter(|e| e["entry"]["problem"] == "not_home");
        findings.check(told.all(|e| e["entry"]["region"] == HERE), || {
            "another region's".into()
        });
        let count = refused
            .iter()
            .filter(|e| e["entry"]["problem"] == "not_home")
            .count();
        findings.check(count >= 50, || format!("{count} entries tell of it"));
        put(&tables, &a.id, HERE).await;
        a.customer().await;
        findings.none();
    });
}

#[test]
fn of_fifty_that_take_over_one_wins_and_the_log_says_so() {
    let platform = Platform::start(&scratch("takeover"), &crate::support::platform::root());
    run(async {
        let tenant = Tenant::on(&platform).await;
        let customer = tenant.customer().await;
        let tables = Tables::of(&platform);
        let first = home(&tables, &tenant.id).await;
        assert_eq!((epoch(&first), &first["region"]["S"]), (1, &json!(HERE)));
        let args = ["failover", "--from", HERE, "--to", THERE, "--tenant", &tenant.id];
        let dry = operate(&platform, &args)
            .arg("--dry-run")
            .output()
            .expect("it runs");
        assert!(
            said(&dry).contains("would go to eu-central-1 in epoch 2"),
            "{}",
            said(&dry)
        );
        assert_eq!(home(&tables, &tenant.id).await, first, "nothing was done");
        let racers: Vec<_> = (0..50)
            .map(|_| {
                let mut command = operate(&platform, &args);
                command
                    .stdout(std::process::Stdio::piped())
                    .stderr(std::process::Stdio::piped());
                command.spawn().expect("it runs")
            })
            .collect();
        // Stopped at once in both regions, before the waiting is over.
        let stopped = async || (epoch(&home(&tables, &tenant.id).await) == 2).then_some(());
        until("the old home is stopped", 30, stopped).await;
        pause(LEASE).await;
        // Fifty operators at once leave the home table little time to answer: until it does, nobody writes either.
        let sent_away = async || {
            let answer = tenant
                .all
                .post("/billing/v1/customers", &world::customer_body())
                .await;
            if answer.status == 421 {
                answer.refused(421, "not_home");
                return Some(());
            }
            answer.refused(503, "home_unknown");
            None
        };
        until("writes are sent to the new home", 30, sent_away).await;
        tenant
            .all
            .get(&format!("/billing/v1/customers/{customer}"))
            .await
            .ok();
        let outputs: Vec<Output> = racers
            .into_iter()
            .map(|child| child.wait_with_output().expect("an end"))
            .collect();
        let all: Vec<String> = outputs.iter().map(said).collect();
        let now = home(&tables, &tenant.id).await;
        assert_eq!(
            (epoch(&now), &now["region"]["S"], &now["state"]["S"]),
            (3, &json!(THERE), &json!("active")),
            "{all:#?}"
        );
        let concluded = all
            .iter()
            .filter(|t| t.contains(": in eu-central-1 since epoch 3"))
            .count();
        assert_eq!(concluded, 1, "{all:#?}");
        let lost = all.iter().find(|t| t.contains("  lost: "));
        assert!(lost.is_none(), "{lost:?}");
        // Its entry stands in the tenant's log, which is read wherever the home is.
        let entries = tenant.all.all("/audit/v1/entries").await;
        let told = entries
            .iter()
            .find(|e| e["activity"] == "home.failover")
            .expect("an entry");
        assert!(text(told, "actor").starts_with("operator:tester#"), "{told}");
        // Done is done, and the way back is a way.
        let again = operate(&platform, &args).output().expect("it runs");
        assert!(
            again.status.success() && said(&again).contains("since epoch 3"),
            "{}",
            said(&again)
        );
        let back = ["tenant", "move", &tenant.id, "--to", HERE];
        let back = operate(&platform, &back).output().expect("it runs");
        assert!(back.status.success(), "{}", said(&back));
        assert_eq!(epoch(&home(&tables, &tenant.id).await), 5);
        pause(LEASE).await;
        tenant.customer().await;
        // A commit of an epoch that is over finds the gates shut, whatever its process believes.
        let shut = json!({"TableName": "ledgerkeep-local-tenancy",
            "Key": {"pk": {"S": format!("T#{}#gate#00", tenant.id)}, "sk": {"S": "-"}}});
        assert_eq!(epoch(&tables.call("GetItem", &shut).await["Item"]), 4);
    });
}

#[test]
fn a_commit_that_stalled_does_not_land_after_the_gates_are_shut() {
    run(async {
        let tenant = Tenant::new().await;
        let tables = Tables::of(platform());
        tenant.customer().await;
        // The process believes in epoch 1; take-over has shut every gate below 7, and not told the home table yet.
        for number in 0..64 {
            let gate = json!({"pk": {"S": format!("T#{}#gate#{number:02}", tenant.id)}, "sk": {"S": "-"},
                "id": {"S": format!("{number:02}")}, "epoch": {"N": "7"}, "rev": {"N": "7"}});
            let put = json!({"TableName": "ledgerkeep-local-tenancy", "Item": gate});
            tables.call("PutItem", &put).await;
        }
        let before = tenant.snapshot(&[]).await;
        let body = world::customer_body();
        let late = tenant.all.post("/billing/v1/customers", &body).await;
        late.refused(503, "home_unknown");
        assert_eq!(
            before,
            tenant.snapshot(&[]).await,
            "reads go on, and nothing landed"
        );
    });
}

#[test]
fn an_isolated_home_stops_writing_within_its_lease_and_goes_on_reading() {
    let broken = Platform::faulty(&scratch("isolated"));
    run(async {
        let tenant = Tenant::on(&broken).await;
        let customer = tenant.customer().await;
        let write = async || {
            tenant
                .all
                .post("/billing/v1/customers", &world::customer_body())
                .await
        };
        write().await.is(201);
        let lost = json!({"service": "dynamodb", "operation": "GetItem", "contains": ["#home#"],
            "fault": {"error": {"code": "InternalServerError"}}});
        let cut = Since::now();
        broken.faults().set(&[lost]).await;
        let mut last = 0;
        loop {
            let sent = cut.elapsed().as_millis();
            let answer = write().await;
            if answer.status == 201 {
                last = sent;
                assert!(sent < 6_000, "it still writes after {sent} ms");
                continue;
            }
            answer.refused(503, "home_unknown");
            assert_eq!(answer.header("retry-after"), "4");
            break;
        }
        println!("the last write began {last} ms after the home table was lost");
        pause(LEASE).await;
        write().await.refused(503, "home_unknown");
        let read = tenant.all.get(&format!("/billing/v1/customers/{customer}")).await;
        read.ok();
        // Whoever signs in writes, too.
        let fresh = Tenant::user(&broken.http, &tenant.id, &tenant.people[1]);
        let body = json!({"tenant": tenant.id, "email": tenant.people[1].email, "password": tenant.people[1].password});
        let signed = fresh.http.post("/identity/v1/sessions", &body).send().await;
        signed.refused(503, "home_unknown");
        broken.faults().clear().await;
        until("it writes again", 10, async || {
            (write().await.status == 201).then_some(())
        })
        .await;
    });
}

#[test]
fn what_is_good_once_is_spent_at_home_only() {
    run(async {
        let tenant = Tenant::new().await;
        let tables = Tables::of(platform());
        let person = &tenant.people[0];
        let http = &platform().http;
        let body = json!({"tenant": tenant.id, "email": person.email, "password": person.password});
        let session = http.post("/identity/v1/sessions", &body).send().await.is(201);
        let (token, refresh) = (text(&session, "access_token"), text(&session, "refresh_token"));
        let soap = Soap::new(&tenant, "digest", &["integration"]).await;
        let key = crate::support::random(22);
        let made = world::customer_body();
        let create = async || {
            let request = tenant.all.request("POST", "/billing/v1/customers").await;
            request.json(&made).key(&key).send().await
        };
        create().await.is(201);
        put(&tables, &tenant.id, THERE).await;
        // A refresh token, an idempotency key that has been used, a sign-in.
        let spend = async || {
            let form = format!("grant_type=refresh_token&refresh_token={refresh}");
            let request = http.request("POST", "/identity/v1/oauth/token");
            request
                .body("application/x-www-form-urlencoded", form)
                .send()
                .await
        };
        let away = spend().await;
        assert_eq!(away.status, 421, "{}", away.told());
        create().await.refused(421, "not_home");
        let envelope = soap.envelope(&soap.head(), "getInvoices", "");
        let sent_away = soap.send(&envelope).await;
        fault(&sent_away, "not_home");
        assert_eq!(of(&sent_away.text, "homeRegion"), THERE);
        http.post("/identity/v1/sessions", &body)
            .send()
            .await
            .refused(421, "not_home");
        // The session that was begun at home is honoured for reads, and not stamped.
        http.get("/identity/v1/me").bearer(&token).send().await.ok();
        put(&tables, &tenant.id, HERE).await;
        // Nothing of it was spent.
        create().await.is(201);
        spend().await.ok();
    });
}

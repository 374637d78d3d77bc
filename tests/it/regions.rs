//! Two regions: what is written at home arrives in the other one, late and out of order, and nothing of it is lost in the end; the
//! home is killed or cut off in the middle of the main job, and the other region takes over.

use crate::{
    cases::text,
    purges::{bundle, verify},
    support::{
        Answer, Caller, Http, Tenant,
        envelope::{Soap, fault},
        random,
        regions::{AWAY, HOME, Regions},
        run,
        time::{Since, pause, until},
        totp::Authenticator,
        world::{Buyer, customer_body, user_body},
    },
};
use futures::future::join_all;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

const PAYMENTS: &str = "/payments/v1/payments";
const CUSTOMERS: &str = "/billing/v1/customers";

/// That a region has sent a caller to another one.
#[track_caller]
fn sent_to(answer: &Answer, address: &str) {
    let problem = answer.refused(421, "not_home");
    assert_eq!(problem["home_address"], address, "{problem}");
}

#[test]
fn what_is_written_at_home_arrives_late_out_of_order_and_whole() {
    let lossy = [
        "--replication-lag",
        "150",
        "--replication-loss",
        "0.1",
        "--replication-seed",
        "7",
    ];
    let regions = Regions::start("replicated", &lossy);
    run(async {
        let (home, away) = (regions.at(HOME), regions.at(AWAY));
        let tenant = Tenant::on(&regions.platform).await;
        let all = tenant.all.clone();
        // A token of home is good in the other region as soon as its client is known there.
        let token = all.token().await;
        let seen = async |path: &str| away.get(path).bearer(&token).send().await;
        until("the client is known", 10, async || {
            (seen(CUSTOMERS).await.status == 200).then_some(())
        })
        .await;
        let buyer = tenant.buyer().await;
        let paid = all.post(PAYMENTS, &buyer.pays(1_200, true)).await.is(201);
        let path = format!("{PAYMENTS}/{}", text(&paid, "id"));
        assert_eq!(seen(&path).await.status, 404, "it is on its way");
        // Its intent may come before its outcome.
        until("the payment arrives", 10, async || {
            let there = seen(&path).await;
            (there.status == 200 && there.json()["captured"] == 1_200).then_some(())
        })
        .await;
        // Writes are sent home, and change nothing. What came with the payment may still be on its way.
        let there = regions.tables(HOME).count("ledgerkeep-local-billing").await;
        until("all of it arrives", 10, async || {
            let count = regions.tables(AWAY).count("ledgerkeep-local-billing").await;
            (count == there).then_some(())
        })
        .await;
        let before = regions.tables(AWAY).count("ledgerkeep-local-billing").await;
        let refused = away.post(
            CUSTOMERS,
            &json!({"name": "N", "email": "n@buyers.example", "country": "DE"}),
        );
        sent_to(
            &refused.bearer(&token).key(&random(22)).send().await,
            &home.address,
        );
        sent_to(&tenant.admin.at(&away).sign_in().await, &home.address);
        assert_eq!(
            regions.tables(AWAY).count("ledgerkeep-local-billing").await,
            before
        );
        // A session that ends at home ends in the other region, too.
        let signed = tenant.admin.sign_in().await.is(201);
        let session = text(&signed, "access_token");
        let own = format!("/tenancy/v1/tenants/{}", tenant.id);
        let reads = async || away.get(&own).bearer(&session).send().await.status;
        until("the session arrives", 10, async || {
            (reads().await == 200).then_some(())
        })
        .await;
        // Errors of the token endpoint have no members to spare: a header says where the tenant is at home.
        let renewed = refresh(&away, &text(&signed, "refresh_token")).await;
        assert_eq!(
            (renewed.status, renewed.header("x-ledgerkeep-home")),
            (421, home.address.as_str()),
            "{}",
            renewed.told()
        );
        home.request("DELETE", "/identity/v1/sessions")
            .bearer(&session)
            .send()
            .await
            .is(204);
        until("its end arrives", 10, async || {
            (reads().await == 401).then_some(())
        })
        .await;
        regions.converge().await;
        let link = regions.link(HOME).await;
        let count = |name: &str| link[name].as_u64().expect("a count");
        assert!(
            count("reordered") > 0 && count("lost_and_sent_again") > 0,
            "{link}"
        );
        assert!(
            link["replication_lag_ms"]["p50_ms"].as_f64().expect("a lag") >= 75.0,
            "{link}"
        );
    });
}

/// What can be used once, and was, before the home died.
struct Spent {
    /// A refresh token that has a successor, whose successor has been used, too.
    refresh: String,
    /// An access token of a session that was ended.
    ended: String,
    /// A code of a second factor.
    code: String,
    /// A request that needs an approval, and the approval that it has used up.
    approved: (Value, String),
    /// An envelope of SOAP that was answered.
    envelope: String,
}

const SESSIONS: &str = "/identity/v1/sessions";
const REFRESH: &str = "/identity/v1/oauth/token";

async fn refresh(http: &Http, token: &str) -> Answer {
    let form = format!("grant_type=refresh_token&refresh_token={token}");
    http.request("POST", REFRESH)
        .body("application/x-www-form-urlencoded", form)
        .send()
        .await
}

async fn second_factor(http: &Http, asked: &Value, code: &str) -> Answer {
    let body = json!({"challenge": text(asked, "challenge"), "code": code});
    http.post("/identity/v1/sessions/mfa", &body).send().await
}

/// Uses them at home.
async fn spend(home: &Http, tenant: &Tenant) -> Spent {
    let first = tenant.second.sign_in().await.is(201);
    let refresh_token = text(&first, "refresh_token");
    let mut newer = refresh_token.clone();
    for _ in 0..2 {
        newer = text(&refresh(home, &newer).await.is(200), "refresh_token");
    }
    let approved = user_body(&["auditor"]);
    let ask = tenant
        .admin
        .request("POST", "/identity/v1/users")
        .await
        .json(&approved)
        .key(&random(22));
    let approval = tenant.decides(&ask.clone().send().await, "approve").await;
    ask.header("approval-id", &approval).send().await.is(201);
    // The second administrator gets a second factor, and signs in with the code of the step to come.
    let enrolled = tenant
        .second
        .post("/identity/v1/me/totp", &json!({}))
        .await
        .is(201);
    let authenticator = Authenticator::scan(&text(&enrolled, "uri"));
    let confirm = json!({"code": authenticator.code(0).await});
    tenant
        .second
        .post("/identity/v1/me/totp/confirm", &confirm)
        .await
        .is(204);
    let code = authenticator.code(1).await;
    let asked = tenant.second.sign_in().await.is(201);
    let session = second_factor(home, &asked, &code).await.is(201);
    let ended = text(&session, "access_token");
    let path = format!("{SESSIONS}/{}", text(&session, "session"));
    home.request("DELETE", &path).bearer(&ended).send().await.is(204);
    let soap = Soap::new(tenant, "digest", &["integration"]).await;
    let envelope = soap.envelope(&soap.head(), "getInvoices", "");
    assert_eq!(soap.send(&envelope).await.status, 200);
    fault(&soap.send(&envelope).await, "failed_authentication");
    Spent {
        envelope,
        refresh: refresh_token,
        ended,
        code,
        approved: (approved, approval),
    }
}

/// Tries to use them again in the region that has taken over.
async fn still_spent(away: &Http, tenant: &Tenant, spent: &Spent) {
    let (admin, second) = (tenant.admin.at(away), tenant.second.at(away));
    assert_eq!(
        refresh(away, &spent.refresh).await.json()["error"],
        "invalid_grant"
    );
    away.get("/identity/v1/me")
        .bearer(&spent.ended)
        .send()
        .await
        .refused(401, "unauthenticated");
    let asked = second.sign_in().await.is(201);
    second_factor(away, &asked, &spent.code)
        .await
        .refused(401, "second_factor_refused");
    // Its nonce may be lost with the old home: what was made before the new one began is too old, whoever has seen it.
    let again = away
        .request("POST", "/soap/v1")
        .body("text/xml; charset=utf-8", spent.envelope.as_str());
    fault(&again.send().await, "message_expired");
    let (body, approval) = &spent.approved;
    let again = admin
        .request("POST", "/identity/v1/users")
        .await
        .json(body)
        .key(&random(22));
    let again = again.header("approval-id", approval).send().await;
    assert!(!again.is_success() && again.status < 500, "{}", again.told());
}

/// A call of the main job, and what was heard of it.
struct Asked {
    path: String,
    key: String,
    body: Value,
    /// The answer, and when it came.
    heard: Option<(Value, Since)>,
}

/// Pays, and gives some of it back, until the home does not answer any more. No two amounts are the same, so that each stands in
/// the provider's books once.
async fn work(caller: &Caller, number: i64, buyer: &Buyer) -> Vec<Asked> {
    let mut asked = Vec::new();
    let mut refund = None;
    for call in 0..400 {
        let amount = number * 400 + call + 1;
        let (path, body) = match refund.take() {
            Some(path) => (path, json!({"amount": amount})),
            None => (PAYMENTS.to_owned(), buyer.pays(10_000 + amount, true)),
        };
        let key = random(20);
        let answer = caller.post_as(&path, &key, &body).await;
        let heard = (answer.status == 201).then(|| (answer.json(), Since::now()));
        if let Some((paid, _)) = heard.as_ref().filter(|_| path == PAYMENTS && call % 3 == 0) {
            refund = Some(format!("{PAYMENTS}/{}/refunds", text(paid, "id")));
        }
        let over = heard.is_none();
        asked.push(Asked {
            path,
            key,
            body,
            heard,
        });
        if over {
            break;
        }
        pause(60).await;
    }
    asked
}

/// What the provider has carried out, by its own books: what, and how much.
async fn books(regions: &Regions) -> Vec<(String, i64)> {
    let page = regions
        .provider()
        .call("Scan", &json!({"TableName": "ledgerkeep-local-payments"}))
        .await;
    assert!(page["LastEvaluatedKey"].is_null(), "one page holds the books");
    let done = page["Items"]
        .as_array()
        .expect("items")
        .iter()
        .filter(|i| !i["declined"]["S"].is_string());
    let line = |item: &Value| {
        let amount = item["amount"]["N"].as_str().and_then(|n| n.parse().ok());
        (
            item["operation"]["S"].as_str().expect("an operation").to_owned(),
            amount.expect("an amount"),
        )
    };
    done.map(line).collect()
}

/// That nothing stands in the provider's books twice.
async fn nothing_twice(regions: &Regions) -> BTreeSet<(String, i64)> {
    let books = books(regions).await;
    let once: BTreeSet<(String, i64)> = books.iter().cloned().collect();
    assert_eq!(once.len(), books.len(), "an order was carried out twice");
    once
}

#[test]
fn a_killed_home_is_taken_over_and_nothing_is_paid_twice_or_used_twice() {
    let regions = Regions::start(
        "killed-home",
        &["--replication-lag", "300", "--replication-seed", "3"],
    );
    run(async {
        let (home, away) = (regions.at(HOME), regions.at(AWAY));
        let mut tenant = Tenant::on(&regions.platform).await;
        let buyers = join_all((0..4).map(|_| tenant.buyer())).await;
        let spent = spend(&home, &tenant).await;
        tenant.all.token().await;
        regions.converge().await;
        let working = join_all((0..).zip(&buyers).map(|(n, buyer)| work(&tenant.all, n, buyer)));
        let killed = async {
            pause(2_500).await;
            regions.act("kill", HOME).await;
            Since::now()
        };
        let (asked, killed) = futures::join!(working, killed);
        let asked: Vec<Asked> = asked.into_iter().flatten().collect();
        let left = until("the death is seen", 5, async || {
            regions.link(HOME).await["left_behind"].as_u64()
        })
        .await;
        assert!(left > 0, "something had not been sent");
        let output = regions.fails_over(HOME, AWAY).await;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            told.contains(&format!("{}: in {AWAY} since epoch", tenant.id)),
            "{told}"
        );
        assert!(
            !output.status.success() && told.contains("lost: "),
            "what is lost is told: {told}"
        );
        still_spent(&away, &tenant, &spent).await;
        let caller = tenant.all.at(&away);
        let (mut open, mut done) = (Vec::new(), BTreeSet::new());
        for one in &asked {
            let answer = caller.post_as(&one.path, &one.key, &one.body).await;
            // What was answered before the lag has arrived, and is answered alike.
            if let Some((heard, _)) = one.heard.as_ref().filter(|(_, at)| at.is_before(killed, 1_000)) {
                assert_eq!(&answer.is(201), heard);
            }
            let kind = if one.path == PAYMENTS {
                "authorise"
            } else {
                "refund"
            };
            let amount = one.body["amount"].as_i64().expect("an amount");
            match (answer.status, answer.code().as_str()) {
                // A call that was cut off before it reached the provider is closed there, and declined.
                (201, _) if ["declined", "failed"].contains(&text(&answer.json(), "status").as_str()) => {}
                (201, _) => drop(done.insert((kind.to_owned(), amount))),
                // Of a payment of which the outcome did not arrive, only that it was begun.
                (409, "wrong_state") if kind == "refund" => {}
                // Of a payment of which nothing arrived: what is lost is told above.
                (404, "not_found") if kind == "refund" => {}
                (409, "idempotency_key_in_flight") | (503, "outcome_pending") => open.push(one),
                _ => panic!("{}", answer.told()),
            }
        }
        let books = nothing_twice(&regions).await;
        let unpaid: Vec<_> = done.difference(&books).collect();
        assert!(unpaid.is_empty(), "{unpaid:?} are not in the provider's books");
        assert!(
            open.len() <= 2 * buyers.len() * 4,
            "{} of {} calls are open",
            open.len(),
            asked.len()
        );
        // What the old home had not sent arrives when it is back, and what was written since stays.
        regions.act("start", HOME).await;
        sent_to(&home.post(SESSIONS, &json!({"tenant": tenant.id, "email": tenant.people[0].email, "password": tenant.people[0].password})).send().await, &away.address);
        regions.converge().await;
        for one in asked.iter().filter(|a| {
            a.heard
                .as_ref()
                .is_some_and(|(_, at)| at.is_before(killed, 1_000))
        }) {
            let answer = caller.post_as(&one.path, &one.key, &one.body).await;
            assert_eq!(Some(&answer.is(201)), one.heard.as_ref().map(|(heard, _)| heard));
        }
        nothing_twice(&regions).await;
        tenant.all = caller.clone();
        proven(&tenant).await;
        let payments = caller.all(PAYMENTS).await;
        let amounts: BTreeSet<i64> = payments.iter().filter_map(|p| p["amount"].as_i64()).collect();
        // What was made anew because it had not arrived has the id of what comes back with the old home.
        assert_eq!(payments.len(), amounts.len(), "a payment stands here twice");
    });
}

/// That the log of the tenant's home is what was sealed, by the offline verifier.
async fn proven(tenant: &Tenant) {
    let (bundle, key) = bundle(tenant).await;
    let (clean, report) = verify("region.jsonl", &bundle, &key);
    assert!(clean, "{report}");
}

#[test]
fn a_home_that_is_cut_off_stops_writing_within_its_lease_and_gets_its_tenants_back() {
    let regions = Regions::start(
        "isolated-home",
        &["--replication-lag", "100", "--replication-seed", "5"],
    );
    run(async {
        let (home, away) = (regions.at(HOME), regions.at(AWAY));
        let mut tenant = Tenant::on(&regions.platform).await;
        let customer = tenant.customer().await;
        let path = format!("{CUSTOMERS}/{customer}");
        regions.converge().await;
        let token = tenant.all.token().await;
        let writes = async |http: &Http| {
            let request = http
                .post(CUSTOMERS, &customer_body())
                .bearer(&token)
                .key(&random(22));
            request.send().await
        };
        regions.act("isolate", HOME).await;
        let cut = Since::now();
        let mut last = Duration::ZERO;
        let refused = loop {
            let answer = writes(&home).await;
            if answer.status != 201 {
                break answer;
            }
            last = cut.elapsed();
            pause(100).await;
        };
        refused.refused(503, "home_unknown");
        assert!(
            last <= Duration::from_secs(5),
            "it wrote {last:?} after it was cut off"
        );
        home.get(&path).bearer(&token).send().await.ok();
        sent_to(&writes(&away).await, &home.address);
        // Nobody answers the operator in the region that is cut off, as far as they know.
        let output = regions.fails_over(HOME, AWAY).await;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            told.contains(&format!("{}: in {AWAY} since epoch", tenant.id)),
            "{told}"
        );
        writes(&home).await.refused(503, "home_unknown");
        // The client's token was made by the old home; what it writes now is taken by the new one.
        let there = text(&writes(&away).await.is(201), "id");
        regions.act("rejoin", HOME).await;
        until("the old home knows its place", 10, async || {
            let answer = writes(&home).await;
            (answer.status == 421).then(|| sent_to(&answer, &away.address))
        })
        .await;
        regions.converge().await;
        home.get(&format!("{CUSTOMERS}/{there}"))
            .bearer(&token)
            .send()
            .await
            .ok();
        tenant.all = tenant.all.at(&away);
        proven(&tenant).await;
        // A planned move loses nothing, and the log of the first home goes on where it was.
        let moved = regions.moves(&tenant.id, HOME).await;
        assert!(
            moved.status.success(),
            "{}",
            String::from_utf8_lossy(&moved.stdout)
        );
        tenant.all = tenant.all.at(&home);
        home.get(&format!("{CUSTOMERS}/{there}"))
            .bearer(&tenant.all.token().await)
            .send()
            .await
            .ok();
        proven(&tenant).await;
        sent_to(&writes(&away).await, &home.address);
    });
}

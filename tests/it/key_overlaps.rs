//! Keys that are replaced with an overlap: the pepper of passwords, the key of access tokens, a tenant's own KMS key.
//! Whoever holds something made under the old one is served until it has run out, and not after.

use crate::{
    cases::text,
    support::{
        Answer, Caller, Http, Platform, Tenant,
        platform::{binary, root, scratch, serve_as_one},
        run,
        tables::Tables,
        time::until,
        world,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};

fn pepper(dir: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(binary());
    command.arg("pepper").args(arguments).arg("--data-dir").arg(dir);
    let output = command.output().expect("the command runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    }
}

/// The version of the pepper under each kept password of a tenant, in no order.
async fn peppers(platform: &Platform, tenant: &str) -> Vec<String> {
    let scan = json!({"TableName": "ledgerkeep-local-identity", "ConsistentRead": true,
        "FilterExpression": "begins_with(pk, :mine) AND attribute_exists(pepper)",
        "ExpressionAttributeValues": {":mine": {"S": format!("T#{tenant}#")}}});
    let found = Tables::of(platform).call("Scan", &scan).await;
    let items = found["Items"].as_array().expect("items").iter();
    let mut versions: Vec<String> = items
        .map(|i| i["pepper"]["N"].as_str().expect("a number").to_owned())
        .collect();
    versions.sort();
    versions
}

fn person(tenant: &Tenant, http: &Http, who: usize) -> Caller {
    Tenant::user(http, &tenant.id, &tenant.people[who])
}

#[test]
fn a_new_pepper_takes_over_at_each_sign_in_and_the_old_one_ends() {
    let dir = scratch("pepper-rotation");
    let mut platform = Platform::start(&dir, &root());
    let (tenant, late) = run(async { (Tenant::on(&platform).await, Tenant::on(&platform).await) });
    // Of the second tenant nobody has signed in but who issued its client.
    assert_eq!(pepper(&dir, &["show"]).expect("told"), "version 1: current");
    let why = pepper(&dir, &["retire"]).expect_err("there is one version");
    assert!(why.contains("only the current version"), "{why}");
    let added = pepper(&dir, &["add"]).expect("added");
    assert_eq!(added, "version 1: verifies\nversion 2: current");

    // Processes that start now know both; those that run learn it within minutes.
    platform = restarted(platform, &dir, &[]);
    run(async {
        assert_eq!(peppers(&platform, &tenant.id).await, ["1", "1"]);
        person(&tenant, &platform.http, 0).sign_in().await.is(201);
        assert_eq!(
            peppers(&platform, &tenant.id).await,
            ["1", "2"],
            "upgraded at sign-in"
        );
        person(&tenant, &platform.http, 0).sign_in().await.is(201);
        person(&tenant, &platform.http, 1).sign_in().await.is(201);
        assert_eq!(peppers(&platform, &tenant.id).await, ["2", "2"]);
    });

    let why = pepper(&dir, &["retire"]).expect_err("90 days");
    assert!(why.contains("verify until"), "{why}");
    pepper(&dir, &["retire", "--now"]).expect("retired");
    let why = pepper(&dir, &["destroy"]).expect_err("a week");
    assert!(why.contains("watched until"), "{why}");
    platform = restarted(platform, &dir, &[]);
    run(async {
        // The old one still opens, and its use is told of.
        let first = person(&late, &platform.http, 0);
        first.sign_in().await.is(201);
        let told = until("its use raises an alert", 60, async || {
            let alerts = first.all("/audit/v1/alerts").await;
            alerts
                .into_iter()
                .find(|alert| alert["rule"] == "retired_key_used")
        })
        .await;
        assert_eq!(told["entries"].as_array().map(Vec::len), Some(1), "{told}");
        assert_eq!(peppers(&platform, &late.id).await, ["1", "2"]);
    });

    let left = pepper(&dir, &["destroy", "--now"]).expect("destroyed");
    assert_eq!(left, "version 2: current");
    platform = restarted(platform, &dir, &[]);
    run(async {
        person(&late, &platform.http, 0).sign_in().await.is(201);
        let gone = person(&late, &platform.http, 1);
        gone.sign_in().await.refused(401, "sign_in_refused");
        // As with any forgotten password.
        let (email, new) = (&late.people[1].email, world::password());
        let ask = json!({"tenant": late.id, "email": email});
        platform
            .http
            .post("/identity/v1/password-resets", &ask)
            .send()
            .await
            .is(202);
        let code = crate::support::mail::code(&platform, email).await;
        let confirm = json!({"token": code, "password": new});
        let path = "/identity/v1/password-resets/confirm";
        assert!(platform.http.post(path, &confirm).send().await.is_success());
        let body = json!({"tenant": late.id, "email": email, "password": new});
        platform
            .http
            .post("/identity/v1/sessions", &body)
            .send()
            .await
            .is(201);
        assert_eq!(peppers(&platform, &late.id).await, ["2", "2"]);
    });
}

fn restarted(platform: Platform, dir: &Path, arguments: &[&str]) -> Platform {
    drop(platform);
    let mut command = serve_as_one(dir, &root(), 0);
    command.args(arguments);
    Platform::run(dir, command)
}

async fn keys(platform: &Platform) -> Vec<String> {
    let set = platform
        .http
        .get("/identity/.well-known/jwks.json")
        .send()
        .await
        .ok();
    let keys = set["keys"].as_array().expect("keys").iter();
    keys.map(|key| text(key, "kid")).collect()
}

async fn token(platform: &Platform, tenant: &Tenant) -> String {
    text(
        &person(tenant, &platform.http, 0).sign_in().await.is(201),
        "access_token",
    )
}

fn signer(token: &str) -> String {
    let head = URL_SAFE_NO_PAD
        .decode(token.split('.').next().expect("a header"))
        .expect("base64");
    text(&serde_json::from_slice(&head).expect("JSON"), "kid")
}

async fn me(platform: &Platform, token: &str) -> Answer {
    platform.http.get("/identity/v1/me").bearer(token).send().await
}

#[test]
fn tokens_of_both_signing_keys_are_good_while_one_replaces_the_other() {
    let dir = scratch("token-rotation");
    let mut platform = Platform::run(&dir, serve_as_one(&dir, &root(), 0));
    let tenant = run(Tenant::on(&platform));
    let (old, shown) = run(async { (token(&platform, &tenant).await, keys(&platform).await) });
    assert_eq!(shown.len(), 2, "the next one is published before it signs");
    assert_eq!(signer(&old), shown[0]);

    platform = restarted(platform, &dir, &["--token-keys", "token-beside,token"]);
    let new = run(async {
        let new = token(&platform, &tenant).await;
        assert_eq!(signer(&new), shown[1]);
        assert_eq!(keys(&platform).await, [shown[1].clone(), shown[0].clone()]);
        for token in [&old, &new] {
            me(&platform, token).await.is(200);
        }
        // A header that names the other key does not make its signature good.
        let parts: Vec<&str> = old.split('.').collect();
        let head = new.split('.').next().expect("a header");
        let forged = [head, parts[1], parts[2]].join(".");
        me(&platform, &forged).await.refused(401, "unauthenticated");
        new
    });

    platform = restarted(platform, &dir, &["--token-keys", "token-beside"]);
    run(async {
        assert_eq!(keys(&platform).await, [shown[1].clone()]);
        me(&platform, &new).await.is(200);
        me(&platform, &old).await.refused(401, "unauthenticated");
    });
    // The next rotation begins with a key that was never seen before.
    platform = restarted(platform, &dir, &["--token-keys", "token-beside,third"]);
    run(async {
        let now = keys(&platform).await;
        assert_eq!((now.len(), &now[0]), (2, &shown[1]));
        assert!(!shown.contains(&now[1]));
    });
}

/// KMS as whoever brings a key reaches it.
async fn kms(platform: &Platform, operation: &str, body: &Value) -> Value {
    let told = fs::read(platform.dir.join("platform.json")).expect("platform.json");
    let told: Value = serde_json::from_slice(&told).expect("JSON");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = client.post(told["aws"].as_str().expect("an address"));
    let request = request.header("x-amz-target", format!("TrentService.{operation}"));
    let answer = request.body(body.to_string()).send().await.expect("an answer");
    let (status, text) = (answer.status(), answer.text().await.expect("a text"));
    assert!(status.is_success(), "{operation}: {status} {text}");
    serde_json::from_str(&text).expect("JSON")
}

const KMS_KEY: &str = "/keys/v1/kms-key";

#[test]
fn a_tenant_that_brings_a_key_closes_its_data_with_it_and_nobody_elses() {
    let dir = scratch("own-key");
    let mut platform = Platform::run(&dir, serve_as_one(&dir, &root(), 0));
    let (tenant, other, buyer, arn, clerk) = run(async {
        let (tenant, other) = (Tenant::on(&platform).await, Tenant::on(&platform).await);
        let buyer = tenant.buyer().await;
        let made = kms(&platform, "CreateKey", &json!({"MultiRegion": true})).await;
        let arn = text(&made["KeyMetadata"], "Arn");

        // One person alone, a client, and keys that are none: refused, and nothing changes.
        tenant
            .all
            .change("PUT", KMS_KEY, &json!({"arn": arn}))
            .await
            .refused(403, "forbidden");
        let unknown = arn.replace(&arn[arn.len() - 4..], "0000");
        let single = kms(&platform, "CreateKey", &json!({})).await;
        let mac = json!({"MultiRegion": true, "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"});
        let mac = text(&kms(&platform, "CreateKey", &mac).await["KeyMetadata"], "Arn");
        for bad in [
            &unknown,
            &text(&single["KeyMetadata"], "Arn"),
            &mac,
            &"alias/mine".to_owned(),
        ] {
            let answer = tenant.both("PUT", KMS_KEY, &json!({"arn": bad})).await;
            answer.refused(422, "invalid_input");
            assert_eq!(answer.pointers(), ["/arn"], "{}", answer.told());
        }
        let waiting = tenant.admin.change("PUT", KMS_KEY, &json!({"arn": arn})).await;
        waiting.is(202);
        let shown = tenant.admin.get("/keys/v1/keys").await.ok();
        assert!(shown["data"][0]["versions"][0]["kms_key"].is_null(), "{shown}");

        let set = tenant.both("PUT", KMS_KEY, &json!({"arn": arn})).await.is(200);
        for key in set["data"].as_array().expect("keys") {
            assert_eq!(key["versions"][0]["kms_key"], arn, "{key}");
        }
        let clerk = token(&platform, &tenant).await;
        (tenant, other, buyer, arn, clerk)
    });
    let customer = format!("/billing/v1/customers/{}", buyer.customer);

    // Without anything cached: it opens by the tenant's key alone.
    platform = restarted(platform, &dir, &[]);
    run(async {
        let read = |token: String| platform.http.get(&customer).bearer(&token);
        let all = tenant.all.at(&platform.http).token().await;
        read(all).send().await.is(200);
        me(&platform, &clerk).await.is(200);
    });
    platform = restarted(platform, &dir, &[]);
    run(async {
        let (all, others) = (tenant.all.at(&platform.http), other.all.at(&platform.http));
        kms(&platform, "DisableKey", &json!({"KeyId": arn})).await;
        let closed = all.get(&customer).await;
        closed.refused(503, "unavailable");
        assert!(!closed.header("retry-after").is_empty());
        // Everybody else goes on.
        others
            .post("/billing/v1/customers", &world::customer_body())
            .await
            .is(201);
        kms(&platform, "EnableKey", &json!({"KeyId": arn})).await;
        all.get(&customer).await.is(200);

        // Keys that are made from now on are the tenant's own, too.
        let admin = tenant.admin.at(&platform.http);
        let rotate = json!({"scope": "tenant", "purpose": "secret"});
        let request = admin
            .request("POST", "/keys/v1/rotations")
            .await
            .json(&rotate)
            .key(&crate::support::random(22));
        tenant_at(&tenant, &platform).with_approval(request).await.is(202);
        let made = until("the new version", 150, async || {
            let keys = admin.get("/keys/v1/keys").await.ok();
            let secret = keys["data"]
                .as_array()?
                .iter()
                .find(|k| k["purpose"] == "secret")?
                .clone();
            (secret["current"] == 2).then_some(secret)
        })
        .await;
        let own = made["versions"]
            .as_array()
            .expect("versions")
            .iter()
            .all(|v| v["kms_key"] == arn);
        assert!(own, "{made}");

        // And back.
        let back = tenant_at(&tenant, &platform)
            .both("PUT", KMS_KEY, &json!({"arn": null}))
            .await
            .is(200);
        assert!(back["data"][0]["versions"][0]["kms_key"].is_null(), "{back}");
        kms(&platform, "DisableKey", &json!({"KeyId": arn})).await;
    });
    platform = restarted(platform, &dir, &[]);
    run(async { tenant.all.at(&platform.http).get(&customer).await.is(200) });
}

/// The same tenant on a platform that has been started again.
fn tenant_at(tenant: &Tenant, platform: &Platform) -> Tenant {
    Tenant {
        id: tenant.id.clone(),
        people: tenant.people.clone(),
        admin: tenant.admin.at(&platform.http),
        second: tenant.second.at(&platform.http),
        all: tenant.all.at(&platform.http),
    }
}
